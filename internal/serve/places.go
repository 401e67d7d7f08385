package serve

import (
	"context"
	"net/netip"
	"slices"
	"sync"
)

// Places bound how many expensive requests are processed at a time. When all are taken,
// the addresses that wait get the next ones in turn, however many requests each of them
// has waiting. So an address that asks for much delays itself, and a class behind one
// address has all places while nobody else waits.
type Places struct {
	mu      sync.Mutex
	free    int
	waiting map[netip.Prefix][]chan struct{} // the requests of each address, oldest first
	turns   []netip.Prefix                   // the addresses that wait, the next one first
}

// NewPlaces returns n places.
func NewPlaces(n int) *Places {
	return &Places{free: n, waiting: map[netip.Prefix][]chan struct{}{}}
}

// Enter waits until a request of an address, host:port, has a place, which it gives back
// with Leave. If ctx ends before, it returns an error.
func (p *Places) Enter(ctx context.Context, address string) error {
	who := visitor(address)
	given := p.ask(who)
	select {
	case <-given:
		return nil
	case <-ctx.Done():
		p.withdraw(who, given)
		return ctx.Err()
	}
}

// Leave gives a place back.
func (p *Places) Leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
}

// Free returns how many places are free.
func (p *Places) Free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free
}

// ask returns a channel that is closed when the request has a place.
func (p *Places) ask(who netip.Prefix) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	given := make(chan struct{})
	if p.free > 0 {
		p.free--
		close(given)
		return given
	}
	if len(p.waiting[who]) == 0 {
		p.turns = append(p.turns, who)
	}
	p.waiting[who] = append(p.waiting[who], given)
	return given
}

// withdraw takes a request out of the queue, or passes on the place that it has just got.
func (p *Places) withdraw(who netip.Prefix, given chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.waiting[who], given)
	if at < 0 {
		p.pass()
		return
	}
	p.waiting[who] = slices.Delete(p.waiting[who], at, at+1)
	if len(p.waiting[who]) == 0 {
		delete(p.waiting, who)
		at := slices.Index(p.turns, who)
		p.turns = slices.Delete(p.turns, at, at+1)
	}
}

// pass gives a place to the address whose turn it is, which then is the last in turn, or
// frees it.
func (p *Places) pass() {
	if len(p.turns) == 0 {
		p.free++
		return
	}
	who := p.turns[0]
	p.turns = p.turns[1:]
	close(p.waiting[who][0])
	if p.waiting[who] = p.waiting[who][1:]; len(p.waiting[who]) > 0 {
		p.turns = append(p.turns, who)
	} else {
		delete(p.waiting, who)
	}
}
