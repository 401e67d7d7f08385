package world

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExchangeListsHeadersInAFixedOrder(t *testing.T) {
	r := httptest.NewRequest("POST", "/set_session?_lang=en", nil)
	r.Host = "shop.example:8080"
	r.Header = http.Header{"User-Agent": {"test"}, "Cookie": {"b=2", "a=1"}, "Accept": {"*/*"}}
	body := "username=fan"
	h := http.Header{
		"Vary":           {"Cookie"},
		"Set-Cookie":     {"num=1; Path=/", "a=2"},
		"Date":           {"Thu, 01 Jan 2026 00:00:00 GMT"},
		"Content-Length": {"2"},
		"Content-Type":   {"text/plain; charset=utf-8"},
	}
	at := time.Date(2026, 1, 1, 8, 0, 0, 5e6, time.FixedZone("", 8*3600))

	got := NewExchange("7", at, r, &body, 200, h, "ok")

	want := Exchange{
		ID: "7",
		At: Instant{at.UTC()},
		Request: Request{
			Method:  "POST",
			URL:     "http://shop.example:8080/set_session?_lang=en",
			Headers: [][2]string{{"Host", "shop.example:8080"}, {"Accept", "*/*"}, {"Cookie", "b=2"}, {"Cookie", "a=1"}, {"User-Agent", "test"}},
			Body:    &body,
		},
		Response: Response{
			Status:  200,
			Headers: [][2]string{{"Content-Type", "text/plain; charset=utf-8"}, {"Set-Cookie", "num=1; Path=/"}, {"Set-Cookie", "a=2"}, {"Vary", "Cookie"}},
			Body:    "ok",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("NewExchange (-want +got):\n%s", diff)
	}
	if text, err := json.Marshal(got.At); err != nil || string(text) != `"2026-01-01T00:00:00.005Z"` {
		t.Errorf("written as %s, %v", text, err)
	}
}

func TestAnInstantIsReadBackOrNotKnown(t *testing.T) {
	for text, want := range map[string]time.Time{
		`"2026-01-01T00:00:00.005Z"`:  time.Date(2026, 1, 1, 0, 0, 0, 5e6, time.UTC),
		`"2026-01-01T08:00:00+08:00"`: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		`"yesterday"`:                 {}, `12`: {}, `null`: {},
	} {
		var got Instant
		if err := json.Unmarshal([]byte(text), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s is read as %v, %v", text, got, err)
		}
	}
}

func TestExchangeNamesTheAbsoluteURL(t *testing.T) {
	for name, test := range map[string]struct {
		r    *http.Request
		want string
	}{
		"path":            {&http.Request{Host: "localhost:8080", URL: &url.URL{Path: "/clear"}}, "http://localhost:8080/clear"},
		"tls":             {&http.Request{Host: "a.example", URL: &url.URL{Path: "/clear"}, TLS: &tls.ConnectionState{}}, "https://a.example/clear"},
		"query as sent":   {httptest.NewRequest("GET", "http://a.example/set_cookie?value=%e4;+", nil), "http://a.example/set_cookie?value=%e4;+"},
		"already with it": {&http.Request{Host: "a.example", URL: &url.URL{Scheme: "https", Host: "a.example", Path: "/del"}}, "https://a.example/del"},
		"path as sent":    {httptest.NewRequest("GET", "http://a.example/a%2Fb", nil), "http://a.example/a%2Fb"},
	} {
		if got := NewExchange("1", time.Time{}, test.r, nil, 200, nil, "").Request.URL; got != test.want {
			t.Errorf("%s: URL = %q, want %q", name, got, test.want)
		}
	}
}

func TestExchangeListsAreNeverNull(t *testing.T) {
	raw, err := json.Marshal(NewExchange("1", time.Time{}, &http.Request{Method: "GET", Host: "h", URL: &url.URL{Path: "/"}}, nil, 404, nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"1","at":"0001-01-01T00:00:00.000Z","request":{"method":"GET","url":"http://h/","headers":[["Host","h"]],"body":null},"response":{"status":404,"headers":[],"body":""}}`
	if string(raw) != want {
		t.Errorf("an empty exchange is %s, want %s", raw, want)
	}
}
