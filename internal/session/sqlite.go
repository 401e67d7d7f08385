package session

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"
)

// OpenSQLite opens the database file, which it makes if need be, with the table
// sessions in it. A file that is no database, or has a table of that name which is
// not ours, is an error, and stays as it is.
//
// What a caller was told is done survives a crash of the program and of the machine:
// it is in a write-ahead log that was synced before anybody got an answer. A sync
// costs far more than a row, so there is one writer, which puts all writes that are
// waiting into one transaction; while that is being synced, the next one gathers.
func OpenSQLite(path string) (Backend, error) {
	b, err := openSQLite(path, 5*time.Second)
	if err != nil {
		return nil, err // and no Backend that holds a nil
	}
	return b, nil
}

// readers is the number of connections that read. A reader never waits for the
// writer, and more of them than there are cores only share the same cores.
const readers = 4

// lockPatience is how long another program's lock on the file is waited for. It is
// shorter than a caller's patience, which a slow disk may need.
const lockPatience = 2 * time.Second

type sqliteBackend struct {
	patience time.Duration // the longest that a caller waits
	writes   queue
	readers  chan *reader // those that nobody uses
	closing  chan struct{}
	close    func() error
}

func openSQLite(path string, patience time.Duration) (*sqliteBackend, error) {
	fail := func(err error) (*sqliteBackend, error) {
		return nil, fmt.Errorf("open session store %s: %w", path, err)
	}
	w, err := newWriter(path)
	if err != nil {
		return fail(err)
	}
	b := &sqliteBackend{
		patience: patience,
		writes:   queue{wake: make(chan struct{}, 1)},
		readers:  make(chan *reader, readers),
		closing:  make(chan struct{}),
	}
	// The last connection to close moves the log into the file: that is the writer's.
	disconnect := func(readers int) (err error) {
		for range readers {
			r := <-b.readers // that is, when nobody uses it any more
			err = errors.Join(err, r.Close())
		}
		return errors.Join(err, w.Close())
	}
	for range readers {
		r, err := newReader(path)
		if err != nil {
			disconnect(len(b.readers))
			return fail(err)
		}
		b.readers <- r
	}
	stopped := make(chan struct{})
	go func() {
		w.serve(&b.writes)
		close(stopped)
	}()
	b.close = sync.OnceValue(func() error {
		b.writes.close()
		close(b.closing)
		<-stopped
		return disconnect(readers)
	})
	return b, nil
}

func (b *sqliteBackend) Close() error { return b.close() }

var (
	errClosed = errors.New("closed")
	errSlow   = errors.New("waited too long")
)

// unavailable makes every error of a store ErrUnavailable, but for the two that are
// answers. A caller can only wait and try again, whatever it was.
func unavailable(err error) error {
	if err == nil || errors.Is(err, ErrExists) || errors.Is(err, ErrGone) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Reading

func (b *sqliteBackend) Load(ctx context.Context, key string, now time.Time) (row Row, found bool, err error) {
	err = b.read(ctx, func(r *reader) error {
		v, err := r.load.first(key, dateText(now))
		if v != nil {
			row, found = scan(key, v), true
		}
		return err
	})
	return row, found, err
}

func (b *sqliteBackend) Row(ctx context.Context, key string) (row Row, found bool, err error) {
	err = b.read(ctx, func(r *reader) error {
		v, err := r.row.first(key)
		if v != nil {
			row, found = scan(key, v), true
		}
		return err
	})
	return row, found, err
}

func (b *sqliteBackend) Rows(ctx context.Context) (rows []Row, err error) {
	err = b.read(ctx, func(r *reader) error {
		rows = []Row{} // from the start, if it has to try again
		return r.rows.each(func(v []driver.Value) {
			rows = append(rows, scan(text(v[0]), v[1:]))
		})
	})
	return rows, err
}

func (b *sqliteBackend) Count(ctx context.Context) (n int, err error) {
	err = b.read(ctx, func(r *reader) (err error) {
		n, err = r.count.number()
		return err
	})
	return n, err
}

// read lends a reader to do. While another program has locked the database it tries
// again, until the caller, or the store, has waited long enough.
func (b *sqliteBackend) read(ctx context.Context, do func(*reader) error) error {
	r, err := b.borrow(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer func() { b.readers <- r }()
	if err = do(r); !isBusy(err) {
		return unavailable(err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for pause := time.Millisecond; isBusy(err); pause = min(2*pause, 50*time.Millisecond) {
		select {
		case <-time.After(pause):
			err = do(r)
		case <-ctx.Done():
			return unavailable(err)
		case <-b.closing:
			return unavailable(errClosed)
		}
	}
	return unavailable(err)
}

func (b *sqliteBackend) borrow(ctx context.Context) (*reader, error) {
	select {
	case <-b.closing:
		return nil, errClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	default:
	}
	select {
	case r := <-b.readers:
		return r, nil
	default:
	}
	patience := time.NewTimer(b.patience)
	defer patience.Stop()
	select {
	case r := <-b.readers:
		return r, nil
	case <-b.closing:
		return nil, errClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-patience.C:
		return nil, errSlow
	}
}

// reader is a connection that reads, with its statements.
type reader struct {
	*connection
	load, row, rows, count, last *statement
	rooms, entries, entry        *statement
}

func newReader(path string) (*reader, error) {
	c, err := connect(path)
	if err != nil {
		return nil, err
	}
	r := &reader{connection: c}
	err = c.prepare(map[**statement]string{
		&r.load:  `SELECT session_data, expire_date FROM sessions WHERE session_key = ? AND expire_date > ?`,
		&r.row:   `SELECT session_data, expire_date FROM sessions WHERE session_key = ?`,
		&r.rows:  `SELECT session_key, session_data, expire_date FROM sessions ORDER BY rowid`,
		&r.count: `SELECT count(*) FROM sessions`,
		&r.last:  `SELECT coalesce(max(rowid), 0) FROM sessions`,

		&r.rooms:   `SELECT DISTINCT room FROM class_entries`,
		&r.entries: `SELECT name, value FROM class_entries WHERE room = ?`,
		&r.entry:   `SELECT value FROM class_entries WHERE room = ? AND name = ?`,
	})
	if err == nil {
		// Waiting for a lock is read's part: SQLite knows nothing of a caller's deadline.
		err = c.exec(`PRAGMA busy_timeout = 0`)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return r, nil
}

// Writing

func (b *sqliteBackend) Insert(ctx context.Context, row Row) error {
	return b.write(ctx, func(w *writer) error {
		n, err := w.insert.exec(row.Key, row.Data, dateText(row.Expires))
		if err == nil && n == 0 {
			return ErrExists
		}
		return err
	})
}

func (b *sqliteBackend) Update(ctx context.Context, row Row) error {
	return b.write(ctx, func(w *writer) error {
		n, err := w.update.exec(row.Data, dateText(row.Expires), row.Key)
		if err == nil && n == 0 {
			return ErrGone
		}
		return err
	})
}

func (b *sqliteBackend) Delete(ctx context.Context, key string) error {
	return b.write(ctx, func(w *writer) error {
		_, err := w.delete.exec(key)
		return err
	})
}

// Purge goes through the table in strides, each a write of its own, so that visitors
// need not wait for the whole. It reads every row, which takes 40 ms for 300,000 of
// them; an index on expire_date would spare that, and make every new session dearer.
func (b *sqliteBackend) Purge(ctx context.Context, before time.Time) (purged int, err error) {
	const stride = 500
	var last int
	err = b.read(ctx, func(r *reader) (err error) {
		last, err = r.last.number()
		return err
	})
	for first := 0; first <= last && err == nil; first += stride {
		var n int
		err = b.write(ctx, func(w *writer) (err error) {
			n, err = w.purge.exec(int64(first), int64(first+stride-1), dateText(before))
			return err
		})
		if err == nil { // or the writer may not be done with n
			purged += n
		}
	}
	return purged, err
}

// Ping reads, and goes the way of a write that writes nothing.
func (b *sqliteBackend) Ping(ctx context.Context) error {
	if _, _, err := b.Row(ctx, ""); err != nil {
		return err
	}
	return b.write(ctx, func(*writer) error { return nil })
}

// write gives do to the writer and waits for its transaction to be synced.
func (b *sqliteBackend) write(ctx context.Context, do func(*writer) error) error {
	if ctx.Err() != nil {
		return unavailable(context.Cause(ctx))
	}
	w := &write{do: do, done: make(chan error, 1)}
	if !b.writes.add(w) {
		return unavailable(errClosed)
	}
	patience := time.NewTimer(b.patience)
	defer patience.Stop()
	err := errSlow
	select {
	case err := <-w.done:
		return unavailable(err)
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-patience.C:
	}
	w.claim() // what the writer has not begun, it never will
	return unavailable(err)
}
