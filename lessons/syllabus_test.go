package lessons

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// covering is the main step for each line of the customer's syllabus. Lines with separate
// cases (2.3.3, 2.3.4 and 3) appear once for each case; a heading is covered by its
// lines.
var covering = []struct{ line, step string }{
	{"1", "forgets/first-ask"},
	{"1.1", "forgets/first-note"},
	{"1.2", ""},
	{"1.2.1", "cookie/small-print"},
	{"1.2.2", "forgets/same-question"},
	{"1.2.3", "cookie/other-shop"},
	{"1.2.4", "cookie/small-print"},
	{"1.2.4", "lifetime/close-note"},
	{"1.3", ""},
	{"1.3.1", "forgets/first-note"},
	{"1.3.2", "cookie/too-early"},
	{"2", ""},
	{"2.1", "session/locker"},
	{"2.2", ""},
	{"2.2.1", "session/locker"},
	{"2.2.2", "session/locker"},
	{"2.2.2", "two-browsers/copied-key"},
	{"2.2.3", "session/show-key"},
	{"2.3", ""},
	{"2.3.1", "session/locker"},
	{"2.3.2", "session/show-key"},
	{"2.3.3", ""},
	{"2.3.3 del", "session/del-one"},
	{"2.3.3 clear", "session/clear"},
	{"2.3.3 flush", "session/flush"},
	{"2.3.4", ""},
	{"2.3.4 default", "session/none"},
	{"2.3.4 N", "session/sixty"},
	{"2.3.4 0", "session/zero"},
	{"2.3.4 None", "session/none"},
	{"3", ""},
	{"3 cookie", "which/remember-me"},
	{"3 session", "which/card"},
}

// cases are the lines below a numbered one that are separate cases.
var cases = []struct{ text, line string }{
	{"del request.session", "2.3.3 del"},
	{"request.session.clear()", "2.3.3 clear"},
	{"request.session.flush()", "2.3.3 flush"},
	{"如果没有指定过期时间", "2.3.4 default"},
	{"value如果是一个整数", "2.3.4 N"},
	{"value如果是0", "2.3.4 0"},
	{"value如果是None", "2.3.4 None"},
	{"cookie: 一般用来", "3 cookie"},
	{"session: 涉及到", "3 session"},
}

var numbered = regexp.MustCompile(`^\s*([0-9](?:\.[0-9]+)*)`)

// syllabusLines returns the numbered lines and the cases of the customer's text.
func syllabusLines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/syllabus.txt")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if m := numbered.FindStringSubmatch(line); m != nil {
			lines = append(lines, m[1])
		}
		for _, c := range cases {
			if strings.Contains(line, c.text) {
				lines = append(lines, c.line)
			}
		}
	}
	return lines
}

func TestEveryLineOfTheSyllabusHasItsStep(t *testing.T) {
	cat := mustLoad(t)
	lines := syllabusLines(t)
	if len(lines) != 31 {
		t.Errorf("the syllabus has %d lines and cases, want 31: %q", len(lines), lines)
	}
	for _, line := range lines {
		found := false
		for _, c := range covering {
			if c.line != line {
				continue
			}
			found = true
			if c.step == "" {
				if !slices.ContainsFunc(lines, func(l string) bool { return isBelow(l, line) && len(cat.Covering(l)) > 0 }) {
					t.Errorf("%s: no line below it is covered", line)
				}
				continue
			}
			steps := cat.Covering(line)
			i := slices.IndexFunc(steps, func(s *Step) bool { return s.Lesson.ID+"/"+s.ID == c.step })
			if i < 0 {
				t.Errorf("%s: step %s does not cover it", line, c.step)
				continue
			}
			for _, lang := range Languages {
				if text := steps[i].Text[lang]; text.Lead == "" || text.Question == "" || text.TakeHome == "" {
					t.Errorf("%s: step %s says nothing in %s", line, c.step, lang)
				}
			}
		}
		if !found {
			t.Errorf("line %s of the syllabus has no step", line)
		}
	}
}

func isBelow(line, heading string) bool {
	return strings.HasPrefix(line, heading+".") || strings.HasPrefix(line, heading+" ")
}

// The lines that steps may name are those of the syllabus without the headings.
func TestTheSyllabusOfTheStepsIsTheCustomers(t *testing.T) {
	var want, got []string
	for _, c := range covering {
		if c.step != "" && !slices.Contains(want, c.line) {
			want = append(want, c.line)
		}
	}
	for _, l := range mustLoad(t).Syllabus {
		got = append(got, l.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("syllabus.yaml has %q\nwant %q", got, want)
	}
}

// Lessons 0 to 3 are taught in one class, and cover every line in the students' own browsers.
func TestTheFirstFourLessonsReachEveryLineLive(t *testing.T) {
	cat := mustLoad(t)
	for _, line := range cat.Syllabus {
		if !slices.ContainsFunc(cat.Covering(line.ID), func(s *Step) bool { return s.Lesson.Number <= 3 && s.Lesson.Mode == Live && s.Jar == nil }) {
			t.Errorf("no live step of lessons 0 to 3 covers %s", line.ID)
		}
	}
	minutes := 0
	for _, l := range cat.Lessons[:4] {
		minutes += l.Minutes
	}
	if minutes > 90 {
		t.Errorf("lessons 0 to 3 take %d minutes; a class has 90", minutes)
	}
}

func mustLoad(t *testing.T) *Catalogue {
	t.Helper()
	cat, err := Load(FS)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// The page of the notes quotes the customer: all of the words, in order.
func TestTheQuotesAreTheCustomersWords(t *testing.T) {
	text, err := os.ReadFile("testdata/syllabus.txt")
	if err != nil {
		t.Fatal(err)
	}
	quoted := ""
	for _, l := range mustLoad(t).Syllabus {
		quoted += l.Quote + "\n"
	}
	if got, want := bare(quoted), bare(string(text)); !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("line %d is quoted as %q, but is %q", i+1, got[i], want[i])
			}
		}
		t.Errorf("%d lines are quoted of %d", len(got), len(want))
	}
}

// bare returns the non-empty lines of a text, trimmed.
func bare(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// A path is short and still covers every line of the syllabus.
func TestEachPathCoversTheSyllabus(t *testing.T) {
	cat := mustLoad(t)
	if len(cat.Paths) != 2 {
		t.Fatalf("%d paths, want two", len(cat.Paths))
	}
	for _, p := range cat.Paths {
		for _, line := range cat.Syllabus {
			if !slices.ContainsFunc(p.Steps, func(s *Step) bool { return slices.Contains(s.Syllabus, line.ID) }) {
				t.Errorf("path %s: no step covers %s", p.ID, line.ID)
			}
		}
		if most := p.Minutes / 3; len(p.Steps) > most {
			t.Errorf("path %s has %d steps; at three minutes each there is time for %d", p.ID, len(p.Steps), most)
		}
		for i, s := range p.Steps[1:] {
			if p.Steps[i].order(s) >= 0 {
				t.Errorf("path %s: %s comes after %s", p.ID, s.ID, p.Steps[i].ID)
			}
		}
	}
}

// Every step names its terms of the glossary, and every term is shown by a step.
func TestStepsNameTheirTerms(t *testing.T) {
	cat := mustLoad(t)
	for _, l := range cat.Lessons {
		for _, s := range l.Steps {
			if len(s.Terms) == 0 {
				t.Errorf("%s names no term", s.ID)
			}
		}
	}
	for _, term := range cat.Glossary {
		if len(cat.Showing(term.ID)) == 0 {
			t.Errorf("%s: no step shows it", term.ID)
		}
	}
}
