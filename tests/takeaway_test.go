package tests

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// taken presses a button of the take-away and posts the form that the page would,
// which would open a page of its own.
func (b *tab) taken(kind string) (answer, url.Values) {
	b.t.Helper()
	eval[bool](b, `(() => {
		delete window.taken;
		HTMLFormElement.prototype.submit = function () {
			window.taken = { action: this.getAttribute("action"), method: this.method, target: this.target, form: new URLSearchParams(new FormData(this)).toString() };
		};
		return true;
	})()`)
	b.click(`[data-take="` + kind + `"]`)
	b.until("window.taken")
	form := eval[map[string]string](b, "window.taken")
	if form["method"] != "post" || form["target"] != "_blank" {
		b.t.Errorf("the form for the %s is sent by %s to %q", kind, form["method"], form["target"])
	}
	fields, err := url.ParseQuery(form["form"])
	if err != nil {
		b.t.Fatal(err)
	}
	a := visit(b.t, b.base).ask(http.MethodPost, form["action"], form["form"], append(navigates, "Content-Type", "application/x-www-form-urlencoded")...)
	if a.status != http.StatusOK {
		b.t.Fatalf("the %s is %d: %.300s", kind, a.status, a.body)
	}
	return a, fields
}

// keyOf is the session's key in a browser's own jar.
func keyOf(cookies []jar.Cookie) string {
	for _, c := range cookies {
		if c.Name == "sessionid" {
			return c.Value
		}
	}
	return ""
}

func TestAPageTakesAwayWhatItHasShown(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	b.lab("set_cookie", "name=token&value=s3cr3t of mine&max_age=600")
	b.lab("set_session", "")
	b.press(`[data-action="script"]`)
	b.lab("get_session", "key=username")
	key := keyOf(b.jar())
	if len(key) != 32 {
		t.Fatalf("the browser has the key %q", key)
	}
	for _, kind := range []string{"handout", "har", "curl"} {
		a, form := b.taken(kind)
		if form.Has("reveal") {
			t.Errorf("the %s is asked for with real values, which nobody wanted", kind)
		}
		for _, secret := range []string{key, "s3cr3t", "theme=dark"} {
			if strings.Contains(a.body, secret) {
				t.Errorf("the %s has %q in it", kind, secret)
			}
		}
	}
	a, _ := b.taken("handout")
	moments := a.page().Find("[data-moment]")
	if moments.Length() != 4 {
		t.Fatalf("the handout has %d moments, want 4", moments.Length())
	}
	last := moments.Last()
	for selector, want := range map[string]string{
		`[data-panel="browser"]`:   world.Short(key),
		`[data-message="request"]`: "GET /get_session?key=username HTTP/1.1",
		`[data-panel="server"]`:    `"username": "fan"`,
		"[data-sentence]":          "Reading changes nothing",
	} {
		if got := last.Find(selector).Text(); !strings.Contains(got, want) {
			t.Errorf("the last moment's %s is %q, want %q in it", selector, got, want)
		}
	}
	for _, want := range []string{"document.cookie", "theme=***"} {
		if got := moments.Eq(2).Text(); !strings.Contains(got, want) {
			t.Errorf("the script's moment is %q, without %s", got, want)
		}
	}
	b.click("[data-take-reveal]")
	for _, kind := range []string{"handout", "har", "curl"} {
		if a, _ := b.taken(kind); !strings.Contains(a.body, key) {
			t.Errorf("the %s lacks the key, which was asked for", kind)
		}
	}
}

func TestTheTimeMachineTakesAwayItsScript(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/zh/lessons/session?step=2")
	b.click(`button[data-mode="world"]`)
	b.until(`document.querySelector("[data-frames] [aria-current]")`)
	b.press(`[data-actions] [data-action="set_session"]`)
	b.press(`[data-world="close"]`)
	a, form := b.taken("handout")
	if got := a.page().Find("[data-moment]").Length(); got != 2 {
		t.Errorf("the handout has %d moments, want 2", got)
	}
	if !strings.Contains(form.Get("moment"), `"actions"`) || strings.Contains(form.Get("moment"), "frames") {
		t.Errorf("the time machine sends %.200s, want its script", form.Get("moment"))
	}
	if a, _ := b.taken("curl"); !strings.Contains(a.body, "'"+b.base+"/set_session'") {
		t.Errorf("the curl lines do not ask this server: %s", a.body)
	}
	b.click(`[data-take="link"]`)
	b.until(`document.querySelector("[data-take-said]").textContent || document.querySelector("[data-take-said] input")?.value === location.href`)
}

// If the page has seen more than a handout may contain, the latest frames are taken.
func TestALongPlayIsTakenAwayAsFarAsItFits(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	b.lab("set_cookie", "name=big&value="+strings.Repeat("茶", 400))
	for range 28 {
		b.press(`[data-action="get_cookie"]`)
	}
	b.lab("get_session", "key=last")
	a, form := b.taken("handout")
	if got := a.page().Find("[data-moment]").Last().Find("header code").Text(); got != "/get_session?key=last" {
		t.Errorf("the last moment is %s", got)
	}
	if a.page().Find("[data-omitted]").Length() != 1 {
		t.Errorf("nothing was left out of %d octets: %s", len(form.Encode()), fmt.Sprint(a.page().Find("[data-moment]").Length()))
	}
}

func TestTheHandoutIsAccessible(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			b := examined(t, theme)
			for _, address := range []string{"/zh/lessons/session/handout?teach=1", "/en/lessons/two-browsers/handout", "/en/lessons/attributes/handout"} {
				b.open(address)
				b.accessible("opened")
			}
			b.open("/en/lab")
			b.click("[data-take-reveal]")
			b.accessible("asked for real values")
		})
	}
}
