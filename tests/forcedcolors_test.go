package tests

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// In forced colours (Windows high contrast) nothing becomes invisible: what a background
// showed is shown by a border, and drawings have the colour of the text around them.
func TestWithForcedColoursNothingVanishes(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "forced-colors", Value: "active"}, {Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			b.open(stepAddress("en", stepsOf(t, b, "session/locker")[0]))
			b.press("[data-actions] [data-action]")
			b.until(`document.querySelector("[data-way]") !== null`)
			b.click(".chip") // which has the focus then
			const style = `const style = (selector) => getComputedStyle(document.querySelector(selector));
				const system = (name) => { const e = document.body.appendChild(document.createElement("i")); e.style.color = name; const c = getComputedStyle(e).color; e.remove(); return c; };`
			for what, seen := range map[string]string{
				"the frame of what is new":   `style(".card[data-change]").outlineStyle === "solid"`,
				"the line that counts":       `parseFloat(style(".lit").borderInlineStartWidth) > 3`,
				"the chosen of two":          `style('.switch [aria-pressed="true"]').backgroundColor === system("Highlight")`,
				"a cookie in a message":      `parseFloat(style(".set-piece").borderTopWidth) > 0`,
				"an attribute's frame":       `parseFloat(style(".chip").borderTopWidth) > 0`,
				"the lifetime of a row":      `style(".life.row rect:not(.haze)").fill === system("CanvasText")`,
				"the words of the lifetimes": `style(".tick-text").fill === system("CanvasText")`,
				"the line that says now":     `style(".now line").stroke === system("CanvasText")`,
				"the arrows of the picture":  `style(".way-line").stroke === system("Highlight")`,
				"the numbers of the picture": `style(".way-stop").color === system("HighlightText")`,
				"the focus":                  `(document.querySelector("[data-peek]").focus({ focusVisible: true }), style("[data-peek]").outlineStyle === "solid")`,
				"an icon":                    `style(".panel header .i").stroke === style(".panel header h2").color`,
			} {
				if !eval[bool](b, `(() => { `+style+` return `+seen+`; })()`) {
					t.Errorf("cannot be seen: %s", what)
				}
			}
			b.open(stepAddress("en", stepsOf(t, b, "session/show-key")[0]))
			b.press("[data-actions] [data-action]")
			if eval[bool](b, `getComputedStyle(document.querySelector(".card:not([data-change])")).outlineStyle !== "none"`) {
				t.Error("what is as it was has the frame of what is new")
			}
		})
	}
}
