package serve

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Log writes lines as slog.TextHandler does, and never blocks. Lines are collected in a
// buffer that one goroutine writes out, many at once. When the output does not take them,
// as with a paused terminal or a pipe that is not read, the buffer fills and further lines
// are dropped; the next line that can be written tells how many.
type Log struct {
	*slog.Logger

	to   io.Writer
	room int // octets

	mu      sync.Mutex
	lines   []byte // not written yet
	dropped int64  // since that was last said
	lost    int64  // in all

	wake    chan struct{} // with a buffer of one: there are lines
	closing chan struct{}
	written chan struct{} // closed when the last line was written
}

// logPause is the time between two writes. A line that comes after a longer silence is
// written at once.
const logPause = 20 * time.Millisecond

// NewLog returns a log with a buffer of so many octets in front of a writer.
func NewLog(to io.Writer, room int) *Log {
	l := &Log{
		to: to, room: room,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), written: make(chan struct{}),
	}
	l.Logger = slog.New(slog.NewTextHandler(l, nil))
	go l.writeOut()
	return l
}

// Write puts a line into the buffer, or drops it if the buffer is full. It returns no error.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines)+len(line) > l.room {
		l.dropped++
		l.lost++
		return len(line), nil
	}
	if len(l.lines) == 0 {
		select {
		case l.wake <- struct{}{}:
		default: // already woken
		}
	}
	l.lines = append(l.lines, line...)
	return len(line), nil
}

// Request writes the line of a request that was answered at a time. It is the line that
// Info would write, which takes three times as long.
func (l *Log) Request(at time.Time, id, method, path string, status int, took time.Duration) {
	var room [256]byte
	b := append(room[:0], "time="...)
	b = appendTime(b, at)
	b = append(b, " level=INFO msg=request id="...)
	b = append(b, id...)
	b = append(b, " method="...)
	b = appendText(b, method)
	b = append(b, " path="...)
	b = appendText(b, path)
	b = append(b, " status="...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, " took="...)
	b = append(b, took.Round(time.Microsecond).String()...)
	_, _ = l.Write(append(b, '\n'))
}

// appendTime appends a time with three digits of the second, as slog does: those of
// RFC3339Nano, which time formats fastest, without the fourth.
func appendTime(b []byte, t time.Time) []byte {
	const digits = len("2006-01-02T15:04:05.000")
	from := len(b)
	b = t.Truncate(time.Millisecond).Add(time.Millisecond/10).AppendFormat(b, time.RFC3339Nano)
	return append(b[:from+digits], b[from+digits+1:]...)
}

// appendText appends a value, in quotes if without them the line could be misread.
func appendText(b []byte, text string) []byte {
	if text == "" || strings.ContainsFunc(text, needsQuotes) {
		return strconv.AppendQuote(b, text)
	}
	return append(b, text...)
}

func needsQuotes(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == '"' || r == '='
	}
	return r == unicode.ReplacementChar || unicode.IsSpace(r) || !unicode.IsPrint(r)
}

// Dropped returns how many lines were dropped since the log last told.
func (l *Log) Dropped() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dropped
}

// Lost returns how many lines were dropped since the start.
func (l *Log) Lost() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// Close writes the lines in the buffer, but waits no longer than ctx allows.
func (l *Log) Close(ctx context.Context) {
	close(l.closing)
	select {
	case <-l.written:
	case <-ctx.Done():
	}
}

// writeOut writes lines until the log is closed and the buffer is empty.
func (l *Log) writeOut() {
	defer close(l.written)
	pause := time.NewTimer(0)
	defer pause.Stop()
	var spare []byte
	for {
		closing := false
		select {
		case <-l.wake:
		case <-l.closing:
			closing = true
		}
		spare = l.out(spare)
		if closing {
			return
		}
		pause.Reset(logPause)
		select {
		case <-pause.C:
		case <-l.closing:
		}
	}
}

// out writes the lines in the buffer, and before them how many were dropped. Errors are
// ignored: there is nowhere else to report them. The buffers take turns.
func (l *Log) out(spare []byte) []byte {
	l.mu.Lock()
	lines, dropped := l.lines, l.dropped
	l.lines, l.dropped = spare[:0], 0
	l.mu.Unlock()
	if dropped > 0 {
		slog.New(slog.NewTextHandler(l.to, nil)).Warn("log lines dropped", "lines", dropped)
	}
	if len(lines) > 0 {
		_, _ = l.to.Write(lines)
	}
	return lines
}
