package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestALostFileIsNotWrittenTo(t *testing.T) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		t.Run("sessions.db"+suffix, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions.db")
			b := openTest(t, path, time.Minute)
			b.health.keep = 0
			must(t, b.Insert(bg, Row{"k1", "{}", day}))
			lost, kept := path+suffix, filepath.Join(t.TempDir(), "kept")
			wantLost := func(how string) {
				t.Helper()
				for call, err := range map[string]error{
					"Insert": b.Insert(bg, Row{"k2", "{}", day}),
					"Update": b.Update(bg, Row{"k1", "changed", day}),
					"Delete": b.Delete(bg, "k1"),
					"Ping":   b.Ping(bg),
				} {
					if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), lost+" was "+how) {
						t.Errorf("%s = %v, want ErrUnavailable and that %s was %s", call, err, lost, how)
					}
				}
			}
			must(t, os.Rename(lost, kept))
			wantLost("deleted")
			must(t, os.WriteFile(lost, []byte("another"), 0o600))
			wantLost("replaced")
			must(t, os.Rename(kept, lost))
			until(t, "the file is back", func() bool { return b.Ping(bg) == nil })
			wantKeys(t, b, "k1")
			must(t, b.Insert(bg, Row{"k3", "{}", day}))
			wantKeys(t, b, "k1", "k3")
		})
	}
}

// The file is deleted in the middle of a transaction, so that the commit goes to a file
// that no longer has a name.
func TestWhatWasCommittedToALostFileIsNotAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	b := openTest(t, path, time.Minute)
	err := b.write(bg, func(w *writer) error {
		if _, err := w.insert.exec("k1", "{}", "2026-01-15 00:00:00"); err != nil {
			return err
		}
		return os.Remove(path)
	})
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("the write = %v, want ErrUnavailable", err)
	}
}

func TestADamagedFileIsFoundAtStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	b := openTest(t, path, time.Minute)
	must(t, b.write(bg, func(w *writer) error {
		for n := range 400 { // some dozen pages
			if _, err := w.insert.exec(fmt.Sprintf("%032d", n), strings.Repeat("x", 100), dateText(day)); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, b.Close())
	content, err := os.ReadFile(path)
	must(t, err)
	copy(content[5*4096:], strings.Repeat("\xa5", 4096)) // one page of a tree
	must(t, os.WriteFile(path, content, 0o600))
	before := snapshot(t, filepath.Dir(path))
	_, err = OpenSQLite(path)
	if err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "move it") || strings.Contains(err.Error(), "\n") {
		t.Errorf("OpenSQLite of a damaged file = %v, want one line with what to do", err)
	}
	for name, was := range before {
		if is := snapshot(t, filepath.Dir(path))[name]; is != was {
			t.Errorf("%s was changed", name)
		}
	}
}

// A ping must fail when nothing can be written, even if reading works.
func TestPingCommitsAWrite(t *testing.T) {
	b := tempStore(t)
	wal := b.path(t) + "-wal"
	before, err := os.Stat(wal)
	must(t, err)
	must(t, b.Ping(bg))
	after, err := os.Stat(wal)
	must(t, err)
	if after.Size() <= before.Size() {
		t.Errorf("the log had %d octets and has %d, want more: something was committed", before.Size(), after.Size())
	}
	wantKeys(t, b)
	if n, err := b.Count(bg); n != 0 || err != nil {
		t.Errorf("Count after a ping = %d, %v, want 0", n, err)
	}
}

// path is the database's file.
func (b *SQLite) path(t *testing.T) (path string) {
	t.Helper()
	must(t, b.read(bg, func(r *reader) (err error) {
		path, err = r.text(`SELECT file FROM pragma_database_list WHERE name = 'main'`)
		return err
	}))
	return path
}

func TestHoweverManyAskOneTries(t *testing.T) {
	p := probe{keep: time.Hour}
	var tries atomic.Int32
	broken, begun, release := errors.New("broken"), make(chan struct{}), make(chan struct{})
	try := func() error {
		tries.Add(1)
		close(begun)
		<-release
		return broken
	}
	answers := make(chan error)
	for range 10 {
		go func() { answers <- p.ask(bg, try) }()
	}
	<-begun
	soon, cancel := context.WithTimeout(bg, time.Millisecond)
	defer cancel()
	if err := p.ask(soon, try); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ask with a deadline = %v, want ErrUnavailable", err)
	}
	close(release)
	for range 10 {
		if err := <-answers; err != broken {
			t.Errorf("ask = %v, want what the try came to", err)
		}
	}
	if err := p.ask(bg, try); err != broken || tries.Load() != 1 {
		t.Errorf("ask afterwards = %v after %d tries, want the same after one", err, tries.Load())
	}
	p.last, p.keep = nil, 0
	until(t, "it tries again", func() bool { return p.ask(bg, func() error { return nil }) == nil })
}

func TestAnyFileNameWillDo(t *testing.T) {
	for _, name := range []string{"a b", "a?mode=memory", "a#b", "a%41b", "file:a", ":memory:", "中文", "a&b=c", "'"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, openTest(t, filepath.Join(dir, name), time.Minute).Close())
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("relative", func(t *testing.T) {
		t.Chdir(t.TempDir())
		must(t, openTest(t, "sessions.db", time.Minute).Close())
		if _, err := os.Stat("sessions.db"); err != nil {
			t.Error(err)
		}
	})
}

// snapshot returns every file of a directory with its content.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			content = []byte(err.Error())
		}
		files[e.Name()] = string(content)
	}
	return files
}

// database creates a database with SQL, without this package.
func database(t *testing.T, path string, sql ...string) {
	t.Helper()
	c, err := connect(path)
	must(t, err)
	for _, s := range sql {
		must(t, c.exec(s))
	}
	must(t, c.Close())
}

func TestWhatIsNotOursStaysAsItIs(t *testing.T) {
	tests := map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"a text": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("my diploma thesis\n", 1000)), 0o644))
		}, "not a database"},
		"a short text": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("hello\n"), 0o644))
		}, "not a database"},
		"a database's head on garbage": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("SQLite format 3\x00"+strings.Repeat("garbage", 1000)), 0o644))
		}, "not a database"},
		"a damaged database": {func(t *testing.T, path string) {
			database(t, path, "CREATE TABLE x (a)")
			content, err := os.ReadFile(path)
			must(t, err)
			for i := 100; i < len(content); i++ {
				content[i] = 0xff
			}
			must(t, os.WriteFile(path, content, 0o644))
		}, "malformed"},
		"a directory": {func(t *testing.T, path string) {
			must(t, os.Mkdir(path, 0o755))
		}, "unable to open"},
		"a directory that is not there": {func(*testing.T, string) {}, "unable to open"},
		"another table of that name": {func(t *testing.T, path string) {
			database(t, path, "CREATE TABLE sessions (id INTEGER PRIMARY KEY, data TEXT)", "INSERT INTO sessions VALUES (1, 'x')")
		}, "its table sessions belongs to something else"},
		"a table without a unique key": {func(t *testing.T, path string) {
			database(t, path, "CREATE TABLE sessions (session_key TEXT, session_data TEXT, expire_date TEXT)")
		}, "its table sessions belongs to something else"},
		"a view of that name": {func(t *testing.T, path string) {
			database(t, path, "CREATE VIEW sessions AS SELECT 1 AS session_key, 2 AS session_data, 3 AS expire_date")
		}, "its table sessions belongs to something else"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "sessions.db")
			test.make(t, path)
			if strings.HasSuffix(name, "not there") {
				path = filepath.Join(dir, "missing", "sessions.db")
			}
			before := snapshot(t, dir)
			b, err := OpenSQLite(path)
			if err == nil || b != nil {
				t.Fatalf("OpenSQLite = %v, %v, want an error and nothing else", b, err)
			}
			if text := err.Error(); !strings.HasPrefix(text, "open session store "+path+": ") ||
				!strings.Contains(text, test.want) || strings.Contains(text, "\n") {
				t.Errorf("the error is %q, want one line with %q", text, test.want)
			}
			if after := snapshot(t, dir); !maps.Equal(before, after) {
				t.Errorf("files changed: %.300q, want %.300q", after, before)
			}
		})
	}
}

func TestForeignDatabaseGetsTheTable(t *testing.T) {
	for name, sql := range map[string][]string{
		"with other tables": {"CREATE TABLE thesis (chapter TEXT)", "INSERT INTO thesis VALUES ('one')"},
		"empty":             {},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions.db")
			database(t, path, sql...)
			b := openTest(t, path, time.Minute)
			must(t, b.Insert(bg, Row{"k1", "{}", day}))
			wantKeys(t, b, "k1")
			must(t, b.Close())
			c, err := connect(path)
			must(t, err)
			defer c.Close()
			if len(sql) > 0 {
				if chapter, err := c.text("SELECT chapter FROM thesis"); chapter != "one" || err != nil {
					t.Errorf("the other table holds %q, %v", chapter, err)
				}
			}
		})
	}
}
