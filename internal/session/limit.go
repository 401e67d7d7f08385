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

// ErrFull says that the store is full and that the address which asked holds more than
// its share. Nothing was saved.
var ErrFull = errors.New("session store is full, and this address is beyond its share")

// Limits are what a store may hold.
type Limits struct {
	Rows  int
	Bytes int64 // of keys and data
}

// Usage is what a store holds of its limits.
type Usage struct {
	Rows   int
	Bytes  int64 // of keys and data
	Limits Limits
	// Evicted is how many rows had to make room for others, of late: since the program
	// was started, or in Redis until a day after the last.
	Evicted     int
	LastEvicted time.Time
}

// A Meter is a backend that knows what it holds of its limits.
type Meter interface {
	Usage(ctx context.Context) (Usage, error)
}

// DefaultLimits are far from what a class of 300 needs: 300 sessions for each student,
// of 2.6 KB.
var DefaultLimits = Limits{Rows: 100_000, Bytes: 256 << 20}

// idleAfter is how long a row must not have been used before it makes room for rows of
// an address that is beyond its share.
const idleAfter = 10 * time.Minute

// A Limited is a backend that does not grow without end. It remembers, in memory, which
// address made each row and when that was last used.
//
// In a full store an address may add a row as long as it holds no more than its share,
// which is the same for every address that has rows. The room is made at the cost of
// the address that holds most: its rows go, those first that were not used for longest.
// An address beyond its share only takes the place of rows that nobody has used for
// idleAfter, or gets ErrFull. A whole class may have one address: what its students use
// stays, and who fills the store with rows that are never used again waits.
//
// Rows that were there at the start belong to no address, together.
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

// A Bounded backend can be limited: it knows what it has.
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
	// No row is idle before that time: it spares looking through them.
	busy int64
}

// holding is one row.
type holding struct {
	of      *account
	used    int64 // seconds since 1970, as is expires
	expires int64
	bytes   int32
}

// Limit returns a backend within limits. Its rows must not be written past it.
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

// address is the key of a context for the address that a request came from.
type addressKey struct{}

// withPeer notes who makes a row: address is host:port, as net/http has it.
func withPeer(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// peer is the address that holds what it makes. Who has one IPv6 address has 2^64 of
// them: the first half counts.
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
	prefix, _ := ip.Prefix(bits) // there are that many
	return prefix
}

// Load returns a row that may be used, and notes that it was.
func (l *Limited) Load(ctx context.Context, key string, now time.Time) (Row, bool, error) {
	row, found, err := l.Bounded.Load(ctx, key, now)
	if found {
		l.mu.Lock()
		defer l.mu.Unlock()
		if h, known := l.held[key]; known {
			h.used = max(h.used, now.Unix())
			l.held[key] = h
		}
	}
	return row, found, err
}

// Insert adds a row, if there is room or room can be made.
func (l *Limited) Insert(ctx context.Context, row Row) error {
	who, size := peer(ctx), len(row.Key)+len(row.Data)
	victims, reserved, err := l.reserve(who, row, size)
	if err != nil {
		return err
	}
	l.evict(ctx, victims)
	if err = l.Bounded.Insert(ctx, row); err != nil && reserved {
		l.forget(row.Key)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close(who)
	return err
}

// reserve enters a row that is about to be inserted. A key that is held already stays
// with whom it is: the backend will say that it is taken.
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
	l.set(row.Key, holding{owner, l.now().Unix(), row.Expires.Unix(), int32(size)})
	return victims, true, nil
}

// Update changes a row; if it grows, there must be room.
func (l *Limited) Update(ctx context.Context, row Row) error {
	size := len(row.Key) + len(row.Data)
	l.mu.Lock()
	h, known := l.held[row.Key]
	var victims []string
	var err error
	if more := size - int(h.bytes); known && more > 0 {
		victims, err = l.room(h.of, 0, int64(more), row.Key)
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

// Purge removes expired rows.
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

// Usage says what the store holds of its limits.
func (l *Limited) Usage(context.Context) (Usage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Usage{l.total.rows, l.total.bytes, l.limits, l.evicted, l.lastEvicted}, nil
}

// evict deletes rows that have to make room, all at once: the backend puts them into
// one transaction. What cannot be deleted now is purged when it has expired.
func (l *Limited) evict(ctx context.Context, keys []string) {
	var wait sync.WaitGroup
	for _, key := range keys {
		wait.Go(func() { _ = l.Bounded.Delete(ctx, key) })
	}
	wait.Wait()
}

// What follows is called with the lock held, but for forget.

func (l *Limited) account(who netip.Prefix) *account {
	a := l.accounts[who]
	if a == nil {
		a = new(account)
		l.accounts[who] = a
	}
	return a
}

// close forgets an address that has no rows.
func (l *Limited) close(who netip.Prefix) {
	if a := l.accounts[who]; a != nil && a.rows == 0 {
		delete(l.accounts, who)
	}
}

func (l *Limited) set(key string, h holding) {
	l.unset(key)
	l.held[key] = h
	for _, a := range []*account{h.of, &l.total} {
		a.rows++
		a.bytes += int64(h.bytes)
	}
}

func (l *Limited) unset(key string) {
	h, known := l.held[key]
	if !known {
		return
	}
	delete(l.held, key)
	for _, a := range []*account{h.of, &l.total} {
		a.rows--
		a.bytes -= int64(h.bytes)
	}
}

func (l *Limited) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unset(key)
}

// weight is the part of the store that an account would fill with so much more.
func (l *Limited) weight(a *account, rows int, bytes int64) float64 {
	return max(float64(a.rows+rows)/float64(l.limits.Rows), float64(a.bytes+bytes)/float64(l.limits.Bytes))
}

// room chooses the rows that go so that an account can have so much more, and takes
// them off the books; spared is none of them. It makes room for some more rows than
// this one, so that not every request has to look through all.
func (l *Limited) room(owner *account, rows int, bytes int64, spared string) (victims []string, err error) {
	if l.weight(&l.total, rows, bytes) <= 1 {
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
