package tests

import (
	"fmt"
	"testing"
	"time"

	"cookielab/lessons"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A console that walks a path goes from each of its steps to the next one, says which
// step of how many that is, and comes back to the path from beside it.
func TestAConsoleWalksAPath(t *testing.T) {
	t.Parallel()
	l := openRoom(t)
	for _, lang := range []string{"zh", "en"} {
		for _, path := range l.lessons.Paths {
			desk := func() answer {
				return l.visitor().get("/"+lang+"/console/"+l.code+"/desk?path="+path.ID, "Authorization", "Bearer "+l.key)
			}
			expect := func(step string, prev, next *lessons.Step) {
				t.Helper()
				page := desk().page()
				for name, want := range map[string]*lessons.Step{"prev": prev, "next": next} {
					at := page.Find("[data-" + name + "-step]")
					if want == nil {
						if at.Length() != 0 {
							t.Errorf("at %s there is a %s step", step, name)
						}
						continue
					}
					if got := at.AttrOr("data-"+name+"-step", ""); got != want.Lesson.ID+"/"+want.ID {
						t.Errorf("on the path of %s, at %s, the %s step is %q, want %q", path.ID, step, name, got, want.ID)
					}
					if title := page.Find("[data-next-step] .next-title").Text(); name == "next" && title != want.Text[lang].Title {
						t.Errorf("the next step is called %q, want %q", title, want.Text[lang].Title)
					}
				}
			}
			for i, step := range path.Steps {
				l.moved(`{"step":"` + step.Lesson.ID + "/" + step.ID + `"}`)
				var prev, next *lessons.Step
				if i > 0 {
					prev = path.Steps[i-1]
				}
				if i < len(path.Steps)-1 {
					next = path.Steps[i+1]
				}
				expect(step.ID, prev, next)
				want := map[string]string{"zh": "%s 分钟路线：第 %d 步，共 %d 步", "en": "%s-minute path: %d of %d"}[lang]
				if got := desk().page().Find("[data-desk-where] p").Text(); got != fmt.Sprintf(want, path.ID, i+1, len(path.Steps)) {
					t.Errorf("at %s the console says %q", step.ID, got)
				}
			}
			aside := l.lessons.Lessons[8].Steps[0]
			l.moved(`{"step":"` + aside.Lesson.ID + "/" + aside.ID + `"}`)
			expect(aside.ID, path.Steps[len(path.Steps)-1], nil)
		}
	}
	fresh := openRoom(t)
	page := fresh.visitor().get("/en/console/"+fresh.code+"/desk?path=45", "Authorization", "Bearer "+fresh.key).page()
	path, _ := fresh.lessons.Path("45")
	if got := page.Find("[data-next-step]").AttrOr("data-next-step", ""); got != path.Steps[0].Lesson.ID+"/"+path.Steps[0].ID {
		t.Errorf("a class on a path begins with %q", got)
	}
}

// opened finds the window that the console's button opens.
func (b *tab) opened(button string) *tab {
	b.t.Helper()
	fresh := chromedp.WaitNewTarget(b.ctx, func(info *target.Info) bool { return info.Type == "page" })
	b.click(button)
	select {
	case id := <-fresh:
		return openTab(b.t, b.rig, b.base, b.ctx, chromedp.WithTargetID(id))
	case <-time.After(patience):
		b.t.Fatalf("%s opens no window", button)
		return nil
	}
}

// The stage that the console's button opens drives, on the console's path, and goes on
// when it is the only window: it shows nothing that a student may not see.
func TestTheStageThatAConsoleOpensDrives(t *testing.T) {
	t.Parallel()
	browser := aChromium(t)
	l := openRoom(t, realTime)
	path, _ := l.lessons.Path("45")
	var from, to, whole *lessons.Step // where the path goes another way than the lessons do
	for i, step := range path.Steps[:len(path.Steps)-1] {
		if steps := step.Lesson.Steps; step.Number < len(steps) && steps[step.Number] != path.Steps[i+1] && len(path.Steps[i+1].Options) > 0 {
			from, to, whole = step, path.Steps[i+1], steps[step.Number]
		}
	}
	name := func(s *lessons.Step) string { return s.Lesson.ID + "/" + s.ID }
	at := func(s *lessons.Step) string { return elem("[data-class]") + `.dataset.step === "` + name(s) + `"` }
	l.moved(`{"step":"` + name(from) + `"}`)

	console := l.sees(browser, "/en/console/"+l.code+"?path=45#"+l.key, 1280, 800)
	console.until(elem("[data-desk-now] [data-next-step]"))
	stage := console.opened("[data-open-stage]")
	call(stage, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 720, DeviceScaleFactor: 1})
	stage.until(elem(`[data-class="stage"][data-drives]`) + " && " + at(from))
	console.key(kb.ArrowRight)
	stage.until(at(to))
	console.until(at(to))
	console.do(chromedp.Navigate("about:blank")) // and now the stage is the only one

	stage.key(kb.ArrowLeft)
	stage.until(at(from))
	stage.key(kb.ArrowRight)
	stage.until(at(to))
	stage.key(kb.PageDown)
	stage.until(elem("[data-class]") + `.dataset.question === "open" && ` + elem(".asked-options"))
	for _, secret := range []string{"[data-tally]", "[data-live-count]", "[data-why]", ".teach-card", ".happened", ".take-home"} {
		if eval[bool](stage, "Boolean("+elem(secret)+")") {
			t.Errorf("the stage has %s while the question is open", secret)
		}
	}
	if eval[bool](stage, `document.documentElement.outerHTML.includes("`+l.key+`") || location.href.includes("`+l.key+`")`) {
		t.Error("the stage shows the key")
	}
	stage.key(kb.PageDown)
	stage.until(elem("[data-class]") + `.dataset.question === "revealed" && ` + elem("[data-tally]"))
	stage.key(kb.PageUp)
	stage.until(at(from))

	// A stage of another window's path, or of none, goes all steps.
	other := l.sees(browser, "/en/console/"+l.code+"#"+l.key, 390, 844)
	other.until(elem("[data-desk-now] [data-next-step]"))
	other.click(`.desk-keys [data-drive="next"]`)
	stage.until(at(whole))
	// The choice on the console is the one in its address.
	eval[bool](other, `(() => { const choice = `+elem("[data-choose-path]")+`; choice.value = "45"; choice.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`)
	other.until(`location.search === "?path=45" && ` + elem("[data-desk-where] p") + `.textContent.includes("45")`)
	other.click(`.desk-keys [data-drive="prev"]`)
	stage.until(at(from))
	console.visit("/en/console/" + l.code) // so that nothing is asked of about:blank
}
