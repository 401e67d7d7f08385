package handlers

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
)

// The picture's dimensions, in user units.
const (
	pictureWidth = 960 // no coordinate is larger
	axisLeft     = 190
	axisWidth    = 600
	day          = 24 * 60 * 60 // seconds
)

// A picture is the picture of lifetimes on a page.
type picture struct {
	*testing.T
	*goquery.Selection
	from, to time.Time
}

// pictureOf parses a picture, and checks what must hold for every picture.
func pictureOf(t *testing.T, html string) picture {
	t.Helper()
	p := picture{T: t, Selection: fragmentOf(t, html).Find(`[data-panel="lifetimes"]`)}
	if p.Length() != 1 {
		t.Fatalf("%d pictures, want one", p.Length())
	}
	p.from, p.to = p.moment("data-from"), p.moment("data-to")
	if !p.from.Before(p.to) {
		t.Fatalf("the axis goes from %v to %v", p.from, p.to)
	}
	p.sound()
	return p
}

func (p picture) moment(name string) time.Time {
	p.Helper()
	at, err := time.Parse(time.RFC3339, p.AttrOr(name, ""))
	if err != nil {
		p.Fatal(err)
	}
	return at
}

// sound checks that everything is inside the picture, and that no bar has a negative length.
func (p picture) sound() {
	p.Helper()
	p.Find("svg *").Each(func(_ int, e *goquery.Selection) {
		for _, name := range []string{"x", "x1", "x2", "y", "y1", "y2", "width", "height"} {
			text, ok := e.Attr(name)
			if !ok || strings.HasSuffix(text, "%") || strings.HasSuffix(text, "em") {
				continue
			}
			if n, err := strconv.Atoi(text); err != nil || n < 0 || n > pictureWidth {
				p.Errorf("%s of %s is %q", name, e.Get(0).Data, text)
			}
		}
	})
	within := func(what string, x int) {
		if x < axisLeft || x > axisLeft+axisWidth {
			p.Errorf("%s stands at %d, the axis from %d to %d", what, x, axisLeft, axisLeft+axisWidth)
		}
	}
	p.Find("rect").Each(func(_ int, e *goquery.Selection) {
		x, width := coord(e, "x"), coord(e, "width")
		within("a bar", x)
		if width <= 0 || x+width > axisLeft+axisWidth+60 {
			p.Errorf("a bar at %d is %d wide", x, width)
		}
	})
	p.Find(".axis-words text").Each(func(_ int, e *goquery.Selection) {
		share, err := strconv.ParseFloat(strings.TrimSuffix(e.AttrOr("x", ""), "%"), 64)
		if err != nil || share < 0 || share > 100 {
			p.Errorf("%q stands at %q of the axis", e.Text(), e.AttrOr("x", ""))
		}
	})
	p.Find(".tick, .closing").Each(func(_ int, e *goquery.Selection) { within(e.AttrOr("class", ""), coord(e, "x1")) })
	p.Find(".notch").Each(func(_ int, e *goquery.Selection) {
		x, _, _ := strings.Cut(strings.TrimPrefix(e.AttrOr("d", ""), "M"), " ")
		n, err := strconv.Atoi(x)
		if err != nil {
			p.Fatal(err)
		}
		within("a notch", n)
	})
	if p.Find("svg").Length() > 0 {
		within("now", p.now())
	}
	ticks := p.Find(".tick")
	for i := range ticks.Length() - 1 {
		if gap := coord(ticks.Eq(i+1), "x1") - coord(ticks.Eq(i), "x1"); gap < 60 {
			p.Errorf("two ticks are %d apart, which is too little for their words", gap)
		}
	}
	if bars, lines := p.Find(".life").Length(), p.Find("[data-lifetimes-text] li").Length(); bars != lines {
		p.Errorf("%d bars, but %d lines of text", bars, lines)
	}
	labels := textsOf(p.Find(".life-label"))
	for i, line := range textsOf(p.Find("[data-lifetimes-text] li")) {
		if !strings.HasPrefix(line, labels[i]) {
			p.Errorf("bar %q is put into words as %q", labels[i], line)
		}
	}
}

func coord(e *goquery.Selection, name string) int {
	n, err := strconv.Atoi(e.AttrOr(name, ""))
	if err != nil {
		return math.MinInt
	}
	return n
}

// now returns the position of the line for now.
func (p picture) now() int {
	text := p.Find("[data-now]").AttrOr("transform", "")
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(text, "translate("), " 0)"))
	if err != nil {
		p.Fatalf("now stands at %q", text)
	}
	return n
}

// x returns the position of a time, in seconds after the new year.
func (p picture) x(seconds float64) int {
	at := float64(newYear.Unix()) + seconds
	share := (at - float64(p.from.Unix())) / float64(p.to.Unix()-p.from.Unix())
	return int(math.Round(axisLeft + axisWidth*share))
}

// A bar is one lifetime as displayed.
type bar struct {
	label, end string
	from, to   int // its two ends
	classes    string
	open       bool
	notches    []int
}

func (p picture) bars() []bar {
	var bars []bar
	labels, ends := textsOf(p.Find(".life-label")), textsOf(p.Find(".life-end"))
	p.Find(".life").Each(func(i int, e *goquery.Selection) {
		rect := e.Find("rect")
		b := bar{
			label: labels[i], end: ends[i], classes: strings.TrimPrefix(e.AttrOr("class", ""), "life "),
			from: coord(rect, "x"), to: coord(rect, "x") + coord(rect, "width"), open: e.Find(".open-edge").Length() == 1,
		}
		e.Find(".notch").Each(func(_ int, n *goquery.Selection) {
			x, _, _ := strings.Cut(strings.TrimPrefix(n.AttrOr("d", ""), "M"), " ")
			at, err := strconv.Atoi(x)
			if err != nil {
				p.Fatal(err)
			}
			b.notches = append(b.notches, at)
		})
		bars = append(bars, b)
	})
	return bars
}

// at checks that a position is that of a time, up to rounding.
func (p picture) at(what string, place int, seconds float64) {
	p.Helper()
	if want := p.x(seconds); place < want-1 || place > want+1 {
		p.Errorf("%s stands at %d, want %d", what, place, want)
	}
}

// visited and waited return actions in JSON, lives a picture of a list of them.
func visited(url string) string   { return `{"do":"visit","browser":"A","url":"` + url + `"}` }
func waited(seconds int) string   { return fmt.Sprintf(`{"do":"wait","seconds":%d}`, seconds) }
func scriptOf(a ...string) string { return "[" + strings.Join(a, ",") + "]" }
func closed(name string) string   { return `{"do":"close","browser":"` + name + `"}` }
func (m *machine) lives(lang string, actions ...string) picture {
	m.Helper()
	return pictureOf(m.T, m.drawn(lang, scriptOf(actions...)).Lifetimes)
}

const fortnight = 14 * day

func TestTheAxisSpansWhatIsDrawn(t *testing.T) {
	p := newMachine(t).lives("en", visited("/set_session"), waited(day))
	if !p.from.Equal(newYear) {
		t.Errorf("the axis begins %v, want at the first moment", p.from)
	}
	// After the last end there is room to drag now to.
	if end := newYear.Add(fortnight * time.Second); !p.to.After(end) || p.to.After(end.Add(48*time.Hour)) {
		t.Errorf("the axis ends %v, want a little after %v", p.to, end)
	}
	p.at("now", p.now(), day)
	for _, b := range p.bars() {
		p.at(b.label+" begins", b.from, 0)
		p.at(b.label+" ends", b.to, fortnight)
		same(t, b.label+": what is left", b.end, "13 d 00:00:00 left")
		if b.open {
			t.Errorf("%s has an open end", b.label)
		}
	}
	same(t, "in words", textsOf(p.Find("[data-lifetimes-text] li")), []string{
		"A · cookie sessionid: 13 d 00:00:00 left, until 2026-01-15 00:00:00Z.", "row on the server: 13 d 00:00:00 left, until 2026-01-15 00:00:00Z."})
	same(t, "ticks", textsOf(p.Find(".tick-text")), []string{"01-01", "01-04", "01-07", "01-10", "01-13", "01-16"})
}

func TestASessionCookieHasAnOpenEnd(t *testing.T) {
	m := newMachine(t)
	p := m.lives("en", visited("/set_cookie"))
	b := p.bars()[0]
	if !b.open || b.end != "ends with the browser" {
		t.Errorf("it is drawn as %+v", b)
	}
	same(t, "in words", textsOf(p.Find("[data-lifetimes-text] li")), []string{"A · cookie num: until the browser closes."})
	same(t, "in Chinese", textsOf(m.lives("zh", visited("/set_cookie")).Find("[data-lifetimes-text] li")), []string{"A · Cookie num：到关闭浏览器为止。"})
	// A session cookie exists while the browser is open: its bar does not end before now.
	p = m.lives("en", visited("/set_cookie"), waited(fortnight), visited("/get_cookie"))
	if b := p.bars()[0]; !b.open || b.to < p.now() {
		t.Errorf("after two weeks now stands at %d, and the bar of the cookie that is still there ends at %d", p.now(), b.to)
	}
}

func TestWithExpiryZeroTheCookieEndsAtClosingAndTheRowDoesNot(t *testing.T) {
	m := newMachine(t)
	before := []string{visited("/set_session"), visited("/set_expiry?value=0"), waited(day)}
	bars := m.lives("en", before...).bars()
	if cookie, row := bars[0], bars[1]; !cookie.open || row.open || row.end != "13 d 00:00:00 left" {
		t.Errorf("before closing there are %+v", bars)
	}
	p := m.lives("en", append(before, closed("A"), waited(day))...)
	bars = p.bars()
	cookie, row := bars[0], bars[1]
	if cookie.open || cookie.end != "gone" {
		t.Errorf("after closing the cookie is drawn as %+v", cookie)
	}
	p.at("the cookie's end", cookie.to, day)
	p.at("the row's end", row.to, fortnight)
	same(t, "in words", textsOf(p.Find("[data-lifetimes-text] li")), []string{
		"A · cookie sessionid: gone 2026-01-02 00:00:00Z.", "row on the server: 12 d 00:00:00 left, until 2026-01-15 00:00:00Z."})
	same(t, "the closing", textsOf(p.Find(".closing-text")), []string{"A closed"})
	p.at("the closing", coord(p.Find(".closing"), "x1"), day)
}

func TestEachRenewalIsANotch(t *testing.T) {
	p := newMachine(t).lives("en", visited("/set_session"), waited(day), visited("/get_session"), waited(day), visited("/set_session"), waited(day),
		visited("/set_session?n=1"), waited(day), visited("/get_session"))
	for _, b := range p.bars() {
		if len(b.notches) != 2 { // reading does not renew the session
			t.Fatalf("%s has notches %v, want two", b.label, b.notches)
		}
		p.at("the first writing", b.notches[0], 2*day)
		p.at("the second writing", b.notches[1], 3*day)
		p.at("the end", b.to, 3*day+fortnight)
	}
}

func TestWhatHasExpiredEndsWhereItExpired(t *testing.T) {
	p := newMachine(t).lives("en", visited("/set_cookie?max_age=60"), visited("/set_session"), visited("/set_expiry?value=120"), waited(600))
	bars := p.bars()
	for i, want := range []struct {
		label string
		end   float64
	}{{"A · cookie num", 60}, {"A · cookie sessionid", 120}, {"row on the server", 120}} {
		if b := bars[i]; b.label != want.label || b.end != "expired" || !strings.Contains(b.classes, "dead") {
			t.Errorf("bar %d is %+v, want %s expired", i, b, want.label)
		}
		p.at(want.label+"'s end", bars[i].to, want.end)
	}
	p.at("now", p.now(), 600)
	// A deletion, by whomever, ends the bar before the expiry.
	p = newMachine(t).lives("en", visited("/set_session"), visited("/set_cookie?max_age=600"), waited(60), visited("/flush"), `{"do":"delete","browser":"A","name":"num"}`, waited(60))
	for _, b := range p.bars() {
		p.at(b.label+"'s end", b.to, 60)
		same(t, b.label, b.end, "gone")
	}
	// After a purge an expired row still counts as expired, not as deleted.
	p = newMachine(t).lives("en", visited("/set_session"), waited(2*fortnight), `{"do":"purge"}`)
	for _, b := range p.bars() {
		same(t, b.label, b.end, "expired")
		p.at(b.label+"'s end", b.to, fortnight)
	}
}

func TestEachBrowserHasItsColourAndItsName(t *testing.T) {
	p := newMachine(t).lives("en", visited("/set_session"), visited("/set_cookie"), `{"do":"visit","browser":"B","url":"/set_cookie"}`, closed("B"))
	var got []string
	for _, b := range p.bars() {
		got = append(got, b.label+", "+b.classes+", "+b.end)
	}
	same(t, "bars, the rows below the cookies", got, []string{"A · cookie sessionid, cookie c1, " + twoWeeksLeft,
		"A · cookie num, cookie c1, ends with the browser", "B · cookie num, cookie c2 dead, gone", "row on the server, row c0, " + twoWeeksLeft})
}

const twoWeeksLeft = "14 d 00:00:00 left"

// Two cookies have two bars even if name, domain and path are equal, since host-only and
// partition are part of a cookie's identity (RFC 6265bis, 5.7, step 23).
func TestCookiesThatDifferInScopeAloneAreTwoLives(t *testing.T) {
	p := newMachine(t).lives("en", visited("http://tea.example/set_cookie?max_age=60"), visited("http://tea.example/set_cookie?max_age=600&domain=tea.example"), waited(1), visited("/get_cookie"))
	bars := p.bars()
	if len(bars) != 2 {
		t.Fatalf("there are %d bars, want 2", len(bars))
	}
	for i, end := range []float64{60, 600} {
		p.at("the end", bars[i].to, end)
		if len(bars[i].notches) > 0 {
			t.Errorf("bar %d has notches %v, and nothing was written again", i, bars[i].notches)
		}
	}
}

func TestOfMoreThanTwelveLivesThoseThatAreOverGoFirst(t *testing.T) {
	var actions []string
	actions = append(actions, visited("/set_session"))
	for i := range 20 {
		actions = append(actions, visited(fmt.Sprintf("/set_cookie?name=c%02d", i)), visited(fmt.Sprintf("/delete_cookie?name=c%02d", i)))
	}
	p := newMachine(t).lives("en", actions...)
	bars := p.bars()
	if len(bars) != 12 {
		t.Errorf("%d bars, want 12", len(bars))
	}
	for _, want := range []string{"A · cookie sessionid", "row on the server"} {
		if !slices.ContainsFunc(bars, func(b bar) bool { return b.label == want && b.end == twoWeeksLeft }) {
			t.Errorf("%s is still there, and not drawn", want)
		}
	}
	for i := range 20 {
		actions = append(actions, visited(fmt.Sprintf("/set_cookie?name=d%02d", i)))
	}
	if got := len(newMachine(t).lives("en", actions...).bars()); got != 12 {
		t.Errorf("%d bars where more live, want 12", got)
	}
}

func TestWithoutALifeThePictureSaysSo(t *testing.T) {
	m := newMachine(t)
	for lang, want := range map[string]string{"zh": "还没有 Cookie，也没有行。", "en": "No cookie and no row yet."} {
		p := m.lives(lang, visited("/get_cookie"), waited(60))
		same(t, lang, textsOf(p.Find(".empty")), []string{want})
		if p.Find("svg").Length() != 0 {
			t.Errorf("%s: there is a picture of nothing", lang)
		}
	}
}

// The picture can be drawn for any times in a script; pictureOf checks that it is sound.
func TestThePictureIsSoundForOddMoments(t *testing.T) {
	toTheEnd := strings.Repeat(waited(1_000_000_000)+",", 251)
	for name, actions := range map[string]string{
		"the same instant":          scriptOf(visited("/set_cookie?max_age=1"), visited("/set_session"), visited("/flush")),
		"no second long":            scriptOf(visited("/set_cookie?max_age=0"), visited("/set_cookie?name=b"), closed("A")),
		"a second ago":              scriptOf(visited("/set_session"), visited("/set_expiry?value=-1")),
		"long ago":                  scriptOf(visited("/set_session"), `{"do":"server","op":"expire","browser":"A","seconds":-1000000000}`),
		"far away":                  scriptOf(visited("/set_session"), visited("/set_expiry?value=9999999999")),
		"far away, and a second":    scriptOf(visited("/set_session"), visited("/set_expiry?value=9999999999"), `{"do":"visit","browser":"B","url":"/set_cookie?max_age=1"}`),
		"the browsers' longest age": scriptOf(visited("/set_cookie?max_age=9999999999"), waited(400*day-1)),
		"a thousand million":        scriptOf(visited("/set_cookie"), waited(1_000_000_000), visited("/set_session")),
		"the year 9999":             scriptOf(visited("/set_cookie"), strings.TrimSuffix(toTheEnd, ","), visited("/set_session"), visited("/set_expiry?value=9999999999")),
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range templates.Languages {
				d := newMachine(t).drawn(lang, actions)
				p := pictureOf(t, d.Lifetimes)
				last := d.Frames[len(d.Frames)-1].At
				if p.Find("svg").Length() > 0 {
					p.at("now", p.now(), float64(last.Unix()-newYear.Unix()))
				}
				if p.to.Year() > 9999 {
					t.Errorf("the axis ends %v, which no script can read", p.to)
				}
			}
		})
	}
	m := newMachine(t)
	for _, start := range []string{"9999-12-31T23:59:59Z", "9999-12-31T23:59:00Z", "0001-01-01T00:00:00Z"} {
		w := m.post("/en/play", `{"start":"`+start+`","actions":`+scriptOf(visited("/set_cookie"), visited("/set_session"), visited("/set_cookie?name=b&max_age=60"))+`}`)
		if w.Code != 200 {
			t.Fatalf("%s: status %d, %s", start, w.Code, w.Body)
		}
		var d drawn
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		pictureOf(t, d.Lifetimes)
	}
}

// A real browser's picture begins now: the creation of its cookies is unknown, and the
// expiry of some.
func TestTheLivePictureGuessesNothing(t *testing.T) {
	m := newMachine(t)
	at := newYear.Add(1500 * time.Millisecond)
	in := func(d time.Duration) *time.Time { end := at.Add(d); return &end }
	f := held(
		world.Seen{Cookie: jar.Cookie{Name: "aged", Expires: in(2 * time.Hour)}},
		world.Seen{Cookie: jar.Cookie{Name: "session"}},
		world.Seen{Cookie: jar.Cookie{Name: "foreign", Expires: in(time.Hour)}, Known: ours(world.FactExpires)},
	)
	f.At = at
	f.Server.Rows = []session.Row{{Key: "k1", Data: "{}", Expires: *in(time.Hour)}, {Key: "k0", Data: "{}", Expires: *in(-time.Hour)}}
	html, err := m.app.part("en", "lesson", "lifetimes", scene.Panels("en", f).Lifetimes)
	if err != nil {
		t.Fatal(err)
	}
	p := pictureOf(t, html)
	var got []string
	for _, b := range p.bars() {
		got = append(got, fmt.Sprintf("%s: %s, open %v, %s", b.label, b.end, b.open, b.classes))
		if b.from != p.now() {
			t.Errorf("%s begins at %d, now stands at %d", b.label, b.from, p.now())
		}
	}
	same(t, "bars", got, []string{
		"cookie aged: 02:00:00 left, open false, cookie c0", "cookie session: ends with the browser, open true, cookie c0",
		"cookie foreign: unknown, open false, cookie c0", "row on the server: 01:00:00 left, open false, row c0", "row on the server: expired, open false, row c0 dead"})
	same(t, "in words", textsOf(p.Find("[data-lifetimes-text] li"))[:3], []string{
		"cookie aged: 02:00:00 left, until 2026-01-01 02:00:01Z.", "cookie session: until the browser closes.", "cookie foreign: lifetime unknown."})
	if n := p.Find("[data-drag], [role=slider]").Length(); n != 0 {
		t.Error("a real browser's now can be dragged")
	}
	// Exactly the bars with a countdown say when they end.
	same(t, "counted down", attrsOf(p.Find(".life-end"), "data-until"), []string{"2026-01-01T02:00:01Z", "(none)", "(none)", "2026-01-01T01:00:01Z", "(none)"})
}
