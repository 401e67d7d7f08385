package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/world"
)

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

// Without random bytes for the exchange's id nothing is saved and no cookie is set.
func TestAnExchangeWithoutAnIDSetsNothing(t *testing.T) {
	h := Handler(session.NewMemory(), func() time.Time { return newYear }, bytes.NewReader(nil))
	r := httptest.NewRequest(http.MethodGet, "http://localhost/set_cookie", nil)
	r.Header.Set("X-Observe", "1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if lines := w.Header()["Set-Cookie"]; w.Code == http.StatusOK || lines != nil {
		t.Errorf("%d with Set-Cookie %q, want a failure without", w.Code, lines)
	}
}
