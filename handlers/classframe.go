package handlers

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cookielab/handlers/site"
	"cookielab/internal/class"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// playedFrame plays a script and draws one of its frames in every language. A frame
// is drawn once, for all who follow.
func (a *app) playedFrame(c echo.Context, text []byte) (class.Frame, error) {
	var request struct {
		Script json.RawMessage `json:"script"`
		At     *int            `json:"at"`
	}
	if json.Unmarshal(text, &request) != nil || request.Script == nil {
		return nil, echo.ErrBadRequest
	}
	leave, err := a.plays.enter(c)
	if err != nil {
		return nil, err
	}
	defer leave()
	script, err := world.ParseScript(request.Script)
	if err != nil {
		return nil, err
	}
	drawn := class.Frame{}
	for _, lang := range templates.Languages {
		script.Lang = lang
		frames, err := world.Play(script, site.Handler, scene.Tell)
		if err != nil {
			return nil, err
		}
		at := len(frames) - 1
		if request.At != nil {
			at = *request.At
		}
		if at < 0 || at >= len(frames) {
			return nil, echo.ErrBadRequest
		}
		if drawn[lang], err = a.drawShown(lang, frames, at); err != nil {
			return nil, err
		}
	}
	return drawn, nil
}

// drawShown draws one of the frames of a script as followers see it: to look at.
func (a *app) drawShown(lang string, frames []world.Frame, at int) (string, error) {
	names := slices.Sorted(maps.Keys(frames[len(frames)-1].Browsers))
	panels := scene.Panels(templates.Words(lang), scene.Seat(frames[at], names))
	for _, b := range panels.Browsers {
		for i := range b.Cookies {
			b.Cookies[i].Tools = false
		}
	}
	html, err := a.part(lang, "lesson", "panels", panels)
	if err == nil && len(html) > world.MaxOutput {
		err = echo.ErrStatusRequestEntityTooLarge
	}
	return html, err
}

// showFrame answers with a frame that the room has shown, as a part of a page.
func (a *app) showFrame(c echo.Context, room *class.Room) error {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return echo.ErrNotFound
	}
	frame, err := room.Frame(c.Request().Context(), n)
	if err != nil {
		return err
	}
	// What stands under this number never changes. Without a date by which it is old a
	// browser would guess one.
	h := c.Response().Header()
	h.Set("Cache-Control", "private, immutable")
	h.Set("Expires", a.Now().Add(class.Life).UTC().Format(http.TimeFormat))
	return c.HTML(http.StatusOK, strings.TrimSpace(frame[pathLanguage(c)])+"\n")
}
