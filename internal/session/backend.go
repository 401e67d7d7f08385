package session

import (
	"context"
	"errors"
	"time"
)

// A Backend stores the table sessions(session_key, session_data, expire_date). It knows
// rows and dates; what a session means is Session's business.
//
// Dates are whole seconds in UTC; a backend truncates fractions. Every method may return
// an error that is ErrUnavailable: at once when ctx is done or the backend is closed, or
// after waiting too long. It is then unknown whether a write was carried out, but no row
// is half written.
//
// The package sessiontest holds the tests that each backend must pass.
type Backend interface {
	// Load returns the row that a request may use: one whose expire_date is after now.
	Load(ctx context.Context, key string, now time.Time) (Row, bool, error)
	// Insert adds a row, or returns ErrExists if the key is taken, expired rows included.
	Insert(ctx context.Context, row Row) error
	// Update replaces data and date of the row with this key, whatever its
	// expire_date, or returns ErrGone: it never brings a deleted row back.
	Update(ctx context.Context, row Row) error
	// Delete removes the row, if there is one.
	Delete(ctx context.Context, key string) error
	// Row returns a row as stored, expired or not. It is for display; a request uses Load.
	Row(ctx context.Context, key string) (Row, bool, error)
	// Purge removes the rows whose expire_date is earlier than before, and says how
	// many (Django's clearsessions).
	Purge(ctx context.Context, before time.Time) (int, error)
	// Ping returns nil if the backend can be read and written.
	Ping(ctx context.Context) error
	// Close finishes the calls under way and closes the store. A second Close does nothing.
	Close() error
}

// A Lister is a backend that can show its whole table.
type Lister interface {
	// Rows returns all rows as they are stored, in order of creation.
	Rows(ctx context.Context) ([]Row, error)
}

// A Counter is a backend that knows how many rows it has, at the same cost whether there
// are ten or a million.
type Counter interface {
	// Count returns the number of rows, expired ones included. Changes by other programs
	// may be missing from it for a second.
	Count(ctx context.Context) (int, error)
}

var (
	// ErrExists is Django's CreateError: the key is taken.
	ErrExists = errors.New("session key exists")
	// ErrGone is Django's UpdateError: there is no row to update.
	ErrGone = errors.New("session row is gone")
	// ErrInterrupted is Django's SessionInterrupted: another request deleted the
	// session while this one was under way. Nothing was saved.
	ErrInterrupted = errors.New("the session was deleted before the request completed")
	// ErrUnavailable says that the backend does not answer.
	ErrUnavailable = errors.New("session store does not answer")
	// ErrTooLarge says that the session would exceed MaxEntries or MaxBytes. Nothing was saved.
	ErrTooLarge = errors.New("session is too large")
)

// MaxEntries and MaxBytes limit one session: its keys, and the octets of its row's JSON.
const (
	MaxEntries = 100
	MaxBytes   = 64 << 10 // octets of the row's JSON
)

// dateFormat is the text of a date in the table. Such texts sort in order of time.
const dateFormat = "2006-01-02 15:04:05"
