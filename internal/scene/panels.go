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
	"math"
	"slices"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
	"cookielab/templates"
)

// Most is how much of a frame is drawn, so that no script makes a picture without end.
// What is left out is counted, and the panels say so.
type Most struct {
	Cookies   int // of a browser
	Rows      int
	Notes     int
	Exchanges int // the last ones
}

// onScreen lets through all cookies and rows, which a script of 500 actions bounds.
var onScreen = Most{Cookies: math.MaxInt, Rows: math.MaxInt, Notes: 100, Exchanges: 30}

// Panels draws a frame of any source. For a real browser the panels include the
// lifetimes; for a played script there is one picture for all frames (Lifetimes).
func Panels(w templates.Words, f world.Frame) templates.Panels { return Brief(w, f, onScreen) }

// Brief is Panels with less of the frame.
func Brief(w templates.Words, f world.Frame, most Most) templates.Panels {
	s := of(w, f, most)
	p := templates.Panels{
		World: s.played, Beside: s.played && len(s.browsers) > 1, At: f.At.UTC().Format(time.RFC3339Nano), AtText: s.Moment(f.At),
		Wire: s.wire(), Server: s.server(), Trips: s.trips(),
	}
	if !s.played {
		s.lives = s.now()
		p.Lifetimes = s.lifetimes()
	}
	if len(f.Notes) > 0 {
		p.Sentence = f.Notes[0].Text
		p.Notes, p.NotesMore = s.notes(f.Notes[1:])
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
	most      Most
	frame     world.Frame
	played    bool // by a script, so everything is known
	model     bool // by the jar model alone, so there is no server
	browsers  []browser
	exchanges []world.Exchange
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

func of(w templates.Words, f world.Frame, most Most) scene {
	s := scene{Words: w, most: most, frame: f, played: !f.Observed(), model: f.Server.Absent, exchanges: f.Wire(), foreign: map[jar.Pair]bool{}}
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
	return s
}

// firstDrawn returns the index of the first exchange that is drawn.
func (s scene) firstDrawn() int { return max(0, len(s.exchanges)-s.most.Exchanges) }

// verdicts returns the notes on the Set-Cookie lines of exchange i.
func (s scene) verdicts(i int) (verdicts []world.Note) {
	if i < len(s.frame.Verdicts) {
		return s.frame.Verdicts[i]
	}
	if s.played && len(s.exchanges) == 1 {
		for _, n := range s.frame.Notes {
			if n.Verdict() && n.Browser == s.frame.By(i) {
				verdicts = append(verdicts, n)
			}
		}
	}
	return verdicts
}
