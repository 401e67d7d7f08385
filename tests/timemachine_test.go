package tests

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/lessons"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Every step of every lesson can be taken in the time machine, from the first to the
// last by the page's own links: they keep the mode. Those that are put to the jar
// model are the same in both worlds, and stay live.
func TestEveryStepIsTakenInTheTimeMachine(t *testing.T) {
	t.Parallel()
	w := openTimeMachine(t, "/zh/lessons/forgets?step=1")
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
func (w *timeMachine) taken(name string, step *lessons.Step, mode string) {
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
	w := openTimeMachine(t, link(t, "/en/lab", sampleScript(), 5))
	all := w.played("en", sampleScript())
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
	w := openTimeMachine(t, link(t, "/en/lab", sampleScript(), 0))
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

func TestActingInThePastBeginsABranchAndSaysSo(t *testing.T) {
	t.Parallel()
	w := openTimeMachine(t, link(t, "/en/lab", sampleScript(), 5))
	if said := w.branch(); said != "" {
		t.Errorf("before anything is done it says %q", said)
	}
	w.click(`[data-frames] [data-n="2"]`)
	if said := w.branch(); said != "" {
		t.Errorf("looking is not acting, and it says %q", said)
	}
	w.goes("/flush")
	want := append(sampleScript()[:2], visits("A", "/flush"))
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
	// Waiting is an action too.
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
	w := openTimeMachine(t, "/en/lessons/lifetime?step=2") // it starts from a session
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

func TestTheModeIsChangedOnTheSameStep(t *testing.T) {
	t.Parallel()
	w := &timeMachine{browse(t)}
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

	// The step goes on in the visitor's own browser, and so does the next step.
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
	// A link that was made in the time machine does not change the mode of a live page.
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

// If all places for playing are taken (503), the page tries again by itself.
func TestWhenAllPlacesAreTakenThePageAsksAgain(t *testing.T) {
	t.Parallel()
	w := openTimeMachine(t, "/en/lab")
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

// After switching between the modes several times in quick succession the page is in the
// last one.
func TestWhoLeavesBeforeArrivingIsNotTakenAlong(t *testing.T) {
	t.Parallel()
	w := &timeMachine{browse(t)}
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
			w := &timeMachine{browse(t)}
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
			// No mark stays for ever, and no flown element is left over.
			w.until(`document.getAnimations().length === 0 && document.querySelector(".flyer") === null`)
		})
	}
}
