package class

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Mark is how a class sees a session row without seeing its key: the HMAC of the key
// under the room's secret. Nothing of the key can be told from it, and it is another
// one in another room.
type Mark struct {
	ID      string // 16 hexadecimal digits
	Letters string // four, to be said aloud
	Shape   int    // below Shapes
	Colour  int    // below Colours
}

// How many different marks there are, but for the letters.
const (
	Shapes  = 6
	Colours = 6
)

// Mark is the mark of a session key in this room.
func (r *Room) Mark(key string) Mark {
	r.mu.Lock()
	secret := r.kept.Secret
	r.mu.Unlock()
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(key))
	sum := mac.Sum(nil)
	said := make([]byte, 4)
	for i := range said {
		said[i] = letters[int(sum[8+i])%21] // the letters, without the digits
	}
	return Mark{ID: hex.EncodeToString(sum[:8]), Letters: string(said), Shape: int(sum[12]) % Shapes, Colour: int(sum[13]) % Colours}
}

// OwnRow is a session key that came with a look of one of the room's seats.
type OwnRow struct {
	Key  string
	Held bool // a browser of the room sends the key still
}

// Rows lists the session keys that belong to the room, each once; whether a row of it
// is left, the session table knows.
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

// Browsers is how many seats there are, and how many of them hold a key.
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
