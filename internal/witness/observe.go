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

// Sight is what the server sees of a browser in one request.
type Sight struct {
	Now    time.Time
	URL    string // absolute, of the page
	Header []jar.Pair
	Rows   []session.Row // the caller's own row, or none
	Total  *int          // number of rows; nil if they were not counted
	// Names are the cookie names that this site's lessons use. Without a script there is
	// no ledger, and cookies of these names count as the site's.
	Names map[string]bool
}

// Key returns the session key in the request: of several the last, as Django reads it.
func (s Sight) Key() string { return keyIn(s.Header) }

func keyIn(header []jar.Pair) string {
	key := ""
	for _, p := range header {
		if p.Name == session.CookieName {
			key = session.Unquote(p.Value) // to a browser the quotes are part of the value
		}
	}
	return key
}

// Tag returns an ETag for the state that a sight shows, so that a polling page can tell
// whether it changed.
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

// Report is what a page's script knows and the server cannot know: what JavaScript sees,
// the ledger, and the exchanges of the present step.
type Report struct {
	Document      string     `json:"document_cookie"`
	Listed        []Listed   `json:"store"`
	Ledger        []Line     `json:"ledger"`
	Exchanges     []Recorded `json:"exchanges"`
	SecureContext bool       `json:"secure_context"`
	HasStore      bool       `json:"has_store"`
	Blocked       bool       `json:"blocked"` // the browser reports that cookies are disabled
	Clock         int64      `json:"clock"`   // the browser's time, in ms since 1970
}

// Values returns an upper bound of the number of values in a report's text: the brackets
// and commas outside strings. Counting them, unlike decoding, allocates no memory.
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

// Recorded is one thing that the page did: an exchange, with the caller's row before (if
// the page saw it) and after it; or a line of JavaScript, whose ledger entry has the same
// id; or a wait.
type Recorded struct {
	world.Exchange
	Script *string      `json:"script"`
	Wait   int64        `json:"wait"` // seconds
	Before *[]world.Row `json:"rows_before"`
	After  []world.Row  `json:"rows"`
}

func (r Recorded) isExchange() bool { return r.Script == nil && r.Wait == 0 }

// action returns what was done as an action of a script.
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

// Browser is the name of the visitor's own browser in a frame.
const Browser = "A"

// onItsWay is how long a report may have been on its way: clocks that differ by less
// count as equal.
const onItsWay = 2 * time.Second

// Observe makes a frame of one look at a real browser, from what the server saw and what
// the page reported; r is nil if no script runs. say returns a note's text. Exchange and
// Action are those of the last thing done, Exchanges those of the whole step. The page
// adds the findings to its ledger. The only error is ctx's.
func Observe(ctx context.Context, seen Sight, r *Report, say func(world.Note) string) (world.Frame, Findings, error) {
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
		return world.Frame{}, Findings{}, err
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
	return f, p.Findings, nil
}

// firstPairs returns the first pairs of a line.
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

// bounded cuts off what exceeds any browser and row.
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

// boundedHeaders returns the first headers; Cookie lines keep MaxCookies pairs in all.
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

// storeAbility returns what cookieStore was seen to report.
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

// observer makes notes on what the page did, as a played world makes them.
type observer struct {
	sight   Sight
	browser world.Browser
	picture Picture
	say     func(world.Note) string
}

// add adds one thing that the page did to a frame. The notes are about the last one; of
// the earlier ones only the exchanges and the notes on their Set-Cookie lines are kept.
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

// observation returns one thing that the page did as an observation for notes.
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

// scriptSaw returns what document.cookie gave, and what it withheld.
func (o observer) scriptSaw() *jar.Sent {
	saw := &jar.Sent{Header: o.browser.DocumentCookie}
	for _, c := range o.browser.Seen() {
		if c.HTTPOnly && c.Knows(world.FactHTTPOnly) {
			saw.Withheld = append(saw.Withheld, jar.Withheld{Cookie: c.Cookie, Reason: jar.ReasonHTTPOnly})
		}
	}
	return saw
}
