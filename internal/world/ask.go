package world

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Ask answers a question with the jar model alone and makes a frame of the answer. It is
// for what this site cannot serve, such as plain http away from localhost or another
// site's form. There is no server in the frame. The error is jar.Explain's; say returns a
// note's text.
func Ask(question jar.Question, now time.Time, say func(Note) string) (Frame, error) {
	question.Now = now
	answer, err := jar.Explain(question)
	if err != nil {
		return Frame{}, err
	}
	f := Frame{At: now.UTC(), Answer: &answer, Server: Server{Rows: []session.Row{}, Absent: true}}
	observe := func(o Observation) []Note {
		o.Since, o.Now = now, now
		notes := NotesOf(o)
		for i := range notes {
			notes[i].Text = say(notes[i])
		}
		return notes
	}
	for i, step := range question.Set {
		e := modelExchange(step, "", http.Header{"Set-Cookie": {step.SetCookie}}, now)
		addTo(&f, e, observe(Observation{Action: Action{Do: "visit", URL: step.URL}, Exchange: &e,
			Decisions: []jar.Decision{answer.Verdicts[i].Decision}}))
	}
	told := f.Notes
	get := modelExchange(question.Get, answer.Cookie, nil, now)
	sent := jar.Sent{Header: answer.Cookie, Withheld: answer.Withheld}
	for _, c := range answer.Jar {
		held := slices.ContainsFunc(answer.Withheld, func(w jar.Withheld) bool { return w.Cookie.Identity() == c.Identity() })
		if !held && answer.Cookie != "" {
			sent.Cookies = append(sent.Cookies, c)
		}
	}
	addTo(&f, get, observe(Observation{Action: Action{Do: "visit", URL: question.Get.URL}, Exchange: &get, Sent: &sent}))
	// If the line was refused, its note comes first.
	if len(told) > 0 && told[0].Code == "refused" {
		f.Notes = append(told[:1:1], f.Notes...)
	}
	b := Browser{Jar: answer.Jar, Look: &Look{URL: question.Get.URL, Scripted: true}}
	for _, c := range answer.Jar {
		b.Look.Known = append(b.Look.Known, Known{Ours: true})
		if !c.HTTPOnly {
			b.DocumentCookie = strings.TrimPrefix(b.DocumentCookie+"; "+c.Name+"="+c.Value, "; ")
		}
	}
	for _, held := range answer.Withheld {
		b.Look.Elsewhere = append(b.Look.Elsewhere, Missing{Cookie: held.Cookie, Reason: held.Reason})
	}
	f.Browsers = map[string]Browser{"A": b}
	return f, nil
}

// addTo adds an exchange and its notes to a frame.
func addTo(f *Frame, e Exchange, notes []Note) {
	f.Exchange = &e
	f.Exchanges = append(f.Exchanges, e)
	f.Verdicts = append(f.Verdicts, slices.DeleteFunc(slices.Clone(notes), func(n Note) bool { return !n.Verdict() }))
	f.Notes = notes
}

// modelExchange is how such a request would look on the wire. The last request has no
// response: only what it would send is of interest.
func modelExchange(r jar.Step, cookie string, h http.Header, now time.Time) Exchange {
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
	return NewExchange(strings.ReplaceAll(r.URL, "/", "-"), now, &request, nil, status, h, "")
}
