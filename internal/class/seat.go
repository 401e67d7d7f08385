package class

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// seat is one student's browser.
type seat struct {
	Address string            `json:"address"`
	Answers map[string]string `json:"answers"` // by step
	Done    map[string]Report `json:"done"`    // by step, or by step and task
	Rows    []string          `json:"rows"`    // session keys, the latest last
	Holds   string            `json:"holds"`   // the session key that the browser sent last

	seen    time.Time // time of its last request
	streams int       // open streams
	stored  []byte    // as it was last read from or written to the storage, nil if it was not
}

func newSeat(now time.Time) *seat {
	return &seat{Answers: map[string]string{}, Done: map[string]Report{}, seen: now}
}

// apply makes, in a seat that another program has written, the changes that were made in
// this one since it was stored.
func (s *seat) apply(changed *seat) error {
	before := newSeat(changed.seen)
	if changed.stored != nil {
		if err := json.Unmarshal(changed.stored, before); err != nil {
			return err
		}
	}
	for step, option := range changed.Answers {
		if before.Answers[step] != option {
			s.Answers[step] = option
		}
	}
	for at, report := range changed.Done {
		if before.Done[at] != report {
			s.Done[at] = report
		}
	}
	for _, key := range changed.Rows {
		if !slices.Contains(before.Rows, key) {
			s.hold(key)
		}
	}
	if changed.Holds != before.Holds {
		s.Holds = changed.Holds
	}
	return nil
}

// hold adds a session key to those of the seat, and forgets the oldest of too many.
func (s *seat) hold(key string) {
	if slices.Contains(s.Rows, key) {
		return
	}
	s.Rows = append(s.Rows, key)
	if len(s.Rows) > maxRows {
		s.Rows = slices.Delete(s.Rows, 0, 1)
	}
}

// Report is what a student's own browser showed, as judged by its page.
type Report struct {
	Holds   any    `json:"holds"`   // an option's letter, or true for a task that is solved
	Browser string `json:"browser"` // the browser's family
	Actions int    `json:"actions"`
}

// maxDone is how many reports a seat keeps. There are fewer steps and tasks.
const maxDone = 300

// Seat gives a seat to a browser at an address and returns its secret. A full room first
// takes back an idle seat; if there is none it returns ErrFull.
func (r *Room) Seat(ctx context.Context, address string) (string, error) {
	secret, err := r.hall.secret(16)
	if err != nil {
		return "", err
	}
	id, left, err := r.addSeat(hashed(secret), address)
	if err != nil {
		return "", err
	}
	r.hall.index(r, []string{id}, left)
	return secret, r.save(ctx)
}

func (r *Room) addSeat(id, address string) (_ string, left []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seats) >= maxSeats {
		idle := r.idlest()
		if idle == "" {
			return "", nil, ErrFull
		}
		r.removeSeat(idle)
		left = []string{idle}
	}
	s := newSeat(r.hall.Now())
	s.Address = address
	r.seats[id] = s
	r.changed[id] = true
	return id, left, nil
}

func (r *Room) removeSeat(id string) {
	delete(r.seats, id)
	r.changed[id] = true
}

// idlest returns the seat that has been idle longest at the address that holds most
// seats. A seat is idle if it has no stream and made no request for idleAfter.
func (r *Room) idlest() string {
	now := r.hall.Now()
	held := map[string]int{}
	for _, s := range r.seats {
		held[s.Address]++
	}
	best, found := "", (*seat)(nil)
	for id, s := range r.seats {
		if s.streams > 0 || now.Sub(s.seen) < idleAfter {
			continue
		}
		if found == nil || cmp.Or(cmp.Compare(held[s.Address], held[found.Address]), found.seen.Compare(s.seen)) > 0 {
			best, found = id, s
		}
	}
	return best
}

// Held is how many seats an address holds.
type Held struct {
	Address string `json:"address"`
	Seats   int    `json:"seats"`
}

// Addresses returns the addresses that hold seats, the one with most seats first.
func (r *Room) Addresses() []Held {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := map[string]int{}
	for _, s := range r.seats {
		held[s.Address]++
	}
	list := []Held{}
	for address, n := range held {
		list = append(list, Held{address, n})
	}
	slices.SortFunc(list, func(a, b Held) int { return cmp.Or(b.Seats-a.Seats, cmp.Compare(a.Address, b.Address)) })
	return list
}

// Drop takes back all seats of an address and deletes their answers.
func (r *Room) Drop(ctx context.Context, address string) error {
	r.mu.Lock()
	var left []string
	for id, s := range r.seats {
		if s.Address == address {
			r.removeSeat(id)
			left = append(left, id)
		}
	}
	r.mu.Unlock()
	r.hall.index(r, nil, left)
	return r.save(ctx)
}

// Answer records a seat's prediction for a step; the last one counts. The question may have
// been opened, and the seat given, by another program whose news has not arrived yet: before
// Answer refuses, it reads the storage. The errors are ErrSeat, ErrStep, ErrOption and
// ErrUnavailable.
func (r *Room) Answer(ctx context.Context, secret, step, option string) error {
	err := r.answer(secret, step, option)
	if (err == ErrSeat || err == ErrStep) && r.hall.shared() {
		if err := r.catchUp(ctx, roomEntry, seatPrefix+hashed(secret)); err != nil {
			return err
		}
		err = r.answer(secret, step, option)
	}
	if err != nil {
		return err
	}
	return r.save(ctx)
}

func (r *Room) answer(secret, step, option string) error {
	return r.withSeat(secret, func(id string, s *seat) error {
		k := r.kept
		if k.Step == nil || k.Step.ID != step || k.Question != Asked {
			return ErrStep
		}
		if !slices.Contains(k.Step.Options, option) {
			return ErrOption
		}
		s.Answers[step] = option
		r.changed[id] = true
		return nil
	})
}

// Known reports whether the room has given a seat and not taken it back.
func (r *Room) Known(secret string) bool {
	return r.withSeat(secret, func(string, *seat) error { return nil }) == nil
}

// Done records a seat's report on a step, or on a task solved while the room was at a step.
func (r *Room) Done(ctx context.Context, secret, step, task string, report Report) error {
	err := r.withSeat(secret, func(id string, s *seat) error {
		at := step
		if task != "" {
			if r.kept.Step != nil {
				at = r.kept.Step.ID
			}
			at += " " + task
		}
		if _, known := s.Done[at]; !known && len(s.Done) >= maxDone {
			return ErrFull
		}
		s.Done[at] = report
		r.changed[id] = true
		return nil
	})
	if err != nil {
		return err
	}
	return r.save(ctx)
}

// Look records the session key that a seat's browser sent, which has a row, or "" for
// none. The row then counts as one of this room's.
func (r *Room) Look(ctx context.Context, secret, key string) error {
	err := r.withSeat(secret, func(id string, s *seat) error {
		s.seen = r.hall.Now()
		if s.Holds == key {
			return nil
		}
		s.Holds = key
		if key != "" {
			s.hold(key)
		}
		r.changed[id] = true
		return nil
	})
	if err != nil {
		return err
	}
	return r.save(ctx)
}

func (r *Room) withSeat(secret string, do func(id string, s *seat) error) error {
	id := hashed(secret)
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seats[id]
	if s == nil {
		return ErrSeat
	}
	return do(id, s)
}

// forgetRows deletes the session rows of the room's seats.
func (r *Room) forgetRows(ctx context.Context) error {
	for _, row := range r.Rows() {
		if err := r.hall.Forget(ctx, row.Key); err != nil {
			return fmt.Errorf("reset the room: %w", err)
		}
	}
	return nil
}
