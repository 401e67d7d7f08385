package lessons

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"cookielab/internal/demo"
	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// The YAML is parsed from its syntax tree rather than into structs, so that errors can
// name the line and use the author's words.

// value is one node of a YAML file.
type value struct {
	file string
	node ast.Node
}

func (v value) at() place { return place{v.file, v.node.GetToken().Position.Line} }

func (v value) errorf(format string, args ...any) error { return v.at().errorf(format, args...) }

// parseYAML parses a single document.
func parseYAML(file string, src []byte) (value, error) {
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
			return value{}, place{file, e.GetToken().Position.Line}.errorf("%s", e.GetMessage())
		}
		return value{}, place{file: file}.errorf("%s", err)
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return value{}, place{file: file}.errorf("one YAML document is wanted")
	}
	return value{file, f.Docs[0].Body}, nil
}

// pair is one key of a map with its value.
type pair struct {
	key   string
	keyAt place
	value value
}

// pairs returns the entries of a map in the order in which they are written.
func (v value) pairs() ([]pair, error) {
	m, ok := v.node.(*ast.MappingNode)
	if !ok {
		return nil, v.errorf("a map (key: value) is wanted")
	}
	var list []pair
	for _, kv := range m.Values {
		tk := kv.Key.GetToken()
		list = append(list, pair{tk.Value, place{v.file, tk.Position.Line}, value{v.file, kv.Value}})
	}
	return list, nil
}

// fields returns the values of a map whose keys must be known.
func (v value) fields(known ...string) (map[string]value, error) {
	list, err := v.pairs()
	if err != nil {
		return nil, err
	}
	m := map[string]value{}
	for _, p := range list {
		if !slices.Contains(known, p.key) {
			return nil, p.keyAt.errorf("unknown field %q; there are: %s", p.key, strings.Join(known, " "))
		}
		m[p.key] = p.value
	}
	return m, nil
}

// items returns the items of a list; any other value counts as a list of one.
func (v value) items() []value {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return []value{v}
	}
	var list []value
	for _, n := range seq.Values {
		list = append(list, value{v.file, n})
	}
	return list
}

// text returns a scalar as it was written: 1.1 stays "1.1".
func (v value) text() (string, error) {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.node.GetToken().Value, nil
	}
	return "", v.errorf("a text is wanted")
}

func (v value) integer() (int64, error) {
	if _, ok := v.node.(*ast.IntegerNode); ok {
		if n, err := strconv.ParseInt(v.node.GetToken().Value, 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, v.errorf("a whole number is wanted")
}

func (v value) boolean() (bool, error) {
	n, ok := v.node.(*ast.BoolNode)
	if !ok {
		return false, v.errorf("true or false is wanted")
	}
	return n.Value, nil
}

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

// Actions of a lesson may have one more field than those of a script: times, a repetition.
var (
	actionFields = append(world.ActionFields(), "times")
	repeatable   = []string{"visit", "script"}
)

// liveWait is the longest wait in a live step, in seconds.
const liveWait = 30

func parseActions(v value, mode Mode, from bool) ([]world.Action, error) {
	var list []world.Action
	for _, item := range v.items() {
		actions, err := parseTimes(item)
		if err != nil {
			return nil, err
		}
		for _, a := range actions {
			if mode == Live {
				if msg := notLive(a, from); msg != "" {
					return nil, item.errorf("%s", msg)
				}
			}
			list = append(list, a)
		}
	}
	return list, nil
}

// maxTimes is the largest repetition: one more than the cookies that a browser keeps for
// one site.
const maxTimes = 181

// parseTimes parses an action. With times it returns so many, in which {n} is replaced by
// the number.
func parseTimes(v value) ([]world.Action, error) {
	a, err := parseAction(v)
	if err != nil {
		return nil, err
	}
	if _, isMap := v.node.(*ast.MappingNode); !isMap {
		return []world.Action{a}, nil
	}
	f, err := v.fields(actionFields...)
	if err != nil {
		return nil, err
	}
	times, ok := f["times"]
	if !ok {
		return []world.Action{a}, nil
	}
	n, err := times.integer()
	if err != nil {
		return nil, err
	}
	if n < 2 || n > maxTimes {
		return nil, times.errorf("times: 2 to %d is wanted", maxTimes)
	}
	list := make([]world.Action, n)
	for i := range list {
		number := func(s string) string { return strings.ReplaceAll(s, "{n}", strconv.Itoa(i+1)) }
		list[i] = a
		list[i].URL = number(a.URL)
		if a.Set != nil {
			set := number(*a.Set)
			list[i].Set = &set
		}
	}
	return list, nil
}

// notLive returns why a page cannot carry out an action for its visitor, or "".
func notLive(a world.Action, from bool) string {
	switch {
	case a.Browser != "" && a.Browser != "A":
		return "a live lesson has one browser, A"
	case a.Do == "visit" && (a.RawCookie != nil || a.Initiator != "" || a.Kind != ""):
		return "a live visit is made by the page itself: no raw_cookie, initiator or kind"
	case a.Do == "visit" && !isDemo(a.URL):
		return fmt.Sprintf("a live visit goes to a demo route: %s", strings.Join(routePaths(), " "))
	case a.Do == "visit":
		return ""
	case from:
		return "from in a live lesson visits demo routes, nothing else"
	case a.Do == "wait" && *a.Seconds > liveWait:
		return fmt.Sprintf("a live wait is %d seconds at most", liveWait)
	case a.Do == "wait", a.Do == "delete", a.Do == "script":
		return ""
	}
	return fmt.Sprintf("%q is for the time machine: mode: world", a.Do)
}

var shortVisit = regexp.MustCompile(`^(?:([A-Za-z][A-Za-z0-9_-]{0,31}) )?(/\S*)$`)

func parseAction(v value) (world.Action, error) {
	if _, isMap := v.node.(*ast.MappingNode); isMap {
		return parseLongAction(v)
	}
	s, err := v.text()
	if err != nil {
		return world.Action{}, v.errorf("an action is a path, or a map with do")
	}
	m := shortVisit.FindStringSubmatch(s)
	if m == nil {
		return world.Action{}, v.errorf("action %q: a path such as /set_cookie, or B /set_cookie, is wanted", s)
	}
	return world.Action{Do: "visit", Browser: cmp.Or(m[1], "A"), URL: m[2]}, checkURL(v, m[2])
}

func parseLongAction(v value) (world.Action, error) {
	var a world.Action
	f, err := v.fields(actionFields...)
	if err != nil {
		return a, err
	}
	if _, ok := f["do"]; !ok {
		return a, v.errorf("an action needs do")
	}
	if a.Do, err = f["do"].text(); err != nil {
		return a, err
	}
	kind, ok := world.KindOfAction(a.Do)
	if !ok {
		return a, f["do"].errorf("unknown action %q; there are: %s", a.Do, strings.Join(slices.Sorted(slices.Values(world.ActionNames())), " "))
	}
	if slices.Contains(kind.Must, "browser") {
		a.Browser = "A"
	}
	missing := kind.Missing(func(field string) bool {
		_, ok := f[field]
		return ok || field == "browser" && a.Browser != ""
	})
	if missing != "" {
		return a, v.errorf("%s", missing)
	}
	said := map[string]any{}
	for _, name := range actionFields[1:] {
		x, ok := f[name]
		switch {
		case !ok:
		case name == "times" && slices.Contains(repeatable, a.Do): // handled by parseTimes
		case !kind.Has(name):
			return a, x.errorf("%s has no %s", a.Do, name)
		default:
			if said[name], err = fieldOf(name, x); err != nil {
				return a, err
			}
		}
	}
	// Decode it like an action of a script in JSON.
	text, err := json.Marshal(said)
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return a, v.errorf("%s", err)
	}
	return a, nil
}

// fieldOf returns one field of an action with its type in JSON.
func fieldOf(name string, v value) (any, error) {
	switch name {
	case "seconds":
		return v.integer()
	case "visits":
		var all []world.Action
		for _, item := range v.items() {
			visits, err := parseTimes(item)
			if err != nil {
				return nil, err
			}
			if visits[0].Do != "visit" {
				return nil, item.errorf("together is made of visits")
			}
			all = append(all, visits...)
		}
		return all, nil
	}
	s, err := v.text()
	if err == nil && name == "url" {
		err = checkURL(v, s)
	}
	return s, err
}

func checkURL(v value, s string) error {
	u, err := url.Parse(s)
	if err == nil {
		_, err = url.ParseQuery(u.RawQuery)
	}
	if err != nil || !strings.HasPrefix(s, "/") && u.Host == "" {
		return v.errorf("address %q: a path or an absolute address is wanted", s)
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
