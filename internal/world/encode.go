package world

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode returns the frames as the JSON answer to a played script, or ErrTooLarge. Equal
// frames give equal octets.
func Encode(frames []Frame) ([]byte, error) {
	var b bytes.Buffer
	n := 0
	for i := range frames {
		n += frames[i].size()
	}
	b.Grow(min(n, MaxOutput) * 9 / 8) // large enough to avoid most reallocations
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
		b.Truncate(b.Len() - 1) // the newline that json.Encoder adds
		if b.Len() > MaxOutput {
			return nil, ErrTooLarge
		}
	}
	b.WriteString("]}\n")
	return b.Bytes(), nil
}

// size returns a lower bound of the octets that Encode makes of a frame. With it Play
// stops a script whose frames would fill the memory.
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
