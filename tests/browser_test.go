package tests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/jar"
	"cookielab/internal/world"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// browsers are the programs that these tests can steer, as they are called on
// various machines.
var browsers = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell",
	"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	`C:\Program Files\Google\Chrome\Application\chrome.exe`,
}

var errNoBrowser = errors.New("there is no Chromium or Chrome for this test: install one, on Debian with apt-get install chromium")

// chromium starts the one browser of a run. Its life is bound to no test.
var chromium = sync.OnceValues(func() (context.Context, error) {
	program := ""
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		return nil, errNoBrowser
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.WindowSize(1280, 900))
	if runtime.GOOS == "linux" && os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has none for root
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	afterTests = append(afterTests, func() { stop(); stopAllocator() })
	return ctx, chromedp.Do(ctx)
})

// A tab is a tab of a real Chromium, or Firefox, that shows the site on localhost, where
// the Secure attribute and the cookieStore are at home.
type tab struct {
	t    *testing.T
	ctx  context.Context
	fox  *foxTab // nil in Chromium
	rig  *rig
	base string
	off  bool // JavaScript is

	mu     sync.Mutex
	wrongs []string // what the console said that it should not
	hosts  []string // of every request
	sentAt []time.Time
}

// realTime lets the site's clock run as the browser's does.
func realTime(d *handlers.Deps) { d.Now = time.Now }

// aChromium is the run's browser. Without one the test is skipped, but where CI is set
// it fails.
func aChromium(t *testing.T) context.Context {
	t.Helper()
	browser, err := chromium()
	switch {
	case errors.Is(err, errNoBrowser) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return browser
}

// browse opens a tab with a jar of its own, on a site of its own.
func browse(t *testing.T, changes ...func(*handlers.Deps)) *tab {
	t.Helper()
	browser := aChromium(t)
	r := site(t, append([]func(*handlers.Deps){realTime}, changes...)...)
	at, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	return openTab(t, r, "http://localhost:"+at.Port(), browser, chromedp.WithNewBrowserContext())
}

// openTab opens a tab and watches what goes wrong in it.
func openTab(t *testing.T, r *rig, base string, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	b := &tab{t: t, ctx: ctx, rig: r, base: base}
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.notice); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.nothingWrong) // before the tab is closed
	return b
}

// nothingWrong demands that the pages were silent and asked nobody but this site.
func (b *tab) nothingWrong() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, wrong := range b.wrongs {
		b.t.Errorf("the console says: %s", wrong)
	}
	for _, host := range b.hosts {
		if host != strings.TrimPrefix(b.base, "http://") {
			b.t.Errorf("the page asked another host: %s", host)
		}
	}
}

// another opens a second tab of the same browser: it has the same jar.
func (b *tab) another() *tab {
	b.t.Helper()
	return openTab(b.t, b.rig, b.base, b.ctx)
}

// notice hears what the browser tells of the tab.
func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil && u.Scheme != "data" {
			b.hosts = append(b.hosts, u.Host)
			b.sentAt = append(b.sentAt, time.UnixMicro(int64(e.Timestamp*1e6)))
		}
	case *cdpruntime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.wrongs = append(b.wrongs, text)
	case *cdpruntime.EventConsoleAPICalled:
		b.wrongs = append(b.wrongs, fmt.Sprintf("%s: %v", e.Type, e.Args))
	case *cdplog.EventEntryAdded:
		// A route may answer 500: that is a lesson, and Chromium says so. So it does
		// of the page that is not there, which the tests call nothing.
		u, err := url.Parse(e.Entry.URL)
		lesson := err == nil && (slices.Contains(routes, strings.TrimPrefix(u.Path, "/")) || path.Base(u.Path) == "nothing")
		if !(e.Entry.Source == cdplog.EntrySourceNetwork && lesson) {
			b.wrongs = append(b.wrongs, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

// requests is when each request left, by the browser's clock.
func (b *tab) requests() []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sentAt)
}

// do carries out actions, with the usual patience.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// call gives a command of the DevTools protocol to a tab.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// eval is the value of an expression in the page; of a promise it is what it
// comes to.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := evaluate[T](ctx, b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func evaluate[T any](ctx context.Context, b *tab, expression string) (T, error) {
	if b.fox == nil {
		return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	}
	var value T
	text, err := b.fox.evaluate(ctx, expression)
	if err != nil {
		return value, err
	}
	return value, json.Unmarshal(text, &value)
}

// until waits for an expression to be true in the page. The page's policy forbids
// the polling of chromedp, which makes functions out of text.
func (b *tab) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	for end := time.Now().Add(patience); ; {
		yes, err := evaluate[bool](ctx, b, fmt.Sprintf(`new Promise((say) => {
			const end = performance.now() + %d;
			const look = () => {
				let yes = false;
				try {
					yes = Boolean(%s);
				} catch {} // what it speaks of is not there yet
				if (yes || performance.now() > end) say(yes);
				else setTimeout(look, 10);
			};
			look();
		})`, time.Until(end).Milliseconds(), expression))
		var gone *cdproto.Error // the page in which it waited gave way to another
		var foxGone *bidiError
		switch {
		case yes:
			return
		case (errors.As(err, &gone) || errors.As(err, &foxGone)) && time.Now().Before(end):
		case err != nil:
			b.t.Fatalf("%s: %v", expression, err)
		default:
			b.t.Fatalf("%s: not in %v, at %s", expression, patience, eval[string](b, "location.href"))
		}
	}
}

// open goes to a page and waits until its script has drawn what it sees.
func (b *tab) open(path string) {
	b.t.Helper()
	b.visit(path)
	b.drawn()
}

// visit goes to a page.
func (b *tab) visit(path string) {
	b.t.Helper()
	if b.fox != nil {
		b.fox.navigate(b.base + path)
		return
	}
	b.do(chromedp.Navigate(b.base + path))
}

func (b *tab) drawn() {
	b.t.Helper()
	if b.off {
		return // what was loaded is what there is
	}
	b.until(`!document.querySelector("[data-panels]") || document.querySelector("[data-document-cookie]")?.textContent.startsWith('"')`)
}

// press clicks a button with the mouse and waits until the panels are at rest. It
// returns how many requests the page made meanwhile.
func (b *tab) press(selector string) int {
	b.t.Helper()
	eval[bool](b, `(() => {
		const panels = document.querySelector("[data-panels]");
		const fetch = window.fetch;
		let busy = false;
		let asked = 0;
		window.fetch = (...what) => { asked++; return fetch(...what); };
		window.pressed = new Promise((say) => new MutationObserver(() => {
			if (panels.getAttribute("aria-busy") === "true") return void (busy = true);
			if (!busy) return;
			window.fetch = fetch;
			say(asked);
		}).observe(panels, { attributes: true, attributeFilter: ["aria-busy"] }));
		return true;
	})()`)
	b.click(selector)
	return eval[int](b, "window.pressed")
}

// click clicks with the mouse on what can be seen.
func (b *tab) click(selector string) {
	b.t.Helper()
	if b.fox != nil {
		b.fox.click(selector)
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("click on %s: %v", selector, err)
	}
}

// shown is one cookie of a browser panel.
type shown struct {
	Name, Value, Domain, HostOnly, Path, Expires, Secure, HTTPOnly, SameSite, Partitioned string
}

// panel reads the browser panel.
func (b *tab) panel() []shown {
	b.t.Helper()
	return eval[[]shown](b, `[...document.querySelectorAll('[data-panel="browser"] [data-cookie]')].map(({ dataset: d }) => ({
		Name: d.name, Value: d.value, Domain: d.domain, HostOnly: d.hostOnly, Path: d.path, Expires: d.expires,
		Secure: d.secure, HTTPOnly: d.httpOnly, SameSite: d.sameSite, Partitioned: d.partitioned }))`)
}

// sent are the cookies in the browser's own jar that it sends to the page's
// address, as the browser gives them to who steers it.
func (b *tab) sent() []jar.Cookie {
	b.t.Helper()
	at := eval[string](b, "location.href")
	if b.fox != nil {
		return b.fox.sent(at)
	}
	return cookiesOf(call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{at}}).Cookies)
}

// jar is everything in the browser's own jar.
func (b *tab) jar() []jar.Cookie {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	held, err := chromedp.CallBrowser(ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
	if err != nil {
		b.t.Fatal(err)
	}
	return cookiesOf(held.Cookies)
}

func cookiesOf(list []*network.Cookie) []jar.Cookie {
	var cookies []jar.Cookie
	for _, c := range list {
		k := jar.Cookie{
			Name: c.Name, Value: c.Value, Domain: strings.TrimPrefix(c.Domain, "."), HostOnly: !strings.HasPrefix(c.Domain, "."),
			Path: c.Path, Secure: c.Secure, HTTPOnly: c.HTTPOnly, SameSite: string(c.SameSite), Partitioned: c.PartitionKey != nil,
		}
		if !c.Session {
			at := time.UnixMilli(int64(c.Expires * 1000)).UTC()
			k.Expires = &at
		}
		cookies = append(cookies, k)
	}
	return cookies
}

// put puts cookies into the browser's own jar, as another program would.
func (b *tab) put(cookies ...*network.CookieParam) {
	b.t.Helper()
	call(b, network.SetCookies, network.SetCookiesParams{Cookies: cookies})
}

// compare holds the panel against the browser's own jar: names, values and
// HttpOnly are the same, and of the rest nothing is said that is not so.
func (b *tab) compare(when string) {
	b.t.Helper()
	rest, own := b.panel(), b.sent()
	for _, c := range own {
		i := slices.IndexFunc(rest, func(s shown) bool {
			return s.Name == c.Name && s.Value == c.Value && (s.Path == "unknown" || s.Path == c.Path)
		})
		if i < 0 {
			b.t.Errorf("%s: the browser has %s=%s (Path=%s), the panel does not", when, c.Name, c.Value, c.Path)
			continue
		}
		s := rest[i]
		rest = slices.Delete(rest, i, i+1)
		if want := fmt.Sprint(c.HTTPOnly); s.HTTPOnly != want {
			b.t.Errorf("%s: the panel says HttpOnly %s of %s, it is %s", when, s.HTTPOnly, c.Name, want)
		}
		for name, pair := range map[string][2]string{
			"Domain": {s.Domain, c.Domain}, "host-only": {s.HostOnly, fmt.Sprint(c.HostOnly)}, "Path": {s.Path, c.Path},
			"Secure": {s.Secure, fmt.Sprint(c.Secure)}, "SameSite": {s.SameSite, c.SameSite}, "Partitioned": {s.Partitioned, fmt.Sprint(c.Partitioned)},
		} {
			if pair[0] != "unknown" && pair[0] != pair[1] {
				b.t.Errorf("%s: the panel says %s %q of %s, it is %q", when, name, pair[0], c.Name, pair[1])
			}
		}
		b.compareExpiry(when, s, c)
	}
	for _, s := range rest {
		b.t.Errorf("%s: the panel has %s=%s (Path=%s), the browser does not", when, s.Name, s.Value, s.Path)
	}
}

// compareExpiry allows for the moment between the response and the browser's
// reading of the clock.
func (b *tab) compareExpiry(when string, s shown, c jar.Cookie) {
	b.t.Helper()
	if s.Expires == "unknown" {
		return
	}
	if (s.Expires == "session") != (c.Expires == nil) {
		b.t.Errorf("%s: the panel says that %s expires %s, it expires %v", when, s.Name, s.Expires, c.Expires)
		return
	}
	if c.Expires == nil {
		return
	}
	at, err := time.Parse(time.RFC3339, s.Expires)
	if err != nil || at.Sub(*c.Expires).Abs() > 2*time.Second {
		b.t.Errorf("%s: the panel says that %s expires %s, it expires %v", when, s.Name, s.Expires, c.Expires)
	}
}

// compareRow holds the server panel against the table: the caller's own row, and
// no other.
func (b *tab) compareRow(when string) {
	b.t.Helper()
	key := ""
	for _, c := range b.sent() {
		if c.Name == "sessionid" {
			key = c.Value
		}
	}
	var want []string
	for _, row := range b.rig.rows() {
		if row.Key != key {
			continue
		}
		want = append(want, row.Key, row.Expires.UTC().Format(time.RFC3339))
		entries, _ := row.Entries()
		for _, e := range entries {
			value, err := json.Marshal(e.Value())
			if err != nil {
				b.t.Fatal(err)
			}
			want = append(want, e.Key+"="+string(value))
		}
	}
	got := eval[[]string](b, `[...document.querySelectorAll('[data-panel="server"] [data-row]')].flatMap((row) => [row.dataset.key, row.dataset.expires,
		...[...row.querySelectorAll("[data-entry]")].map((e) => e.dataset.key + "=" + e.dataset.value)])`)
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: the server panel has %q, the table has %q", when, got, want)
	}
}

// exchanged is the last visit to a demo route since a place in the record, as the
// server saw it. What the page was told of each visit must be the same.
func (b *tab) exchanged(place int) *world.Exchange {
	b.t.Helper()
	var last *world.Exchange
	for _, s := range b.rig.since(place) {
		if !slices.Contains(routes, strings.TrimPrefix(s.request.URL.Path, "/")) {
			continue
		}
		var observed struct {
			Exchange world.Exchange `json:"exchange"`
		}
		if err := json.Unmarshal([]byte(s.body), &observed); err != nil {
			b.t.Fatalf("%s: %v", s.request.URL, err)
		}
		if got, want := headersNamed(observed.Exchange.Request.Headers, "Cookie"), s.request.Header["Cookie"]; !slices.Equal(got, want) {
			b.t.Errorf("%s: the page is told that Cookie: %q came, it was %q", s.request.URL, got, want)
		}
		if got, want := headersNamed(observed.Exchange.Response.Headers, "Set-Cookie"), s.header["Set-Cookie"]; !slices.Equal(got, want) {
			b.t.Errorf("%s: the page is told that Set-Cookie: %q went, it was %q", s.request.URL, got, want)
		}
		last = s.exchange(observed.Exchange.Response.Body)
	}
	return last
}

// exchange writes down what was served, with the body that a plain caller gets.
func (s served) exchange(body string) *world.Exchange {
	request := *s.request
	u := *request.URL
	u.Scheme, u.Host = "http", request.Host
	request.URL = &u
	e := world.NewExchange("", s.at, &request, nil, s.status, s.header, body)
	return &e
}

func headersNamed(headers [][2]string, name string) []string {
	var values []string
	for _, h := range headers {
		if h[0] == name {
			values = append(values, h[1])
		}
	}
	return values
}

// compareWire holds the wire panel's last exchange against what was served.
func (b *tab) compareWire(when string, e *world.Exchange) {
	b.t.Helper()
	type wire struct {
		First, Status   string
		Cookies, Setses int
		Body            string
	}
	u, err := url.Parse(e.Request.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	want := wire{
		First: e.Request.Method + " " + u.RequestURI() + " HTTP/1.1", Status: fmt.Sprintf("HTTP/1.1 %d %s", e.Response.Status, http.StatusText(e.Response.Status)),
		Cookies: len(headersNamed(e.Request.Headers, "Cookie")), Setses: len(headersNamed(e.Response.Headers, "Set-Cookie")),
		Body: e.Response.Body,
	}
	got := eval[wire](b, `(() => {
		const last = [...document.querySelectorAll('[data-panel="wire"] [data-exchange]')].at(-1);
		if (!last) return {};
		const [request, response] = ["request", "response"].map((side) => last.querySelector('[data-message="' + side + '"]'));
		return {
			First: request.querySelector(".first-line").textContent, Status: response.querySelector(".first-line").textContent,
			Cookies: request.querySelectorAll('[data-header="Cookie"]').length, Setses: response.querySelectorAll('[data-header="Set-Cookie"]').length,
			Body: response.querySelector("pre")?.textContent ?? "",
		};
	})()`)
	if got != want {
		b.t.Errorf("%s: the wire panel shows %+v, want %+v", when, got, want)
	}
}

// withoutScript turns JavaScript off for the pages to come.
func (b *tab) withoutScript() {
	b.t.Helper()
	b.off = true
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}
