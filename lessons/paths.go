package lessons

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Path is a way through some of the steps, for a class that has not the time for
// all of them.
type Path struct {
	ID      string // its minutes, as in ?path=45
	Minutes int
	Steps   []*Step
}

// Path finds a path by its id.
func (c *Catalogue) Path(id string) (Path, bool) {
	i := slices.IndexFunc(c.Paths, func(p Path) bool { return p.ID == id })
	if i < 0 {
		return Path{}, false
	}
	return c.Paths[i], true
}

// At is the step's place on the path, or -1.
func (p Path) At(s *Step) int { return slices.Index(p.Steps, s) }

// Neighbours are the steps before and after one, nil where there is none. From a
// step that is not on the path one comes back to it: to the nearest before and after.
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

// order compares the places of two steps among all.
func (s *Step) order(other *Step) int {
	if s.Lesson != other.Lesson {
		return s.Lesson.Number - other.Lesson.Number
	}
	return s.Number - other.Number
}

// readPaths reads paths.yaml: minutes: [lesson/step, …]. The lessons are there.
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

// Step finds a step by its lesson's id and its own: session/clear.
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
