package tests

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A window of 1280 by 1024 at 400 % zoom is 320 by 256 CSS pixels (WCAG 2.2, 1.4.10
// Reflow): only parts with a scrollbar of their own scroll horizontally, and no control
// is cut off.
func TestAtFourHundredPercentNothingIsCut(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			b.do(chromedp.EmulateViewport(320, 256))
			fits := func(when string) {
				t.Helper()
				if wide := eval[int](b, `document.scrollingElement.scrollWidth - innerWidth`); wide > 0 {
					t.Errorf("%s %s: %d px too wide: %q", eval[string](b, "location.pathname + location.search"), when, wide, eval[[]string](b, `[...document.querySelectorAll("main *")]
						.filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).slice(-5).map((e) => e.outerHTML.slice(0, 80))`))
				}
				for _, control := range eval[[]string](b, `[...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter((e) => {
					const box = e.getBoundingClientRect();
					if (!e.checkVisibility({ visibilityProperty: true }) || e.closest(".visually-hidden, .skip") || !box.width) return false;
					for (let o = e.parentElement; o; o = o.parentElement) if (["auto", "scroll"].includes(getComputedStyle(o).overflowX) && o !== document.body) return false;
					return box.left < -1 || box.right > innerWidth + 1;
				}).map((e) => e.outerHTML.slice(0, 100))`) {
					t.Errorf("%s %s: cut is %s", eval[string](b, "location.pathname + location.search"), when, control)
				}
			}
			for _, address := range pageOfEachKind(lang) {
				b.open(address)
				fits("opened")
				if strings.Contains(address, "/lessons/session?step=") || strings.HasSuffix(address, "/lab") {
					b.press("[data-action]")
					fits("run")
				}
			}
			b.open("/" + lang + "/lessons/session?step=7")
			b.press("[data-actions] [data-action]")
			fits("run")
			b.click(".menu-button")
			fits("with its menu")
		})
	}
}
