package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"
)

// Some steps ask what a browser does on an address that this site does not have:
// plain http away from localhost, another site's form. The jar model answers them,
// and the page says so.

// asked is a step put to the jar model: the answer that its claims are judged by,
// and the same as a scene.
type asked struct {
	answer jar.Answer
	scene  scene
}

// ask plays a step's lines and its request on an empty jar.
func ask(lang string, question jar.Question, now time.Time) (asked, error) {
	question.Now = now
	answer, err := jar.Explain(question)
	if err != nil {
		return asked{}, err
	}
	s := scene{words: words(lang), now: now, model: true}
	observe := func(o world.Observation) []world.Note {
		o.Since, o.Now = now, now
		notes := world.NotesOf(o)
		for i := range notes {
			notes[i].Text = tell(lang, notes[i])
		}
		return notes
	}
	for i, step := range question.Set {
		e := modelExchange(step, "", http.Header{"Set-Cookie": {step.SetCookie}}, now)
		s.add(e, observe(world.Observation{Action: world.Action{Do: "visit", URL: step.URL}, Exchange: &e,
			Decisions: []jar.Decision{answer.Verdicts[i].Decision}}))
	}
	told := s.notes
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
	s.add(get, observe(world.Observation{Action: world.Action{Do: "visit", URL: question.Get.URL}, Exchange: &get, Sent: &sent}))
	// What became of the line is the story, unless the line was simply taken.
	if len(told) > 0 && told[0].Code == "refused" {
		s.notes = append(told[:1:1], s.notes...)
	}
	h := holder{url: question.Get.URL, scripted: true}
	for _, c := range answer.Jar {
		h.seen = append(h.seen, jar.Seen{Cookie: c, Ours: true})
		s.lives = append(s.lives, life{kind: "cookie", label: c.Name, until: c.Expires, session: c.Expires == nil})
		if !c.HTTPOnly {
			h.script = strings.TrimPrefix(h.script+"; "+c.Name+"="+c.Value, "; ")
		}
	}
	for _, held := range answer.Withheld {
		h.elsewhere = append(h.elsewhere, jar.Missing{Cookie: held.Cookie, Reason: held.Reason})
	}
	s.holders = []holder{h}
	return asked{answer, s}, nil
}

// add puts an exchange and what is to be said of it into a scene.
func (s *scene) add(e world.Exchange, notes []world.Note) {
	s.exchanges = append(s.exchanges, e)
	var verdicts []world.Note
	for _, n := range notes {
		if isVerdict(n.Code) {
			verdicts = append(verdicts, n)
		}
	}
	s.verdicts = append(s.verdicts, verdicts)
	s.notes = notes
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
