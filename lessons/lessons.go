package lessons

import (
	"embed"
	"fmt"
	"html/template"
	"slices"
	"sync"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// FS holds the lessons in the program. A go:embed pattern that names a folder skips files
// whose names begin with a dot or an underscore; no lesson has such files.
//
//go:embed syllabus.yaml glossary.yaml phrases.yaml paths.yaml exam [0-9][0-9]-*
var FS embed.FS

// Languages are the languages that every lesson must have.
var Languages = []string{"zh", "en"}

// Mode says where a lesson can be played.
type Mode string

const (
	Live  Mode = "live"  // in the visitor's own browser, and in the time machine
	World Mode = "world" // in the time machine only
)

// Catalogue is all lessons (the program's first), the syllabus that they cover, the
// glossary, and shorter paths through the lessons.
type Catalogue struct {
	Lessons  []*Lesson
	Transfer *Lesson // questions only for exams; nil if there are none
	Syllabus []Line
	Glossary []Term
	Paths    []Path

	phrases phrases
	// words is the vocabulary, found once: lessons do not change after loading.
	words sync.Once
	names []string
	paths []string
}

// Lesson is one lesson. Its texts are by language.
type Lesson struct {
	ID      string
	Number  int
	Mode    Mode // of its steps, unless they set their own
	Minutes int
	Own     bool // an instructor's, not one in the program
	Steps   []*Step
	Tasks   []*Task
	Recap   []*Statement
	Text    map[string]LessonText
}

// LessonText is what a lesson says about itself.
type LessonText struct {
	Title   string
	Outcome template.HTML
	Story   template.HTML
}

// Step is one idea: from a known start something is done, after a prediction.
type Step struct {
	ID       string
	Number   int // from 1
	Lesson   *Lesson
	Mode     Mode
	Syllabus []string // ids of lines
	Terms    []Term   // of the glossary
	From, Do []world.Action
	Compare  []world.Action // each is played from From, and one of them is in Do; see Remnants
	Jar      *jar.Question  // instead of From and Do: a question for the jar model
	Django   []View
	Go       []string // names of the functions in handlers that serve a demo route
	Options  []Option
	Text     map[string]StepText

	at place
}

// CodeLine is a line of code; the lines that the step is about are Lit.
type CodeLine struct {
	Text string
	Lit  bool
}

// Option is one answer to the step's question. It is correct if its claim holds.
type Option struct {
	Letter string // a, b, c …
	Claim  Claim
}

// StepText is the text of a step, rendered for a page.
type StepText struct {
	Title    string        // the fact
	Story    template.HTML // the idea in terms of the lesson's story; "" if there is none
	Lead     template.HTML // one or more paragraphs
	Question template.HTML
	Options  []OptionText // in the order of Step.Options
	See      []See
	Happened template.HTML // shown when the correct option holds; if "" the notes are shown
	TakeHome template.HTML
	Teach    *Teach        // nil if the author left it out
	Mend     template.HTML // corrections of the syllabus, as paragraphs; "" if there are none
}

// OptionText is the text of an option, and the comment for those who chose it.
type OptionText struct {
	Text template.HTML
	Why  template.HTML
}

// See says what to look at, and where: browser, wire, server, time, code or page.
type See struct {
	Where string
	Text  template.HTML
}

// Teach is for the instructor: what to say, what to ask, and what students may object.
type Teach struct {
	Say, Ask, Student template.HTML
}

// Error is a mistake in a lesson's files.
type Error struct {
	File string
	Line int // 0 for the file as a whole
	Msg  string
}

// Error names the file, the line if known, and the mistake.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// place is a position in a file, for errors.
type place struct {
	file string
	line int
}

func (p place) errorf(format string, args ...any) error {
	return &Error{File: p.file, Line: p.line, Msg: fmt.Sprintf(format, args...)}
}

// Lesson returns the lesson with an id, and whether there is one.
func (c *Catalogue) Lesson(id string) (*Lesson, bool) {
	i := slices.IndexFunc(c.Lessons, func(l *Lesson) bool { return l.ID == id })
	if i < 0 {
		return nil, false
	}
	return c.Lessons[i], true
}

func (c *Catalogue) stepsWith(has func(*Step) bool) []*Step {
	var steps []*Step
	for _, l := range c.Lessons {
		for _, s := range l.Steps {
			if has(s) {
				steps = append(steps, s)
			}
		}
	}
	return steps
}
