package tests

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cookielab/internal/world"
	"cookielab/lessons"
)

// most is the largest number of lists of actions that the search plays. A task with more
// is not searched completely, which is an error.
const most = 60_000

// shorterWay looks for a way to a task's goal that has fewer actions than the
// author's, by playing ever longer lists of the actions in use. Two ways that
// lead to the same frame go on together. It says how many lists it played.
func shorterWay(task *lessons.Task) (way []world.Action, played int, err error) {
	ways, seen := [][]world.Action{nil}, map[string]bool{}
	for range task.Par() - 1 {
		var longer [][]world.Action
		for _, way := range ways {
			for _, next := range task.Use {
				if played++; played > most {
					return nil, played, fmt.Errorf("more than %d lists", most)
				}
				tried := append(slices.Clone(way), next)
				frames, err := play(slices.Concat(task.From, tried))
				if err != nil {
					return nil, played, err
				}
				if lessons.Reached(task.Played(frames)) {
					return tried, played, nil
				}
				if state := stateOf(task, frames); !seen[state] {
					seen[state] = true
					longer = append(longer, tried)
				}
			}
		}
		ways = longer
	}
	return nil, played, nil
}

// stateOf returns everything that the rest of a play depends on, and the exchanges that a
// goal may refer to.
func stateOf(task *lessons.Task, frames []world.Frame) string {
	last := frames[len(frames)-1]
	exchanges := map[string]any{}
	for _, f := range frames[len(task.From)+1:] {
		if f.Exchange != nil {
			e := *f.Exchange
			e.ID, exchanges["last"] = "", f.Action.Browser
			exchanges[f.Action.Browser] = []any{e.Request, e.Response}
		}
	}
	text, err := json.Marshal([]any{last.At, last.Browsers, last.Server, exchanges})
	if err != nil {
		panic(err) // frames are always JSON
	}
	return string(text)
}

func TestNoTaskHasAShorterWayThanItsAuthors(t *testing.T) {
	for _, lesson := range ours(t).Lessons {
		for _, task := range lesson.Tasks {
			t.Run(lesson.ID+"/"+task.ID, func(t *testing.T) {
				t.Parallel()
				way, played, err := shorterWay(task)
				switch {
				case err != nil:
					t.Error(err)
				case way != nil:
					t.Errorf("a shorter way than the author's %d actions: %s", task.Par(), inWords(way))
				default:
					t.Logf("par %d, %d lists played", task.Par(), played)
				}
			})
		}
	}
}

func inWords(actions []world.Action) string {
	var list []string
	for _, a := range actions {
		text, _ := json.Marshal(a)
		list = append(list, string(text))
	}
	return strings.Join(list, " ")
}

// A lesson with one task, which the tests break.
const taskLesson = `id: mine
number: 8
mode: live
minutes: 5
steps:
  - id: first
    do: [/get_cookie]
    options:
      a: {status: 500}
      b: {status: 200}
tasks:
  - id: five
    from: [/set_session]
    goal:
      - {jar: num=5}
      - {row: {}}
    use: [/set_cookie?value=5, /set_cookie, /clear, /flush]
    solution: [/set_cookie?value=5, /clear]
`

// taskCatalogue loads the lesson, one place changed.
func taskCatalogue(t *testing.T, old, new string) *lessons.Catalogue {
	t.Helper()
	if !strings.Contains(taskLesson, old) {
		t.Fatalf("there is no %q to change", old)
	}
	text := "# T\n### outcome\nO\n### story\nS\n## first F\n### lead\nL\n### question\nQ\n### a\nA\n> W\n### b\nB\n> W\n### see\n- wire: X\n### take-home\nH\n" +
		"## task:five T\n### lead\nL\n### goal\n- one\n- two\n### hints\n- H\n### praise\nP\n"
	cat, err := lessons.Load(fstest.MapFS{
		"08-mine/lesson.yaml": {Data: []byte(strings.Replace(taskLesson, old, new, 1))},
		"08-mine/zh.md":       {Data: []byte(text)}, "08-mine/en.md": {Data: []byte(text)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func TestATaskThatCannotBeSolvedIsRefused(t *testing.T) {
	if err := taskCatalogue(t, "", "").Check(play); err != nil {
		t.Fatalf("the whole task is refused: %v", err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"solution misses": {"{jar: num=5}", "{jar: num=6}", "line 1 of the goal"},
		"holds at start":  {"goal:\n      - {jar: num=5}\n      - {row: {}}", "goal:\n      - {jar: sessionid}\n      - {row: {age: 18}}", "holds at its start"},
		"reached before":  {"solution: [/set_cookie?value=5, /clear]", "solution: [/set_cookie?value=5, /clear, /set_cookie?value=5]", "reached after 2"},
		"one bare press":  {"      - {jar: num=5}\n      - {row: {}}\n    use: [/set_cookie?value=5, /set_cookie, /clear, /flush]\n    solution: [/set_cookie?value=5, /clear]", "      - {jar: sessionid}\n      - {row: {}}\n    use: [/clear]\n    solution: [/clear]", "value of the student's own"},
	} {
		t.Run(name, func(t *testing.T) {
			err := taskCatalogue(t, c.old, c.new).Check(play)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "lesson.yaml:") {
				t.Errorf("error = %v, want a place and %q", err, c.want)
			}
		})
	}
}

func TestTheSearchFindsAShorterWay(t *testing.T) {
	roundabout := "solution: [/set_cookie, /set_cookie?value=5, /clear]"
	task := taskCatalogue(t, "solution: [/set_cookie?value=5, /clear]", roundabout).Lessons[0].Tasks[0]
	way, _, err := shorterWay(task)
	if err != nil || len(way) != 2 {
		t.Errorf("way = %s, %v; want two actions", inWords(way), err)
	}
}

func TestEveryQuestionAndTaskIsCheckedAtStart(t *testing.T) {
	cat := ours(t)
	if err := cat.Check(play); err != nil {
		t.Error(err)
	}
	letters := map[string]int{}
	for _, step := range cat.Transfer.Steps {
		evidence, err := step.Evidence(play)
		if err != nil {
			t.Fatal(err)
		}
		letters[step.Right(evidence)[0]]++
	}
	for letter, n := range letters {
		if n > len(cat.Transfer.Steps)/2 {
			t.Errorf("%s is right in %d of %d questions: an exam is not to be guessed", letter, n, len(cat.Transfer.Steps))
		}
	}
}
