package session

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// write is one change that waits for the writer, with the caller who waits for it.
type write struct {
	do    func(*writer) error
	begun atomic.Bool
	done  chan error // has room for the answer, should nobody be there to take it
}

// begin gives the write to whoever asks first: the writer, to carry it out, or the
// caller, to take it back.
func (w *write) begin() bool { return w.begun.CompareAndSwap(false, true) }

// queue holds the writes that came while the writer was busy.
type queue struct {
	mu      sync.Mutex
	waiting []*write
	closed  bool
	wake    chan struct{} // with room for one: there is something to take
}

// add reports false if the queue is closed.
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

// close lets the writer finish what is waiting, and nothing more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // it knows already
	}
}

// take waits for writes and takes them all. After the last ones more is false.
//
// Those who wrote last have just got their answers and are about to ask for more.
// Letting them go first makes fewer and larger transactions: without it, the first
// to come back would have one for itself.
func (q *queue) take() (batch []*write, more bool) {
	<-q.wake
	runtime.Gosched()
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, q.waiting = q.waiting, nil
	return batch, !q.closed
}

// writer is the one connection that writes, with its statements.
type writer struct {
	*connection
	begin, commit, rollback       *statement
	insert, update, delete, purge *statement
	putEntry, dropEntry, dropRoom *statement
	count, version                *statement

	rows  atomic.Int64 // in the table, as far as this program knows
	added int          // of them, by the transaction under way
	seen  int          // the data_version of the last count

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

// countAgain counts the rows, if another program has changed the file since the last
// time.
func (w *writer) countAgain() error {
	version, err := w.version.number()
	if err != nil || version == w.seen {
		return err
	}
	rows, err := w.count.number()
	if err == nil {
		w.seen = version
		w.rows.Store(int64(rows - w.added)) // which the commit will add
	}
	return err
}

// setUp sees to it that the file has our table and a log that is synced. It looks
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
		// Moving the log into the file costs syncs and many writes. Doing so at 16 MB
		// instead of 4 spares pages that change again and again.
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

// serve carries out what comes through the queue, until that is closed.
func (w *writer) serve(q *queue) {
	for more := true; more; {
		var batch []*write
		if batch, more = q.take(); len(batch) > 0 {
			w.carryOut(batch)
		}
	}
}

// try writes a row and deletes it: nobody ever sees it, but what it takes to write one
// was there.
func (w *writer) try() error {
	const key = "cookielab: does writing work?"
	n, err := w.insert.exec(key, "{}", dateText(time.Unix(0, 0)))
	if err == nil && n > 0 {
		_, err = w.delete.exec(key)
	}
	return err
}

// carryOut does all writes in one transaction, and answers when it is synced. A key
// that is taken, or a row that is gone, concerns one caller; anything else is trouble
// with the store, and nothing of the transaction stays.
func (w *writer) carryOut(batch []*write) {
	answers := make([]error, len(batch))
	w.added = 0
	trouble := w.files.check()
	if trouble == nil {
		_, trouble = w.begin.exec()
	}
	for i, write := range batch {
		if trouble != nil {
			break
		}
		if !write.begin() {
			continue
		}
		if answers[i] = write.do(w); !isAnswer(answers[i]) {
			trouble = answers[i]
		}
	}
	if trouble == nil {
		_, trouble = w.commit.exec()
	}
	if trouble == nil { // or it may have been committed to a file that is lost
		trouble = w.files.check()
	}
	if trouble != nil {
		w.rollback.exec() // if SQLite has not done so already
	} else {
		w.rows.Add(int64(w.added))
	}
	for i, write := range batch {
		if trouble != nil {
			answers[i] = trouble
		}
		write.done <- answers[i]
	}
}

// isAnswer tells what a caller wanted to know from trouble with the store.
func isAnswer(err error) bool {
	return err == nil || errors.Is(err, ErrExists) || errors.Is(err, ErrGone)
}
