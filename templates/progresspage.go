package templates

import "html/template"

// Progress is the page of a student's progress. It names all steps and tasks; only the
// browser stores which are done.
type Progress struct {
	Page
	Lessons []ProgressLesson
}

// ProgressLesson is a lesson with its steps and tasks.
type ProgressLesson struct {
	Number       int
	Title, URL   string
	Steps, Tasks []ProgressEntry
}

// ProgressEntry is one step or task.
type ProgressEntry struct{ ID, Name, Title, URL string }

// Recall is a question from an earlier lesson, and its answer once one was chosen.
type Recall struct {
	Step     string // lesson/step
	Title    string
	URL      string
	From, Do []string
	Question template.HTML
	Options  []OptionVerdict
	Answered bool
	Right    bool
	TakeHome template.HTML
}
