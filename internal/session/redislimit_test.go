package session_test

import (
	"path/filepath"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"
)

func TestEveryStoreKeepsWithinItsLimits(t *testing.T) {
	t.Run("redis", func(t *testing.T) {
		server := sessiontest.StartRedis(t)
		sessiontest.RunLimits(t, func(t *testing.T, limits session.Limits) sessiontest.Metered {
			raw(t, server, "FLUSHALL")
			b := openRedis(t, server.URL)
			b.Limit(limits)
			return b
		}, func() time.Time {
			c := client(t, server)
			rows := c.Keys(t.Context(), "cookielab:*:row:*").Val()
			for deadline := time.Now().Add(time.Minute); ; {
				young := 0
				for _, row := range rows {
					if c.ObjectIdleTime(t.Context(), row).Val() < 2*time.Second {
						young++
					}
				}
				if young == 0 {
					return time.Now()
				}
				if time.Now().After(deadline) {
					t.Fatal("rows do not grow old")
				}
			}
		})
	})
	for _, kind := range []string{"memory", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			now := time.Now()
			sessiontest.RunLimits(t, func(t *testing.T, limits session.Limits) sessiontest.Metered {
				var backend session.Bounded = session.NewMemory()
				if kind == "sqlite" {
					var err error
					if backend, err = session.OpenSQLite(filepath.Join(t.TempDir(), "sessions.db")); err != nil {
						t.Fatal(err)
					}
				}
				t.Cleanup(func() { backend.Close() })
				l, err := session.Limit(t.Context(), backend, limits, func() time.Time { return now })
				if err != nil {
					t.Fatal(err)
				}
				return l
			}, func() time.Time { now = now.Add(time.Hour); return now })
		})
	}
}
