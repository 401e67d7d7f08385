package lessons

import (
	"fmt"
	"net/http"
	"slices"

	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Remnant is what an action leaves of the session that a step starts with. It is found by
// playing.
type Remnant struct {
	Action world.Action
	Own    bool // the step itself does this action
	Row    *session.Row
	Key    KeyFate
	Cookie bool // sessionid is in the jar
}

// KeyFate is what became of the session key with which the step starts.
type KeyFate string

const (
	KeyKept KeyFate = "kept" // the same key still has a row
	KeyNew  KeyFate = "new"  // another key has the row
	KeyGone KeyFate = "gone" // no key has a row
)

// parseCompare parses compare: visits to demo routes, one of which the step itself makes.
func (s *Step) parseCompare(v value) error {
	if s.Jar != nil {
		return v.errorf("step %q: a step with jar has no start to compare from", s.ID)
	}
	list, err := parseActions(v, Live, true)
	if err != nil {
		return err
	}
	if len(list) < 2 {
		return v.errorf("compare: two or more actions are wanted")
	}
	if !slices.ContainsFunc(list, s.does) {
		return v.errorf("compare: one of the actions must be the step's own, as do has it")
	}
	s.Compare = list
	return nil
}

// does reports whether an action is one of the step's own.
func (s *Step) does(a world.Action) bool {
	return slices.ContainsFunc(s.Do, func(own world.Action) bool { return own.Do == a.Do && own.Browser == a.Browser && own.URL == a.URL })
}

// Remnants plays each action that the step compares separately, from the start of the
// step. It returns none if the step compares nothing.
func (s *Step) Remnants(play Player) ([]Remnant, error) {
	var list []Remnant
	for _, a := range s.Compare {
		frames, err := play(append(slices.Clone(s.From), a))
		if err != nil {
			return nil, err
		}
		start, end := evidenceAt(s.StartFrame(frames), "A"), evidenceAt(frames[len(frames)-1], "A")
		before := start.ownRow()
		if before == nil {
			return nil, fmt.Errorf("compare: the step starts without a session")
		}
		if status := end.Exchange.Response.Status; status != http.StatusOK {
			return nil, fmt.Errorf("compare: %s is answered with %d", a.URL, status)
		}
		left := Remnant{Action: a, Own: s.does(a), Row: end.ownRow(), Key: KeyGone, Cookie: len(cookiesNamed(end.Jar, session.CookieName)) > 0}
		switch {
		case left.Row == nil:
		case left.Row.Key == before.Key:
			left.Key = KeyKept
		default:
			left.Key = KeyNew
		}
		if i := slices.IndexFunc(list, left.same); i >= 0 {
			return nil, fmt.Errorf("compare: %s and %s leave the same", list[i].Action.URL, a.URL)
		}
		list = append(list, left)
	}
	return list, nil
}

// same reports whether two actions leave the same.
func (r Remnant) same(other Remnant) bool {
	if r.Key != other.Key || r.Cookie != other.Cookie || (r.Row == nil) != (other.Row == nil) {
		return false
	}
	return r.Row == nil || r.Row.Data == other.Row.Data
}
