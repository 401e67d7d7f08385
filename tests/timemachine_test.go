package tests

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/lessons"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A traveller is a tab in the time machine. Whatever it does there, it does in the
// world: its own jar stays empty, and so does the real table.
type traveller struct{ *tab }

// travel opens a page in the time machine.
func travel(t *testing.T, address string) *traveller {
	t.Helper()
	w := &traveller{browse(t)}
	w.enter(address)
	t.Cleanup(func() { w.untouched() }) // before the tab is closed
	return w
}

// untouched demands that nothing has happened outside the world.
func (w *traveller) untouched() {
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
func (w *traveller) enter(address string) {
	w.t.Helper()
	if !strings.Contains(address, "#") {
		address += "#w="
	}
	w.do(chromedp.Navigate("about:blank")) // or another fragment would be no other page
	w.do(chromedp.Navigate(w.base + address))
	w.arrived()
}

func (w *traveller) arrived() {
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
func (w *traveller) shownNow() moment {
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
func (w *traveller) played(lang string, actions []scriptAction) []moment {
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

// at demands that the page shows the frame n of so many, and says so in every place.
func (w *traveller) at(when string, n int, of []moment) {
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

// linked is the script and the frame that the address holds now.
func (w *traveller) linked() (actions []scriptAction, frame int) {
	w.t.Helper()
	// In a hurry the address is written a moment later.
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

// story is a script of a few kinds of frames.
func story() []scriptAction {
	return []scriptAction{visits("A", "/set_cookie?max_age=600"), visits("A", "/set_session"), visits("A", "/get_session?key=no"), waits(3600), visits("A", "/set_session?username=li")}
}

// Every step of every lesson can be taken in the time machine, from the first to the
// last by the page's own links: they keep the mode. Those that are put to the jar
// model are the same in both worlds, and stay live.
func TestEveryStepIsTakenInTheTimeMachine(t *testing.T) {
	t.Parallel()
	w := travel(t, "/zh/lessons/forgets?step=1")
	taken := 0
	for n, lesson := range w.rig.lessons.Lessons {
		for _, step := range lesson.Steps {
			if taken > 0 {
				w.follow(func() { w.click(`[data-nav="next"]`) })
			}
			name := lesson.ID + " " + step.ID
			if step.Jar != nil {
				w.taken(name, step, "live")
			} else {
				w.arrived()
				w.taken(name, step, "world")
			}
			if t.Failed() {
				t.Fatalf("in %s", name)
			}
			taken++
		}
		if n == 3 { // the second half is taken in English: the language keeps the mode too
			w.follow(func() { w.click(`[data-language="en"]`) })
			w.arrived()
		}
	}
	if taken < 60 {
		t.Errorf("%d steps were taken, want 60 at least", taken)
	}
}

// taken takes one step by its buttons, in the mode that it has to be in.
func (w *traveller) taken(name string, step *lessons.Step, mode string) {
	w.t.Helper()
	if got := eval[string](w.tab, "document.querySelector('[data-stage]').dataset.step + ' ' + document.documentElement.dataset.mode"); got != step.ID+" "+mode {
		w.t.Fatalf("%s: the page is %q", name, got)
	}
	if mode == "world" {
		script, n := w.linked()
		same(w.t, name+": where it begins", []int{len(script), n}, []int{len(step.From), len(step.From)})
	}
	evidence, err := step.Evidence(play)
	if err != nil {
		w.t.Fatal(err)
	}
	want := step.Right(evidence)
	guess := step.Options[step.Number%len(step.Options)].Letter
	w.click(`[data-guess] input[value="` + guess + `"]`)
	buttons := max(len(step.Do), 1)
	for i := range buttons {
		if turn := eval[int](w.tab, `[...document.querySelectorAll("[data-actions] [data-action]")].findIndex((b) => "turn" in b.dataset)`); turn != i {
			w.t.Errorf("%s: it is the turn of button %d, want %d", name, turn+1, i+1)
		}
		w.press(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", i+1))
	}
	type outcome struct {
		Held      []string
		Judgement string
		Unsettled bool
		Ran       int
	}
	got := eval[outcome](w.tab, `({
		Held: [...document.querySelectorAll('[data-outcome][data-held="true"]')].map((o) => o.dataset.outcome),
		Judgement: document.querySelector(".judgement")?.className ?? "",
		Unsettled: document.querySelector("[data-unsettled]") !== null,
		Ran: document.querySelectorAll("[data-actions] [data-ran]").length,
	})`)
	judgement := "judgement wrong"
	if slices.Contains(want, guess) {
		judgement = "judgement right"
	}
	same(w.t, name, got, outcome{want, judgement, false, buttons})
}

func TestOneGoesToAndFroInTime(t *testing.T) {
	t.Parallel()
	w := travel(t, link(t, "/en/lab", story(), 5))
	all := w.played("en", story())
	w.at("arriving", 5, all)
	place := len(w.rig.since(0))

	// By the buttons.
	for n := 4; n >= 0; n-- {
		w.click(`[data-frame="back"]`)
		w.at("back", n, all)
	}
	w.click(`[data-frame="back"]`)
	w.at("back from the beginning", 0, all)
	for n := 1; n <= 5; n++ {
		w.click(`[data-frame="forward"]`)
		w.at("forward", n, all)
	}
	w.click(`[data-frame="forward"]`)
	w.at("forward from the end", 5, all)
	w.click(`[data-frame="first"]`)
	w.at("first", 0, all)
	w.click(`[data-frame="last"]`)
	w.at("last", 5, all)
	for _, n := range []int{2, 0, 4} {
		w.click(fmt.Sprintf(`[data-frames] [data-n="%d"]`, n))
		w.at("by its chip", n, all)
	}
	same(t, "what went wrong is marked", eval[[]string](w.tab, `[...document.querySelectorAll("[data-frames] .error")].map((e) => e.textContent)`), []string{"3 A get_session?key=no → 500"})

	// By the keys, on the page and on the slider.
	eval[bool](w.tab, `(document.activeElement.blur(), true)`)
	for _, press := range []struct {
		key string
		n   int
	}{{",", 3}, {",", 2}, {".", 3}} {
		w.key(press.key)
		w.at("key "+press.key, press.n, all)
	}
	w.do(chromedp.Focus(chromedp.CSS("[data-drag]")))
	type slider struct {
		Focused    bool
		Value      int
		Text, Step string
	}
	for _, press := range []struct {
		key string
		n   int
	}{{kb.ArrowRight, 4}, {kb.ArrowRight, 5}, {kb.ArrowRight, 5}, {kb.ArrowLeft, 4}, {kb.ArrowLeft, 3}} {
		w.key(press.key)
		w.at("an arrow on the slider", press.n, all)
		got := eval[slider](w.tab, `({ Focused: document.activeElement?.matches("[data-drag]") ?? false, Value: Number(document.querySelector("[data-drag]").ariaValueNow), Text: document.querySelector("[data-drag]").ariaValueText, Step: location.pathname })`)
		when, err := time.Parse(time.RFC3339, all[press.n].At)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Focused || got.Text != when.Format(time.DateTime) || got.Step != "/en/lab" {
			t.Errorf("after an arrow the slider is %+v, want %s", got, when.Format(time.DateTime))
		}
	}

	// By itself, until it is stopped or at its end.
	pressed := `document.querySelector('[data-frame="play"]').getAttribute("aria-pressed") === "true"`
	w.click(`[data-frame="play"]`)
	w.until(pressed + ` && document.querySelector("[data-frames] [aria-current]").dataset.n === "4"`)
	w.click(`[data-frame="play"]`)
	if eval[bool](w.tab, pressed) {
		t.Error("play goes on after it was stopped")
	}
	w.click(`[data-frame="play"]`)
	w.until("!(" + pressed + ")")
	w.at("played to the end", 5, all)

	if asked := w.rig.since(place); len(asked) != 0 {
		t.Errorf("going to and fro has made %d requests, the first for %s", len(asked), asked[0].request.URL)
	}
}

// What a frame has changed is marked, in both directions, and what another one has
// changed is not.
func TestWhatAFrameChangedIsMarked(t *testing.T) {
	t.Parallel()
	w := travel(t, link(t, "/en/lab", story(), 0))
	marks := func() []string {
		t.Helper()
		return eval[[]string](w.tab, `[...document.querySelectorAll("[data-change]")].map((e) => [e.dataset.name ?? (e.matches("[data-row]") ? "row" : e.dataset.key), e.dataset.change, ...[...e.querySelectorAll(":scope .change-word")].map((word) => word.textContent)].join(" "))`)
	}
	want := [][]string{
		{}, {"num new new"}, {"sessionid new new", "row new new", "username new", "age new"},
		{}, {}, {"sessionid changed changed", "row changed changed", "username changed"},
	}
	for _, n := range []int{0, 1, 2, 3, 4, 5, 4, 2, 5, 1, 0} {
		w.click(fmt.Sprintf(`[data-frames] [data-n="%d"]`, n))
		same(t, fmt.Sprintf("marks of frame %d", n), marks(), want[n])
	}
}

// dragNow takes now by its handle to a share of the axis.
func (w *traveller) dragNow(share float64) {
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
func (w *traveller) axis() (from, to time.Time) {
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

func TestNowIsDraggedIntoThePastAndBeyondTheEnd(t *testing.T) {
	t.Parallel()
	actions := []scriptAction{visits("A", "/set_session"), waits(4 * 86400), visits("A", "/get_session"), waits(4 * 86400), visits("A", "/get_session")}
	w := travel(t, link(t, "/zh/lab", actions, 5))
	all := w.played("zh", actions)
	from, to := w.axis()
	share := func(days float64) float64 {
		return days * 86400 / to.Sub(from).Seconds()
	}
	place := len(w.rig.since(0))
	for _, drag := range []struct {
		days float64
		n    int
	}{{6, 3}, {2, 1}, {0, 1}, {8.02, 5}, {-1, 1}} {
		w.dragNow(max(0, share(drag.days)))
		w.at(fmt.Sprintf("dragged to day %g", drag.days), drag.n, all)
	}
	if asked := w.rig.since(place); len(asked) != 0 {
		t.Errorf("looking back has made %d requests", len(asked))
	}

	// Beyond the last frame time goes on, to where now was let go.
	w.enter(link(t, "/zh/lab", actions, 2))
	w.dragNow(share(12))
	script, n := w.linked()
	same(t, "the script up to there", script[:5], actions)
	same(t, "the frame", n, 6)
	seconds, ok := script[5]["seconds"].(float64)
	if script[5]["do"] != "wait" || !ok || seconds < 3.5*86400 || seconds > 4.5*86400 {
		t.Errorf("dragging from day 8 to day 12 is %v", script[5])
	}
	w.at("after the drag", 6, w.played("zh", script))
	if eval[bool](w.tab, `!document.querySelector("[data-branch]").hidden`) {
		t.Error("going on from the last frame is called a branch")
	}
}

// hundred is a script of a hundred actions, in two browsers, with much to draw.
func hundred() []scriptAction {
	var actions []scriptAction
	for i := range 20 {
		actions = append(actions,
			visits("A", fmt.Sprintf("/set_cookie?name=c%d&value=%d&max_age=%d", i%6, i, 600+i)),
			visits("A", fmt.Sprintf("/set_session?k%d=%d", i%8, i)),
			visits("B", "/set_session?username=li&n="+fmt.Sprint(i)),
			visits("B", "/get_session"),
			waits(60))
	}
	return actions
}

// Stepping fetches nothing, and no step is in the way of the next picture on the
// screen, which is due every 16 ms. What is judged is the time that the main thread
// worked, not the time that went by: other programs may have run meanwhile. The
// longest step has more room, as a collection of garbage may fall into any.
func TestSteppingFetchesNothingAndTakesNoTime(t *testing.T) {
	t.Parallel()
	w := travel(t, link(t, "/en/lab", hundred(), 0))
	if frames := eval[int](w.tab, `document.querySelectorAll("[data-frames] button").length`); frames != 101 {
		t.Fatalf("there are %d frames, want 101", frames)
	}
	// What shows the journey is loaded with the first step, once.
	for _, way := range []string{"forward", "back"} {
		eval[bool](w.tab, `(document.querySelector('[data-frame="`+way+`"]').click(), true)`)
	}
	w.until(`["journey.js", "peek.js"].every((name) => performance.getEntriesByType("resource").some((e) => e.name.endsWith(name) && e.responseEnd > 0))`)
	place := len(w.rig.since(0))
	var asked []string
	if err := chromedp.Listen(w.ctx, func(event any) {
		// Chromium asks its own cache for the icon of each new address.
		if e, ok := event.(*network.EventRequestWillBeSent); ok && !strings.HasSuffix(e.Request.URL, "/favicon.ico") {
			w.mu.Lock()
			defer w.mu.Unlock()
			asked = append(asked, e.Request.URL)
		}
	}); err != nil {
		t.Fatal(err)
	}
	// Safari throws when the address is written more than a hundred times in half a
	// minute, Chromium and Firefox ignore what goes beyond twice that.
	eval[bool](w.tab, `(() => {
		const write = history.replaceState.bind(history);
		window.written = [];
		history.replaceState = (...moment) => (written.push(performance.now()), write(...moment));
		return true;
	})()`)
	call(w.tab, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	worked := func() float64 {
		t.Helper()
		ms := 0.0
		for _, m := range call(w.tab, performance.GetMetrics, cdp.Empty{}).Metrics {
			switch m.Name {
			case "ScriptDuration", "RecalcStyleDuration", "LayoutDuration":
				ms += m.Value * 1000
			}
		}
		return ms
	}
	eval[bool](w.tab, `(window.long = [], new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" }), true)`)
	for _, way := range []string{"forward", "back"} {
		var work, wall []float64
		before := worked()
		for range 100 {
			took := eval[[]float64](w.tab, `(() => {
				window.trips = Math.max(window.trips ?? 0, document.querySelectorAll("[data-trip]").length);
				const start = performance.now();
				document.querySelector('[data-frame="`+way+`"]').click();
				document.body.getBoundingClientRect();
				return [performance.now() - start, document.querySelectorAll(".flyer").length, trips];
			})()`)
			if took[1] > took[2] { // those of more than one moment: nothing has removed the earlier ones
				t.Fatalf("%g things are under way at once, where no moment has more than %g trips", took[1], took[2])
			}
			wall = append(wall, took[0])
			after := worked()
			work = append(work, after-before)
			before = after
		}
		slices.Sort(work)
		slices.Sort(wall)
		t.Logf("%s: the main thread works %.1f ms for a step, %.1f ms for the longest; by the clock it is %.1f ms and %.1f ms", way, work[50], work[99], wall[50], wall[99])
		if work[50] >= 16 {
			t.Errorf("%s: half of the steps take %.1f ms or more, want less than 16", way, work[50])
		}
		if work[99] >= 64 {
			t.Errorf("%s: a step takes %.1f ms", way, work[99])
		}
	}
	same(t, "the frame at the end", eval[string](w.tab, `document.querySelector("[data-frames] [aria-current]").dataset.n`), "0")
	if most := eval[int](w.tab, `Math.max(...written.map((start) => written.filter((t) => t >= start && t < start + 30000).length))`); most > 100 {
		t.Errorf("the address is written %d times in half a minute", most)
	}
	t.Logf("%d tasks took more than 50 ms by the clock", eval[int](w.tab, "long.length"))
	if served := w.rig.since(place); len(served) != 0 {
		t.Errorf("stepping has made %d requests, the first for %s", len(served), served[0].request.URL)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(asked) != 0 {
		t.Errorf("stepping asks for %q", asked)
	}
}

// goes types an address into the time machine's own address bar.
func (w *traveller) goes(address string) {
	w.t.Helper()
	eval[string](w.tab, fmt.Sprintf(`document.querySelector("#world-url").value = %q`, address))
	w.press("[data-world-visit] button")
}

// branch is what the page says about acting in the past, if it does.
func (w *traveller) branch() string {
	w.t.Helper()
	return eval[string](w.tab, `document.querySelector("[data-branch]").checkVisibility() ? document.querySelector("[data-branch]").textContent : ""`)
}

func TestActingInThePastBeginsABranchAndSaysSo(t *testing.T) {
	t.Parallel()
	w := travel(t, link(t, "/en/lab", story(), 5))
	if said := w.branch(); said != "" {
		t.Errorf("before anything is done it says %q", said)
	}
	w.click(`[data-frames] [data-n="2"]`)
	if said := w.branch(); said != "" {
		t.Errorf("looking is not acting, and it says %q", said)
	}
	w.goes("/flush")
	want := append(story()[:2], visits("A", "/flush"))
	script, n := w.linked()
	same(t, "the script", script, want)
	same(t, "the frame", n, 3)
	w.at("after acting in the past", 3, w.played("en", want))
	if said := w.branch(); !strings.Contains(said, "new line of time") {
		t.Errorf("after acting in the past it says %q", said)
	}
	w.goes("/get_session")
	if said := w.branch(); said != "" {
		t.Errorf("after acting at the end of the branch it says %q", said)
	}
	// Waiting is acting too.
	w.click(`[data-frame="first"]`)
	w.press(`[data-world="wait"][data-seconds="3600"]`)
	script, n = w.linked()
	same(t, "the script", script, []scriptAction{waits(3600)})
	same(t, "the frame", n, 1)
	if said := w.branch(); said == "" {
		t.Error("after waiting in the past it says nothing")
	}
}

// A step's first button begins the step, wherever in time one stands, and whatever
// one has done instead.
func TestAStepsFirstButtonBeginsItAnew(t *testing.T) {
	t.Parallel()
	w := travel(t, "/en/lessons/lifetime?step=2") // it starts from a session
	step := stepsOf(t, w.tab, "lifetime/close-key")[0]
	held := `document.querySelectorAll('[data-outcome][data-held="true"]').length`
	take := func(when string) {
		t.Helper()
		for i := range step.Do {
			w.press(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", i+1))
		}
		script, n := w.linked()
		same(t, when+": the frame", n, len(step.Actions()))
		same(t, when+": the script", len(script), len(step.Actions()))
		if got := eval[int](w.tab, held); got != 1 {
			t.Errorf("%s: %d options have held, want one", when, got)
		}
	}
	take("the first time")
	w.click(`[data-frame="back"]`)
	if got := eval[int](w.tab, held); got != 0 {
		t.Error("in the past there is a verdict already")
	}
	w.click(`[data-frame="forward"]`)
	if got := eval[int](w.tab, held); got != 1 {
		t.Error("at the end the verdict is gone")
	}
	take("a second time")
	w.click(`[data-frame="first"]`)
	take("from the empty world")
	w.goes("/flush")
	if got := eval[int](w.tab, held); got != 0 {
		t.Error("after something else there is a verdict still")
	}
	take("after something else")
	w.click(`[data-frame="first"]`)
	w.goes("/set_cookie")
	take("from another line of time")
}

// tool presses a button on a cookie in one browser's jar.
func (w *traveller) tool(browser, cookie, tool string) string {
	return fmt.Sprintf(`[data-browser=%q] [data-cookie][data-name=%q] [data-cookie-tool=%q]`, browser, cookie, tool)
}

// jarOf is what a simulated browser holds.
func (w *traveller) jarOf(browser string) []string {
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

func (w *traveller) last() scriptAction {
	w.t.Helper()
	script, _ := w.linked()
	if len(script) == 0 {
		return nil
	}
	return script[len(script)-1]
}

func TestTwoBrowsersAtTheSidesOfOneTable(t *testing.T) {
	t.Parallel()
	w := travel(t, "/en/lab")
	w.goes("/set_session")
	place := len(w.rig.since(0))
	w.click(`[data-world="add"]`)
	same(t, "who acts", eval[[]string](w.tab, `[...document.querySelectorAll("[data-actor]")].map((b) => b.textContent + " " + b.ariaPressed)`), []string{"A false", "B true"})
	if n := len(w.rig.since(place)); n != 0 {
		t.Errorf("a second browser has made %d requests before it did anything", n)
	}
	w.goes("/set_session?username=li")
	same(t, "the last action", w.last(), visits("B", "/set_session?username=li"))
	type sides struct{ A, Server, B [2]float64 }
	at := eval[sides](w.tab, `(() => {
		const ends = (selector) => { const box = document.querySelector(selector).getBoundingClientRect(); return [box.left, box.right]; };
		return { A: ends('[data-browser="A"]'), Server: ends('[data-panel="server"]'), B: ends('[data-browser="B"]') };
	})()`)
	if at.A[1] > at.Server[0] || at.Server[1] > at.B[0] {
		t.Errorf("they stand at %v, want A, the table and B from left to right", at)
	}
	if a, b := w.jarOf("A"), w.jarOf("B"); len(a) != 1 || len(b) != 1 || a[0] == b[0] {
		t.Errorf("the jars have %q and %q, want a key each", a, b)
	}
	same(t, "rows", eval[int](w.tab, `document.querySelectorAll("[data-row]").length`), 2)

	// A copied key is a stolen identity.
	w.press(w.tool("A", "sessionid", "copy"))
	same(t, "the copy", w.last()["copy"], "A")
	same(t, "the jar of B", w.jarOf("B"), w.jarOf("A"))
	w.goes("/get_session?key=username")
	if body := eval[string](w.tab, `document.querySelector('[data-message="response"] pre').textContent`); body != "fan" {
		t.Errorf("with the copied key B reads %q, want fan", body)
	}
	// Whose turn it is, one says by name; the lab's own buttons act for the same one.
	w.click(`[data-actor="A"]`)
	w.press(`[data-action="flush"]`)
	same(t, "the last action", w.last(), visits("A", "/flush"))
	same(t, "the jar of A", w.jarOf("A"), []string{})
	if got := w.jarOf("B"); len(got) != 1 {
		t.Errorf("B has %q, want the key that opens nothing any more", got)
	}
	w.click(`[data-actor="B"]`)
	w.press(`[data-action="get_session"]`)
	same(t, "the last action", w.last(), visits("B", "/get_session"))
	same(t, "the jar of B", w.jarOf("B"), []string{})

	// Eight browsers there may be.
	for _, name := range []string{"C", "D", "E", "F", "G", "H"} {
		w.click(`[data-world="add"]`)
		w.goes("/set_cookie?value=" + name)
		same(t, "the jar of "+name, w.jarOf(name), []string{"num=" + name})
	}
	w.click(`[data-world="add"]`)
	same(t, "browsers", eval[string](w.tab, `[...document.querySelectorAll("[data-actor]")].map((b) => b.textContent).join("")`), "ABCDEFGH")
}

func TestACookieIsEditedCopiedAndDeletedByHand(t *testing.T) {
	t.Parallel()
	w := travel(t, "/en/lab")
	w.goes("/set_cookie")
	w.goes("/set_cookie?name=tea&value=green")

	edit := func(name, text, key string) {
		t.Helper()
		w.click(w.tool("A", name, "edit"))
		w.do(chromedp.SendKeys(chromedp.CSS(".edit-value"), text))
		if got := eval[string](w.tab, `document.activeElement.value`); got != text {
			t.Fatalf("one types %q, want %q in place of the old value", got, text)
		}
		w.key(key)
	}
	edit("num", "no", kb.Escape)
	w.until(`document.querySelector(".edit-value") === null`)
	same(t, "after Escape", w.jarOf("A"), []string{"num=1", "tea=green"})
	edit("num", "r,.2", kb.Enter)
	w.until(shows("num", "r,.2"))
	same(t, "the last action", w.last(), scriptAction{"do": "put", "browser": "A", "name": "num", "value": "r,.2"})
	if got := w.jarOf("A"); !slices.Contains(got, "num=r,.2") || len(got) != 2 {
		t.Errorf("after Enter the jar has %q", got)
	}
	w.press(w.tool("A", "tea", "copy"))
	same(t, "the jar of B", w.jarOf("B"), []string{"tea=green"})
	w.press(w.tool("A", "tea", "delete"))
	same(t, "the last action", w.last(), scriptAction{"do": "delete", "browser": "A", "name": "tea"})
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
	same(t, "the jar of B", w.jarOf("B"), []string{"tea=green"})

	// A cookie is deleted where it is: under its own path, on its own host.
	w.goes("/set_cookie?name=deep&path=/get_cookie")
	w.press(w.tool("A", "deep", "delete"))
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
	w.goes("https://tea.example/set_cookie?name=away&secure=1&domain=tea.example")
	w.goes("/get_cookie")
	w.press(w.tool("A", "away", "copy"))
	w.press(w.tool("A", "away", "delete"))
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
	same(t, "the jar of B", w.jarOf("B"), []string{"tea=green", "away=1"})

	// What the rules forbid is said, and nothing has happened.
	_, before := w.linked()
	edit("num", "a;b", kb.Enter)
	w.until(`document.querySelector(".lead-note").textContent.includes(";")`)
	w.forgive("/play", "400")
	_, after := w.linked()
	same(t, "the frame after a bad value", after, before)
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
}

// forgive takes back what the console says of a refused request: Chromium says that
// itself, and no script can keep it from doing so.
func (w *traveller) forgive(words ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongs = slices.DeleteFunc(w.wrongs, func(wrong string) bool {
		return strings.HasPrefix(wrong, "network: ") && !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(wrong, word) })
	})
}

func TestTimeIsMovedByButtons(t *testing.T) {
	t.Parallel()
	w := travel(t, "/en/lab")
	now := func() time.Duration {
		t.Helper()
		at, err := time.Parse(time.RFC3339, w.shownNow().At)
		if err != nil {
			t.Fatal(err)
		}
		return at.Sub(world.Epoch)
	}
	w.goes("/set_session")
	w.goes("/set_cookie?name=short&max_age=90")
	w.goes("/set_cookie?name=note")
	w.press(`[data-world="next-expiry"]`)
	same(t, "the next expiry, and a second", now(), 91*time.Second)
	if got := w.jarOf("A"); slices.Contains(got, "short=1") || len(got) != 2 {
		t.Errorf("after the next expiry the jar has %q", got)
	}
	passed := now()
	for _, button := range []struct {
		seconds int
		want    time.Duration
	}{{3600, time.Hour}, {86400, 24 * time.Hour}, {1209600, 14 * 24 * time.Hour}} {
		w.press(fmt.Sprintf(`[data-world="wait"][data-seconds="%d"]`, button.seconds))
		passed += button.want
		same(t, fmt.Sprint("after ", button.want), now(), passed)
	}
	same(t, "the jar after two weeks", w.jarOf("A"), []string{"note=1"})
	same(t, "the row has expired", eval[int](w.tab, `document.querySelectorAll("[data-row].expired").length`), 1)
	w.press(`[data-world="purge"]`)
	same(t, "rows after the purge", eval[int](w.tab, `document.querySelectorAll("[data-row]").length`), 0)
	// Nothing is left to expire: there is nothing to wait for.
	_, before := w.linked()
	w.click(`[data-world="next-expiry"]`)
	_, after := w.linked()
	same(t, "the frame", after, before)
	w.press(`[data-world="close"]`)
	same(t, "the last action", w.last(), scriptAction{"do": "close", "browser": "A"})
	same(t, "the jar after closing", w.jarOf("A"), []string{})

	// What is left is said as of the frame on show, in the picture too.
	left := `[...document.querySelectorAll("[data-world-lifetimes] .life-end")].map((e) => e.textContent).join()`
	w.enter(link(t, "/en/lab", []scriptAction{visits("A", "/set_session"), waits(86400)}, 2))
	same(t, "after a day", eval[string](w.tab, left), "13 d 00:00:00 left,13 d 00:00:00 left")
	w.click(`[data-frame="back"]`)
	same(t, "a day before", eval[string](w.tab, left), "14 d 00:00:00 left,14 d 00:00:00 left")
}

// elsewhere opens a link as another person does: in a browser of its own, where the
// real site has been used.
func (w *traveller) elsewhere(address string) *traveller {
	w.t.Helper()
	browser, err := chromium()
	if err != nil {
		w.t.Fatal(err)
	}
	other := &traveller{openTab(w.t, w.rig, w.base, browser, chromedp.WithNewBrowserContext())}
	other.open("/en/lab")
	other.lab("set_session", "username=real")
	other.enter(address)
	return other
}

func TestALinkShowsTheSameMomentToEveryone(t *testing.T) {
	t.Parallel()
	w := travel(t, "/zh/lessons/two-browsers?step=2")
	for i := range 2 {
		w.press(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", i+1))
	}
	w.goes("/set_cookie?name=茶&value=少冰")
	w.click(`[data-frame="back"]`)
	w.click(`[data-frame="back"]`)
	script, n := w.linked()
	same(t, "frames in the link", []int{len(script), n}, []int{4, 2})
	here := eval[string](w.tab, "location.pathname + location.search + location.hash")

	other := w.elsewhere(here)
	before, rows := other.jar(), len(w.rig.rows())
	place := len(w.rig.since(0))
	other.at("opened by another", n, w.played("zh", script))
	same(t, "the moment", other.shownNow(), w.shownNow())
	same(t, "the address", eval[string](other.tab, "location.pathname + location.search + location.hash"), here)
	same(t, "the other's mode", eval[string](other.tab, "document.documentElement.dataset.mode"), "world")
	// There it acts in the world, and in the world only.
	other.click(`[data-frame="last"]`)
	other.goes("/flush")
	other.press(`[data-world="close"]`)
	other.left(before)
	for _, s := range w.rig.since(place) {
		if !strings.HasSuffix(s.request.URL.Path, "/play") {
			t.Errorf("the other has asked for %s", s.request.URL)
		}
	}
	if got := w.rig.rows(); len(got) != 1 || rows != 1 || !strings.Contains(got[0].Data, "real") {
		t.Errorf("the real table has %v, want the other's own row and no more", got)
	}
	// The real row goes, so that the table is empty again for the end of the test.
	other.open("/en/lab")
	other.lab("flush", "")
}

// Whatever a link holds, the page says that it is damaged, begins the step and goes
// on: no script of the page fails over it.
func TestADamagedLinkIsSaidAndTheStepBegins(t *testing.T) {
	t.Parallel()
	good := []scriptAction{visits("A", "/set_session")}
	many := slices.Repeat([]scriptAction{{"do": "purge"}}, 501)
	deep := base64.RawURLEncoding.EncodeToString([]byte(`{"l":"x","a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `,"f":0}`))
	whole := inFragment(t, map[string]any{"a": story(), "f": 2})
	w := travel(t, "/en/lessons/lifetime?step=2")
	first := w.shownNow()
	_, start := w.linked()
	const page = "/en/lessons/lifetime?step=2"
	for name, fragment := range map[string]string{
		"no base64":           "%%%",
		"not its letters":     "少冰",
		"half of one":         whole[:len(whole)/2],
		"a letter too many":   whole + "A",
		"no UTF-8":            base64.RawURLEncoding.EncodeToString([]byte("{\"a\":[],\"f\":0,\"l\":\"\xff\"}")),
		"no JSON":             base64.RawURLEncoding.EncodeToString([]byte("{")),
		"null":                inFragment(t, nil),
		"a number":            inFragment(t, 7),
		"a list":              inFragment(t, []int{1}),
		"no actions":          inFragment(t, map[string]any{"f": 0}),
		"actions no list":     inFragment(t, map[string]any{"a": map[string]any{"length": 1}, "f": 0}),
		"actions of no kind":  inFragment(t, map[string]any{"a": []any{1, "two", nil}, "f": 0}),
		"wrong types":         inFragment(t, map[string]any{"a": []scriptAction{{"do": "wait", "seconds": "1"}}, "f": 0}),
		"an unknown action":   inFragment(t, map[string]any{"a": []scriptAction{{"do": "dance"}}, "f": 0}),
		"another internet":    inFragment(t, map[string]any{"a": []scriptAction{visits("A", "https://example.com/")}, "f": 1}),
		"no frame":            inFragment(t, map[string]any{"a": good}),
		"a frame before":      inFragment(t, map[string]any{"a": good, "f": -1}),
		"a frame beyond":      inFragment(t, map[string]any{"a": good, "f": 2}),
		"a frame between":     inFragment(t, map[string]any{"a": good, "f": 0.5}),
		"a frame of words":    inFragment(t, map[string]any{"a": good, "f": "1"}),
		"too many actions":    inFragment(t, map[string]any{"a": many, "f": 0}),
		"too many frames":     inFragment(t, map[string]any{"a": append([]scriptAction{visits("A", "/set_session?a="+strings.Repeat("x", 30000))}, many[:400]...), "f": 0}),
		"too long":            inFragment(t, map[string]any{"a": good, "f": 1, "x": strings.Repeat("x", 60000)}),
		"deep":                deep,
		"a host of no kind":   inFragment(t, map[string]any{"a": []scriptAction{visits("A", "http://<script>.test/")}, "f": 1}),
		"a browser with html": inFragment(t, map[string]any{"a": []scriptAction{visits(strings.Repeat("<b>", 20), "/")}, "f": 1}),
	} {
		w.enter(page + "#w=" + fragment)
		w.until(`document.querySelector(".lead-note").textContent.includes("damaged or too long")`)
		w.forgive("/play", "status of 4")
		got := w.shownNow()
		got.Said = first.Said
		same(t, name+": the moment", got, first)
		if _, n := w.linked(); n != start {
			t.Errorf("%s: the address holds frame %d, want the start, %d", name, n, start)
		}
		w.mu.Lock()
		if len(w.wrongs) > 0 {
			t.Errorf("%s: %q", name, w.wrongs)
			w.wrongs = nil
		}
		w.mu.Unlock()
	}
	// The page is as good as ever; and a link that comes while it is open is taken too.
	w.press("[data-actions] [data-action]")
	eval[string](w.tab, fmt.Sprintf("location.hash = %q", "#w="+whole))
	w.until(`document.querySelectorAll("[data-frames] button").length === 6`)
	w.at("a link that came later", 2, w.played("en", story()))
	eval[string](w.tab, `location.hash = "#w=nonsense"`)
	w.until(`document.querySelector(".lead-note").textContent.includes("damaged or too long")`)
}

// What a link brings is data, even where it is meant to be more.
func TestAHostileLinkIsShownAndNothingElse(t *testing.T) {
	t.Parallel()
	const nasty = `"'><img src=x onerror=document.title=1><script>document.title=2</script>`
	actions := []scriptAction{
		{"do": "put", "browser": `"><i>`, "name": `<u onclick>`, "value": nasty},
		{"do": "put", "browser": "B", "name": "sessionid", "value": nasty},
		visits(`"><i>`, "/set_session?"+url.Values{nasty: {nasty}}.Encode()),
		{"do": "script", "browser": "B", "set": "<s>=" + nasty},
		visits("B", "/<script>document.title=4</script>"),
		{"do": "server", "op": "delete", "key": nasty},
		{"do": "put", "browser": "__proto__", "name": "constructor", "value": "javascript:document.title=5", "__proto__": map[string]any{"do": "purge"}},
	}
	w := travel(t, link(t, "/en/lab", actions, len(actions)))
	all := w.played("en", actions)
	title := eval[string](w.tab, "document.title")
	for n := range all {
		w.click(fmt.Sprintf(`[data-frames] [data-n="%d"]`, n))
		w.at("frame by frame", n, all)
	}
	// Its cookies can be handled, its browsers act.
	w.press(w.tool("__proto__", "constructor", "delete"))
	same(t, "the jar of __proto__", w.jarOf("__proto__"), []string{})
	eval[bool](w.tab, `(document.querySelectorAll("[data-actor]").forEach((b) => b.click()), true)`)
	w.goes("/set_cookie")
	if grown := eval[int](w.tab, `document.querySelectorAll(".show img, .show script, .show i, .show u, .show s, .show [onclick]").length`); grown != 0 {
		t.Errorf("the page has grown %d elements", grown)
	}
	same(t, "the title", eval[string](w.tab, "document.title"), title)
}

func TestALinkThatIsAsLargeAsMayBe(t *testing.T) {
	t.Parallel()
	var actions []scriptAction
	for i := range 250 {
		actions = append(actions, visits("A", fmt.Sprintf("/set_cookie?value=%d", i)), scriptAction{"do": "purge"})
	}
	w := travel(t, link(t, "/zh/lab", actions, 499))
	same(t, "frames", eval[int](w.tab, `document.querySelectorAll("[data-frames] button").length`), 501)
	same(t, "the jar", w.jarOf("A"), []string{"num=249"})
	w.click(`[data-frame="last"]`)
	w.goes("/set_cookie") // one too many
	w.until(`document.querySelector(".lead-note").textContent.includes("500")`)
	w.forgive("/play", "status of 400")
	if script, n := w.linked(); len(script) != 500 || n != 500 {
		t.Errorf("the address holds %d actions and frame %d", len(script), n)
	}
}

func TestTheModeIsChangedOnTheSameStep(t *testing.T) {
	t.Parallel()
	w := &traveller{browse(t)}
	w.open("/en/lessons/session?step=2")
	w.press("[data-actions] [data-action]")
	key, row := w.sent()[0].Value, w.rig.rows()[0].Key
	same(t, "the real key", key, row)

	type mode struct{ Mode, Live, World, Address, Key string }
	now := func() mode {
		t.Helper()
		return eval[mode](w.tab, `({
			Mode: document.documentElement.dataset.mode, Live: document.querySelector('button[data-mode="live"]').ariaPressed,
			World: document.querySelector('button[data-mode="world"]').ariaPressed, Address: location.pathname + location.search,
			Key: document.querySelector("[data-row]")?.dataset.key ?? "",
		})`)
	}
	const address = "/en/lessons/session?step=2"
	w.click(`button[data-mode="world"]`)
	w.arrived()
	same(t, "in the time machine", now(), mode{"world", "false", "true", address, ""})
	w.press("[data-actions] [data-action]")
	if got := now(); got.Key == "" || got.Key == key {
		t.Errorf("in the time machine the key is %q, the real one %q", got.Key, key)
	}
	w.click(`button[data-mode="live"]`)
	w.until(fmt.Sprintf(`document.querySelector("[data-row]")?.dataset.key === %q`, key))
	same(t, "in my browser again", now(), mode{"live", "true", "false", address, key})
	same(t, "the fragment", eval[string](w.tab, "location.hash"), "")
	same(t, "what is left of the time machine", eval[int](w.tab, `document.querySelectorAll("[data-world-lifetimes], [data-frames] [data-n], .life[data-drag], .show [data-browser]").length`), 0)
	w.compare("in my browser again")
	w.compareRow("in my browser again")

	// There one goes on in one's own browser, and the next step is one's own too.
	w.press("[data-actions] [data-action]")
	w.compare("after a click in my browser")
	for range 2 {
		w.click(`button[data-mode="world"]`)
		w.arrived()
		w.click(`button[data-mode="live"]`)
		w.until(`document.documentElement.dataset.mode === "live" && document.querySelector("[data-world-lifetimes]") === null`)
	}
	w.follow(func() { w.click(`[data-nav="next"]`) })
	same(t, "the next step", eval[string](w.tab, "location.search + document.documentElement.dataset.mode"), "?step=3live")
	w.click(`button[data-mode="world"]`)
	w.arrived()
	w.follow(func() { w.key(kb.ArrowLeft) })
	w.arrived()
	same(t, "the step before", now(), mode{"world", "false", "true", address, ""})
	// A link that was made for the time machine does not lead there from one's browser.
	eval[bool](w.tab, `(() => {
		const link = document.querySelector('[data-nav="next"]');
		link.addEventListener("click", (event) => event.preventDefault(), { once: true });
		link.click();
		return true;
	})()`)
	w.click(`button[data-mode="live"]`)
	w.until(`document.documentElement.dataset.mode === "live" && document.querySelector("[data-world-lifetimes]") === null`)
	w.follow(func() { w.click(`[data-nav="next"]`) })
	same(t, "the next step", eval[string](w.tab, "location.search + document.documentElement.dataset.mode"), "?step=3live")
}

// When a class presses at once, all places for playing are taken. The page then asks
// again, and nobody notices.
func TestWhenAllPlacesAreTakenThePageAsksAgain(t *testing.T) {
	t.Parallel()
	w := travel(t, "/en/lab")
	refused := 0
	if err := chromedp.Listen(w.ctx, func(event any) {
		paused, ok := event.(*fetch.EventRequestPaused)
		if !ok {
			return
		}
		refused++
		busy := refused <= 2
		go func() { // a listener may not wait for an answer
			var err error
			if busy {
				_, err = chromedp.Call(w.ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: paused.RequestID, ResponseCode: http.StatusServiceUnavailable,
					ResponseHeaders: []*fetch.HeaderEntry{{Name: "Retry-After", Value: "1"}}})
			} else {
				_, err = chromedp.Call(w.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: paused.RequestID})
			}
			if err != nil && w.ctx.Err() == nil {
				t.Error(err)
			}
		}()
	}); err != nil {
		t.Fatal(err)
	}
	call(w.tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/play"}}})
	w.goes("/set_cookie?value=7")
	same(t, "the jar", w.jarOf("A"), []string{"num=7"})
	w.forgive("/play", "status of 503")
	call(w.tab, fetch.Disable, cdp.Empty{})
}

// Who switches to and fro in a hurry ends where the last switch leads.
func TestWhoLeavesBeforeArrivingIsNotTakenAlong(t *testing.T) {
	t.Parallel()
	w := &traveller{browse(t)}
	w.open("/en/lessons/session?step=2")
	w.click(`button[data-mode="world"]`) // the module is here from now on
	w.arrived()
	w.click(`button[data-mode="live"]`)
	w.until(`document.documentElement.dataset.mode === "live" && document.querySelector("[data-world-lifetimes]") === null`)
	place := len(w.rig.since(0))
	eval[bool](w.tab, `(document.querySelector('button[data-mode="world"]').click(), document.querySelector('button[data-mode="live"]').click(), true)`)
	for deadline := time.Now().Add(patience); !slices.ContainsFunc(w.rig.since(place), func(s served) bool { return strings.HasSuffix(s.request.URL.Path, "/play") }); {
		if time.Now().After(deadline) {
			t.Fatal("the time machine was not asked")
		}
		eval[bool](w.tab, `new Promise((go) => setTimeout(() => go(true), 10))`)
	}
	eval[bool](w.tab, `new Promise((go) => setTimeout(() => go(true), 300))`)
	same(t, "where it ends", eval[string](w.tab, `document.documentElement.dataset.mode + document.querySelectorAll("[data-world-lifetimes], .show [data-browser]").length + location.hash`), "live0")
}

func TestWithReducedMotionNothingMoves(t *testing.T) {
	t.Parallel()
	for _, motion := range []string{"no-preference", "reduce"} {
		t.Run(motion, func(t *testing.T) {
			t.Parallel()
			w := &traveller{browse(t)}
			call(w.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: motion}}})
			w.enter("/en/lab")
			eval[bool](w.tab, `(() => {
				window.moved = 0;
				new MutationObserver((list) => {
					moved += list.flatMap((change) => [...change.addedNodes]).filter((node) => node.className === "flyer").length;
					moved += document.getAnimations().length;
				}).observe(document.body, { childList: true, subtree: true, attributes: true });
				return true;
			})()`)
			w.goes("/set_session")
			w.goes("/get_session")
			w.click(`[data-frame="back"]`)
			w.click(`[data-frame="forward"]`)
			w.click(`[data-frame="play"]`)
			w.click(`[data-frame="play"]`)
			w.dragNow(0.5)
			w.press(`[data-world="wait"][data-seconds="1209600"]`)
			moved := eval[int](w.tab, "moved + document.getAnimations().length")
			if still := moved == 0; still != (motion == "reduce") {
				t.Errorf("%d movements", moved)
			}
			// None is for ever, and what has flown is gone.
			w.until(`document.getAnimations().length === 0 && document.querySelector(".flyer") === null`)
		})
	}
}
