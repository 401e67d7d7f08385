package serve

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Outgoing limits the memory used by answers to slow readers. A client that does not read
// holds its answer in memory until the limit of Answer has passed, and many such clients
// hold many answers. When the large writes under way together exceed room, the one that
// has waited longest is cut off; a client that reads has finished long before.
type Outgoing struct {
	next http.Handler
	room int // octets

	mu      sync.Mutex
	waiting []*piece // oldest first
	octets  int      // octets of all that wait
}

// piece is one large write under way.
type piece struct {
	octets int
	answer http.ResponseWriter
}

// large is the size in octets from which a write counts. Compressed answers are written
// in smaller pieces and do not count.
const large = 256 << 10

// NewOutgoing wraps a handler; room is in octets.
func NewOutgoing(next http.Handler, room int) *Outgoing {
	return &Outgoing{next: next, room: room}
}

// ServeHTTP answers with the wrapped handler.
func (o *Outgoing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.next.ServeHTTP(&outgoing{w, o}, r)
}

// outgoing is an answer whose large writes are counted.
type outgoing struct {
	http.ResponseWriter
	all *Outgoing
}

// Unwrap lets http.ResponseController reach the underlying ResponseWriter.
func (w *outgoing) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *outgoing) Write(octets []byte) (int, error) {
	if len(octets) < large {
		return w.ResponseWriter.Write(octets)
	}
	p := &piece{len(octets), w.ResponseWriter}
	w.all.begin(p)
	defer w.all.end(p)
	return w.ResponseWriter.Write(octets)
}

// begin counts a write, and cuts off older ones if together they exceed the room.
func (o *Outgoing) begin(p *piece) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.octets+p.octets > o.room && len(o.waiting) > 0 {
		oldest := o.waiting[0]
		o.waiting, o.octets = o.waiting[1:], o.octets-oldest.octets
		_ = http.NewResponseController(oldest.answer).SetWriteDeadline(time.Unix(1, 0)) // an error means that it has just ended
	}
	o.waiting, o.octets = append(o.waiting, p), o.octets+p.octets
}

// end stops counting a write that was not cut off.
func (o *Outgoing) end(p *piece) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.waiting, p); i >= 0 {
		o.waiting, o.octets = slices.Delete(o.waiting, i, i+1), o.octets-p.octets
	}
}
