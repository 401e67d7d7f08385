package class

// Follower gets each new moment, or the latest of those that came while it was slow.
type Follower struct {
	room *Room
	seat *seat // whose stream it is, if a seat was told
	next chan *Event
	last int // the moment that was put there last
}

// Follow begins with the present moment. The seat may be unknown: a stream is for
// everybody. Close the follower when its reader has gone.
func (r *Room) Follow(secret string) (*Follower, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.followers) >= MaxFollowers {
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

// Next has the moment to be written now.
func (f *Follower) Next() <-chan *Event { return f.next }

// Close ends it.
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

// tell gives the present moment to everybody who does not have it. It waits for
// nobody.
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

// put is called with the room's lock held. A moment that was not taken yet makes room
// for the newer one.
func (f *Follower) put(e *Event) {
	select {
	case <-f.next:
	default:
	}
	f.next <- e
	f.last = e.Moment.N
}
