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

	"github.com/chromedp/chromedp"
)

// The lessons that are only for the time machine are played with their buttons. The page
// shows the frames of the simulated world, and the visitor's own browser and the real
// table do not change.
func TestLessonsArePlayedInTheTimeMachine(t *testing.T) {
	t.Parallel()
	b := browse(t)
	played := 0
	for _, lesson := range b.rig.lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Mode != lessons.World {
				continue
			}
			b.play(step)
			played++
			if t.Failed() {
				t.Fatalf("in %s %s", lesson.ID, step.ID)
			}
		}
	}
	if played < 16 {
		t.Errorf("only %d steps were played", played)
	}
	if held, rows := b.jar(), b.rig.rows(); len(held) != 0 || len(rows) != 0 {
		t.Errorf("after it all the browser holds %v, and the table %v", held, rows)
	}
}

func (b *tab) play(step *lessons.Step) {
	b.t.Helper()
	name := step.Lesson.ID + " " + step.ID
	frames, err := play(step.Actions())
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate(b.base + stepAddress([]string{"en", "zh"}[step.Number%2], step)))
	b.until(`document.querySelectorAll("[data-frames] button").length > 0`)
	start := len(step.From)
	b.draws(name+", where it starts", frames[start])
	for i := range step.Do {
		b.press("[data-actions] form:nth-of-type(" + strconv.Itoa(i+1) + ") [data-action]")
		b.draws(fmt.Sprintf("%s, button %d", name, i+1), frames[start+i+1])
	}
	b.verdict(name, step.Right(step.Played(frames)))
	b.click(`[data-frame="first"]`)
	b.draws(name+", its first frame", frames[0])
	b.click(`[data-frame="forward"]`)
	b.draws(name+", one further", frames[1])
	b.click(`[data-frame="last"]`)
	b.draws(name+", its last frame", frames[len(frames)-1])
}

// draws compares the panels with a frame: every browser's jar, and every row.
func (b *tab) draws(when string, frame world.Frame) {
	b.t.Helper()
	var want []string
	for name, browser := range frame.Browsers {
		for _, c := range browser.Jar {
			expires := "session"
			if c.Expires != nil {
				expires = c.Expires.UTC().Format(time.RFC3339)
			}
			want = append(want, strings.Join([]string{name, c.Name, c.Value, c.Path, expires, fmt.Sprint(c.HTTPOnly)}, " "))
		}
	}
	for _, row := range frame.Server.Rows {
		entries, _ := row.Entries()
		want = append(want, fmt.Sprint("row ", row.Key, " ", row.Expires.UTC().Format(time.RFC3339), " ", len(entries)))
	}
	got := eval[[]string](b, `[...document.querySelectorAll('[data-panels] [data-browser] [data-cookie]')].map((c) => [c.closest("[data-browser]").dataset.browser,
		c.dataset.name, c.dataset.value, c.dataset.path, c.dataset.expires, c.dataset.httpOnly].join(" ")).concat(
		[...document.querySelectorAll("[data-panels] [data-row]")].map((r) => ["row", r.dataset.key, r.dataset.expires, r.querySelectorAll("[data-entry]").length].join(" ")))`)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: drawn is %q, want %q", when, got, want)
	}
}
