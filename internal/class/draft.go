package class

import (
	"slices"
	"time"
)

// draft is the next state of a room's record, with the other changes that belong to it.
type draft struct {
	record
	entries map[string][]byte // to write together with the record
	frames  map[int]Frame     // new frames, and nil for dropped ones, by number
	seats   []string          // present seats, by the hash of their secret
	left    []string          // seats that are taken back
}

// draft applies a change to a copy of the record. It also returns the stored record.
func (r *Room) draft(change func(*draft) error) (*draft, []byte, error) {
	r.mu.Lock()
	d := &draft{record: r.kept, entries: map[string][]byte{}, frames: map[int]Frame{}}
	for id := range r.seats {
		d.seats = append(d.seats, id)
	}
	stored := r.stored
	r.mu.Unlock()
	return d, stored, change(d)
}

// install makes a written draft the room's record, unless a later one has been read
// meanwhile, and returns its moment.
func (r *Room) install(d *draft, stored []byte) *Event {
	r.mu.Lock()
	for n, f := range d.frames {
		if f == nil {
			delete(r.frames, n)
		} else {
			r.frames[n] = f
		}
	}
	for _, id := range d.left {
		delete(r.seats, id)
	}
	event := newEvent(r.momentOf(d.record))
	if d.N >= r.kept.N {
		r.kept, r.stored, r.event = d.record, stored, event
	}
	r.mu.Unlock()
	r.hall.index(r, nil, d.left)
	return event
}

// drive moves the record to its next moment.
func (d *draft) drive(to Drive, now time.Time) error {
	if to.Question != nil && *to.Question != Closed && to.Step == nil && d.Step == nil {
		return ErrNoStep
	}
	if to.Step != nil {
		step := *to.Step
		d.Step, d.Question, d.Free, d.record.Frame = &step, Closed, false, 0
		if !slices.Contains(d.Steps, step.ID) {
			d.Steps = append(slices.Clone(d.Steps), step.ID)
		}
	}
	if to.Question != nil {
		d.Question = *to.Question
	}
	if to.Frame != nil {
		d.show(to.Frame)
	}
	if to.NoFrame {
		d.record.Frame = 0
	}
	if to.Free != nil {
		d.Free = *to.Free
	}
	if to.Reset {
		d.left = d.seats
		for _, id := range d.left {
			d.entries[seatPrefix+id] = nil
		}
		d.Steps = nil
		if d.Step != nil {
			d.Steps = []string{d.Step.ID}
		}
	}
	d.N++
	d.Driven = now
	return nil
}

// show gives a frame the next number and drops the oldest if there are too many.
func (d *draft) show(f Frame) {
	d.Frames++
	d.record.Frame = d.Frames
	d.frames[d.Frames], d.entries[frameEntry(d.Frames)] = f, encoded(f)
	if old := d.Frames - MaxFrames; old > 0 {
		d.frames[old], d.entries[frameEntry(old)] = nil, nil
	}
}
