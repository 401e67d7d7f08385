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
	q := NewLogQueue(slog.NewTextHandler(out, nil), 2)
	log := slog.New(q)
	log.Info("first")
	<-out.begun // this record is being written; the queue has room for two more
	for range 5 {
		log.With("k", "v").WithGroup("g").Info("more", "n", 1)
	}
	if got := q.Dropped(); got != 3 {
		t.Errorf("%d records were dropped, want 3", got)
	}
	close(out.open)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	q.Close(ctx)
	if ctx.Err() != nil {
		t.Fatal("the queue is not written out")
	}
	if q.Dropped() != 0 || q.Lost() != 3 {
		t.Errorf("in the end %d dropped records are not said, %d in all, want 0 and 3", q.Dropped(), q.Lost())
	}
	text := out.String()
	for line, want := range map[string]int{"msg=first": 1, "msg=more k=v g.n=1": 2, `msg="log lines dropped" lines=3`: 1} {
		if got := strings.Count(text, line); got != want {
			t.Errorf("%q is there %d times, want %d:\n%s", line, got, want, text)
		}
	}
}

func TestClosingAStuckLogDoesNotWait(t *testing.T) {
	out := &stuck{begun: make(chan struct{}, 1), open: make(chan struct{})}
	defer close(out.open)
	q := NewLogQueue(slog.NewTextHandler(out, nil), 2)
	slog.New(q).Info("first")
	<-out.begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q.Close(ctx) // if Close waited, the test would not end
}
