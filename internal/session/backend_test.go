package session_test

import (
	"path/filepath"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"
)

func TestMemoryIsABackend(t *testing.T) {
	sessiontest.Run(t, func(*testing.T) session.Backend { return session.NewMemory() })
}

func TestLimitedIsABackend(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Backend {
		b, err := session.Limit(t.Context(), session.NewMemory(), session.DefaultLimits, func() time.Time { return start })
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func TestSQLiteIsABackend(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Backend {
		return open(t, filepath.Join(t.TempDir(), "sessions.db"))
	})
}

func open(t testing.TB, path string) *session.SQLite {
	t.Helper()
	b, err := session.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return b
}
