package tests

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestALessonIsTaughtFromTheKeyboard(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lessons/session?step=1")
	b.follow(func() { b.key(kb.ArrowRight) })
	at := func(want string) {
		t.Helper()
		if got := eval[string](b, "location.pathname + location.search"); got != want {
			t.Fatalf("the page is %s, want %s", got, want)
		}
	}
	at("/en/lessons/session?step=2")
	for n, key := range []string{"1", "2", "3"} {
		b.key(key)
		if got := eval[int](b, `[...document.querySelectorAll("[data-guess] input")].findIndex((i) => i.checked)`); got != n {
			t.Errorf("%s chooses option %d, want %d", key, got, n)
		}
	}
	b.key("2")
	b.key("r")
	b.until(`document.querySelector('[data-outcome="b"][data-held="true"]') !== null`)
	b.compare("after R")
	b.until(`document.querySelector("[data-panels]").getAttribute("aria-busy") === "false"`)

	b.key("c")
	if got := eval[string](b, "document.documentElement.dataset.view ?? ''"); got != "class" {
		t.Errorf("C makes the view %q, want class", got)
	}
	b.key("C", chromedp.KeyModifiers(chromedp.ModifierShift))
	if got := eval[string](b, "document.documentElement.dataset.view ?? ''"); got != "" {
		t.Errorf("a second C makes the view %q, want the usual one", got)
	}
	b.key("?")
	b.until(`document.querySelector("dialog").open`)
	b.key(kb.ArrowRight) // while the list of keys is open, keys do not act on the page
	b.key(kb.Escape)
	b.until(`!document.querySelector("dialog").open && document.activeElement === document.body`)
	at("/en/lessons/session?step=2")
	b.follow(func() { b.key(kb.ArrowLeft) })
	at("/en/lessons/session?step=1")
	b.follow(func() { b.key(kb.ArrowLeft) })
	at("/en/lessons/cookie?step=7")
}

func TestKeysLeaveFieldsAndTheBrowserAlone(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/lab")
	b.do(chromedp.Focus(chromedp.CSS(`form:has([data-action="set_cookie"]) [name="value"]`)))
	b.key("rc?13+")
	if got := eval[string](b, `document.activeElement.value`); !strings.Contains(got, "rc?13+") {
		t.Errorf("in a field one types %q, want rc?13+ in it", got)
	}
	still := func(what string) {
		t.Helper()
		if eval[bool](b, `document.querySelector("dialog").open || document.documentElement.dataset.view === "class" || document.documentElement.style.getPropertyValue("--scale") !== ""`) {
			t.Errorf("%s does something", what)
		}
	}
	still("typing in a field")
	eval[bool](b, `(document.activeElement.blur(), true)`)
	for _, modifier := range []chromedp.Modifier{chromedp.ModifierCtrl, chromedp.ModifierAlt, chromedp.ModifierMeta} {
		for _, key := range []string{"c", "1", "?"} {
			b.key(key, chromedp.KeyModifiers(modifier))
		}
		still(fmt.Sprintf("a key with modifier %v", modifier))
	}
	b.open("/en/lessons/session?step=2")
	b.do(chromedp.Focus(chromedp.CSS(`[data-guess] input`)))
	b.key(kb.ArrowDown + kb.ArrowRight)
	if got := eval[string](b, "location.search"); got != "?step=2" {
		t.Errorf("arrows among the options lead to %s", got)
	}
	b.do(chromedp.Focus(chromedp.CSS(`[role="tab"][aria-selected="true"]`)))
	b.key(kb.ArrowRight)
	if got := eval[string](b, `location.search + document.activeElement.id`); got != "?step=2tab-go" {
		t.Errorf("an arrow on a tab leads to %s, want the other tab", got)
	}
	eval[bool](b, `(document.activeElement.blur(), true)`)
	b.key("?")
	b.until(`document.querySelector("dialog").open`)
	b.click("[data-keys-off]")
	b.key(kb.Escape)
	b.until(`!document.querySelector("dialog").open && document.activeElement === document.body`)
	eval[bool](b, `(document.activeElement.blur(), true)`)
	b.key("c1" + kb.ArrowRight)
	still("a key that is turned off")
	if got := eval[string](b, `location.search + document.querySelectorAll("[data-guess] input:checked").length`); got != "?step=20" && got != "?step=21" {
		t.Errorf("a key that is turned off leads to %s", got)
	}
	b.open("/en/lessons/session?step=2") // the choice is remembered
	b.key("c")
	still("a key that was turned off on another page")
	b.key("?")
	b.until(`document.querySelector("dialog").open`)
}

// Who goes back through the lab's panels by keyboard sees where the focus is: nothing that has it
// is under the sentence, which stays at the top (WCAG 2.4.11).
func TestTheSentenceCoversNoFocus(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.EmulateViewport(1280, 720))
	b.open("/en/lab")
	b.press(`[data-action="set_cookie"]`)
	b.press(`[data-action="set_session"]`)
	covered := eval[[]string](b, `[...document.querySelectorAll(".trio :is(a, button, summary)")].reverse().filter((e) => {
		document.querySelector(".show").scrollTop = 9999;
		e.focus();
		const box = e.getBoundingClientRect();
		const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
		return e === document.activeElement && !(top && (e.contains(top) || top.contains(e)));
	}).map((e) => e.className + " " + e.textContent.slice(0, 20))`)
	if len(covered) != 0 {
		t.Errorf("covered while they have the focus are %q", covered)
	}
}
