package tests

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/witness"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// The browser panel is held against the browser's own jar after each of a long list
// of actions: it must claim what is so, all that a witness can know, and no more.

// An act is one change to a browser's cookies.
type act struct {
	name string
	do   func(l *life)
	ours bool   // by a line that the ledger knows
	late bool   // not by a click on this page, so the page has to notice
	of   string // the cookie whose reason is compared with Chromium's
	// apart is what has to stand apart then, as "name reason", where Chromium tells
	// no reason.
	apart string
}

func route(name, query string) act {
	fields, _ := url.ParseQuery(query)
	return act{name: name + " " + query[:min(len(query), 60)], ours: true, of: fields.Get("name"),
		do: func(l *life) { l.lab(name, query) }}
}

func set(query string) act { return route("set_cookie", query) }

// script presses the button that assigns to document.cookie.
func script(line string) act {
	name, _, _ := strings.Cut(line, "=")
	return act{name: "document.cookie = " + line[:min(len(line), 60)], ours: true,
		do: func(l *life) { l.lab("script", "set="+url.QueryEscape(line)) }, of: name}
}

// console assigns to document.cookie without the page's ledger, as in the DevTools console.
func console(line string) act {
	return act{name: "console: " + line, late: true, do: func(l *life) {
		eval[string](l.tab, "document.cookie = "+quoteJS(line))
	}}
}

func quoteJS(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// hands sets a cookie with the DevTools protocol.
func hands(c network.CookieParam) act {
	return act{name: "protocol: " + c.Name + "=" + c.Value, late: true, do: func(l *life) {
		if c.Domain == "" {
			c.URL = l.base + "/"
		}
		if c.Path == "" {
			c.Path = "/"
		}
		l.put(&c)
	}}
}

// takes deletes a cookie with the DevTools protocol.
func takes(name, apart string) act {
	return act{name: "protocol: delete " + name, late: true, apart: apart, do: func(l *life) {
		call(l.tab, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: l.base + "/en/lab"})
	}}
}

// second presses a button in the other tab.
func second(name, query string) act {
	a := route(name, query)
	a.name, a.late, a.of = "second tab: "+a.name, true, ""
	a.do = func(l *life) { l.other.lab(name, query) }
	return a
}

// brief sets a cookie that may expire before the page has looked.
func brief(query string) act {
	a := set(query)
	a.late, a.of = true, ""
	return a
}

// over waits until a cookie has expired.
func over(name string) act {
	return act{name: name + " is over", ours: true, late: true, apart: name + " expired", do: func(l *life) {
		l.wait(name+" is gone", func() bool {
			return !slices.ContainsFunc(l.sent(), func(c jar.Cookie) bool { return c.Name == name })
		})
	}}
}

func opens(path string) act {
	return act{name: "open " + path, ours: true, do: func(l *life) { l.open(path) }}
}

func in(d time.Duration) cdp.TimeSinceEpoch {
	return cdp.TimeSinceEpoch(float64(time.Now().Add(d).UnixMilli()) / 1000)
}

func (a act) so(apart string) act { a.apart = apart; return a }

// live carries out the acts, and checks the panel after each.
func (l *life) live(acts []act) {
	l.t.Helper()
	for _, a := range acts {
		a.do(l)
		l.check(a)
		if a.of != "" {
			l.checkApart(a.name, a.of)
		}
		if name, want, _ := strings.Cut(a.apart, " "); name != "" {
			l.soon(fmt.Sprintf("after %s: %s stands apart as %q", a.name, name, want), func() bool {
				return l.apart()[name] == jar.Reason(want)
			})
		}
		if l.t.Failed() {
			l.t.Logf("apart: %v", l.apart())
			return
		}
	}
}

// soon waits for what the page must notice by itself, and fails if it takes too long.
func (l *life) soon(what string, done func() bool) {
	l.t.Helper()
	if !l.comes(notices, done) {
		l.t.Errorf("not in %v: %s", notices, what)
	}
}

// measured returns the browser's abilities that the page shows.
func (l *life) measured() map[string]string {
	l.t.Helper()
	return eval[map[string]string](l.tab, `Object.fromEntries([...document.querySelectorAll("[data-can]")].map((e) => [e.dataset.can, e.dataset.state]))`)
}

func (l *life) checkMeasured(want map[string]string) {
	l.t.Helper()
	for name, got := range l.measured() {
		if got != want[name] {
			l.t.Errorf("of %s the page says %q, want %q", name, got, want[name])
		}
	}
}

// everyAttribute are acts that set cookies with every attribute, and the expected results.
var everyAttribute = []act{
	set("name=plain"), set("name=aged&max_age=600"), set("name=dated&expires=Wed, 09 Dec 2099 10:00:00 GMT"),
	set("name=capped&max_age=9999999999"), set("name=past&expires=Wed, 09 Dec 2009 10:00:00 GMT"), set("name=never&max_age=-1"),
	set("name=pathless&path="), set("name=here&path=/en"), set("name=exact&path=/en/lab"), set("name=elsewhere&path=/get_cookie"),
	set("name=below&path=/en/lab/x"), set("name=like&path=/en/la"),
	set("name=lax&samesite=Lax"), set("name=strict&samesite=Strict"), set("name=none&samesite=None"), set("name=sure&samesite=None&secure=1"),
	set("name=secure&secure=1"), set("name=hidden&httponly=1"), set("name=all&secure=1&httponly=1&samesite=Strict&max_age=600&path=/en"),
	set("name=parted&partitioned=1&secure=1&samesite=None"), set("name=unparted&partitioned=1"),
	set("name=wide&domain=localhost"), set("name=wrong&domain=tea.example"), set("name=sub&domain=a.localhost"),
	set("name=__Host-a&secure=1"), set("name=__Host-b"), set("name=__Secure-a&secure=1"), set("name=__Secure-b"), set("name=__Host-c&secure=1&path=/en"),
	set("name=tea&value=少冰"), set("name=quoted&value=\"a b\""), set("name=equals&value=a=b"), set("name=blank&value="),
	set("name=big&value=" + strings.Repeat("x", 4093)), set("name=large&value=" + strings.Repeat("x", 4092)), set("name=large&httponly=1&value=" + strings.Repeat("x", 4092)),
}

// otherHands are acts by others: they overwrite, delete and edit cookies, and let them
// expire.
var otherHands = []act{
	set("name=plain&value=2"), set("name=plain&value=2&max_age=60"), set("name=plain&value=2&samesite=Lax"), set("name=plain&value=2&samesite=Lax&httponly=1"),
	script("plain=mine; path=/").so("plain overwrite-http-only"), set("name=plain&value=3&samesite=None"), set("name=plain&value=4"),
	set("name=twice&path=/en"), set("name=twice"), set("name=twice&path=/en&httponly=1"), set("name=twice&value=2&path=/get_cookie"),
	route("delete_cookie", "name=twice"), route("delete_cookie", "name=twice&path=/en"), route("delete_cookie", "name=nothing"),
	route("delete_cookie", "name=hidden&path=/en"), route("delete_cookie", "name=hidden"), route("delete_cookie", "name=__Secure-a&secure=1"),
	script("theme=dark; path=/"), script("theme=light; path=/; max-age=600; samesite=strict"), script("mine=1"), script("httponly=1; httponly").so("httponly http-only"),
	script("theme=; path=/; max-age=0"), script("lonely"),
	console("num=typed; path=/"), set("name=num"), console("num=typed; path=/"), console("num=1; path=/; samesite=lax"), console("num=1; path=/; max-age=600"), console("num=1; path=/; max-age=0"),
	set("name=num"), takes("num", "num gone"), set("name=num&httponly=1"), takes("num", "num gone"),
	hands(network.CookieParam{Name: "num", Value: "1", HTTPOnly: true, Expires: in(time.Hour)}), set("name=num&httponly=1"),
	hands(network.CookieParam{Name: "num", Value: "hand", HTTPOnly: true, SameSite: network.CookieSameSiteStrict}),
	hands(network.CookieParam{Name: "num", Value: "seen", Expires: in(time.Hour), SameSite: network.CookieSameSiteLax}),
	hands(network.CookieParam{Name: "stranger", Value: "1", SameSite: network.CookieSameSiteNone, Secure: true}),
	hands(network.CookieParam{Name: "stranger", Value: "2", Path: "/en", HTTPOnly: true}), takes("stranger", ""),
	hands(network.CookieParam{Name: "away", Value: "1", Path: "/jupyter"}),
	brief("name=soon&max_age=1"), over("soon"), brief("name=soon&max_age=1&httponly=1"), over("soon"), set("name=soon"),
	brief("name=brief&max_age=1&path=/get_cookie"), {name: "brief is over", ours: true, late: true, do: func(*life) {}, apart: "brief expired"},
	second("set_cookie", "name=tab&value=2"), second("set_cookie", "name=tab&value=2&max_age=60"), second("set_cookie", "name=tab&value=3&httponly=1"), second("delete_cookie", "name=tab"),
	route("set_session", ""), route("set_expiry", "value=600"), route("set_expiry", "value=0"), route("cycle_key", ""), route("set_expiry", "value=None"),
	second("cycle_key", ""), takes("sessionid", "sessionid gone"), route("set_session", "username=li"), route("del", "key=age"), route("clear", ""),
	opens("/zh/lab"), set("name=zh&path=/zh"), opens("/en/lab"), route("set_session", ""), route("flush", ""),
}

func TestThePanelIsTheBrowsersJar(t *testing.T) {
	t.Parallel()
	if n := len(everyAttribute) + len(otherHands); n < 60 {
		t.Fatalf("only %d actions", n)
	}
	b := browse(t)
	b.open("/en/lab")
	l := b.life(true)
	l.checkMeasured(map[string]string{"cookies": "yes", "secure-context": "yes", "store": "yes", "secure-http": "unknown", "third-party": "unknown"})
	l.other = b.another()
	l.other.open("/en/lab")
	l.live(everyAttribute)
	l.checkMeasured(map[string]string{"cookies": "yes", "secure-context": "yes", "store": "attributes", "secure-http": "yes", "third-party": "unknown"})
	l.live(otherHands)
}

// namesOnly reduces cookieStore to names and values, as in Firefox and Safari.
const namesOnly = `(() => {
	const all = CookieStore.prototype.getAll;
	CookieStore.prototype.getAll = async function (...of) {
		return (await all.apply(this, of)).map(({ name, value }) => ({ name, value }));
	};
})()`

func TestThePanelIsTheBrowsersJarWhereScriptsSeeNoAttributes(t *testing.T) {
	t.Parallel()
	b := browse(t)
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: namesOnly})
	b.open("/en/lab")
	l := b.life(false)
	l.other = b.another()
	l.other.open("/en/lab")
	l.live(everyAttribute)
	l.checkMeasured(map[string]string{"cookies": "yes", "secure-context": "yes", "store": "names", "secure-http": "yes", "third-party": "unknown"})
	l.live(otherHands)
}

// Under a name of the network plain http is not a secure context: there is no cookieStore,
// and Secure cookies are refused. The site serves as the browser's proxy, so that the name
// leads to it.
func TestThePanelIsTheBrowsersJarOnANameOfTheNetwork(t *testing.T) {
	t.Parallel()
	local := browse(t)
	b := openTab(t, local.rig, "http://class.test", local.ctx, chromedp.WithNewBrowserContext(func(p *target.CreateBrowserContextParams) {
		p.ProxyServer = strings.TrimPrefix(local.rig.url, "http://")
	}))
	b.open("/en/lab")
	l := b.life(false)
	l.live(everyAttribute)
	l.checkMeasured(map[string]string{"cookies": "yes", "secure-context": "no", "store": "no", "secure-http": "no", "third-party": "unknown"})
}

// module returns an expression that imports the ledger's module and evaluates another with it.
func (b *tab) module(expression string) string {
	return `import(document.querySelector("script[src$=\"/page.js\"]").src.replace("page.js", "lib/ledger.js")).then((ledger) => ` + expression + `)`
}

// Masking an HttpOnly value in the ledger must not change the verdict on the line: size and
// identity stay the same, and the value is still recognized.
func TestTheLedgersMaskChangesNoVerdict(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	for _, value := range []string{"", "a", "foobar", "chongo was here!\n", "少冰", "🍵", strings.Repeat("x", 5000)} {
		if got, want := eval[string](b, b.module("ledger.fingerprint("+quoteJS(value)+")")), witness.Fingerprint(value); got != want {
			t.Errorf("the page's fingerprint of %.20q is %s, want %s", value, got, want)
		}
	}
	for _, line := range []string{
		"num=1; HttpOnly", "num=secret-and-long-value; Path=/; HttpOnly", "num = blanks around ; HttpOnly", "num=\t tab \t;httponly=", "num=; HttpOnly",
		"num=少冰少冰少冰少冰少冰; HttpOnly", "num=" + strings.Repeat("x", 4093) + "; HttpOnly", "num=" + strings.Repeat("x", 4094) + "; HttpOnly",
		"num=" + strings.Repeat("中", 1364) + "x; HttpOnly", "num=" + strings.Repeat("中", 1365) + "; HttpOnly", "num=a=b; HttpOnly",
		"=__Host-x; HttpOnly", "__Host-x; HttpOnly", "=a=b; HttpOnly", "nameless; HttpOnly", "; HttpOnly", "__Host-num=12345678901234567890; Secure; Path=/; HttpOnly",
		"num=visible; Path=/", "num=1; HttpOnlyx",
	} {
		entry := eval[struct{ Line, Hash string }](b, b.module("ledger.ledgerLine("+quoteJS(line)+")"))
		request := jar.Request{URL: b.base + "/set_cookie"}
		plain, hidden := jar.New(jar.Profile{}).Set(newYear, request, line), jar.New(jar.Profile{}).Set(newYear, request, entry.Line)
		if plain.Code != hidden.Code || plain.Reason != hidden.Reason {
			t.Errorf("%.40q is %s %s, masked it is %s %s", line, plain.Code, plain.Reason, hidden.Code, hidden.Reason)
			continue
		}
		if plain.Cookie == nil {
			continue
		}
		if entry.Hash != "" && entry.Hash != witness.Fingerprint(plain.Cookie.Value) || entry.Hash == "" && entry.Line != line {
			t.Errorf("%.40q: the value is not known again by %q", line, entry.Hash)
		}
		p, h := *plain.Cookie, *hidden.Cookie
		if p.Value, h.Value = "", ""; p != h {
			t.Errorf("%.40q is %+v, masked it is %+v", line, p, h)
		}
		if secret := plain.Cookie.Value; plain.Cookie.HTTPOnly && plain.Cookie.Name != "" && secret != "" && strings.Contains(entry.Line, "="+secret) {
			t.Errorf("%.40q: the ledger shows it all: %.60q", line, entry.Line)
		}
	}
}

// Two tabs write to one ledger. If one overwrites the other's lines, the other adds them
// again.
func TestTwoTabsKeepOneLedger(t *testing.T) {
	t.Parallel()
	b := browse(t)
	other := b.another()
	for _, tab := range []*tab{b, other} {
		tab.open("/en/lab")
	}
	l := b.life(true)
	b.lab("set_cookie", "name=mine&samesite=Lax&httponly=1")
	eval[bool](b, `(() => { localStorage.setItem("cookielab.ledger", "[]"); return true; })()`)
	other.lab("set_cookie", "name=theirs&httponly=1")
	l.check(act{name: "a line was lost between two tabs", ours: true, late: true})
	b.lab("set_cookie", "name=third&httponly=1")
	l.check(act{name: "a click after it", ours: true, late: true})
	// A page that is opened now has only what is stored.
	other.open("/en/lab")
	l.tab = other
	l.check(act{name: "opening another page", ours: true, late: true})
	// Whatever stands there, the next line is understood.
	for _, damage := range []string{"null", "7", "{", `{"a":1}`, `[1,null,{"line":5},{"id":"x","n":0,"at":"yesterday","url":"","via":"http","line":"a=1"}]`,
		`[{"id":"x","n":0,"at":"2026-01-01T00:00:00Z","url":"http://localhost/","via":"http","line":"a=1; Max-Age=1","hash":7}]`,
		`[{"id":"x","n":0,"at":"2026-01-01T00:00:00Z","url":"http://localhost/","via":"http","line":7}]`} {
		eval[bool](other, `(() => { localStorage.setItem("cookielab.ledger", `+quoteJS(damage)+`); localStorage.setItem("cookielab.marks", `+quoteJS(damage)+`); return true; })()`)
		other.lab("set_cookie", "name=after&httponly=1")
		if got := l.apart(); len(got) != 0 {
			t.Errorf("with %s as ledger, apart are %v", damage, got)
		}
		if !slices.ContainsFunc(other.panel(), func(s shown) bool { return s.Name == "after" && s.Path == "/" }) {
			t.Errorf("with %s as ledger, a new line is not understood: %v", damage, other.panel())
		}
	}
}

// If the browser hides all cookies from scripts, the page cannot tell which are HttpOnly.
func TestAPageThatMayNotReadCookiesGuessesNothing(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	b.lab("set_cookie", "name=a")
	call(b, emulation.SetDocumentCookieDisabled, emulation.SetDocumentCookieDisabledParams{Disabled: true})
	b.open("/en/lab")
	l := b.life(true)
	if got := l.measured()["cookies"]; got != "no" {
		t.Errorf("the page says that this browser takes cookies: %q, want no", got)
	}
	for _, s := range b.panel() {
		if s.HTTPOnly != "unknown" {
			t.Errorf("of %s the panel says HttpOnly %s, and nobody can know", s.Name, s.HTTPOnly)
		}
	}
}

// The ledger stays within the server's limits; lines whose cookie was set again later are
// dropped first.
func TestTheLedgerKeepsWhatStillStands(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	b.lab("set_cookie", "name=first&httponly=1&samesite=Lax")
	l := b.life(true)
	eval[bool](b, `(async () => {
		for (let i = 0; i < 68; i++) {
			document.querySelector('form:has([data-action="set_cookie"]) [name="value"]').value = i + "x".repeat(4000);
			document.querySelector('[data-action="set_cookie"]').click();
			while (document.querySelector("[data-panels]").getAttribute("aria-busy") === "true") await new Promise((go) => setTimeout(go, 5));
		}
		return true;
	})()`)
	l.check(act{name: "many large lines", ours: true, late: true})
	if stored := eval[int](b, `localStorage.getItem("cookielab.ledger").length`); stored > 256<<10 {
		t.Errorf("the ledger has %d characters", stored)
	}
}
