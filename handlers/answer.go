package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cookielab/handlers/site"
	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// answerPage is the small page that a browser gets which navigates to a demo
// route: the words, the exchange, what it means for the step that it leads back to,
// and the way back. Its record lets the page's script enter the exchange in the ledger.
func (a *app) answerPage(c echo.Context, answer site.Answer, exchange world.Exchange, back string) error {
	w := templates.Words(answer.Lang)
	page := templates.Answer{
		Page:   a.page(c, answer.Lang, w.T("answer.title", "path", "/"+answer.Route), ""),
		Status: answer.Status, Reason: http.StatusText(answer.Status), OK: answer.Status < 400,
		Body: answer.Text, Exchange: scene.Exchange(w, exchange), Record: exchange, Back: back,
	}
	page.Exchange.Open = true
	if back == "" {
		page.Back = "/" + answer.Lang + "/lab"
	}
	a.tellStep(&page, exchange, answer.Rows)
	var body strings.Builder
	if err := a.Pages.Render(&body, answer.Lang, "answer", page); err != nil {
		return err
	}
	h := c.Response().Header()
	protect(c)
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(answer.Status)
	}
	return c.HTML(answer.Status, body.String())
}

// Without JavaScript a step is done by following links: a button leads to a small page
// with the answer, which links back. The progress is in the query of the address that
// leads back, because this site stores nothing of its own in a browser.

// headway is the progress of a visitor without JavaScript in a step.
type headway struct {
	did    int    // how many of the step's actions are done
	asked  bool   // all of them are that can be done without JavaScript
	astray bool   // when the first was done, the browser was not at the step's start
	guess  string // the letter of an option, or ""
}

// readHeadway reads the progress from the query of a step's address, ignoring invalid values.
func readHeadway(query url.Values, step *lessons.Step) headway {
	p := headway{asked: query.Get("ask") == "1", astray: query.Get("astray") == "1"}
	if p.did, _ = strconv.Atoi(query.Get("did")); p.did < 0 || p.did >= len(step.Do) {
		p.did = 0
	}
	if guess := query.Get("guess"); slices.ContainsFunc(step.Options, func(o lessons.Option) bool { return o.Letter == guess }) {
		p.guess = guess
	}
	return p
}

// begun reports whether the browser need no longer be where the step starts.
func (p headway) begun() bool { return p.asked || p.did > 0 }

// address adds the progress to the address of a step.
func (p headway) address(step string) string {
	if p.did > 0 {
		step += "&did=" + strconv.Itoa(p.did)
	}
	if p.asked {
		step += "&ask=1"
	}
	if p.astray {
		step += "&astray=1"
	}
	if p.guess != "" {
		step += "&guess=" + p.guess
	}
	return step
}

// next returns the index of the next action of a step: the first that can be done without
// JavaScript.
func (p headway) next(plain []world.Action) int {
	for i := p.did; i < len(plain); i++ {
		if plain[i].Do == "visit" {
			return i
		}
	}
	return len(plain)
}

// after returns the progress after an action. An action that is not the next one resets it.
func (p headway) after(i int, plain []world.Action) headway {
	if i != p.next(plain) {
		return headway{guess: p.guess}
	}
	p.did = i + 1
	if p.asked = p.next(plain) == len(plain); p.asked {
		p.did = 0
	}
	return p
}

// actionViews returns the buttons of a step, with the address to return to without
// JavaScript. The next button also sends the prediction.
func (a *app) actionViews(on way, step *lessons.Step, at headway) []templates.ActionView {
	w := templates.Words(on.lang)
	plain := a.withoutScripts(step)
	var views []templates.ActionView
	for i, action := range step.Do {
		after := at.after(i, plain)
		view := scene.Button(w, action, after.address(on.url(step)))
		form := &view
		if plain[i].Do == "visit" && action.Do != "visit" {
			stand := scene.Button(w, plain[i], view.Back)
			stand.Stand = true
			view.Plain, form = &stand, &stand
		}
		if i == at.next(plain) {
			for _, option := range step.Options {
				chosen := after
				chosen.guess = option.Letter
				form.Guesses = append(form.Guesses, templates.GuessView{Letter: option.Letter, Name: "_back", Value: chosen.address(on.url(step)), Chosen: option.Letter == at.guess})
			}
		}
		views = append(views, view)
	}
	return views
}

// withoutScripts returns a step's actions as a browser without JavaScript can do them.
// Instead of a script, the site sets and deletes cookies. An action is empty if the
// script would have been refused, or if it only lets time pass.
func (a *app) withoutScripts(step *lessons.Step) []world.Action {
	list := make([]world.Action, len(step.Do))
	for i, action := range step.Do {
		switch {
		case action.Do == "visit":
			list[i] = action
		case action.Do == "delete":
			list[i] = world.Action{Do: "visit", Browser: action.Browser, URL: "/delete_cookie?" + url.Values{"name": {action.Name}}.Encode()}
		case action.Do == "script" && action.Set != nil:
			list[i] = a.setByTheSite(step, action)
		}
	}
	return list
}

// setByTheSite returns a visit that sets the same cookie as a line of JavaScript; an
// empty action if the line does not set a cookie, or may not.
func (a *app) setByTheSite(step *lessons.Step, action world.Action) world.Action {
	pair, attributes, _ := strings.Cut(*action.Set, ";")
	name, value, found := strings.Cut(pair, "=")
	protected := slices.ContainsFunc(a.starts[step].Browsers["A"].Jar, func(c jar.Cookie) bool { return c.Name == name && c.HTTPOnly })
	path, only := strings.CutPrefix(strings.TrimSpace(attributes), "path=")
	if !found || !only || strings.Contains(path, ";") || protected {
		return world.Action{}
	}
	return world.Action{Do: "visit", Browser: action.Browser, URL: "/set_cookie?" + url.Values{"name": {name}, "value": {value}, "path": {path}}.Encode()}
}

// cameBack returns the step that an address leads back to, and the progress in it; nil if
// it leads elsewhere.
func (a *app) cameBack(back string) (*lessons.Step, way, headway) {
	u, err := url.Parse(back)
	if err != nil {
		return nil, way{}, headway{}
	}
	lang, rest, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	id, found := strings.CutPrefix(rest, "lessons/")
	lesson, known := a.Lessons.Lesson(id)
	n, err := strconv.Atoi(u.Query().Get("step"))
	if !found || !known || err != nil || n < 1 || n > len(lesson.Steps) {
		return nil, way{}, headway{}
	}
	step, on := lesson.Steps[n-1], way{lang: lang}
	on.path, _ = a.Lessons.Path(u.Query().Get("path"))
	return step, on, readHeadway(u.Query(), step)
}

// tellStep adds to the page of an answer what it means for the step that it leads back
// to: the verdict after the last action, or the next form of the setup.
func (a *app) tellStep(page *templates.Answer, exchange world.Exchange, rows []session.Row) {
	step, on, at := a.cameBack(page.Back)
	if step == nil || step.Jar != nil || step.Mode != lessons.Live {
		return
	}
	ev := lessons.Exchanged(exchange, rows)
	last := len(step.Do) - 1
	if at.asked && a.withoutScripts(step)[last].Do == "" {
		page.Verdict = scriptless(on.lang, step)
	} else if at.asked {
		page.Verdict = a.judge(on.lang, step, ev, at.guess)
		// The earlier actions were not observed. If the result differs from that of the
		// played step, the browser was not at the step's start, or did not wait.
		if right := step.Right(ev); at.astray || len(right) != 1 || right[0] != a.steps[step.Lesson.ID+"/"+step.ID].Answer {
			page.Verdict.Unsettled, page.Verdict.Compare = true, nil
			page.Back = headway{guess: at.guess}.address(on.url(step)) // where the setup is
		} else {
			page.Happened = step.Text[on.lang].Happened
		}
	}
	if at.asked {
		_, next := a.neighbours(on, step)
		page.Next = on.url(next)
	}
	if setup := setupOf(page.Back); setup > 0 {
		page.Start = a.start(on.lang, step, ev, on.url(step), setup)
	}
}

// setupOf returns how many actions of a step's setup are done, from the query of an address.
func setupOf(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(u.Query().Get("setup"))
	return n
}

// nextSetup returns the first action of a step's setup, from done on, that this browser
// needs. A cookie that it does not have need not be deleted.
func nextSetup(step *lessons.Step, setup []world.Action, ev lessons.Evidence, done int) int {
	holds := func(name string) bool {
		return slices.ContainsFunc(ev.Jar, func(c jar.Cookie) bool { return c.Name == name })
	}
	if done < 0 || done >= len(setup) {
		done = 0 // the actions done so far had no effect
	}
	for i := done; i < len(setup)-len(step.From); i++ {
		u, err := url.Parse(setup[i].URL)
		switch {
		case err != nil:
		case u.Path == "/flush" && holds(session.CookieName), u.Path == "/delete_cookie" && holds(u.Query().Get("name")):
			return i
		}
	}
	return min(max(done, len(setup)-len(step.From)), len(setup)-1)
}
