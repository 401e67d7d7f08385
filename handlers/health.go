package handlers

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"cookielab/internal/class"
	"cookielab/internal/serve"
	"cookielab/internal/session"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// watching allows the room's driver, like driving, and in addition a browser that
// navigates: without a script to send the key as a bearer token, the browser asks for it
// as a password (Basic authentication, RFC 7617). It must be used for reading only.
func (a *app) watching(h roomHandler) echo.HandlerFunc {
	driving := a.driving(h)
	return func(c echo.Context) error {
		if _, sent := bearer(c); sent {
			return driving(c)
		}
		_, key, _ := c.Request().BasicAuth()
		room, err := a.Class.Room(strings.ToLower(c.Param("code")))
		if err != nil || !room.Drives(key) {
			// After a wrong password too, otherwise the browser would not ask again.
			c.Response().Header().Set("WWW-Authenticate", `Basic realm="Cookielab", charset="UTF-8"`)
			return echo.ErrUnauthorized
		}
		return h(c, room)
	}
}

// health tells the instructor how the server is doing: as a page, or with ?part=1 as a
// part of the console.
func (a *app) health(c echo.Context, room *class.Room) error {
	lang := pathLanguage(c)
	w := templates.Words(lang)
	view := templates.Health{Page: a.page(c, lang, w.T("health.title"), "")}
	view.Bare = true
	view.Lines = a.healthLines(c.Request().Context(), w, room)
	for _, line := range view.Lines {
		view.Look = view.Look || line.Look
	}
	if c.QueryParam("part") != "1" {
		return a.render(c, http.StatusOK, lang, "health", view)
	}
	html, err := a.part(lang, "health", "health", view)
	if err != nil {
		return err
	}
	return c.HTML(http.StatusOK, html)
}

func (a *app) healthLines(ctx context.Context, w templates.Words, room *class.Room) (lines []templates.HealthLine) {
	line := func(id string, look bool, key string, pairs ...string) {
		lines = append(lines, templates.HealthLine{ID: id, Look: look, Text: w.T(key, pairs...)})
	}
	// with adds one of two texts: none if n is 0, otherwise some with the number.
	with := func(id string, n int, none, some string, pairs ...string) {
		if n == 0 {
			line(id, false, none)
			return
		}
		line(id, true, some, append(pairs, "n", strconv.Itoa(n))...)
	}
	kind := w.T("health.store." + a.Store)
	if err := a.Backend.Ping(ctx); err != nil {
		line("store", true, "health.store.broken", "kind", kind)
	} else {
		line("store", false, "health.store.works", "kind", kind)
	}
	if meter, is := a.Backend.(session.Meter); is {
		if u, err := meter.Usage(ctx); err == nil {
			full := max(float64(u.Rows)/float64(u.Limits.Rows), float64(u.Bytes)/float64(u.Limits.Bytes)) > 0.9
			key := "health.rows"
			if full {
				key = "health.rows.full"
			}
			line("rows", full, key, "rows", strconv.Itoa(u.Rows), "most", strconv.Itoa(u.Limits.Rows),
				"size", megabytes(float64(u.Bytes)), "room", megabytes(float64(u.Limits.Bytes)))
			with("evicted", u.Evicted, "health.evicted.none", "health.evicted", "at", w.Moment(u.LastEvicted))
		}
	}
	line("followers", false, "health.followers", "n", strconv.Itoa(room.State().Here))
	lost := 0
	if a.Log != nil {
		lost = int(a.Log.Lost())
	}
	with("log", lost, "health.log.none", "health.log")
	with("plays", int(a.plays.refused.Load()), "health.plays.none", "health.plays", "most", strconv.Itoa(playsAtOnce))
	line("memory", false, "health.memory", "size", megabytes(float64(serve.Held())))
	now := a.Now()
	line("since", false, "health.since", "at", w.Moment(a.begun), "span", w.Span(now.Sub(a.begun)))
	if a.Store == "redis" {
		line("one", false, "health.one")
	}
	return lines
}

// megabytes returns a number of octets in MB, with one decimal.
func megabytes(octets float64) string {
	return strconv.FormatFloat(float64(int(octets/(1<<20)*10+0.5))/10, 'f', -1, 64)
}
