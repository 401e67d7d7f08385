package tests

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
	"cookielab/lessons"

	"github.com/PuerkitoBio/goquery"
)

// routes are the ten demo routes.
var routes = []string{"set_cookie", "get_cookie", "delete_cookie", "set_session", "get_session", "del", "clear", "flush", "set_expiry", "cycle_key"}

func TestFrontSpeaksTheLanguageThatTheBrowserPrefers(t *testing.T) {
	v := site(t).visitor()
	for header, want := range map[string]string{
		"":                        "/en/",
		"zh-CN,zh;q=0.9,en;q=0.8": "/zh/",
		"zh-TW":                   "/zh/",
		"en-GB,en;q=0.9,zh;q=0.8": "/en/",
		"fr, zh;q=0.5":            "/zh/",
		"en;q=0.2, zh-Hans;q=0.9": "/zh/",
		"de":                      "/en/",
		"*":                       "/en/",
		"; nonsense ;;":           "/en/",
	} {
		a := v.browse("/", "Accept-Language", header)
		if got := a.header.Get("Location"); a.status != http.StatusFound || got != want {
			t.Errorf("Accept-Language %q leads to %d %q, want 302 %q", header, a.status, got, want)
		}
	}
}

func TestEveryPageAnswersInBothLanguages(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lang := range []string{"zh", "en"} {
		for _, address := range r.everyPage(lang) {
			a := v.browse(address)
			if a.status != http.StatusOK {
				t.Errorf("GET %s is %d, want 200", address, a.status)
				continue
			}
			if got := a.page().Find("html").AttrOr("lang", ""); got != lang {
				t.Errorf("GET %s is in %q, want %q", address, got, lang)
			}
			if h := v.ask(http.MethodHead, address, "", navigates...); h.status != http.StatusOK || h.body != "" {
				t.Errorf("HEAD %s is %d with %d octets, want 200 and none", address, h.status, len(h.body))
			}
		}
	}
}

func TestChangingTheLanguageKeepsPageAndStep(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, address := range r.everyPage("zh") {
		doc := v.browse(address).page()
		want := "/en" + strings.TrimPrefix(address, "/zh")
		if got := the(t, doc.Selection, `[data-language="en"]`).AttrOr("href", ""); got != want {
			t.Errorf("%s changes to %s, want %s", address, got, want)
		}
		if got := the(t, doc.Selection, `[data-language="zh"]`).AttrOr("href", ""); got != address {
			t.Errorf("%s changes to %s, want itself", address, got)
		}
	}
}

func TestALessonWithoutAStepIsItsFirst(t *testing.T) {
	v := site(t).visitor()
	bare, first := v.browse("/en/lessons/session").page(), v.browse("/en/lessons/session?step=1").page()
	if got, want := bare.Find("h1").Text(), first.Find("h1").Text(); got != want {
		t.Errorf("without a step: %q, want %q", got, want)
	}
	if got := the(t, bare.Selection, `[data-language="zh"]`).AttrOr("href", ""); !strings.HasPrefix(got, "/zh/lessons/session") {
		t.Errorf("without a step the language changes to %s", got)
	}
}

func TestWhatIsNotThereIsNotFoundInTheReadersWay(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lang := range []string{"zh", "en"} {
		for _, rest := range []string{
			"/lessons/session?step=0", "/lessons/session?step=99", "/lessons/session?step=-1", "/lessons/session?step=x",
			"/lessons/session?step=1.5", "/lessons/session?step=99999999999999999999", "/lessons/none", "/lessons/none?step=1",
			"/lessons/", "/lessons", "/nothing", "/lab/x",
		} {
			address := "/" + lang + rest
			a := v.browse(address)
			if a.status != http.StatusNotFound {
				t.Errorf("GET %s is %d, want 404", address, a.status)
				continue
			}
			doc := a.page()
			if got := doc.Find("html").AttrOr("lang", ""); got != lang {
				t.Errorf("GET %s fails in %q, want %q", address, got, lang)
			}
			if doc.Find("h1").Length() != 1 || doc.Find(`main a[href="/`+lang+`/"]`).Length() == 0 {
				t.Errorf("GET %s: the page has no heading, or leads nowhere", address)
			}
			if plain := v.get(address, "Accept", "text/plain"); plain.status != http.StatusNotFound || !plain.oneLine() {
				t.Errorf("GET %s for a program is %d %q, want 404 and one line", address, plain.status, plain.body)
			}
			if plain := v.get(address); plain.status != http.StatusNotFound || !plain.oneLine() {
				t.Errorf("GET %s without Accept is %d %q, want 404 and one line", address, plain.status, plain.body)
			}
		}
	}
	if a := v.browse("/fr/", "Accept-Language", "zh"); a.status != http.StatusNotFound || a.page().Find("html").AttrOr("lang", "") != "zh" {
		t.Errorf("GET /fr/ is %d, want 404 in the language that the browser prefers", a.status)
	}
}

func TestAPageAnswersLiveToWhoObserves(t *testing.T) {
	r := site(t)
	other, v := r.visitor(), r.visitor()
	other.get("/set_session?username=li")
	v.get("/set_session")
	v.get("/set_cookie?value=少冰")
	key := v.held("sessionid")
	want := fmt.Sprintf(`{"now":"2026-01-01T00:00:00Z","cookies":[{"name":"num","value":"%%E5%%B0%%91%%E5%%86%%B0"},{"name":"sessionid","value":%q}],`+
		`"server":{"rows":[{"key":%[1]q,"data":{"username":"fan","age":18},"expires":"2026-01-15T00:00:00Z"}],"total":2}}`, key)
	addresses := slices.Concat(r.everyPage("zh"), r.everyPage("en"), []string{"/"})
	for _, address := range append(addresses, "/api/live") {
		a := v.live(address, "Cookie", "") // an empty line adds nothing to the jar's
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s observed is %d %s", address, a.status, a.header.Get("Content-Type"))
			continue
		}
		same(t, address, inOrder(t, a.body), inOrder(t, want))
	}
	if a := v.get("/api/live"); a.status != http.StatusOK {
		t.Errorf("/api/live without X-Observe is %d, want 200", a.status)
	}
	nobody := r.visitor().live("/zh/")
	same(t, "a visitor with nothing", inOrder(t, nobody.body), inOrder(t, `{"now":"2026-01-01T00:00:00Z","cookies":[],"server":{"rows":[],"total":2}}`))
}

// uncounted is a store that cannot say how many rows it has.
type uncounted struct{ session.Backend }

func TestNobodyCountsWhereCountingCosts(t *testing.T) {
	r := site(t, func(d *handlers.Deps) { d.Backend = uncounted{d.Backend} })
	r.visitor().get("/set_session?username=li")
	a := r.visitor().live("/zh/")
	same(t, "LIVE", inOrder(t, a.body), inOrder(t, `{"now":"2026-01-01T00:00:00Z","cookies":[],"server":{"rows":[],"total":null}}`))
	page := r.visitor().browse("/en/lab").page()
	if got := page.Find(`[data-panel="server"] .count`).Text(); got != "" {
		t.Errorf("the page says %q of a table that nobody has counted", got)
	}
}

// inOrder reads JSON with the cookies sorted: a jar's order is not the page's doing.
func inOrder(t *testing.T, text string) map[string]any {
	t.Helper()
	var live map[string]any
	if err := json.Unmarshal([]byte(text), &live); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if list, ok := live["cookies"].([]any); ok {
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return live
}

// keysOfAllKinds are Cookie headers that a page may be asked with.
func keysOfAllKinds(own string) map[string]string {
	return map[string]string{
		"none":          "",
		"own":           "sessionid=" + own,
		"unknown":       "sessionid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"short":         "sessionid=abc",
		"empty":         "sessionid=",
		"no key at all": "sessionid",
		"capitals":      "sessionid=" + strings.ToUpper(own),
		"twins":         "sessionid=" + own + "; sessionid=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		"hostile":       "sessionid=' OR 1=1 --; num=<b>; =; ;;; a=b=c",
		"long":          "sessionid=" + strings.Repeat("k", 5000),
		"others":        "csrftoken=x; theme=dark",
	}
}

func TestLookingChangesNothingWhateverCookieComes(t *testing.T) {
	r := site(t)
	v := r.visitor()
	v.get("/set_session")
	v.get("/set_expiry?value=60")
	before := r.rows()
	r.advance(30 * time.Second)
	for kind, cookie := range keysOfAllKinds(v.held("sessionid")) {
		for _, lang := range []string{"zh", "en"} {
			for _, address := range append(pageOfEachKind(lang), "/", "/api/live", "/healthz", "/"+lang+"/lessons/none") {
				for _, observe := range [][]string{{"X-Observe", "1"}, navigates} {
					a := r.visitor().get(address, append([]string{"Cookie", cookie}, observe...)...)
					if a.status >= 500 {
						t.Errorf("%s with %s is %d", address, kind, a.status)
					}
					if got := a.header.Values("Set-Cookie"); got != nil {
						t.Errorf("%s with %s sets %q: only the ten routes do", address, kind, got)
					}
					if vary := strings.Join(a.header.Values("Vary"), ","); strings.Contains(strings.ToLower(vary), "cookie") {
						t.Errorf("%s with %s varies by %q: a look does not touch the session", address, kind, vary)
					}
				}
			}
		}
	}
	same(t, "the table after all this looking", r.rows(), before)
}

func TestALookVariesByNothing(t *testing.T) {
	v := site(t).visitor()
	v.get("/set_session")
	for _, address := range append(pageOfEachKind("en"), "/api/live") {
		if got := v.live(address).header.Values("Vary"); got != nil {
			t.Errorf("%s observed has Vary: %q, want none", address, got)
		}
	}
}

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

// A browser complains of Cross-Origin-Opener-Policy on an origin that it does not trust.
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

// A student without JavaScript presses a step's button, gets a small page, and
// comes back to panels that the server has drawn.
func TestTheLessonsWorkWithoutJavaScript(t *testing.T) {
	for lang, says := range map[string]string{"zh": "设置session信息", "en": "Session set"} {
		r := site(t)
		v := r.visitor()
		address := "/" + lang + "/lessons/session?step=2"
		step := v.browse(address).page()
		form := the(t, step.Selection, `[data-actions] form:has([data-action="set_session"])`)
		a := v.submit(form)
		if a.status != http.StatusOK {
			t.Fatalf("the button is answered with %d", a.status)
		}
		if len(a.header.Values("Set-Cookie")) != 1 || v.held("sessionid") == "" {
			t.Fatal("the button sets no cookie")
		}
		small := a.page()
		if got := small.Find("html").AttrOr("lang", ""); got != lang {
			t.Errorf("the small page is in %q, want %q", got, lang)
		}
		if got := strings.TrimSpace(the(t, small.Selection, "[data-answer]").Text()); got != says {
			t.Errorf("the small page says %q, want %q", got, says)
		}
		if got := the(t, small.Selection, "h1").Text(); !strings.Contains(got, "200") {
			t.Errorf("the small page is headed %q, without the status", got)
		}
		if got := the(t, small.Selection, `[data-message="request"]`).Text(); !strings.Contains(got, "GET /set_session") {
			t.Errorf("the small page shows the request %q", got)
		}
		if got := the(t, small.Selection, `[data-message="response"] [data-header="Set-Cookie"]`).Text(); !strings.Contains(got, "HttpOnly") || !strings.Contains(got, "Max-Age=1209600") {
			t.Errorf("the small page shows the response with Set-Cookie %q", got)
		}
		back := the(t, small.Selection, "[data-back]").AttrOr("href", "")
		if !strings.HasPrefix(back, address) {
			t.Fatalf("the small page leads back to %s, want %s", back, address)
		}
		panels := the(t, v.browse(back).page().Selection, "[data-panels]")
		cookie := the(t, panels, `[data-panel="browser"] [data-cookie]`)
		for name, want := range map[string]string{
			"data-name": "sessionid", "data-value": v.held("sessionid"),
			// A request's header has names and values, and no more.
			"data-domain": "unknown", "data-host-only": "unknown", "data-path": "unknown", "data-expires": "unknown", "data-secure": "unknown",
			"data-http-only": "unknown", "data-same-site": "unknown", "data-partitioned": "unknown",
		} {
			if got, there := cookie.Attr(name); !there || got != want {
				t.Errorf("the cookie has %s=%q, want %q", name, got, want)
			}
		}
		row := the(t, panels, `[data-panel="server"] [data-row]`)
		if got := row.AttrOr("data-key", ""); got != v.held("sessionid") {
			t.Errorf("the row is of key %q, want the cookie's", got)
		}
		if got := row.AttrOr("data-expires", ""); got != "2026-01-15T00:00:00Z" {
			t.Errorf("the row ends %q", got)
		}
		var entries []string
		row.Find("[data-entry]").Each(func(_ int, entry *goquery.Selection) {
			entries = append(entries, entry.AttrOr("data-key", "")+"="+entry.AttrOr("data-value", ""))
		})
		if want := []string{`username="fan"`, "age=18"}; !slices.Equal(entries, want) {
			t.Errorf("the row has %q, want %q", entries, want)
		}
	}
}

func TestEveryButtonOfALessonWorksWithoutJavaScript(t *testing.T) {
	r := site(t)
	v := r.visitor()
	pressed := 0
	for _, lesson := range r.lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar != nil || step.Mode != lessons.Live {
				continue
			}
			doc := v.browse(stepAddress("en", step)).page()
			doc.Find("[data-actions] form:not(:has([data-needs-script]))").Each(func(_ int, form *goquery.Selection) {
				a := v.submit(form)
				pressed++
				if !slices.Contains([]int{200, 500}, a.status) {
					t.Errorf("%s %s: %s is answered with %d", lesson.ID, step.ID, form.AttrOr("action", ""), a.status)
				}
				if back := the(t, a.page().Selection, "[data-back]").AttrOr("href", ""); !strings.HasPrefix(back, stepAddress("en", step)) {
					t.Errorf("%s %s: %s leads back to %s", lesson.ID, step.ID, form.AttrOr("action", ""), back)
				}
			})
		}
	}
	if pressed < 40 {
		t.Errorf("only %d buttons were found", pressed)
	}
	lab := v.browse("/zh/lab").page()
	for _, route := range routes {
		a := v.submit(the(t, lab.Selection, `form:has([data-action="`+route+`"])`))
		if back := the(t, a.page().Selection, "[data-back]").AttrOr("href", ""); back != "/zh/lab" {
			t.Errorf("the lab's %s leads back to %q", route, back)
		}
	}
}

// Without JavaScript one form sets a step up, press by press: the small page leads back
// to the next one.
func TestAStepIsSetUpWithoutJavaScript(t *testing.T) {
	r := site(t)
	v := r.visitor()
	v.get("/set_session?username=someone")
	address := "/en/lessons/session?step=3" // it starts from a session of fan's
	doc := v.browse(address).page()
	for presses := 0; doc.Find("[data-setup]").Length() != 0; presses++ {
		if presses == 20 {
			t.Fatal("twenty presses do not set the step up")
		}
		// The parser sees a page with scripts, in which noscript is text.
		inside, err := goquery.NewDocumentFromReader(strings.NewReader(the(t, doc.Selection, `[data-fragment="start"] noscript`).Text()))
		if err != nil {
			t.Fatal(err)
		}
		small := v.submit(the(t, inside.Selection, "form")).page()
		doc = v.browse(the(t, small.Selection, "[data-back]").AttrOr("href", "")).page()
	}
	rows := r.rows()
	if len(rows) != 1 || rows[0].Data != `{"username":"fan","age":18}` {
		t.Errorf("after the setup the table is %v", rows)
	}
}

func TestBackLeadsNowhereElse(t *testing.T) {
	v := site(t).visitor()
	for _, back := range []string{
		"https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/zhx", "/fr/", "zh/", "/", "",
		"/set_cookie", "/flush", "/api/live", "\t/zh/", " /zh/", "/%7Ah/", "/ZH/",
	} {
		a := v.browse("/set_cookie?_lang=en&_back=" + url.QueryEscape(back))
		got := the(t, a.page().Selection, "[data-back]").AttrOr("href", "")
		if got != "/en/lab" {
			t.Errorf("_back=%q leads to %q, want what leads back without it", back, got)
		}
	}
	for _, back := range []string{"/zh/", "/en/", "/zh/lessons/cookie?step=3", "/en/lab", `/en/"><script>`} {
		a := v.browse("/set_cookie?_back=" + url.QueryEscape(back))
		got := the(t, a.page().Selection, "[data-back]").AttrOr("href", "")
		if at, err := url.Parse(got); err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(got, back[:4]) {
			t.Errorf("_back=%q leads to %q", back, got)
		}
	}
}

// hostile is text that must stay text wherever it is shown.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</script><script>alert(1)</script>`,
	`&lt;b&gt;`, `<!--`, `{{.}}`, `{name}`, `javascript:alert(1)`, `]]>`, `</textarea>`, "`${alert(1)}`",
}

// elements counts the elements that a page has, scripts apart.
func elements(doc *goquery.Document) string {
	return fmt.Sprintf("%d scripts, %d images, %d textareas", doc.Find("script").Length(), doc.Find("img").Length(), doc.Find("textarea").Length())
}

func TestWhatAVisitorSendsIsShownAsText(t *testing.T) {
	for _, text := range hostile {
		r := site(t)
		v := r.visitor()
		v.get("/set_session?" + url.QueryEscape(text) + "=" + url.QueryEscape(text))
		clean := v.browse("/en/lessons/session?step=2").page()
		value := strings.ReplaceAll(text, ";", "%3B")
		cookies := "sessionid=" + v.held("sessionid") + "; <b>" + strings.ReplaceAll(value, "=", "") + "=" + value
		for _, address := range []string{"/zh/lessons/session?step=2", "/en/lab"} {
			doc := r.visitor().browse(address, "Cookie", cookies).page()
			if strings.HasSuffix(address, "step=2") {
				if got, want := elements(doc), elements(clean); got != want {
					t.Errorf("%q on %s: there are %s, want %s", text, address, got, want)
				}
			}
			found := false
			doc.Find("[data-cookie]").Each(func(_ int, c *goquery.Selection) {
				found = found || c.AttrOr("data-value", "") == value
			})
			if !found {
				t.Errorf("%q on %s: no cookie has this value", text, address)
			}
			entry := the(t, doc.Selection, "[data-entry]")
			var shown string
			if err := json.Unmarshal([]byte(entry.AttrOr("data-value", "")), &shown); err != nil || shown != text || entry.AttrOr("data-key", "") != text {
				t.Errorf("%q on %s: the entry is %q: %q", text, address, entry.AttrOr("data-key", ""), entry.AttrOr("data-value", ""))
			}
		}
		for _, asked := range []string{"/set_cookie?value=", "/get_cookie?name=", "/get_session?key=", "/del?key=", "/set_session?k="} {
			a := v.browse(asked+url.QueryEscape(text), "X-Note", text)
			doc := a.page()
			if doc.Find("script").Length() != 3 || doc.Find("img, textarea").Length() != 0 { // the page's two, and the record
				t.Errorf("the answer to %s%q has %s", asked, text, elements(doc))
			}
			var record map[string]any
			if err := json.Unmarshal([]byte(the(t, doc.Selection, "[data-record]").Text()), &record); err != nil {
				t.Errorf("the answer to %s%q: the record does not read: %v", asked, text, err)
			}
		}
	}
}

// What a page's script reports comes back as HTML: it must be text too.
func TestWhatAPageReportsIsShownAsText(t *testing.T) {
	v := site(t).visitor()
	for _, text := range hostile {
		report, err := json.Marshal(map[string]any{
			"url": v.base + "/en/lessons/cookie?step=2", "document_cookie": text + "=" + text, "finished": true, "guess": text,
			"store": []any{map[string]any{"name": text, "value": text, "path": text, "domain": text, "sameSite": text}},
			"ledger": []any{
				map[string]any{"id": text, "n": 0, "at": "2026-01-01T00:00:00Z", "url": v.base + "/set_cookie", "via": "http", "line": text + "=" + text + "; Path=/" + text},
				map[string]any{"id": "x", "n": 0, "at": "2026-01-01T00:00:00Z", "url": v.base + "/set_cookie", "via": "http", "line": "a=" + text + "; Path=/elsewhere"},
			},
			"exchanges": []any{map[string]any{
				"id": text, "at": "2026-01-01T00:00:00.000Z", "rows": []any{},
				"request":  map[string]any{"method": text, "url": v.base + "/get_cookie?" + text, "headers": [][2]string{{"Cookie", text}, {text, text}}, "body": text},
				"response": map[string]any{"status": 200, "headers": [][2]string{{"Set-Cookie", text}, {text, text}}, "body": text},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		a := v.ask(http.MethodPost, "/en/lessons/cookie?step=2", string(report), "Content-Type", "application/json")
		if a.status != http.StatusOK {
			t.Errorf("%q: the report is answered with %d", text, a.status)
			continue
		}
		doc := a.page()
		if n := doc.Find(`script:not([type="application/json"]), img, textarea`).Length(); n != 0 {
			t.Errorf("%q: the drawing has %s", text, elements(doc))
		}
		doc.Find("*").Each(func(_ int, e *goquery.Selection) {
			for _, attribute := range e.Nodes[0].Attr {
				if strings.HasPrefix(attribute.Key, "on") || attribute.Key == "style" || strings.HasPrefix(attribute.Val, "javascript:") && attribute.Key == "href" {
					t.Errorf("%q: an element has %s=%q", text, attribute.Key, attribute.Val)
				}
			}
		})
	}
}

func TestAReportIsBounded(t *testing.T) {
	v := site(t).visitor()
	lines := func(n int) string { return `{"ledger":[` + strings.TrimSuffix(strings.Repeat(`{},`, n), ",") + `]}` }
	for name, c := range map[string]struct {
		body string
		kind string
		want int
	}{
		"nothing known":       {`{}`, "application/json", 200},
		"with a charset":      {`{}`, "application/json; charset=utf-8", 200},
		"not JSON":            {`{`, "application/json", 400},
		"a list":              {`[]`, "application/json", 400},
		"no content type":     {`{}`, "", 415},
		"as text":             {`{}`, "text/plain", 415},
		"too many lines":      {lines(10000), "application/json", 413},
		"too large":           {`{"guess":"` + strings.Repeat("x", 1<<20) + `"}`, "application/json", 413},
		"of a step not there": {`{}`, "application/json", 404},
	} {
		address := "/en/lessons/cookie?step=2"
		if c.want == 404 {
			address = "/en/lessons/cookie?step=200"
		}
		a := v.ask(http.MethodPost, address, c.body, "Content-Type", c.kind)
		if a.status != c.want {
			t.Errorf("%s: %d %.100q, want %d", name, a.status, a.body, c.want)
		}
	}
}

func TestThePageIsReadableForPrograms(t *testing.T) {
	r := site(t)
	v := r.visitor()
	v.get("/set_session")
	for _, lesson := range r.lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar != nil {
				continue // asked of the page that explains a line
			}
			address := stepAddress("en", step)
			doc := v.browse(address).page()
			first := step.Number == 1 && lesson == r.lessons.Lessons[0]
			last := step.Number == len(lesson.Steps) && lesson == r.lessons.Lessons[len(r.lessons.Lessons)-1]
			if got := doc.Find(`a[data-nav="next"]`).Length() == 1; got == last {
				t.Errorf("%s: next is there: %v", address, got)
			}
			if got := doc.Find(`a[data-nav="prev"]`).Length() == 1; got == first {
				t.Errorf("%s: prev is there: %v", address, got)
			}
			if got := doc.Find("[data-actions] [data-action]").Length(); got != len(step.Do) {
				t.Errorf("%s has %d buttons, want one for each of %d actions", address, got, len(step.Do))
			}
			if doc.Find(`[data-actions] [data-action][disabled], [data-guess] [required]`).Length() != 0 {
				t.Errorf("%s: a prediction blocks a button", address)
			}
			readablePanels(t, address, doc)
		}
	}
	for _, lang := range []string{"zh", "en"} {
		lab := v.browse("/" + lang + "/lab").page()
		readablePanels(t, "/"+lang+"/lab", lab)
		for _, route := range routes {
			button := the(t, lab.Selection, `[data-action="`+route+`"]`)
			if button.Closest("details, [hidden], dialog, noscript").Length() != 0 {
				t.Errorf("in the lab %s is hidden until something is opened", route)
			}
		}
	}
	for _, page := range pageOfEachKind("en") {
		v.browse(page).page().Find("a[href]").Each(func(_ int, link *goquery.Selection) {
			href := link.AttrOr("href", "")
			if !strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "#") || strings.HasPrefix(href, "//") {
				if link.Closest("[data-unknown-key], [data-twin]").Length() == 0 { // which lead to another host's jar on purpose
					t.Errorf("%s links to %s, which is not root-relative", page, href)
				}
			}
			if at := strings.TrimPrefix(strings.SplitN(href, "?", 2)[0], "/"); slices.Contains(routes, at) {
				t.Errorf("%s links to %s: the routes are reached by buttons", page, href)
			}
		})
	}
}

func readablePanels(t *testing.T, address string, doc *goquery.Document) {
	t.Helper()
	panels := the(t, doc.Selection, "[data-panels]")
	if got := panels.AttrOr("aria-busy", ""); got != "false" {
		t.Errorf("%s: aria-busy is %q, want false", address, got)
	}
	cookie := the(t, panels, `[data-panel="browser"] [data-cookie]`)
	for _, name := range []string{"name", "value", "domain", "host-only", "path", "expires", "secure", "http-only", "same-site", "partitioned"} {
		if _, there := cookie.Attr("data-" + name); !there {
			t.Errorf("%s: the cookie has no data-%s", address, name)
		}
	}
	wire := the(t, panels, `[data-panel="wire"]`)
	the(t, wire, `[data-message="request"]`)
	the(t, wire, `[data-message="response"]`)
	row := the(t, panels, `[data-panel="server"] [data-row][data-key][data-expires]`)
	if got := row.Find("[data-entry][data-key][data-value]").Length(); got != 2 {
		t.Errorf("%s: the row has %d entries, want 2", address, got)
	}
}

func TestNobodySeesAnotherVisitorsRow(t *testing.T) {
	r := site(t)
	victim, thief := r.visitor(), r.visitor()
	victim.get("/set_session?secret=bubbletea")
	thief.get("/set_session?username=li")
	key := victim.held("sessionid")
	tries := map[string]string{
		"no key": "", "own key": "sessionid=" + thief.held("sessionid"), "a part of the key": "sessionid=" + key[:31], "capitals": "sessionid=" + strings.ToUpper(key),
		"with a blank": `sessionid=" ` + key + `"`, "a pattern": "sessionid=%; sessionid=*", "the key under another name": "Sessionid=" + key,
		"the key first": "sessionid=" + key + "; sessionid=" + thief.held("sessionid"),
	}
	for how, cookie := range tries {
		for _, address := range append(pageOfEachKind("zh"), "/api/live", "/get_session?key=username", "/get_cookie?safe=1", "/nothing") {
			for _, headers := range [][]string{{"X-Observe", "1"}, navigates} {
				a := r.visitor().get(address, append([]string{"Cookie", cookie}, headers...)...)
				if strings.Contains(a.body, "bubbletea") {
					t.Errorf("%s with %s shows another visitor's row", address, how)
				}
				if strings.Contains(a.body, key) && !strings.Contains(cookie, key) {
					t.Errorf("%s with %s shows another visitor's key", address, how)
				}
			}
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

// A machine's clock that was an hour ahead is put right: who has a session keeps it.
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

// silent is a store that does not answer.
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

var imported = regexp.MustCompile(`(?m)^\s*(?:import|export)\b[^"';]*["'](\.{1,2}/[^"']+)["']|\bimport\(["']([^"']+)["']\)`)

// load is what a browser fetches for a page: the page, its style sheets, scripts
// and what these import, pictures and the icon.
func (v *visitor) load(page string) map[string]int {
	v.t.Helper()
	sizes := map[string]int{}
	var fetch func(address string)
	fetch = func(address string) {
		if _, had := sizes[address]; had {
			return
		}
		a := v.browse(address, "Accept-Encoding", "gzip")
		if a.status != http.StatusOK {
			v.t.Errorf("%s needs %s, which is %d", page, address, a.status)
		}
		sizes[address] = len(a.body)
		text := a.body
		if a.header.Get("Content-Encoding") == "gzip" {
			text = unzipped(v.t, a.body)
		} else if !strings.HasSuffix(address, ".ico") {
			v.t.Errorf("%s of %d octets is not compressed", address, len(a.body))
		}
		if path.Ext(address) == ".js" {
			for _, m := range imported.FindAllStringSubmatch(text, -1) {
				at, err := url.Parse(m[1] + m[2])
				if err != nil {
					v.t.Fatal(err)
				}
				base, err := url.Parse(address)
				if err != nil {
					v.t.Fatal(err)
				}
				fetch(base.ResolveReference(at).Path)
			}
		}
	}
	fetch(page)
	doc := v.browse(page).page()
	doc.Find("link[href], script[src], img[src], iframe[src], source[src], object[data]").Each(func(_ int, e *goquery.Selection) {
		fetch(e.AttrOr("href", "") + e.AttrOr("src", "") + e.AttrOr("data", ""))
	})
	return sizes
}

func unzipped(t *testing.T, packed string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return plain.String()
}

func TestAPageIsLight(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lang := range []string{"zh", "en"} {
		for _, address := range r.everyPage(lang) {
			if lang == "en" && strings.Contains(address, "/lessons/") && !slices.Contains(pageOfEachKind(lang), address) || path.Base(address) == "handout" {
				continue // of the lessons one language is enough, and a handout is for the printer
			}
			sizes := v.load(address)
			total := 0
			for _, size := range sizes {
				total += size
			}
			if len(sizes) > 8 {
				t.Errorf("%s takes %d requests, want 8 at most: %v", address, len(sizes), sizes)
			}
			if total > 80<<10 {
				t.Errorf("%s takes %d octets, want %d at most: %v", address, total, 80<<10, sizes)
			}
			if len(sizes) < 4 {
				t.Errorf("%s takes %v: a style sheet, scripts and an icon are missing", address, sizes)
			}
		}
	}
}

func TestStaticFilesAreServedForEver(t *testing.T) {
	v := site(t).visitor()
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".ico": "image/x-icon"}
	for address := range v.load("/en/lessons/session?step=2") {
		want, static := kinds[path.Ext(address)]
		if !static {
			continue
		}
		a := v.get(address)
		if got := a.header.Get("Content-Type"); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
		if got := a.header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s has X-Content-Type-Options %q", address, got)
		}
		if got := a.header.Get("Content-Length"); got != strconv.Itoa(len(a.body)) {
			t.Errorf("%s has Content-Length %s, but %d octets", address, got, len(a.body))
		}
		if strings.HasPrefix(address, "/static/") {
			old := "/static/000000000000/" + strings.SplitN(strings.TrimPrefix(address, "/static/"), "/", 2)[1]
			if got := v.get(old); got.status != http.StatusNotFound {
				t.Errorf("%s, of another build, is %d, want 404", old, got.status)
			}
		}
	}
	for _, address := range []string{"/static/", "/static/../main.go", "/static/%2e%2e/main.go", "/static/x/js/", "/robots.txt", "/.git/config"} {
		if a := v.get(address); a.status != http.StatusNotFound {
			t.Errorf("GET %s is %d, want 404", address, a.status)
		}
	}
}

// logLines hands on each line of a log.
type logLines chan string

func (l logLines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// Who reports a page that went wrong can say which line of the log is its own.
func TestAPageHasTheIDOfItsLineInTheLog(t *testing.T) {
	lines := make(logLines, 10)
	r := site(t, func(d *handlers.Deps) { d.Log = slog.New(slog.NewTextHandler(lines, nil)) })
	for _, path := range []string{"/en/", "/zh/nothing", "/api/live", "/healthz"} {
		id := r.visitor().browse(path).header.Get("X-Request-Id")
		line := <-lines // it is written after the answer
		if id == "" || !strings.Contains(line, "id="+id+" method=GET path="+path+" ") {
			t.Errorf("%s has the id %q; its line is %s", path, id, line)
		}
	}
	if a := r.visitor().live("/set_session"); strings.Contains(strings.ToLower(a.body), "x-request-id") || a.header.Get("X-Request-Id") != "" {
		t.Errorf("a demo route shows an id: %v %s", a.header, a.body)
	}
}
