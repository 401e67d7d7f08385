package tests

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// printed returns how many sheets of A4 the page is when printed. The page objects in
// the PDF are not compressed, so they can be counted.
func (b *tab) printed() (pages int) {
	b.t.Helper()
	ours := true
	content := call(b, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &ours}).Data
	if !bytes.HasPrefix(content, []byte("%PDF")) {
		b.t.Fatalf("what is printed is no PDF: %.20q", content)
	}
	return bytes.Count(content, []byte("/Type /Page\n"))
}

// onPaper lays the page out as for print, on A4 within the margins.
func (b *tab) onPaper() {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(703, 1032))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

// cutOff lists the parts of a sheet whose content is cut off.
const cutOff = `[...document.querySelectorAll(".leaf, .leaf-question")].filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
	.map((e) => (e.dataset.leaf ?? e.dataset.question) + " " + e.scrollHeight + " of " + e.clientHeight)`

// A student's sheet has two pages, for the two sides of one sheet of paper, and the
// answers are on a third page. Nothing is cut off.
func TestAStudentsSheetIsTwoPagesAndOneOfAnswers(t *testing.T) {
	t.Parallel()
	b := browse(t)
	for _, lang := range []string{"zh", "en"} {
		for _, lesson := range b.rig.lessons.Lessons {
			name := lang + " " + lesson.ID
			b.do(chromedp.Navigate(b.base + "/" + lang + "/lessons/" + lesson.ID + "/sheet"))
			if eval[bool](b, `document.querySelector('[data-leaf="answers"] [data-leaf-fold]').open`) {
				t.Errorf("%s: on the screen the answers stand open", name)
			}
			b.onPaper()
			if got := b.printed(); got != 3 {
				t.Errorf("%s: printed it has %d pages, want 2 and one of answers", name, got)
			}
			if cut := eval[[]string](b, cutOff); len(cut) != 0 {
				t.Errorf("%s: there is more than shows in %q", name, cut)
			}
			for _, step := range lesson.Steps {
				for selector, want := range map[string]int{
					`[data-leaf="front"] [data-question="` + step.ID + `"], [data-leaf="back"] [data-question="` + step.ID + `"]`:                       1,
					`[data-leaf="answers"] [data-answer="` + step.ID + `"] [data-outcome="` + letterAt(lesson.ID, step.Number) + `"][data-held="true"]`: 1,
					`[data-leaf="answers"] [data-answer="` + step.ID + `"] [data-held="true"]`:                                                          1,
					`[data-question="` + step.ID + `"] :is([data-held], .take-home)`:                                                                    0,
					`[data-question="` + step.ID + `"] [data-option]`:                                                                                   len(step.Options),
				} {
					if got := eval[int](b, `document.querySelectorAll(`+quoteJS(selector)+`).length`); got != want {
						t.Errorf("%s: %d elements are %s, want %d", name, got, selector, want)
					}
				}
				if text := eval[string](b, `document.querySelector('[data-question="`+step.ID+`"]').innerText`); strings.Contains(text, step.Text[lang].Title) {
					t.Errorf("%s: the question of %s has the fact over it: %s", name, step.ID, step.Text[lang].Title)
				}
			}
		}
	}
}

// A printed step has the question and its options, and none of the controls.
func TestAPrintedStepKeepsItsQuestion(t *testing.T) {
	t.Parallel()
	b := browse(t)
	for _, address := range []string{"/zh/lessons/session?step=6", "/en/lessons/two-browsers?step=3", "/en/exam?seed=one"} {
		b.do(chromedp.Navigate(b.base + address))
		b.onPaper()
		for selector, want := range map[string]bool{
			".guess legend": true, ".guess .option": true, ".guess .option input": true,
			".actions": false, ".player": false, ".top": false, ".foot": false, ".teach": false, ".panel-tabs": false, ".submit": false,
		} {
			if got := eval[bool](b, `[...document.querySelectorAll(`+quoteJS(selector)+`)].some((e) => e.checkVisibility())`); got != want {
				t.Errorf("%s: printed it shows %s: %t, want %t", address, selector, got, want)
			}
		}
	}
}
