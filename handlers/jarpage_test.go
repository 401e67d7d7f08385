package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"cookielab/internal/explain"
	"cookielab/internal/jar"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
)

func postForm(site http.Handler, lang string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/"+lang+"/cookie", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", echo.MIMEApplicationForm)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

func parsed(t testing.TB, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

const (
	shop  = "https://tea.example/"
	plain = "http://tea.example/"
)

type question explain.Question

// form is a question as a browser sends it.
func (q question) form() url.Values {
	return url.Values{
		"lines": {strings.ReplaceAll(q.Lines, "\n", "\r\n")}, "url": {q.URL}, "set_kind": {q.SetKind}, "set_from": {q.SetFrom},
		"next": {q.Next}, "kind": {q.Kind}, "from": {q.From}, "wait": {q.Wait},
	}
}

// crowd returns n lines that set cookies of different names.
func crowd(n int) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("c%d=1", i+1)
	}
	return strings.Join(lines, "\n")
}

func attr(s *goquery.Selection, name string) string { return s.AttrOr(name, "(none)") }

func TestThePageOpensWithAnExampleExplained(t *testing.T) {
	site := jarServer(t)
	for _, lang := range templates.Languages {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+lang+"/cookie", nil))
		if got := w.Header().Values("Set-Cookie"); w.Code != 200 || got != nil {
			t.Errorf("%s: %d, Set-Cookie %q", lang, w.Code, got)
		}
		doc := parsed(t, w)
		if got := doc.Find("h1").Length(); got != 1 {
			t.Errorf("%s: %d h1", lang, got)
		}
		line := doc.Find("[data-verdict-line]")
		if attr(line, "data-stored") != "true" || attr(line, "data-code") != "stored" || attr(line, "data-reason") != "" {
			t.Errorf("%s: the default is %s", lang, attr(line, "data-code"))
		}
		if doc.Find("[data-cookie]").Length() != 1 || doc.Find("[data-part]").Length() < 7 || doc.Find("[data-request-kind]").Length() < 14 {
			t.Errorf("%s: %d cookies, %d parts, %d requests", lang, doc.Find("[data-cookie]").Length(), doc.Find("[data-part]").Length(), doc.Find("[data-request-kind]").Length())
		}
		doc.Find("input:not([type=hidden]):not([type=checkbox]), textarea, select").Each(func(_ int, field *goquery.Selection) {
			if field.Closest("label").Length() == 0 {
				t.Errorf("%s: no label for %s", lang, attr(field, "name"))
			}
		})
		if got := doc.Find("[style], script:not([src]), [onclick]").Length(); got != 0 {
			t.Errorf("%s: %d pieces of inline style or script", lang, got)
		}
	}
}

func TestWithoutJavaScriptTheFormAnswersTheSamePage(t *testing.T) {
	site := jarServer(t)
	q := question{URL: "http://tea.example/", Lines: "num=1; Secure", Next: "https://tea.example/x", Kind: jar.KindImg, From: "https://evil.example/p", Wait: "60"}
	doc := parsed(t, postForm(site, "en", q.form()))
	line := doc.Find("[data-verdict-line]")
	if attr(line, "data-stored") != "false" || attr(line, "data-code") != "refused" || attr(line, "data-reason") != "secure" {
		t.Errorf("verdict is %s %s", attr(line, "data-code"), attr(line, "data-reason"))
	}
	if got := line.Find("[data-part=refused]"); got.Length() != 1 || attr(got, "data-attr") != "secure" {
		t.Errorf("refused for %s", attr(got, "data-attr"))
	}
	if got := line.Find(".where-from mark").Text(); got != "http://" {
		t.Errorf("lit is %q, want the scheme", got)
	}
	form := doc.Find("[data-question]")
	back := question{
		URL: attr(form.Find("[name=url]"), "value"), Lines: form.Find("[name=lines]").Text(),
		Next: attr(form.Find("[name=next]"), "value"), From: attr(form.Find("[name=from]"), "value"),
		Kind: attr(form.Find("[name=kind] [selected]"), "value"), Wait: attr(form.Find("[name=wait] [selected]"), "value"),
	}
	if diff := cmp.Diff(q, back); diff != "" {
		t.Errorf("the form no longer holds the question (-want +got):\n%s", diff)
	}
}

func exampleIDs() []string {
	var ids []string
	for _, group := range explain.Examples("en") {
		for _, button := range group.Examples {
			ids = append(ids, button.ID)
		}
	}
	return ids
}

func TestThePageDrawsEachExample(t *testing.T) {
	site := jarServer(t)
	for _, group := range explain.Examples("en") {
		for _, button := range group.Examples {
			q, found := explain.Example(button.ID)
			if !found {
				t.Fatalf("no example %s", button.ID)
			}
			view := explain.Explain("en", newYear, q).View
			last := slices.MaxFunc(slices.Concat(view.Lines, view.Others), func(a, b templates.CookieLine) int { return a.N - b.N })
			for _, lang := range templates.Languages {
				doc := parsed(t, postForm(site, lang, url.Values{"example": {button.ID}}))
				line := doc.Find("[data-verdict-line]").FilterFunction(func(_ int, s *goquery.Selection) bool {
					return attr(s, "data-verdict-line") == fmt.Sprint(last.N)
				})
				if attr(line, "data-code") != last.Code || attr(line, "data-reason") != last.Reason {
					t.Errorf("%s %s: the page says %s %s, want %s %s", lang, button.ID, attr(line, "data-code"), attr(line, "data-reason"), last.Code, last.Reason)
				}
				if got := doc.Find("[name=lines]").Text(); strings.TrimSpace(got) != q.Lines {
					t.Errorf("%s %s: the form has %q", lang, button.ID, got)
				}
				wordsAreWhole(t, lang+" "+button.ID, doc)
			}
		}
	}
}

var hole = regexp.MustCompile(`\{[a-z]+\}`)

// wordsAreWhole checks that no message key and no unfilled variable is displayed.
func wordsAreWhole(t *testing.T, where string, doc *goquery.Document) {
	t.Helper()
	text := doc.Find("#answer").Text()
	if got := hole.FindString(text); got != "" {
		t.Errorf("%s: %s is not filled in", where, got)
	}
	if got := regexp.MustCompile(`\b(jar|term|why|wire)\.[a-z-]+`).FindString(text); got != "" {
		t.Errorf("%s: no words for %s", where, got)
	}
	doc.Find(".part-help, .ruling-text, .why").Each(func(_ int, s *goquery.Selection) {
		if len(strings.TrimSpace(s.Text())) < 6 {
			t.Errorf("%s: something is not explained: %s", where, s.Parent().Text())
		}
	})
}

func TestEveryPartIsMarkedAndThePrintedLineIsTheLine(t *testing.T) {
	site := jarServer(t)
	tests := map[string]struct{ line, want string }{
		"in order":          {`num=1; Path=/`, "name:used: value:used: attribute:used:"},
		"a bad date":        {`num=1; Expires=tomorrow`, "name:used: value:used: attribute:ignored:not-a-date"},
		"an unknown word":   {`num=1; HtpOnly ;Secure`, "name:used: value:used: attribute:ignored:unknown attribute:used:"},
		"two of one name":   {`num=1; Path=/a; Path=/b`, "name:used: value:used: attribute:ignored:overridden attribute:used:"},
		"two ages":          {`num=1; Max-Age=5; Expires=Fri, 01 Jan 2100 00:00:00 GMT`, "name:used: value:used: attribute:used: attribute:ignored:max-age-wins"},
		"a number too long": {`num=1; Max-Age=x`, "name:used: value:used: attribute:ignored:not-a-number"},
		"capped":            {`num=1; Max-Age=99999999999999999999`, "name:used: value:used: attribute:used:capped"},
		"a dot":             {`num=1; Domain=.tea.example`, "name:used: value:used: attribute:used:dot"},
		"an empty domain":   {`num=1; Domain=`, "name:used: value:used: attribute:used:host-only"},
		"a deletion":        {`num=1; Max-Age=0`, "name:used: value:used: attribute:used:deletes"},
		"too long":          {`num=1; Path=/` + strings.Repeat("a", 1024), "name:used: value:used: attribute:ignored:too-long"},
		"no path":           {`num=1; Path=a`, "name:used: value:used: attribute:ignored:default-path"},
		"no mode":           {`num=1; SameSite=Lux`, "name:used: value:used: attribute:ignored:not-a-mode"},
		"a control":         {"num=a\x01b; Path=/", "name:moot: value:refused:control attribute:moot:"},
		"None alone":        {`num=1; SameSite=None`, "name:moot: value:moot: attribute:refused:refused"},
		"a broken promise":  {`__Host-a=1; Secure; Path=/x`, "name:refused:refused value:moot: attribute:moot: attribute:refused:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := parsed(t, postForm(site, "en", question{URL: shop, Lines: test.line}.form()))
			var got []string
			doc.Find("[data-part]").Each(func(_ int, s *goquery.Selection) {
				got = append(got, attr(s, "data-kind")+":"+attr(s, "data-part")+":"+attr(s, "data-effect"))
				if s.Find(".part-state svg > *").Length() == 0 || s.Find(".part-help").Text() == "" {
					t.Errorf("%s has no icon or no words", s.Text())
				}
			})
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("parts are %s, want %s", got, test.want)
			}
			printed := strings.TrimPrefix(doc.Find(".raw").Text(), "Set-Cookie: ")
			if want := strings.ReplaceAll(test.line, "\x01", "␁"); printed != want && len(want) < 400 {
				t.Errorf("printed %q, want %q", printed, want)
			}
			wordsAreWhole(t, name, doc)
		})
	}
}

func TestARepairButtonMendsTheLine(t *testing.T) {
	site := jarServer(t)
	tests := map[string]struct {
		q     question
		label string
		want  question
	}{
		"Secure for None": {question{URL: shop, Lines: "num=1; SameSite=None"}, "+ Secure", question{URL: shop, Lines: "num=1; SameSite=None; Secure"}},
		"the same over http": {question{URL: plain, Lines: "num=1; SameSite=None"}, "+ Secure",
			question{URL: shop, Lines: "num=1; SameSite=None; Secure"}},
		"https for Secure":   {question{URL: plain, Lines: "num=1; Secure"}, "→ https://", question{URL: shop, Lines: "num=1; Secure"}},
		"no Secure for http": {question{URL: plain, Lines: "num=1; Secure; Path=/"}, "− Secure", question{URL: plain, Lines: "num=1; Path=/"}},
		"no foreign Domain":  {question{URL: shop, Lines: "num=; Domain=a.test"}, "− Domain", question{URL: shop, Lines: "num="}},
		"a promise kept": {question{URL: plain, Lines: "a=1\n__host-http-a=1; Path=/x; Domain=tea.example"}, "keep the promise",
			question{URL: shop, Lines: "a=1\n__host-http-a=1; Secure; Path=/; HttpOnly"}},
		"Partitioned": {question{URL: shop, Lines: "a=1; Partitioned"}, "+ Secure", question{URL: shop, Lines: "a=1; Partitioned; Secure"}},
		"a script without HttpOnly": {question{URL: shop, Lines: `document.cookie = "a=1; HttpOnly; Path=/";`}, "− HttpOnly",
			question{URL: shop, Lines: `document.cookie = "a=1; Path=/";`}},
		"in the page of another": {question{URL: "https://a.test/", SetKind: "iframe", SetFrom: "https://b.test/", Lines: "a=1; SameSite=Lax"}, "+ SameSite=None; Secure",
			question{URL: "https://a.test/", SetKind: "iframe", SetFrom: "https://b.test/", Lines: "a=1; SameSite=None; Secure"}},
		"a control character": {question{URL: shop, Lines: "Set-Cookie: a=b\tc"}, "− control characters", question{URL: shop, Lines: "Set-Cookie: a=bc"}},
		"https further down":  {question{URL: shop, Lines: "a=1; Secure\nhttp://tea.example/\na=2"}, "→ https://", question{URL: shop, Lines: "a=1; Secure\nhttps://tea.example/\na=2"}},
		"deleting at its path": {question{URL: shop, Lines: "a=1; Path=/x; Domain=tea.example\na=; Max-Age=0; Path=/; Domain=tea.example"}, "delete with Path=/x; Domain=tea.example",
			question{URL: shop, Lines: "a=1; Path=/x; Domain=tea.example\na=; Max-Age=0; Path=/x; Domain=tea.example"}},
		"a date":          {question{URL: shop, Lines: "a=1; Expires=soon"}, "instead: Max-Age=86400", question{URL: shop, Lines: "a=1; Max-Age=86400"}},
		"a path":          {question{URL: shop, Lines: "a=1; Path=x"}, "instead: Path=/x", question{URL: shop, Lines: "a=1; Path=/x"}},
		"a SameSite mode": {question{URL: shop, Lines: "a=1; SameSite=yes; Path=/"}, "instead: SameSite=Lax", question{URL: shop, Lines: "a=1; Path=/; SameSite=Lax"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := parsed(t, postForm(site, "en", test.q.form()))
			button := doc.Find("[data-repair]").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Text() == test.label })
			if button.Length() != 1 || attr(button, "form") != attr(doc.Find("[data-question]"), "id") {
				t.Fatalf("buttons are %q, want %q", doc.Find("[data-repair]").Text(), test.label)
			}
			form := test.q.form()
			form.Set("repair", attr(button, "value"))
			mended := parsed(t, postForm(site, "en", form))
			got := question{URL: attr(mended.Find("[name=url]"), "value"), Lines: mended.Find("[name=lines]").Text()}
			if got.URL != test.want.URL || got.Lines != test.want.Lines {
				t.Errorf("mended to %q from %q, want %q from %q", got.Lines, got.URL, test.want.Lines, test.want.URL)
			}
			lines := explain.Explain("en", newYear, explain.Question(test.want)).View.Lines
			if v := lines[len(lines)-1]; !v.Stored && (v.Code != string(jar.Deleted) || v.Reason != "") {
				t.Errorf("it is still %s %s", v.Code, v.Reason)
			}
		})
	}
}

func TestTheMatrixSaysWhichRequestsCarryTheCookie(t *testing.T) {
	site := jarServer(t)
	all := "typed own-form-post link window-open form-post fetch img iframe"
	tests := map[string]struct{ url, line, sent, kept string }{
		"Lax, host-only": {"https://tea.example/", "a=1; Secure; HttpOnly; SameSite=Lax",
			"typed own-form-post link window-open other-path other-port",
			"form-post:samesite fetch:samesite img:samesite iframe:samesite subdomain:domain http:secure document-cookie:http-only closed:closed"},
		"Strict": {"https://tea.example/", "a=1; SameSite=Strict", "typed own-form-post http document-cookie",
			"link:samesite window-open:samesite form-post:samesite iframe:samesite"},
		"None":         {"https://tea.example/", "a=1; SameSite=None; Secure", all, "http:secure"},
		"no SameSite":  {"https://tea.example/", "a=1", "typed link form-post", "fetch:samesite"},
		"a Domain":     {"https://www.tea.example/", "a=1; Domain=tea.example; Path=/x; Max-Age=60", "typed subdomain parent sibling closed", "other-path:path"},
		"an address":   {"http://127.0.0.1:8080/", "a=1", "typed other-port https", "img:samesite"},
		"on localhost": {"http://localhost:8080/", "a=1", "typed other-port https", "loopback:domain subdomain:domain"},
		"the stranger": {"https://evil.example/", "a=1; SameSite=Strict", "typed", "link:samesite"},
		"an IPv6 host": {"http://[::1]:8080/", "a=1; Secure", "typed other-port link https", "img:samesite"},
		"a partition":  {"https://tea.example/", "a=1; Secure; SameSite=None; Partitioned", "typed link", "img:partitioned"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := parsed(t, postForm(site, "zh", question{URL: test.url, Lines: test.line}.form()))
			cells := map[string]string{}
			doc.Find("[data-request-kind]").Each(func(_ int, s *goquery.Selection) {
				cells[attr(s, "data-request-kind")] = attr(s, "data-sent") + ":" + attr(s, "data-reason")
			})
			for kind := range strings.FieldsSeq(test.sent) {
				if got := cells[kind]; got != "true:" {
					t.Errorf("%s: %q, want it sent", kind, got)
				}
			}
			for pair := range strings.FieldsSeq(test.kept) {
				kind, why, _ := strings.Cut(pair, ":")
				if got := cells[kind]; got != "false:"+why {
					t.Errorf("%s: %q, want it withheld: %s", kind, got, why)
				}
			}
		})
	}
}

// The words are those that Chromium 156 reported over its DevTools protocol.
func TestThePageNamesAReasonAsDevToolsDoes(t *testing.T) {
	site := jarServer(t)
	for id, want := range map[string]string{
		"secure": "SecureOnly", "samesite": "SameSiteNoneInsecure", "foreign-domain": "InvalidDomain", "public-suffix": "InvalidDomain",
		"prefix": "InvalidPrefix", "partitioned": "", "size": "NameValuePairExceedsMaxSize", "syntax": "DisallowedCharacter",
		"empty": "NoCookieContent", "name": "", "overwrite-secure": "OverwriteSecure SecureOnly", "samesite-set": "SchemefulSameSiteLax",
		"lax-post": "SchemefulSameSiteUnspecifiedTreatedAsLax", "form-post": "SchemefulSameSiteLax", "path": "NotOnPath",
		"host-only": "DomainMismatch", "https-only": "SecureOnly", "hidden": "", "session": "",
	} {
		var got []string
		parsed(t, postForm(site, "en", url.Values{"example": {id}})).Find(".devtools").Each(func(_ int, s *goquery.Selection) {
			got = append(got, strings.TrimPrefix(s.Text(), "in DevTools: "))
		})
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

func TestSeveralLinesAreJudgedOneByOneAndTogether(t *testing.T) {
	site := jarServer(t)
	q := question{URL: shop, Next: "/cart", Lines: "num=1; Path=/\n\nnum=2; Path=/cart\nbad=1; Domain=a.test\nvip=1; Path=/vip"}
	doc := parsed(t, postForm(site, "en", q.form()))
	var got []string
	doc.Find("[data-verdict-line]").Each(func(_ int, s *goquery.Selection) {
		got = append(got, attr(s, "data-verdict-line")+" "+attr(s, "data-code")+" "+attr(s, "data-reason"))
	})
	want := []string{"1 stored ", "2 stored ", "3 refused domain", "4 stored "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if got := doc.Find("[data-next] [data-header=Cookie]").Text(); got != "Cookie: num=2; num=1" {
		t.Errorf("the next request has %q", got)
	}
	if got := doc.Find("[data-withheld]"); got.Length() != 1 || attr(got, "data-name") != "vip" || attr(got, "data-reason") != "path" {
		t.Errorf("withheld: %s", got.Text())
	}
	if got := doc.Find("[data-jar] [data-cookie]").Length(); got != 3 {
		t.Errorf("%d cookies in the jar, want 3", got)
	}
}

// A reason of the jar has different texts in different places.
func TestASentenceFitsWhatHappened(t *testing.T) {
	site := jarServer(t)
	tests := map[string]struct {
		q           question
		where, want string
	}{
		"None alone":               {question{URL: shop, Lines: "a=1; SameSite=None"}, ".ruling-text", "only together with Secure"},
		"set in another's page":    {question{URL: shop, SetKind: "img", SetFrom: "https://news.test/", Lines: "a=1; SameSite=Lax"}, ".ruling-text", "A page of news.test, another site"},
		"two promises broken":      {question{URL: plain, Lines: "__Host-a=1; Path=/x"}, ".ruling-text", "Secure is missing and it came over plain http and Path is not /."},
		"a promise in a value":     {question{URL: shop, Lines: "=__Secure-a"}, ".ruling-text", "its value begins with __Secure-"},
		"too long":                 {question{URL: shop, Lines: "a=" + strings.Repeat("中", 1366)}, ".ruling-text", "4099 octets"},
		"a long name":              {question{URL: shop, Lines: strings.Repeat("a", 50) + "=1"}, ".ruling-text", "keeps " + strings.Repeat("a", 26) + "…" + strings.Repeat("a", 13) + ","},
		"replaced":                 {question{URL: shop, Lines: "a=1\na=2; Max-Age=60"}, "[data-verdict-line='2'] .ruling-text", "in place of the one it had, and keeps it until 2026-01-01 00:01:00Z"},
		"a script in a secure jar": {question{URL: shop, Lines: "a=1; HttpOnly\ndocument.cookie='a=2'"}, "[data-verdict-line='2'] .ruling-text", "a script may neither"},
		"host-only":                {question{URL: shop, Next: "https://x.tea.example/", Lines: "a=1"}, ".why", "It has no Domain, so it is for tea.example alone"},
		"a neighbour's":            {question{URL: "https://x.tea.example/", Next: "https://tea.example/", Lines: "a=1"}, ".why", "for x.tea.example alone"},
		"Strict":                   {question{URL: shop, Kind: "link", From: "https://news.test/", Lines: "a=1; SameSite=Strict"}, ".why", "SameSite=Strict, and another site, news.test"},
		"no SameSite":              {question{URL: shop, Kind: "img", From: "https://news.test/", Lines: "a=1"}, ".why", "Without SameSite it counts as Lax"},
		"http asks https":          {question{URL: shop, Kind: "img", From: plain, Lines: "a=1"}, ".why", "http and https of one host are two sites"},
		"a young cookie":           {question{URL: shop, Kind: "form-post", From: "https://news.test/", Lines: "a=1"}, "[data-grace]", "first two minutes"},
		"its own form":             {question{URL: shop, Kind: "form-post", From: shop, Lines: "a=1"}, "[data-next]:not(:has([data-grace])) .journey", "tea.example"},
		"an older cookie":          {question{URL: shop, Kind: "form-post", From: "https://news.test/", Lines: "a=1", Wait: "121"}, "[data-next]:not(:has([data-grace])) .why", "counts as Lax"},
		"none sent":                {question{URL: shop, Next: "https://x.test/", Lines: "a=1"}, "[data-says]", "a: stored. The next request carries no cookie."},
		"one seen":                 {question{URL: shop, Kind: "script", Lines: "a=1"}, "[data-says]", "a: stored. The script sees 1 cookie."},
		"three of five": {question{URL: shop, Lines: "a=1\nb=2\nc=3\nd=4; Domain=a.test\na=; Max-Age=0\ne=1"}, "[data-says]",
			"6 lines: 3 kept, 1 refused, 1 deleted, 1 gone again at once. The next request carries 3 cookies."},
		"a deletion that missed": {question{URL: shop, Lines: "a=1; Path=/x\na=; Max-Age=0; Path=/"}, "[data-says]", "2 lines: 1 kept, 1 deleted nothing."},
		"nothing to delete":      {question{URL: shop, Lines: "a=; Max-Age=0"}, "[data-ruling] .ruling-label", "nothing deleted"},
		"hidden from a script":   {question{URL: shop, Kind: "script", Lines: "a=1; HttpOnly"}, "[data-next] h2, [data-next] h3", "What the script seesNot seen"},
		"in its own partition": {question{URL: "https://chat.test/", SetKind: "iframe", SetFrom: "https://news.test/", Lines: "a=1; Secure; SameSite=None; Partitioned"},
			"tr:has([data-request-kind=iframe][data-sent=true]) th", "An iframe in a page of news.test"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := parsed(t, postForm(site, "en", test.q.form()))
			if got := doc.Find(test.where).Text(); !strings.Contains(got, test.want) {
				t.Errorf("%s says %q, want %q\n%s", test.where, got, test.want, doc.Find("#answer .ruling, [data-next]").Text())
			}
		})
	}
}

// skeleton returns the data- attributes of a page in order, without values that are translated.
func skeleton(doc *goquery.Document) []string {
	var list []string
	doc.Find("main *").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			switch {
			case !strings.HasPrefix(a.Key, "data-"):
			case a.Val == "" || strings.ContainsAny(a.Val, " {.") || a.Val != strings.ToValidUTF8(a.Val, "") || strings.ContainsFunc(a.Val, func(r rune) bool { return r > unicode.MaxASCII }):
				list = append(list, a.Key)
			default:
				list = append(list, a.Key+"="+a.Val)
			}
		}
	})
	return list
}

func TestBothLanguagesHaveTheSameSkeleton(t *testing.T) {
	site := jarServer(t)
	words := []string{"data-copied"} // a single word in English
	for _, id := range exampleIDs() {
		var both [2][]string
		for i, lang := range templates.Languages {
			both[i] = slices.DeleteFunc(skeleton(parsed(t, postForm(site, lang, url.Values{"example": {id}}))), func(s string) bool {
				return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(s, w) })
			})
		}
		if diff := cmp.Diff(both[0], both[1]); diff != "" {
			t.Errorf("%s (-zh +en):\n%s", id, diff)
		}
	}
}
