package class

import (
	"context"
	"time"
)

// How often halls on a bus tell each other their numbers of streams, and how long a
// number counts if it is not repeated.
const (
	herePause    = 5 * time.Second
	hereBelieved = 3 * herePause
)

// present is how many streams of a room another hall has, and until when that counts.
type present struct {
	streams int
	until   time.Time
}

// told is the last number of a room's streams that this hall told, and when.
type told struct {
	streams int
	at      time.Time
}

// TellHere tells the other halls of the bus how many streams each room has here, if that
// has changed or herePause has passed. It is to be called about once a second when
// several programs share a storage.
func (h *Hall) TellHere(ctx context.Context) error {
	here, now := map[string]int{}, h.Now()
	h.mu.RLock()
	for code, r := range h.rooms {
		if n, news := r.hereNow(now); news {
			here[code] = n
		}
	}
	h.mu.RUnlock()
	if len(here) == 0 {
		return nil
	}
	return h.Bus.Publish(ctx, News{From: h.name, Here: here})
}

// hereNow returns how many streams a room has here, and whether to tell the other halls.
func (r *Room) hereNow(now time.Time) (streams int, news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	streams = len(r.followers)
	old := streams > 0 && now.Sub(r.toldHere.at).Abs() >= herePause
	if streams == r.toldHere.streams && !old {
		return streams, false
	}
	r.toldHere = told{streams, now}
	return streams, true
}

// hearHere records how many streams another hall has.
func (h *Hall) hearHere(news News) {
	if news.From == h.name {
		return
	}
	until := h.Now().Add(hereBelieved)
	for code, n := range news.Here {
		if r, err := h.Room(code); err == nil {
			r.mu.Lock()
			r.elsewhere[news.From] = present{n, until}
			r.mu.Unlock()
		}
	}
}

// here returns the number of a room's streams in all halls. The lock is held.
func (r *Room) here() int {
	n, now := len(r.followers), r.hall.Now()
	for hall, p := range r.elsewhere {
		if now.After(p.until) {
			delete(r.elsewhere, hall)
		} else {
			n += p.streams
		}
	}
	return n
}

// CatchUp reads what another hall may have written to the room although its news has not
// arrived yet: the room itself, or a seat that is unknown here. A browser's next request
// may reach another program than the one that changed the room or gave the seat.
func (r *Room) CatchUp(ctx context.Context, seat string) error {
	if !r.hall.shared() || seat != "" && r.Known(seat) {
		return nil
	}
	names := []string{roomEntry}
	if seat != "" {
		names = []string{seatPrefix + hashed(seat)}
	}
	r.saving.Lock()
	defer r.saving.Unlock()
	entries, err := r.hall.Storage.ReadRoom(ctx, r.code, names...)
	if err != nil {
		return ErrUnavailable
	}
	added, removed := r.refresh(entries, names)
	r.hall.index(r, added, removed)
	return nil
}

// shared reports whether other programs may write to the rooms.
func (h *Hall) shared() bool {
	_, is := h.Bus.(remote)
	return is
}
