package tests

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"cookielab/internal/class"
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

// Two programs on one Redis drive a class at the same instant: each moment has a number
// for itself, followers of either see numbers rise, and all come to the last one.
func TestTwoProgramsDriveAClassAtOnce(t *testing.T) {
	t.Parallel()
	server := sessiontest.StartRedis(t)
	one := startClass(t, "", "-addr", "localhost:0", "-store", server.URL)
	other := startClass(t, "", "-addr", "localhost:0", "-store", server.URL)
	if other.code != one.code {
		t.Fatalf("the programs have the classes %s and %s", one.code, other.code)
	}
	const each = 40
	last := make(chan int, 4) // what each follower saw last
	end := one.drive(`{"step":"session/locker"}`).N + 2*each
	for _, p := range []*classProgram{one, other, one, other} {
		s, err := openStream(p.url, p.api("/stream"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		go func() {
			seen := 0
			for seen < end {
				n, err := s.next()
				if err != nil || n < seen {
					t.Errorf("after moment %d comes %d, %v", seen, n, err)
					break
				}
				seen = n
			}
			last <- seen
		}()
	}
	numbers := make(chan class.Moment, 2*each)
	var driving sync.WaitGroup
	for _, p := range []*classProgram{one, other} {
		driving.Go(func() {
			for range each {
				a := p.visitor.ask(http.MethodPost, p.api("/drive"), `{"frame":{"script":`+anyScript+`,"at":1}}`, append(sends, "Authorization", "Bearer "+p.key)...)
				var m class.Moment
				if err := json.Unmarshal([]byte(a.body), &m); err != nil || a.status != http.StatusOK {
					t.Errorf("a drive is answered with %d %q", a.status, a.body)
					return
				}
				numbers <- m
			}
		})
	}
	driving.Wait()
	close(numbers)
	moments, frames := map[int]bool{}, map[int]bool{}
	for m := range numbers {
		if moments[m.N] || frames[m.Frame.N] {
			t.Errorf("moment %d with frame %d is given twice", m.N, m.Frame.N)
		}
		moments[m.N], frames[m.Frame.N] = true, true
	}
	if len(moments) != 2*each || !moments[end] {
		t.Errorf("%d moments were given, want %d and the last one %d", len(moments), 2*each, end)
	}
	for range cap(last) {
		select {
		case n := <-last:
			if n != end {
				t.Errorf("a follower ends at moment %d, want %d", n, end)
			}
		case <-time.After(patience):
			t.Fatalf("a follower does not come to moment %d", end)
		}
	}
	for _, p := range []*classProgram{one, other} {
		if code := p.end(os.Interrupt); code != 0 {
			t.Errorf("exit status %d; standard error: %s", code, p.stderr)
		}
	}
}

// While Redis is away requests for sessions are answered 503 within seconds; when it is
// back the programs go on without a restart.
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
