package handlers

import (
	"slices"
	"strconv"

	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// way is the sequence in which a visitor goes through steps: all of them, or a path.
type way struct {
	lang string
	path lessons.Path // without steps, it means all steps
}

// way returns the way in ?path=45. An unknown path means all steps.
func (a *app) way(c echo.Context) way {
	on := way{lang: pathLanguage(c)}
	on.path, _ = a.Lessons.Path(c.QueryParam("path"))
	return on
}

// url returns the address of a step, with the path.
func (w way) url(s *lessons.Step) string {
	switch {
	case s == nil:
		return ""
	case w.path.ID == "":
		return s.URL(w.lang)
	}
	return s.URL(w.lang) + "&path=" + w.path.ID
}

// mostDots is how many steps fit into a page's header.
const mostDots = 15

// around returns the steps shown in the header beside one: those of the path, or of its lesson.
func (w way) around(s *lessons.Step) []*lessons.Step {
	if w.path.At(s) < 0 || len(w.path.Steps) > mostDots {
		return s.Lesson.Steps
	}
	return w.path.Steps
}

// dots returns steps for the page's header; current is marked.
func (w way) dots(steps []*lessons.Step, current *lessons.Step) []templates.StepDot {
	var dots []templates.StepDot
	for i, s := range steps {
		dots = append(dots, templates.StepDot{
			URL: w.url(s), Title: s.Text[w.lang].Title, ID: s.Lesson.ID + "/" + s.ID, N: i + 1, Current: s == current,
		})
	}
	return dots
}

// say returns the text of a step's position on the path.
func (w way) say(s *lessons.Step) string {
	if w.path.ID == "" {
		return ""
	}
	t := templates.Words(w.lang)
	if at := w.path.At(s); at >= 0 {
		return t.T("path.at", "path", w.path.ID, "n", strconv.Itoa(at+1), "of", strconv.Itoa(len(w.path.Steps)))
	}
	return t.T("path.off", "path", w.path.ID)
}

// along returns the steps of the way, in order.
func (a *app) along(w way) []*lessons.Step {
	if w.path.ID != "" {
		return w.path.Steps
	}
	var all []*lessons.Step
	for _, l := range a.Lessons.Lessons {
		all = append(all, l.Steps...)
	}
	return all
}

// neighbours returns the steps before and after one, across lessons, or nil.
func (a *app) neighbours(w way, step *lessons.Step) (prev, next *lessons.Step) {
	if w.path.ID != "" {
		return w.path.Neighbours(step)
	}
	all := a.along(w)
	at := slices.Index(all, step)
	if at > 0 {
		prev = all[at-1]
	}
	if at < len(all)-1 {
		next = all[at+1]
	}
	return prev, next
}

// pathViews returns the available paths, followed by the whole.
func (a *app) pathViews(lang string) []templates.PathView {
	w := templates.Words(lang)
	var views []templates.PathView
	for _, p := range a.Lessons.Paths {
		views = append(views, templates.PathView{
			ID: p.ID, URL: way{lang, p}.url(p.Steps[0]), Name: w.T("path.name", "path", p.ID),
			Say: w.T("path.steps", "steps", strconv.Itoa(len(p.Steps))),
		})
	}
	steps, minutes := 0, 0
	for _, l := range a.Lessons.Lessons {
		steps, minutes = steps+len(l.Steps), minutes+l.Minutes
	}
	return append(views, templates.PathView{
		ID: "all", URL: a.Lessons.Lessons[0].Steps[0].URL(lang), Name: w.T("path.all"),
		Say: w.T("home.meta", "steps", strconv.Itoa(steps), "minutes", strconv.Itoa(minutes)),
	})
}
