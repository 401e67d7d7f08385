package class

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAFullRoomTakesBackIdleSeatsOfTheGreediest(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	quiet := seatAt(t, r, "10.0.0.1")
	streaming := seatAt(t, r, "10.0.0.9")
	var greedy []string
	for len(greedy) < maxSeats-2 {
		greedy = append(greedy, seatAt(t, r, "10.0.0.9"))
	}
	if _, err := r.Seat(t.Context(), "10.0.0.2"); !errors.Is(err, ErrFull) {
		t.Errorf("all are fresh, and one was taken back: %v", err)
	}
	f, err := r.Follow(streaming)
	if err != nil {
		t.Fatal(err)
	}
	s.clock = s.clock.Add(idleAfter - time.Second)
	looked := greedy[0]
	if err := r.Look(t.Context(), looked, ""); err != nil {
		t.Fatal(err)
	}
	s.clock = s.clock.Add(time.Second)
	for range maxSeats - 3 {
		seatAt(t, r, "10.0.0.2")
	}
	if !r.Known(quiet) || !r.Known(streaming) || !r.Known(looked) {
		t.Error("a seat was taken that was in use, or that of an address with one")
	}
	for _, seat := range greedy[1:] {
		if r.Known(seat) {
			t.Fatal("an idle seat of the greediest address is left")
		}
	}
	seatAt(t, r, "10.0.0.3") // now it is quiet's seat
	if r.Known(quiet) {
		t.Error("the last idle seat is left")
	}
	if _, err := r.Seat(t.Context(), "10.0.0.3"); !errors.Is(err, ErrFull) {
		t.Errorf("nothing is idle, and a seat was taken: %v", err)
	}
	f.Close()
	s.clock = s.clock.Add(idleAfter)
	want := []Held{{"10.0.0.2", maxSeats - 3}, {"10.0.0.9", 2}, {"10.0.0.3", 1}}
	if diff := cmp.Diff(want, r.Addresses()); diff != "" {
		t.Error(diff)
	}
	if err := r.Drop(t.Context(), "10.0.0.2"); err != nil {
		t.Fatal(err)
	}
	if got := r.State().Seats; got != 3 {
		t.Errorf("after the drop %d seats are left", got)
	}
}

func TestASeatHasEightRowsAtMost(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	seat := seatAt(t, r, "10.0.0.1")
	for n := range maxRows + 3 {
		if err := r.Look(t.Context(), seat, fmt.Sprint("key", n)); err != nil {
			t.Fatal(err)
		}
	}
	rows := r.Rows()
	if len(rows) != maxRows || slices.ContainsFunc(rows, func(row OwnRow) bool { return row.Key == "key2" }) {
		t.Errorf("the rows are %v", rows)
	}
	if seats, holding := r.Browsers(); seats != 1 || holding != 1 {
		t.Errorf("%d of %d hold a key", holding, seats)
	}
	if err := r.Look(t.Context(), seat, ""); err != nil {
		t.Fatal(err)
	}
	if _, holding := r.Browsers(); holding != 0 || len(r.Rows()) != maxRows {
		t.Errorf("%d hold a key, of %v", holding, r.Rows())
	}
	if err := r.Look(t.Context(), "forged", "key"); !errors.Is(err, ErrSeat) {
		t.Errorf("a look with a forged seat: %v", err)
	}
}

func TestAMarkTellsNothingOfItsKey(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	one, _ := s.room()
	other, _ := s.room()
	key := "abcdefghijklmnopqrstuvwxyz012345"
	m := one.Mark(key)
	if m != one.Mark(key) || m == other.Mark(key) || m.ID == one.Mark("b").ID {
		t.Error("a mark is the same for the same key, in the same room alone")
	}
	if strings.Contains(key, m.ID) || strings.Contains(key, m.Letters) || len(m.Letters) != 4 || m.Shape >= Shapes || m.Colour >= Colours {
		t.Errorf("the mark is %+v", m)
	}
}

func TestDoneIsCountedByWhatWasSeen(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	drive(t, r, Drive{Step: locker})
	report := func(step, task string, rep Report) {
		t.Helper()
		if err := r.Done(t.Context(), seatAt(t, r, "10.0.0.1"), step, task, rep); err != nil {
			t.Fatal(err)
		}
	}
	report(locker.ID, "", Report{"b", "Chrome", 1})
	report(locker.ID, "", Report{"b", "Chrome", 1})
	report(locker.ID, "", Report{"c", "Firefox", 2})
	report("session/other", "", Report{"a", "Chrome", 1})
	report("", "session/empty", Report{true, "Chrome", 3})
	want := []Done{{Report{"b", "Chrome", 1}, 2}, {Report{"c", "Firefox", 2}, 1}, {Report{true, "Chrome", 3}, 1}}
	if diff := cmp.Diff(want, r.State().Done); diff != "" {
		t.Error(diff)
	}
	if err := r.Done(t.Context(), "forged", locker.ID, "", Report{"b", "Chrome", 1}); !errors.Is(err, ErrSeat) {
		t.Errorf("a forged seat: %v", err)
	}
}
