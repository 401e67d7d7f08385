package witness

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// A simulated browser has a jar and, as its page has it, a ledger.
type simulated struct {
	now    time.Time
	jar    *jar.Jar
	list   bool // cookieStore lists attributes
	ledger []Line
	fresh  int
	// origin is the line that made a cookie, by name and value; -1 for a foreign cookie.
	origin map[jar.Pair]int
}

func (b *simulated) witnesses() Witnesses {
	request := jar.Request{URL: labPage, Initiator: labPage, Kind: jar.KindFetch}
	w := Witnesses{URL: labPage, Scripted: true, Ledger: slices.Clone(b.ledger)}
	w.Header = jar.Pairs(b.jar.Send(b.now, request).Header)
	for _, c := range b.jar.Send(b.now, jar.Request{URL: labPage, Via: jar.ViaDOM}).Cookies {
		w.Document = append(w.Document, jar.Pair{Name: c.Name, Value: c.Value})
		l := Listed{Name: c.Name, Value: c.Value}
		if b.list {
			l.Path, l.Secure, l.Partitioned, l.SameSite = &c.Path, c.Secure, c.Partitioned, strings.ToLower(c.SameSite)
			if l.SameSite == "" {
				l.SameSite = "lax"
			}
			if !c.HostOnly {
				l.Domain = &c.Domain
			}
			if c.Expires != nil {
				ms := float64(c.Expires.UnixMilli())
				l.Expires = &ms
			}
		}
		w.Listed = append(w.Listed, l)
	}
	return w
}

// look reconciles, compares the result with the jar, and marks the ledger.
func (b *simulated) look(t *rapid.T) {
	w := b.witnesses()
	p := reconciled(t, b.now, w)
	real := b.jar.Send(b.now, jar.Request{URL: labPage, Initiator: labPage, Kind: jar.KindFetch}).Cookies
	if len(p.Here) != len(real) {
		t.Fatalf("%d cards for %d cookies", len(p.Here), len(real))
	}
	if !matching(p.Here, real) {
		var claims []string
		for _, s := range p.Here {
			claims = append(claims, sketch(s))
		}
		t.Fatalf("the page claims\n\t%s\nbut the jar has\n\t%+v\nledger: %+v", strings.Join(claims, "\n\t"), real, b.ledger)
	}
	for _, s := range p.Here {
		b.checkComplete(t, s, p)
	}
	for _, m := range p.Elsewhere {
		if m.Reason == "" || m.Reason == jar.Gone && slices.ContainsFunc(real, func(c jar.Cookie) bool { return c.Identity() == m.Cookie.Identity() && c.Value == m.Cookie.Value }) {
			t.Fatalf("%s is said to be elsewhere, %q", m.Cookie.Name, m.Reason)
		}
	}
	for i := range b.ledger {
		if slices.Contains(p.Seen, b.ledger[i].Key()) {
			b.ledger[i].Seen = true
		}
		if slices.Contains(p.Gone, b.ledger[i].Key()) {
			b.ledger[i].Gone = b.now
		}
	}
}

// matching reports whether the cards can be assigned to the cookies without any card
// claiming a wrong attribute.
func matching(cards []world.Seen, cookies []jar.Cookie) bool {
	if len(cards) == 0 {
		return true
	}
	for i, c := range cookies {
		if holds(cards[0], c) && matching(cards[1:], slices.Delete(slices.Clone(cookies), i, i+1)) {
			return true
		}
	}
	return false
}

func holds(s world.Seen, c jar.Cookie) bool {
	if s.Name != c.Name || s.Value != c.Value {
		return false
	}
	for _, f := range world.Facts {
		switch {
		case !s.Knows(f):
		case f == world.FactExpires:
			if !sameExpiry(s.Expires, c.Expires) {
				return false
			}
		case !sameFact(f, s.Cookie, c):
			return false
		}
	}
	return true
}

// checkComplete: of a cookie that exactly one line could have made, everything is known.
func (b *simulated) checkComplete(t *rapid.T, s world.Seen, p Picture) {
	if b.list && !s.HTTPOnly {
		for _, f := range s.Unknown {
			if f != world.FactSameSite {
				t.Fatalf("%s=%s: %s is unknown, and cookieStore has it", s.Name, s.Value, f)
			}
		}
	}
	line, ours := b.origin[jar.Pair{Name: s.Name, Value: s.Value}]
	if !ours || line < 0 || len(s.Unknown) == 0 {
		return
	}
	if !b.ledger[line].Gone.IsZero() || p.SecureOverHTTP == world.NotMeasured && b.has(Secure) {
		return
	}
	t.Fatalf("%s=%s: %v unknown, and the ledger has it: %q", s.Name, s.Value, s.Unknown, b.ledger[line].Text)
}

const Secure = "Secure"

func (b *simulated) has(word string) bool {
	return slices.ContainsFunc(b.ledger, func(l Line) bool { return strings.Contains(l.Text, word) })
}

func TestNoAttributeIsClaimedThatIsNotSo(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "sessionid", ""})
	attributes := rapid.Custom(func(t *rapid.T) string {
		text := ""
		for _, some := range [][]string{
			{"", "; Path=/", "; Path=/en", "; Path=/zh"},
			{"", "", "; HttpOnly"},
			{"", "; SameSite=Lax", "; SameSite=Strict", "; SameSite=None"},
			{"", "", "; Max-Age=3", "; Max-Age=600", "; Max-Age=0"},
			{"", "", "; Secure", "; Secure; Partitioned"},
		} {
			text += rapid.SampledFrom(some).Draw(t, "attribute")
		}
		return text
	})
	rapid.Check(t, func(t *rapid.T) {
		b := &simulated{
			now: start, list: rapid.Bool().Draw(t, "lists"), origin: map[jar.Pair]int{},
			jar: jar.New(jar.Profile{PlainLocalhost: rapid.Bool().Draw(t, "plain")}),
		}
		again := rapid.Bool().Draw(t, "values come again")
		value := func() string {
			b.fresh++
			if again {
				return rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value")
			}
			return strconv.Itoa(b.fresh)
		}
		site := func(t *rapid.T, via, url string) {
			pair := jar.Pair{Name: name.Draw(t, "name"), Value: value()}
			text := pair.Name + "=" + pair.Value + attributes.Draw(t, "attributes")
			l := Line{ID: strconv.Itoa(len(b.ledger)), At: b.now, URL: url, Via: via, Text: text}
			if strings.Contains(text, "HttpOnly") && pair.Name != "" {
				l.Text, l.Hash = mask(text)
			}
			b.ledger = append(b.ledger, l)
			b.jar.Set(b.now, jar.Request{URL: url, Via: via}, text)
			if !again {
				b.origin[pair] = len(b.ledger) - 1
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"":       b.look,
			"line":   func(t *rapid.T) { site(t, jar.ViaHTTP, "http://localhost:8080/set_cookie") },
			"script": func(t *rapid.T) { site(t, jar.ViaDOM, labPage) },
			"wait": func(t *rapid.T) {
				b.now = b.now.Add(time.Duration(rapid.IntRange(100, 9000).Draw(t, "ms")) * time.Millisecond)
			},
			"quit": func(*rapid.T) { b.jar.CloseBrowser(b.now) },
			// Foreign cookies get unique values: one that looks exactly like ours could
			// not be told apart by anybody.
			"stranger": func(t *rapid.T) {
				b.fresh++
				text := name.Draw(t, "name") + "=s" + strconv.Itoa(b.fresh) + attributes.Draw(t, "attributes")
				b.jar.Set(b.now, jar.Request{URL: "http://localhost:8081/x"}, text)
			},
			"hand": func(t *rapid.T) {
				victim := name.Draw(t, "name")
				b.jar.Remove(b.now, func(c jar.Cookie) bool { return c.Name == victim })
			},
		})
	})
}
