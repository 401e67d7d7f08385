package handlers

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"cookielab/internal/class"
	"cookielab/internal/scene"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// consolePage is the instructor's page as everybody gets it: a shell. What needs the
// key is asked for with it. An unknown room has the same shell: nobody learns from it
// which rooms there are.
func (a *app) consolePage(c echo.Context) error {
	if observing(c) {
		return a.live(c)
	}
	lang := pathLanguage(c)
	o, err := a.observe(c, lang, nil)
	if err != nil {
		return err
	}
	page := templates.Console{Page: a.page(c, lang, templates.Words(lang).T("class.title.console"), "")}
	page.Bare = true
	page.ClassRoom = templates.ClassRoom{View: "console", Code: c.Param("code"), Question: string(class.Closed)}
	page.Live = templates.Live{Panels: scene.Panels(templates.Words(lang), o.frame)}
	return a.render(c, http.StatusOK, lang, "console", page)
}

// desk answers with what the instructor sees of the present step.
func (a *app) desk(c echo.Context, room *class.Room) error {
	view, err := a.deskView(c, room)
	if err != nil {
		return err
	}
	html, err := a.part(pathLanguage(c), "console", "desk", view)
	if err != nil {
		return err
	}
	return c.HTML(http.StatusOK, html)
}

func (a *app) deskView(c echo.Context, room *class.Room) (templates.Desk, error) {
	lang := pathLanguage(c)
	w := templates.Words(lang)
	view := templates.Desk{ClassRoom: a.classRoom(c, room, "console")}
	var err error
	view.Now = a.classNow(c, room, "console")
	for _, held := range room.Addresses() {
		view.Addresses = append(view.Addresses, templates.DeskAddress{Address: held.Address, Seats: held.Seats})
	}
	step, on := a.presentStep(room), a.way(c)
	for _, lesson := range a.Lessons.Lessons {
		group := templates.DeskLesson{Title: strconv.Itoa(lesson.Number) + " · " + lesson.Text[lang].Title}
		for _, s := range lesson.Steps {
			here := deskStep(w, lang, s)
			here.Current = s == step
			group.Steps = append(group.Steps, *here)
		}
		view.Steps = append(view.Steps, group)
	}
	for _, p := range a.Lessons.Paths {
		view.Paths = append(view.Paths, templates.DeskPath{ID: p.ID, Name: w.T("path.name", "path", p.ID), Current: p.ID == on.path.ID})
	}
	if step == nil {
		view.Next = deskStep(w, lang, a.along(on)[0])
		return view, nil
	}
	prev, next := a.neighbours(on, step)
	if prev != nil {
		view.Prev = deskStep(w, lang, prev)
	}
	if next != nil {
		view.Next = deskStep(w, lang, next)
	}
	if view.Position = on.say(step); view.Position == "" {
		all := a.along(on)
		view.Position = w.T("desk.position", "n", strconv.Itoa(slices.Index(all, step)+1), "of", strconv.Itoa(len(all)))
	}
	view.Teach = teachView(step.Text[lang].Teach)
	view.LiveStep = step.Mode == lessons.Live && step.Jar == nil
	if step.Jar != nil {
		return view, nil
	}
	actions := step.Actions()
	script, err := json.Marshal(map[string]any{"actions": actions})
	if err != nil {
		return view, err
	}
	view.Script = string(script)
	for at := len(step.From); at <= len(actions); at++ {
		frame := templates.DeskFrame{At: at, Label: w.T("label.start")}
		if at > len(step.From) {
			frame.Label = scene.Label(templates.Words(lang), &actions[at-1])
		}
		view.Frames = append(view.Frames, frame)
	}
	return view, nil
}

// deskStep is a step that an instructor can go to.
func deskStep(w templates.Words, lang string, s *lessons.Step) *templates.DeskStep {
	text := s.Text[lang]
	return &templates.DeskStep{
		ID: s.Lesson.ID + "/" + s.ID, Title: text.Title, Lead: text.Lead, Question: text.Question, Teach: teachView(text.Teach),
		Heading: w.T("class.heading", "lesson", strconv.Itoa(s.Lesson.Number), "step", strconv.Itoa(s.Number)),
	}
}

func teachView(t *lessons.Teach) *templates.TeachView {
	if t == nil {
		return nil
	}
	return &templates.TeachView{Say: t.Say, Ask: t.Ask, Student: t.Student}
}

// classHandout answers with what the class did, to be printed by the console.
func (a *app) classHandout(c echo.Context, room *class.Room) error {
	lang := pathLanguage(c)
	view := templates.ClassHandout{Title: templates.Words(lang).T("class.handout")}
	for _, shown := range room.History() {
		known := a.steps[shown.Step]
		if known == nil {
			continue // a lesson that is no more
		}
		step := a.stepByID(shown.Step)
		view.Steps = append(view.Steps, a.classStep(lang, step, shown.Answers, &known.Answer))
	}
	html, err := a.part(lang, "console", "class-handout", view)
	if err != nil {
		return err
	}
	return c.HTML(http.StatusOK, html)
}
