package explain

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/templates"
)

// The sentences about what the jar decided. The jar gives stable words; which
// sentence a word becomes depends on what happened: "path" is said otherwise of a
// cookie that stays at home and of a deletion that found nothing.

// words are those of one language, with the sentences of this room.
type words templates.Words

func (w words) t(key string, pairs ...string) string { return templates.Words(w).T(key, pairs...) }

// verdict says what became of a Set-Cookie line, and why.
func (w words) verdict(v jar.Verdict, s jar.Step) string {
	vars := w.lineVars(v.Decision, s)
	switch v.Code {
	case jar.Stored, jar.Replaced:
		if v.Decision.Cookie.Expires == nil {
			return w.fill("jar.verdict."+string(v.Code)+".session", vars)
		}
		return w.fill("jar.verdict."+string(v.Code)+".until", vars)
	case jar.Refused:
		vars["why"] = w.refusal(v, s)
		return w.fill("jar.verdict.refused", vars)
	case jar.Deleted:
		if v.Reason == "" {
			return w.fill("jar.verdict.deleted", vars)
		}
		vars["why"] = w.because("jar.deleted.", v.Reason, "", vars)
		return w.fill("jar.verdict.deleted.nothing", vars)
	}
	vars["why"] = w.because("jar.reason.", v.Reason, "", vars)
	return w.fill("jar.verdict."+string(v.Code), vars)
}

// refusal is the reason of a refused line, without saying that it is refused.
func (w words) refusal(v jar.Verdict, s jar.Step) string {
	d := v.Decision
	vars := w.lineVars(d, s)
	variant := ""
	switch v.Reason {
	case jar.ReasonSameSite:
		variant = ".cross"
		if d.Cookie != nil && d.Cookie.SameSite == "None" {
			variant = ".none"
		}
	case jar.ReasonPrefix:
		if p := promiseOf(d, s); p.nameless {
			variant = ".nameless"
		} else {
			var broken []string
			for _, item := range p.items {
				if !item.kept {
					broken = append(broken, w.t("jar.broken."+item.key))
				}
			}
			vars["broken"] = strings.Join(broken, w.t("and"))
		}
	}
	return w.because("jar.reason.", v.Reason, variant, vars)
}

// withheld is the reason why a cookie is not sent with a request, in a sentence.
func (w words) withheld(x jar.Withheld, r jar.Request) string {
	return w.keptBack("jar.withheld.", x, r)
}

// keptBack is the same in a sentence or, with the other prefix, in brief.
func (w words) keptBack(prefix string, x jar.Withheld, r jar.Request) string {
	vars := map[string]string{
		"name": w.cookieName(x.Cookie.Name), "path": x.Cookie.Path, "domain": x.Cookie.Domain,
		"host": hostOf(r.URL), "here": pathOf(r.URL), "from": hostOf(r.Initiator), "expires": w.until(x.Cookie.Expires),
	}
	variant := ""
	switch x.Reason {
	case jar.ReasonDomain:
		if x.Cookie.HostOnly {
			variant = ".host-only"
		}
	case jar.ReasonSameSite:
		variant = ".unset"
		if x.Cookie.SameSite != "" {
			variant = "." + strings.ToLower(x.Cookie.SameSite)
		}
		if vars["from"] == vars["host"] {
			variant = ".scheme" // schemeful same-site: http and https are two sites
		}
	}
	return w.because(prefix, x.Reason, variant, vars)
}

// because is the sentence for a reason: the one for the variant if there is one,
// else the one for this use of the word, else what the word means.
func (w words) because(prefix string, why jar.Reason, variant string, vars map[string]string) string {
	for _, key := range []string{prefix + string(why) + variant, prefix + string(why)} {
		if _, ok := templates.Lookup(string(w), key); ok {
			return w.fill(key, vars)
		}
	}
	return w.fill("jar.reason."+string(why), vars)
}

func (w words) fill(key string, vars map[string]string) string {
	return templates.Text(string(w), key, vars)
}

// lineVars are what the sentences about a line may name.
func (w words) lineVars(d jar.Decision, s jar.Step) map[string]string {
	vars := map[string]string{
		"host": hostOf(s.URL), "here": pathOf(s.URL), "from": hostOf(s.Initiator),
		"given": lastValue(d.Parts, "domain"), "prefix": promiseOf(d, s).prefix,
	}
	var name, value string
	for i := range d.Parts[:min(len(d.Parts), 8)] { // they come first, with blanks between
		switch p := &d.Parts[i]; p.Kind {
		case jar.PartName:
			name = p.Value
		case jar.PartValue:
			value = p.Value
		}
	}
	vars["name"], vars["value"] = w.cookieName(name), templates.Shorten(value, 40)
	vars["size"] = strconv.Itoa(len(name) + len(value))
	if d.Cookie != nil {
		vars["path"], vars["domain"], vars["expires"] = d.Cookie.Path, d.Cookie.Domain, w.until(d.Cookie.Expires)
	}
	return vars
}

// cookieName is a name to put into a sentence.
func (w words) cookieName(name string) string {
	if name == "" {
		return w.t("jar.nameless")
	}
	return templates.Shorten(name, 40)
}

func (w words) until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return templates.Words(w).Moment(*t)
}

// lastValue is the value of the last attribute of that name, which is the one that
// counts.
func lastValue(parts []jar.Part, attr string) string {
	for i := len(parts) - 1; i >= 0; i-- {
		if p := &parts[i]; p.Attr == attr && p.Effect != jar.EffectTooLong {
			return templates.Shorten(p.Value, 60)
		}
	}
	return ""
}

func hasAttr(parts []jar.Part, attr string) bool {
	for _, p := range parts {
		if p.Attr == attr && p.Effect != jar.EffectTooLong {
			return true
		}
	}
	return false
}

// hostOf and pathOf take an address apart for a sentence. The jar reads addresses
// more generously than net/url: what that cannot read is shown whole.
func hostOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return templates.Shorten(address, 60)
	}
	return strings.ToLower(u.Hostname())
}

func pathOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return templates.Shorten(address, 60)
	}
	if path := u.EscapedPath(); path != "" {
		return templates.Shorten(path, 60)
	}
	return "/"
}

// promise is what a cookie's name promises about its attributes, as a checklist.
type promise struct {
	prefix   string // as in the name, such as __Host-; empty: the name promises nothing
	nameless bool   // the promise stands in the value of a cookie without a name
	items    []promiseItem
}

type promiseItem struct {
	key  string // secure, https, path, domain or http-only
	kept bool
}

// promiseOf reads the promise in the name of a line's cookie. The jar decides with
// the same rules; here they stand one by one, so that each can be shown.
func promiseOf(d jar.Decision, s jar.Step) promise {
	if d.Cookie == nil {
		return promise{}
	}
	p := promise{}
	text := d.Cookie.Name
	if text == "" {
		p.nameless, text = true, d.Cookie.Value
	}
	for _, prefix := range []string{"__host-http-", "__host-", "__http-", "__secure-"} {
		if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			p.prefix = text[:len(prefix)]
			break
		}
	}
	if p.prefix == "" {
		return promise{}
	}
	kind := strings.ToLower(p.prefix)
	add := func(key string, kept bool) { p.items = append(p.items, promiseItem{key, kept}) }
	add("secure", d.Cookie.Secure)
	if !secureConnection(s.Request) {
		add("https", false)
	}
	if strings.HasPrefix(kind, "__host-") {
		add("path", lastValue(d.Parts, "path") == "/")
		domain := lastValue(d.Parts, "domain")
		_, notIP := netip.ParseAddr(strings.Trim(domain, "[]")) // an IP address may name itself
		add("domain", domain == "" || domain == d.Cookie.Domain && notIP == nil)
	}
	if strings.HasSuffix(kind, "http-") {
		add("http-only", d.Cookie.HTTPOnly)
	}
	return p
}

// secureConnection asks the jar whether a request's connection counts as secure:
// a Secure cookie is stored there.
func secureConnection(r jar.Request) bool {
	r.Initiator, r.Via = "", jar.ViaHTTP
	return jar.New(jar.Profile{}).Set(time.Unix(0, 0), r, "a=1; Secure").Stored
}
