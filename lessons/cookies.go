package lessons

import (
	"strings"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

func (p Pair) want() string {
	if p.Value == nil {
		return ""
	}
	return *p.Value
}

func cookiesNamed(list []jar.Cookie, name string) []jar.Cookie {
	var found []jar.Cookie
	for _, c := range list {
		if c.Name == name {
			found = append(found, c)
		}
	}
	return found
}

func cookieValues(list []jar.Cookie) []string {
	var values []string
	for _, c := range list {
		values = append(values, c.Value)
	}
	return values
}

func pairsOf(list []jar.Cookie) []Pair {
	var pairs []Pair
	for _, c := range list {
		pairs = append(pairs, Pair{c.Name, &c.Value})
	}
	return pairs
}

// cookiesSent returns the cookies in a request as the browser means them.
func cookiesSent(r world.Request) []Pair {
	var pairs []Pair
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], "Cookie") {
			pairs = append(pairs, parsePairs(h[1])...)
		}
	}
	return pairs
}

// cookiesSet returns the names and values in a response's Set-Cookie lines.
func cookiesSet(r world.Response) []Pair {
	var pairs []Pair
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], "Set-Cookie") {
			first, _, _ := strings.Cut(h[1], ";")
			pairs = append(pairs, parsePairs(first)...)
		}
	}
	return pairs
}

func parsePairs(header string) []Pair {
	var pairs []Pair
	for _, p := range jar.Pairs(header) {
		pairs = append(pairs, Pair{p.Name, &p.Value})
	}
	return pairs
}
