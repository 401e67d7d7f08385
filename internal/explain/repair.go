package explain

import (
	"slices"
	"strings"

	"cookielab/internal/jar"
	"cookielab/templates"
)

// repair are the buttons that mend a line: each puts the question in which one
// thing is otherwise.
func (e *explanation) repair(i int) []templates.Repair {
	v, s := e.answer.Verdicts[i], e.asked.Set[i]
	var list []templates.Repair
	offer := func(key string, q Question, pairs ...string) {
		list = append(list, templates.Repair{N: len(e.repairs), Label: e.t("jar.repair."+key, pairs...)})
		e.repairs = append(e.repairs, q)
	}
	write := func(drop string, add ...string) Question {
		return e.rewritten(i, rewrite(v.Decision.Parts, drop, add...))
	}
	secured := func(q Question) Question {
		if secureConnection(s.Request) {
			return q
		}
		return q.secured(e.lines[i])
	}
	switch {
	case v.Code == jar.Deleted && (v.Reason == jar.ReasonPath || v.Reason == jar.ReasonDomain):
		if c, ok := e.other(i); ok {
			scope := []string{"Path=" + c.Path}
			if !c.HostOnly {
				scope = append(scope, "Domain="+c.Domain)
			}
			offer("match", write("path domain", scope...), "text", templates.Shorten(strings.Join(scope, "; "), 60))
		}
	case v.Code != jar.Refused:
		e.mend(v, write, offer)
	case v.Reason == jar.ReasonSecure:
		offer("https", e.question.secured(e.lines[i]))
		offer("drop", write("secure"), "attr", "Secure")
	case v.Reason == jar.ReasonOverwriteSecure:
		offer("https", e.question.secured(e.lines[i]))
	case v.Reason == jar.ReasonSameSite && v.Decision.Cookie.SameSite == "None", v.Reason == jar.ReasonPartitioned:
		offer("add", secured(write("secure", "Secure")), "text", "Secure")
	case v.Reason == jar.ReasonSameSite:
		offer("add", secured(write("secure samesite", "SameSite=None", "Secure")), "text", "SameSite=None; Secure")
	case v.Reason == jar.ReasonDomain, v.Reason == jar.ReasonPublicSuffix:
		offer("drop", write("domain"), "attr", "Domain")
	case v.Reason == jar.ReasonHTTPOnly:
		offer("drop", write("httponly"), "attr", "HttpOnly")
	case v.Reason == jar.ReasonSyntax:
		offer("clean", e.rewritten(i, strings.Map(dropControl, e.lines[i].text)))
	case v.Reason == jar.ReasonPrefix:
		if drop, add, ok := keeping(promiseOf(v.Decision, s)); ok {
			offer("promise", secured(write(drop, add...)))
		}
	}
	return list
}

// mend offers to write what an accepted line meant and did not say.
func (e *explanation) mend(v jar.Verdict, write func(string, ...string) Question, offer func(string, Question, ...string)) {
	for _, p := range v.Decision.Parts {
		switch {
		case p.Effect == jar.EffectNotADate:
			offer("instead", write("expires", "Max-Age=86400"), "text", "Max-Age=86400")
		case p.Effect == jar.EffectDefault:
			offer("instead", write("path", "Path=/"+p.Value), "text", "Path=/"+templates.Shorten(p.Value, 40))
		case p.Effect == jar.EffectNotAMode && p.Attr == "samesite":
			offer("instead", write("samesite", "SameSite=Lax"), "text", "SameSite=Lax")
		}
	}
}

// other is the cookie that a deletion missed: of its name, but elsewhere. The lines
// all arrive in one instant, so that their order is all that matters.
func (e *explanation) other(i int) (jar.Cookie, bool) {
	j := jar.New(jar.Profile{})
	for _, s := range e.asked.Set[:i] {
		j.Set(e.now, s.Request, s.SetCookie)
	}
	cookies := j.Cookies(e.now)
	n := slices.IndexFunc(cookies, func(c jar.Cookie) bool { return c.Name == e.answer.Verdicts[i].Decision.Cookie.Name })
	if n < 0 {
		return jar.Cookie{}, false
	}
	return cookies[n], true
}

// keeping is what to drop and add so that a line keeps its name's promise.
func keeping(p promise) (drop string, add []string, ok bool) {
	for _, item := range p.items {
		if item.kept {
			continue
		}
		switch item.key {
		case "secure":
			add = append(add, "Secure")
		case "http-only":
			add = append(add, "HttpOnly")
		case "path":
			drop, add = drop+" path", append(add, "Path=/")
		case "domain":
			drop += " domain"
		}
	}
	return drop, add, !p.nameless && p.prefix != ""
}

// rewrite puts a line together again without the attributes named in drop and with
// those of add at the end.
func rewrite(parts []jar.Part, drop string, add ...string) string {
	var b strings.Builder
	held := "" // what stands between the parts written and the next one
	for _, p := range parts {
		switch {
		case p.Kind == jar.PartSeparator:
			held += p.Text
		case p.Kind == jar.PartAttribute && strings.Contains(" "+drop+" ", " "+p.Attr+" "):
			held, _, _ = strings.Cut(held, ";") // the "=" of an empty value stays
		default:
			b.WriteString(held + p.Text)
			held = ""
		}
	}
	held, _, _ = strings.Cut(held, ";")
	b.WriteString(held)
	for _, a := range add {
		b.WriteString("; " + a)
	}
	return b.String()
}

func dropControl(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// rewritten is the question with another text in line i.
func (e *explanation) rewritten(i int, text string) Question {
	line := e.lines[i]
	return e.question.withRow(line.row, line.before+text+line.after)
}

func (q Question) withRow(row int, text string) Question {
	rows := strings.Split(strings.ReplaceAll(q.Lines, "\r\n", "\n"), "\n")
	rows[row] = text
	q.Lines = strings.Join(rows, "\n")
	return q
}

// secured is the question in which a line comes over https.
func (q Question) secured(line written) Question {
	_, rest, _ := strings.Cut(line.url, "://")
	address := "https://" + rest
	if line.urlRow >= 0 {
		return q.withRow(line.urlRow, address)
	}
	q.URL = address
	return q
}
