package tests

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"

	"cookielab/internal/session"
)

// A timeMachine is a tab in the time machine. Whatever it does there, it does in the
// world: its own jar stays empty, and so does the real table.
type timeMachine struct{ *tab }

// openTimeMachine opens a page in the time machine.
func openTimeMachine(t *testing.T, address string) *timeMachine {
	t.Helper()
	w := &timeMachine{browse(t)}
	w.enter(address)
	t.Cleanup(func() { w.untouched() }) // before the tab is closed
	return w
}

// untouched checks that the real browser has no cookie and the real table no row.
func (w *timeMachine) untouched() {
	w.t.Helper()
	if held := w.jar(); len(held) != 0 {
		w.t.Errorf("the browser's own jar has %v", held)
	}
	// The test's own context is over when it puts things away.
	if rows, err := w.rig.backend.(session.Counter).Count(context.Background()); err != nil || rows != 0 {
		w.t.Errorf("the real table has %d rows, %v", rows, err)
	}
}

// enter opens an address and waits for the frames.
func (w *timeMachine) enter(address string) {
	w.t.Helper()
	if !strings.Contains(address, "#") {
		address += "#w="
	}
	w.do(chromedp.Navigate("about:blank")) // or another fragment would be no other page
	w.do(chromedp.Navigate(w.base + address))
	w.arrived()
}

func (w *timeMachine) arrived() {
	w.t.Helper()
	w.until(`document.documentElement.dataset.mode === "world" && document.querySelector("[data-frames] [aria-current]") !== null && document.querySelector("[data-world-lifetimes]") !== null`)
}

// A moment is what the page shows of a frame, as far as programs read it.
type moment struct {
	At        string
	Cookies   []string
	Documents []string
	Rows      []string
	Exchanges []string
	Said      string
}

// shownNow reads the moment on show.
func (w *timeMachine) shownNow() moment {
	w.t.Helper()
	return eval[moment](w.tab, `(() => {
		const panels = document.querySelector("[data-panels]");
		const all = (selector, read) => [...panels.querySelectorAll(selector)].map(read);
		return {
			At: panels.dataset.at,
			Cookies: all("[data-cookie]", (e) => [e.closest("[data-browser]").dataset.browser, e.dataset.name, e.dataset.value, e.dataset.path, e.dataset.expires].join(" ")),
			Documents: all("[data-document-cookie]", (e) => e.textContent),
			Rows: all("[data-row], [data-entry]", (e) => e.dataset.key + " " + (e.dataset.value ?? e.dataset.expires)),
			Exchanges: all("[data-exchange]", (e) => e.dataset.exchange),
			Said: panels.querySelector(".lead-note").textContent,
		};
	})()`)
}

// played are the moments of a script, as they are drawn for the page.
func (w *timeMachine) played(lang string, actions []scriptAction) []moment {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"actions": actions})
	if err != nil {
		w.t.Fatal(err)
	}
	a := w.rig.visitor().ask("POST", "/"+lang+"/play", string(body), "Content-Type", "application/json")
	var drawn struct {
		Frames []struct {
			At   string
			HTML string
		}
	}
	if err := json.Unmarshal([]byte(a.body), &drawn); err != nil || a.status != 200 {
		w.t.Fatalf("status %d, %v: %.200s", a.status, err, a.body)
	}
	var moments []moment
	for _, f := range drawn.Frames {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(f.HTML))
		if err != nil {
			w.t.Fatal(err)
		}
		m := moment{At: f.At, Cookies: []string{}, Documents: []string{}, Rows: []string{}, Exchanges: []string{}, Said: doc.Find(".lead-note").Text()}
		attr := func(e *goquery.Selection, names ...string) string {
			var values []string
			for _, name := range names {
				values = append(values, e.AttrOr("data-"+name, ""))
			}
			return strings.Join(values, " ")
		}
		doc.Find("[data-cookie]").Each(func(_ int, e *goquery.Selection) {
			m.Cookies = append(m.Cookies, attr(e.Closest("[data-browser]"), "browser")+" "+attr(e, "name", "value", "path", "expires"))
		})
		doc.Find("[data-document-cookie]").Each(func(_ int, e *goquery.Selection) { m.Documents = append(m.Documents, e.Text()) })
		doc.Find("[data-row], [data-entry]").Each(func(_ int, e *goquery.Selection) {
			m.Rows = append(m.Rows, attr(e, "key")+" "+e.AttrOr("data-value", attr(e, "expires")))
		})
		doc.Find("[data-exchange]").Each(func(_ int, e *goquery.Selection) { m.Exchanges = append(m.Exchanges, attr(e, "exchange")) })
		moments = append(moments, m)
	}
	return moments
}

// at checks that the page shows frame n of these moments everywhere.
func (w *timeMachine) at(when string, n int, of []moment) {
	w.t.Helper()
	same(w.t, when+": the frame on show", w.shownNow(), of[n])
	type place struct{ N, Frames, Marked int }
	same(w.t, when+": the place", eval[place](w.tab, `(() => {
		const marked = [...document.querySelectorAll("[data-frames] [aria-current]")];
		return { N: Number(marked[0]?.dataset.n), Frames: document.querySelectorAll("[data-frames] button").length, Marked: marked.length };
	})()`), place{n, len(of), 1})
}

// link is the address of a moment: a page, and a fragment with the script and the
// frame.
func link(t *testing.T, page string, actions []scriptAction, frame int) string {
	t.Helper()
	return page + "#w=" + inFragment(t, map[string]any{"l": "lab/lab", "a": actions, "f": frame})
}

func inFragment(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// linked returns the script and the frame in the page's address.
func (w *timeMachine) linked() (actions []scriptAction, frame int) {
	w.t.Helper()
	// After quick steps the address is written a moment later.
	w.until(`(() => {
		try {
			const octets = Uint8Array.from(atob(location.hash.slice(3).replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
			return String(JSON.parse(new TextDecoder().decode(octets)).f) === document.querySelector("[data-frames] [aria-current]").dataset.n;
		} catch {
			return false;
		}
	})()`)
	hash := eval[string](w.tab, "location.hash")
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(hash, "#w="))
	if err != nil {
		w.t.Fatalf("%s: %v", hash, err)
	}
	var in struct {
		A []scriptAction
		F int
	}
	if err := json.Unmarshal(text, &in); err != nil {
		w.t.Fatalf("%s: %v", text, err)
	}
	return in.A, in.F
}

func visits(browser, address string) scriptAction {
	return scriptAction{"do": "visit", "browser": browser, "url": address}
}

func waits(seconds float64) scriptAction { return scriptAction{"do": "wait", "seconds": seconds} }

// sampleScript is a script of a few kinds of frames.
func sampleScript() []scriptAction {
	return []scriptAction{visits("A", "/set_cookie?max_age=600"), visits("A", "/set_session"), visits("A", "/get_session?key=no"), waits(3600), visits("A", "/set_session?username=li")}
}

// dragNow takes now by its handle to a share of the axis.
func (w *timeMachine) dragNow(share float64) {
	w.t.Helper()
	type box struct{ FromX, ToX, Y float64 }
	at := eval[box](w.tab, fmt.Sprintf(`(() => {
		const svg = document.querySelector("[data-drag]");
		svg.scrollIntoView({ block: "center", behavior: "instant" });
		const now = svg.querySelector("[data-now] circle").getBoundingClientRect();
		const point = svg.createSVGPoint();
		point.x = Number(svg.dataset.axisX) + %g * Number(svg.dataset.axisWidth);
		return { FromX: now.x + now.width / 2, Y: now.y + now.height / 2, ToX: point.matrixTransform(svg.getScreenCTM()).x };
	})()`, share))
	w.do(chromedp.DragAndDropXY(at.FromX, at.Y, at.ToX, at.Y, 4))
	w.until(`document.querySelector("[data-panels]").getAttribute("aria-busy") === "false"`)
}

// axis is the two ends of the time axis.
func (w *timeMachine) axis() (from, to time.Time) {
	w.t.Helper()
	ends := eval[[]string](w.tab, `[document.querySelector("[data-world-lifetimes]").dataset.from, document.querySelector("[data-world-lifetimes]").dataset.to]`)
	var err error
	if from, err = time.Parse(time.RFC3339, ends[0]); err != nil {
		w.t.Fatal(err)
	}
	if to, err = time.Parse(time.RFC3339, ends[1]); err != nil {
		w.t.Fatal(err)
	}
	return from, to
}

// goes submits an address in the time machine's form for visits.
func (w *timeMachine) goes(address string) {
	w.t.Helper()
	eval[string](w.tab, fmt.Sprintf(`document.querySelector("#world-url").value = %q`, address))
	w.press("[data-world-visit] button")
}

// branch is what the page says about acting in the past, if it does.
func (w *timeMachine) branch() string {
	w.t.Helper()
	return eval[string](w.tab, `document.querySelector("[data-branch]").checkVisibility() ? document.querySelector("[data-branch]").textContent : ""`)
}

// tool presses a button on a cookie in one browser's jar.
func (w *timeMachine) tool(browser, cookie, tool string) string {
	return fmt.Sprintf(`[data-browser=%q] [data-cookie][data-name=%q] [data-cookie-tool=%q]`, browser, cookie, tool)
}

// jarOf is what a simulated browser holds.
func (w *timeMachine) jarOf(browser string) []string {
	w.t.Helper()
	held := []string{}
	for _, cookie := range w.shownNow().Cookies {
		if rest, ok := strings.CutPrefix(cookie, browser+" "); ok {
			name, rest, _ := strings.Cut(rest, " ")
			value, _, _ := strings.Cut(rest, " ")
			held = append(held, name+"="+value)
		}
	}
	return held
}

func (w *timeMachine) last() scriptAction {
	w.t.Helper()
	script, _ := w.linked()
	if len(script) == 0 {
		return nil
	}
	return script[len(script)-1]
}

// forgive removes Chromium's own console message about a refused request, which no script
// can prevent, from what the test counts as errors.
func (w *timeMachine) forgive(words ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongs = slices.DeleteFunc(w.wrongs, func(wrong string) bool {
		return strings.HasPrefix(wrong, "network: ") && !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(wrong, word) })
	})
}

// elsewhere opens a link as another person does: in a browser of its own, where the
// real site has been used.
func (w *timeMachine) elsewhere(address string) *timeMachine {
	w.t.Helper()
	browser, err := chromium()
	if err != nil {
		w.t.Fatal(err)
	}
	other := &timeMachine{openTab(w.t, w.rig, w.base, browser, chromedp.WithNewBrowserContext())}
	other.open("/en/lab")
	other.lab("set_session", "username=real")
	other.enter(address)
	return other
}
