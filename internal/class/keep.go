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

// save writes the changed seats and publishes the news on the bus. A caller that comes
// during a write waits, and usually finds that the next write has included its change.
func (r *Room) save(ctx context.Context) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	entries := r.take()
	if len(entries) == 0 {
		return nil
	}
	if _, err := r.write(ctx, entries, nil); err != nil {
		return err
	}
	return r.publish(ctx, entries)
}

// maxAmends is how often amend retries. Each retry means that another program has changed
// the record meanwhile, and changes are made by people.
const maxAmends = 100

// amend changes the room's record, writes it together with the changed seats, and only
// then shows it to anybody. If another program has changed the record since it was read,
// amend reads it again and repeats the change, so that numbers of moments and frames are
// unique.
func (r *Room) amend(ctx context.Context, change func(*draft) error) (*Event, error) {
	r.saving.Lock()
	defer r.saving.Unlock()
	for range maxAmends {
		d, expected, err := r.draft(change)
		if err != nil {
			return nil, err
		}
		entries, record := r.take(), encoded(d.record)
		maps.Copy(entries, d.entries)
		entries[roomEntry] = record
		written, err := r.write(ctx, entries, map[string][]byte{roomEntry: expected})
		switch {
		case err != nil:
			return nil, err
		case written:
			event := r.install(d, record)
			return event, r.publish(ctx, entries)
		case expected == nil:
			return nil, ErrRooms // another program has given a new room the same code
		}
		if err := r.reread(ctx); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: too many programs change the room", ErrUnavailable)
}

// reread loads the record that another program has written.
func (r *Room) reread(ctx context.Context) error {
	entries, err := r.hall.Storage.ReadRoom(ctx, r.code, roomEntry)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if entries[roomEntry] == nil {
		return ErrNoRoom // it has ended and was dropped
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.loadEntry(roomEntry, entries[roomEntry]); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.event = newEvent(r.moment())
	return nil
}

// write writes entries to the storage. Seats that were not written go into the next write.
func (r *Room) write(ctx context.Context, entries, expected map[string][]byte) (written bool, err error) {
	// Without the caller's cancellation, since the entries include changes of other callers.
	written, err = r.hall.Storage.WriteRoom(context.WithoutCancel(ctx), r.code, entries, expected)
	if !written {
		r.giveBack(entries)
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return written, nil
}

// publish tells the bus what was written; from it followers learn of a new moment.
func (r *Room) publish(ctx context.Context, entries map[string][]byte) error {
	news := News{Room: r.code, From: r.hall.name, Entries: slices.Sorted(maps.Keys(entries))}
	if err := r.hall.Bus.Publish(context.WithoutCancel(ctx), news); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// take encodes the changed seats. A nil value means that the seat is deleted.
func (r *Room) take() map[string][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := map[string][]byte{}
	for id := range r.changed {
		entries[seatPrefix+id] = nil
		if s := r.seats[id]; s != nil {
			entries[seatPrefix+id] = encoded(s)
		}
	}
	clear(r.changed)
	return entries
}

func (r *Room) giveBack(entries map[string][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range entries {
		if id, is := strings.CutPrefix(name, seatPrefix); is {
			r.changed[id] = true
		}
	}
}

func encoded(value any) []byte {
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
	before, stored := r.kept, r.stored
	for _, name := range names {
		value := entries[name]
		id, isSeat := strings.CutPrefix(name, seatPrefix)
		if isSeat && r.changed[id] {
			continue // it is about to be written: what is here is newer
		}
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
		r.kept, r.stored = before, stored
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
	r.kept, r.stored = k, value
	return nil
}
