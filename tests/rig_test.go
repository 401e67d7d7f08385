package tests

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// A rig is the whole application on a real port, over a table in memory and with
// a clock that only the test moves.
type rig struct {
	t       *testing.T
	url     string
	backend session.Backend
	lessons *lessons.Catalogue
	clock   atomic.Int64 // ms since 1970

	mu  sync.Mutex
	log []served
}

// served is one request as it came, and the response as it went.
type served struct {
	at      time.Time // when it came, by the machine's clock
	request *http.Request
	status  int
	header  http.Header
	body    string
}

// newYear is the time of a rig's clock at first.
var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// site starts the application. A change may put another part in its place.
func site(t *testing.T, changes ...func(*handlers.Deps)) *rig {
	t.Helper()
	r := &rig{t: t, backend: session.NewMemory()}
	r.clock.Store(newYear.UnixMilli())
	fixed := assembled(t)
	r.lessons = fixed.Lessons
	deps := handlers.Deps{
		Backend: r.backend, Now: r.now, Rand: rand.NewChaCha8([32]byte{}),
		Lessons: fixed.Lessons, Pages: fixed.Pages, Static: fixed.Static,
	}
	for _, change := range changes {
		change(&deps)
	}
	r.backend = deps.Backend
	app, err := handlers.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r.recorded(app))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// recorded records requests and answers, except those for styles, scripts and the icon.
func (r *rig) recorded(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		at, asked := time.Now(), request.Clone(request.Context())
		copied := &copier{ResponseWriter: w, status: http.StatusOK}
		app.ServeHTTP(copied, request)
		if kind := path.Ext(request.URL.Path); kind == ".css" || kind == ".js" || kind == ".ico" {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.log = append(r.log, served{at, asked, copied.status, w.Header().Clone(), copied.body.String()})
	})
}

// copier is a ResponseWriter that keeps a copy of what is written.
type copier struct {
	http.ResponseWriter
	status int
	body   strings.Builder
}

func (c *copier) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *copier) Write(content []byte) (int, error) {
	c.body.Write(content)
	return c.ResponseWriter.Write(content)
}

// Unwrap lets a stream flush and set its deadlines.
func (c *copier) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// since returns the record from an index on. The length of since(0) is the index for what
// comes next.
func (r *rig) since(place int) []served {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log[place:])
}

// parts are what is slow to load and not changed by any test; they are shared.
var parts = sync.OnceValues(func() (handlers.Deps, error) {
	catalogue, err := lessons.Load(lessons.FS)
	if err != nil {
		return handlers.Deps{}, err
	}
	files, err := static.New()
	if err != nil {
		return handlers.Deps{}, err
	}
	pages, err := templates.Load(files.URL)
	return handlers.Deps{Lessons: catalogue, Static: files, Pages: pages}, err
})

func assembled(t *testing.T) handlers.Deps {
	t.Helper()
	deps, err := parts()
	if err != nil {
		t.Fatal(err)
	}
	return deps
}

func (r *rig) now() time.Time { return time.UnixMilli(r.clock.Load()) }

func (r *rig) advance(d time.Duration) { r.clock.Add(d.Milliseconds()) }

// rows is the whole table.
func (r *rig) rows() []session.Row {
	r.t.Helper()
	rows, err := r.backend.(session.Lister).Rows(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

// A visitor is one browser without JavaScript: a jar and an Accept header.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (r *rig) visitor() *visitor { return visit(r.t, r.url) }

// visit makes a visitor of a site. It follows no redirect by itself, asks for no
// compression and has a jar of its own.
func visit(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t, strings.TrimSuffix(base, "/"), &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response that has been read.
type answer struct {
	t      *testing.T
	url    string
	status int
	header http.Header
	body   string
}

// get asks for an address; headers are name, value, name, value.
func (v *visitor) get(path string, headers ...string) answer {
	v.t.Helper()
	return v.ask(http.MethodGet, path, "", headers...)
}

// browse asks as a browser that navigates.
func (v *visitor) browse(path string, headers ...string) answer {
	v.t.Helper()
	return v.get(path, append(navigates, headers...)...)
}

// navigates are the headers that Chromium sends when it follows a link of the same site.
var navigates = []string{
	"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
	"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document",
}

// live asks a page what it sees.
func (v *visitor) live(path string, headers ...string) answer {
	v.t.Helper()
	return v.get(path, append([]string{"X-Observe", "1"}, headers...)...)
}

func (v *visitor) ask(method, path, body string, headers ...string) answer {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Add(pair[0], pair[1])
		if pair[0] == "Host" {
			request.Host = pair[1]
		}
	}
	response, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{v.t, path, response.StatusCode, response.Header, string(content)}
}

// held is the value of a cookie in the visitor's jar, or "".
func (v *visitor) held(name string) string {
	v.t.Helper()
	base, err := url.Parse(v.base)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, cookie := range v.client.Jar.Cookies(base) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// page reads the answer as HTML.
func (a answer) page() *goquery.Document {
	a.t.Helper()
	if kind := a.header.Get("Content-Type"); !strings.EqualFold(kind, "text/html; charset=utf-8") {
		a.t.Fatalf("GET %s is %q, not a page: %.200s", a.url, kind, a.body)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

// scriptless reads the answer as a browser without JavaScript does, to which what
// stands in noscript is a part of the page.
func (a answer) scriptless() *goquery.Document {
	a.t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(a.body), html.ParseOptionEnableScripting(false))
	if err != nil {
		a.t.Fatal(err)
	}
	return goquery.NewDocumentFromNode(root)
}

// oneLine reports whether the body is one line of plain text.
func (a answer) oneLine() bool {
	text := strings.TrimSuffix(a.body, "\n")
	return strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") && text != "" && !strings.Contains(text, "\n")
}

// the returns the only element of a selector; none or several are an error.
func the(t *testing.T, in *goquery.Selection, selector string) *goquery.Selection {
	t.Helper()
	found := in.Find(selector)
	if found.Length() != 1 {
		t.Fatalf("%d elements are %s, want one", found.Length(), selector)
	}
	return found
}

// submit sends a form as a browser without JavaScript does, and returns what the
// browser then shows.
func (v *visitor) submit(form *goquery.Selection) answer {
	v.t.Helper()
	fields := url.Values{}
	form.Find("input[name], select[name]").Each(func(_ int, field *goquery.Selection) {
		name, value := field.AttrOr("name", ""), field.AttrOr("value", "")
		_, checked := field.Attr("checked")
		switch kind := field.AttrOr("type", ""); {
		case field.Is("select"):
			chosen := field.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = field.Find("option").First()
			}
			fields.Add(name, chosen.AttrOr("value", ""))
		case (kind == "checkbox" || kind == "radio") && !checked:
		default:
			fields.Add(name, value)
		}
	})
	action := form.AttrOr("action", "")
	if strings.EqualFold(form.AttrOr("method", "get"), "post") {
		return v.ask(http.MethodPost, action, fields.Encode(), append(navigates, "Content-Type", "application/x-www-form-urlencoded")...)
	}
	return v.browse(action + "?" + fields.Encode())
}

// everyPage lists the addresses of all pages of a language.
func (r *rig) everyPage(lang string) []string {
	pages := []string{"/" + lang + "/", "/" + lang + "/lab", "/" + lang + "/cookie", "/" + lang + "/exam", "/" + lang + "/progress", "/" + lang + "/lessons/session?task=1", "/" + lang + "/lessons/lifetime?task=1", "/" + lang + "/notes", "/" + lang + "/glossary"}
	for _, lesson := range r.lessons.Lessons {
		for _, step := range lesson.Steps {
			pages = append(pages, stepAddress(lang, step))
		}
		for _, task := range lesson.Tasks {
			pages = append(pages, taskAddress(lang, task))
		}
		pages = append(pages, "/"+lang+"/lessons/"+lesson.ID+"/handout", "/"+lang+"/lessons/"+lesson.ID+"/sheet")
		if len(lesson.Recap) > 0 {
			pages = append(pages, recapAddress(lang, lesson.ID))
		}
	}
	return pages
}

func recapAddress(lang, lesson string) string { return "/" + lang + "/lessons/" + lesson + "/recap" }

func stepAddress(lang string, step *lessons.Step) string {
	return "/" + lang + "/lessons/" + step.Lesson.ID + "?step=" + strconv.Itoa(step.Number)
}

// pageOfEachKind is one page of each kind that has a template of its own.
func pageOfEachKind(lang string) []string {
	return []string{"/" + lang + "/", "/" + lang + "/lab", "/" + lang + "/cookie", "/" + lang + "/lessons/session?step=2", "/" + lang + "/lessons/lifetime?step=1", "/" + lang + "/lessons/attributes?step=5", "/" + lang + "/exam?seed=one", "/" + lang + "/progress", "/" + lang + "/lessons/session?task=1", "/" + lang + "/lessons/lifetime?task=1", "/" + lang + "/notes", "/" + lang + "/glossary", recapAddress(lang, "session"), "/" + lang + "/lessons/session/sheet"}
}
