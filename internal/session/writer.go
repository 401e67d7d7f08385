package session

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// write is one change that is queued for the writer.
type write struct {
	do    func(*writer) error
	begun atomic.Bool
	done  chan error // buffered, so that the writer need not wait for a caller who has left
}

// begin returns true to the first who calls it: the writer, who then carries out the
// write, or the caller, who then has withdrawn it.
func (w *write) begin() bool { return w.begun.CompareAndSwap(false, true) }

// queue holds the writes that wait for the writer.
type queue struct {
	mu      sync.Mutex
	waiting []*write
	closed  bool
	wake    chan struct{} // with a buffer of one: there is something to take
}

// add queues a write; it returns false if the queue is closed.
func (q *queue) add(w *write) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.waiting = append(q.waiting, w)
	q.signal()
	return true
}

// close makes the writer end after what is queued.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // already woken
	}
}

// take waits for writes and returns all of them; more is false after the last ones.
// answered is how many writes the last transaction had.
//
// While several callers write, it yields to those that have just got their answers before
// it takes writes, because they are about to write again: otherwise the first of them
// would get a transaction to itself. This makes transactions fewer and larger. A caller
// who writes alone does not wait for that: whoever yields stands behind all goroutines
// that are ready to run.
func (q *queue) take(answered int) (batch []*write, more bool) {
	q.mu.Lock()
	several := answered > 1 || answered == 1 && len(q.waiting) > 0
	q.mu.Unlock()
	<-q.wake
	if several {
		runtime.Gosched()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, q.waiting = q.waiting, nil
	return batch, !q.closed
}

// writer is the one connection that writes, with its prepared statements.
type writer struct {
	*connection
	begin, commit, rollback       *statement
	insert, update, delete, purge *statement
	getEntry, putEntry            *statement
	dropEntry, dropRoom           *statement
	count, version                *statement

	rows  atomic.Int64 // rows in the table, as far as this program knows
	added int          // rows added by the transaction under way
	seen  int          // data_version at the last count

	files files
}

func newWriter(path string) (*writer, error) {
	c, err := connect(path)
	if err != nil {
		return nil, err
	}
	w := &writer{connection: c}
	if err = examine(c); err == nil {
		err = setUp(c)
	}
	if err == nil {
		w.files, err = filesOf(path)
	}
	if err == nil {
		err = c.prepare(map[**statement]string{
			&w.begin:    `BEGIN IMMEDIATE`,
			&w.commit:   `COMMIT`,
			&w.rollback: `ROLLBACK`,
			&w.insert:   `INSERT INTO sessions (session_key, session_data, expire_date) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			&w.update:   `UPDATE sessions SET session_data = ?, expire_date = ? WHERE session_key = ?`,
			&w.delete:   `DELETE FROM sessions WHERE session_key = ?`,
			&w.count:    `SELECT count(*) FROM sessions`,
			&w.version:  `PRAGMA data_version`, // grows when another connection has changed the file
			&w.purge:    `DELETE FROM sessions WHERE rowid BETWEEN ? AND ? AND expire_date < ?`,

			&w.getEntry:  `SELECT value FROM class_entries WHERE room = ? AND name = ?`,
			&w.putEntry:  `INSERT INTO class_entries (room, name, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
			&w.dropEntry: `DELETE FROM class_entries WHERE room = ? AND name = ?`,
			&w.dropRoom:  `DELETE FROM class_entries WHERE room = ?`,
		})
	}
	if err == nil {
		err = w.countAgain()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return w, nil
}

// countAgain counts the rows if another program has changed the file since the last
// count.
func (w *writer) countAgain() error {
	version, err := w.version.number()
	if err != nil || version == w.seen {
		return err
	}
	rows, err := w.count.number()
	if err == nil {
		w.seen = version
		w.rows.Store(int64(rows - w.added)) // the commit will add w.added
	}
	return err
}

// setUp creates our table if it is missing and sets the log's options. It checks the file
// before it changes anything.
func setUp(c *connection) error {
	table, err := c.text(`SELECT group_concat(name || pk) FROM
		(SELECT name, pk FROM pragma_table_info('sessions') ORDER BY name)`)
	if err != nil {
		return err
	}
	if table != "" && table != "expire_date0,session_data0,session_key1" {
		return errors.New("its table sessions belongs to something else")
	}
	mode, err := c.text(`PRAGMA journal_mode = WAL`)
	if err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("no write-ahead log is possible there (journal mode %s)", mode)
	}
	for _, sql := range []string{
		`PRAGMA synchronous = FULL`, // sync at every commit
		// Copying the log into the file costs syncs and many writes. Doing it at 16 MB
		// instead of SQLite's default of 4 MB saves writing pages that change repeatedly.
		`PRAGMA wal_autocheckpoint = 4000`,
		`CREATE TABLE IF NOT EXISTS sessions (
	session_key  TEXT NOT NULL PRIMARY KEY,
	session_data TEXT NOT NULL,
	expire_date  TEXT NOT NULL
)`,
		roomTable,
	} {
		if err := c.exec(sql); err != nil {
			return err
		}
	}
	return nil
}

// serve carries out the queued writes until the queue is closed and empty.
func (w *writer) serve(q *queue) {
	answered := 0
	for more := true; more; {
		var batch []*write
		if batch, more = q.take(answered); len(batch) > 0 {
			w.carryOut(batch)
			answered = len(batch)
		}
	}
}

// try writes a row and deletes it within one transaction: no other connection sees it,
// but it fails where a real write would.
func (w *writer) try() error {
	const key = "cookielab: does writing work?"
	n, err := w.insert.exec(key, "{}", dateText(time.Unix(0, 0)))
	if err == nil && n > 0 {
		_, err = w.delete.exec(key)
	}
	return err
}

// carryOut executes the writes in one transaction and answers the callers once it is
// synced. ErrExists or ErrGone concerns one caller only; any other error rolls back the
// transaction and goes to all.
func (w *writer) carryOut(batch []*write) {
	answers := make([]error, len(batch))
	w.added = 0
	failure := w.files.check()
	if failure == nil {
		_, failure = w.begin.exec()
	}
	for i, write := range batch {
		if failure != nil {
			break
		}
		if !write.begin() {
			continue
		}
		if answers[i] = write.do(w); !isAnswer(answers[i]) {
			failure = answers[i]
		}
	}
	if failure == nil {
		_, failure = w.commit.exec()
	}
	if failure == nil { // otherwise it may have been committed to a deleted file
		failure = w.files.check()
	}
	if failure != nil {
		w.rollback.exec() // SQLite may have rolled back already
	} else {
		w.rows.Add(int64(w.added))
	}
	for i, write := range batch {
		if failure != nil {
			answers[i] = failure
		}
		write.done <- answers[i]
	}
}

// isAnswer reports whether err is a result for one caller rather than a failure of the
// store.
func isAnswer(err error) bool {
	return err == nil || errors.Is(err, ErrExists) || errors.Is(err, ErrGone)
}
