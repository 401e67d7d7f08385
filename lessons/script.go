package lessons

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/demo"
	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// handlerNames are the Go functions that serve the demo routes, by name.
func handlerNames() []string {
	names := make([]string, 0, len(demo.Routes))
	for _, r := range demo.Routes {
		names = append(names, r.Func)
	}
	slices.Sort(names)
	return names
}

// routePaths are the addresses of the demo routes.
func routePaths() []string {
	paths := make([]string, 0, len(demo.Routes))
	for _, r := range demo.Routes {
		paths = append(paths, r.Path())
	}
	slices.Sort(paths)
	return paths
}

// handlersOf returns the names of the functions that serve a script's visits, each once.
func handlersOf(actions []world.Action) []string {
	var names []string
	for _, visit := range visits(actions) {
		if r, found := demo.At(visit.URL); found && !slices.Contains(names, r.Func) {
			names = append(names, r.Func)
		}
	}
	return names
}

// visits returns all visits of a script, including those of together.
func visits(actions []world.Action) []world.Action {
	var list []world.Action
	for _, a := range actions {
		switch a.Do {
		case "visit":
			list = append(list, a)
		case "together":
			list = append(list, a.Visits...)
		}
	}
	return list
}

// lastVisits returns the last visit as a list of one, or an empty list.
func lastVisits(actions []world.Action) []world.Action {
	all := visits(actions)
	return all[max(0, len(all)-1):]
}

// isDemo reports whether an address is the path of a demo route.
func isDemo(address string) bool {
	_, found := demo.At(address)
	return found && strings.HasPrefix(address, "/")
}

// Actions returns the actions from a clean start to the step's end: From, then Do.
func (s *Step) Actions() []world.Action { return slices.Concat(s.From, s.Do) }

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

// Setup returns actions that bring any browser to the start of the step, using only demo
// routes: if the step uses the session, it is flushed; the cookies that the step names
// are deleted under every path that lessons use; then From follows. A script could not do
// this, because some cookies are HttpOnly or not in the page's path. Cookies that no
// lesson sets are kept.
func (c *Catalogue) Setup(s *Step) []world.Action {
	var actions []world.Action
	step := s.Names()
	if step.Row || slices.Contains(step.Cookies, session.CookieName) {
		actions = append(actions, visitA("/flush"))
	}
	names, paths := c.vocabulary()
	for _, name := range step.Cookies {
		if !slices.Contains(names, name) {
			continue
		}
		for _, path := range paths {
			query := url.Values{"name": {name}}
			if path != "/" {
				query.Set("path", path)
			}
			actions = append(actions, visitA("/delete_cookie?"+query.Encode()))
		}
	}
	return append(actions, s.From...)
}

func visitA(address string) world.Action {
	return world.Action{Do: "visit", Browser: "A", URL: address}
}

// Difference is one difference between a browser and the start of a step.
type Difference struct {
	Kind Kind
	Name string // of the cookie or entry; "" for the row itself
	Want string // a value, or JSON for an entry; "" if there should be none
	Have string
}

// Kind says what differs.
type Kind string

const (
	CookieMissing  Kind = "cookie-missing"  // Want is its value
	CookieExtra    Kind = "cookie-extra"    // Have is its value
	CookieDiffers  Kind = "cookie-differs"  // both values; several of one side are joined by ", "
	CookieHidden   Kind = "cookie-hidden"   // not visible to this page; Want is its value
	CookieHTTPOnly Kind = "cookie-httponly" // "true" and "false"
	CookieAge      Kind = "cookie-age"      // "session" and "expires"
	RowMissing     Kind = "row-missing"
	RowExtra       Kind = "row-extra"
	EntryMissing   Kind = "entry-missing"
	EntryExtra     Kind = "entry-extra"
	EntryDiffers   Kind = "entry-differs"
)

// Differences compares a visitor's browser with the frame from which the step starts, for
// the cookies and entries that the step names. Unknown attributes are not differences.
func (s *Step) Differences(start world.Frame, now Evidence) []Difference {
	if s.Jar != nil {
		return nil
	}
	want := evidenceAt(start, "A")
	names := s.Names()
	var list []Difference
	for _, name := range names.Cookies {
		if name != session.CookieName {
			list = append(list, cookieDifferences(name, want, now)...)
		}
	}
	if names.Row || slices.Contains(names.Cookies, session.CookieName) {
		list = append(list, sessionDifferences(names, want, now)...)
	}
	return list
}

func cookieDifferences(name string, want, now Evidence) []Difference {
	wanted := cookiesNamed(want.Jar, name)
	have := append(cookiesNamed(now.Jar, name), cookiesNamed(now.Elsewhere, name)...)
	wantValues, haveValues := cookieValues(wanted), cookieValues(have)
	switch {
	case len(wanted) == 0 && len(have) == 0:
		return nil
	case len(wanted) == 0:
		return []Difference{{CookieExtra, name, "", strings.Join(haveValues, ", ")}}
	case len(have) == 0 && slices.ContainsFunc(wanted, func(c jar.Cookie) bool { return c.Path != "/" }):
		return []Difference{{CookieHidden, name, strings.Join(wantValues, ", "), ""}}
	case len(have) == 0:
		return []Difference{{CookieMissing, name, strings.Join(wantValues, ", "), ""}}
	case !slices.Equal(slices.Sorted(slices.Values(wantValues)), slices.Sorted(slices.Values(haveValues))):
		return []Difference{{CookieDiffers, name, strings.Join(wantValues, ", "), strings.Join(haveValues, ", ")}}
	case len(wanted) > 1:
		return nil
	}
	var list []Difference
	w, h := wanted[0], have[0]
	if w.HTTPOnly != h.HTTPOnly && !now.unknown(name, "httpOnly") {
		list = append(list, Difference{CookieHTTPOnly, name, strconv.FormatBool(w.HTTPOnly), strconv.FormatBool(h.HTTPOnly)})
	}
	if (w.Expires == nil) != (h.Expires == nil) && !now.unknown(name, "expires") {
		list = append(list, Difference{CookieAge, name, ageWord(w), ageWord(h)})
	}
	return list
}

func sessionDifferences(names Names, want, now Evidence) []Difference {
	wantRow, wantKey := want.ownRow(), len(cookiesNamed(want.Jar, session.CookieName)) > 0
	nowRow := now.ownRow()
	key := cookiesNamed(now.Jar, session.CookieName)
	switch {
	case wantRow == nil && nowRow != nil:
		return []Difference{{Kind: RowExtra}}
	case wantRow == nil && !wantKey && len(key) > 0 && slices.Contains(names.Cookies, session.CookieName):
		return []Difference{{CookieExtra, session.CookieName, "", key[0].Value}} // a key without a row, or another program's cookie
	case wantRow != nil && nowRow == nil:
		return []Difference{{Kind: RowMissing}}
	case wantRow == nil:
		return nil
	}
	var list []Difference
	w, h := entriesOf(*wantRow), entriesOf(*nowRow)
	for _, name := range append(slices.Clone(names.Entries), expiryEntry) {
		wv, wok := w[name]
		hv, hok := h[name]
		switch {
		case wok && !hok:
			list = append(list, Difference{EntryMissing, name, wv, ""})
		case !wok && hok:
			list = append(list, Difference{EntryExtra, name, "", hv})
		case wv != hv:
			list = append(list, Difference{EntryDiffers, name, wv, hv})
		}
	}
	return list
}

// expiryEntry is the key in the session under which Django stores set_expiry's value.
const expiryEntry = "_session_expiry"

func ageWord(c jar.Cookie) string {
	if c.Expires == nil {
		return "session"
	}
	return "expires"
}
