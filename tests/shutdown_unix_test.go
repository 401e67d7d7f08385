package tests

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dial opens a connection with a small receive buffer.
func (p *program) dial() net.Conn {
	p.t.Helper()
	connection, err := net.Dial("tcp", "127.0.0.1:"+p.port())
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { connection.Close() })
	if err := connection.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		p.t.Fatal(err)
	}
	return connection
}

// longPlay is a request whose answer is longer than the buffers of a connection.
func longPlay() string {
	var script strings.Builder
	script.WriteString(`{"actions":[{"do":"visit","browser":"A","url":"/set_cookie?value=` + strings.Repeat("x", 4000) + `"}`)
	script.WriteString(strings.Repeat(`,{"do":"visit","browser":"A","url":"/get_cookie"}`, 450) + "]}")
	return fmt.Sprintf("POST /api/play HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", script.Len(), script.String())
}

// unread sends a request with a long answer and reads the first octet only.
func (p *program) unread() net.Conn {
	p.t.Helper()
	connection := p.dial()
	if _, err := io.WriteString(connection, longPlay()); err != nil {
		p.t.Fatal(err)
	}
	first := make([]byte, 12)
	if _, err := io.ReadFull(connection, first); err != nil || string(first) != "HTTP/1.1 200" {
		p.t.Fatalf("a long play is answered with %q, %v", first, err)
	}
	return connection
}

func TestTheProgramStopsWhateverHangs(t *testing.T) {
	t.Parallel()
	for _, signal := range stops {
		p := start(t, "-store", "sqlite:sessions.db")
		p.unread() // an answer that nobody reads
		p.dial()   // a connection that sends nothing
		half := p.dial()
		if _, err := io.WriteString(half, "GET /get_session HTTP/1.1\r\nHost: loc"); err != nil {
			t.Fatal(err)
		}
		unfinished := p.dial()
		fmt.Fprintf(unfinished, "POST /set_session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\na=b")
		if line, err := bufio.NewReader(unfinished).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
			t.Fatalf("the program says %q, %v, want that it reads the body", line, err)
		}
		told := time.Now()
		if code := p.end(signal); code != 0 {
			t.Errorf("after %v the exit status is %d, want 0; standard error: %s", signal, code, p.stderr)
		}
		if took := time.Since(told); took > 5*time.Second {
			t.Errorf("after %v it ended in %v, want 5 s at most", signal, took)
		}
	}
}

func TestReadersWhoDoNotReadKeepNobodyFromPlaying(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "memory")
	for range 8 {
		p.unread()
	}
	v := visit(t, p.url)
	if a := v.ask(http.MethodPost, "/api/play", `{"actions":[]}`, "Content-Type", "application/json"); a.status != http.StatusOK {
		t.Errorf("beside eight readers who do not read a script is answered with %d", a.status)
	}
}

func TestALogThatNobodyReadsStopsNobody(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{false, true} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		c := command(t, nil, "-addr", "localhost:0", "-store", "memory")
		c.Stderr = writer
		p := started(t, c)
		writer.Close() // the program has its own
		if closed {
			reader.Close()
		}
		v := visit(t, p.url)
		v.client.Timeout = patience
		for range 2000 { // more lines than a pipe holds
			if a := v.get("/healthz"); a.status != http.StatusOK {
				t.Fatalf("/healthz is %d", a.status)
			}
		}
		if code := p.end(os.Interrupt); code != 0 {
			t.Errorf("exit status %d, want 0", code)
		}
	}
}

// A second signal ends the program without waiting for requests. The test uses SIGTERM,
// because shells let background processes ignore SIGINT.
func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "memory")
	p.unread()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Two signals that come close together may be heard as one: it is asked again and
	// again.
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(20 * time.Millisecond):
				_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
			}
		}
	}()
	p.end(syscall.SIGTERM)
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, want that the signal ended it", p.cmd.ProcessState)
	}
}
