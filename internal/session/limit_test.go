package session

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A crowd is a limited backend in memory that several addresses write to.
type crowd struct {
	*testing.T
	*Limited
	now time.Time
}

func newCrowd(t *testing.T, limits Limits) *crowd {
	c := &crowd{T: t, now: day}
	c.limit(NewMemory(), limits)
	return c
}

func (c *crowd) limit(backend Bounded, limits Limits) {
	c.Helper()
	var err error
	if c.Limited, err = Limit(bg, backend, limits, func() time.Time { return c.now }); err != nil {
		c.Fatal(err)
	}
}

// insert adds rows prefix0, prefix1, … from an address and returns the first error.
func (c *crowd) insert(address, prefix string, n int) error {
	for i := range n {
		row := Row{fmt.Sprint(prefix, i), "{}", c.now.Add(time.Hour)}
		if err := c.Insert(withPeer(bg, address), row); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) wantFull(err error) {
	c.Helper()
	if !errors.Is(err, ErrFull) {
		c.Errorf("the write = %v, want ErrFull", err)
	}
}

// count returns how many rows have keys with this prefix.
func (c *crowd) count(prefix string) (n int) {
	c.Helper()
	must(c.T, c.Each(bg, func(key string, _ int, _ time.Time) {
		if strings.HasPrefix(key, prefix) {
			n++
		}
	}))
	return n
}

func (c *crowd) wantCount(prefix string, want int) {
	c.Helper()
	if n := c.count(prefix); n != want {
		c.Errorf("there are %d rows %s…, want %d", n, prefix, want)
	}
}

const (
	alice   = "192.0.2.1:50001"
	bob     = "192.0.2.2:50001"
	mallory = "192.0.2.9:50001"
)

func TestInAFullStoreTheHeaviestMakesRoom(t *testing.T) {
	c := newCrowd(t, Limits{Rows: 10, Bytes: 1 << 20})
	must(t, c.insert(mallory, "old", 1))
	c.now = c.now.Add(time.Second)
	must(t, c.insert(mallory, "m", 9))
	// An address within its share can insert, and the oldest row of the one that holds most goes.
	must(t, c.insert(alice, "a", 1))
	c.wantCount("old", 0)
	must(t, c.insert(bob, "b", 3))
	c.wantCount("m", 6)
	c.wantCount("a", 1)
	// Mallory cannot, not even from another port.
	c.wantFull(c.insert(mallory, "n", 1))
	c.wantFull(c.insert("192.0.2.9:50002", "n", 1))
	c.wantCount("", 10)
	// The share of each is a third of the store.
	must(t, c.insert(alice, "x", 2))
	c.wantFull(c.insert(alice, "y", 1))
	c.wantFull(c.insert(bob, "y", 1))
}

func TestRowsThatNobodyUsesMakeRoom(t *testing.T) {
	c := newCrowd(t, Limits{Rows: 10, Bytes: 1 << 20})
	must(t, c.insert(alice, "a", 10)) // a whole class behind one address
	c.now = c.now.Add(idleAfter - time.Second)
	c.wantFull(c.insert(alice, "b", 1))
	_, found, err := c.Load(bg, "a0", c.now)
	if !found || err != nil {
		t.Fatal(found, err)
	}
	must(t, c.Update(bg, Row{"a1", "[]", c.now.Add(time.Hour)}))
	c.now = c.now.Add(time.Second)
	must(t, c.insert(alice, "b", 8))
	c.wantFull(c.insert(alice, "c", 1))
	for _, key := range []string{"a0", "a1"} {
		if _, found, err := c.Row(bg, key); !found || err != nil {
			t.Errorf("%s, which was used, is %v, %v", key, found, err)
		}
	}
	c.wantCount("a", 2)
}

func TestOctetsAreLimitedToo(t *testing.T) {
	c := newCrowd(t, Limits{Rows: 1000, Bytes: 1000})
	big := func(key string, size int) Row {
		return Row{key, strings.Repeat("x", size-len(key)), c.now.Add(time.Hour)}
	}
	must(t, c.Insert(withPeer(bg, mallory), big("m0", 500)))
	must(t, c.Insert(withPeer(bg, mallory), big("m1", 400)))
	must(t, c.Insert(withPeer(bg, alice), big("a0", 100)))
	c.wantFull(c.Insert(withPeer(bg, mallory), big("m2", 10)))
	c.wantFull(c.Update(bg, big("m1", 401))) // whoever asks, the row counts as mallory's
	must(t, c.Update(bg, big("m1", 399)))
	must(t, c.Update(bg, big("a0", 200)))
	c.wantCount("m", 1)
	if row, _, err := c.Row(bg, "a0"); len(row.Data) != 198 || err != nil {
		t.Errorf("the row that grew has %d octets, %v", len(row.Data), err)
	}
	c.wantFull(c.Insert(withPeer(bg, bob), big("b0", 1001))) // larger than the whole limit
}

func TestWhatGoesIsTakenOffTheBooks(t *testing.T) {
	c := newCrowd(t, Limits{Rows: 10, Bytes: 1 << 20})
	must(t, c.insert(alice, "a", 10))
	c.wantFull(c.insert(alice, "b", 1))
	must(t, c.Delete(bg, "a0"))
	must(t, c.insert(alice, "b", 1))
	if err := c.Insert(withPeer(bg, alice), Row{"b0", "{}", day}); err != ErrExists {
		t.Errorf("Insert of a taken key = %v, want ErrExists", err)
	}
	c.wantFull(c.insert(alice, "c", 1))
	n, err := c.Purge(bg, c.now.Add(2*time.Hour))
	if n != 10 || err != nil || len(c.held) != 0 || len(c.accounts) != 0 || c.total.rows != 0 || c.total.bytes != 0 {
		t.Errorf("Purge = %d, %v; the books still have %d rows, %d addresses, %+v", n, err, len(c.held), len(c.accounts), c.total)
	}
	must(t, c.insert(alice, "d", 10))
	// A row that the backend did not insert is not counted.
	must(t, c.Close())
	for range 20 {
		if err := c.insert(bob, "e", 1); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("Insert after Close = %v, want ErrUnavailable", err)
		}
	}
	if _, held := c.held["e0"]; held {
		t.Error("a row that was not inserted is on the books")
	}
}

func TestRowsOfAnEarlierStartCount(t *testing.T) {
	c := newCrowd(t, Limits{})
	b := tempStore(t)
	for n := range 10 {
		must(t, b.Insert(bg, Row{fmt.Sprint("k", n), "{}", day}))
	}
	c.limit(b, Limits{Rows: 10, Bytes: 1 << 20})
	if want := int64(10 * len("k0{}")); c.total.rows != 10 || c.total.bytes != want {
		t.Errorf("the books have %+v, want 10 rows of %d octets", c.total, want)
	}
	must(t, c.insert(alice, "a", 5))
	c.wantCount("k", 5)
	c.wantFull(c.insert(alice, "b", 1))
}

func TestOneMachineIsOneAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:1":              "192.0.2.1/32",
		"[::ffff:192.0.2.1]:1":     "192.0.2.1/32",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64",
		"[2001:db8:1:2:f::1]:1":    "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":         "fe80::/64",
		"":                         "invalid Prefix",
		"@":                        "invalid Prefix",
	} {
		if got := peer(withPeer(bg, address)).String(); got != want {
			t.Errorf("peer(%q) = %s, want %s", address, got, want)
		}
	}
	if got := peer(context.Background()).String(); got != "invalid Prefix" {
		t.Errorf("without an address it is %s", got)
	}
}

// A refused request must not search the whole store.
func TestARefusalIsCheap(t *testing.T) {
	c := newCrowd(t, Limits{Rows: 1000, Bytes: 1 << 20})
	must(t, c.insert(alice, "a", 1000))
	c.wantFull(c.insert(alice, "b", 1))
	h := c.held["a0"]
	h.used = 0 // changed behind the store's back: only another search finds it
	c.held["a0"] = h
	c.wantFull(c.insert(alice, "b", 1))
	c.now = c.now.Add(idleAfter)
	must(t, c.insert(alice, "b", 1))
}

func TestLimitedFileIsWithinItsLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	c := newCrowd(t, Limits{})
	c.limit(openTest(t, path, time.Minute), Limits{Rows: 1000, Bytes: 1 << 20})
	must(t, c.insert(mallory, "m", 1000))
	must(t, c.insert(alice, "a", 20))
	if n, err := c.Count(bg); n > 1000 || err != nil {
		t.Errorf("Count = %d, %v, want no more than 1000", n, err)
	}
	c.wantCount("a", 20)
}
