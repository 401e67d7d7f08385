package serve

import (
	"context"
	"errors"
	"testing"
)

// placed reports whether a request has its place.
func placed(given chan struct{}) bool {
	select {
	case <-given:
		return true
	default:
		return false
	}
}

func TestAddressesGetPlacesInTurn(t *testing.T) {
	p := NewPlaces(2)
	much, little, other := visitor("10.0.0.1:1"), visitor("10.0.0.2:1"), visitor("10.0.0.3:1")
	var queue []chan struct{}
	for range 6 {
		queue = append(queue, p.ask(much)) // alone, it may have all places
	}
	late, later := p.ask(little), p.ask(other)
	again := p.ask(little)
	for i, want := range []chan struct{}{queue[0], queue[1], queue[2], late, later, queue[3], again, queue[4], queue[5]} {
		if i >= 2 {
			if placed(want) {
				t.Errorf("place %d is given before its turn", i)
			}
			p.Leave()
		}
		if !placed(want) {
			t.Errorf("place %d is given to another", i)
		}
	}
	p.Leave()
	p.Leave()
	if p.Free() != 2 || len(p.waiting) != 0 || len(p.turns) != 0 {
		t.Errorf("after all %d places are free, %d addresses wait, %d have a turn; want 2, 0, 0", p.Free(), len(p.waiting), len(p.turns))
	}
}

func TestWhoDoesNotWaitAnyMoreGetsNoPlace(t *testing.T) {
	p := NewPlaces(1)
	one, two := visitor("10.0.0.1:1"), visitor("10.0.0.2:1")
	p.ask(one)
	gone, stays := p.ask(one), p.ask(two)
	p.withdraw(one, gone)
	p.Leave()
	if placed(gone) || !placed(stays) {
		t.Error("the place is not given to the one who waits")
	}
	// It is given at the moment in which nobody waits for it any more.
	late := p.ask(one)
	p.Leave()
	p.withdraw(one, late)
	if p.Free() != 1 || len(p.waiting) != 0 || len(p.turns) != 0 {
		t.Fatalf("%d places are free, %d addresses wait, %d have a turn; want 1, 0, 0", p.Free(), len(p.waiting), len(p.turns))
	}
	if err := p.Enter(t.Context(), "10.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := p.Enter(ended, "10.0.0.2:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left gets %v", err)
	}
	if p.Leave(); p.Free() != 1 {
		t.Errorf("%d places are free, want 1", p.Free())
	}
}
