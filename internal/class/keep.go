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
// during a write waits, and usually finds that the next write has included its change. If
// another program has changed one of the seats since it was read, save merges the changes
// of both and repeats the write.
func (r *Room) save(ctx context.Context) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	for range maxAmends {
		entries, expected := r.take()
		if len(entries) == 0 {
			return nil
		}
		written, err := r.write(ctx, entries, expected)
		if err != nil {
			return err
		}
		if written {
			return r.publish(ctx, entries)
		}
		if err := r.reread(ctx, entries); err != nil {
			return err
		}
	}
	return errContended
}

// maxAmends is how often save and amend retry. Each retry means that another program has
// changed the same entries meanwhile, and changes are made by people.
const maxAmends = 100

var errContended = fmt.Errorf("%w: too many programs change the room", ErrUnavailable)

// amend changes the room's record, writes it together with the changed seats, and only
// then shows it to anybody. If another program has changed the record since it was read,
// amend reads it again and repeats the change, so that numbers of moments and frames are
// unique.
func (r *Room) amend(ctx context.Context, change func(*draft) error) (*Event, error) {
	r.saving.Lock()
	defer r.saving.Unlock()
	for range maxAmends {
		d, stored, err := r.draft(change)
		if err != nil {
			return nil, err
		}
		record := encoded(d.record)
		entries, expected := r.take()
		for name, value := range d.entries {
			entries[name] = value
			delete(expected, name) // a reset takes a seat back, whatever it holds
		}
		entries[roomEntry], expected[roomEntry] = record, stored
		written, err := r.write(ctx, entries, expected)
		switch {
		case err != nil:
			return nil, err
		case written:
			event := r.install(d, record)
			return event, r.publish(ctx, entries)
		case stored == nil:
			return nil, ErrRooms // another program has given a new room the same code
		}
		if err := r.reread(ctx, entries); err != nil {
			return nil, err
		}
	}
	return nil, errContended
}

// reread loads what another program has written of these entries, and of the record, and
// merges it into the seats that are changed here.
func (r *Room) reread(ctx context.Context, wanted map[string][]byte) error {
	names := []string{roomEntry}
	for name := range wanted {
		if strings.HasPrefix(name, seatPrefix) {
			names = append(names, name)
		}
	}
	entries, err := r.hall.Storage.ReadRoom(ctx, r.code, names...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if entries[roomEntry] == nil {
		return ErrNoRoom // it has ended and was dropped
	}
	removed, err := r.merge(entries, names)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.hall.index(r, nil, removed)
	return nil
}

// merge takes over the record and merges the seats. It returns the seats that another
// program has taken back.
func (r *Room) merge(entries map[string][]byte, names []string) (removed []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		id, isSeat := strings.CutPrefix(name, seatPrefix)
		ours, value := r.seats[id], entries[name]
		switch {
		case !isSeat:
			err = r.loadEntry(name, value)
		case ours == nil: // taken back here
		case value != nil:
			if err = r.loadEntry(name, value); err == nil {
				err = r.seats[id].apply(ours)
			}
		case ours.stored != nil:
			delete(r.seats, id)
			delete(r.changed, id)
			removed = append(removed, id)
		}
		if err != nil {
			return removed, err
		}
	}
	r.event = newEvent(r.moment())
	return removed, nil
}

// write writes entries to the storage. Seats that were not written go into the next write.
func (r *Room) write(ctx context.Context, entries, expected map[string][]byte) (written bool, err error) {
	// Without the caller's cancellation, since the entries include changes of other callers.
	written, err = r.hall.Storage.WriteRoom(context.WithoutCancel(ctx), r.code, entries, expected)
	r.settle(entries, written)
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

// take encodes the changed seats. A nil value means that the seat is deleted. If other
// programs may change them too, it also returns what they must be until they are written.
func (r *Room) take() (entries, expected map[string][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries, expected = map[string][]byte{}, map[string][]byte{}
	for id := range r.changed {
		name := seatPrefix + id
		entries[name] = nil
		if s := r.seats[id]; s != nil {
			entries[name] = encoded(s)
			if r.hall.shared() {
				expected[name] = s.stored
			}
		}
	}
	clear(r.changed)
	return entries, expected
}

// settle records that the seats among the entries were written, or that they still have
// to be.
func (r *Room) settle(entries map[string][]byte, written bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, value := range entries {
		id, isSeat := strings.CutPrefix(name, seatPrefix)
		if !isSeat {
			continue
		}
		if !written {
			r.changed[id] = true
		} else if s := r.seats[id]; s != nil {
			s.stored = value
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

// catchUp takes over what other halls have written of these entries, or of all if none is
// named.
func (r *Room) catchUp(ctx context.Context, names ...string) error {
	if r.hall.shared() { // or what is read may be older than what is being written here
		r.saving.Lock()
		defer r.saving.Unlock()
	}
	entries, err := r.hall.Storage.ReadRoom(ctx, r.code, names...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(names) == 0 {
		names = slices.Collect(maps.Keys(entries))
	}
	added, removed := r.refresh(entries, names)
	r.hall.index(r, added, removed)
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
		s.stored = value
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
