package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"cookielab/lessons"
	"cookielab/templates"
)

func TestTheHandoutOfALessonHasAllOfEveryStep(t *testing.T) {
	d := newDesk(t)
	for _, lang := range templates.Languages {
		for _, lesson := range d.lessons.Lessons {
			address := "/" + lang + "/lessons/" + lesson.ID + "/handout"
			got := d.request(http.MethodGet, address, "")
			if got.status != http.StatusOK {
				t.Fatalf("GET %s is %d", address, got.status)
			}
			doc := got.document(t)
			if is := doc.Find("html").AttrOr("lang", ""); is != lang {
				t.Errorf("%s is in %q", address, is)
			}
			sheets := doc.Find("[data-sheet]")
			if sheets.Length() != len(lesson.Steps) {
				t.Fatalf("%s has %d steps, want %d", address, sheets.Length(), len(lesson.Steps))
			}
			for i, step := range lesson.Steps {
				wholeStep(t, address, lang, step, sheets.Eq(i))
			}
			if doc.Find("[data-notes]").Length() > 0 {
				t.Errorf("%s has notes for the instructor, which were not asked for", address)
			}
			if n := doc.Find("[style], style, script:not([src])").Length(); n > 0 {
				t.Errorf("%s has %d things that the policy forbids", address, n)
			}
		}
	}
}

// wholeStep checks that each part of a step is on its sheet.
func wholeStep(t *testing.T, address, lang string, step *lessons.Step, sheet *goquery.Selection) {
	t.Helper()
	text := step.Text[lang]
	if got := sheet.Find("h2").Text(); !strings.Contains(got, text.Title) {
		t.Errorf("%s, step %d is headed %q, want %q", address, step.Number, got, text.Title)
	}
	for selector, want := range map[string]string{
		".lead": string(text.Lead), ".ask-first": string(text.Question), ".take-home": string(text.TakeHome), ".mend": string(text.Mend),
	} {
		if got := oneSpaced(sheet.Find(selector).Text()); !strings.Contains(got, oneSpaced(reply{body: want}.document(t).Text())) {
			t.Errorf("%s, step %d: %s is %q, want %q", address, step.Number, selector, got, want)
		}
	}
	if got := sheet.Find("[data-option]").Length(); got != len(step.Options) {
		t.Errorf("%s, step %d offers %d answers, want %d", address, step.Number, got, len(step.Options))
	}
	if got := sheet.Find(`[data-answer] [data-held="true"]`).Length(); got != 1 {
		t.Errorf("%s, step %d: %d answers are right, want one", address, step.Number, got)
	}
	lines := 0
	for _, view := range step.Django {
		lines += len(view.Lines[lang])
	}
	if got := sheet.Find(`[data-code^="django"] .line`).Length(); got != lines {
		t.Errorf("%s, step %d shows %d of its %d lines of Django", address, step.Number, got, lines)
	}
	if len(step.Go) > 0 && sheet.Find(`[data-code="go"] .line`).Length() < 3 {
		t.Errorf("%s, step %d does not show its Go", address, step.Number)
	}
	want := max(1, len(step.Do))
	happened := sheet.Find(`[data-moment]:not(.at-start)`)
	if happened.Length() != want {
		t.Errorf("%s, step %d has %d moments, want %d", address, step.Number, happened.Length(), want)
	}
	if got, want := sheet.Find(".at-start").Length() == 1, len(step.From) > 0; got != want {
		t.Errorf("%s, step %d shows its start: %t, want %t", address, step.Number, got, want)
	}
	happened.Each(func(i int, m *goquery.Selection) {
		for _, part := range []string{`[data-panel="browser"]`, `[data-panel="wire"]`, `[data-panel="server"]`, "[data-sentence]", "header code"} {
			if strings.TrimSpace(m.Find(part).Text()) == "" {
				t.Errorf("%s, step %d, moment %d has no %s", address, step.Number, i+1, part)
			}
		}
	})
}

func TestTheHandoutHasTheInstructorsNotesWhereTheyAreAskedFor(t *testing.T) {
	d := newDesk(t)
	doc := d.request(http.MethodGet, "/zh/lessons/session/handout?teach=1", "").document(t)
	lesson, _ := d.lessons.Lesson("session")
	want := 0
	for _, step := range lesson.Steps {
		if step.Text["zh"].Teach != nil {
			want++
		}
	}
	if got := doc.Find("[data-notes]").Length(); got != want || want == 0 {
		t.Errorf("%d notes, want %d", got, want)
	}
	for selector, want := range map[string]string{
		"[data-teach]": "/zh/lessons/session/handout", `[data-language="en"]`: "/en/lessons/session/handout?teach=1",
	} {
		if got := doc.Find(selector).AttrOr("href", ""); got != want {
			t.Errorf("%s leads to %q, want %q", selector, got, want)
		}
	}
}

func TestTheHandoutHasOneSkeletonInBothLanguages(t *testing.T) {
	d := newDesk(t)
	for _, lesson := range d.lessons.Lessons {
		var skeletons []string
		for _, lang := range []string{"zh", "en"} {
			doc := d.request(http.MethodGet, "/"+lang+"/lessons/"+lesson.ID+"/handout?teach=1", "").document(t)
			var names []string
			doc.Find("main *").Each(func(_ int, e *goquery.Selection) {
				for _, a := range e.Nodes[0].Attr {
					if strings.HasPrefix(a.Key, "data-") {
						names = append(names, a.Key)
					}
				}
			})
			skeletons = append(skeletons, strings.Join(names, " "))
		}
		if skeletons[0] != skeletons[1] {
			t.Errorf("the handouts of %s differ in more than words:\n%s", lesson.ID, cmp.Diff(skeletons[0], skeletons[1]))
		}
	}
}

func TestALessonIsTakenAwayInEveryForm(t *testing.T) {
	d := newDesk(t)
	for _, lesson := range d.lessons.Lessons {
		exchanges := 0
		for _, step := range lesson.Steps {
			one, _, err := stepChapter("en", step)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range one.Frames {
				if !f.Server.Absent {
					exchanges += len(f.Wire())
				}
			}
		}
		har := d.request(http.MethodGet, "/en/lessons/"+lesson.ID+"/har", "")
		log := checkHAR(t, har)
		if got := len(log["pages"].([]any)); got != len(lesson.Steps) {
			t.Errorf("the HAR of %s has %d pages, want %d", lesson.ID, got, len(lesson.Steps))
		}
		if got := len(log["entries"].([]any)); got < exchanges {
			t.Errorf("the HAR of %s has %d entries, want %d", lesson.ID, got, exchanges)
		}
		curl := d.request(http.MethodGet, "/zh/lessons/"+lesson.ID+"/curl", "")
		if got := len(commands(curl.body)); got != exchanges {
			t.Errorf("%s has %d curl lines, want %d", lesson.ID, got, exchanges)
		}
	}
	for _, form := range []string{"handout", "har", "curl"} {
		if got := d.request(http.MethodGet, "/en/lessons/none/"+form, ""); got.status != http.StatusNotFound {
			t.Errorf("the %s of no lesson is %d, want 404", form, got.status)
		}
	}
}

func TestLessonsLeadToTheirHandout(t *testing.T) {
	d := newDesk(t)
	for _, lang := range templates.Languages {
		home := d.request(http.MethodGet, "/"+lang+"/", "").document(t)
		for _, lesson := range d.lessons.Lessons {
			want := "/" + lang + "/lessons/" + lesson.ID + "/handout"
			if home.Find(`a[href="`+want+`"]`).Length() != 1 {
				t.Errorf("the list of lessons does not lead to %s", want)
			}
			page := d.request(http.MethodGet, "/"+lang+"/lessons/"+lesson.ID, "").document(t)
			if page.Find(`a[href="`+want+`"]`).Length() != 1 {
				t.Errorf("the lesson does not lead to %s", want)
			}
			sheet := strings.TrimSuffix(want, "handout") + "sheet"
			for name, from := range map[string]*goquery.Document{"lesson": page, "handout": d.request(http.MethodGet, want, "").document(t)} {
				if from.Find(`a[href="`+sheet+`"]`).Length() != 1 {
					t.Errorf("the %s does not lead to %s", name, sheet)
				}
			}
		}
	}
}

func TestTheHandoutOfALessonIsAPageThatCanBeObserved(t *testing.T) {
	d := newDesk(t)
	for address, status := range map[string]int{"/en/lessons/session/handout": 200, "/en/lessons/none/handout": 404} {
		got := d.request(http.MethodGet, address, "", "X-Observe", "1")
		if live := strings.HasPrefix(got.body, `{"now":`); got.status != status || live != (status == 200) {
			t.Errorf("observed, %s is %d %.80s, want %d", address, got.status, got.body, status)
		}
		if got := d.request(http.MethodHead, address, ""); got.status != status || got.body != "" {
			t.Errorf("HEAD %s is %d with %d octets, want %d and none", address, got.status, len(got.body), status)
		}
	}
}

func TestTheHandoutOfOnesOwnPlayShowsEveryAction(t *testing.T) {
	d := newDesk(t)
	doc := d.taken("/en/handout", script(
		goes("A", "/set_session?username=li"), goes("B", "/set_cookie?value=5&max_age=60"), object{"do": "wait", "seconds": 3600},
	)).document(t)
	moments := doc.Find("[data-moment]")
	if moments.Length() != 3 {
		t.Fatalf("%d moments, want 3", moments.Length())
	}
	if got := oneSpaced(moments.Eq(0).Find("[data-row]").Text()); !strings.Contains(got, `"username": "li"`) || !strings.Contains(got, "2026-01-15 00:00:00Z") {
		t.Errorf("the row after the first action is %q", got)
	}
	if got := moments.Eq(0).Find(`[data-browser="A"] [data-cookie]`).AttrOr("data-name", ""); got != "sessionid" {
		t.Errorf("the first cookie in A's jar is %q", got)
	}
	if got := oneSpaced(moments.Eq(1).Find(`[data-message="response"]`).Text()); !strings.Contains(got, "Set-Cookie: num=5; expires=Thu, 01 Jan 2026 00:01:00 GMT; Max-Age=60; Path=/") {
		t.Errorf("the second answer is %q", got)
	}
	if got := moments.Eq(1).Find("[data-sentence]").Text(); !strings.Contains(got, "Browser B keeps num=5 until 2026-01-01 00:01:00 UTC") {
		t.Errorf("the second sentence is %q", got)
	}
	last := moments.Eq(2)
	if got := last.Find("time").AttrOr("datetime", ""); got != "2026-01-01T01:00:00Z" {
		t.Errorf("the third moment is at %s", got)
	}
	if got := last.Find(`[data-browser="B"] [data-cookie]`).Length(); got != 0 {
		t.Errorf("after an hour B has %d cookies, want none", got)
	}
	if doc.Find("[data-values]").Length() != 0 {
		t.Error("of the time machine it says that values are masked")
	}
	for _, lang := range templates.Languages {
		if got := doc.Find(`[data-language="`+lang+`"]`).AttrOr("href", ""); got != "/"+lang+"/lab" {
			t.Errorf("the language %s leads to %s: what was posted is not there", lang, got)
		}
	}
}

func TestTheEmptyWorldIsAHandoutToo(t *testing.T) {
	d := newDesk(t)
	if got := d.taken("/zh/handout", script()).document(t).Find("[data-moment]").Length(); got != 1 {
		t.Errorf("%d moments, want the start alone", got)
	}
	if log := checkHAR(t, d.taken("/zh/har", script())); len(log["entries"].([]any)) != 0 {
		t.Error("the HAR of nothing has entries")
	}
	if got := commands(d.taken("/zh/curl", script()).body); len(got) != 0 {
		t.Errorf("the curl lines of nothing are %q", got)
	}
}

func TestAStepOfTheJarModelIsAskedAgain(t *testing.T) {
	d := newDesk(t)
	var step *lessons.Step
	for _, lesson := range d.lessons.Lessons {
		for _, s := range lesson.Steps {
			if s.Jar != nil {
				step = s
			}
		}
	}
	moment := object{"lesson": step.Lesson.ID, "step": step.ID, "frames": []object{{"label": "x", "at": "2026-01-01T00:00:00Z", "sentence": "made up"}}}
	doc := d.taken("/en/handout", moment).document(t)
	if doc.Find(`[data-moment] [data-message="request"]`).Length() == 0 || strings.Contains(doc.Text(), "made up") {
		t.Error("the handout is what was posted, not what the model says")
	}
	if got := commands(d.taken("/en/curl", moment).body); len(got) != 0 {
		t.Errorf("requests that nobody made are curl lines: %q", got)
	}
}

func TestTheSameMomentIsTakenAwayAlike(t *testing.T) {
	d := newDesk(t)
	moment := script(goes("A", "/set_session"), goes("A", "/get_session"))
	for _, form := range []string{"/en/handout", "/en/har", "/en/curl"} {
		first, second := d.taken(form, moment), d.taken(form, moment)
		if first.body != second.body {
			t.Errorf("%s differs from itself: %s", form, cmp.Diff(first.body, second.body))
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "Set-Cookie": "", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"} {
			if got := first.header.Get(name); got != want {
				t.Errorf("%s has %s %q, want %q", form, name, got, want)
			}
		}
	}
	if n, err := d.backend.Count(t.Context()); err != nil || n != 0 {
		t.Errorf("the server's own table has %d rows, %v: want none", n, err)
	}
}
