package handlers

import (
	"net/http"
	"slices"
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

// verdict compares the prediction with what happened.
func verdict(lang string, step *lessons.Step, ev lessons.Evidence, guess string) *templates.VerdictView {
	text := step.Text[lang]
	right := step.Right(ev)
	v := &templates.VerdictView{Done: true, Chosen: guess, Unsettled: len(right) != 1, TakeHome: text.TakeHome, Terms: termViews(lang, step.Terms), Mend: text.Mend}
	for i, option := range step.Options {
		held := slices.Contains(right, option.Letter)
		v.Options = append(v.Options, templates.OptionVerdict{
			ID: option.Letter, Text: text.Options[i].Text, Why: text.Options[i].Why,
			Held: held, Chosen: option.Letter == guess,
		})
		if held && option.Letter == guess {
			v.Right = true
		}
	}
	return v
}

// scriptless is the verdict on a step whose last action only a script can do: unknown.
func scriptless(lang string, step *lessons.Step) *templates.VerdictView {
	v := verdict(lang, step, lessons.Evidence{}, "")
	return &templates.VerdictView{Done: true, Unknown: true, TakeHome: v.TakeHome, Terms: v.Terms, Mend: v.Mend}
}

// judge returns the verdict and, once it is settled, the comparison that the step makes.
func (a *app) judge(lang string, step *lessons.Step, ev lessons.Evidence, guess string) *templates.VerdictView {
	v := verdict(lang, step, ev, guess)
	if !v.Unsettled {
		v.Compare = a.compareView(lang, step)
	}
	return v
}

// compareView returns what each of the actions that a step compares left when it was
// played; nil if the step compares nothing.
func (a *app) compareView(lang string, step *lessons.Step) []templates.RemnantView {
	w := templates.Words(lang)
	var list []templates.RemnantView
	for _, r := range a.remnants[step] {
		view := templates.RemnantView{Action: r.Action.URL, Own: r.Own, Row: r.Row != nil, Key: string(r.Key), KeyText: w.T("compare.key." + string(r.Key)), Cookie: r.Cookie}
		if r.Row != nil {
			view.Data = r.Row.Data
		}
		list = append(list, view)
	}
	return list
}

// tellHappened puts the step's own sentence above the panels, if it applies, and returns
// it. The note that was there becomes the first of the others.
func tellHappened(p *templates.Panels, v *templates.VerdictView, text lessons.StepText) string {
	if v.Unsettled || text.Happened == "" {
		return ""
	}
	if p.Sentence != "" {
		p.Notes = append([]templates.NoteView{{Code: "lead", Icon: "·", Text: p.Sentence}}, p.Notes...)
	}
	p.Sentence = withoutTags(text.Happened)
	return p.Sentence
}
