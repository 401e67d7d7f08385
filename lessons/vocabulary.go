package lessons

import (
	"net/url"
	"slices"
	"strings"

	"cookielab/internal/demo"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Names are the cookies and session entries that a step uses. Others in a browser do not
// matter to it.
type Names struct {
	Cookies []string // sessionid among them, if the step sends or sets one
	Entries []string
	Row     bool // whether the row's existence matters
}

// Names returns the cookies and entries that the step's actions and claims name, in order
// of first mention.
func (s *Step) Names() Names {
	var n Names
	for _, a := range s.Actions() {
		n.action(a)
	}
	for _, o := range s.Options {
		n.claim(o.Claim)
	}
	return n
}

func (n *Names) cookie(names ...string) {
	for _, name := range names {
		if name != "" && !slices.Contains(n.Cookies, name) {
			n.Cookies = append(n.Cookies, name)
		}
	}
}

// entry adds names of session entries, which need a row.
func (n *Names) entry(names ...string) {
	n.Row = true
	for _, name := range names {
		if name != "" && !slices.Contains(n.Entries, name) {
			n.Entries = append(n.Entries, name)
		}
	}
}

// session adds entries that a request uses, for which it needs the session key.
func (n *Names) session(entries ...string) {
	n.cookie(session.CookieName)
	n.entry(entries...)
}

// action adds the names in an action.
func (n *Names) action(a world.Action) {
	switch a.Do {
	case "together":
		for _, visit := range a.Visits {
			n.action(visit)
		}
	case "put", "delete":
		n.cookie(a.Name)
	case "script":
		if a.Set != nil {
			name, _, _ := strings.Cut(*a.Set, "=")
			n.cookie(strings.TrimSpace(name))
		}
	case "server":
		n.session()
	case "visit":
		u, err := url.Parse(a.URL)
		route, found := demo.At(a.URL)
		if err != nil || !found {
			return
		}
		if route.Group == demo.Cookie {
			n.cookie(route.Cookie(u.Query()))
			return
		}
		n.session(route.Entries(u.Query())...)
	}
}

// claim adds the names in a claim. What a response sets does not depend on where the
// browser starts.
func (n *Names) claim(c Claim) {
	for _, p := range slices.Concat(c.Sent, c.Jar) {
		n.cookie(p.Name)
	}
	n.cookie(slices.Concat(c.NotSent, c.NotInJar, c.ScriptSees, c.ScriptBlind)...)
	n.cookie(slices.Concat(nameList(c.SentCount), nameList(c.JarCount), nameList(c.CookieExpires))...)
	for _, row := range []*[]Named[string]{c.Row, c.AnyRow} {
		if row != nil {
			n.entry(nameList(*row)...)
		}
	}
	if len(c.RowLacks) > 0 || c.NoRow || c.RowExpires != nil {
		n.entry(c.RowLacks...)
	}
}

// vocabulary returns every cookie name in the lessons' actions, and every path with which
// they set one. The lab itself also uses /get_cookie.
func (c *Catalogue) vocabulary() (names, paths []string) {
	c.words.Do(func() { c.names, c.paths = c.readVocabulary() })
	return c.names, c.paths
}

func (c *Catalogue) readVocabulary() (names, paths []string) {
	var n Names
	paths = []string{"/", "/get_cookie"}
	for _, l := range c.Lessons {
		steps := slices.Clone(l.Steps)
		for _, t := range l.Tasks {
			steps = append(steps, t.Begin)
		}
		for _, s := range steps {
			for _, a := range s.Actions() {
				n.action(a)
				if p := pathOf(a); p != "" && !slices.Contains(paths, p) {
					paths = append(paths, p)
				}
			}
		}
	}
	return n.Cookies, paths
}

// pathOf returns the Path that a visit to /set_cookie asks for.
func pathOf(a world.Action) string {
	u, err := url.Parse(a.URL)
	if a.Do != "visit" || err != nil || u.Path != "/set_cookie" {
		return ""
	}
	return u.Query().Get("path")
}
