package handlers

import (
	"net/url"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

// What the witnesses say of a real browser, in words.

// devTools is how Chromium's developer tools and its protocol call a reason: the
// word to search for. A reason without one is not told there at all.
var devTools = map[jar.Reason]struct{ refused, withheld string }{
	jar.ReasonPath:            {"", "NotOnPath"},
	jar.ReasonDomain:          {"InvalidDomain", "DomainMismatch"},
	jar.ReasonPublicSuffix:    {"InvalidDomain", ""},
	jar.ReasonSecure:          {"SecureOnly", "SecureOnly"},
	jar.ReasonSameSite:        {"SameSiteNoneInsecure", "SameSite"}, // and the mode
	jar.ReasonPrefix:          {"InvalidPrefix", ""},
	jar.ReasonSize:            {"NameValuePairExceedsMaxSize", ""},
	jar.ReasonSyntax:          {"DisallowedCharacter", ""},
	jar.ReasonEmpty:           {"NoCookieContent", ""},
	jar.ReasonOverwriteSecure: {"OverwriteSecure", ""},
	jar.ReasonThirdParty:      {"ThirdPartyPhaseout", "ThirdPartyPhaseout"},
	jar.Blocked:               {"", "UserPreferences"},
}

// elsewhere is a cookie that was set and is not sent with the page.
func (s scene) elsewhere(m jar.Missing) templates.ElsewhereCard {
	card := templates.ElsewhereCard{
		Name: m.Cookie.Name, Shown: shorten(m.Cookie.Value, 16), Reason: string(m.Reason), Where: m.Cookie.Domain + m.Cookie.Path,
		Term: s.t("term." + string(m.Reason)), DevTools: devTools[m.Reason].withheld,
	}
	switch {
	case m.Refused:
		card.DevTools = devTools[m.Reason].refused
	case m.Reason == jar.ReasonSameSite && m.Cookie.SameSite == "":
		card.DevTools += "UnspecifiedTreatedAsLax"
	case m.Reason == jar.ReasonSameSite:
		card.DevTools += m.Cookie.SameSite
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
	card.Text = s.t(why, "name", m.Cookie.Name, "path", m.Cookie.Path, "domain", m.Cookie.Domain)
	if m.Stands {
		card.Text += s.t("why.stands", "name", m.Cookie.Name)
	}
	return card
}

// doubts says where the witnesses contradict each other about a cookie.
func (s scene) doubts(c jar.Seen) []string {
	if c.Doubt == "" {
		return nil
	}
	vars := []string{"name", c.Name}
	if c.Told != nil {
		told := shorten(c.Told.Value, 16)
		if c.Name == session.CookieName {
			told = world.Short(c.Told.Value)
		}
		vars = append(vars, "told", told, "differences", strings.Join(s.differences(c), s.t("comma")))
	}
	return []string{s.t("doubt."+string(c.Doubt), vars...)}
}

// differences are the attributes of which the ledger says otherwise.
func (s scene) differences(c jar.Seen) []string {
	var list []string
	add := func(f jar.Fact, name, told, seen string) {
		if c.Knows(f) && told != seen {
			list = append(list, s.t("doubt.difference", "name", name, "told", told, "seen", seen))
		}
	}
	flag := func(on bool) string {
		if on {
			return s.t("yes")
		}
		return s.t("no")
	}
	mode := func(sameSite string) string {
		if sameSite == "" {
			return "–"
		}
		return sameSite
	}
	until := func(t *time.Time) string {
		if t == nil {
			return s.t("chip.session")
		}
		return s.moment(*t)
	}
	add(jar.FactExpires, "Expires", until(c.Told.Expires), until(c.Expires))
	add(jar.FactSecure, "Secure", flag(c.Told.Secure), flag(c.Secure))
	add(jar.FactHTTPOnly, "HttpOnly", flag(c.Told.HTTPOnly), flag(c.HTTPOnly))
	add(jar.FactSameSite, "SameSite", mode(c.Told.SameSite), mode(c.SameSite))
	return list
}

// abilities are what this browser was measured to do on this address.
func abilities(w words, o observedBrowser) []templates.Ability {
	row := func(key, name, value string) templates.Ability {
		return templates.Ability{Key: key, State: value, Name: name, Value: w.t("can." + key + "." + value), Help: w.t("can." + key + ".help")}
	}
	yes := func(on bool) string {
		if on {
			return "yes"
		}
		return "no"
	}
	return []templates.Ability{
		row("cookies", w.t("can.cookies"), yes(!o.report.Blocked)),
		row("secure-context", w.t("can.secure-context"), yes(o.report.SecureContext)),
		row("store", "cookieStore", storeAbility(o.report)),
		row("secure-http", w.t("can.secure-http"), secureAbility(o)),
		row("third-party", w.t("can.third-party"), unknown),
	}
}

// storeAbility is what cookieStore was seen to tell.
func storeAbility(r report) string {
	switch {
	case !r.HasStore:
		return "no"
	case len(r.Listed) == 0:
		return "yes"
	case r.Listed[0].Path == nil:
		return "names"
	}
	return "attributes"
}

// secureAbility is what became of the Secure cookies that came over plain http;
// where there were none, it is not known.
func secureAbility(o observedBrowser) string {
	if u, err := url.Parse(o.sight.url); err != nil || u.Scheme != "http" {
		return "https"
	}
	if o.picture.SecureOverHTTP == jar.NotMeasured {
		return unknown
	}
	return string(o.picture.SecureOverHTTP)
}
