package world

import (
	"encoding/json"
	"time"
)

// Instant is a moment that JSON has with milliseconds, always (contract, section 2).
type Instant struct{ time.Time }

// milliseconds is RFC 3339 with three digits of the second.
const milliseconds = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON writes the moment in UTC.
func (i Instant) MarshalJSON() ([]byte, error) {
	return []byte(`"` + i.UTC().Format(milliseconds) + `"`), nil
}

// UnmarshalJSON reads a moment. What is none is the zero time: a page tells when
// something was, and nothing depends on its being right.
func (i *Instant) UnmarshalJSON(text []byte) error {
	var written string
	if json.Unmarshal(text, &written) == nil {
		i.Time, _ = time.Parse(time.RFC3339, written)
	}
	return nil
}
