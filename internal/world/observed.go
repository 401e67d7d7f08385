package world

import (
	"encoding/json"
	"slices"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Look is what is known of a real browser beyond its jar: how it was observed, what is
// not known of its cookies, and what it was measured to do.
type Look struct {
	URL      string `json:"url"`      // of the page
	Scripted bool   `json:"scripted"` // a script reported what it sees; otherwise only the Cookie header is known
	Key      string `json:"key,omitempty"`
	// Known says, for each cookie of the jar and in its order, what is known of it.
	// Cookies beyond the end of Known are known completely.
	Known []Known `json:"known,omitempty"`
	// More is how many cookies were left out because of the limits.
	More int `json:"more,omitempty"`
	// Elsewhere are cookies that were set and are not sent with the page, the newest first.
	Elsewhere []Missing `json:"elsewhere,omitempty"`
	// Able is nil if nothing was measured.
	Able *Abilities `json:"able,omitempty"`
	// Clock is the browser's clock minus the server's: on the browser's clock a cookie
	// ends at Expires.Add(Clock).
	Clock time.Duration `json:"clock,omitempty"`
}

// Fact is an attribute of a cookie that may be unknown.
type Fact string

// The attributes that can be unknown. Domain and host-only are one fact, because they are
// always known together.
const (
	FactScope       Fact = "scope"
	FactPath        Fact = "path"
	FactExpires     Fact = "expires"
	FactSecure      Fact = "secure"
	FactHTTPOnly    Fact = "httpOnly"
	FactSameSite    Fact = "sameSite"
	FactPartitioned Fact = "partitioned"
)

// Facts are all facts.
var Facts = []Fact{FactScope, FactPath, FactExpires, FactSecure, FactHTTPOnly, FactSameSite, FactPartitioned}

// Known says what is known of a cookie of a real browser. An unknown attribute has its
// zero value in the cookie.
type Known struct {
	Unknown []Fact `json:"unknown,omitempty"`
	// Ours says that this site has set a cookie of this name for this page.
	Ours  bool  `json:"ours,omitempty"`
	Doubt Doubt `json:"doubt,omitempty"`
	// Told is the ledger's version of the cookie, if it differs.
	Told *jar.Cookie `json:"told,omitempty"`
}

// Knows reports whether a fact is known.
func (k Known) Knows(f Fact) bool { return !slices.Contains(k.Unknown, f) }

// Doubt says how the sources contradict each other about a cookie.
type Doubt string

const (
	// DoubtForeign: the ledger has no such cookie.
	DoubtForeign Doubt = "foreign"
	// DoubtValue: in the ledger the cookie has another value.
	DoubtValue Doubt = "value"
	// DoubtAttributes: the value is that of the ledger, an attribute is not.
	DoubtAttributes Doubt = "attributes"
	// DoubtAgain: all agrees with the ledger, but the cookie was missing for a while.
	DoubtAgain Doubt = "again"
	// DoubtSeveral: there are more or fewer cookies of this name and value than in the
	// ledger, so that they cannot be matched.
	DoubtSeveral Doubt = "several"
)

// Doubts has every Doubt, so that a test can check that each has a message.
var Doubts = []Doubt{DoubtForeign, DoubtValue, DoubtAttributes, DoubtAgain, DoubtSeveral}

// Seen is a cookie with what is known of it.
type Seen struct {
	jar.Cookie
	Known
}

// Seen returns the cookies of a browser with what is known of them. A simulated browser's
// are known completely.
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
	At     time.Time  `json:"at"` // when it was set, refused or missed
	// Refused: it was never in the jar. Kept: it still is, but is not sent to this page.
	Refused bool `json:"refused,omitempty"`
	Kept    bool `json:"kept,omitempty"`
	// Stands: an older cookie of this name, which the refused one did not replace, is
	// still there.
	Stands bool `json:"stands,omitempty"`
}

// Abilities are the results of measuring a browser at its page's address.
type Abilities struct {
	Blocked       bool     `json:"blocked"` // it reports that cookies are disabled
	SecureContext bool     `json:"secureContext"`
	Store         string   `json:"store"`      // what cookieStore supports: no, yes, names or attributes
	Secure        Measured `json:"secureHTTP"` // it accepts a Secure cookie over plain http
}

// Measured is the result of a measurement: yes, no or none.
type Measured string

// The values of Measured.
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

// Wire returns all exchanges of a frame. There are several after concurrent requests and
// in an observed step.
func (f Frame) Wire() []Exchange {
	if len(f.Exchanges) == 0 && f.Exchange != nil {
		return []Exchange{*f.Exchange}
	}
	return f.Exchanges
}

// By returns the browser that made exchange i of Wire; "" for the visitor's own.
func (f Frame) By(i int) string {
	switch {
	case f.Action == nil:
		return ""
	case i < len(f.Action.Visits):
		return f.Action.Visits[i].Browser
	}
	return f.Action.Browser
}

// Others returns how many rows there are beside those of the frame, and whether they were
// counted.
func (s Server) Others() (n int, counted bool) {
	if s.Total == nil {
		return 0, false
	}
	return max(0, *s.Total-len(s.Rows)), true
}

// UnmarshalJSON reads a table from JSON. Data that could not be decoded were written as null.
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

// Row is ROW of the contract, for reading.
type Row struct {
	Key     string          `json:"key"`
	Data    json.RawMessage `json:"data"`
	Expires time.Time       `json:"expires"`
}

// Rows converts rows that were read. The list is never nil.
func Rows(read []Row) []session.Row {
	rows := make([]session.Row, 0, len(read))
	for _, r := range read {
		rows = append(rows, session.Row{Key: r.Key, Data: string(r.Data), Expires: r.Expires})
	}
	return rows
}
