package tests

import (
	"os"
	"slices"
	"testing"

	"cookielab/lessons"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// kinds has a step of each kind: one button and several, a start that is set up first, what
// leaves a ghost, the table of three actions, a wait, the jar model, and the time machine
// with one browser and with two.
var kinds = []string{
	"cookie/too-early", "cookie/only-text", "session/locker", "session/flush", "attributes/path",
	"lifetime/fourteen-days", "two-browsers/copied-key", "login/new-id",
}

// Nothing moves when a step is run. Browsers leave out of the score what shifts
// within half a second of a key; the eyes of a class do not, so that counts too, within
// a bound of its own. A small screen goes through every other step, the other windows
// through one step of each kind; with COOKIELAB_SHIFTS=all they go through all, in both
// languages.
func TestNothingMakesWayInAStep(t *testing.T) {
	t.Parallel()
	whole := os.Getenv("COOKIELAB_SHIFTS") == "all"
	for name, size := range map[string]struct {
		width, height int64
		view          string
		steps         []string // none are every other one
	}{
		"a small screen": {1280, 720, "", nil},
		"a desk":         {1440, 900, "", kinds},
		"a phone":        {390, 844, "", kinds},
		"a class":        {1280, 720, "class", kinds},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			var options []chromedp.EmulateViewportOption
			if size.width < 760 {
				options = append(options, chromedp.EmulateMobile)
			}
			b.do(chromedp.EmulateViewport(size.width, size.height, options...))
			b.still() // what flies lies over the page and shifts nothing
			b.prefers(`{"view":"` + size.view + `"}`)
			call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.moved = window.scored = 0; window.movers = [];
				new PerformanceObserver((list) => {
					for (const e of list.getEntries()) moved += e.value, scored += e.hadRecentInput ? 0 : e.value, movers.push(e.value.toFixed(3) + " " + e.sources.map((s) => s.node?.className ?? s.node?.nodeName));
				}).observe({ type: "layout-shift", buffered: true });`})
			worst := 0.0
			for _, lesson := range b.rig.lessons.Lessons {
				for _, step := range lesson.Steps {
					chosen := step.Number%2 == 1
					if size.steps != nil {
						chosen = slices.Contains(size.steps, lesson.ID+"/"+step.ID)
					}
					if !whole && !chosen {
						continue
					}
					langs := []string{"zh", "en"}
					if !whole {
						langs = langs[(step.Number/2)%2:][:1]
					}
					for _, lang := range langs {
						moved, scored := b.shifts(lang, step, size.view != "")
						if scored >= 0.02 || moved >= 0.04 {
							t.Errorf("%s %s %s: the layout shifts by %.3f, the score is %.3f: %q", lang, lesson.ID, step.ID, moved, scored, eval[[]string](b, "movers"))
						}
						worst = max(worst, moved)
					}
				}
			}
			t.Logf("the largest shift is %.4f", worst)
		})
	}
}

// shifts runs a step and returns by how much its page has shifted in all and in the
// browser's score; opening it has a test of its own. With guess an answer is chosen before,
// which can make the outcome longer.
func (b *tab) shifts(lang string, step *lessons.Step, guess bool) (moved, scored float64) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + stepAddress(lang, step)))
	b.ready(step)
	if guess {
		b.choose(step.Number % len(step.Options))
	}
	eval[bool](b, `(moved = scored = 0, movers.length = 0, true)`)
	b.byKey()
	if step.ID == "flush" { // the ghosts leave, and what is below stays
		b.until(`document.querySelector("[data-ghost]") === null`)
	}
	both := eval[[]float64](b, `new Promise((say) => requestAnimationFrame(() => setTimeout(() => say([moved, scored]))))`)
	return both[0], both[1]
}
