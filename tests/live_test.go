package tests

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/lessons"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// lab fills in a route's form in the lab and presses its button.
func (b *tab) lab(route, query string) {
	b.t.Helper()
	fields, err := url.ParseQuery(query)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, values := range fields {
		if !eval[bool](b, fmt.Sprintf(`(() => {
			const field = document.querySelector('form:has([data-action=%q])').elements.namedItem(%q);
			if (field?.type === "checkbox") field.checked = %[3]q === "1";
			else if (field) field.value = %[3]q;
			return Boolean(field);
		})()`, route, name, values[0])) {
			b.t.Fatalf("in the lab %s has no field %s", route, name)
		}
	}
	b.press(`[data-action="` + route + `"]`)
	eval[bool](b, `(() => { document.querySelector('form:has([data-action="`+route+`"])').reset(); return true; })()`)
}

func TestThePanelSaysOnlyWhatIsSo(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	for _, query := range []string{
		"name=plain", "name=aged&max_age=600", "name=dated&expires=Wed, 09 Dec 2099 10:00:00 GMT", "name=past&expires=Wed, 09 Dec 2009 10:00:00 GMT",
		"name=long&max_age=9999999999", "name=negative&max_age=-1", "name=nonsense&expires=tomorrow",
		"name=here&path=/en", "name=elsewhere&path=/get_cookie", "name=pathless&path=", "name=odd&path=/en/lab/../lab",
		"name=wide&domain=localhost", "name=other&domain=tea.example", "name=sub&domain=a.localhost",
		"name=lax&samesite=Lax", "name=strict&samesite=Strict", "name=none&samesite=None", "name=nonesecure&samesite=None&secure=1",
		"name=secure&secure=1", "name=hidden&httponly=1", "name=both&secure=1&httponly=1&samesite=Strict&max_age=60",
		"name=parted&partitioned=1&secure=1&samesite=None", "name=partedonly&partitioned=1",
		"name=__Host-good&secure=1&path=/", "name=__Host-bad&path=/", "name=__Secure-good&secure=1", "name=__Secure-bad", "name=__host-case&path=/",
		"name=tea&value=少冰", "name=quoted&value=\"a b\"", "name=odd&value=a=b&path=/", "name=blank&value=", "name=comma&value=a,b", "name=semicolon&value=a%3Bb",
		"name=big&value=" + strings.Repeat("x", 4000), "name=toobig&value=" + strings.Repeat("x", 4200),
		"name=plain&value=2", "name=hidden&value=2", "name=aged&value=2",
	} {
		query = strings.ReplaceAll(query, "%3B", "%253B") // a form sends what is in its field
		b.lab("set_cookie", query)
		b.compare("after set_cookie " + query[:min(len(query), 60)])
	}
	// What was refused, or is sent elsewhere, stands apart with its reason.
	apart := eval[[]string](b, `[...document.querySelectorAll("[data-elsewhere]")].map((e) => e.dataset.name + " " + e.dataset.reason)`)
	for _, want := range []string{"toobig size"} {
		if !slices.Contains(apart, want) {
			t.Errorf("apart are %q, want %q among them", apart, want)
		}
	}
	for _, delete := range []string{"name=plain", "name=elsewhere&path=/get_cookie", "name=elsewhere", "name=__Host-good&secure=1", "name=hidden"} {
		b.lab("delete_cookie", delete)
		b.compare("after delete_cookie " + delete)
	}
}

func TestWhatIsRefusedOrSentElsewhereStandsApart(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	for query, want := range map[string]string{
		"name=a&path=/get_cookie": "a path", "name=b&domain=tea.example": "b domain", "name=c&samesite=None": "c samesite",
		"name=__Host-d": "__Host-d prefix", "name=e&value=" + strings.Repeat("x", 4200): "e size",
	} {
		b.lab("set_cookie", query)
		if got := eval[[]string](b, `[...document.querySelectorAll("[data-elsewhere]")].map((e) => e.dataset.name + " " + e.dataset.reason)`); !slices.Contains(got, want) {
			t.Errorf("after %.40s apart are %q, want %q among them", query, got, want)
		}
	}
}

// strangers are cookies that other programs on localhost have set.
func strangers(port string) []*network.CookieParam {
	in := cdp.TimeSinceEpoch(time.Now().Add(time.Hour).Unix())
	list := []*network.CookieParam{
		{Name: "csrftoken", Value: "5up3rS3cr3tTok3n", Domain: "localhost", Path: "/", Expires: in, SameSite: network.CookieSameSiteLax},
		{Name: "grafana_session", Value: "0123456789abcdef0123456789abcdef", Domain: "localhost", Path: "/", HTTPOnly: true},
		{Name: "_xsrf", Value: "2|1:0|10:1|5:_xsrf|44:x|abc", Domain: "localhost", Path: "/", Secure: true},
		{Name: "username-localhost-8888", Value: "\"2|1:0|10:1700000000|23:username-localhost-8888|44:YWJj|def\"", Domain: "localhost", Path: "/", HTTPOnly: true},
		{Name: "empty", Value: "", Domain: "localhost", Path: "/"},
		{Name: "strict", Value: "s", Domain: "localhost", Path: "/", SameSite: network.CookieSameSiteStrict, HTTPOnly: true},
		{Name: "none", Value: "n", Domain: "localhost", Path: "/", SameSite: network.CookieSameSiteNone, Secure: true},
		{Name: "<b>bold</b>", Value: "<i>&amp'\"</i>", Domain: "localhost", Path: "/"},
		{Name: "encoded", Value: "%E5%B0%91%E5%86%B0", Domain: "localhost", Path: "/"},
		{Name: "broken", Value: "100%", Domain: "localhost", Path: "/"},
		{Name: "num", Value: "theirs", Domain: "localhost", Path: "/en/"}, // our name, another path
		{Name: "elsewhere", Value: "x", Domain: "localhost", Path: "/jupyter"},
		{Name: "on127", Value: "x", URL: "http://127.0.0.1:" + port + "/"},
	}
	for i := range 60 {
		list = append(list, &network.CookieParam{Name: fmt.Sprintf("other%02d", i), Value: strings.Repeat("v", i), Domain: "localhost", Path: "/"})
	}
	return list
}

func (b *tab) port() string {
	u, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Port()
}

// A lesson works in a browser that is full of other programs' cookies, and leaves
// them as they are.
func TestABrowserFullOfOtherCookies(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.put(strangers(b.port())...)
	before := b.jar()
	if len(before) < 70 {
		t.Fatalf("only %d cookies could be put in", len(before))
	}
	b.open("/zh/lab")
	b.compare("a full browser")
	b.lab("set_session", "")
	b.compare("a full browser, after set_session")
	for _, step := range stepsOf(t, b, "session/locker", "session/clear", "which/guess-key", "cookie/other-shop") {
		b.walk(step)
	}
	b.press("[data-over]")
	b.left(before)
}

// left checks that the jar has the same cookies as before, in any order.
func (b *tab) left(want []jar.Cookie) {
	b.t.Helper()
	names := func(list []jar.Cookie) []string {
		var names []string
		for _, c := range list {
			names = append(names, fmt.Sprintf("%s=%s; %s%s", c.Name, c.Value, c.Domain, c.Path))
		}
		slices.Sort(names)
		return names
	}
	same(b.t, "the browser's jar", names(b.jar()), names(want))
}

func stepsOf(t *testing.T, b *tab, names ...string) []*lessons.Step {
	t.Helper()
	var steps []*lessons.Step
	for _, lesson := range b.rig.lessons.Lessons {
		for _, step := range lesson.Steps {
			if slices.Contains(names, lesson.ID+"/"+step.ID) {
				steps = append(steps, step)
			}
		}
	}
	if len(steps) != len(names) {
		t.Fatalf("%d steps found, want %d", len(steps), len(names))
	}
	return steps
}

func TestStartOverTakesAwayOnlyWhatThisSiteHasSet(t *testing.T) {
	t.Parallel()
	b := browse(t)
	theirs := []*network.CookieParam{
		{Name: "other", Value: "1", Domain: "localhost", Path: "/"},
		{Name: "num", Value: "theirs", Domain: "localhost", Path: "/en"},
		{Name: "vip", Value: "theirs", Domain: "localhost", Path: "/jupyter"},
	}
	b.put(theirs...)
	before := b.jar()
	b.open("/en/lab")
	for _, query := range []string{"", "name=vip&path=/get_cookie", "name=hidden&httponly=1", "name=wide&domain=localhost", "name=secure&secure=1", "name=parted&secure=1&partitioned=1&samesite=None", "name=pathless&path="} {
		b.lab("set_cookie", query)
	}
	b.lab("script", "set=theme=dark%3B path=/")
	b.lab("set_session", "")
	if len(b.rig.rows()) != 1 || len(b.jar()) < len(before)+8 {
		t.Fatalf("there are %d rows and %d cookies", len(b.rig.rows()), len(b.jar()))
	}
	b.press("[data-over]")
	b.compare("after starting over")
	b.left(before)
	if rows := b.rig.rows(); len(rows) != 0 {
		t.Errorf("after starting over the table has %v", rows)
	}
	if apart := eval[int](b, `document.querySelectorAll("[data-elsewhere]").length`); apart != 0 {
		t.Errorf("after starting over %d cookies stand apart", apart)
	}
}

// A Django on another port of localhost has set sessionid, because cookies do not depend
// on the port. The page says so before anything changes that cookie.
func TestAForeignSessionIsSaidBeforeItIsTouched(t *testing.T) {
	t.Parallel()
	const foreign = "q0w9e8r7t6y5u4i3o2p1a0s9d8f7g6h5"
	b := browse(t)
	b.put(&network.CookieParam{Name: "sessionid", Value: foreign, Domain: "localhost", Path: "/", HTTPOnly: true},
		&network.CookieParam{Name: "csrftoken", Value: "5up3rS3cr3tTok3n", Domain: "localhost", Path: "/"})
	for _, address := range []string{"/zh/lessons/session?step=1", "/en/lessons/session?step=2", "/en/lab"} {
		b.open(address)
		b.compare(address)
		if !eval[bool](b, `document.querySelector("[data-unknown-key]")?.checkVisibility() ?? false`) {
			t.Errorf("%s does not say that the sessionid is a stranger's", address)
		}
		to := eval[string](b, `document.querySelector("[data-unknown-key] a")?.href ?? ""`)
		if u, err := url.Parse(to); err != nil || !strings.HasSuffix(u.Hostname(), ".localhost") || u.Port() != b.port() || u.RequestURI() != address {
			t.Errorf("%s offers %q, want the same page under a host of its own", address, to)
		}
		seen := eval[string](b, `document.querySelector("[data-panels]").innerText`)
		for _, secret := range []string{foreign, foreign[6:26], "5up3rS3cr3tTok3n"} {
			if strings.Contains(seen, secret) {
				t.Errorf("%s shows %q for all to see", address, secret)
			}
		}
	}
	// The other host has a jar of its own.
	own := openTab(t, b.rig, "http://cookielab.localhost:"+b.port(), b.ctx)
	own.open("/en/lessons/session?step=2")
	if got := own.panel(); len(got) != 0 {
		t.Errorf("on cookielab.localhost the panel has %v", got)
	}
	own.press("[data-actions] [data-action]")
	own.compare("on cookielab.localhost")
	// Loading the page has not changed the cookie; the button replaces it, as Django would.
	if got := b.sent(); len(got) != 2 {
		t.Fatalf("looking has changed the jar: %v", got)
	}
	b.open("/en/lessons/session?step=1")
	b.press(`[data-actions] [data-action="get_session"]`)
	b.compare("after get_session")
	if got := b.sent(); len(got) != 1 {
		t.Errorf("after get_session the jar is %v", got)
	}
	if eval[bool](b, `document.querySelector("[data-unknown-key]") !== null`) {
		t.Error("the warning is still there when the stranger is gone")
	}
}

// shows is an expression: the browser panel has a cookie with this name and value.
func shows(name, value string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("[data-cookie]")].some(({ dataset: d }) => d.name === %q && d.value === %q)`, name, value)
}

// soon makes a change and waits until an expression says that it is shown. On a busy
// machine it may be late once or twice, so it has three tries.
func (b *tab) soon(limit time.Duration, what string, change func(try string) (shows string)) {
	b.t.Helper()
	var took time.Duration
	for try := range 3 {
		start := time.Now()
		b.until(change(fmt.Sprint(try)))
		if took = time.Since(start); took <= limit {
			return
		}
	}
	b.t.Errorf("%s shows after %v, want %v at most", what, took, limit)
}

func TestWhatHappensElsewhereShowsUpWithoutAClick(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lessons/cookie?step=2")
	loaded := eval[float64](b, "performance.timeOrigin")
	b.soon(time.Second, "a cookie of a script", func(try string) string {
		eval[string](b, `document.cookie = "typed=`+try+`; path=/"`)
		return shows("typed", try)
	})
	b.compare("after document.cookie")
	eval[string](b, `document.cookie = "typed=; path=/; max-age=0"`)
	b.until(`![...document.querySelectorAll("[data-cookie]")].some((c) => c.dataset.name === "typed")`)

	other := b.another()
	other.open("/en/lab")
	b.soon(3*time.Second, "another tab's cookie", func(try string) string {
		other.lab("set_cookie", "name=second&value=tab"+try)
		return shows("second", "tab"+try)
	})
	b.soon(3*time.Second, "another tab's HttpOnly cookie, of which no event tells", func(try string) string {
		other.lab("set_cookie", "name=second&httponly=1&value=hidden"+try)
		return shows("second", "hidden"+try)
	})
	b.compare("after another tab's HttpOnly cookie")
	b.soon(3*time.Second, "another tab's session", func(try string) string {
		other.lab("set_session", "username=li"+try)
		return fmt.Sprintf(`[...document.querySelectorAll("[data-row] [data-entry]")].some((e) => e.dataset.value === JSON.stringify(%q))`, "li"+try)
	})
	b.compareRow("after another tab's session")
	other.lab("del", "")
	b.until(`document.querySelectorAll("[data-row] [data-entry]").length === 1`)
	b.compareRow("after another tab's del")
	b.soon(5*time.Second, "the end of a cookie of two seconds", func(string) string {
		other.lab("set_cookie", "name=short&max_age=2&httponly=1")
		b.until(shows("short", "1"))
		return "!" + shows("short", "1")
	})
	b.compare("after a cookie's time was up")
	other.lab("flush", "")
	b.until(`document.querySelector("[data-row]") === null`)
	if now := eval[float64](b, "performance.timeOrigin"); now != loaded {
		t.Error("the page was loaded anew")
	}
}

func TestAtRestThePageIsQuiet(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	b.lab("set_cookie", "max_age=600")
	b.lab("set_cookie", "name=hidden&httponly=1")
	b.lab("set_session", "")
	place := len(b.requests())
	<-time.After(9 * time.Second) // real ones: it is the page's own clock
	asked := b.requests()[place:]
	for i := 1; i < len(asked); i++ {
		if gap := asked[i].Sub(asked[i-1]); gap < 2*time.Second {
			t.Errorf("a request left %v after another", gap)
		}
	}
	if len(asked) == 0 {
		t.Error("the page never looks by itself")
	}
}

func TestReloadAndBackFindThePanelsTrue(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lessons/session?step=2")
	b.press("[data-actions] [data-action]")
	b.do(chromedp.Reload())
	b.drawn()
	b.compare("after a reload")
	b.compareRow("after a reload")
	if eval[bool](b, `document.querySelector("[data-outcome]") !== null`) {
		t.Error("after a reload the verdict of the last time is still there")
	}
	b.follow(func() { b.click(`[data-nav="next"]`) })
	b.press("[data-actions] [data-action]")
	eval[string](b, `document.cookie = "meanwhile=1; path=/"`)
	b.do(chromedp.NavigateBack())
	b.drawn()
	b.until(shows("meanwhile", "1"))
	if got := eval[string](b, "location.search"); got != "?step=2" {
		t.Errorf("back leads to %s", got)
	}
	b.compare("after going back")
	b.press("[data-actions] [data-action]")
	b.compare("after going back and a click")
	b.do(chromedp.NavigateForward())
	b.drawn()
	b.until(`location.search === "?step=3" && ` + shows("meanwhile", "1"))
	b.compare("after going forward")
}

// follow waits for the page that something leads to.
func (b *tab) follow(lead func()) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.WaitEvent(page.LoadEventFired, func(page.EventLoadEventFired) bool { return true },
			chromedp.Func(func(context.Context, *chromedp.Target) error { lead(); return nil }))(ctx, t)
		return chromedp.Void{}, err
	})
	b.drawn()
}

func (b *tab) key(keys string, options ...chromedp.KeyOption) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, options...))
}

// A navigation to a route enters the ledger too, so that the page it leads back to
// knows what was set.
func TestASmallPageIsEnteredInTheLedger(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.Navigate(b.base + "/set_cookie?name=typed&path=/get_cookie&_back=/en/lab"))
	b.follow(func() { b.click("[data-back]") })
	if got := eval[[]string](b, `[...document.querySelectorAll("[data-elsewhere]")].map((e) => e.dataset.name + " " + e.dataset.reason)`); !slices.Equal(got, []string{"typed path"}) {
		t.Errorf("apart are %q, want the cookie that was set at another path", got)
	}
}

// The ledger in web storage must not contain a session's key: every script in the page
// could read it there, HttpOnly or not.
func TestTheLedgerHoldsNoSecret(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	b.lab("set_session", "")
	b.lab("set_cookie", "name=hidden&value=5up3rS3cr3tValue&httponly=1")
	b.lab("cycle_key", "")
	stored := eval[string](b, `JSON.stringify([localStorage, sessionStorage])`)
	for _, c := range b.sent() {
		if c.HTTPOnly && strings.Contains(stored, c.Value) {
			t.Errorf("web storage holds %s=%s", c.Name, c.Value)
		}
	}
	if !strings.Contains(stored, "sessionid") {
		t.Error("the ledger does not know of the session's key at all")
	}
	for _, c := range b.jar() {
		if !slices.Contains([]string{"sessionid", "hidden"}, c.Name) {
			t.Errorf("the site has a cookie of its own: %s", c.Name)
		}
	}
}

// Going back and forth shows earlier panels; the buttons still act on the present.
func TestTheLastStepsCanBeLookedAtAgain(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	for _, value := range []string{"1", "2", "3"} {
		b.lab("set_cookie", "value="+value)
	}
	b.click(`[data-frame="back"]`)
	b.until(shows("num", "2"))
	b.click(`[data-frame="back"]`)
	b.until(shows("num", "1"))
	if !eval[bool](b, `document.querySelector("[data-past]").checkVisibility()`) {
		t.Error("nothing says that this is the past")
	}
	b.click(`[data-frame="forward"]`)
	b.until(shows("num", "2"))
	b.click("[data-now-again]")
	b.until(shows("num", "3"))
	b.click(`[data-frame="back"]`)
	b.lab("set_cookie", "value=4")
	b.compare("after a click in the past")
	if eval[bool](b, `document.querySelector("[data-past]").checkVisibility()`) {
		t.Error("after a click it still says that this is the past")
	}
}
