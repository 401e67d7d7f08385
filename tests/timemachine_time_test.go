package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"cookielab/internal/world"
)

func TestNowIsDraggedIntoThePastAndBeyondTheEnd(t *testing.T) {
	t.Parallel()
	actions := []scriptAction{visits("A", "/set_session"), waits(4 * 86400), visits("A", "/get_session"), waits(4 * 86400), visits("A", "/get_session")}
	w := openTimeMachine(t, link(t, "/zh/lab", actions, 5))
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

	// Now can be dragged beyond the last frame: time then passes up to there.
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

// hundredActions is a script of a hundred actions, in two browsers, with much to draw.
func hundredActions() []scriptAction {
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
	w := openTimeMachine(t, link(t, "/en/lab", hundredActions(), 0))
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

func TestTimeIsMovedByButtons(t *testing.T) {
	t.Parallel()
	w := openTimeMachine(t, "/en/lab")
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
