package scene

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// live returns a frame of one real browser with these cookies.
func live(cookies ...world.Seen) world.Frame {
	b := world.Browser{Look: &world.Look{URL: "http://localhost:8080/en/lab", Scripted: true}}
	for _, c := range cookies {
		b.Jar, b.Look.Known = append(b.Jar, c.Cookie), append(b.Look.Known, c.Known)
	}
	return world.Frame{At: noon, Browsers: map[string]world.Browser{"A": b}}
}

func TestARealBrowserAndASimulatedOneAreDrawnAlikeWhereAllIsKnown(t *testing.T) {
	ends := noon.Add(time.Hour)
	c := jar.Cookie{Name: "num", Value: "1", Domain: "localhost", HostOnly: true, Path: "/", Expires: &ends, HTTPOnly: true, SameSite: "Lax"}
	played := world.Frame{At: noon, Browsers: map[string]world.Browser{"A": {Jar: []jar.Cookie{c}}}}
	for _, w := range []templates.Words{"zh", "en"} {
		a, b := Panels(w, played).Browsers[0], Panels(w, live(world.Seen{Cookie: c, Known: world.Known{Ours: true}})).Browsers[0]
		if a.Name != "A" || b.Name != "" {
			t.Errorf("they are called %q and %q", a.Name, b.Name)
		}
		a.Cookies[0].Tools = false // which only a simulated browser has
		if !slices.EqualFunc(a.Cookies[0].Chips, b.Cookies[0].Chips, func(x, y templates.Chip) bool { return x == y }) || a.Cookies[0].Expires != b.Cookies[0].Expires {
			t.Errorf("the cookie is drawn as %+v and as %+v", a.Cookies[0], b.Cookies[0])
		}
	}
}

func TestAnotherProgramsCookieIsVeiledWhereverItIsDrawn(t *testing.T) {
	f := live(world.Seen{Cookie: jar.Cookie{Name: "csrf", Value: "secret"}}, world.Seen{Cookie: jar.Cookie{Name: "num", Value: "1"}, Known: world.Known{Ours: true}})
	b := f.Browsers["A"]
	b.DocumentCookie = "csrf=secret; num=1"
	f.Browsers["A"] = b
	f.Exchange = &world.Exchange{Request: world.Request{Method: "GET", URL: "http://localhost/x", Headers: [][2]string{{"Cookie", "csrf=secret; num=1"}}}}
	p := Panels("en", f)
	if got := p.Browsers[0].Script; got != "csrf=••••••; num=1" {
		t.Errorf("scripts are said to see %q", got)
	}
	if c := p.Browsers[0].Cookies[0]; c.Shown != "••••••" || !c.Masked {
		t.Errorf("the card shows %q", c.Shown)
	}
	for _, piece := range p.Wire.Exchanges[0].Request.Lines[0].Pieces {
		if strings.Contains(piece.Text, "secret") {
			t.Errorf("the wire shows %q", piece.Text)
		}
	}
}

func TestMoreCookiesThanAreDrawnAreCounted(t *testing.T) {
	f := live(world.Seen{Cookie: jar.Cookie{Name: "a"}})
	f.Browsers["A"].Look.More = 29
	b := Panels("en", f).Browsers[0]
	if b.Count != "30" || !strings.Contains(b.More, "first 1 ") {
		t.Errorf("it counts %q and says %q", b.Count, b.More)
	}
	if b := Panels("en", live()).Browsers[0]; b.More != "" {
		t.Errorf("of no cookie it says %q", b.More)
	}
}

func TestRowsAreCountedWhereSomebodyCountedThem(t *testing.T) {
	count := func(f world.Frame) [2]string {
		p := Panels("en", f).Server
		return [2]string{p.Count, p.Others}
	}
	f := live()
	f.Server.Rows = []session.Row{{Key: "k", Data: "{}", Expires: noon}}
	if got := count(f); got != [2]string{} {
		t.Errorf("uncounted rows are %q", got)
	}
	three := 3
	f.Server.Total = &three
	if got := count(f); got[0] != "3 rows" || !strings.Contains(got[1], "2") {
		t.Errorf("three rows are %q", got)
	}
	if got := count(world.Frame{At: noon}); got[0] != "0 rows" {
		t.Errorf("an empty world has %q", got)
	}
}

func TestAKeyWithoutARowIsSaidToBeUnknown(t *testing.T) {
	f := live()
	f.Browsers["A"].Look.Key = "abcd5678efgh5678ijkl5678mnop5678"
	p := Panels("en", f).Browsers[0]
	if p.UnknownKey == nil || p.UnknownKey.Short != "abcd…5678" || p.UnknownKey.URL != "http://cookielab.localhost:8080/en/lab" || p.Twin == nil || p.Twin.Host != "127.0.0.1:8080" {
		t.Errorf("it says %+v, and leads to %+v", p.UnknownKey, p.Twin)
	}
	f.Server.Rows = []session.Row{{Key: f.Browsers["A"].Look.Key, Data: "{}", Expires: noon}}
	if p := Panels("en", f).Browsers[0]; p.UnknownKey != nil {
		t.Error("a key with a row is said to be unknown")
	}
}

func TestEveryBrowserHasItsSeatFromTheFirstFrameOn(t *testing.T) {
	empty := world.Frame{At: noon}
	seated := Seat(empty, []string{"A", "B"})
	var names []string
	for _, b := range Panels("en", seated).Browsers {
		names = append(names, b.Name)
	}
	if !slices.Equal(names, []string{"A", "B"}) || len(empty.Browsers) != 0 {
		t.Errorf("seated are %q, and the frame that was given has %d", names, len(empty.Browsers))
	}
}

func TestTheNextExpiryIsOfACookieOrOfARow(t *testing.T) {
	at := func(h int) *time.Time { e := noon.Add(time.Duration(h) * time.Hour); return &e }
	f := world.Frame{At: noon, Browsers: map[string]world.Browser{"A": {Jar: []jar.Cookie{{Expires: at(5)}, {Expires: at(-1)}, {}}}},
		Server: world.Server{Rows: []session.Row{{Expires: *at(3)}, {Expires: *at(0)}}}}
	if got := NextExpiry(f); !got.Equal(*at(3)) {
		t.Errorf("next is %v", got)
	}
	if got := NextExpiry(world.Frame{At: noon}); !got.IsZero() {
		t.Errorf("in an empty world it is %v", got)
	}
}
