package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"cookielab/internal/session"
	"cookielab/internal/world"
)

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
