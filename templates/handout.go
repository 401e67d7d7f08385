package templates

import "html/template"

// Handout is a lesson, or one's own play, on paper.
type Handout struct {
	Page
	Name     string // what it is a handout of
	Outcome  template.HTML
	Values   string // what to know of the values in it, if anything
	Omitted  string // that something was left out
	Chapters []HandoutChapter
	Lesson   *HandoutLesson // nil of one's own play
}

// HandoutLesson is what only a whole lesson has: its other forms.
type HandoutLesson struct {
	URL, HAR, Curl string
	SheetURL       string
	TeachURL       string // the same with the notes for the instructor, or without
	Teach          bool
}

// HandoutChapter is one step, or the one run of one's own play.
type HandoutChapter struct {
	Title   string
	Step    *StepView // nil of one's own play
	Verdict *VerdictView
	Teach   *TeachView
	Moments []HandoutMoment
}

// HandoutMoment is one action, drawn.
type HandoutMoment struct{ HTML template.HTML }

// Moment is one action and what stood on the page after it, ready to print.
type Moment struct {
	N      int
	Label  string
	Start  bool // where a step begins: what led there is no part of it
	Panels Panels
}

// Sheet is a lesson as students fill it in, with the answers on a page of their own.
type Sheet struct {
	Page
	Name            string
	Number          int
	URL, HandoutURL string
	Front, Back     []SheetQuestion // of the two sides of a leaf
	Dense           bool            // there is much on it: smaller type
	Compare         []RemnantView   // what the lesson's actions leave, if a step compares them
}

// SheetQuestion is one step on a sheet, and what the page of answers says of it.
type SheetQuestion struct {
	N                        int
	ID, Title                string
	Subtitle, Lead, Question template.HTML
	From, Do, Code           []string
	Options                  []OptionVerdict
	TakeHome                 template.HTML
}
