package tests

import (
	"testing"

	"cookielab/lessons"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Running a step causes no layout shift. Shifts within half a second after a key count
// too, although browsers leave them out of their score, because a class sees them. The
// test waits until what is gone has faded.
func TestNothingMakesWayInAStep(t *testing.T) {
	t.Parallel()
	for lang, window := range map[string][]int64{"en": {1440, 900}, "zh": {1280, 720}} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			b.do(chromedp.EmulateViewport(window[0], window[1]))
			call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.moved = 0; window.movers = [];
				new PerformanceObserver((list) => {
					for (const e of list.getEntries()) moved += e.value, movers.push(e.value.toFixed(3) + " " + e.sources.map((s) => s.node?.className ?? s.node?.nodeName));
				}).observe({ type: "layout-shift", buffered: true });`})
			worst := 0.0
			for _, lesson := range b.rig.lessons.Lessons[:4] {
				for _, step := range lesson.Steps {
					if step.Mode != lessons.Live {
						continue
					}
					b.open(stepAddress(lang, step))
					eval[bool](b, `(moved = 0, movers.length = 0, true)`) // opening has a test of its own
					b.byKey()
					b.until(`document.querySelector(".flyer, [data-ghost]") === null`)
					moved := eval[float64](b, `new Promise((say) => requestAnimationFrame(() => setTimeout(() => say(moved))))`)
					if moved >= 0.02 {
						t.Errorf("%s %s: the layout shifts by %.3f: %q", lesson.ID, step.ID, moved, eval[[]string](b, "movers"))
					}
					worst = max(worst, moved)
				}
			}
			t.Logf("the largest shift at %d×%d is %.4f", window[0], window[1], worst)
		})
	}
}
