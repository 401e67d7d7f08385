package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Entry is one key of a session with its value as JSON text, exactly as the row holds it:
// a number keeps all its digits, and a value that nobody reads is not decoded.
type Entry struct {
	Key  string
	JSON string
}

// NewEntry encodes a value. A value that JSON cannot represent is an error.
func NewEntry(key string, value any) (Entry, error) {
	text, err := encode(value)
	if err != nil {
		return Entry{}, fmt.Errorf("encode %s: %w", key, err)
	}
	return Entry{key, text}, nil
}

// Value decodes the entry. A string gives a string, an integer an int64, any other number
// a json.Number, and anything else what encoding/json decodes it to.
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
		return nil // only an Entry built without NewEntry or decode can be invalid
	}
	return value
}

// data is the dict of a session. As in Python, keys keep the order in which they were
// first set. It is short, so a slice is faster than a map.
type data []Entry

func (d data) find(key string) int {
	return slices.IndexFunc(d, func(e Entry) bool { return e.Key == key })
}

func (d data) with(e Entry) data {
	if i := d.find(e.Key); i >= 0 {
		d[i].JSON = e.JSON
		return d
	}
	if d == nil {
		d = make(data, 0, 4)
	}
	return append(d, e)
}

// text returns the JSON that the row holds: without blanks, as Django's serializer writes
// it, but with characters such as 中 unescaped, so that people can read the table.
func (d data) text() string {
	var room [256]byte
	b := append(room[:0], '{')
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

// decode parses the text of a row. It returns false for what is not a JSON object in
// UTF-8.
func decode(text string) (data, bool) {
	if d, ok := decodePlain(text); ok {
		return d, true
	}
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
		return nil, false
	}
	text = skipBlanks(text)
	if text[0] != '{' {
		return nil, false
	}
	// The text is valid JSON, so it is enough to find where each key and value ends.
	d := make(data, 0, 4)
	for text = skipBlanks(text[1:]); text[0] != '}'; {
		var key, value string
		key, text = cut(text, stringEnd(text))
		text = skipBlanks(skipBlanks(text)[1:]) // skip the colon
		value, text = cut(text, valueEnd(text))
		d = d.with(Entry{unquote(key), value}) // of two equal keys the last counts
		if text = skipBlanks(text); text[0] == ',' {
			text = skipBlanks(text[1:])
		}
	}
	return d, true
}

// decodePlain decodes what most rows hold, the text that data.text writes for strings
// without escapes and for integers, in one pass. It returns false for anything else.
func decodePlain(text string) (data, bool) {
	if text == "" || text[0] != '{' {
		return nil, false
	}
	d := make(data, 0, 4)
	for {
		key := plainString(text[1:])
		if key == 0 || 1+key >= len(text) || text[1+key] != ':' {
			return nil, false
		}
		name, rest := text[2:key], text[2+key:]
		value := plainString(rest)
		if value == 0 {
			value = plainInteger(rest)
		}
		if value == 0 || value == len(rest) {
			return nil, false
		}
		d = d.with(Entry{name, rest[:value]}) // of two equal keys the last counts
		text = rest[value:]
		if text == "}" {
			return d, true
		}
		if text[0] != ',' {
			return nil, false
		}
	}
}

// plainString returns the length of the JSON string in ASCII without escapes with which
// text begins, or 0.
func plainString(text string) int {
	if text == "" || text[0] != '"' {
		return 0
	}
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1
		case c < ' ' || c == '\\' || c >= utf8.RuneSelf:
			return 0
		}
	}
	return 0
}

// plainInteger returns the length of the JSON integer with which text begins, or 0.
func plainInteger(text string) int {
	digits := strings.TrimPrefix(text, "-")
	n := 0
	for n < len(digits) && '0' <= digits[n] && digits[n] <= '9' {
		n++
	}
	if n == 0 || n > 1 && digits[0] == '0' {
		return 0
	}
	return len(text) - len(digits) + n
}

func cut(text string, end int) (before, after string) {
	return text[:end], text[end:]
}

func skipBlanks(text string) string {
	for text != "" && (text[0] == ' ' || text[0] == '\t' || text[0] == '\r' || text[0] == '\n') {
		text = text[1:]
	}
	return text
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
				return i // the end of the enclosing object, after a number or word
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

// marshal is json.Marshal without escaping of <, > and &: a row is not HTML.
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
	quoted, _ := marshal(s) // a string can always be encoded
	return append(b, quoted...)
}

// unquote undoes appendQuoted.
func unquote(quoted string) string {
	if inner := quoted[1 : len(quoted)-1]; plain(inner) {
		return inner
	}
	var s string
	_ = json.Unmarshal([]byte(quoted), &s) // well formed: it was written by appendQuoted or checked by json.Valid
	return s
}

// plain reports whether s needs no escaping in a JSON string.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return utf8.ValidString(s)
}
