package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/scene"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// progress shows a student's progress, which only the browser stores.
func (a *app) progress(c echo.Context) error {
	lang := pathLanguage(c)
	page := templates.Progress{Page: a.page(c, lang, templates.Words(lang).T("progress.title"), "progress")}
	for _, l := range a.Lessons.Lessons {
		view := templates.ProgressLesson{Number: l.Number, Title: l.Text[lang].Title, URL: l.Steps[0].URL(lang)}
		for _, s := range l.Steps {
			view.Steps = append(view.Steps, templates.ProgressEntry{
				ID: l.ID + "/" + s.ID, Name: strconv.Itoa(s.Number), Title: s.Text[lang].Title, URL: s.URL(lang),
			})
		}
		view.Tasks = taskEntries(lang, l)
		page.Lessons = append(page.Lessons, view)
	}
	return a.render(c, http.StatusOK, lang, "progress", page)
}

// recall returns a step's question as a part of a page, or its answer if the request has
// a prediction.
func (a *app) recall(c echo.Context) error {
	lang := pathLanguage(c)
	lesson, id, _ := strings.Cut(c.QueryParam("step"), "/")
	step := a.findStep(lesson, id)
	if step == nil {
		return echo.ErrNotFound
	}
	w, text, guess := templates.Words(lang), step.Text[lang], c.QueryParam("guess")
	part := templates.Recall{
		Step: lesson + "/" + id, Title: text.Title, URL: step.URL(lang),
		From: scene.Labels(w, step.From), Do: scene.Labels(w, step.Do), Question: text.Question,
	}
	var right []string
	if guess != "" {
		evidence, err := step.Evidence(playStep)
		if err != nil {
			return err
		}
		right = step.Right(evidence)
		part.Answered, part.Right, part.TakeHome = true, slices.Contains(right, guess), text.TakeHome
	}
	for i, option := range step.Options {
		view := templates.OptionVerdict{ID: option.Letter, Text: text.Options[i].Text, Chosen: option.Letter == guess}
		if part.Answered {
			view.Held, view.Why = slices.Contains(right, option.Letter), text.Options[i].Why
		}
		part.Options = append(part.Options, view)
	}
	html, err := a.part(lang, "lesson", "recall", part)
	if err != nil {
		return err
	}
	return c.HTML(http.StatusOK, html)
}
