package take

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cookielab/internal/world"

	"github.com/google/go-cmp/cmp"
)

var hostile = []string{
	`'; touch owned; '`, `$(touch owned)`, "`touch owned`", `"; touch owned; "`, `\`, `\'`, `'`, `''`, `"`, `$HOME ${IFS} $$ !!`,
	`-rf`, `--output=owned`, `-o owned`, `@/etc/passwd`, `* ? [a-z] {a,b} ~`, "a\tb", `茶 🍵`, `%s%n\n\0`, `a && touch owned | cat > owned # x`, `{{.}}`,
}

func request(method, address string, body *string, headers ...string) world.Request {
	r := world.Request{Method: method, URL: address, Body: body}
	for pair := range slices.Chunk(headers, 2) {
		r.Headers = append(r.Headers, [2]string{pair[0], pair[1]})
	}
	return r
}

// shell runs a line in a POSIX shell where curl is replaced by a function that prints its
// arguments, each followed by a NUL, and then its input.
func shell(t *testing.T, line string) (args []string, input string) {
	t.Helper()
	stub := `curl() { for a in "$@"; do printf '%s\0' "$a"; done; printf '\0\0'; case " $* " in *" @- "*) cat;; esac; }
`
	command := exec.CommandContext(t.Context(), "sh", "-c", stub+line)
	command.Dir = t.TempDir()
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("sh: %v %s: %s", err, &complaints, line)
	}
	if left, err := os.ReadDir(command.Dir); err != nil || len(left) > 0 {
		t.Fatalf("the shell made files: %v", left)
	}
	said, input, found := strings.Cut(string(out), "\x00\x00\x00")
	if !found {
		t.Fatalf("the shell ran something else: %q from %s", out, line)
	}
	return strings.Split(said, "\x00"), input
}

func TestTheShellReadsACurlLineAsItWasMeant(t *testing.T) {
	here := &url.URL{Scheme: "http", Host: "localhost:8080"}
	text := func(s string) *string { return &s }
	tests := map[string]struct {
		request world.Request
		args    []string
		input   string
	}{
		"as plain as can be": {request("GET", "http://localhost:8080/get_cookie", nil, "Host", "localhost:8080", "Accept", "*/*"),
			[]string{"-i", "-X", "GET", "http://localhost:8080/get_cookie"}, ""},
		"with what a route looks at": {request("GET", "http://localhost:8080/get_session?key=a", nil, "Cookie", "a=1", "Accept-Language", "zh", "User-Agent", "x", "X-Observe", "1"),
			[]string{"-i", "-X", "GET", "-H", "Accept-Language: zh", "-H", "Cookie: a=1", "http://localhost:8080/get_session?key=a"}, ""},
		"the localhost of the time machine": {request("GET", "http://localhost:1234/a", nil),
			[]string{"-i", "-X", "GET", "http://localhost:8080/a"}, ""},
		"a made-up host": {request("GET", "http://tea.example/set_cookie", nil),
			[]string{"-i", "-X", "GET", "--connect-to", "::localhost:8080", "http://tea.example/set_cookie"}, ""},
		"a made-up host with https": {request("GET", "https://shop.tea.example/", nil),
			[]string{"-i", "-X", "GET", "--connect-to", "::localhost:8080", "http://shop.tea.example/"}, ""},
		"HEAD": {request("HEAD", "http://localhost:8080/clear", text("x")),
			[]string{"--head", "http://localhost:8080/clear"}, ""},
		"a method with a quote": {request("G'T", "http://localhost:8080/clear", nil),
			[]string{"-i", "-X", "G'T", "http://localhost:8080/clear"}, ""},
		"a form": {request("POST", "http://localhost:8080/set_session", text("a=1&b=2"), "Content-Type", "application/x-www-form-urlencoded"),
			[]string{"-i", "-X", "POST", "-H", "Content-Type: application/x-www-form-urlencoded", "--data-raw", "a=1&b=2", "http://localhost:8080/set_session"}, ""},
		"an empty form": {request("POST", "http://localhost:8080/set_session", text(""), "Content-Type", "text/plain"),
			[]string{"-i", "-X", "POST", "-H", "Content-Type: text/plain", "--data-raw", "", "http://localhost:8080/set_session"}, ""},
		"a body without a type": {request("POST", "http://localhost:8080/x", text("@/etc/passwd")),
			[]string{"-i", "-X", "POST", "-H", "Content-Type:", "--data-raw", "@/etc/passwd", "http://localhost:8080/x"}, ""},
		"a body of many lines": {request("POST", "http://localhost:8080/x", text("--b\r\n'\\n' %s\n\n"), "Content-Type", "multipart/form-data; boundary=b"),
			[]string{"-i", "-X", "POST", "-H", "Content-Type: multipart/form-data; boundary=b", "--data-binary", "@-", "http://localhost:8080/x"}, "--b\r\n'\\n' %s\n\n"},
		"a body with a NUL": {request("POST", "http://localhost:8080/x", text("a\x00b"), "Content-Type", "text/plain"),
			[]string{"-i", "-X", "POST", "-H", "Content-Type: text/plain", "--data-raw", "ab", "http://localhost:8080/x"}, ""},
		"an empty cookie header": {request("GET", "http://localhost:8080/", nil, "Cookie", ""),
			[]string{"-i", "-X", "GET", "-H", "Cookie;", "http://localhost:8080/"}, ""},
		"a header that would be two": {request("GET", "http://localhost:8080/", nil, "Cookie", "a=1\r\nX-Evil: 1\x00\n"),
			[]string{"-i", "-X", "GET", "-H", "Cookie: a=1X-Evil: 1", "http://localhost:8080/"}, ""},
		"octets that an address cannot hold": {request("GET", "http://localhost:8080/a b?c=茶&d='#x", nil),
			[]string{"-i", "-X", "GET", "http://localhost:8080/a%20b?c=%E8%8C%B6&d='"}, ""},
		"what curl takes for a pattern": {request("GET", "http://localhost:8080/x?a={1,2}[3-4]", nil),
			[]string{"-i", "-X", "GET", "--globoff", "http://localhost:8080/x?a={1,2}[3-4]"}, ""},
		"a path that curl would tidy up": {request("GET", "http://localhost:8080/a/../get_cookie", nil),
			[]string{"-i", "-X", "GET", "--path-as-is", "http://localhost:8080/a/../get_cookie"}, ""},
		"an address without a path": {request("GET", "http://localhost:8080?a=1", nil),
			[]string{"-i", "-X", "GET", "http://localhost:8080/?a=1"}, ""},
	}
	for i, evil := range hostile {
		tests["hostile "+strconv.Itoa(i)] = struct {
			request world.Request
			args    []string
			input   string
		}{
			request("POST", "http://localhost:8080/x?q="+url.QueryEscape(evil), &evil, "Cookie", "a="+evil, "Content-Type", "text/plain", "Referer", evil),
			[]string{"-i", "-X", "POST", "-H", "Content-Type: text/plain", "-H", "Cookie: a=" + evil, "-H", "Referer: " + evil,
				"--data-raw", evil, "http://localhost:8080/x?q=" + url.QueryEscape(evil)}, "",
		}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			line := curlLine(here, test.request)
			if strings.ContainsAny(line, "\n\r\x00") {
				t.Errorf("it is not one line: %q", line)
			}
			args, input := shell(t, line)
			if diff := cmp.Diff(test.args, args); diff != "" || input != test.input {
				t.Errorf("it reads %q and (-want +got):\n%s", input, diff)
			}
		})
	}
}
