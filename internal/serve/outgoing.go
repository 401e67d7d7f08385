package serve

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Outgoing bounds the memory of answers that wait for their readers. A reader who
// does not read holds the answer in memory until the limit of Answer has passed; many
// such readers would hold as many. When large pieces of answers are under way that
// are larger together than room, the one that has waited longest is cut off: whoever
// reads is done long before that.
type Outgoing struct {
	next http.Handler
	room int // octets

	mu      sync.Mutex
	waiting []*piece // the oldest first
	octets  int      // of all that wait
}

// piece is one large write under way.
type piece struct {
	octets int
	answer http.ResponseWriter
}

// large is the size of a piece, in octets, from which on it counts. Compressed answers
// leave in smaller pieces.
const large = 256 << 10

// NewOutgoing bounds what a handler answers.
func NewOutgoing(next http.Handler, room int) *Outgoing {
	return &Outgoing{next: next, room: room}
}

func (o *Outgoing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.next.ServeHTTP(&outgoing{w, o}, r)
}

// outgoing is an answer whose large writes are counted.
type outgoing struct {
	http.ResponseWriter
	all *Outgoing
}

// Unwrap is for http.ResponseController.
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

// begin counts a piece, and cuts off older ones to make room for it.
func (o *Outgoing) begin(p *piece) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.octets+p.octets > o.room && len(o.waiting) > 0 {
		oldest := o.waiting[0]
		o.waiting, o.octets = o.waiting[1:], o.octets-oldest.octets
		_ = http.NewResponseController(oldest.answer).SetWriteDeadline(time.Unix(1, 0)) // or it has just ended
	}
	o.waiting, o.octets = append(o.waiting, p), o.octets+p.octets
}

// end takes a piece off, unless it was cut off.
func (o *Outgoing) end(p *piece) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.waiting, p); i >= 0 {
		o.waiting, o.octets = slices.Delete(o.waiting, i, i+1), o.octets-p.octets
	}
}
