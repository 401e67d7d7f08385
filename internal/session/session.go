// Package session has Django's sessions in Go: what request.session can do
// (SessionBase, database backend), what happens to it after the view
// (SessionMiddleware), and the table it is kept in.
//
// Three things are worth knowing before anything else.
//
// A session is lazy. It begins as a key that a cookie brought, and nobody has looked
// whether there is such a row. The first use of its data reads the row; if there is
// none that is alive, the key is forgotten, so that a key which the server did not
// make is never adopted.
//
// A session is written once, as a whole, after the view, and only if something was
// assigned or deleted. Reading renews nothing. Only Flush and CycleKey act at once.
//
// A row that is there is changed by UPDATE, never by an upsert: a request that began
// before a logout must not bring the session back.
//
// The package is a store for gorilla/sessions; see Store. It departs from Django in
// one thing: Clear looks first whether there is a live row.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Session is Django's request.session: one for each request, used by one goroutine.
type Session struct {
	ctx     context.Context // of the request, as long as which the session lives
	backend Backend
	random  io.Reader
	now     time.Time // of the request
	cookie  string    // the cookie's name
	sent    bool      // the request had that cookie
	peer    string    // host:port that the request came from
	status  int       // of the response to come, for Store.Save

	key      string // "" where Python has None
	loaded   bool
	damaged  bool // the row did not decode
	data     data
	accessed bool
	modified bool
}

// open is SessionMiddleware.process_request. It reads nothing: of the key only the
// length is looked at (SessionBase._validate_session_key).
func open(ctx context.Context, backend Backend, random io.Reader, now time.Time, cookie, key string, sent bool) *Session {
	if utf8.RuneCountInString(key) < 8 {
		key = ""
	}
	return &Session{ctx: ctx, backend: backend, random: random, now: now, cookie: cookie, sent: sent, key: key}
}

// Key returns the session's key, or "" if it has none (session_key). As long as the
// session was not used, it is what the request sent.
func (s *Session) Key() string { return s.key }

// Accessed reports whether the data were used (accessed).
func (s *Session) Accessed() bool { return s.accessed }

// Modified reports whether something was assigned or deleted (modified).
func (s *Session) Modified() bool { return s.modified }

// Empty reports whether there is neither a key nor data (is_empty). A session that
// has a key and no data is not empty. It reads nothing.
func (s *Session) Empty() bool { return s.key == "" && len(s.data) == 0 }

// Damaged reports whether the row was read and did not decode: Django logs a warning.
func (s *Session) Damaged() bool { return s.damaged }

// load reads the row, once (_get_session, load). No live row: no data, and the key is
// forgotten. A row that does not decode: no data, but the key stays, so that the next
// write repairs it.
func (s *Session) load() error {
	s.accessed = true
	if s.loaded {
		return nil
	}
	if s.key != "" {
		row, found, err := s.backend.Load(s.ctx, s.key, s.now)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		if found {
			var ok bool
			s.data, ok = decode(row.Data)
			s.damaged = !ok
		} else {
			s.key = ""
		}
	}
	s.loaded = true
	return nil
}

// Get returns the value of a key, and whether there is one (get).
func (s *Session) Get(key string) (value any, ok bool, err error) {
	if err := s.load(); err != nil {
		return nil, false, err
	}
	i := s.data.find(key)
	if i < 0 {
		return nil, false, nil
	}
	return s.data[i].Value(), true, nil
}

// Has reports whether there is such a key (__contains__).
func (s *Session) Has(key string) (bool, error) {
	err := s.load()
	return s.data.find(key) >= 0, err
}

// Keys returns the keys in the order in which they were first set (keys).
func (s *Session) Keys() ([]string, error) {
	err := s.load()
	keys := make([]string, len(s.data))
	for i, e := range s.data {
		keys[i] = e.Key
	}
	return keys, err
}

// Items returns the entries in the order in which their keys were first set (items).
func (s *Session) Items() ([]Entry, error) {
	err := s.load()
	return slices.Clone(s.data), err
}

// Set assigns a value (__setitem__). What JSON cannot express is an error at once;
// Django finds it only after the view.
func (s *Session) Set(key string, value any) error {
	e, err := NewEntry(key, value)
	if err != nil {
		return err
	}
	return s.Update(e)
}

// Update assigns several values (update). It modifies the session even if there are none.
func (s *Session) Update(entries ...Entry) error {
	if err := s.load(); err != nil {
		return err
	}
	for _, e := range entries {
		s.data = s.data.with(e)
	}
	s.modified = true
	return nil
}

// SetDefault returns the value of a key, which it first assigns if there is none (setdefault).
func (s *Session) SetDefault(key string, value any) (any, error) {
	old, ok, err := s.Get(key)
	if ok || err != nil {
		return old, err
	}
	return value, s.Set(key, value)
}

// Delete removes a key, or returns a KeyError (__delitem__).
func (s *Session) Delete(key string) error {
	if err := s.load(); err != nil {
		return err
	}
	i := s.data.find(key)
	if i < 0 {
		return KeyError{key}
	}
	s.data = slices.Delete(s.data, i, i+1)
	s.modified = true
	return nil
}

// Pop removes a key and returns its value; a missing one gives the fallback or, if
// there is none, a KeyError (pop).
func (s *Session) Pop(key string, fallback ...any) (any, error) {
	value, ok, err := s.Get(key)
	if err != nil {
		return nil, err
	}
	if !ok && len(fallback) > 0 {
		return fallback[0], nil
	}
	return value, s.Delete(key)
}

// Clear removes all data, the expiry too; row and key stay (clear). Django does not
// look whether there is a row, and so revives an expired one, or is interrupted where
// there is none. Here such a key is forgotten, as by any other use.
func (s *Session) Clear() error {
	if err := s.load(); err != nil {
		return err
	}
	s.data = nil
	s.modified = true
	return nil
}

// Flush deletes the row at once, whatever its expire_date, and forgets key and data
// (flush).
func (s *Session) Flush() error {
	if err := s.remove(s.key); err != nil {
		return err
	}
	s.key, s.data = "", nil
	s.loaded, s.accessed, s.modified = true, true, true
	return nil
}

// CycleKey moves the data to a new key, at once, and deletes the old row (cycle_key).
func (s *Session) CycleKey() error {
	if err := s.load(); err != nil {
		return err
	}
	old := s.key
	if err := s.create(); err != nil {
		return err
	}
	return s.remove(old)
}

func (s *Session) remove(key string) error {
	if key == "" {
		return nil
	}
	if err := s.backend.Delete(s.ctx, key); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// expiryKey is where set_expiry keeps its value: among the data.
const expiryKey = "_session_expiry"

// SetExpiry lets cookie and row end so many seconds after each change. With 0 the
// cookie ends with the browser, and the row as if nothing were set (set_expiry).
func (s *Session) SetExpiry(seconds int64) error {
	return s.Set(expiryKey, seconds)
}

// ResetExpiry takes back SetExpiry; if there is nothing to take back, nothing is
// modified (set_expiry(None)).
func (s *Session) ResetExpiry() error {
	set, err := s.Has(expiryKey)
	if err != nil || !set {
		return err
	}
	return s.Delete(expiryKey)
}

// ExpiryAge returns how many seconds a save would give the session: not what is left
// of the last one (get_expiry_age).
func (s *Session) ExpiryAge() (int64, error) {
	err := s.load()
	age, _ := s.data.expiry()
	return age, err
}

// ExpiryDate returns the expire_date that a save at that time would give the row
// (get_expiry_date).
func (s *Session) ExpiryDate(saved time.Time) (time.Time, error) {
	age, err := s.ExpiryAge()
	return after(saved, age), err
}

// ExpireAtBrowserClose reports whether the cookie is to end with the browser
// (get_expire_at_browser_close).
func (s *Session) ExpireAtBrowserClose() (bool, error) {
	err := s.load()
	_, endsWithBrowser := s.data.expiry()
	return endsWithBrowser, err
}

// expiry reads what SetExpiry wrote. An entry that is no integer counts as none.
func (d data) expiry() (age int64, endsWithBrowser bool) {
	i := d.find(expiryKey)
	if i < 0 {
		return cookieAge, false
	}
	seconds, err := strconv.ParseInt(d[i].JSON, 10, 64)
	if err != nil || seconds == 0 {
		return cookieAge, err == nil
	}
	return seconds, false
}

// Outcome is what the middleware adds to a response.
type Outcome struct {
	SetCookie string // the line, or "" for none
	Vary      bool   // Vary: Cookie
}

// Commit is SessionMiddleware.process_response: once, after the view, for a response
// of that status. After an error nothing is to be added: ErrInterrupted and
// ErrTooLarge become a 400, ErrFull a 429, ErrUnavailable a 503.
func (s *Session) Commit(status int) (Outcome, error) {
	if s.sent && s.Empty() {
		return Outcome{SetCookie: deletion(s.cookie), Vary: true}, nil
	}
	outcome := Outcome{Vary: s.accessed}
	if !s.modified || s.Empty() || status >= 500 {
		return outcome, nil
	}
	if err := s.save(); err != nil {
		return Outcome{}, err
	}
	age, endsWithBrowser := s.data.expiry()
	outcome.SetCookie = setCookie(s.cookie, s.key, s.now, age, endsWithBrowser)
	return outcome, nil
}

// save is SessionStore.save: a session without a key gets one and its row is
// inserted, any other is updated.
func (s *Session) save() error {
	if s.key == "" {
		return s.create()
	}
	row, err := s.row()
	if err != nil {
		return err
	}
	row.Key = s.key
	if err := s.backend.Update(s.ctx, row); errors.Is(err, ErrGone) {
		return ErrInterrupted
	} else if err != nil {
		return fmt.Errorf("update session: %w", err)
	}
	return nil
}

// create is SessionStore.create: the row is inserted under a new key. Whether a key is
// free is known when the INSERT succeeds; asking before would cost a SELECT and settle
// nothing.
func (s *Session) create() error {
	row, err := s.row()
	if err != nil {
		return err
	}
	for range 16 { // a free key is found at once unless the random source is broken
		if row.Key, err = newKey(s.random); err != nil {
			return err
		}
		switch err = s.backend.Insert(withPeer(s.ctx, s.peer), row); {
		case err == nil:
			s.key = row.Key
			s.modified = true
			return nil
		case !errors.Is(err, ErrExists):
			return fmt.Errorf("insert session: %w", err)
		}
	}
	return fmt.Errorf("%w: every new key is taken", ErrUnavailable)
}

// row is what is to be stored, but for the key.
func (s *Session) row() (Row, error) {
	text := s.data.text()
	if len(s.data) > MaxEntries || len(text) > MaxBytes {
		return Row{}, ErrTooLarge
	}
	age, _ := s.data.expiry()
	return Row{Data: text, Expires: after(s.now, age)}, nil
}
