package templates

import "html/template"

// Page is what every page has: its language, its address in the other language, and its
// section of the site.
type Page struct {
	Lang      string
	Title     string
	Section   string // lessons, lab, cookie, or empty
	Languages []Language
	// Heading and Steps are the lesson's line in the page's header; a page
	// without a lesson has none.
	Heading string
	Steps   []StepDot
	// Bare is true if the page uses the whole window, without header and footer.
	Bare bool
	// Modes is true if the page can also be shown in the time machine.
	Modes bool
	// Suggested are the addresses that the time machine suggests for a visit.
	Suggested []string
}

// Language is one choice of language: the same page and step in it.
type Language struct {
	Code, Name, URL string
	Current         bool
}

// StepDot is one step in the header's row of dots.
type StepDot struct {
	URL, Title, ID string
	N              int
	Current        bool
}

// Home is the list of lessons.
type Home struct {
	Page
	Lessons []LessonCard
	Start   string // address of the first step
	Live    Live
	Script  string // what the time machine plays here: an empty script
	Paths   []PathView
}

// LessonCard is one lesson in the list.
type LessonCard struct {
	ID, URL, Title, Say string
	Number              int
	Minutes             int
	Tasks               []ProgressEntry
	World               bool
	Steps               []StepDot
}

// Answer is the small HTML page for a navigation to a demo route.
type Answer struct {
	Page
	Status   int
	Reason   string
	OK       bool
	Body     string
	Exchange ExchangeView
	Record   any // the exchange, for the ledger
	Back     string
	// For a step that is done without JavaScript, if the page leads back to one.
	Verdict  *VerdictView
	Happened template.HTML // once the verdict is settled
	Next     string        // address of the step after it
	Start    *StartView    // while the step is being set up
}

// Failure is the page for an error.
type Failure struct {
	Page
	Status  int
	Message string
}
