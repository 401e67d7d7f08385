package session

import (
	"fmt"
	"strings"
)

// Open opens the store at an address: sqlite:PATH, memory, or redis://HOST:PORT (rediss://
// over TLS).
func Open(address string) (Backend, error) {
	kind, path, _ := strings.Cut(address, ":")
	switch {
	case address == "memory":
		return NewMemory(), nil
	case kind == "sqlite" && path != "":
		return OpenSQLite(path)
	case kind == "redis" || kind == "rediss":
		return OpenRedis(address)
	}
	return nil, fmt.Errorf("store %q: it is sqlite:PATH, memory or redis://HOST:PORT", address)
}

// Kind returns the kind of the store at an address: sqlite, memory or redis.
func Kind(address string) string {
	kind, _, _ := strings.Cut(address, ":")
	return strings.Replace(kind, "rediss", "redis", 1)
}
