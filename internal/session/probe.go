package session

import (
	"context"
	"sync"
	"time"
)

// A probe finds out whether something works. However many ask, it tries one at a time
// and no more often than once in keep, so that asking is no way to keep a store busy.
type probe struct {
	keep time.Duration

	mu   sync.Mutex
	last *finding // nil if it is time to try again
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

// ask returns what the last try came to, or waits for the one under way.
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
