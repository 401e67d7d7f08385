package tests

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"cookielab/handlers"
	"cookielab/internal/session"
	"cookielab/lessons"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
)

// comparing are the steps that show what several actions leave.
var comparing = []string{"session/del-one", "session/clear", "session/flush"}

// remains is one line of the table: the data, or there, kept or gone.
type remains struct{ data, row, key, cookie string }

// remaining does one of the actions with a visitor of the real site, from where the
// step starts, and looks at what is left.
func remaining(t *testing.T, r *rig, step *lessons.Step, action string) remains {
	t.Helper()
	v := r.visitor()
	for _, a := range step.From {
		v.get(a.URL)
	}
	before := v.held(session.CookieName)
	if got := v.get(action); got.status != 200 {
		t.Fatalf("%s is answered with %d", action, got.status)
	}
	left := remains{data: "gone", row: "gone", key: "gone", cookie: "gone"}
	if v.held(session.CookieName) != "" {
		left.cookie = "there"
	}
	for _, row := range r.rows() {
		if row.Key == before {
			left.data, left.row, left.key = row.Data, "there", "kept"
		}
	}
	return left
}

// drawnRemains reads the table by what both languages share.
func drawnRemains(table *goquery.Selection) map[string]remains {
	lines := map[string]remains{}
	table.Find("[data-compared]").Each(func(_ int, line *goquery.Selection) {
		of := func(what string) string {
			cell := line.Find(`[data-left="` + what + `"]`)
			switch {
			case cell.Find("[data-key]").Length() > 0:
				return cell.Find("[data-key]").AttrOr("data-key", "")
			case cell.Find(".still").Length() > 0:
				return "there"
			case cell.Find(".lost").Length() > 0:
				return "gone"
			}
			return strings.TrimSpace(cell.Text())
		}
		lines[line.AttrOr("data-compared", "")] = remains{of("data"), of("row"), of("key"), of("cookie")}
	})
	return lines
}

// The table of comparisons says what the real site does, in each step that has one; the
// step's own line is highlighted.
func TestTheTableSaysWhatEachActionLeaves(t *testing.T) {
	t.Parallel()
	r := site(t)
	for _, lang := range []string{"zh", "en"} {
		for _, name := range comparing {
			step, ok := r.lessons.Step(name)
			if !ok {
				t.Fatalf("there is no step %s", name)
			}
			want := map[string]remains{}
			for _, action := range []string{"/del", "/clear", "/flush"} {
				want[action] = remaining(t, r, step, action)
			}
			script, err := json.Marshal(map[string]any{"lang": lang, "lesson": step.Lesson.ID, "step": step.ID, "actions": step.Actions()})
			if err != nil {
				t.Fatal(err)
			}
			var played struct{ Verdict string }
			answer := r.visitor().ask("POST", "/"+lang+"/play", string(script), "Content-Type", "application/json")
			if err := json.Unmarshal([]byte(answer.body), &played); err != nil {
				t.Fatal(err)
			}
			verdict, err := goquery.NewDocumentFromReader(strings.NewReader(played.Verdict))
			if err != nil {
				t.Fatal(err)
			}
			table := the(t, verdict.Selection, "table[data-compare]")
			if diff := cmp.Diff(want, drawnRemains(table), cmp.AllowUnexported(remains{})); diff != "" {
				t.Errorf("%s %s: (-done +drawn)\n%s", lang, name, diff)
			}
			if own := the(t, table, `[data-own="true"]`).AttrOr("data-compared", ""); own != step.Do[0].URL {
				t.Errorf("%s %s: %s is marked as the step's own, want %s", lang, name, own, step.Do[0].URL)
			}
		}
	}
}

// The table is shown only with the verdict, because it would give the answer away.
func TestTheTableComesAfterThePress(t *testing.T) {
	t.Parallel()
	b := browse(t)
	for _, step := range stepsOf(t, b, comparing...) {
		for _, query := range []string{"", "&ask=1"} {
			if b.rig.visitor().browse(stepAddress("en", step)+query).page().Find("[data-compare]").Length() != 0 {
				t.Errorf("%s%s shows the table before anything was done", step.ID, query)
			}
		}
		b.open(stepAddress("en", step))
		if eval[bool](b, `document.querySelector("[data-compare]") !== null`) {
			t.Errorf("%s shows the table before the press", step.ID)
		}
		b.byKey()
		b.verdictHolds(step.ID)
		if got := eval[string](b, `document.querySelector(".happening [data-compare] [aria-current] code")?.textContent ?? ""`); got != step.Do[0].URL {
			t.Errorf("%s: after the press the table marks %q, want %s", step.ID, got, step.Do[0].URL)
		}
	}
}

// A comparison that cannot be played, or shows nothing, stops the program at start.
func TestABrokenComparisonIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	const good = "compare: [/del, /clear, /flush]"
	for name, tt := range map[string]struct{ compare, want string }{
		"what is answered with an error": {"compare: [/del, /clear, /flush, '/del?key=nothing']", "/del?key=nothing is answered with 500"},
		"two that leave the same":        {"compare: [/del, /clear, /flush, '/del?key=age']", "/del and /del?key=age leave the same"},
	} {
		files := fstest.MapFS{}
		err := fs.WalkDir(lessons.FS, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(lessons.FS, path)
			files[path] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(text), good, tt.compare))}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		catalogue, err := lessons.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		fixed := assembled(t)
		_, err = handlers.New(handlers.Deps{
			Backend: session.NewMemory(), Now: newYear.Local, Rand: rand.NewChaCha8([32]byte{}),
			Lessons: catalogue, Pages: fixed.Pages, Static: fixed.Static,
		})
		if want := fmt.Sprintf(`step "del-one": compare: %s`, tt.want); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "02-session/lesson.yaml:") {
			t.Errorf("%s: New = %v, want the file and %q", name, err, want)
		}
	}
}
