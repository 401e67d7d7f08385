package handlers

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/world"
)

// commands returns the lines that a shell would execute.
func commands(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// hostile are values that a shell or curl might take for something else.
var hostile = []string{
	`'; touch owned; '`, `$(touch owned)`, "`touch owned`", `"; touch owned; "`, `\`, `\'`, `'`, `''`, `"`, `$HOME ${IFS} $$ !!`,
	`-rf`, `--output=owned`, `-o owned`, `@/etc/passwd`, `* ? [a-z] {a,b} ~`, "a\tb", `茶 🍵`, `%s%n\n\0`, `a && touch owned | cat > owned # x`, `{{.}}`,
}

func TestCurlLinesRunAgainstThisServer(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("there is no curl here")
	}
	d := newDesk(t)
	var actions []object
	for _, evil := range hostile {
		actions = append(actions, goes("A", "/set_cookie?value="+url.QueryEscape(evil)), goes("A", "/get_cookie"),
			object{"do": "visit", "browser": "A", "url": "/get_cookie?name=a", "raw_cookie": "a=" + evil})
	}
	actions = append(actions,
		object{"do": "visit", "browser": "B", "url": "http://tea.example/set_cookie?name=a'b&value=1", "method": "POST"},
		goes("B", "https://tea.example:8443/get_cookie?name=a%27b&x={1,2}[3]"), goes("B", "http://127.0.0.1/nowhere"),
		object{"do": "visit", "browser": "B", "url": "/get_cookie", "method": "HEAD", "raw_cookie": ""},
		object{"do": "visit", "browser": "B", "url": "/get_cookie?safe=1", "method": "DELETE"},
	)
	moment := script(actions...)
	var want []world.Exchange
	frames, err := world.Play(world.Script{Lang: "en", Actions: readActions(t, actions)}, site.Handler, scene.Tell)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames[1:] {
		want = append(want, *f.Exchange)
	}
	lines := commands(d.taken("/en/curl", moment).body)
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	folder := t.TempDir()
	for i, line := range lines {
		command := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "curl ", "curl -q -sS --noproxy '*' --max-time 10 ", 1))
		command.Dir = folder
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s: %s", err, out, line)
		}
		head, body, _ := strings.Cut(string(out), "\r\n\r\n")
		asked := want[i].Response
		if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", asked.Status)) || body != asked.Body && asked.Status != 404 && want[i].Request.Method != "HEAD" {
			t.Errorf("%s\nanswers %s, %q; want %d, %q", line, head, body, asked.Status, asked.Body)
		}
		for _, h := range asked.Headers {
			if h[0] == "Set-Cookie" && !strings.Contains(head, h[1]) {
				t.Errorf("%s\nanswers without %s", line, h[1])
			}
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("the lines made files: %v %v", left, err)
	}
}

func readActions(t *testing.T, actions []object) []world.Action {
	t.Helper()
	text, err := json.Marshal(actions)
	if err != nil {
		t.Fatal(err)
	}
	var list []world.Action
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}
