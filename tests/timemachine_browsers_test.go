package tests

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestTwoBrowsersAtTheSidesOfOneTable(t *testing.T) {
	t.Parallel()
	w := openTimeMachine(t, "/en/lab")
	w.goes("/set_session")
	place := len(w.rig.since(0))
	w.click(`[data-world="add"]`)
	same(t, "who acts", eval[[]string](w.tab, `[...document.querySelectorAll("[data-actor]")].map((b) => b.textContent + " " + b.ariaPressed)`), []string{"A false", "B true"})
	if n := len(w.rig.since(place)); n != 0 {
		t.Errorf("a second browser has made %d requests before it did anything", n)
	}
	w.goes("/set_session?username=li")
	same(t, "the last action", w.last(), visits("B", "/set_session?username=li"))
	type sides struct{ A, Server, B [2]float64 }
	at := eval[sides](w.tab, `(() => {
		const ends = (selector) => { const box = document.querySelector(selector).getBoundingClientRect(); return [box.left, box.right]; };
		return { A: ends('[data-browser="A"]'), Server: ends('[data-panel="server"]'), B: ends('[data-browser="B"]') };
	})()`)
	if at.A[1] > at.Server[0] || at.Server[1] > at.B[0] {
		t.Errorf("they stand at %v, want A, the table and B from left to right", at)
	}
	if a, b := w.jarOf("A"), w.jarOf("B"); len(a) != 1 || len(b) != 1 || a[0] == b[0] {
		t.Errorf("the jars have %q and %q, want a key each", a, b)
	}
	same(t, "rows", eval[int](w.tab, `document.querySelectorAll("[data-row]").length`), 2)

	// A copied key is a stolen identity.
	w.press(w.tool("A", "sessionid", "copy"))
	same(t, "the copy", w.last()["copy"], "A")
	same(t, "the jar of B", w.jarOf("B"), w.jarOf("A"))
	w.goes("/get_session?key=username")
	if body := eval[string](w.tab, `document.querySelector('[data-message="response"] pre').textContent`); body != "fan" {
		t.Errorf("with the copied key B reads %q, want fan", body)
	}
	// The acting browser is chosen by its name; the lab's own buttons act for it too.
	w.click(`[data-actor="A"]`)
	w.press(`[data-action="flush"]`)
	same(t, "the last action", w.last(), visits("A", "/flush"))
	same(t, "the jar of A", w.jarOf("A"), []string{})
	if got := w.jarOf("B"); len(got) != 1 {
		t.Errorf("B has %q, want the key that opens nothing any more", got)
	}
	w.click(`[data-actor="B"]`)
	w.press(`[data-action="get_session"]`)
	same(t, "the last action", w.last(), visits("B", "/get_session"))
	same(t, "the jar of B", w.jarOf("B"), []string{})

	// There may be eight browsers.
	for _, name := range []string{"C", "D", "E", "F", "G", "H"} {
		w.click(`[data-world="add"]`)
		w.goes("/set_cookie?value=" + name)
		same(t, "the jar of "+name, w.jarOf(name), []string{"num=" + name})
	}
	w.click(`[data-world="add"]`)
	same(t, "browsers", eval[string](w.tab, `[...document.querySelectorAll("[data-actor]")].map((b) => b.textContent).join("")`), "ABCDEFGH")
}

func TestACookieIsEditedCopiedAndDeletedByHand(t *testing.T) {
	t.Parallel()
	w := openTimeMachine(t, "/en/lab")
	w.goes("/set_cookie")
	w.goes("/set_cookie?name=tea&value=green")

	edit := func(name, text, key string) {
		t.Helper()
		w.click(w.tool("A", name, "edit"))
		w.do(chromedp.SendKeys(chromedp.CSS(".edit-value"), text))
		if got := eval[string](w.tab, `document.activeElement.value`); got != text {
			t.Fatalf("one types %q, want %q in place of the old value", got, text)
		}
		w.key(key)
	}
	edit("num", "no", kb.Escape)
	w.until(`document.querySelector(".edit-value") === null`)
	same(t, "after Escape", w.jarOf("A"), []string{"num=1", "tea=green"})
	edit("num", "r,.2", kb.Enter)
	w.until(shows("num", "r,.2"))
	same(t, "the last action", w.last(), scriptAction{"do": "put", "browser": "A", "name": "num", "value": "r,.2"})
	if got := w.jarOf("A"); !slices.Contains(got, "num=r,.2") || len(got) != 2 {
		t.Errorf("after Enter the jar has %q", got)
	}
	w.press(w.tool("A", "tea", "copy"))
	same(t, "the jar of B", w.jarOf("B"), []string{"tea=green"})
	w.press(w.tool("A", "tea", "delete"))
	same(t, "the last action", w.last(), scriptAction{"do": "delete", "browser": "A", "name": "tea"})
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
	same(t, "the jar of B", w.jarOf("B"), []string{"tea=green"})

	// A cookie is deleted where it is: under its own path, on its own host.
	w.goes("/set_cookie?name=deep&path=/get_cookie")
	w.press(w.tool("A", "deep", "delete"))
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
	w.goes("https://tea.example/set_cookie?name=away&secure=1&domain=tea.example")
	w.goes("/get_cookie")
	w.press(w.tool("A", "away", "copy"))
	w.press(w.tool("A", "away", "delete"))
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
	same(t, "the jar of B", w.jarOf("B"), []string{"tea=green", "away=1"})

	// What the rules forbid is reported, and changes nothing.
	_, before := w.linked()
	edit("num", "a;b", kb.Enter)
	w.until(`document.querySelector(".lead-note").textContent.includes(";")`)
	w.forgive("/play", "400")
	_, after := w.linked()
	same(t, "the frame after a bad value", after, before)
	same(t, "the jar of A", w.jarOf("A"), []string{"num=r,.2"})
}
