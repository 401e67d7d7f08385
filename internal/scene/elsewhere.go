package scene

import (
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

// What the sources of a witness.Picture show of a real browser, as text.

// elsewhere draws a cookie that was set and is not sent with the page.
func (s scene) elsewhere(m world.Missing) templates.ElsewhereCard {
	card := templates.ElsewhereCard{
		Name: m.Cookie.Name, Shown: templates.Shorten(m.Cookie.Value, 16), Reason: string(m.Reason), Where: m.Cookie.Domain + m.Cookie.Path,
		Term: s.T("term." + string(m.Reason)), DevTools: jar.DevToolsWithheld(m.Reason, m.Cookie),
	}
	if m.Refused {
		card.DevTools = jar.DevToolsRefused(m.Reason, m.Cookie)
	}
	if m.Kept && m.Cookie.Expires != nil {
		card.Ends = m.Cookie.Expires.UTC().Format(time.RFC3339Nano)
	}
	why := "why." + string(m.Reason)
	switch {
	case m.Reason == jar.ReasonSameSite && m.Refused:
		why += ".none"
	case m.Reason == jar.ReasonDomain && m.Refused:
		why += ".refused"
	case m.Reason == jar.Gone && m.Cookie.Expires == nil:
		why += ".session"
	}
	card.Text = s.T(why, "name", m.Cookie.Name, "path", m.Cookie.Path, "domain", m.Cookie.Domain)
	if m.Stands {
		card.Text += s.T("why.stands", "name", m.Cookie.Name)
	}
	return card
}

// doubts lists how the sources contradict each other about a cookie.
func (s scene) doubts(c world.Seen) []string {
	if c.Doubt == "" {
		return nil
	}
	vars := []string{"name", c.Name}
	if c.Told != nil {
		told := templates.Shorten(c.Told.Value, 16)
		if c.Name == session.CookieName {
			told = world.Short(c.Told.Value)
		}
		vars = append(vars, "told", told, "differences", strings.Join(s.differences(c), s.T("comma")))
	}
	return []string{s.T("doubt."+string(c.Doubt), vars...)}
}

// differences lists the attributes that differ in the ledger.
func (s scene) differences(c world.Seen) []string {
	var list []string
	add := func(f world.Fact, name, told, seen string) {
		if c.Knows(f) && told != seen {
			list = append(list, s.T("doubt.difference", "name", name, "told", told, "seen", seen))
		}
	}
	flag := func(on bool) string {
		if on {
			return s.T("yes")
		}
		return s.T("no")
	}
	mode := func(sameSite string) string {
		if sameSite == "" {
			return "–"
		}
		return sameSite
	}
	until := func(t *time.Time) string {
		if t == nil {
			return s.T("chip.session")
		}
		return s.Moment(*t)
	}
	add(world.FactExpires, "Expires", until(c.Told.Expires), until(c.Expires))
	add(world.FactSecure, "Secure", flag(c.Told.Secure), flag(c.Secure))
	add(world.FactHTTPOnly, "HttpOnly", flag(c.Told.HTTPOnly), flag(c.HTTPOnly))
	add(world.FactSameSite, "SameSite", mode(c.Told.SameSite), mode(c.SameSite))
	return list
}
