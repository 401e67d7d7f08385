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

// Entries returns the row's data in the order in which the keys were first set. It
// returns false if the data are not a JSON object.
func (r Row) Entries() ([]Entry, bool) {
	d, ok := decode(r.Data)
	return d, ok
}

// MarshalJSON writes the row as ROW of the contract; session_data is null if the data are
// not a JSON object.
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
