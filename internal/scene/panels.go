// Package scene draws a world.Frame for people: the browsers' jars, what went over
// the wire, the server's table, and how long each of them lives. It makes the view
// models that package templates prints, in the reader's language.
//
// A scene decides nothing. What happened, and why, was found out before, by playing a
// script, by looking at a real browser or by asking the jar model; here it gets its
// words, its order and its colours. What is not known is drawn as unknown.
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

// Panels draws a frame, whatever made it. Of a real browser's it draws the lifetimes
// too; of a played script they are one picture for all frames (Lifetimes).
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

// Seat gives every browser of a script its place from the first frame on, with an
// empty jar until it comes: nobody jumps from one side to the other.
func Seat(f world.Frame, names []string) world.Frame {
	seated := make(map[string]world.Browser, len(names))
	for _, name := range names {
		seated[name] = world.Browser{}
	}
	maps.Copy(seated, f.Browsers)
	f.Browsers = seated
	return f
}

// scene is a frame that is being drawn.
type scene struct {
	templates.Words
	frame     world.Frame
	played    bool // by a script, so that all is known
	model     bool // asked of the jar model alone: there is no server
	browsers  []browser
	exchanges []world.Exchange
	verdicts  [][]world.Note // of each exchange: what became of its Set-Cookie lines
	foreign   map[jar.Pair]bool
	lives     []life
	marks     []mark
}

// browser is one of a scene: its name, empty for the visitor's own, and its cookies as
// far as they are known.
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

// verdictsOf gives each exchange of a played frame the notes on its Set-Cookie lines.
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
