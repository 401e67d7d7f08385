package tests

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// handIn answers an exam: the letter of each question is what choose says of the
// right one.
func handIn(t *testing.T, v *visitor, lang, seed string, choose func(n int, right string) string) answer {
	t.Helper()
	fields := url.Values{"seed": {seed}}
	for i, step := range ours(t).Exam(seed) {
		evidence, err := step.Evidence(play)
		if err != nil {
			t.Fatal(err)
		}
		if letter := choose(i+1, step.Right(evidence)[0]); letter != "" {
			fields.Set("q"+strconv.Itoa(i+1), letter)
		}
	}
	return v.ask(http.MethodPost, "/"+lang+"/exam/key", fields.Encode(), append(navigates, "Content-Type", "application/x-www-form-urlencoded")...)
}

func TestAnExamIsTheSameForEverybodyWithItsSeed(t *testing.T) {
	r := site(t)
	questions := func(address string) string {
		var ids []string
		r.visitor().browse(address).page().Find("[data-question]").Each(func(_ int, q *goquery.Selection) {
			ids = append(ids, q.AttrOr("data-question", ""))
		})
		return strings.Join(ids, " ")
	}
	zh, en, other := questions("/zh/exam?seed=k7m4qx"), questions("/en/exam?seed=k7m4qx"), questions("/en/exam?seed=k7m4qy")
	if zh != en || len(strings.Fields(zh)) != 10 {
		t.Errorf("one seed asks %q and %q, want ten and the same", zh, en)
	}
	if other == en {
		t.Error("another seed asks the same")
	}
	start := r.visitor().browse("/en/exam")
	seed := the(t, start.page().Selection, `input[name="seed"]`).AttrOr("value", "")
	if len(seed) != 6 {
		t.Errorf("the suggested seed is %q, want six letters", seed)
	}
	if got := r.visitor().browse("/en/exam?seed=" + strings.Repeat("x", 65)); got.status != http.StatusBadRequest {
		t.Errorf("a seed of 65 octets is %d, want 400", got.status)
	}
	page := r.visitor().browse("/en/exam?seed=" + url.QueryEscape(`"><script>`)).page()
	if page.Find("main script").Length() != 0 {
		t.Error("a seed is rendered as markup")
	}
}

func TestAnExamTellsNothingBeforeItsEnd(t *testing.T) {
	v := site(t).visitor()
	sheet := v.browse("/en/exam?seed=one")
	if found := sheet.page().Find("[data-held], [data-answers], .why"); found.Length() != 0 {
		t.Errorf("the sheet gives %d hints of what is right", found.Length())
	}
	left := handIn(t, v, "en", "one", func(n int, right string) string {
		if n == 3 || n == 8 {
			return ""
		}
		return right
	})
	page := left.page()
	if left.status != http.StatusBadRequest || page.Find("[data-held]").Length() != 0 {
		t.Errorf("an open question: %d with %d answers, want 400 and none", left.status, page.Find("[data-held]").Length())
	}
	if said := the(t, page.Selection, "[data-missing]").Text(); !strings.Contains(said, "3, 8") {
		t.Errorf("it says %q, want the open questions 3, 8", said)
	}
	if kept := page.Find("input[checked]").Length(); kept != 8 {
		t.Errorf("%d answers are kept, want 8", kept)
	}
}

func TestAnExamIsGradedByWhatHappens(t *testing.T) {
	v := site(t).visitor()
	for _, lang := range []string{"zh", "en"} {
		for _, seed := range []string{"one", "two", "三"} {
			all := handIn(t, v, lang, seed, func(_ int, right string) string { return right })
			sheet := the(t, all.page().Selection, "[data-exam]")
			if got := sheet.AttrOr("data-right", ""); all.status != http.StatusOK || got != "10" {
				t.Errorf("%s %s: all right answers: %d, %s right", lang, seed, all.status, got)
			}
			if frames := all.page().Find("[data-panels]").Length(); frames != 10 {
				t.Errorf("%s %s: %d frames to look at, want 10", lang, seed, frames)
			}
			one := handIn(t, v, lang, seed, func(n int, right string) string {
				if n == 4 {
					return map[string]string{"a": "b"}[right] + map[bool]string{true: "a"}[right != "a"]
				}
				return right
			})
			if got := the(t, one.page().Selection, "[data-exam]").AttrOr("data-right", ""); got != "9" {
				t.Errorf("%s %s: one wrong answer: %s right, want 9", lang, seed, got)
			}
			if wrong := the(t, one.page().Selection, `[data-correct="false"]`).AttrOr("id", ""); wrong != "q4" {
				t.Errorf("%s %s: %s is wrong, want q4", lang, seed, wrong)
			}
		}
	}
}
