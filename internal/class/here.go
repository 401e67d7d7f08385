package class

import (
	"context"
	"time"
)

// How often halls that share a bus tell each other how many streams they have, and for
// how long a hall that tells no more is believed.
const (
	herePause    = 5 * time.Second
	hereBelieved = 3 * herePause
)

// present is how many streams of a room another hall had, and until when that counts.
type present struct {
	streams int
	until   time.Time
}

// told is what this hall said last of a room's streams.
type told struct {
	streams int
	at      time.Time
}

// TellHere tells the other halls of the bus how many streams each room has here, where
// that has changed or some time has gone by. It is to be called about once a second
// where several programs share a storage.
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

// hereNow is how many streams a room has here, and whether others are to be told.
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

// hearHere notes how many streams another hall has.
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

// here counts the streams of a room, in whichever hall; the lock is held.
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

// CatchUp reads what another hall may have written to the room a moment ago, and its
// news is still on its way: the room itself, or a seat that it does not know. Whoever
// drives, or has just got a seat, goes on at another program with the next request.
func (r *Room) CatchUp(ctx context.Context, seat string) error {
	if !r.hall.shared() || seat != "" && r.Known(seat) {
		return nil
	}
	names := []string{roomEntry}
	if seat != "" {
		names = []string{seatPrefix + hashed(seat)}
	}
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
