package class

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What two programs record of one seat at the same instant is kept, both of it.
func TestTwoProgramsChangeASeatAtOnce(t *testing.T) {
	storage := &interrupted{Memory: NewMemory()}
	one := newSchool(t, storage, Remote(silent{}))
	r, _ := one.room()
	drive(t, r, Drive{Step: locker, Question: to(Asked)})
	secret := seatAt(t, r, "10.0.0.1")
	if err := r.Answer(t.Context(), secret, locker.ID, "a"); err != nil {
		t.Fatal(err)
	}
	two := newSchool(t, storage.Memory, Remote(silent{}))
	there := two.find(r.Code())
	storage.first = func() {
		for _, err := range []error{
			there.Look(t.Context(), secret, "a-row"),
			there.Done(t.Context(), secret, locker.ID, "", Report{"b", "Firefox", 2}),
		} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	if err := r.Answer(t.Context(), secret, locker.ID, "c"); err != nil {
		t.Fatal(err)
	}
	want := &seat{
		Address: "10.0.0.1", Answers: map[string]string{locker.ID: "c"},
		Done: map[string]Report{locker.ID: {"b", "Firefox", 2}}, Rows: []string{"a-row"}, Holds: "a-row",
	}
	third := newSchool(t, storage.Memory, Remote(silent{})).find(r.Code())
	for name, room := range map[string]*Room{"the one that wrote last": r, "one opened afterwards": third} {
		_ = room.withSeat(secret, func(_ string, s *seat) error {
			if diff := cmp.Diff(want, s, cmpopts.IgnoreUnexported(seat{})); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			return nil
		})
	}
	// A seat that the other program takes back at that instant is gone.
	storage.first = func() {
		if err := there.Drop(t.Context(), "10.0.0.1"); err != nil {
			t.Error(err)
		}
	}
	if err := r.Answer(t.Context(), secret, locker.ID, "a"); err != nil {
		t.Fatal(err)
	}
	if _, found := one.SeatRoom(secret); found || r.Known(secret) {
		t.Error("a seat that was taken back meanwhile is known")
	}
}

// A browser that has heard from one program that the question is open may send its answer
// to another one, whose news has not come yet.
func TestAnAnswerComesBeforeTheNews(t *testing.T) {
	storage := NewMemory()
	one := newSchool(t, storage, Remote(silent{}))
	r, _ := one.room()
	there := newSchool(t, storage, Remote(silent{})).find(r.Code())
	secret := seatAt(t, r, "10.0.0.1")
	if err := there.Answer(t.Context(), secret, locker.ID, "a"); !errors.Is(err, ErrStep) {
		t.Errorf("before the question is open, the answer is %v, want ErrStep", err)
	}
	drive(t, r, Drive{Step: locker, Question: to(Asked)})
	if err := there.Answer(t.Context(), secret, locker.ID, "a"); err != nil {
		t.Errorf("when it is open, the answer is %v", err)
	}
	if err := there.Answer(t.Context(), "nobody's", locker.ID, "a"); !errors.Is(err, ErrSeat) {
		t.Errorf("an answer of nobody's is %v, want ErrSeat", err)
	}
}
