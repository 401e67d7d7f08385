package lessons

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// parsed parses a claim as written in lesson.yaml.
func parsed(t *testing.T, text string, s *Step) Claim {
	t.Helper()
	v, err := parseYAML("claim", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseClaim(v, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func inWorld() *Step { return &Step{Lesson: &Lesson{Mode: World}} }

func aboutJar() *Step { return &Step{Lesson: &Lesson{Mode: Live}, Jar: &jar.Question{}} }

func after(seconds int) *time.Time {
	t := noon.Add(time.Duration(seconds) * time.Second)
	return &t
}

const oldKey, newKey = "k1k1k1k1k1k1k1k1", "k2k2k2k2k2k2k2k2"

// scene is the evidence for most claims below: a response that sets a new session key and
// deletes num, to a request with the old key and two cookies named num.
func scene() Evidence {
	return Evidence{
		At: noon,
		Exchange: &world.Exchange{
			Request: world.Request{Headers: [][2]string{{"Host", "localhost"}, {"Cookie", "num=2; num=1; sessionid=" + oldKey}}},
			Response: world.Response{
				Status:  200,
				Headers: [][2]string{{"Set-Cookie", `num=""; Max-Age=0; Path=/`}, {"Set-Cookie", "sessionid=" + newKey + "; Max-Age=60"}},
				Body:    "fan18",
			},
		},
		Jar: []jar.Cookie{
			{Name: "theme", Value: "dark"},
			{Name: "vip", Value: "1", Path: "/get_cookie"}, {Name: "vip", Value: "0", Path: "/"},
			{Name: "sessionid", Value: newKey, Expires: after(60)},
		},
		DocumentCookie: "theme=dark; vip=0",
		Rows: []session.Row{
			{Key: oldKey, Data: `{"cart":1}`, Expires: *after(10)},
			{Key: newKey, Data: `{"username":"fan","age":18,"note":"<&>"}`, Expires: *after(1209600)},
		},
		AllRows: true,
	}
}

func changed(change func(*Evidence)) Evidence {
	ev := scene()
	change(&ev)
	return ev
}

func TestEachFieldOfAClaimIsSeenToHoldAndToFail(t *testing.T) {
	noRows := changed(func(ev *Evidence) { ev.Rows = nil })
	emptyRow := changed(func(ev *Evidence) { ev.Rows = []session.Row{{Key: newKey, Data: " { } ", Expires: *after(5)}} })
	damaged := changed(func(ev *Evidence) { ev.Rows = []session.Row{{Key: newKey, Data: `{"age`, Expires: *after(5)}} })
	null := changed(func(ev *Evidence) { ev.Rows = []session.Row{{Key: newKey, Data: `null`, Expires: *after(5)}} })
	expired := changed(func(ev *Evidence) { ev.Rows = []session.Row{{Key: newKey, Data: `{}`, Expires: noon}} })
	kept := changed(func(ev *Evidence) { ev.Jar[3].Value = oldKey })
	noKey := changed(func(ev *Evidence) { ev.Jar = nil })
	failed := changed(func(ev *Evidence) { ev.Exchange.Response.Status = 500 })
	for _, tt := range []struct {
		claim string
		ev    Evidence
		want  Outcome
	}{
		{"{status: 200}", scene(), Holds},
		{"{status: 500}", scene(), Fails},
		{"{body: fan18}", scene(), Holds},
		{"{body: fan}", scene(), Fails},
		{`{body: ""}`, scene(), Fails},
		{"{body_has: fan}", scene(), Holds},
		{"{body_has: li}", scene(), Fails},
		{"{body_has: fan}", failed, Fails},

		{"{sent: num}", scene(), Holds},
		{"{sent: [num=2, num=1]}", scene(), Holds},
		{"{sent: num=3}", scene(), Fails},
		{"{sent: [num=2, theme]}", scene(), Fails},
		{"{not_sent: theme}", scene(), Holds},
		{"{not_sent: [theme, num]}", scene(), Fails},
		{"{sent_count: {num: 2, theme: 0}}", scene(), Holds},
		{"{sent_count: {num: 1}}", scene(), Fails},
		{"{set_cookie: [num, sessionid]}", scene(), Holds},
		{"{set_cookie: theme}", scene(), Fails},
		{"{no_set_cookie: theme}", scene(), Holds},
		{"{no_set_cookie: sessionid}", scene(), Fails},

		{"{jar: theme}", scene(), Holds},
		{"{jar: [theme=dark, vip=0, vip=1]}", scene(), Holds},
		{"{jar: theme=light}", scene(), Fails},
		{"{jar: num}", scene(), Fails},
		{"{not_in_jar: num}", scene(), Holds},
		{"{not_in_jar: [num, theme]}", scene(), Fails},
		{"{jar_count: {vip: 2, num: 0}}", scene(), Holds},
		{"{jar_count: {vip: 1}}", scene(), Fails},
		{"{cookie_expires: {theme: session, sessionid: 60}}", scene(), Holds},
		{"{cookie_expires: {theme: 60}}", scene(), Fails},
		{"{cookie_expires: {sessionid: session}}", scene(), Fails},
		{"{cookie_expires: {sessionid: 61}}", scene(), Fails},
		{"{cookie_expires: {num: session}}", scene(), Fails},
		{"{script_sees: theme}", scene(), Holds},
		{"{script_sees: sessionid}", scene(), Fails},
		{"{script_blind: sessionid}", scene(), Holds},
		{"{script_blind: vip}", scene(), Fails},

		{"{row: {username: fan, age: 18}}", scene(), Holds},
		{"{row: {note: <&>}}", scene(), Holds},
		{`{row: {age: "18"}}`, scene(), Fails},
		{"{row: {cart: 1}}", scene(), Fails}, // in the row of the key that was sent
		{"{row: {username: fan}}", noRows, Fails},
		{"{row: {username: fan}}", noKey, Fails},
		{"{row: {}}", emptyRow, Holds},
		{"{row: {}}", scene(), Fails},
		{"{row: {}}", noRows, Fails},
		{"{row: {}}", damaged, Fails},
		{"{row: {}}", null, Fails},
		{"{row: {}}", expired, Fails},
		{"{row: {age: 18}}", damaged, Fails},
		{"{row_lacks: cart}", scene(), Holds},
		{"{row_lacks: age}", scene(), Fails},
		{"{row_lacks: age}", noRows, Fails},
		{"{no_row: true}", noRows, Holds},
		{"{no_row: true}", scene(), Fails},
		{"{no_row: true}", noKey, Fails},   // the row of the key that was sent exists
		{"{no_row: true}", expired, Fails}, // expired, but it exists
		{"{no_row: true}", changed(func(ev *Evidence) { ev.Rows[0].Key, ev.Rows[1].Key = "another-key", "a-third-key" }), Holds},
		{"{row_expires: 1209600}", scene(), Holds},
		{"{row_expires: 1209599}", scene(), Fails},
		{"{row_expires: 10}", noRows, Fails},
		{"{key: new}", scene(), Holds},
		{"{key: kept}", scene(), Fails},
		{"{key: kept}", kept, Holds},
		{"{key: new}", kept, Fails},
		{"{key: new}", noKey, Fails},
		{"{rows: 2}", scene(), Holds},
		{"{rows: 1}", scene(), Fails},
		{"{any_row: {cart: 1}}", scene(), Holds},
		{"{any_row: {cart: 1, age: 18}}", scene(), Fails}, // spread over two rows
		{"{any_row: {}}", scene(), Fails},
		{"{any_row: {}}", expired, Holds},

		{"{status: 200, jar: theme}", scene(), Holds},
		{"{status: 200, jar: num}", scene(), Fails},
	} {
		c := parsed(t, tt.claim, inWorld())
		if got := c.Outcome(tt.ev); got != tt.want {
			t.Errorf("%s %s, want %s: %+v", tt.claim, got, tt.want, c.Check(tt.ev))
		}
	}
}

// A field that the judge forgets would always hold.
func TestNoFieldOfAClaimIsForgotten(t *testing.T) {
	for _, field := range slices.Concat(exchanged, inBoth, worldOnly, jarOnly) {
		step := inWorld()
		if slices.Contains(jarOnly, field) {
			step = aboutJar()
		}
		for _, value := range []string{"5", "true", "word", "{word: 5}", "{word: word}", "kept"} {
			v, err := parseYAML("claim", []byte("{"+field+": "+value+"}"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := parseClaim(v, step)
			if err != nil {
				continue // the value has another field's type
			}
			ev := scene()
			if step.Jar != nil {
				ev = Evidence{Answer: &jar.Answer{}}
			}
			if n := len(c.Check(ev)); n == 0 {
				t.Errorf("{%s: %s} is read but never judged", field, value)
			}
		}
	}
}

func answer() Evidence {
	return Answered(jar.Answer{
		Verdicts: []jar.Verdict{
			{Stored: false, Code: jar.Refused, Reason: jar.ReasonSecure},
			{Stored: true, Code: jar.Stored},
		},
		Jar: []jar.Cookie{
			{Name: "num", Value: "1", HostOnly: true, SameSite: "Lax", Expires: after(86400)},
			{Name: "sid", Value: "k", HostOnly: true},
		},
		Cookie:   "num=1",
		Withheld: []jar.Withheld{{Cookie: jar.Cookie{Name: "sid"}, Reason: jar.ReasonSameSite}},
	}, noon)
}

func TestAClaimAboutSetCookieLinesHoldsAndFails(t *testing.T) {
	refused := answer()
	refused.Answer.Verdicts = refused.Answer.Verdicts[:1]
	mixed := answer()
	mixed.Answer.Jar = slices.Clone(mixed.Answer.Jar)
	mixed.Answer.Jar[0].HostOnly = false
	nothing := Answered(jar.Answer{}, noon)
	for _, tt := range []struct {
		claim string
		ev    Evidence
		want  Outcome
	}{
		{"{stored: true}", answer(), Holds},
		{"{stored: false}", answer(), Fails},
		{"{stored: false}", refused, Holds},
		{"{stored: false}", nothing, Fails},
		{"{reason: secure}", refused, Holds},
		{"{reason: secure}", answer(), Fails},
		{"{header: num=1}", answer(), Holds},
		{`{header: ""}`, answer(), Fails},
		{`{header: ""}`, nothing, Holds},
		{"{withheld: {sid: samesite}}", answer(), Holds},
		{"{withheld: {sid: path}}", answer(), Fails},
		{"{withheld: {num: samesite}}", answer(), Fails},
		{"{host_only: true}", answer(), Holds},
		{"{host_only: true}", mixed, Fails},
		{"{host_only: false}", nothing, Fails},
		{"{same_site: {num: Lax}}", answer(), Holds},
		{"{same_site: {num: None}}", answer(), Fails},
		{"{same_site: {other: Lax}}", answer(), Fails},
		{`{header: "", stored: false}`, Evidence{At: noon}, Unknown},
		{"{jar: num=1, not_in_jar: other, jar_count: {sid: 1}}", answer(), Holds},
		{"{not_in_jar: sid}", answer(), Fails},
		{"{cookie_expires: {num: 86400, sid: session}}", answer(), Holds},
		{"{cookie_expires: {num: session}}", answer(), Fails},
	} {
		c := parsed(t, tt.claim, aboutJar())
		if got := c.Outcome(tt.ev); got != tt.want {
			t.Errorf("%s %s, want %s: %+v", tt.claim, got, tt.want, c.Check(tt.ev))
		}
	}
}

func TestWhatALivePageCannotKnowIsUnknown(t *testing.T) {
	live := changed(func(ev *Evidence) {
		ev.AllRows = false
		ev.Unknown = map[string][]string{"theme": {"expires"}}
	})
	unseen := changed(func(ev *Evidence) { ev.Exchange = nil })
	for _, tt := range []struct {
		claim string
		ev    Evidence
		want  Outcome
	}{
		{"{rows: 2}", live, Unknown},
		{"{any_row: {cart: 1}}", live, Unknown},
		{"{cookie_expires: {theme: session}}", live, Unknown},
		{"{cookie_expires: {theme: 60}}", live, Unknown},
		{"{cookie_expires: {sessionid: 60}}", live, Holds},
		{"{cookie_expires: {num: 60}}", live, Fails},
		{"{status: 200}", unseen, Unknown},
		{"{not_sent: num}", unseen, Unknown},
		{"{key: kept}", unseen, Unknown},
		{"{status: 200, jar: theme}", unseen, Unknown},
		{"{status: 200, jar: num}", unseen, Fails},
		{"{jar: theme}", unseen, Holds},
	} {
		c := parsed(t, tt.claim, inWorld())
		if got := c.Outcome(tt.ev); got != tt.want {
			t.Errorf("%s %s, want %s: %+v", tt.claim, got, tt.want, c.Check(tt.ev))
		}
	}
}

func TestALiveClockMayBeOffByFourSeconds(t *testing.T) {
	for _, tt := range []struct {
		seconds string
		slack   time.Duration
		want    Outcome
	}{
		{"60", 0, Holds}, {"61", 0, Fails},
		{"64", liveSlack, Holds}, {"56", liveSlack, Holds},
		{"65", liveSlack, Fails}, {"55", liveSlack, Fails},
	} {
		ev := changed(func(ev *Evidence) { ev.Slack, ev.Rows[1].Expires = tt.slack, *after(60) })
		for _, claim := range []string{"{cookie_expires: {sessionid: " + tt.seconds + "}}", "{row_expires: " + tt.seconds + "}"} {
			if got := parsed(t, claim, inWorld()).Outcome(ev); got != tt.want {
				t.Errorf("%s with %s: %s, want %s", claim, tt.slack, got, tt.want)
			}
		}
	}
}

func TestAResultSaysWhatWasClaimedAndWhatWasFound(t *testing.T) {
	c := parsed(t, "{status: 500, sent: num=1, not_in_jar: theme, cookie_expires: {sessionid: session}, row: {age: 20, note: x}, any_row: {a: 1, b: x}}", inWorld())
	want := []Result{
		{"status", "", "500", "200", Fails},
		{"sent", "num", "1", "1", Holds},
		{"not_in_jar", "theme", "", "dark", Fails},
		{"cookie_expires", "sessionid", "session", "60", Fails},
		{"row", "age", "20", "18", Fails},
		{"row", "note", `"x"`, `"<&>"`, Fails},
		{"any_row", "", `{"a": 1, "b": "x"}`, `{"cart":1} {"username":"fan","age":18,"note":"<&>"}`, Fails},
	}
	if got := c.Check(scene()); !slices.Equal(got, want) {
		t.Errorf("Check = %+v\nwant    %+v", got, want)
	}
}

func TestTheLastVisitorIsTheOneWhoIsJudged(t *testing.T) {
	frame := func(browser, body string) world.Frame {
		return world.Frame{
			At:       noon,
			Exchange: &world.Exchange{Response: world.Response{Status: 200, Body: body}},
			Browsers: map[string]world.Browser{
				"A": {Jar: []jar.Cookie{{Name: "who", Value: "A"}}},
				"B": {Jar: []jar.Cookie{{Name: "who", Value: "B"}}},
			},
		}
	}
	quiet := frame("A", "")
	quiet.Exchange = nil
	s := &Step{
		Lesson: &Lesson{Mode: World},
		From:   []world.Action{{Do: "visit", Browser: "A", URL: "/from"}},
		Do: []world.Action{
			{Do: "visit", Browser: "A", URL: "/a"},
			{Do: "together", Visits: []world.Action{{Browser: "A", URL: "/a"}, {Browser: "B", URL: "/b"}}},
			{Do: "script", Browser: "A"},
		},
	}
	ev := s.Played([]world.Frame{{At: noon}, frame("A", "from"), frame("A", "first"), frame("B", "second"), quiet})
	c := parsed(t, "{jar: who=B, body: second}", s)
	if got := c.Outcome(ev); got != Holds {
		t.Errorf("%s: %+v", got, c.Check(ev))
	}
	// An exchange of from does not belong to the step.
	s.Do = s.Do[2:]
	ev = s.Played([]world.Frame{{At: noon}, frame("A", "from"), quiet})
	if ev.Exchange != nil {
		t.Errorf("the step's exchange is the one before its start: %+v", ev.Exchange)
	}
}

func TestAStepWithNoRightOptionOrTwoIsRefused(t *testing.T) {
	fsys := goodLesson()
	play := func(actions []world.Action) ([]world.Frame, error) {
		frames := make([]world.Frame, len(actions)+1)
		for i := range frames {
			frames[i] = world.Frame{At: noon, Exchange: scene().Exchange}
		}
		return frames, nil
	}
	for old, want := range map[string]string{
		"":                           "",
		"{status: 500}":              `08-mine/lesson.yaml:6: step "first": one option must hold, but these do: ["a" "b"]`,
		"{status: 200, sent: num=1}": `08-mine/lesson.yaml:6: step "first": one option must hold, but these do: []`,
	} {
		text := goodYAML
		if old != "" {
			text = strings.Replace(text, old, map[bool]string{true: "{status: 200}", false: "{status: 404}"}[old == "{status: 500}"], 1)
		}
		fsys["08-mine/lesson.yaml"].Data = []byte(text)
		cat, err := Load(fsys)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := cat.Check(play); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("Check = %q, want %q", got, want)
		}
	}
}
