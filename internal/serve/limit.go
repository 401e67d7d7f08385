package serve

import (
	"net/netip"
	"sync"
	"time"
)

// A Limiter bounds how often an address may ask: so many times at once, and then so
// many times a second. Behind one address there may be a whole class.
type Limiter struct {
	perSecond, atOnce float64

	mu      sync.Mutex
	visits  map[netip.Prefix]bucket
	cleaned time.Time
}

// bucket is what an address has left, and when that was counted.
type bucket struct {
	left float64
	at   time.Time
}

// NewLimiter makes a limiter. Without a rate, it lets everybody through.
func NewLimiter(perSecond, atOnce int) *Limiter {
	return &Limiter{perSecond: float64(perSecond), atOnce: float64(atOnce), visits: map[netip.Prefix]bucket{}}
}

// Allow counts a visit from an address, host:port, and reports whether it is within
// the limit.
func (l *Limiter) Allow(address string, now time.Time) bool {
	if l == nil || l.perSecond <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clean(now)
	key := visitor(address)
	b, known := l.visits[key]
	if !known {
		b = bucket{l.atOnce, now}
	}
	b = bucket{l.after(b, now), now}
	if b.left < 1 {
		l.visits[key] = b
		return false
	}
	b.left--
	l.visits[key] = b
	return true
}

// after is what a bucket has at a time.
func (l *Limiter) after(b bucket, now time.Time) float64 {
	return min(l.atOnce, b.left+max(0, now.Sub(b.at).Seconds())*l.perSecond)
}

// clean forgets, now and then, the addresses whose buckets are full again.
func (l *Limiter) clean(now time.Time) {
	if now.Sub(l.cleaned) < time.Minute {
		return
	}
	l.cleaned = now
	for key, b := range l.visits {
		if l.after(b, now) >= l.atOnce {
			delete(l.visits, key)
		}
	}
}

// visitor is the address that is counted: of IPv6 the network, of which a visitor has
// all addresses (RFC 6177).
func visitor(address string) netip.Prefix {
	peer, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := peer.Addr().Unmap().WithZone(""), 64
	if ip.Is4() {
		bits = 32
	}
	network, _ := ip.Prefix(bits) // it is of one of the two lengths
	return network
}
