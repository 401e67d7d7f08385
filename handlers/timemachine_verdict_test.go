package handlers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"
)

// everyStep returns the steps that the time machine can play.
func (m *machine) everyStep() []*lessons.Step {
	var steps []*lessons.Step
	for _, lesson := range m.app.Lessons.Lessons {
		for _, step := range lesson.Steps {
			if step.Jar == nil {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

// outcomes returns the letters of the options that, by the verdict, held or did not hold.
func outcomes(verdict *goquery.Selection, held bool) []string {
	return attrsOf(verdict.Find(`[data-outcome][data-held="`+strconv.FormatBool(held)+`"]`), "data-outcome")
}

func TestTheVerdictIsWhatHoldsInTheWorld(t *testing.T) {
	m := newMachine(t)
	played := 0
	for i, step := range m.everyStep() {
		frames, err := world.Play(world.Script{Actions: step.Actions()}, site.Handler, scene.Tell)
		if err != nil {
			t.Fatal(err)
		}
		right := step.Right(step.Played(frames))
		if len(right) != 1 {
			t.Fatalf("%s %s: options %q hold", step.Lesson.ID, step.ID, right)
		}
		lang := templates.Languages[i%2]
		for _, guess := range []string{"", step.Options[0].Letter, step.Options[1].Letter} {
			name := fmt.Sprintf("%s %s, guess %q", step.Lesson.ID, step.ID, guess)
			d := m.drawnStep(lang, step, guess, asJSON(t, step.Actions()))
			verdict := fragmentOf(t, d.Verdict)
			same(t, name+": held", outcomes(verdict, true), right)
			same(t, name+": not held", len(outcomes(verdict, false)), len(step.Options)-1)
			judgement := map[string]string{"": "judgement", right[0]: "judgement right"}[guess]
			if judgement == "" {
				judgement = "judgement wrong"
			}
			same(t, name+": judgement", attrsOf(verdict.Find(".judgement"), "class"), []string{judgement})
			chosen := []string{}
			if guess != "" {
				chosen = append(chosen, guess)
			}
			same(t, name+": chosen", attrsOf(verdict.Find(".chosen"), "data-outcome"), chosen)
			if n := verdict.Find(`.take-home`).Length(); n != 1 {
				t.Errorf("%s: %d things to take home", name, n)
			}
		}
		played++
	}
	if played < 50 {
		t.Errorf("only %d steps were played", played)
	}
}

// A verdict is only given for the step's own script, not for a similar one.
func TestThereIsNoVerdictOnAnotherScript(t *testing.T) {
	m := newMachine(t)
	steps := m.everyStep()
	step := steps[slices.IndexFunc(steps, func(s *lessons.Step) bool { return len(s.From) > 0 && len(s.Do) > 1 })]
	actions := step.Actions()
	other := slices.Clone(actions)
	slices.Reverse(other)
	for name, script := range map[string][]world.Action{
		"an action more":   append(slices.Clone(actions), world.Action{Do: "purge"}),
		"an action less":   actions[:len(actions)-1],
		"another order":    other,
		"its start alone":  step.From,
		"its buttons only": step.Do,
		"nothing":          {},
	} {
		if d := m.drawnStep("en", step, "a", asJSON(t, script)); d.Verdict != "" {
			t.Errorf("%s: there is a verdict", name)
		}
	}
	for name, where := range map[string][2]string{
		"another step":   {step.Lesson.ID, steps[len(steps)-1].ID},
		"another lesson": {steps[len(steps)-1].Lesson.ID, step.ID},
		"no lesson":      {"", ""},
		"the lab":        {"lab", "lab"},
	} {
		w := m.post("/en/play", asJSON(t, map[string]any{"lesson": where[0], "step": where[1], "actions": actions}))
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"verdict":""`) {
			t.Errorf("%s: status %d, and there is a verdict", name, w.Code)
		}
	}
	for _, lesson := range m.app.Lessons.Lessons {
		for _, asks := range lesson.Steps {
			if asks.Jar != nil && m.drawnStep("zh", asks, "", `[]`).Verdict != "" {
				t.Errorf("%s %s is put to the jar, and no script has a verdict on it", lesson.ID, asks.ID)
			}
		}
	}
	if m.drawnStep("en", step, "a", asJSON(t, actions)).Verdict == "" {
		t.Error("and there is none on the step's own script")
	}
}
