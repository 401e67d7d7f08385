package world

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode writes frames as the answer to a played script, or says ErrTooLarge. The same
// frames are always the same octets.
func Encode(frames []Frame) ([]byte, error) {
	var b bytes.Buffer
	n := 0
	for i := range frames {
		n += frames[i].size()
	}
	b.Grow(min(n, MaxOutput) * 9 / 8) // so that it seldom has to be moved
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteString(`{"frames":[`)
	for i := range frames {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(&frames[i]); err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		b.Truncate(b.Len() - 1) // the line that Encode ends
		if b.Len() > MaxOutput {
			return nil, ErrTooLarge
		}
	}
	b.WriteString("]}\n")
	return b.Bytes(), nil
}

// size is never more than what Encode makes of a frame. It lets Play stop a script
// that swells long before its frames fill the memory.
func (f *Frame) size() int {
	n := 0
	if f.Exchange != nil {
		n += f.Exchange.size()
	}
	for i := range f.Exchanges {
		n += f.Exchanges[i].size()
	}
	for name, b := range f.Browsers {
		n += len(name) + len(b.DocumentCookie)
		for _, c := range b.Jar {
			n += len(c.Name) + len(c.Value) + len(c.Domain) + len(c.Path) + len(`{"name":"","value":"","domain":"","hostOnly":true,"path":"","expires":null,"secure":true,"httpOnly":true,"sameSite":"","partitioned":true}`)
		}
	}
	for _, r := range f.Server.Rows {
		n += len(r.Key) + len(`{"key":"","data":,"expires":"2026-01-15T00:00:00Z"}`)
		if _, readable := r.Entries(); readable {
			n += len(r.Data)
		}
	}
	for _, note := range f.Notes {
		n += len(note.Code) + len(note.Cookie) + len(note.Key) + len(note.Text)
	}
	return n
}

func (e *Exchange) size() int {
	n := len(e.Request.URL) + len(e.Response.Body)
	for _, h := range e.Request.Headers {
		n += len(h[0]) + len(h[1])
	}
	for _, h := range e.Response.Headers {
		n += len(h[0]) + len(h[1])
	}
	return n
}
