package serve

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// stuck is a writer that blocks until it is opened.
type stuck struct {
	begun, open chan struct{}
	bytes.Buffer
}

func (s *stuck) Write(line []byte) (int, error) {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.open
	return s.Buffer.Write(line)
}

func TestALogThatIsStuckDropsAndCounts(t *testing.T) {
	out := &stuck{begun: make(chan struct{}, 1), open: make(chan struct{})}
	const more = `time=2026-11-24T18:17:00.000Z level=INFO msg=more k=v g.n=1`
	log := NewLog(out, 2*len(more)+len("\n\n"))
	log.Info("first")
	<-out.begun // this line is being written; there is room for two more
	for range 5 {
		log.With("k", "v").WithGroup("g").Info("more", "n", 1)
	}
	if got := log.Dropped(); got != 3 {
		t.Errorf("%d lines were dropped, want 3", got)
	}
	close(out.open)
	closed(t, log)
	if log.Dropped() != 0 || log.Lost() != 3 {
		t.Errorf("in the end %d dropped lines are not said, %d in all, want 0 and 3", log.Dropped(), log.Lost())
	}
	text := out.String()
	for line, want := range map[string]int{"msg=first": 1, "msg=more k=v g.n=1": 2, `msg="log lines dropped" lines=3`: 1} {
		if got := strings.Count(text, line); got != want {
			t.Errorf("%q is there %d times, want %d:\n%s", line, got, want, text)
		}
	}
}

// closed closes a log whose lines can be written.
func closed(t *testing.T, log *Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	log.Close(ctx)
	if ctx.Err() != nil {
		t.Fatal("the log is not written out")
	}
}

func TestClosingAStuckLogDoesNotWait(t *testing.T) {
	out := &stuck{begun: make(chan struct{}, 1), open: make(chan struct{})}
	defer close(out.open)
	log := NewLog(out, 1<<10)
	log.Info("first")
	<-out.begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	log.Close(ctx) // if Close waited, the test would not end
}

// The line of a request is the one that slog writes, whatever is asked for.
func TestARequestsLineIsThatOfSlog(t *testing.T) {
	took := 1234567 * time.Nanosecond
	for _, at := range []time.Time{
		time.Date(2026, 11, 24, 18, 17, 0, 0, time.UTC),
		time.Date(2026, 11, 24, 18, 17, 59, 999_999_999, time.FixedZone("", 8*60*60)),
		time.Date(2026, 1, 1, 0, 0, 0, 120_456_789, time.FixedZone("", -5*60*60)),
	} {
		for _, path := range []string{
			"/", "/set_session", "/zh/", "", "/a b", "/a=b", `/"`, `/\`, "/a\nlevel=ERROR", "/\t", "/\x00", "/\x7f",
			"/中文", "/\u200b", "/\u2028", "/\u00a0", "/\xff", "/\ufffd", "/" + strings.Repeat("x", 1000),
		} {
			var got, want bytes.Buffer
			log := NewLog(&got, 1<<20)
			log.Request(at, "m1abc-1", "GET", path, 200, took)
			closed(t, log)
			record := slog.NewRecord(at, slog.LevelInfo, "request", 0)
			record.Add("id", "m1abc-1", "method", "GET", "path", path, "status", 200, "took", took.Round(time.Microsecond))
			if err := slog.NewTextHandler(&want, nil).Handle(t.Context(), record); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("the line is\n%s, want\n%s", &got, &want)
			}
		}
	}
}
