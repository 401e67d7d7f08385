package serve

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// spare is how much memory the program may hold beyond twice what it needs at rest.
const spare = 48 << 20

// GiveBack keeps the program's memory near to what it needs, until ctx ends: after a
// burst of large answers it gives back to the system what was for the burst, and
// during one it has garbage collected more often rather than let the heap grow. It
// never refuses memory: what the store needs to hold, it gets.
func GiveBack(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	needed := uint64(0) // at rest
	for {
		if Held() > 2*needed+spare {
			debug.FreeOSMemory()
			needed = Held()
		}
		debug.SetMemoryLimit(int64(min(3*needed+2*spare, math.MaxInt64)))
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
