package lessons

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The README lists the lessons in both of its halves, and counts their steps.
func TestTheReadmeListsTheLessons(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, l := range mustLoad(t).Lessons {
		steps += len(l.Steps)
		for _, lang := range Languages {
			row := fmt.Sprintf("\n| %d | %s | %d | %d |", l.Number, l.Text[lang].Title, len(l.Steps), l.Minutes)
			if !strings.Contains(string(readme), row) {
				t.Errorf("README.md lacks the row%s", row)
			}
		}
	}
	for _, count := range []string{fmt.Sprintf("That is %d steps", steps), fmt.Sprintf("一共 %d 步", steps)} {
		if !strings.Contains(string(readme), count) {
			t.Errorf("README.md does not say %q", count)
		}
	}
}
