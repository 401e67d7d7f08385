package templates

import "html/template"

// Notes is the customer's syllabus, line by line.
type Notes struct {
	Page
	Lines []NoteLine
}

// NoteLine is a line of the syllabus: its text, the precise facts, and the steps that show it.
type NoteLine struct {
	ID, Anchor, Title string
	Quote             string // in Chinese, as the customer wrote it
	So                template.HTML
	Steps             []StepLink
}

// StepLink leads to a step.
type StepLink struct{ URL, Place, Title string }

// Glossary is the page of technical terms.
type Glossary struct {
	Page
	Terms []GlossaryTerm
}

// GlossaryTerm is a term in both languages, with one sentence.
type GlossaryTerm struct {
	TermView
	Say   template.HTML
	Steps []StepLink
}

// Recap is the statements at a lesson's end.
type Recap struct {
	Page
	Lesson, URL string
	Prev, Next  string
	Done        bool
	Statements  []StatementView
}

// StatementView is a sentence that is true or false, and a comment on it.
type StatementView struct {
	ID        string
	N         int
	Text, Why template.HTML
	True      bool
	Chosen    string // true, false, or empty
	Right     bool
}

// PathView is a selection of steps as the list of lessons offers it.
type PathView struct {
	ID, URL, Name, Say string
}
