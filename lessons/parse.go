package lessons

import (
	"regexp"
	"slices"
	"strings"

	"cookielab/internal/demo"
	"cookielab/internal/jar"
	"cookielab/internal/world"

	"github.com/goccy/go-yaml/ast"
)

// parseLesson parses lesson.yaml; id and digits from the folder's name must match.
func (c *Catalogue) parseLesson(file string, src []byte, id, digits string) (*Lesson, error) {
	root, err := parseYAML(file, src)
	if err != nil {
		return nil, err
	}
	f, err := root.fields("id", "number", "mode", "minutes", "steps", "recap", "tasks")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"id", "number", "mode", "minutes", "steps"} {
		if _, ok := f[name]; !ok {
			return nil, root.errorf("%s is missing", name)
		}
	}
	l := &Lesson{}
	if l.ID, err = f["id"].text(); err != nil {
		return nil, err
	}
	if l.ID != id {
		return nil, f["id"].errorf("id is %q, but the folder is called %s-%s", l.ID, digits, id)
	}
	n, err := f["number"].integer()
	if err != nil {
		return nil, err
	}
	if l.Number = int(n); l.Number != number(digits) {
		return nil, f["number"].errorf("number is %d, but the folder is called %s-%s", l.Number, digits, id)
	}
	if l.Mode, err = f["mode"].mode(); err != nil {
		return nil, err
	}
	if n, err = f["minutes"].integer(); err != nil {
		return nil, err
	}
	if l.Minutes = int(n); l.Minutes < 1 {
		return nil, f["minutes"].errorf("minutes: 1 or more is wanted")
	}
	if _, ok := f["steps"].node.(*ast.SequenceNode); !ok {
		return nil, f["steps"].errorf("steps: a list is wanted")
	}
	for _, v := range f["steps"].items() {
		s, err := c.parseStep(v, l)
		if err != nil {
			return nil, err
		}
		l.Steps = append(l.Steps, s)
	}
	if len(l.Steps) == 0 {
		return nil, f["steps"].errorf("a lesson has at least one step")
	}
	if recap, ok := f["recap"]; ok {
		if err := l.parseRecap(recap); err != nil {
			return nil, err
		}
	}
	if tasks, ok := f["tasks"]; ok {
		return l, l.parseTasks(tasks)
	}
	return l, nil
}

func (v value) mode() (Mode, error) {
	text, err := v.text()
	if err == nil && Mode(text) != Live && Mode(text) != World {
		err = v.errorf("mode %q: live or world is wanted", text)
	}
	return Mode(text), err
}

var stepID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

func (c *Catalogue) parseStep(v value, l *Lesson) (*Step, error) {
	f, err := v.fields("id", "mode", "syllabus", "terms", "from", "do", "jar", "django", "go", "compare", "options")
	if err != nil {
		return nil, err
	}
	s := &Step{Lesson: l, Mode: l.Mode, Number: len(l.Steps) + 1, at: v.at()}
	if _, ok := f["id"]; !ok {
		return nil, v.errorf("a step needs an id")
	}
	if s.ID, err = f["id"].text(); err != nil {
		return nil, err
	}
	if !stepID.MatchString(s.ID) || s.ID == recapHeading {
		return nil, f["id"].errorf("step id %q: small letters, digits and hyphens are wanted", s.ID)
	}
	if slices.ContainsFunc(l.Steps, func(other *Step) bool { return other.ID == s.ID }) {
		return nil, f["id"].errorf("there is a step %q already", s.ID)
	}
	if mode, ok := f["mode"]; ok {
		if s.Mode, err = mode.mode(); err != nil {
			return nil, err
		}
	}
	if terms, ok := f["terms"]; ok {
		if s.Terms, err = c.parseTerms(terms); err != nil {
			return nil, err
		}
	}
	if lines, ok := f["syllabus"]; ok {
		for _, item := range lines.items() {
			id, err := item.text()
			if err != nil {
				return nil, err
			}
			if !c.line(id) {
				return nil, item.errorf("the syllabus has no line %q", id)
			}
			s.Syllabus = append(s.Syllabus, id)
		}
	}
	if err := s.parseWhat(v, f); err != nil {
		return nil, err
	}
	if compare, ok := f["compare"]; ok {
		if err := s.parseCompare(compare); err != nil {
			return nil, err
		}
	}
	if code, ok := f["django"]; ok {
		if s.Django, err = c.parseViews(code); err != nil {
			return nil, err
		}
	}
	if names, ok := f["go"]; ok {
		for _, item := range names.items() {
			name, err := item.text()
			if err != nil {
				return nil, err
			}
			if !slices.Contains(handlerNames(), name) {
				return nil, item.errorf("no demo route is served by %q; there are: %s", name, strings.Join(handlerNames(), " "))
			}
			s.Go = append(s.Go, name)
		}
	} else {
		s.Go = handlersOf(s.Do)
		if s.Jar != nil {
			route, _ := demo.Find("set_cookie") // the route that would send such a line
			s.Go = []string{route.Func}
		}
	}
	return s, s.parseOptions(v, f)
}

// parseWhat parses what happens: either from and do, or jar.
func (s *Step) parseWhat(v value, f map[string]value) error {
	_, from := f["from"]
	do, hasDo := f["do"]
	if j, ok := f["jar"]; ok {
		if from || hasDo {
			return v.errorf("step %q: either jar, or from and do", s.ID)
		}
		var err error
		s.Jar, err = parseJar(j)
		return err
	}
	if !hasDo {
		return v.errorf("step %q does nothing: do or jar is wanted", s.ID)
	}
	var err error
	if from {
		if s.From, err = parseActions(f["from"], s.Mode, true); err != nil {
			return err
		}
	}
	if s.Do, err = parseActions(do, s.Mode, false); err != nil {
		return err
	}
	if len(lastVisits(s.Do)) == 0 {
		return do.errorf("step %q: do needs a visit, for claims are about an exchange", s.ID)
	}
	return nil
}

func (s *Step) parseOptions(v value, f map[string]value) error {
	o, ok := f["options"]
	if !ok {
		return v.errorf("step %q has no options", s.ID)
	}
	list, err := o.pairs()
	if err != nil {
		return err
	}
	if len(list) < 2 || len(list) > 5 {
		return o.errorf("step %q has %d options; two to five are wanted", s.ID, len(list))
	}
	for i, p := range list {
		letter := string(rune('a' + i))
		if p.key != letter {
			return p.keyAt.errorf("option %q stands where %s is wanted", p.key, letter)
		}
		claim, err := parseClaim(p.value, s)
		if err != nil {
			return err
		}
		s.Options = append(s.Options, Option{letter, claim})
	}
	return nil
}

func parseJar(v value) (*jar.Question, error) {
	f, err := v.fields("set", "get")
	if err != nil {
		return nil, err
	}
	set, hasSet := f["set"]
	get, hasGet := f["get"]
	if !hasSet || !hasGet {
		return nil, v.errorf("jar needs set and get")
	}
	q := &jar.Question{}
	for _, item := range set.items() {
		s, err := parseJarStep(item, "url", "set_cookie")
		if err != nil {
			return nil, err
		}
		q.Set = append(q.Set, s)
	}
	if q.Get, err = parseJarStep(get, "url"); err != nil {
		return nil, err
	}
	if _, err := explain(*q, world.Epoch); err != nil {
		return nil, v.errorf("%s", err)
	}
	return q, nil
}

func parseJarStep(v value, must ...string) (jar.Step, error) {
	var s jar.Step
	into := map[string]*string{
		"url": &s.URL, "method": &s.Method, "initiator": &s.Initiator, "kind": &s.Kind, "via": &s.Via, "set_cookie": &s.SetCookie,
	}
	known := []string{"url", "method", "initiator", "kind", "via"}
	if slices.Contains(must, "set_cookie") {
		known = append(known, "set_cookie")
	}
	f, err := v.fields(known...)
	if err != nil {
		return s, err
	}
	for _, name := range must {
		if _, ok := f[name]; !ok {
			return s, v.errorf("%s is missing", name)
		}
	}
	for _, name := range known {
		if x, ok := f[name]; ok {
			if *into[name], err = x.text(); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}
