package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cookielab/internal/world"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// watchFlyers notes what flies: what it is called, the panels that it stops over, how
// long it takes, and whether the panels were still being changed.
const watchFlyers = `addEventListener("DOMContentLoaded", () => {
	window.flown = [];
	new MutationObserver((list) => {
		for (const node of list.flatMap((change) => [...change.addedNodes])) {
			if (node.className !== "flyer") continue;
			const [animation] = node.getAnimations();
			const points = animation.effect.getKeyframes().map((k) => k.transform.match(/[\d.]+/g).slice(0, 2).map(Number));
			const over = points.map(([x, y]) => document.elementsFromPoint(x, y).map((e) => e.closest("[data-panel]")).find(Boolean)?.dataset.panel ?? "nothing");
			flown.push({ name: node.dataset.flies, over: over.filter((p, i) => p !== over[i - 1]).join(" "), ms: animation.effect.getComputedTiming().duration,
				busy: document.querySelector("[data-panels]").getAttribute("aria-busy") === "true" });
		}
	}).observe(document.body, { childList: true });
});`

type flight struct {
	Name, Over string
	MS         float64
	Busy       bool
}

func (b *tab) watchFlyers() {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(1440, 1800))
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchFlyers})
}

// flown are the flights since the last time that it was asked, once n have begun.
func (b *tab) flown(n int) []flight {
	b.t.Helper()
	b.until(fmt.Sprintf("flown.length >= %d", n))
	b.until(`document.querySelector(".flyer") === null`) // so that a flight too many would be counted
	return eval[[]flight](b, "flown.splice(0)")
}

// travelled is what an exchange moved between a jar, the wire and the table, read off
// its headers: the session's key comes to its row, or from it.
func travelled(e *world.Exchange, rows []string) []string {
	var ways []string
	for _, header := range headersNamed(e.Request.Headers, "Cookie") {
		for pair := range strings.SplitSeq(header, "; ") {
			name, value, _ := strings.Cut(pair, "=")
			way := name + ": browser wire"
			if slices.Contains(rows, value) {
				way += " server"
			}
			ways = append(ways, way)
		}
	}
	for _, header := range headersNamed(e.Response.Headers, "Set-Cookie") {
		pair, _, _ := strings.Cut(header, ";")
		name, value, _ := strings.Cut(pair, "=")
		way := "wire browser"
		if slices.Contains(rows, value) {
			way = "server " + way
		}
		ways = append(ways, name+": "+way)
	}
	slices.Sort(ways)
	return ways
}

// What is seen to travel is what travelled: for every button of a lesson the flights
// are those of the exchange's own headers, and stop where the things are.
func TestWhatIsSeenToTravelHasTravelled(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.watchFlyers()
	keys := func() (keys []string) {
		for _, row := range b.rig.rows() {
			keys = append(keys, row.Key)
		}
		return keys
	}
	moved, replayed := 0, false // slowly, which takes its time
	for _, step := range stepsOf(t, b, "session/locker", "session/show-key", "session/flush", "cookie/by-hand") {
		b.open(stepAddress("en", step))
		if eval[bool](b, `document.querySelector("[data-setup]") !== null`) {
			b.press("[data-setup]")
		}
		for i, action := range step.Do {
			when := fmt.Sprintf("%s %s, button %d", step.Lesson.ID, step.ID, i+1)
			place, rows := len(b.rig.since(0)), keys()
			b.press("[data-actions] form:nth-of-type(" + fmt.Sprint(i+1) + ") [data-action]")
			if action.Do != "visit" {
				continue
			}
			want := travelled(b.exchanged(place), append(rows, keys()...))
			flights := b.flown(len(want))
			var got []string
			for _, f := range flights {
				got = append(got, f.Name+": "+f.Over)
				if f.Busy {
					t.Errorf("%s: %s flies while the panels are being changed", when, f.Name)
				}
			}
			slices.Sort(got)
			same(t, when, got, want)
			moved += len(got)
			if len(got) == 0 || replayed {
				continue
			}
			replayed = true
			b.key("j")
			for _, slow := range b.flown(len(want)) {
				if slow.MS < 2*flights[0].MS && slow.MS < 3000 {
					t.Errorf("%s: slowly it takes %.0f ms, at first %.0f", when, slow.MS, flights[0].MS)
				}
			}
		}
	}
	if moved < 8 {
		t.Errorf("only %d things were seen to travel", moved)
	}
}

// In the time machine it is the same, forwards only.
func TestWhatIsSeenToTravelInTheTimeMachine(t *testing.T) {
	t.Parallel()
	w := &timeMachine{browse(t)}
	w.watchFlyers()
	w.enter("/en/lab")
	want := []string{"sessionid server wire browser", "sessionid browser wire server"}
	told := func(flights []flight) (list []string) {
		for _, f := range flights {
			list = append(list, f.Name+" "+f.Over)
		}
		return list
	}
	for i, address := range []string{"/set_session", "/get_session"} {
		w.goes(address)
		same(t, address, told(w.flown(1)), want[i:i+1])
	}
	w.click(`[data-frame="back"]`)
	w.click(`[data-frame="forward"]`)
	same(t, "one back and one forward", told(w.flown(1)), want[1:])
}

// still sets prefers-reduced-motion, and checks that nothing moves.
func (b *tab) still() {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// Where nothing may move, numbers stand at the stops and arrows lead from one to the
// next; the key takes them away and brings them back.
func TestWithReducedMotionTheWayIsAPicture(t *testing.T) {
	t.Parallel()
	for window, size := range map[string][]int64{"a desk": {1440, 1800}, "a phone": {390, 844}} {
		t.Run(window, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			b.watchFlyers()
			b.do(chromedp.EmulateViewport(size[0], size[1]))
			b.still()
			b.open(stepAddress("zh", stepsOf(t, b, "session/flush")[0]))
			b.press("[data-actions] [data-action]")
			const numbers = `[...document.querySelectorAll("[data-way-stop]")].map((e) => e.textContent + " " + e.dataset.wayStop)`
			b.until(numbers + ".length > 0")
			got := eval[[]string](b, numbers)
			slices.Sort(got)
			same(t, "the numbers", slices.Compact(got), []string{"1 jar", "2 wire", "3 row", "4 wire", "5 jar"})
			if arrows := eval[int](b, `document.querySelectorAll(".way-line").length`); arrows < 3 {
				t.Errorf("%d arrows are drawn", arrows)
			}
			if off := eval[int](b, `[...document.querySelectorAll("[data-way-stop]")].filter((e) => e.getBoundingClientRect().left < 0 || e.getBoundingClientRect().right > innerWidth).length`); off != 0 {
				t.Errorf("%d numbers are cut", off)
			}
			if moves := eval[int](b, "flown.length + document.getAnimations().length"); moves != 0 {
				t.Errorf("%d things move", moves)
			}
			if eval[string](b, `document.querySelector("[data-way]").getAttribute("aria-hidden")`) != "true" {
				t.Error("the picture is read out")
			}
			b.key("j")
			b.until(`document.querySelector("[data-way]") === null`)
			b.key("j")
			b.until(`document.querySelector("[data-way]") !== null`)
		})
	}
}

// What was removed is shown a moment longer in its place, marked as gone, and hidden from
// screen readers and programs.
func TestWhatHasLeftLeavesAGhost(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.still()
	for name, want := range map[string][]string{"session/flush": {"cookie sessionid", "row"}, "session/del-one": {"entry age"}} {
		step := stepsOf(t, b, name)[0]
		b.open(stepAddress("en", step))
		b.press("[data-actions] [data-action]")
		b.compare(name) // no ghost passes for a cookie
		b.compareRow(name)
		got := eval[[]string](b, `[...document.querySelectorAll("[data-panels] [data-ghost]")].map((e) => e.dataset.ghost === "row" ? "row" : e.dataset.ghost + " " + e.dataset.ghostOf)`)
		same(t, name+": the ghosts", got, want)
		for _, fault := range eval[[]string](b, `[...document.querySelectorAll("[data-ghost]")].flatMap((e) => [
			e.checkVisibility() && e.getBoundingClientRect().height > 10 ? "" : "cannot be seen",
			e.innerText.includes("gone") ? "" : "does not say that it is gone",
			e.inert && e.ariaHidden === "true" ? "" : "is there for who listens",
			e.matches("[data-cookie], [data-row], [data-entry]") || e.querySelector("[data-cookie], [data-row], [data-entry]") ? "passes for a thing that is there" : "",
		].filter(Boolean).map((fault) => e.dataset.ghost + " " + fault))`) {
			t.Errorf("%s: %s", name, fault)
		}
		for _, node := range call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
			if node.Name != nil && !node.Ignored && string(node.Name.Value) == `"gone"` {
				t.Errorf("%s: who listens hears of a ghost", name)
			}
		}
		b.until(`document.querySelector("[data-ghost]") === null`)
		b.compare(name + ", the ghosts gone")
	}
}

// hold presses a key, or lets it go.
func (b *tab) hold(down bool, key, code string) {
	b.t.Helper()
	kind := input.DispatchKeyEventTypeKeyUp
	text := ""
	if down {
		kind, text = input.DispatchKeyEventTypeKeyDown, key
	}
	if text == "Enter" {
		text = "\r"
	}
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: code, Text: text, WindowsVirtualKeyCode: int64(strings.ToUpper(key)[0])})
}

// While a key or button is held the panels show the state before the last action; however
// it is released, they show the present state again.
func TestPeekShowsBeforeWhileItIsHeld(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.EmulateViewport(1280, 900))
	b.still()
	b.open(stepAddress("en", stepsOf(t, b, "session/flush")[0]))
	b.hold(true, "p", "KeyP") // there is nothing to compare yet
	b.hold(false, "p", "KeyP")
	b.press("[data-actions] [data-action]")
	b.until(`document.documentElement.hasAttribute("data-peekable") && document.querySelector("[data-ghost]") === null`)
	const things = `document.querySelectorAll("[data-cookie], [data-row], [data-entry], [data-panel], [data-panels]").length`
	const whole = `document.querySelector("[data-panels] .trio").innerHTML.replace(/<span class="left".*?<\/span>/g, "")`
	before, there := eval[string](b, whole), eval[int](b, things)
	box := eval[[]float64](b, `(({ x, y, width, height }) => [x + width / 2, y + height / 2])(document.querySelector("[data-peek]").getBoundingClientRect())`)
	mouse := func(kind input.DispatchMouseEventType) func() {
		return func() {
			call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: box[0], Y: box[1], Button: input.MouseButtonLeft, ClickCount: 1})
		}
	}
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) func() {
		return func() {
			call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, points...)})
		}
	}
	script := func(line string) func() { return func() { eval[bool](b, "("+line+", true)") } }
	down, up := func() { b.hold(true, "p", "KeyP") }, func() { b.hold(false, "p", "KeyP") }
	for name, way := range map[string][2]func(){
		"the key":                 {down, up},
		"the key, the page left":  {down, script(`dispatchEvent(new Event("blur"))`)},
		"the key, the tab hidden": {down, script(`document.dispatchEvent(new Event("visibilitychange"))`)},
		"the mouse":               {mouse(input.DispatchMouseEventTypeMousePressed), mouse(input.DispatchMouseEventTypeMouseReleased)},
		"a finger":                {touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: box[0], Y: box[1]}), touch(input.DispatchTouchEventTypeTouchEnd)},
		"a finger taken away":     {touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: box[0], Y: box[1]}), touch(input.DispatchTouchEventTypeTouchCancel)},
		"Enter on the button": {func() {
			eval[bool](b, `(document.querySelector("[data-peek]").focus(), true)`)
			b.hold(true, "Enter", "Enter")
		},
			func() { b.hold(false, "Enter", "Enter") }},
		"a click of who cannot hold": {script(`document.querySelector("[data-peek]").click()`), script(`document.querySelector("[data-peek]").click()`)},
	} {
		way[0]()
		b.until(`document.querySelector("[data-peeking]") !== null`)
		if got := eval[[]string](b, `[...document.querySelectorAll("[data-peeking] [data-change]")].map((e) => e.dataset.change + " " + e.className.split(" ")[0])`); !slices.Contains(got, "gone card") || !slices.Contains(got, "gone row") {
			t.Errorf("%s: marked are %q", name, got)
		}
		if said := eval[string](b, `document.querySelector("[data-peeking]").innerText + document.querySelector("[data-peek-said]").textContent`); strings.Count(said, "gone") < 4 || !strings.Contains(said, `"username"`) {
			t.Errorf("%s: it says %q", name, said)
		}
		if n := eval[int](b, things); n != there {
			t.Errorf("%s: %d things for programs while it is held, want %d", name, n, there)
		}
		if eval[bool](b, `(({ left, top, width, height }, { left: l, top: t, width: w, height: h }) => Math.abs(left - l) + Math.abs(top - t) + Math.abs(width - w) > 1 || h < height - 1)(document.querySelector("[data-panels] .trio").getBoundingClientRect(), document.querySelector("[data-peeking]").getBoundingClientRect())`) {
			t.Errorf("%s: it is not shown in place", name)
		}
		way[1]()
		b.until(`document.querySelector("[data-peeking]") === null`)
		same(t, name+": the panels afterwards", eval[string](b, whole), before)
		up()
	}
}

// In class, what flies, its numbers and its words are seen from the last row.
func TestTheWayIsSeenFromTheLastRow(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.EmulateViewport(1280, 720))
	b.still()
	b.prefers(`{"view":"class"}`)
	b.open(stepAddress("zh", stepsOf(t, b, "session/flush")[0]))
	b.press("[data-actions] [data-action]")
	b.until(`document.querySelector("[data-way]") !== null`)
	if small := eval[[]string](b, `[...document.querySelectorAll(".way-stop, .trips, .travel-tools button, .ghost .change-word")].filter((e) => parseFloat(getComputedStyle(e).fontSize) < 20).map((e) => e.className)`); len(small) != 0 {
		t.Errorf("under 20 px are %q", small)
	}
	b.hold(true, "p", "KeyP")
	b.until(`document.querySelector("[data-peeking]") !== null`)
	if small := eval[[]string](b, strings.ReplaceAll(smallType, "main *", "[data-peeking] *")); len(small) != 0 {
		t.Errorf("while it is held under 20 px are %q", small)
	}
	b.hold(false, "p", "KeyP")
}

// What one action removed is not shown as part of the state before the next action.
func TestPeekShowsNoGhostOfAnEarlierAction(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.still()
	b.open(stepAddress("en", stepsOf(t, b, "session/del-one")[0]))
	b.byKey()
	b.until(`document.documentElement.hasAttribute("data-peekable")`)
	b.hold(true, "p", "KeyP")
	b.until(`document.querySelector("[data-peeking]") !== null`)
	if eval[bool](b, `document.querySelector("[data-peeking] [data-ghost]") !== null`) {
		t.Error("a ghost stands among what was there before")
	}
}

// What flies stays at its places while a phone scrolls to the outcome.
func TestWhatFliesScrollsWithThePage(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	b.open(stepAddress("en", stepsOf(t, b, "session/locker")[0]))
	eval[bool](b, `new MutationObserver(([{ addedNodes: [flyer] }]) => {
		if (!flyer?.matches?.(".flyer")) return;
		const [animation] = flyer.getAnimations();
		animation.pause();
		animation.currentTime = 1;
		const away = () => Math.abs(flyer.getBoundingClientRect().top - document.querySelector("[data-tab]").getBoundingClientRect().top);
		window.away = [away()];
		addEventListener("scrollend", () => window.away.push(away()), { once: true });
	}).observe(document.body, { childList: true }), true`)
	b.key("r")
	b.until(`window.away?.length === 2`)
	if away := eval[[]float64](b, "window.away"); away[1] > away[0]+2 || away[1] > 60 {
		t.Errorf("from the tabs it is away by %.0f px, and %.0f px after scrolling", away[0], away[1])
	}
}
