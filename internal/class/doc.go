// Package class lets many browsers follow a lesson together.
//
// A [Room] has a code of six characters that students type, and a driver's key that the
// instructor's windows send. A request with the key moves the room to its next [Moment]:
// the step, whether its question is open or its tally revealed, the frame on show.
// Everybody else follows. A moment is complete in itself, so a browser that slept, or a
// server that was restarted, needs only the latest one. The number of the moment only
// grows, and a follower ignores a moment older than the one it has.
//
// # Identities
//
// Nothing in a room names a person. A student's browser has a seat: a random string of
// 128 bits, of which the room keeps a hash. The seat makes one answer count once, and
// tells which rows of the session table were created in this class. The driver's key has
// 192 random bits; the room keeps its SHA-256 and compares in constant time. A room that
// is reopened gets one more key, and the older ones stay valid, so that a console that is
// still open goes on working.
//
// # Persistence
//
// A room writes its state to a [Storage]: the room itself, each of its seats and the
// frames that it has shown, each as an entry of its own, so that an answer costs one
// small write. Entries that changed during a write go together into the next one, as many
// students answer within the same second. Followers are told of a change after it was
// written, so that no browser has seen a moment that a restart loses. Where several
// programs drive a room at the same time, the storage replaces the room's own entry only
// if it is still the one that was read, so that the numbers of moments are unique.
//
// # Many followers
//
// A moment is encoded once for all followers. Each follower has a buffer for one moment:
// if it is slow, a newer moment replaces the waiting one, so a browser that never reads
// costs no memory. Moments travel over a [Bus], to this process's followers and to those
// of other processes that share the storage.
//
// Clock and random source are parameters, and the package starts no goroutine.
package class

import "errors"

var (
	// ErrNoRoom: no room with this code exists, or it has ended.
	ErrNoRoom = errors.New("no such room")
	// ErrRooms: maxRooms are open already.
	ErrRooms = errors.New("too many rooms are open")
	// ErrFull: all seats are taken by browsers that are in use, or all streams are open.
	ErrFull = errors.New("the room is full")
	// ErrSeat: the room never gave this seat, or has taken it back.
	ErrSeat = errors.New("unknown seat")
	// ErrStep: the question is not open, or belongs to another step.
	ErrStep = errors.New("the question is not open for this step")
	// ErrNoStep: the room is at no step yet.
	ErrNoStep = errors.New("the room has no step yet")
	// ErrOption: the step has no such option.
	ErrOption = errors.New("the step has no such option")
	// ErrNoFrame: the room has not shown a frame of this number.
	ErrNoFrame = errors.New("no such frame")
	// ErrOldFrame: the frame was dropped, since MaxFrames newer ones have been shown.
	ErrOldFrame = errors.New("the frame is too old")
	// ErrUnavailable: the storage does not answer. A drive is not made; what a seat sent
	// is written with the next change.
	ErrUnavailable = errors.New("the room's storage does not answer")
)
