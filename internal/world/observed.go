package world

import (
	"encoding/json"
	"slices"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Look is how a real browser was looked at, and what no simulated one needs to have
// told of it: what is not known of its cookies, and what it was seen to do.
type Look struct {
	URL      string `json:"url"`      // of the page
	Scripted bool   `json:"scripted"` // a script told what it sees; else only the Cookie header speaks
	Key      string `json:"key,omitempty"`
	// Known says what is known of each cookie of the jar, in the jar's order. Of a
	// cookie beyond its end all is known.
	Known []Known `json:"known,omitempty"`
	// More is how many cookies there were beyond those that are looked at.
	More int `json:"more,omitempty"`
	// Elsewhere are the cookies that were set and are not sent with the page, the
	// newest first.
	Elsewhere []Missing `json:"elsewhere,omitempty"`
	// Able is nil where nothing was measured.
	Able *Abilities `json:"able,omitempty"`
	// Clock is the browser's clock less the server's: by its own clock a cookie ends
	// at Expires.Add(Clock).
	Clock time.Duration `json:"clock,omitempty"`
}

// Fact is an attribute of a cookie that may be unknown.
type Fact string

// The attributes that a witness may or may not know. Domain and host-only are one:
// who knows one of them knows both.
const (
	FactScope       Fact = "scope"
	FactPath        Fact = "path"
	FactExpires     Fact = "expires"
	FactSecure      Fact = "secure"
	FactHTTPOnly    Fact = "httpOnly"
	FactSameSite    Fact = "sameSite"
	FactPartitioned Fact = "partitioned"
)

// Facts are all of them.
var Facts = []Fact{FactScope, FactPath, FactExpires, FactSecure, FactHTTPOnly, FactSameSite, FactPartitioned}

// Known says how far a cookie of a real browser is known. An unknown attribute has
// its zero value in the cookie, which says nothing.
type Known struct {
	Unknown []Fact `json:"unknown,omitempty"`
	// Ours: this site is known to have set a cookie of this name for this page.
	Ours  bool  `json:"ours,omitempty"`
	Doubt Doubt `json:"doubt,omitempty"`
	// Told is what the ledger says instead, where it says something else.
	Told *jar.Cookie `json:"told,omitempty"`
}

// Knows reports whether the fact is known.
func (k Known) Knows(f Fact) bool { return !slices.Contains(k.Unknown, f) }

// Doubt says how the witnesses contradict each other about a cookie.
type Doubt string

const (
	// DoubtForeign: the ledger knows nothing of it.
	DoubtForeign Doubt = "foreign"
	// DoubtValue: the ledger says that another value stands in its place.
	DoubtValue Doubt = "value"
	// DoubtAttributes: the value is the ledger's, and an attribute is not.
	DoubtAttributes Doubt = "attributes"
	// DoubtAgain: all is as the ledger says, but the cookie was gone in between.
	DoubtAgain Doubt = "again"
	// DoubtSeveral: there are more or fewer cookies of this name and value than
	// the ledger knows, so that it cannot be told which is which.
	DoubtSeveral Doubt = "several"
)

// Doubts has every Doubt, so that a test can check that each has its words.
var Doubts = []Doubt{DoubtForeign, DoubtValue, DoubtAttributes, DoubtAgain, DoubtSeveral}

// Seen is a cookie, as far as it is known.
type Seen struct {
	jar.Cookie
	Known
}

// Seen are the cookies of a browser, as far as they are known: of a simulated
// browser's all is.
func (b Browser) Seen() []Seen {
	seen := make([]Seen, len(b.Jar))
	for i, c := range b.Jar {
		seen[i] = Seen{c, Known{Ours: true}}
		if b.Look != nil && i < len(b.Look.Known) {
			seen[i].Known = b.Look.Known[i]
		}
	}
	return seen
}

// Missing is a cookie that was set and is not sent with the page's own request.
type Missing struct {
	Cookie jar.Cookie `json:"cookie"`
	Reason jar.Reason `json:"reason"`
	At     time.Time  `json:"at"` // when it was set, refused or lost
	// Refused: it never was in the jar. Kept: it still is, only not for this page.
	Refused bool `json:"refused,omitempty"`
	Kept    bool `json:"kept,omitempty"`
	// Stands: an older cookie of this name is still there, which the refused one
	// failed to replace.
	Stands bool `json:"stands,omitempty"`
}

// Abilities are what a browser was measured to do at its page's address.
type Abilities struct {
	Blocked       bool     `json:"blocked"` // it says that it takes no cookies
	SecureContext bool     `json:"secureContext"`
	Store         string   `json:"store"`      // what cookieStore tells: no, yes, names or attributes
	Secure        Measured `json:"secureHTTP"` // it takes a Secure cookie over plain http
}

// Measured is what was seen of a browser, if anything was.
type Measured string

// What can be measured.
const (
	NotMeasured Measured = ""
	MeasuredYes Measured = "yes"
	MeasuredNo  Measured = "no"
)

// Observed reports whether a frame shows a real browser.
func (f Frame) Observed() bool {
	for _, b := range f.Browsers {
		if b.Look != nil {
			return true
		}
	}
	return false
}

// Wire are all exchanges of a frame: of requests that were under way together, and of
// an observed step, there are several.
func (f Frame) Wire() []Exchange {
	if len(f.Exchanges) == 0 && f.Exchange != nil {
		return []Exchange{*f.Exchange}
	}
	return f.Exchanges
}

// By is the browser that made exchange i of Wire, empty for the visitor's own.
func (f Frame) By(i int) string {
	switch {
	case f.Action == nil:
		return ""
	case i < len(f.Action.Visits):
		return f.Action.Visits[i].Browser
	}
	return f.Action.Browser
}

// Others is how many rows a server has beside those of the frame, if they were
// counted.
func (s Server) Others() (n int, counted bool) {
	if s.Total == nil {
		return 0, false
	}
	return max(0, *s.Total-len(s.Rows)), true
}

// UnmarshalJSON reads a table back. Data that does not decode was written as null.
func (s *Server) UnmarshalJSON(text []byte) error {
	var raw struct {
		Rows   []Row `json:"rows"`
		Told   []Row `json:"told"`
		Total  *int  `json:"total"`
		Absent bool  `json:"absent"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*s = Server{Rows: Rows(raw.Rows), Told: Rows(raw.Told), Total: raw.Total, Absent: raw.Absent}
	return nil
}

// Row is ROW of the contract, read back.
type Row struct {
	Key     string          `json:"key"`
	Data    json.RawMessage `json:"data"`
	Expires time.Time       `json:"expires"`
}

// Rows are rows that were read back, as the server has them. The list is never nil.
func Rows(read []Row) []session.Row {
	rows := make([]session.Row, 0, len(read))
	for _, r := range read {
		rows = append(rows, session.Row{Key: r.Key, Data: string(r.Data), Expires: r.Expires})
	}
	return rows
}
