package handlers

import (
	"encoding/json"
	"html"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cookielab/handlers/site"
	"cookielab/internal/explain"
	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/take"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// home lists the lessons.
func (a *app) home(c echo.Context) error {
	lang := pathLanguage(c)
	w := templates.Words(lang)
	o, err := a.observe(c, lang, nil)
	if err != nil {
		return err
	}
	page := templates.Home{Page: a.page(c, lang, w.T("home.title"), "lessons"), Script: nothing}
	page.Live.Panels = scene.Panels(templates.Words(lang), o.frame)
	if len(a.Lessons.Lessons) > 0 {
		page.Start = a.Lessons.Lessons[0].Steps[0].URL(lang)
	}
	page.Paths = a.pathViews(lang)
	for _, l := range a.Lessons.Lessons {
		text := l.Text[lang]
		page.Lessons = append(page.Lessons, templates.LessonCard{
			ID: l.ID, URL: l.Steps[0].URL(lang), Number: l.Number, Title: text.Title, Say: withoutTags(text.Outcome),
			Minutes: l.Minutes, World: l.Mode == lessons.World, Steps: way{lang: lang}.dots(l.Steps, nil), Tasks: taskEntries(lang, l),
		})
	}
	return a.render(c, http.StatusOK, lang, "home", page)
}

// lesson shows one step. Without JavaScript this is all there is, so the panels
// are drawn from what the request itself tells.
func (a *app) lesson(c echo.Context) error {
	step, err := a.step(c)
	if err != nil {
		return err
	}
	if observing(c) {
		return a.live(c)
	}
	on, at := a.way(c), readHeadway(c.QueryParams(), step)
	o, err := a.observe(c, on.lang, nil)
	if err != nil {
		return err
	}
	live, err := a.stepLive(on, step, o.frame, report{Begun: at.begun(), Guess: at.guess}, false)
	if err != nil {
		return err
	}
	if live.Start != nil {
		if done := setupOf(c.Request().URL.String()); done > 0 {
			live.Start = a.start(on.lang, step, lessons.Seen(o.frame), on.url(step), done)
		}
		at.astray = len(live.Start.Differs) > 0
	}
	key, forAll := a.shellOf(c, on, step, at)
	if forAll {
		if filled, err := a.fillShell(c, key, live); filled || err != nil {
			return err
		}
	}
	page, err := a.lessonPage(c, step)
	if err != nil {
		return err
	}
	page.Live = live
	if step.Jar != nil {
		page.Step.Actions = []templates.ActionView{jarButton(on, step, at.guess)}
	} else {
		page.Step.Actions = a.actionViews(on, step, at)
	}
	html, err := a.whole(on.lang, "lesson", page)
	if err == nil && forAll {
		err = a.keepShell(key, live, html)
	}
	if err != nil {
		return err
	}
	return sendHTML(c, http.StatusOK, html)
}

// lookLesson draws the live parts of a step from what the page reports.
func (a *app) lookLesson(c echo.Context, rep report) error {
	step, err := a.step(c)
	if err != nil {
		return err
	}
	lang := pathLanguage(c)
	o, err := a.observe(c, lang, &rep.Report)
	if err != nil {
		return err
	}
	if err := a.publish(c, &rep.Report); err != nil {
		return err
	}
	live, err := a.stepLive(a.way(c), step, o.frame, rep, true)
	if err != nil {
		return err
	}
	return a.fragments(c, o, lang, "lesson", templates.Lesson{Live: live}, "live")
}

// stepLive is what changes on a step's page: where it starts, what is here, and
// what became of the prediction.
func (a *app) stepLive(on way, step *lessons.Step, f world.Frame, rep report, scripted bool) (templates.Live, error) {
	live, lang := templates.Live{}, on.lang
	if step.Jar != nil && rep.Begun {
		f, err := world.Ask(*step.Jar, f.At, func(n world.Note) string { return scene.Tell(lang, n) })
		if err != nil {
			return live, err
		}
		live.Panels = scene.Panels(templates.Words(lang), f)
		live.Verdict = a.judge(lang, step, lessons.Seen(f), rep.Guess)
		tellHappened(&live.Panels, live.Verdict, step.Text[lang])
		return live, nil
	}
	ownFirst(f.Notes, step.Names().Cookies)
	live.Panels = scene.Panels(templates.Words(lang), f)
	if step.Jar == nil && step.Mode == lessons.Live && !rep.Begun {
		live.Start = a.start(lang, step, lessons.Seen(f), on.url(step), 0)
	}
	if rep.Finished {
		live.Verdict = a.judge(lang, step, lessons.Seen(f), rep.Guess)
		if rep.Astray {
			live.Verdict.Unsettled = true
			live.Start = a.start(lang, step, lessons.Seen(f), on.url(step), 0)
		}
		if happened := tellHappened(&live.Panels, live.Verdict, step.Text[lang]); happened != "" {
			f.Notes = append([]world.Note{{Text: happened}}, f.Notes...)
		}
	}
	if scripted {
		live.Panels.Frame = take.Keep(f)
	}
	return live, nil
}

// ownFirst puts the notes about cookies that a step does not speak of behind the
// others: a browser may be full of them.
func ownFirst(notes []world.Note, names []string) {
	strange := func(n world.Note) int {
		if n.Cookie != "" && !slices.Contains(names, n.Cookie) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(notes, func(a, b world.Note) int { return strange(a) - strange(b) })
}

// start compares this browser with the frame that the step starts from. Done is how
// much of the setup is behind, where it is sent one by one.
func (a *app) start(lang string, step *lessons.Step, ev lessons.Evidence, back string, done int) *templates.StartView {
	w := templates.Words(lang)
	view := &templates.StartView{From: startState(w, step, a.starts[step])}
	for _, d := range step.Differences(a.starts[step], ev) {
		name := d.Name
		view.Differs = append(view.Differs, w.T("differs."+string(d.Kind), "name", name, "want", differenceValue(d.Name, d.Want), "have", differenceValue(d.Name, d.Have)))
	}
	if len(view.Differs) > 0 {
		setup := a.Lessons.Setup(step)
		view.Next = nextSetup(step, setup, ev, done)
		for i, action := range setup {
			view.Setup = append(view.Setup, scene.Button(templates.Words(lang), action, back+"&setup="+strconv.Itoa(i+1)))
		}
	}
	return view
}

// startState names the cookies and entries that a step starts from.
func startState(w templates.Words, step *lessons.Step, start world.Frame) string {
	names := step.Names()
	var cookies []string
	for _, c := range start.Browsers["A"].Jar {
		if slices.Contains(names.Cookies, c.Name) {
			cookies = append(cookies, startCookie(c))
		}
	}
	parts := []string{w.T("start.no-cookie", "names", strings.Join(names.Cookies, ", "))}
	if len(cookies) > 0 {
		parts[0] = w.T("start.cookies", "list", strings.Join(cookies, ", "))
	}
	for _, row := range start.Server.Rows {
		parts = append(parts, w.T("start.row", "data", row.Data))
	}
	return strings.Join(parts, w.T("start.and"))
}

// startCookie is a cookie of the start; a session's key is each visitor's own.
func startCookie(c jar.Cookie) string {
	if c.Name == session.CookieName {
		return c.Name
	}
	return c.Name + "=" + templates.Shorten(c.Value, 40)
}

func differenceValue(name, value string) string {
	if name == session.CookieName {
		return world.Short(value)
	}
	return templates.Shorten(value, 40)
}

// lessonPage is what stands still on a step's page.
func (a *app) lessonPage(c echo.Context, step *lessons.Step) (templates.Lesson, error) {
	lang := pathLanguage(c)
	w := templates.Words(lang)
	lesson, text := step.Lesson, step.Text[lang]
	page := templates.Lesson{
		Page: a.page(c, lang, placeOf(lang, step)+" · "+text.Title, "lessons"), LessonID: lesson.ID, LessonTitle: lesson.Text[lang].Title,
	}
	page.Heading = strconv.Itoa(lesson.Number) + " · " + lesson.Text[lang].Title
	on := a.way(c)
	page.Steps, page.Path = on.dots(on.around(step), step), on.path.ID
	if step.Number == len(lesson.Steps) && len(lesson.Recap) > 0 {
		page.Recap = recapURL(lang, lesson)
	}
	page.Modes = step.Jar == nil && step.Mode == lessons.Live
	if step.Number == len(lesson.Steps) {
		page.Tasks = taskEntries(lang, lesson)
	}
	prev, next := a.neighbours(on, step)
	page.Prev, page.Next = on.url(prev), on.url(next)
	view := templates.StepView{
		Compares: len(step.Compare) > 0, Pair: step.Browsers() > 1,
		ID: step.ID, Place: placeOf(lang, step), OnPath: on.say(step), N: step.Number, Of: len(lesson.Steps), World: step.Mode == lessons.World, JarPage: step.Jar != nil,
		Title: text.Title, Syllabus: a.syllabus(lang, step), Lead: text.Lead, Question: text.Question,
		TakeHome: text.TakeHome, Terms: termViews(lang, step.Terms), Mend: text.Mend, Subtitle: text.Story,
	}
	if step.Number == 1 {
		view.Story = lesson.Text[lang].Story
		page.Recall = a.lessonsUpTo(lesson)
	}
	view.Code = djangoTabs(w, lang, step.Django)
	if len(step.Go) > 0 {
		view.Code = append(view.Code, templates.CodeTab{Name: "go", Title: w.T("code.go"), Lines: goLines(step.Go)})
	}
	for i, option := range step.Options {
		view.Options = append(view.Options, templates.OptionView{ID: option.Letter, Text: text.Options[i].Text})
	}
	if step.Jar != nil {
		view.JarLink = explain.QuestionOf(*step.Jar).Link(lang)
	}
	for _, see := range text.See {
		view.See = append(view.See, templates.SeeView{Where: see.Where, Name: w.T("see." + see.Where), Text: see.Text})
	}
	if t := text.Teach; t != nil {
		view.Teach = &templates.TeachView{Say: t.Say, Ask: t.Ask, Student: t.Student}
	}
	script, err := json.Marshal(map[string]any{"from": step.From, "do": step.Do})
	if err != nil {
		return page, err
	}
	view.Script = string(script)
	page.Step = view
	return page, nil
}

// lessonsUpTo are the ids of the lessons before this one, and its own, in order.
func (a *app) lessonsUpTo(lesson *lessons.Lesson) string {
	var ids []string
	for _, l := range a.Lessons.Lessons {
		ids = append(ids, l.ID)
		if l == lesson {
			break
		}
	}
	return strings.Join(ids, " ")
}

// taskEntries are a lesson's tasks as a list has them.
func taskEntries(lang string, l *lessons.Lesson) []templates.ProgressEntry {
	var list []templates.ProgressEntry
	for _, t := range l.Tasks {
		list = append(list, templates.ProgressEntry{
			ID: l.ID + "/" + t.ID, Name: strconv.Itoa(t.Number), Title: t.Text[lang].Title, URL: t.URL(lang),
		})
	}
	return list
}

// syllabus are the lines of the customer's notes that a step covers.
func (a *app) syllabus(lang string, step *lessons.Step) []templates.SyllabusLine {
	var lines []templates.SyllabusLine
	for _, line := range a.Lessons.Syllabus {
		if slices.Contains(step.Syllabus, line.ID) {
			lines = append(lines, templates.SyllabusLine{ID: line.ID, Title: line.Title[lang], Anchor: noteAnchor(line.ID)})
		}
	}
	return lines
}

// jarButton is the button of a step that asks the jar model. Without JavaScript it
// asks for the same page with the answer.
func jarButton(on way, step *lessons.Step, guess string) templates.ActionView {
	address, _, _ := strings.Cut(step.URL(on.lang), "?")
	fields := []templates.Field{{Name: "step", Value: strconv.Itoa(step.Number)}, {Name: "ask", Value: "1"}}
	if on.path.ID != "" {
		fields = append(fields, templates.Field{Name: "path", Value: on.path.ID})
	}
	view := templates.ActionView{Name: "jar", Label: templates.Words(on.lang).T("run.jar"), Route: address, Fields: fields}
	for _, option := range step.Options {
		view.Guesses = append(view.Guesses, templates.GuessView{Letter: option.Letter, Name: "guess", Value: option.Letter, Chosen: option.Letter == guess})
	}
	return view
}

// withoutTags is rendered words without their tags, for a place that takes text.
func withoutTags(rendered template.HTML) string {
	var b strings.Builder
	inside := false
	for _, r := range string(rendered) {
		switch {
		case r == '<':
			inside = true
		case r == '>':
			inside = false
		case !inside:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}

// goLines returns the code of functions of the site, separated by empty lines.
func goLines(names []string) []templates.CodeLine {
	var lines []templates.CodeLine
	for i, name := range names {
		if i > 0 {
			lines = append(lines, templates.CodeLine{})
		}
		text, _ := site.Source(name) // New has checked that it exists
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, templates.CodeLine{Text: strings.ReplaceAll(line, "\t", "    ")})
		}
	}
	return lines
}

// djangoTabs returns a step's Django views; several have titles with their addresses.
func djangoTabs(w templates.Words, lang string, views []lessons.View) []templates.CodeTab {
	var tabs []templates.CodeTab
	for i, view := range views {
		tab := templates.CodeTab{Name: "django", Title: w.T("code.django"), Lines: codeLines(view.Lines[lang])}
		if len(views) > 1 {
			tab.Title += " " + strings.TrimPrefix(view.Stands, "/")
		}
		if i > 0 {
			tab.Name += "-" + strconv.Itoa(i+1)
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

func codeLines(lines []lessons.CodeLine) []templates.CodeLine {
	var out []templates.CodeLine
	for _, l := range lines {
		out = append(out, templates.CodeLine(l))
	}
	return out
}

// examCode returns the code that a question is about: the view of the step's last visit.
func examCode(lang string, step *lessons.Step) []templates.CodeLine {
	if len(step.Django) == 0 {
		return nil
	}
	return codeLines(step.Django[0].Lines[lang])
}
