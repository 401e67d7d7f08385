package tests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browsers are the programs that these tests can steer, as they are called on
// various machines. The first that is there is taken: the headless shell is the same
// Chromium without windows, and needs a third less processor.
var browsers = []string{
	"/usr/lib/chromium/chromium-headless-shell", // the command of Debian is a script, whose end does not end the browser
	"chromium-headless-shell", "headless-shell", "chrome-headless-shell",
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	`C:\Program Files\Google\Chrome\Application\chrome.exe`,
}

var errNoBrowser = errors.New("there is no Chromium or Chrome for this test: install one, on Debian with apt-get install chromium-headless-shell")

// chromium starts the browser that all tests of a run share.
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
	off  bool // whether JavaScript is turned off

	mu     sync.Mutex
	wrongs []string // what the console said that it should not
	hosts  []string // of every request
	sentAt []time.Time
}

// realTime makes the site use the machine's clock, as the browser does.
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

// openTab opens a tab and records errors in it.
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

// nothingWrong checks that the pages logged no error and made requests to this site only.
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

// notice records the events of the tab.
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
		// Chromium logs an answer of 500, which a lesson wants, and the missing page that
		// tests name /nothing.
		u, err := url.Parse(e.Entry.URL)
		lesson := err == nil && (slices.Contains(routes, strings.TrimPrefix(u.Path, "/")) || path.Base(u.Path) == "nothing")
		if !(e.Entry.Source == cdplog.EntrySourceNetwork && lesson) {
			b.wrongs = append(b.wrongs, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

// requests returns when each request was sent, by the browser's clock.
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

// eval returns the value of an expression in the page; it awaits a promise.
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
				} catch {} // an element of the expression may not be there yet
				if (yes || performance.now() > end) say(yes);
				else setTimeout(look, 10);
			};
			look();
		})`, time.Until(end).Milliseconds(), expression))
		var gone *cdproto.Error // another page was loaded while it waited
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

// open goes to a page and waits until its script has drawn the panels.
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
		return // without JavaScript the page is complete when it is loaded
	}
	b.until(`!document.querySelector("[data-panels]") || document.querySelector("[data-document-cookie]")?.textContent.startsWith('"')`)
}

// press clicks a button with the mouse and waits until the panels are no longer busy. It
// returns how many requests the page made meanwhile.
func (b *tab) press(selector string) int {
	b.t.Helper()
	eval[bool](b, `(() => {
		const panels = document.querySelector("[data-panels]");
		const fetch = window.fetch;
		let busy = false;
		let asked = 0;
		window.fetch = (...what) => { asked++; return fetch(...what); };
		addEventListener("click", () => { asked = 0; }, { capture: true, once: true }); // before it the page may look by itself
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

// click clicks with the mouse on the visible part of an element.
func (b *tab) click(selector string) {
	b.t.Helper()
	if b.fox != nil {
		b.fox.click(selector)
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	uncovered := chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		const box = element.getBoundingClientRect();
		const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
		if (!element.contains(top)) element.scrollIntoView({ block: "center", behavior: "instant" });
	})()`, selector)) // a sticky head may be over it, as over any element at the edge
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(selector)), uncovered, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("click on %s: %v", selector, err)
	}
}

// withoutScript turns JavaScript off for the next pages.
func (b *tab) withoutScript() {
	b.t.Helper()
	b.off = true
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}
