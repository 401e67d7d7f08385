package handlers

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"
)

// A machine is the application as the time machine's page uses it. Playing has no side
// effects, so it needs no connection and no clock.
type machine struct {
	*testing.T
	app     *app
	handler http.Handler
}

// machineParts are parts that no test changes and that are slow to load.
var machineParts = sync.OnceValues(func() (Deps, error) {
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
	d, err := machineParts()
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
	s.Each(func(_ int, e *goquery.Selection) { list = append(list, strings.Join(strings.Fields(e.Text()), " ")) })
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

func TestAScriptIsAnsweredWithDrawnFrames(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"visit","browser":"B","url":"/set_session"},{"do":"visit","browser":"A","url":"/get_cookie"},{"do":"wait","seconds":60}]`)
	if len(d.Frames) != 4 {
		t.Fatalf("%d frames after three actions, want 4", len(d.Frames))
	}
	same(t, "browsers", d.Browsers, []string{"A", "B"})
	same(t, "verdict of free play", d.Verdict, "")
	var at []string
	var status []int
	for n, panels := range m.panelsOf(d) {
		f := d.Frames[n]
		at, status = append(at, f.At.Format(time.RFC3339)), append(status, f.Status)
		same(t, "the panels' moment", panels.AttrOr("data-at", ""), f.At.Format(time.RFC3339))
	}
	same(t, "moments", at, []string{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"})
	same(t, "status", status, []int{0, 200, 500, 0})
	if n := fragmentOf(t, d.Lifetimes).Find(`[data-panel="lifetimes"] svg[data-drag]`).Length(); n != 1 {
		t.Errorf("%d pictures of lifetimes can be dragged, want one", n)
	}

	empty := m.drawn("zh", `[]`)
	same(t, "browsers of no action", empty.Browsers, []string{})
	if len(empty.Frames) != 1 || m.panelsOf(empty)[0].Find("[data-browser=A]").Length() != 1 {
		t.Error("the empty world has no browser to begin with")
	}
}

func TestADrawnFrameSaysWhatTheFrameSays(t *testing.T) {
	m := newMachine(t)
	const actions = `[{"do":"visit","browser":"A","url":"/set_cookie?max_age=60&httponly=1"},{"do":"visit","browser":"A","url":"/set_session?z=1&a=少冰"},
		{"do":"put","browser":"B","name":"sessionid","copy":"A"},{"do":"visit","browser":"B","url":"/get_session?key=no"},{"do":"server","op":"corrupt","browser":"A"},{"do":"wait","seconds":1209600}]`
	script, err := world.ParseScript([]byte(`{"actions":` + actions + `}`))
	if err != nil {
		t.Fatal(err)
	}
	frames, err := world.Play(script, site.Handler, scene.Tell)
	if err != nil {
		t.Fatal(err)
	}
	for n, panels := range m.panelsOf(m.drawn("en", actions)) {
		f := frames[n]
		for name, b := range f.Browsers {
			panel := panels.Find(`[data-browser="` + name + `"]`)
			var want []string
			for _, c := range b.Jar {
				expires := "session"
				if c.Expires != nil {
					expires = c.Expires.Format(time.RFC3339)
				}
				want = append(want, fmt.Sprint([]any{c.Name, c.Value, c.Domain, c.HostOnly, c.Path, expires, c.Secure, c.HTTPOnly, c.SameSite, c.Partitioned}))
			}
			var got []string
			panel.Find("[data-cookie]").Each(func(_ int, e *goquery.Selection) {
				var fields []any
				for _, name := range []string{"name", "value", "domain", "host-only", "path", "expires", "secure", "http-only", "same-site", "partitioned"} {
					fields = append(fields, e.AttrOr("data-"+name, "(none)"))
				}
				got = append(got, fmt.Sprint(fields))
			})
			same(t, fmt.Sprintf("frame %d, the jar of %s", n, name), got, want)
			same(t, fmt.Sprintf("frame %d, document.cookie of %s", n, name), textsOf(panel.Find("[data-document-cookie]")), []string{`"` + b.DocumentCookie + `"`})
		}
		var want []string
		for _, r := range f.Server.Rows {
			want = append(want, r.Key+" "+r.Expires.Format(time.RFC3339))
			entries, _ := r.Entries()
			for _, e := range entries {
				want = append(want, e.Key+" "+scene.JSONText(e.Value()))
			}
		}
		var got []string
		panels.Find("[data-row], [data-entry]").Each(func(_ int, e *goquery.Selection) {
			got = append(got, e.AttrOr("data-key", "")+" "+e.AttrOr("data-value", e.AttrOr("data-expires", "")))
		})
		same(t, fmt.Sprintf("frame %d, the rows", n), got, want)
		said := textsOf(panels.Find(".lead-note:not(.idle), [data-note]"))
		for _, note := range f.Notes {
			if !slices.ContainsFunc(said, func(text string) bool { return strings.HasSuffix(text, note.Text) }) {
				t.Errorf("frame %d does not say: %s", n, note.Text)
			}
		}
		if f.Exchange != nil {
			same(t, fmt.Sprintf("frame %d, exchanges", n), attrsOf(panels.Find("[data-exchange]"), "data-exchange"), []string{f.Exchange.ID})
		}
	}
}

func TestFramesAreDrawnInBothLanguagesAlike(t *testing.T) {
	m := newMachine(t)
	zh, en := m.drawn("zh", tour), m.drawn("en", tour)
	if len(zh.Frames) != len(en.Frames) {
		t.Fatalf("%d frames in Chinese, %d in English", len(zh.Frames), len(en.Frames))
	}
	english := m.panelsOf(en)
	for n, panels := range m.panelsOf(zh) {
		same(t, "skeleton of frame "+strconv.Itoa(n), dataSkeleton(panels), dataSkeleton(english[n]))
		if said := panels.Find(".lead-note").Text(); !isChinese(said) {
			t.Errorf("frame %d says in Chinese: %s", n, said)
		}
		if said := english[n].Text(); isChinese(said) {
			t.Errorf("frame %d is not all in English: %q", n, strings.Join(strings.Fields(said), " "))
		}
	}
	same(t, "skeleton of the lifetimes", dataSkeleton(fragmentOf(t, zh.Lifetimes)), dataSkeleton(fragmentOf(t, en.Lifetimes)))
}

// Every text comes from the catalogue: no message key and no unfilled variable is displayed.
func TestNoMessageOfAFrameIsMissingOrHasAHole(t *testing.T) {
	m := newMachine(t)
	for _, lang := range templates.Languages {
		d := m.drawn(lang, tour)
		seen := map[string]bool{}
		look := func(where, text string) {
			t.Helper()
			if seen[text] {
				return
			}
			seen[text] = true
			if hole := placeholder.FindString(text); hole != "" {
				t.Errorf("%s, %s: %s in %q", lang, where, hole, text)
			}
			for _, key := range templates.Keys(lang) {
				if strings.Contains(key, ".") && strings.Contains(text, key) {
					t.Errorf("%s, %s: the key %s in %q", lang, where, key, text)
				}
			}
			for _, start := range []string{"label.", "note.", "chip.", "help.", "lifetimes.", "term."} {
				if strings.Contains(text, start) {
					t.Errorf("%s, %s: %q", lang, where, text)
				}
			}
		}
		words := func(where string, s *goquery.Selection) {
			s.Find("*").Each(func(_ int, e *goquery.Selection) {
				if e.Children().Length() == 0 {
					look(where, e.Text())
				}
				for _, name := range []string{"title", "aria-label", "placeholder"} {
					look(where, e.AttrOr(name, ""))
				}
			})
		}
		for n, panels := range m.panelsOf(d) {
			look("label "+strconv.Itoa(n), d.Frames[n].Label)
			words("frame "+strconv.Itoa(n), panels)
		}
		words("lifetimes", fragmentOf(t, d.Lifetimes))
	}
}

func TestTheSameScriptIsDrawnWithTheSameBytes(t *testing.T) {
	for _, lang := range templates.Languages {
		body := `{"lesson":"cookie","actions":` + tour + `}`
		first := newMachine(t).post("/"+lang+"/play", body).Body.String()
		m := newMachine(t)
		m.post("/"+lang+"/play", `{"actions":[{"do":"visit","browser":"A","url":"/set_session"}]}`)
		if again := m.post("/"+lang+"/play", body).Body.String(); again != first {
			t.Errorf("%s: %d octets, then %d others", lang, len(first), len(again))
		}
		// The address decides the language, whatever the script says.
		if other := m.post("/"+lang+"/play", `{"lang":"zh",`+body[1:]).Body.String(); other != first {
			t.Errorf("%s: a script that asks for Chinese is drawn otherwise", lang)
		}
	}
}

// everyStep returns the steps that the time machine can play.
func (m *machine) everyStep() []*lessons.Step {
	var steps []*lessons.Step
	for _, lesson := range m.app.Lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar == nil {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

// outcomes returns the letters of the options that, by the verdict, held or did not hold.
func outcomes(verdict *goquery.Selection, held bool) []string {
	return attrsOf(verdict.Find(`[data-outcome][data-held="`+strconv.FormatBool(held)+`"]`), "data-outcome")
}

func TestTheVerdictIsWhatHoldsInTheWorld(t *testing.T) {
	m := newMachine(t)
	played := 0
	for i, step := range m.everyStep() {
		frames, err := world.Play(world.Script{Actions: step.Actions()}, site.Handler, scene.Tell)
		if err != nil {
			t.Fatal(err)
		}
		right := step.Right(step.Played(frames))
		if len(right) != 1 {
			t.Fatalf("%s %s: options %q hold", step.Lesson.ID, step.ID, right)
		}
		lang := templates.Languages[i%2]
		for _, guess := range []string{"", step.Options[0].Letter, step.Options[1].Letter} {
			name := fmt.Sprintf("%s %s, guess %q", step.Lesson.ID, step.ID, guess)
			d := m.drawnStep(lang, step, guess, asJSON(t, step.Actions()))
			verdict := fragmentOf(t, d.Verdict)
			same(t, name+": held", outcomes(verdict, true), right)
			same(t, name+": not held", len(outcomes(verdict, false)), len(step.Options)-1)
			judgement := map[string]string{"": "judgement", right[0]: "judgement right"}[guess]
			if judgement == "" {
				judgement = "judgement wrong"
			}
			same(t, name+": judgement", attrsOf(verdict.Find(".judgement"), "class"), []string{judgement})
			chosen := []string{}
			if guess != "" {
				chosen = append(chosen, guess)
			}
			same(t, name+": chosen", attrsOf(verdict.Find(".chosen"), "data-outcome"), chosen)
			if n := verdict.Find(`.take-home`).Length(); n != 1 {
				t.Errorf("%s: %d things to take home", name, n)
			}
		}
		played++
	}
	if played < 50 {
		t.Errorf("only %d steps were played", played)
	}
}

// A verdict is only given for the step's own script, not for a similar one.
func TestThereIsNoVerdictOnAnotherScript(t *testing.T) {
	m := newMachine(t)
	steps := m.everyStep()
	step := steps[slices.IndexFunc(steps, func(s *lessons.Step) bool { return len(s.From) > 0 && len(s.Do) > 1 })]
	actions := step.Actions()
	other := slices.Clone(actions)
	slices.Reverse(other)
	for name, script := range map[string][]world.Action{
		"an action more":   append(slices.Clone(actions), world.Action{Do: "purge"}),
		"an action less":   actions[:len(actions)-1],
		"another order":    other,
		"its start alone":  step.From,
		"its buttons only": step.Do,
		"nothing":          {},
	} {
		if d := m.drawnStep("en", step, "a", asJSON(t, script)); d.Verdict != "" {
			t.Errorf("%s: there is a verdict", name)
		}
	}
	for name, where := range map[string][2]string{
		"another step":   {step.Lesson.ID, steps[len(steps)-1].ID},
		"another lesson": {steps[len(steps)-1].Lesson.ID, step.ID},
		"no lesson":      {"", ""},
		"the lab":        {"lab", "lab"},
	} {
		w := m.post("/en/play", asJSON(t, map[string]any{"lesson": where[0], "step": where[1], "actions": actions}))
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"verdict":""`) {
			t.Errorf("%s: status %d, and there is a verdict", name, w.Code)
		}
	}
	for _, lesson := range m.app.Lessons.Lessons {
		for _, asks := range lesson.Steps {
			if asks.Jar != nil && m.drawnStep("zh", asks, "", `[]`).Verdict != "" {
				t.Errorf("%s %s is put to the jar, and no script has a verdict on it", lesson.ID, asks.ID)
			}
		}
	}
	if m.drawnStep("en", step, "a", asJSON(t, actions)).Verdict == "" {
		t.Error("and there is none on the step's own script")
	}
}

func TestABadScriptIsAnsweredWithOneLine(t *testing.T) {
	m := newMachine(t)
	for name, test := range map[string]struct {
		body   string
		action string // what the answer says of it
	}{
		"nothing":                  {``, ""},
		"no JSON":                  {`{"actions":`, ""},
		"a list":                   {`[]`, ""},
		"a text":                   {`"actions"`, ""},
		"two objects":              {`{} {}`, ""},
		"actions that are no list": {`{"actions":{}}`, ""},
		"a lesson that is no text": {`{"lesson":1,"actions":[]}`, ""},
		"a start that is none":     {`{"start":"tomorrow"}`, ""},
		"an unknown action":        {`{"actions":[{"do":"purge"},{"do":"dance"}]}`, "1"},
		"an action that is none":   {`{"actions":[7]}`, "0"},
		"an action that is null":   {`{"actions":[null]}`, "0"},
		"a nested type":            {`{"actions":[{"do":"wait","seconds":"1"}]}`, "0"},
		"a wait too long":          {`{"actions":[{"do":"wait","seconds":1000000001}]}`, "0"},
		"another internet":         {`{"actions":[{"do":"visit","browser":"A","url":"https://example.com/"}]}`, "0"},
		"another scheme":           {`{"actions":[{"do":"visit","browser":"A","url":"javascript:alert(1)"}]}`, "0"},
		"too many actions":         {`{"actions":[{"do":"purge"}` + strings.Repeat(`,{"do":"purge"}`, 500) + `]}`, "500"},
		"too many browsers":        {`{"actions":[` + strings.TrimSuffix(browsersNamed("ABCDEFGHI"), ",") + `]}`, "8"},
		"deep":                     {`{"actions":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range templates.Languages {
				w := m.post("/"+lang+"/play", test.body)
				body := w.Body.String()
				if w.Code != http.StatusBadRequest || strings.Count(body, "\n") != 1 || !strings.HasSuffix(body, "\n") {
					t.Fatalf("status %d, want 400 and one line: %.200s", w.Code, body)
				}
				var told struct {
					Error  string
					Action *int
				}
				if err := json.Unmarshal([]byte(body), &told); err != nil || told.Error == "" {
					t.Fatalf("%.200s: %v", body, err)
				}
				at := ""
				if told.Action != nil {
					at = strconv.Itoa(*told.Action)
				}
				same(t, "action", at, test.action)
			}
		})
	}
}

// browsersNamed returns actions that close each of some browsers.
func browsersNamed(names string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, `{"do":"close","browser":"%c"},`, name)
	}
	return b.String()
}

func TestPlayKeepsItsLimits(t *testing.T) {
	m := newMachine(t)
	// Sixty cookies are few, but too many when drawn five hundred times.
	var many strings.Builder
	for i := range 60 {
		fmt.Fprintf(&many, `{"do":"visit","browser":"A","url":"/set_cookie?name=c%d"},`, i)
	}
	for name, test := range map[string]struct {
		contentType, body string
		status            int
	}{
		"a form":              {"application/x-www-form-urlencoded", `actions=[]`, 415},
		"text":                {"text/plain", `{}`, 415},
		"no type":             {"", `{}`, 415},
		"as much as may be":   {"application/json", `{"x":"` + strings.Repeat("x", maxScript-8) + `"}`, 200},
		"an octet more":       {"application/json", `{"x":"` + strings.Repeat("x", maxScript-7) + `"}`, 413},
		"frames too large":    {"application/json", `{"actions":[{"do":"visit","browser":"A","url":"/set_session?a=` + strings.Repeat("x", 30000) + `"}` + strings.Repeat(`,{"do":"purge"}`, 400) + `]}`, 413},
		"drawings too large":  {"application/json", `{"actions":[` + many.String() + strings.Repeat(`{"do":"purge"},`, 439) + `{"do":"purge"}]}`, 413},
		"a script of its own": {"application/json", `{"actions":[` + strings.TrimSuffix(many.String(), ",") + `]}`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range templates.Languages {
				r := httptest.NewRequest(http.MethodPost, "/"+lang+"/play", strings.NewReader(test.body))
				r.Header.Set("Content-Type", test.contentType)
				w := httptest.NewRecorder()
				m.handler.ServeHTTP(w, r)
				if w.Code != test.status {
					t.Errorf("status %d, want %d: %.200s", w.Code, test.status, w.Body)
				}
				if !json.Valid(w.Body.Bytes()) || strings.Count(w.Body.String(), "\n") != 1 {
					t.Errorf("not one line of JSON: %.200s", w.Body)
				}
				for name, want := range map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Set-Cookie": ""} {
					if got := w.Header().Get(name); got != want {
						t.Errorf("%s is %q, want %q", name, got, want)
					}
				}
			}
		})
	}
	if rows, err := m.app.Backend.(session.Counter).Count(t.Context()); err != nil || rows != 0 {
		t.Errorf("playing has left %d rows in the real table, %v", rows, err)
	}
}

// Playing takes memory: the pages and the API share four places.
func TestThePlacesForPlayingAreSharedWithTheAPI(t *testing.T) {
	m := newMachine(t)
	addresses := []string{"/zh/play", "/en/play", "/api/play"}
	for range playsAtOnce {
		m.app.plays.places <- struct{}{}
	}
	for _, address := range addresses {
		w := m.post(address, `{}`)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s with no place left: status %d, Retry-After %q, %s", address, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	}
	<-m.app.plays.places
	for range 2 { // each releases its place, even after an error
		for _, address := range addresses {
			for body, want := range map[string]int{`{}`: 200, `{"actions":[{}]}`: 400} {
				if w := m.post(address, body); w.Code != want {
					t.Errorf("%s with a place left: status %d, want %d", address, w.Code, want)
				}
			}
		}
	}
}

// Text from a script is displayed and never becomes markup.
func TestHostileWordsAreDrawnAsTheyAre(t *testing.T) {
	const nasty = `"'><img src=x onerror=alert(1)><script>alert(2)</script>&lt{{.}}`
	m := newMachine(t)
	script := []world.Action{
		{Do: "put", Browser: `"><b onclick=1>`, Name: `<i>"'&amp`, Value: new(nasty)},
		{Do: "put", Browser: `"><b onclick=1>`, Name: "sessionid", Value: new(`"><script>alert("key")</script>`)},
		{Do: "visit", Browser: `"><b onclick=1>`, URL: "/get_cookie?name=x&<script>=1"},
		{Do: "visit", Browser: "B", URL: "/set_session?" + url.Values{`<u>"'`: {nasty}}.Encode()},
		{Do: "visit", Browser: "B", URL: "/get_session?key=%3Cu%3E%22'"},
		{Do: "visit", Browser: "B", URL: "/<script>alert(3)</script>"},
		{Do: "script", Browser: "B", Set: new("<s>=" + nasty + "; path=/<s>")},
		{Do: "visit", Browser: "B", URL: "/get_cookie", RawCookie: new("sessionid=" + nasty + "; <b>=1")},
		{Do: "server", Op: "expire", Key: nasty},
		{Do: "visit", Browser: "B", URL: "http://tea.example/set_cookie?path=/<i>&value=<i>"},
	}
	for _, lang := range templates.Languages {
		d := m.drawn(lang, asJSON(t, script))
		pieces := []string{d.Lifetimes}
		for _, f := range d.Frames {
			pieces = append(pieces, f.HTML)
		}
		for n, html := range pieces {
			fragmentOf(t, html).Find("*").Each(func(_ int, e *goquery.Selection) {
				node := e.Get(0)
				if slices.Contains([]string{"script", "img", "b", "i", "u", "s"}, node.Data) && !(node.Data == "b" && e.Parent().Is("summary")) {
					t.Errorf("%s, piece %d has grown an element: <%s>", lang, n, node.Data)
				}
				for _, a := range node.Attr {
					if strings.HasPrefix(a.Key, "on") || strings.ContainsAny(a.Key, `<>"'`) {
						t.Errorf("%s, piece %d has grown an attribute: %s=%q", lang, n, a.Key, a.Val)
					}
				}
			})
		}
		panels := m.panelsOf(d)
		same(t, "the value put", panels[1].Find("[data-cookie]").AttrOr("data-value", ""), nasty)
		same(t, "the name put", panels[1].Find("[data-cookie]").AttrOr("data-name", ""), `<i>"'&amp`)
		same(t, "the browser", panels[1].Find("[data-browser]").AttrOr("data-browser", ""), `"><b onclick=1>`)
		same(t, "the entry's key", panels[4].Find("[data-entry]").AttrOr("data-key", ""), `<u>"'`)
		same(t, "the entry's value", panels[4].Find("[data-entry]").AttrOr("data-value", ""), scene.JSONText(nasty))
		same(t, "the browsers", d.Browsers, []string{`"><b onclick=1>`, "B"})
	}
}

// A frame's panels say which cookies its exchange moved, and from where to where.
func TestTripsAreThoseThatWereMade(t *testing.T) {
	const start = `{"do":"visit","browser":"A","url":"/set_cookie?name=a"},{"do":"visit","browser":"A","url":"/set_session"},`
	sent := []string{"A a 1 jar 2 wire", "A sessionid 1 jar 2 wire 3 row"}
	for name, test := range map[string]struct {
		action string
		want   []string
	}{
		"out and in":     {`{"do":"visit","browser":"A","url":"/set_cookie?name=b"}`, append(slices.Clone(sent), "A b 4 wire 5 jar")},
		"a replacement":  {`{"do":"visit","browser":"A","url":"/set_cookie?name=a&value=2"}`, append(slices.Clone(sent), "A a 4 wire 5 jar")},
		"reading":        {`{"do":"visit","browser":"A","url":"/get_session"}`, sent},
		"a new key":      {`{"do":"visit","browser":"A","url":"/cycle_key"}`, append(slices.Clone(sent), "A sessionid 4 row 5 wire 6 jar")},
		"flush":          {`{"do":"visit","browser":"A","url":"/flush"}`, append(slices.Clone(sent), "A sessionid 4 wire 5 jar")},
		"another's jar":  {`{"do":"visit","browser":"B","url":"/get_session"}`, nil},
		"a new session":  {`{"do":"visit","browser":"B","url":"/set_session"}`, []string{"B sessionid 1 row 2 wire 3 jar"}},
		"another site":   {`{"do":"visit","browser":"A","url":"http://tea.example/get_session"}`, nil},
		"refused":        {`{"do":"visit","browser":"B","url":"/set_cookie?samesite=None"}`, nil},
		"together":       {`{"do":"together","visits":[{"browser":"A","url":"/set_session"},{"browser":"B","url":"/set_cookie"}]}`, append(slices.Clone(sent), "A sessionid 4 row 5 wire 6 jar", "B num 4 wire 5 jar")},
		"an unknown key": {`{"do":"visit","browser":"A","url":"/get_session","raw_cookie":"sessionid=abcdefgh"}`, []string{"A sessionid 1 wire 2 jar"}},
		"a header's key": {`{"do":"visit","browser":"A","url":"/get_session?key=none","raw_cookie":"a=1"}`, nil},
		"a wait":         {`{"do":"wait","seconds":60}`, nil},
		"closing":        {`{"do":"close","browser":"A"}`, nil},
		"copied by hand": {`{"do":"put","browser":"B","name":"sessionid","copy":"A"}`, nil},
		"typed in":       {`{"do":"put","browser":"A","name":"a","value":"2"}`, nil},
		"a script's":     {`{"do":"script","browser":"A","set":"c=1"}`, nil},
		"a purge":        {`{"do":"purge"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			panels := m.panelsOf(m.drawn("en", "["+start+test.action+"]"))[3]
			var got []string
			panels.Find("[data-trip]").Each(func(_ int, trip *goquery.Selection) {
				way := trip.AttrOr("data-trip-of", "") + " " + trip.AttrOr("data-trip", "")
				trip.Find("[data-stop]").Each(func(_ int, stop *goquery.Selection) {
					way += " " + stop.AttrOr("data-stop-n", "") + " " + stop.AttrOr("data-stop", "")
				})
				got = append(got, way)
			})
			same(t, "trips", got, test.want)
		})
	}
}

func TestTheNextExpiryIsTheFirstToCome(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"visit","browser":"A","url":"/set_session"},{"do":"visit","browser":"B","url":"/set_cookie?max_age=60"},{"do":"wait","seconds":59},{"do":"wait","seconds":1},
		{"do":"close","browser":"A"},{"do":"server","op":"expire","browser":"A","seconds":-5},{"do":"visit","browser":"A","url":"/set_cookie?name=s"}]`)
	var got []string
	for _, f := range d.Frames {
		got = append(got, f.Expires)
	}
	same(t, "next expiries", got, []string{"", "2026-01-15T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T00:01:00Z", "2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z",
		"2026-01-15T00:00:00Z", // the row has expired, the cookie has not
		"2026-01-15T00:00:00Z"})
	d = m.drawn("en", `[{"do":"visit","browser":"A","url":"/set_session"},{"do":"visit","browser":"A","url":"/set_expiry?value=0"},{"do":"wait","seconds":1209600}]`)
	same(t, "when a row is all that expires", d.Frames[2].Expires, "2026-01-15T00:00:00Z")
	same(t, "when only a session cookie is left", d.Frames[3].Expires, "")
}

func TestEveryActionHasALabel(t *testing.T) {
	visit := func(url string) world.Action { return world.Action{Do: "visit", Browser: "A", URL: url} }
	wait := func(seconds int64) world.Action { return world.Action{Do: "wait", Seconds: &seconds} }
	for name, test := range map[string]struct {
		action world.Action
		zh, en string
	}{
		"visit":            {visit("/set_session"), "A set_session", "A set_session"},
		"query":            {visit("/set_cookie?value=%E5%B0%91+%E5%86%B0"), "A set_cookie?value=少 冰", "A set_cookie?value=少 冰"},
		"front page":       {visit("/"), "A /", "A /"},
		"another host":     {visit("https://tea.example/get_cookie"), "A tea.example/get_cookie", "A tea.example/get_cookie"},
		"long":             {visit("/set_session?username=abcdefghijklmnopqrstuvwxyz"), "A set_session?usern…stuvwxyz", "A set_session?usern…stuvwxyz"},
		"a second":         {wait(1), "等 1 秒", "wait 1 s"},
		"minutes":          {wait(600), "等 10 分钟", "wait 10 min"},
		"hours":            {wait(86400), "等 24 小时", "wait 24 h"},
		"days":             {wait(1209600), "等 14 天", "wait 14 days"},
		"as long as it is": {wait(1_000_000_000), "等 11574.1 天", "wait 11574.1 days"},
		"close":            {world.Action{Do: "close", Browser: "B"}, "关掉 B", "close B"},
		"put":              {world.Action{Do: "put", Browser: "B", Name: "num", Value: new("1")}, "B ← 手填 num", "B ← types in num"},
		"copy":             {world.Action{Do: "put", Browser: "B", Name: "num", Copy: "A"}, "B ← 抄 A 的 num", "B ← copies A's num"},
		"delete":           {world.Action{Do: "delete", Browser: "B", Name: "num"}, "B 删 num", "B deletes num"},
		"write":            {world.Action{Do: "script", Browser: "B", Set: new("a=1")}, "B 的脚本", "B's script"},
		"read":             {world.Action{Do: "script", Browser: "B"}, "B 的脚本", "B's script"},
		"delete a row":     {world.Action{Do: "server", Op: "delete", Browser: "B"}, "删掉 B 的行", "delete B's row"},
		"damage a row":     {world.Action{Do: "server", Op: "corrupt", Browser: "B"}, "弄坏 B 的行", "damage B's row"},
		"expire a row":     {world.Action{Do: "server", Op: "expire", Browser: "B"}, "让 B 的行到期", "let B's row expire"},
		"a row by its key": {world.Action{Do: "server", Op: "delete", Key: "abcdefghijklmnop"}, "删掉 abcd…mnop 的行", "delete abcd…mnop's row"},
		"purge":            {world.Action{Do: "purge"}, "clearsessions", "clearsessions"},
		"together": {world.Action{Do: "together", Visits: []world.Action{{Browser: "A", URL: "/flush"}, {Do: "visit", Browser: "B", URL: "/clear"}}},
			"A flush ∥ B clear", "A flush ∥ B clear"},
		"many together": {world.Action{Do: "together", Visits: slices.Repeat([]world.Action{{Browser: "A", URL: "/flush"}, {Browser: "B", URL: "/clear"}}, 90)},
			"A flush ∥ … ∥ B clear", "A flush ∥ … ∥ B clear"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			for lang, want := range map[string]string{"zh": test.zh, "en": test.en} {
				d := m.drawn(lang, asJSON(t, []world.Action{test.action}))
				same(t, lang, d.Frames[1].Label, want)
				same(t, lang+", the start", d.Frames[0].Label, map[string]string{"zh": "开始", "en": "start"}[lang])
			}
		})
	}
}

func TestTwoBrowsersStandAtTheSidesOfOneTable(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"visit","browser":"B","url":"/set_session?username=li"},{"do":"visit","browser":"A","url":"/set_session"},{"do":"close","browser":"C"}]`)
	panels := m.panelsOf(d)
	// Each browser has a place from the first frame on.
	for n := range panels {
		same(t, "beside", panels[n].HasClass("beside"), true)
		trio := panels[n].Find(".trio")
		same(t, fmt.Sprintf("frame %d, panels in order", n), attrsOf(trio.Children(), "data-panel"), []string{"browser", "server", "browser", "browser"})
		same(t, fmt.Sprintf("frame %d, browsers in order", n), attrsOf(trio.Find("[data-browser]"), "data-browser"), []string{"A", "B", "C"})
		same(t, fmt.Sprintf("frame %d, how many", n), trio.AttrOr("data-browsers", ""), "3")
		same(t, fmt.Sprintf("frame %d, wires", n), panels[n].Find(`[data-panel="wire"]`).Length(), 1)
	}
	// Each has its own session key, and the table names the holder of each.
	same(t, "holders", textsOf(panels[2].Find("[data-row] .small")), []string{"← held by B", "← held by A"})
	for i, name := range []string{"B", "A"} {
		key := panels[2].Find("[data-row]").Eq(i).AttrOr("data-key", "")
		same(t, name+"'s cookie", attrsOf(panels[2].Find(`[data-browser="`+name+`"] [data-cookie]`), "data-value"), []string{key})
	}
}

func TestExchangesMadeTogetherStandTogether(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"together","visits":[{"browser":"A","url":"/set_cookie?name=a"},{"browser":"B","url":"/get_cookie"},{"browser":"A","url":"/set_cookie?name=b&samesite=None"}]}]`)
	same(t, "status", d.Frames[1].Status, 200)
	exchanges := m.panelsOf(d)[1].Find("[data-exchange]")
	same(t, "ids", attrsOf(exchanges, "data-exchange"), []string{"1.1", "1.2", "1"})
	same(t, "who", textsOf(exchanges.Find("summary b")), []string{"A", "B", "A"})
	same(t, "open", attrsOf(exchanges, "open"), []string{"(none)", "(none)", ""})
	for i, want := range [][]string{{"stored"}, {}, {"refused"}} {
		same(t, fmt.Sprintf("what became of the lines of exchange %d", i+1), attrsOf(exchanges.Eq(i).Find("[data-verdict]"), "data-verdict"), want)
	}
}
