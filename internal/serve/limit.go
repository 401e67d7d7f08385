package serve

import (
	"net/netip"
	"sync"
	"time"
)

// A Limiter limits the rate of requests of each address with a token bucket: so many at
// once, then so many a second. A whole class may share one address.
type Limiter struct {
	perSecond, atOnce float64

	mu      sync.Mutex
	visits  map[netip.Prefix]bucket
	cleaned time.Time
}

// bucket is how many requests an address has left, and when that was computed.
type bucket struct {
	left float64
	at   time.Time
}

// NewLimiter returns a limiter of perSecond requests a second and atOnce at once. With a
// rate of 0 it returns nil, which allows everything.
func NewLimiter(perSecond, atOnce int) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	return &Limiter{perSecond: float64(perSecond), atOnce: float64(atOnce), visits: map[netip.Prefix]bucket{}}
}

// Allow counts a request from an address, host:port, at a time, and reports whether it is
// within the limit. A nil Limiter allows everything.
func (l *Limiter) Allow(address string, now time.Time) bool {
	if l == nil {
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

// after returns what is left in a bucket at a time.
func (l *Limiter) after(b bucket, now time.Time) float64 {
	return min(l.atOnce, b.left+max(0, now.Sub(b.at).Seconds())*l.perSecond)
}

// clean removes, at most once a minute, the addresses whose buckets are full again.
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

// visitor returns the address to count: an IPv4 address, or the network of an IPv6
// address, since a visitor has all addresses in it (RFC 6177).
func visitor(address string) netip.Prefix {
	peer, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := peer.Addr().Unmap().WithZone(""), 64
	if ip.Is4() {
		bits = 32
	}
	network, _ := ip.Prefix(bits) // cannot fail: the address has at least that many bits
	return network
}
