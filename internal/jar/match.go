package jar

import (
	"math"
	"strings"
	"time"
)

// Pair is a name and a value as a Cookie header or document.cookie carries them.
type Pair struct{ Name, Value string }

// Pairs takes a Cookie header, or document.cookie, apart as a browser puts it
// together.
func Pairs(header string) []Pair {
	pairs, _ := FirstPairs(header, math.MaxInt)
	return pairs
}

// FirstPairs are so many of a line's pairs, and how many it has beyond them.
func FirstPairs(line string, most int) (pairs []Pair, more int) {
	for piece := range strings.SplitSeq(line, ";") {
		piece = strings.Trim(piece, " \t")
		switch {
		case piece == "":
		case len(pairs) == most:
			more++
		default:
			name, value, found := strings.Cut(piece, "=")
			if !found {
				name, value = "", piece // a nameless cookie (RFC 6265bis, 5.8.3)
			}
			pairs = append(pairs, Pair{strings.Trim(name, " \t"), strings.Trim(value, " \t")})
		}
	}
	return pairs, more
}

// Identity is what makes two cookies the same one (RFC 6265bis, 5.7, step 23).
type Identity struct {
	Name, Domain, Path    string
	HostOnly, Partitioned bool
}

// Identity is the cookie's.
func (c Cookie) Identity() Identity {
	return Identity{c.Name, c.Domain, c.Path, c.HostOnly, c.Partitioned}
}

// Expired reports whether the cookie's time is up.
func (c Cookie) Expired(now time.Time) bool { return (&entry{Cookie: c}).expired(now) }

// Matches reports whether the cookie's domain and path cover an address (RFC 6265bis,
// 5.1.3 and 5.1.4).
func (c Cookie) Matches(address string) bool {
	t, err := parseURL(address)
	return err == nil && c.ForHost(t.host) && c.ForPath(t.path)
}

// Host is the host of an address as a cookie's domain has it, empty where there is
// none.
func Host(address string) string {
	t, err := parseURL(address)
	if err != nil {
		return ""
	}
	return t.host
}

// PlainHTTP reports whether an address is http without TLS, and whether its host is
// this machine: browsers do not agree on Secure cookies there.
func PlainHTTP(address string) (plain, local bool) {
	t, err := parseURL(address)
	if err != nil {
		return false, false
	}
	return t.scheme == "http", t.local()
}
