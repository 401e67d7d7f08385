package session

import (
	"context"
	"errors"
	"time"
)

// A Backend keeps the table sessions(session_key, session_data, expire_date). It
// knows rows and dates, not what a session means: that is Session's part.
//
// Every date is a whole second in UTC; a backend cuts off what is finer. Every
// method may return an error that is ErrUnavailable, at once when ctx is done, the
// backend is closed or a wait has become too long. It then promises nothing about
// the write it was asked for, except that no row is half written.
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
	// Row returns a row as it is stored, expired or not: to show, never to use.
	Row(ctx context.Context, key string) (Row, bool, error)
	// Purge removes the rows whose expire_date is earlier than before, and says how
	// many (Django's clearsessions).
	Purge(ctx context.Context, before time.Time) (int, error)
	// Ping returns nil if the backend can be read and written.
	Ping(ctx context.Context) error
	// Close finishes what is under way. A second Close does nothing.
	Close() error
}

// A Lister is a backend that can show its whole table.
type Lister interface {
	// Rows returns all rows as they are stored, in order of creation.
	Rows(ctx context.Context) ([]Row, error)
}

// A Counter is a backend that knows how many rows it has: to ask costs the same
// whether there are ten or a million.
type Counter interface {
	// Count returns the number of rows, expired ones included. What other programs
	// wrote may be counted a second late.
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
	// ErrTooLarge says that the session would pass MaxEntries or MaxBytes. Nothing was saved.
	ErrTooLarge = errors.New("session is too large")
)

// What a session may hold.
const (
	MaxEntries = 100
	MaxBytes   = 64 << 10 // of the row's JSON
)

// dateFormat is how a date stands in the table: dates compare as text does.
const dateFormat = "2006-01-02 15:04:05"
