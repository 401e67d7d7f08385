package handlers

import (
	"net/http"
	"sync/atomic"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/world"

	"github.com/labstack/echo/v4"
)

const (
	maxScript   = 64 << 10 // octets
	shortScript = 2 << 10  // octets; playing it takes some milliseconds at most, drawing it may take many
	playsAtOnce = 4
)

// plays limits playing, which needs much memory: only a few scripts are accepted at a
// time, and these wait for a place to be processed, unless they are short.
type plays struct {
	accepted semaphore
	work     places
	refused  *atomic.Int64 // how many were refused
}

func newPlays(work places) plays {
	return plays{make(semaphore, playsAtOnce), work, new(atomic.Int64)}
}

// accept takes a place among the scripts accepted, or returns an error at once if none is
// free.
func (p plays) accept(c echo.Context) (leave func(), err error) {
	if !p.accepted.enter() {
		p.refused.Add(1)
		return nil, busy(c)
	}
	return leaving(c, p.accepted.leave), nil
}

// enter is accept, and then waits for a place to be processed.
func (p plays) enter(c echo.Context) (leave func(), err error) {
	out, err := p.accept(c)
	if err != nil {
		return nil, err
	}
	done, err := p.work.enter(c)
	if err != nil {
		out()
		return nil, err
	}
	return func() { done(); out() }, nil
}

// handler reads a script and calls answer with it. A script of at most short octets does
// not wait for a place to be processed.
func (p plays) handler(short int, answer func(c echo.Context, text []byte) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		text, err := readBody(c.Request(), echo.MIMEApplicationJSON, maxScript)
		if err != nil {
			return err
		}
		enter := p.enter
		if len(text) <= short {
			enter = p.accept
		}
		leave, err := enter(c)
		if err != nil {
			return err
		}
		defer leave()
		return answer(c, text)
	}
}

// apiPlay answers a script with its frames. The answer depends only on the script: it
// always has the same octets.
func apiPlay(served world.Site) func(echo.Context, []byte) error {
	return func(c echo.Context, text []byte) error {
		frames, err := play(text, served)
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, frames)
	}
}

// play returns the frames of a script, both in JSON.
func play(text []byte, served world.Site) ([]byte, error) {
	script, err := world.ParseScript(text)
	if err != nil {
		return nil, err
	}
	frames, err := world.Play(script, served, scene.Tell)
	if err != nil {
		return nil, err
	}
	return world.Encode(frames)
}

// playStep plays a step's actions; the notes have no text.
func playStep(actions []world.Action) ([]world.Frame, error) {
	return world.Play(world.Script{Actions: actions}, site.Handler, func(string, world.Note) string { return "" })
}
