package tests

import "testing"

// What a step may weigh when it is loaded for the first time: octets that come over the
// network, headers included, and requests.
const (
	mostOctets   = 60 << 10
	mostRequests = 8
)

// loaded is everything that a page has asked for, and what came for it.
const loaded = `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((e) => e.transferSize)`

// A student on a telephone waits for no more than this, whichever step it is.
func TestAStepIsLight(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"/zh/lessons/session?step=6", "/en/lessons/attributes?step=3"} {
		b := browse(t)
		b.open(address)
		sizes, octets := eval[[]int](b, loaded), 0
		for _, size := range sizes {
			octets += size
		}
		if len(sizes) < 4 || octets < 10<<10 {
			t.Fatalf("%s: only %d octets in %d requests were seen", address, octets, len(sizes))
		}
		if octets > mostOctets || len(sizes) > mostRequests {
			t.Errorf("%s: the first load is %d octets in %d requests, want %d in %d at most", address, octets, len(sizes), mostOctets, mostRequests)
		}
	}
}
