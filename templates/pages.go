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

// Panels is one frame as it is drawn.
type Panels struct {
	World     bool
	Beside    bool   // browsers are at the two sides of the table, the wire is below
	At        string // RFC 3339 UTC
	AtText    string
	Sentence  string
	Notes     []NoteView
	Browsers  []BrowserPanel
	Wire      WirePanel
	Server    ServerPanel
	Lifetimes Lifetimes
	Trips     []Trip
	// Frame is what a live page keeps of a drawn frame, as JSON, and sends back unread to
	// take it away; nil if not needed.
	Frame any
}

// Trip is the movement of a cookie, and of the session key in it: out of a jar with a
// request, or into it with a response.
type Trip struct {
	Name, Browser, Exchange string
	Key                     string // of the row at one end; empty if there is none
	Back                    bool
	Stops                   []Stop
}

// Stop is one stop of a trip: its number among all, and a place: jar, wire, or a key's row.
type Stop struct {
	N           int
	Place, Text string
}

// NoteView is one sentence about one cookie or row.
type NoteView struct{ Code, Icon, Text string }

// BrowserPanel is one jar.
type BrowserPanel struct {
	Name      string // A, B …; empty for the visitor's own browser
	URL       string
	Count     string
	Cookies   []CookieCard
	Script    string // document.cookie
	ScriptSay string
	Elsewhere []ElsewhereCard
	// ElsewhereMore are the older ones.
	ElsewhereMore []ElsewhereCard
	Abilities     []Ability
	UnknownKey    *UnknownKey
	Twin          *Twin
	Hidden        bool   // HttpOnly cookies are shown, which only this lab does
	Asking        bool   // no script has reported yet
	More          string // says that not all cookies are drawn, if so
}

// CookieCard is one cookie. The fields up to Partitioned are the contract's data
// attributes; the others are only displayed.
type CookieCard struct {
	Name, Value, Domain, HostOnly, Path, Expires string
	Secure, HTTPOnly, SameSite, Partitioned      string

	Shown   string
	Decoded string
	Masked  bool
	Mark    *KeyMark
	Chips   []Chip
	Doubts  []string
	Tools   bool // for a simulated jar: deleting, editing and copying are possible
}

// KeyMark makes a session key recognizable in jar, wire and row: a shape, a colour and
// the ends of the key.
type KeyMark struct {
	Short string
	Glyph string
	Class string
}

// Chip is one attribute with its explanation.
type Chip struct {
	Kind, Text, Help string
	Until            string // counts down to this moment
	Unknown          bool
}

// ElsewhereCard is a cookie that was set and is not sent with the present page.
type ElsewhereCard struct {
	Name, Shown, Reason, Where, Text, Term string
	DevTools                               string // DevTools' word for the reason
	Ends                                   string // when the cookie will expire in any case
}

// Ability is one line of what this browser can do on this address.
type Ability struct {
	Key, State        string // fixed identifiers: secure-http, yes
	Name, Value, Help string
}

// UnknownKey is a sessionid that has no row here.
type UnknownKey struct{ Short, URL, Host string }

// Twin is the same page under another name of the same machine.
type Twin struct{ URL, Host string }

// WirePanel is the exchanges of one step, the last one open.
type WirePanel struct {
	Count     string
	Silent    bool // nothing was on the wire, which the panel then says
	Exchanges []ExchangeView
}

// ExchangeView is one request and its response, ready to display.
type ExchangeView struct {
	ID, Title string
	Browser   string
	Request   MessageView
	Response  MessageView
	Verdicts  []NoteView
	Open      bool
	Curl      string
}

// MessageView is one side of an exchange. Lines are visible; Others are folded away.
type MessageView struct {
	First  string
	Status string // ok, error or empty
	Lines  []HeaderLine
	Others []HeaderLine
	Body   string
	Empty  string // shown in place of a missing Cookie line
}

// HeaderLine is one header, its value split into coloured pieces.
type HeaderLine struct {
	Name   string
	Pieces []Piece
}

// Piece is a text of one kind, followed by a key's mark if there is one.
type Piece struct {
	Class, Text string
	Mark        *KeyMark
}

// ServerPanel is the table of sessions, or the caller's part of it.
type ServerPanel struct {
	Count  string
	Rows   []RowCard
	Others string
	Empty  string
}

// RowCard is one row as stored.
type RowCard struct {
	Key, Expires string
	Mark         *KeyMark
	Holders      string
	Entries      []EntryView
	Damaged      bool
	Expired      bool
	When, Until  string
}

// EntryView is one entry of a row's data.
type EntryView struct {
	Key, Value string // Value is JSON
	Own        bool   // Django's own entry, such as _session_expiry
}

// Lifetimes is the picture of the lifetimes of cookies and rows. Bars and axis are an SVG
// in user units; names and ends are text beside it, which scales with the page.
type Lifetimes struct {
	Height       int
	Bars         []LifeBar
	Ticks        []LifeTick
	NowX         int
	NowShare     string // of the axis, with %
	Top, Rows    int    // the top of the bars, and their height together
	NowText      string
	From, To     string // RFC 3339, the axis's ends
	AxisX, AxisW int
	Axis         string
	Marks        []LifeMark
	World        bool     // now can be dragged
	Text         []string // the same in words
}

// LifeBar is the lifetime of one cookie or row.
type LifeBar struct {
	Kind       string // cookie, row
	Label      string
	Y          int
	X, W       int
	OpenEnded  bool // ends when the browser closes
	Dead       bool
	EndText    string
	EndX       int
	Until      string
	ColorIndex int
	Haze       int   // length of a haze after a bar whose end is unknown
	Notches    []int // when it was written again
}

// LifeTick is one mark on the axis.
type LifeTick struct {
	X     int
	Share string // of the axis, with %
	Text  string
}

// LifeMark marks a time at which a browser was closed.
type LifeMark struct {
	X     int
	Share string // of the axis, with %
	Text  string
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

// Lab is the lab page, for playing freely.
type Lab struct {
	Page
	Groups []ActionGroup
	Live   Live
	Script string
}

// ActionGroup is a group of buttons.
type ActionGroup struct {
	Title   string
	Actions []LabAction
}

// LabAction is a route with its form.
type LabAction struct {
	Name, Route, Django, Help string
	Fields                    []FormField
	Back                      string
	More                      bool // there are rare fields
}

// FormField is one parameter of a route.
type FormField struct {
	Name, Label, Value, Kind, Hint string
	Rare                           bool // folded away with the other rare ones
	Options                        []Choice
}

// Choice is one value of a select.
type Choice struct {
	Value, Text string
	Selected    bool
}
