package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/PuerkitoBio/goquery"
)

// A look is what the page's script posts to the page's own address; here without a
// browser, so that clocks and storage may be as odd as they like.
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

// Where witnesses contradict each other, the card says who says what.
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
