package session_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"cookielab/internal/class"
	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"
)

// hall returns the hall of one of several programs that share a Redis.
func hall(t *testing.T, b *session.Redis, seed byte) *class.Hall {
	t.Helper()
	h, err := class.Open(t.Context(), class.Config{
		Now: time.Now, Rand: rand.NewChaCha8([32]byte{seed}), Storage: b, Bus: class.Remote(b),
		Forget: func(context.Context, string) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// moment waits until a follower is sent moment n.
func moment(t *testing.T, f *class.Follower, n int) class.Moment {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case e := <-f.Next():
			if e.Moment.N >= n {
				return e.Moment
			}
		case <-limit:
			t.Fatalf("moment %d does not come", n)
		}
	}
}

func TestProgramsThatShareARedisShareAClass(t *testing.T) {
	server := sessiontest.StartRedis(t)
	one := hall(t, openRedis(t, server.URL), 1)
	two := hall(t, openRedis(t, server.URL), 2)
	ctx := t.Context()
	code, key, err := one.OpenRoom(ctx)
	if err != nil {
		t.Fatal(err)
	}
	here, err := one.Room(code)
	if err != nil {
		t.Fatal(err)
	}
	var there *class.Room
	for deadline := time.Now().Add(time.Minute); there == nil; {
		if there, err = two.Room(code); err != nil && time.Now().After(deadline) {
			t.Fatal("the other program does not hear of the room")
		}
	}
	if !there.Drives(key) {
		t.Error("its key is good in one program only")
	}
	f, err := there.Follow("")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	step := &class.Step{ID: "session/locker", Options: []string{"a", "b"}, Answer: "b"}
	asked := class.Asked
	m, err := here.Drive(ctx, class.Drive{Step: step, Question: &asked, Frame: class.Frame{"en": "drawn"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := moment(t, f, m.N); got.Step == nil || *got.Step != step.ID || got.Frame == nil {
		t.Errorf("followers of the other program get %+v", got)
	}
	if frame, err := there.Frame(ctx, m.Frame.N); err != nil || frame["en"] != "drawn" {
		t.Errorf("its frame there is %v, %v", frame, err)
	}
	seat, err := there.Seat(ctx, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := there.Answer(ctx, seat, step.ID, "a"); err != nil {
		t.Fatal(err)
	}
	revealed := class.Revealed
	if m, err = there.Drive(ctx, class.Drive{Question: &revealed}); err != nil || m.Tally["a"] != 1 {
		t.Fatalf("revealed is %+v, %v", m, err)
	}
	mine, err := here.Follow("")
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	if got := moment(t, mine, m.N); got.Tally["a"] != 1 {
		t.Errorf("the first program counts %v", got.Tally)
	}
	// A program that starts later has the same room.
	late, err := hall(t, openRedis(t, server.URL), 3).Room(code)
	if err != nil || !late.Known(seat) || late.Moment().N != m.N || !late.Drives(key) {
		t.Errorf("a program that starts later finds %v, %v", late, err)
	}
}
