package tests

import (
	"fmt"
	"testing"

	"cookielab/lessons"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// prefers stores these preferences in web storage before each page of the tab loads.
func (b *tab) prefers(prefs string) {
	b.t.Helper()
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `try { localStorage.setItem("cookielab.prefs", ` + quoteJS(prefs) + `); } catch {}`,
	})
}

// watchShifts adds up the layout shifts that follow no input.
const watchShifts = `window.moved = 0;
	new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.moved += e.value; }).observe({ type: "layout-shift", buffered: true });`

// inSight is an expression: the elements of these selectors are completely in the window.
const inSight = `((...selectors) => selectors.filter((s) => {
	const e = document.querySelector(s);
	const box = e?.getBoundingClientRect();
	return !e || !e.checkVisibility() || box.top < -1 || box.bottom > innerHeight + 1 || box.left < -1 || box.right > innerWidth + 1;
}).map((s) => { const box = document.querySelector(s)?.getBoundingClientRect(); return s + " " + Math.round(box?.top) + "–" + Math.round(box?.bottom) + " of " + innerHeight; }))`

const outcome = `"[data-sentence] .lead-note", ".judgement", '[data-outcome][data-held="true"]', ".take-home"`

// With the keys → and R alone, in the class view, every step of every lesson ends with
// exactly one option that holds, and its outcome and the panels are within the window.
func TestEveryLessonIsTaughtByTwoKeys(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			b.do(chromedp.EmulateViewport(1280, 720))
			b.prefers(`{"view":"class"}`)
			var steps []*lessons.Step
			for _, lesson := range b.rig.lessons.Lessons {
				steps = append(steps, lesson.Steps...)
			}
			b.do(chromedp.Navigate(b.base + stepAddress(lang, steps[0])))
			for i, step := range steps {
				name := fmt.Sprintf("%s %s %s", lang, step.Lesson.ID, step.ID)
				b.ready(step)
				if small := eval[[]string](b, smallType); len(small) != 0 {
					t.Errorf("%s: under 20 px are %q", name, small)
				}
				b.byKey()
				b.verdictHolds(name)
				if out := eval[[]string](b, inSight+`(`+outcome+`, "[data-actions]", ".trio")`); len(out) != 0 {
					t.Errorf("%s: after the press out of sight are %q", name, out)
				}
				if hidden := eval[[]string](b, scrolledAway); len(hidden) != 0 {
					t.Errorf("%s: what has changed is scrolled away in %q", name, hidden)
				}
				if small := eval[[]string](b, smallType); len(small) != 0 {
					t.Errorf("%s: after the press under 20 px are %q", name, small)
				}
				if i < len(steps)-1 {
					b.follow(func() { b.key(kb.ArrowRight) })
				}
				if t.Failed() {
					t.FailNow()
				}
			}
		})
	}
}

// scrolledAway lists the panels in which nothing of what has changed is visible.
const scrolledAway = `[...document.querySelectorAll(".trio > .panel > .body")].filter((body) => {
	const changed = body.querySelector("[data-change]")?.getBoundingClientRect(), place = body.getBoundingClientRect();
	return changed && (changed.top > place.bottom - 24 || changed.bottom < place.top + 24);
}).map((body) => body.parentElement.dataset.panel)`

// smallType lists the texts that are too small to be read from the last row of a room.
const smallType = `[...new Set([...document.querySelectorAll("main *")].filter((e) =>
	e.checkVisibility() && !e.closest(".visually-hidden, svg, select") && parseFloat(getComputedStyle(e).fontSize) < 20 &&
	[...e.childNodes].some((n) => n.nodeType === 3 && n.nodeValue.trim())).map((e) => e.tagName + "." + e.className))]`

// ready waits for a step that can be run.
func (b *tab) ready(step *lessons.Step) {
	b.t.Helper()
	if step.Lesson.Mode == lessons.World {
		b.until(`document.querySelector("[data-frames] [aria-current]") !== null`)
	} else {
		b.drawn()
	}
	b.until(`document.querySelector("[data-actions] [data-turn]") !== null`)
}

// byKey presses R until all the buttons of the step have been pressed.
func (b *tab) byKey() {
	b.t.Helper()
	const rest = `document.querySelector("[data-panels]").getAttribute("aria-busy") === "false"`
	for n := range eval[int](b, `document.querySelectorAll("[data-actions] [data-action]").length`) {
		b.key("r")
		b.until(fmt.Sprintf(`%s && document.querySelectorAll("[data-actions] [data-ran]").length > %d`, rest, n))
	}
}

// verdictHolds checks that the page says that exactly one option holds.
func (b *tab) verdictHolds(name string) {
	b.t.Helper()
	b.until(`document.querySelector(".judged") !== null`)
	if n := eval[int](b, `document.querySelectorAll('[data-outcome][data-held="true"]').length`); n != 1 {
		b.t.Errorf("%s: %d answers hold, want one: %s", name, n, eval[string](b, `document.querySelector(".happening").innerText`))
	}
}

// A step that is run again starts from its start, and the page says when it had to set
// the browser up for that.
func TestAStepRunsFromItsState(t *testing.T) {
	t.Parallel()
	b := browse(t)
	steps := stepsOf(t, b, "session/del-one", "session/clear")
	b.open(stepAddress("en", steps[0]))
	for _, again := range []string{"first", "second", "third"} {
		b.byKey()
		b.verdictHolds("the " + again + " time")
		if again == "third" {
			break
		}
		b.key("r") // all have run: the first begins anew
		b.until(`document.querySelectorAll("[data-actions] [data-ran]").length === 1 && document.querySelector("[data-panels]").getAttribute("aria-busy") === "false"`)
		if !eval[bool](b, `document.querySelector(".prepared")?.checkVisibility() ?? false`) {
			t.Errorf("after the %s time it does not say that the start was set up", again)
		}
		b.press(`[data-actions] [data-turn]`)
		b.verdictHolds("after the " + again + " time")
	}
	b.open(stepAddress("en", steps[1])) // it starts where the last one began, not where it ended
	b.key("r")
	b.until(`document.querySelector(".prepared") !== null`)
	if eval[bool](b, `document.querySelector("[data-setup]") !== null`) {
		t.Error("after the set-up it still differs")
	}
}

// Sentence, verdict, take-home and the link to the next step are together and within the
// window after the press: on a desktop, on a small screen and on a phone.
func TestTheOutcomeIsInSight(t *testing.T) {
	t.Parallel()
	for name, window := range map[string]struct {
		width, height int
		phone         bool
	}{"a desk": {1440, 900, false}, "a small screen": {1280, 720, false}, "a phone": {390, 844, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			var options []chromedp.EmulateViewportOption
			if window.phone {
				options = append(options, chromedp.EmulateMobile)
			}
			b.do(chromedp.EmulateViewport(int64(window.width), int64(window.height), options...))
			call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchShifts})
			for _, step := range stepsOf(t, b, "cookie/too-early", "session/locker", "session/del-one", "session/flush", "two-browsers/clear-keeps-thief") {
				for _, lang := range []string{"zh", "en"} {
					what := fmt.Sprintf("%s %s %s", lang, step.Lesson.ID, step.ID)
					b.do(chromedp.Navigate(b.base + stepAddress(lang, step)))
					b.ready(step)
					if moved := eval[float64](b, "window.moved"); moved >= 0.02 {
						t.Errorf("%s: the layout shifts by %.3f before anyone touches it", what, moved)
					}
					for n, last := range []string{"first", "last"} { // each wrong answer has its words
						b.choose(n * 10)
						b.byKey()
						if n == 0 {
							b.verdictHolds(what)
						}
						if out := eval[[]string](b, afterScrolling(inSight+`(`+outcome+`, '[data-nav="next"]')`)); len(out) != 0 {
							t.Errorf("%s, the %s answer chosen: out of sight are %q", what, last, out)
						}
						if wide := eval[int](b, "document.documentElement.scrollWidth"); wide > window.width {
							t.Errorf("%s: %d px wide", what, wide)
						}
					}
					if head := eval[int](b, `Math.round(document.querySelector(".top").getBoundingClientRect().height)`); head > 60 {
						t.Errorf("%s: the header takes %d px", what, head)
					}
				}
			}
		})
	}
}

// afterScrolling is an expression for a list that should be empty once scrolling has ended.
func afterScrolling(list string) string {
	return `new Promise((say) => {
		const end = performance.now() + 3000;
		const look = () => {
			const left = ` + list + `;
			if (!left.length || performance.now() > end) say(left);
			else setTimeout(look, 50);
		};
		look();
	})`
}

// choose chooses option n, or the last one if there are fewer.
func (b *tab) choose(n int) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`(() => { const all = document.querySelectorAll("[data-guess] input"); all[Math.min(%d, all.length - 1)].click(); return true; })()`, n))
}

// On a phone one panel is visible, tabs lead to the others, and a dot on a tab says that
// something has changed there.
func TestOnAPhonePanelsAreTabs(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	b.open("/en/lessons/session?step=2")
	seen := func() string {
		return eval[string](b, `[...document.querySelectorAll(".trio > .panel")].filter((p) => p.checkVisibility()).map((p) => p.dataset.panel).join(" ")`)
	}
	same(t, "in sight at first", seen(), "browser")
	same(t, "dots at first", eval[int](b, `document.querySelectorAll("[data-tab][data-dot]").length`), 0)
	b.press(`[data-actions] [data-action]`)
	same(t, "dots after a session was set", eval[string](b, `[...document.querySelectorAll("[data-tab][data-dot]")].map((e) => e.dataset.tab).join(" ")`), "browser wire server")
	b.click(`[data-tab="server"]`)
	same(t, "in sight after a touch", seen(), "server")
	if small := eval[[]string](b, `[...document.querySelectorAll("[data-tab], [data-actions] a, [data-actions] button, .menu-button")].filter((e) => e.checkVisibility() && (e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44)).map((e) => e.outerHTML.slice(0, 60))`); len(small) != 0 {
		t.Errorf("too small for a thumb are %q", small)
	}
	b.click(".menu-button")
	b.until(`document.querySelector('[data-language="zh"]').checkVisibility()`)
	b.follow(func() { b.click(`[data-language="zh"]`) })
	same(t, "the page after a change of language", eval[string](b, "location.pathname + location.search"), "/zh/lessons/session?step=2")
}

// In the class view a key makes one panel fill the screen, and restores the others.
func TestAPanelFillsTheScreenByKey(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.EmulateViewport(1280, 720))
	b.prefers(`{"view":"class"}`)
	b.open("/en/lessons/session?step=2")
	b.press("[data-actions] [data-action]")
	for key, selector := range map[string]string{"b": ".panel.browser", "w": ".panel.wire", "s": ".panel.server", "l": ".panel.lifetimes", "k": ".code"} {
		b.key(key)
		if got := eval[int](b, `[...document.querySelectorAll(".trio > .panel, .panel.lifetimes, .code")].filter((e) => e.checkVisibility()).length`); got != 1 {
			t.Errorf("after %s %d parts are in sight", key, got)
		}
		if wide := eval[float64](b, `document.querySelector(`+quoteJS(selector)+`).getBoundingClientRect().width`); wide < 1200 {
			t.Errorf("after %s %s is %.0f px wide", key, selector, wide)
		}
		if top := eval[float64](b, `document.querySelector(`+quoteJS(selector)+`).getBoundingClientRect().top`); top > 60 && key != "k" {
			t.Errorf("after %s %s begins at %.0f px", key, selector, top)
		}
		b.key(key)
	}
	b.key("b")
	b.key(kb.Escape)
	if got := eval[int](b, `[...document.querySelectorAll(".trio > .panel")].filter((e) => e.checkVisibility()).length`); got != 3 {
		t.Errorf("after Escape %d panels are in sight", got)
	}
	// A larger scale stays with the view, and cuts nothing.
	for range 10 {
		b.key("+")
	}
	if cut := eval[[]string](b, `[...document.querySelectorAll("main *")].filter((e) => e.checkVisibility() && !e.closest(".visually-hidden, svg, pre") && getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1).map((e) => e.className)`); len(cut) != 0 {
		t.Errorf("at twice the size cut are %q", cut)
	}
	if wide := eval[int](b, "document.documentElement.scrollWidth"); wide > 1280 {
		t.Errorf("at twice the size the page is %d px wide", wide)
	}
	b.key("c")
	if size := eval[string](b, `getComputedStyle(document.querySelector("main")).fontSize`); size != "16px" {
		t.Errorf("out of the view the type is %s", size)
	}
}

// After a choice by mouse the arrow keys still go from step to step, and no key loses
// the focus.
func TestAChoiceByMouseLeavesTheArrowsAlone(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open(stepAddress("en", stepsOf(t, b, "session/del-one")[0]))
	next := eval[string](b, `document.querySelector('[data-nav="next"]').getAttribute("href")`)
	b.do(chromedp.Focus(chromedp.CSS("[data-setup]")))
	b.key(kb.Enter)
	b.until(`document.querySelector("[data-setup]") === null && document.querySelector("[data-panels]").getAttribute("aria-busy") === "false"`)
	if !eval[bool](b, `document.activeElement.matches("[data-action]")`) {
		t.Errorf("after the set-up the focus is on %s", eval[string](b, "document.activeElement.tagName"))
	}
	live := eval[bool](b, `(window.region = document.querySelector('[data-fragment="verdict"]'), window.sentence = document.querySelector("[data-sentence]"), true)`)
	b.byKey()
	if !live || !eval[bool](b, `window.region.isConnected && window.sentence.isConnected && window.region.textContent.trim() !== ""`) {
		t.Error("the live regions were replaced with what they say")
	}
	b.click("[data-guess] label:nth-of-type(1)")
	b.follow(func() { b.key(kb.ArrowRight) })
	same(t, "the page after an arrow", eval[string](b, "location.pathname + location.search"), next)
}
