package witness

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Sight is what the server itself sees of a browser in one request.
type Sight struct {
	Now    time.Time
	URL    string // absolute, of the page
	Header []jar.Pair
	Rows   []session.Row // the caller's own row, or none
	Total  *int          // how many rows there are, nil where nobody counted
	// Names are those that this site's lessons give to its own cookies. Where no
	// script runs there is no ledger to tell which cookies are the site's.
	Names map[string]bool
}

// Key is the session key that the request carried: of several the last, as Django
// reads a Cookie header.
func (s Sight) Key() string { return keyIn(s.Header) }

func keyIn(header []jar.Pair) string {
	key := ""
	for _, p := range header {
		if p.Name == session.CookieName {
			key = session.Unquote(p.Value) // to a browser the quotes are a part of it
		}
	}
	return key
}

// Tag names the state that a sight shows, in the form of an ETag: a page that polls
// compares tags.
func (s Sight) Tag() string {
	h := fnv.New64a()
	fmt.Fprint(h, s.Header)
	if s.Total != nil {
		fmt.Fprint(h, *s.Total)
	}
	for _, row := range s.Rows {
		fmt.Fprint(h, row.Key, row.Data, row.Expires.Unix())
	}
	return fmt.Sprintf(`"%x"`, h.Sum64())
}

// Report is what a page's script knows and the server cannot: what JavaScript sees,
// the ledger, and the exchanges of the step in hand.
type Report struct {
	Document      string     `json:"document_cookie"`
	Listed        []Listed   `json:"store"`
	Ledger        []Line     `json:"ledger"`
	Exchanges     []Recorded `json:"exchanges"`
	SecureContext bool       `json:"secure_context"`
	HasStore      bool       `json:"has_store"`
	Blocked       bool       `json:"blocked"` // the browser says that it takes no cookies
	Clock         int64      `json:"clock"`   // the browser's, in ms since 1970
}

// Values is how many values the text of a report holds, or more: as many as it has
// brackets and commas outside strings. Counting them takes no memory, as reading them
// does.
func Values(report []byte) int {
	n, quoted := 0, false
	for i := 0; i < len(report); i++ {
		switch c := report[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '{' || c == '['):
			n++
		}
	}
	return n
}

// Recorded is one thing that the page did: an exchange, with the caller's row before
// it, where the page saw that, and after it; or a line of JavaScript, whose entry in
// the ledger has the same id; or a wait.
type Recorded struct {
	world.Exchange
	Script *string      `json:"script"`
	Wait   int64        `json:"wait"` // seconds
	Before *[]world.Row `json:"rows_before"`
	After  []world.Row  `json:"rows"`
}

func (r Recorded) isExchange() bool { return r.Script == nil && r.Wait == 0 }

// action is what was done, as a script of the world has it.
func (r Recorded) action(page string) world.Action {
	switch {
	case r.Script != nil && *r.Script == "":
		return world.Action{Do: "script", URL: page}
	case r.Script != nil:
		return world.Action{Do: "script", URL: page, Set: r.Script}
	case r.Wait > 0:
		return world.Action{Do: "wait", Seconds: &r.Wait}
	}
	return world.Action{Do: "visit", URL: r.Request.URL}
}

// Browser is the name that the visitor's own browser has in a frame.
const Browser = "A"

// onItsWay is how long a report may have taken: clocks that are no further apart
// are the same.
const onItsWay = 2 * time.Second

// Observe makes a frame of one look at a real browser: of what the server saw, and of
// what the page reported, nil where no script runs. Say puts a note into words. The
// frame's Exchange and Action are those of the last thing that was done, Exchanges
// all of the step; the marks are for the page's ledger. The only error is that of
// the context.
func Observe(ctx context.Context, seen Sight, r *Report, say func(world.Note) string) (world.Frame, Marks, error) {
	w := Witnesses{URL: seen.URL, Header: seen.Header}
	if r != nil {
		w.Scripted = true
		w.Document, w.More = jar.FirstPairs(r.Document, MaxCookies)
		w.Listed, w.Ledger, w.Blocked = r.Listed, r.Ledger, r.Blocked
		if apart := time.UnixMilli(r.Clock).Sub(seen.Now); r.Clock != 0 && apart.Abs() > onItsWay {
			w.Clock = apart.Round(time.Second)
		}
	}
	p, err := Reconcile(ctx, seen.Now, w)
	if err != nil {
		return world.Frame{}, Marks{}, err
	}
	look := &world.Look{URL: seen.URL, Scripted: r != nil, Key: seen.Key(), Clock: w.Clock, More: p.More, Elsewhere: p.Elsewhere}
	b := world.Browser{Jar: make([]jar.Cookie, 0, len(p.Here)), Look: look}
	for _, c := range p.Here {
		if r == nil {
			c.Ours = seen.Names[c.Name]
		}
		b.Jar, look.Known = append(b.Jar, c.Cookie), append(look.Known, c.Known)
	}
	f := world.Frame{At: seen.Now.UTC(), Server: world.Server{Rows: seen.Rows, Total: seen.Total}, Notes: []world.Note{}}
	if r != nil {
		b.DocumentCookie = firstPairs(r.Document, MaxCookies)
		look.Able = &world.Abilities{Blocked: r.Blocked, SecureContext: r.SecureContext, Store: storeAbility(r), Secure: p.SecureOverHTTP}
		o := observer{seen, b, p, say}
		exchanges := r.Exchanges[max(0, len(r.Exchanges)-MaxExchanges):]
		for i, each := range exchanges {
			o.add(&f, each.bounded(), i == len(exchanges)-1)
		}
	}
	f.Browsers = map[string]world.Browser{Browser: b}
	return f, p.Marks, nil
}

// firstPairs is a line of pairs without those beyond so many.
func firstPairs(line string, most int) string {
	rest := line
	for range most {
		_, after, found := strings.Cut(rest, ";")
		if !found {
			return line
		}
		rest = after
	}
	return strings.TrimSuffix(line[:len(line)-len(rest)], ";")
}

// bounded leaves out what no browser and no row of the table have.
func (r Recorded) bounded() Recorded {
	r.Request.Headers = boundedHeaders(r.Request.Headers)
	r.Response.Headers = boundedHeaders(r.Response.Headers)
	r.After = r.After[:min(len(r.After), MaxRows)]
	if r.Before != nil {
		before := (*r.Before)[:min(len(*r.Before), MaxRows)]
		r.Before = &before
	}
	return r
}

// boundedHeaders are the first headers; Cookie lines have MaxCookies pairs together.
func boundedHeaders(all [][2]string) [][2]string {
	all = slices.Clone(all[:min(len(all), MaxHeaders)])
	left := MaxCookies
	for i, h := range all {
		if strings.EqualFold(h[0], "Cookie") {
			all[i][1] = firstPairs(h[1], left)
			left = max(0, left-strings.Count(h[1], ";")-1)
		}
	}
	return all
}

// storeAbility is what cookieStore was seen to tell.
func storeAbility(r *Report) string {
	switch {
	case !r.HasStore:
		return "no"
	case len(r.Listed) == 0:
		return "yes"
	case r.Listed[0].Path == nil:
		return "names"
	}
	return "attributes"
}

// observer tells what the page did, in the words that the world uses for the same.
type observer struct {
	sight   Sight
	browser world.Browser
	picture Picture
	say     func(world.Note) string
}

// add puts one thing that the page did at a frame's end. What is told is the last
// one; of those before it the verdicts of the rules on Set-Cookie lines stay, with
// their exchanges.
func (o observer) add(f *world.Frame, r Recorded, last bool) {
	action := r.action(o.sight.URL)
	f.Action, f.Exchange = &action, nil
	notes := world.NotesOf(o.observation(r))
	if !last {
		notes = slices.DeleteFunc(notes, noVerdict)
	}
	for i := range notes {
		notes[i].Text = o.say(notes[i])
	}
	if last {
		f.Notes = notes
	}
	if !r.isExchange() {
		return
	}
	f.Exchange = &r.Exchange
	f.Exchanges = append(f.Exchanges, r.Exchange)
	f.Verdicts = append(f.Verdicts, slices.DeleteFunc(slices.Clone(notes), noVerdict))
	f.Server.Told = slices.DeleteFunc(world.Rows(r.After), func(row session.Row) bool {
		return slices.ContainsFunc(f.Server.Rows, func(own session.Row) bool { return own.Key == row.Key })
	})
}

func noVerdict(n world.Note) bool { return !n.Verdict() }

// observation is one thing that the page did, as the notes have it.
func (o observer) observation(r Recorded) world.Observation {
	ob := world.Observation{Action: r.action(o.sight.URL), Since: o.sight.Now, Now: o.sight.Now}
	if !r.At.IsZero() {
		ob.Since, ob.Now = r.At.Time, r.At.Time
	}
	switch {
	case r.Script != nil && *r.Script == "":
		ob.Sent = o.scriptSaw()
	case r.Script != nil:
	case r.Wait > 0:
		ob.Since = ob.Now.Add(-time.Duration(r.Wait) * time.Second)
		return ob
	default:
		ob.Exchange, ob.RowsAfter = &r.Exchange, world.Rows(r.After)
		if r.Before != nil {
			ob.Rows = world.Rows(*r.Before)
		}
	}
	for n := range len(r.Response.Headers) + 1 {
		if d, ok := o.picture.Decision(r.ID, n); ok {
			ob.Decisions = append(ob.Decisions, d)
		}
	}
	return ob
}

// scriptSaw is what reading document.cookie gave, and what it kept back.
func (o observer) scriptSaw() *jar.Sent {
	saw := &jar.Sent{Header: o.browser.DocumentCookie}
	for _, c := range o.browser.Seen() {
		if c.HTTPOnly && c.Knows(world.FactHTTPOnly) {
			saw.Withheld = append(saw.Withheld, jar.Withheld{Cookie: c.Cookie, Reason: jar.ReasonHTTPOnly})
		}
	}
	return saw
}
