package tests

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What these tests read of an answer of /api/play, as the contract writes it.
type (
	playedFrame struct {
		N        int                      `json:"n"`
		At       time.Time                `json:"at"`
		Exchange *playedExchange          `json:"exchange"`
		Browsers map[string]playedBrowser `json:"browsers"`
		Server   struct {
			Rows []playedRow `json:"rows"`
		} `json:"server"`
		Notes []struct{ Code, Cookie, Key, Reason, Text string } `json:"notes"`
	}
	playedExchange struct {
		ID      string `json:"id"`
		Request struct {
			Headers [][2]string `json:"headers"`
		} `json:"request"`
		Response struct {
			Status  int         `json:"status"`
			Headers [][2]string `json:"headers"`
			Body    string      `json:"body"`
		} `json:"response"`
	}
	playedBrowser struct {
		Jar []struct {
			Name    string     `json:"name"`
			Value   string     `json:"value"`
			Path    string     `json:"path"`
			Expires *time.Time `json:"expires"`
		} `json:"jar"`
	}
	playedRow struct {
		Key     string         `json:"key"`
		Data    map[string]any `json:"data"`
		Expires time.Time      `json:"expires"`
	}
	// scriptAction is one line of a script.
	scriptAction map[string]any
)

// play posts a script.
func (v *visitor) play(script map[string]any) answer {
	v.t.Helper()
	text, err := json.Marshal(script)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.ask("POST", "/api/play", string(text), "Content-Type", "application/json")
}

// frames posts actions that are in order.
func (v *visitor) frames(actions []scriptAction) []playedFrame {
	v.t.Helper()
	a := v.play(map[string]any{"actions": actions})
	var played struct{ Frames []playedFrame }
	if err := json.Unmarshal([]byte(a.body), &played); err != nil || a.status != 200 {
		v.t.Fatalf("status %d, %v: %.300s", a.status, err, a.body)
	}
	if len(played.Frames) != len(actions)+1 {
		v.t.Fatalf("%d frames after %d actions", len(played.Frames), len(actions))
	}
	return played.Frames
}

// The cases that were recorded from Django, as scripts. The jar is not the plain one
// of TestSessionsAreDjangos but the simulated browser's.
func TestPlayedSessionsAreDjangos(t *testing.T) {
	caller := site(t).visitor()
	for _, c := range loadDjangoCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			caller := &visitor{t, caller.base, caller.client}
			p := playedCase{}
			for n, step := range c.Steps {
				p.actions = append(p.actions, p.action(t, step))
				// A placeholder of a later step stands for a key that is made by
				// this one. Keys do not depend on what follows.
				frames := caller.frames(p.actions)
				p.learn(frames)
				p.check(t, step, frames[len(frames)-1])
				if t.Failed() {
					t.Fatalf("in step %d: %v", n+1, p.actions[n])
				}
			}
		})
	}
}

type playedCase struct {
	actions []scriptAction
	keys    []string
}

// action is a step as a line of a script.
func (p *playedCase) action(t *testing.T, step djangoStep) scriptAction {
	t.Helper()
	param := func(name string) string { return p.real(fmt.Sprint(step.Params[name])) }
	row := func() string { return p.real("{" + param("key") + "}") }
	if step.Kind == "http" {
		query := url.Values{}
		for name := range step.Params {
			query.Set(name, param(name))
		}
		visit := scriptAction{"do": "visit", "browser": step.Browser, "url": step.Route + "?" + query.Encode()}
		if step.RawCookie != nil {
			visit["raw_cookie"] = p.real(*step.RawCookie)
		}
		return visit
	}
	switch step.Op {
	case "advance":
		return scriptAction{"do": "wait", "seconds": step.Params["seconds"]}
	case "close_browser":
		return scriptAction{"do": "close", "browser": step.Browser}
	case "put_cookie":
		return scriptAction{"do": "put", "browser": step.Browser, "name": param("name"), "value": param("value")}
	case "drop_cookie":
		return scriptAction{"do": "delete", "browser": step.Browser, "name": param("name")}
	case "copy_cookie":
		return scriptAction{"do": "put", "browser": step.Browser, "name": param("name"), "copy": param("from")}
	case "db_delete_row":
		return scriptAction{"do": "server", "op": "delete", "key": row()}
	case "db_expire_row":
		return scriptAction{"do": "server", "op": "expire", "key": row(), "seconds": step.Params["seconds"]}
	case "db_corrupt_row": // a script has one way to do damage
		return scriptAction{"do": "server", "op": "corrupt", "key": row()}
	case "clearsessions":
		return scriptAction{"do": "purge"}
	}
	t.Fatalf("unknown op %q", step.Op)
	return nil
}

func (p *playedCase) real(text string) string { return (&djangoSite{keys: p.keys}).real(text) }

// label is K1 for the first key, and so on; other text stays.
func (p *playedCase) label(text string) string { return (&djangoSite{keys: p.keys}).labelled(text) }

// learn notes the keys of rows, in the order in which they appear.
func (p *playedCase) learn(frames []playedFrame) {
	for _, f := range frames {
		for _, row := range f.Server.Rows {
			if !slices.Contains(p.keys, row.Key) {
				p.keys = append(p.keys, row.Key)
			}
		}
	}
}

func (p *playedCase) check(t *testing.T, step djangoStep, f playedFrame) {
	t.Helper()
	want := step.Expect
	rows := []djangoRow{}
	for _, row := range f.Server.Rows {
		rows = append(rows, djangoRow{p.label(row.Key), row.Data, row.Expires.Sub(f.At).Seconds()})
	}
	same(t, "rows", rows, want.Rows)
	if want.Jar != nil {
		jar := []djangoInJar{}
		for _, c := range f.Browsers[step.Browser].Jar {
			in := djangoInJar{Name: c.Name, Value: p.label(c.Value), Path: c.Path}
			if c.Expires != nil {
				left := c.Expires.Sub(f.At).Seconds()
				in.ExpiresIn = &left
			}
			jar = append(jar, in)
		}
		for _, c := range *want.Jar {
			if c.ExpiresIn != nil { // RFC 6265bis, 5.5: no cookie lives longer than 400 days
				*c.ExpiresIn = min(*c.ExpiresIn, 400*24*60*60)
			}
		}
		same(t, "jar", byName(jar), byName(*want.Jar))
	}
	if step.Kind != "http" {
		if f.Exchange != nil {
			t.Errorf("%s made an exchange", step.Op)
		}
		return
	}
	e := f.Exchange
	same(t, "id", e.ID, strconv.Itoa(f.N))
	same(t, "status", e.Response.Status, want.Status)
	if step.RawCookie == nil {
		// Which of two cookies comes first is the browsers' business.
		same(t, "cookie_header", pairs(p.label(one(t, e.Request.Headers, "Cookie"))), pairs(deref(want.CookieHeader)))
	}
	same(t, "vary", one(t, e.Response.Headers, "Vary"), deref(want.Vary))
	got := []djangoCookie{}
	for _, h := range e.Response.Headers {
		if h[0] == "Set-Cookie" {
			set := readSetCookie(t, h[1])
			set.Value = p.label(set.Value)
			got = append(got, set)
		}
	}
	for i := range want.SetCookie {
		delete(want.SetCookie[i].Attrs, "expires_in")
		want.SetCookie[i].Value = strings.Trim(want.SetCookie[i].Value, `"`)
	}
	same(t, "set_cookie", got, want.SetCookie)
	if want.Error != nil {
		same(t, "error", e.Response.Body, *want.Error)
	}
	if want.Body != nil {
		same(t, "body", e.Response.Body, *want.Body)
	}
}

func byName(jar []djangoInJar) []djangoInJar {
	return slices.SortedFunc(slices.Values(jar), func(a, b djangoInJar) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Path, b.Path))
	})
}

func pairs(header string) []string {
	return slices.Sorted(strings.SplitSeq(header, "; "))
}

// one is the value of a header that comes once or not at all.
func one(t *testing.T, headers [][2]string, name string) string {
	t.Helper()
	value := ""
	for _, h := range headers {
		if h[0] == name {
			if value != "" {
				t.Errorf("there are two %s headers", name)
			}
			value = h[1]
		}
	}
	return value
}

func TestAScriptIsAnsweredWithTheSameBytesByEveryProgram(t *testing.T) {
	script := map[string]any{"lang": "zh", "actions": []scriptAction{
		{"do": "visit", "browser": "A", "url": "/set_session?username=小明"},
		{"do": "put", "browser": "B", "name": "sessionid", "copy": "A"},
		{"do": "together", "visits": []scriptAction{{"browser": "A", "url": "/set_session?a=1"}, {"browser": "B", "url": "/cycle_key"}}},
		{"do": "wait", "seconds": 1209600},
		{"do": "purge"},
	}}
	first := site(t).visitor().play(script)
	second := site(t)
	second.advance(time.Hour)
	busy := second.visitor()
	busy.get("/set_session")
	if again := busy.play(script); first.status != 200 || again.body != first.body {
		t.Errorf("status %d, then %d with other frames", first.status, again.status)
	}
	if rows := second.rows(); len(rows) != 1 {
		t.Errorf("playing left %d rows in the real table, want the visitor's own", len(rows))
	}
	if set := first.header["Set-Cookie"]; set != nil {
		t.Errorf("playing sets cookies: %q", set)
	}
}

func TestPlayTellsWhatIsWrongWithAScript(t *testing.T) {
	caller := site(t).visitor()
	a := caller.play(map[string]any{"actions": []scriptAction{{"do": "purge"}, {"do": "visit", "browser": "A", "url": "https://example.com/"}}})
	var told struct {
		Error  string
		Action *int
	}
	if err := json.Unmarshal([]byte(a.body), &told); err != nil || a.status != 400 || told.Action == nil || *told.Action != 1 || told.Error == "" {
		t.Errorf("status %d, %s; want 400, an error and action 1", a.status, a.body)
	}
	if a := caller.ask("POST", "/api/play", `{}`, "Content-Type", "text/plain"); a.status != 415 {
		t.Errorf("a script as text/plain: status %d, want 415", a.status)
	}
}
