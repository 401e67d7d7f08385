package handlers

import (
	"net/http"
	"strconv"

	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// recap asks at a lesson's end which statements are true. The answers are in the query,
// so that it works without JavaScript and stores nothing.
func (a *app) recap(c echo.Context) error {
	lesson, ok := a.Lessons.Lesson(c.Param("id"))
	if !ok || len(lesson.Recap) == 0 {
		return echo.ErrNotFound
	}
	if observing(c) {
		return a.live(c)
	}
	lang := pathLanguage(c)
	w := templates.Words(lang)
	title := lesson.Text[lang].Title
	page := templates.Recap{
		Page: a.page(c, lang, w.T("recap.title", "lesson", title), "lessons"), Lesson: title, URL: recapURL(lang, lesson),
	}
	last := lesson.Steps[len(lesson.Steps)-1]
	page.Prev = last.URL(lang)
	whole := way{lang: lang}
	_, next := a.neighbours(whole, last)
	page.Next = whole.url(next)
	for i, s := range lesson.Recap {
		view := templates.StatementView{ID: s.ID, N: i + 1, Text: s.Text[lang].Text, Why: s.Text[lang].Why, True: a.truths[s], Chosen: c.QueryParam(s.ID)}
		if view.Chosen != "true" && view.Chosen != "false" {
			view.Chosen = ""
		}
		page.Done = page.Done || view.Chosen != ""
		view.Right = view.Chosen == strconv.FormatBool(view.True)
		page.Statements = append(page.Statements, view)
	}
	return a.render(c, http.StatusOK, lang, "recap", page)
}

func recapURL(lang string, l *lessons.Lesson) string {
	return "/" + lang + "/lessons/" + l.ID + "/recap"
}
