package templates

// CookiePage is the page that explains Set-Cookie lines.
type CookiePage struct {
	Page
	Ask      CookieForm
	Examples []CookieExamples
	Answer   CookieAnswer
}

// CookieForm is the question as the form shows it.
type CookieForm struct {
	Lines, URL, SetFrom, Next, From string
	SetKinds, Kinds, Waits          []Choice
	// More says that a folded field holds something.
	More bool
}

// CookieExamples is a group of examples with the same kind of result: accepted, refused,
// surprising.
type CookieExamples struct {
	ID, Title string
	Examples  []CookieExample
}

// CookieExample is one button.
type CookieExample struct{ ID, Label string }

// CookieAnswer is the answer to a question.
type CookieAnswer struct {
	// Problem is shown instead of an answer.
	Problem string
	Summary string
	Lines   []CookieLine // explained in full
	Others  []CookieLine // in one row each, where there are many
	More    string       // heading of Others
	Jar     CookieJar
	Next    CookieRequest
	Matrix  *CookieMatrix
	Tree    *HostTree // nil where no cookie is in the jar
}

// HostTree is who set a cookie and who receives it, drawn as a tree of hosts. All
// lengths are in em.
type HostTree struct {
	Title, Height string
	Hosts         []HostNode
	Lines         []TreeLine
}

// HostNode is one host of the tree.
type HostNode struct {
	Host, Shown, Say                       string
	Set, Gets                              bool
	X, Y, TextX, TextY, SayY, IconX, IconY string
}

// TreeLine joins a host with the one above it.
type TreeLine struct{ X1, Y1, X2, Y2 string }

// CookieLine is one line and what became of it.
type CookieLine struct {
	N            int    // 1-based, as in the text
	Count        string // of how many; empty: the only one
	Open         bool   // of several, one whose parts are in sight
	Stored       bool
	Code, Reason string
	Icon, Label  string
	Text         string // the verdict in a sentence
	DevTools     string // Chromium's own word for the reason
	Door         string // before the line: Set-Cookie: or document.cookie =
	Address      []AddressPiece
	AddressNote  string // why a piece of the address is highlighted
	Pieces       []LinePiece
	Parts        []CookiePart
	More         string // how many parts are not explained
	Defaults     []CookieDefault
	Promise      *PromiseView
	Repairs      []Repair
	Brief        string // the line, cut short
}

// AddressPiece is a piece of an address; the relevant ones are highlighted.
type AddressPiece struct {
	Text string
	Lit  bool
}

// LinePiece is a piece of the displayed line: a part, with its state as in CookiePart, or
// a separator.
type LinePiece struct{ State, Text string }

// CookiePart explains one part of a line. State is used, ignored, refused, or moot:
// valid, but in a line that is refused for another part.
type CookiePart struct {
	State, Kind, Attr, Effect string
	Icon, Word                string // of the state
	Text                      string // as in the line
	Help                      string
}

// CookieDefault says what the absence of an attribute means.
type CookieDefault struct{ Attr, Name, Help string }

// PromiseView is the checklist for a name with a prefix, such as __Host-sid.
type PromiseView struct {
	Title string
	Items []PromiseItem
}

// PromiseItem is one requirement of the prefix.
type PromiseItem struct {
	Key, Text string
	Kept      bool
}

// Repair is a button that corrects the question.
type Repair struct {
	N     int
	Label string
}

// CookieJar is the jar after all the lines.
type CookieJar struct {
	Count string
	Cards []CookieCard
	More  string // how many are not drawn
	Empty string
}

// CookieRequest is the next request.
type CookieRequest struct {
	Text     string // who makes it, in a sentence
	From, To string // hosts; From is empty if the user makes the request
	Script   bool   // document.cookie is read, and nothing is sent
	Value    string // what a script reads
	Message  MessageView
	Note     string // what is unusual about it
	Withheld []CookieWithheld
	More     string
}

// CookieWithheld is a cookie that is not sent.
type CookieWithheld struct{ Name, Shown, Reason, Term, Text, DevTools string }

// CookieMatrix shows for many requests whether they send the cookie.
type CookieMatrix struct {
	Cookies []string // one column each
	More    string
	Single  bool // one cookie: the column needs no heading
	Groups  []MatrixGroup
}

// MatrixGroup is the requests that one rule distinguishes.
type MatrixGroup struct {
	Title, Rule string
	Rows        []MatrixRow
}

// MatrixRow is one request.
type MatrixRow struct {
	Kind, Label string
	Address     []AddressPiece
	Cells       []MatrixCell
}

// MatrixCell says whether one cookie is sent with one request.
type MatrixCell struct {
	Sent               bool
	Reason, Text, Icon string
}
