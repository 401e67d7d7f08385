package tests

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestABrokenLessonIsSaidWithFileAndLine(t *testing.T) {
	t.Parallel()
	where := regexp.MustCompile(`08-mine/(lesson\.yaml|zh\.md|en\.md):[0-9]+: `)
	good := ownLesson()
	for name, change := range map[string]func(map[string]string){
		"an unknown field": func(f map[string]string) { f["lesson.yaml"] += "colour: red\n" },
		"an unknown claim": func(f map[string]string) {
			f["lesson.yaml"] = strings.Replace(f["lesson.yaml"], "status:", "statos:", 1)
		},
		"two right answers":      func(f map[string]string) { f["lesson.yaml"] = strings.Replace(f["lesson.yaml"], "500", "200", 1) },
		"no right answer":        func(f map[string]string) { f["lesson.yaml"] = strings.Replace(f["lesson.yaml"], "200", "404", 1) },
		"a missing heading":      func(f map[string]string) { f["en.md"] = strings.Replace(f["en.md"], "### take-home", "### home", 1) },
		"HTML in the words":      func(f map[string]string) { f["zh.md"] = strings.Replace(f["zh.md"], "想一想", "<b>想</b>", 1) },
		"a step in one language": func(f map[string]string) { f["en.md"] = strings.Replace(f["en.md"], "## mine", "## yours", 1) },
		"an id that is taken": func(f map[string]string) {
			f["lesson.yaml"] = strings.Replace(f["lesson.yaml"], "id: mine\n", "id: cookie\n", 1)
		},
	} {
		files := map[string]string{}
		for file, text := range good {
			files[file] = text
		}
		change(files)
		line := refused(t, nil, "-addr", "localhost:0", "-store", "memory", "-lessons", lessonFolder(t, files))
		if !where.MatchString(line) {
			t.Errorf("of %s it says %q, want file and line", name, line)
		}
	}
	delete(good, "zh.md")
	if line := refused(t, nil, "-addr", "localhost:0", "-store", "memory", "-lessons", lessonFolder(t, good)); !strings.Contains(line, "zh.md") {
		t.Errorf("of a missing file it says %q", line)
	}
	refused(t, nil, "-addr", "localhost:0", "-store", "memory", "-lessons", filepath.Join(t.TempDir(), "nowhere"))
}

// ownLesson is an instructor's lesson with one step.
func ownLesson() map[string]string {
	words := func(title, question string) string {
		return "# " + title + "\n### outcome\nIt works.\n### story\nOnce upon a time.\n## mine " + title + "\n### lead\nOne idea.\n### question\n" + question +
			"\n### a\nYes\n\n> So it is.\n### b\nNo\n\n> Not so.\n### see\n- wire: the status\n### take-home\nDone.\n"
	}
	return map[string]string{
		"lesson.yaml": "id: mine\nnumber: 8\nmode: live\nminutes: 1\nsteps:\n  - id: mine\n    do:\n      - /set_cookie\n    options:\n      a: {status: 200}\n      b: {status: 500}\n",
		"zh.md":       words("我的课", "想一想"),
		"en.md":       words("My own", "Well?"),
	}
}

func lessonFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	inside := filepath.Join(folder, "08-mine")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(inside, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestAnInstructorsLessonIsShownAfterOurs(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "memory", "-lessons", lessonFolder(t, ownLesson()))
	v := visit(t, p.url)
	cards := v.browse("/zh/").page().Find("[data-lesson-card]")
	if got := cards.Last().AttrOr("data-lesson-card", ""); got != "mine" || cards.Length() < 9 {
		t.Errorf("the last of %d lessons is %q, want mine", cards.Length(), got)
	}
	if a := v.browse("/en/lessons/mine?step=1"); a.status != http.StatusOK || a.page().Find(`[data-actions] [data-action="set_cookie"]`).Length() != 1 {
		t.Errorf("the lesson's page is %d, or has no button", a.status)
	}
}
