package handlers

import (
	"errors"
	"net/http"

	"cookielab/internal/scene"
	"cookielab/internal/world"

	"github.com/labstack/echo/v4"
)

const (
	maxScript   = 64 << 10 // octets
	playsAtOnce = 4
)

// playError is what a caller is told about a script that was not played. Action is the
// index of the action that is wrong, or null.
type playError struct {
	Error  string `json:"error"`
	Action *int   `json:"action,omitempty"`
}

// plays are the places for scripts that are being played: playing takes memory, so
// that only a few are played at once.
type plays struct{ places }

func newPlays() plays { return plays{make(places, playsAtOnce)} }

// enter takes a place, if one is free.
func (p plays) enter(c echo.Context) (leave func(), ok bool) {
	select {
	case p.places <- struct{}{}:
		return p.leaving(c), true
	default:
		c.Response().Header().Set("Retry-After", "1")
		return nil, false
	}
}

// handler reads a script and has it answered. Every refusal is one line of JSON.
func (p plays) handler(answer func(c echo.Context, text []byte) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		text, err := readBody(c.Request(), echo.MIMEApplicationJSON, maxScript)
		switch {
		case errors.Is(err, echo.ErrUnsupportedMediaType):
			return sendJSON(c, http.StatusUnsupportedMediaType, playError{Error: "a script is sent as application/json"})
		case errors.Is(err, echo.ErrStatusRequestEntityTooLarge):
			return sendJSON(c, http.StatusRequestEntityTooLarge, playError{Error: "a script has at most 64 KiB"})
		case err != nil:
			return sendJSON(c, http.StatusBadRequest, playError{Error: "the script did not arrive"})
		}
		leave, ok := p.enter(c)
		if !ok {
			return sendJSON(c, http.StatusServiceUnavailable, playError{Error: "other scripts are being played, try again"})
		}
		defer leave()
		err = answer(c, text)
		var wrong *world.ScriptError
		switch {
		case errors.As(err, &wrong) && wrong.Action < 0:
			return sendJSON(c, http.StatusBadRequest, playError{Error: wrong.Error()})
		case errors.As(err, &wrong):
			return sendJSON(c, http.StatusBadRequest, playError{wrong.Error(), &wrong.Action})
		case errors.Is(err, world.ErrTooLarge):
			return sendJSON(c, http.StatusRequestEntityTooLarge, playError{Error: err.Error()})
		}
		return err
	}
}

// apiPlay answers a script with its frames. It depends on nothing but the request:
// the same script is always answered with the same octets.
func apiPlay(served world.Site) func(echo.Context, []byte) error {
	return func(c echo.Context, text []byte) error {
		frames, err := play(text, served)
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, frames)
	}
}

// play is a script in JSON to its frames in JSON.
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
