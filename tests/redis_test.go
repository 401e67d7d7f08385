package tests

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session/sessiontest"
)

func TestTwoProgramsShareARedis(t *testing.T) {
	t.Parallel()
	server := sessiontest.StartRedis(t)
	one, other := start(t, "-store", server.URL), start(t, "-store", server.URL)
	v := visit(t, one.url)
	v.get("/set_session?username=li")
	cookie := "sessionid=" + v.held("sessionid")
	if a := visit(t, other.url).get("/get_session?key=username", "Cookie", cookie); a.body != "li" {
		t.Errorf("the other program says %d %q, want li", a.status, a.body)
	}
	visit(t, other.url).get("/flush", "Cookie", cookie)
	if a := visit(t, one.url).get("/set_session?username=wang", "Cookie", cookie); a.status != http.StatusOK || strings.Contains(a.header.Get("Set-Cookie"), cookie) {
		t.Errorf("a session that the other program has flushed: %d %q, want a new one", a.status, a.header.Get("Set-Cookie"))
	}
	for _, p := range []*program{one, other} {
		if code := p.end(os.Interrupt); code != 0 {
			t.Errorf("exit status %d; standard error: %s", code, p.stderr)
		}
	}
}

// Redis is gone for a while: visitors are told, nobody waits long, and nothing has to be
// started again.
func TestARedisThatIsGoneForAWhile(t *testing.T) {
	t.Parallel()
	server := sessiontest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	p := start(t, "-store", server.URL)
	v := visit(t, p.url)
	v.get("/set_session?username=li")
	cookie := "sessionid=" + v.held("sessionid")
	server.Kill()
	for _, path := range []string{"/set_session", "/get_session", "/flush", "/healthz", "/api/live"} {
		begun := time.Now()
		a := visit(t, p.url).get(path, "Cookie", cookie)
		if a.status != http.StatusServiceUnavailable || !a.oneLine() || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s without Redis is %d %q, want 503 and one line", path, a.status, a.body)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s without Redis took %v", path, took)
		}
	}
	server.Start()
	for deadline := time.Now().Add(patience); ; {
		a := visit(t, p.url).get("/get_session?key=username", "Cookie", cookie)
		if a.status == http.StatusOK && a.body == "li" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("with Redis back it says %d %q, want li", a.status, a.body)
		}
	}
}

func TestARedisThatIsNotThereIsSaidAtStart(t *testing.T) {
	t.Parallel()
	line := refused(t, nil, "-addr", "localhost:0", "-store", "redis://u:secret@127.0.0.1:1")
	if !strings.Contains(line, "127.0.0.1:1") || strings.Contains(line, "secret") {
		t.Errorf("of a Redis that is not there it says %q", line)
	}
}
