package session_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestFirstWriteMakesRowAndCookie(t *testing.T) {
	store := &session.Store{
		Backend: session.NewMemory(),
		Now:     func(context.Context) time.Time { return start },
		Rand:    strings.NewReader(strings.Repeat("a", 32)),
	}
	r, w := httptest.NewRequest("GET", "/set_session", nil), httptest.NewRecorder()
	gs, err := store.Get(r, session.CookieName)
	if err != nil {
		t.Fatal(err)
	}
	s := session.From(gs)
	if err := s.Set("username", "fan"); err != nil {
		t.Fatal(err)
	}
	if err := s.Set("age", int64(18)); err != nil {
		t.Fatal(err)
	}
	if err := gs.Save(r, w); err != nil {
		t.Fatal(err)
	}
	key := strings.Repeat("z", 32) // a is 97, and 97 mod 36 is 25
	want := "sessionid=" + key + "; expires=Thu, 15 Jan 2026 00:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"
	if got := w.Header().Get("Set-Cookie"); got != want {
		t.Errorf("Set-Cookie = %q, want %q", got, want)
	}
	if got := w.Header().Get("Vary"); got != "Cookie" {
		t.Errorf("Vary = %q, want Cookie", got)
	}
	row, found, err := store.Backend.Row(context.Background(), key)
	if want := `{"username":"fan","age":18}`; !found || err != nil || row.Data != want {
		t.Errorf("row = %v, %v, %v, want data %s", row, found, err, want)
	}
}
