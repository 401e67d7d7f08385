package tests

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// executable builds the program, once for all tests.
var executable = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "cookielab-test-")
	if err != nil {
		return "", err
	}
	afterTests = append(afterTests, func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "cookielab")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	command := exec.Command("go", "build", "-o", path, ".")
	command.Dir = ".."
	command.Env = append(os.Environ(), "CGO_ENABLED=0") // it needs no C compiler
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// patience is how long a test waits for a program to do what it should do at once.
const patience = 30 * time.Second

// A program is one that runs.
type program struct {
	t      *testing.T
	url    string
	dir    string
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr *bytes.Buffer
	ended  bool
}

// command is the program with arguments, in a folder of its own and with nothing
// in its environment that would change it.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Dir = t.TempDir()
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "COOKIELAB_") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(c.Env, env...)
	return c
}

// start runs the program and reads its address. It ends with the test.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	return started(t, command(t, nil, append([]string{"-addr", "localhost:0"}, args...)...))
}

func started(t *testing.T, c *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: c, dir: c.Dir, stderr: &bytes.Buffer{}}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.Stderr == nil {
		c.Stderr = p.stderr
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.ended {
			_ = c.Process.Kill() // it may have ended by itself
			_ = c.Wait()
		}
	})
	p.stdout = bufio.NewReader(out)
	line := make(chan string, 1)
	go func() {
		text, _ := p.stdout.ReadString('\n') // a program that ends says nothing, and the test says so
		line <- text
	}()
	select {
	case text := <-line:
		p.url = strings.TrimSuffix(text, "\n")
	case <-time.After(patience):
		t.Fatalf("the program says nothing in %v", patience)
	}
	if u, err := url.Parse(p.url); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Port() == "" {
		_ = c.Wait()
		p.ended = true
		t.Fatalf("the first line is %q, want an address; standard error: %s", p.url, p.stderr)
	}
	return p
}

func (p *program) port() string {
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	return u.Port()
}

// end sends a signal and waits; it returns the exit code.
func (p *program) end(signal os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

func (p *program) wait() int {
	p.t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, p.stdout)
		if wait := p.cmd.Wait(); wait != nil {
			err = wait
		}
		done <- err
	}()
	select {
	case <-done:
	case <-time.After(patience):
		p.t.Fatalf("the program does not end in %v", patience)
	}
	p.ended = true
	return p.cmd.ProcessState.ExitCode()
}

// refused runs the program, which must not start: it says one line on standard
// error, none on standard output, and exits with 1. The line is returned.
func refused(t *testing.T, env []string, args ...string) string {
	t.Helper()
	c := command(t, env, args...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Process.Kill() })
	err := c.Wait()
	stop()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%q ends with %v, want exit status 1", args, err)
	}
	if out.Len() > 0 {
		t.Errorf("%q says %q on standard output", args, out.String())
	}
	line := strings.TrimSuffix(errs.String(), "\n")
	if line == "" || strings.Contains(line, "\n") || strings.Contains(line, "goroutine") {
		t.Errorf("%q says %q on standard error, want one line", args, line)
	}
	return line
}

func TestTheProgramStartsAnswersAndStops(t *testing.T) {
	t.Parallel()
	for _, signal := range stops {
		p := start(t, "-store", "sqlite:sessions.db")
		if want := "http://localhost:" + p.port() + "/"; p.url != want {
			t.Errorf("the first line is %q, want %q", p.url, want)
		}
		v := visit(t, p.url)
		if a := v.browse("/zh/"); a.status != http.StatusOK || a.page().Find("h1").Length() != 1 {
			t.Errorf("/zh/ is %d", a.status)
		}
		if a := v.get("/healthz"); a.status != http.StatusOK {
			t.Errorf("/healthz is %d", a.status)
		}
		v.get("/set_session")
		if code := p.end(signal); code != 0 {
			t.Errorf("after %v the exit status is %d, want 0; standard error: %s", signal, code, p.stderr)
		}
		if _, err := os.Stat(filepath.Join(p.dir, "sessions.db")); err != nil {
			t.Errorf("the sessions are not kept: %v", err)
		}
	}
}

func TestTheTableIsDjangos(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "sqlite:sessions.db")
	v := visit(t, p.url)
	v.get("/set_session")
	v.get("/set_expiry?value=60")
	if code := p.end(os.Interrupt); code != 0 {
		t.Fatalf("exit status %d", code)
	}
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "sessions.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var key, data, expires string
	if err := db.QueryRow("SELECT session_key, session_data, expire_date FROM sessions").Scan(&key, &data, &expires); err != nil {
		t.Fatal(err)
	}
	if key != v.held("sessionid") {
		t.Errorf("session_key is %q, want %q", key, v.held("sessionid"))
	}
	var entries map[string]any
	if err := json.Unmarshal([]byte(data), &entries); err != nil {
		t.Errorf("session_data is %q, want JSON", data)
	}
	same(t, "session_data", entries, map[string]any{"username": "fan", "age": 18.0, "_session_expiry": 60.0})
	at, err := time.Parse(time.DateTime, expires)
	if err != nil {
		t.Fatalf("expire_date is %q, want a text such as 2026-01-15 00:00:00", expires)
	}
	if left := time.Until(at); left < 0 || left > time.Minute {
		t.Errorf("expire_date is in %v, want a minute from the request, in UTC", left)
	}
}

func TestSessionsOutliveTheProgram(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kept.db")
	p := start(t, "-store", "sqlite:"+file)
	v := visit(t, p.url)
	v.get("/set_session?username=li")
	key := v.held("sessionid")
	p.end(os.Interrupt)
	p = start(t, "-store", "sqlite:"+file)
	if a := visit(t, p.url).get("/get_session?key=username", "Cookie", "sessionid="+key); a.body != "li" {
		t.Errorf("after a restart the session has %q, want li", a.body)
	}
	p.end(os.Interrupt)
	p = start(t, "-store", "memory")
	if a := visit(t, p.url).get("/get_session?key=username", "Cookie", "sessionid="+key); a.status != http.StatusInternalServerError {
		t.Errorf("with -store memory the session has %q", a.body)
	}
}

func TestLocalhostIsBothOfItsAddresses(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "memory")
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost"} {
		if host == "[::1]" && !speaksIPv6(t) {
			continue
		}
		if a := visit(t, "http://"+host+":"+p.port()).get("/healthz"); a.status != http.StatusOK {
			t.Errorf("%s answers %d", host, a.status)
		}
	}
}

// speaksIPv6 reports whether this machine has the address ::1.
func speaksIPv6(t *testing.T) bool {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// A foreign name that resolves to this machine (DNS rebinding) is answered 421.
func TestTheProgramAnswersUnderItsOwnNamesOnly(t *testing.T) {
	t.Parallel()
	for _, p := range []*program{
		start(t, "-store", "memory", "-host", "lab.uni.test", "-host", "*.class.test"),
		started(t, command(t, []string{"COOKIELAB_HOST=lab.uni.test, *.class.test"}, "-addr", "localhost:0", "-store", "memory")),
	} {
		v := visit(t, p.url)
		for host, want := range map[string]int{
			"": http.StatusOK, "cookielab.localhost:1": http.StatusOK, "127.0.0.1": http.StatusOK, "10.1.2.3:8080": http.StatusOK, "lab.uni.test": http.StatusOK, "a.class.test:80": http.StatusOK,
			"evil.example": http.StatusMisdirectedRequest, "evil.example:" + p.port(): http.StatusMisdirectedRequest, "class.test": http.StatusMisdirectedRequest,
		} {
			for _, address := range []string{"/zh/", "/api/live", "/get_cookie?safe=1", "/healthz", "/favicon.ico", "/en/none"} {
				a := v.browse(address, "Host", host)
				if (a.status == http.StatusMisdirectedRequest) != (want == http.StatusMisdirectedRequest) {
					t.Errorf("%s on %q is %d, want %d", address, host, a.status, want)
				}
				if want == http.StatusMisdirectedRequest && (strings.Count(a.body, "\n") != 1 || !strings.Contains(a.body, "-host")) {
					t.Errorf("%s on %q says %q, want one line that names -host", address, host, a.body)
				}
			}
		}
		p.end(os.Interrupt)
	}
	refused(t, nil, "-addr", "localhost:0", "-store", "memory", "-host", "http://uni.test")
}

func TestABusyPortIsSaidAndAnotherSuggested(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1"} {
		line := refused(t, nil, "-addr", host+":"+port, "-store", "memory")
		suggested := regexp.MustCompile(`-addr ` + regexp.QuoteMeta(host) + `:([0-9]+)`).FindStringSubmatch(line)
		if !strings.Contains(line, port) || suggested == nil || suggested[1] == port {
			t.Errorf("of a busy port it says %q, which suggests no other", line)
		}
	}
	// Nothing was made for a program that did not start.
	folder := t.TempDir()
	refused(t, nil, "-addr", "127.0.0.1:"+port, "-store", "sqlite:"+filepath.Join(folder, "new.db"))
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("a program that did not start left %v, %v", left, err)
	}
	if speaksIPv6(t) {
		six, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Fatal(err)
		}
		defer six.Close()
		_, port, err := net.SplitHostPort(six.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if line := refused(t, nil, "-addr", "localhost:"+port, "-store", "memory"); !strings.Contains(line, port) {
			t.Errorf("of a port that is busy on ::1 it says %q", line)
		}
	}
}

func TestAnUnreadableDatabaseIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"notes.txt": "Dear diary, this is not a database, and it is long enough to be looked at more than once.\n" + strings.Repeat("x", 4096),
		"short":     "hello",
		"torn.db":   "SQLite format 3\x00" + strings.Repeat("\xff", 2000),
	} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		line := refused(t, nil, "-addr", "localhost:0", "-store", "sqlite:"+file)
		if !strings.Contains(line, file) {
			t.Errorf("of %s it says %q, without its name", name, line)
		}
		after, err := os.ReadFile(file)
		if err != nil || string(after) != content {
			t.Errorf("%s was changed: %d octets, were %d", name, len(after), len(content))
		}
	}
	left, err := filepath.Glob(filepath.Join(folder, "*-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("beside them there are now %v, %v", left, err)
	}
	for _, store := range []string{"sqlite:" + filepath.Join(folder, "no", "such", "folder.db"), "sqlite:" + folder, "sqlite:", "postgres://x", "nonsense", ""} {
		refused(t, nil, "-addr", "localhost:0", "-store", store)
	}
}

func TestFlagsAreListed(t *testing.T) {
	t.Parallel()
	c := command(t, nil, "-h")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("-h ends with %v, want exit status 0", err)
	}
	for _, flag := range []string{"addr", "store", "lessons", "host", "trusted-proxies", "tls", "tls-cert", "tls-key", "rate", "metrics", "open", "dev"} {
		if !strings.Contains(string(out), "-"+flag) || !strings.Contains(string(out), "COOKIELAB_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))) {
			t.Errorf("-h does not say what -%s and its environment variable are:\n%s", flag, out)
		}
	}
	for _, wrong := range [][]string{{"serve"}, {"-addr", "nonsense", "-store", "memory"}, {"-addr", "localhost:70000", "-store", "memory"}} {
		refused(t, nil, wrong...)
	}
}

func TestTheEnvironmentStandsInForFlags(t *testing.T) {
	t.Parallel()
	lesson := lessonFolder(t, ownLesson())
	p := started(t, command(t, []string{"COOKIELAB_ADDR=127.0.0.1:0", "COOKIELAB_STORE=sqlite:env.db", "COOKIELAB_LESSONS=" + lesson}))
	if !strings.HasPrefix(p.url, "http://127.0.0.1:") {
		t.Errorf("with COOKIELAB_ADDR=127.0.0.1:0 the address is %s", p.url)
	}
	if a := visit(t, p.url).browse("/en/lessons/mine"); a.status != http.StatusOK {
		t.Errorf("with COOKIELAB_LESSONS the lesson is %d", a.status)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "env.db")); err != nil {
		t.Errorf("with COOKIELAB_STORE=sqlite:env.db: %v", err)
	}
	p.end(os.Interrupt)
	p = started(t, command(t, []string{"COOKIELAB_ADDR=nonsense", "COOKIELAB_STORE=sqlite:env.db"}, "-addr", "localhost:0", "-store", "memory"))
	if _, err := os.Stat(filepath.Join(p.dir, "env.db")); err == nil {
		t.Error("a flag does not come before the environment")
	}
	if line := refused(t, []string{"COOKIELAB_DEV=perhaps"}, "-addr", "localhost:0", "-store", "memory"); !strings.Contains(line, "COOKIELAB_DEV") {
		t.Errorf("of a variable that does not read it says %q", line)
	}
}

func TestTheLogKeepsSecrets(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "memory")
	v := visit(t, p.url)
	v.get("/set_session?secretkey=secretvalue")
	v.ask(http.MethodPost, "/set_session?inquery=inquery", "inbody=inbody", "Content-Type", "application/x-www-form-urlencoded")
	v.get("/set_cookie?name=cookiename&value=cookievalue")
	v.get("/get_cookie?name=cookiename", "Cookie", "foreign=foreignvalue")
	v.browse("/zh/lessons/none?step=stepvalue")
	v.live("/en/lab?labvalue")
	v.get("/set_cookie?name=bad%20name")
	key := v.held("sessionid")
	if code := p.end(os.Interrupt); code != 0 {
		t.Fatalf("exit status %d", code)
	}
	log := p.stderr.String()
	for _, secret := range []string{"secretkey", "secretvalue", "inquery", "inbody", "cookiename", "cookievalue", "foreign", "stepvalue", "labvalue", "bad name", "bad%20name", key, key[:8], "?"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q in it:\n%s", secret, log)
		}
	}
	for _, want := range []string{"GET", "POST", "/set_session", "/zh/lessons/none", "404", "200"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %q in it:\n%s", want, log)
		}
	}
}

// afterTests are functions that clean up after all tests.
var afterTests []func()

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen { // a browser's test waits more than it works
		if err := flag.Set("test.parallel", strconv.Itoa(max(4, runtime.GOMAXPROCS(0)))); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	for _, f := range slices.Backward(afterTests) {
		f()
	}
	os.Exit(code)
}
