package tests

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestHeadersOfEveryAnswer(t *testing.T) {
	r := site(t)
	v := r.visitor()
	stylesheet := v.browse("/en/").page().Find(`link[rel="stylesheet"]`).AttrOr("href", "")
	pages := slices.Concat(pageOfEachKind("zh"), pageOfEachKind("en"), []string{"/en/lessons/none", "/en/nothing"})
	for _, address := range slices.Concat(pages, []string{"/", "/api/live", "/healthz", "/set_cookie", "/get_session", stylesheet, "/favicon.ico"}) {
		a := v.browse(address)
		h := a.header
		for _, never := range []string{"Strict-Transport-Security", "Access-Control-Allow-Origin", "Server", "X-Powered-By", "Service-Worker-Allowed", "Clear-Site-Data"} {
			if got := h.Get(never); got != "" {
				t.Errorf("%s has %s: %s", address, never, got)
			}
		}
		static := strings.HasPrefix(address, "/static/")
		cache := h.Get("Cache-Control")
		switch {
		case static && cache != "public, max-age=31536000, immutable":
			t.Errorf("%s has Cache-Control %q, want it immutable", address, cache)
		case !static && address != "/favicon.ico" && cache != "no-store":
			t.Errorf("%s has Cache-Control %q, want no-store", address, cache)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got := h.Get(name); got != want {
				t.Errorf("%s has %s: %q, want %q", address, name, got, want)
			}
		}
		if static || address == "/favicon.ico" {
			continue
		}
		if got := h.Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("%s has Referrer-Policy %q, want same-origin", address, got)
		}
		if !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
			continue
		}
		if got := h.Get("Cross-Origin-Opener-Policy"); got != "same-origin" {
			t.Errorf("%s has Cross-Origin-Opener-Policy %q, want same-origin", address, got)
		}
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !slices.Contains(strings.Split(policy, "; "), want) {
				t.Errorf("%s has CSP %q, want %s in it", address, policy, want)
			}
		}
		for _, never := range []string{"unsafe-", "upgrade-insecure-requests", "block-all-mixed-content", "*", "data:", "http"} {
			if strings.Contains(policy, never) {
				t.Errorf("%s has CSP %q, with %s in it", address, policy, never)
			}
		}
	}
	for _, ask := range []struct{ method, address string }{
		{"GET", "/set_cookie"}, {"GET", "/get_cookie"}, {"POST", "/set_session"}, {"GET", "/set_cookie?samesite=no"}, {"DELETE", "/flush"}, {"OPTIONS", "/get_session"},
		{"GET", "/static/none"}, {"DELETE", "/en/"}, {"POST", "/api/jar"}, {"POST", "/api/play"}, {"POST", "/en/lab"}, {"GET", "/en/none"}, {"HEAD", "/en/lab"},
	} {
		a := v.ask(ask.method, ask.address, "")
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s %s (%d) has %s: %q, want %q", ask.method, ask.address, a.status, name, got, want)
			}
		}
	}
}

// Cross-Origin-Opener-Policy is only sent to origins that browsers consider potentially
// trustworthy: on others they log a warning.
func TestOpenersAreKeptApartWhereBrowsersDo(t *testing.T) {
	v := site(t).visitor()
	for host, want := range map[string]string{"localhost": "same-origin", "lab.localhost:80": "same-origin", "127.0.0.1": "same-origin", "[::1]:80": "same-origin", "192.168.1.7:8080": "", "lab.uni.test": ""} {
		if got := v.get("/en/", "Host", host).header.Get("Cross-Origin-Opener-Policy"); got != want {
			t.Errorf("on %s Cross-Origin-Opener-Policy is %q, want %q", host, got, want)
		}
	}
}

func TestAnotherSiteMayLeadHereButNotRead(t *testing.T) {
	r := site(t)
	v := r.visitor()
	cross := func(mode, dest string) []string {
		return []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", dest}
	}
	for _, address := range append(pageOfEachKind("zh"), "/api/live") {
		if a := v.get(address, cross("navigate", "document")...); a.status != http.StatusOK {
			t.Errorf("another site's link to %s is %d, want 200", address, a.status)
		}
		for _, mode := range []string{"cors", "no-cors", "same-origin", "websocket", ""} {
			a := v.get(address, append(cross(mode, "empty"), "X-Observe", "1")...)
			if a.status != http.StatusForbidden || strings.Contains(a.body, "now") {
				t.Errorf("another site's %q request to %s is %d %q, want 403", mode, address, a.status, a.body)
			}
		}
		for _, from := range []string{"same-origin", "same-site", "none", ""} {
			if a := v.get(address, "Sec-Fetch-Site", from, "Sec-Fetch-Mode", "cors"); a.status != http.StatusOK {
				t.Errorf("a %q request to %s is %d, want 200", from, address, a.status)
			}
		}
	}
	for _, address := range []string{"/en/lab", "/en/lessons/session?step=2", "/api/play"} {
		a := v.ask(http.MethodPost, address, "{}", append(cross("cors", "empty"), "Content-Type", "application/json")...)
		if a.status != http.StatusForbidden {
			t.Errorf("another site's POST to %s is %d, want 403", address, a.status)
		}
	}
	for _, route := range routes {
		for _, mode := range []string{"no-cors", "navigate"} {
			if a := v.get("/"+route+"?value=1&key=x&safe=1", cross(mode, "image")...); a.status == http.StatusForbidden {
				t.Errorf("another site's %s of /%s is 403: CSRF is a lesson", mode, route)
			}
		}
	}
	if v.get("/set_cookie", cross("no-cors", "image")...); v.held("num") != "1" {
		t.Error("another site's request to /set_cookie did nothing")
	}
}

func TestAPageTakesNoOtherMethod(t *testing.T) {
	v := site(t).visitor()
	for _, address := range append(pageOfEachKind("en"), "/api/live", "/healthz", "/favicon.ico") {
		for _, method := range []string{http.MethodDelete, http.MethodPut} {
			if a := v.ask(method, address, ""); a.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s is %d, want 405", method, address, a.status)
			}
		}
	}
	if a := v.ask(http.MethodPost, "/en/lab", "name=value", "Content-Type", "application/x-www-form-urlencoded"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("a form posted to a page is %d, want 415", a.status)
	}
}
