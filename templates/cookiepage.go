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

// CookieExamples is a few examples that end alike: accepted, refused, surprising.
type CookieExamples struct {
	ID, Title string
	Examples  []CookieExample
}

// CookieExample is one button.
type CookieExample struct{ ID, Label string }

// CookieAnswer is all that follows from a question.
type CookieAnswer struct {
	// Problem is said in place of an answer.
	Problem string
	Summary string
	Lines   []CookieLine // explained in full
	Others  []CookieLine // in one row each, where there are many
	More    string       // heading of Others
	Jar     CookieJar
	Next    CookieRequest
	Matrix  *CookieMatrix
}

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
	Door         string // Set-Cookie: or document.cookie =
	Address      []AddressPiece
	AddressNote  string // why a piece of the address is lit
	Pieces       []LinePiece
	Parts        []CookiePart
	More         string // how many parts are not explained
	Defaults     []CookieDefault
	Promise      *PromiseView
	Repairs      []Repair
	Brief        string // the line, cut short
}

// AddressPiece is a piece of an address; a lit one is what matters here.
type AddressPiece struct {
	Text string
	Lit  bool
}

// LinePiece is a piece of the line as it is printed: a part in one of the states
// of CookiePart, or what stands between parts.
type LinePiece struct{ State, Text string }

// CookiePart explains one part of a line. State is used, ignored, refused, or moot:
// in order, in a line that is refused for another part.
type CookiePart struct {
	State, Kind, Attr, Effect string
	Icon, Word                string // of the state
	Text                      string // as in the line
	Help                      string
}

// CookieDefault says what follows from an attribute that the line does not have.
type CookieDefault struct{ Attr, Name, Help string }

// PromiseView is the checklist of a name such as __Host-sid.
type PromiseView struct {
	Title string
	Items []PromiseItem
}

// PromiseItem is one thing that the name promises.
type PromiseItem struct {
	Key, Text string
	Kept      bool
}

// Repair is a button that mends the question.
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
	From, To string // hosts; From is empty where nobody but the user asks
	Script   bool   // document.cookie is read, and nothing is sent
	Value    string // what a script reads
	Message  MessageView
	Note     string // what is odd about it
	Withheld []CookieWithheld
	More     string
}

// CookieWithheld is a cookie that stays at home.
type CookieWithheld struct{ Name, Shown, Reason, Term, Text, DevTools string }

// CookieMatrix asks of many requests whether they carry the cookie.
type CookieMatrix struct {
	Cookies []string // one column each
	More    string
	Single  bool // one cookie: the column needs no heading
	Groups  []MatrixGroup
}

// MatrixGroup is the requests that one rule tells apart.
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

// MatrixCell is whether one cookie goes with one request.
type MatrixCell struct {
	Sent               bool
	Reason, Text, Icon string
}
