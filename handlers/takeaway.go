package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/take"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// taken is what a visitor takes away, together with what only pages need: the steps of
// its chapters, and the verdicts on their questions.
type taken struct {
	take.Log
	lesson   *lessons.Lesson // if it is a whole lesson
	steps    []*lessons.Step // of each chapter; nil in the lab
	verdicts []*templates.VerdictView
}

// add appends a chapter.
func (t *taken) add(c take.Chapter, step *lessons.Step, verdict *templates.VerdictView) {
	t.Chapters, t.steps, t.verdicts = append(t.Chapters, c), append(t.steps, step), append(t.verdicts, verdict)
}

// Limits of a take-away.
const (
	maxTaken  = 256 << 10       // octets of the request
	maxAnswer = world.MaxOutput // octets of the answer
)

// moment is what a page sends: from the time machine the script, which is played again;
// from a real browser the frames that the page was given.
type moment struct {
	Lesson  string        `json:"lesson"`
	Step    string        `json:"step"`
	Frames  []take.Posted `json:"frames"`
	Omitted int           `json:"omitted"`
}

// takenAs sends a take-away in one form: paper, HAR or curl.
type takenAs func(c echo.Context, t taken) error

// takeAway makes a take-away from the moment that a page posts. It depends on the request
// alone. Only this site's pages may request it, because the posted text is returned as
// this site's.
func (a *app) takeAway(as takenAs) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !sameOrigin(c.Request()) {
			return echo.ErrForbidden
		}
		text, revealed, err := readMoment(c.Request())
		if err != nil {
			return err
		}
		leave, err := a.plays.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		t, err := a.readTaken(pathLanguage(c), text, revealed)
		if err != nil {
			return err
		}
		return as(c, t)
	}
}

// takeLesson makes a take-away of a whole lesson, played in the world.
func (a *app) takeLesson(as takenAs) echo.HandlerFunc {
	return func(c echo.Context) error {
		lesson, ok := a.Lessons.Lesson(c.Param("id"))
		if !ok {
			return echo.ErrNotFound
		}
		leave, err := a.plays.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		t, err := lessonTaken(pathLanguage(c), lesson)
		if err != nil {
			return err
		}
		return as(c, t)
	}
}

// sameOrigin reports whether a request was made by a page of this site, as far as its
// headers show.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// readMoment reads the form that a page posts.
func readMoment(r *http.Request) (text []byte, revealed bool, err error) {
	body, err := readBody(r, echo.MIMEApplicationForm, maxTaken)
	if err != nil {
		return nil, false, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, false, echo.ErrBadRequest
	}
	return []byte(form.Get("moment")), form.Get("reveal") == "1", nil
}

// readTaken decodes a moment and makes a take-away of it.
func (a *app) readTaken(lang string, text []byte, revealed bool) (taken, error) {
	var m moment
	if json.Unmarshal(text, &m) != nil {
		return taken{}, echo.ErrBadRequest
	}
	w := templates.Words(lang)
	t := taken{Log: take.Log{Name: "cookielab", Title: w.T("lab.title")}}
	var one take.Chapter
	step := a.findStep(m.Lesson, m.Step)
	if step != nil {
		t.Name += "-" + m.Lesson + "-" + m.Step
		t.Title, one.Title = step.Lesson.Text[lang].Title, step.Text[lang].Title
		one.Number = step.Number
	}
	var err error
	var verdict *templates.VerdictView
	switch {
	case step != nil && step.Jar != nil:
		// From the jar model, without any browser.
		one, verdict, err = stepChapter(lang, step)
	case m.Frames != nil:
		t.Live, t.Revealed, t.Omitted = true, revealed, max(0, m.Omitted)
		one.Frames, err = take.Observed(m.Frames, revealed)
	default:
		one.Frames, err = playedAgain(lang, text)
	}
	t.add(one, step, verdict)
	return t, err
}

// playedAgain plays a script again.
func playedAgain(lang string, text []byte) ([]take.Frame, error) {
	if len(text) > maxScript {
		return nil, world.ErrTooLarge
	}
	script, err := world.ParseScript(text)
	if err != nil {
		return nil, err
	}
	script.Lang = lang
	frames, err := world.Play(script, site.Handler, scene.Tell)
	return take.Played(templates.Words(lang), frames), err
}

// lessonTaken plays every step of a lesson.
func lessonTaken(lang string, lesson *lessons.Lesson) (taken, error) {
	t := taken{lesson: lesson, Log: take.Log{Name: "cookielab-" + lesson.ID, Title: lesson.Text[lang].Title, Lesson: true}}
	for _, step := range lesson.Steps {
		one, verdict, err := stepChapter(lang, step)
		if err != nil {
			return t, err
		}
		t.add(one, step, verdict)
	}
	return t, nil
}

// stepChapter plays a step, or asks the jar model.
func stepChapter(lang string, step *lessons.Step) (take.Chapter, *templates.VerdictView, error) {
	one := take.Chapter{Title: step.Text[lang].Title, Number: step.Number}
	if step.Jar != nil {
		f, err := world.Ask(*step.Jar, world.Epoch, func(n world.Note) string { return scene.Tell(lang, n) })
		if err != nil {
			return one, nil, err
		}
		one.Frames = []take.Frame{{Label: jarButton(way{lang: lang}, step, "").Label, Frame: f}}
		return one, verdict(lang, step, lessons.Seen(f), ""), nil
	}
	frames, err := world.Play(world.Script{Lang: lang, Actions: step.Actions()}, site.Handler, scene.Tell)
	if err != nil {
		return one, nil, err
	}
	one.Frames, one.Start = take.Played(templates.Words(lang), frames), len(step.From)
	return one, verdict(lang, step, step.Played(frames), ""), nil
}

// har sends the requests as a HAR file.
func (a *app) har(c echo.Context, t taken) error {
	text, err := t.HAR(templates.Words(pathLanguage(c)))
	if err != nil {
		return err
	}
	return attach(c, echo.MIMEApplicationJSON, "attachment", t.Name+".har", text)
}

// curl sends the requests as curl commands addressed to this server.
func (a *app) curl(c echo.Context, t taken) error {
	u, err := url.Parse(site.Scheme(c.Request()) + "://" + c.Request().Host)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return echo.ErrBadRequest
	}
	return attach(c, "text/plain; charset=utf-8", "inline", t.Name+".txt", t.Curl(templates.Words(pathLanguage(c)), u))
}

// attach sends a file to be saved.
func attach(c echo.Context, kind, disposition, name string, content []byte) error {
	if len(content) > maxAnswer {
		return echo.ErrStatusRequestEntityTooLarge
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, disposition+"; filename="+strconv.Quote(name))
	return c.Blob(http.StatusOK, kind, content)
}
