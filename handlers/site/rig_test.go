package site

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"cookielab/internal/demo"
	"cookielab/internal/session"
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
