package tests

import (
	"fmt"
	"testing"

	"cookielab/lessons"
)

// A console that walks a path goes from each of its steps to the next one, says which
// step of how many that is, and comes back to the path from beside it.
func TestAConsoleWalksAPath(t *testing.T) {
	t.Parallel()
	l := openRoom(t)
	for _, lang := range []string{"zh", "en"} {
		for _, path := range l.lessons.Paths {
			desk := func() answer {
				return l.visitor().get("/"+lang+"/console/"+l.code+"/desk?path="+path.ID, "Authorization", "Bearer "+l.key)
			}
			expect := func(step string, prev, next *lessons.Step) {
				t.Helper()
				page := desk().page()
				for name, want := range map[string]*lessons.Step{"prev": prev, "next": next} {
					at := page.Find("[data-" + name + "-step]")
					if want == nil {
						if at.Length() != 0 {
							t.Errorf("at %s there is a %s step", step, name)
						}
						continue
					}
					if got := at.AttrOr("data-"+name+"-step", ""); got != want.Lesson.ID+"/"+want.ID {
						t.Errorf("on the path of %s, at %s, the %s step is %q, want %q", path.ID, step, name, got, want.ID)
					}
					if title := page.Find("[data-next-step] .next-title").Text(); name == "next" && title != want.Text[lang].Title {
						t.Errorf("the next step is called %q, want %q", title, want.Text[lang].Title)
					}
				}
			}
			for i, step := range path.Steps {
				l.moved(`{"step":"` + step.Lesson.ID + "/" + step.ID + `"}`)
				var prev, next *lessons.Step
				if i > 0 {
					prev = path.Steps[i-1]
				}
				if i < len(path.Steps)-1 {
					next = path.Steps[i+1]
				}
				expect(step.ID, prev, next)
				want := map[string]string{"zh": "%s 分钟路线：第 %d 步，共 %d 步", "en": "%s-minute path: %d of %d"}[lang]
				if got := desk().page().Find("[data-desk-where] p").Text(); got != fmt.Sprintf(want, path.ID, i+1, len(path.Steps)) {
					t.Errorf("at %s the console says %q", step.ID, got)
				}
			}
			aside := l.lessons.Lessons[8].Steps[0]
			l.moved(`{"step":"` + aside.Lesson.ID + "/" + aside.ID + `"}`)
			expect(aside.ID, path.Steps[len(path.Steps)-1], nil)
		}
	}
	fresh := openRoom(t)
	page := fresh.visitor().get("/en/console/"+fresh.code+"/desk?path=45", "Authorization", "Bearer "+fresh.key).page()
	path, _ := fresh.lessons.Path("45")
	if got := page.Find("[data-next-step]").AttrOr("data-next-step", ""); got != path.Steps[0].Lesson.ID+"/"+path.Steps[0].ID {
		t.Errorf("a class on a path begins with %q", got)
	}
}
