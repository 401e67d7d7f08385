package class

// Follower receives each new moment, or only the latest if it is slow.
type Follower struct {
	room *Room
	seat *seat // the seat of the stream's browser, or nil
	next chan *Event
	last int // number of the moment last put into next
}

// Follow returns a follower that first receives the present moment. The seat may be
// unknown: anybody may follow. The caller must Close it. It returns ErrFull if
// maxFollowers are open.
func (r *Room) Follow(secret string) (*Follower, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.followers) >= maxFollowers {
		return nil, ErrFull
	}
	f := &Follower{room: r, next: make(chan *Event, 1), seat: r.seats[hashed(secret)]}
	if f.seat != nil {
		f.seat.streams++
	}
	f.put(r.event)
	r.followers[f] = struct{}{}
	return f, nil
}

// Next returns the channel of the moments to write.
func (f *Follower) Next() <-chan *Event { return f.next }

// Close ends the following and frees its place.
func (f *Follower) Close() {
	r := f.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, here := r.followers[f]; !here {
		return
	}
	delete(r.followers, f)
	if f.seat != nil {
		f.seat.streams--
		f.seat.seen = r.hall.Now()
	}
}

// tell sends the present moment to every follower that does not have it, without blocking.
func (r *Room) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told >= r.event.Moment.N {
		return
	}
	r.told = r.event.Moment.N
	for f := range r.followers {
		if f.last < r.told {
			f.put(r.event)
		}
	}
}

// put replaces a moment that was not received yet. The room's lock is held.
func (f *Follower) put(e *Event) {
	select {
	case <-f.next:
	default:
	}
	f.next <- e
	f.last = e.Moment.N
}
