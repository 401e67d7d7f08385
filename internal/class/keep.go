package class

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// save writes the changed entries and publishes the news on the bus, from which followers
// learn of a new moment. A caller that comes during a write waits, and usually finds that
// the next write has included its change.
func (r *Room) save(ctx context.Context) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	entries := r.take()
	if len(entries) == 0 {
		return nil
	}
	// Without the caller's cancellation, since the entries include changes of other callers.
	if err := r.hall.Storage.WriteRoom(context.WithoutCancel(ctx), r.code, entries); err != nil {
		r.giveBack(entries)
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	news := News{Room: r.code, From: r.hall.name, Entries: slices.Sorted(maps.Keys(entries))}
	if err := r.hall.Bus.Publish(context.WithoutCancel(ctx), news); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// take encodes the changed entries. A nil value means that the entry is deleted.
func (r *Room) take() map[string][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := map[string][]byte{}
	for name := range r.changed {
		entries[name] = r.entry(name)
	}
	clear(r.changed)
	return entries
}

func (r *Room) giveBack(entries map[string][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range entries {
		r.changed[name] = true
	}
}

func (r *Room) entry(name string) []byte {
	var value any
	if id, is := strings.CutPrefix(name, seatPrefix); is {
		if s := r.seats[id]; s != nil {
			value = s
		}
	} else if number, is := strings.CutPrefix(name, framePrefix); is {
		n, _ := strconv.Atoi(number) // the name was made by frameEntry
		if f := r.frames[n]; f != nil {
			value = f
		}
	} else {
		value = r.kept
	}
	if value == nil {
		return nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // all types that are kept can be encoded
	}
	return text
}

// load decodes all entries of a room.
func (r *Room) load(entries map[string][]byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, value := range entries {
		if err := r.loadEntry(name, value); err != nil {
			return err
		}
	}
	if r.kept.Question == Revealed && r.kept.Step == nil {
		return ErrNoStep
	}
	r.event = newEvent(r.moment())
	return nil
}

// refresh takes over entries that another hall has written, and returns which seats were
// added and removed. A moment older than the one here is ignored, so that n never falls.
func (r *Room) refresh(entries map[string][]byte, names []string) (added, removed []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.kept
	for _, name := range names {
		value := entries[name]
		id, isSeat := strings.CutPrefix(name, seatPrefix)
		if value == nil {
			if isSeat && r.seats[id] != nil {
				delete(r.seats, id)
				removed = append(removed, id)
			}
			continue
		}
		if r.loadEntry(name, value) == nil && isSeat {
			added = append(added, id)
		}
	}
	if r.kept.N < before.N {
		r.kept = before
	}
	for n := range r.frames {
		if n <= r.kept.Frames-MaxFrames {
			delete(r.frames, n)
		}
	}
	r.event = newEvent(r.moment())
	return added, removed
}

func (r *Room) loadEntry(name string, value []byte) error {
	if id, is := strings.CutPrefix(name, seatPrefix); is {
		s := newSeat(r.hall.Now())
		if err := json.Unmarshal(value, s); err != nil {
			return err
		}
		if old := r.seats[id]; old != nil {
			s.streams, s.seen = old.streams, old.seen
		}
		r.seats[id] = s
		return nil
	}
	if number, is := strings.CutPrefix(name, framePrefix); is {
		n, err := strconv.Atoi(number)
		if err != nil {
			return err
		}
		var f Frame
		if err := json.Unmarshal(value, &f); err != nil {
			return err
		}
		r.frames[n] = f
		return nil
	}
	var k record
	if err := json.Unmarshal(value, &k); err != nil {
		return err
	}
	r.kept = k
	return nil
}
