package tests

import (
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// With 10,000 connections that send nothing, other requests are still answered, memory
// stays within bounds, and the program closes the connections. If the limit of open files
// is lower there are fewer.
func TestConnectionsThatSayNothing(t *testing.T) {
	t.Parallel()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-store", "sqlite:sessions.db")
	pid := p.cmd.Process.Pid
	before, most := memory(t, pid), min(10_000, int(min(limit.Max, 1<<20))-1000)
	if most < 1000 {
		t.Fatalf("only %d files may be open: raise the limit (ulimit -Hn)", limit.Max)
	}
	silent := make([]net.Conn, 0, most)
	defer func() {
		for _, c := range silent {
			c.Close()
		}
	}()
	for range most {
		c, err := net.Dial("tcp", "127.0.0.1:"+p.port())
		if err != nil {
			t.Fatalf("after %d connections: %v", len(silent), err)
		}
		silent = append(silent, c)
	}
	v := visit(t, p.url)
	for _, path := range []string{"/healthz", "/readyz", "/set_session", "/en/lessons/session?step=2"} {
		begun := time.Now()
		if a := v.get(path); a.status != http.StatusOK {
			t.Errorf("beside %d silent connections %s is %d", most, path, a.status)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("beside %d silent connections %s took %v", most, path, took)
		}
	}
	const each = 40 << 10 // octets: a goroutine, and room to read a header
	held := memory(t, pid)
	if held > before+most*each {
		t.Errorf("%d silent connections take %d MB", most, (held-before)>>20)
	}
	t.Logf("%d connections, %d MB before, %d MB with them", most, before>>20, held>>20)
	for _, c := range []net.Conn{silent[0], silent[most-1]} { // the program waits for a header no longer than its limit
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("a silent connection is not closed: %v", err)
		}
	}
}

func isTimeout(err error) bool {
	timeout, is := err.(net.Error)
	return is && timeout.Timeout()
}
