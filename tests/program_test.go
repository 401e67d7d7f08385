package tests

import (
	"database/sql"
	"encoding/json"
	"flag"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

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
