package explain

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/jar"
	"cookielab/templates"
)

// What a part of a line comes to.
const (
	partUsed    = "used"
	partIgnored = "ignored"
	partRefused = "refused"
	partMoot    = "moot" // in order, in a line that is refused for another part
)

var partIcons = map[string]string{partUsed: "✓", partIgnored: "∅", partRefused: "✗", partMoot: "·"}

var verdictIcons = map[jar.Code]string{
	jar.Stored: "✓", jar.Replaced: "✓", jar.Deleted: "−", jar.Refused: "✗", jar.Evicted: "↷", jar.Overwritten: "↷", jar.Cut: "✂",
}

// row is a line in one row: what it says, cut short, and what became of it.
func (e *explanation) row(i int) templates.CookieLine {
	v := e.answer.Verdicts[i]
	return templates.CookieLine{
		N: i + 1, Stored: v.Stored, Code: string(v.Code), Reason: string(v.Reason),
		Icon: verdictIcons[v.Code], Label: e.label(v),
		Brief: visible(templates.Shorten(e.lines[i].text, 80)),
	}
}

// label is what became of a line, in a word or two.
func (e *explanation) label(v jar.Verdict) string {
	if fate(v) == "missed" {
		return e.t("jar.code.missed")
	}
	return e.t("jar.code." + string(v.Code))
}

// line is a line taken apart.
func (e *explanation) line(i int) templates.CookieLine {
	v, s := e.answer.Verdicts[i], e.asked.Set[i]
	view := e.row(i)
	view.Text = e.verdict(v, s)
	if len(e.lines) > 1 {
		view.Count = e.t("jar.line", "n", strconv.Itoa(i+1), "of", strconv.Itoa(len(e.lines)))
		view.Open = isOdd(v) || i == len(e.lines)-1
	}
	view.Door = "Set-Cookie:"
	if e.lines[i].script {
		view.Door = "document.cookie ="
	}
	if v.Code == jar.Refused {
		c := cmp.Or(v.Decision.Cookie, &jar.Cookie{})
		view.DevTools = jar.DevToolsRefused(v.Reason, *c)
	}
	view.Address, view.AddressNote = e.address(v, s)
	for n, p := range v.Decision.Parts {
		if len(view.Parts) == maxParts {
			rest := v.Decision.Parts[n:]
			view.More = e.t("jar.more-parts", "n", strconv.Itoa(countParts(rest)))
			view.Pieces = append(view.Pieces, templates.LinePiece{Text: visible(templates.Shorten(textOf(rest), 400))})
			break
		}
		if p.Kind == jar.PartSeparator {
			view.Pieces = append(view.Pieces, templates.LinePiece{Text: visible(templates.Shorten(p.Text, 400))})
			continue
		}
		state := stateOf(p, v, s)
		view.Pieces = append(view.Pieces, templates.LinePiece{State: state, Text: visible(templates.Shorten(p.Text, 400))})
		view.Parts = append(view.Parts, templates.CookiePart{
			State: state, Kind: p.Kind, Attr: templates.Shorten(p.Attr, 40), Effect: p.Effect, Icon: partIcons[state], Word: e.t("jar.state." + state),
			Text: visible(templates.Shorten(p.Text, 80)), Help: e.part(p, v, s),
		})
	}
	view.Defaults = e.defaults(v, s)
	view.Promise = e.promise(v, s)
	view.Repairs = e.repair(i)
	return view
}

// maxParts is how many parts of a line are explained one by one.
const maxParts = 40

func countParts(parts []jar.Part) int {
	n := 0
	for _, p := range parts {
		if p.Kind != jar.PartSeparator {
			n++
		}
	}
	return n
}

func textOf(parts []jar.Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// stateOf is what a part comes to.
func stateOf(p jar.Part, v jar.Verdict, s jar.Step) string {
	switch {
	case p.Effect == jar.EffectRefused || p.Effect == jar.EffectControl || breaksPromise(p, v, s):
		return partRefused
	case !p.Used:
		return partIgnored
	case v.Code == jar.Refused:
		return partMoot
	}
	return partUsed
}

// breaksPromise reports whether a part is what the name promised not to have. The
// jar blames the name; the cause is here.
func breaksPromise(p jar.Part, v jar.Verdict, s jar.Step) bool {
	return v.Reason == jar.ReasonPrefix && p.Used && slices.ContainsFunc(promiseOf(v.Decision, s).items, func(item promiseItem) bool {
		return !item.kept && p.Attr == item.key
	})
}

// visible shows control characters by their pictures, as they would not be seen.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ':
			return '␀' + r
		case r == 0x7f:
			return '␡'
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
}

// part says in one sentence what a part does here, or why it does nothing.
func (e *explanation) part(p jar.Part, v jar.Verdict, s jar.Step) string {
	vars := e.lineVars(v.Decision, s)
	vars["attr"], vars["given"] = attrName(p), visible(templates.Shorten(p.Value, 60))
	kind := p.Kind
	if p.Kind == jar.PartAttribute {
		kind = p.Attr
	}
	if p.Effect != "" {
		key := "jar.effect." + p.Effect
		return e.first(vars, key+"."+kind+"."+string(v.Reason), key+"."+kind+"."+strings.ToLower(p.Value), key+"."+kind, key)
	}
	switch {
	case v.Decision.Cookie == nil:
		return e.t("jar.moot")
	case breaksPromise(p, v, s):
		return e.t("jar.effect.refused.promise")
	}
	variant := ""
	switch kind {
	case jar.PartName:
		if vars["prefix"] != "" {
			variant = ".promise"
		}
	case jar.PartValue:
		switch {
		case v.Decision.Cookie.Name == "":
			variant = ".nameless"
		case strings.HasPrefix(p.Value, `"`):
			variant = ".quoted"
		}
	case "path":
		if p.Value == "/" {
			variant = ".root"
		}
	case "secure", "httponly", "partitioned":
		if p.Value != "" {
			variant = ".valued"
		}
	case "samesite", "priority":
		variant = "." + strings.ToLower(p.Value)
	}
	return e.first(vars, "jar.does."+kind+variant, "jar.does."+kind)
}

// first fills the first of the keys that there is.
func (e *explanation) first(vars map[string]string, keys ...string) string {
	for _, key := range keys[:len(keys)-1] {
		if _, ok := templates.Lookup(string(e.words), key); ok {
			return e.fill(key, vars)
		}
	}
	return e.fill(keys[len(keys)-1], vars)
}

// attrName is an attribute's name as the line writes it.
func attrName(p jar.Part) string {
	name, _, _ := strings.Cut(p.Text, "=")
	return visible(templates.Shorten(strings.TrimSpace(name), 40))
}

// defaults say what follows from what an accepted line does not have.
func (e *explanation) defaults(v jar.Verdict, s jar.Step) []templates.CookieDefault {
	if v.Code == jar.Refused {
		return nil
	}
	vars := e.lineVars(v.Decision, s)
	var list []templates.CookieDefault
	add := func(attr, name string) {
		if !hasAttr(v.Decision.Parts, attr) {
			list = append(list, templates.CookieDefault{Attr: attr, Name: name, Help: e.fill("jar.default."+attr, vars)})
		}
	}
	add("domain", "Domain")
	add("path", "Path")
	if v.Code == jar.Deleted {
		return list // it is gone: what else it might have been does not matter
	}
	if !hasAttr(v.Decision.Parts, "expires") {
		add("max-age", "Expires, Max-Age")
	}
	add("samesite", "SameSite")
	add("secure", "Secure")
	add("httponly", "HttpOnly")
	return list
}

// promise is the checklist of a name such as __Host-sid.
func (e *explanation) promise(v jar.Verdict, s jar.Step) *templates.PromiseView {
	p := promiseOf(v.Decision, s)
	if p.prefix == "" || p.nameless {
		return nil
	}
	view := &templates.PromiseView{Title: e.t("jar.promise", "prefix", p.prefix)}
	for _, item := range p.items {
		view.Items = append(view.Items, templates.PromiseItem{Key: item.key, Text: e.t("jar.promise." + item.key), Kept: item.kept})
	}
	return view
}

// address is where the line came from. The piece that it was refused for is lit.
func (e *explanation) address(v jar.Verdict, s jar.Step) ([]templates.AddressPiece, string) {
	scheme, host, rest := cutAddress(s.URL)
	pieces := []templates.AddressPiece{{Text: scheme}, {Text: host}, {Text: rest}}
	lit, note := -1, ""
	switch v.Reason {
	case jar.ReasonSecure, jar.ReasonOverwriteSecure:
		lit, note = 0, "jar.lit.scheme"
	case jar.ReasonDomain, jar.ReasonPublicSuffix:
		lit, note = 1, "jar.lit.host"
	case jar.ReasonPrefix, jar.ReasonPartitioned:
		if !secureConnection(s.Request) {
			lit, note = 0, "jar.lit.scheme"
		}
	}
	if lit < 0 || v.Code != jar.Refused || pieces[lit].Text == "" {
		return pieces, ""
	}
	pieces[lit].Lit = true
	return pieces, e.t(note)
}

// cutAddress cuts an address into scheme, host and the rest; what net/url cannot
// read is all rest.
func cutAddress(address string) (scheme, host, rest string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", "", templates.Shorten(address, 120)
	}
	scheme = u.Scheme + "://"
	host = u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	rest = u.EscapedPath()
	if u.Port() != "" {
		rest = ":" + u.Port() + rest
	}
	return scheme, host, templates.Shorten(rest, 120)
}

// authorityOf is what stands in a Host header.
func authorityOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return templates.Shorten(address, 80)
	}
	return u.Host
}
