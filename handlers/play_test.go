package handlers

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

func fourPlays() plays { return newPlays(newPlaces(playsAtOnce)) }

func playsOf(served world.Site) http.Handler {
	e := echo.New()
	e.POST("/api/play", inJSON("script", fourPlays().handler(shortScript, apiPlay(served))))
	return e
}

func postScript(h http.Handler, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/api/play", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPlayAnswersEveryScript(t *testing.T) {
	const visit = `{"do":"visit","browser":"A","url":"/"}`
	swell := `{"do":"visit","browser":"A","url":"/set_session?a=` + strings.Repeat("x", 30000) + `"}`
	for name, test := range map[string]struct {
		contentType, body string
		status            int
		want              string // part of the body
	}{
		"a script":             {"application/json", `{"actions":[` + visit + `]}`, 200, `"status":404`},
		"a script with a type": {"application/json; charset=utf-8", `{}`, 200, `{"frames":[{"n":0,`},
		"a form":               {"application/x-www-form-urlencoded", `actions=`, 415, `{"error":"a script is sent as application/json"}`},
		"no type":              {"", `{}`, 415, `{"error":`},
		"no script":            {"application/json", ``, 400, `{"error":`},
		"a bad action":         {"application/json", `{"actions":[` + visit + `,{"do":"dance"}]}`, 400, `,"action":1}`},
		"a bad first action":   {"application/json", `{"actions":[{"do":"dance"}]}`, 400, `,"action":0}`},
		"too much in":          {"application/json", `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, 413, `{"error":"a script has at most 64 KiB"}`},
		"as much as may be":    {"application/json", `{"x":"` + strings.Repeat("x", 64<<10-8) + `"}`, 200, `{"frames":`},
		"too much out":         {"application/json", `{"actions":[` + swell + strings.Repeat(`,{"do":"purge"}`, 400) + `]}`, 413, `8 MiB`},
	} {
		t.Run(name, func(t *testing.T) {
			w := postScript(playsOf(site.Handler), test.contentType, test.body)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("status %d, body %.200s; want %d and %s", w.Code, w.Body, test.status, test.want)
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control is %q, want no-store", got)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q, want application/json", got)
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("body is no JSON: %.200s", w.Body)
			}
		})
	}
}

func TestFourScriptsArePlayedAtOnceAndAFifthIsAskedToWait(t *testing.T) {
	playing, goOn := make(chan struct{}), make(chan struct{})
	slow := func(b session.Backend, now func() time.Time, keys io.Reader) http.Handler {
		playing <- struct{}{}
		<-goOn
		return site.Handler(b, now, keys)
	}
	h := playsOf(slow)
	codes := make(chan int)
	for range playsAtOnce {
		go func() { codes <- postScript(h, "application/json", `{}`).Code }()
		<-playing
	}
	w := postScript(h, "application/json", `{}`)
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("a fifth script: status %d, Retry-After %q; want 503 and 1", w.Code, w.Header().Get("Retry-After"))
	}
	close(goOn)
	for range playsAtOnce {
		if code := <-codes; code != 200 {
			t.Errorf("one of four: status %d, want 200", code)
		}
	}
	go func() { <-playing }()
	if w := postScript(h, "application/json", `{}`); w.Code != 200 {
		t.Errorf("afterwards: status %d, want 200", w.Code)
	}
}

var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

func TestEveryNoteHasItsWordsInBothLanguages(t *testing.T) {
	used := map[string]bool{"note.browser": true, "note.browser.named": true}
	for _, lang := range templates.Languages {
		for _, kind := range world.Kinds {
			reasons := kind.Reasons
			if len(reasons) == 0 {
				reasons = []string{""}
			}
			for _, reason := range reasons {
				reason, case_, _ := strings.Cut(reason, ".")
				names := world.Note{Code: kind.Code, Reason: reason, Case: case_}.Messages()
				i := slices.IndexFunc(names, func(name string) bool { _, ok := templates.Lookup(lang, name); return ok })
				if i < 0 {
					t.Errorf("%s: none of %q", lang, names)
					continue
				}
				used[names[i]] = true
				text, _ := templates.Lookup(lang, names[i])
				for _, hole := range placeholder.FindAllStringSubmatch(text, -1) {
					if hole[1] != "browser" && !slices.Contains(kind.Vars, hole[1]) {
						t.Errorf("%s: %s asks for %s, which the note does not know", lang, names[i], hole[0])
					}
				}
			}
		}
	}
	for _, lang := range templates.Languages {
		for _, name := range templates.Keys(lang) {
			if strings.HasPrefix(name, "note.") && !used[name] {
				t.Errorf("%s: nothing says %s", lang, name)
			}
		}
	}
}

var (
	chinese = regexp.MustCompile(`\p{Han}.*。$|：.+$`)
	english = regexp.MustCompile(`^[A-Z][^\p{Han}]+(\.|: .+)$`)
)

// A script with as many kinds of notes as possible.
const tour = `[
	{"do":"visit","browser":"A","url":"/get_cookie"}, {"do":"visit","browser":"A","url":"/set_cookie"},
	{"do":"visit","browser":"A","url":"/set_cookie?max_age=60"}, {"do":"visit","browser":"A","url":"/set_cookie?max_age=70"},
	{"do":"visit","browser":"A","url":"/set_cookie?value=2"}, {"do":"visit","browser":"A","url":"/set_cookie?value=3"},
	{"do":"visit","browser":"A","url":"/set_cookie?value=3"}, {"do":"visit","browser":"A","url":"/delete_cookie?path=/x"},
	{"do":"visit","browser":"A","url":"/delete_cookie"}, {"do":"visit","browser":"A","url":"/delete_cookie"},
	{"do":"visit","browser":"A","url":"http://a.test/set_cookie?secure=1"}, {"do":"visit","browser":"A","url":"/set_cookie?domain=x.example"},
	{"do":"visit","browser":"A","url":"/set_cookie?samesite=None"}, {"do":"visit","browser":"A","url":"/set_cookie?partitioned=1"},
	{"do":"visit","browser":"A","url":"/set_cookie","initiator":"https://evil.test/","kind":"img"},
	{"do":"visit","browser":"A","url":"/set_cookie?name=__Host-a&path=/x&secure=1"}, {"do":"script","browser":"A","set":"a=1; httponly"},
	{"do":"script","browser":"A","set":"a=\u0001"}, {"do":"script","browser":"A","set":""}, {"do":"script","browser":"A","set":"=a=b"},
	{"do":"visit","browser":"A","url":"https://a.test/set_cookie?secure=1"}, {"do":"visit","browser":"A","url":"http://a.test/set_cookie"},
	{"do":"visit","browser":"A","url":"http://a.test/get_cookie"}, {"do":"script","browser":"A","set":"a=1; max-age=5"},
	{"do":"visit","browser":"A","url":"http://a.example.org/set_cookie"}, {"do":"visit","browser":"A","url":"http://b.example.org/get_cookie"},
	{"do":"wait","seconds":86400}, {"do":"wait","seconds":1}, {"do":"wait","seconds":120}, {"do":"wait","seconds":3600},
	{"do":"visit","browser":"A","url":"/set_session"}, {"do":"script","browser":"A"}, {"do":"script","browser":"A","set":"sessionid=1; path=/"},
	{"do":"put","browser":"B","name":"sessionid","copy":"A"}, {"do":"put","browser":"B","name":"sessionid","copy":"A"}, {"do":"put","browser":"B","name":"x","copy":"A"},
	{"do":"put","browser":"B","name":"x","value":"1"}, {"do":"put","browser":"B","name":"x","value":"2"}, {"do":"delete","browser":"B","name":"x"}, {"do":"delete","browser":"B","name":"x"},
	{"do":"visit","browser":"B","url":"/get_session"}, {"do":"visit","browser":"A","url":"/get_session?key=no"}, {"do":"visit","browser":"A","url":"/set_session"},
	{"do":"together","visits":[{"browser":"A","url":"/set_session?n=1"},{"browser":"B","url":"/set_session?m=1"}]},
	{"do":"together","visits":[{"browser":"A","url":"/flush"},{"browser":"B","url":"/set_session?m=1"}]},
	{"do":"visit","browser":"B","url":"/set_session"}, {"do":"visit","browser":"B","url":"/set_expiry?value=60"}, {"do":"visit","browser":"B","url":"/set_expiry?value=0"},
	{"do":"visit","browser":"B","url":"/set_expiry?value=None"}, {"do":"visit","browser":"B","url":"/set_expiry?value=None"}, {"do":"visit","browser":"B","url":"/del"},
	{"do":"visit","browser":"B","url":"/cycle_key"}, {"do":"visit","browser":"B","url":"/clear"}, {"do":"server","op":"corrupt","browser":"B"},
	{"do":"visit","browser":"B","url":"/get_session"}, {"do":"visit","browser":"B","url":"/set_session"}, {"do":"server","op":"expire","browser":"B","seconds":60},
	{"do":"close","browser":"B"}, {"do":"server","op":"expire","browser":"B"}, {"do":"visit","browser":"B","url":"/get_session"}, {"do":"purge"}, {"do":"purge"},
	{"do":"visit","browser":"B","url":"/cycle_key"}, {"do":"visit","browser":"B","url":"/set_expiry?value=0"}, {"do":"close","browser":"B"},
	{"do":"visit","browser":"B","url":"/set_expiry?value=-5"}, {"do":"server","op":"delete","browser":"B"}, {"do":"visit","browser":"B","url":"/set_session"},
	{"do":"server","op":"delete","browser":"B"}, {"do":"visit","browser":"B","url":"/get_cookie","raw_cookie":"sessionid=short"}, {"do":"visit","browser":"B","url":"/set_session"},
	{"do":"visit","browser":"B","url":"/delete_cookie?name=sessionid"}, {"do":"wait","seconds":1209600}, {"do":"visit","browser":"B","url":"/set_cookie?name="},
	{"do":"visit","browser":"B","url":"/nowhere"}, {"do":"visit","browser":"B","url":"/clear","method":"PUT"}, {"do":"visit","browser":"B","url":"/clear","raw_cookie":"sessionid=short"}]`

func TestNotesAreWholeSentences(t *testing.T) {
	told := map[string]bool{}
	for _, lang := range templates.Languages {
		script, err := world.ParseScript([]byte(`{"lang":"` + lang + `","actions":` + tour + `}`))
		if err != nil {
			t.Fatal(err)
		}
		frames, err := world.Play(script, site.Handler, scene.Tell)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			for _, n := range f.Notes {
				told[n.Code] = true
				switch {
				case strings.ContainsAny(n.Text, "{}") || strings.HasPrefix(n.Text, "note."):
					t.Errorf("frame %d: %s", f.N, n.Text)
				case lang == "zh" && !chinese.MatchString(n.Text), lang == "en" && !english.MatchString(n.Text):
					t.Errorf("frame %d is not in %s: %s", f.N, lang, n.Text)
				}
			}
		}
	}
	for _, kind := range world.Kinds {
		if !told[kind.Code] && kind.Code != "unavailable" && kind.Code != "evicted" { // a table in memory is always available; a jar holds 180 cookies
			t.Errorf("the tour does not come past %s", kind.Code)
		}
	}
}

func TestALongScriptWaitsForAPlace(t *testing.T) {
	work := newPlaces(1)
	inside := -1
	e := echo.New()
	e.POST("/api/play", newPlays(work).handler(shortScript, func(echo.Context, []byte) error {
		inside = 1 - work.Free()
		return nil
	}))
	for octets, want := range map[int]int{2: 0, shortScript: 0, shortScript + 1: 1} {
		postScript(e, "application/json", strings.Repeat(" ", octets))
		if inside != want || work.Free() != 1 {
			t.Errorf("a script of %d octets takes %d places, want %d", octets, inside, want)
		}
	}
}
