package world

import (
	"encoding/json"
	"time"
)

// Instant is a time that is written to JSON with milliseconds, always (contract, section 2).
type Instant struct{ time.Time }

// milliseconds is RFC 3339 with three decimals.
const milliseconds = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON writes the time in UTC.
func (i Instant) MarshalJSON() ([]byte, error) {
	return []byte(`"` + i.UTC().Format(milliseconds) + `"`), nil
}

// UnmarshalJSON reads a time. An invalid one becomes the zero time, not an error: it
// comes from a page, and is only displayed.
func (i *Instant) UnmarshalJSON(text []byte) error {
	var written string
	if json.Unmarshal(text, &written) == nil {
		i.Time, _ = time.Parse(time.RFC3339, written)
	}
	return nil
}
