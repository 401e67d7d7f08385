package lessons

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Path is a selection of steps for a class that has no time for all of them.
type Path struct {
	ID      string // its minutes, as in ?path=45
	Minutes int
	Steps   []*Step
}

// Path returns the path with an id, and whether there is one.
func (c *Catalogue) Path(id string) (Path, bool) {
	i := slices.IndexFunc(c.Paths, func(p Path) bool { return p.ID == id })
	if i < 0 {
		return Path{}, false
	}
	return c.Paths[i], true
}

// At returns the step's index on the path, or -1.
func (p Path) At(s *Step) int { return slices.Index(p.Steps, s) }

// Neighbours returns the steps before and after one on the path, or nil. For a step that
// is not on the path they are the nearest ones before and after it.
func (p Path) Neighbours(s *Step) (prev, next *Step) {
	at := p.At(s)
	for i, on := range p.Steps {
		before := i < at
		if at < 0 {
			before = on.order(s) < 0
		}
		switch {
		case before:
			prev = on
		case on != s && next == nil:
			next = on
		}
	}
	return prev, next
}

// order compares the positions of two steps in the catalogue.
func (s *Step) order(other *Step) int {
	if s.Lesson != other.Lesson {
		return s.Lesson.Number - other.Lesson.Number
	}
	return s.Number - other.Number
}

// readPaths reads paths.yaml: minutes: [lesson/step, …]. The lessons have been read.
func (c *Catalogue) readPaths(fsys fs.FS) error {
	root, err := readYAML(fsys, "paths.yaml")
	if err != nil || root.node == nil {
		return err
	}
	pairs, err := root.pairs()
	if err != nil {
		return err
	}
	for _, p := range pairs {
		minutes, err := strconv.Atoi(p.key)
		if err != nil || minutes < 1 {
			return p.keyAt.errorf("path %q: its minutes are wanted", p.key)
		}
		path := Path{ID: p.key, Minutes: minutes}
		for _, item := range p.value.items() {
			name, err := item.text()
			if err != nil {
				return err
			}
			step, ok := c.Step(name)
			if !ok {
				return item.errorf("there is no step %q: lesson/step is wanted", name)
			}
			if path.At(step) >= 0 {
				return item.errorf("a second %s", name)
			}
			path.Steps = append(path.Steps, step)
		}
		c.Paths = append(c.Paths, path)
	}
	return nil
}

// Step returns the step with a lesson's id and its own, such as session/clear.
func (c *Catalogue) Step(name string) (*Step, bool) {
	lesson, id, _ := strings.Cut(name, "/")
	l, ok := c.Lesson(lesson)
	if !ok {
		return nil, false
	}
	i := slices.IndexFunc(l.Steps, func(s *Step) bool { return s.ID == id })
	if i < 0 {
		return nil, false
	}
	return l.Steps[i], true
}
