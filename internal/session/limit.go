package session

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// ErrFull says that the store is full and that the client's address already holds its
// share. Nothing was saved.
var ErrFull = errors.New("session store is full, and this address is beyond its share")

// Limits are the most that a store may hold: rows, and octets of keys and data.
type Limits struct {
	Rows  int
	Bytes int64 // octets of keys and data
}

// Usage is how much a store holds, and its limits.
type Usage struct {
	Rows   int
	Bytes  int64 // octets of keys and data
	Limits Limits
	// Evicted is how many rows were deleted to make room for others: since the program
	// was started, or, in Redis, until a day has passed without another.
	Evicted     int
	LastEvicted time.Time
}

// A Meter is a backend that can tell its usage.
type Meter interface {
	Usage(ctx context.Context) (Usage, error)
}

// DefaultLimits are more than a class of 300 needs: 300 sessions for each student, of 2.6
// KB each.
var DefaultLimits = Limits{Rows: 100_000, Bytes: 256 << 20}

// idleAfter is how long a row must have been unused before it can be evicted for a new
// row of an address that holds more than its share.
const idleAfter = 10 * time.Minute

// A Limited is a backend with a maximum size. It remembers, in memory, which address made
// each row and when the row was last used.
//
// The share is the same for every address that has rows. In a full store an address that
// holds no more than its share may add a row; the least recently used rows of the address
// that holds most are evicted for it. An address above its share can only replace rows
// unused for idleAfter, and otherwise gets ErrFull. A whole class may share one address:
// sessions in use stay, and only a client that fills the store with sessions it does not
// use again is refused.
//
// All rows that were there at the start belong to one account without an address.
type Limited struct {
	Bounded
	limits Limits
	now    func() time.Time

	mu       sync.Mutex
	held     map[string]holding
	accounts map[netip.Prefix]*account
	total    account

	evicted     int
	lastEvicted time.Time
}

// A Bounded backend can be limited: it can list its rows with their sizes.
type Bounded interface {
	Backend
	Counter
	// Each calls do for every row, in any order.
	Each(ctx context.Context, do func(key string, bytes int, expires time.Time)) error
}

var _ interface {
	Backend
	Counter
	Meter
} = (*Limited)(nil)

// account is what one address holds.
type account struct {
	rows  int
	bytes int64
	// No row is idle before this time; until then the rows need not be searched.
	busy int64
}

func (a *account) add(rows int, bytes int64) {
	a.rows += rows
	a.bytes += bytes
}

// holding is one row.
type holding struct {
	of      *account
	used    int64 // seconds since 1970, as is expires
	expires int64
	bytes   int32
}

// Limit returns the backend with limits. From then on rows must only be written through
// it.
func Limit(ctx context.Context, backend Bounded, limits Limits, now func() time.Time) (*Limited, error) {
	l := &Limited{
		Bounded: backend, limits: limits, now: now,
		held: map[string]holding{}, accounts: map[netip.Prefix]*account{},
	}
	at, nobody := now().Unix(), l.account(netip.Prefix{})
	err := backend.Each(ctx, func(key string, bytes int, expires time.Time) {
		l.set(key, holding{nobody, at, expires.Unix(), int32(bytes + len(key))})
	})
	l.close(netip.Prefix{})
	return l, err
}

// addressKey is the context key of the address that a request came from.
type addressKey struct{}

// withPeer stores the client's address, host:port as in net/http, in a context.
func withPeer(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// peer returns the address that a new row is counted for: an IPv4 address, or the /64
// network of an IPv6 address, since one client usually has all of a /64.
func peer(ctx context.Context) netip.Prefix {
	address, _ := ctx.Value(addressKey{}).(string)
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Prefix{}
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits) // cannot fail: the address has at least that many bits
	return prefix
}

// Load returns a row that has not expired, and records its use.
func (l *Limited) Load(ctx context.Context, key string, now time.Time) (Row, bool, error) {
	row, found, err := l.Bounded.Load(ctx, key, now)
	if found {
		l.mu.Lock()
		defer l.mu.Unlock()
		if h, known := l.held[key]; known && h.used < now.Unix() {
			h.used = now.Unix()
			l.held[key] = h
		}
	}
	return row, found, err
}

// Insert adds a row, after evicting others if necessary, or returns ErrFull.
func (l *Limited) Insert(ctx context.Context, row Row) error {
	who, size := peer(ctx), len(row.Key)+len(row.Data)
	victims, reserved, err := l.reserve(who, row, size)
	if err != nil {
		return err
	}
	l.evict(ctx, victims)
	if err = l.Bounded.Insert(ctx, row); err != nil && reserved {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.unset(row.Key)
		l.close(who)
	}
	return err
}

// reserve counts a row before it is inserted. A key that is counted already keeps its
// account: the backend will return ErrExists.
func (l *Limited) reserve(who netip.Prefix, row Row, size int) (victims []string, reserved bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, taken := l.held[row.Key]; taken {
		return nil, false, nil
	}
	owner := l.account(who)
	if victims, err = l.room(owner, 1, int64(size), ""); err != nil {
		l.close(who)
		return nil, false, err
	}
	h := holding{owner, l.now().Unix(), row.Expires.Unix(), int32(size)}
	l.held[row.Key] = h
	l.book(h, 1)
	return victims, true, nil
}

// Update replaces a row. If it grows, others may be evicted, or it returns ErrFull.
func (l *Limited) Update(ctx context.Context, row Row) error {
	size := len(row.Key) + len(row.Data)
	l.mu.Lock()
	h, known := l.held[row.Key]
	var victims []string
	var err error
	if known {
		if more := size - int(h.bytes); more > 0 {
			victims, err = l.room(h.of, 0, int64(more), row.Key)
		}
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	l.evict(ctx, victims)
	if err = l.Bounded.Update(ctx, row); errors.Is(err, ErrGone) {
		l.forget(row.Key)
	} else if err == nil && known {
		l.mu.Lock()
		defer l.mu.Unlock()
		if now, still := l.held[row.Key]; still {
			l.set(row.Key, holding{now.of, l.now().Unix(), row.Expires.Unix(), int32(size)})
		}
	}
	return err
}

// Delete removes a row.
func (l *Limited) Delete(ctx context.Context, key string) error {
	err := l.Bounded.Delete(ctx, key)
	if err == nil {
		l.forget(key)
	}
	return err
}

// Purge removes expired rows, also from the accounts.
func (l *Limited) Purge(ctx context.Context, before time.Time) (int, error) {
	n, err := l.Bounded.Purge(ctx, before)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		for key, h := range l.held {
			if h.expires < before.Unix() {
				l.unset(key)
			}
		}
		for who := range l.accounts {
			l.close(who)
		}
	}
	return n, err
}

// Usage returns what the store holds, and its limits.
func (l *Limited) Usage(context.Context) (Usage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Usage{l.total.rows, l.total.bytes, l.limits, l.evicted, l.lastEvicted}, nil
}

// evict deletes rows concurrently, so that the backend can put them into one transaction.
// A row that cannot be deleted stays until it has expired and is purged.
func (l *Limited) evict(ctx context.Context, keys []string) {
	if len(keys) == 0 {
		return
	}
	var wait sync.WaitGroup
	for _, key := range keys {
		wait.Go(func() { _ = l.Bounded.Delete(ctx, key) })
	}
	wait.Wait()
}

// The functions below are called with the lock held, except forget.

func (l *Limited) account(who netip.Prefix) *account {
	a := l.accounts[who]
	if a == nil {
		a = new(account)
		l.accounts[who] = a
	}
	return a
}

// close removes the account of an address that has no rows.
func (l *Limited) close(who netip.Prefix) {
	if a := l.accounts[who]; a != nil && a.rows == 0 {
		delete(l.accounts, who)
	}
}

func (l *Limited) set(key string, h holding) {
	if old, known := l.held[key]; known {
		l.book(old, -1)
	}
	l.held[key] = h
	l.book(h, 1)
}

func (l *Limited) unset(key string) {
	if h, known := l.held[key]; known {
		delete(l.held, key)
		l.book(h, -1)
	}
}

// book adds a row to the accounts, or with -1 subtracts it.
func (l *Limited) book(h holding, rows int) {
	bytes := int64(rows) * int64(h.bytes)
	h.of.add(rows, bytes)
	l.total.add(rows, bytes)
}

func (l *Limited) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unset(key)
}

// weight returns the fraction of the store that an account with so much added would fill.
func (l *Limited) weight(a *account, rows int, bytes int64) float64 {
	return max(float64(a.rows+rows)/float64(l.limits.Rows), float64(a.bytes+bytes)/float64(l.limits.Bytes))
}

// room chooses the rows to evict so that an account can grow by so much, and removes them
// from the accounts; it never chooses spared. It makes room for more than one row, so
// that not every request has to search.
func (l *Limited) room(owner *account, rows int, bytes int64, spared string) (victims []string, err error) {
	if l.total.rows+rows <= l.limits.Rows && l.total.bytes+bytes <= l.limits.Bytes {
		return nil, nil
	}
	beyond := l.weight(owner, rows, bytes) > 1/float64(len(l.accounts))
	var heaviest *account
	for _, a := range l.accounts {
		if heaviest == nil || l.weight(a, 0, 0) > l.weight(heaviest, 0, 0) {
			heaviest = a
		}
	}
	now := l.now().Unix()
	if beyond && now < heaviest.busy {
		return nil, ErrFull
	}
	idle := now - int64(idleAfter/time.Second)
	oldest := now
	var candidates []string
	for key, h := range l.held {
		if h.of == heaviest && key != spared {
			oldest = min(oldest, h.used)
			if !beyond || h.used <= idle {
				candidates = append(candidates, key)
			}
		}
	}
	heaviest.busy = oldest + int64(idleAfter/time.Second)
	slices.SortFunc(candidates, func(a, b string) int { return cmp.Compare(l.held[a].used, l.held[b].used) })
	spare := min(l.limits.Rows/100, 32)
	for _, key := range candidates {
		if fits := l.weight(&l.total, rows, bytes) <= 1; fits && (spare == 0 || l.held[key].used > idle) {
			break
		} else if fits {
			spare--
		}
		victims = append(victims, key)
		l.unset(key)
	}
	if len(victims) > 0 {
		l.evicted, l.lastEvicted = l.evicted+len(victims), l.now()
	}
	if l.weight(&l.total, rows, bytes) > 1 {
		err = ErrFull
	}
	return victims, err
}
