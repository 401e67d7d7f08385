package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Memory is a backend in memory; its rows are lost when the program ends. The simulated
// world uses one for each play, and -store memory uses one for the program.
type Memory struct {
	mu     sync.RWMutex
	rows   map[string]memoryRow
	serial uint64 // of the last row that was inserted
	closed bool
}

var _ interface {
	Backend
	Lister
	Counter
} = (*Memory)(nil)

// NewMemory returns an empty table.
func NewMemory() *Memory {
	return &Memory{rows: make(map[string]memoryRow)}
}

type memoryRow struct {
	data    string
	expires int64  // seconds since 1970
	serial  uint64 // rows are listed in order of creation, which a map does not keep
}

func (m memoryRow) row(key string) Row {
	return Row{Key: key, Data: m.data, Expires: time.Unix(m.expires, 0).UTC()}
}

// usable returns an error if the store is closed or ctx is done. The lock is held.
func (m *Memory) usable(ctx context.Context) error {
	if m.closed {
		return fmt.Errorf("%w: closed", ErrUnavailable)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	}
	return nil
}

// Load implements Backend.
func (m *Memory) Load(ctx context.Context, key string, now time.Time) (Row, bool, error) {
	row, found, err := m.Row(ctx, key)
	if !found || row.Expires.Unix() <= now.Unix() {
		return Row{}, false, err
	}
	return row, true, nil
}

// Insert implements Backend.
func (m *Memory) Insert(ctx context.Context, row Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	if _, taken := m.rows[row.Key]; taken {
		return ErrExists
	}
	m.serial++
	m.rows[row.Key] = memoryRow{row.Data, row.Expires.Unix(), m.serial}
	return nil
}

// Update implements Backend.
func (m *Memory) Update(ctx context.Context, row Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	old, found := m.rows[row.Key]
	if !found {
		return ErrGone
	}
	m.rows[row.Key] = memoryRow{row.Data, row.Expires.Unix(), old.serial}
	return nil
}

// Delete implements Backend.
func (m *Memory) Delete(ctx context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	delete(m.rows, key)
	return nil
}

// Row implements Backend.
func (m *Memory) Row(ctx context.Context, key string) (Row, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.usable(ctx); err != nil {
		return Row{}, false, err
	}
	stored, found := m.rows[key]
	if !found {
		return Row{}, false, nil
	}
	return stored.row(key), true, nil
}

// Rows implements Lister.
func (m *Memory) Rows(ctx context.Context) ([]Row, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(m.rows))
	for key := range m.rows {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Compare(m.rows[a].serial, m.rows[b].serial)
	})
	rows := make([]Row, len(keys))
	for i, key := range keys {
		rows[i] = m.rows[key].row(key)
	}
	return rows, nil
}

// Each calls do for every row.
func (m *Memory) Each(ctx context.Context, do func(key string, bytes int, expires time.Time)) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for key, row := range m.rows {
		do(key, len(row.data), time.Unix(row.expires, 0))
	}
	return m.usable(ctx)
}

// Count implements Counter.
func (m *Memory) Count(ctx context.Context) (int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.rows), m.usable(ctx)
}

// Purge implements Backend.
func (m *Memory) Purge(ctx context.Context, before time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	limit, purged := before.Unix(), 0
	for key, row := range m.rows {
		if row.expires < limit {
			delete(m.rows, key)
			purged++
		}
	}
	return purged, nil
}

// Ping implements Backend. It fails only after Close or when ctx is done.
func (m *Memory) Ping(ctx context.Context) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.usable(ctx)
}

// Close implements Backend. Later calls return ErrUnavailable.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.rows = nil
	return nil
}
