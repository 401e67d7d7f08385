// Package world plays scripts with simulated browsers, a clock and the site, called in
// the same process. Playing is a pure function; its result is one frame after each
// action, and a page that shows them only needs to change an index.
//
// Nothing is implemented a second time for the simulation. The browsers are the jar model
// that also explains cookies; the site is the handler that answers real browsers, with a
// table in memory, the script's clock and predictable keys. So a simulation cannot differ
// from the program.
//
// The notes of a frame say what happened to each cookie and row, and why. NotesOf makes
// them from an observation, played or of a real browser.
package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Site makes the site: the demo routes with a table, a clock and a random source for keys.
type Site func(backend session.Backend, now func() time.Time, keys io.Reader) http.Handler

// MaxOutput is the largest size of a script's frames as JSON, in octets.
const MaxOutput = 8 << 20

// ErrTooLarge says that the frames of a script exceed MaxOutput.
var ErrTooLarge = errors.New("the frames of this script are larger than 8 MiB")

// Play plays a script with new browsers and an empty table. The frames depend on the
// script alone: frame 0 is the state before it, frame n the state after action n. For an
// invalid script the error is a *ScriptError. say returns a note's text.
func Play(script Script, site Site, say func(lang string, n Note) string) ([]Frame, error) {
	script, err := script.check()
	if err != nil {
		return nil, err
	}
	w := &world{
		now:   script.Start,
		table: session.NewMemory(),
		tell:  func(n Note) string { return say(script.Lang, n) },
		lang:  script.Lang,
	}
	w.store = gated{w.table, func() { w.listed = nil }}
	w.site = site(w.store, func() time.Time { return w.now }, new(keys))

	frames := make([]Frame, 1, len(script.Actions)+1)
	frames[0] = w.frame(0, nil, result{})
	size := frames[0].size()
	for i, a := range script.Actions {
		done := w.act(i+1, a)
		f := w.frame(i+1, &a, done)
		if w.err != nil {
			return nil, fmt.Errorf("action %d: %w", i, w.err)
		}
		if size += f.size(); size > MaxOutput {
			return nil, ErrTooLarge
		}
		frames = append(frames, f)
	}
	return frames, nil
}

// world is the state between two actions.
type world struct {
	now      time.Time
	lang     string
	table    *session.Memory
	store    session.Backend // the table for all who write to it
	listed   []session.Row   // the table's rows, nil after a write
	site     http.Handler
	browsers []*browser // in the order in which they were first named
	tell     func(Note) string
	err      error // the first error of the table, which should never have one
}

// browser is one simulated browser: its jar, and the page that it shows.
type browser struct {
	name string
	jar  *jar.Jar
	page string
}

// result is what one action led to: its exchanges and notes.
type result struct {
	exchanges []Exchange
	verdicts  [][]Note // of concurrent exchanges: the notes on their Set-Cookie lines
	notes     []Note
}

func (w *world) browser(name string) *browser {
	for _, b := range w.browsers {
		if b.name == name {
			return b
		}
	}
	b := &browser{name: name, jar: jar.New(jar.Profile{}), page: homePage}
	w.browsers = append(w.browsers, b)
	return b
}

// rows returns the table's rows, in a list that is not written into.
func (w *world) rows() []session.Row {
	if w.listed == nil {
		rows, err := w.table.Rows(context.Background())
		w.fault(err)
		w.listed = append([]session.Row{}, rows...)
	}
	return w.listed
}

func (w *world) fault(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *world) act(n int, a Action) result {
	switch a.Do {
	case "visit":
		return w.visit(n, a)
	case "together":
		return w.together(n, a)
	case "wait":
		return w.wait(a)
	case "close":
		return w.close(a)
	case "put":
		return w.put(a)
	case "delete":
		return w.delete(a)
	case "script":
		return w.script(a)
	case "server":
		return w.server(a)
	}
	return w.purge(a)
}

func (w *world) wait(a Action) result {
	since := w.now
	w.now = w.now.Add(time.Duration(*a.Seconds) * time.Second)
	rows := w.rows()
	notes := NotesOf(Observation{Action: a, Since: since, Now: w.now, Rows: rows, RowsAfter: rows})
	for _, b := range w.browsers {
		before := b.jar.Cookies(since)
		b.jar.Sweep(w.now)
		notes = append(notes, cookieNotes(Observation{
			Action: a, Browser: b.name, Since: since, Now: w.now,
			Jar: before, JarAfter: b.jar.Cookies(w.now), Rows: rows, RowsAfter: rows,
		})...)
	}
	return result{notes: inOrder(notes)}
}

// frame returns the state after an action.
func (w *world) frame(n int, a *Action, done result) Frame {
	f := Frame{
		N:        n,
		At:       w.now,
		Browsers: make(map[string]Browser, len(w.browsers)),
		Server:   Server{Rows: slices.Clone(w.rows())},
		Notes:    done.notes,
	}
	if a != nil {
		action := *a
		f.Action = &action
	}
	if len(done.exchanges) > 0 {
		f.Exchange = &done.exchanges[len(done.exchanges)-1]
	}
	if a != nil && a.Do == "together" {
		f.Exchanges, f.Verdicts = done.exchanges, done.verdicts
	}
	for _, b := range w.browsers {
		f.Browsers[b.name] = b.look(w.now)
	}
	if f.Notes == nil {
		f.Notes = []Note{}
	}
	for _, notes := range append(slices.Clone(f.Verdicts), f.Notes) {
		for i := range notes {
			notes[i].Text = w.tell(notes[i])
		}
	}
	return f
}

// look returns what can be seen in the browser. It reads from a copy of the jar, because
// reading would change the time of last access and thereby eviction.
func (b *browser) look(now time.Time) Browser {
	return Browser{Jar: b.jar.Cookies(now), DocumentCookie: b.jar.Clone().Send(now, jar.Request{URL: b.page, Via: "dom"}).Header}
}
