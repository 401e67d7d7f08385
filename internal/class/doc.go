// Package class is a lesson that many browsers follow together.
//
// A [Room] has a code of six characters that students type, and a driver's key
// that the instructor's windows send. Whoever has the key moves the room from one
// [Moment] to the next: this step, its question open, its tally revealed, this
// frame on show. Everybody else follows. That is the whole protocol: a moment is
// complete in itself, so a browser that slept, or a server that was started again,
// needs the latest one and nothing that went before. The number of the moment only
// grows, and a follower that is given an older one than it has leaves it.
//
// # Who is who
//
// Nothing in a room names a person. A student's browser has a seat: a random string
// of 128 bits, of which the room keeps a hash. The seat makes one answer count once,
// and tells which rows of the session table came into being in this class. The
// driver's key has 192 bits; the room keeps its SHA-256 and compares in constant
// time. A room that is opened again gets one more key, and the older ones stay good:
// the console that an instructor left open goes on working.
//
// # What is kept
//
// A room writes what it must not lose to a [Storage]: itself, each of its seats and
// the frames that it has shown, each as an entry of its own, so that an answer costs
// one small write. Entries that changed while a write was under way go together in
// the next one, as many students answer within the same second. A change is told to
// followers after it was written: no browser has seen a moment that a restart
// forgets.
//
// # Many followers
//
// The octets of a moment are made once. A follower has room for one of them: if it
// is slow, a newer moment takes the older one's place, so that a browser that never
// reads costs nobody anything. Moments travel over a [Bus], to this process's
// followers and to those of others that share the storage.
//
// Time and chance are handed in, and the package starts no goroutine.
package class

import "errors"

var (
	// ErrNoRoom: there is no living room with this code.
	ErrNoRoom = errors.New("no such room")
	// ErrRooms: MaxRooms are open already.
	ErrRooms = errors.New("too many rooms are open")
	// ErrFull: all seats are taken by browsers that are here, or all streams are.
	ErrFull = errors.New("the room is full")
	// ErrSeat: the room has not given this seat, or has taken it back.
	ErrSeat = errors.New("unknown seat")
	// ErrStep: the question is not open, or it is another step's.
	ErrStep = errors.New("the question is not open for this step")
	// ErrNoStep: the room has no step yet of which a question could be asked.
	ErrNoStep = errors.New("the room has no step yet")
	// ErrOption: the step has no such option.
	ErrOption = errors.New("the step has no such option")
	// ErrNoFrame: the room has not shown a frame of this number.
	ErrNoFrame = errors.New("no such frame")
	// ErrOldFrame: MaxFrames newer ones have been shown since.
	ErrOldFrame = errors.New("the frame is too old")
	// ErrUnavailable: the storage does not answer. What was asked for is not done, as
	// far as anybody was told; it is written with the next change.
	ErrUnavailable = errors.New("the room's storage does not answer")
)
