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

// stillKey is what a step's page depends on, but for the browser that asks.
type stillKey struct {
	lang, path string
	step       *lessons.Step
	numbered   bool // the address says which step, and the links to the other language do
	astray     bool
}

// still is a step's page around the two parts in which a browser sees itself. It is
// drawn once for all who ask.
type still struct {
	before, between, after string
	// The two parts, of a browser that has nothing yet.
	start  atomic.Pointer[drawnStart]
	panels atomic.Pointer[panelsMould]
}

type drawnStart struct {
	of   *templates.StartView
	html string
}

// stillOf is the key of a step's page, if it may be drawn once for all: its address
// says nothing that only this visitor has.
func (a *app) stillOf(c echo.Context, on way, step *lessons.Step, at headway) (stillKey, bool) {
	query := c.QueryParams()
	for name, values := range query {
		if len(values) > 1 || name == "step" && values[0] != strconv.Itoa(step.Number) || name == "path" && values[0] != on.path.ID || name != "step" && name != "path" {
			return stillKey{}, false
		}
	}
	return stillKey{on.lang, on.path.ID, step, query.Has("step"), at.astray}, !a.Pages.Reloads()
}

// fill sends a step's page, of which the still was drawn before, with what this
// browser has; without a still it reports false.
func (a *app) fill(c echo.Context, key stillKey, live templates.Live) (bool, error) {
	found, known := a.stills.Load(key)
	if !known {
		return false, nil
	}
	s := found.(*still)
	nobody := len(c.Request().Header["Cookie"]) == 0
	start, err := a.drawStart(s, key.lang, live, nobody)
	if err != nil {
		return false, err
	}
	panels, err := a.drawPanels(s, key.lang, live.Panels, nobody)
	if err != nil {
		return false, err
	}
	return true, sendHTML(c, http.StatusOK, s.before, start, s.between, panels, s.after)
}

// keep cuts a page that was drawn as a whole into the still and the two parts. What
// cannot be cut is drawn as a whole again.
func (a *app) keep(key stillKey, live templates.Live, page string) error {
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
		a.stills.Store(key, &still{before: before, between: between, after: after})
	}
	return nil
}

// drawStart draws the part that says where the step starts.
func (a *app) drawStart(s *still, lang string, live templates.Live, nobody bool) (string, error) {
	if drawn := s.start.Load(); drawn != nil && reflect.DeepEqual(drawn.of, live.Start) {
		return drawn.html, nil
	}
	html, err := a.part(lang, "lesson", "start", live)
	if err == nil && nobody {
		s.start.Store(&drawnStart{live.Start, html})
	}
	return html, err
}

// panelsMould is the panels of a browser that has nothing yet, cut where they tell the
// time or the number of rows.
type panelsMould struct {
	of     templates.Panels // with marks in the place of what is left out
	pieces []string
	holes  []int
}

// moulded are panels with marks in the place of what differs from moment to moment,
// and what was there.
func moulded(p templates.Panels) (templates.Panels, [5]string) {
	holes := [5]string{p.At, p.Lifetimes.From, p.Lifetimes.To, p.Server.Count, p.Server.Others}
	p.AtText = ""                   // no page of a step has it
	if len(p.Lifetimes.Bars) == 0 { // nor the axis of no bars
		p.Lifetimes = templates.Lifetimes{Axis: p.Lifetimes.Axis}
	}
	p.At, p.Lifetimes.From, p.Lifetimes.To, p.Server.Count = mark(0), mark(1), mark(2), mark(3)
	if p.Server.Others != "" {
		p.Server.Others = mark(4)
	}
	return p, holes
}

func mark(n int) string { return "{hole-" + strconv.Itoa(n) + "}" }

// drawPanels draws the panels. Those of a browser that has nothing yet are drawn once.
func (a *app) drawPanels(s *still, lang string, p templates.Panels, nobody bool) (string, error) {
	marked, holes := moulded(p)
	if m := s.panels.Load(); m != nil && reflect.DeepEqual(m.of, marked) {
		var b strings.Builder
		for i, piece := range m.pieces {
			b.WriteString(piece)
			if i < len(m.holes) {
				b.WriteString(template.HTMLEscapeString(holes[m.holes[i]]))
			}
		}
		return b.String(), nil
	}
	if nobody {
		html, err := a.part(lang, "lesson", "panels", marked)
		if err != nil {
			return "", err
		}
		s.panels.Store(mouldOf(marked, html))
	}
	return a.part(lang, "lesson", "panels", p)
}

// mouldOf cuts panels at their marks.
func mouldOf(p templates.Panels, html string) *panelsMould {
	m := &panelsMould{of: p}
	for {
		piece, rest, found := strings.Cut(html, "{hole-")
		m.pieces = append(m.pieces, piece)
		if !found {
			return m
		}
		m.holes = append(m.holes, int(rest[0]-'0'))
		html = rest[len("0}"):]
	}
}
