package jar

import (
	"math"
	"strings"
	"time"
)

// Pair is a name and a value as a Cookie header or document.cookie carries them.
type Pair struct{ Name, Value string }

// Pairs parses a Cookie header, or document.cookie, as a browser formats it.
func Pairs(header string) []Pair {
	pairs, _ := FirstPairs(header, math.MaxInt)
	return pairs
}

// FirstPairs returns the first pairs of a line, at most so many, and how many follow.
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

// Identity is what two cookies share if one replaces the other (RFC 6265bis, 5.7, step 23).
type Identity struct {
	Name, Domain, Path    string
	HostOnly, Partitioned bool
}

// Identity returns the cookie's identity.
func (c Cookie) Identity() Identity {
	return Identity{c.Name, c.Domain, c.Path, c.HostOnly, c.Partitioned}
}

// Expired reports whether the cookie has expired at a time.
func (c Cookie) Expired(now time.Time) bool { return (&entry{Cookie: c}).expired(now) }

// Matches reports whether the cookie's domain and path cover an address (RFC 6265bis,
// 5.1.3 and 5.1.4).
func (c Cookie) Matches(address string) bool {
	t, err := parseURL(address)
	return err == nil && c.ForHost(t.host) && c.ForPath(t.path)
}

// Host returns the host of an address in the form of a cookie's domain, or "" if the
// address is not a URL with a host.
func Host(address string) string {
	t, err := parseURL(address)
	if err != nil {
		return ""
	}
	return t.host
}

// PlainHTTP reports whether an address is http without TLS, and whether its host is this
// machine, where browsers differ about Secure cookies.
func PlainHTTP(address string) (plain, local bool) {
	t, err := parseURL(address)
	if err != nil {
		return false, false
	}
	return t.scheme == "http", t.local()
}
