package serve

import (
	"fmt"
	"testing"
	"time"
)

func TestAnAddressHasItsShareAndNoMore(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	l := NewLimiter(2, 5)
	allowed := func(address string, times int) (n int) {
		for range times {
			if l.Allow(address, now) {
				n++
			}
		}
		return n
	}
	if got := allowed("192.0.2.1:1", 20); got != 5 {
		t.Errorf("at once %d pass, want 5", got)
	}
	if got := allowed("192.0.2.2:1", 20); got != 5 {
		t.Errorf("from another address %d pass, want 5", got)
	}
	now = now.Add(time.Second)
	if got := allowed("192.0.2.1:2", 20); got != 2 {
		t.Errorf("after a second %d pass, want 2", got)
	}
	now = now.Add(10 * time.Second)
	if got := allowed("192.0.2.1:2", 20); got != 5 {
		t.Errorf("after ten seconds %d pass, want 5", got)
	}
	now = now.Add(-time.Hour)
	if got := allowed("192.0.2.1:2", 20); got != 0 {
		t.Errorf("after the clock was set back %d pass, want none", got)
	}
	now = now.Add(2 * time.Hour)
	if got := allowed("192.0.2.1:2", 20); got != 5 {
		t.Errorf("after an hour %d pass, want 5", got)
	}
	if a, b := allowed("[2001:db8::1]:1", 4), allowed("[2001:db8::2]:1", 4); a+b != 5 {
		t.Errorf("from one network of IPv6 %d pass, want 5", a+b)
	}
	if !NewLimiter(0, 0).Allow("192.0.2.1:1", now) || !(*Limiter)(nil).Allow("192.0.2.1:1", now) {
		t.Error("without a rate an address is refused")
	}
}

func TestALimiterForgetsWhoIsGone(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	l := NewLimiter(1, 5)
	for i := range 1000 {
		l.Allow(fmt.Sprintf("192.0.%d.%d:1", i/256, i%256), now)
	}
	now = now.Add(time.Hour)
	l.Allow("192.0.2.1:1", now)
	if len(l.visits) != 1 {
		t.Errorf("%d addresses are kept, want 1", len(l.visits))
	}
}
