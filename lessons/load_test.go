package lessons

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A small valid lesson; the tests change one place at a time.
const (
	goodYAML = `id: mine
number: 8
mode: live
minutes: 5
steps:
  - id: first
    syllabus: ["1.1"]
    from:
      - /set_cookie
    do:
      - /get_cookie
    django: |
      value = request.COOKIES["num"]  # <--
      return HttpResponse(value)
    options:
      a: {status: 200, sent: num=1}
      b: {status: 500}
`
	goodText = `# Title

### outcome

What a student says.

### story

A shop.

## first The first step

### lead

One idea, with ` + "`code`" + `.

### question

What comes?

### a

One

> Because.

### b

Two

> Because not.

### see

- wire: look *here*

### take-home

Take this.

### teach

- say: This.
- ask: That?
`
	goodSyllabus = `"1.1": {title: {zh: 甲, en: First line}, quote: 甲乙, so: {zh: 乙, en: So}}
`
)

func goodLesson() fstest.MapFS {
	return fstest.MapFS{
		"syllabus.yaml":       {Data: []byte(goodSyllabus)},
		"08-mine/lesson.yaml": {Data: []byte(goodYAML)},
		"08-mine/zh.md":       {Data: []byte(goodText)},
		"08-mine/en.md":       {Data: []byte(goodText)},
	}
}

func TestAWholeLessonIsRead(t *testing.T) {
	cat, err := Load(goodLesson())
	if err != nil {
		t.Fatal(err)
	}
	l, ok := cat.Lesson("mine")
	if !ok || len(cat.Lessons) != 1 || l.Number != 8 || l.Mode != Live || l.Minutes != 5 || l.Own {
		t.Fatalf("Lesson(mine) = %+v, %v", l, ok)
	}
	if _, ok := cat.Lesson("other"); ok {
		t.Error("Lesson(other) was found")
	}
	s := l.Steps[0]
	if s.From[0].URL != "/set_cookie" || s.Do[0].Do != "visit" || s.Do[0].Browser != "A" {
		t.Errorf("from %+v do %+v", s.From, s.Do)
	}
	if got := s.Go; !slices.Equal(got, []string{"getCookie"}) {
		t.Errorf("Go = %q, want the handler of the route in do", got)
	}
	if got := s.Django[0].Lines["en"]; !slices.Equal(got, []CodeLine{{`value = request.COOKIES["num"]`, true}, {"return HttpResponse(value)", false}}) {
		t.Errorf("Django = %+v", got)
	}
	text := s.Text["en"]
	for got, want := range map[string]string{
		text.Title:                   "The first step",
		string(text.Lead):            "<p>One idea, with <code>code</code>.</p>",
		string(text.Question):        "What comes?",
		string(text.Options[1].Text): "Two",
		string(text.Options[1].Why):  "Because not.",
		string(text.See[0].Text):     "look <em>here</em>",
		string(text.Teach.Ask):       "That?",
		string(l.Text["zh"].Story):   "A shop.",
	} {
		if got != want {
			t.Errorf("text %q, want %q", got, want)
		}
	}
	if got := cat.Covering("1.1"); len(got) != 1 || got[0] != s {
		t.Errorf("Covering(1.1) = %v", got)
	}
}

// replaced returns a file of the small lesson with one change.
func replaced(t *testing.T, text, old, new string) []byte {
	t.Helper()
	if strings.Count(text, old) < 1 {
		t.Fatalf("there is no %q to replace", old)
	}
	return []byte(strings.Replace(text, old, new, 1))
}

func TestABrokenLessonIsRefusedWithFileAndLine(t *testing.T) {
	for name, tt := range map[string]struct {
		file     string // under 08-mine
		old, new string
		want     string // after 08-mine/
	}{
		"yaml syntax":          {"lesson.yaml", "mode: live", "mode: @live", "lesson.yaml:3: "},
		"unknown field":        {"lesson.yaml", "minutes: 5", "minuets: 5", `lesson.yaml:4: unknown field "minuets"`},
		"field twice":          {"lesson.yaml", "minutes: 5", "mode: live", "lesson.yaml:4: "},
		"no minutes":           {"lesson.yaml", "minutes: 5\n", "", "lesson.yaml:1: minutes is missing"},
		"minutes a word":       {"lesson.yaml", "minutes: 5", "minutes: five", "lesson.yaml:4: a whole number is wanted"},
		"minutes none":         {"lesson.yaml", "minutes: 5", "minutes: 0", "lesson.yaml:4: minutes"},
		"mode unknown":         {"lesson.yaml", "mode: live", "mode: dead", `lesson.yaml:3: mode "dead"`},
		"another id":           {"lesson.yaml", "id: mine", "id: yours", `lesson.yaml:1: id is "yours"`},
		"another number":       {"lesson.yaml", "number: 8", "number: 9", "lesson.yaml:2: number is 9"},
		"steps no list":        {"lesson.yaml", goodYAML[strings.Index(goodYAML, "steps:"):], "steps: none\n", "lesson.yaml:5: steps: a list is wanted"},
		"unknown step field":   {"lesson.yaml", "    do:", "    does:", `lesson.yaml:10: unknown field "does"`},
		"step without id":      {"lesson.yaml", "  - id: first\n    syllabus", "  - syllabus", "lesson.yaml:6: a step needs an id"},
		"step id with blanks":  {"lesson.yaml", "id: first", "id: The First", "lesson.yaml:6: step id"},
		"line not in syllabus": {"lesson.yaml", `["1.1"]`, `["1.9"]`, `lesson.yaml:7: the syllabus has no line "1.9"`},
		"no options":           {"lesson.yaml", "    options:\n      a: {status: 200, sent: num=1}\n      b: {status: 500}\n", "", `lesson.yaml:6: step "first" has no options`},
		"one option":           {"lesson.yaml", "      b: {status: 500}\n", "", `lesson.yaml:16: step "first" has 1 options`},
		"options out of order": {"lesson.yaml", "      b: {status: 500}", "      c: {status: 500}", `lesson.yaml:17: option "c" stands where b is wanted`},
		"empty claim":          {"lesson.yaml", "b: {status: 500}", "b: {}", "lesson.yaml:17: a claim says at least one thing"},
		"unknown claim":        {"lesson.yaml", "b: {status: 500}", "b: {code: 500}", `lesson.yaml:17: unknown claim "code"`},
		"claim of another kind": {"lesson.yaml", "b: {status: 500}", "b: {stored: true}",
			`lesson.yaml:17: unknown claim "stored"`},
		"claim of the wrong type": {"lesson.yaml", "b: {status: 500}", "b: {status: many}", "lesson.yaml:17: a whole number is wanted"},
		"claim about all rows":    {"lesson.yaml", "b: {status: 500}", "b: {rows: 2}", "lesson.yaml:17: rows: a live page does not know"},
		"claim no_row: false":     {"lesson.yaml", "b: {status: 500}", "b: {no_row: false}", "lesson.yaml:17: no_row"},
		"claim key":               {"lesson.yaml", "b: {status: 500}", "b: {key: lost}", "lesson.yaml:17: key: kept or new"},
		"claim age":               {"lesson.yaml", "b: {status: 500}", "b: {cookie_expires: {num: soon}}", "lesson.yaml:17: seconds, or session"},
		"claim entry":             {"lesson.yaml", "b: {status: 500}", "b: {row: {age: [1]}}", "lesson.yaml:17: a text or a whole number"},
		"claim without name":      {"lesson.yaml", "b: {status: 500}", "b: {sent: []}", "lesson.yaml:17: this may not be empty"},
		"nothing to do":           {"lesson.yaml", "    do:\n      - /get_cookie\n", "", `lesson.yaml:6: step "first" does nothing`},
		"do without a visit":      {"lesson.yaml", "      - /get_cookie", "      - {do: script}", "lesson.yaml:11: "},
		"unknown action":          {"lesson.yaml", "- /get_cookie", "- {do: jump}", `lesson.yaml:11: unknown action "jump"`},
		"action without do":       {"lesson.yaml", "- /get_cookie", "- {url: /get_cookie}", "lesson.yaml:11: an action needs do"},
		"action lacks a field":    {"lesson.yaml", "- /get_cookie", "- {do: wait}", "lesson.yaml:11: wait needs seconds"},
		"action lacks one of two": {"lesson.yaml", "- /get_cookie", "- {do: put, name: a}", "lesson.yaml:11: put needs value or copy"},
		"action has another's":    {"lesson.yaml", "- /get_cookie", "- {do: wait, seconds: 1, url: /x}", "lesson.yaml:11: wait has no url"},
		"action is no path":       {"lesson.yaml", "- /get_cookie", "- get_cookie", `lesson.yaml:11: action "get_cookie"`},
		"malformed address":       {"lesson.yaml", "- /get_cookie", "- /get_cookie?name=%zz", "lesson.yaml:11: address"},
		"live, no demo route":     {"lesson.yaml", "- /get_cookie", "- /elsewhere", "lesson.yaml:11: a live visit goes to a demo route"},
		"live, another browser":   {"lesson.yaml", "- /get_cookie", "- B /get_cookie", "lesson.yaml:11: a live lesson has one browser"},
		"live, close":             {"lesson.yaml", "- /get_cookie", "- {do: close}", `lesson.yaml:11: "close" is for the time machine`},
		"live, long wait":         {"lesson.yaml", "- /get_cookie", "- {do: wait, seconds: 31}", "lesson.yaml:11: a live wait is 30 seconds at most"},
		"live, raw cookie":        {"lesson.yaml", "- /get_cookie", "- {do: visit, url: /get_cookie, raw_cookie: a=b}", "lesson.yaml:11: a live visit is made by the page"},
		"live, from by script":    {"lesson.yaml", "- /set_cookie", "- {do: script, set: num=1}", "lesson.yaml:9: from in a live lesson"},
		"jar beside do":           {"lesson.yaml", "    do:\n", "    jar: {set: [], get: {}}\n    do:\n", `lesson.yaml:6: step "first": either jar, or from and do`},
		"jar without get":         {"lesson.yaml", "    from:\n      - /set_cookie\n    do:\n      - /get_cookie\n", "    jar:\n      set: {url: http://a.test/, set_cookie: a=b}\n", "lesson.yaml:9: jar needs set and get"},
		"jar without line":        {"lesson.yaml", "    from:\n      - /set_cookie\n    do:\n      - /get_cookie\n", "    jar:\n      set: {url: http://a.test/}\n      get: {url: http://a.test/}\n", "lesson.yaml:9: set_cookie is missing"},
		"compare alone":           {"lesson.yaml", "    options:", "    compare: [/get_cookie]\n    options:", "lesson.yaml:15: compare: two or more actions are wanted"},
		"compare others":          {"lesson.yaml", "    options:", "    compare: [/del, /clear]\n    options:", "lesson.yaml:15: compare: one of the actions must be the step's own"},
		"compare no route":        {"lesson.yaml", "    options:", "    compare: [/get_cookie, /elsewhere]\n    options:", "lesson.yaml:15: a live visit goes to a demo route"},
		"unknown handler":         {"lesson.yaml", "    options:", "    go: [getcookie]\n    options:", `lesson.yaml:15: no demo route is served by "getcookie"`},

		"no title":               {"zh.md", "# Title", "Title", "zh.md:1: the file begins with #"},
		"empty title":            {"zh.md", "# Title", "#", "zh.md:1: the lesson's title is empty"},
		"no outcome":             {"en.md", "### outcome\n\nWhat a student says.\n", "", "en.md:1: the lesson has no ### outcome"},
		"unknown lesson heading": {"en.md", "### story", "### tale", `en.md:7: unknown heading "tale"`},
		"words without heading":  {"en.md", "# Title\n", "# Title\n\nWords.\n", "en.md:2: words without a ### heading"},
		"heading too deep":       {"en.md", "### story", "#### story", "en.md:7: a heading has one, two or three #"},
		"second title":           {"en.md", "## first", "# first", "en.md:11: there is one # heading"},
		"no such step":           {"en.md", "## first", "## second", `en.md:11: lesson.yaml has no step "second"`},
		"step missing":           {"en.md", goodText[strings.Index(goodText, "## first"):], "", `en.md:11: the text of step "first" is missing`},
		"step without title":     {"en.md", "## first The first step", "## first", `en.md:11: step "first" has no title`},
		"unknown heading":        {"en.md", "### question", "### Question", `en.md:17: unknown heading "Question"`},
		"heading twice":          {"en.md", "### question", "### lead", "en.md:17: a second ### lead"},
		"section empty":          {"en.md", "What comes?\n", "\n", "en.md:17: ### question is empty"},
		"section missing":        {"en.md", "### question\n\nWhat comes?\n", "", `en.md:11: step "first" has no ### question`},
		"option missing":         {"en.md", "### b\n\nTwo\n\n> Because not.\n", "", `en.md:11: step "first" has no ### b`},
		"option too many":        {"en.md", "### see", "### c\n\nThree\n\n> No.\n\n### see", `en.md:33: unknown heading "c"`},
		"option without why":     {"en.md", "> Because.\n", "", "en.md:21: ### a says no why"},
		"option why empty":       {"en.md", "> Because.\n", ">\n", "en.md:24: ### a is empty"},
		"option only why":        {"en.md", "One\n", "", "en.md:21: ### a is empty"},
		"words after the why":    {"en.md", "> Because.\n", "> Because.\nMore.\n", "en.md:21: ### a: the quotation comes last"},
		"see elsewhere":          {"en.md", "- wire: look", "- cable: look", "en.md:35: ### see: a line begins with - and one of"},
		"see without list":       {"en.md", "- wire: look", "wire: look", "en.md:35: ### see: a line begins with"},
		"teach twice":            {"en.md", "- ask: That?", "- say: That?", "en.md:44: ### teach: a second say"},
		"two paragraphs":         {"en.md", "What comes?\n", "What comes?\n\nAnd then?\n", "en.md:17: ### question: one paragraph is wanted"},
		"html in a line":         {"en.md", "One idea", "<b>One</b> idea", "en.md:15: HTML is not allowed"},
		"html as a block":        {"en.md", "One idea, with", "Yes.\n\n<script>alert(1)</script>\n\n", "en.md:17: HTML is not allowed"},
		"an image":               {"en.md", "One idea", "![x](y.png) One idea", "en.md:15: Image is not allowed"},
		"teach in one language":  {"en.md", "### teach\n\n- say: This.\n- ask: That?\n", "", `lesson.yaml:6: step "first": zh.md and en.md must both have ### teach`},
		"mend in one language":   {"zh.md", "### teach", "### mend\n\nMore.\n\n### teach", `lesson.yaml:6: step "first": zh.md and en.md must both have ### mend`},
		"see in another order":   {"zh.md", "- wire: look", "- browser: look", `lesson.yaml:6: step "first": zh.md and en.md must say in ### see`},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := goodLesson()
			text := goodText
			if tt.file == "lesson.yaml" {
				text = goodYAML
			}
			fsys["08-mine/"+tt.file] = &fstest.MapFile{Data: replaced(t, text, tt.old, tt.new)}
			_, err := Load(fsys)
			if err == nil {
				t.Fatal("Load found nothing wrong")
			}
			if got := err.Error(); !strings.HasPrefix(got, "08-mine/"+tt.want) {
				t.Errorf("error %q, want 08-mine/%s…", got, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q has more than one line", err)
			}
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("error is a %T, want *Error", err)
			}
		})
	}
}

func TestAStepMayNotComeTwice(t *testing.T) {
	fsys := goodLesson()
	step := goodYAML[strings.Index(goodYAML, "  - id: first"):]
	fsys["08-mine/lesson.yaml"] = &fstest.MapFile{Data: []byte(goodYAML + step)}
	_, err := Load(fsys)
	want := `08-mine/lesson.yaml:18: there is a step "first" already`
	if err == nil || err.Error() != want {
		t.Errorf("Load = %v, want %s", err, want)
	}
}

func TestALessonIsAFolderWithThreeFiles(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"a file is missing": {func(f fstest.MapFS) { delete(f, "08-mine/en.md") }, "08-mine/en.md: the file is missing"},
		"a folder's name": {func(f fstest.MapFS) { f["mine/lesson.yaml"] = &fstest.MapFile{Data: []byte(goodYAML)} },
			"mine: the folder of a lesson is called NN-id, such as 09-mine"},
		"the id is taken": {func(f fstest.MapFS) {
			for _, name := range files {
				f["09-mine/"+name] = &fstest.MapFile{Data: []byte(strings.Replace(string(f["08-mine/"+name].Data), "number: 8", "number: 9", 1))}
			}
		}, `09-mine/lesson.yaml: there is a lesson "mine" already`},
		"a line of the syllabus": {func(f fstest.MapFS) {
			f["syllabus.yaml"].Data = []byte("\"1.1\": {title: {zh: 甲}, quote: 甲, so: {zh: 乙, en: So}}\n")
		},
			`syllabus.yaml:1: en is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := goodLesson()
			tt.change(fsys)
			if _, err := Load(fsys); err == nil || err.Error() != tt.want {
				t.Errorf("Load = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestOtherFoldersAreNoLessons(t *testing.T) {
	fsys := goodLesson()
	fsys["testdata/notes.txt"] = &fstest.MapFile{}
	fsys["README.md"] = &fstest.MapFile{}
	if _, err := Load(fsys); err != nil {
		t.Error(err)
	}
}

// writeLesson writes the small lesson into a folder on disk.
func writeLesson(t *testing.T, folder, id, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"lesson.yaml": yaml, "zh.md": goodText, "en.md": goodText} {
		path := filepath.Join(dir, folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAnInstructorsLessonsComeAfterOurs(t *testing.T) {
	dir := writeLesson(t, "08-mine", "mine", goodYAML)
	cat, err := LoadWith(FS, dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(cat.Lessons); n != 10 {
		t.Fatalf("%d lessons, want our nine and one more", n)
	}
	if last := cat.Lessons[9]; last.ID != "mine" || !last.Own || cat.Lessons[8].Own {
		t.Errorf("the last lesson is %q, own %v", last.ID, last.Own)
	}
}

func TestAnInstructorsMistakeIsNamedByItsPlaceOnDisk(t *testing.T) {
	for name, tt := range map[string]struct{ folder, yaml, want string }{
		"a bad mode":  {"08-mine", strings.Replace(goodYAML, "live", "dead", 1), "08-mine/lesson.yaml:3: mode"},
		"our id":      {"01-cookie", strings.NewReplacer("mine", "cookie", "number: 8", "number: 1").Replace(goodYAML), `01-cookie/lesson.yaml: there is a lesson "cookie" already`},
		"our folders": {"lessons/08-mine", goodYAML, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := writeLesson(t, tt.folder, "mine", tt.yaml)
			cat, err := LoadWith(FS, dir)
			want := filepath.Join(dir, tt.want)
			if tt.want == "" {
				want = "no lesson in " + dir
			}
			if err == nil || !strings.HasPrefix(err.Error(), want) || cat != nil {
				t.Errorf("LoadWith = %v, %v; want %s…", cat, err, want)
			}
		})
	}
}

func TestAMissingFolderIsAnError(t *testing.T) {
	if _, err := LoadWith(FS, filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("LoadWith found lessons in a folder that is not there")
	}
}

func TestTheProgramHoldsNineLessons(t *testing.T) {
	cat, err := LoadWith(FS, "")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i, l := range cat.Lessons {
		ids = append(ids, l.ID)
		if l.Number != i {
			t.Errorf("lesson %s has number %d, want %d", l.ID, l.Number, i)
		}
	}
	want := []string{"forgets", "cookie", "session", "which", "attributes", "gone", "lifetime", "two-browsers", "login"}
	if !slices.Equal(ids, want) {
		t.Errorf("lessons %q, want %q", ids, want)
	}
}
