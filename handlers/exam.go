package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cookielab/handlers/site"
	"cookielab/internal/class"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// longestSeed is the largest length of a seed in octets.
const longestSeed = 64

// exam shows an exam. A seed gives everybody the same questions; without one the page
// asks for it and suggests a random one.
func (a *app) exam(c echo.Context) error {
	seed := c.QueryParam("seed")
	if len(seed) > longestSeed {
		return echo.ErrBadRequest
	}
	if seed != "" {
		page := a.examPage(c, seed, nil)
		return a.render(c, http.StatusOK, page.Lang, "exam", page)
	}
	seed, err := lessons.DrawSeed(a.Rand)
	if err != nil {
		return err
	}
	lang := pathLanguage(c)
	page := templates.Exam{Page: a.page(c, lang, templates.Words(lang).T("exam.title"), "exam"), Suggested: seed}
	return a.render(c, http.StatusOK, lang, "exam", page)
}

func examURL(lang, seed string) string {
	return "/" + lang + "/exam?seed=" + url.QueryEscape(seed)
}

// examKey grades the answers to an exam and shows the correct ones. If an answer is
// missing, it shows the exam again instead.
func (a *app) examKey(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	seed := form.Get("seed")
	if seed == "" || len(seed) > longestSeed {
		return echo.ErrBadRequest
	}
	page := a.examPage(c, seed, form)
	if page.Missing != "" {
		return a.render(c, http.StatusBadRequest, page.Lang, "exam", page)
	}
	if err := a.grade(&page); err != nil {
		return err
	}
	return a.render(c, http.StatusOK, page.Lang, "exam", page)
}

// classExamKey shows the correct answers of an exam, as a part of the console's page.
func (a *app) classExamKey(c echo.Context, _ *class.Room) error {
	seed := c.QueryParam("seed")
	if seed == "" || len(seed) > longestSeed {
		return echo.ErrBadRequest
	}
	page := a.examPage(c, seed, nil)
	if err := a.grade(&page); err != nil {
		return err
	}
	html, err := a.part(page.Lang, "exam", "exam-questions", page)
	if err != nil {
		return err
	}
	return c.HTML(http.StatusOK, html)
}

// examPage returns the page of an exam, with the answers given so far.
func (a *app) examPage(c echo.Context, seed string, given url.Values) templates.Exam {
	lang := pathLanguage(c)
	w := templates.Words(lang)
	page := templates.Exam{Page: a.page(c, lang, w.T("exam.title"), "exam"), Seed: seed}
	for i := range page.Languages { // the correct answers are the response to a form
		page.Languages[i].URL = examURL(page.Languages[i].Code, seed)
	}
	var open []string
	for i, step := range a.Lessons.Exam(seed) {
		text := step.Text[lang]
		q := templates.ExamQuestion{
			N: i + 1, ID: step.Lesson.ID + "/" + step.ID, Code: examCode(lang, step), Question: text.Question,
			From: scene.Labels(w, step.From), Do: scene.Labels(w, step.Do), Chosen: given.Get(fmt.Sprintf("q%d", i+1)),
		}
		for j, option := range step.Options {
			q.Options = append(q.Options, templates.OptionVerdict{
				ID: option.Letter, Text: text.Options[j].Text, Chosen: option.Letter == q.Chosen,
			})
		}
		if !slices.ContainsFunc(q.Options, func(o templates.OptionVerdict) bool { return o.Chosen }) {
			open = append(open, strconv.Itoa(i+1))
		}
		page.Questions = append(page.Questions, q)
	}
	if given != nil && len(open) > 0 {
		page.Missing = w.T("exam.missing", "list", strings.Join(open, w.T("list.comma")))
	}
	return page
}

// grade compares each answer with the played step, and adds explanations.
func (a *app) grade(page *templates.Exam) error {
	page.Graded = true
	w := templates.Words(page.Lang)
	for i, step := range a.Lessons.Exam(page.Seed) {
		q, text := &page.Questions[i], step.Text[page.Lang]
		frames, err := world.Play(world.Script{Lang: page.Lang, Actions: step.Actions()}, site.Handler, scene.Tell)
		if err != nil {
			return err
		}
		right := step.Right(step.Played(frames))
		for j := range q.Options {
			o := &q.Options[j]
			o.Held, o.Why = slices.Contains(right, o.ID), text.Options[j].Why
			q.Right = q.Right || o.Held && o.Chosen
		}
		if q.Right {
			page.Right++
		}
		page.Answers += strings.Join(right, "")
		q.Title, q.TakeHome = text.Title, text.TakeHome
		if step.Lesson != a.Lessons.Transfer {
			q.URL = step.URL(page.Lang)
		}
		panels := scene.Panels(w, frames[len(frames)-1])
		q.Panels = &panels
	}
	page.Score = w.T("exam.score", "n", strconv.Itoa(page.Right), "of", strconv.Itoa(len(page.Questions)))
	return nil
}
