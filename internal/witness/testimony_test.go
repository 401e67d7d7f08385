package witness

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// A testimony is a test case in shorthand: what the sources show, and what follows.
type testimony struct {
	page string // default: http://localhost:8080/en/lab
	// ledger has lines such as "10s: num=1; Path=/" with their age, the oldest first.
	// Before the colon there may be "dom", "on URL", "with" (in the same response as the
	// line before), "hash" (masked), "seen", "gone" (seen, and found missing 5 s ago) and
	// "never" (missing 5 s ago and never seen).
	ledger []string
	header string
	// script is document.cookie; "none" is a page without scripts.
	script string
	// list is cookieStore: "num=1 /path lax", with "domain=d", "in 60s", "secure",
	// "partitioned"; "num=1" alone is a name and a value, as in Firefox.
	list    []string
	blocked bool
	clock   time.Duration
	profile jar.Profile

	// here are the cookies of the page in the form of sketch; elsewhere are the others as
	// "name reason", with "stands" if an older one is still there.
	here, elsewhere []string
	seen, gone      []int // indexes of the lines that are found so
	secure          world.Measured
}

var start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func reconciled(t interface{ Fatal(...any) }, now time.Time, w Witnesses) Picture {
	p, err := Reconcile(context.Background(), now, w)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const labPage = "http://localhost:8080/en/lab"

func (c testimony) witnesses(t *testing.T) Witnesses {
	t.Helper()
	w := Witnesses{URL: c.page, Header: jar.Pairs(c.header), Scripted: c.script != "none", Blocked: c.blocked, Clock: c.clock, Profile: c.profile}
	if w.URL == "" {
		w.URL = labPage
	}
	if w.Scripted {
		w.Document = jar.Pairs(c.script)
	}
	for i, text := range c.ledger {
		head, line, _ := strings.Cut(text, ": ")
		words := strings.Fields(head)
		age, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		l := Line{ID: "e" + strconv.Itoa(i), At: start.Add(-age), URL: "http://localhost:8080/set_cookie", Via: jar.ViaHTTP, Text: line}
		for j := 1; j < len(words); j++ {
			switch words[j] {
			case "dom":
				l.Via, l.URL = jar.ViaDOM, w.URL
			case "on":
				j++
				l.URL = words[j]
			case "hash":
				l.Text, l.Hash = mask(line)
			case "with": // another line of the same response
				l.ID, l.N = w.Ledger[i-1].ID, w.Ledger[i-1].N+1
			case "seen":
				l.Seen = true
			case "gone":
				l.Seen, l.Gone = true, start.Add(-5*time.Second)
			case "never":
				l.Gone = start.Add(-5 * time.Second)
			default:
				t.Fatalf("ledger: what is %q?", words[j])
			}
		}
		w.Ledger = append(w.Ledger, l)
	}
	for _, text := range c.list {
		words := strings.Fields(text)
		name, value, _ := strings.Cut(words[0], "=")
		item := Listed{Name: name, Value: value}
		for j := 1; j < len(words); j++ {
			switch word := words[j]; {
			case strings.HasPrefix(word, "/"):
				item.Path = &word
			case word == "secure":
				item.Secure = true
			case word == "partitioned":
				item.Partitioned = true
			case strings.HasPrefix(word, "domain="):
				domain := word[len("domain="):]
				item.Domain = &domain
			case word == "in":
				j++
				rest, err := time.ParseDuration(words[j])
				if err != nil {
					t.Fatal(err)
				}
				ms := float64(start.Add(rest + c.clock).UnixMilli())
				item.Expires = &ms
			default:
				item.SameSite = word
			}
		}
		w.Listed = append(w.Listed, item)
	}
	return w
}

// mask masks an HttpOnly value as the page does before it stores the line.
func mask(line string) (text, hash string) {
	pair, rest, _ := strings.Cut(line, ";")
	name, value, _ := strings.Cut(pair, "=")
	keep := 0
	if len(value) > 12 {
		keep = 4
	}
	return name + "=" + value[:keep] + strings.Repeat("*", len(value)-2*keep) + value[len(value)-keep:] + ";" + rest, Fingerprint(value)
}

// sketch writes a cookie as "name=value domain path expires secure hidden samesite
// partitioned": a star after a domain that is not host-only, "." for an attribute that is
// not set, "?" for an unknown one; then the doubt and the ledger's version.
func sketch(s world.Seen) string {
	fact := func(f world.Fact, text string) string {
		if !s.Knows(f) {
			return "?"
		}
		if text == "" {
			return "."
		}
		return text
	}
	flag := func(on bool, text string) string {
		if on {
			return text
		}
		return ""
	}
	expires := "session"
	if s.Expires != nil {
		expires = "+" + s.Expires.Sub(start).Round(time.Second).String()
	}
	text := fmt.Sprintf("%s=%s %s %s %s %s %s %s %s", s.Name, s.Value, fact(world.FactScope, s.Domain+flag(!s.HostOnly, "*")),
		fact(world.FactPath, s.Path), fact(world.FactExpires, expires), fact(world.FactSecure, flag(s.Secure, "secure")),
		fact(world.FactHTTPOnly, flag(s.HTTPOnly, "hidden")), fact(world.FactSameSite, s.SameSite), fact(world.FactPartitioned, flag(s.Partitioned, "partitioned")))
	if s.Doubt != "" {
		text += " !" + string(s.Doubt)
	}
	if s.Told != nil {
		text += " " + s.Told.Value
	}
	return text
}

func sketchMissing(m world.Missing) string {
	text := m.Cookie.Name + " " + string(m.Reason)
	if m.Refused {
		text += " refused"
	}
	if m.Kept {
		text += " kept"
	}
	if m.Stands {
		text += " stands"
	}
	return text
}
