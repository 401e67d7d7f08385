package handlers

import (
	"compress/gzip"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/explain"
	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
)

// jarServer is the application with the cookie page and POST /api/jar.
func jarServer(t testing.TB) http.Handler {
	t.Helper()
	files, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.Load(files.URL)
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := lessons.Load(lessons.FS)
	if err != nil {
		t.Fatal(err)
	}
	site, err := New(Deps{
		Backend: session.NewMemory(), Now: func() time.Time { return newYear }, Rand: rand.NewChaCha8([32]byte{}),
		Lessons: catalogue, Pages: pages, Static: files,
	})
	if err != nil {
		t.Fatal(err)
	}
	return site
}

func postJSON(site http.Handler, body, contentType string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/jar", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

func TestTheAPIAnswersAllCasesAsChromiumDid(t *testing.T) {
	f, err := os.Open("../internal/jar/testdata/jar.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var cases []json.RawMessage
	if err := json.NewDecoder(z).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 1853 {
		t.Fatalf("got %d cases, want 1853", len(cases))
	}
	site := jarServer(t)
	for _, raw := range cases {
		var c struct {
			ID     string
			Expect struct {
				Cookie string
				Stored []bool
				Jar    []jar.Cookie
			}
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		w := postJSON(site, string(raw), "application/json") // with fields that it ignores
		var got explain.Answer
		if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != http.StatusOK || err != nil {
			t.Errorf("%s: %d %v: %s", c.ID, w.Code, err, w.Body)
			continue
		}
		var stored []bool
		for _, v := range got.Verdicts {
			stored = append(stored, v.Stored)
			if v.Text == "" || strings.ContainsAny(v.Text, "\n") {
				t.Errorf("%s: verdict text %q", c.ID, v.Text)
			}
		}
		if got.Cookie != c.Expect.Cookie || !slices.Equal(stored, c.Expect.Stored) || !cmp.Equal(got.Jar, c.Expect.Jar) {
			t.Errorf("%s: cookie %q stored %v jar %v, want %q %v %v", c.ID, got.Cookie, stored, got.Jar, c.Expect.Cookie, c.Expect.Stored, c.Expect.Jar)
		}
	}
}

func TestTheAPIAnswersInTheShapeOfTheContract(t *testing.T) {
	site := jarServer(t)
	tests := map[string]struct{ ask, want string }{
		"nothing set": {
			`{"now":"2026-01-01T00:00:00Z","get":{"url":"https://a.example/"}}`,
			`{"verdicts":[],"jar":[],"cookie":"","withheld":[]}`,
		},
		"stored, withheld": {
			`{"now":"2026-01-01T00:00:00Z","lang":"en","set":[{"url":"https://a.example/x","set_cookie":"n=1; Secure; Max-Age=60"}],"get":{"url":"http://a.example/x"}}`,
			`{"verdicts":[{"stored":true,"code":"stored","reason":"","text":"The browser keeps n, until 2026-01-01 00:01:00Z."}],` +
				`"jar":[{"name":"n","value":"1","domain":"a.example","hostOnly":true,"path":"/","expires":"2026-01-01T00:01:00Z","secure":true,"httpOnly":false,"sameSite":"","partitioned":false}],` +
				`"cookie":"","withheld":[{"name":"n","reason":"secure","text":"Not sent: n. It is Secure, and this request goes over plain http."}]}`,
		},
		"in Chinese": {
			`{"now":"2026-01-01T00:00:00Z","lang":"zh","set":[{"url":"http://a.example/","set_cookie":"n=1; Secure"}],"get":{"url":"http://a.example/"}}`,
			`{"verdicts":[{"stored":false,"code":"refused","reason":"secure","text":"浏览器拒收 n：它写了 Secure，却是从明文 http 来的。"}],"jar":[],"cookie":"","withheld":[]}`,
		},
		"hidden from a script": {
			`{"now":"2026-01-01T00:00:00Z","lang":"en","set":[{"url":"https://a.example/","set_cookie":"n=; Max-Age=0; HttpOnly"},{"url":"https://a.example/","set_cookie":"=v; HttpOnly; Path=/"}],"get":{"url":"https://a.example/","via":"dom"}}`,
			`{"verdicts":[{"stored":false,"code":"deleted","reason":"nothing","text":"This asks to delete n, but nothing was deleted. There was no such cookie."},{"stored":true,"code":"stored","reason":"","text":"The browser keeps the cookie without a name, until it is closed."}],` +
				`"jar":[{"name":"","value":"v","domain":"a.example","hostOnly":true,"path":"/","expires":null,"secure":false,"httpOnly":true,"sameSite":"","partitioned":false}],` +
				`"cookie":"","withheld":[{"name":"","reason":"http-only","text":"Not seen: the cookie without a name. It is HttpOnly: scripts do not see it, requests carry it all the same."}]}`,
		},
		"an accepted deletion": {
			`{"now":"2026-01-01T00:00:00Z","set":[{"url":"https://a.example/","set_cookie":"n=<1>"},{"url":"https://a.example/","set_cookie":"n=; Max-Age=0","at":"2026-01-01T00:00:01Z"}],"get":{"url":"https://a.example/"}}`,
			`{"verdicts":[{"stored":true,"code":"stored","reason":"","text":"The browser keeps n, until it is closed."},{"stored":false,"code":"deleted","reason":"","text":"The browser deletes n: the line is in order, and its time is past."}],"jar":[],"cookie":"","withheld":[]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := postJSON(site, test.ask, "application/json; charset=utf-8")
			if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != test.want {
				t.Errorf("got %d %s\nwant %s", w.Code, got, test.want)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type = %q", got)
			}
		})
	}
}

func TestTheAPIRefusesABadQuestionInOneLine(t *testing.T) {
	site := jarServer(t)
	get := `"get":{"url":"https://a.example/"}`
	step := `{"url":"https://a.example/","set_cookie":"a=1"}`
	tests := map[string]struct {
		body, kind string
		status     int
		says       string
	}{
		"no JSON":         {`{`, "", 400, "no JSON"},
		"nothing":         {``, "", 400, "no JSON"},
		"wrong kind":      {`{"set":[{"url":7}]}`, "", 400, "url: a JSON number cannot stand here"},
		"no time":         {`{` + get + `}`, "", 400, "now: is missing"},
		"bad time":        {`{"now":"today",` + get + `}`, "", 400, "2026-01-01T00:00:00Z"},
		"before all time": {`{"now":"0000-01-01T00:00:00+01:00",` + get + `}`, "", 400, "years 1 to 9999"},
		"after all time":  {`{"now":"2026-01-01T00:00:00Z","set":[{"at":"9999-12-31T23:59:59-01:00","url":"https://a.example/"}],` + get + `}`, "", 400, "years 1 to 9999"},
		"no get":          {`{"now":"2026-01-01T00:00:00Z"}`, "", 400, "get.url: is missing"},
		"bad address":     {`{"now":"2026-01-01T00:00:00Z","set":[` + step + `,{"url":"ftp://a/"}],` + get + `}`, "", 400, "set[1].url: is no absolute http or https address"},
		"bad language":    {`{"now":"2026-01-01T00:00:00Z","lang":"fr",` + get + `}`, "", 400, "lang is zh or en"},
		"too many":        {`{"now":"2026-01-01T00:00:00Z","set":[` + strings.Repeat(step+",", 500) + step + `],` + get + `}`, "", 400, "500"},
		"too large":       {`{"now":"` + strings.Repeat(" ", 64<<10) + `"}`, "", 413, "64 KiB"},
		"a form":          {`a=1`, echo.MIMEApplicationForm, 415, "application/json"},
		"no type":         {`{}`, "-", 415, "application/json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			kind := test.kind
			if kind == "" {
				kind = "application/json"
			}
			w := postJSON(site, test.body, strings.Trim(kind, "-"))
			var got map[string]string
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != test.status || len(got) != 1 || !strings.Contains(got["error"], test.says) || strings.Contains(got["error"], "\n") {
				t.Errorf("got %d %q, want %d and %q", w.Code, got, test.status, test.says)
			}
		})
	}
}

func TestTheAPITakesAsManyLinesAsItSays(t *testing.T) {
	step := `{"url":"https://a.example/","set_cookie":"a=1"}`
	w := postJSON(jarServer(t), `{"now":"2026-01-01T00:00:00Z","set":[`+strings.Repeat(step+",", 499)+step+`],"get":{"url":"https://a.example/"}}`, "application/json")
	var got explain.Answer
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Verdicts) != 500 {
		t.Errorf("got %d, %d verdicts, %v; want 500", w.Code, len(got.Verdicts), err)
	}
}
