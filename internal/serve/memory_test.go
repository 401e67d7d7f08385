package serve

import "testing"

func TestMemoryIsReturnedOnceABurstIsOver(t *testing.T) {
	var p pacer
	total := uint64(0)
	for i, round := range []struct {
		allocated uint64
		free      bool
	}{
		{10 * little, false}, {10 * little, false}, {0, true}, {0, false}, // once
		{little / 2, false}, {little / 2, true}, {0, false}, // what comes slowly adds up
	} {
		total += round.allocated
		if _, free := p.round(0, total); free != round.free {
			t.Errorf("round %d: memory is returned: %v, want %v", i, free, round.free)
		}
	}
}

// What is in use for a moment does not raise the limit, however often that is.
func TestTheLimitGrowsWithWhatIsNeeded(t *testing.T) {
	var p pacer
	for i := range uint64(100) {
		inUse := uint64(enough)
		if i%(rounds-1) == 0 {
			inUse = enough / 4
		}
		if limit, _ := p.round(inUse, i*10*little); limit != enough {
			t.Fatalf("round %d of a burst: the limit is %d MB, want %d", i, limit>>20, enough>>20)
		}
	}
	var limit int64
	for i := range uint64(rounds) {
		limit, _ = p.round(2*enough, i)
	}
	if limit <= 2*enough {
		t.Errorf("with %d MB in use for long the limit is %d MB, want more", 2*enough>>20, limit>>20)
	}
}
