package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Entry is one key of a session with its value, which stays the JSON text that the
// row holds: so a number keeps all its digits, and what nobody reads is not decoded.
type Entry struct {
	Key  string
	JSON string
}

// NewEntry encodes a value. What JSON cannot express is an error.
func NewEntry(key string, value any) (Entry, error) {
	text, err := encode(value)
	if err != nil {
		return Entry{}, fmt.Errorf("encode %s: %w", key, err)
	}
	return Entry{key, text}, nil
}

// Value decodes the entry: a string, an int64 or, for any other number, a
// json.Number; else what encoding/json makes of it.
func (e Entry) Value() any {
	if e.JSON != "" && e.JSON[0] == '"' {
		return unquote(e.JSON)
	}
	if n, err := strconv.ParseInt(e.JSON, 10, 64); err == nil {
		return n
	}
	d := json.NewDecoder(strings.NewReader(e.JSON))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return nil // only an Entry made by hand can come here
	}
	return value
}

// data is the dict of a session. Like Python's it keeps the order in which its
// keys were first set; it is short, so that a slice serves better than a map.
type data []Entry

func (d data) find(key string) int {
	return slices.IndexFunc(d, func(e Entry) bool { return e.Key == key })
}

func (d data) with(e Entry) data {
	if i := d.find(e.Key); i >= 0 {
		d[i].JSON = e.JSON
		return d
	}
	return append(d, e)
}

// text is what the row holds: JSON without blanks, as Django's serializer writes
// it, but with 中 as it is, so that a table can be read.
func (d data) text() string {
	size := 2
	for _, e := range d {
		size += len(e.Key) + len(e.JSON) + len(`"":,`)
	}
	b := make([]byte, 0, size)
	b = append(b, '{')
	for i, e := range d {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, e.Key)
		b = append(b, ':')
		b = append(b, e.JSON...)
	}
	return string(append(b, '}'))
}

// decode takes the text of a row apart. It reports false for what is not a JSON
// object in UTF-8.
func decode(text string) (data, bool) {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
		return nil, false
	}
	text = skipBlanks(text)
	if text[0] != '{' {
		return nil, false
	}
	// From here on the text is known to be well formed: it is enough to find where
	// each key and value ends.
	d := make(data, 0, 4)
	for text = skipBlanks(text[1:]); text[0] != '}'; {
		var key, value string
		key, text = cut(text, stringEnd(text))
		text = skipBlanks(skipBlanks(text)[1:]) // the colon
		value, text = cut(text, valueEnd(text))
		d = d.with(Entry{unquote(key), value}) // of two equal keys the last counts
		if text = skipBlanks(text); text[0] == ',' {
			text = skipBlanks(text[1:])
		}
	}
	return d, true
}

func cut(text string, end int) (before, after string) {
	return text[:end], text[end:]
}

func skipBlanks(text string) string {
	return strings.TrimLeft(text, " \t\r\n")
}

// stringEnd returns the length of the JSON string with which text begins.
func stringEnd(text string) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueEnd returns the length of the JSON value with which text begins.
func valueEnd(text string) int {
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // of the object around a number or word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
}

func encode(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return string(appendQuoted(make([]byte, 0, len(v)+2), v)), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	}
	return marshal(value)
}

// marshal is json.Marshal, but < stays <: a row is no page.
func marshal(value any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// appendQuoted appends s as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	if plain(s) {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	quoted, _ := marshal(s) // there is no string that cannot be encoded
	return append(b, quoted...)
}

// unquote undoes appendQuoted.
func unquote(quoted string) string {
	if inner := quoted[1 : len(quoted)-1]; plain(inner) {
		return inner
	}
	var s string
	_ = json.Unmarshal([]byte(quoted), &s) // well formed by construction
	return s
}

// plain reports whether s is the same inside and outside of JSON's quotes.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return utf8.ValidString(s)
}
