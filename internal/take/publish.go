package take

import (
	"slices"
	"strings"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Shown are the names of the cookies and session entries that a step's own actions set.
// The session cookie is not among them; it is always shown, masked.
type Shown struct{ Cookies, Entries []string }

func (s Shown) cookie(name string) bool {
	return name == session.CookieName || slices.Contains(s.Cookies, name)
}

// Publish returns a live frame as others may see it: session keys are masked, and only
// cookies and entries that the step itself sets are kept. The given frame is not
// modified. The result can be drawn (scene.Panels) in any language, though its notes are
// in the language of the observation.
func Publish(f world.Frame, shown Shown) (world.Frame, error) {
	f = Keep(f)
	f.Browsers = shown.browsers(f.Browsers)
	f.Server.Rows = shown.rows(f.Server.Rows)
	f.Notes = shown.notes(f.Notes)
	if f.Exchange != nil {
		e := shown.exchange(*f.Exchange)
		f.Exchange = &e
	}
	if a := f.Action; a != nil && a.Set != nil && !shown.line(*a.Set) {
		action := *a
		action.Set = nil
		f.Action = &action
	}
	m := mask{keys: true}
	for _, key := range keysIn(f) {
		m.learn(session.CookieName, key)
	}
	if len(m.secrets) > maxSecrets {
		return f, ErrTooLarge
	}
	m.sort()
	return m.frame(f), nil
}

// keysIn returns all session keys in a frame.
func keysIn(f world.Frame) []string {
	var keys []string
	pairs := func(text string) {
		for _, p := range jar.Pairs(text) {
			if p.Name == session.CookieName {
				keys = append(keys, p.Value)
			}
		}
	}
	for _, b := range f.Browsers {
		for _, c := range b.Jar {
			if c.Name == session.CookieName {
				keys = append(keys, c.Value)
			}
		}
		pairs(b.DocumentCookie)
	}
	for _, r := range f.Server.Rows {
		keys = append(keys, r.Key)
	}
	for _, n := range f.Notes {
		keys = append(keys, n.Key)
	}
	for _, e := range f.Wire() {
		for _, h := range slices.Concat(e.Request.Headers, e.Response.Headers) {
			switch strings.ToLower(h[0]) {
			case "cookie":
				pairs(h[1])
			case "set-cookie":
				line, _, _ := strings.Cut(h[1], ";")
				pairs(line)
			}
		}
	}
	return keys
}

func (s Shown) browsers(all map[string]world.Browser) map[string]world.Browser {
	browsers := make(map[string]world.Browser, len(all))
	for name, b := range all {
		seen := slices.DeleteFunc(b.Seen(), func(c world.Seen) bool { return !s.cookie(c.Name) })
		b.Jar, b.DocumentCookie = make([]jar.Cookie, 0, len(seen)), s.pairs(b.DocumentCookie)
		if b.Look != nil {
			look := *b.Look
			look.Known = nil
			for _, c := range seen {
				look.Known = append(look.Known, c.Known)
			}
			b.Look = &look
		}
		for _, c := range seen {
			b.Jar = append(b.Jar, c.Cookie)
		}
		browsers[name] = b
	}
	return browsers
}

func (s Shown) rows(all []session.Row) []session.Row {
	rows := make([]session.Row, 0, len(all))
	for _, r := range all {
		entries, ok := r.Entries()
		var pairs []string
		for _, e := range entries {
			if slices.Contains(s.Entries, e.Key) || e.Key == "_session_expiry" {
				pairs = append(pairs, scene.JSONText(e.Key)+":"+scene.JSONText(e.Value()))
			}
		}
		if r.Data = ""; ok {
			r.Data = "{" + strings.Join(pairs, ",") + "}"
		}
		rows = append(rows, r)
	}
	return rows
}

func (s Shown) notes(all []world.Note) []world.Note {
	return slices.DeleteFunc(slices.Clone(all), func(n world.Note) bool { return n.Cookie != "" && !s.cookie(n.Cookie) })
}

// pairs removes the cookies that are not shown from a Cookie header or document.cookie.
func (s Shown) pairs(header string) string {
	var pairs []string
	for _, p := range jar.Pairs(header) {
		if s.cookie(p.Name) {
			pairs = append(pairs, p.Name+"="+p.Value)
		}
	}
	return strings.Join(pairs, "; ")
}

// line reports whether a Set-Cookie line is about a cookie that is shown.
func (s Shown) line(line string) bool {
	pair, _, _ := strings.Cut(line, ";")
	return s.pairs(pair) != ""
}

func (s Shown) exchange(e world.Exchange) world.Exchange {
	var headers [][2]string
	for _, h := range e.Request.Headers {
		switch strings.ToLower(h[0]) {
		case "cookie":
			if h[1] = s.pairs(h[1]); h[1] == "" {
				continue
			}
		case "host", "origin", "accept", "accept-language", "content-type":
		default:
			continue // other headers of a browser are private
		}
		headers = append(headers, h)
	}
	e.Request.Headers = headers
	e.Response.Headers = slices.DeleteFunc(slices.Clone(e.Response.Headers), func(h [2]string) bool {
		return strings.EqualFold(h[0], "Set-Cookie") && !s.line(h[1])
	})
	return e
}
