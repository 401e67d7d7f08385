package tests

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cookielab/handlers"
	"cookielab/internal/serve"

	"github.com/PuerkitoBio/goquery"
)

// routes are the ten demo routes. They are written out here because the contract fixes them.
var routes = []string{"set_cookie", "get_cookie", "delete_cookie", "set_session", "get_session", "del", "clear", "flush", "set_expiry", "cycle_key"}

func TestFrontSpeaksTheLanguageThatTheBrowserPrefers(t *testing.T) {
	v := site(t).visitor()
	for header, want := range map[string]string{
		"":                        "/en/",
		"zh-CN,zh;q=0.9,en;q=0.8": "/zh/",
		"zh-TW":                   "/zh/",
		"en-GB,en;q=0.9,zh;q=0.8": "/en/",
		"fr, zh;q=0.5":            "/zh/",
		"en;q=0.2, zh-Hans;q=0.9": "/zh/",
		"de":                      "/en/",
		"*":                       "/en/",
		"; nonsense ;;":           "/en/",
	} {
		a := v.browse("/", "Accept-Language", header)
		if got := a.header.Get("Location"); a.status != http.StatusFound || got != want {
			t.Errorf("Accept-Language %q leads to %d %q, want 302 %q", header, a.status, got, want)
		}
	}
}

func TestEveryPageAnswersInBothLanguages(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lang := range []string{"zh", "en"} {
		for _, address := range r.everyPage(lang) {
			a := v.browse(address)
			if a.status != http.StatusOK {
				t.Errorf("GET %s is %d, want 200", address, a.status)
				continue
			}
			if got := a.page().Find("html").AttrOr("lang", ""); got != lang {
				t.Errorf("GET %s is in %q, want %q", address, got, lang)
			}
			if h := v.ask(http.MethodHead, address, "", navigates...); h.status != http.StatusOK || h.body != "" {
				t.Errorf("HEAD %s is %d with %d octets, want 200 and none", address, h.status, len(h.body))
			}
		}
	}
}

func TestChangingTheLanguageKeepsPageAndStep(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, address := range r.everyPage("zh") {
		doc := v.browse(address).page()
		want := "/en" + strings.TrimPrefix(address, "/zh")
		if got := the(t, doc.Selection, `[data-language="en"]`).AttrOr("href", ""); got != want {
			t.Errorf("%s changes to %s, want %s", address, got, want)
		}
		if got := the(t, doc.Selection, `[data-language="zh"]`).AttrOr("href", ""); got != address {
			t.Errorf("%s changes to %s, want itself", address, got)
		}
	}
}

func TestALessonWithoutAStepIsItsFirst(t *testing.T) {
	v := site(t).visitor()
	bare, first := v.browse("/en/lessons/session").page(), v.browse("/en/lessons/session?step=1").page()
	if got, want := bare.Find("h1").Text(), first.Find("h1").Text(); got != want {
		t.Errorf("without a step: %q, want %q", got, want)
	}
	if got := the(t, bare.Selection, `[data-language="zh"]`).AttrOr("href", ""); !strings.HasPrefix(got, "/zh/lessons/session") {
		t.Errorf("without a step the language changes to %s", got)
	}
}

func TestWhatIsNotThereIsNotFoundInTheReadersWay(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lang := range []string{"zh", "en"} {
		for _, rest := range []string{
			"/lessons/session?step=0", "/lessons/session?step=99", "/lessons/session?step=-1", "/lessons/session?step=x",
			"/lessons/session?step=1.5", "/lessons/session?step=99999999999999999999", "/lessons/none", "/lessons/none?step=1",
			"/lessons/", "/lessons", "/nothing", "/lab/x",
		} {
			address := "/" + lang + rest
			a := v.browse(address)
			if a.status != http.StatusNotFound {
				t.Errorf("GET %s is %d, want 404", address, a.status)
				continue
			}
			doc := a.page()
			if got := doc.Find("html").AttrOr("lang", ""); got != lang {
				t.Errorf("GET %s fails in %q, want %q", address, got, lang)
			}
			if doc.Find("h1").Length() != 1 || doc.Find(`main a[href="/`+lang+`/"]`).Length() == 0 {
				t.Errorf("GET %s: the page has no heading, or leads nowhere", address)
			}
			if plain := v.get(address, "Accept", "text/plain"); plain.status != http.StatusNotFound || !plain.oneLine() {
				t.Errorf("GET %s for a program is %d %q, want 404 and one line", address, plain.status, plain.body)
			}
			if plain := v.get(address); plain.status != http.StatusNotFound || !plain.oneLine() {
				t.Errorf("GET %s without Accept is %d %q, want 404 and one line", address, plain.status, plain.body)
			}
		}
	}
	if a := v.browse("/fr/", "Accept-Language", "zh"); a.status != http.StatusNotFound || a.page().Find("html").AttrOr("lang", "") != "zh" {
		t.Errorf("GET /fr/ is %d, want 404 in the language that the browser prefers", a.status)
	}
}

func TestBackLeadsNowhereElse(t *testing.T) {
	v := site(t).visitor()
	for _, back := range []string{
		"https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/zhx", "/fr/", "zh/", "/", "",
		"/set_cookie", "/flush", "/api/live", "\t/zh/", " /zh/", "/%7Ah/", "/ZH/",
	} {
		a := v.browse("/set_cookie?_lang=en&_back=" + url.QueryEscape(back))
		got := the(t, a.page().Selection, "[data-back]").AttrOr("href", "")
		if got != "/en/lab" {
			t.Errorf("_back=%q leads to %q, want what leads back without it", back, got)
		}
	}
	for _, back := range []string{"/zh/", "/en/", "/zh/lessons/cookie?step=3", "/en/lab", `/en/"><script>`} {
		a := v.browse("/set_cookie?_back=" + url.QueryEscape(back))
		got := the(t, a.page().Selection, "[data-back]").AttrOr("href", "")
		if at, err := url.Parse(got); err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(got, back[:4]) {
			t.Errorf("_back=%q leads to %q", back, got)
		}
	}
}

func TestAReportIsBounded(t *testing.T) {
	v := site(t).visitor()
	list := func(field string, n int) string {
		return `{"` + field + `":[` + strings.TrimSuffix(strings.Repeat(`{},`, n), ",") + `]}`
	}
	for name, c := range map[string]struct {
		body string
		kind string
		want int
	}{
		"nothing known":        {`{}`, "application/json", 200},
		"with a charset":       {`{}`, "application/json; charset=utf-8", 200},
		"not JSON":             {`{`, "application/json", 400},
		"a list":               {`[]`, "application/json", 400},
		"no content type":      {`{}`, "", 415},
		"as text":              {`{}`, "text/plain", 415},
		"as many lines":        {list("ledger", 200), "application/json", 200},
		"a line too many":      {list("ledger", 201), "application/json", 413},
		"an exchange too many": {list("exchanges", 21), "application/json", 413},
		"too many values":      {list("ledger", 20000), "application/json", 413},
		"too large":            {`{"guess":"` + strings.Repeat("x", 1<<20) + `"}`, "application/json", 413},
		"of a step not there":  {`{}`, "application/json", 404},
	} {
		address := "/en/lessons/cookie?step=2"
		if c.want == 404 {
			address = "/en/lessons/cookie?step=200"
		}
		a := v.ask(http.MethodPost, address, c.body, "Content-Type", c.kind)
		if a.status != c.want {
			t.Errorf("%s: %d %.100q, want %d", name, a.status, a.body, c.want)
		}
	}
}

func TestThePageIsReadableForPrograms(t *testing.T) {
	r := site(t)
	v := r.visitor()
	v.get("/set_session")
	for _, lesson := range r.lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar != nil {
				continue // asked of the page that explains a line
			}
			address := stepAddress("en", step)
			doc := v.browse(address).page()
			first := step.Number == 1 && lesson == r.lessons.Lessons[0]
			last := step.Number == len(lesson.Steps) && lesson == r.lessons.Lessons[len(r.lessons.Lessons)-1]
			if got := doc.Find(`a[data-nav="next"]`).Length() == 1; got == last {
				t.Errorf("%s: next is there: %v", address, got)
			}
			if got := doc.Find(`a[data-nav="prev"]`).Length() == 1; got == first {
				t.Errorf("%s: prev is there: %v", address, got)
			}
			if got := doc.Find("[data-actions] [data-action]").Length(); got != len(step.Do) {
				t.Errorf("%s has %d buttons, want one for each of %d actions", address, got, len(step.Do))
			}
			if doc.Find(`[data-actions] [data-action][disabled], [data-guess] [required]`).Length() != 0 {
				t.Errorf("%s: a prediction blocks a button", address)
			}
			readablePanels(t, address, doc)
		}
	}
	for _, lang := range []string{"zh", "en"} {
		lab := v.browse("/" + lang + "/lab").page()
		readablePanels(t, "/"+lang+"/lab", lab)
		for _, route := range routes {
			button := the(t, lab.Selection, `[data-action="`+route+`"]`)
			if button.Closest("details, [hidden], dialog, noscript").Length() != 0 {
				t.Errorf("in the lab %s is hidden until something is opened", route)
			}
		}
	}
	for _, page := range pageOfEachKind("en") {
		v.browse(page).page().Find("a[href]").Each(func(_ int, link *goquery.Selection) {
			href := link.AttrOr("href", "")
			if !strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "#") || strings.HasPrefix(href, "//") {
				if link.Closest("[data-unknown-key], [data-twin]").Length() == 0 { // which lead to another host's jar on purpose
					t.Errorf("%s links to %s, which is not root-relative", page, href)
				}
			}
			if at := strings.TrimPrefix(strings.SplitN(href, "?", 2)[0], "/"); slices.Contains(routes, at) {
				t.Errorf("%s links to %s: the routes are reached by buttons", page, href)
			}
		})
	}
}

func readablePanels(t *testing.T, address string, doc *goquery.Document) {
	t.Helper()
	panels := the(t, doc.Selection, "[data-panels]")
	if got := panels.AttrOr("aria-busy", ""); got != "false" {
		t.Errorf("%s: aria-busy is %q, want false", address, got)
	}
	cookie := the(t, panels, `[data-panel="browser"] [data-cookie]`)
	for _, name := range []string{"name", "value", "domain", "host-only", "path", "expires", "secure", "http-only", "same-site", "partitioned"} {
		if _, there := cookie.Attr("data-" + name); !there {
			t.Errorf("%s: the cookie has no data-%s", address, name)
		}
	}
	wire := the(t, panels, `[data-panel="wire"]`)
	the(t, wire, `[data-message="request"]`)
	the(t, wire, `[data-message="response"]`)
	row := the(t, panels, `[data-panel="server"] [data-row][data-key][data-expires]`)
	if got := row.Find("[data-entry][data-key][data-value]").Length(); got != 2 {
		t.Errorf("%s: the row has %d entries, want 2", address, got)
	}
}

func TestNobodySeesAnotherVisitorsRow(t *testing.T) {
	r := site(t)
	victim, thief := r.visitor(), r.visitor()
	victim.get("/set_session?secret=bubbletea")
	thief.get("/set_session?username=li")
	key := victim.held("sessionid")
	tries := map[string]string{
		"no key": "", "own key": "sessionid=" + thief.held("sessionid"), "a part of the key": "sessionid=" + key[:31], "capitals": "sessionid=" + strings.ToUpper(key),
		"with a blank": `sessionid=" ` + key + `"`, "a pattern": "sessionid=%; sessionid=*", "the key under another name": "Sessionid=" + key,
		"the key first": "sessionid=" + key + "; sessionid=" + thief.held("sessionid"),
	}
	for how, cookie := range tries {
		for _, address := range append(pageOfEachKind("zh"), "/api/live", "/get_session?key=username", "/get_cookie?safe=1", "/nothing") {
			for _, headers := range [][]string{{"X-Observe", "1"}, navigates} {
				a := r.visitor().get(address, append([]string{"Cookie", cookie}, headers...)...)
				if strings.Contains(a.body, "bubbletea") {
					t.Errorf("%s with %s shows another visitor's row", address, how)
				}
				if strings.Contains(a.body, key) && !strings.Contains(cookie, key) {
					t.Errorf("%s with %s shows another visitor's key", address, how)
				}
			}
		}
	}
}

func TestStaticFilesAreServedForEver(t *testing.T) {
	v := site(t).visitor()
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".ico": "image/x-icon"}
	for address := range v.load("/en/lessons/session?step=2") {
		want, static := kinds[path.Ext(address)]
		if !static {
			continue
		}
		a := v.get(address)
		if got := a.header.Get("Content-Type"); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
		if got := a.header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s has X-Content-Type-Options %q", address, got)
		}
		if got := a.header.Get("Content-Length"); got != strconv.Itoa(len(a.body)) {
			t.Errorf("%s has Content-Length %s, but %d octets", address, got, len(a.body))
		}
		if strings.HasPrefix(address, "/static/") {
			old := "/static/000000000000/" + strings.SplitN(strings.TrimPrefix(address, "/static/"), "/", 2)[1]
			if got := v.get(old); got.status != http.StatusNotFound {
				t.Errorf("%s, of another build, is %d, want 404", old, got.status)
			}
		}
	}
	for _, address := range []string{"/static/", "/static/../main.go", "/static/%2e%2e/main.go", "/static/x/js/", "/robots.txt", "/.git/config"} {
		if a := v.get(address); a.status != http.StatusNotFound {
			t.Errorf("GET %s is %d, want 404", address, a.status)
		}
	}
}

// logLines is a writer that sends each line of a log to a channel.
type logLines chan string

func (l logLines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// A page has the request's id, so that a report of a fault can name its line in the log.
func TestAPageHasTheIDOfItsLineInTheLog(t *testing.T) {
	lines := make(logLines, 10)
	log := serve.NewLog(lines, 1<<20)
	defer log.Close(t.Context())
	r := site(t, func(d *handlers.Deps) { d.Log = log })
	for _, path := range []string{"/en/", "/zh/nothing", "/api/live", "/healthz"} {
		id := r.visitor().browse(path).header.Get("X-Request-Id")
		line := <-lines // it is written after the answer
		if id == "" || !strings.Contains(line, "id="+id+" method=GET path="+path+" ") {
			t.Errorf("%s has the id %q; its line is %s", path, id, line)
		}
	}
	if a := r.visitor().live("/set_session"); strings.Contains(strings.ToLower(a.body), "x-request-id") || a.header.Get("X-Request-Id") != "" {
		t.Errorf("a demo route shows an id: %v %s", a.header, a.body)
	}
}
