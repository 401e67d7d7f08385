package lessons

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

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
