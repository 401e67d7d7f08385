package world

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Observation is what is known of one action: everything if it was played, less if a page
// observed a real browser. Unknown parts are left empty, and the notes then say less.
type Observation struct {
	Action  Action
	Browser string // "" for the visitor's own
	// Since and Now are the time before and after. They differ only after a wait.
	Since, Now time.Time
	// Exchange is the exchange over the wire, or nil.
	Exchange *Exchange
	// Sent is what the browser sent and withheld. It is nil if the Cookie header was
	// typed in by hand, or if the jar is not known.
	Sent *jar.Sent
	// Decisions are the jar's decisions on the response's Set-Cookie lines, in order.
	Decisions []jar.Decision
	// Jar and JarAfter are the browser's cookies before and after.
	Jar, JarAfter []jar.Cookie
	// Rows and RowsAfter are the table before and after. Rows is nil if the table before
	// is not known.
	Rows, RowsAfter []session.Row
	// Loaded is the table that the request read, if it differs from Rows because of
	// concurrent requests.
	Loaded []session.Row
	// Others are the other browsers that hold the session key which this one sent.
	Others []string
	// Put is the cookie that was typed in by hand.
	Put *jar.Cookie
	// Key is the row that an administrator's action was about.
	Key string
	url *url.URL // once parsed; see address
}

// NotesOf returns notes on what happened to each cookie and row, and why, the most
// important first. They have no Text yet.
func NotesOf(o Observation) []Note { return inOrder(notesOf(o)) }

func notesOf(o Observation) []Note {
	o.url = o.address()
	notes := slices.Concat(wireNotes(o), cookieNotes(o), rowNotes(o))
	switch o.Action.Do {
	case "wait":
		notes = append(notes, timePassed(o))
	case "close":
		notes = append(notes, browserClosed(o))
	}
	return notes
}

// notesTogether returns the notes on concurrent requests and on their effects on each
// other, and for each request those on its Set-Cookie lines.
func notesTogether(seen []Observation) (notes []Note, verdicts [][]Note) {
	lists := make([][]Note, len(seen), len(seen)+1)
	verdicts = make([][]Note, len(seen))
	for i, o := range seen {
		lists[i] = notesOf(o)
		for _, n := range lists[i] {
			if n.Verdict() {
				verdicts[i] = append(verdicts[i], n)
			}
		}
	}
	return inOrder(slices.Concat(append(lists, lostUpdates(seen))...)), verdicts
}

// inOrder sorts notes by rank. It counts instead of comparing, as there may be very many.
func inOrder(notes []Note) []Note {
	ranks, next := make([]int, len(notes)), make([]int, len(Kinds)+1)
	for i, n := range notes {
		ranks[i] = rank(n.Code)
		next[ranks[i]+1]++ // how many have this rank
	}
	for r := range Kinds {
		next[r+1] += next[r] // where those of the next rank begin
	}
	sorted := make([]Note, len(notes))
	for i, n := range notes {
		sorted[next[ranks[i]]] = n
		next[ranks[i]]++
	}
	return sorted
}

// Short returns the ends of a session key: enough to recognize it, not enough to use it.
func Short(key string) string {
	if utf8.RuneCountInString(key) <= 8 {
		return key
	}
	r := []rune(key)
	return string(r[:4]) + "…" + string(r[len(r)-4:])
}

// shown returns a cookie's value in the form that texts show.
func shown(name, value string) string {
	if name == session.CookieName {
		return Short(value)
	}
	return short(value)
}

func moment(t time.Time) string { return t.UTC().Format(time.DateTime) }

// cookie makes a note about a cookie.
func (o Observation) cookie(code, reason string, c jar.Cookie) Note {
	name, value := short(c.Name), shown(c.Name, c.Value)
	pair, expires, host, here := name+"="+value, "", "", ""
	if c.Expires != nil {
		expires = moment(*c.Expires)
	}
	if c.Name == "" { // a nameless cookie (RFC 6265bis) is called by its value
		name, pair = value, value
	}
	if u := o.address(); u != nil {
		host, here = short(u.Hostname()), short(u.EscapedPath())
	}
	return Note{Code: code, Browser: o.Browser, Cookie: c.Name, Reason: reason, Vars: Vars{
		{"cookie", name}, {"value", value}, {"pair", pair}, {"domain", short(c.Domain)}, {"path", short(c.Path)},
		{"expires", expires}, {"host", host}, {"here", here},
	}}
}

// row makes a note about a row.
func (o Observation) row(code, reason string, row session.Row) Note {
	return Note{Code: code, Browser: o.Browser, Key: row.Key, Reason: reason, Vars: Vars{{"key", Short(row.Key)}, {"expires", moment(row.Expires)}}}
}

// with returns the note with one more variable.
func (n Note) with(name, value string) Note {
	n.Vars = append(n.Vars, [2]string{name, value})
	return n
}

// address returns the URL of the request, or of the page that the action is about.
func (o Observation) address() *url.URL {
	if o.url != nil {
		return o.url
	}
	text := o.Action.URL
	if o.Exchange != nil {
		text = o.Exchange.Request.URL
	}
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	return u
}

// route returns the name of the requested demo route, or "".
func (o Observation) route() string {
	if u := o.address(); u != nil && o.Exchange != nil {
		return strings.TrimPrefix(u.Path, "/")
	}
	return ""
}

// timePassed returns the note on how much time passed, in the largest fitting unit.
func timePassed(o Observation) Note {
	seconds := int64(o.Now.Sub(o.Since) / time.Second)
	n, unit := seconds, "seconds"
	for _, u := range []struct {
		seconds int64
		name    string
	}{{86400, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds > 0 && seconds%u.seconds == 0 {
			n, unit = seconds/u.seconds, u.name
			break
		}
	}
	if n == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return Note{Code: "time-passed", Reason: unit, Vars: Vars{{"n", strconv.FormatInt(n, 10)}, {"now", moment(o.Now)}}}
}

func browserClosed(o Observation) Note {
	n := Note{Code: "browser-closed", Browser: o.Browser, Reason: "some"}
	if len(gone(o)) == 0 {
		n.Reason = "none"
	}
	return n
}
