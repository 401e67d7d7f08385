package lessons

import (
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Evidence is what there is to judge a claim by. Three things make some: frames
// of a played script, what a page saw of its visitor's browser, and an answer
// of the page that explains a Set-Cookie line.
type Evidence struct {
	At             time.Time
	Exchange       *world.Exchange // the last one
	Jar            []jar.Cookie    // of the browser that visited last
	DocumentCookie string
	Rows           []session.Row
	AllRows        bool          // Rows are everybody's, not only the visitor's own
	Slack          time.Duration // how far a clock may be off

	// Unknown lists, by a cookie's name, what cannot be known of it in this
	// browser, in the words of the cookie's JSON: expires, httpOnly, sameSite …
	Unknown map[string][]string
	// Elsewhere are cookies that only the page's ledger knows: another path's.
	// No claim looks at them; Differences does.
	Elsewhere []jar.Cookie

	Answer *jar.Answer
}

// liveSlack is what may pass between an exchange and the look at the browser.
const liveSlack = 4 * time.Second

// Played is the evidence of a step that was played in the world; frames are
// those of Actions, the empty world first.
func (s *Step) Played(frames []world.Frame) Evidence {
	done := frames[len(s.From)+1:]
	ev := evidenceAt(frames[len(frames)-1], actingBrowser(s.Do))
	ev.AllRows = true
	for _, f := range done {
		if f.Exchange != nil {
			ev.Exchange = f.Exchange
		}
	}
	return ev
}

// StartFrame is the frame that the step starts from.
func (s *Step) StartFrame(frames []world.Frame) world.Frame { return frames[len(s.From)] }

// Seen is the evidence of a frame that observes a visitor's browser, A: the last
// exchange, what the jar is known to hold, the visitor's own row. Of a frame that
// shows an answer of the jar model it is that answer.
func Seen(f world.Frame) Evidence {
	if f.Answer != nil {
		return Answered(*f.Answer, f.At)
	}
	ev := evidenceAt(f, "A")
	ev.Slack = liveSlack
	if n := len(f.Exchanges); ev.Exchange == nil && n > 0 {
		ev.Exchange = &f.Exchanges[n-1] // a line of JavaScript came after it
	}
	ev.Rows = slices.Concat(f.Server.Rows, f.Server.Told)
	ev.Unknown = map[string][]string{}
	for _, c := range f.Browsers["A"].Seen() {
		for _, fact := range c.Unknown {
			ev.Unknown[c.Name] = append(ev.Unknown[c.Name], inJSON[fact]...)
		}
	}
	if look := f.Browsers["A"].Look; look != nil {
		for _, m := range look.Elsewhere {
			if m.Kept {
				ev.Elsewhere = append(ev.Elsewhere, m.Cookie)
			}
		}
	}
	return ev
}

// inJSON are the fields of a cookie's JSON that a fact stands for.
var inJSON = map[world.Fact][]string{
	world.FactScope: {"domain", "hostOnly"}, world.FactPath: {"path"}, world.FactExpires: {"expires"}, world.FactSecure: {"secure"},
	world.FactHTTPOnly: {"httpOnly"}, world.FactSameSite: {"sameSite"}, world.FactPartitioned: {"partitioned"},
}

// Answered is the evidence of an answer about Set-Cookie lines, given at a time.
func Answered(a jar.Answer, at time.Time) Evidence {
	return Evidence{At: at, Jar: a.Jar, Answer: &a}
}

// Exchanged is the evidence of one exchange, where no script tells more of the browser:
// the jar is what the request carried, and what the rules make of the response. Rows
// are the visitor's own afterwards. Of a cookie that only the request shows, nothing but
// its name and value is known.
func Exchanged(x world.Exchange, rows []session.Row) Evidence {
	model := jar.New(jar.Profile{})
	ev := Evidence{At: x.At.Time, Exchange: &x, Rows: rows, Slack: liveSlack, Unknown: map[string][]string{}}
	for _, pair := range cookiesSent(x.Request) {
		if pair.Value == nil {
			continue
		}
		model.Put(ev.At, jar.Cookie{Name: pair.Name, Value: *pair.Value, Domain: jar.Host(x.Request.URL), HostOnly: true, Path: "/"})
		for _, fields := range inJSON {
			ev.Unknown[pair.Name] = append(ev.Unknown[pair.Name], fields...)
		}
	}
	for _, h := range x.Response.Headers {
		if !strings.EqualFold(h[0], "Set-Cookie") {
			continue
		}
		if d := model.Set(ev.At, jar.Request{URL: x.Request.URL}, h[1]); d.Stored {
			delete(ev.Unknown, d.Cookie.Name)
		}
	}
	ev.Jar, ev.DocumentCookie = model.Cookies(ev.At), model.DocumentCookie(ev.At, x.Request.URL)
	return ev
}

// explain puts a question to the jar at a time. The question's lists are copied,
// for the jar fills in what they leave out.
func explain(q jar.Question, now time.Time) (jar.Answer, error) {
	q.Now = now
	q.Set = slices.Clone(q.Set)
	return jar.Explain(q)
}

func actingBrowser(actions []world.Action) string {
	if last := lastVisits(actions); len(last) > 0 {
		return last[0].Browser
	}
	return "A"
}

func evidenceAt(f world.Frame, browser string) Evidence {
	b := f.Browsers[browser]
	return Evidence{At: f.At, Exchange: f.Exchange, Jar: b.Jar, DocumentCookie: b.DocumentCookie, Rows: f.Server.Rows}
}

func (ev Evidence) unknown(name, attr string) bool {
	return slices.Contains(ev.Unknown[name], attr)
}

// row finds a row by its key; a live one is not past its expire_date.
func (ev Evidence) row(key string, live bool) *session.Row {
	for _, r := range ev.Rows {
		if r.Key == key && (!live || r.Expires.After(ev.At)) {
			return &r
		}
	}
	return nil
}

// ownRow is the row that the key in the browser's jar opens, or nil.
func (ev Evidence) ownRow() *session.Row {
	keys := cookiesNamed(ev.Jar, session.CookieName)
	if len(keys) == 0 {
		return nil
	}
	return ev.row(keys[len(keys)-1].Value, true)
}
