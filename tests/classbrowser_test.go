package tests

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/class"
	"cookielab/lessons"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// sees opens a page of the class in a browser of its own, of some size.
func (l *classroom) sees(browser context.Context, path string, width, height int64) *tab {
	l.t.Helper()
	at, err := url.Parse(l.url)
	if err != nil {
		l.t.Fatal(err)
	}
	b := openTab(l.t, l.rig, "http://localhost:"+at.Port(), browser, chromedp.WithNewBrowserContext())
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
	b.do(chromedp.Navigate(b.base + path))
	return b
}

// elem makes a selector into the element that it finds.
func elem(selector string) string { return "document.querySelector(`" + selector + "`)" }

// seesInFirefox opens a page of the class in a Firefox.
func (l *classroom) seesInFirefox(path string, width, height int) *tab {
	l.t.Helper()
	b := openFox(l.t, l.rig, width, height)
	b.visit(path)
	return b
}

// A console, a stage and three students, in real browsers of two families, go through
// one step: predict, reveal, try.
func TestAClassInRealBrowsers(t *testing.T) {
	browser := aChromium(t)
	l := openRoom(t, realTime)
	console := l.sees(browser, "/en/console/"+l.code+"#"+l.key, 1280, 800)
	console.until(elem("[data-desk]") + `.hidden === false`)
	if hash := eval[string](console, "location.hash"); hash != "" {
		t.Errorf("the key stays in the address: %s", hash)
	}
	if text := eval[string](console, "document.documentElement.outerHTML"); strings.Contains(text, l.key) {
		t.Error("the page has the key in it")
	}
	stage := l.sees(browser, "/zh/class/"+l.code+"?stage=1", 1280, 720)
	students := []*tab{
		l.sees(browser, "/zh/class/"+l.code, 390, 844), l.sees(browser, "/en/class/"+l.code, 1280, 800), l.seesInFirefox("/zh/class/"+l.code, 1280, 800),
	}
	everybody := append([]*tab{stage}, students...)

	console.until(elem(`[data-jump]`))
	eval[bool](console, `(() => { const jump = `+elem("[data-jump]")+`; jump.value = "session/locker"; jump.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`)
	for _, b := range everybody {
		b.until(elem("[data-class]") + `.dataset.step === "session/locker" && ` + elem("[data-class]") + `.dataset.question === "closed"`)
	}
	console.until(elem(`[data-desk-now] [data-next-step]`))
	console.click(`.desk-keys [data-drive="turn"]`)
	for i, b := range students {
		b.until(elem(`[data-choose] input:not(:disabled)`))
		option := []string{"a", "b", "b"}[i]
		b.click(`[data-choose] label:has(input[value="` + option + `"])`)
		b.until(elem("[data-fate]") + `.textContent !== ""`)
		if eval[bool](b, `Boolean(`+elem("[data-tally]")+`)`) {
			t.Error("a student sees the tally before the reveal")
		}
		if !eval[bool](b, elem("[data-actions] [data-action]")+".disabled") {
			t.Error("a student's button does not wait")
		}
	}
	if eval[bool](stage, `Boolean(`+elem("[data-tally]")+`)`) {
		t.Error("the stage shows the tally before the reveal")
	}
	console.until(elem(`[data-answered]`) + `.textContent === "3"`)
	console.click(`.desk-keys [data-drive="turn"]`)
	for _, b := range everybody {
		b.until(elem(`[data-tally] [data-option="b"]`) + `.dataset.count === "2" && ` + elem(`[data-place="frame"] [data-row]`))
	}
	students[0].until(elem("[data-fate]") + `.classList.contains("wrong") && ` + elem("[data-fate]") + `.textContent.length > 20`)
	students[1].until(elem("[data-fate]") + `.classList.contains("right")`)

	if named := eval[[]string](console, `[...document.querySelectorAll(".desk-keys button")].filter((b) => b.checkVisibility() && b.textContent === b.parentElement.querySelector("[data-next]").dataset.next).map((b) => b.dataset.drive)`); !slices.Equal(named, []string{"turn"}) {
		t.Errorf("once it is revealed, %q lead to the next step, want one button", named)
	}
	console.click(`.desk-keys [data-drive="free"]`)
	for _, b := range students {
		b.until(elem("[data-actions] [data-action]") + `.disabled === false`)
		b.click("[data-actions] [data-action]")
		b.until(elem("[data-own-mark]"))
	}
	console.until(elem(`[data-done]`) + `.textContent === "3"`)
	if diff := cmp.Diff([]class.Done{{Report: class.Report{Holds: "b", Browser: "Chrome", Actions: 1}, N: 2}, {Report: class.Report{Holds: "b", Browser: "Firefox", Actions: 1}, N: 1}}, l.state().Done); diff != "" {
		t.Error(diff)
	}
	stage.until(`document.querySelectorAll("[data-wall] [data-wall-key]").length === 3`)
	own := eval[string](students[0], elem("[data-own-mark]")+`.dataset.ownMark`)
	stage.until(elem(`[data-wall-key="` + own + `"]`))
	for _, row := range l.rows() {
		if strings.Contains(eval[string](stage, "document.documentElement.outerHTML"), row.Key) {
			t.Error("the stage has a student's key")
		}
	}

	// A student who has left the step finds back to it; one who comes late gets the present step.
	students[2].visit("/zh/lab")
	students[2].until(elem("[data-class-back]") + `.hidden === false`)
	students[2].click("[data-class-back]")
	students[2].until(elem("[data-class]") + `.dataset.step === "session/locker"`)

	// Who solves a task is counted by the length of the way.
	all := allTasks(l.lessons)
	task := all[slices.IndexFunc(all, func(t *lessons.Task) bool { return t.Mode == lessons.Live })]
	students[0].do(chromedp.Navigate(students[0].base + taskAddress("en", task)))
	students[0].drawn()
	students[0].press("[data-again]")
	students[0].solve(task)
	console.until(`document.querySelector("[data-reports] li")?.textContent.startsWith("1 ") === true`)

	// A stage in the console's own window shows it, and drives, by a clicker's keys too.
	console.do(chromedp.Navigate(console.base + "/en/class/" + l.code + "?stage=1"))
	console.until(elem(`[data-class="stage"][data-drives]`))
	console.until(`document.querySelectorAll("[data-ways] li").length === 1`)
	console.key(kb.PageDown)
	stage.until(elem("[data-class]") + `.dataset.step === "session/show-key"`)
	if eval[bool](stage, `"drives" in `+elem("[data-class]")+`.dataset`) {
		t.Error("a stage without the key drives")
	}
}

// A student's page loads with ten requests without the icon's, and when nobody uses it,
// it makes at most one request in two seconds.
func TestAStudentsPageIsQuiet(t *testing.T) {
	t.Parallel()
	browser := aChromium(t)
	l := openRoom(t, realTime)
	l.moved(aStep)
	b := l.sees(browser, "/en/class/"+l.code, 390, 844)
	b.until(`Boolean(window.cookielab.instead) && localStorage.length > 0 && performance.getEntriesByType("resource").some((e) => e.name.endsWith("ledger.js"))`)
	if got := len(b.requests()); got > 11 {
		t.Errorf("the page takes %d requests, the icon among them", got)
	}
	<-time.After(4 * time.Second) // the page's own clock is the machine's
	place := len(b.requests())
	<-time.After(9 * time.Second)
	asked := b.requests()[place:]
	for i := 1; i < len(asked); i++ {
		if gap := asked[i].Sub(asked[i-1]); gap < 2*time.Second {
			t.Errorf("a request left %v after another", gap)
		}
	}
	if len(asked) == 0 {
		t.Error("the page never looks by itself")
	}
}
