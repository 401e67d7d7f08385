package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
)

// drawFrame draws a frame as on a page.
func (m *machine) drawFrame(lang string, f world.Frame) *goquery.Selection {
	m.Helper()
	html, err := m.app.part(lang, "lesson", "panels", scene.Panels(templates.Words(lang), f))
	if err != nil {
		m.Fatal(err)
	}
	return fragmentOf(m.T, html).Find("[data-panels]")
}

// held returns a frame of one real browser with these cookies.
func held(cookies ...world.Seen) world.Frame {
	b := world.Browser{Look: &world.Look{URL: "http://localhost:8080/en/lab", Scripted: true}}
	for _, c := range cookies {
		b.Jar, b.Look.Known = append(b.Jar, c.Cookie), append(b.Look.Known, c.Known)
	}
	return world.Frame{At: newYear, Browsers: map[string]world.Browser{"A": b}}
}

// ours returns what is known of a cookie of this site: everything but some facts.
func ours(unknown ...world.Fact) world.Known { return world.Known{Ours: true, Unknown: unknown} }

// attributeFacts maps a cookie's attribute in the contract to the fact that must be known.
var attributeFacts = map[string]world.Fact{
	"domain": world.FactScope, "host-only": world.FactScope, "path": world.FactPath, "expires": world.FactExpires, "secure": world.FactSecure,
	"http-only": world.FactHTTPOnly, "same-site": world.FactSameSite, "partitioned": world.FactPartitioned,
}

// cardOf returns a cookie's data attributes.
func cardOf(card *goquery.Selection) map[string]string {
	said := map[string]string{}
	for name := range attributeFacts {
		said[name] = card.AttrOr("data-"+name, "(none)")
	}
	return said
}

func TestWhatNobodyKnowsIsUnknownAndNeverGuessed(t *testing.T) {
	m := newMachine(t)
	at := newYear.Add(time.Hour)
	full := jar.Cookie{Name: "num", Value: "1", Domain: "localhost", HostOnly: true, Path: "/en", Expires: &at, Secure: true, HTTPOnly: true, SameSite: "Strict", Partitioned: true}
	known := map[string]string{"domain": "localhost", "host-only": "true", "path": "/en", "expires": "2026-01-01T01:00:00Z", "secure": "true",
		"http-only": "true", "same-site": "Strict", "partitioned": "true"}
	bare := map[string]string{"domain": "", "host-only": "false", "path": "", "expires": "session", "secure": "false", "http-only": "false", "same-site": "", "partitioned": "false"}
	all := []world.Fact{world.FactScope, world.FactPath, world.FactExpires, world.FactSecure, world.FactHTTPOnly, world.FactSameSite, world.FactPartitioned}
	chips := map[world.Fact]string{world.FactScope: ".domain", world.FactPath: ".path", world.FactExpires: ".life", world.FactSecure: ".secure",
		world.FactHTTPOnly: ".http-only", world.FactSameSite: ".same-site", world.FactPartitioned: ".partitioned"}
	names := map[world.Fact]string{world.FactScope: "Domain", world.FactPath: "Path", world.FactExpires: "Expires", world.FactSecure: "Secure",
		world.FactHTTPOnly: "HttpOnly", world.FactSameSite: "SameSite", world.FactPartitioned: "Partitioned"}
	missing := [][]world.Fact{nil, all}
	for _, f := range all {
		missing = append(missing, []world.Fact{f})
	}
	for _, facts := range missing {
		for kind, c := range map[string]struct {
			cookie jar.Cookie
			known  map[string]string
		}{"full": {full, known}, "bare": {jar.Cookie{Name: "num", Value: "1"}, bare}} {
			card := m.drawFrame("en", held(world.Seen{Cookie: c.cookie, Known: ours(facts...)})).Find("[data-cookie]")
			want := map[string]string{}
			for name, value := range c.known {
				if want[name] = value; slices.Contains(facts, attributeFacts[name]) {
					want[name] = "unknown"
				}
			}
			what := fmt.Sprintf("%s, not knowing %v", kind, facts)
			same(t, what, cardOf(card), want)
			// The chips show exactly the attributes that are unknown.
			said := strings.Join(textsOf(card.Find(".chip.unknown span:first-child")), "")
			if (said == "") != (len(facts) == 0) {
				t.Errorf("%s: the chip of what is unknown says %q", what, said)
			}
			for _, f := range all {
				isUnknown := slices.Contains(facts, f)
				if isUnknown && card.Find(chips[f]).Length() != 0 {
					t.Errorf("%s: there is a chip %s all the same", what, chips[f])
				}
				if strings.Contains(said, names[f]) != isUnknown {
					t.Errorf("%s: the chip of what is unknown says %q, %s being unknown is %v", what, said, names[f], isUnknown)
				}
			}
		}
	}
}

func TestAnAttributeThatIsKnownHasItsChip(t *testing.T) {
	m := newMachine(t)
	in := func(d time.Duration) *time.Time { at := newYear.Add(d); return &at }
	host := jar.Cookie{Domain: "localhost", HostOnly: true, Path: "/"}
	with := func(change func(*jar.Cookie)) jar.Cookie { c := host; change(&c); return c }
	for name, test := range map[string]struct {
		cookie jar.Cookie
		want   []string
	}{
		"nothing given": {host, []string{"until the browser closes", "SameSite not given", "Path=/", "localhost only"}},
		"an age": {with(func(c *jar.Cookie) { c.Expires = in(25*time.Hour + time.Second) }),
			[]string{"1 d 01:00:01 left", "SameSite not given", "Path=/", "localhost only"}},
		"less than a day":    {with(func(c *jar.Cookie) { c.Expires = in(time.Hour) }), []string{"01:00:00 left", "SameSite not given", "Path=/", "localhost only"}},
		"less than a minute": {with(func(c *jar.Cookie) { c.Expires = in(1500 * time.Millisecond) }), []string{"2 s left", "SameSite not given", "Path=/", "localhost only"}},
		"over":               {with(func(c *jar.Cookie) { c.Expires = in(-time.Hour) }), []string{"0 s left", "SameSite not given", "Path=/", "localhost only"}},
		"everything": {jar.Cookie{Domain: "example.org", Path: "/a", Secure: true, HTTPOnly: true, SameSite: "None", Partitioned: true},
			[]string{"until the browser closes", "HttpOnly", "Secure", "SameSite=None", "Path=/a", "Domain=example.org", "Partitioned"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &machine{t, m.app, m.handler}
			for _, lang := range templates.Languages {
				card := m.drawFrame(lang, held(world.Seen{Cookie: test.cookie, Known: ours()})).Find("[data-cookie]")
				if got := textsOf(card.Find(".chip > span:first-of-type")); lang == "en" {
					same(t, "chips", got, test.want)
				} else {
					same(t, "number of chips in "+lang, len(got), len(test.want))
				}
				for i, help := range textsOf(card.Find(".chip .tip")) {
					if help == "" || strings.ContainsAny(help, "{}") {
						t.Errorf("%s: chip %d explains itself with %q", lang, i, help)
					}
				}
			}
		})
	}
}

// A data attribute has the whole value, the visible text a shortened one.
func TestAValueIsRawForProgramsAndShortForEyes(t *testing.T) {
	m := newMachine(t)
	long := strings.Repeat("0123456789", 20)
	for name, test := range map[string]struct{ value, shown, decoded string }{
		"plain":          {"1", "1", ""},
		"empty":          {"", "", ""},
		"room around it": {`"a b"`, `"a b"`, ""},
		"html":           {`<b>&amp;"'</b>`, `<b>&amp;"'</b>`, ""},
		"encoded":        {"%E5%B0%91%E5%86%B0", "%E5%B0%91%E5%86%B0", "少冰"},
		"a lone percent": {"100%", "100%", ""},
		"no UTF-8":       {"%FF%FE", "%FF%FE", ""},
		"plus":           {"a+b%20c", "a+b%20c", "a+b c"},
		"encoded html":   {"%3Cscript%3E", "%3Cscript%3E", "<script>"},
		"long":           {long, long[:40] + "…" + long[len(long)-20:], ""},
		"Chinese":        {strings.Repeat("少冰", 40), strings.Repeat("少冰", 20) + "…" + strings.Repeat("少冰", 10), ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := &machine{t, m.app, m.handler}
			card := m.drawFrame("en", held(world.Seen{Cookie: jar.Cookie{Name: test.value + "n", Value: test.value}, Known: ours()})).Find("[data-cookie]")
			same(t, "data-value", card.AttrOr("data-value", "(none)"), test.value)
			same(t, "data-name", card.AttrOr("data-name", "(none)"), test.value+"n")
			same(t, "shown", card.Find(".value").Text(), test.shown)
			decoded := card.Find(".decoded").Text()
			if test.decoded == "" && decoded != "" || !strings.Contains(decoded, test.decoded) {
				t.Errorf("decoded is %q, want %q in it", decoded, test.decoded)
			}
		})
	}
}

// A cookie of another program on this host may be secret, and the screen may be projected.
func TestAnotherProgramsValueIsMasked(t *testing.T) {
	m := newMachine(t)
	const secret = "5up3rS3cr3t%20Tok3n"
	foreign := world.Seen{Cookie: jar.Cookie{Name: "csrftoken", Value: secret}, Known: world.Known{Doubt: world.DoubtForeign}}
	for _, lang := range templates.Languages {
		card := m.drawFrame(lang, held(foreign)).Find("[data-cookie]")
		if text := card.Text(); strings.Contains(text, "5up3r") || strings.Contains(text, "Tok3n") {
			t.Errorf("%s: a foreign value is in sight: %q", lang, text)
		}
		same(t, lang+": shown", card.Find(".value").Text(), "••••••••")
		same(t, lang+": buttons that show it", card.Find("button[data-reveal]").Length(), 1)
		same(t, lang+": for programs", card.AttrOr("data-value", ""), secret)
		if doubt := textsOf(card.Find(".doubt")); len(doubt) != 1 {
			t.Errorf("%s: doubts are %q, want that it is foreign", lang, doubt)
		}
	}
	short := foreign
	short.Value = "ab"
	same(t, "a short one", m.drawFrame("en", held(short)).Find(".value").Text(), "••")

	own := foreign
	own.Known = ours()
	card := m.drawFrame("en", held(own)).Find("[data-cookie]")
	same(t, "our own", card.Find(".value").Text(), secret)
	same(t, "buttons", card.Find("[data-reveal], [data-cookie-tool]").Length(), 0)

	played := held(foreign)
	played.Browsers["A"] = world.Browser{Jar: played.Browsers["A"].Jar}
	card = m.drawFrame("en", played).Find("[data-cookie]")
	same(t, "in the time machine nothing is foreign", card.Find(".value").Text(), secret)
	same(t, "and its owner has tools", attrsOf(card.Find("[data-cookie-tool]"), "data-cookie-tool"), []string{"delete", "edit", "copy"})
}

// A session key has the same badge in the jar, on the wire and in the row.
func TestAKeyHasTheSameBadgeInJarWireAndRow(t *testing.T) {
	m := newMachine(t)
	panels := m.panelsOf(m.drawn("en", scriptOf(visited("/set_session"), visited("/set_session?n=1"), `{"do":"put","browser":"B","name":"sessionid","copy":"A"}`,
		`{"do":"visit","browser":"C","url":"/set_session"}`)))
	badge := func(e *goquery.Selection) string {
		var classes []string
		for class := range strings.FieldsSeq(e.AttrOr("class", "")) {
			if class == "key" || strings.HasPrefix(class, "k") {
				classes = append(classes, class)
			}
		}
		return strings.Join(classes, " ") + " " + e.Find("[data-glyph]").AttrOr("data-glyph", "") + strings.TrimPrefix(strings.TrimSpace(e.Text()), "sessionid=")
	}
	badges := func(s *goquery.Selection) []string {
		var list []string
		s.Each(func(_ int, e *goquery.Selection) { list = append(list, badge(e)) })
		return list
	}
	second := panels[2]
	in := map[string][]string{
		"jar":        badges(second.Find("[data-cookie] .key")),
		"Cookie":     badges(second.Find(`[data-header="Cookie"] .key`)),
		"Set-Cookie": badges(second.Find(`[data-header="Set-Cookie"] .key`)),
		"row":        badges(second.Find("[data-row] .key")),
	}
	key := second.Find("[data-row]").AttrOr("data-key", "")
	for where, got := range in {
		if len(got) != 1 || got[0] != in["row"][0] {
			t.Errorf("in %s the badge of the key is %q, in the row %q", where, got, in["row"])
		}
		if !strings.HasSuffix(got[0], world.Short(key)) {
			t.Errorf("in %s the key %s is written %q", where, key, got)
		}
	}
	if text := second.Text(); strings.Contains(text, key) {
		t.Error("the whole key is in sight")
	}
	same(t, "a copy", badges(panels[3].Find(`[data-browser="B"] .key`)), in["row"])
	rows := badges(panels[4].Find("[data-row] .key"))
	if len(rows) != 2 || rows[0] == rows[1] {
		t.Errorf("the badges of two keys are %q", rows)
	}
	same(t, "holders", textsOf(panels[4].Find("[data-row] dd > .small")), []string{"← held by A and B", "← held by C"})

	// A value too short for a session key has no badge and is not masked.
	card := m.drawFrame("en", held(world.Seen{Cookie: jar.Cookie{Name: session.CookieName, Value: "k1"}, Known: ours()})).Find("[data-cookie]")
	same(t, "a short key", card.Find(".key").Length(), 0)
	same(t, "and its value", card.Find(".value").Text(), "k1")
}

func TestADamagedRowSaysSoAndGuessesNoData(t *testing.T) {
	m := newMachine(t)
	for lang, want := range map[string]string{"zh": "数据已损坏，读出来是空的", "en": "damaged: it reads as empty"} {
		d := m.drawn(lang, scriptOf(visited("/set_session"), `{"do":"server","op":"corrupt","browser":"A"}`, visited("/set_session?n=1")))
		panels := m.panelsOf(d)
		row := panels[2].Find("[data-row]")
		same(t, lang, textsOf(row.Find(".data")), []string{want})
		same(t, lang+": entries", row.Find("[data-entry]").Length(), 0)
		same(t, lang+": key", row.AttrOr("data-key", ""), panels[1].Find("[data-row]").AttrOr("data-key", "-"))
		same(t, lang+": repaired", attrsOf(panels[3].Find("[data-entry]"), "data-key"), []string{"n"})
	}
}

func TestEntriesStandInTheOrderInWhichTheyCame(t *testing.T) {
	m := newMachine(t)
	panels := m.panelsOf(m.drawn("en", scriptOf(visited("/set_session?zebra=1&apple=2&mango=003"), visited("/set_expiry?value=60"), visited("/set_session?apple=<x>&banana=-5"), visited("/del?key=zebra"), visited("/set_session?zebra="))))
	entries := panels[5].Find("[data-entry]")
	same(t, "keys", attrsOf(entries, "data-key"), []string{"apple", "mango", "_session_expiry", "banana", "zebra"})
	same(t, "values", attrsOf(entries, "data-value"), []string{`"<x>"`, `"003"`, "60", "-5", `""`})
	same(t, "in sight", textsOf(entries), []string{`"apple": "<x>"`, `"mango": "003"`, `"_session_expiry": 60`, `"banana": -5`, `"zebra": ""`})
	same(t, "Django's own", textsOf(panels[5].Find(".entry.own .entry-key")), []string{`"_session_expiry"`})
}

func TestAnExpiredRowIsStampedAndNotGone(t *testing.T) {
	m := newMachine(t)
	panels := m.panelsOf(m.drawn("en", scriptOf(visited("/set_session"), waited(fortnight-1), waited(1), waited(1), `{"do":"purge"}`)))
	for n, want := range []struct {
		rows    []string
		stamped int
		count   string
	}{{[]string{}, 0, "0 rows"}, {[]string{"row"}, 0, "1 row"}, {[]string{"row"}, 0, "1 row"}, {[]string{"row expired"}, 1, "1 row"}, {[]string{"row expired"}, 1, "1 row"}, {[]string{}, 0, "0 rows"}} {
		server := panels[n].Find(`[data-panel="server"]`)
		same(t, fmt.Sprintf("frame %d, rows", n), attrsOf(server.Find("[data-row]"), "class"), want.rows)
		same(t, fmt.Sprintf("frame %d, stamps", n), server.Find(".stamp").Length(), want.stamped)
		same(t, fmt.Sprintf("frame %d, count", n), server.Find(".count").Text(), want.count)
	}
	same(t, "who holds it", textsOf(panels[3].Find("[data-row] dd > .small")), []string{"no browser holds this session ID"})
}

func TestTheWireSaysWhatIsNotOnIt(t *testing.T) {
	m := newMachine(t)
	panels := m.panelsOf(m.drawn("en", scriptOf(visited("/get_cookie?safe=1"), visited("/set_cookie"), waited(1))))
	wire := func(n int) *goquery.Selection { return panels[n].Find(`[data-panel="wire"]`) }
	same(t, "no cookie, no Set-Cookie", textsOf(wire(1).Find(".absent")), []string{"(no Cookie line)", "(no Set-Cookie line)"})
	same(t, "a Set-Cookie", textsOf(wire(2).Find(".absent")), []string{"(no Cookie line)"})
	same(t, "lines in sight", attrsOf(wire(2).Find(`[data-message="response"] > .headers > [data-header]`), "data-header"), []string{"Set-Cookie"})
	same(t, "first lines", textsOf(wire(2).Find(".first-line")), []string{"GET /set_cookie HTTP/1.1", "HTTP/1.1 200 OK"})
	same(t, "the pieces of the line", textsOf(wire(2).Find(`[data-header="Set-Cookie"] .set-piece, [data-header="Set-Cookie"] .attr-piece`)), []string{"num=1", "Path=/"})
	if n := wire(3).Find("[data-exchange]").Length(); n != 0 || wire(3).Find(".empty").Text() == "" {
		t.Errorf("while time passes %d exchanges are on the wire, and it says %q", n, wire(3).Text())
	}
}

// Some steps ask the jar model, for addresses that this site does not have. The answer is
// drawn like any other frame.
func TestAStepThatIsPutToTheJarIsDrawn(t *testing.T) {
	m := newMachine(t)
	asked := 0
	for _, lesson := range m.app.Lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar == nil {
				continue
			}
			asked++
			name := lesson.ID + " " + step.ID
			var skeletons [][]string
			for _, lang := range templates.Languages {
				f, err := world.Ask(*step.Jar, newYear, func(n world.Note) string { return scene.Tell(lang, n) })
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if right := step.Right(lessons.Seen(f)); len(right) != 1 {
					t.Errorf("%s: options %q hold", name, right)
				}
				panels := m.drawFrame(lang, f)
				skeletons = append(skeletons, dataSkeleton(panels))
				m.sameAsAnswer(name, panels, step.Jar, *f.Answer)
				if said := panels.Find(".lead-note:not(.idle)").Text(); said == "" || isChinese(said) != (lang == "zh") {
					t.Errorf("%s says in %s: %q", name, lang, said)
				}
			}
			same(t, name+": skeleton", skeletons[0], skeletons[1])
		}
	}
	if asked < 6 {
		t.Errorf("only %d steps are put to the jar", asked)
	}
}

func (m *machine) sameAsAnswer(name string, panels *goquery.Selection, q *jar.Question, answer jar.Answer) {
	m.Helper()
	var inJar, withheld []string
	for _, c := range answer.Jar {
		inJar = append(inJar, c.Name+"="+c.Value)
	}
	for _, w := range answer.Withheld {
		withheld = append(withheld, w.Cookie.Name+" "+string(w.Reason))
	}
	var got []string
	panels.Find("[data-cookie]").Each(func(_ int, e *goquery.Selection) {
		got = append(got, e.AttrOr("data-name", "")+"="+e.AttrOr("data-value", ""))
	})
	same(m.T, name+": the jar", got, inJar)
	got = nil
	panels.Find("[data-elsewhere]").Each(func(_ int, e *goquery.Selection) {
		got = append(got, e.AttrOr("data-name", "")+" "+e.AttrOr("data-reason", ""))
	})
	same(m.T, name+": withheld", got, withheld)
	exchanges := panels.Find("[data-exchange]")
	same(m.T, name+": exchanges", exchanges.Length(), len(q.Set)+1)
	for i, step := range q.Set {
		e := exchanges.Eq(i)
		same(m.T, name+": the line", oneSpaced(e.Find(`[data-header="Set-Cookie"]`).Text()), "Set-Cookie: "+step.SetCookie)
		want := "refused"
		if answer.Verdicts[i].Stored {
			want = "stored"
		}
		same(m.T, name+": what became of it", attrsOf(e.Find("[data-verdict]"), "data-verdict"), []string{want})
	}
	last := exchanges.Last()
	if cookie := oneSpaced(last.Find(`[data-header="Cookie"]`).Text()); cookie != strings.TrimSpace("Cookie: "+answer.Cookie) && answer.Cookie != "" || answer.Cookie == "" && cookie != "" {
		m.Errorf("%s: the request carries %q, want %q", name, cookie, answer.Cookie)
	}
	same(m.T, name+": of the last request nobody asks the answer", last.Find(`[data-message="response"] .first-line`).Length(), 0)
	same(m.T, name+": there is no server", panels.Find("[data-row]").Length(), 0)
	if panels.Find(`[data-panel="server"] [data-empty]`).Text() == "" {
		m.Errorf("%s does not say that there is no server", name)
	}
}
