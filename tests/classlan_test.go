package tests

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Over plain http on a network the students' pages say what differs there before the step
// that needs it, and only what is so in this browser. On localhost they say nothing.
func TestAClassIsToldOfPlainHTTPBeforeTheStepThatNeedsIt(t *testing.T) {
	t.Parallel()
	browser := aChromium(t)
	l := openRoom(t, realTime)
	local := l.sees(browser, "/en/class/"+l.code, 1280, 800)
	// The site is its own proxy, so that the name leads to it.
	proxied := func(p *target.CreateBrowserContextParams) { p.ProxyServer = strings.TrimPrefix(l.url, "http://") }
	lan := openTab(t, l.rig, "http://class.test", browser, chromedp.WithNewBrowserContext(proxied))
	lan.visit("/en/class/" + l.code)
	for _, step := range []struct {
		id            string
		secure, store bool // the notices that it needs
	}{{"session/locker", false, false}, {"attributes/secure", true, true}, {"lifetime/close-note", false, true}} {
		known, ok := l.lessons.Step(step.id)
		if !ok {
			t.Fatalf("there is no step %s", step.id)
		}
		l.moved(`{"step":"` + step.id + `"}`)
		for _, b := range []*tab{local, lan} {
			b.until(elem("[data-class]") + `.dataset.step === "` + step.id + `" && ` + elem(".now-head h1") + `.textContent === ` + quoteJS(known.Text["en"].Title))
		}
		if said := plainHTTP(local); len(said) != 0 {
			t.Errorf("%s: on localhost it is said %q", step.id, said)
		}
		said := strings.Join(plainHTTP(lan), " ")
		if strings.Contains(said, "Secure cookie") != step.secure || strings.Contains(said, "cookieStore") != step.store {
			t.Errorf("%s: on plain http it is said %q", step.id, said)
		}
	}
	// What is said is so: this browser has no cookieStore there and refuses Secure.
	for b, want := range map[*tab]bool{local: true, lan: false} {
		store, secure := eval[bool](b, `"cookieStore" in window`), eval[bool](b, `(document.cookie = "try=1; Secure", document.cookie.includes("try=1"))`)
		if store != want || secure != want {
			t.Errorf("%s: cookieStore %t, Secure kept %t", b.base, store, secure)
		}
	}
}

// plainHTTP returns what a student's page says about plain http, above the question.
func plainHTTP(b *tab) []string {
	return eval[[]string](b, `[...document.querySelectorAll(".plain-http")].filter((each) => {
		const question = document.querySelector("[data-choose]");
		return each.checkVisibility() && (!question || each.compareDocumentPosition(question) & Node.DOCUMENT_POSITION_FOLLOWING);
	}).map((each) => each.textContent)`)
}
