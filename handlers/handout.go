package handlers

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"

	"cookielab/internal/take"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// lessonHandout is a whole lesson on paper, at an address of its own.
func (a *app) lessonHandout(c echo.Context) error {
	if _, ok := a.Lessons.Lesson(c.Param("id")); ok && observing(c) {
		return a.live(c)
	}
	return a.takeLesson(a.handout)(c)
}

// handout sends a page that prints well.
func (a *app) handout(c echo.Context, t taken) error {
	lang := pathLanguage(c)
	w := templates.Words(lang)
	page := templates.Handout{
		Page: a.page(c, lang, w.T("handout.title", "name", t.Title), "lessons"), Name: t.Title, Values: take.AboutValues(w, t.Log),
	}
	teach := false
	if lesson := t.lesson; lesson != nil {
		page.Outcome = lesson.Text[lang].Outcome
		teach = c.QueryParam("teach") == "1"
		page.Lesson = handoutLesson(lang, lesson.ID, teach)
		if teach {
			for i := range page.Languages {
				page.Languages[i].URL += "?teach=1"
			}
		}
	} else {
		leadBack(&page, t.steps[0])
	}
	omitted := t.Omitted
	for i := range t.Chapters {
		drawn, left, err := a.chapter(c, t, i, teach)
		if err != nil {
			return err
		}
		omitted += left
		page.Chapters = append(page.Chapters, drawn)
	}
	if omitted > 0 {
		page.Omitted = w.T("handout.omitted", "n", strconv.Itoa(omitted))
	}
	return a.render(c, http.StatusOK, lang, "handout", page)
}

func handoutLesson(lang, id string, teach bool) *templates.HandoutLesson {
	at := "/" + lang + "/lessons/" + id
	l := &templates.HandoutLesson{URL: at, HAR: at + "/har", Curl: at + "/curl", SheetURL: at + "/sheet", TeachURL: at + "/handout?teach=1", Teach: teach}
	if teach {
		l.TeachURL = at + "/handout"
	}
	return l
}

// leadBack has the languages of a page that was posted for lead to where it came
// from: what was posted is not there any more.
func leadBack(page *templates.Handout, step *lessons.Step) {
	if step == nil {
		page.Section = "lab"
	}
	for i, l := range page.Languages {
		page.Languages[i].URL = "/" + l.Code + "/lab"
		if step != nil {
			page.Languages[i].URL = step.URL(l.Code)
		}
	}
}

// maxPaper is how many octets of HTML the moments of a chapter have. The last ones are
// printed.
const maxPaper = 1 << 20

// chapter draws a chapter, and returns how many of its first moments are left out.
func (a *app) chapter(c echo.Context, t taken, i int, teach bool) (drawn templates.HandoutChapter, omitted int, err error) {
	drawn = templates.HandoutChapter{Title: t.Chapters[i].Title, Verdict: t.verdicts[i]}
	if t.lesson != nil {
		page, err := a.lessonPage(c, t.steps[i])
		if err != nil {
			return drawn, 0, err
		}
		drawn.Step = &page.Step
		if teach {
			drawn.Teach = page.Step.Teach
		}
	}
	left := maxPaper
	for m := range t.Chapters[i].Moments(templates.Words(pathLanguage(c)), t.Revealed) {
		html, err := a.part(pathLanguage(c), "handout", "moment", m)
		if err != nil {
			return drawn, 0, err
		}
		if left -= len(html); left < 0 {
			omitted = max(1, m.N)
			break
		}
		// It comes out of a template, which has escaped what was put in.
		drawn.Moments = append(drawn.Moments, templates.HandoutMoment{HTML: template.HTML(html)})
	}
	slices.Reverse(drawn.Moments)
	return drawn, omitted, nil
}
