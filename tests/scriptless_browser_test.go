package tests

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cookielab/internal/world"
	"cookielab/lessons"
)

// Without JavaScript a lesson is walked by its forms: each leads to a small page,
// and back to panels that the server has drawn.
func TestALessonIsWalkedWithoutJavaScript(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.withoutScript()
	for _, lesson := range b.rig.lessons.Lessons {
		if lesson.ID != "session" {
			continue
		}
		for _, step := range lesson.Steps[:6] { // to flush: the rest is more of the same
			name := lesson.ID + " " + step.ID
			b.do(chromedp.Navigate(b.base + stepAddress("zh", step)))
			for presses := 0; eval[bool](b, `document.querySelector(".setup-form form") !== null`); presses++ {
				if presses == 10 {
					t.Fatalf("%s: ten presses do not set it up", name)
				}
				b.there(".setup-form [data-action]")
				b.back(name + ", set up")
			}
			place := len(b.rig.since(0))
			var last *world.Exchange
			for i := range step.Do {
				b.click(".guesses label:nth-of-type(1) input")
				b.there(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", i+1))
				if judged := eval[bool](b, `document.querySelector(".judgement:is(.right, .wrong)") !== null`); judged != (i == len(step.Do)-1) {
					t.Errorf("%s: after action %d of %d the choice is judged: %t", name, i+1, len(step.Do), judged)
				}
				log := b.rig.since(place)
				visit := log[slices.IndexFunc(log, func(s served) bool { return slices.Contains(routes, strings.TrimPrefix(s.request.URL.Path, "/")) })]
				place += len(log)
				last = visit.exchange(eval[string](b, `document.querySelector("[data-answer]").textContent`))
				if got, want := eval[string](b, `document.querySelector('[data-message="response"] .first-line').textContent`), fmt.Sprintf("HTTP/1.1 %d %s", visit.status, http.StatusText(visit.status)); got != want {
					t.Errorf("%s: the small page shows %q, want %q", name, got, want)
				}
				b.back(name)
			}
			frame := world.Frame{At: time.Now().UTC(), Exchange: last, Browsers: map[string]world.Browser{"A": {Jar: b.sent()}}}
			frame.Server.Rows = b.rig.rows()
			want, err := step.Evidence(play)
			if err != nil {
				t.Fatal(err)
			}
			if got := step.Right(lessons.Seen(frame)); !slices.Equal(got, step.Right(want)) {
				t.Errorf("%s: options %q hold, want %q", name, got, step.Right(want))
			}
		}
	}
}

// there clicks a form's button and checks that it leads to the small page of an answer.
func (b *tab) there(button string) {
	b.t.Helper()
	b.follow(func() { b.click(button) })
	if !eval[bool](b, `document.querySelector("[data-answer]") !== null`) {
		b.t.Fatalf("%s leads to %s, which is no answer", button, eval[string](b, "location.href"))
	}
}

// back follows the small page's link back and compares the panels there with the jar.
func (b *tab) back(when string) {
	b.t.Helper()
	b.follow(func() { b.click("[data-back]") })
	var got, want []string
	for _, s := range b.panel() {
		got = append(got, s.Name+"="+s.Value)
	}
	for _, c := range b.sent() {
		want = append(want, c.Name+"="+c.Value)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: the panel has %q, the browser %q", when, got, want)
	}
	b.compareRow(when)
}
