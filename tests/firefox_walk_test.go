package tests

import (
	"testing"
)

// A real Firefox walks the lessons 0 to 3 as a student does, by each step's own buttons.
func TestFirefoxWalksTheFirstLessons(t *testing.T) {
	t.Parallel()
	b := openFox(t, site(t, realTime), 1280, 900)
	if walked := b.walkAll(b.rig.lessons.Lessons[:4]); walked < 25 {
		t.Errorf("only %d steps were walked", walked)
	}
}
