package tests

import (
	"testing"

	"cookielab/lessons"
)

// A real Firefox walks the lessons 0 to 3 as a student does, by each step's own buttons.
func TestFirefoxWalksTheFirstLessons(t *testing.T) {
	t.Parallel()
	b := openFox(t, site(t, realTime), 1280, 900)
	walked := 0
	for _, lesson := range b.rig.lessons.Lessons[:4] {
		for _, step := range lesson.Steps {
			if step.Mode != lessons.Live {
				continue // it is played in the time machine
			}
			b.walk(step)
			walked++
			if t.Failed() {
				t.Fatalf("in %s %s", lesson.ID, step.ID)
			}
		}
	}
	if walked < 25 {
		t.Errorf("only %d steps were walked", walked)
	}
}
