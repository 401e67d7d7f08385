package templates

import "html/template"

// Lesson is one step of one lesson.
type Lesson struct {
	Page
	LessonID, LessonTitle string
	Tasks                 []ProgressEntry // the lesson's, on its last step
	Recall                string          // on a first step: the lessons so far, whose questions may come again
	Step                  StepView
	Prev, Next            string
	Recap                 string // the address of the lesson's recap, on its last step
	Path                  string // the id of the path that one is on, or empty
	Live                  Live
}

// StepView is the text of a step, in the order in which a student reads it.
type StepView struct {
	ID       string
	Place    string // lesson and step, as in the page's title
	OnPath   string // the position on the path, if one is followed
	N, Of    int
	World    bool   // only the time machine can show it
	Compares bool   // its verdict has a table beside it
	Pair     bool   // more than one browser takes part
	JarPage  bool   // asked of the jar model, not of this browser
	JarLink  string // the same question on the page that explains Set-Cookie lines
	Title    string
	Syllabus []SyllabusLine
	Lead     template.HTML
	Story    template.HTML // the lesson's, on its first step
	Subtitle template.HTML // the title in the words of the story
	Code     []CodeTab
	Question template.HTML
	Options  []OptionView
	Actions  []ActionView
	TakeHome template.HTML
	Terms    []TermView
	See      []SeeView
	Mend     template.HTML
	Teach    *TeachView
	// Script is the step as the time machine plays it: JSON.
	Script string
}

// TermView is a technical term: in the page's language, and in the other.
type TermView struct{ ID, Name, Other, OtherLang string }

// SyllabusLine is a line of the customer's notes.
type SyllabusLine struct{ ID, Title, Anchor string }

// SeeView says what to look at, and where.
type SeeView struct {
	Where, Name string
	Text        template.HTML
}

// TeachView is for the instructor.
type TeachView struct{ Say, Ask, Student template.HTML }

// CodeTab is the same idea in one language: the syllabus's Django, or the Go
// that runs behind the button.
type CodeTab struct {
	Name  string
	Title string
	Lines []CodeLine
}

// CodeLine is a line of code; the lines that the step is about are lit.
type CodeLine struct {
	Text string
	Lit  bool
}

// OptionView is one answer that a student may predict.
type OptionView struct {
	ID   string
	Text template.HTML
}

// ActionView is one button of a step. Route is empty for what only this page can do: run
// a line of JavaScript, delete a cookie, wait.
type ActionView struct {
	Name   string // data-action: the route's name, or script, delete, wait
	Label  string // text on the button
	Method string
	Route  string
	URL    string // route and query that the button requests
	Fields []Field
	Script string
	Wait   int64
	JSON   string // the action as in a script of the time machine
	Back   string
	// Without JavaScript the form also sends the prediction, and Plain replaces an action
	// that only a script can do; Stand is true for such a replacement.
	Guesses []GuessView
	Plain   *ActionView
	Stand   bool
}

// GuessView is a prediction as a field of a form.
type GuessView struct {
	Letter, Name, Value string
	Chosen              bool
}

// Field is one parameter of a button's form.
type Field struct{ Name, Value string }

// Live is the part of a page that changes: what the browser holds, what was on the wire,
// what the server holds. The page and its fragments use the same template parts for it.
type Live struct {
	Start   *StartView
	Verdict *VerdictView
	Panels  Panels
}

// StartView says what differs between this browser and the state that a step
// starts from, and which requests bring it there.
type StartView struct {
	From    string // the cookies and entries that the step starts from
	Differs []string
	Setup   []ActionView
	Next    int // index in Setup, which without JavaScript is sent one by one
}

// VerdictView is the result of the prediction.
type VerdictView struct {
	Done    bool
	Chosen  string
	Right   bool
	Options []OptionVerdict
	// Unsettled is set if no option matches what happened: this browser behaves
	// differently, or was not at the step's start.
	Unsettled bool
	Unknown   bool // the last action needs JavaScript, which this browser lacks
	TakeHome  template.HTML
	Terms     []TermView
	Mend      template.HTML
	Next      string
	Compare   []RemnantView // shown with a settled verdict, if the step compares anything
}

// RemnantView is what one action leaves of the session: a line of a table.
type RemnantView struct {
	Action  string // as requested
	Own     bool   // the step's own
	Row     bool   // it exists
	Data    string // of the row, JSON
	Key     string // kept, new or gone
	KeyText string
	Cookie  bool // sessionid is in the jar
}

// OptionVerdict is one option after what happened.
type OptionVerdict struct {
	ID     string
	Text   template.HTML
	Why    template.HTML
	Held   bool
	Chosen bool
}
