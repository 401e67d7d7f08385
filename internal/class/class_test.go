package class

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// school is a hall with a clock that tests advance.
type school struct {
	*Hall
	t         *testing.T
	clock     time.Time
	forgotten []string
}

// chance gives each hall a different random seed.
var chance atomic.Int32

var locker = &Step{ID: "session/locker", Options: []string{"a", "b", "c"}, Answer: "b"}

func newSchool(t *testing.T, storage Storage, bus Bus) *school {
	t.Helper()
	s := &school{t: t, clock: time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)}
	s.open(storage, bus)
	return s
}

func (s *school) open(storage Storage, bus Bus) {
	s.t.Helper()
	seed := [32]byte{byte(chance.Add(1))}
	hall, err := Open(s.t.Context(), Config{
		Now: func() time.Time { return s.clock }, Rand: rand.NewChaCha8(seed), Storage: storage, Bus: bus,
		Forget: func(_ context.Context, key string) error { s.forgotten = append(s.forgotten, key); return nil },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Hall = hall
	s.t.Cleanup(hall.Close)
}

func (s *school) room() (*Room, string) {
	s.t.Helper()
	code, key, err := s.OpenRoom(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return s.find(code), key
}

func (s *school) find(code string) *Room {
	s.t.Helper()
	r, err := s.Room(code)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func drive(t *testing.T, r *Room, d Drive) Moment {
	t.Helper()
	m, err := r.Drive(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func seatAt(t *testing.T, r *Room, address string) string {
	t.Helper()
	secret, err := r.Seat(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func to[T any](v T) *T { return &v }

func TestACodeIsEasyToTypeAndAKeyHardToGuess(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	for range 20 {
		r, key := s.room()
		if len(r.Code()) != codeLength || strings.Trim(r.Code(), letters) != "" || strings.ContainsAny(r.Code(), "01ilo") {
			t.Errorf("the code is %q", r.Code())
		}
		if len(key) != 32 {
			t.Errorf("the key %q is not 192 bits in base64", key)
		}
		if !r.Drives(key) || r.Drives("") || r.Drives(key+"x") || r.Drives(key[:31]) {
			t.Error("the key does not tell itself from others")
		}
	}
}

func TestAKeyIsKeptAsAHashOnly(t *testing.T) {
	storage := NewMemory()
	s := newSchool(t, storage, NewLocal())
	r, key := s.room()
	seat := seatAt(t, r, "10.0.0.1")
	for name, value := range storage.rooms[r.Code()] {
		if strings.Contains(string(value), key) || strings.Contains(name+string(value), seat) {
			t.Errorf("%s holds a secret: %s", name, value)
		}
	}
}

func TestTheKeyOfAnotherRoomDoesNotDrive(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	one, key := s.room()
	other, _ := s.room()
	if !one.Drives(key) || other.Drives(key) {
		t.Error("a key drives the wrong room")
	}
	if !s.Drives(key) || s.Drives("made up") {
		t.Error("the hall does not know whose key is good")
	}
}

func TestTheMomentOfANewRoom(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	if diff := cmp.Diff(Moment{N: 1, Question: Closed}, r.Moment()); diff != "" {
		t.Error(diff)
	}
	for _, q := range []Question{Asked, Revealed} {
		if _, err := r.Drive(t.Context(), Drive{Question: to(q)}); !errors.Is(err, ErrNoStep) {
			t.Errorf("the question %q of no step: %v", q, err)
		}
	}
}

func TestPredictThenReveal(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	ctx := t.Context()
	one, two := seatAt(t, r, "10.0.0.1"), seatAt(t, r, "10.0.0.2")
	drive(t, r, Drive{Step: locker})
	if err := r.Answer(ctx, one, locker.ID, "a"); !errors.Is(err, ErrStep) {
		t.Errorf("an answer to a closed question: %v", err)
	}
	drive(t, r, Drive{Question: to(Asked)})
	for _, c := range []struct {
		seat, step, option string
		want               error
	}{
		{one, locker.ID, "a", nil},
		{one, locker.ID, "b", nil}, // the last one counts
		{two, locker.ID, "a", nil},
		{two, locker.ID, "d", ErrOption},
		{two, "session/other", "a", ErrStep},
		{"forged", locker.ID, "a", ErrSeat},
		{"", locker.ID, "a", ErrSeat},
	} {
		if err := r.Answer(ctx, c.seat, c.step, c.option); !errors.Is(err, c.want) {
			t.Errorf("Answer(%q, %q) = %v, want %v", c.step, c.option, err, c.want)
		}
	}
	if m := r.Moment(); m.Tally != nil || m.Answer != nil {
		t.Errorf("before the reveal the moment is %+v", m)
	}
	if got := r.State().Answers; !maps.Equal(got, map[string]int{"a": 1, "b": 1}) {
		t.Errorf("the instructor counts %v", got)
	}
	m := drive(t, r, Drive{Question: to(Revealed)})
	if !maps.Equal(m.Tally, map[string]int{"a": 1, "b": 1}) || m.Answer == nil || *m.Answer != "b" {
		t.Errorf("revealed is %+v", m)
	}
	if err := r.Answer(ctx, one, locker.ID, "a"); !errors.Is(err, ErrStep) {
		t.Errorf("an answer after the reveal: %v", err)
	}
	m = drive(t, r, Drive{Step: &Step{ID: "session/next", Options: []string{"a"}}, Free: to(true), Frame: Frame{"en": "x"}})
	if m.Question != Closed || m.Tally != nil || m.Answer != nil || m.Frame == nil || !m.Free {
		t.Errorf("a new step is %+v", m)
	}
	m = drive(t, r, Drive{Step: locker})
	if m.Free || m.Frame != nil {
		t.Errorf("the step after it is %+v", m)
	}
	if m = drive(t, r, Drive{Question: to(Revealed)}); !maps.Equal(m.Tally, map[string]int{"a": 1, "b": 1}) {
		t.Errorf("answers are kept per step, but the tally is %v", m.Tally)
	}
}

func TestWhatIsDrivenTogetherHappensInOrder(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	m := drive(t, r, Drive{Step: locker, Question: to(Asked), Frame: Frame{"en": "x"}, Free: to(true)})
	want := Moment{N: 2, Step: &locker.ID, Question: Asked, Free: true, Frame: &Shown{N: 1, URL: "/class/" + r.Code() + "/frame/1"}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if m = drive(t, r, Drive{NoFrame: true}); m.Frame != nil || m.Question != Asked {
		t.Errorf("without its frame the moment is %+v", m)
	}
}

func TestOfTheFramesFiftyAreLeft(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	for n := range MaxFrames + 2 {
		drive(t, r, Drive{Frame: Frame{"en": fmt.Sprint(n + 1)}})
	}
	for n, want := range map[int]error{0: ErrNoFrame, 1: ErrOldFrame, 2: ErrOldFrame, 3: nil, 52: nil, 53: ErrNoFrame} {
		f, err := r.Frame(t.Context(), n)
		if !errors.Is(err, want) || err == nil && f["en"] != fmt.Sprint(n) {
			t.Errorf("Frame(%d) = %v, %v, want %v", n, f, err, want)
		}
	}
}

func TestAFollowerGetsTheLatestMomentAndMissesNoState(t *testing.T) {
	s := newSchool(t, NewMemory(), NewLocal())
	r, _ := s.room()
	f, err := r.Follow("")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if e := <-f.Next(); e.Moment.N != 1 || string(e.Octets) != "id: 1\nevent: moment\nretry: 1000\n"+
		`data: {"n":1,"step":null,"question":"closed","free":false,"tally":null,"answer":null,"frame":null}`+"\n\n" {
		t.Errorf("the first event is %q", e.Octets)
	}
	for range 5 { // moments that it does not receive
		drive(t, r, Drive{Step: locker})
	}
	if e := <-f.Next(); e.Moment.N != 6 {
		t.Errorf("then comes moment %d", e.Moment.N)
	}
	seat := seatAt(t, r, "10.0.0.1")
	drive(t, r, Drive{Question: to(Asked)})
	<-f.Next()
	if err := r.Answer(t.Context(), seat, locker.ID, "a"); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-f.Next():
		t.Errorf("an answer is no moment, but %q came", e.Octets)
	default:
	}
	if got := r.State().Here; got != 1 {
		t.Errorf("%d are here", got)
	}
	f.Close()
	if got := r.State().Here; got != 0 {
		t.Errorf("%d are here after it left", got)
	}
}
