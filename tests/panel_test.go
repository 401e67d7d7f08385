package tests

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
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

// A life is one browser, its tab with the panel, and what the test knows of it: by
// whose hand each cookie came, and what Chromium said of those it did not take.
type life struct {
	*tab
	other *tab // a second tab of the same browser
	// lists: scripts are told attributes, as in Chromium on a secure address.
	lists bool
	// hand is of each cookie in the jar whether the ledger knows its line.
	hand map[string]bool
	last map[string]jar.Cookie

	mu      sync.Mutex
	visits  []network.RequestID // to demo routes
	look    network.RequestID   // the page's last
	sending map[network.RequestID]*network.EventRequestWillBeSentExtraInfo
	answers map[network.RequestID]*network.EventResponseReceivedExtraInfo
}

func (b *tab) life(lists bool) *life {
	b.t.Helper()
	l := &life{
		tab: b, lists: lists, hand: map[string]bool{}, last: map[string]jar.Cookie{},
		sending: map[network.RequestID]*network.EventRequestWillBeSentExtraInfo{},
		answers: map[network.RequestID]*network.EventResponseReceivedExtraInfo{},
	}
	if err := chromedp.Listen(b.ctx, l.hear); err != nil {
		b.t.Fatal(err)
	}
	return l
}

// refusals are Chromium's words for what the jar model says. Where Chromium gives
// no reason there is none to compare with.
var refusals = map[network.SetCookieBlockedReason]jar.Reason{
	network.SetCookieBlockedReasonSecureOnly:                  jar.ReasonSecure,
	network.SetCookieBlockedReasonSameSiteNoneInsecure:        jar.ReasonSameSite,
	network.SetCookieBlockedReasonInvalidDomain:               jar.ReasonDomain,
	network.SetCookieBlockedReasonInvalidPrefix:               jar.ReasonPrefix,
	network.SetCookieBlockedReasonNameValuePairExceedsMaxSize: jar.ReasonSize,
	network.SetCookieBlockedReasonOverwriteSecure:             jar.ReasonOverwriteSecure,
}

var withheld = map[network.CookieBlockedReason]jar.Reason{
	network.CookieBlockedReasonNotOnPath:      jar.ReasonPath,
	network.CookieBlockedReasonDomainMismatch: jar.ReasonDomain,
	network.CookieBlockedReasonSecureOnly:     jar.ReasonSecure,
}

// hear notes what Chromium says of the cookies of each exchange. It says so before
// or after it says what was asked.
func (l *life) hear(event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		switch {
		case err != nil:
		case slices.Contains(routes, strings.TrimPrefix(u.Path, "/")):
			l.visits = append(l.visits, e.RequestID)
		case e.Request.Method == "POST":
			l.look = e.RequestID
		}
	case *network.EventRequestWillBeSentExtraInfo:
		l.sending[e.RequestID] = e
	case *network.EventResponseReceivedExtraInfo:
		l.answers[e.RequestID] = e
	}
}

func header(h network.Headers, name string) string {
	for key, value := range h {
		if strings.EqualFold(key, name) {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// chromium is why Chromium did not take the last line of that name, or does not send
// the cookie with the page's own request; told is false where it gives no reason, or
// none that the jar model has.
func (l *life) chromium(name string) (reason jar.Reason, told bool) {
	l.t.Helper()
	l.wait("Chromium has judged every cookie", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.sending[l.look] != nil && !slices.ContainsFunc(l.visits, func(id network.RequestID) bool { return l.answers[id] == nil })
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	of := func(line, name string) bool { return strings.HasPrefix(line, name+"=") }
	for _, id := range slices.Backward(l.visits) {
		e := l.answers[id]
		if !slices.ContainsFunc(strings.Split(header(e.Headers, "Set-Cookie"), "\n"), func(line string) bool { return of(line, name) }) {
			continue
		}
		for _, c := range e.BlockedCookies {
			if of(c.CookieLine, name) {
				if len(c.BlockedReasons) > 0 {
					reason = refusals[c.BlockedReasons[0]]
				}
				return reason, reason != ""
			}
		}
		break
	}
	for _, c := range l.sending[l.look].AssociatedCookies {
		if c.Cookie.Name == name && len(c.BlockedReasons) > 0 {
			reason = withheld[c.BlockedReasons[0]]
		}
	}
	return reason, true
}

// wait looks again and again.
func (l *life) wait(what string, done func() bool) {
	l.t.Helper()
	if !l.comes(patience, done) {
		l.t.Fatalf("not in %v: %s", patience, what)
	}
}

func (l *life) comes(limit time.Duration, done func() bool) bool {
	l.t.Helper()
	for end := time.Now().Add(limit); !done(); {
		if time.Now().After(end) {
			return false
		}
		eval[bool](l.tab, "new Promise((say) => setTimeout(() => say(true), 100))")
	}
	return true
}

func where(c jar.Cookie) string {
	return fmt.Sprintf("%s %s %v %s %v", c.Name, c.Domain, c.HostOnly, c.Path, c.Partitioned)
}

// remember says of each cookie that is new or other now by whose hand it is so.
func (l *life) remember(ours bool) {
	l.t.Helper()
	now := map[string]jar.Cookie{}
	hand := map[string]bool{}
	for _, c := range l.jar() {
		key := where(c)
		now[key] = c
		was, there := l.last[key]
		if hand[key] = ours; there && sameCookie(was, c) {
			hand[key] = l.hand[key]
		}
	}
	l.last, l.hand = now, hand
}

func sameCookie(a, b jar.Cookie) bool {
	apart := time.Duration(0)
	if a.Expires != nil && b.Expires != nil {
		apart = a.Expires.Sub(*b.Expires).Abs()
	}
	return (a.Expires == nil) == (b.Expires == nil) && apart < time.Millisecond && a.Value == b.Value &&
		a.Secure == b.Secure && a.HTTPOnly == b.HTTPOnly && a.SameSite == b.SameSite
}

// want is what the panel has to say of a cookie, from what a witness can know: header
// and script have name, value and HttpOnly; cookieStore has the rest but for HttpOnly
// cookies and the difference between Lax and nothing; the ledger has what its own
// lines made.
func (l *life) want(c jar.Cookie) shown {
	s := shown{
		Name: c.Name, Value: c.Value, Domain: c.Domain, HostOnly: fmt.Sprint(c.HostOnly), Path: c.Path, Expires: "session",
		Secure: fmt.Sprint(c.Secure), HTTPOnly: fmt.Sprint(c.HTTPOnly), SameSite: c.SameSite, Partitioned: fmt.Sprint(c.Partitioned),
	}
	if c.Expires != nil {
		s.Expires = c.Expires.Format(time.RFC3339)
	}
	if l.hand[where(c)] {
		return s
	}
	if c.SameSite == "" || c.SameSite == "Lax" || c.HTTPOnly || !l.lists {
		s.SameSite = "unknown"
	}
	if c.HTTPOnly || !l.lists {
		s.Domain, s.HostOnly, s.Path, s.Expires, s.Secure, s.Partitioned = "unknown", "unknown", "unknown", "unknown", "unknown", "unknown"
	}
	return s
}

// differs says in what the panel is not what it has to be, if it is not.
func (l *life) differs() string {
	l.t.Helper()
	var list []string
	rest := l.panel()
	for _, c := range l.sent() {
		want := l.want(c)
		i := slices.IndexFunc(rest, func(s shown) bool { return sameShown(s, want) })
		if i < 0 {
			list = append(list, fmt.Sprintf("missing %+v", short(want)))
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	for _, s := range rest {
		list = append(list, fmt.Sprintf("wrong %+v", short(s)))
	}
	return strings.Join(list, "\n\t")
}

func short(s shown) shown {
	s.Value = s.Value[:min(len(s.Value), 40)]
	return s
}

// sameShown allows two seconds between the site's and the browser's reading of the
// clock.
func sameShown(a, b shown) bool {
	at, err := time.Parse(time.RFC3339, a.Expires)
	to, err2 := time.Parse(time.RFC3339, b.Expires)
	if err == nil && err2 == nil && at.Sub(to).Abs() <= 2*time.Second {
		a.Expires = b.Expires
	}
	return a == b
}

// check holds the panel against the jar: at once after a click, and as soon as a page
// must have noticed after what others did. What others did may reach the browser's jar
// only after the command has returned, as an assignment to document.cookie does, so
// whose hand it was is settled anew with each look.
func (l *life) check(a act) {
	l.t.Helper()
	var wrong string
	right := func() bool {
		l.remember(a.ours)
		wrong = l.differs()
		return wrong == ""
	}
	if !right() && a.late {
		l.comes(notices, right)
	}
	if wrong != "" {
		l.t.Errorf("after %s:\n\t%s", a.name, wrong)
	}
}

// notices is how long a page may take to notice what it did not do, on a machine that
// has much else to do. That it takes 3 s on others is for another test.
const notices = 6 * time.Second

// apart reads what stands apart, by name and path, and for refused ones by name.
func (l *life) apart() map[string]jar.Reason {
	l.t.Helper()
	apart := map[string]jar.Reason{}
	for _, pair := range eval[[][]string](l.tab, `[...document.querySelectorAll("[data-elsewhere]")].map((e) => [e.dataset.name, e.dataset.reason])`) {
		apart[pair[0]] = jar.Reason(pair[1])
	}
	return apart
}

// checkApart holds the reason that stands apart against Chromium's own.
func (l *life) checkApart(action, name string) {
	l.t.Helper()
	want, told := l.chromium(name)
	got := l.apart()[name]
	if told && got != want && !(want == "" && slices.Contains(untold, got)) {
		l.t.Errorf("after %s: %s stands apart as %q, Chromium says %q", action, name, got, want)
	}
}

// untold are the reasons of which the protocol says nothing: those of what is no
// more, of what a script may not do, and of Partitioned without Secure.
var untold = []jar.Reason{
	jar.ReasonExpired, jar.Gone, jar.Blocked, jar.ReasonHTTPOnly, jar.ReasonOverwriteHTTPOnly, jar.ReasonPartitioned,
}

// An act is something that happens to a browser's cookies.
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

// console assigns to document.cookie where no ledger is kept.
func console(line string) act {
	return act{name: "console: " + line, late: true, do: func(l *life) {
		eval[string](l.tab, "document.cookie = "+quoteJS(line))
	}}
}

func quoteJS(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// hands puts a cookie in with the developer tools.
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

// takes takes a cookie out with them.
func takes(name, apart string) act {
	return act{name: "protocol: delete " + name, late: true, apart: apart, do: func(l *life) {
		call(l.tab, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: l.base + "/en/lab"})
	}}
}

// second lets the other tab press a button.
func second(name, query string) act {
	a := route(name, query)
	a.name, a.late, a.of = "second tab: "+a.name, true, ""
	a.do = func(l *life) { l.other.lab(name, query) }
	return a
}

// brief sets a cookie whose time may be up before anyone has looked.
func brief(query string) act {
	a := set(query)
	a.late, a.of = true, ""
	return a
}

// over waits until a cookie's time is up.
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

// live carries out what happens, and looks at the panel after each.
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

// soon demands what the page has to notice by itself.
func (l *life) soon(what string, done func() bool) {
	l.t.Helper()
	if !l.comes(notices, done) {
		l.t.Errorf("not in %v: %s", notices, what)
	}
}

// measured is what the page says that this browser can do.
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

// everyAttribute is what a site can ask for, and what comes of it.
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

// otherHands overwrite, delete, edit and let expire.
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

// namesOnly makes cookieStore what it is in Firefox and Safari.
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

// On a name of the network http is not secure: there is no cookieStore, and Secure
// cookies are refused. The site is its own proxy, so that the name leads to it.
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

// module imports the library of the ledger once more.
func (b *tab) module(expression string) string {
	return `import(document.querySelector("script[src$=\"/page.js\"]").src.replace("page.js", "lib/ledger.js")).then((ledger) => ` + expression + `)`
}

// What the ledger hides of an HttpOnly value must not change what is made of the
// line: its size, its identity, and that its value is known again.
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

// Two tabs write to one ledger. What one of them overwrites, the other gives back.
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

// Where the browser lets no script see cookies, header and script cannot tell which
// one is HttpOnly.
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

// The ledger stays within what the server takes, and drops first what was set anew.
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
