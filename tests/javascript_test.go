package tests

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The modules in static/js/lib do not use the DOM. They are tested by node, or in a browser
// if there is no node.
func TestTheLibrariesKeepTheirPromises(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		promisesInBrowser(t)
		return
	}
	command := exec.CommandContext(t.Context(), node, "--test", "tests/js/")
	command.Dir = root(t)
	if text, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, text)
	}
}

func promisesInBrowser(t *testing.T) {
	served := http.NewServeMux()
	served.Handle("/", http.FileServer(http.Dir(root(t))))
	served.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	files := httptest.NewServer(served)
	t.Cleanup(files.Close)
	own := browse(t)
	b := openTab(t, own.rig, files.URL, own.ctx)
	b.do(chromedp.Navigate(files.URL + "/tests/js/"))
	broken := eval[[]string](b, `import("/tests/js/cases.js").then(({ cases }) => Object.entries(cases).flatMap(([name, run]) => {
		try {
			run();
			return [];
		} catch (error) {
			return [name + ": " + error.message];
		}
	}))`)
	for _, name := range broken {
		t.Error(name)
	}
}

// A page loads few modules; the time machine, the take-away and starting over are
// loaded when they are asked for.
func TestAPageLoadsThreeModulesAtMost(t *testing.T) {
	t.Parallel()
	b := browse(t)
	for _, address := range pageOfEachKind("en") {
		b.open(address)
		loaded := eval[[]string](b, `performance.getEntriesByType("resource").map((e) => new URL(e.name).pathname.replace(/^\/static\/[^/]*\/js\//, "")).filter((name) => name.endsWith(".js") && name !== "page.js")`)
		world := slices.Contains(loaded, "world.js")
		if most := map[bool]int{false: 3, true: 6}[world]; len(loaded) > most {
			t.Errorf("%s loads %q, want %d modules at most", address, loaded, most)
		}
		if world && !strings.Contains(address, "/lifetime?") {
			t.Errorf("%s loads the time machine unasked", address)
		}
	}
}
