package lessons

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"cookielab/internal/session"
)

// entriesOf returns a row's entries, each as compact JSON; damaged data have none.
func entriesOf(r session.Row) map[string]string {
	var raw map[string]json.RawMessage
	if json.Unmarshal([]byte(r.Data), &raw) != nil {
		return nil
	}
	entries := map[string]string{}
	for name, text := range raw {
		entries[name] = canonical(text)
	}
	return entries
}

// canonical writes JSON in a unique way, so that texts can be compared. Numbers keep all digits.
func canonical(text []byte) string {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return string(text)
	}
	if s, ok := v.(string); ok {
		return quote(s)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(text)
	}
	return string(out)
}

// quote encodes a text as JSON without escaping < and &.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func isEmptyObject(text string) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &m) == nil && m != nil && len(m) == 0
}

func objectOf(entries []Named[string]) string {
	var parts []string
	for _, n := range entries {
		parts = append(parts, quote(n.Name)+": "+n.Want)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
