package lessons

import (
	"errors"
	"strings"
	"testing"
)

// FuzzLesson: any three files of a lesson are loaded, or the error names the line that is wrong.
func FuzzLesson(f *testing.F) {
	good := goodLesson()
	yaml, zh, en := good["08-mine/lesson.yaml"].Data, good["08-mine/zh.md"].Data, good["08-mine/en.md"].Data
	f.Add(yaml, zh, en)
	f.Add([]byte("id: mine\nsteps:\n  - &a {id: a}\n  - *a\n"), zh, en)
	f.Add([]byte("? [a]\n: {b: !!binary x}\n--- \n..."), zh, en)
	f.Add(yaml, []byte("# x\n### outcome\n<b>\n## mine\n{{num}} {{"), []byte("- [a](javascript:x)\n\n> > `\n\x00"))
	f.Fuzz(func(t *testing.T, yaml, zh, en []byte) {
		files := goodLesson()
		files["08-mine/lesson.yaml"].Data, files["08-mine/zh.md"].Data, files["08-mine/en.md"].Data = yaml, zh, en
		cat, err := Load(files)
		var wrong *Error
		switch {
		case err == nil && len(cat.Lessons) != 1:
			t.Errorf("there are %d lessons, want one", len(cat.Lessons))
		case err != nil && !errors.As(err, &wrong):
			t.Errorf("error = %v, want one with a file", err)
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("error = %q, want one line", err)
		}
	})
}
