package lessons

import (
	"fmt"

	"cookielab/internal/world"
)

// Stage is where a catalogue's steps can be carried out.
type Stage struct {
	Play func(actions []world.Action) ([]world.Frame, error)
	Ask  func(JarScript) (JarAnswer, error)
}

// Evidence carries the step out on the stage.
func (s *Step) Evidence(stage Stage) (Evidence, error) {
	if s.Jar != nil {
		a, err := stage.Ask(*s.Jar)
		return Answered(a), err
	}
	frames, err := stage.Play(s.Actions())
	if err != nil {
		return Evidence{}, err
	}
	if len(frames) != len(s.Actions())+1 {
		return Evidence{}, fmt.Errorf("%d frames of %d actions", len(frames), len(s.Actions()))
	}
	return s.Played(frames), nil
}

// Check carries out every step and demands that exactly one of its options
// holds, so that a lesson whose question has no answer, or two, is refused.
func (c *Catalogue) Check(stage Stage) error {
	for _, l := range c.Lessons {
		for _, s := range l.Steps {
			if err := s.check(stage); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Step) check(stage Stage) error {
	ev, err := s.Evidence(stage)
	if err != nil {
		return s.at.errorf("step %q cannot be played: %s", s.ID, err)
	}
	if right := s.Right(ev); len(right) != 1 {
		return s.at.errorf("step %q: one option must hold, but %q do", s.ID, right)
	}
	return nil
}

// Right lists the letters of the options whose claims hold.
func (s *Step) Right(ev Evidence) []string {
	letters := []string{}
	for _, o := range s.Options {
		if o.Claim.Outcome(ev) == Holds {
			letters = append(letters, o.Letter)
		}
	}
	return letters
}
