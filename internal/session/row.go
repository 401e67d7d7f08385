package session

import (
	"encoding/json"
	"time"
)

// Row is one line of the table sessions(session_key, session_data, expire_date).
type Row struct {
	Key     string
	Data    string // JSON text as stored; it may be damaged
	Expires time.Time
}

// Entries returns what the row holds, in the order in which it was first set, or
// false if its data do not decode to an object.
func (r Row) Entries() ([]Entry, bool) {
	d, ok := decode(r.Data)
	return d, ok
}

// MarshalJSON writes the row as ROW of the contract: data as stored, null where
// it does not decode to an object.
func (r Row) MarshalJSON() ([]byte, error) {
	data := json.RawMessage("null")
	if _, ok := decode(r.Data); ok {
		data = json.RawMessage(r.Data)
	}
	return json.Marshal(struct {
		Key     string          `json:"key"`
		Data    json.RawMessage `json:"data"`
		Expires string          `json:"expires"`
	}{r.Key, data, r.Expires.UTC().Format(time.RFC3339)})
}
