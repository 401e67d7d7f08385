package session

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// OpenSQLite opens the database file, creating it if necessary, with the table sessions.
// A file that is not a database, or has a different table of that name, is an error and
// stays unchanged.
//
// An acknowledged write survives a crash of the program or the machine: it is in a
// write-ahead log that was synced before the caller got its answer. A sync costs much
// more than writing a row, so a single writer puts all waiting writes into one
// transaction; the next ones queue while it is being synced.
func OpenSQLite(path string) (*SQLite, error) {
	return openSQLite(path, 5*time.Second)
}

// readers is the number of connections for reading. A reader never waits for the writer,
// and more of them than cores would not be faster.
const readers = 4

// lockPatience is how long to wait for another program's lock on the file. It is shorter
// than the patience of callers, part of which a slow disk may need.
const lockPatience = 2 * time.Second

// SQLite is a backend in a file; see OpenSQLite.
type SQLite struct {
	patience time.Duration // the longest that a caller waits
	writes   queue
	readers  chan *reader // those not in use
	closing  chan struct{}
	close    func() error

	rows    *atomic.Int64 // counted by the writer
	counted atomic.Bool   // whether it was done within recount, see Count
	health  probe
}

var _ interface {
	Backend
	Lister
	Counter
} = (*SQLite)(nil)

func openSQLite(path string, patience time.Duration) (*SQLite, error) {
	fail := func(err error) (*SQLite, error) {
		return nil, fmt.Errorf("open session store %s: %w%s", path, err, advice(err))
	}
	w, err := newWriter(path)
	if err != nil {
		return fail(err)
	}
	b := &SQLite{
		patience: patience,
		writes:   queue{wake: make(chan struct{}, 1)},
		readers:  make(chan *reader, readers),
		closing:  make(chan struct{}),
		rows:     &w.rows,
		health:   probe{keep: time.Second},
	}
	// The connection that is closed last copies the log into the file; that is the
	// writer's.
	disconnect := func(readers int) (err error) {
		for range readers {
			r := <-b.readers // waits until it is not in use
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

// Close implements Backend. It waits until the queued writes are done.
func (b *SQLite) Close() error { return b.close() }

var (
	errClosed = errors.New("closed")
	errSlow   = errors.New("waited too long")
)

// unavailable wraps every error of a store as ErrUnavailable, except ErrExists and
// ErrGone. For the caller they are alike: it can only try again.
func unavailable(err error) error {
	if err == nil || errors.Is(err, ErrExists) || errors.Is(err, ErrGone) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Reading

// Load implements Backend.
func (b *SQLite) Load(ctx context.Context, key string, now time.Time) (row Row, found bool, err error) {
	err = b.read(ctx, func(r *reader) error {
		v, err := r.load.first(key, nowDates.text(now))
		if v != nil {
			row, found = scan(key, v), true
		}
		return err
	})
	return row, found, err
}

// Row implements Backend.
func (b *SQLite) Row(ctx context.Context, key string) (row Row, found bool, err error) {
	err = b.read(ctx, func(r *reader) error {
		v, err := r.row.first(key)
		if v != nil {
			row, found = scan(key, v), true
		}
		return err
	})
	return row, found, err
}

// Rows implements Lister.
func (b *SQLite) Rows(ctx context.Context) (rows []Row, err error) {
	err = b.read(ctx, func(r *reader) error {
		rows = []Row{} // from the start, since read may try again
		return r.rows.each(func(v []driver.Value) {
			rows = append(rows, scan(text(v[0]), v[1:]))
		})
	})
	return rows, err
}

// Each calls do for every row, without reading its data.
func (b *SQLite) Each(ctx context.Context, do func(key string, bytes int, expires time.Time)) error {
	return b.read(ctx, func(r *reader) error {
		return r.sizes.each(func(v []driver.Value) {
			row := scan(text(v[0]), []driver.Value{nil, v[2]})
			bytes, _ := v[1].(int64)
			do(row.Key, int(bytes), row.Expires)
		})
	})
}

// Count returns the writer's count. Once in recount it has the writer check, in the
// background, whether another program has changed the file.
func (b *SQLite) Count(ctx context.Context) (int, error) {
	select {
	case <-b.closing:
		return 0, unavailable(errClosed)
	default:
	}
	if ctx.Err() != nil {
		return 0, unavailable(context.Cause(ctx))
	}
	if b.counted.CompareAndSwap(false, true) {
		go func() {
			_ = b.write(context.Background(), (*writer).countAgain) // after an error, the next Count tries again
			time.AfterFunc(recount, func() { b.counted.Store(false) })
		}()
	}
	return int(b.rows.Load()), nil
}

// recount is how old a count may be when another program writes too.
const recount = time.Second

// read lends a reader to do. While another program has locked the database it tries
// again, until ctx is done or the store's patience is over.
func (b *SQLite) read(ctx context.Context, do func(*reader) error) error {
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

func (b *SQLite) borrow(ctx context.Context) (*reader, error) {
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

// reader is a connection for reading, with its prepared statements.
type reader struct {
	*connection
	load, row, rows, sizes, last *statement
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
		&r.sizes: `SELECT session_key, octet_length(session_data), expire_date FROM sessions`,
		&r.last:  `SELECT coalesce(max(rowid), 0) FROM sessions`,

		&r.rooms:   `SELECT DISTINCT room FROM class_entries`,
		&r.entries: `SELECT name, value FROM class_entries WHERE room = ?`,
		&r.entry:   `SELECT value FROM class_entries WHERE room = ? AND name = ?`,
	})
	if err == nil {
		// read itself waits for a lock, because SQLite does not know ctx.
		err = c.exec(`PRAGMA busy_timeout = 0`)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return r, nil
}

// Writing

// Insert implements Backend.
func (b *SQLite) Insert(ctx context.Context, row Row) error {
	return b.write(ctx, func(w *writer) error {
		n, err := w.insert.exec(row.Key, row.Data, dateText(row.Expires))
		w.added += n
		if err == nil && n == 0 {
			return ErrExists
		}
		return err
	})
}

// Update implements Backend.
func (b *SQLite) Update(ctx context.Context, row Row) error {
	return b.write(ctx, func(w *writer) error {
		n, err := w.update.exec(row.Data, dateText(row.Expires), row.Key)
		if err == nil && n == 0 {
			return ErrGone
		}
		return err
	})
}

// Delete implements Backend.
func (b *SQLite) Delete(ctx context.Context, key string) error {
	return b.write(ctx, func(w *writer) error {
		n, err := w.delete.exec(key)
		w.added -= n
		return err
	})
}

// Purge goes through the table in batches, each a write of its own, so that other writes
// need not wait for all of it. It reads every row, 40 ms for 300,000 of them; an index on
// expire_date would avoid that and make every insert slower.
func (b *SQLite) Purge(ctx context.Context, before time.Time) (purged int, err error) {
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
			w.added -= n
			return err
		})
		if err == nil { // after an error the writer may still be using n
			purged += n
		}
	}
	return purged, err
}

// Ping reads, and commits a write that leaves nothing behind.
func (b *SQLite) Ping(ctx context.Context) error {
	if _, _, err := b.Row(ctx, ""); err != nil {
		return err
	}
	return b.health.ask(ctx, func() error {
		return b.write(context.Background(), (*writer).try)
	})
}

// write queues do for the writer and waits until its transaction is synced.
func (b *SQLite) write(ctx context.Context, do func(*writer) error) error {
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
	w.begin() // withdraws the write, unless the writer has begun it
	return unavailable(err)
}
