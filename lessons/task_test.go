package lessons

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"cookielab/internal/world"
)

// A small valid lesson with a task; the tests change one place at a time.
const (
	taskYAML = goodYAML + `tasks:
  - id: five
    mode: world
    from:
      - /set_cookie
    goal:
      - {jar: num=5}
      - {browser: B, jar: num=1}
    use:
      - /set_cookie?value=5
      - B /set_cookie
      - {do: wait, seconds: 60}
    solution:
      - /set_cookie?value=5
      - B /set_cookie
`
	taskText = goodText + `
## task:five Two browsers, two values

### lead

Each browser keeps a jar of its own.

### goal

- A's jar holds ` + "`num=5`" + `
- B's jar holds ` + "`num=1`" + `

### hints

- Who is asking?
- Ask twice, once from each.

### praise

Two jars, one site.
`
)

// loadTask loads the lesson with one change in a file.
func loadTask(t *testing.T, file, old, new string) (*Catalogue, error) {
	t.Helper()
	fsys := goodLesson()
	for name, text := range map[string]string{"lesson.yaml": taskYAML, "zh.md": taskText, "en.md": taskText} {
		if name == file {
			text = string(replaced(t, text, old, new))
		}
		fsys["08-mine/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Load(fsys)
}

func TestATaskIsData(t *testing.T) {
	cat, err := loadTask(t, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	task := cat.Lessons[0].Tasks[0]
	if task.ID != "five" || task.Number != 1 || task.Mode != World || task.Par() != 2 || len(task.Use) != 3 {
		t.Errorf("task = %+v", task)
	}
	text := task.Text["en"]
	if text.Title != "Two browsers, two values" || len(text.Goal) != 2 || len(text.Hints) != 2 ||
		text.Goal[0] != "A's jar holds <code>num=5</code>" || text.Praise != "Two jars, one site." {
		t.Errorf("text = %+v", text)
	}
}

func TestABrokenTaskIsRefusedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ file, old, new, want string }{
		"unknown field":            {"lesson.yaml", "    mode: world\n", "    level: 1\n", `unknown field "level"`},
		"unknown claim":            {"lesson.yaml", "{jar: num=5}", "{pot: num=5}", `unknown claim "pot"`},
		"no goal":                  {"lesson.yaml", "    use:", "    used:", `unknown field "used"`},
		"solution is not in use":   {"lesson.yaml", "      - B /set_cookie\n      - {do", "      - {do", "not in use"},
		"another browser, live":    {"lesson.yaml", "    mode: world\n", "    mode: live\n", "one browser"},
		"a line of goal is absent": {"zh.md", "- B's jar holds `num=1`\n", "", "1 lines, but lesson.yaml has 2 claims"},
		"no text":                  {"en.md", "## task:five", "## task:six", "## task:five and its title is wanted"},
		"no praise":                {"en.md", "### praise\n\nTwo jars, one site.\n", "", "no ### praise"},
		"hints in one language":    {"en.md", "- Ask twice, once from each.\n", "", "same number of hints"},
		"HTML":                     {"en.md", "Two jars, one site.", "<b>Two</b> jars", "HTML is not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadTask(t, c.file, c.old, c.new)
			var at *Error
			if !errors.As(err, &at) || at.Line == 0 || !strings.Contains(at.Msg, c.want) {
				t.Errorf("error = %v, want a place and %q", err, c.want)
			}
		})
	}
}

func TestATasksGoalIsJudgedByBrowser(t *testing.T) {
	cat, err := loadTask(t, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	task := cat.Lessons[0].Tasks[0]
	visit := func(browser string) *world.Action {
		return &world.Action{Do: "visit", Browser: browser, URL: "/set_cookie"}
	}
	a, b := world.Exchange{ID: "2"}, world.Exchange{ID: "3"}
	frames := []world.Frame{
		{}, {Action: visit("A"), Exchange: &world.Exchange{ID: "1"}}, // from
		{Action: visit("A"), Exchange: &a}, {Action: visit("B"), Exchange: &b}, {Action: &world.Action{Do: "wait"}},
	}
	done := frames[len(task.From)+1:]
	for browser, want := range map[string]string{"": "3", "A": "2", "B": "3"} {
		if _, e := lastExchange(done, browser); e == nil || e.ID != want {
			t.Errorf("last exchange of %q = %v, want %s", browser, e, want)
		}
	}
	if _, e := lastExchange(done, "C"); e != nil {
		t.Errorf("last exchange of C = %v, want none", e)
	}
	if _, e := lastExchange(done[:0], "A"); e != nil {
		t.Errorf("an exchange that led to the start counts: %v", e)
	}
}

// Each lesson has at least three tasks. Their ids must not change, since browsers keep progress by them.
func TestEachLessonHasThreeTasks(t *testing.T) {
	for _, l := range mustLoad(t).Lessons {
		if len(l.Tasks) < 3 {
			t.Errorf("%s has %d tasks, want three", l.ID, len(l.Tasks))
		}
	}
}
