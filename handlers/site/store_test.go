package site

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/templates"
)

// A silent backend does not answer.
type silent struct{ *session.Memory }

var errSilent = fmt.Errorf("%w: it is switched off", session.ErrUnavailable)

func (silent) Load(context.Context, string, time.Time) (session.Row, bool, error) {
	return session.Row{}, false, errSilent
}
func (silent) Row(context.Context, string) (session.Row, bool, error) {
	return session.Row{}, false, errSilent
}
func (silent) Insert(context.Context, session.Row) error     { return errSilent }
func (silent) Update(context.Context, session.Row) error     { return errSilent }
func (silent) Delete(context.Context, string) error          { return errSilent }
func (silent) Ping(context.Context) error                    { return errSilent }
func (silent) Purge(context.Context, time.Time) (int, error) { return 0, errSilent }

func TestAStoreThatDoesNotAnswer(t *testing.T) {
	for _, route := range routeNames() {
		for _, lang := range []string{"zh", "en"} {
			r := newRig(t, silent{session.NewMemory()})
			got := r.get("/"+route+"?_lang="+lang+"&"+needed(route), "num=1; sessionid=0123456789abcdefghijklmnopqrstuv")
			if strings.HasSuffix(route, "_cookie") {
				if got.status != 200 {
					t.Errorf("/%s, which needs no table: %d", route, got.status)
				}
				continue
			}
			if got.status != 503 || len(got.cookies) != 0 || isChinese(got.body) != (lang == "zh") {
				t.Errorf("/%s: %d %q %q, want 503", route, got.status, got.body, got.cookies)
			}
			isOneLine(t, route, got)
			observed := r.ask(call{target: "/" + route + "?" + needed(route),
				header: http.Header{"X-Observe": {"1"}, "Cookie": {"sessionid=0123456789abcdefghijklmnopqrstuv"}}})
			if observed.status != 503 || !strings.Contains(observed.body, `"rows":[]`) {
				t.Errorf("/%s, observed: %d %s", route, observed.status, observed.body)
			}
		}
	}
}

// vanishing deletes a row after it was read and before it is written, as a concurrent
// logout does.
type vanishing struct{ *session.Memory }

func (v vanishing) Update(ctx context.Context, row session.Row) error {
	if err := v.Memory.Delete(ctx, row.Key); err != nil {
		return err
	}
	return v.Memory.Update(ctx, row)
}

func TestAWriteWhoseRowIsGoneSavesNothing(t *testing.T) {
	for _, target := range []string{"/set_session?a=1", "/del", "/clear", "/set_expiry?value=9", "/set_cookie"} {
		for _, lang := range []string{"zh", "en"} {
			r := newRig(t, vanishing{session.NewMemory()})
			cookie := r.login()
			join := "?"
			if strings.Contains(target, "?") {
				join = "&"
			}
			got := r.get(target+join+"_lang="+lang, cookie)
			if target == "/set_cookie" {
				if got.status != 200 {
					t.Errorf("%s: %d", target, got.status)
				}
				continue
			}
			if want := templates.Text(lang, "site.interrupted", nil); got.status != 400 || len(got.cookies) != 0 || got.body != want {
				t.Errorf("%s: %d %q %q, want 400 %q without Set-Cookie", target, got.status, got.body, got.cookies, want)
			}
			same(t, "Vary of "+target, got.header["Vary"], []string{"Cookie"})
			isOneLine(t, target, got)
			same(t, "rows", r.table(), "[]")
		}
	}
}
