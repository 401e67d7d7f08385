package session_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"

	"github.com/redis/go-redis/v9"
)

// age has Redis believe that no row was used for an hour.
func age(t *testing.T, c *redis.Client) {
	t.Helper()
	for _, row := range c.Keys(t.Context(), "cookielab:*:row:*").Val() {
		dump := c.Dump(t.Context(), row).Val()
		if err := c.Do(t.Context(), "RESTORE", row, c.PTTL(t.Context(), row).Val().Milliseconds(), dump, "REPLACE", "IDLETIME", 3600).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// Two programs share a full Redis: an address beyond its share is refused by both, and
// its rows make room for others.
func TestProgramsAgreeOnTheSharesInRedis(t *testing.T) {
	server := sessiontest.StartRedis(t)
	one, two := openRedis(t, server.URL), openRedis(t, server.URL)
	one.Limit(session.Limits{Rows: 20, Bytes: 1 << 20})
	two.Limit(session.Limits{Rows: 20, Bytes: 1 << 20})
	c := client(t, server)
	mallory, alice := session.WithPeer(t.Context(), "10.0.0.1:1"), session.WithPeer(t.Context(), "10.0.0.2:1")
	row := func(name string, i int, data string) session.Row {
		return session.Row{Key: fmt.Sprint(name, i), Data: data, Expires: time.Now().Add(time.Hour)}
	}
	want := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Fatalf("%s: %v, want %v", what, err, want)
		}
	}
	for i := range 20 {
		want("a row while there is room", one.Insert(mallory, row("m", i, "{}")), nil)
	}
	want("a row more", one.Insert(mallory, row("m", 20, "{}")), session.ErrFull)
	searched := func() string {
		stats := c.Info(t.Context(), "commandstats").Val()
		_, calls, _ := strings.Cut(stats, "cmdstat_zrandmember:calls=")
		calls, _, _ = strings.Cut(calls, ",")
		return calls
	}
	before := searched()
	want("a row more, again", one.Insert(mallory, row("m", 20, "{}")), session.ErrFull)
	if got := searched(); before == "" || got != before {
		t.Errorf("the rows were searched %s times for one refusal, %s times for two", before, got)
	}
	want("a row more, elsewhere", two.Insert(mallory, row("m", 20, "{}")), session.ErrFull)
	want("a row that grows", one.Update(t.Context(), row("m", 0, `{"a":1}`)), session.ErrFull)
	want("a row that does not grow", one.Update(t.Context(), row("m", 0, `[]`)), nil)
	for i := range 10 {
		want("a row of another", two.Insert(alice, row("a", i, "{}")), nil)
	}
	want("more than half", two.Insert(alice, row("a", 10, "{}")), session.ErrFull)
	want("a row of another that grows", two.Update(t.Context(), row("a", 0, `{"a":1}`)), session.ErrFull)
	if m, a := len(c.Keys(t.Context(), "*:row:m*").Val()), len(c.Keys(t.Context(), "*:row:a*").Val()); m != 10 || a != 10 {
		t.Errorf("the one address has %d rows, the other %d, want 10 each", m, a)
	}
	age(t, c)
	three := openRedis(t, server.URL) // which has refused nobody yet
	three.Limit(session.Limits{Rows: 20, Bytes: 1 << 20})
	want("a row for one that nobody uses", three.Insert(mallory, row("m", 21, "{}")), nil)
}

func TestEveryStoreKeepsWithinItsLimits(t *testing.T) {
	t.Run("redis", func(t *testing.T) {
		server := sessiontest.StartRedis(t)
		sessiontest.RunLimits(t, func(t *testing.T, limits session.Limits) sessiontest.Metered {
			raw(t, server, "FLUSHALL")
			b := openRedis(t, server.URL)
			b.Limit(limits)
			return b
		}, func() time.Time {
			age(t, client(t, server))
			return time.Now()
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
