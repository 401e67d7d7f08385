package lessons

import (
	"fmt"
	"slices"

	"cookielab/internal/world"
)

// Player plays a script with new browsers and an empty table. It returns the frame before
// the script and one after each action.
type Player func(actions []world.Action) ([]world.Frame, error)

// Evidence plays the step, or asks the jar model, and returns the evidence for its claims.
func (s *Step) Evidence(play Player) (Evidence, error) {
	if s.Jar != nil {
		answer, err := explain(*s.Jar, world.Epoch)
		return Answered(answer, world.Epoch), err
	}
	frames, err := play(s.Actions())
	if err != nil {
		return Evidence{}, err
	}
	if len(frames) != len(s.Actions())+1 {
		return Evidence{}, fmt.Errorf("%d frames of %d actions", len(frames), len(s.Actions()))
	}
	return s.Played(frames), nil
}

// Check plays every step and returns an error unless exactly one of its options holds. It
// also plays the statements of the recaps, each of which must be true or false.
func (c *Catalogue) Check(play Player) error {
	all := c.Lessons
	if c.Transfer != nil {
		all = append(slices.Clone(all), c.Transfer)
	}
	for _, l := range all {
		for _, s := range l.Steps {
			ev, err := s.Evidence(play)
			if err != nil {
				return s.at.errorf("step %q cannot be played: %s", s.ID, err)
			}
			if right := s.Right(ev); len(right) != 1 {
				return s.at.errorf("step %q: one option must hold, but these do: %q", s.ID, right)
			}
			if _, err := s.Remnants(play); err != nil {
				return s.at.errorf("step %q: %s", s.ID, err)
			}
		}
		for _, t := range l.Tasks {
			if err := t.check(play); err != nil {
				return err
			}
		}
		for _, s := range l.Recap {
			if _, err := s.True(play); err != nil {
				return s.step.at.errorf("statement %q cannot be played: %s", s.ID, err)
			}
		}
	}
	return nil
}

// Right returns the letters of the options whose claims hold.
func (s *Step) Right(ev Evidence) []string {
	letters := []string{}
	for _, o := range s.Options {
		if o.Claim.Outcome(ev) == Holds {
			letters = append(letters, o.Letter)
		}
	}
	return letters
}
