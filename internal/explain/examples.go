package explain

import (
	"fmt"
	"strings"

	"cookielab/internal/jar"
	"cookielab/templates"
)

// example is a button that puts a question. group says how it ends: accepted,
// refused, or surprising, which is neither: something is not as one would think.
type example struct {
	group, id string
	Question
}

const (
	accepted   = "accepted"
	refused    = "refused"
	surprising = "surprising"
)

const (
	shop     = "https://tea.example/"
	plain    = "http://tea.example/"
	checkout = "https://tea.example/cart/pay"
)

// examples has one for every reason that a line can be refused for and a request
// go without its cookie. The first is what the page opens with.
var examples = []example{
	{accepted, "login", Question{URL: "https://tea.example/login", Next: shop, Kind: jar.KindLink, From: "https://search.example/",
		Lines: "Set-Cookie: sessionid=k7f3m2x9; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax"}},
	{accepted, "session", Question{URL: shop, Lines: "num=1"}},
	{accepted, "persistent", Question{URL: shop, Lines: "num=1; Max-Age=1209600; Path=/", Wait: "86400"}},
	{accepted, "host-prefix", Question{URL: shop, Lines: "__Host-sid=k1; Secure; Path=/; HttpOnly; SameSite=Lax"}},
	{accepted, "cross-site", Question{URL: "https://video.example/", Kind: jar.KindIframe, From: "https://news.test/",
		Lines: "player=dark; Path=/; Secure; SameSite=None"}},
	{accepted, "domain", Question{URL: shop, Next: "https://pay.tea.example/", Lines: "num=1; Domain=tea.example; Path=/"}},
	{accepted, "chips", Question{URL: "https://chat.example/", SetKind: jar.KindIframe, SetFrom: "https://news.test/",
		Kind: jar.KindIframe, From: "https://news.test/", Lines: "chat=1; Path=/; Secure; SameSite=None; Partitioned"}},
	{accepted, "delete", Question{URL: shop, Lines: "num=1; Path=/\nnum=; Max-Age=0; Path=/"}},
	{accepted, "several", Question{URL: shop, Lines: "sessionid=k7f3m2x9; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax\n" +
		"theme=dark; Max-Age=31536000; Path=/\nref=ad7; Path=/; SameSite=Strict", Kind: jar.KindLink, From: "https://search.example/"}},

	{refused, "secure", Question{URL: plain, Lines: "num=1; Secure"}},
	{refused, "samesite", Question{URL: shop, Lines: "num=1; SameSite=None"}},
	{refused, "samesite-set", Question{URL: "https://ads.example/pixel", SetKind: jar.KindImg, SetFrom: "https://news.test/", Lines: "seen=1; SameSite=Lax"}},
	{refused, "foreign-domain", Question{URL: shop, Lines: "num=1; Domain=bank.example"}},
	{refused, "public-suffix", Question{URL: "https://fan.github.io/", Lines: "num=1; Domain=github.io"}},
	{refused, "prefix", Question{URL: shop, Lines: "__Host-sid=k1; Secure; Path=/; Domain=tea.example"}},
	{refused, "partitioned", Question{URL: shop, Lines: "chat=1; Path=/; Partitioned"}},
	{refused, "size", Question{URL: shop, Lines: "basket=" + strings.Repeat("bread+milk,", 373) + "; Path=/"}},
	{refused, "syntax", Question{URL: shop, Lines: "note=milk\ttea; Path=/"}},
	{refused, "empty", Question{URL: shop, Lines: "=; Path=/"}},
	{refused, "name", Question{URL: shop, Lines: "=num=1; Path=/"}},
	{refused, "http-only", Question{URL: shop, Lines: `document.cookie = "num=1; HttpOnly"`}},
	{refused, "overwrite-secure", Question{URL: shop, Lines: "num=1; Path=/; Secure\n" + plain + "\nnum=100; Path=/"}},
	{refused, "overwrite-http-only", Question{URL: shop, Lines: "num=1; Path=/; HttpOnly\n" + `document.cookie = "num=100; path=/"`}},

	{surprising, "bad-date", Question{URL: shop, Lines: "num=1; Expires=tomorrow"}},
	{surprising, "max-age-wins", Question{URL: shop, Lines: "num=1; Max-Age=60; Expires=Fri, 01 Jan 2100 00:00:00 GMT"}},
	{surprising, "capped", Question{URL: shop, Lines: "num=1; Max-Age=315360000; Path=/"}},
	{surprising, "typo", Question{URL: shop, Lines: "num=1; HttpOnly=false; Samesite=Lux; MaxAge=60"}},
	{surprising, "bad-path", Question{URL: checkout, Lines: "num=1; Path=shop"}},
	{surprising, "path", Question{URL: shop, Next: "https://tea.example/cartoon", Lines: "vip=1; Path=/cart"}},
	{surprising, "host-only", Question{URL: shop, Next: "https://pay.tea.example/", Lines: "num=1; Path=/"}},
	{surprising, "https-only", Question{URL: shop, Next: plain, Lines: "num=1; Path=/; Secure"}},
	{surprising, "hidden", Question{URL: shop, Kind: kindScript, Lines: "num=1; Path=/; HttpOnly"}},
	{surprising, "form-post", Question{URL: shop, Next: "/pay", Kind: jar.KindFormPost, From: evilPage, Lines: "sessionid=k1; Path=/; HttpOnly; SameSite=Lax"}},
	{surprising, "lax-post", Question{URL: shop, Next: "/pay", Kind: jar.KindFormPost, From: evilPage, Wait: "121", Lines: "sessionid=k1; Path=/; HttpOnly"}},
	{surprising, "other-partition", Question{URL: "https://chat.example/", SetKind: jar.KindIframe, SetFrom: "https://news.test/",
		Kind: jar.KindIframe, From: "https://blog.test/", Lines: "chat=1; Path=/; Secure; SameSite=None; Partitioned"}},
	{surprising, "expired", Question{URL: shop, Lines: "num=1; Max-Age=60; Path=/", Wait: "3600"}},
	{surprising, "wrong-path", Question{URL: shop, Next: "/cart", Lines: "num=1; Path=/cart\nnum=; Max-Age=0; Path=/"}},
	{surprising, "wrong-domain", Question{URL: shop, Lines: "num=1; Domain=tea.example; Path=/\nnum=; Max-Age=0; Path=/"}},
	{surprising, "nothing", Question{URL: shop, Lines: "num=; Max-Age=0; Path=/"}},
	{surprising, "twins", Question{URL: shop, Next: "/cart", Lines: "num=1; Path=/\nnum=2; Path=/cart"}},
	{surprising, "same-response", Question{URL: shop, Lines: "num=1; Path=/; Max-Age=60\nnum=2; Path=/"}},
	{surprising, "ports", Question{URL: "http://localhost:8080/", Next: "http://localhost:8000/", Lines: "num=1; Path=/"}},
	{surprising, "nameless", Question{URL: shop, Lines: "hello"}},
	{surprising, "crowd", Question{URL: shop, Lines: crowd(181)}},
}

// crowd is one cookie more than a site may have.
func crowd(n int) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("c%d=1", i+1)
	}
	return strings.Join(lines, "\n")
}

// Opening is the question that the page opens with.
func Opening() Question { return examples[0].Question }

// Example is the question of a button, by its id, and whether there is one.
func Example(id string) (q Question, found bool) {
	for _, e := range examples {
		if e.id == id {
			return e.Question, true
		}
	}
	return Question{}, false
}

// Examples are the buttons with questions, in groups by how they end.
func Examples(language templates.Words) []templates.CookieExamples {
	w := words(language)
	var groups []templates.CookieExamples
	for _, group := range []string{accepted, refused, surprising} {
		g := templates.CookieExamples{ID: group, Title: w.t("jar.examples." + group)}
		for _, e := range examples {
			if e.group == group {
				g.Examples = append(g.Examples, templates.CookieExample{ID: e.id, Label: w.t("jar.example." + e.id)})
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// The choices of the form.
var (
	requestKinds = []string{kindTyped, jar.KindLink, jar.KindWindowOpen, jar.KindFormGet, jar.KindFormPost,
		jar.KindFetch, jar.KindFetchPost, jar.KindImg, jar.KindIframe, kindScript}
	waits = []string{"", "60", "121", "3600", "86400", "1209600", "34560000"}
)

// Form is the form as it stands after a question.
func Form(language templates.Words, q Question) templates.CookieForm {
	w := words(language)
	choices := func(chosen, prefix string, values []string) []templates.Choice {
		var list []templates.Choice
		for _, v := range values {
			key := v
			if key == "" {
				key = "none"
			}
			list = append(list, templates.Choice{Value: v, Text: w.t(prefix + key), Selected: v == chosen})
		}
		return list
	}
	return templates.CookieForm{
		Lines: q.Lines, URL: q.URL, SetFrom: q.SetFrom, Next: q.Next, From: q.From,
		SetKinds: choices(q.SetKind, "jar.kind.", requestKinds[:len(requestKinds)-1]),
		Kinds:    choices(q.Kind, "jar.kind.", requestKinds),
		Waits:    choices(q.Wait, "jar.wait.", waits),
		More:     q.SetKind != "",
	}
}
