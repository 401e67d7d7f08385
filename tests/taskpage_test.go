package tests

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cookielab/internal/world"
	"cookielab/lessons"

	"github.com/PuerkitoBio/goquery"
)

func taskAddress(lang string, task *lessons.Task) string {
	return fmt.Sprintf("/%s/lessons/%s?task=%d", lang, task.Lesson.ID, task.Number)
}

func allTasks(cat *lessons.Catalogue) []*lessons.Task {
	var all []*lessons.Task
	for _, l := range cat.Lessons {
		all = append(all, l.Tasks...)
	}
	return all
}

func TestEveryLessonHasThreeTasks(t *testing.T) {
	r := site(t)
	v := r.visitor()
	for _, lesson := range r.lessons.Lessons {
		if len(lesson.Tasks) < 3 {
			t.Errorf("%s has %d tasks, want three", lesson.ID, len(lesson.Tasks))
		}
		for _, task := range lesson.Tasks {
			for _, lang := range []string{"zh", "en"} {
				page := v.browse(taskAddress(lang, task)).page()
				if lines := page.Find("[data-goal]").Length(); lines != len(task.Goal) {
					t.Errorf("%s shows %d lines of a goal, want %d", taskAddress(lang, task), lines, len(task.Goal))
				}
				if uses := page.Find("[data-uses] [data-action]").Length(); uses != len(task.Use) {
					t.Errorf("%s shows %d actions, want %d", taskAddress(lang, task), uses, len(task.Use))
				}
				if page.Find(`[data-fragment="goal"][data-reached="true"]`).Length() != 0 {
					t.Errorf("%s is reached before it is begun", taskAddress(lang, task))
				}
			}
		}
		for _, n := range []string{"0", "99", "x", "", "-1"} {
			if got := v.browse("/en/lessons/" + lesson.ID + "?task=" + n).status; got != http.StatusNotFound {
				t.Errorf("task %q of %s is %d, want 404", n, lesson.ID, got)
			}
		}
	}
}

// Without JavaScript the goal's list is drawn by the server, from what the request
// tells of the browser.
func TestAGoalTicksWithoutJavaScript(t *testing.T) {
	r := site(t)
	v := r.visitor()
	task := allTasks(r.lessons)[slices.IndexFunc(allTasks(r.lessons), func(task *lessons.Task) bool {
		return task.Mode == lessons.Live && slices.ContainsFunc(task.Goal, func(g lessons.Goal) bool { return g.Claim.Row != nil })
	})]
	states := func() string {
		var list []string
		v.browse(taskAddress("en", task)).page().Find("[data-goal]").Each(func(_ int, line *goquery.Selection) {
			list = append(list, line.AttrOr("data-goal", ""))
		})
		return strings.Join(list, " ")
	}
	before := states()
	for _, action := range slices.Concat(task.From, task.Solution) {
		if action.Do == "visit" {
			v.browse(action.URL)
		}
	}
	if after := states(); after == before {
		t.Errorf("%s: the goal says %q before and after", task.ID, after)
	}
}

// solve carries out the author's solution with the buttons of the page.
func (b *tab) solve(task *lessons.Task) {
	b.t.Helper()
	for _, action := range task.Solution {
		n := slices.IndexFunc(task.Use, func(use world.Action) bool { return reflect.DeepEqual(use, action) })
		b.press(fmt.Sprintf("[data-uses] form:nth-of-type(%d) [data-action]", n+1))
	}
}

func (b *tab) goal(attribute string) string {
	return eval[string](b, `document.querySelector('[data-fragment="goal"]').getAttribute("`+attribute+`")`)
}

func TestEveryTaskIsSolvedByItsButtons(t *testing.T) {
	t.Parallel()
	b := browse(t)
	for _, task := range allTasks(b.rig.lessons) {
		lang := []string{"en", "zh"}[task.Number%2]
		if task.Mode == lessons.World {
			b.open(taskAddress(lang, task))
			b.until(`document.querySelectorAll("[data-frames] button").length === ` + fmt.Sprint(len(task.From)+1))
		} else {
			b.open(taskAddress(lang, task))
			b.press("[data-again]")
			if differs := eval[string](b, `document.querySelector("[data-setup]")?.closest("[data-fragment]").innerText ?? ""`); differs != "" {
				t.Errorf("%s/%s: not at its start after starting again: %s", task.Lesson.ID, task.ID, differs)
			}
		}
		if b.goal("data-reached") != "false" {
			t.Errorf("%s/%s is reached before it is begun", task.Lesson.ID, task.ID)
		}
		b.solve(task)
		if b.goal("data-reached") != "true" || b.goal("data-taken") != fmt.Sprint(task.Par()) {
			t.Errorf("%s/%s: reached %s in %s actions, want %d: %s", task.Lesson.ID, task.ID, b.goal("data-reached"), b.goal("data-taken"), task.Par(),
				eval[string](b, `[...document.querySelectorAll("[data-goal]")].map((e) => e.dataset.goal).join(" ")`))
			continue
		}
		b.until(`JSON.parse(localStorage.getItem("cookielab.progress"))?.tasks["` + task.Lesson.ID + "/" + task.ID + `"]?.actions === ` + fmt.Sprint(task.Par()))
	}
}

// In the time machine an action is undone, and the goal unticks with it.
func TestATaskIsUndoneAndStartedAgain(t *testing.T) {
	t.Parallel()
	b := browse(t)
	all := allTasks(b.rig.lessons)
	task := all[slices.IndexFunc(all, func(task *lessons.Task) bool { return task.Mode == lessons.World && task.Par() > 1 })]
	b.open(taskAddress("en", task))
	frames := func(n int) string {
		return `document.querySelectorAll("[data-frames] button").length === ` + fmt.Sprint(n+1)
	}
	b.until(frames(len(task.From)))
	b.solve(task)
	b.until(`document.querySelector('[data-fragment="goal"]').dataset.reached === "true"`)
	b.click("[data-undo]")
	b.until(frames(len(task.From)+task.Par()-1) + ` && document.querySelector('[data-fragment="goal"]').dataset.reached === "false"`)
	b.click("[data-again]")
	b.until(frames(len(task.From)))
	b.click("[data-undo]") // there is nothing before the start
	b.until(frames(len(task.From)))
}
