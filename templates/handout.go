package templates

import "html/template"

// Handout is a lesson, or a visitor's own play, on paper.
type Handout struct {
	Page
	Name     string // what it is a handout of
	Outcome  template.HTML
	Values   string // a remark on the values in it, if any
	Omitted  string // says that something was left out
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

// HandoutChapter is one step, or a visitor's own play.
type HandoutChapter struct {
	Title   string
	Step    *StepView // nil of one's own play
	Verdict *VerdictView
	Teach   *TeachView
	Moments []HandoutMoment
}

// HandoutMoment is one action, drawn.
type HandoutMoment struct{ HTML template.HTML }

// Moment is one action and the page after it, ready to print.
type Moment struct {
	N      int
	Label  string
	Start  bool // where a step begins; what led there is left out
	Panels Panels
}

// Sheet is a lesson as a worksheet, with the answers on a separate page.
type Sheet struct {
	Page
	Name            string
	Number          int
	URL, HandoutURL string
	Front, Back     []SheetQuestion // of the two sides of a sheet of paper
	Dense           bool            // there is much on it, so the type is smaller
	Compare         []RemnantView   // what the lesson's actions leave, if a step compares them
}

// SheetQuestion is one step on a worksheet, with its answer.
type SheetQuestion struct {
	N                        int
	ID, Title                string
	Subtitle, Lead, Question template.HTML
	From, Do, Code           []string
	Options                  []OptionVerdict
	TakeHome                 template.HTML
}
