package tests

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/lessons"

	"github.com/PuerkitoBio/goquery"
)

// A walker does steps without JavaScript, from page to page.
type walker struct {
	*visitor
	rig  *rig
	step *lessons.Step
	name string
	doc  *goquery.Document
}

// setUp brings the browser to where the step starts, press by press, and returns how
// many it took.
func (w *walker) setUp(address string) (presses int) {
	w.t.Helper()
	w.doc = w.browse(address).scriptless()
	for ; w.doc.Find(".setup-form form").Length() > 0; presses++ {
		if presses == 10 {
			w.t.Fatalf("%s: ten presses do not set it up: %s", w.name, w.doc.Find(".start").Text())
		}
		w.doc = w.submit(the(w.t, w.doc.Selection, ".setup-form form")).scriptless()
	}
	if back := w.doc.Find("[data-back]"); back.Length() > 0 {
		w.doc = w.browse(back.AttrOr("href", "")).scriptless()
	}
	return presses
}

// walk does the step's actions, with a choice made at the first, and leaves the page of
// the last answer. What the step waits for passes.
func (w *walker) walk(guess string) {
	w.t.Helper()
	for pressed := 0; ; pressed++ {
		if pressed == len(w.step.Do) {
			w.t.Fatalf("%s: all actions are done and nothing is judged", w.name)
		}
		form := the(w.t, w.doc.Selection, "[data-actions] form:has(.guesses)")
		choices := form.Find(".guesses input")
		if choices.Length() != len(w.step.Options) {
			w.t.Fatalf("%s: %d choices beside the button, want %d", w.name, choices.Length(), len(w.step.Options))
		}
		if pressed == 0 && guess != "" {
			choices.Each(func(i int, choice *goquery.Selection) {
				if w.step.Options[i].Letter == guess {
					choice.SetAttr("checked", "")
				}
			})
		}
		w.doc = w.submit(form).scriptless()
		if w.doc.Find(".judged").Length() > 0 {
			return
		}
		for _, action := range w.step.Do {
			if action.Do == "wait" {
				w.pass(time.Duration(*action.Seconds) * time.Second)
			}
		}
		w.doc = w.browse(the(w.t, w.doc.Selection, "[data-back]").AttrOr("href", "")).scriptless()
	}
}

// pass advances the site's clock. The visitor's jar uses the machine's clock, so the cookie
// num, which steps let expire, is removed from it.
func (w *walker) pass(d time.Duration) {
	w.t.Helper()
	w.rig.advance(d)
	base, err := url.Parse(w.base)
	if err != nil {
		w.t.Fatal(err)
	}
	w.client.Jar.SetCookies(base, []*http.Cookie{{Name: "num", Path: "/", MaxAge: -1}})
}

// verdict is what the page says: the letter that holds, what it says of the choice, and
// what it gives to take home.
func (w *walker) verdict() (held, judgement, takeHome string) {
	w.t.Helper()
	w.doc.Find("[data-outcome]").Each(func(_ int, outcome *goquery.Selection) {
		if outcome.AttrOr("data-held", "") == "true" {
			held += outcome.AttrOr("data-outcome", "")
		}
	})
	judgement = "unsettled"
	if said := w.doc.Find(".judgement"); said.Length() == 1 {
		judgement = strings.TrimSpace(strings.TrimPrefix(said.AttrOr("class", ""), "judgement"))
	}
	return held, judgement, strings.TrimSpace(w.doc.Find(".take-home").Text())
}

func letterAt(lesson string, n int) string { return rightOptions[lesson][n-1 : n] }

// Without JavaScript the prediction is sent with the action. The page of the answer shows
// the verdict and the take-home, in every live step of the first four lessons.
func TestAChoiceIsJudgedOnTheAnswersPage(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			r := site(t)
			judged := 0
			for _, lesson := range r.lessons.Lessons[:4] {
				for _, step := range lesson.Steps {
					if step.Mode != lessons.Live || step.Jar != nil {
						continue
					}
					right := letterAt(lesson.ID, step.Number)
					wrong := step.Options[0].Letter
					if wrong == right {
						wrong = step.Options[1].Letter
					}
					for guess, want := range map[string]string{right: "right", wrong: "wrong", "": ""} {
						w := &walker{visitor: r.visitor(), rig: r, step: step, name: lang + " " + lesson.ID + " " + step.ID + " " + guess}
						w.setUp(stepAddress(lang, step))
						w.walk(guess)
						held, judgement, takeHome := w.verdict()
						if held != right || judgement != want {
							t.Errorf("%s: %q holds and the choice is %q, want %q and %q", w.name, held, judgement, right, want)
						}
						if takeHome == "" {
							t.Errorf("%s: there is nothing to take home", w.name)
						}
						if got := w.doc.Find("html").AttrOr("lang", ""); got != lang {
							t.Errorf("%s: the answer is in %q", w.name, got)
						}
						judged++
					}
				}
			}
			if judged < 80 {
				t.Errorf("only %d walks were judged", judged)
			}
		})
	}
}

// One form sets a step up. Cookies that the browser does not have need not be deleted: in a
// clean browser there are no more presses than the step's start has requests.
func TestOneFormSetsAStepUp(t *testing.T) {
	t.Parallel()
	r := site(t)
	for _, lesson := range r.lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Mode != lessons.Live || step.Jar != nil {
				continue
			}
			w := &walker{visitor: r.visitor(), rig: r, step: step, name: lesson.ID + " " + step.ID}
			if presses := w.setUp(stepAddress("en", step)); presses > len(step.From) {
				t.Errorf("%s: %d presses, want %d at most", w.name, presses, len(step.From))
			}
		}
	}
}

// There is no verdict if the browser was not at the step's start or an action was left out;
// the page says so.
func TestWithoutJavaScriptAStepThatWentAstrayIsNotJudged(t *testing.T) {
	t.Parallel()
	r := site(t)
	for name, tt := range map[string]struct{ before, back, action, want string }{
		"another start":              {"/set_session", "/en/lessons/session?step=1", "", "unsettled"},
		"what was not waited for":    {"/set_cookie?max_age=5", "/en/lessons/cookie?step=7&ask=1&guess=a", "/get_cookie?safe=1", "unsettled"},
		"a step in the other world":  {"", "/en/lessons/two-browsers?step=1&ask=1&guess=a", "/get_session", "none"},
		"no step":                    {"", "/en/lessons/session?step=99&ask=1", "/get_session", "none"},
		"a choice that is not there": {"/set_session", "/en/lessons/session?step=3&ask=1&guess=z", "/get_session", ""},
	} {
		v := r.visitor()
		if tt.before != "" {
			v.get(tt.before)
		}
		w := &walker{visitor: v, rig: r, name: name}
		if tt.action == "" {
			w.doc = v.browse(tt.back).scriptless()
			w.doc = v.submit(the(t, w.doc.Selection, "[data-actions] form:has(.guesses)")).scriptless()
		} else {
			joint := "?"
			if strings.Contains(tt.action, "?") {
				joint = "&"
			}
			w.doc = v.browse(tt.action + joint + "_lang=en&_back=" + url.QueryEscape(tt.back)).scriptless()
		}
		_, judgement, _ := w.verdict()
		if w.doc.Find(".judged").Length() == 0 {
			judgement = "none"
		}
		if judgement != tt.want {
			t.Errorf("%s: the choice is judged %q, want %q", name, judgement, tt.want)
		}
	}
}

// Where a step ends with what only a script can do, the page of the last answer says
// that its outcome is unknown here, why, and what to take home.
func TestWithoutJavaScriptWhatOnlyAScriptReadsIsUnknown(t *testing.T) {
	r := site(t)
	for lang, why := range map[string]string{"zh": "没有 JavaScript", "en": "without JavaScript"} {
		lesson, _ := r.lessons.Lesson("attributes")
		step := lesson.Steps[slices.IndexFunc(lesson.Steps, func(s *lessons.Step) bool { return s.ID == "hidden" })]
		w := &walker{visitor: r.visitor(), rig: r, step: step, name: lang}
		w.setUp(stepAddress(lang, step))
		w.walk(step.Options[0].Letter)
		said := the(t, w.doc.Selection, "[data-unknown]").Text()
		if !strings.Contains(said, "document.cookie") || !strings.Contains(said, why) {
			t.Errorf("%s: it says %q", lang, said)
		}
		if n := w.doc.Find("[data-outcome], .judgement").Length(); n != 0 {
			t.Errorf("%s: %d things are judged all the same", lang, n)
		}
		if takeHome := strings.TrimSpace(the(t, w.doc.Selection, ".take-home").Text()); takeHome == "" {
			t.Errorf("%s: there is nothing to take home", lang)
		}
	}
}

// A student without JavaScript presses a step's button, gets a small page, and
// comes back to panels that the server has drawn.
func TestTheLessonsWorkWithoutJavaScript(t *testing.T) {
	for lang, says := range map[string]string{"zh": "设置session信息", "en": "Session set"} {
		r := site(t)
		v := r.visitor()
		address := "/" + lang + "/lessons/session?step=2"
		step := v.browse(address).page()
		form := the(t, step.Selection, `[data-actions] form:has([data-action="set_session"])`)
		a := v.submit(form)
		if a.status != http.StatusOK {
			t.Fatalf("the button is answered with %d", a.status)
		}
		if len(a.header.Values("Set-Cookie")) != 1 || v.held("sessionid") == "" {
			t.Fatal("the button sets no cookie")
		}
		small := a.page()
		if got := small.Find("html").AttrOr("lang", ""); got != lang {
			t.Errorf("the small page is in %q, want %q", got, lang)
		}
		if got := strings.TrimSpace(the(t, small.Selection, "[data-answer]").Text()); got != says {
			t.Errorf("the small page says %q, want %q", got, says)
		}
		if got := the(t, small.Selection, "h1").Text(); !strings.Contains(got, "200") {
			t.Errorf("the small page is headed %q, without the status", got)
		}
		if got := the(t, small.Selection, `[data-message="request"]`).Text(); !strings.Contains(got, "GET /set_session") {
			t.Errorf("the small page shows the request %q", got)
		}
		if got := the(t, small.Selection, `[data-message="response"] [data-header="Set-Cookie"]`).Text(); !strings.Contains(got, "HttpOnly") || !strings.Contains(got, "Max-Age=1209600") {
			t.Errorf("the small page shows the response with Set-Cookie %q", got)
		}
		back := the(t, small.Selection, "[data-back]").AttrOr("href", "")
		if !strings.HasPrefix(back, address) {
			t.Fatalf("the small page leads back to %s, want %s", back, address)
		}
		panels := the(t, v.browse(back).page().Selection, "[data-panels]")
		cookie := the(t, panels, `[data-panel="browser"] [data-cookie]`)
		for name, want := range map[string]string{
			"data-name": "sessionid", "data-value": v.held("sessionid"),
			// A request's header has names and values, and no more.
			"data-domain": "unknown", "data-host-only": "unknown", "data-path": "unknown", "data-expires": "unknown", "data-secure": "unknown",
			"data-http-only": "unknown", "data-same-site": "unknown", "data-partitioned": "unknown",
		} {
			if got, there := cookie.Attr(name); !there || got != want {
				t.Errorf("the cookie has %s=%q, want %q", name, got, want)
			}
		}
		row := the(t, panels, `[data-panel="server"] [data-row]`)
		if got := row.AttrOr("data-key", ""); got != v.held("sessionid") {
			t.Errorf("the row is of key %q, want the cookie's", got)
		}
		if got := row.AttrOr("data-expires", ""); got != "2026-01-15T00:00:00Z" {
			t.Errorf("the row ends %q", got)
		}
		var entries []string
		row.Find("[data-entry]").Each(func(_ int, entry *goquery.Selection) {
			entries = append(entries, entry.AttrOr("data-key", "")+"="+entry.AttrOr("data-value", ""))
		})
		if want := []string{`username="fan"`, "age=18"}; !slices.Equal(entries, want) {
			t.Errorf("the row has %q, want %q", entries, want)
		}
	}
}

func TestEveryButtonOfALessonWorksWithoutJavaScript(t *testing.T) {
	r := site(t)
	v := r.visitor()
	pressed := 0
	for _, lesson := range r.lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar != nil || step.Mode != lessons.Live {
				continue
			}
			doc := v.browse(stepAddress("en", step)).page()
			doc.Find("[data-actions] form:not(:has([data-needs-script]))").Each(func(_ int, form *goquery.Selection) {
				a := v.submit(form)
				pressed++
				if !slices.Contains([]int{200, 500}, a.status) {
					t.Errorf("%s %s: %s is answered with %d", lesson.ID, step.ID, form.AttrOr("action", ""), a.status)
				}
				if back := the(t, a.page().Selection, "[data-back]").AttrOr("href", ""); !strings.HasPrefix(back, stepAddress("en", step)) {
					t.Errorf("%s %s: %s leads back to %s", lesson.ID, step.ID, form.AttrOr("action", ""), back)
				}
			})
		}
	}
	if pressed < 40 {
		t.Errorf("only %d buttons were found", pressed)
	}
	lab := v.browse("/zh/lab").page()
	for _, route := range routes {
		a := v.submit(the(t, lab.Selection, `form:has([data-action="`+route+`"])`))
		if back := the(t, a.page().Selection, "[data-back]").AttrOr("href", ""); back != "/zh/lab" {
			t.Errorf("the lab's %s leads back to %q", route, back)
		}
	}
}

// Without JavaScript one form sets a step up, press by press: the small page leads back
// to the next one.
func TestAStepIsSetUpWithoutJavaScript(t *testing.T) {
	r := site(t)
	v := r.visitor()
	v.get("/set_session?username=someone")
	address := "/en/lessons/session?step=3" // it starts from a session of fan's
	doc := v.browse(address).page()
	for presses := 0; doc.Find("[data-setup]").Length() != 0; presses++ {
		if presses == 20 {
			t.Fatal("twenty presses do not set the step up")
		}
		// The parser sees a page with scripts, in which noscript is text.
		inside, err := goquery.NewDocumentFromReader(strings.NewReader(the(t, doc.Selection, `[data-fragment="start"] noscript`).Text()))
		if err != nil {
			t.Fatal(err)
		}
		small := v.submit(the(t, inside.Selection, "form")).page()
		doc = v.browse(the(t, small.Selection, "[data-back]").AttrOr("href", "")).page()
	}
	rows := r.rows()
	if len(rows) != 1 || rows[0].Data != `{"username":"fan","age":18}` {
		t.Errorf("after the setup the table is %v", rows)
	}
}
