package tests

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestALinkShowsTheSameMomentToEveryone(t *testing.T) {
	t.Parallel()
	w := openTimeMachine(t, "/zh/lessons/two-browsers?step=2")
	for i := range 2 {
		w.press(fmt.Sprintf("[data-actions] form:nth-of-type(%d) [data-action]", i+1))
	}
	w.goes("/set_cookie?name=茶&value=少冰")
	w.click(`[data-frame="back"]`)
	w.click(`[data-frame="back"]`)
	script, n := w.linked()
	same(t, "frames in the link", []int{len(script), n}, []int{4, 2})
	here := eval[string](w.tab, "location.pathname + location.search + location.hash")

	other := w.elsewhere(here)
	before, rows := other.jar(), len(w.rig.rows())
	place := len(w.rig.since(0))
	other.at("opened by another", n, w.played("zh", script))
	same(t, "the moment", other.shownNow(), w.shownNow())
	same(t, "the address", eval[string](other.tab, "location.pathname + location.search + location.hash"), here)
	same(t, "the other's mode", eval[string](other.tab, "document.documentElement.dataset.mode"), "world")
	// There it acts in the world, and in the world only.
	other.click(`[data-frame="last"]`)
	other.goes("/flush")
	other.press(`[data-world="close"]`)
	other.left(before)
	for _, s := range w.rig.since(place) {
		if !strings.HasSuffix(s.request.URL.Path, "/play") {
			t.Errorf("the other has asked for %s", s.request.URL)
		}
	}
	if got := w.rig.rows(); len(got) != 1 || rows != 1 || !strings.Contains(got[0].Data, "real") {
		t.Errorf("the real table has %v, want the other's own row and no more", got)
	}
	// The real row goes, so that the table is empty again for the end of the test.
	other.open("/en/lab")
	other.lab("flush", "")
}

// If a link's fragment is damaged, in whatever way, the page says so and shows the step from
// its start; no script fails.
func TestADamagedLinkIsSaidAndTheStepBegins(t *testing.T) {
	t.Parallel()
	good := []scriptAction{visits("A", "/set_session")}
	many := slices.Repeat([]scriptAction{{"do": "purge"}}, 501)
	deep := base64.RawURLEncoding.EncodeToString([]byte(`{"l":"x","a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `,"f":0}`))
	whole := inFragment(t, map[string]any{"a": sampleScript(), "f": 2})
	w := openTimeMachine(t, "/en/lessons/lifetime?step=2")
	first := w.shownNow()
	_, start := w.linked()
	const page = "/en/lessons/lifetime?step=2"
	for name, fragment := range map[string]string{
		"no base64":           "%%%",
		"not its letters":     "少冰",
		"half of one":         whole[:len(whole)/2],
		"a letter too many":   whole + "A",
		"no UTF-8":            base64.RawURLEncoding.EncodeToString([]byte("{\"a\":[],\"f\":0,\"l\":\"\xff\"}")),
		"no JSON":             base64.RawURLEncoding.EncodeToString([]byte("{")),
		"null":                inFragment(t, nil),
		"a number":            inFragment(t, 7),
		"a list":              inFragment(t, []int{1}),
		"no actions":          inFragment(t, map[string]any{"f": 0}),
		"actions no list":     inFragment(t, map[string]any{"a": map[string]any{"length": 1}, "f": 0}),
		"actions of no kind":  inFragment(t, map[string]any{"a": []any{1, "two", nil}, "f": 0}),
		"wrong types":         inFragment(t, map[string]any{"a": []scriptAction{{"do": "wait", "seconds": "1"}}, "f": 0}),
		"an unknown action":   inFragment(t, map[string]any{"a": []scriptAction{{"do": "dance"}}, "f": 0}),
		"another internet":    inFragment(t, map[string]any{"a": []scriptAction{visits("A", "https://example.com/")}, "f": 1}),
		"no frame":            inFragment(t, map[string]any{"a": good}),
		"a frame before":      inFragment(t, map[string]any{"a": good, "f": -1}),
		"a frame beyond":      inFragment(t, map[string]any{"a": good, "f": 2}),
		"a frame between":     inFragment(t, map[string]any{"a": good, "f": 0.5}),
		"a frame of words":    inFragment(t, map[string]any{"a": good, "f": "1"}),
		"too many actions":    inFragment(t, map[string]any{"a": many, "f": 0}),
		"too many frames":     inFragment(t, map[string]any{"a": append([]scriptAction{visits("A", "/set_session?a="+strings.Repeat("x", 30000))}, many[:400]...), "f": 0}),
		"too long":            inFragment(t, map[string]any{"a": good, "f": 1, "x": strings.Repeat("x", 60000)}),
		"deep":                deep,
		"a host of no kind":   inFragment(t, map[string]any{"a": []scriptAction{visits("A", "http://<script>.test/")}, "f": 1}),
		"a browser with html": inFragment(t, map[string]any{"a": []scriptAction{visits(strings.Repeat("<b>", 20), "/")}, "f": 1}),
	} {
		w.enter(page + "#w=" + fragment)
		w.until(`document.querySelector(".lead-note").textContent.includes("damaged or too long")`)
		w.forgive("/play", "status of 4")
		got := w.shownNow()
		got.Said = first.Said
		same(t, name+": the moment", got, first)
		if _, n := w.linked(); n != start {
			t.Errorf("%s: the address holds frame %d, want the start, %d", name, n, start)
		}
		w.mu.Lock()
		if len(w.wrongs) > 0 {
			t.Errorf("%s: %q", name, w.wrongs)
			w.wrongs = nil
		}
		w.mu.Unlock()
	}
	// The page still works, and a link that is followed while it is open is played too.
	w.press("[data-actions] [data-action]")
	eval[string](w.tab, fmt.Sprintf("location.hash = %q", "#w="+whole))
	w.until(`document.querySelectorAll("[data-frames] button").length === 6`)
	w.at("a link that came later", 2, w.played("en", sampleScript()))
	eval[string](w.tab, `location.hash = "#w=nonsense"`)
	w.until(`document.querySelector(".lead-note").textContent.includes("damaged or too long")`)
}

// Markup and script in a link are shown as text.
func TestAHostileLinkIsShownAndNothingElse(t *testing.T) {
	t.Parallel()
	const nasty = `"'><img src=x onerror=document.title=1><script>document.title=2</script>`
	actions := []scriptAction{
		{"do": "put", "browser": `"><i>`, "name": `<u onclick>`, "value": nasty},
		{"do": "put", "browser": "B", "name": "sessionid", "value": nasty},
		visits(`"><i>`, "/set_session?"+url.Values{nasty: {nasty}}.Encode()),
		{"do": "script", "browser": "B", "set": "<s>=" + nasty},
		visits("B", "/<script>document.title=4</script>"),
		{"do": "server", "op": "delete", "key": nasty},
		{"do": "put", "browser": "__proto__", "name": "constructor", "value": "javascript:document.title=5", "__proto__": map[string]any{"do": "purge"}},
	}
	w := openTimeMachine(t, link(t, "/en/lab", actions, len(actions)))
	all := w.played("en", actions)
	title := eval[string](w.tab, "document.title")
	for n := range all {
		w.click(fmt.Sprintf(`[data-frames] [data-n="%d"]`, n))
		w.at("frame by frame", n, all)
	}
	// Its cookies can be handled, its browsers act.
	w.press(w.tool("__proto__", "constructor", "delete"))
	same(t, "the jar of __proto__", w.jarOf("__proto__"), []string{})
	eval[bool](w.tab, `(document.querySelectorAll("[data-actor]").forEach((b) => b.click()), true)`)
	w.goes("/set_cookie")
	if grown := eval[int](w.tab, `document.querySelectorAll(".show img, .show script, .show i, .show u, .show s, .show [onclick]").length`); grown != 0 {
		t.Errorf("the page has grown %d elements", grown)
	}
	same(t, "the title", eval[string](w.tab, "document.title"), title)
}

func TestALinkThatIsAsLargeAsMayBe(t *testing.T) {
	t.Parallel()
	var actions []scriptAction
	for i := range 250 {
		actions = append(actions, visits("A", fmt.Sprintf("/set_cookie?value=%d", i)), scriptAction{"do": "purge"})
	}
	w := openTimeMachine(t, link(t, "/zh/lab", actions, 499))
	same(t, "frames", eval[int](w.tab, `document.querySelectorAll("[data-frames] button").length`), 501)
	same(t, "the jar", w.jarOf("A"), []string{"num=249"})
	// Frames far away are drawn when they are stepped to.
	place := len(w.rig.since(0))
	w.click(`[data-frame="first"]`)
	w.until(`document.querySelector("[data-frames] [aria-current]").dataset.n === "0"`)
	same(t, "the jar at first", w.jarOf("A"), []string{})
	w.click(`[data-frame="forward"]`)
	same(t, "the jar then", w.jarOf("A"), []string{"num=0"})
	if asked := w.rig.since(place); len(asked) == 0 || !strings.HasSuffix(asked[0].request.URL.Path, "/play") {
		t.Errorf("for a frame far away %d requests are made", len(asked))
	}
	w.click(`[data-frame="last"]`)
	w.goes("/set_cookie") // one too many
	w.until(`document.querySelector(".lead-note").textContent.includes("500")`)
	w.forgive("/play", "status of 400")
	if script, n := w.linked(); len(script) != 500 || n != 500 {
		t.Errorf("the address holds %d actions and frame %d", len(script), n)
	}
}
