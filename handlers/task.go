package handlers

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"cookielab/internal/scene"
	"cookielab/internal/take"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// findTask returns the task that an address names, or a 404.
func (a *app) findTask(c echo.Context) (*lessons.Task, error) {
	lesson, ok := a.Lessons.Lesson(c.Param("id"))
	if !ok {
		return nil, echo.ErrNotFound
	}
	n, err := strconv.Atoi(c.QueryParam("task"))
	if err != nil || n < 1 || n > len(lesson.Tasks) {
		return nil, echo.ErrNotFound
	}
	return lesson.Tasks[n-1], nil
}

// lessonOrTask shows a task if the address names one, or else a step.
func (a *app) lessonOrTask(c echo.Context) error {
	if c.QueryParams().Has("task") {
		return a.task(c)
	}
	return a.lesson(c)
}

// lookLessonOrTask draws the live parts of the page of a task or a step.
func (a *app) lookLessonOrTask(c echo.Context, rep report) error {
	if c.QueryParams().Has("task") {
		return a.lookTask(c, rep)
	}
	return a.lookLesson(c, rep)
}

// task shows a task. Without JavaScript the goal is judged by what the request shows.
func (a *app) task(c echo.Context) error {
	task, err := a.findTask(c)
	if err != nil {
		return err
	}
	if observing(c) {
		return a.live(c)
	}
	page, err := a.taskPage(c, task)
	if err != nil {
		return err
	}
	o, err := a.observe(c, page.Lang, nil)
	if err != nil {
		return err
	}
	a.taskLive(&page, task, o.frame, report{}, false)
	if page.Live.Start != nil {
		page.Live.Start = a.start(page.Lang, task.Begin, lessons.Seen(o.frame), task.URL(page.Lang), setupOf(c.Request().URL.String()))
	}
	return a.render(c, http.StatusOK, page.Lang, "task", page)
}

// lookTask draws the live parts of a task's page from the page's report.
func (a *app) lookTask(c echo.Context, rep report) error {
	task, err := a.findTask(c)
	if err != nil {
		return err
	}
	page := templates.Task{Page: templates.Page{Lang: pathLanguage(c)}}
	o, err := a.observe(c, page.Lang, &rep.Report)
	if err != nil {
		return err
	}
	a.taskLive(&page, task, o.frame, rep, true)
	return a.fragments(c, o, page.Lang, "task", page, "live")
}

// taskLive fills in what changes on a task's page: the start, the goal, the panels.
func (a *app) taskLive(page *templates.Task, task *lessons.Task, f world.Frame, rep report, scripted bool) {
	w := templates.Words(page.Lang)
	ownFirst(f.Notes, task.Begin.Names().Cookies)
	page.Live.Panels = scene.Panels(w, f)
	if task.Mode == lessons.Live && rep.Actions == 0 {
		page.Live.Start = a.start(page.Lang, task.Begin, lessons.Seen(f), task.URL(page.Lang), 0)
	}
	outcomes := make([]lessons.Outcome, len(task.Goal))
	for i := range outcomes {
		outcomes[i] = lessons.Unknown
	}
	if task.Mode == lessons.Live {
		outcomes = task.Seen(lessons.Seen(f))
	}
	page.Goal = goalView(w, task, outcomes, rep.Actions)
	if page.Goal.Reached && !rep.Begun {
		page.Goal.Reached, page.Goal.Early = false, true
	}
	if scripted {
		page.Live.Panels.Frame = take.Keep(f)
	}
}

// goalView returns the goal with the outcomes of its claims after so many actions.
func goalView(w templates.Words, task *lessons.Task, outcomes []lessons.Outcome, taken int) templates.GoalView {
	text := task.Text[string(w)]
	g := templates.GoalView{Task: task.Lesson.ID + "/" + task.ID, Taken: taken, Par: task.Par(), Reached: lessons.Reached(outcomes)}
	for i, o := range outcomes {
		g.Lines = append(g.Lines, templates.GoalLine{State: string(o), Word: w.T("task." + string(o)), Text: text.Goal[i]})
	}
	if !g.Reached {
		return g
	}
	key := "task.count"
	switch {
	case taken <= task.Par() && task.Par() == 1:
		key = "task.count.one"
	case taken <= task.Par():
		key = "task.count.best"
	}
	g.Count = w.T(key, "n", strconv.Itoa(taken), "par", strconv.Itoa(task.Par()))
	g.Praise, g.Shortest = text.Praise, scene.Labels(w, task.Solution)
	return g
}

// playedGoal returns the goal's part of the page after each frame of a script. A script
// that does not begin at the task's start cannot reach the goal.
func (a *app) playedGoal(lang string, task *lessons.Task, frames []world.Frame, actions []world.Action, n int) (string, error) {
	outcomes := make([]lessons.Outcome, len(task.Goal))
	for i := range outcomes {
		outcomes[i] = lessons.Fails
	}
	start := len(task.From)
	if n >= start && len(actions) >= start && slices.EqualFunc(actions[:start], task.From, func(a, b world.Action) bool { return reflect.DeepEqual(a, b) }) {
		outcomes = task.Played(frames[:n+1])
	}
	return a.part(lang, "task", "goal", goalView(templates.Words(lang), task, outcomes, max(0, n-start)))
}

// taskPage returns the parts of a task's page that do not change.
func (a *app) taskPage(c echo.Context, task *lessons.Task) (templates.Task, error) {
	lang := pathLanguage(c)
	w, lesson, text := templates.Words(lang), task.Lesson, task.Text[lang]
	page := templates.Task{Page: a.page(c, lang, text.Title, "lessons"), LessonID: lesson.ID}
	page.Heading = strconv.Itoa(lesson.Number) + " · " + lesson.Text[lang].Title
	page.Modes = task.Mode == lessons.Live
	view := templates.TaskView{
		ID: task.ID, N: task.Number, Title: text.Title, Lead: text.Lead, Hints: text.Hints, World: task.Mode == lessons.World,
		Crumb:     w.T("task.of", "lesson", strconv.Itoa(lesson.Number), "n", strconv.Itoa(task.Number), "of", strconv.Itoa(len(lesson.Tasks))),
		LessonURL: lesson.Steps[0].URL(lang),
	}
	page.Title = view.Crumb + " · " + text.Title
	back := task.URL(lang)
	for _, action := range task.Use {
		view.Actions = append(view.Actions, scene.Button(templates.Words(lang), action, back))
	}
	if task.Mode == lessons.Live {
		for _, action := range a.Lessons.Setup(task.Begin) {
			view.Setup = append(view.Setup, scene.Button(templates.Words(lang), action, back))
		}
	}
	script, err := json.Marshal(map[string]any{"from": task.From, "do": []world.Action{}})
	if err != nil {
		return page, err
	}
	view.Script = string(script)
	page.Task = view
	page.Prev, page.Next = a.tasksBeside(lang, task)
	return page, nil
}

// tasksBeside returns the addresses of the tasks before and after, across lessons.
func (a *app) tasksBeside(lang string, task *lessons.Task) (prev, next string) {
	var all []*lessons.Task
	for _, l := range a.Lessons.Lessons {
		all = append(all, l.Tasks...)
	}
	at := slices.Index(all, task)
	if at > 0 {
		prev = all[at-1].URL(lang)
	}
	if at < len(all)-1 {
		next = all[at+1].URL(lang)
	}
	return prev, next
}
