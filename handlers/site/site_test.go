package site

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/demo"
	"cookielab/internal/session"

	echosession "github.com/labstack/echo-contrib/session"
	"github.com/labstack/echo/v4"
)

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
	e.GET("/", s.serve(new(demo.Route), func(c *visit) error {
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
