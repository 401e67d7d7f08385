package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"cookielab/internal/session"
	"cookielab/templates"
)

func TestABadScriptIsAnsweredWithOneLine(t *testing.T) {
	m := newMachine(t)
	for name, test := range map[string]struct {
		body   string
		action string // what the answer says of it
	}{
		"nothing":                  {``, ""},
		"no JSON":                  {`{"actions":`, ""},
		"a list":                   {`[]`, ""},
		"a text":                   {`"actions"`, ""},
		"two objects":              {`{} {}`, ""},
		"actions that are no list": {`{"actions":{}}`, ""},
		"a lesson that is no text": {`{"lesson":1,"actions":[]}`, ""},
		"a start that is none":     {`{"start":"tomorrow"}`, ""},
		"an unknown action":        {`{"actions":[{"do":"purge"},{"do":"dance"}]}`, "1"},
		"an action that is none":   {`{"actions":[7]}`, "0"},
		"an action that is null":   {`{"actions":[null]}`, "0"},
		"a nested type":            {`{"actions":[{"do":"wait","seconds":"1"}]}`, "0"},
		"a wait too long":          {`{"actions":[{"do":"wait","seconds":1000000001}]}`, "0"},
		"another internet":         {`{"actions":[{"do":"visit","browser":"A","url":"https://example.com/"}]}`, "0"},
		"another scheme":           {`{"actions":[{"do":"visit","browser":"A","url":"javascript:alert(1)"}]}`, "0"},
		"too many actions":         {`{"actions":[{"do":"purge"}` + strings.Repeat(`,{"do":"purge"}`, 500) + `]}`, "500"},
		"too many browsers":        {`{"actions":[` + strings.TrimSuffix(browsersNamed("ABCDEFGHI"), ",") + `]}`, "8"},
		"deep":                     {`{"actions":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range templates.Languages {
				w := m.post("/"+lang+"/play", test.body)
				body := w.Body.String()
				if w.Code != http.StatusBadRequest || strings.Count(body, "\n") != 1 || !strings.HasSuffix(body, "\n") {
					t.Fatalf("status %d, want 400 and one line: %.200s", w.Code, body)
				}
				var told struct {
					Error  string
					Action *int
				}
				if err := json.Unmarshal([]byte(body), &told); err != nil || told.Error == "" {
					t.Fatalf("%.200s: %v", body, err)
				}
				at := ""
				if told.Action != nil {
					at = strconv.Itoa(*told.Action)
				}
				same(t, "action", at, test.action)
			}
		})
	}
}

// browsersNamed returns actions that close each of some browsers.
func browsersNamed(names string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, `{"do":"close","browser":"%c"},`, name)
	}
	return b.String()
}

func TestPlayKeepsItsLimits(t *testing.T) {
	m := newMachine(t)
	for name, test := range map[string]struct {
		contentType, body string
		status            int
	}{
		"a form":            {"application/x-www-form-urlencoded", `actions=[]`, 415},
		"text":              {"text/plain", `{}`, 415},
		"no type":           {"", `{}`, 415},
		"as much as may be": {"application/json", `{"x":"` + strings.Repeat("x", maxScript-8) + `"}`, 200},
		"an octet more":     {"application/json", `{"x":"` + strings.Repeat("x", maxScript-7) + `"}`, 413},
		"frames too large":  {"application/json", `{"actions":[{"do":"visit","browser":"A","url":"/set_session?a=` + strings.Repeat("x", 30000) + `"}` + strings.Repeat(`,{"do":"purge"}`, 400) + `]}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range templates.Languages {
				r := httptest.NewRequest(http.MethodPost, "/"+lang+"/play", strings.NewReader(test.body))
				r.Header.Set("Content-Type", test.contentType)
				w := httptest.NewRecorder()
				m.handler.ServeHTTP(w, r)
				if w.Code != test.status {
					t.Errorf("status %d, want %d: %.200s", w.Code, test.status, w.Body)
				}
				if !json.Valid(w.Body.Bytes()) || strings.Count(w.Body.String(), "\n") != 1 {
					t.Errorf("not one line of JSON: %.200s", w.Body)
				}
				for name, want := range map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Set-Cookie": ""} {
					if got := w.Header().Get(name); got != want {
						t.Errorf("%s is %q, want %q", name, got, want)
					}
				}
			}
		})
	}
	if rows, err := m.app.Backend.(session.Counter).Count(t.Context()); err != nil || rows != 0 {
		t.Errorf("playing has left %d rows in the real table, %v", rows, err)
	}
}

// A long script of many cookies: each frame is drawn when it is asked for, with those
// around it.
func TestOfALongScriptTheFramesNearOneAreDrawn(t *testing.T) {
	m := newMachine(t)
	var actions strings.Builder
	for i := range 60 {
		fmt.Fprintf(&actions, `{"do":"visit","browser":"A","url":"/set_cookie?name=c%d"},`, i)
	}
	actions.WriteString(strings.Repeat(`{"do":"purge"},`, 439) + `{"do":"purge"}`)
	for at, want := range map[string]int{`"at":0,`: 0, `"at":250,`: 250, ``: 500, `"at":500,`: 500, `"at":501,`: 500, `"at":-1,`: 0} {
		w := m.post("/en/play", `{`+at+`"actions":[`+actions.String()+`]}`)
		var d drawn
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || len(d.Frames) != 501 {
			t.Fatalf("%s: status %d, %d frames, %v", at, w.Code, len(d.Frames), err)
		}
		octets, first, last := 0, -1, -1
		for n, f := range d.Frames {
			if f.Label == "" {
				t.Errorf("%s: frame %d has no label", at, n)
			}
			if f.HTML == "" {
				continue
			}
			if octets += len(f.HTML); first < 0 {
				first = n
			}
			last = n
		}
		if first > max(0, want-1) || last < min(500, want+1) || octets > maxDrawn || octets < maxDrawn/2 {
			t.Errorf("%s: the frames %d to %d are drawn in %d octets, want those around %d in %d at most", at, first, last, octets, want, maxDrawn)
		}
	}
}

// However many exchanges and notes a moment has, the last of them are drawn, and it is
// said how many are not.
func TestAMomentWithoutEndIsDrawnInPart(t *testing.T) {
	m := newMachine(t)
	visits := strings.Repeat(`{"browser":"A","url":"/set_cookie"},`, 330) + `{"browser":"B","url":"/get_cookie"}`
	var pairs strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&pairs, "c%d=1;", i)
	}
	for lang, want := range map[string][]string{"en": {"301", "899"}, "zh": {"301", "899"}} {
		d := m.drawn(lang, `[{"do":"together","visits":[`+visits+`]},{"do":"visit","browser":"A","url":"/get_cookie?safe=1","raw_cookie":"`+pairs.String()+`"}]`)
		panels := m.panelsOf(d)
		wire := panels[1].Find("[data-panel=wire]")
		if got := wire.Find("[data-exchange]"); got.Length() != 30 || !strings.Contains(got.Last().Text(), "get_cookie") || !strings.Contains(wire.Find("[data-more]").Text(), want[0]) {
			t.Errorf("%s: of 331 exchanges %d are drawn, and it says %q", lang, got.Length(), wire.Find("[data-more]").Text())
		}
		notes := panels[2].Find(".notes")
		if n := notes.Find("[data-note]").Length(); n != 100 || !strings.Contains(notes.Find("[data-more]").Text(), want[1]) {
			t.Errorf("%s: of 1,000 notes %d are drawn, and it says %q", lang, n, notes.Find("[data-more]").Text())
		}
	}
}

// Playing takes memory: the pages and the API share four places.
func TestThePlacesForPlayingAreSharedWithTheAPI(t *testing.T) {
	m := newMachine(t)
	addresses := []string{"/zh/play", "/en/play", "/api/play"}
	for range playsAtOnce {
		m.app.plays.accepted <- struct{}{}
	}
	for _, address := range addresses {
		w := m.post(address, `{}`)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s with no place left: status %d, Retry-After %q, %s", address, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	}
	<-m.app.plays.accepted
	for range 2 { // each releases its place, even after an error
		for _, address := range addresses {
			for body, want := range map[string]int{`{}`: 200, `{"actions":[{}]}`: 400} {
				if w := m.post(address, body); w.Code != want {
					t.Errorf("%s with a place left: status %d, want %d", address, w.Code, want)
				}
			}
		}
	}
}
