package serve

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// brief are short limits for tests.
var brief = Limits{
	Header: 50 * time.Millisecond, Body: 100 * time.Millisecond, Answer: 150 * time.Millisecond,
	Idle: 50 * time.Millisecond, Finish: 50 * time.Millisecond,
}

// serving serves a handler until stop is called, which returns Serve's error.
func serving(t *testing.T, limits Limits, site http.HandlerFunc) (address string, stop func() error) {
	t.Helper()
	listeners, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, site, listeners, nil, limits, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(cancel)
	return listeners[0].Addr().String(), func() error { cancel(); return <-ended }
}

// say opens a connection and sends a text.
func say(t *testing.T, address, text string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	if err := connection.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return connection
}

func TestNoPeerIsWaitedForWithoutEnd(t *testing.T) {
	// Each has one limit only, as a longer limit would do for a missing one.
	for name, test := range map[string]struct {
		limits Limits
		said   string
	}{
		"silence":               {Limits{Header: brief.Header}, ""},
		"half a header":         {Limits{Header: brief.Header}, "GET / HTTP/1.1\r\nHost: lo"},
		"half a body":           {Limits{Body: brief.Body}, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"},
		"an answer and silence": {Limits{Idle: brief.Idle}, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serving(t, test.limits, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err != nil {
					w.WriteHeader(http.StatusRequestTimeout)
				}
			})
			connection := say(t, address, test.said)
			if _, err := io.Copy(io.Discard, connection); err != nil {
				t.Errorf("the connection is not closed: %v", err)
			}
		})
	}
}

func TestAnAnswerThatNobodyReadsIsCutOff(t *testing.T) {
	failed := make(chan error, 1)
	address, _ := serving(t, brief, func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<20)); err != nil {
				failed <- err
				return
			}
		}
	})
	say(t, address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	var timeout net.Error
	if err := <-failed; !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("writing ends with %v, want a timeout", err)
	}
}

func TestAStreamOutlivesTheLimitsOfAnAnswer(t *testing.T) {
	done := make(chan struct{})
	address, stop := serving(t, brief, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		ticker := time.NewTicker(brief.Answer / 3)
		defer ticker.Stop()
		for {
			_, written := io.WriteString(w, "tick\n")
			if err := errors.Join(control.SetWriteDeadline(time.Now().Add(time.Minute)), written, control.Flush()); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-ticker.C:
			case <-done:
				return
			case <-r.Context().Done():
				t.Error("the context ended before the stream")
				return
			}
		}
	})
	lines := bufio.NewScanner(say(t, address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	for ticks := 0; ticks < 10; { // three times as long as an answer may take
		if !lines.Scan() {
			t.Fatalf("the stream ends after %d ticks: %v", ticks, lines.Err())
		}
		if lines.Text() == "tick" {
			ticks++
		}
	}
	close(done)
	if err := stop(); err != nil {
		t.Errorf("with a stream that was ended the server stops with %v", err)
	}
}

func TestAStopCutsOffWhatDoesNotEnd(t *testing.T) {
	begun := make(chan struct{})
	address, stop := serving(t, Limits{Finish: 50 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	connection := say(t, address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-begun
	if err := stop(); err != nil {
		t.Errorf("with a request that hangs the server stops with %v", err)
	}
	if _, err := io.Copy(io.Discard, connection); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the request still hangs")
	}
}
