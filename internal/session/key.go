package session

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// newKey is Django's _get_new_session_key: 32 random characters of a-z0-9. A random byte
// of 252 or more is discarded: 252 is the largest multiple of 36 in a byte, and without
// that the remainder would make a, b, c and d more likely than the others.
func newKey(random io.Reader) (string, error) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	var key [32]byte
	var chance [len(key)]byte
	n := 0
	for range 64 { // bounds the attempts if the random source yields only unusable bytes
		if _, err := io.ReadFull(random, chance[n:]); err != nil {
			return "", fmt.Errorf("%w: no random bytes: %w", ErrUnavailable, err)
		}
		for _, c := range chance[n:] {
			if c < 252 {
				key[n] = alphabet[c%36]
				n++
			}
		}
		if n == len(key) {
			return string(key[:]), nil
		}
	}
	return "", fmt.Errorf("%w: no usable random bytes", ErrUnavailable)
}

// KeyError is Python's KeyError: there is no such key in the session.
type KeyError struct{ Key string }

// Error returns Python's text, such as KeyError: 'age'.
func (e KeyError) Error() string {
	return "KeyError: " + repr(e.Key)
}

// repr writes s as Python's repr() does: in single quotes, unless that would need
// escaping and double quotes would not.
func repr(s string) string {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			escaped := strconv.QuoteRuneToASCII(r) // such as '\u200b', with the quotes
			b.WriteString(escaped[1 : len(escaped)-1])
		}
	}
	b.WriteRune(quote)
	return b.String()
}
