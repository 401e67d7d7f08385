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
	slowly = 16        // rounds after which memory still held counts as needed
)

// GiveBack keeps the program's memory near what it needs, until ctx ends. After a burst
// of large answers it returns the memory to the system; during a burst it runs the
// garbage collector more often instead of letting the heap grow. It never refuses memory:
// what is still held after several rounds, such as a growing store, counts as needed.
func GiveBack(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	debug.FreeOSMemory()
	needed := Held() // while idle
	last, busy := needed, false
	for {
		held := Held()
		moved := max(held, last)-min(held, last) > spare/8
		busy = busy || moved
		if held > 2*needed+spare || busy && !moved { // during or right after a burst
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

// Held returns how much memory the program holds from the system, in octets.
func Held() uint64 {
	sample := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}
