package tests

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// A costly request causes as much work as the limits allow.
type costly struct{ path, cookies, body string }

// costliest are the requests that cost most, and of those that are refused the ones
// that are read whole before that.
func costliest() map[string]costly {
	_, play, _ := strings.Cut(longPlay(), "\r\n\r\n")
	report := func(body string) costly { return costly{"/en/lab", fullHeader(), body} }
	exchanges := func(response string) costly {
		one := `{"id":"e","at":"2026-01-01T00:00:00Z","request":{"method":"GET","url":"/","headers":[]},"response":{"status":200,` + response + `}}`
		return report(`{"exchanges":[` + strings.Repeat(one+",", 19) + one + `]}`)
	}
	ledger := func(rest string) costly {
		one := `{"id":"e","at":"2026-01-01T00:00:00Z","url":"http://localhost/","via":"http","line":"a=b` + rest + `"}`
		return report(`{"ledger":[` + strings.Repeat(one+",", 199) + one + `]}`)
	}
	return map[string]costly{
		"page with 30,000 pairs":        {"/en/lab", strings.Repeat("a;", 30_000), ""},
		"page with 180 cookies":         {"/zh/lessons/session?step=2", fullHeader(), ""},
		"play of 450 actions, 6 MiB":    {"/api/play", "", play},
		"play of eight browsers":        {"/en/play", "", eightBrowsers()},
		"play of 320 at once":           {"/en/play", "", atOnce()},
		"play of 320 at once, refused":  {"/api/play", "", atOnce()},
		"handout of eight browsers":     {"/en/handout", "", "moment=" + url.QueryEscape(eightBrowsers())},
		"HAR of 320 at once":            {"/en/har", "", "moment=" + url.QueryEscape(atOnce())},
		"jar of a 64 KiB question":      {"/api/jar", "", fullQuestion()},
		"line of 15,000 attributes":     {"/en/cookie", "", "repair=0&url=a.example.org&lines=" + url.QueryEscape("a=b"+strings.Repeat(";c", 15_000))},
		"report of 500,000 pairs":       report(`{"document_cookie":"` + strings.Repeat("a;", 500_000) + `"}`),
		"report of a full browser":      report(fullReport()),
		"report of 1 MiB of semicolons": exchanges(`"headers":[["Set-Cookie","a=b` + strings.Repeat(";", 50_000) + `"]]`),
		"report of 100,000 headers":     exchanges(`"headers":[` + strings.Repeat(`["",""],`, 5_000) + `["",""]]`),
		"report of 5,000 headers":       exchanges(`"headers":[` + strings.Repeat(`["",""],`, 250) + `["",""]]`),
		"report of 100,000 entries":     exchanges(`"headers":[]},"rows":[{"key":"k","data":{"a":1` + strings.Repeat(`,"a":1`, 5_000) + `}}],"x":{`),
		"report of 12,000 entries":      exchanges(`"headers":[]},"rows":[{"key":"k","data":{"a":1` + strings.Repeat(`,"a":1`, 600) + `}}],"x":{`),
		"report of 300,000 cookies":     report(`{"store":[{}` + strings.Repeat(",{}", 300_000) + `]}`),
		"report of 300,000 exchanges":   report(`{"exchanges":[{}` + strings.Repeat(",{}", 300_000) + `]}`),
		"report of 1 MiB of attributes": exchanges(`"headers":[["Set-Cookie","a=b` + strings.Repeat(";c", 25_000) + `"]]`),
		"report of long ledger lines":   ledger(strings.Repeat(";", 5_000)),
		"report of many attributes":     ledger(strings.Repeat(";c", 2_500)),
		"report of long values":         ledger(strings.Repeat("x", 5_000)),
	}
}

// appOf is the site on an empty store.
func appOf(t testing.TB) http.Handler {
	t.Helper()
	fixed, err := parts()
	if err != nil {
		t.Fatal(err)
	}
	app, err := handlers.New(handlers.Deps{
		Backend: session.NewMemory(), Now: time.Now, Rand: rand.NewChaCha8([32]byte{}),
		Lessons: fixed.Lessons, Pages: fixed.Pages, Static: fixed.Static,
	})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// contentType is that of the body: JSON, or a form.
func (c costly) contentType() string {
	if c.body != "" && c.body[0] != '{' {
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

func (c costly) ask(app http.Handler) *httptest.ResponseRecorder {
	method := http.MethodGet
	if c.body != "" {
		method = http.MethodPost
	}
	r := httptest.NewRequest(method, c.path, strings.NewReader(c.body))
	r.Host = "localhost"
	r.Header.Set("Content-Type", c.contentType())
	if c.cookies != "" {
		r.Header.Set("Cookie", c.cookies)
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

// The cost of a request is measured by the elements in its page: no page has more than for
// a browser with as many cookies as browsers keep, and larger reports are refused.
func TestNoRequestBuysAPageWithoutEnd(t *testing.T) {
	app := appOf(t)
	for name, request := range costliest() {
		w := request.ask(app)
		want := http.StatusOK
		if strings.Contains(name, "00,000 headers") || strings.Contains(name, "00,000 entries") || strings.Contains(name, "300,000") {
			want = http.StatusRequestEntityTooLarge
		}
		if strings.HasSuffix(name, "refused") {
			want = http.StatusRequestEntityTooLarge
		}
		if w.Code != want {
			t.Errorf("%s is %d %.200s; want %d", name, w.Code, w.Body, want)
		}
		if n := strings.Count(w.Body.String(), "<"); n > 50_000 && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s buys %d tags", name, n)
		}
		if n := w.Body.Len(); n > world.MaxOutput {
			t.Errorf("%s buys %d octets", name, n)
		}
	}
}

// eightBrowsers is a script of 8 KB in which each of eight browsers has more and more
// cookies.
func eightBrowsers() string {
	var actions []string
	for i := range 130 {
		actions = append(actions, fmt.Sprintf(`{"do":"visit","browser":"%c","url":"/set_cookie?name=c%d"}`, 'A'+i%8, i/8))
	}
	return `{"actions":[` + strings.Join(actions, ",") + `]}`
}

// atOnce is a script in which a browser with many cookies makes many requests at the same
// time, which gives 50,000 notes.
func atOnce() string {
	var actions, visits []string
	for i := range 170 {
		actions = append(actions, fmt.Sprintf(`{"do":"put","browser":"A","name":"%d","value":"1"}`, i))
	}
	for i := range 320 {
		visits = append(visits, fmt.Sprintf(`{"browser":"A","url":"/set_cookie?name=n%d"}`, i))
	}
	return `{"actions":[` + strings.Join(actions, ",") + `,{"do":"together","visits":[` + strings.Join(visits, ",") + `]}]}`
}

// fullHeader is a Cookie header of 180 cookies, as long as the server takes.
func fullHeader() string {
	var cookies []string
	for i := range 180 {
		cookies = append(cookies, fmt.Sprintf("c%d=%s", i, strings.Repeat("x", 330)))
	}
	return strings.Join(cookies, "; ")
}

// fullReport is what a page reports of a browser that is full, to the limit of 1 MiB.
func fullReport() string {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	type object = map[string]any
	var listed, ledger, exchanges []object
	for i := range 180 {
		listed = append(listed, object{"name": fmt.Sprint("c", i), "value": strings.Repeat("x", 1000), "path": "/", "domain": nil, "sameSite": "lax"})
	}
	for i := range 200 {
		ledger = append(ledger, object{"id": fmt.Sprint(i), "at": at, "url": "http://localhost/set_cookie", "via": "http", "line": fmt.Sprintf("c%d=%s; Path=/", i, strings.Repeat("x", 1000))})
	}
	for i := range 20 {
		exchanges = append(exchanges, object{
			"id": fmt.Sprint("e", i), "at": at,
			"request":  object{"method": "GET", "url": "http://localhost/set_cookie", "headers": [][2]string{{"Host", "localhost"}, {"Cookie", strings.Repeat("a=b; ", 1000)}}},
			"response": object{"status": 200, "headers": [][2]string{{"Set-Cookie", "c1=2; Path=/"}}, "body": "x"},
			"rows":     []object{},
		})
	}
	text, err := json.Marshal(object{"document_cookie": strings.Repeat("c=d; ", 40_000), "store": listed, "has_store": true, "ledger": ledger, "exchanges": exchanges, "clock": at.UnixMilli()})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// fullQuestion asks for the fate of as many cookies as fit 64 KiB.
func fullQuestion() string {
	var set []string
	for i := range 500 {
		set = append(set, fmt.Sprintf(`{"url":"https://a.example.org/","set_cookie":"c%d=1; Path=/"}`, i))
	}
	return `{"now":"2026-01-01T00:00:00Z","set":[` + strings.Join(set, ",") + `],"get":{"url":"https://a.example.org/"}}`
}
