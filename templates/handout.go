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
