package world

import (
	"reflect"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Frame is one moment: what each browser holds, what the server holds, and the
// exchange that made it so. Playing a script makes frames; so does observing a
// real browser. Panels, claims and notes never ask which of the two it was.
type Frame struct {
	N         int                `json:"n"`
	At        time.Time          `json:"at"` // UTC; played ones in whole seconds
	Action    *Action            `json:"action"`
	Exchange  *Exchange          `json:"exchange"`
	Exchanges []Exchange         `json:"exchanges,omitempty"` // of together and of an observed step: all
	Browsers  map[string]Browser `json:"browsers"`
	Server    Server             `json:"server"`
	Notes     []Note             `json:"notes"`
	// Verdicts are, for each of Exchanges, the notes on its Set-Cookie lines, where
	// Notes tell of the last one only.
	Verdicts [][]Note `json:"-"`
	// Answer is what the jar model answered, where only that was asked (Ask).
	Answer *jar.Answer `json:"-"`
}

// Browser is a jar, and what a script on the page last visited would see of it.
type Browser struct {
	Jar            []jar.Cookie `json:"jar"`
	DocumentCookie string       `json:"documentCookie"`
	// Look is nil for a simulated browser, of which all is known.
	Look *Look `json:"look,omitempty"`
}

// Server is the table of sessions: of a played frame all of it, in order of creation,
// expired rows included, of an observed one the visitor's own row.
type Server struct {
	Rows []session.Row `json:"rows"`
	// Told are other rows of which the last answer told, though the look did not
	// carry their key.
	Told []session.Row `json:"told,omitempty"`
	// Total is how many rows there are, nil where all are in Rows or nobody counted.
	Total *int `json:"total,omitempty"`
	// Absent: nobody was asked, only the jar model. There is no server.
	Absent bool `json:"absent,omitempty"`
}

// Exchange is one request and its response as they went over the wire.
type Exchange struct {
	ID       string   `json:"id"`
	At       Instant  `json:"at"`
	Request  Request  `json:"request"`
	Response Response `json:"response"`
}

// Request is the request's side of an exchange. Headers come Host first, then by
// name: net/http has lost their order.
type Request struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"` // absolute
	Headers [][2]string `json:"headers"`
	Body    *string     `json:"body"`
}

// Response is the answer as a plain caller would get it, without Date and Content-Length.
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
	// Case tells apart, for the words only, what one reason has under it.
	Case string `json:"-"`
	// Vars are what a message may name: value, seconds, host, path and so on.
	Vars map[string]string `json:"-"`
}

// Verdict reports whether a note says what became of a Set-Cookie line.
func (n Note) Verdict() bool {
	switch n.Code {
	case "stored", "replaced", "deleted", "refused":
		return n.Cookie != ""
	}
	return false
}

// Action is one line of a script (contract, section 3).
type Action struct {
	Do        string   `json:"do,omitempty"` // the visits of a together have none
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

// says reports whether an action says a field, named as in JSON.
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

// Messages are the names of the note's words, the first that exists counting:
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
