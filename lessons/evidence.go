package lessons

import (
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Evidence is what claims are judged by. It is made from frames of a played script, from
// what a page saw of its visitor's browser, or from the jar model's answer about
// Set-Cookie lines.
type Evidence struct {
	At             time.Time
	Exchange       *world.Exchange // the last one
	Jar            []jar.Cookie    // of the browser that visited last
	DocumentCookie string
	Rows           []session.Row
	AllRows        bool          // whether Rows are all rows or only the visitor's own
	Slack          time.Duration // how far a clock may be off

	// Unknown lists, by cookie name, the fields of the cookie's JSON that are not known
	// in this browser: expires, httpOnly, sameSite …
	Unknown map[string][]string
	// Elsewhere are cookies that only the page's ledger has, such as those of another
	// path. Claims ignore them; Differences uses them.
	Elsewhere []jar.Cookie

	Answer *jar.Answer
}

// liveSlack is the most time between an exchange and the look at the browser.
const liveSlack = 4 * time.Second

// Played returns the evidence of a step that was played; frames are those of Actions,
// beginning with the one before the script.
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

// StartFrame returns the frame from which the step starts.
func (s *Step) StartFrame(frames []world.Frame) world.Frame { return frames[len(s.From)] }

// Seen returns the evidence in a frame that observes a visitor's browser: the last
// exchange, the known cookies, the visitor's own row. If the frame has an answer of the
// jar model, the evidence is that answer.
func Seen(f world.Frame) Evidence {
	if f.Answer != nil {
		return Answered(*f.Answer, f.At)
	}
	ev := evidenceAt(f, "A")
	ev.Slack = liveSlack
	if n := len(f.Exchanges); ev.Exchange == nil && n > 0 {
		ev.Exchange = &f.Exchanges[n-1] // the last action was a line of JavaScript
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

// Answered returns the evidence in an answer about Set-Cookie lines at a time.
func Answered(a jar.Answer, at time.Time) Evidence {
	return Evidence{At: at, Jar: a.Jar, Answer: &a}
}

// Exchanged returns the evidence in one exchange, for a browser without a script: the jar
// has what the request sent and what the rules store of the response. rows are the
// visitor's own afterwards. Of a cookie that is only in the request, only name and value
// are known.
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

// explain asks the jar model at a time. It copies the question's lists, because
// jar.Explain fills in missing times.
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

// row returns the row of a key, or nil; if live, only one that has not expired.
func (ev Evidence) row(key string, live bool) *session.Row {
	for _, r := range ev.Rows {
		if r.Key == key && (!live || r.Expires.After(ev.At)) {
			return &r
		}
	}
	return nil
}

// ownRow returns the row of the session key in the browser's jar, or nil.
func (ev Evidence) ownRow() *session.Row {
	keys := cookiesNamed(ev.Jar, session.CookieName)
	if len(keys) == 0 {
		return nil
	}
	return ev.row(keys[len(keys)-1].Value, true)
}
