// Package session implements Django's sessions: what request.session can do (SessionBase,
// database backend), what happens to it after the view (SessionMiddleware), and the table
// in which sessions are stored.
//
// Three rules explain most of the code.
//
// A session is loaded lazily. At first it is only the key from the cookie, which may or
// may not belong to a row. The first use of its data reads the row; if there is no row
// that has not expired, the key is dropped, so that a key the server did not create is
// never used.
//
// A session is saved once, as a whole, after the view, and only if something was assigned
// or deleted. Reading does not extend its expiry. Only Flush and CycleKey write at once.
//
// An existing row is changed with UPDATE, never with an upsert: a request that began
// before a logout must not bring the session back.
//
// The package is a store for gorilla/sessions; see Store. It differs from Django in one
// thing: Clear first checks whether there is a row that has not expired.
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
	ctx     context.Context // of the request
	backend Backend
	random  io.Reader
	now     time.Time // of the request
	cookie  string    // the cookie's name
	sent    bool      // the request had that cookie
	peer    string    // host:port that the request came from
	status  int       // of the coming response, for Store.Save

	key      string // "" where Python has None
	loaded   bool
	damaged  bool // the row's data are not a JSON object
	data     data
	accessed bool
	modified bool
}

// open is SessionMiddleware.process_request. It does not read the row; it only checks the
// length of the key (SessionBase._validate_session_key).
func open(ctx context.Context, backend Backend, random io.Reader, now time.Time, cookie, key string, sent bool) *Session {
	if utf8.RuneCountInString(key) < 8 {
		key = ""
	}
	return &Session{ctx: ctx, backend: backend, random: random, now: now, cookie: cookie, sent: sent, key: key}
}

// Key returns the session key, or "" if there is none (session_key). Until the session is
// used, it is the key that the request sent.
func (s *Session) Key() string { return s.key }

// Accessed reports whether the data were read or written (accessed).
func (s *Session) Accessed() bool { return s.accessed }

// Now returns the time of the request, by which expiry is decided and dates are set.
func (s *Session) Now() time.Time { return s.now }

// Modified reports whether something was assigned or deleted (modified).
func (s *Session) Modified() bool { return s.modified }

// Empty reports whether there is neither a key nor data (is_empty). A session that
// has a key and no data is not empty. It reads nothing.
func (s *Session) Empty() bool { return s.key == "" && len(s.data) == 0 }

// Damaged reports whether the row was read and its data are not a JSON object, for which
// Django logs a warning.
func (s *Session) Damaged() bool { return s.damaged }

// load reads the row, once (_get_session, load). If there is no row that has not expired,
// there are no data and the key is dropped. If the row's data are not a JSON object,
// there are no data but the key stays, so that the next save repairs the row.
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

// Get returns the value of a key, and whether the key exists (get).
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

// Has reports whether the key exists (__contains__).
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

// Set assigns a value (__setitem__). A value that JSON cannot represent is an error at
// once; Django reports it only when it saves, after the view.
func (s *Session) Set(key string, value any) error {
	e, err := NewEntry(key, value)
	if err != nil {
		return err
	}
	return s.Update(e)
}

// Update assigns several values (update). It marks the session as modified even without
// any.
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

// SetDefault returns the value of a key, after assigning it if the key is missing
// (setdefault).
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

// Pop removes a key and returns its value (pop). For a missing key it returns the
// fallback or, without one, a KeyError.
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

// Clear removes all data, including the expiry; row and key stay (clear). Django does not
// check for a row: it revives an expired one, and fails with SessionInterrupted where
// there is none. Here, as with any other use, the key of such a session is dropped.
func (s *Session) Clear() error {
	if err := s.load(); err != nil {
		return err
	}
	s.data = nil
	s.modified = true
	return nil
}

// Flush deletes the row at once, even if it has expired, and drops key and data (flush).
func (s *Session) Flush() error {
	if err := s.remove(s.key); err != nil {
		return err
	}
	s.key, s.data = "", nil
	s.loaded, s.accessed, s.modified = true, true, true
	return nil
}

// CycleKey moves the data to a new key and deletes the old row, both at once (cycle_key).
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

// expiryKey is the key in the data under which set_expiry stores its value.
const expiryKey = "_session_expiry"

// SetExpiry makes cookie and row expire so many seconds after each save. With 0 the
// cookie ends with the browser, and the row expires after the default age (set_expiry).
func (s *Session) SetExpiry(seconds int64) error {
	return s.Set(expiryKey, seconds)
}

// ResetExpiry removes what SetExpiry set; without that it modifies nothing
// (set_expiry(None)).
func (s *Session) ResetExpiry() error {
	set, err := s.Has(expiryKey)
	if err != nil || !set {
		return err
	}
	return s.Delete(expiryKey)
}

// ExpiryAge returns the seconds until expiry that a save would set, not the seconds left
// since the last save (get_expiry_age).
func (s *Session) ExpiryAge() (int64, error) {
	err := s.load()
	age, _ := s.data.expiry()
	return age, err
}

// ExpiryDate returns the expire_date that a save at that time would set
// (get_expiry_date).
func (s *Session) ExpiryDate(saved time.Time) (time.Time, error) {
	age, err := s.ExpiryAge()
	return after(saved, age), err
}

// ExpireAtBrowserClose reports whether the cookie ends with the browser
// (get_expire_at_browser_close).
func (s *Session) ExpireAtBrowserClose() (bool, error) {
	err := s.load()
	_, endsWithBrowser := s.data.expiry()
	return endsWithBrowser, err
}

// expiry returns what SetExpiry stored. A value that is not an integer is ignored.
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

// Outcome is what a commit adds to the response's headers.
type Outcome struct {
	SetCookie string // the header's value, or "" for none
	Vary      bool   // whether to add Vary: Cookie
}

// Commit is SessionMiddleware.process_response. It is called once, after the view, with
// the response's status. After an error nothing is added; ErrInterrupted and ErrTooLarge
// are answered with 400, ErrFull with 429, ErrUnavailable with 503.
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

// save is SessionStore.save: a session without a key is inserted under a new one, any
// other is updated.
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

// create is SessionStore.create: it inserts the row under a new key. Only the INSERT
// tells whether the key is free; a SELECT before it would cost time and prove nothing.
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

// row returns the row to store, without its key.
func (s *Session) row() (Row, error) {
	text := s.data.text()
	if len(s.data) > MaxEntries || len(text) > MaxBytes {
		return Row{}, ErrTooLarge
	}
	age, _ := s.data.expiry()
	return Row{Data: text, Expires: after(s.now, age)}, nil
}
