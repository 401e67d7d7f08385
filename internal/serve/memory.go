package serve

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	spare  = 48 << 20  // octets that the program may hold beyond twice what it needs at rest
	enough = 176 << 20 // octets that a burst may take before garbage is collected more often
	slowly = 16        // looks until what is still held after collecting counts as needed
)

// GiveBack keeps the program's memory near to what it needs, until ctx ends: after a
// burst of large answers it gives back to the system what was for the burst, and
// during one it has garbage collected more often rather than let the heap grow. It
// never refuses memory: what a growing store holds is taken for needed after some
// looks.
func GiveBack(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	debug.FreeOSMemory()
	needed := Held() // at rest
	last, busy := needed, false
	for {
		held := Held()
		moved := max(held, last)-min(held, last) > spare/8
		busy = busy || moved
		if held > 2*needed+spare || busy && !moved { // a burst, or the calm after it
			debug.FreeOSMemory()
			busy = moved
			if now := Held(); now > needed {
				needed += (now - needed) / slowly
			} else {
				needed = now
			}
		}
		last = Held()
		debug.SetMemoryLimit(int64(max(enough, 2*needed)))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Held is what the program holds of the system's memory, in octets.
func Held() uint64 {
	sample := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}
