// Package scene draws a world.Frame for people: the browsers' jars, the exchanges on the
// wire, the server's table, and lifetimes. It makes the view models that package
// templates prints, in the reader's language.
//
// It makes no decisions. What happened and why is in the frame, from playing a script,
// observing a real browser or asking the jar model; here it gets its text, order and
// colours. Unknown values are drawn as unknown.
package scene

import (
	"maps"
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
	"cookielab/templates"
)

// Panels draws a frame of any source. For a real browser the panels include the
// lifetimes; for a played script there is one picture for all frames (Lifetimes).
func Panels(w templates.Words, f world.Frame) templates.Panels {
	s := of(w, f)
	p := templates.Panels{
		World: s.played, Beside: s.played && len(s.browsers) > 1, At: f.At.UTC().Format(time.RFC3339Nano), AtText: s.Moment(f.At),
		Wire: s.wire(), Server: s.server(), Trips: s.trips(),
	}
	if !s.played {
		s.lives = s.now()
		p.Lifetimes = s.lifetimes()
	}
	for i, n := range f.Notes {
		if i == 0 {
			p.Sentence = n.Text
		} else if !slices.ContainsFunc(p.Notes, func(v templates.NoteView) bool { return v.Text == n.Text }) {
			p.Notes = append(p.Notes, noteView(n))
		}
	}
	for _, b := range s.browsers {
		p.Browsers = append(p.Browsers, s.browser(b))
	}
	return p
}

// Seat adds to a frame the browsers of a script that do not exist yet, with empty jars,
// so that every browser has the same place in all frames.
func Seat(f world.Frame, names []string) world.Frame {
	seated := make(map[string]world.Browser, len(names))
	for _, name := range names {
		seated[name] = world.Browser{}
	}
	maps.Copy(seated, f.Browsers)
	f.Browsers = seated
	return f
}

// scene is a frame being drawn.
type scene struct {
	templates.Words
	frame     world.Frame
	played    bool // by a script, so everything is known
	model     bool // by the jar model alone, so there is no server
	browsers  []browser
	exchanges []world.Exchange
	verdicts  [][]world.Note // of each exchange: the notes on its Set-Cookie lines
	foreign   map[jar.Pair]bool
	lives     []life
	closings  []closing
}

// browser is a browser in a scene: its name, "" for the visitor's own, and its cookies.
type browser struct {
	world.Browser
	name string
	seen []world.Seen
}

func of(w templates.Words, f world.Frame) scene {
	s := scene{Words: w, frame: f, played: !f.Observed(), model: f.Server.Absent, exchanges: f.Wire(), foreign: map[jar.Pair]bool{}}
	for _, name := range slices.Sorted(maps.Keys(f.Browsers)) {
		b := browser{f.Browsers[name], name, f.Browsers[name].Seen()}
		if b.Look != nil {
			b.name = ""
		}
		s.browsers = append(s.browsers, b)
		for _, c := range b.seen {
			if !c.Ours {
				s.foreign[jar.Pair{Name: c.Name, Value: c.Value}] = true
			}
		}
	}
	if len(s.browsers) == 0 {
		s.browsers = []browser{{name: "A"}}
	}
	if s.verdicts = f.Verdicts; s.played {
		s.verdicts = s.verdictsOf(f.Notes)
	}
	return s
}

// verdictsOf returns, for each exchange of a played frame, the notes on its Set-Cookie lines.
func (s scene) verdictsOf(notes []world.Note) [][]world.Note {
	verdicts := make([][]world.Note, len(s.exchanges))
	for i, e := range s.exchanges {
		for _, n := range notes {
			if n.Verdict() && n.Browser == s.frame.By(i) && (len(s.exchanges) == 1 || sets(e, n.Cookie)) {
				verdicts[i] = append(verdicts[i], n)
			}
		}
	}
	return verdicts
}

// sets reports whether a response has a Set-Cookie line for a cookie.
func sets(e world.Exchange, name string) bool {
	return slices.ContainsFunc(e.Response.Headers, func(h [2]string) bool {
		given, _, _ := strings.Cut(h[1], "=")
		return h[0] == "Set-Cookie" && strings.TrimSpace(given) == name
	})
}
