package tests

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The pages of a class break no rule of axe-core, in both languages and themes, from its
// beginning until the outcome is shown.
func TestAClassIsAccessible(t *testing.T) {
	t.Parallel()
	browser := aChromium(t)
	for theme, lang := range map[string]string{"light": "zh", "dark": "en"} {
		t.Run(lang+" "+theme, func(t *testing.T) {
			t.Parallel()
			l := openRoom(t, realTime)
			open := func(path string, width, height int64) *tab {
				b := openTab(t, l.rig, strings.Replace(l.url, "127.0.0.1", "localhost", 1), browser, chromedp.WithNewBrowserContext())
				b.examine(theme)
				call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
				b.visit("/" + lang + path)
				return b
			}
			console := open("/console/"+l.code, 1280, 800)
			console.accessible("without its key")
			console.visit("/" + lang + "/console/" + l.code + "?path=45#" + l.key)
			console.until(elem("[data-desk]") + `.hidden === false && ` + elem("[data-desk-now]"))
			stage := open("/class/"+l.code+"?stage=1", 1280, 720)
			student := open("/class/"+l.code, 390, 844)
			student.until(`localStorage.length > 0`)
			everybody := []*tab{console, stage, student}
			look := func(when string) {
				t.Helper()
				for _, b := range everybody {
					b.accessible(when)
				}
			}
			look("before the first step")
			for _, drive := range []string{
				`{"step":"session/locker","question":"open"}`,
				`{"step":"session/locker","question":"revealed","free":true,"frame":{"script":` + anyScript + `,"at":1}}`,
				`{"step":"lifetime/close-note","question":"open"}`, // played in the time machine
				`{"step":"attributes/secure","question":"revealed"}`,
			} {
				m := l.moved(drive)
				for _, b := range everybody {
					b.until(elem("[data-now], [data-desk-now]") + `.dataset.n === "` + strconv.Itoa(m.N) + `"`)
				}
				look("at " + drive)
			}
			l.moved(`{"step":"session/locker","free":true}`)
			student.until(elem("[data-actions] [data-action]") + `?.disabled === false`)
			student.click("[data-actions] [data-action]")
			student.until(elem("[data-own-mark]"))
			stage.until(elem("[data-wall-key]"))
			console.click("[data-own-browser] > summary")
			console.until(elem("[data-own-browser] [data-panels]"))
			look("tried")
			console.visit("/" + lang + "/class/nothing")
			console.accessible("no such class")
		})
	}
}
