package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"
)

// Some steps ask what a browser does on an address that this site does not have:
// plain http away from localhost, another site's form. The jar model answers them,
// and the page says so.

// asked is a step put to the jar model: the answer that its claims are judged by,
// and the frame that shows it.
type asked struct {
	answer jar.Answer
	frame  world.Frame
}

// ask plays a step's lines and its request on an empty jar.
func ask(lang string, question jar.Question, now time.Time) (asked, error) {
	question.Now = now
	answer, err := jar.Explain(question)
	if err != nil {
		return asked{}, err
	}
	f := world.Frame{At: now.UTC(), Server: world.Server{Rows: []session.Row{}, Absent: true}}
	observe := func(o world.Observation) []world.Note {
		o.Since, o.Now = now, now
		notes := world.NotesOf(o)
		for i := range notes {
			notes[i].Text = scene.Tell(lang, notes[i])
		}
		return notes
	}
	for i, step := range question.Set {
		e := modelExchange(step, "", http.Header{"Set-Cookie": {step.SetCookie}}, now)
		addTo(&f, e, observe(world.Observation{Action: world.Action{Do: "visit", URL: step.URL}, Exchange: &e,
			Decisions: []jar.Decision{answer.Verdicts[i].Decision}}))
	}
	told := f.Notes
	get := modelExchange(question.Get, answer.Cookie, nil, now)
	sent := jar.Sent{Header: answer.Cookie, Withheld: answer.Withheld}
	for _, c := range answer.Jar {
		held := slices.ContainsFunc(answer.Withheld, func(w jar.Withheld) bool {
			return w.Cookie.Name == c.Name && w.Cookie.Domain == c.Domain && w.Cookie.Path == c.Path
		})
		if !held && answer.Cookie != "" {
			sent.Cookies = append(sent.Cookies, c)
		}
	}
	addTo(&f, get, observe(world.Observation{Action: world.Action{Do: "visit", URL: question.Get.URL}, Exchange: &get, Sent: &sent}))
	// What became of the line is the story, unless the line was simply taken.
	if len(told) > 0 && told[0].Code == "refused" {
		f.Notes = append(told[:1:1], f.Notes...)
	}
	b := world.Browser{Jar: answer.Jar, Look: &world.Look{URL: question.Get.URL, Scripted: true}}
	for _, c := range answer.Jar {
		b.Look.Known = append(b.Look.Known, world.Known{Ours: true})
		if !c.HTTPOnly {
			b.DocumentCookie = strings.TrimPrefix(b.DocumentCookie+"; "+c.Name+"="+c.Value, "; ")
		}
	}
	for _, held := range answer.Withheld {
		b.Look.Elsewhere = append(b.Look.Elsewhere, world.Missing{Cookie: held.Cookie, Reason: held.Reason})
	}
	f.Browsers = map[string]world.Browser{"A": b}
	return asked{answer, f}, nil
}

// addTo puts an exchange and what is to be said of it into a frame.
func addTo(f *world.Frame, e world.Exchange, notes []world.Note) {
	f.Exchange = &e
	f.Exchanges = append(f.Exchanges, e)
	f.Verdicts = append(f.Verdicts, slices.DeleteFunc(slices.Clone(notes), func(n world.Note) bool { return !n.Verdict() }))
	f.Notes = notes
}

// modelExchange is how such a request would look on the wire. Nobody answers the
// last one: it is only asked what it carries.
func modelExchange(r jar.Step, cookie string, h http.Header, now time.Time) world.Exchange {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	request := http.Request{Method: method, Header: http.Header{}}
	if u, err := url.Parse(r.URL); err == nil {
		request.URL, request.Host = u, u.Host
	}
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	if r.Initiator != "" {
		if u, err := url.Parse(r.Initiator); err == nil {
			request.Header.Set("Origin", u.Scheme+"://"+u.Host)
		}
	}
	status := 0
	if h != nil {
		status = http.StatusOK
	}
	return world.NewExchange(strings.ReplaceAll(r.URL, "/", "-"), now, &request, nil, status, h, "")
}

// jarAction is the button of a step that asks the jar model. Without JavaScript it
// asks for the same page with the answer.
func jarAction(w words, step *lessons.Step) templates.ActionView {
	address, _, _ := strings.Cut(stepURL(string(w), step.Lesson, step.Number), "?")
	return templates.ActionView{Name: "jar", Label: w.t("run.jar"), Route: address, Fields: []templates.Field{
		{Name: "step", Value: strconv.Itoa(step.Number)}, {Name: "ask", Value: "1"},
	}}
}
