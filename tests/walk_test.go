package tests

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cookielab/internal/world"
	"cookielab/lessons"
)

// Every step of every lesson is walked by its buttons, in a real Chromium, twice
// over and without a reset: what one step leaves behind, the next one's setup puts
// right. After each button the panels are held against the browser's own jar, the
// table and what was served; after the last one the claims are judged three times,
// by the page, by what the browser and the server really hold, and in the
// simulated world. All three must say the same.
func TestEveryStepIsWalkedTwiceOver(t *testing.T) {
	t.Parallel()
	b := browse(t)
	walked := 0
	for range 2 {
		walked += b.walkAll(b.rig.lessons.Lessons)
	}
	if walked < 80 {
		t.Errorf("only %d steps were walked", walked)
	}
}

// walkAll walks the live steps of lessons, and returns how many there are.
func (b *tab) walkAll(all []*lessons.Lesson) (walked int) {
	b.t.Helper()
	for _, lesson := range all {
		for _, step := range lesson.Steps {
			if step.Mode != lessons.Live {
				continue // it is played in the time machine
			}
			b.walk(step)
			walked++
			if b.t.Failed() {
				b.t.Fatalf("in %s %s", lesson.ID, step.ID)
			}
		}
	}
	return walked
}

func (b *tab) walk(step *lessons.Step) {
	b.t.Helper()
	name := step.Lesson.ID + " " + step.ID
	b.open(stepAddress([]string{"zh", "en"}[step.Number%2], step))
	b.compare(name + ", opened")
	if eval[bool](b, `document.querySelector("[data-setup]") !== null`) {
		b.press("[data-setup]")
		b.compare(name + ", set up")
		b.compareRow(name + ", set up")
	}
	if differs := eval[string](b, `document.querySelector('[data-fragment="start"] ul')?.textContent ?? ""`); differs != "" {
		b.t.Errorf("%s: after the setup it still differs: %s", name, differs)
	}
	played, err := step.Evidence(play)
	if err != nil {
		b.t.Fatal(err)
	}
	want := step.Right(played)
	if len(want) != 1 {
		b.t.Fatalf("%s: in the simulated world options %q hold", name, want)
	}
	if step.Jar != nil { // asked of the jar model: this browser's jar has no part in it
		b.press("[data-actions] [data-action]")
		b.models(name, played)
		b.verdict(name, want)
		return
	}
	place := len(b.rig.since(0))
	for i, action := range step.Do {
		when := fmt.Sprintf("%s, button %d", name, i+1)
		button := "[data-actions] form:nth-of-type(" + strconv.Itoa(i+1) + ") [data-action]"
		if requests := b.press(button); requests > 2 {
			b.t.Errorf("%s: %d requests until the panels are at rest, want 2 at most", when, requests)
		}
		b.compare(when)
		b.compareRow(when)
		if action.Do == "visit" {
			b.compareWire(when, b.exchanged(place))
		}
	}
	if got := step.Right(b.evidence(place)); !slices.Equal(got, want) {
		b.t.Errorf("%s: really options %q hold, in the simulated world %q", name, got, want)
	}
	b.verdict(name, want)
}

// verdict checks that the page says that these options hold, and no others.
func (b *tab) verdict(name string, want []string) {
	b.t.Helper()
	if got := eval[[]string](b, `[...document.querySelectorAll('[data-outcome][data-held="true"]')].map((o) => o.dataset.outcome)`); !slices.Equal(got, want) {
		b.t.Errorf("%s: the page says that options %q hold, want %q", name, got, want)
	}
	if eval[bool](b, `document.querySelector("[data-unsettled]") !== null`) {
		b.t.Errorf("%s: the page says that nothing fits", name)
	}
}

// models compares the panel with the jar model's answer.
func (b *tab) models(name string, played lessons.Evidence) {
	b.t.Helper()
	var got, want []string
	for _, s := range b.panel() {
		got = append(got, strings.Join([]string{s.Name, s.Value, s.Domain, s.HostOnly, s.Path, s.Secure, s.HTTPOnly, s.SameSite}, " "))
	}
	for _, c := range played.Jar {
		want = append(want, strings.Join([]string{c.Name, c.Value, c.Domain, fmt.Sprint(c.HostOnly), c.Path, fmt.Sprint(c.Secure), fmt.Sprint(c.HTTPOnly), c.SameSite}, " "))
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: the panel has %q, the model's jar %q", name, got, want)
	}
}

// evidence is what the browser and the server really hold, gathered around the
// page and not by it.
func (b *tab) evidence(place int) lessons.Evidence {
	b.t.Helper()
	frame := world.Frame{
		At: time.Now().UTC(), Exchange: b.exchanged(place),
		Browsers: map[string]world.Browser{"A": {Jar: b.sent(), DocumentCookie: eval[string](b, "document.cookie")}},
	}
	frame.Server.Rows = b.rig.rows()
	ev := lessons.Seen(frame)
	ev.AllRows = true
	return ev
}
