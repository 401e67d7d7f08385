package serve

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// A LogQueue is a slog.Handler that never blocks. It puts records into a queue that one
// goroutine writes out. When the output does not take them, as with a paused terminal or
// a pipe that is not read, the queue fills and further records are dropped; the next line
// that can be written tells how many.
type LogQueue struct {
	*queue
	to slog.Handler
}

// queue is what all handlers derived from one LogQueue share.
type queue struct {
	entries chan entry
	dropped atomic.Int64 // since that was last said
	lost    atomic.Int64 // in all
	closing chan struct{}
	written chan struct{} // closed when the last record was written
}

type entry struct {
	to     slog.Handler
	record slog.Record
}

// NewLogQueue returns a queue of so many records in front of a handler.
func NewLogQueue(to slog.Handler, records int) *LogQueue {
	q := &LogQueue{&queue{
		entries: make(chan entry, records),
		closing: make(chan struct{}), written: make(chan struct{}),
	}, to}
	go q.write()
	return q
}

// Enabled reports whether the handler behind the queue writes records of a level.
func (q *LogQueue) Enabled(ctx context.Context, level slog.Level) bool {
	return q.to.Enabled(ctx, level)
}

// Handle puts a record into the queue, or drops it if the queue is full.
func (q *LogQueue) Handle(_ context.Context, record slog.Record) error {
	select {
	case q.entries <- entry{q.to, record.Clone()}:
	default:
		q.dropped.Add(1)
		q.lost.Add(1)
	}
	return nil
}

// WithAttrs returns a handler on the same queue that adds attributes to its records.
func (q *LogQueue) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &LogQueue{q.queue, q.to.WithAttrs(attrs)}
}

// WithGroup returns a handler on the same queue that puts attributes into a group.
func (q *LogQueue) WithGroup(name string) slog.Handler {
	return &LogQueue{q.queue, q.to.WithGroup(name)}
}

// Dropped returns how many records were dropped since the log last told.
func (q *LogQueue) Dropped() int64 { return q.dropped.Load() }

// Lost returns how many records were dropped since the start.
func (q *LogQueue) Lost() int64 { return q.lost.Load() }

// Close writes the records in the queue, but waits no longer than ctx allows.
func (q *LogQueue) Close(ctx context.Context) {
	close(q.closing)
	select {
	case <-q.written:
	case <-ctx.Done():
	}
}

// write writes records until the queue is closed and empty.
func (q *LogQueue) write() {
	defer close(q.written)
	for {
		select {
		case e := <-q.entries:
			q.out(e)
			continue
		default:
		}
		select {
		case e := <-q.entries:
			q.out(e)
		case <-q.closing:
			if len(q.entries) == 0 {
				return
			}
		}
	}
}

// out writes one record, and before it how many were dropped. Errors are ignored: there
// is nowhere else to report them.
func (q *LogQueue) out(e entry) {
	ctx := context.Background()
	if n := q.dropped.Swap(0); n > 0 {
		lost := slog.NewRecord(e.record.Time, slog.LevelWarn, "log lines dropped", 0)
		lost.AddAttrs(slog.Int64("lines", n))
		_ = q.to.Handle(ctx, lost)
	}
	_ = e.to.Handle(ctx, e.record)
}
