package world

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Frame is the state at one moment: each browser's jar, the server's rows, and the
// exchange that led there. Frames come from playing a script or from observing a real
// browser; whoever draws, judges or describes a frame does not depend on which.
type Frame struct {
	N         int                `json:"n"`
	At        time.Time          `json:"at"` // UTC; whole seconds if played
	Action    *Action            `json:"action"`
	Exchange  *Exchange          `json:"exchange"`
	Exchanges []Exchange         `json:"exchanges,omitempty"` // of together and of an observed step: all exchanges
	Browsers  map[string]Browser `json:"browsers"`
	Server    Server             `json:"server"`
	Notes     []Note             `json:"notes"`
	// Verdicts are, for each of Exchanges, the notes on its Set-Cookie lines. In an observed
	// frame Notes are about the last exchange only.
	Verdicts [][]Note `json:"-"`
	// Answer is the jar model's answer, if only the model was asked (Ask).
	Answer *jar.Answer `json:"-"`
}

// Browser is a jar, and what a script on the last visited page reads from document.cookie.
type Browser struct {
	Jar            []jar.Cookie `json:"jar"`
	DocumentCookie string       `json:"documentCookie"`
	// Look is nil for a simulated browser, which is known completely.
	Look *Look `json:"look,omitempty"`
}

// Server is the table of sessions: in a played frame all rows in order of creation,
// expired ones included; in an observed frame the visitor's own row.
type Server struct {
	Rows []session.Row `json:"rows"`
	// Told are other rows that the last response contained although this look's request
	// did not send their key.
	Told []session.Row `json:"told,omitempty"`
	// Total is the number of rows; nil if Rows is complete or they were not counted.
	Total *int `json:"total,omitempty"`
	// Absent says that only the jar model was asked: there is no server.
	Absent bool `json:"absent,omitempty"`
}

// Exchange is one request and its response as they went over the wire.
type Exchange struct {
	ID       string   `json:"id"`
	At       Instant  `json:"at"`
	Request  Request  `json:"request"`
	Response Response `json:"response"`
}

// Request is the request of an exchange. The header Host comes first, then the others by
// name, because net/http does not keep their order.
type Request struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"` // absolute
	Headers [][2]string `json:"headers"`
	Body    *string     `json:"body"`
}

// Response is the response as a client without X-Observe gets it, without Date and
// Content-Length.
type Response struct {
	Status  int         `json:"status"`
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body"`
}

// Note says what happened to one cookie or one row, and why.
type Note struct {
	Code    string `json:"code"` // stored, refused, row-created, …
	Browser string `json:"browser,omitempty"`
	Cookie  string `json:"cookie,omitempty"`
	Key     string `json:"key,omitempty"`
	Reason  string `json:"reason"`
	Text    string `json:"text"`
	// Case distinguishes cases of one reason that have different texts.
	Case string `json:"-"`
	// Vars are the variables of the note's text: value, seconds, host, path and so on.
	Vars Vars `json:"-"`
}

// Vars are names with values, of which a later one counts.
type Vars [][2]string

// Get returns the value of a name, and whether there is one.
func (v Vars) Get(name string) (value string, known bool) {
	for _, one := range slices.Backward(v) {
		if one[0] == name {
			return one[1], true
		}
	}
	return "", false
}

// Verdict reports whether a note gives the result of a Set-Cookie line.
func (n Note) Verdict() bool {
	switch n.Code {
	case "stored", "replaced", "deleted", "refused":
		return n.Cookie != ""
	}
	return false
}

// Action is one line of a script (contract, section 3).
type Action struct {
	Do        string   `json:"do,omitempty"` // empty for the visits of a together
	Browser   string   `json:"browser,omitempty"`
	URL       string   `json:"url,omitempty"`
	Method    string   `json:"method,omitempty"`
	Initiator string   `json:"initiator,omitempty"`
	Kind      string   `json:"kind,omitempty"`
	RawCookie *string  `json:"raw_cookie,omitempty"`
	Visits    []Action `json:"visits,omitempty"`
	Seconds   *int64   `json:"seconds,omitempty"`
	Name      string   `json:"name,omitempty"`
	Value     *string  `json:"value,omitempty"`
	Copy      string   `json:"copy,omitempty"`
	Set       *string  `json:"set,omitempty"`
	Op        string   `json:"op,omitempty"`
	Key       string   `json:"key,omitempty"`
}

// says reports whether an action has a field, given by its JSON name.
func (a Action) says(field string) bool {
	v := reflect.ValueOf(a)
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name == field {
			f := v.Field(i)
			return !f.IsZero() && (f.Kind() != reflect.Slice || f.Len() > 0)
		}
	}
	return false
}

// Messages are the keys of the note's text; the first one that exists is used:
// note.refused.samesite.none, note.refused.samesite, note.refused.
func (n Note) Messages() []string {
	name := "note." + n.Code
	names := []string{name}
	for _, part := range []string{n.Reason, n.Case} {
		if part != "" {
			name += "." + part
			names = append([]string{name}, names...)
		}
	}
	return names
}
