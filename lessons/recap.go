package lessons

import (
	"fmt"
	"slices"
	"strings"
)

// Statement is a sentence at the end of a lesson that is true or false. It is true if its
// claim holds after its script was played.
type Statement struct {
	ID   string
	Text map[string]OptionText // the sentence, and a comment on it

	step Step // its script, and the claim as its only option
}

// recapHeading is the heading of the recap in zh.md and en.md. No step may have this id.
const recapHeading = "recap"

// True plays the statement and reports whether it is true.
func (s *Statement) True(play Player) (bool, error) {
	ev, err := s.step.Evidence(play)
	if err != nil {
		return false, err
	}
	switch s.step.Options[0].Claim.Outcome(ev) {
	case Holds:
		return true, nil
	case Fails:
		return false, nil
	}
	return false, fmt.Errorf("what was played does not show whether its claim holds")
}

// parseRecap parses recap: [{id, do or jar, claim}, …]. It is played in the time machine
// from a clean start.
func (l *Lesson) parseRecap(v value) error {
	for _, item := range v.items() {
		f, err := item.fields("id", "do", "jar", "claim")
		if err != nil {
			return err
		}
		s := &Statement{Text: map[string]OptionText{}, step: Step{Lesson: l, Mode: World, at: item.at()}}
		for _, name := range []string{"id", "claim"} {
			if _, ok := f[name]; !ok {
				return item.errorf("a statement needs %s", name)
			}
		}
		if s.ID, err = f["id"].text(); err != nil {
			return err
		}
		if !stepID.MatchString(s.ID) {
			return f["id"].errorf("statement id %q: small letters, digits and hyphens are wanted", s.ID)
		}
		if slices.ContainsFunc(l.Recap, func(other *Statement) bool { return other.ID == s.ID }) {
			return f["id"].errorf("there is a statement %q already", s.ID)
		}
		s.step.ID = s.ID
		if err := s.step.parseWhat(item, f); err != nil {
			return err
		}
		claim, err := parseClaim(f["claim"], &s.step)
		if err != nil {
			return err
		}
		s.step.Options = []Option{{"a", claim}}
		l.Recap = append(l.Recap, s)
	}
	return nil
}

// parseRecapText parses the sentences, in the order of lesson.yaml, and returns the
// sections after them.
func (l *Lesson) parseRecapText(file string, src []byte, list []section, lang string) ([]section, error) {
	if len(list) == 0 || list[0].title != recapHeading {
		if len(l.Recap) > 0 {
			return nil, place{file, strings.Count(string(src), "\n") + 1}.errorf("the text of the recap is missing: ## %s", recapHeading)
		}
		return list, nil
	}
	head := list[0]
	own, rest := children(list)
	var ids []string
	for _, s := range l.Recap {
		ids = append(ids, s.ID)
	}
	if len(ids) == 0 {
		return nil, head.at.errorf("lesson.yaml has no recap")
	}
	m, err := byTitle(own, ids)
	if err != nil {
		return nil, err
	}
	for i, s := range l.Recap {
		sec, ok := m[s.ID]
		if !ok {
			return nil, head.at.errorf("the recap has no ### %s", s.ID)
		}
		if own[i].title != s.ID {
			return nil, own[i].at.errorf("statement %q stands where lesson.yaml has %q", own[i].title, s.ID)
		}
		if s.Text[lang], err = sec.option(); err != nil {
			return nil, err
		}
	}
	return rest, nil
}
