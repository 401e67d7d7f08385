package tests

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
)

// failingStore is a store that can be told not to answer.
type failingStore struct {
	*session.Limited
	down atomic.Bool
}

func (b *failingStore) Ping(ctx context.Context) error {
	if b.down.Load() {
		return errors.New("gone")
	}
	return b.Limited.Ping(ctx)
}

// openSmallRoom is a room on a server with room for ten sessions.
func openSmallRoom(t *testing.T) (*classroom, *failingStore) {
	t.Helper()
	store := &failingStore{}
	return openRoom(t, func(d *handlers.Deps) {
		var err error
		if store.Limited, err = session.Limit(t.Context(), session.NewMemory(), session.Limits{Rows: 10, Bytes: 1 << 20}, d.Now); err != nil {
			t.Fatal(err)
		}
		d.Backend = store
	}), store
}

func (l *classroom) healthPage(lang string) string {
	return "/" + lang + "/console/" + l.code + "/health"
}

// healthLines returns the lines of a health page by subject; those that need attention
// begin with an exclamation mark.
func healthLines(page *goquery.Selection) map[string]string {
	lines := map[string]string{}
	page.Find("[data-health-line]").Each(func(_ int, line *goquery.Selection) {
		text := line.Text()
		if line.AttrOr("data-look", "") == "true" {
			text = "!" + text
		}
		lines[line.AttrOr("data-health-line", "")] = text
	})
	return lines
}

func TestTheInstructorIsToldHowTheServerIs(t *testing.T) {
	l, store := openSmallRoom(t)
	look := func(lang string) map[string]string {
		t.Helper()
		return healthLines(l.visitor().get(l.healthPage(lang), l.drives()...).page().Selection)
	}
	l.follow().next()
	lines := look("en")
	for id, want := range map[string]string{
		"store": "works", "rows": "0 of at most 10", "evicted": "No session", "followers": "follow this class now: 1", "log": "Every line",
		"plays": "never", "memory": "MB", "since": "2026-01-01 00:00:00Z",
	} {
		if got := lines[id]; !strings.Contains(got, want) || strings.HasPrefix(got, "!") {
			t.Errorf("of %s it says %q, want %q", id, got, want)
		}
	}
	for n := range 10 {
		l.visitor().get(fmt.Sprint("/set_session?n=", n))
	}
	if got := look("en")["rows"]; !strings.HasPrefix(got, "!") || !strings.Contains(got, "10 of at most 10") {
		t.Errorf("of a full store it says %q", got)
	}
	l.advance(time.Hour)
	l.visitor().get("/set_session?n=11")
	for lang, want := range map[string]string{"en": "1 of them, the last at 2026-01-01 01:00:00Z", "zh": "共 1 个，最近一次在 2026-01-01 01:00:00Z"} {
		if got := look(lang)["evicted"]; !strings.HasPrefix(got, "!") || !strings.Contains(got, want) {
			t.Errorf("in %s of an eviction it says %q, want %q", lang, got, want)
		}
	}
	store.down.Store(true)
	if got := look("en")["store"]; !strings.HasPrefix(got, "!") || !strings.Contains(got, "does not answer") {
		t.Errorf("of a store that is gone it says %q", got)
	}
	if en, zh := look("en"), look("zh"); len(en) != len(zh) {
		t.Errorf("there are %d lines in English and %d in Chinese", len(en), len(zh))
	}
}

// The health page needs the driver's key: in a header from a script, or as the password
// of HTTP Basic authentication.
func TestOnlyTheInstructorIsToldHowTheServerIs(t *testing.T) {
	l, _ := openSmallRoom(t)
	v := l.visitor()
	password := func(name, key string) []string {
		r, err := http.NewRequest(http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(name, key)
		return []string{"Authorization", r.Header.Get("Authorization")}
	}
	unknown := strings.Replace(l.healthPage("en"), l.code, "nobody", 1)
	for _, c := range []struct {
		name, page string
		headers    []string
		want       int
	}{
		{"no key", l.healthPage("en"), nil, 401},
		{"a wrong key", l.healthPage("en"), []string{"Authorization", "Bearer wrong"}, 403},
		{"a wrong password", l.healthPage("en"), password("", "wrong"), 401},
		{"no key to no room", unknown, nil, 401},
		{"a wrong key to no room", unknown, []string{"Authorization", "Bearer wrong"}, 403},
		{"the key to no room", unknown, password("", l.key), 401},
		{"the key", l.healthPage("en"), l.drives(), 200},
		{"the password", l.healthPage("zh"), password("teacher", l.key), 200},
		{"another site", l.healthPage("zh"), append(password("", l.key), "Origin", "https://evil.example"), 403},
	} {
		a := v.browse(c.page, c.headers...)
		if a.status != c.want || (c.want == 401) != (a.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s gets %d with %q, want %d", c.name, a.status, a.header.Get("WWW-Authenticate"), c.want)
		}
		if has := strings.Contains(a.body, "data-health-line"); has != (c.want == 200) || strings.Contains(a.body, l.key) {
			t.Errorf("%s: the page has the lines: %v", c.name, has)
		}
	}
	// A password is good for looking, not for driving.
	if a := v.ask(http.MethodPost, l.api("/drive"), aStep, append(password("", l.key), sends...)...); a.status != 401 {
		t.Errorf("with the password a drive is %d", a.status)
	}
}

func TestTheConsoleShowsHowTheServerIs(t *testing.T) {
	t.Parallel()
	browser := aChromium(t)
	l, store := openSmallRoom(t)
	for _, theme := range []string{"light", "dark"} {
		b := l.sees(browser, "/en/", 1280, 800)
		b.examine(theme)
		for _, lang := range []string{"en", "zh"} {
			store.down.Store(lang == "zh")
			b.do(chromedp.Navigate(b.base + "/" + lang + "/console/" + l.code + "#" + l.key))
			b.until(`document.querySelector("[data-desk]")?.hidden === false`)
			// The desk is still being filled, so the button may move away from under a mouse.
			eval[bool](b, `(document.querySelector("[data-health]").click(), true)`)
			b.until(`document.querySelectorAll('[data-place="health"] [data-health-line]').length > 5`)
			b.accessible("with the server's health")
			b.do(chromedp.Navigate(strings.Replace(b.base, "http://", "http://:"+l.key+"@", 1) + l.healthPage(lang)))
			b.until(`document.querySelectorAll("main [data-health-line]").length > 5`)
			b.accessible("the server's health")
		}
	}
}
