package session_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/sessions"

	"cookielab/internal/session"
)

func TestStoreSavesThroughGorilla(t *testing.T) {
	l := newLab(t, session.NewMemory())
	l.store.Rand = strings.NewReader(strings.Repeat("\xfc\xfd\xfe\xff a", 32)) // bytes of 252 and more are discarded
	r, w := httptest.NewRequest("GET", "/set_session", nil), httptest.NewRecorder()
	gs, err := l.store.Get(r, session.CookieName)
	l.must(err)
	if gs.ID != "" || !gs.IsNew || gs.Name() != "sessionid" {
		t.Errorf("a new session has ID %q, IsNew %v, Name %q", gs.ID, gs.IsNew, gs.Name())
	}
	s := session.From(gs)
	l.must(s.Set("username", "fan"))
	l.must(s.Set("age", int64(18)))
	l.must(sessions.Save(r, w))
	key := strings.Repeat("6z", 16) // a blank is 32 and a is 97, mod 36
	if gs.ID != key {
		t.Errorf("ID after Save = %q, want %q", gs.ID, key)
	}
	want := http.Header{
		"Set-Cookie": {"sessionid=" + key + "; expires=Thu, 15 Jan 2026 00:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"},
		"Vary":       {"Cookie"},
	}
	for name := range want {
		if got := w.Header()[name]; !slices.Equal(got, want[name]) {
			t.Errorf("%s = %q, want %q", name, got, want[name])
		}
	}
	l.wantData(key, `{"username":"fan","age":18}`)
}

func TestStoreGivesOneSessionPerRequest(t *testing.T) {
	l := newLab(t, session.NewMemory())
	r := httptest.NewRequest("GET", "/", nil)
	one, err := l.store.Get(r, session.CookieName)
	l.must(err)
	other, err := l.store.Get(r, session.CookieName)
	l.must(err)
	if session.From(one) != session.From(other) {
		t.Error("Get gave two sessions to one request")
	}
	fresh, err := l.store.New(r, session.CookieName)
	l.must(err)
	if fresh == nil || session.From(fresh) == session.From(one) {
		t.Error("New gave an old session")
	}
}

func TestStoreSavesByTheStatusItWasTold(t *testing.T) {
	for status, want := range map[int]int{200: 1, 400: 1, 500: 0, 503: 0} {
		l := newLab(t, session.NewMemory())
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		gs, err := l.store.Get(r, session.CookieName)
		l.must(err)
		l.must(session.From(gs).Set("a", 1))
		session.From(gs).SetStatus(status)
		l.must(gs.Save(r, w))
		if got := len(w.Header()["Set-Cookie"]); got != want || l.count() != want {
			t.Errorf("status %d: %d cookies and %d rows, want %d", status, got, l.count(), want)
		}
	}
}

func TestFailedSaveAddsNothing(t *testing.T) {
	l := newLab(t, session.NewMemory())
	l.store.Backend = broken{l.backend, true}
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	gs, err := l.store.Get(r, session.CookieName)
	l.must(err)
	l.must(session.From(gs).Set("a", 1))
	if err := gs.Save(r, w); err == nil {
		t.Error("Save = nil, want an error")
	}
	if len(w.Header()) != 0 {
		t.Errorf("headers %v, want none", w.Header())
	}
}

func TestVaryIsAddedOnce(t *testing.T) {
	for _, test := range []struct{ had, want []string }{
		{nil, []string{"Cookie"}},
		{[]string{"Accept"}, []string{"Accept", "Cookie"}},
		{[]string{"Accept, cookie"}, []string{"Accept, cookie"}},
		{[]string{"Accept", "Cookie"}, []string{"Accept", "Cookie"}},
		{[]string{"X-Cookie"}, []string{"X-Cookie", "Cookie"}},
	} {
		h := http.Header{"Vary": slices.Clone(test.had)}
		session.Outcome{Vary: true}.Add(h)
		if got := h["Vary"]; !slices.Equal(got, test.want) {
			t.Errorf("Vary %q became %q, want %q", test.had, got, test.want)
		}
		session.Outcome{}.Add(h)
		if got := h["Vary"]; !slices.Equal(got, test.want) {
			t.Errorf("nothing to add made %q of Vary %q", got, test.want)
		}
	}
}

func TestViewsCookieComesBeforeTheSessions(t *testing.T) {
	h := http.Header{"Set-Cookie": {"num=1; Path=/"}}
	session.Outcome{SetCookie: "sessionid=k"}.Add(h)
	if got, want := h["Set-Cookie"], []string{"num=1; Path=/", "sessionid=k"}; !slices.Equal(got, want) {
		t.Errorf("Set-Cookie = %q, want %q", got, want)
	}
}
