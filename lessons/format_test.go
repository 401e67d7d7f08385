package lessons

import (
	"strings"
	"testing"
	"testing/fstest"

	"cookielab/internal/world"
)

// fullLesson is a lesson with all optional fields.
func fullLesson() fstest.MapFS {
	f := goodLesson()
	yaml := strings.NewReplacer(
		"    syllabus: [", "    mode: world\n    terms: [cookie]\n    syllabus: [",
		"    django: |\n      value = request.COOKIES[\"num\"]  # <--\n      return HttpResponse(value)\n", `    django:
      /get_cookie: |
        def get_cookie(request):
            # 取值
            return HttpResponse("得到" + request.COOKIES["num"])  # <--
      settings.py: |
        DEBUG = True
`).Replace(goodYAML) + `recap:
  - id: read-back
    do: [/set_cookie, /get_cookie]
    claim: {rows: 0}
  - id: secure
    jar:
      set: {url: http://tea.example/, set_cookie: num=1; Secure}
      get: {url: http://tea.example/}
    claim: {stored: true}
`
	text := strings.Replace(goodText, "### lead", "### story\n\nIn the shop.\n\n### lead", 1) + `
## recap

### read-back

It is read back.

> It was sent.

### secure

It is stored.

> Not over http.
`
	f["08-mine/lesson.yaml"].Data = []byte(yaml)
	f["08-mine/zh.md"] = &fstest.MapFile{Data: []byte(text)}
	f["08-mine/en.md"] = &fstest.MapFile{Data: []byte(text)}
	f["glossary.yaml"] = &fstest.MapFile{Data: []byte("cookie:\n  name: {zh: 饼, en: cookie}\n  say: {zh: 一段。, en: A `text`.}\n")}
	f["phrases.yaml"] = &fstest.MapFile{Data: []byte("取值: read it\n得到: \"got \"\n")}
	f["paths.yaml"] = &fstest.MapFile{Data: []byte("\"45\":\n  - mine/first\n")}
	return f
}

func TestAllThatMayBeLeftOutIsRead(t *testing.T) {
	cat, err := Load(fullLesson())
	if err != nil {
		t.Fatal(err)
	}
	l := cat.Lessons[0]
	s := l.Steps[0]
	if l.Mode != Live || s.Mode != World {
		t.Errorf("the lesson is %s, the step %s", l.Mode, s.Mode)
	}
	if got := s.Text["en"].Story; got != "In the shop." {
		t.Errorf("story %q", got)
	}
	if len(cat.Glossary) != 1 || len(cat.Showing("cookie")) != 1 || cat.Glossary[0].Say["en"] != "A <code>text</code>." {
		t.Errorf("glossary %+v, shown by %v", cat.Glossary, cat.Showing("cookie"))
	}
	if p, ok := cat.Path("45"); !ok || p.Minutes != 45 || len(p.Steps) != 1 || p.Steps[0] != s {
		t.Errorf("path %+v, %v", p, ok)
	}
	if len(s.Django) != 2 || s.Django[0].Stands != "/get_cookie" || s.Django[1].Stands != "settings.py" {
		t.Fatalf("views %+v", s.Django)
	}
	for lang, want := range map[string][]CodeLine{
		"zh": {{"def get_cookie(request):", false}, {"    # 取值", false}, {`    return HttpResponse("得到" + request.COOKIES["num"])`, true}},
		"en": {{"def get_cookie(request):", false}, {"    # read it", false}, {`    return HttpResponse("got " + request.COOKIES["num"])`, true}},
	} {
		for i, line := range s.Django[0].Lines[lang] {
			if line != want[i] {
				t.Errorf("line %d in %s is %+v, want %+v", i+1, lang, line, want[i])
			}
		}
	}
	if len(l.Recap) != 2 || l.Recap[1].ID != "secure" || l.Recap[1].Text["en"].Why != "Not over http." {
		t.Fatalf("recap %+v", l.Recap)
	}
}

func TestARecapIsJudgedByWhatIsPlayed(t *testing.T) {
	cat, err := Load(fullLesson())
	if err != nil {
		t.Fatal(err)
	}
	// A player in which the table is always empty.
	empty := func(actions []world.Action) ([]world.Frame, error) {
		frames := make([]world.Frame, len(actions)+1)
		for i := range frames {
			frames[i] = world.Frame{At: world.Epoch, Browsers: map[string]world.Browser{"A": {}}}
		}
		return frames, nil
	}
	for i, want := range []bool{true, false} {
		s := cat.Lessons[0].Recap[i]
		if got, err := s.True(empty); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", s.ID, got, err, want)
		}
	}
}

func TestWhatMayBeLeftOutIsReadStrictly(t *testing.T) {
	for name, tt := range map[string]struct{ file, old, new, want string }{
		"step mode":               {"08-mine/lesson.yaml", "mode: world", "mode: both", `lesson.yaml:7: mode "both"`},
		"term unknown":            {"08-mine/lesson.yaml", "terms: [cookie]", "terms: [biscuit]", `lesson.yaml:8: the glossary has no term "biscuit"`},
		"term twice":              {"08-mine/lesson.yaml", "terms: [cookie]", "terms: [cookie, cookie]", "lesson.yaml:8: a second cookie"},
		"view of no route":        {"08-mine/lesson.yaml", "      /get_cookie: |", "      /got_cookie: |", "lesson.yaml:15: /got_cookie is no demo route"},
		"recap is no step":        {"08-mine/lesson.yaml", "id: first", "id: recap", `lesson.yaml:6: step id "recap"`},
		"statement without id":    {"08-mine/lesson.yaml", "  - id: read-back\n    do:", "  - do:", "lesson.yaml:25: a statement needs id"},
		"statement without claim": {"08-mine/lesson.yaml", "    claim: {rows: 0}\n", "", "lesson.yaml:25: a statement needs claim"},
		"statement does nothing":  {"08-mine/lesson.yaml", "    do: [/set_cookie, /get_cookie]\n", "", `lesson.yaml:25: step "read-back" does nothing`},
		"statement twice":         {"08-mine/lesson.yaml", "  - id: secure", "  - id: read-back", `lesson.yaml:28: there is a statement "read-back" already`},
		"statement's field":       {"08-mine/lesson.yaml", "    claim: {rows: 0}", "    true: yes", `lesson.yaml:27: unknown field "true"`},
		"no recap in yaml":        {"08-mine/lesson.yaml", fullYAMLRecap(), "", "zh.md:50: lesson.yaml has no recap"},
		"no recap in words":       {"08-mine/en.md", fullTextRecap(), "", "en.md:49: the text of the recap is missing"},
		"a sentence missing":      {"08-mine/en.md", "### secure\n\nIt is stored.\n\n> Not over http.\n", "", "en.md:50: the recap has no ### secure"},
		"a sentence too many":     {"08-mine/en.md", "### secure", "### sure", `en.md:58: unknown heading "sure"`},
		"a sentence without why":  {"08-mine/en.md", "> Not over http.\n", "", "en.md:58: ### secure says no why"},
		"story in one language":   {"08-mine/en.md", "### story\n\nIn the shop.\n", "", `lesson.yaml:6: step "first" has ### story in one language only`},
		"glossary: a language":    {"glossary.yaml", ", en: cookie", "", "glossary.yaml:2: en is missing"},
		"glossary: a sentence":    {"glossary.yaml", "  say: {zh: 一段。, en: A `text`.}\n", "", "glossary.yaml:2: say is missing"},
		"glossary: HTML":          {"glossary.yaml", "A `text`.", "A <b>text</b>.", "glossary.yaml:3: HTML is not allowed"},
		"glossary: a field":       {"glossary.yaml", "  say:", "  says:", `glossary.yaml:3: unknown field "says"`},
		"phrases: a map":          {"phrases.yaml", "取值: read it", "取值: [read it]", "phrases.yaml:1: a text is wanted"},
		"paths: no minutes":       {"paths.yaml", `"45"`, "short", `paths.yaml:1: path "short"`},
		"paths: no such step":     {"paths.yaml", "mine/first", "mine/last", `paths.yaml:2: there is no step "mine/last"`},
		"paths: twice":            {"paths.yaml", "  - mine/first\n", "  - mine/first\n  - mine/first\n", "paths.yaml:3: a second mine/first"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fullLesson()
			f[tt.file] = &fstest.MapFile{Data: replaced(t, string(f[tt.file].Data), tt.old, tt.new)}
			_, err := Load(f)
			if err == nil {
				t.Fatal("Load found nothing wrong")
			}
			if got := strings.TrimPrefix(err.Error(), "08-mine/"); !strings.HasPrefix(got, tt.want) {
				t.Errorf("error %q, want %s…", got, tt.want)
			}
		})
	}
}

func fullYAMLRecap() string {
	yaml := string(fullLesson()["08-mine/lesson.yaml"].Data)
	return yaml[strings.Index(yaml, "recap:"):]
}

func fullTextRecap() string {
	text := string(fullLesson()["08-mine/en.md"].Data)
	return text[strings.Index(text, "\n## recap"):]
}

func TestAPathLeadsOnAndBack(t *testing.T) {
	cat := mustLoad(t)
	step := func(name string) *Step {
		s, ok := cat.Step(name)
		if !ok {
			t.Fatalf("there is no step %s", name)
		}
		return s
	}
	path := Path{Steps: []*Step{step("forgets/first-note"), step("cookie/too-early"), step("session/clear")}}
	for at, want := range map[string][2]string{
		"forgets/first-note":       {"", "cookie/too-early"},
		"cookie/too-early":         {"forgets/first-note", "session/clear"},
		"session/clear":            {"cookie/too-early", ""},
		"forgets/first-ask":        {"", "forgets/first-note"},
		"cookie/by-hand":           {"cookie/too-early", "session/clear"},
		"two-browsers/lost-update": {"session/clear", ""},
	} {
		prev, next := path.Neighbours(step(at))
		name := func(s *Step) string {
			if s == nil {
				return ""
			}
			return s.Lesson.ID + "/" + s.ID
		}
		if got := [2]string{name(prev), name(next)}; got != want {
			t.Errorf("beside %s stand %q, want %q", at, got, want)
		}
	}
}
