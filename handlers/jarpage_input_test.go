package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"cookielab/internal/explain"
	"cookielab/internal/jar"
	"cookielab/templates"
)

func TestHostileInputIsShownAndNothingElse(t *testing.T) {
	site := jarServer(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	for _, q := range []question{
		{URL: shop, Lines: evil + "=" + evil + "; Path=/" + evil + "; " + evil + "; Domain=" + evil},
		{URL: "https://tea.example/" + evil, Next: "https://tea.example/" + evil, Kind: jar.KindLink, From: "https://a.test/" + evil, Lines: "a=" + evil},
		{URL: evil, Lines: "a=1"},
		{URL: shop, Lines: "a=1", Kind: evil, Wait: evil, SetKind: evil, SetFrom: evil},
		{URL: shop, Lines: "\x00\xff\u202eevil=1; Path=/\x00\xff\u202e"},
		{URL: shop, Lines: "a=\xff\xfe; SameSite=\xff"},
	} {
		for _, lang := range templates.Languages {
			w := postForm(site, lang, q.form())
			body := w.Body.String()
			if w.Code != 200 || strings.Contains(body, "<script>alert") || strings.Contains(body, "<img") || strings.Contains(body, `"><`+"script") {
				t.Errorf("%q: %d, and it went through", q.Lines, w.Code)
			}
			if doc := parsed(t, w); doc.Find("[onerror], img").Length() > 0 {
				t.Errorf("%q makes an element", q.Lines)
			}
		}
	}
}

func TestWhatCannotBeAnsweredIsSaidInPlaceOfAnAnswer(t *testing.T) {
	site := jarServer(t)
	tests := map[string]struct {
		form   url.Values
		status int
		says   string
	}{
		"nothing":        {question{URL: shop}.form(), 200, "no Set-Cookie line yet"},
		"bad address":    {question{URL: "ftp://a.test/", Lines: "a=1"}.form(), 200, "no http or https address: ftp://a.test/"},
		"bad next":       {question{URL: shop, Lines: "a=1", Next: "https://a b/"}.form(), 200, "address: https://a b/"},
		"bad page":       {question{URL: shop, Lines: "a=1", Kind: "img", From: "https://:x/"}.form(), 200, "address: https://:x/"},
		"no address":     {question{Lines: "a=1"}.form(), 200, "address is missing"},
		"unknown kind":   {question{URL: shop, Lines: "a=1", Kind: "pigeon"}.form(), 200, "does not know that kind"},
		"too many lines": {question{URL: shop, Lines: strings.Repeat("a=1\n", 501)}.form(), 200, "At most 500 lines"},
		"too large":      {question{URL: shop, Lines: strings.Repeat("a", 64<<10)}.form(), 413, "over 64 KiB"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, header := range [][]string{nil, {"X-Fragment", "answer"}} {
				w := postForm(site, "en", test.form, header...)
				doc := parsed(t, w)
				if got := attr(doc.Find("[data-answer][data-problem]"), "data-summary"); w.Code != test.status || !strings.Contains(got, test.says) {
					t.Errorf("%v: %d %q, want %d %q", header, w.Code, got, test.status, test.says)
				}
				if n := doc.Find("[data-verdict-line]").Length(); n != 0 {
					t.Errorf("%d lines all the same", n)
				}
				if whole := doc.Find("[data-question]").Length() == 1; whole != (header == nil) {
					t.Errorf("%v: the form is there: %v", header, whole)
				}
			}
		})
	}
}

func TestOnlyAFormIsRead(t *testing.T) {
	site := jarServer(t)
	for kind, want := range map[string]int{"application/json": 415, "": 415, echo.MIMEApplicationForm: 400} {
		r := httptest.NewRequest(http.MethodPost, "/en/cookie", strings.NewReader("lines=%zz"))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", kind, w.Code, want)
		}
	}
}

func TestAFullJarIsDrawnInFewWords(t *testing.T) {
	site := jarServer(t)
	q := question{URL: shop, Lines: "no=1; SameSite=None\n" + crowd(179) + "\nlast=1; Path=/"}
	w := postForm(site, "en", q.form(), "X-Fragment", "answer")
	size := w.Body.Len()
	doc := parsed(t, w)
	if got := doc.Find("[data-verdict-line]").Length(); got != 181 {
		t.Errorf("%d verdicts, want 181", got)
	}
	var full []string
	doc.Find("article[data-verdict-line]").Each(func(_ int, s *goquery.Selection) { full = append(full, attr(s, "data-verdict-line")) })
	if got := strings.Join(full, " "); got != "1 181" {
		t.Errorf("taken apart are %s, want what is odd and the line being typed: 1 181", got)
	}
	if got := doc.Find("[data-cookie]").Length(); got != 12 {
		t.Errorf("%d cookies are drawn, want %d", got, 12)
	}
	if size > 100<<10 {
		t.Errorf("%d octets, want fewer than 100 KiB", size)
	}
}

// The size of the answer is bounded for any question.
func TestTheAnswerIsBoundedWhateverIsAsked(t *testing.T) {
	site := jarServer(t)
	for name, lines := range map[string]string{
		"attributes":    "a=1" + strings.Repeat(";b", 15_000),
		"blanks":        "a=1;" + strings.Repeat(" ", 30_000),
		"semicolons":    "a=1" + strings.Repeat(";", 15_000),
		"refused lines": strings.Repeat("a=1; Domain=b\n", 500),
		"long names":    strings.Repeat(strings.Repeat("n", 120)+"=1\n", 400),
		"control":       strings.Repeat("\x01", 15_000),
		"one long word": "a=1; " + strings.Repeat("w", 60_000),
		"a long header": strings.Repeat("v", 4000) + "=" + "\n" + strings.Repeat("w", 4000) + "=1",
		"withheld":      strings.Repeat("a=1; Path=/x\nb=2; Path=/y/"+strings.Repeat("z", 200)+"\n", 200),
	} {
		w := postForm(site, "en", question{URL: shop, Lines: lines}.form(), "X-Fragment", "answer")
		if size := w.Body.Len(); w.Code != 200 || size > 200<<10 || size < 1000 {
			t.Errorf("%s: %d, %d octets", name, w.Code, size)
		}
	}
}

// What is asked at every keystroke: one more line with a full jar.
func BenchmarkALineAgainstAFullJar(b *testing.B) {
	site := jarServer(b)
	lines := crowd(179) + "\nnum=1; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax"
	form := question{URL: shop, Lines: lines}.form()
	var steps []string
	for line := range strings.SplitSeq(lines, "\n") {
		raw, _ := json.Marshal(map[string]string{"url": shop, "set_cookie": line})
		steps = append(steps, string(raw))
	}
	ask := `{"now":"2026-01-01T00:00:00Z","set":[` + strings.Join(steps, ",") + `],"get":{"url":"https://tea.example/"}}`
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			if w := postForm(site, "en", form, "X-Fragment", "answer"); w.Code != 200 {
				b.Fatal(w.Code)
			}
		}
	})
	b.Run("page, one line", func(b *testing.B) {
		one := question(explain.Opening()).form()
		for b.Loop() {
			if w := postForm(site, "en", one, "X-Fragment", "answer"); w.Code != 200 {
				b.Fatal(w.Code)
			}
		}
	})
	b.Run("api", func(b *testing.B) {
		for b.Loop() {
			if w := postJSON(site, ask, "application/json"); w.Code != 200 {
				b.Fatal(w.Code)
			}
		}
	})
}
