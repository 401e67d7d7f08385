package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"cookielab/internal/demo"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/google/go-cmp/cmp"
	echosession "github.com/labstack/echo-contrib/session"
	"github.com/labstack/echo/v4"
)

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	twoWeeks = "; expires=Thu, 15 Jan 2026 00:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"
	deleted  = `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`
)

// A rig is the site on a real TCP connection, with a table in memory.
type rig struct {
	*testing.T
	backend table
	now     time.Time
	url     string
}

// table is a backend that can list all its rows.
type table interface {
	session.Backend
	session.Lister
}

func newRig(t *testing.T, backend table, change ...func(*Site)) *rig {
	t.Helper()
	r := &rig{T: t, backend: backend, now: newYear}
	s := New(backend, func() time.Time { return r.now }, rand.NewChaCha8([32]byte{}))
	for _, f := range change {
		f(s)
	}
	e := echo.New()
	s.Register(e)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// A call is one request; zero values of fields mean the usual ones.
type call struct {
	method string
	target string
	header http.Header
	body   string
	form   string // body, sent with the Content-Type of a form
	host   string
}

type reply struct {
	status  int
	header  http.Header
	body    string
	cookies []string
}

func (r *rig) ask(c call) reply {
	r.Helper()
	if c.form != "" {
		c.body = c.form
	}
	if c.method == "" {
		c.method = "GET"
		if c.body != "" {
			c.method = "POST"
		}
	}
	request, err := http.NewRequest(c.method, r.url+c.target, strings.NewReader(c.body))
	if err != nil {
		r.Fatal(err)
	}
	for name, values := range c.header {
		request.Header[name] = values
	}
	if c.form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Host = c.host
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		r.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body), response.Header["Set-Cookie"]}
}

func (r *rig) get(target string, cookies ...string) reply {
	r.Helper()
	return r.ask(call{target: target, header: withCookies(cookies...)})
}

func withCookies(cookies ...string) http.Header {
	h := http.Header{}
	if len(cookies) > 0 {
		h["Cookie"] = cookies
	}
	return h
}

// login creates a session and returns its Cookie header.
func (r *rig) login() string {
	r.Helper()
	return cookieOf(r.get("/set_session").cookies[0])
}

func cookieOf(line string) string {
	pair, _, _ := strings.Cut(line, ";")
	return pair
}

// table returns all rows as one text.
func (r *rig) table() string {
	r.Helper()
	rows, err := r.backend.Rows(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		r.Fatal(err)
	}
	return string(text)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func isChinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func routeNames() []string {
	var names []string
	for _, r := range demo.Routes {
		names = append(names, r.Name)
	}
	return names
}

// needed returns the query that a route needs to succeed.
func needed(route string) string {
	if route == "set_expiry" {
		return "value=300"
	}
	return "safe=1" // for get_cookie; set_session stores it, the others ignore it
}

func TestThereAreTenRoutes(t *testing.T) {
	want := []string{"set_cookie", "get_cookie", "delete_cookie", "set_session", "get_session", "del", "clear", "flush", "set_expiry", "cycle_key"}
	same(t, "routes", routeNames(), want)
}

func TestEachRouteIsServedByTheFunctionOfItsRow(t *testing.T) {
	for _, r := range demo.Routes {
		view := viewOf(r)
		if view == nil {
			t.Errorf("%s is served by %s, which is not there", r.Name, r.Func)
			continue
		}
		runs := runtime.FuncForPC(reflect.ValueOf(view).Pointer()).Name()
		if want := "cookielab/handlers/site." + r.Func; runs != want {
			t.Errorf("%s runs %s, want %s", r.Name, runs, want)
		}
		if text, found := Source(r.Func); !found || !strings.HasPrefix(text, "func "+r.Func+"(") {
			t.Errorf("the code of %s to show is %q", r.Func, text)
		}
	}
	if served, rows := len(cookieViews)+len(sessionViews), len(demo.Routes); served != rows {
		t.Errorf("there are %d functions for %d routes", served, rows)
	}
}

func TestAnswersAreInBothLanguages(t *testing.T) {
	tests := []struct{ target, zh, en string }{
		{"/set_cookie", "设置cookie信息", "Cookie set"},
		{"/get_cookie", "1", "1"},
		{"/get_cookie?name=other&safe=1", "None", "None"},
		{"/delete_cookie", "删除cookie信息", "Cookie deleted"},
		{"/set_session", "设置session信息", "Session set"},
		{"/get_session", "得到session的值fan18", "Session values: fan18"},
		{"/get_session?key=age", "18", "18"},
		{"/del", "删除session中的age", "Deleted age from the session"},
		{"/del?key=username", "删除session中的username", "Deleted username from the session"},
		{"/clear", "清空session数据", "Session data cleared"},
		{"/flush", "清除整个session", "Session flushed"},
		{"/set_expiry?value=300", "设置过期时间", "Expiry set"},
		{"/set_expiry?value=None", "设置过期时间", "Expiry set"},
		{"/cycle_key", "更换sessionid", "Session key changed"},
	}
	for _, test := range tests {
		for header, want := range map[string]string{
			"":                       test.en,
			"zh":                     test.zh,
			"zh-CN,zh;q=0.9,en;q=.8": test.zh,
			"zh-TW":                  test.zh,
			"zh-Hant-HK, en;q=0.5":   test.zh,
			"fr, zh;q=0.5, en;q=0.2": test.zh,
			"en-GB, zh":              test.en,
			"en;q=0.1, zh;q=0.9":     test.zh,
			"zh;q=0, en":             test.en,
			"fr":                     test.en,
			"*":                      test.en,
			"no language at all; q":  test.en,
		} {
			r := newRig(t, session.NewMemory())
			got := r.ask(call{target: test.target, header: http.Header{"Cookie": {"num=1; " + r.login()}, "Accept-Language": {header}}})
			if got.status != 200 || got.body != want {
				t.Errorf("%s with Accept-Language %q: %d %q, want 200 %q", test.target, header, got.status, got.body, want)
			}
			if kind := got.header.Get("Content-Type"); kind != "text/plain; charset=utf-8" {
				t.Errorf("%s: Content-Type = %q", test.target, kind)
			}
		}
	}
}

func TestLangCountsAboveAcceptLanguage(t *testing.T) {
	r := newRig(t, session.NewMemory())
	chinese := http.Header{"Accept-Language": {"zh"}}
	english := http.Header{"Accept-Language": {"en"}}
	for name, test := range map[string]struct {
		call call
		zh   bool
	}{
		"query":             {call{target: "/clear?_lang=zh", header: english}, true},
		"query, english":    {call{target: "/clear?_lang=en", header: chinese}, false},
		"body":              {call{target: "/clear", form: "_lang=zh", header: english}, true},
		"body above query":  {call{target: "/clear?_lang=zh", form: "_lang=en", header: chinese}, false},
		"last of two":       {call{target: "/clear?_lang=zh&_lang=en", header: chinese}, false},
		"unknown":           {call{target: "/clear?_lang=fr", header: chinese}, true},
		"empty":             {call{target: "/clear?_lang=", header: chinese}, true},
		"beside bad input":  {call{target: "/clear?x=%zz&_lang=zh", header: english}, true},
		"beside bad method": {call{method: "PUT", target: "/clear?_lang=zh", header: english}, true},
		"beside a prefetch": {call{target: "/clear?_lang=zh", header: http.Header{"Purpose": {"prefetch"}}}, true},
		"bad body":          {call{target: "/clear?_lang=zh", body: "{}", header: http.Header{"Content-Type": {"application/json"}}}, true},
	} {
		if got := r.ask(test.call); isChinese(got.body) != test.zh {
			t.Errorf("%s: %q, want Chinese: %t", name, got.body, test.zh)
		}
	}
}

func TestKeyErrorIsTheSameInBothLanguages(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for target, want := range map[string]string{
		"/get_cookie":                 "KeyError: 'num'",
		"/get_cookie?name=a'b":        `KeyError: "a'b"`,
		"/get_session":                "KeyError: 'username'",
		"/get_session?key=a%0Ab":      `KeyError: 'a\nb'`,
		"/get_session?key=%E5%90%8D":  "KeyError: '名'",
		"/del":                        "KeyError: 'age'",
		"/del?key=%27%22":             `KeyError: '\'"'`,
		"/get_session?key=%5c":        `KeyError: '\\'`,
		"/get_cookie?safe=0&name=NUM": "KeyError: 'NUM'",
	} {
		for _, lang := range []string{"zh", "en"} {
			got := r.ask(call{target: target, header: http.Header{"Accept-Language": {lang}}})
			if got.status != 500 || got.body != want {
				t.Errorf("%s in %s: %d %q, want 500 %q", target, lang, got.status, got.body, want)
			}
		}
	}
}

func TestKeyErrorSavesNothing(t *testing.T) {
	r := newRig(t, session.NewMemory())
	cookie := r.login()
	before := r.table()
	r.now = newYear.Add(24 * time.Hour)
	for _, target := range []string{"/del?key=nothing", "/get_session?key=nothing", "/get_cookie?name=nothing"} {
		got := r.get(target, cookie)
		if got.status != 500 || len(got.cookies) != 0 {
			t.Errorf("%s: %d with %q, want 500 without Set-Cookie", target, got.status, got.cookies)
		}
	}
	same(t, "rows", r.table(), before)
}

func TestAViewThatFailsAfterAWriteSavesNothing(t *testing.T) {
	backend := session.NewMemory()
	s := New(backend, func() time.Time { return newYear }, rand.NewChaCha8([32]byte{}))
	e := echo.New()
	e.GET("/", s.serve(demo.Route{}, func(c *visit) error {
		c.send(setCookieLine{Name: "seen", Value: "1"})
		if err := c.session.Set("a", 1); err != nil {
			return err
		}
		_, err := c.stored("b")
		return err
	}), echosession.Middleware(s.store))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	same(t, "status", w.Code, 500)
	same(t, "the view's own cookie", w.Header()["Set-Cookie"], []string{"seen=1"})
	if n, err := backend.Count(context.Background()); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestHeadDoesWhatGetDoes(t *testing.T) {
	for _, route := range routeNames() {
		target := "/" + route + "?" + needed(route)
		a, b := newRig(t, session.NewMemory()), newRig(t, session.NewMemory())
		get := a.get(target, "num=1", a.login())
		head := b.ask(call{method: "HEAD", target: target, header: withCookies("num=1", b.login())})
		if head.body != "" {
			t.Errorf("HEAD %s has the body %q", target, head.body)
		}
		if head.status != get.status {
			t.Errorf("HEAD %s: %d, GET: %d", target, head.status, get.status)
		}
		for _, h := range []http.Header{get.header, head.header} {
			h.Del("Date")
		}
		same(t, "headers of HEAD "+target, head.header, get.header)
		same(t, "rows after HEAD "+target, b.table(), a.table())
	}
}

func TestHeadMakesASession(t *testing.T) {
	r := newRig(t, session.NewMemory())
	if got := r.ask(call{method: "HEAD", target: "/set_session"}); len(got.cookies) != 1 {
		t.Fatalf("HEAD /set_session sends %q", got.cookies)
	}
	if rows := r.table(); !strings.Contains(rows, `"fan"`) {
		t.Errorf("after HEAD /set_session the table is %s", rows)
	}
}

func TestOtherMethodsAreNotAllowed(t *testing.T) {
	for _, route := range routeNames() {
		for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "get"} {
			r := newRig(t, session.NewMemory())
			cookie := r.login()
			before := r.table()
			got := r.ask(call{method: method, target: "/" + route + "?" + needed(route), header: withCookies(cookie)})
			if got.status != 405 || got.header.Get("Allow") != "GET, HEAD, POST" || len(got.cookies) != 0 {
				t.Errorf("%s /%s: %d, Allow %q, Set-Cookie %q", method, route, got.status, got.header.Get("Allow"), got.cookies)
			}
			isOneLine(t, method+" /"+route, got)
			same(t, "rows after "+method, r.table(), before)
		}
	}
}

// isOneLine checks what all error messages have in common.
func isOneLine(t *testing.T, what string, got reply) {
	t.Helper()
	if got.body == "" || strings.ContainsAny(got.body, "\r\n") || strings.Contains(got.body, "site.") || strings.Contains(got.body, "{") {
		t.Errorf("%s: the body %q is not one line of text", what, got.body)
	}
	if cache := got.header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("%s: Cache-Control = %q", what, cache)
	}
	if kind := got.header.Get("Content-Type"); kind != "text/plain; charset=utf-8" {
		t.Errorf("%s: Content-Type = %q", what, kind)
	}
}

func TestElsewhereIsNotFound(t *testing.T) {
	handler := Handler(session.NewMemory(), func() time.Time { return newYear }, rand.NewChaCha8([32]byte{}))
	for _, target := range []string{"/", "/favicon.ico", "/set_cookie/", "/set_cookie/x", "/SET_COOKIE", "/set%5Fcookie", "//set_cookie", "/zh/"} {
		for _, method := range []string{"GET", "POST", "OPTIONS", "HEAD"} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(method, target+"?_lang=zh", nil))
			if w.Code != 404 || w.Header()["Set-Cookie"] != nil {
				t.Errorf("%s %s: %d %v, want 404", method, target, w.Code, w.Header())
			}
			if method == "HEAD" {
				same(t, "body of HEAD", w.Body.String(), "")
				continue
			}
			isOneLine(t, target, reply{body: w.Body.String(), header: w.Header()})
			if !isChinese(w.Body.String()) {
				t.Errorf("%s: %q is not Chinese", target, w.Body)
			}
		}
	}
}

func TestARouteBesideTheSiteTakesNoMethodFromIt(t *testing.T) {
	alone := Handler(session.NewMemory(), func() time.Time { return newYear }, rand.NewChaCha8([32]byte{}))
	shared := echo.New()
	New(session.NewMemory(), func() time.Time { return newYear }, rand.NewChaCha8([32]byte{})).Register(shared)
	shared.RouteNotFound("/*", func(c echo.Context) error { return c.NoContent(404) })
	for name, handler := range map[string]http.Handler{"alone": alone, "shared": shared} {
		for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 200, "PUT": 405, "OPTIONS": 405, "BREW": 405} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(method, "/set_cookie", nil))
			if w.Code != want {
				t.Errorf("%s, %s /set_cookie: %d, want %d", name, method, w.Code, want)
			}
		}
	}
}

func TestEveryAnswerIsNotToBeStored(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for _, target := range []string{"/set_cookie", "/get_cookie", "/get_session", "/set_expiry", "/flush", "/set_session"} {
		if got := r.get(target).header["Cache-Control"]; !slices.Equal(got, []string{"no-store"}) {
			t.Errorf("%s: Cache-Control = %q", target, got)
		}
	}
}

func TestVaryWheneverTheSessionWasTouched(t *testing.T) {
	touching := []string{"set_session", "get_session", "del", "clear", "flush", "set_expiry", "cycle_key"}
	for _, route := range routeNames() {
		for state, cookie := range map[string]string{"no cookie": "", "a session": "live", "an unknown key": "sessionid=0123456789abcdefghijklmnopqrstuv"} {
			r := newRig(t, session.NewMemory())
			if cookie == "live" {
				cookie = r.login()
			}
			var want []string
			if slices.Contains(touching, route) {
				want = []string{"Cookie"}
			}
			got := r.ask(call{target: "/" + route + "?" + needed(route), header: http.Header{"Cookie": {cookie}, "Accept": {"text/html"}}})
			same(t, "Vary of "+route+" with "+state, got.header["Vary"], want)
		}
	}
}

func TestAKeyThatIsTooShortIsDeletedByEveryRoute(t *testing.T) {
	for _, route := range routeNames() {
		for _, key := range []string{"", "a", "abcdefg"} {
			r := newRig(t, session.NewMemory())
			got := r.get("/"+route+"?"+needed(route), "sessionid="+key)
			line := got.cookies[len(got.cookies)-1]
			makesOne := route == "set_session" || route == "set_expiry" || route == "cycle_key"
			if makesOne != (line != deleted) || !strings.HasPrefix(line, "sessionid=") {
				t.Errorf("/%s with the key %q ends with %q", route, key, line)
			}
			same(t, "Vary of "+route, got.header["Vary"], []string{"Cookie"})
		}
	}
}

func TestTheViewsCookieComesBeforeTheSessions(t *testing.T) {
	r := newRig(t, session.NewMemory())
	same(t, "set", r.get("/set_cookie", "sessionid=short").cookies, []string{"num=1; Path=/", deleted})
	same(t, "delete", r.get("/delete_cookie", "sessionid=short").cookies,
		[]string{`num=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`, deleted})
}

func TestCrossSiteRequestsAreAnswered(t *testing.T) {
	r := newRig(t, session.NewMemory())
	got := r.ask(call{target: "/set_session", form: "username=mallory", header: http.Header{
		"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}, "Referer": {"https://evil.example/"}}})
	if got.status != 200 || len(got.cookies) != 1 {
		t.Errorf("a form from elsewhere: %d %q", got.status, got.cookies)
	}
	for name := range got.header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("the answer has %s", name)
		}
	}
}

func TestAPrefetchChangesNothing(t *testing.T) {
	for _, route := range routeNames() {
		for _, header := range []http.Header{
			{"Sec-Purpose": {"prefetch"}},
			{"Sec-Purpose": {"prefetch;prerender"}},
			{"Sec-Purpose": {"Prefetch;anonymous-client-ip"}},
			{"Purpose": {"prefetch"}},
			{"X-Moz": {"prefetch"}},
		} {
			r := newRig(t, session.NewMemory())
			header.Set("Cookie", r.login()+"; num=1")
			before := r.table()
			for _, method := range []string{"GET", "HEAD", "POST"} {
				got := r.ask(call{method: method, target: "/" + route + "?" + needed(route), header: header})
				if got.status != 503 || len(got.cookies) != 0 {
					t.Errorf("%s /%s with %v: %d %q, want 503", method, route, header, got.status, got.cookies)
				}
				if method != "HEAD" {
					isOneLine(t, route, got)
				}
			}
			same(t, "rows", r.table(), before)
		}
	}
}

func TestAnyOtherPurposeIsNoPrefetch(t *testing.T) {
	r := newRig(t, session.NewMemory())
	if got := r.ask(call{target: "/set_cookie", header: http.Header{"Purpose": {"navigate"}, "X-Moz": {""}}}); got.status != 200 {
		t.Errorf("status = %d", got.status)
	}
}

func TestTheClockIsReadOnce(t *testing.T) {
	for _, route := range routeNames() {
		readings := 0
		handler := Handler(session.NewMemory(), func() time.Time { readings++; return newYear }, rand.NewChaCha8([32]byte{}))
		request := httptest.NewRequest("GET", "/"+route+"?max_age=5&value=5", nil)
		request.Header.Set("X-Observe", "1")
		handler.ServeHTTP(httptest.NewRecorder(), request)
		if readings != 1 {
			t.Errorf("/%s reads the clock %d times", route, readings)
		}
	}
}

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

func TestErrorsAreNeverAnotherStatus(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"wrapped key error": {fmt.Errorf("view: %w", session.KeyError{Key: "a"}), 500},
		"unknown":           {errors.New("boom"), 503},
		"unavailable":       {session.ErrUnavailable, 503},
		"interrupted":       {fmt.Errorf("save: %w", session.ErrInterrupted), 400},
		"too large":         {session.ErrTooLarge, 400},
		"full":              {session.ErrFull, 429},
		"cancelled":         {context.Canceled, 503},
	} {
		v := &visit{Context: echo.New().NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder())}
		if got, words := v.result(test.err); got != test.want || words == "" {
			t.Errorf("%s: %d %q, want %d", name, got, words, test.want)
		}
	}
}

func TestObservingIsTheSameRequest(t *testing.T) {
	for _, target := range []string{
		"/set_cookie?max_age=60", "/get_cookie", "/get_cookie?name=x", "/delete_cookie", "/set_session?a=1", "/get_session",
		"/get_session?key=x", "/del", "/del?key=x", "/clear", "/flush", "/set_expiry?value=0", "/set_expiry?value=None", "/set_expiry", "/cycle_key",
		"/set_cookie?name=", "/set_cookie?x=%z",
	} {
		for _, cookie := range []string{"", "live", "sessionid=short", "sessionid=0123456789abcdefghijklmnopqrstuv"} {
			var chance io.Reader
			a, b := newRig(t, session.NewMemory(), func(s *Site) { chance = s.store.Rand }), newRig(t, session.NewMemory())
			header := withCookies("num=1")
			if cookie == "live" {
				cookie = a.login()
				b.login()
			}
			if cookie != "" {
				header["Cookie"] = []string{"num=1; " + cookie}
			}
			if _, err := io.CopyN(io.Discard, chance, 12); err != nil { // the id of the observed exchange
				t.Fatal(err)
			}
			plain := a.ask(call{target: target, header: header})
			header["X-Observe"] = []string{"1"}
			observed := b.ask(call{target: target, header: header})

			if observed.status != plain.status || !slices.Equal(observed.cookies, plain.cookies) || !slices.Equal(observed.header["Vary"], plain.header["Vary"]) {
				t.Errorf("%s with %q: observed %d %q %q, plain %d %q %q", target, cookie, observed.status, observed.cookies, observed.header["Vary"],
					plain.status, plain.cookies, plain.header["Vary"])
			}
			if kind := observed.header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("%s: Content-Type = %q", target, kind)
			}
			same(t, "rows", b.table(), a.table())

			var got observation
			if err := json.Unmarshal([]byte(observed.body), &struct {
				Exchange *world.Exchange `json:"exchange"`
			}{&got.Exchange}); err != nil {
				t.Fatalf("%s: %v in %s", target, err, observed.body)
			}
			same(t, "body in the exchange", got.Exchange.Response.Body, plain.body)
			same(t, "status in the exchange", got.Exchange.Response.Status, plain.status)
			plain.header.Del("Date")
			plain.header.Del("Content-Length")
			shown := http.Header{}
			for _, line := range got.Exchange.Response.Headers {
				shown.Add(line[0], line[1])
			}
			same(t, "response headers in the exchange", shown, plain.header)
		}
	}
}

func TestTheExchangeShowsTheRequest(t *testing.T) {
	r := newRig(t, session.NewMemory())
	r.now = newYear.Add(1500 * time.Millisecond)
	got := r.ask(call{target: "/set_cookie?a=%E4&b", form: "value=中&x=1", host: "shop.example:8080",
		header: http.Header{"X-Observe": {"1"}, "Cookie": {"a=1"}, "Accept": {"text/html"}, "User-Agent": {"test"}, "Accept-Encoding": {"identity"}}})
	var body struct {
		Exchange struct {
			ID      string
			At      string
			Request json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	same(t, "at", body.Exchange.At, "2026-01-01T00:00:01.500Z")
	same(t, "request", string(body.Exchange.Request), `{"method":"POST","url":"http://shop.example:8080/set_cookie?a=%E4&b",`+
		`"headers":[["Host","shop.example:8080"],["Accept","text/html"],["Accept-Encoding","identity"],["Content-Length","13"],`+
		`["Content-Type","application/x-www-form-urlencoded"],["Cookie","a=1"],["User-Agent","test"],["X-Observe","1"]],"body":"value=中&x=1"}`)
	if body.Exchange.ID == "" {
		t.Error("the exchange has no id")
	}
	if again := r.ask(call{target: "/set_cookie", header: http.Header{"X-Observe": {"1"}}}); strings.Contains(again.body, `"id":"`+body.Exchange.ID+`"`) {
		t.Error("two exchanges have one id")
	} else if !strings.Contains(again.body, `"body":null},"response"`) {
		t.Errorf("a GET has a body in %s", again.body)
	}
}

func TestOnlyOneObserves(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for _, value := range []string{"", "0", "true", "11"} {
		if got := r.ask(call{target: "/set_cookie", header: http.Header{"X-Observe": {value}}}); got.body != "Cookie set" {
			t.Errorf("X-Observe: %s gives %q", value, got.body)
		}
	}
}

func TestObservedRowsAreTheCallersOwn(t *testing.T) {
	r := newRig(t, session.NewMemory())
	observe := func(target, cookie string) (row string, set string) {
		t.Helper()
		got := r.ask(call{target: target, header: http.Header{"X-Observe": {"1"}, "Cookie": {cookie}}})
		var body struct {
			Server struct{ Rows []json.RawMessage }
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Fatal(err)
		}
		if len(got.cookies) > 0 {
			set = cookieOf(got.cookies[len(got.cookies)-1])
		}
		if len(body.Server.Rows) == 0 {
			if !strings.Contains(got.body, `"rows":[]`) {
				t.Errorf("%s: no rows must be [] in %s", target, got.body)
			}
			return "", set
		}
		return string(body.Server.Rows[0]), set
	}
	row := func(cookie, data, expires string) string {
		_, key, _ := strings.Cut(cookie, "=")
		return fmt.Sprintf(`{"key":%q,"data":%s,"expires":%q}`, key, data, expires)
	}
	const inTwoWeeks = "2026-01-15T00:00:00Z"
	r.login() // another visitor's session

	got, mine := observe("/set_session", "")
	same(t, "a new session", got, row(mine, `{"username":"fan","age":18}`, inTwoWeeks))
	got, set := observe("/get_cookie?safe=1", mine)
	same(t, "a route that does not touch it", got, row(mine, `{"username":"fan","age":18}`, inTwoWeeks))
	same(t, "and sends", set, "")
	got, _ = observe("/set_cookie?name=", mine)
	same(t, "bad input", got, row(mine, `{"username":"fan","age":18}`, inTwoWeeks))
	got, _ = observe("/set_expiry?value=60", mine)
	same(t, "an expiry", got, row(mine, `{"username":"fan","age":18,"_session_expiry":60}`, "2026-01-01T00:01:00Z"))
	old := mine
	got, mine = observe("/cycle_key", mine)
	same(t, "a new key", got, row(mine, `{"username":"fan","age":18,"_session_expiry":60}`, "2026-01-01T00:01:00Z"))
	if mine == old {
		t.Error("the key is the old one")
	}
	got, _ = observe("/clear", mine)
	same(t, "clear", got, row(mine, `{}`, inTwoWeeks))
	before := r.table()
	r.now = newYear.Add(time.Hour)
	got, set = observe("/get_session?key=x", mine)
	same(t, "a read", got, row(mine, `{}`, inTwoWeeks))
	same(t, "and sends", set, "")
	same(t, "looking changes nothing", r.table(), before)
	r.now = newYear
	got, _ = observe("/set_expiry?value=-1", mine)
	same(t, "a row that is dead at once", got, row(mine, `{"_session_expiry":-1}`, "2025-12-31T23:59:59Z"))
	got, _ = observe("/get_session", mine)
	same(t, "a key that is no good any more", got, "")
	got, _ = observe("/flush", mine)
	same(t, "flush", got, "")
	got, _ = observe("/get_session", "sessionid=0123456789abcdefghijklmnopqrstuv")
	same(t, "an unknown key", got, "")
	got, _ = observe("/get_cookie?safe=1", "sessionid=0123456789abcdefghijklmnopqrstuv")
	same(t, "an unknown key that nobody looked at", got, "")
	got, _ = observe("/get_cookie", "")
	same(t, "no cookie", got, "")
}

// Replicas of one site share the visitors' ledgers, and may start at the same time.
func TestTwoProcessesNeverGiveTwoExchangesOneID(t *testing.T) {
	ids := map[string]bool{}
	for process := range byte(2) {
		r := newRig(t, session.NewMemory(), func(s *Site) { s.store.Rand = rand.NewChaCha8([32]byte{process}) })
		for range 20 {
			got := r.ask(call{target: "/set_cookie", header: http.Header{"X-Observe": {"1"}}})
			var body struct{ Exchange struct{ ID string } }
			if err := json.Unmarshal([]byte(got.body), &body); err != nil {
				t.Fatal(err)
			}
			if id := body.Exchange.ID; len(id) != 16 || ids[id] {
				t.Errorf("process %d gave the id %q, new and of 16 characters wanted", process, id)
			}
			ids[body.Exchange.ID] = true
		}
	}
}

func TestABrowserThatNavigatesGetsThePage(t *testing.T) {
	const navigation = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
	var seen struct {
		answer   Answer
		exchange world.Exchange
		back     string
	}
	r := newRig(t, session.NewMemory(), func(s *Site) {
		s.Page = func(c echo.Context, answer Answer, exchange world.Exchange, back string) error {
			seen.answer, seen.exchange, seen.back = answer, exchange, back
			return c.HTML(answer.Status, "<p>"+answer.Text)
		}
	})
	ask := func(target, form string) reply {
		return r.ask(call{target: target, form: form, header: http.Header{"Accept": {navigation}}})
	}

	got := ask("/set_session?_lang=zh", "username=li&_back=/zh/lessons/01?step=2")
	if got.status != 200 || got.body != "<p>设置session信息" || got.header.Get("Content-Type") != "text/html; charset=UTF-8" || len(got.cookies) != 1 {
		t.Errorf("the page is %d %q %v", got.status, got.body, got.header)
	}
	same(t, "Cache-Control", got.header.Get("Cache-Control"), "no-store")
	same(t, "Vary", got.header["Vary"], []string{"Cookie"})
	if len(seen.answer.Rows) != 1 || seen.answer.Rows[0].Data != `{"username":"li"}` {
		t.Errorf("rows on the page: %v", seen.answer.Rows)
	}
	seen.answer.Rows = nil
	same(t, "answer", seen.answer, Answer{Route: "set_session", Lang: "zh", Status: 200, Text: "设置session信息"})
	same(t, "back", seen.back, "/zh/lessons/01?step=2")
	same(t, "text in the exchange", seen.exchange.Response.Body, "设置session信息")
	same(t, "type in the exchange", seen.exchange.Response.Headers[1], [2]string{"Content-Type", "text/plain; charset=utf-8"})

	for status, target := range map[int]string{400: "/set_cookie?name=", 500: "/get_session"} {
		if got := ask(target, ""); got.status != status || seen.answer.Status != status || !strings.HasPrefix(got.body, "<p>") {
			t.Errorf("%s as a page: %d %q, want %d", target, got.status, got.body, status)
		}
	}
	for back, want := range map[string]string{
		"/en/lab": "/en/lab", "/zh/": "/zh/", "": "", "/": "", "/fr/": "", "/zh": "", "//evil.example/zh/": "", "https://evil.example/zh/": "", "zh/": "", "javascript:alert(1)//zh/": "", `\\evil.example/zh/`: "",
	} {
		ask("/clear?_back="+url.QueryEscape(back), "")
		same(t, "back to "+back, seen.back, want)
	}
	r.ask(call{method: "HEAD", target: "/clear", header: http.Header{"Accept": {navigation}}})
	same(t, "body in the exchange of a HEAD", seen.exchange.Response.Body, "")
	if got := r.ask(call{target: "/clear", header: http.Header{"Accept": {navigation}, "X-Observe": {"1"}}}); !strings.HasPrefix(got.body, "{") {
		t.Errorf("an observed navigation gets %q", got.body)
	}
	if got := r.ask(call{target: "/clear", header: http.Header{"Accept": {"*/*"}}}); got.body != "Session data cleared" {
		t.Errorf("a plain caller gets %q", got.body)
	}
}

func TestAcceptNamesHTMLAboveText(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                                 false,
		"*/*":                              false,
		"text/*":                           false,
		"text/plain":                       false,
		"text/html":                        true,
		"TEXT/HTML":                        true,
		"text/html, */*;q=0.8":             true,
		"text/html, */*":                   true,
		"text/html, text/plain":            false,
		"text/plain, text/html":            false,
		"text/html;q=0.5, text/plain":      false,
		"text/html, text/plain;q=0.9":      true,
		"text/html; level=1; q=0.4, */*":   false,
		"text/html;q=0":                    false,
		"text/html;q=0, text/plain;q=0":    false,
		"text/html;q=0.5, text/plain;q=0":  true,
		"application/json":                 false,
		"text/html;q=nonsense, text/plain": false,
	} {
		if got := PrefersHTML([]string{accept}); got != want {
			t.Errorf("Accept: %s prefers HTML: %t, want %t", accept, got, want)
		}
	}
	if !PrefersHTML([]string{"text/plain;q=0.5", "text/html"}) {
		t.Error("two Accept lines are one list")
	}
}
