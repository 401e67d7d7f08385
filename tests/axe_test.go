package tests

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// examined opens a tab into whose pages axe-core is injected. The browser injects it, so
// the page's Content-Security-Policy does not apply to it.
func examined(t *testing.T, theme string) *tab {
	t.Helper()
	b := browse(t)
	b.examine(theme)
	return b
}

// axeCore returns the source of axe-core.
func axeCore(t *testing.T) string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "axe", "axe.min.js.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	source, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// examine injects axe-core into the tab's next pages.
func (b *tab) examine(theme string) {
	b.t.Helper()
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: axeCore(b.t)})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// standard is WCAG 2.2, levels A and AA, as axe-core tags its rules.
const standard = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]`

// accessible checks that the page breaks no rule of axe-core, with everything opened that
// can be opened.
func (b *tab) accessible(when string) {
	b.t.Helper()
	violations := eval[[]string](b, `(async () => {
		for (const fold of document.querySelectorAll("details")) fold.open = true;
		const result = await axe.run(document, { runOnly: { type: "tag", values: `+standard+` }, resultTypes: ["violations"] });
		return result.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.html.slice(0, 160) + " " + n.any.concat(n.all, n.none).map((c) => c.message).join("; ")))
			.concat([...document.querySelectorAll("noscript")].filter((e) => {
				const inside = document.createRange();
				inside.selectNodeContents(e);
				return inside.getClientRects().length > 0;
			}).map((e) => "what is for browsers without scripts is read as text: " + e.textContent));
	})()`)
	for _, v := range violations {
		b.t.Errorf("%s, %s: %s", eval[string](b, "location.pathname + location.search"), when, v)
	}
}

// Each page is looked at in one language, since the elements are the same in the other
// (TestBothLanguagesHaveTheSameSkeleton).
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	for turn, lang := range []string{"zh", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			b := examined(t, "light")
			b.open("/" + lang + "/lab")
			b.lab("set_session", "")
			for n, address := range b.rig.everyPage(lang) {
				if n%2 != turn {
					continue
				}
				if strings.Contains(address, "?task=") && !strings.HasSuffix(address, "?task=1") {
					continue // the tasks of a lesson differ in words only
				}
				if (strings.HasSuffix(address, "/handout") || strings.HasSuffix(address, "/sheet")) && !strings.Contains(address, "/session/") {
					continue // TestTheHandoutIsAccessible looks at one closely; the others are long, and alike
				}
				b.open(address)
				b.accessible("opened")
			}
		})
	}
}

// What only browsers without JavaScript show is looked at, too: the page is loaded without
// it, and axe-core, which needs timers, reads afterwards what would then be hidden.
func TestWhatNoScriptShowsIsAccessible(t *testing.T) {
	t.Parallel()
	b := browse(t)
	scripts := func(off bool) {
		call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
	}
	source := axeCore(t)
	for _, address := range []string{
		"/en/lessons/session?step=4", "/zh/lessons/attributes?step=2", "/zh/lessons/two-browsers?step=1", "/zh/lessons/session?task=1",
	} {
		scripts(true)
		b.do(chromedp.Navigate(b.base + address))
		scripts(false)
		if n := eval[int](b, source+`; [...document.querySelectorAll("noscript")].map((e) => e.replaceWith(...e.childNodes)).length`); n == 0 {
			t.Errorf("%s has nothing for browsers without JavaScript", address)
		}
		b.accessible("without JavaScript")
	}
}

func TestEveryKindOfPageIsAccessibleInBothThemes(t *testing.T) {
	t.Parallel()
	for theme, lang := range map[string]string{"light": "zh", "dark": "en"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			b := examined(t, theme)
			if dark := eval[bool](b, `matchMedia("(prefers-color-scheme: dark)").matches`); dark != (theme == "dark") {
				t.Fatal("the theme is not what it should be")
			}
			if theme == "dark" { // in the light all pages are looked at
				for _, address := range pageOfEachKind(lang) {
					b.open(address)
					b.accessible("opened")
				}
			}
			b.kinds(lang)
		})
	}
}

// kinds checks a page of each kind, in the states that its buttons lead to and in the
// class view.
func (b *tab) kinds(lang string) {
	b.open("/" + lang + "/lab")
	b.lab("flush", "")
	step := "/" + lang + "/lessons/session?step=4" // its setup and its KeyError
	b.open(step)
	b.accessible("not at its start")
	b.press("[data-setup]")
	b.click(`[data-guess] label:nth-of-type(1)`)
	b.accessible("predicted")
	for n := range eval[int](b, `document.querySelectorAll("[data-actions] [data-action]").length`) {
		b.press(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", n+1))
	}
	b.accessible("wrong")
	b.click(`[data-frame="back"]`)
	b.accessible("looking back")
	b.click("[data-now-again]")
	b.click("#tab-go")
	b.click(`[data-tool="class"]`)
	b.accessible("for a class")
	b.click(`[data-tool="class"]`)
	b.click(`[data-tool="keys"]`)
	b.accessible("with the sheet of keys")
	b.click("[data-close]")

	b.open("/" + lang + "/lab")
	for _, query := range []string{"max_age=600&samesite=Strict", "name=hidden&httponly=1&secure=1", "name=tea&value=少冰&domain=localhost", "name=away&path=/get_cookie", "name=refused&domain=tea.example"} {
		b.lab("set_cookie", query)
	}
	eval[string](b, `document.cookie = "foreign=1; path=/"`)
	b.until(shows("foreign", "1"))
	b.lab("get_session", "key=none")
	b.accessible("with much to show")
	b.open("/" + lang + "/lessons/cookie?step=2")
	b.accessible("with much to show")

	b.do(chromedp.Navigate(b.base + "/" + lang + "/lessons/two-browsers?step=2"))
	b.until(`document.querySelectorAll("[data-frames] button").length > 0`)
	for n := range eval[int](b, `document.querySelectorAll("[data-actions] [data-action]").length`) {
		b.press(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", n+1))
	}
	b.accessible("in the time machine")
	b.click(`[data-tool="class"]`)
	b.accessible("in the time machine, for a class")
	b.click(`[data-tool="class"]`)
	b.open("/" + lang + "/lessons/attributes?step=5")
	b.press("[data-actions] [data-action]")
	b.accessible("answered by the jar model")

	b.open("/" + lang + "/cookie")
	for group := range eval[int](b, `document.querySelectorAll("[data-example-group]").length`) {
		b.click(fmt.Sprintf("[data-example-group]:nth-of-type(%d) [data-example]", group+1))
		b.until(`document.querySelector("[data-answer]").getAttribute("aria-busy") !== "true"`)
		b.accessible("with an example")
	}

	b.do(chromedp.Navigate(b.base + "/get_session?key=none&_lang=" + lang))
	b.accessible("the small page of an error")
	b.do(chromedp.Navigate(b.base + "/set_session?_lang=" + lang + "&_back=/" + lang + "/lab"))
	b.accessible("the small page")
	b.do(chromedp.Navigate(b.base + "/" + lang + "/nothing"))
	b.accessible("what is not there")
}

// axe-core must find the faults of a page that has some: otherwise the tests above would
// pass without having checked anything.
func TestAnInaccessiblePageIsFound(t *testing.T) {
	t.Parallel()
	b := examined(t, "light")
	b.open("/en/")
	found := eval[[]string](b, `(async () => {
		document.querySelector("main").insertAdjacentHTML("beforeend", '<img src="/favicon.ico"><button></button><p class="pale">pale</p>');
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(".pale { color: #ddd; background: white }");
		document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
		const result = await axe.run(document, { runOnly: { type: "tag", values: `+standard+` } });
		return result.violations.map((v) => v.id);
	})()`)
	slices.Sort(found)
	if want := "button-name color-contrast image-alt"; strings.Join(found, " ") != want {
		t.Errorf("axe-core finds %q, want %q", found, want)
	}
}
