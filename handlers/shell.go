package handlers

import (
	"html/template"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"

	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// shellKey is what a step's page depends on, but for the browser that asks.
type shellKey struct {
	lang, path string
	step       *lessons.Step
	numbered   bool // the address says which step, and the links to the other language do
	astray     bool
}

// pageShell is a step's page around the two parts in which a browser sees itself. It is
// drawn once for all who ask.
type pageShell struct {
	before, between, after string
	// The two parts, of a browser that has nothing yet.
	start  atomic.Pointer[drawnStart]
	panels atomic.Pointer[cutPanels]
}

type drawnStart struct {
	of   *templates.StartView
	html string
}

// shellOf is the key of a step's page, if it may be drawn once for all: its address
// says nothing that only this visitor has.
func (a *app) shellOf(c echo.Context, on way, step *lessons.Step, at headway) (shellKey, bool) {
	query := c.QueryParams()
	for name, values := range query {
		if len(values) > 1 || name == "step" && values[0] != strconv.Itoa(step.Number) || name == "path" && values[0] != on.path.ID || name != "step" && name != "path" {
			return shellKey{}, false
		}
	}
	return shellKey{on.lang, on.path.ID, step, query.Has("step"), at.astray}, !a.Pages.Reloads()
}

// fillShell sends a step's page, of which the shell was drawn before, with what this
// browser has; without a shell it reports false.
func (a *app) fillShell(c echo.Context, key shellKey, live templates.Live) (bool, error) {
	found, known := a.shells.Load(key)
	if !known {
		return false, nil
	}
	s := found.(*pageShell)
	bare := len(c.Request().Header["Cookie"]) == 0
	start, err := a.drawStart(s, key.lang, live, bare)
	if err != nil {
		return false, err
	}
	panels, err := a.drawPanels(s, key.lang, live.Panels, bare)
	if err != nil {
		return false, err
	}
	return true, sendHTML(c, http.StatusOK, s.before, start, s.between, panels, s.after)
}

// keepShell cuts a page that was drawn as a whole into the shell and the two parts. What
// cannot be cut is drawn as a whole again.
func (a *app) keepShell(key shellKey, live templates.Live, page string) error {
	start, err := a.part(key.lang, "lesson", "start", live)
	if err != nil {
		return err
	}
	panels, err := a.part(key.lang, "lesson", "panels", live.Panels)
	if err != nil {
		return err
	}
	before, rest, cut := strings.Cut(page, start)
	between, after, cutAgain := strings.Cut(rest, panels)
	if cut && cutAgain && live.Verdict == nil {
		a.shells.Store(key, &pageShell{before: before, between: between, after: after})
	}
	return nil
}

// drawStart draws the part that says where the step starts.
func (a *app) drawStart(s *pageShell, lang string, live templates.Live, bare bool) (string, error) {
	if drawn := s.start.Load(); drawn != nil && reflect.DeepEqual(drawn.of, live.Start) {
		return drawn.html, nil
	}
	html, err := a.part(lang, "lesson", "start", live)
	if err == nil && bare {
		s.start.Store(&drawnStart{live.Start, html})
	}
	return html, err
}

// cutPanels is the panels of a browser that has nothing yet, cut where they tell the
// time or the number of rows.
type cutPanels struct {
	of     templates.Panels // with slots in the place of what is left out
	pieces []string
	slots  []int
}

// withSlots are panels with slots in the place of what differs from moment to moment,
// and what was there.
func withSlots(p templates.Panels) (templates.Panels, [5]string) {
	values := [5]string{p.At, p.Lifetimes.From, p.Lifetimes.To, p.Server.Count, p.Server.Others}
	p.AtText = ""                   // no page of a step has it
	if len(p.Lifetimes.Bars) == 0 { // nor the axis of no bars
		p.Lifetimes = templates.Lifetimes{Axis: p.Lifetimes.Axis}
	}
	p.At, p.Lifetimes.From, p.Lifetimes.To, p.Server.Count = slot(0), slot(1), slot(2), slot(3)
	if p.Server.Others != "" {
		p.Server.Others = slot(4)
	}
	return p, values
}

func slot(n int) string { return "{slot-" + strconv.Itoa(n) + "}" }

// drawPanels draws the panels. Those of a browser that has nothing yet are drawn once.
func (a *app) drawPanels(s *pageShell, lang string, p templates.Panels, bare bool) (string, error) {
	marked, values := withSlots(p)
	if m := s.panels.Load(); m != nil && reflect.DeepEqual(m.of, marked) {
		var b strings.Builder
		for i, piece := range m.pieces {
			b.WriteString(piece)
			if i < len(m.slots) {
				b.WriteString(template.HTMLEscapeString(values[m.slots[i]]))
			}
		}
		return b.String(), nil
	}
	if bare {
		html, err := a.part(lang, "lesson", "panels", marked)
		if err != nil {
			return "", err
		}
		s.panels.Store(cutAtSlots(marked, html))
	}
	return a.part(lang, "lesson", "panels", p)
}

// cutAtSlots cuts panels at their slots.
func cutAtSlots(p templates.Panels, html string) *cutPanels {
	m := &cutPanels{of: p}
	for {
		piece, rest, found := strings.Cut(html, "{slot-")
		m.pieces = append(m.pieces, piece)
		if !found {
			return m
		}
		m.slots = append(m.slots, int(rest[0]-'0'))
		html = rest[len("0}"):]
	}
}
