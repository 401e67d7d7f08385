package handlers

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"cookielab/handlers/site"
	"cookielab/internal/session"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
)

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type reply struct {
	status  int
	header  http.Header
	body    string
	cookies []string
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// oneSpaced returns a text in which any white space is one space, as a browser shows it.
func oneSpaced(text string) string { return strings.Join(strings.Fields(text), " ") }

func isChinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// A machine is the application as the time machine's page uses it. Playing has no side
// effects, so it needs no connection and no clock.
type machine struct {
	*testing.T
	app     *app
	handler http.Handler
}

// parts are what no test changes and what is slow to load.
var parts = sync.OnceValues(func() (Deps, error) {
	catalogue, err := lessons.Load(lessons.FS)
	if err != nil {
		return Deps{}, err
	}
	files, err := static.New()
	if err != nil {
		return Deps{}, err
	}
	pages, err := templates.Load(files.URL)
	return Deps{Lessons: catalogue, Pages: pages, Static: files}, err
})

func newMachine(t *testing.T) *machine {
	t.Helper()
	d, err := parts()
	if err != nil {
		t.Fatal(err)
	}
	d.Backend, d.Now, d.Rand = session.NewMemory(), func() time.Time { return newYear }, rand.NewChaCha8([32]byte{})
	a := &app{Deps: d, site: site.New(d.Backend, d.Now, d.Rand), plays: fourPlays()}
	e := echo.New()
	e.HTTPErrorHandler = a.fail
	a.routes(e)
	return &machine{t, a, e}
}

// post posts a body as a page posts a script.
func (m *machine) post(path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w
}

// drawn posts actions in JSON and returns the drawn frames.
func (m *machine) drawn(lang, actions string) drawn {
	m.Helper()
	return m.drawnStep(lang, nil, "", actions)
}

// drawnStep also sends the step that the actions belong to, and the prediction.
func (m *machine) drawnStep(lang string, step *lessons.Step, guess, actions string) drawn {
	m.Helper()
	asked := map[string]any{"actions": json.RawMessage(actions), "lesson": "lab", "step": "lab", "guess": guess}
	if step != nil {
		asked["lesson"], asked["step"] = step.Lesson.ID, step.ID
	}
	w := m.post("/"+lang+"/play", asJSON(m.T, asked))
	var out drawn
	told := w.Body.String()
	d := json.NewDecoder(strings.NewReader(told))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil || w.Code != http.StatusOK {
		m.Fatalf("status %d, %v: %.300s", w.Code, err, told)
	}
	return out
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fragmentOf parses a part of a page.
func fragmentOf(t *testing.T, html string) *goquery.Selection {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Find("body")
}

// panelsOf returns the panels of each frame.
func (m *machine) panelsOf(d drawn) []*goquery.Selection {
	m.Helper()
	var list []*goquery.Selection
	for n, f := range d.Frames {
		panels := fragmentOf(m.T, f.HTML).Find("[data-panels]")
		if panels.Length() != 1 {
			m.Fatalf("frame %d has %d panels, want one", n, panels.Length())
		}
		list = append(list, panels)
	}
	return list
}

// textsOf returns the trimmed text of each element.
func textsOf(s *goquery.Selection) []string {
	list := []string{}
	s.Each(func(_ int, e *goquery.Selection) { list = append(list, oneSpaced(e.Text())) })
	return list
}

// attrsOf returns one attribute of each element.
func attrsOf(s *goquery.Selection, name string) []string {
	list := []string{}
	s.Each(func(_ int, e *goquery.Selection) { list = append(list, e.AttrOr(name, "(none)")) })
	return list
}

// dataSkeleton returns the data attributes of each element.
func dataSkeleton(s *goquery.Selection) []string {
	var list []string
	s.Find("*").Each(func(_ int, e *goquery.Selection) {
		var names []string
		for _, a := range e.Get(0).Attr {
			if strings.HasPrefix(a.Key, "data-") {
				names = append(names, a.Key)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			list = append(list, e.Get(0).Data+" "+strings.Join(names, " "))
		}
	})
	return list
}
