package session

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// connection is a connection of the SQLite driver, used without database/sql: that would
// add a pool, and here there is a small fixed number of connections, each with its own
// prepared statements.
type connection struct {
	driver.Conn
	prepared []driver.Stmt
}

func connect(path string) (*connection, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// A file URI, because SQLite gives ? and % in a plain name a meaning. A Windows drive
	// letter needs a slash before it.
	path = "/" + strings.TrimPrefix(filepath.ToSlash(path), "/")
	c, err := new(sqlite.Driver).Open("file://" + (&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return nil, err
	}
	wait := fmt.Sprintf(`PRAGMA busy_timeout = %d`, lockPatience.Milliseconds())
	conn := &connection{Conn: c}
	if err := conn.exec(wait); err != nil {
		c.Close()
		return nil, err
	}
	return conn, nil
}

// Close closes the statements first: SQLite keeps a connection, and its write-ahead log,
// open until its last statement is finalized.
func (c *connection) Close() (err error) {
	for _, s := range c.prepared {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.Conn.Close())
}

func (c *connection) exec(sql string) error {
	_, err := c.Conn.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// text returns the first column of the first row.
func (c *connection) text(sql string) (string, error) {
	return c.textWithin(context.Background(), sql)
}

// textWithin is text, cancelled when ctx is done.
func (c *connection) textWithin(ctx context.Context, sql string) (string, error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, sql, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	first := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(first); err != nil {
		return "", err
	}
	return text(first[0]), nil
}

// prepare prepares each statement and stores it where its key points.
func (c *connection) prepare(statements map[**statement]string) error {
	for to, sql := range statements {
		s, err := c.Prepare(sql)
		if err != nil {
			return err
		}
		c.prepared = append(c.prepared, s)
		*to = &statement{
			exe: s.(driver.StmtExecContext),
			ask: s.(driver.StmtQueryContext),
		}
	}
	return nil
}

// statement is a prepared statement of one connection, for one goroutine at a time. It
// gives the driver no deadline, because the driver would start a goroutine for each call
// to watch it.
type statement struct {
	exe  driver.StmtExecContext
	ask  driver.StmtQueryContext
	args []driver.NamedValue
	row  []driver.Value
}

func (s *statement) bind(args []driver.Value) []driver.NamedValue {
	s.args = s.args[:0]
	for i, v := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return s.args
}

// exec returns the number of rows that it changed.
func (s *statement) exec(args ...driver.Value) (int, error) {
	result, err := s.exe.ExecContext(context.Background(), s.bind(args))
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (s *statement) query(args []driver.Value) (driver.Rows, error) {
	rows, err := s.ask.QueryContext(context.Background(), s.bind(args))
	if err == nil && s.row == nil {
		s.row = make([]driver.Value, len(rows.Columns()))
	}
	return rows, err
}

// first returns the first row, or nil if there is none, and does not look for a second.
// The slice is valid until the next call.
func (s *statement) first(args ...driver.Value) ([]driver.Value, error) {
	rows, err := s.query(args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if err := rows.Next(s.row); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return s.row, nil
}

// each calls do for every row. The slice is valid during the call.
func (s *statement) each(do func([]driver.Value), args ...driver.Value) error {
	rows, err := s.query(args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		if err := rows.Next(s.row); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		do(s.row)
	}
}

// number returns the single number that the query selects.
func (s *statement) number() (int, error) {
	v, err := s.first()
	if v == nil {
		return 0, err
	}
	n, _ := v[0].(int64)
	return int(n), nil
}

func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// scan reads session_data and expire_date.
func scan(key string, v []driver.Value) Row {
	expires, _ := time.Parse(dateFormat, text(v[1])) // an invalid date becomes the zero time, which has expired
	return Row{Key: key, Data: text(v[0]), Expires: expires}
}

// text converts a column of any type: a database edited by hand can hold anything.
func text(v driver.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return dateText(v)
	}
	return fmt.Sprint(v)
}

// dateText returns a date as it stands in the table.
func dateText(t time.Time) string { return rowDates.text(t) }

var rowDates, nowDates = dates{layout: dateFormat}, dates{layout: dateFormat}
