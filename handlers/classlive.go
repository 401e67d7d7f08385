package handlers

import (
	"net/url"
	"slices"
	"strings"

	"cookielab/internal/class"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/take"
	"cookielab/internal/witness"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// publish shows a class what the driver's page has just shown of its own browser,
// masked. Of other pages it does nothing.
func (a *app) publish(c echo.Context, rep *witness.Report) error {
	code := c.Request().Header.Get("X-Class")
	if code == "" {
		return nil
	}
	return a.ownOrigin(func(c echo.Context) error {
		key, sent := bearer(c)
		if !sent {
			return unauthorized(c)
		}
		room, err := a.Class.Room(strings.ToLower(code))
		if err != nil || !room.Drives(key) {
			return echo.ErrForbidden
		}
		step := a.presentStep(room)
		if of, err := a.step(c); strings.Contains(c.Path(), "/lessons/") && err == nil {
			step = of
		}
		frame := class.Frame{}
		for _, lang := range templates.Languages {
			o, err := a.observe(c, lang, rep)
			if err != nil {
				return err
			}
			if frame[lang], err = a.drawLive(lang, a.own[step], o.frame); err != nil {
				return err
			}
		}
		return room.ShowLive(c.Request().Context(), frame)
	})(c)
}

// drawLive draws what a class may see of a real browser.
func (a *app) drawLive(lang string, own stepsOwn, f world.Frame) (string, error) {
	f, err := take.Publish(own.exchanges(f), own.shown)
	if err != nil {
		return "", err
	}
	panels := scene.Panels(templates.Words(lang), f)
	for i := range panels.Browsers {
		b := &panels.Browsers[i] // what is between this browser and its owner
		b.Abilities, b.UnknownKey, b.Twin = nil, nil, nil
	}
	return a.part(lang, "lesson", "panels", panels)
}

// stepsOwn is what a step itself sets and asks: played in the world, so that nothing
// of a visitor's own is among it.
type stepsOwn struct {
	shown take.Shown
	asked map[string]bool // path and query
}

// ownOf lists what a step sets and asks.
func ownOf(step *lessons.Step, frames []world.Frame) stepsOwn {
	own := stepsOwn{asked: map[string]bool{}}
	cookies, entries := map[string]bool{}, map[string]bool{}
	for _, action := range step.Actions() {
		own.asked[action.URL] = true
	}
	for _, f := range frames {
		for _, b := range f.Browsers {
			for _, c := range b.Jar {
				cookies[c.Name] = c.Name != session.CookieName
			}
		}
		for _, row := range f.Server.Rows {
			data, _ := row.Entries()
			for _, e := range data {
				entries[e.Key] = true
			}
		}
		for _, e := range f.Wire() {
			for _, h := range e.Response.Headers {
				if name, _, _ := strings.Cut(h[1], "="); h[0] == "Set-Cookie" {
					cookies[name] = name != session.CookieName
				}
			}
		}
	}
	own.shown = take.Shown{Cookies: sorted(cookies), Entries: sorted(entries)}
	return own
}

func sorted(set map[string]bool) []string {
	var names []string
	for name, in := range set {
		if in {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// exchanges leaves of a frame's exchanges those that the step asks for: in the address
// or the answer of another there may be anything.
func (own stepsOwn) exchanges(f world.Frame) world.Frame {
	all, verdicts := f.Wire(), f.Verdicts
	f.Exchange, f.Exchanges, f.Verdicts = nil, nil, nil
	for i, e := range all {
		u, err := url.Parse(e.Request.URL)
		if err != nil || !own.asked[u.RequestURI()] {
			continue
		}
		f.Exchange = &all[i]
		f.Exchanges = append(f.Exchanges, e)
		if i < len(verdicts) {
			f.Verdicts = append(f.Verdicts, verdicts[i])
		}
	}
	if len(f.Exchanges) < len(all) {
		f.Notes = nil // they tell of the last one, which may be another's
	}
	return f
}
