package tests

import (
	"net/http"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
)

// If the clock is set back an hour and forward again, no session is lost, no flushed one
// comes back, and streams and limits still work.
func TestTheClockIsSetBack(t *testing.T) {
	l := openRoom(t, func(d *handlers.Deps) {
		limited, err := session.Limit(t.Context(), session.NewMemory(), session.Limits{Rows: 100, Bytes: 1 << 20}, d.Now)
		if err != nil {
			t.Fatal(err)
		}
		d.Backend = limited
	})
	v, gone := l.visitor(), l.visitor()
	v.get("/set_session?username=li")
	gone.get("/set_session?username=wang")
	flushed := "sessionid=" + gone.held("sessionid")
	gone.get("/flush")
	f := l.follow()
	_, first := f.next()
	for _, step := range []time.Duration{-time.Hour, 2 * time.Hour, -time.Hour} {
		l.advance(step)
		if a := v.get("/get_session?key=username"); a.body != "li" {
			t.Errorf("the clock went %v: a session has %d %q", step, a.status, a.body)
		}
		if a := l.visitor().get("/get_session?key=username", "Cookie", flushed); a.status != http.StatusInternalServerError {
			t.Errorf("the clock went %v: a flushed session has %d %q", step, a.status, a.body)
		}
		if a := v.get("/set_session?n=1"); a.status != http.StatusOK {
			t.Errorf("the clock went %v: a write is %d %q", step, a.status, a.body)
		}
		if a := v.browse("/en/lessons/lifetime?step=1"); a.status != http.StatusOK {
			t.Errorf("the clock went %v: a page is %d", step, a.status)
		}
		m := l.moved(aStep)
		if _, got := f.next(); got.N != m.N || got.N <= first.N {
			t.Errorf("the clock went %v: followers have moment %d, want %d", step, got.N, m.N)
		}
		first = m
	}
}

// If a clock that was an hour ahead is corrected, sessions are kept.
func TestAClockThatIsSetBackLosesNoSession(t *testing.T) {
	r := site(t)
	v := r.visitor()
	v.get("/set_session?username=li")
	key := v.held("sessionid")
	r.advance(-time.Hour)
	if _, err := r.backend.Purge(t.Context(), r.now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if a := v.get("/get_session?key=username"); a.body != "li" {
		t.Errorf("an hour earlier the session has %d %q, want li", a.status, a.body)
	}
	if a := v.get("/set_session?username=wang"); a.status != http.StatusOK || v.held("sessionid") != key {
		t.Errorf("an hour earlier a write is %d, under the key %q, want the same key", a.status, v.held("sessionid"))
	}
	if rows := r.rows(); len(rows) != 1 || !rows[0].Expires.Equal(newYear.Add(14*24*time.Hour-time.Hour)) {
		t.Errorf("the table has %v, want one row that lives for two weeks from now", rows)
	}
}
