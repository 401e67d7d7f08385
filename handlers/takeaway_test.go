package handlers

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/lessons"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"
)

// A desk is the whole application, for requests of take-aways.
type desk struct {
	*testing.T
	backend *session.Memory
	lessons *lessons.Catalogue
	url     string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	deps, err := parts()
	if err != nil {
		t.Fatal(err)
	}
	backend := session.NewMemory()
	deps.Backend, deps.Now, deps.Rand = backend, func() time.Time { return newYear }, rand.NewChaCha8([32]byte{})
	app, err := New(deps)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	return &desk{t, backend, deps.Lessons, server.URL}
}

// request makes a request; headers are name, value, name, value.
func (d *desk) request(method, path, body string, headers ...string) reply {
	d.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text), response.Header["Set-Cookie"]}
}

// take posts a moment as a page does.
func (d *desk) take(path string, moment any, headers ...string) reply {
	d.Helper()
	text, err := json.Marshal(moment)
	if err != nil {
		d.Fatal(err)
	}
	form := url.Values{"moment": {string(text)}}
	return d.request(http.MethodPost, path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// taken is take, and fails the test if it does not succeed.
func (d *desk) taken(path string, moment any) reply {
	d.Helper()
	got := d.take(path, moment)
	if got.status != http.StatusOK {
		d.Fatalf("POST %s is %d %.300s, want 200", path, got.status, got.body)
	}
	return got
}

func (r reply) document(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

type object = map[string]any

// script returns a moment of the time machine with these actions.
func script(actions ...object) object {
	return object{"lesson": "lab", "step": "lab", "actions": actions}
}

func goes(browser, address string) object {
	return object{"do": "visit", "browser": browser, "url": address}
}

func TestWhatCannotBeTakenAwayIsRefusedInOneLine(t *testing.T) {
	d := newDesk(t)
	form := func(moment string) string { return url.Values{"moment": {moment}}.Encode() }
	const typed = "application/x-www-form-urlencoded"
	frames := func(n int) string { return `{"frames":[{}` + strings.Repeat(`,{}`, n-1) + `]}` }
	exchange := func(method, address string) string {
		return `{"frames":[{"frame":{"exchange":{"request":{"method":"` + method + `","url":"` + address + `"},"response":{"status":200}}}}]}`
	}
	swell := `{"actions":[{"do":"visit","browser":"A","url":"/set_session?a=` + strings.Repeat("%3C", 5000) + `"}` + strings.Repeat(`,{"do":"purge"}`, 480) + `]}`
	secrets := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, `{"name":"n","value":"v`+strconv.Itoa(i)+`"}`)
		}
		return `{"frames":[{"frame":{"browsers":{"A":{"jar":[` + strings.Join(list, ",") + `]}}}}]}`
	}
	for name, test := range map[string]struct {
		kind, body string
		status     int
	}{
		"JSON":                         {"application/json", `{}`, 415},
		"multipart":                    {"multipart/form-data; boundary=x", "--x--\r\n", 415},
		"no type":                      {"", form(`{}`), 415},
		"a type with a charset":        {typed + "; charset=UTF-8", form(`{}`), 200},
		"a malformed form":             {typed, "moment=%zz", 400},
		"no moment":                    {typed, "", 400},
		"no JSON":                      {typed, form("moment"), 400},
		"a list":                       {typed, form("[]"), 400},
		"a bad script":                 {typed, form(`{"actions":[{"do":"dance"}]}`), 400},
		"a script that is no list":     {typed, form(`{"actions":1}`), 400},
		"frames that are none":         {typed, form(`{"frames":[1]}`), 400},
		"a moment at no time":          {typed, form(`{"frames":[{"frame":{"at":"now"}}]}`), 400},
		"an exchange with no address":  {typed, form(exchange("GET", "")), 400},
		"an exchange elsewhere":        {typed, form(exchange("GET", "file:///etc/passwd")), 400},
		"an exchange with a password":  {typed, form(exchange("GET", "http://a:b@localhost/")), 400},
		"an exchange with no method":   {typed, form(exchange("", "http://localhost/")), 400},
		"an exchange with two methods": {typed, form(exchange("GET POST", "http://localhost/")), 400},
		"an exchange":                  {typed, form(exchange("GET", "http://localhost/")), 200},
		"as many frames as may be":     {typed, form(frames(500)), 200},
		"a frame too many":             {typed, form(frames(501)), 413},
		"a script too long":            {typed, form(`{"x":"` + strings.Repeat("x", 64<<10) + `"}`), 413},
		"a form too long":              {typed, "x=" + strings.Repeat("x", 256<<10), 413},
		"as many values as may be":     {typed, form(secrets(1900)), 200},
		"too many values":              {typed, form(secrets(2100)), 413},
	} {
		t.Run(name, func(t *testing.T) {
			for _, address := range []string{"/en/handout", "/zh/har", "/en/curl"} {
				got := d.request(http.MethodPost, address, test.body, "Content-Type", test.kind)
				if got.status != test.status {
					t.Errorf("POST %s is %d %.100s, want %d", address, got.status, got.body, test.status)
				}
				if test.status >= 400 {
					oneLine(t, address, got)
				}
			}
		})
	}
	t.Run("too much to print", func(t *testing.T) {
		got := d.request(http.MethodPost, "/en/handout", form(swell), "Content-Type", typed)
		if got.status != http.StatusOK || len(got.body) > maxPaper+32<<10 {
			t.Errorf("it is %d with %d octets, want 200 and not much more than %d", got.status, len(got.body), maxPaper)
		}
		doc := got.document(t)
		printed := attrsOf(doc.Find("[data-moment]"), "data-moment")
		if len(printed) == 0 || printed[len(printed)-1] != "481" {
			t.Fatalf("the moments %q are printed, want the last ones", printed)
		}
		first, _ := strconv.Atoi(printed[0])
		if said := doc.Find("[data-omitted]").Text(); !strings.Contains(said, "first "+strconv.Itoa(first-1)+" steps") {
			t.Errorf("the moments from %d on are printed, and it says %q", first, said)
		}
	})
}

// oneLine checks that the answer is one line of plain text.
func oneLine(t *testing.T, what string, got reply) {
	t.Helper()
	text, ended := strings.CutSuffix(got.body, "\n")
	if kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type")); kind != "text/plain" || !ended || text == "" || strings.Contains(text, "\n") {
		t.Errorf("%s: %.200q, a %s, is not one line of text", what, got.body, kind)
	}
}

func TestOnlyThisSitesPagesAskToTakeAway(t *testing.T) {
	d := newDesk(t)
	for name, test := range map[string]struct {
		headers []string
		status  int
	}{
		"a page of this site":            {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Origin", d.url}, 200},
		"a program":                      {nil, 200},
		"an older browser":               {[]string{"Origin", d.url}, 200},
		"another site":                   {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
		"another program on this host":   {[]string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"}, 403},
		"another site, an older browser": {[]string{"Origin", "https://evil.example"}, 403},
		"nobody in particular":           {[]string{"Origin", "null"}, 403},
	} {
		for _, address := range takenForms {
			if got := d.take(address, script(), test.headers...); got.status != test.status {
				t.Errorf("%s posts to %s: %d, want %d", name, address, got.status, test.status)
			}
		}
	}
	for _, address := range takenForms {
		if got := d.request(http.MethodGet, address, ""); got.status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s is %d, want 405", address, got.status)
		}
	}
}

func TestTakingAwayWaitsForAPlaceLikeAnyPlay(t *testing.T) {
	a := &app{plays: fourPlays()}
	for range playsAtOnce {
		a.plays.accepted <- struct{}{}
	}
	w := httptest.NewRecorder()
	d := newDesk(t)
	a.Lessons = d.lessons
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/en/lessons/session/har", nil), w)
	c.SetParamNames("id")
	c.SetParamValues("session")
	if err := a.takeLesson(a.har)(c); err == nil || w.Header().Get("Retry-After") == "" {
		t.Errorf("without a place it says %v, Retry-After %q", err, w.Header().Get("Retry-After"))
	}
}

// Of a very full jar only a part is printed, together with its size.
func TestAFullJarIsPrintedInPart(t *testing.T) {
	d := newDesk(t)
	doc := d.request(http.MethodGet, "/en/lessons/two-browsers/handout", "").document(t)
	var full []string
	doc.Find("[data-panel='browser']").Each(func(_ int, panel *goquery.Selection) {
		n := panel.Find("[data-cookie]").Length()
		if n > 20 {
			t.Errorf("a moment prints %d cookies", n)
		}
		if more := panel.Find("[data-more]"); more.Length() > 0 {
			full = append(full, more.Text())
		}
	})
	if got, want := strings.Join(full, ", "), "… and 160 more cookies, … and 130 more cookies, … and 131 more cookies, … and 130 more cookies"; got != want {
		t.Errorf("full jars are printed as %s, want %s", got, want)
	}
	if n := doc.Find(".said-too").Last().Find("[data-note]").Length(); n > 20 {
		t.Errorf("a moment prints %d notes", n)
	}
}
