package tests

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
)

// silent is a store whose methods all return ErrUnavailable.
type silent struct{ session.Backend }

func (silent) Load(context.Context, string, time.Time) (session.Row, bool, error) {
	return session.Row{}, false, session.ErrUnavailable
}
func (silent) Insert(context.Context, session.Row) error { return session.ErrUnavailable }
func (silent) Update(context.Context, session.Row) error { return session.ErrUnavailable }
func (silent) Delete(context.Context, string) error      { return session.ErrUnavailable }
func (silent) Row(context.Context, string) (session.Row, bool, error) {
	return session.Row{}, false, session.ErrUnavailable
}
func (silent) Ping(context.Context) error { return session.ErrUnavailable }

func broken(d *handlers.Deps) { d.Backend = silent{d.Backend} }

func TestABrokenStoreIsSaidInOneLine(t *testing.T) {
	r := site(t, broken)
	key := "sessionid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	asked := []string{"/set_session", "/get_session", "/del", "/clear", "/flush", "/set_expiry?value=60", "/cycle_key", "/api/live", "/en/lab", "/zh/lessons/session?step=2"}
	for _, address := range asked {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if method == http.MethodPost && strings.Count(address, "/") > 1 {
				continue
			}
			a := r.visitor().ask(method, address, "", "Cookie", key, "Content-Type", "application/x-www-form-urlencoded")
			if a.status != http.StatusServiceUnavailable || !a.oneLine() {
				t.Errorf("%s %s is %d %q, want 503 and one line", method, address, a.status, a.body)
			}
			if got := a.header.Values("Set-Cookie"); got != nil {
				t.Errorf("%s %s sets %q", method, address, got)
			}
		}
		a := r.visitor().browse(address, "Cookie", key)
		if a.status != http.StatusServiceUnavailable || a.header.Values("Set-Cookie") != nil {
			t.Errorf("GET %s in a browser is %d with Set-Cookie %q, want 503 and none", address, a.status, a.header.Values("Set-Cookie"))
		}
		if a.page().Find("h1").Length() != 1 {
			t.Errorf("GET %s in a browser: the page has no heading", address)
		}
	}
	// What has nothing to do with a session goes on.
	for _, address := range []string{"/set_cookie", "/get_cookie?safe=1", "/delete_cookie", "/", "/favicon.ico"} {
		if a := r.visitor().get(address); a.status >= 400 {
			t.Errorf("GET %s over a broken store is %d", address, a.status)
		}
	}
}

func TestHealthzSaysWhetherTheStoreAnswers(t *testing.T) {
	if a := site(t).visitor().get("/healthz"); a.status != http.StatusOK || !a.oneLine() {
		t.Errorf("/healthz is %d %q, want 200 and one line", a.status, a.body)
	}
	if a := site(t, broken).visitor().get("/healthz"); a.status != http.StatusServiceUnavailable || !a.oneLine() {
		t.Errorf("/healthz over a broken store is %d %q, want 503 and one line", a.status, a.body)
	}
}
