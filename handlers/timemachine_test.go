package handlers

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
)

func TestAScriptIsAnsweredWithDrawnFrames(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"visit","browser":"B","url":"/set_session"},{"do":"visit","browser":"A","url":"/get_cookie"},{"do":"wait","seconds":60}]`)
	if len(d.Frames) != 4 {
		t.Fatalf("%d frames after three actions, want 4", len(d.Frames))
	}
	same(t, "browsers", d.Browsers, []string{"A", "B"})
	same(t, "verdict of free play", d.Verdict, "")
	var at []string
	var status []int
	for n, panels := range m.panelsOf(d) {
		f := d.Frames[n]
		at, status = append(at, f.At.Format(time.RFC3339)), append(status, f.Status)
		same(t, "the panels' moment", panels.AttrOr("data-at", ""), f.At.Format(time.RFC3339))
	}
	same(t, "moments", at, []string{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"})
	same(t, "status", status, []int{0, 200, 500, 0})
	if n := fragmentOf(t, d.Lifetimes).Find(`[data-panel="lifetimes"] svg[data-drag]`).Length(); n != 1 {
		t.Errorf("%d pictures of lifetimes can be dragged, want one", n)
	}

	empty := m.drawn("zh", `[]`)
	same(t, "browsers of no action", empty.Browsers, []string{})
	if len(empty.Frames) != 1 || m.panelsOf(empty)[0].Find("[data-browser=A]").Length() != 1 {
		t.Error("the empty world has no browser to begin with")
	}
}

func TestADrawnFrameSaysWhatTheFrameSays(t *testing.T) {
	m := newMachine(t)
	const actions = `[{"do":"visit","browser":"A","url":"/set_cookie?max_age=60&httponly=1"},{"do":"visit","browser":"A","url":"/set_session?z=1&a=少冰"},
		{"do":"put","browser":"B","name":"sessionid","copy":"A"},{"do":"visit","browser":"B","url":"/get_session?key=no"},{"do":"server","op":"corrupt","browser":"A"},{"do":"wait","seconds":1209600}]`
	script, err := world.ParseScript([]byte(`{"actions":` + actions + `}`))
	if err != nil {
		t.Fatal(err)
	}
	frames, err := world.Play(script, site.Handler, scene.Tell)
	if err != nil {
		t.Fatal(err)
	}
	for n, panels := range m.panelsOf(m.drawn("en", actions)) {
		f := frames[n]
		for name, b := range f.Browsers {
			panel := panels.Find(`[data-browser="` + name + `"]`)
			var want []string
			for _, c := range b.Jar {
				expires := "session"
				if c.Expires != nil {
					expires = c.Expires.Format(time.RFC3339)
				}
				want = append(want, fmt.Sprint([]any{c.Name, c.Value, c.Domain, c.HostOnly, c.Path, expires, c.Secure, c.HTTPOnly, c.SameSite, c.Partitioned}))
			}
			var got []string
			panel.Find("[data-cookie]").Each(func(_ int, e *goquery.Selection) {
				var fields []any
				for _, name := range []string{"name", "value", "domain", "host-only", "path", "expires", "secure", "http-only", "same-site", "partitioned"} {
					fields = append(fields, e.AttrOr("data-"+name, "(none)"))
				}
				got = append(got, fmt.Sprint(fields))
			})
			same(t, fmt.Sprintf("frame %d, the jar of %s", n, name), got, want)
			same(t, fmt.Sprintf("frame %d, document.cookie of %s", n, name), textsOf(panel.Find("[data-document-cookie]")), []string{`"` + b.DocumentCookie + `"`})
		}
		var want []string
		for _, r := range f.Server.Rows {
			want = append(want, r.Key+" "+r.Expires.Format(time.RFC3339))
			entries, _ := r.Entries()
			for _, e := range entries {
				want = append(want, e.Key+" "+scene.JSONText(e.Value()))
			}
		}
		var got []string
		panels.Find("[data-row], [data-entry]").Each(func(_ int, e *goquery.Selection) {
			got = append(got, e.AttrOr("data-key", "")+" "+e.AttrOr("data-value", e.AttrOr("data-expires", "")))
		})
		same(t, fmt.Sprintf("frame %d, the rows", n), got, want)
		said := textsOf(panels.Find(".lead-note:not(.idle), [data-note]"))
		for _, note := range f.Notes {
			if !slices.ContainsFunc(said, func(text string) bool { return strings.HasSuffix(text, note.Text) }) {
				t.Errorf("frame %d does not say: %s", n, note.Text)
			}
		}
		if f.Exchange != nil {
			same(t, fmt.Sprintf("frame %d, exchanges", n), attrsOf(panels.Find("[data-exchange]"), "data-exchange"), []string{f.Exchange.ID})
		}
	}
}

func TestFramesAreDrawnInBothLanguagesAlike(t *testing.T) {
	m := newMachine(t)
	zh, en := m.drawn("zh", tour), m.drawn("en", tour)
	if len(zh.Frames) != len(en.Frames) {
		t.Fatalf("%d frames in Chinese, %d in English", len(zh.Frames), len(en.Frames))
	}
	english := m.panelsOf(en)
	for n, panels := range m.panelsOf(zh) {
		same(t, "skeleton of frame "+strconv.Itoa(n), dataSkeleton(panels), dataSkeleton(english[n]))
		if said := panels.Find(".lead-note").Text(); !isChinese(said) {
			t.Errorf("frame %d says in Chinese: %s", n, said)
		}
		if said := english[n].Text(); isChinese(said) {
			t.Errorf("frame %d is not all in English: %q", n, oneSpaced(said))
		}
	}
	same(t, "skeleton of the lifetimes", dataSkeleton(fragmentOf(t, zh.Lifetimes)), dataSkeleton(fragmentOf(t, en.Lifetimes)))
}

// Every text comes from the catalogue: no message key and no unfilled variable is displayed.
func TestNoMessageOfAFrameIsMissingOrHasAHole(t *testing.T) {
	m := newMachine(t)
	for _, lang := range templates.Languages {
		d := m.drawn(lang, tour)
		seen := map[string]bool{}
		look := func(where, text string) {
			t.Helper()
			if seen[text] {
				return
			}
			seen[text] = true
			if hole := placeholder.FindString(text); hole != "" {
				t.Errorf("%s, %s: %s in %q", lang, where, hole, text)
			}
			for _, key := range templates.Keys(lang) {
				if strings.Contains(key, ".") && strings.Contains(text, key) {
					t.Errorf("%s, %s: the key %s in %q", lang, where, key, text)
				}
			}
			for _, start := range []string{"label.", "note.", "chip.", "help.", "lifetimes.", "term."} {
				if strings.Contains(text, start) {
					t.Errorf("%s, %s: %q", lang, where, text)
				}
			}
		}
		words := func(where string, s *goquery.Selection) {
			s.Find("*").Each(func(_ int, e *goquery.Selection) {
				if e.Children().Length() == 0 {
					look(where, e.Text())
				}
				for _, name := range []string{"title", "aria-label", "placeholder"} {
					look(where, e.AttrOr(name, ""))
				}
			})
		}
		for n, panels := range m.panelsOf(d) {
			look("label "+strconv.Itoa(n), d.Frames[n].Label)
			words("frame "+strconv.Itoa(n), panels)
		}
		words("lifetimes", fragmentOf(t, d.Lifetimes))
	}
}

func TestTheSameScriptIsDrawnWithTheSameBytes(t *testing.T) {
	for _, lang := range templates.Languages {
		body := `{"lesson":"cookie","actions":` + tour + `}`
		first := newMachine(t).post("/"+lang+"/play", body).Body.String()
		m := newMachine(t)
		m.post("/"+lang+"/play", `{"actions":[{"do":"visit","browser":"A","url":"/set_session"}]}`)
		if again := m.post("/"+lang+"/play", body).Body.String(); again != first {
			t.Errorf("%s: %d octets, then %d others", lang, len(first), len(again))
		}
		// The address decides the language, whatever the script says.
		if other := m.post("/"+lang+"/play", `{"lang":"zh",`+body[1:]).Body.String(); other != first {
			t.Errorf("%s: a script that asks for Chinese is drawn otherwise", lang)
		}
	}
}

// Text from a script is displayed and never becomes markup.
func TestHostileWordsAreDrawnAsTheyAre(t *testing.T) {
	const nasty = `"'><img src=x onerror=alert(1)><script>alert(2)</script>&lt{{.}}`
	m := newMachine(t)
	script := []world.Action{
		{Do: "put", Browser: `"><b onclick=1>`, Name: `<i>"'&amp`, Value: new(nasty)},
		{Do: "put", Browser: `"><b onclick=1>`, Name: "sessionid", Value: new(`"><script>alert("key")</script>`)},
		{Do: "visit", Browser: `"><b onclick=1>`, URL: "/get_cookie?name=x&<script>=1"},
		{Do: "visit", Browser: "B", URL: "/set_session?" + url.Values{`<u>"'`: {nasty}}.Encode()},
		{Do: "visit", Browser: "B", URL: "/get_session?key=%3Cu%3E%22'"},
		{Do: "visit", Browser: "B", URL: "/<script>alert(3)</script>"},
		{Do: "script", Browser: "B", Set: new("<s>=" + nasty + "; path=/<s>")},
		{Do: "visit", Browser: "B", URL: "/get_cookie", RawCookie: new("sessionid=" + nasty + "; <b>=1")},
		{Do: "server", Op: "expire", Key: nasty},
		{Do: "visit", Browser: "B", URL: "http://tea.example/set_cookie?path=/<i>&value=<i>"},
	}
	for _, lang := range templates.Languages {
		d := m.drawn(lang, asJSON(t, script))
		pieces := []string{d.Lifetimes}
		for _, f := range d.Frames {
			pieces = append(pieces, f.HTML)
		}
		for n, html := range pieces {
			fragmentOf(t, html).Find("*").Each(func(_ int, e *goquery.Selection) {
				node := e.Get(0)
				if slices.Contains([]string{"script", "img", "b", "i", "u", "s"}, node.Data) && !(node.Data == "b" && e.Parent().Is("summary")) {
					t.Errorf("%s, piece %d has grown an element: <%s>", lang, n, node.Data)
				}
				for _, a := range node.Attr {
					if strings.HasPrefix(a.Key, "on") || strings.ContainsAny(a.Key, `<>"'`) {
						t.Errorf("%s, piece %d has grown an attribute: %s=%q", lang, n, a.Key, a.Val)
					}
				}
			})
		}
		panels := m.panelsOf(d)
		same(t, "the value put", panels[1].Find("[data-cookie]").AttrOr("data-value", ""), nasty)
		same(t, "the name put", panels[1].Find("[data-cookie]").AttrOr("data-name", ""), `<i>"'&amp`)
		same(t, "the browser", panels[1].Find("[data-browser]").AttrOr("data-browser", ""), `"><b onclick=1>`)
		same(t, "the entry's key", panels[4].Find("[data-entry]").AttrOr("data-key", ""), `<u>"'`)
		same(t, "the entry's value", panels[4].Find("[data-entry]").AttrOr("data-value", ""), scene.JSONText(nasty))
		same(t, "the browsers", d.Browsers, []string{`"><b onclick=1>`, "B"})
	}
}

// A frame's panels say which cookies its exchange moved, and from where to where.
func TestTripsAreThoseThatWereMade(t *testing.T) {
	const start = `{"do":"visit","browser":"A","url":"/set_cookie?name=a"},{"do":"visit","browser":"A","url":"/set_session"},`
	sent := []string{"A a 1 jar 2 wire", "A sessionid 1 jar 2 wire 3 row"}
	for name, test := range map[string]struct {
		action string
		want   []string
	}{
		"out and in":     {`{"do":"visit","browser":"A","url":"/set_cookie?name=b"}`, append(slices.Clone(sent), "A b 4 wire 5 jar")},
		"a replacement":  {`{"do":"visit","browser":"A","url":"/set_cookie?name=a&value=2"}`, append(slices.Clone(sent), "A a 4 wire 5 jar")},
		"reading":        {`{"do":"visit","browser":"A","url":"/get_session"}`, sent},
		"a new key":      {`{"do":"visit","browser":"A","url":"/cycle_key"}`, append(slices.Clone(sent), "A sessionid 4 row 5 wire 6 jar")},
		"flush":          {`{"do":"visit","browser":"A","url":"/flush"}`, append(slices.Clone(sent), "A sessionid 4 wire 5 jar")},
		"another's jar":  {`{"do":"visit","browser":"B","url":"/get_session"}`, nil},
		"a new session":  {`{"do":"visit","browser":"B","url":"/set_session"}`, []string{"B sessionid 1 row 2 wire 3 jar"}},
		"another site":   {`{"do":"visit","browser":"A","url":"http://tea.example/get_session"}`, nil},
		"refused":        {`{"do":"visit","browser":"B","url":"/set_cookie?samesite=None"}`, nil},
		"together":       {`{"do":"together","visits":[{"browser":"A","url":"/set_session"},{"browser":"B","url":"/set_cookie"}]}`, append(slices.Clone(sent), "A sessionid 4 row 5 wire 6 jar", "B num 4 wire 5 jar")},
		"an unknown key": {`{"do":"visit","browser":"A","url":"/get_session","raw_cookie":"sessionid=abcdefgh"}`, []string{"A sessionid 1 wire 2 jar"}},
		"a header's key": {`{"do":"visit","browser":"A","url":"/get_session?key=none","raw_cookie":"a=1"}`, nil},
		"a wait":         {`{"do":"wait","seconds":60}`, nil},
		"closing":        {`{"do":"close","browser":"A"}`, nil},
		"copied by hand": {`{"do":"put","browser":"B","name":"sessionid","copy":"A"}`, nil},
		"typed in":       {`{"do":"put","browser":"A","name":"a","value":"2"}`, nil},
		"a script's":     {`{"do":"script","browser":"A","set":"c=1"}`, nil},
		"a purge":        {`{"do":"purge"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			panels := m.panelsOf(m.drawn("en", "["+start+test.action+"]"))[3]
			var got []string
			panels.Find("[data-trip]").Each(func(_ int, trip *goquery.Selection) {
				way := trip.AttrOr("data-trip-of", "") + " " + trip.AttrOr("data-trip", "")
				trip.Find("[data-stop]").Each(func(_ int, stop *goquery.Selection) {
					way += " " + stop.AttrOr("data-stop-n", "") + " " + stop.AttrOr("data-stop", "")
				})
				got = append(got, way)
			})
			same(t, "trips", got, test.want)
		})
	}
}

func TestTheNextExpiryIsTheFirstToCome(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"visit","browser":"A","url":"/set_session"},{"do":"visit","browser":"B","url":"/set_cookie?max_age=60"},{"do":"wait","seconds":59},{"do":"wait","seconds":1},
		{"do":"close","browser":"A"},{"do":"server","op":"expire","browser":"A","seconds":-5},{"do":"visit","browser":"A","url":"/set_cookie?name=s"}]`)
	var got []string
	for _, f := range d.Frames {
		got = append(got, f.Expires)
	}
	same(t, "next expiries", got, []string{"", "2026-01-15T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T00:01:00Z", "2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z",
		"2026-01-15T00:00:00Z", // the row has expired, the cookie has not
		"2026-01-15T00:00:00Z"})
	d = m.drawn("en", `[{"do":"visit","browser":"A","url":"/set_session"},{"do":"visit","browser":"A","url":"/set_expiry?value=0"},{"do":"wait","seconds":1209600}]`)
	same(t, "when a row is all that expires", d.Frames[2].Expires, "2026-01-15T00:00:00Z")
	same(t, "when only a session cookie is left", d.Frames[3].Expires, "")
}

func TestEveryActionHasALabel(t *testing.T) {
	visit := func(url string) world.Action { return world.Action{Do: "visit", Browser: "A", URL: url} }
	wait := func(seconds int64) world.Action { return world.Action{Do: "wait", Seconds: &seconds} }
	for name, test := range map[string]struct {
		action world.Action
		zh, en string
	}{
		"visit":            {visit("/set_session"), "A set_session", "A set_session"},
		"query":            {visit("/set_cookie?value=%E5%B0%91+%E5%86%B0"), "A set_cookie?value=少 冰", "A set_cookie?value=少 冰"},
		"front page":       {visit("/"), "A /", "A /"},
		"another host":     {visit("https://tea.example/get_cookie"), "A tea.example/get_cookie", "A tea.example/get_cookie"},
		"long":             {visit("/set_session?username=abcdefghijklmnopqrstuvwxyz"), "A set_session?usern…stuvwxyz", "A set_session?usern…stuvwxyz"},
		"a second":         {wait(1), "等 1 秒", "wait 1 s"},
		"minutes":          {wait(600), "等 10 分钟", "wait 10 min"},
		"hours":            {wait(86400), "等 24 小时", "wait 24 h"},
		"days":             {wait(1209600), "等 14 天", "wait 14 days"},
		"as long as it is": {wait(1_000_000_000), "等 11574.1 天", "wait 11574.1 days"},
		"close":            {world.Action{Do: "close", Browser: "B"}, "关掉 B", "close B"},
		"put":              {world.Action{Do: "put", Browser: "B", Name: "num", Value: new("1")}, "B ← 手填 num", "B ← types in num"},
		"copy":             {world.Action{Do: "put", Browser: "B", Name: "num", Copy: "A"}, "B ← 抄 A 的 num", "B ← copies A's num"},
		"delete":           {world.Action{Do: "delete", Browser: "B", Name: "num"}, "B 删 num", "B deletes num"},
		"write":            {world.Action{Do: "script", Browser: "B", Set: new("a=1")}, "B 的脚本", "B's script"},
		"read":             {world.Action{Do: "script", Browser: "B"}, "B 的脚本", "B's script"},
		"delete a row":     {world.Action{Do: "server", Op: "delete", Browser: "B"}, "删掉 B 的行", "delete B's row"},
		"damage a row":     {world.Action{Do: "server", Op: "corrupt", Browser: "B"}, "弄坏 B 的行", "damage B's row"},
		"expire a row":     {world.Action{Do: "server", Op: "expire", Browser: "B"}, "让 B 的行到期", "let B's row expire"},
		"a row by its key": {world.Action{Do: "server", Op: "delete", Key: "abcdefghijklmnop"}, "删掉 abcd…mnop 的行", "delete abcd…mnop's row"},
		"purge":            {world.Action{Do: "purge"}, "clearsessions", "clearsessions"},
		"together": {world.Action{Do: "together", Visits: []world.Action{{Browser: "A", URL: "/flush"}, {Do: "visit", Browser: "B", URL: "/clear"}}},
			"A flush ∥ B clear", "A flush ∥ B clear"},
		"many together": {world.Action{Do: "together", Visits: slices.Repeat([]world.Action{{Browser: "A", URL: "/flush"}, {Browser: "B", URL: "/clear"}}, 90)},
			"A flush ∥ … ∥ B clear", "A flush ∥ … ∥ B clear"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			for lang, want := range map[string]string{"zh": test.zh, "en": test.en} {
				d := m.drawn(lang, asJSON(t, []world.Action{test.action}))
				same(t, lang, d.Frames[1].Label, want)
				same(t, lang+", the start", d.Frames[0].Label, map[string]string{"zh": "开始", "en": "start"}[lang])
			}
		})
	}
}

func TestTwoBrowsersStandAtTheSidesOfOneTable(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"visit","browser":"B","url":"/set_session?username=li"},{"do":"visit","browser":"A","url":"/set_session"},{"do":"close","browser":"C"}]`)
	panels := m.panelsOf(d)
	// Each browser has a place from the first frame on.
	for n := range panels {
		same(t, "beside", panels[n].HasClass("beside"), true)
		trio := panels[n].Find(".trio")
		same(t, fmt.Sprintf("frame %d, panels in order", n), attrsOf(trio.Children(), "data-panel"), []string{"browser", "server", "browser", "browser"})
		same(t, fmt.Sprintf("frame %d, browsers in order", n), attrsOf(trio.Find("[data-browser]"), "data-browser"), []string{"A", "B", "C"})
		same(t, fmt.Sprintf("frame %d, how many", n), trio.AttrOr("data-browsers", ""), "3")
		same(t, fmt.Sprintf("frame %d, wires", n), panels[n].Find(`[data-panel="wire"]`).Length(), 1)
	}
	// Each has its own session key, and the table names the holder of each.
	same(t, "holders", textsOf(panels[2].Find("[data-row] .small")), []string{"← held by B", "← held by A"})
	for i, name := range []string{"B", "A"} {
		key := panels[2].Find("[data-row]").Eq(i).AttrOr("data-key", "")
		same(t, name+"'s cookie", attrsOf(panels[2].Find(`[data-browser="`+name+`"] [data-cookie]`), "data-value"), []string{key})
	}
}

func TestExchangesMadeTogetherStandTogether(t *testing.T) {
	m := newMachine(t)
	d := m.drawn("en", `[{"do":"together","visits":[{"browser":"A","url":"/set_cookie?name=a"},{"browser":"B","url":"/get_cookie"},{"browser":"A","url":"/set_cookie?name=b&samesite=None"}]}]`)
	same(t, "status", d.Frames[1].Status, 200)
	exchanges := m.panelsOf(d)[1].Find("[data-exchange]")
	same(t, "ids", attrsOf(exchanges, "data-exchange"), []string{"1.1", "1.2", "1"})
	same(t, "who", textsOf(exchanges.Find("summary b")), []string{"A", "B", "A"})
	same(t, "open", attrsOf(exchanges, "open"), []string{"(none)", "(none)", ""})
	for i, want := range [][]string{{"stored"}, {}, {"refused"}} {
		same(t, fmt.Sprintf("what became of the lines of exchange %d", i+1), attrsOf(exchanges.Eq(i).Find("[data-verdict]"), "data-verdict"), want)
	}
}
