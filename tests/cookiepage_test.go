package tests

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// says waits until the answer contains these words.
func (b *tab) says(words string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector("[data-says]")?.textContent.includes(%q)`, words))
}

// behind returns the question in the fragment of the page's address.
func (b *tab) behind() map[string]string {
	b.t.Helper()
	_, text, found := strings.Cut(eval[string](b, "location.hash"), "#q=")
	if !found {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var fields map[string]string
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	if err != nil {
		b.t.Fatalf("the address holds %s: %v", text, err)
	}
	return fields
}

func linkTo(lang string, fields map[string]string) string {
	raw, _ := json.Marshal(fields)
	return "/" + lang + "/cookie#q=" + base64.RawURLEncoding.EncodeToString(raw)
}

func TestALineIsExplainedAsItIsTyped(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/cookie")
	if got := b.behind(); got != nil {
		t.Errorf("before anything is asked the address holds %v", got)
	}
	place := len(b.rig.since(0))
	eval[bool](b, `document.querySelector("[name=lines]").value = "", document.querySelector("[name=lines]").focus(), true`)
	const line = "num=奶茶; Secure; SameSite=None"
	b.do(chromedp.KeyEvent(line))
	b.says("num: stored")
	b.until(`document.querySelector("[data-cookie]").dataset.sameSite === "None" && document.querySelector("[data-answer]").getAttribute("aria-busy") !== "true"`)
	if got := b.behind()["lines"]; got != line {
		t.Errorf("the address holds %q, want %q", got, line)
	}
	if focus := eval[string](b, "document.activeElement.name"); focus != "lines" {
		t.Errorf("typing has lost the field to %q", focus)
	}
	asked := b.rig.since(place)
	if len(asked) > 1+len(line)/2 {
		t.Errorf("%d requests for %d keys", len(asked), len(line))
	}
	for _, s := range asked {
		if s.request.URL.RawQuery != "" || s.header.Get("Set-Cookie") != "" || strings.Contains(s.body, "<form") {
			t.Errorf("%s %s: more than an answer, or more in the address than a path", s.request.Method, s.request.URL)
		}
	}
}

func TestALinkRestoresItsQuestion(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open(linkTo("zh", map[string]string{"lines": "茶=1; Secure\nnum=1; Path=/x", "url": "http://tea.example/", "kind": "img", "from": "https://a.test/", "unknown": "x"}))
	b.says("2 行：收下 1 行，拒收 1 行。")
	if got := eval[string](b, `["lines", "url", "kind", "from", "next"].map((n) => document.forms.question.elements[n].value).join("|")`); got != "茶=1; Secure\nnum=1; Path=/x|http://tea.example/|img|https://a.test/|" {
		t.Errorf("the form holds %q", got)
	}
	b.click("[data-language=en]")
	b.says("2 lines: 1 kept, 1 refused.")
}

func TestADamagedLinkIsSaidAndTheDefaultShown(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{"#q=%%%", "#q=", "#q=bnVsbA", "#q=WzFd", "#q=eyJsaW5lcyI6MX0", "#q=e30", "#q=_____w"} {
		b := browse(t)
		b.open("/en/cookie" + damage)
		b.says("The question in this link is damaged")
		if got := eval[string](b, `document.querySelector("[data-verdict-line]").dataset.code + location.hash + document.forms.question.elements.url.value`); got != "storedhttps://tea.example/login" {
			t.Errorf("%s: shown is %q", damage, got)
		}
	}
}

func TestAnExampleARepairAndTheWayBack(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/cookie")
	b.click("[data-example=samesite]")
	b.says("num: refused")
	b.click("[data-repair]")
	b.says("num: stored")
	if got := b.behind(); got["lines"] != "num=1; SameSite=None; Secure" {
		t.Errorf("the address holds %v", got)
	}
	b.do(chromedp.NavigateBack())
	b.says("num: refused")
	if got := eval[string](b, `document.querySelector("[name=lines]").value`); got != "num=1; SameSite=None" {
		t.Errorf("the form holds %q", got)
	}
	b.do(chromedp.NavigateBack())
	b.says("sessionid: stored")
	// A link within the page is no question.
	eval[bool](b, `location.hash = "#examples", true`)
	b.says("sessionid: stored")
}

func TestWhatIsFoldedStaysFoldedWhileOneTypes(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open(linkTo("en", map[string]string{"lines": "a=1\nb=2", "url": "https://tea.example/"}))
	b.says("2 lines: 2 kept")
	if got := eval[string](b, `[...document.querySelectorAll(".anatomy")].map((d) => d.open).join()`); got != "false,true" {
		t.Errorf("open are %s, want the last line's", got)
	}
	b.click("[data-verdict-line='1'] summary")
	b.click("[data-verdict-line='2'] summary")
	eval[bool](b, `document.querySelector("[name=lines]").focus(), true`)
	b.do(chromedp.KeyEvent("2"))
	b.until(`[...document.querySelectorAll("[data-cookie]")].some((c) => c.dataset.value === "22")`)
	if got := eval[string](b, `[...document.querySelectorAll(".anatomy")].map((d) => d.open).join()`); got != "true,false" {
		t.Errorf("open are %s, want what was opened", got)
	}
}

func TestTooMuchIsSaidWithoutAsking(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.open("/en/cookie")
	place := len(b.rig.since(0))
	eval[bool](b, `(() => {
		const field = document.querySelector("[name=lines]");
		field.value = "a".repeat(70000);
		return field.dispatchEvent(new Event("input", { bubbles: true }));
	})()`)
	b.says("over 64 KiB")
	if got := len(b.rig.since(place)); got != 0 {
		t.Errorf("%d requests", got)
	}
}

func TestTheCookiePageIsAccessibleWhateverItSays(t *testing.T) {
	t.Parallel()
	for theme, lang := range map[string]string{"light": "zh", "dark": "en"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			b := examined(t, theme)
			b.open("/" + lang + "/cookie")
			for _, example := range []string{"prefix", "typo", "several", "wrong-path", "form-post", "crowd"} {
				b.click("[data-example=" + example + "]")
				b.until(`document.querySelector("[data-answer]").getAttribute("aria-busy") !== "true" && location.hash.length > 1`)
				b.accessible(example)
			}
			eval[bool](b, `document.querySelector("[name=url]").value = "ftp://", document.forms.question.requestSubmit(), true`)
			b.until(`document.querySelector("[data-trouble]")`)
			b.accessible("a problem")
		})
	}
}

func TestTheCookiePageFitsAPhone(t *testing.T) {
	t.Parallel()
	b := browse(t)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	for _, lang := range []string{"zh", "en"} {
		b.open("/" + lang + "/cookie")
		for _, example := range []string{"login", "size", "several", "overwrite-secure", "crowd"} {
			b.click("[data-example=" + example + "]")
			b.until(`document.querySelector("[data-answer]").getAttribute("aria-busy") !== "true" && location.hash.length > 1`)
			if wide := eval[int](b, "document.documentElement.scrollWidth"); wide > 390 {
				t.Errorf("%s %s: %d px wide", lang, example, wide)
			}
		}
	}
}
