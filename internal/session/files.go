package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// files are the database's files by path, as they were when it was opened. SQLite goes on
// using a file that was deleted or replaced; what it writes there is lost when the
// program ends.
type files map[string]os.FileInfo

func filesOf(path string) (files, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	f := files{}
	for _, name := range []string{real, real + "-wal", real + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, os.ErrNotExist) && name != real {
			continue
		}
		if err != nil {
			return nil, err
		}
		f[name] = info
	}
	return f, nil
}

// check returns an error if the path of one of the files no longer leads to the file that
// was opened, and nil again once it does.
func (f files) check() error {
	for name, was := range f {
		is, err := os.Stat(name)
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s was deleted while in use: put it back, or start the program again", name)
		}
		if err != nil {
			return err
		}
		if !os.SameFile(was, is) {
			return fmt.Errorf("%s was replaced while in use: put the old file back, or start the program again", name)
		}
	}
	return nil
}

// checkPatience limits how long the file is checked at start. A million rows take about a
// second.
const checkPatience = 5 * time.Second

// examine looks for damaged pages without changing anything. It stops after checkPatience
// and then returns nil if it has found no damage.
func examine(c *connection) error {
	ctx, cancel := context.WithTimeout(context.Background(), checkPatience)
	defer cancel()
	verdict, err := c.textWithin(ctx, `PRAGMA quick_check(1)`)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case verdict != "ok":
		_, place, _ := strings.Cut(verdict, "\n") // after a heading
		return fmt.Errorf("%w (%s)", errDamaged, strings.TrimSpace(place))
	}
	return nil
}

var errDamaged = errors.New("the file is damaged")

// advice adds what to do about a file that cannot be opened, for errors that do not say
// it.
func advice(err error) string {
	code := 0
	var e *sqlite.Error
	if errors.As(err, &e) {
		code = e.Code() & 0xff
	}
	switch {
	case errors.Is(err, errDamaged) || code == sqlite3.SQLITE_CORRUPT:
		return "; nothing was changed: move it and the files beside it away, or restore a copy (sqlite3's .recover saves what is left)"
	case code == sqlite3.SQLITE_READONLY:
		return "; the file and its folder must be writable"
	case code == sqlite3.SQLITE_BUSY:
		return "; another program holds it: end that, or use another file"
	}
	return ""
}
