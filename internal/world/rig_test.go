package world_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cookielab/handlers/site"
	"cookielab/internal/world"
)

// The scripts of these tests are written as in the storyboard of the lessons:
//
//	/x           A visits /x          B /x     B does
//	close        A is closed          B close  B is
//	wait 60      the clock moves on
//	put a=1      typed into A's jar   B put sessionid < A
//	delete num   out of A's jar
//	script a=1   document.cookie = …; alone, it is only read
//	expire A     server expire; also corrupt, drop (server delete); purge
//	x + y        two visits together
func actions(t *testing.T, lines ...string) []world.Action {
	t.Helper()
	var all []world.Action
	for _, line := range lines {
		all = append(all, action(t, line))
	}
	return all
}

func action(t *testing.T, line string) world.Action {
	t.Helper()
	if first, second, found := strings.Cut(line, " + "); found {
		return world.Action{Do: "together", Visits: []world.Action{action(t, first), action(t, second)}}
	}
	browser, rest := "A", line
	if len(line) > 2 && line[1] == ' ' {
		browser, rest = line[:1], line[2:]
	}
	word, rest, _ := strings.Cut(rest, " ")
	switch word {
	case "close":
		return world.Action{Do: "close", Browser: browser}
	case "wait":
		return world.Action{Do: "wait", Seconds: number(t, rest)}
	case "put":
		if name, from, copied := strings.Cut(rest, " < "); copied {
			return world.Action{Do: "put", Browser: browser, Name: name, Copy: from}
		}
		name, value, _ := strings.Cut(rest, "=")
		return world.Action{Do: "put", Browser: browser, Name: name, Value: &value}
	case "delete":
		return world.Action{Do: "delete", Browser: browser, Name: rest}
	case "script":
		if rest == "" {
			return world.Action{Do: "script", Browser: browser}
		}
		return world.Action{Do: "script", Browser: browser, Set: &rest}
	case "expire", "corrupt":
		return world.Action{Do: "server", Op: word, Browser: rest}
	case "drop":
		return world.Action{Do: "server", Op: "delete", Browser: rest}
	case "purge":
		return world.Action{Do: "purge"}
	}
	a := world.Action{Do: "visit", Browser: browser, URL: word}
	a.Initiator, a.Kind, _ = strings.Cut(strings.TrimPrefix(rest, "← "), " ")
	return a
}

func number(t *testing.T, text string) *int64 {
	t.Helper()
	var n int64
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return &n
}

// label is used instead of a note's text.
func label(_ string, n world.Note) string { return strings.Join(n.Messages(), " ") }

func play(t *testing.T, lines ...string) []world.Frame {
	t.Helper()
	frames, err := world.Play(world.Script{Actions: actions(t, lines...)}, site.Handler, label)
	if err != nil {
		t.Fatal(err)
	}
	if len(frames) != len(lines)+1 {
		t.Fatalf("%d frames after %d actions", len(frames), len(lines))
	}
	for _, f := range frames {
		for _, n := range f.Notes {
			noteOfKind(t, n)
		}
	}
	return frames
}

func last(t *testing.T, lines ...string) world.Frame {
	t.Helper()
	frames := play(t, lines...)
	return frames[len(frames)-1]
}

// told lists a frame's notes: code, reason, and cookie or the end of a key.
func told(f world.Frame) []string {
	var all []string
	for _, n := range f.Notes {
		text := n.Code
		if n.Reason != "" {
			text += "." + n.Reason
		}
		if n.Cookie != "" {
			text += " " + n.Cookie
		}
		if n.Key != "" {
			text += " " + n.Key[max(0, len(n.Key)-4):]
		}
		all = append(all, text)
	}
	return all
}

// facts returns, in one line, what claims of lessons can be about.
func facts(f world.Frame) string {
	var all []string
	for _, e := range slices.Concat(f.Exchanges[:max(0, len(f.Exchanges)-1)], exchanges(f)) {
		words := " " + e.Response.Body
		if e.Response.Status == 400 {
			words = "" // the site's own text
		}
		all = append(all, fmt.Sprint(e.Response.Status)+words)
		for _, h := range e.Request.Headers {
			if h[0] == "Cookie" {
				all = append(all, "sent "+ends(h[1]))
			}
		}
		for _, h := range e.Response.Headers {
			if h[0] == "Set-Cookie" {
				name, _, _ := strings.Cut(h[1], "=")
				all = append(all, "set "+name)
			}
		}
	}
	at := f.At
	for _, name := range slices.Sorted(maps(f.Browsers)) {
		for _, c := range f.Browsers[name].Jar {
			life := "session"
			if c.Expires != nil {
				life = fmt.Sprint(c.Expires.Sub(at).Seconds())
			}
			all = append(all, fmt.Sprintf("%s: %s=%s %s", name, c.Name, ends(c.Value), life))
		}
	}
	for _, r := range f.Server.Rows {
		all = append(all, fmt.Sprintf("row %s %s %v", ends(r.Key), r.Data, r.Expires.Sub(at).Seconds()))
	}
	return strings.Join(all, " | ")
}

func exchanges(f world.Frame) []world.Exchange {
	if f.Exchange == nil {
		return nil
	}
	return []world.Exchange{*f.Exchange}
}

func maps(m map[string]world.Browser) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

// ends shortens session keys to their numbers.
func ends(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == '=' || r == ';' || r == ' ' })
	for _, word := range words {
		if len(word) == 32 {
			text = strings.ReplaceAll(text, word, word[28:])
		}
	}
	return text
}
