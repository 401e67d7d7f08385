package lessons

import (
	"html/template"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"cookielab/internal/world"
)

// Task is a state that a student has to reach in any way: it is solved when all claims of
// the goal hold at once.
type Task struct {
	ID       string
	Number   int // from 1
	Lesson   *Lesson
	Mode     Mode           // the lesson's, unless the task sets its own
	From     []world.Action // leads from a clean start to the task's start
	Goal     []Goal
	Use      []world.Action // the actions that a solution may consist of
	Solution []world.Action // the author's; a test searches whether a shorter one exists
	Text     map[string]TaskText

	// Begin is the task as a step, for Setup and Step.Differences: where it starts, and
	// which cookies and entries it uses.
	Begin *Step

	at place
}

// Goal is one claim of a task's goal. It is about the named browser, or else the one that
// visited last.
type Goal struct {
	Browser string
	Claim   Claim
}

// TaskText is the text of a task, rendered for a page.
type TaskText struct {
	Title  string
	Lead   template.HTML
	Goal   []template.HTML // in the order of Task.Goal
	Hints  []template.HTML
	Praise template.HTML
}

// Par returns the number of actions in the shortest solution.
func (t *Task) Par() int { return len(t.Solution) }

// Actions returns the actions from a clean start to the solution.
func (t *Task) Actions() []world.Action { return slices.Concat(t.From, t.Solution) }

// Played judges each claim of the goal at the last of the frames. The frames are those of
// a script that begins with From, preceded by the one before the script. Exchanges of
// From do not count.
func (t *Task) Played(frames []world.Frame) []Outcome {
	last := frames[len(frames)-1]
	done := frames[min(len(t.From)+1, len(frames)):]
	outcomes := make([]Outcome, len(t.Goal))
	for i, g := range t.Goal {
		browser, exchange := lastExchange(done, g.Browser)
		ev := evidenceAt(last, browser)
		ev.AllRows, ev.Exchange = true, exchange
		outcomes[i] = g.Claim.Outcome(ev)
	}
	return outcomes
}

// lastExchange returns the last exchange of a browser, or of any if browser is "", and
// the name of the browser that made it.
func lastExchange(frames []world.Frame, browser string) (string, *world.Exchange) {
	for _, f := range slices.Backward(frames) {
		if f.Exchange == nil || f.Action == nil {
			continue
		}
		for i, visit := range slices.Backward(visits([]world.Action{*f.Action})) {
			if browser != "" && visit.Browser != browser {
				continue
			}
			if len(f.Exchanges) > 0 {
				return visit.Browser, &f.Exchanges[i]
			}
			return visit.Browser, f.Exchange
		}
	}
	if browser == "" {
		browser = "A"
	}
	return browser, nil
}

// Seen judges each claim of the goal by evidence from the visitor's browser.
func (t *Task) Seen(ev Evidence) []Outcome {
	outcomes := make([]Outcome, len(t.Goal))
	for i, g := range t.Goal {
		outcomes[i] = g.Claim.Outcome(ev)
	}
	return outcomes
}

// Reached reports whether every claim of a goal holds.
func Reached(outcomes []Outcome) bool {
	return !slices.ContainsFunc(outcomes, func(o Outcome) bool { return o != Holds })
}

// check plays a task's start and the author's solution. It returns an error if the goal
// holds at the start or not after the solution, or if a single button without any input
// reaches it.
func (t *Task) check(play Player) error {
	start, err := play(t.From)
	if err != nil {
		return t.at.errorf("task %q: from cannot be played: %s", t.ID, err)
	}
	if Reached(t.Played(start)) {
		return t.at.errorf("task %q: the goal holds at its start", t.ID)
	}
	frames, err := play(t.Actions())
	if err != nil {
		return t.at.errorf("task %q: the solution cannot be played: %s", t.ID, err)
	}
	for i, o := range t.Played(frames) {
		if o != Holds {
			return t.at.errorf("task %q: the solution does not reach line %d of the goal (%s)", t.ID, i+1, t.Goal[i].failure(t, frames))
		}
	}
	for n := len(t.From) + 1; n < len(frames)-1; n++ {
		if Reached(t.Played(frames[:n+1])) {
			return t.at.errorf("task %q: the goal is reached after %d of the solution's %d actions", t.ID, n-len(t.From), t.Par())
		}
	}
	if t.Par() == 1 && !hasOwnValue(t.Solution[0]) {
		return t.at.errorf("task %q: a solution of one action needs a value of the student's own", t.ID)
	}
	return nil
}

// failure describes for the author what was claimed and what was found.
func (g Goal) failure(t *Task, frames []world.Frame) string {
	browser, exchange := lastExchange(frames[len(t.From)+1:], g.Browser)
	ev := evidenceAt(frames[len(frames)-1], browser)
	ev.AllRows, ev.Exchange = true, exchange
	for _, r := range g.Claim.Check(ev) {
		if r.Outcome != Holds {
			return strings.TrimSpace(r.Field+" "+r.Name) + ": found " + quote(r.Found)
		}
	}
	return ""
}

// hasOwnValue reports whether an action contains input, beyond what its button does.
func hasOwnValue(a world.Action) bool {
	if a.Do != "visit" {
		return a.Set != nil || a.Value != nil
	}
	u, err := url.Parse(a.URL)
	return err == nil && u.RawQuery != ""
}

// parseTasks parses the tasks of a lesson, whose steps have been parsed.
func (l *Lesson) parseTasks(v value) error {
	for _, item := range v.items() {
		t, err := l.parseTask(item)
		if err != nil {
			return err
		}
		l.Tasks = append(l.Tasks, t)
	}
	return nil
}

func (l *Lesson) parseTask(v value) (*Task, error) {
	f, err := v.fields("id", "mode", "from", "goal", "use", "solution")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"id", "goal", "use", "solution"} {
		if _, ok := f[name]; !ok {
			return nil, v.errorf("a task needs %s", name)
		}
	}
	t := &Task{Lesson: l, Number: len(l.Tasks) + 1, Mode: l.Mode, at: v.at()}
	if t.ID, err = f["id"].text(); err != nil {
		return nil, err
	}
	if !stepID.MatchString(t.ID) {
		return nil, f["id"].errorf("task id %q: small letters, digits and hyphens are wanted", t.ID)
	}
	if slices.ContainsFunc(l.Tasks, func(other *Task) bool { return other.ID == t.ID }) {
		return nil, f["id"].errorf("there is a task %q already", t.ID)
	}
	if m, ok := f["mode"]; ok {
		mode, err := m.text()
		if err != nil {
			return nil, err
		}
		if t.Mode = Mode(mode); t.Mode != Live && t.Mode != World {
			return nil, m.errorf("mode %q: live or world is wanted", mode)
		}
	}
	if from, ok := f["from"]; ok {
		if t.From, err = parseActions(from, t.Mode, true); err != nil {
			return nil, err
		}
	}
	for _, item := range f["goal"].items() {
		g, err := t.parseGoal(item)
		if err != nil {
			return nil, err
		}
		t.Goal = append(t.Goal, g)
	}
	if t.Use, err = t.parseDoing(f["use"]); err != nil {
		return nil, err
	}
	if t.Solution, err = t.parseDoing(f["solution"]); err != nil {
		return nil, err
	}
	for i, item := range f["solution"].items() {
		if !slices.ContainsFunc(t.Use, func(a world.Action) bool { return reflect.DeepEqual(a, t.Solution[i]) }) {
			return nil, item.errorf("task %q: this action of the solution is not in use", t.ID)
		}
	}
	t.Begin = &Step{ID: t.ID, Lesson: l, Mode: t.Mode, From: t.From, Do: t.Use, at: t.at}
	for _, g := range t.Goal {
		t.Begin.Options = append(t.Begin.Options, Option{Claim: g.Claim})
	}
	return t, nil
}

// parseDoing parses what a student may do. A live task has the page, the address bar and
// the developer tools, but only one browser.
func (t *Task) parseDoing(v value) ([]world.Action, error) {
	list, err := parseActions(v, World, false)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, v.errorf("at least one action is wanted")
	}
	if t.Mode == World {
		return list, nil
	}
	for i, item := range v.items() {
		if list[i].Do == "put" && list[i].Browser == "A" {
			continue // a cookie typed into the developer tools
		}
		if msg := notLive(list[i], false); msg != "" {
			return nil, item.errorf("%s", msg)
		}
	}
	return list, nil
}

// parseGoal parses one line of a goal: a claim, and the browser that it is about.
func (t *Task) parseGoal(v value) (Goal, error) {
	var g Goal
	fields, err := v.pairs()
	if err != nil {
		return g, err
	}
	rest := fields[:0:0]
	for _, p := range fields {
		if p.key != "browser" {
			rest = append(rest, p)
			continue
		}
		if g.Browser, err = p.value.word(); err != nil {
			return g, err
		}
		if t.Mode == Live && g.Browser != "A" {
			return g, p.value.errorf("a live task has one browser, A")
		}
	}
	g.Claim, err = claimOf(v, rest, slices.Concat(exchanged, inBoth, worldOnly), t.Mode)
	return g, err
}
