package class

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"
)

// Limits of a hall and its rooms. Life counts from a room's last drive; maxRows is how
// many rows of the session table count as one seat's.
const (
	maxRooms     = 64             // open at one time
	Life         = 24 * time.Hour // of a room, after its last drive
	maxSeats     = 1000           // of a room
	maxFollowers = 10_000         // streams of one room open at one time
	MaxFrames    = 50             // frames of a room that are kept
	maxRows      = 8              // session rows per seat
	idleAfter    = 2 * time.Minute
	maxKeys      = 64
)

// Config is what a hall needs from its caller.
type Config struct {
	Now     func() time.Time
	Rand    io.Reader // for codes, keys and seats
	Storage Storage
	Bus     Bus
	// Forget deletes a row of the session table. A reset calls it for the room's rows.
	Forget func(ctx context.Context, key string) error
}

// Hall is all rooms of a program.
type Hall struct {
	Config
	name string // identifies this hall on the bus
	stop func()

	random sync.Mutex // guards Rand, which may not be safe for concurrent use

	mu    sync.RWMutex
	rooms map[string]*Room
	seats map[string]*Room // by the hash of the seat's secret
}

// Open returns a hall with the rooms in the storage. Close it when no request is under way.
func Open(ctx context.Context, config Config) (*Hall, error) {
	h := &Hall{Config: config, rooms: map[string]*Room{}, seats: map[string]*Room{}}
	var err error
	if h.name, err = h.secret(8); err != nil {
		return nil, err
	}
	codes, err := h.Storage.Rooms(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for _, code := range codes {
		if err := h.read(ctx, code); err != nil {
			return nil, err
		}
	}
	h.stop = h.Bus.Subscribe(h.hear)
	return h, h.Sweep(ctx)
}

// Close ends every stream and stops listening to the bus.
func (h *Hall) Close() {
	h.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.rooms {
		r.end()
	}
}

// read loads a room from the storage. An entry that cannot be decoded, because another
// version of the program wrote it, means that there is no such room.
func (h *Hall) read(ctx context.Context, code string) error {
	entries, err := h.Storage.ReadRoom(ctx, code)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r := newRoom(h, code)
	if r.load(entries) != nil || r.kept.N == 0 {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rooms[code] = r
	for id := range r.seats {
		h.seats[id] = r
	}
	return nil
}

// hear handles news of a room: it reads what another hall wrote, and then tells the
// latest moment to the followers here.
func (h *Hall) hear(news News) {
	ctx := context.Background()
	if news.Here != nil {
		h.hearHere(news)
		return
	}
	if news.Room == "" {
		codes, _ := h.Storage.Rooms(ctx) // on an error there will be news again when the storage is back
		for _, code := range codes {
			h.hear(News{Room: code})
		}
		return
	}
	h.mu.RLock()
	r := h.rooms[news.Room]
	h.mu.RUnlock()
	if r == nil {
		_ = h.read(ctx, news.Room) // on an error it is read at the next news
		return
	}
	if news.From != h.name {
		_ = r.catchUp(ctx, news.Entries...) // on an error it is read at the next news
	}
	r.tell()
}

// index records which seats belong to a room.
func (h *Hall) index(r *Room, added, removed []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range removed {
		delete(h.seats, id)
	}
	for _, id := range added {
		h.seats[id] = r
	}
}

// Room returns the room with a code, or ErrNoRoom.
func (h *Hall) Room(code string) (*Room, error) {
	h.mu.RLock()
	r := h.rooms[code]
	h.mu.RUnlock()
	if r == nil || !r.lives(h.Now()) {
		return nil, ErrNoRoom
	}
	return r, nil
}

// SeatRoom returns the room that gave a seat.
func (h *Hall) SeatRoom(seat string) (*Room, bool) {
	h.mu.RLock()
	r := h.seats[hashed(seat)]
	h.mu.RUnlock()
	return r, r != nil && r.lives(h.Now())
}

// Drives reports whether a key is a driver's key of any open room.
func (h *Hall) Drives(key string) bool {
	now := h.Now()
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, r := range h.rooms {
		if r.lives(now) && r.Drives(key) {
			return true
		}
	}
	return false
}

// OpenRoom opens a new room and returns its code and its driver's key. It returns
// ErrRooms if maxRooms are open.
func (h *Hall) OpenRoom(ctx context.Context) (code, key string, err error) {
	if err := h.Sweep(ctx); err != nil {
		return "", "", err
	}
	r, err := h.newRoom()
	if err != nil {
		return "", "", err
	}
	if key, err = r.addKey(ctx); err != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.rooms, r.code) // nobody has a key of it
		return "", "", err
	}
	return r.code, key, nil
}

func (h *Hall) newRoom() (*Room, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.rooms) >= maxRooms {
		return nil, ErrRooms
	}
	code, err := h.code()
	for err == nil && h.rooms[code] != nil {
		code, err = h.code()
	}
	if err != nil {
		return nil, err
	}
	secret := make([]byte, sha256.Size)
	if err := h.draw(secret); err != nil {
		return nil, err
	}
	r := newRoom(h, code)
	r.kept = record{N: 1, Question: Closed, Secret: secret, Opened: h.Now(), Driven: h.Now()}
	r.event = newEvent(r.moment())
	h.rooms[code] = r
	return r, nil
}

// Reopen adds a new key to the room that was driven last, or opens a new room.
func (h *Hall) Reopen(ctx context.Context) (code, key string, err error) {
	if err := h.Sweep(ctx); err != nil {
		return "", "", err
	}
	h.mu.RLock()
	var latest *Room
	for _, r := range h.rooms {
		if latest == nil || later(r, latest) {
			latest = r
		}
	}
	h.mu.RUnlock()
	if latest == nil {
		return h.OpenRoom(ctx)
	}
	key, err = latest.addKey(ctx)
	return latest.code, key, err
}

func later(a, b *Room) bool {
	return cmp.Or(a.driven().Compare(b.driven()), cmp.Compare(a.code, b.code)) > 0
}

// Sweep drops the rooms that were not driven for Life.
func (h *Hall) Sweep(ctx context.Context) error {
	now := h.Now()
	h.mu.Lock()
	var over []*Room
	for code, r := range h.rooms {
		if r.lives(now) {
			continue
		}
		over = append(over, r)
		delete(h.rooms, code)
		maps.DeleteFunc(h.seats, func(_ string, of *Room) bool { return of == r })
	}
	h.mu.Unlock()
	for _, r := range over {
		r.end()
		if err := h.Storage.DropRoom(ctx, r.code); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return nil
}

// letters are the characters of a code: small letters and digits without those that look
// alike (0 1 i l o; s and 5; z and 2).
const letters = "abcdefghjkmnpqrtuvwxy23456789"

// codeLength is the number of characters of a code.
const codeLength = 6

// code returns a random code, every character equally likely.
func (h *Hall) code() (string, error) {
	code := make([]byte, 0, codeLength)
	var one [1]byte
	for len(code) < codeLength {
		if err := h.draw(one[:]); err != nil {
			return "", err
		}
		if n := int(one[0]); n < 256/len(letters)*len(letters) {
			code = append(code, letters[n%len(letters)])
		}
	}
	return string(code), nil
}

// secret returns n random octets as text that is safe in a URL.
func (h *Hall) secret(n int) (string, error) {
	random := make([]byte, n)
	if err := h.draw(random); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(random), nil
}

// draw fills octets from the random source.
func (h *Hall) draw(octets []byte) error {
	h.random.Lock()
	defer h.random.Unlock()
	_, err := io.ReadFull(h.Rand, octets)
	return err
}

// hashed returns the hash by which a room recognizes a seat.
func hashed(seat string) string {
	sum := sha256.Sum256([]byte(seat))
	return hex.EncodeToString(sum[:])
}
