package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
)

// A look is what the page's script posts to the page's own address. The test makes it
// without a browser, so that the clock and the ledger can have any value.
type look struct {
	Document string           `json:"document_cookie"`
	Store    []map[string]any `json:"store"`
	Ledger   []ledgerLine     `json:"ledger"`
	HasStore bool             `json:"has_store"`
	Blocked  bool             `json:"blocked"`
	Clock    int64            `json:"clock"`
}

type ledgerLine struct {
	ID   string    `json:"id"`
	N    int       `json:"n"`
	At   time.Time `json:"at"`
	URL  string    `json:"url"`
	Via  string    `json:"via"`
	Line string    `json:"line"`
	Seen bool      `json:"seen"`
}

func (v *visitor) look(address, cookie string, l look) answer {
	v.t.Helper()
	for i := range l.Ledger {
		line := &l.Ledger[i]
		line.ID, line.Via = fmt.Sprintf("e%d", i), "http"
		if line.At.IsZero() {
			line.At = newYear.Add(time.Duration(i-1000) * time.Millisecond)
		}
		if line.URL == "" {
			line.URL = v.base + "/set_cookie"
		}
	}
	body, err := json.Marshal(l)
	if err != nil {
		v.t.Fatal(err)
	}
	a := v.ask(http.MethodPost, address, string(body), "Content-Type", "application/json", "Cookie", cookie)
	if a.status != http.StatusOK {
		v.t.Fatalf("a look at %s is %d: %s", address, a.status, a.body)
	}
	return a
}

func TestALookTellsThePageWhichLinesToMark(t *testing.T) {
	v := site(t).visitor()
	l := look{Document: "a=1", Ledger: []ledgerLine{{Line: "a=1; Path=/"}, {Line: "b=1; Path=/"}, {Line: "c=1; Path=/zh"}, {Line: "d=1; SameSite=None"}, {Line: "e=1; Path=/", Seen: true}}}
	a := v.look("/en/lab", "a=1", l)
	if got := a.header.Get("Ledger-Seen"); got != "e0#0" {
		t.Errorf("Ledger-Seen: %q, want the line of a", got)
	}
	gone := strings.Fields(a.header.Get("Ledger-Gone"))
	if slices.Sort(gone); !slices.Equal(gone, []string{"e1#0", "e4#0"}) {
		t.Errorf("Ledger-Gone: %q, want the lines of b and e", gone)
	}
	apart := map[string]string{}
	a.page().Find("[data-elsewhere]").Each(func(_ int, s *goquery.Selection) {
		apart[s.AttrOr("data-name", "")] = s.AttrOr("data-reason", "")
	})
	if want := map[string]string{"b": "blocked", "c": "path", "d": "samesite", "e": "gone"}; fmt.Sprint(apart) != fmt.Sprint(want) {
		t.Errorf("apart are %v, want %v", apart, want)
	}
}

func TestABrowsersOwnClockIsItsOwn(t *testing.T) {
	v := site(t).visitor()
	ahead := 90 * time.Minute
	ms := newYear.Add(ahead + 60*time.Second).UnixMilli()
	for name, store := range map[string][]map[string]any{
		"listed":     {{"name": "a", "value": "1", "path": "/", "domain": nil, "expires": ms, "secure": false, "sameSite": "lax", "partitioned": false}},
		"not listed": nil,
	} {
		a := v.look("/en/lab", "a=1", look{
			Document: "a=1", Store: store, HasStore: store != nil, Clock: newYear.Add(ahead).UnixMilli(),
			Ledger: []ledgerLine{{Line: "a=1; Path=/; Max-Age=61", At: newYear.Add(-time.Second)}},
		})
		card := the(t, a.page().Selection, "[data-cookie]")
		if got, want := card.AttrOr("data-expires", ""), newYear.Add(ahead+60*time.Second).Format(time.RFC3339); got != want {
			t.Errorf("%s: the browser's own date is %s, want %s", name, got, want)
		}
		if got, want := card.Find("[data-until]").AttrOr("data-until", ""), newYear.Add(60*time.Second).Format(time.RFC3339); got != want {
			t.Errorf("%s: the page counts down to %s, want %s by its own clock", name, got, want)
		}
		if card.AttrOr("data-same-site", "?") != "" || card.Find(".doubt").Length() != 0 {
			t.Errorf("%s: the ledger's own cookie is in doubt: %s", name, card.Text())
		}
	}
}

func TestALongListOfAbsentCookiesIsFolded(t *testing.T) {
	v := site(t).visitor()
	var l look
	for i := range 20 {
		l.Ledger = append(l.Ledger, ledgerLine{Line: fmt.Sprintf("c%d=1; Path=/zh", i)})
	}
	doc := v.look("/en/lab", "", l).page()
	all, folded := doc.Find("[data-elsewhere]"), doc.Find("details [data-elsewhere]")
	if all.Length() != 20 || folded.Length() != 12 || !strings.Contains(doc.Find(".elsewhere summary").Text(), "12") {
		t.Errorf("%d cookies stand apart, %d of them folded under %q", all.Length(), folded.Length(), doc.Find(".elsewhere summary").Text())
	}
	if got := all.First().AttrOr("data-name", ""); got != "c19" {
		t.Errorf("the first is %s, want the newest", got)
	}
}

func TestEveryDoubtHasWords(t *testing.T) {
	for _, doubt := range world.Doubts {
		for _, lang := range templates.Languages {
			if _, found := templates.Lookup(lang, "doubt."+string(doubt)); !found {
				t.Errorf("doubt.%s has no words in %s", doubt, lang)
			}
		}
	}
}

// If the header, document.cookie, cookieStore and the ledger contradict each other, the
// cookie's card says which of them says what.
func TestACardSaysWhichWitnessSaysWhat(t *testing.T) {
	v := site(t).visitor()
	for name, c := range map[string]struct {
		line, cookie string
		store        []map[string]any
		want         []string
	}{
		"value": {line: "a=ours; Path=/", cookie: "a=theirs", want: []string{"ours"}},
		"attributes": {line: "a=1; Path=/; SameSite=Strict", cookie: "a=1", want: []string{"SameSite", "Strict", "None", "Secure"},
			store: []map[string]any{{"name": "a", "value": "1", "path": "/", "secure": true, "sameSite": "none"}}},
		"foreign": {line: "b=1; Path=/zh", cookie: "a=1", want: []string{"ledger"}},
	} {
		a := v.look("/en/lab", c.cookie, look{Document: c.cookie, Store: c.store, Ledger: []ledgerLine{{Line: c.line, Seen: true}}})
		doubt := a.page().Find("[data-cookie] .doubt").Text()
		for _, want := range c.want {
			if !strings.Contains(doubt, want) {
				t.Errorf("%s: the card says %q, want a word on %s", name, doubt, want)
			}
		}
	}
}

func TestAPageAnswersLiveToWhoObserves(t *testing.T) {
	r := site(t)
	other, v := r.visitor(), r.visitor()
	other.get("/set_session?username=li")
	v.get("/set_session")
	v.get("/set_cookie?value=少冰")
	key := v.held("sessionid")
	want := fmt.Sprintf(`{"now":"2026-01-01T00:00:00Z","cookies":[{"name":"num","value":"%%E5%%B0%%91%%E5%%86%%B0"},{"name":"sessionid","value":%q}],`+
		`"server":{"rows":[{"key":%[1]q,"data":{"username":"fan","age":18},"expires":"2026-01-15T00:00:00Z"}],"total":2}}`, key)
	addresses := slices.Concat(r.everyPage("zh"), r.everyPage("en"), []string{"/"})
	for _, address := range append(addresses, "/api/live") {
		a := v.live(address, "Cookie", "") // an empty line adds nothing to the jar's
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s observed is %d %s", address, a.status, a.header.Get("Content-Type"))
			continue
		}
		same(t, address, inOrder(t, a.body), inOrder(t, want))
	}
	if a := v.get("/api/live"); a.status != http.StatusOK {
		t.Errorf("/api/live without X-Observe is %d, want 200", a.status)
	}
	nobody := r.visitor().live("/zh/")
	same(t, "a visitor with nothing", inOrder(t, nobody.body), inOrder(t, `{"now":"2026-01-01T00:00:00Z","cookies":[],"server":{"rows":[],"total":2}}`))
}

// uncounted is a store that does not implement session.Counter.
type uncounted struct{ session.Backend }

func TestNobodyCountsWhereCountingCosts(t *testing.T) {
	r := site(t, func(d *handlers.Deps) { d.Backend = uncounted{d.Backend} })
	r.visitor().get("/set_session?username=li")
	a := r.visitor().live("/zh/")
	same(t, "LIVE", inOrder(t, a.body), inOrder(t, `{"now":"2026-01-01T00:00:00Z","cookies":[],"server":{"rows":[],"total":null}}`))
	page := r.visitor().browse("/en/lab").page()
	if got := page.Find(`[data-panel="server"] .count`).Text(); got != "" {
		t.Errorf("the page says %q of a table that nobody has counted", got)
	}
}

// inOrder reads JSON with the cookies sorted, because the page does not decide their order.
func inOrder(t *testing.T, text string) map[string]any {
	t.Helper()
	var live map[string]any
	if err := json.Unmarshal([]byte(text), &live); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if list, ok := live["cookies"].([]any); ok {
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return live
}

// keysOfAllKinds are Cookie headers that a page may be asked with.
func keysOfAllKinds(own string) map[string]string {
	return map[string]string{
		"none":          "",
		"own":           "sessionid=" + own,
		"unknown":       "sessionid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"short":         "sessionid=abc",
		"empty":         "sessionid=",
		"no key at all": "sessionid",
		"capitals":      "sessionid=" + strings.ToUpper(own),
		"twins":         "sessionid=" + own + "; sessionid=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		"hostile":       "sessionid=' OR 1=1 --; num=<b>; =; ;;; a=b=c",
		"long":          "sessionid=" + strings.Repeat("k", 5000),
		"others":        "csrftoken=x; theme=dark",
	}
}

func TestLookingChangesNothingWhateverCookieComes(t *testing.T) {
	r := site(t)
	v := r.visitor()
	v.get("/set_session")
	v.get("/set_expiry?value=60")
	before := r.rows()
	r.advance(30 * time.Second)
	for kind, cookie := range keysOfAllKinds(v.held("sessionid")) {
		for _, lang := range []string{"zh", "en"} {
			for _, address := range append(pageOfEachKind(lang), "/", "/api/live", "/healthz", "/"+lang+"/lessons/none") {
				for _, observe := range [][]string{{"X-Observe", "1"}, navigates} {
					a := r.visitor().get(address, append([]string{"Cookie", cookie}, observe...)...)
					if a.status >= 500 {
						t.Errorf("%s with %s is %d", address, kind, a.status)
					}
					if got := a.header.Values("Set-Cookie"); got != nil {
						t.Errorf("%s with %s sets %q: only the ten routes do", address, kind, got)
					}
					if vary := strings.Join(a.header.Values("Vary"), ","); strings.Contains(strings.ToLower(vary), "cookie") {
						t.Errorf("%s with %s varies by %q: a look does not touch the session", address, kind, vary)
					}
				}
			}
		}
	}
	same(t, "the table after all this looking", r.rows(), before)
}

func TestALookVariesByNothing(t *testing.T) {
	v := site(t).visitor()
	v.get("/set_session")
	for _, address := range append(pageOfEachKind("en"), "/api/live") {
		if got := v.live(address).header.Values("Vary"); got != nil {
			t.Errorf("%s observed has Vary: %q, want none", address, got)
		}
	}
}
