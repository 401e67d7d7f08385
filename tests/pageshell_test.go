package tests

import (
	"net/http"
	"strings"
	"testing"
)

// A step's page that was assembled from parts drawn once is the same as one drawn as a
// whole: for a browser without cookies, for one with many, and at another time.
func TestAStepDrawnOnceIsTheSameForAll(t *testing.T) {
	warm, cold := site(t), site(t)
	var pages []string
	for _, lang := range []string{"en", "zh"} {
		for _, lesson := range warm.lessons.Lessons {
			pages = append(pages, "/"+lang+"/lessons/"+lesson.ID)
			for _, step := range lesson.Steps {
				pages = append(pages, stepAddress(lang, step))
				if lang == "en" {
					pages = append(pages, stepAddress(lang, step)+"&path=45")
				}
			}
		}
	}
	ask := func(r *rig, v *visitor, page string) string {
		t.Helper()
		a := v.browse(page)
		if a.status != http.StatusOK {
			t.Fatalf("%s is %d", page, a.status)
		}
		return strings.ReplaceAll(a.body, strings.TrimPrefix(r.url, "http://127.0.0.1"), ":PORT")
	}
	nobody := [2]*visitor{warm.visitor(), cold.visitor()}
	for _, page := range pages {
		first := ask(warm, nobody[0], page)
		for range 2 {
			if again := ask(warm, nobody[0], page); again != first {
				t.Fatalf("%s is drawn again as another page", page)
			}
		}
	}
	known := [2]*visitor{warm.visitor(), cold.visitor()}
	for i, r := range []*rig{warm, cold} {
		r.advance(90 * 60 * 1e9)
		for _, path := range []string{"/set_session?username=li", "/set_cookie?num=1&max_age=600", "/set_cookie?name=theme&value=dark", "/set_cookie?name=tea&value=%3Cb%3E"} {
			known[i].get(path)
		}
	}
	queries := []string{"", "&did=1", "&ask=1&guess=a", "&setup=1", "&unknown=%3Cb%3E"}
	for n, page := range pages {
		for _, at := range []string{page, page + queries[n%len(queries)]} {
			if !strings.Contains(page, "?") {
				at = page
			}
			if got, want := ask(warm, known[0], at), ask(cold, known[1], at); got != want {
				t.Fatalf("%s of a browser with cookies is not what it is where nothing was drawn before", at)
			}
		}
		if got, want := ask(warm, nobody[0], page), ask(cold, nobody[1], page); got != want {
			t.Fatalf("%s after a while is not what it is where a browser with cookies came first", page)
		}
	}
}
