package class

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
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
	if f, err := again.Frame(t.Context(), 1); err != nil || f["en"] != "a frame" {
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
	if _, err := there.Frame(t.Context(), 1); err != nil {
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

// silent are messages that nobody gets.
type silent struct{}

func (silent) Publish(context.Context, []byte) error        { return nil }
func (silent) Subscribe(func([]byte), func()) (stop func()) { return func() {} }

// A browser that has heard of a frame from one program may ask another one for it, whose
// news has not come yet.
func TestAFrameIsFoundBeforeItsNews(t *testing.T) {
	storage := NewMemory()
	one := newSchool(t, storage, NewLocal())
	r, _ := one.room()
	two := newSchool(t, storage, Remote(silent{}))
	there := two.find(r.Code())
	for n := range MaxFrames + 1 {
		drive(t, r, Drive{Frame: Frame{"en": strconv.Itoa(n + 1)}})
	}
	if f, err := there.Frame(t.Context(), 2); err != nil || f["en"] != "2" {
		t.Errorf("before its news the frame is %v, %v", f, err)
	}
	for _, n := range []int{-1, 0, 1, MaxFrames + 2} {
		if f, err := there.Frame(t.Context(), n); !errors.Is(err, ErrNoFrame) {
			t.Errorf("frame %d, which is not stored, is %v, %v", n, f, err)
		}
	}
}

// An answer that is not written yet is not undone by what another program wrote of its
// seat before.
func TestAnAnswerIsNotUndoneByOlderNews(t *testing.T) {
	storage := NewMemory()
	s := newSchool(t, storage, NewLocal())
	r, _ := s.room()
	drive(t, r, Drive{Step: locker, Question: to(Asked)})
	secret := seatAt(t, r, "10.0.0.1")
	name := seatPrefix + hashed(secret)
	stored, err := storage.ReadRoom(t.Context(), r.Code(), name)
	if err != nil {
		t.Fatal(err)
	}
	r.saving.Lock() // the answer waits to be written
	answered := make(chan error)
	go func() { answered <- r.Answer(t.Context(), secret, locker.ID, "a") }()
	for chosen := ""; chosen == ""; runtime.Gosched() {
		_ = r.withSeat(secret, func(_ string, s *seat) error { chosen = s.Answers[locker.ID]; return nil })
	}
	r.refresh(stored, []string{name})
	r.saving.Unlock()
	if err := <-answered; err != nil || r.State().Answers["a"] != 1 {
		t.Errorf("counted are %v, %v, want the answer", r.State().Answers, err)
	}
}

// broken is a storage that can be told not to answer.
type broken struct {
	*Memory
	down bool
}

func (b *broken) WriteRoom(ctx context.Context, room string, entries, expected map[string][]byte) (bool, error) {
	if b.down {
		return false, errors.New("no")
	}
	return b.Memory.WriteRoom(ctx, room, entries, expected)
}

func TestWhatASeatSentGoesWithTheNextChange(t *testing.T) {
	storage := &broken{Memory: NewMemory()}
	s := newSchool(t, storage, NewLocal())
	r, _ := s.room()
	seat := seatAt(t, r, "10.0.0.1")
	drive(t, r, Drive{Step: locker, Question: to(Asked)})
	storage.down = true
	if err := r.Answer(t.Context(), seat, locker.ID, "a"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("answered without a storage: %v", err)
	}
	if _, _, err := s.OpenRoom(t.Context()); !errors.Is(err, ErrUnavailable) || len(s.rooms) != 1 {
		t.Errorf("a room without a storage: %v, %d rooms", err, len(s.rooms))
	}
	storage.down = false
	drive(t, r, Drive{Free: to(true)})
	s.open(storage, NewLocal())
	if got := s.find(r.Code()).State(); got.Answers["a"] != 1 {
		t.Errorf("kept are the answers %v", got.Answers)
	}
}

func TestADriveThatCouldNotBeWrittenIsNotDone(t *testing.T) {
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
	if r.Moment().Step != nil {
		t.Errorf("it is done all the same: %+v", r.Moment())
	}
	storage.down = false
	m := drive(t, r, Drive{Step: locker})
	if e := <-f.Next(); e.Moment.N != m.N || *e.Moment.Step != locker.ID {
		t.Errorf("then came %q", e.Octets)
	}
	s.open(storage, NewLocal())
	if diff := cmp.Diff(m, s.find(r.Code()).Moment()); diff != "" {
		t.Error(diff)
	}
}

// interrupted is a storage in whose next write another comes first.
type interrupted struct {
	*Memory
	first func()
}

func (i *interrupted) WriteRoom(ctx context.Context, room string, entries, expected map[string][]byte) (bool, error) {
	if f := i.first; f != nil {
		i.first = nil
		f()
	}
	return i.Memory.WriteRoom(ctx, room, entries, expected)
}

func TestADriveThatComesSecondGoesOnFromTheFirst(t *testing.T) {
	storage, bus := &interrupted{Memory: NewMemory()}, NewLocal()
	one, two := newSchool(t, storage, bus), newSchool(t, storage.Memory, bus)
	r, _ := one.room()
	there := two.find(r.Code())
	var before Moment
	storage.first = func() { before = drive(t, there, Drive{Step: locker, Frame: Frame{"en": "theirs"}}) }
	m := drive(t, r, Drive{Frame: Frame{"en": "ours"}})
	if m.N != before.N+1 || m.Step == nil || *m.Step != locker.ID || m.Frame.N != before.Frame.N+1 {
		t.Errorf("after %+v comes %+v", before, m)
	}
	for name, room := range map[string]*Room{"one": r, "two": there} {
		for n, want := range []string{"theirs", "ours"} {
			if f, err := room.Frame(t.Context(), n+1); err != nil || f["en"] != want {
				t.Errorf("%s has %q as frame %d, %v, want %q", name, f["en"], n+1, err, want)
			}
		}
	}
	storage.first = func() {
		if _, _, err := two.Reopen(t.Context()); err != nil {
			t.Error(err)
		}
	}
	drive(t, r, Drive{Free: to(true)})
	if k := r.kept.Keys; len(k) != 2 {
		t.Errorf("there are %d keys, want both", len(k))
	}
}

// Two halls drive a room at the same instant, again and again: each moment and each
// frame has a number for itself, no drive is lost, and all halls end at the same moment.
func TestTwoHallsDriveAtOnce(t *testing.T) {
	storage, bus := NewMemory(), NewLocal()
	one, two := newSchool(t, storage, bus), newSchool(t, storage, bus)
	r, _ := one.room()
	first := r.Moment().N
	const each = 50
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		given = map[int]bool{}
		shown = map[int]string{}
	)
	for name, room := range map[string]*Room{"one": r, "two": two.find(r.Code())} {
		all.Go(func() {
			last := first
			for n := range each {
				drawn := fmt.Sprint(name, n)
				m, err := room.Drive(t.Context(), Drive{Step: locker, Frame: Frame{"en": drawn}})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if m.N <= last || given[m.N] || shown[m.Frame.N] != "" {
					t.Errorf("after %d comes %d with the frame %d", last, m.N, m.Frame.N)
				}
				last, given[m.N], shown[m.Frame.N] = m.N, true, drawn
				mu.Unlock()
			}
		})
	}
	all.Wait()
	late := newSchool(t, storage, bus)
	for name, s := range map[string]*school{"one": one, "two": two, "late": late} {
		room := s.find(r.Code())
		if m := room.Moment(); m.N != first+2*each || m.Frame.N != 2*each {
			t.Errorf("%s ends at %+v", name, m)
		}
		for n := 2*each - MaxFrames + 1; n <= 2*each; n++ {
			if f, err := room.Frame(t.Context(), n); err != nil || f["en"] != shown[n] {
				t.Errorf("%s has %q as frame %d, %v, want %q", name, f["en"], n, err, shown[n])
			}
		}
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
