package tests

import (
	"slices"
	"testing"

	demosite "cookielab/handlers/site"
	"cookielab/internal/jar"
	"cookielab/internal/world"
	"cookielab/lessons"
)

// rightOptions is what real Django and a real Chromium answered, one letter a
// step; the three steps about vip in "which" follow from the same rules. The
// lessons themselves hold no answers: there the right option is the one whose
// claim holds.
var rightOptions = map[string]string{
	"forgets":      "acbcb",
	"cookie":       "bacbaca",
	"session":      "cbacbcacba",
	"which":        "bbcaabac",
	"attributes":   "cabacbcac",
	"gone":         "bacbcab",
	"lifetime":     "bacabacc",
	"two-browsers": "cbacbacacb",
	"login":        "bcacabab",
}

// play carries out a script on the site's own routes.
func play(actions []world.Action) ([]world.Frame, error) {
	say := func(string, world.Note) string { return "" }
	return world.Play(world.Script{Actions: actions}, demosite.Handler, say)
}

func ours(t *testing.T) *lessons.Catalogue {
	t.Helper()
	cat, err := lessons.Load(lessons.FS)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func TestExactlyTheRightOptionOfEachStepHolds(t *testing.T) {
	played := 0
	for _, lesson := range ours(t).Lessons {
		letters := rightOptions[lesson.ID]
		if len(letters) != len(lesson.Steps) {
			t.Fatalf("%s: %d steps, but %d answers", lesson.ID, len(lesson.Steps), len(letters))
		}
		for i, step := range lesson.Steps {
			evidence, err := step.Evidence(play)
			if err != nil {
				t.Errorf("%s: %v", step.ID, err)
				continue
			}
			if got, want := step.Right(evidence), letters[i:i+1]; !slices.Equal(got, []string{want}) {
				t.Errorf("%s %s: options %q hold, want %s", lesson.ID, step.ID, got, want)
				for _, option := range step.Options {
					t.Logf("  %s %+v", option.Letter, option.Claim.Check(evidence))
				}
			}
			played++
		}
	}
	if played != 72 {
		t.Errorf("%d steps played, want 72", played)
	}
}

func TestEachLessonIsFitToBeShown(t *testing.T) {
	if err := ours(t).Check(play); err != nil {
		t.Error(err)
	}
}

// A step's setup works from any state: here from a browser in which all lessons before were
// played without deleting anything.
func TestSetupLeadsFromAnyBrowserToTheStart(t *testing.T) {
	cat := ours(t)
	var before []world.Action
	for _, lesson := range cat.Lessons {
		for _, step := range lesson.Steps {
			if step.Mode == lessons.Live {
				before = append(before, step.Actions()...)
			}
		}
	}
	before = append(before, world.Action{Do: "visit", Browser: "A", URL: "/set_cookie?name=other&value=kept"})
	for _, lesson := range cat.Lessons {
		for _, step := range lesson.Steps {
			if step.Mode != lessons.Live || step.Jar != nil {
				continue // a step with jar has a new one each time
			}
			fresh, err := play(step.Actions())
			if err != nil {
				t.Fatal(err)
			}
			start := step.StartFrame(fresh)
			setup := cat.Setup(step)
			frames, err := play(slices.Concat(before, setup, step.Do))
			if err != nil {
				t.Fatal(err)
			}
			at := len(before) + len(setup)
			if got := step.Differences(start, lessons.Seen(frames[at])); len(got) > 0 {
				t.Errorf("%s: after the setup there are differences: %+v", step.ID, got)
			}
			if !slices.ContainsFunc(frames[at].Browsers["A"].Jar, func(c jar.Cookie) bool { return c.Name == "other" }) {
				t.Errorf("%s: the setup took away a cookie that is none of its business", step.ID)
			}
			// After the setup the step is the same as from a clean browser: the same options hold.
			end := step.Played(frames[at-len(step.From):])
			want, err := step.Evidence(play)
			if err != nil {
				t.Fatal(err)
			}
			if got := step.Right(end); !slices.Equal(got, step.Right(want)) {
				t.Errorf("%s: after the setup options %q hold, want %q", step.ID, got, step.Right(want))
			}
		}
	}
}

// recaps says which of the statements at the lessons' ends are true, as real Django and a
// real Chromium answered. The lessons themselves contain no answers.
var recaps = map[string]string{
	"forgets": "ftf", "cookie": "tft", "session": "fft", "which": "ftf",
	"attributes": "ftf", "gone": "ftf", "lifetime": "ftf", "two-browsers": "ftt", "login": "ftt",
}

func TestTheStatementsOfTheRecapsAreTrueOrFalse(t *testing.T) {
	for _, lesson := range ours(t).Lessons {
		want, got := recaps[lesson.ID], ""
		for _, statement := range lesson.Recap {
			so, err := statement.True(play)
			if err != nil {
				t.Errorf("%s %s: %v", lesson.ID, statement.ID, err)
			}
			got += map[bool]string{true: "t", false: "f"}[so]
		}
		if got != want || want == "" {
			t.Errorf("%s: the statements are %s, want %s", lesson.ID, got, want)
		}
	}
}
