package templates

import "html/template"

// Page is what every page has: its words' language, its address in the other
// language, and its place in the site.
type Page struct {
	Lang      string
	Title     string
	Section   string // lessons, lab, cookie, or empty
	Languages []Language
	// Heading and Steps are the lesson's line in the page's header; a page
	// without a lesson has none.
	Heading string
	Steps   []StepDot
	// Bare is true where a page has the window for itself, without header and footer.
	Bare bool
	// Modes is true where the page can be taken in the time machine too.
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
	Script  string // what the time machine plays here: nothing
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

// StepView is a step's words, in the order in which a student meets them.
type StepView struct {
	ID       string
	Place    string // lesson and step, as the page's title says them
	OnPath   string // where on the path it is, if one is on one
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

// TermView is a word of the field: in the page's language, and in the other.
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

// CodeLine is a line of code, lit where the step's idea is.
type CodeLine struct {
	Text string
	Lit  bool
}

// OptionView is one answer that a student may predict.
type OptionView struct {
	ID   string
	Text template.HTML
}

// ActionView is one button of a step. Route is empty for what only this page
// can do: run a line of JavaScript, delete a cookie, wait.
type ActionView struct {
	Name   string // data-action: the route's name, or script, delete, wait
	Label  string // what stands on the button
	Method string
	Route  string
	URL    string // route and query as the button asks it
	Fields []Field
	Script string
	Wait   int64
	JSON   string // the action as a script of the time machine has it
	Back   string
	// Without JavaScript the form takes the visitor's choice with it, and Plain stands in
	// for what only a script can do; Stand is true of what stands in.
	Guesses []GuessView
	Plain   *ActionView
	Stand   bool
}

// GuessView is a choice as a field of a form.
type GuessView struct {
	Letter, Name, Value string
	Chosen              bool
}

// Field is one parameter of a button's form.
type Field struct{ Name, Value string }

// Live is the part of a page that changes: what the browser holds, what went
// over the wire, what the server holds. The page and its fragments draw it with
// the same parts.
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
	Next    int // of Setup, which without JavaScript is sent one by one
}

// VerdictView is what became of the prediction.
type VerdictView struct {
	Done    bool
	Chosen  string
	Right   bool
	Options []OptionVerdict
	// Unsettled is set where what happened fits no option: this browser does
	// otherwise, or it did not start where the step starts.
	Unsettled bool
	TakeHome  template.HTML
	Terms     []TermView
	Mend      template.HTML
	Next      string
	Compare   []RemnantView // beside a settled verdict, if the step compares anything
}

// RemnantView is what one action leaves of the session: a line of a table.
type RemnantView struct {
	Action  string // as it is asked
	Own     bool   // the step's own
	Row     bool   // it is there
	Data    string // of the row, JSON
	Key     string // kept, new or gone
	KeyText string
	Cookie  bool // sessionid is in the jar
}

// OptionVerdict is one option in the light of what happened.
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
	Beside    bool   // browsers stand at the two sides of the table, the wire below
	At        string // RFC 3339 UTC
	AtText    string
	Sentence  string
	Notes     []NoteView
	Browsers  []BrowserPanel
	Wire      WirePanel
	Server    ServerPanel
	Lifetimes Lifetimes
	Trips     []Trip
	// Frame is what a live page keeps of what is drawn, as JSON, and sends back
	// unread when it is taken away; nil where nobody needs it.
	Frame any
}

// Trip is the way of a cookie, and of the key in it: out of a jar with a request, or
// back with the response.
type Trip struct {
	Name, Browser, Exchange string
	Key                     string // of the row at one end, empty where there is none
	Back                    bool
	Stops                   []Stop
}

// Stop is one of a trip: its number in the story, and a place: jar, wire, or the row
// that a key belongs to.
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
	Asking        bool   // no script has told anything yet
	More          string // that there are more cookies than are drawn, if so
}

// CookieCard is one cookie. The fields up to Partitioned are the contract's
// data attributes; the rest is for eyes.
type CookieCard struct {
	Name, Value, Domain, HostOnly, Path, Expires string
	Secure, HTTPOnly, SameSite, Partitioned      string

	Shown   string
	Decoded string
	Masked  bool
	Mark    *KeyMark
	Chips   []Chip
	Doubts  []string
	Tools   bool // a simulated jar: its owner may delete, edit and copy
}

// KeyMark makes the same key recognisably the same in jar, wire and row: a
// shape, a colour and the ends of the key.
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
	DevTools                               string // what the developer tools call the reason
	Ends                                   string // when it will be gone for another reason
}

// Ability is one line of what this browser can do on this address.
type Ability struct {
	Key, State        string // stable words: secure-http, yes
	Name, Value, Help string
}

// UnknownKey is a sessionid that has no row here.
type UnknownKey struct{ Short, URL, Host string }

// Twin is the same page on another name of the same machine.
type Twin struct{ URL, Host string }

// WirePanel is the exchanges of one step, the last one open.
type WirePanel struct {
	Count     string
	Silent    bool // nothing went over the wire, which is worth saying
	Exchanges []ExchangeView
}

// ExchangeView is one request and its response, ready to print.
type ExchangeView struct {
	ID, Title string
	Browser   string
	Request   MessageView
	Response  MessageView
	Verdicts  []NoteView
	Open      bool
	Curl      string
}

// MessageView is one side of an exchange. Lines teach; Others are folded away.
type MessageView struct {
	First  string
	Status string // ok, error or empty
	Lines  []HeaderLine
	Others []HeaderLine
	Body   string
	Empty  string // said in place of a Cookie line that is not there
}

// HeaderLine is one header, its value cut into pieces that are coloured apart.
type HeaderLine struct {
	Name   string
	Pieces []Piece
}

// Piece is a run of text of one kind, with the mark of a key behind it if there is one.
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

// Lifetimes is the picture of who lives how long. Bars and axis are an SVG in user
// units; names and ends stand beside it as text, which grows with the page.
type Lifetimes struct {
	Height       int
	Bars         []LifeBar
	Ticks        []LifeTick
	NowX         int
	NowShare     string // of the axis, with %
	Top, Rows    int    // where the bars begin, and how high they are together
	NowText      string
	From, To     string // RFC 3339, the axis's ends
	AxisX, AxisW int
	Axis         string
	Marks        []LifeMark
	World        bool     // now can be dragged
	Text         []string // the same in words
}

// LifeBar is one cookie's or row's life.
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
	Haze       int   // how far it may go on, where nobody knows when it ends
	Notches    []int // where it was written again
}

// LifeTick is one mark on the axis.
type LifeTick struct {
	X     int
	Share string // of the axis, with %
	Text  string
}

// LifeMark is a moment that something happened at: a browser closed.
type LifeMark struct {
	X     int
	Share string // of the axis, with %
	Text  string
}

// Answer is the small page that a navigation to a demo route gets.
type Answer struct {
	Page
	Status   int
	Reason   string
	OK       bool
	Body     string
	Exchange ExchangeView
	Record   any // the exchange, for the ledger
	Back     string
	// What it means for a step that is done without JavaScript, if it leads back to one.
	Verdict  *VerdictView
	Happened template.HTML // once the verdict is settled
	Next     string        // address of the step after it
	Start    *StartView    // while the step is being set up
}

// Failure is the page for what went wrong.
type Failure struct {
	Page
	Status  int
	Message string
}

// Lab is the page of free play.
type Lab struct {
	Page
	Groups []ActionGroup
	Live   Live
	Script string
}

// ActionGroup is a few buttons that belong together.
type ActionGroup struct {
	Title   string
	Actions []LabAction
}

// LabAction is a route with its form.
type LabAction struct {
	Name, Route, Django, Help string
	Fields                    []FormField
	Back                      string
	More                      bool // some fields are rare
}

// FormField is one parameter of a route.
type FormField struct {
	Name, Label, Value, Kind, Hint string
	Rare                           bool // folded away with the others that are
	Options                        []Choice
}

// Choice is one value of a select.
type Choice struct {
	Value, Text string
	Selected    bool
}
