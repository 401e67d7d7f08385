package tests

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	demosite "cookielab/handlers/site"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/lessons"
)

// The Django code that a lesson shows is run, as it stands there and in both
// languages, in place of the routes that it stands for. Answers, cookies and rows must
// be those of the routes, and the same option must hold.
func TestTheDjangoCodeDoesWhatTheRoutesDo(t *testing.T) {
	run, asked := 0, 0
	for _, lesson := range ours(t).Lessons {
		for _, step := range lesson.Steps {
			for _, lang := range lessons.Languages {
				views := viewsIn(step, lang)
				run += len(views)
				var wrong []string
				if step.Jar != nil {
					wrong = lineDiffers(step, views)
					asked++
				} else {
					wrong = codeDiffers(step, lang, views)
				}
				for _, w := range wrong {
					t.Errorf("%s %s in %s: %s", lesson.ID, step.ID, lang, w)
				}
			}
		}
	}
	if run < 120 || asked < 8 {
		t.Errorf("only %d views were run and %d steps of the jar asked", run, asked)
	}
}

// The check of the Django code finds these mistakes.
func TestTheCheckOfTheDjangoCodeFindsMistakes(t *testing.T) {
	for _, tt := range []struct{ step, old, new string }{
		{"cookie/only-text", "unquote(request.COOKIES[\"note\"])", "request.COOKIES[\"note\"]"},     // reads back %E5…
		{"session/no-locker-yet", `request.session["username"]`, `request.session.get("username")`}, // None + str
		{"session/no-locker-yet", `request.session["username"]`, `request.session.get("username", "")`},
		{"session/text-or-number", "str(age)", "age"},
		{"session/locker", "= 18", "= '18'"},
		{"session/del-one", `del request.session["age"]`, `request.session.pop("age", None) + del_nothing`},
		{"session/clear", "session.clear()", "session.flush()"},
		{"session/flush", "session.flush()", "session.clear()"},
		{"session/sixty", "set_expiry(60)", "set_expiry(61)"},
		{"session/zero", "set_expiry(0)", "set_expiry(None)"},
		{"session/none", "set_expiry(None)", "set_expiry(60)"},
		{"cookie/five-seconds", "max_age=5", "max_age=6"},
		{"cookie/other-shop", ", domain='tea.example'", ""},
		{"forgets/first-ask", `.get("num")`, `["num"]`},
		{"which/lost-key", "delete_cookie('sessionid')", "delete_cookie('session')"},
		{"attributes/hidden", "httponly=True", "secure=True"},
		{"attributes/secure", "secure=True", "httponly=True"},
	} {
		step, ok := ours(t).Step(tt.step)
		if !ok {
			t.Errorf("there is no step %s", tt.step)
			continue
		}
		views, changed := viewsIn(step, "zh"), 0
		for i, v := range views {
			views[i].code = strings.Replace(v.code, tt.old, tt.new, 1)
			if views[i].code != v.code {
				changed++
			}
		}
		differs := codeDiffers
		if step.Jar != nil {
			differs = func(step *lessons.Step, _ string, views []shownView) []string { return lineDiffers(step, views) }
		}
		if changed == 0 {
			t.Errorf("%s: there is no %q", tt.step, tt.old)
		} else if len(differs(step, "zh", views)) == 0 {
			t.Errorf("%s: %s in place of %s is not noticed", tt.step, tt.new, tt.old)
		}
	}
}

// shownView is code that stands for an address, or for a file.
type shownView struct {
	stands, code string
	runs         *int
}

// viewsIn is the code that is run of a step: what stands for a route, and with a
// question to the jar what makes the line.
func viewsIn(step *lessons.Step, lang string) []shownView {
	var views []shownView
	for _, v := range step.Django {
		var lines []string
		for _, line := range v.Lines[lang] {
			lines = append(lines, line.Text)
		}
		code := strings.Join(lines, "\n")
		if strings.HasPrefix(v.Stands, "/") || step.Jar != nil && strings.Contains(code, ".set_cookie(") {
			views = append(views, shownView{v.Stands, code, new(int)})
		}
	}
	return views
}

// codeDiffers plays a step by the routes and by the code, and says what is not the same.
func codeDiffers(step *lessons.Step, lang string, views []shownView) []string {
	script := world.Script{Lang: lang, Actions: step.Actions()}
	say := func(string, world.Note) string { return "" }
	want, err := world.Play(script, demosite.Handler, say)
	if err != nil {
		return []string{err.Error()}
	}
	got, err := world.Play(script, codeSite(views), say)
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	for i := range want {
		if w, g := outline(want[i]), outline(got[i]); w != g {
			wrong = append(wrong, fmt.Sprintf("after action %d the code has\n%s\nthe routes\n%s", i, g, w))
		}
	}
	if w, g := step.Right(step.Played(want)), step.Right(step.Played(got)); !slices.Equal(w, g) {
		wrong = append(wrong, fmt.Sprintf("by the code options %q hold, by the routes %q", g, w))
	}
	for _, v := range views {
		if *v.runs == 0 {
			wrong = append(wrong, fmt.Sprintf("nothing in the step goes to %s", v.stands))
		}
	}
	return wrong
}

// outline is what of a frame the code can change.
func outline(f world.Frame) string {
	type told struct {
		Status int
		Body   string
		Set    []string
		Jars   map[string]world.Browser
		Rows   []session.Row
	}
	o := told{Jars: f.Browsers, Rows: f.Server.Rows}
	if f.Exchange != nil {
		o.Status, o.Body = f.Exchange.Response.Status, f.Exchange.Response.Body
		for _, h := range f.Exchange.Response.Headers {
			if h[0] == "Set-Cookie" {
				o.Set = append(o.Set, h[1])
			}
		}
	}
	text, _ := json.MarshalIndent(o, "", " ") // plain data
	return string(text)
}

// lineDiffers compares the line that the code makes with the one that the jar is asked
// about; a line of the jar's need not say Path=/.
func lineDiffers(step *lessons.Step, views []shownView) []string {
	parts := func(line string) []string {
		list := strings.Split(line, "; ")
		list = slices.DeleteFunc(list, func(p string) bool { return p == "Path=/" })
		slices.Sort(list[1:])
		return list
	}
	want := parts(step.Jar.Set[len(step.Jar.Set)-1].SetCookie)
	for _, v := range views {
		r, _ := http.NewRequest("GET", "http://localhost/", nil)
		got, err := (django{request: r}).run(v.code)
		if err != nil {
			return []string{err.Error()}
		}
		if len(got.cookies) != 1 || !slices.Equal(parts(got.cookies[0]), want) {
			return []string{fmt.Sprintf("the code sends %q, the jar is asked about %q", got.cookies, want)}
		}
	}
	return nil
}

// codeSite is the site with the routes' functions replaced by code.
func codeSite(views []shownView) world.Site {
	return func(backend session.Backend, now func() time.Time, keys io.Reader) http.Handler {
		routes := demosite.Handler(backend, now, keys)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			i := slices.IndexFunc(views, func(v shownView) bool { return v.stands == r.URL.RequestURI() || sameAddress(v.stands, r.URL) })
			if i < 0 {
				i = slices.IndexFunc(views, func(v shownView) bool { return v.stands == r.URL.Path })
			}
			if i < 0 {
				routes.ServeHTTP(w, r)
				return
			}
			*views[i].runs++
			(django{request: r, at: now(), backend: backend, keys: keys}).serve(w, views[i].code)
		})
	}
}

func sameAddress(stands string, u *url.URL) bool {
	s, err := url.Parse(stands)
	return err == nil && s.RawQuery != "" && s.Path == u.Path && s.Query().Encode() == u.Query().Encode()
}

// serve runs code as SessionMiddleware does: the session is saved after the view.
func (d django) serve(w http.ResponseWriter, code string) {
	store := &session.Store{Backend: d.backend, Rand: d.keys, Now: func() time.Time { return d.at }}
	riding, err := store.Get(d.request, session.CookieName)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	d.session = session.From(riding)
	answer, err := d.run(code)
	var raised pyError
	switch {
	case errors.As(err, &raised):
		answer = &pyResponse{status: http.StatusInternalServerError, body: err.Error()}
	case err != nil:
		answer = &pyResponse{status: http.StatusBadGateway, body: err.Error()}
	}
	outcome, err := d.session.Commit(answer.status)
	if errors.Is(err, session.ErrInterrupted) {
		answer = &pyResponse{status: http.StatusBadRequest}
	}
	for _, line := range answer.cookies {
		w.Header().Add("Set-Cookie", line)
	}
	outcome.Add(w.Header())
	w.WriteHeader(answer.status)
	_, _ = io.WriteString(w, answer.body)
}
