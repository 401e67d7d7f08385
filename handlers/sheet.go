package handlers

import (
	"net/http"
	"strings"

	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// lessonSheet shows a lesson as a worksheet: two pages of questions, and the answers on a
// third page for the instructor.
func (a *app) lessonSheet(c echo.Context) error {
	lesson, ok := a.Lessons.Lesson(c.Param("id"))
	if !ok {
		return echo.ErrNotFound
	}
	if observing(c) {
		return a.live(c)
	}
	lang := pathLanguage(c)
	w, at := templates.Words(lang), "/"+lang+"/lessons/"+lesson.ID
	page := templates.Sheet{
		Page: a.page(c, lang, w.T("sheet.title", "name", lesson.Text[lang].Title), "lessons"),
		Name: lesson.Text[lang].Title, Number: lesson.Number, URL: at, HandoutURL: at + "/handout", Dense: len(lesson.Steps) > denseSheet,
	}
	for i, step := range lesson.Steps {
		q := a.sheetQuestion(lang, step)
		if left := a.compareView(lang, step); left != nil {
			page.Compare = left
		}
		if side := 2 * i / (len(lesson.Steps) + len(lesson.Steps)%2); side == 0 {
			page.Front = append(page.Front, q)
		} else {
			page.Back = append(page.Back, q)
		}
	}
	for i := range page.Compare {
		page.Compare[i].Own = false // it belongs to several steps
	}
	return a.render(c, http.StatusOK, lang, "sheet", page)
}

// sheetQuestion returns a step for the worksheet. The question comes without the title,
// which gives the answer away; the answer is the option that held when the step was
// played.
func (a *app) sheetQuestion(lang string, step *lessons.Step) templates.SheetQuestion {
	text, w := step.Text[lang], templates.Words(lang)
	q := templates.SheetQuestion{
		N: step.Number, ID: step.ID, Title: text.Title, Subtitle: text.Story, Lead: text.Lead, Question: text.Question, TakeHome: text.TakeHome,
		From: sheetActions(w, step, step.From), Do: sheetActions(w, step, step.Do),
	}
	if step.Jar != nil {
		q.Do = jarLines(step)
	}
	for _, view := range step.Django {
		for _, line := range view.Lines[lang] {
			if line.Lit {
				q.Code = append(q.Code, strings.TrimSpace(line.Text))
			}
		}
	}
	answer := a.steps[step.Lesson.ID+"/"+step.ID].Answer
	for i, option := range step.Options {
		q.Options = append(q.Options, templates.OptionVerdict{ID: option.Letter, Text: text.Options[i].Text, Why: text.Options[i].Why, Held: option.Letter == answer})
	}
	return q
}

// denseSheet is the largest number of steps on a sheet in larger type.
const denseSheet = 8

// mostOnSheet is how many actions a sheet lists; of more it lists the first and the last.
const mostOnSheet = 4

// sheetActions returns short labels of actions. In a live step browser A's name is left out.
func sheetActions(w templates.Words, step *lessons.Step, actions []world.Action) []string {
	labels := scene.Labels(w, actions)
	if len(labels) > mostOnSheet {
		labels = []string{labels[0], "…", labels[len(labels)-1]}
	}
	if step.Mode == lessons.Live {
		for i := range labels {
			labels[i] = strings.TrimPrefix(labels[i], "A ")
		}
	}
	return labels
}

// jarLines returns what a step asks the jar model: the Set-Cookie lines and the request.
func jarLines(step *lessons.Step) []string {
	var lines []string
	for _, set := range step.Jar.Set {
		lines = append(lines, set.URL+" Set-Cookie: "+set.SetCookie)
	}
	get := step.Jar.Get
	asked := strings.TrimSpace(get.Method + " " + get.URL)
	if get.Initiator != "" {
		asked += " ← " + strings.TrimSpace(get.Kind+" "+get.Initiator)
	}
	return append(lines, asked)
}
