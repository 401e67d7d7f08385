package sessiontest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
)

// A Metered backend has limits and can tell its usage.
type Metered interface {
	session.Backend
	session.Meter
}

// RunLimits checks that a backend keeps within limits. open returns an empty one; idle
// lets time pass until the existing rows count as long unused, and returns the new time.
func RunLimits(t *testing.T, open func(t *testing.T, limits session.Limits) Metered, idle func() (now time.Time)) {
	expires := time.Now().Add(24 * time.Hour)
	insert := func(t *testing.T, b Metered, prefix string, n int, data string) {
		t.Helper()
		for i := range n {
			if err := b.Insert(t.Context(), session.Row{Key: fmt.Sprint(prefix, i), Data: data, Expires: expires}); err != nil {
				t.Fatalf("row %s%d: %v", prefix, i, err)
			}
		}
	}
	there := func(t *testing.T, b Metered, prefix string, n int) (count int) {
		t.Helper()
		for i := range n {
			_, found, err := b.Row(context.WithoutCancel(t.Context()), fmt.Sprint(prefix, i))
			if err != nil {
				t.Fatal(err)
			}
			if found {
				count++
			}
		}
		return count
	}
	t.Run("rows that are long unused make room", func(t *testing.T) {
		b := open(t, session.Limits{Rows: 20, Bytes: 1 << 20})
		insert(t, b, "old", 20, "{}")
		now := idle()
		for i := range 5 {
			if _, found, err := b.Load(t.Context(), fmt.Sprint("old", i), now); !found || err != nil {
				t.Fatalf("row old%d: %v, %v", i, found, err)
			}
		}
		insert(t, b, "new", 12, "{}")
		if used, fresh, all := there(t, b, "old", 5), there(t, b, "new", 12), there(t, b, "old", 20); used != 5 || fresh != 12 || all != 8 {
			t.Errorf("of 5 rows in use %d are there, of 12 new ones %d, of 20 old ones %d, want 8 of these", used, fresh, all)
		}
		if u, err := b.Usage(t.Context()); err != nil || u.Rows != 20 || u.Evicted != 12 || u.LastEvicted.IsZero() || u.Limits.Rows != 20 {
			t.Errorf("Usage() = %+v, %v, want 20 rows of 20, 12 evicted", u, err)
		}
	})
	t.Run("octets count too", func(t *testing.T) {
		kilobyte := `{"a":"` + strings.Repeat("x", 1000) + `"}`
		b := open(t, session.Limits{Rows: 1000, Bytes: 64 << 10})
		insert(t, b, "old", 60, kilobyte)
		idle()
		insert(t, b, "new", 10, kilobyte)
		u, err := b.Usage(t.Context())
		if err != nil || u.Bytes > 66<<10 || u.Evicted == 0 || there(t, b, "new", 10) != 10 {
			t.Errorf("Usage() = %+v, %v, want 64 KiB at most", u, err)
		}
		for i := range 10 { // deleted rows no longer count
			if err := b.Delete(t.Context(), fmt.Sprint("new", i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Purge(t.Context(), expires.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); ; {
			if u, err := b.Usage(t.Context()); err == nil && u.Rows == 0 && u.Bytes == 0 {
				break
			} else if time.Now().After(deadline) {
				t.Fatalf("of an empty store Usage() = %+v, %v", u, err)
			}
		}
	})
}
