package serve

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"
)

const (
	enough = 160 << 20 // octets that the program may hold before garbage is collected more often
	little = 32 << 20  // octets allocated; in a round with fewer there is no burst
	rounds = 12        // what has been in use throughout so many of them is needed
)

// GiveBack bounds the program's memory, until ctx ends. It is called in rounds, each as
// long as every says. During a burst of large answers the garbage collector runs more
// often instead of letting the heap grow; when the burst is over, the memory is returned
// to the system. It never refuses memory: the bound grows with what has been in use
// throughout all recent rounds, such as a growing store, but not with what a burst uses,
// however long it lasts.
func GiveBack(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var memory pacer
	for {
		limit, free := memory.round(measure())
		debug.SetMemoryLimit(limit)
		if free {
			debug.FreeOSMemory()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// pacer decides how much memory the program may hold.
type pacer struct {
	inUse     [rounds]uint64 // in the latest rounds
	n         int            // rounds so far
	allocated uint64         // until the last round
	freed     uint64         // what was allocated when memory was last returned
}

// round takes how many octets are in use and how many were ever allocated. It returns the
// limit from now on, and whether to return memory to the system.
func (p *pacer) round(inUse, allocated uint64) (limit int64, free bool) {
	p.inUse[p.n%rounds] = inUse
	p.n++
	needed := slices.Min(p.inUse[:])
	quiet := allocated-p.allocated < little
	p.allocated = allocated
	if free = quiet && allocated-p.freed >= little; free {
		p.freed = allocated
	}
	return int64(max(enough, needed+needed/2)), free
}

// measure returns how many octets the last collection found in use, and how many were
// ever allocated.
func measure() (inUse, allocated uint64) {
	sample := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(sample)
	return sample[0].Value.Uint64(), sample[1].Value.Uint64()
}

// Held returns how much memory the program holds from the system, in octets.
func Held() uint64 {
	sample := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}
