package session_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"cookielab/internal/session"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// table is a backend that can list all its rows.
type table interface {
	session.Backend
	session.Lister
	session.Counter
}

// lab is a store with a fixed clock and predictable keys.
type lab struct {
	*testing.T
	backend table
	store   *session.Store
	now     time.Time
}

func newLab(t *testing.T, backend table) *lab {
	l := &lab{T: t, backend: backend, now: start}
	l.store = &session.Store{
		Backend: backend,
		Now:     func() time.Time { return l.now },
		Rand:    new(counter),
	}
	return l
}

// counter is a predictable random source: 1, 2, 3, …
type counter byte

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		*c++
		p[i] = byte(*c)
	}
	return len(p), nil
}

// inEachBackend runs a test once in memory and once in SQLite.
func inEachBackend(t *testing.T, run func(*lab)) {
	t.Run("memory", func(t *testing.T) {
		run(newLab(t, session.NewMemory()))
	})
	t.Run("sqlite", func(t *testing.T) {
		run(newLab(t, open(t, filepath.Join(t.TempDir(), "sessions.db"))))
	})
}

// request begins a request with these Cookie header lines.
func (l *lab) request(cookies ...string) *session.Session {
	l.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie"] = cookies
	gs, err := l.store.Get(r, session.CookieName)
	if err != nil {
		l.Fatal(err)
	}
	return session.From(gs)
}

// with begins a request with a session key.
func (l *lab) with(key string) *session.Session {
	l.Helper()
	return l.request("sessionid=" + key)
}

// must fails the test if err is not nil.
func (l *lab) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lab) commit(s *session.Session, status int) session.Outcome {
	l.Helper()
	outcome, err := s.Commit(status)
	l.must(err)
	return outcome
}

// live saves a session with these data, and returns its key.
func (l *lab) live(data ...session.Entry) string {
	l.Helper()
	s := l.request()
	l.must(s.Update(data...))
	if len(data) == 0 { // a new session without data would not be saved
		l.must(s.CycleKey())
	}
	l.commit(s, 200)
	return s.Key()
}

func (l *lab) row(key string) (session.Row, bool) {
	l.Helper()
	row, found, err := l.backend.Row(context.Background(), key)
	l.must(err)
	return row, found
}

func (l *lab) count() int {
	l.Helper()
	n, err := l.backend.Count(context.Background())
	l.must(err)
	return n
}

// put writes a row directly into the table.
func (l *lab) put(key, data string, expires time.Time) {
	l.Helper()
	row := session.Row{Key: key, Data: data, Expires: expires}
	l.must(l.backend.Insert(context.Background(), row))
}

// wantData checks what a session would read under this key.
func (l *lab) wantData(key, want string) {
	l.Helper()
	if row, found := l.row(key); !found || row.Data != want {
		l.Errorf("row %.8s… = %v, %s, want %s", key, found, row.Data, want)
	}
}

func (l *lab) wantState(s *session.Session, accessed, modified bool) {
	l.Helper()
	if s.Accessed() != accessed || s.Modified() != modified {
		l.Errorf("accessed, modified = %v, %v, want %v, %v", s.Accessed(), s.Modified(), accessed, modified)
	}
}

func (l *lab) wantAge(s *session.Session, age int64, endsWithBrowser bool) {
	l.Helper()
	if got, err := s.ExpiryAge(); got != age || err != nil {
		l.Errorf("ExpiryAge = %d, %v, want %d", got, err, age)
	}
	if got, err := s.ExpiryDate(l.now); !got.Equal(l.now.Add(time.Duration(age)*time.Second)) || err != nil {
		l.Errorf("ExpiryDate = %v, %v, want %d s from now", got, err, age)
	}
	if got, err := s.ExpireAtBrowserClose(); got != endsWithBrowser || err != nil {
		l.Errorf("ExpireAtBrowserClose = %v, %v, want %v", got, err, endsWithBrowser)
	}
}

// wantDamaged checks that a damaged row reads as empty under its key, and that a save repairs it.
func (l *lab) wantDamaged(key string) {
	l.Helper()
	s := l.with(key)
	if items, err := s.Items(); len(items) != 0 || err != nil || !s.Damaged() || s.Key() != key {
		l.Errorf("Items = %v, %v, damaged %v, key %q; want none, true, %q", items, err, s.Damaged(), s.Key(), key)
	}
	if outcome := l.commit(s, 200); outcome.SetCookie != "" {
		l.Errorf("Set-Cookie after reading = %q, want none", outcome.SetCookie)
	}
	s = l.with(key)
	l.must(s.Set("a", 1))
	l.commit(s, 200)
	l.wantData(key, `{"a":1}`)
	if s = l.with(key); s.Damaged() {
		l.Error("still damaged after the repair")
	}
}

func (l *lab) wantNotSaved(status int) {
	l.Helper()
	s := l.request()
	l.must(s.Set("hello", "world"))
	if outcome := l.commit(s, status); outcome != (session.Outcome{Vary: true}) {
		l.Errorf("Commit(%d) = %v, want only Vary", status, outcome)
	}
	if n := l.count(); n != 0 {
		l.Errorf("%d rows after a %d, want none", n, status)
	}
}
