package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cookielab/lessons"

	"github.com/PuerkitoBio/goquery"
)

// The links to the next and previous step and to the other language keep the path, and
// follow its order from the first step to the last and back.
func TestAPathIsKept(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, path := range r.lessons.Paths {
		for _, lang := range []string{"zh", "en"} {
			address := v.browse("/"+lang+"/").page().Find(`[data-path-card="`+path.ID+`"] a`).AttrOr("href", "")
			for i, step := range path.Steps {
				if want := stepAddress(lang, step) + "&path=" + path.ID; address != want {
					t.Fatalf("step %d of path %s is at %q, want %q", i+1, path.ID, address, want)
				}
				doc := v.browse(address).page()
				want := len(path.Steps)
				if want > 15 {
					want = len(step.Lesson.Steps)
				}
				if n := doc.Find(".dots li").Length(); n != want {
					t.Errorf("%s has %d dots, want %d", address, n, want)
				}
				other := map[string]string{"zh": "en", "en": "zh"}[lang]
				if got := doc.Find(`[data-language="`+other+`"]`).AttrOr("href", ""); got != fmt.Sprintf("/%s/lessons/%s?path=%s&step=%d", other, step.Lesson.ID, path.ID, step.Number) {
					t.Errorf("%s in %s is at %q", address, other, got)
				}
				back := ""
				if i > 0 {
					back = stepAddress(lang, path.Steps[i-1]) + "&path=" + path.ID
				}
				if got := doc.Find(`[data-nav="prev"]`).AttrOr("href", ""); got != back {
					t.Errorf("%s leads back to %q, want %q", address, got, back)
				}
				doc.Find(`[data-actions] input[name="_back"]`).Each(func(_ int, e *goquery.Selection) {
					if !strings.HasPrefix(e.AttrOr("value", ""), address) {
						t.Errorf("a button of %s leads back to %s", address, e.AttrOr("value", ""))
					}
				})
				address = doc.Find(`[data-nav="next"]`).AttrOr("href", "")
			}
			if address != "" {
				t.Errorf("after the last step of path %s comes %q", path.ID, address)
			}
		}
	}
	// A step that is not on the path leads back to it; an unknown path is none.
	doc := v.browse("/en/lessons/forgets?step=1&path=45").page()
	if got := doc.Find(`[data-nav="next"]`).AttrOr("href", ""); got != "/en/lessons/forgets?step=3&path=45" {
		t.Errorf("beside the path next is %q", got)
	}
	doc = v.browse("/en/lessons/forgets?step=1&path=46").page()
	if got := doc.Find(`[data-nav="next"]`).AttrOr("href", ""); got != "/en/lessons/forgets?step=2" {
		t.Errorf("on an unknown path next is %q", got)
	}
}

// A step's page and title say which step of which lesson it is, and link to the notes and
// the glossary.
func TestAStepSaysItsPlace(t *testing.T) {
	v := site(t).visitor()
	for lang, want := range map[string]string{"zh": "课 2·步 6", "en": "Lesson 2, step 6"} {
		doc := v.browse("/" + lang + "/lessons/session?step=6").page()
		if got := doc.Find("[data-place]").Text(); got != want {
			t.Errorf("the place is %q, want %q", got, want)
		}
		if got := doc.Find("title").Text(); !strings.HasPrefix(got, want+" · clear()") {
			t.Errorf("the title is %q, want %q first", got, want)
		}
		if got := doc.Find(`.crumb [data-syllabus="2.3.3 clear"]`).AttrOr("href", ""); got != "/"+lang+"/notes#n-2.3.3-clear" {
			t.Errorf("the tag leads to %q", got)
		}
	}
}

// The notes page has every line of the syllabus in its original words, with the steps
// that show it; the glossary has a sentence for every term.
func TestTheNotesAndTheGlossaryAreWhole(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lang := range []string{"zh", "en"} {
		doc := v.browse("/" + lang + "/notes").page()
		lines := doc.Find("[data-note-line]")
		if lines.Length() != len(r.lessons.Syllabus) {
			t.Fatalf("%s: %d lines, want %d", lang, lines.Length(), len(r.lessons.Syllabus))
		}
		for i, line := range r.lessons.Syllabus {
			shown := lines.Eq(i)
			if got := shown.Find("pre").Text(); got != strings.TrimSpace(line.Quote) {
				t.Errorf("%s %s quotes %q", lang, line.ID, got)
			}
			if got, want := shown.Find(".shown a").Length(), len(r.lessons.Covering(line.ID)); got != want || got == 0 {
				t.Errorf("%s %s leads to %d steps, want %d", lang, line.ID, got, want)
			}
		}
		doc = v.browse("/" + lang + "/glossary").page()
		for _, term := range r.lessons.Glossary {
			entry := doc.Find(`[data-glossary-term="` + term.ID + `"]`)
			if got := entry.Find("dd").Text(); !strings.Contains(got, plainHTML(t, string(term.Say[lang]))) {
				t.Errorf("%s: the glossary says of %s: %q", lang, term.ID, got)
			}
			if name := entry.Find("dt").Text(); !strings.Contains(name, term.Name["zh"]) || !strings.Contains(name, term.Name["en"]) {
				t.Errorf("%s: %s is called %q", lang, term.ID, name)
			}
		}
	}
}

func plainHTML(t *testing.T, text string) string {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Text()
}

// A recap says of each answered statement whether it is true, as when it is played, and
// nothing of the others.
func TestARecapIsAnswered(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lesson := range r.lessons.Lessons {
		if len(lesson.Recap) == 0 {
			continue
		}
		address := recapAddress("zh", lesson.ID)
		doc := v.browse(address).page()
		if n := doc.Find("[data-true]").Length(); n != 0 {
			t.Errorf("%s tells %d answers before it is asked", address, n)
		}
		if got := v.browse(stepAddress("zh", last(lesson))).page().Find("[data-to-recap]").AttrOr("href", ""); got != address {
			t.Errorf("the last step of %s leads to the recap at %q", lesson.ID, got)
		}
		for _, said := range []string{"true", "false"} {
			var query []string
			for _, s := range lesson.Recap {
				query = append(query, s.ID+"="+said)
			}
			doc := v.browse(address + "?" + strings.Join(query, "&")).page()
			for _, s := range lesson.Recap {
				so, err := s.True(play)
				if err != nil {
					t.Fatal(err)
				}
				shown := doc.Find(`[data-statement="` + s.ID + `"]`)
				if want := map[bool]string{true: "true", false: "false"}[so]; shown.Find("[data-true]").AttrOr("data-true", "") != want || shown.HasClass("right") != (said == want) {
					t.Errorf("%s: %s was called %s and is %s, but the page disagrees", address, s.ID, said, want)
				}
			}
		}
	}
	for _, address := range []string{"/zh/lessons/nothing/recap", "/en/lessons/none/recap"} {
		if a := v.browse(address); a.status != 404 {
			t.Errorf("%s is %d", address, a.status)
		}
	}
}

func last(l *lessons.Lesson) *lessons.Step { return l.Steps[len(l.Steps)-1] }

// A recap has three statements that are neither all true nor all false.
func TestRecapsAreMixed(t *testing.T) {
	for _, lesson := range ours(t).Lessons {
		var so []bool
		for _, s := range lesson.Recap {
			is, err := s.True(play)
			if err != nil {
				t.Fatal(err)
			}
			so = append(so, is)
		}
		if lesson.Number <= 3 && (len(so) != 3 || !slices.Contains(so, true) || !slices.Contains(so, false)) {
			t.Errorf("%s: the statements are %v", lesson.ID, so)
		}
	}
}
