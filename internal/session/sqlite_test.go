package session

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	bg  = context.Background()
	day = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
)

func openTest(t *testing.T, path string, patience time.Duration) *SQLite {
	t.Helper()
	b, err := openSQLite(path, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func tempStore(t *testing.T) *SQLite {
	t.Helper()
	return openTest(t, filepath.Join(t.TempDir(), "sessions.db"), time.Minute)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKeys(t *testing.T, b Lister, want ...string) {
	t.Helper()
	rows, err := b.Rows(bg)
	must(t, err)
	var got []string
	for _, row := range rows {
		got = append(got, row.Key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

// until waits until a condition holds that other goroutines bring about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 1_000_000 {
		if is() {
			return
		}
		runtime.Gosched()
	}
	t.Fatalf("waited in vain until %s", what)
}

// hold keeps the writer busy until release is called.
func hold(t *testing.T, b *SQLite) (release func()) {
	t.Helper()
	holding, done := make(chan struct{}), make(chan struct{})
	go b.write(bg, func(*writer) error {
		close(holding)
		<-done
		return nil
	})
	<-holding
	release = sync.OnceFunc(func() { close(done) })
	t.Cleanup(release)
	return release
}

func (b *SQLite) waiting() int {
	b.writes.mu.Lock()
	defer b.writes.mu.Unlock()
	return len(b.writes.waiting)
}

func TestWritingConnectionSyncsEveryCommit(t *testing.T) {
	b := tempStore(t)
	must(t, b.write(bg, func(w *writer) error {
		for pragma, want := range map[string]string{
			"synchronous":  "2", // FULL
			"journal_mode": "wal",
			"busy_timeout": "2000",
		} {
			if got, err := w.text("PRAGMA " + pragma); got != want || err != nil {
				t.Errorf("PRAGMA %s = %s, %v, want %s", pragma, got, err, want)
			}
		}
		return nil
	}))
}

func TestTableIsAsPromised(t *testing.T) {
	b := tempStore(t)
	must(t, b.Insert(bg, Row{"k1", `{"a":1}`, day}))
	must(t, b.read(bg, func(r *reader) error {
		got, err := r.text(`SELECT session_key || '|' || session_data || '|' || expire_date FROM sessions`)
		if want := `k1|{"a":1}|2026-01-15 00:00:00`; got != want {
			t.Errorf("the row is %s, want %s", got, want)
		}
		return err
	}))
}

func TestWaitingWritesShareOneTransaction(t *testing.T) {
	b := tempStore(t)
	release := hold(t, b)
	const n = 20
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			errs[i] = b.write(bg, func(w *writer) error {
				if i == n/2 {
					return errors.New("disk full")
				}
				_, err := w.insert.exec(fmt.Sprint("k", i), "{}", "2026-01-15 00:00:00")
				return err
			})
		})
	}
	until(t, "all are waiting", func() bool { return b.waiting() == n })
	release()
	wg.Wait()
	// One write failed with a store error, so all fail, and nothing of the transaction is kept.
	for i, err := range errs {
		if !errors.Is(err, ErrUnavailable) || !strings.HasSuffix(err.Error(), "disk full") {
			t.Errorf("write %d = %v, want the trouble of the transaction", i, err)
		}
	}
	wantKeys(t, b)
	must(t, b.Insert(bg, Row{"k1", "{}", day}))
	wantKeys(t, b, "k1")
}

func TestOneCallersAnswerIsNotTheOthers(t *testing.T) {
	b := tempStore(t)
	must(t, b.Insert(bg, Row{"taken", "{}", day}))
	release := hold(t, b)
	var wg sync.WaitGroup
	errs := make(map[string]error)
	var mu sync.Mutex
	for name, call := range map[string]func() error{
		"new":   func() error { return b.Insert(bg, Row{"new", "{}", day}) },
		"taken": func() error { return b.Insert(bg, Row{"taken", "other", day}) },
		"gone":  func() error { return b.Update(bg, Row{"gone", "{}", day}) },
	} {
		wg.Go(func() {
			err := call()
			mu.Lock()
			defer mu.Unlock()
			errs[name] = err
		})
	}
	until(t, "all are waiting", func() bool { return b.waiting() == 3 })
	release()
	wg.Wait()
	if want := map[string]error{"new": nil, "taken": ErrExists, "gone": ErrGone}; !maps.Equal(errs, want) {
		t.Errorf("answers %v, want %v", errs, want)
	}
	wantKeys(t, b, "taken", "new")
}

func TestStuckWriterIsNotWaitedForForever(t *testing.T) {
	b := openTest(t, filepath.Join(t.TempDir(), "sessions.db"), time.Minute)
	must(t, b.Insert(bg, Row{"k1", "{}", day}))
	b.patience = 20 * time.Millisecond // only now, because a slow machine may take longer for the writes above
	release := hold(t, b)
	calls := map[string]func(context.Context) error{
		"Insert": func(ctx context.Context) error { return b.Insert(ctx, Row{"k2", "{}", day}) },
		"Update": func(ctx context.Context) error { return b.Update(ctx, Row{"k1", "changed", day}) },
		"Delete": func(ctx context.Context) error { return b.Delete(ctx, "k1") },
		"Purge":  func(ctx context.Context) error { _, err := b.Purge(ctx, day.Add(time.Hour)); return err },
		"Ping":   b.Ping,
	}
	for name, call := range calls {
		if err := call(bg); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errSlow) {
			t.Errorf("%s while the writer is stuck = %v, want ErrUnavailable", name, err)
		}
	}
	b.patience = time.Minute
	delete(calls, "Ping") // has the result of its last check, which gave up by itself
	soon, cancel := context.WithTimeout(bg, 10*time.Millisecond)
	defer cancel()
	for name, call := range calls {
		if err := call(soon); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s with a deadline = %v, want ErrUnavailable", name, err)
		}
	}
	// Readers are not affected.
	if _, found, err := b.Load(bg, "k1", day.Add(-time.Second)); !found || err != nil {
		t.Errorf("Load while the writer is stuck = %v, %v, want the row", found, err)
	}
	// A write whose caller gave up is not carried out later.
	release()
	until(t, "the writer is free", func() bool { return b.Ping(bg) == nil })
	wantKeys(t, b, "k1")
	if row, _, err := b.Row(bg, "k1"); row.Data != "{}" || err != nil {
		t.Errorf("the row is %v, %v, want it unchanged", row, err)
	}
}

func TestAllReadersBusyAreNotWaitedForForever(t *testing.T) {
	b := openTest(t, filepath.Join(t.TempDir(), "sessions.db"), time.Minute)
	var held []*reader
	for range readers {
		r, err := b.borrow(bg)
		must(t, err)
		held = append(held, r)
	}
	soon, cancel := context.WithTimeout(bg, 0) // ends long before a reader becomes free
	defer cancel()
	if _, err := b.Rows(soon); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Rows with a deadline = %v, want ErrUnavailable", err)
	}
	b.patience = 20 * time.Millisecond
	if _, err := b.Rows(bg); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errSlow) {
		t.Errorf("Rows = %v, want ErrUnavailable", err)
	}
	for _, r := range held {
		b.readers <- r
	}
	if _, err := b.Rows(bg); err != nil {
		t.Errorf("Rows with readers again = %v", err)
	}
}

// lock starts a write transaction as another program would.
func lock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	other, err := connect(path)
	must(t, err)
	t.Cleanup(func() { other.Close() })
	must(t, other.exec("BEGIN IMMEDIATE"))
	return func() { must(t, other.exec("ROLLBACK")) }
}

func TestAnotherProgramsLockIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	b := openTest(t, path, time.Minute)
	must(t, b.Insert(bg, Row{"k1", "{}", day}))
	unlock := lock(t, path)
	soon, cancel := context.WithTimeout(bg, 20*time.Millisecond)
	defer cancel()
	if err := b.Insert(soon, Row{"late", "{}", day}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Insert while the file is locked = %v, want ErrUnavailable", err)
	}
	if _, found, err := b.Load(bg, "k1", day.Add(-time.Second)); !found || err != nil {
		t.Errorf("Load while the file is locked = %v, %v, want the row", found, err)
	}
	done := make(chan error)
	go func() { done <- b.Insert(bg, Row{"k2", "{}", day}) }()
	until(t, "it is waiting", func() bool { return b.waiting() == 1 })
	unlock()
	if err := <-done; err != nil {
		t.Errorf("Insert after the lock = %v", err)
	}
	wantKeys(t, b, "k1", "k2")
}

// busyError is the driver's own error for a locked database.
func busyError(t *testing.T) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "locked.db")
	lock(t, path)
	c, err := connect(path)
	must(t, err)
	defer c.Close()
	must(t, c.exec("PRAGMA busy_timeout = 0"))
	err = c.exec("BEGIN IMMEDIATE")
	if !isBusy(err) || isBusy(errSlow) || isBusy(nil) {
		t.Fatalf("isBusy does not know %v", err)
	}
	return err
}

func TestReadTriesAgainWhileTheFileIsLocked(t *testing.T) {
	b, busy := tempStore(t), busyError(t)
	tries := 0
	err := b.read(bg, func(*reader) error {
		if tries++; tries < 4 {
			return busy
		}
		return nil
	})
	if err != nil || tries != 4 {
		t.Errorf("read = %v after %d tries, want nil after 4", err, tries)
	}
	soon, cancel := context.WithTimeout(bg, 10*time.Millisecond)
	defer cancel()
	if err := b.read(soon, func(*reader) error { return busy }); !errors.Is(err, ErrUnavailable) {
		t.Errorf("read of what stays locked = %v, want ErrUnavailable", err)
	}
	closed := make(chan error)
	go func() {
		closed <- b.read(bg, func(*reader) error {
			go b.Close()
			return busy
		})
	}()
	if err := <-closed; !errors.Is(err, ErrUnavailable) || !errors.Is(err, errClosed) {
		t.Errorf("read while the store closes = %v, want ErrUnavailable", err)
	}
}

func TestCloseFinishesWhatIsWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	b := openTest(t, path, time.Minute)
	release := hold(t, b)
	const n = 10
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- b.Insert(bg, Row{fmt.Sprint("k", i), "{}", day}) }()
	}
	until(t, "all are waiting", func() bool { return b.waiting() == n })
	closed := make(chan error, 2)
	for range 2 {
		go func() { closed <- b.Close() }()
	}
	<-b.closing
	if err := b.Insert(bg, Row{"late", "{}", day}); !errors.Is(err, errClosed) {
		t.Errorf("Insert while it closes = %v, want ErrUnavailable", err)
	}
	release()
	for range n {
		must(t, <-errs)
	}
	for range 2 {
		must(t, <-closed)
	}
	if got, err := os.ReadDir(filepath.Dir(path)); len(got) != 1 || err != nil {
		t.Errorf("files after Close: %v, %v, want only the database", got, err)
	}
	again := openTest(t, path, time.Minute)
	if n, err := again.Count(bg); n != 10 || err != nil {
		t.Errorf("Count in the file = %d, %v, want 10", n, err)
	}
}

func TestRowsOutliveTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	b := openTest(t, path, time.Minute)
	for _, key := range []string{"z", "a", "m"} {
		must(t, b.Insert(bg, Row{key, "{}", day}))
	}
	must(t, b.Close())
	b = openTest(t, path, time.Minute)
	must(t, b.Insert(bg, Row{"b", "{}", day}))
	wantKeys(t, b, "z", "a", "m", "b")
}

func TestTwoProgramsShareOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	one, other := openTest(t, path, time.Minute), openTest(t, path, time.Minute)
	must(t, one.Insert(bg, Row{"k1", "{}", day}))
	must(t, other.Insert(bg, Row{"k2", "{}", day}))
	must(t, other.Delete(bg, "k1"))
	if err := one.Update(bg, Row{"k1", "{}", day}); err != ErrGone {
		t.Errorf("Update of what the other deleted = %v, want ErrGone", err)
	}
	wantKeys(t, one, "k2")
	wantKeys(t, other, "k2")
	for name, b := range map[string]*SQLite{"one": one, "the other": other} {
		until(t, name+" has counted again", func() bool { n, err := b.Count(bg); return n == 1 && err == nil })
	}
}

// Counting must not read the table.
func TestCountingReadsNothing(t *testing.T) {
	b := tempStore(t)
	must(t, b.Insert(bg, Row{"k1", "{}", day}))
	must(t, b.Insert(bg, Row{"k2", "{}", day}))
	if err := b.Insert(bg, Row{"k2", "{}", day}); err != ErrExists {
		t.Fatal(err)
	}
	var held []*reader
	for range readers {
		r, err := b.borrow(bg)
		must(t, err)
		held = append(held, r)
	}
	hold(t, b)
	if n, err := b.Count(bg); n != 2 || err != nil {
		t.Errorf("Count while nobody can read or write = %d, %v, want 2", n, err)
	}
	for _, r := range held {
		b.readers <- r
	}
}

// People edit the file with other tools and can write anything into it.
func TestRowEditedByHandIsShown(t *testing.T) {
	now := day.Add(-time.Hour)
	for _, test := range []struct {
		value   driver.Value // of expire_date
		usable  bool
		expires time.Time
	}{
		{"2026-01-15 00:00:00.5", true, day.Add(time.Second / 2)},
		{"2026-01-15", true, time.Time{}},
		{"2026-01-14", false, time.Time{}},
		{"soon", true, time.Time{}}, // sorts as text after every date
		{"", false, time.Time{}},
		{int64(18), false, time.Time{}},
		{[]byte("2026-01-15 00:00:00"), true, day},
	} {
		t.Run(fmt.Sprint(test.value), func(t *testing.T) {
			b := tempStore(t)
			must(t, b.write(bg, func(w *writer) error {
				_, err := w.insert.exec("k1", []byte("{}"), test.value)
				return err
			}))
			row, found, err := b.Row(bg, "k1")
			if want := (Row{"k1", "{}", test.expires}); row != want || !found || err != nil {
				t.Errorf("Row = %v, %v, %v, want %v", row, found, err, want)
			}
			if _, found, err := b.Load(bg, "k1", now); found != test.usable || err != nil {
				t.Errorf("Load = %v, %v, want %v", found, err, test.usable)
			}
		})
	}
}
