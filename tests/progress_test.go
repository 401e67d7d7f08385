package tests

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestAQuestionFromBeforeIsAskedAndAnswered(t *testing.T) {
	v := site(t).visitor()
	asked := v.get("/en/recall?step=session/clear")
	if asked.status != http.StatusOK || asked.page().Find("[data-recalled], .why").Length() != 0 || asked.page().Find(`input[name="guess"]`).Length() < 3 {
		t.Errorf("asked: %d %.300s", asked.status, asked.body)
	}
	for _, step := range ours(t).Lessons[2].Steps {
		evidence, err := step.Evidence(play)
		if err != nil {
			t.Fatal(err)
		}
		right := step.Right(evidence)[0]
		for _, option := range step.Options {
			answered := v.get("/zh/recall?step=session/" + step.ID + "&guess=" + option.Letter).page()
			want := map[bool]string{true: "true", false: "false"}[option.Letter == right]
			if got := the(t, answered.Selection, "[data-recalled]").AttrOr("data-recalled", ""); got != want {
				t.Errorf("%s %s: right is %s, want %s", step.ID, option.Letter, got, want)
			}
		}
	}
	for _, address := range []string{"/en/recall", "/en/recall?step=session", "/en/recall?step=session/nothing", "/en/recall?step=/clear"} {
		if got := v.get(address).status; got != http.StatusNotFound {
			t.Errorf("%s is %d, want 404", address, got)
		}
	}
}

// Predictions are kept in web storage, shown on the progress page, asked again, and deleted
// with one button.
func TestProgressIsKeptInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browse(t)
	step := b.rig.lessons.Lessons[0].Steps[0]
	b.open("/en/lessons/forgets?step=1")
	evidence, err := step.Evidence(play)
	if err != nil {
		t.Fatal(err)
	}
	holds := step.Right(evidence)[0]
	wrong := "a"
	if holds == "a" {
		wrong = "b"
	}
	b.click(`[data-guess] input[value="` + wrong + `"]`)
	for n := range eval[int](b, `document.querySelectorAll("[data-actions] [data-action]").length`) {
		b.press(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", n+1))
	}
	b.until(`Boolean(JSON.parse(localStorage.getItem("cookielab.progress"))?.steps["forgets/` + step.ID + `"])`)

	b.open("/en/progress")
	state := `document.querySelector('[data-progress-step="forgets/` + step.ID + `"]').dataset.state`
	b.until(state + ` === "wrong"`)

	b.open("/en/lessons/cookie?step=1")
	b.until(`document.querySelector("[data-recall] form") !== null`)
	b.click(`[data-recall] input[value="` + holds + `"]`)
	b.click(`[data-recall] [type="submit"]`)
	b.until(`document.querySelector('[data-recalled="true"]') === document.activeElement`)

	b.open("/en/progress")
	b.until(state + ` === "right"`)
	b.click("[data-forget]")
	b.until(state + ` === "" && localStorage.getItem("cookielab.progress") === "null"`)
	if kept := eval[string](b, `Object.entries(localStorage).join(" ")`); strings.Contains(kept, "forgets/") {
		t.Errorf("something is left: %s", kept)
	}
}
