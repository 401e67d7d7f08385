package templates

// Panels is one frame as it is drawn.
type Panels struct {
	World     bool
	Beside    bool   // browsers are at the two sides of the table, the wire is below
	At        string // RFC 3339 UTC
	AtText    string
	Sentence  string
	Notes     []NoteView
	NotesMore string // says how many notes are not drawn, if so
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
	Badge   *KeyBadge
	Chips   []Chip
	Doubts  []string
	Tools   bool // for a simulated jar: deleting, editing and copying are possible
}

// KeyBadge makes a session key recognizable in jar, wire and row: a shape, a colour and
// the ends of the key.
type KeyBadge struct {
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
	Silent    bool   // nothing was on the wire, which the panel then says
	More      string // says how many exchanges before these are not drawn, if so
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

// Piece is a text of one kind, followed by the badge of a key if there is one.
type Piece struct {
	Class, Text string
	Badge       *KeyBadge
}

// ServerPanel is the table of sessions, or the caller's part of it.
type ServerPanel struct {
	Count  string
	Rows   []RowCard
	More   string // says how many of the rows are not drawn, if so
	Others string
	Empty  string
}

// RowCard is one row as stored.
type RowCard struct {
	Key, Expires string
	Badge        *KeyBadge
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
	Closings     []Closing
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

// Closing is a time on the axis at which a browser was closed.
type Closing struct {
	X     int
	Share string // of the axis, with %
	Text  string
}
