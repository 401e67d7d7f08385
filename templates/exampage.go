package templates

import "html/template"

// Exam is a sheet of questions drawn by a seed, or its key once it was answered.
type Exam struct {
	Page
	Seed      string
	Suggested string // a seed, where none was given
	Questions []ExamQuestion
	// Missing says which questions were left open, if any were.
	Missing string
	// Graded is set on the key; the fields below it are the key's.
	Graded  bool
	Score   string
	Right   int
	Answers string // the letters that hold, in order
}

// ExamQuestion is one question: what leads to it, what happens, and the options. On the
// key it also has the result of the answer.
type ExamQuestion struct {
	N        int
	ID       string // lesson/step
	Title    string // of the step; on the key only
	URL      string // of the step, if a lesson has it
	From, Do []string
	Code     []CodeLine
	Question template.HTML
	Options  []OptionVerdict
	Chosen   string
	Right    bool
	TakeHome template.HTML
	Panels   *Panels
}
