package class

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestARoomSurvivesARestart(t *testing.T) {
	storage := NewMemory()
	s := newSchool(t, storage, NewLocal())
	r, key := s.room()
	seat := seatAt(t, r, "10.0.0.1")
	drive(t, r, Drive{Step: locker, Question: to(Asked), Frame: Frame{"en": "a frame"}})
	for _, err := range []error{
		r.Answer(t.Context(), seat, locker.ID, "a"),
		r.Look(t.Context(), seat, "key-of-a-row"),
		r.Done(t.Context(), seat, locker.ID, "", Report{"b", "Firefox", 2}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := drive(t, r, Drive{Question: to(Revealed)})
	mark, state := r.Mark("key-of-a-row"), r.State()

	s.open(storage, NewLocal())
	again := s.find(r.Code())
	if diff := cmp.Diff(before, again.Moment()); diff != "" {
		t.Error(diff)
	}
	if f, err := again.Frame(1); err != nil || f["en"] != "a frame" {
		t.Errorf("the frame is %v, %v", f, err)
	}
	if diff := cmp.Diff(state, again.State()); diff != "" {
		t.Error(diff)
	}
	if !again.Known(seat) || !again.Drives(key) || again.Mark("key-of-a-row") != mark {
		t.Error("a seat, the key or the marks are other ones")
	}
	if found, ok := s.SeatRoom(seat); !ok || found != again {
		t.Error("the hall has forgotten whose seat it is")
	}
	if diff := cmp.Diff([]OwnRow{{"key-of-a-row", true}}, again.Rows()); diff != "" {
		t.Error(diff)
	}
	code, fresh, err := s.Reopen(t.Context())
	if err != nil || code != r.Code() || fresh == key || !again.Drives(fresh) || !again.Drives(key) {
		t.Errorf("opened again it is %q with %q, %v", code, fresh, err)
	}
}

func TestTheRoomThatWasDrivenLastIsOpenedAgain(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	one, _ := s.room()
	s.clock = s.clock.Add(time.Minute)
	s.room()
	s.clock = s.clock.Add(time.Minute)
	drive(t, one, Drive{Step: locker})
	if code, _, err := s.Reopen(t.Context()); code != one.Code() || err != nil {
		t.Errorf("opened %q, %v, want %q", code, err, one.Code())
	}
}

func TestARoomEndsADayAfterItsLastDrive(t *testing.T) {
	storage := NewMemory()
	s := newSchool(t, storage, NewLocal())
	r, _ := s.room()
	f, err := r.Follow("")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s.clock = s.clock.Add(23 * time.Hour)
	drive(t, r, Drive{Step: locker})
	s.clock = s.clock.Add(Life - time.Second)
	s.find(r.Code())
	s.clock = s.clock.Add(time.Second)
	if _, err := s.Room(r.Code()); !errors.Is(err, ErrNoRoom) {
		t.Errorf("its life is over, and it is found: %v", err)
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-r.Gone()
	if codes, _ := storage.Rooms(t.Context()); len(codes) != 0 {
		t.Errorf("stored are still %v", codes)
	}
	if code, _, err := s.Reopen(t.Context()); code == r.Code() || err != nil {
		t.Errorf("opened again is %q, %v", code, err)
	}
}

func TestNeverFallsTheNumberOfTheMoment(t *testing.T) {
	storage := NewMemory()
	s := newSchool(t, storage, NewLocal())
	r, _ := s.room()
	n := r.Moment().N
	for range 3 {
		for _, d := range []Drive{{Step: locker}, {Reset: true}, {Free: to(true)}} {
			if got := drive(t, r, d).N; got <= n {
				t.Fatalf("after %d comes %d", n, got)
			}
			n++
		}
		s.open(storage, NewLocal())
		if r = s.find(r.Code()); r.Moment().N != n {
			t.Fatalf("after a restart it is %d, not %d", r.Moment().N, n)
		}
	}
}

func TestResetForgetsTheGroupAndKeepsTheRoom(t *testing.T) {
	storage := NewMemory()
	s := newSchool(t, storage, NewLocal())
	r, key := s.room()
	seat := seatAt(t, r, "10.0.0.1")
	drive(t, r, Drive{Step: locker, Question: to(Asked)})
	if err := errors.Join(r.Answer(t.Context(), seat, locker.ID, "a"), r.Look(t.Context(), seat, "row")); err != nil {
		t.Fatal(err)
	}
	m := drive(t, r, Drive{Question: to(Revealed), Reset: true})
	if len(m.Tally) != 0 || m.Tally == nil || *m.Step != locker.ID {
		t.Errorf("after the reset the moment is %+v", m)
	}
	if !slices.Equal(s.forgotten, []string{"row"}) {
		t.Errorf("deleted are the rows %v", s.forgotten)
	}
	if st := r.State(); st.Seats != 0 || len(st.Answers) != 0 || r.Known(seat) || !r.Drives(key) {
		t.Errorf("left are %+v", st)
	}
	if _, found := s.SeatRoom(seat); found {
		t.Error("the hall still knows the seat")
	}
	if got := slices.Collect(maps.Keys(storage.rooms[r.Code()])); !slices.Equal(got, []string{roomEntry}) {
		t.Errorf("stored are %v", got)
	}
}

func TestTwoHallsShareAClass(t *testing.T) {
	storage, bus := NewMemory(), NewLocal()
	one, two := newSchool(t, storage, bus), newSchool(t, storage, bus)
	r, key := one.room()
	there := two.find(r.Code())
	if !there.Drives(key) {
		t.Fatal("the key is good in one hall only")
	}
	f, err := there.Follow("")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	<-f.Next()
	drive(t, r, Drive{Step: locker, Question: to(Asked), Frame: Frame{"en": "x"}})
	if e := <-f.Next(); *e.Moment.Step != locker.ID {
		t.Errorf("the other hall's follower got %q", e.Octets)
	}
	if _, err := there.Frame(1); err != nil {
		t.Error(err)
	}
	seat := seatAt(t, there, "10.0.0.1")
	if err := r.Answer(t.Context(), seat, locker.ID, "a"); err != nil {
		t.Fatal(err)
	}
	if m := drive(t, there, Drive{Question: to(Revealed)}); m.Tally["a"] != 1 || r.Moment().N != m.N {
		t.Errorf("the tally is %v", m.Tally)
	}
	drive(t, r, Drive{Reset: true})
	if there.Known(seat) {
		t.Error("the seat is known in one hall still")
	}
}

// broken is a storage that can be told not to answer.
type broken struct {
	*Memory
	down bool
}

func (b *broken) WriteRoom(ctx context.Context, room string, entries map[string][]byte) error {
	if b.down {
		return errors.New("no")
	}
	return b.Memory.WriteRoom(ctx, room, entries)
}

func TestWhatCouldNotBeWrittenGoesWithTheNextChange(t *testing.T) {
	storage := &broken{Memory: NewMemory()}
	s := newSchool(t, storage, NewLocal())
	r, _ := s.room()
	f, err := r.Follow("")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	<-f.Next()
	storage.down = true
	if _, err := r.Drive(t.Context(), Drive{Step: locker}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("driven without a storage: %v", err)
	}
	select {
	case e := <-f.Next():
		t.Errorf("told before it was written: %q", e.Octets)
	default:
	}
	storage.down = false
	m := drive(t, r, Drive{Question: to(Asked)})
	if e := <-f.Next(); e.Moment.N != m.N || *e.Moment.Step != locker.ID {
		t.Errorf("then came %q", e.Octets)
	}
	s.open(storage, NewLocal())
	if diff := cmp.Diff(m, s.find(r.Code()).Moment()); diff != "" {
		t.Error(diff)
	}
}

func TestManyAtOnce(t *testing.T) {
	storage := NewMemory()
	s := newSchool(t, storage, NewLocal())
	r, _ := s.room()
	drive(t, r, Drive{Step: locker, Question: to(Asked)})
	const students = 200
	var all sync.WaitGroup
	for n := range students {
		all.Go(func() {
			seat, err := r.Seat(t.Context(), "10.0.0.1")
			if err != nil {
				t.Error(err)
				return
			}
			f, err := r.Follow(seat)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			if err := errors.Join(
				r.Answer(t.Context(), seat, locker.ID, locker.Options[n%3]),
				r.Look(t.Context(), seat, fmt.Sprint("key", n)),
				r.Done(t.Context(), seat, locker.ID, "", Report{"b", "Chrome", 1}),
			); err != nil {
				t.Error(err)
			}
		})
	}
	for range 20 {
		all.Go(func() { drive(t, r, Drive{Frame: Frame{"en": "x"}}) })
	}
	all.Wait()
	s.open(storage, NewLocal())
	m := s.find(r.Code()).State()
	if m.Seats != students || m.Answers["a"]+m.Answers["b"]+m.Answers["c"] != students || m.Moment.N != 22 || m.Done[0].N != students {
		t.Errorf("kept is %+v", m)
	}
}
