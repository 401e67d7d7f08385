package class

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Mark identifies a session row to a class without its key: it is made from the HMAC of
// the key under the room's secret. The key cannot be derived from it, and another room
// has another mark for the same key.
type Mark struct {
	ID      string // 16 hexadecimal digits
	Letters string // four letters, for saying it aloud
	Shape   int    // below Shapes
	Colour  int    // below Colours
}

// How many shapes and colours there are.
const (
	Shapes  = 6
	Colours = 6
)

// Mark returns the mark of a session key in this room.
func (r *Room) Mark(key string) Mark {
	r.mu.Lock()
	secret := r.kept.Secret
	r.mu.Unlock()
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(key))
	sum := mac.Sum(nil)
	said := make([]byte, 4)
	for i := range said {
		said[i] = letters[int(sum[8+i])%21] // only the letters, no digits
	}
	return Mark{ID: hex.EncodeToString(sum[:8]), Letters: string(said), Shape: int(sum[12]) % Shapes, Colour: int(sum[13]) % Colours}
}

// OwnRow is a session key that a browser of the room sent.
type OwnRow struct {
	Key  string
	Held bool // a browser of the room still sends the key
}

// Rows returns the session keys that belong to the room, each once. Their rows may have
// been deleted since.
func (r *Room) Rows() []OwnRow {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := map[string]bool{}
	for _, s := range r.seats {
		for _, key := range s.Rows {
			held[key] = held[key] || s.Holds == key
		}
	}
	rows := make([]OwnRow, 0, len(held))
	for key, is := range held {
		rows = append(rows, OwnRow{key, is})
	}
	return rows
}

// Browsers returns how many seats there are, and how many of them hold a session key.
func (r *Room) Browsers() (seats, holding int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		if s.Holds != "" {
			holding++
		}
	}
	return len(r.seats), holding
}
