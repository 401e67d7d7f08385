package handlers

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

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

// handout sends a keepsake as a page that prints well.
func (a *app) handout(c echo.Context, kept keepsake) error {
	lang := pathLanguage(c)
	w := words(lang)
	page := templates.Handout{
		Page: a.page(c, lang, w.t("handout.title", "name", kept.title), "lessons"), Name: kept.title, Values: w.aboutValues(kept),
	}
	if kept.omitted > 0 {
		page.Omitted = w.t("handout.omitted", "n", strconv.Itoa(kept.omitted))
	}
	teach := false
	if lesson := kept.lesson; lesson != nil {
		page.Outcome = lesson.Text[lang].Outcome
		teach = c.QueryParam("teach") == "1"
		page.Lesson = handoutLesson(lang, lesson.ID, teach)
		if teach {
			for i := range page.Languages {
				page.Languages[i].URL += "?teach=1"
			}
		}
	} else {
		leadBack(&page, kept)
	}
	left := maxKeepsake
	for _, one := range kept.chapters {
		drawn, err := a.chapter(c, kept, one, teach, &left)
		if err != nil {
			return err
		}
		page.Chapters = append(page.Chapters, drawn)
	}
	return a.render(c, http.StatusOK, lang, "handout", page)
}

func handoutLesson(lang, id string, teach bool) *templates.HandoutLesson {
	at := "/" + lang + "/lessons/" + id
	l := &templates.HandoutLesson{URL: at, HAR: at + "/har", Curl: at + "/curl", TeachURL: at + "/handout?teach=1", Teach: teach}
	if teach {
		l.TeachURL = at + "/handout"
	}
	return l
}

// leadBack has the languages of a page that was posted for lead to where it came
// from: what was posted is not there any more.
func leadBack(page *templates.Handout, kept keepsake) {
	step := kept.chapters[0].step
	if step == nil {
		page.Section = "lab"
	}
	for i, l := range page.Languages {
		page.Languages[i].URL = "/" + l.Code + "/lab"
		if step != nil {
			page.Languages[i].URL = stepURL(l.Code, step.Lesson, step.Number)
		}
	}
}

// chapter draws a chapter, out of the octets that are left.
func (a *app) chapter(c echo.Context, kept keepsake, one chapter, teach bool, left *int) (templates.HandoutChapter, error) {
	drawn := templates.HandoutChapter{Title: one.title, Verdict: one.verdict}
	if kept.lesson != nil {
		page, err := a.lessonPage(c, one.step)
		if err != nil {
			return drawn, err
		}
		drawn.Step = &page.Step
		if teach {
			drawn.Teach = page.Step.Teach
		}
	}
	for _, m := range one.moments(kept.revealed) {
		html, err := a.part(pathLanguage(c), "handout", "moment", m)
		if err != nil {
			return drawn, err
		}
		if *left -= len(html); *left < 0 {
			return drawn, echo.ErrStatusRequestEntityTooLarge
		}
		// It comes out of a template, which has escaped what was put in.
		drawn.Moments = append(drawn.Moments, templates.HandoutMoment{HTML: template.HTML(html)})
	}
	return drawn, nil
}

// moments are the frames that are worth paper: where a step starts, if there is
// anything, and what follows.
func (one chapter) moments(revealed bool) []templates.Moment {
	var list []templates.Moment
	frames := one.frames
	if one.start > 0 {
		var led []string
		for _, f := range frames[1 : one.start+1] {
			led = append(led, f.label)
		}
		list = append(list, templates.Moment{Start: true, Label: strings.Join(led, " · "), Panels: printed(frames[one.start].scene, revealed)})
	}
	// Frame 0 of a script is the empty world.
	if len(frames) > 1 && frames[0].scene.world {
		frames = frames[max(1, one.start+1):]
	}
	for i, f := range frames {
		list = append(list, templates.Moment{N: i + 1, Label: f.label, Panels: printed(f.scene, revealed)})
	}
	return list
}

// printed is a scene as the panels draw it. Where real values were asked for, keys
// stand there whole.
func printed(s scene, revealed bool) templates.Panels {
	p := s.panels()
	if !revealed {
		return p
	}
	for _, b := range p.Browsers {
		for i := range b.Cookies {
			b.Cookies[i].Mark, b.Cookies[i].Shown = nil, b.Cookies[i].Value
		}
	}
	for i := range p.Server.Rows {
		p.Server.Rows[i].Mark = nil
	}
	for i, e := range s.exchanges {
		reveal(p.Wire.Exchanges[i].Request.Lines, e.Request.Headers)
		reveal(p.Wire.Exchanges[i].Response.Lines, e.Response.Headers)
	}
	return p
}

// reveal writes Cookie and Set-Cookie lines as they went over the wire. They stand
// in the panel in the order in which the headers have them.
func reveal(lines []templates.HeaderLine, headers [][2]string) {
	i := 0
	for _, h := range headers {
		if h[0] != "Cookie" && h[0] != "Set-Cookie" {
			continue
		}
		for i < len(lines) && lines[i].Name != h[0] {
			i++
		}
		if i == len(lines) {
			return
		}
		lines[i].Pieces = plainHeader(h).Pieces
		i++
	}
}

// heading is the title of a chapter, under that of the whole.
func (k keepsake) heading(one chapter) string {
	switch {
	case one.title == "":
		return k.title
	case k.lesson != nil:
		return strconv.Itoa(one.step.Number) + " · " + one.title
	default:
		return k.title + " · " + one.title
	}
}

// aboutValues says whether the values of a real browser are in a keepsake. In the
// time machine nobody's are.
func (w words) aboutValues(kept keepsake) string {
	switch {
	case !kept.live:
		return ""
	case kept.revealed:
		return w.t("handout.revealed")
	default:
		return w.t("handout.masked")
	}
}
