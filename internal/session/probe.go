package session

import (
	"context"
	"sync"
	"time"
)

// A probe checks whether something works. However many callers ask, it runs one check at
// a time and at most one in each keep, so that asking cannot overload the store.
type probe struct {
	keep time.Duration

	mu   sync.Mutex
	last *finding // nil if the next caller has to check
}

type finding struct {
	done chan struct{} // closed when err is known
	err  error
}

func (p *probe) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = nil
}

// ask returns the result of the last check, or of the one under way.
func (p *probe) ask(ctx context.Context, try func() error) error {
	if ctx.Err() != nil {
		return unavailable(context.Cause(ctx))
	}
	p.mu.Lock()
	f := p.last
	if f == nil {
		f = &finding{done: make(chan struct{})}
		p.last = f
		go func() {
			f.err = try()
			if p.keep == 0 {
				p.forget()
			} else {
				time.AfterFunc(p.keep, p.forget)
			}
			close(f.done)
		}()
	}
	p.mu.Unlock()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return unavailable(context.Cause(ctx))
	}
}
