//go:build unix

package tests

import (
	"runtime/debug"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCostliest prints the processor's time, in ms, that the costliest requests
// take which fit the limits. The aim is less than 50 for a request, 300 for a play.
func BenchmarkCostliest(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // as the program has it
	app := appOf(b)
	for name, request := range costliest() {
		b.Run(name, func(b *testing.B) {
			begun := processor(b)
			for b.Loop() {
				request.ask(app)
			}
			b.ReportMetric(float64((processor(b)-begun).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// processor is the time that this process has had of the processor.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
