package handlers

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cookielab/internal/class"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// joinClass takes who has typed a code, or followed the QR code, to the room.
func (a *app) joinClass(c echo.Context) error {
	code := strings.ToLower(c.Param("code"))
	if typed := c.QueryParam("code"); code == "" && typed != "" {
		return c.Redirect(http.StatusSeeOther, "/c/"+url.PathEscape(strings.ToLower(strings.TrimSpace(typed))))
	}
	lang := pathLanguage(c)
	room, err := a.Class.Room(code)
	if err != nil {
		return a.noRoom(c, lang, code)
	}
	return c.Redirect(http.StatusSeeOther, "/"+lang+"/class/"+room.Code())
}

// noRoom lets who came to no room type another code.
func (a *app) noRoom(c echo.Context, lang, code string) error {
	page := templates.Join{Page: a.page(c, lang, templates.Words(lang).T("join.title"), ""), Code: code}
	return a.render(c, http.StatusNotFound, lang, "join", page)
}

// onPage finds the room of a page; without one there is a page to type another code.
func (a *app) onPage(h roomHandler) echo.HandlerFunc {
	return func(c echo.Context) error {
		if observing(c) {
			return a.live(c)
		}
		room, err := a.Class.Room(strings.ToLower(c.Param("code")))
		if err != nil {
			return a.noRoom(c, pathLanguage(c), c.Param("code"))
		}
		return h(c, room)
	}
}

// classRoom says where a page is.
func (a *app) classRoom(c echo.Context, room *class.Room, view string) templates.ClassRoom {
	m := room.Moment()
	in := templates.ClassRoom{View: view, Code: room.Code(), N: m.N, Question: string(m.Question), Free: m.Free}
	if m.Step != nil {
		in.Step = *m.Step
	}
	if m.Frame != nil {
		in.FrameN = m.Frame.N
	}
	in.Join = a.join(c, room)
	return in
}

// classPage is a student's page, or the stage for the projector. Without scripts it
// shows the moment at which it was asked for.
func (a *app) classPage(c echo.Context, room *class.Room) error {
	lang := pathLanguage(c)
	o, err := a.observe(c, lang, nil)
	if err != nil {
		return err
	}
	view := "student"
	if c.QueryParam("stage") == "1" {
		view = "stage"
	}
	page := templates.Class{Page: a.page(c, lang, templates.Words(lang).T("class.title."+view), ""), ClassRoom: a.classRoom(c, room, view)}
	page.Bare = view == "stage"
	page.Now = a.classNow(c, room, view)
	wall, err := a.wall(c, room)
	if err != nil {
		return err
	}
	page.Wall = template.HTML(wall)
	if frame, err := room.Frame(c.Request().Context(), page.FrameN); err == nil {
		page.Frame = template.HTML(frame[lang])
	}
	page.Own = ownMark(room, o.frame)
	if page.Live, err = a.classLive(lang, room, o.frame, report{}, false); err != nil {
		return err
	}
	return a.render(c, http.StatusOK, lang, "class", page)
}

// classLive is what a student's own browser shows, judged by the room's step.
func (a *app) classLive(lang string, room *class.Room, f world.Frame, rep report, scripted bool) (templates.Live, error) {
	step := a.presentStep(room)
	if step == nil || step.Jar != nil || step.Mode != lessons.Live {
		return templates.Live{Panels: scene.Panels(templates.Words(lang), f)}, nil
	}
	return a.stepLive(way{lang: lang}, step, f, rep, scripted)
}

// lookClass draws what a page of the room shows of its own browser. It is asked by
// the page's script, with its report.
func (a *app) lookClass(c echo.Context, room *class.Room, rep report) error {
	lang := pathLanguage(c)
	o, err := a.observe(c, lang, &rep.Report)
	if err != nil {
		return err
	}
	page := templates.Class{Own: ownMark(room, o.frame)}
	if page.Live, err = a.classLive(lang, room, o.frame, rep, true); err != nil {
		return err
	}
	if err := a.publish(c, &rep.Report); err != nil {
		return err
	}
	if seat := seatOf(c); seat != "" && !room.Known(seat) {
		c.Response().Header().Set("Seat", "unknown") // the page asks for another
	}
	return a.fragments(c, o, lang, "class", page, "own-mark live")
}

// classNowPart answers with the present step, as a part of a page.
func (a *app) classNowPart(c echo.Context, room *class.Room) error {
	view := "student"
	if c.QueryParam("stage") == "1" {
		view = "stage"
	}
	html, err := a.part(pathLanguage(c), "class", "class-now", a.classNow(c, room, view))
	if err != nil {
		return err
	}
	return c.HTML(http.StatusOK, html)
}

// classNow is the present step of a room as everybody may see it.
func (a *app) classNow(c echo.Context, room *class.Room, view string) templates.ClassNow {
	m := room.Moment()
	lang := pathLanguage(c)
	step := a.presentStep(room)
	if m.Step == nil || step == nil {
		return templates.ClassNow{View: view, N: m.N, Waiting: true, State: string(m.Question)}
	}
	now := a.classStep(lang, step, m.Tally, m.Answer)
	now.View, now.N, now.State, now.Free = view, m.N, string(m.Question), m.Free
	if c.Scheme() == "http" && !isLocal(c.Request().Host) {
		now.PlainHTTP = plainHTTP(templates.Words(lang), step)
	}
	return now
}

// classStep is a step with the class's answers, if they are revealed.
func (a *app) classStep(lang string, step *lessons.Step, tally map[string]int, answer *string) templates.ClassNow {
	text, w := step.Text[lang], templates.Words(lang)
	now := templates.ClassNow{
		StepID: step.Lesson.ID + "/" + step.ID, LessonID: step.Lesson.ID, StepName: step.ID,
		Heading:   w.T("class.heading", "lesson", strconv.Itoa(step.Lesson.Number), "step", strconv.Itoa(step.Number)),
		Title:     text.Title,
		LessonURL: step.URL(lang), Lead: text.Lead, Question: text.Question,
		World: step.Mode == lessons.World, JarPage: step.Jar != nil,
	}
	answers := 0
	for _, n := range tally {
		answers += n
	}
	for i, option := range step.Options {
		o := templates.ClassOption{ID: option.Letter, Text: text.Options[i].Text}
		if tally != nil {
			o.Count = tally[option.Letter]
			o.Share = 100 * o.Count / max(answers, 1)
			o.Held = answer != nil && *answer == option.Letter
			if !o.Held {
				o.Why = text.Options[i].Why
			}
		}
		now.Options = append(now.Options, o)
	}
	if tally != nil {
		now.Happened, now.TakeHome, now.Compare = text.Happened, text.TakeHome, a.compareView(lang, step)
	}
	if !now.World && !now.JarPage {
		for _, action := range step.Do {
			now.Actions = append(now.Actions, scene.Button(templates.Words(lang), action, ""))
		}
	}
	return now
}

// plainHTTP says what differs on plain http, where a step would meet it.
func plainHTTP(w templates.Words, step *lessons.Step) []string {
	var said []string
	var set []string
	for _, action := range step.Actions() {
		set = append(set, action.URL)
		if action.Set != nil {
			set = append(set, *action.Set)
		}
	}
	if step.Jar != nil {
		for _, line := range step.Jar.Set {
			set = append(set, line.SetCookie)
		}
	}
	text := strings.ToLower(strings.Join(set, "\n"))
	for _, word := range []string{"secure", "__host-", "partitioned"} {
		if strings.Contains(text, word) {
			said = append(said, w.T("plain.secure"))
			break
		}
	}
	if len(said) > 0 || step.Lesson.ID == "attributes" || step.Lesson.ID == "lifetime" {
		said = append(said, w.T("plain.store"))
	}
	return said
}
