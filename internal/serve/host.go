package serve

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// Hosts are the host names under which the program answers. A page of another site can
// make its own name resolve to a visitor's machine and would then be same-origin with
// this program (DNS rebinding), but its requests still have that name in Host. IP
// addresses cannot be rebound, so any address is allowed.
type Hosts struct {
	names   map[string]bool
	parents []string // with a leading dot: names that end in it are allowed
}

// NewHosts allows localhost and names under it, the machine's own names, and the given
// names; *.uni.test allows all names under uni.test. A name that is not valid is an
// error.
func NewHosts(given []string) (*Hosts, error) {
	h := &Hosts{names: map[string]bool{"localhost": true}, parents: []string{".localhost"}}
	for _, name := range ownNames() {
		h.names[name] = true
	}
	for _, name := range given {
		parent, wild := strings.CutPrefix(name, "*")
		plain := hostName(strings.TrimPrefix(parent, "."))
		if plain == "" || strings.ContainsAny(plain, "*/:@ ") || wild && !strings.HasPrefix(parent, ".") {
			return nil, fmt.Errorf("-host %s: it is a name without port, such as lab.uni.test or *.uni.test", name)
		}
		if wild {
			h.parents = append(h.parents, "."+plain)
		} else {
			h.names[plain] = true
		}
	}
	return h, nil
}

// ownNames returns the machine's host name, with and without its domain, and as multicast
// DNS has it (.local).
func ownNames() []string {
	own, err := os.Hostname()
	if err != nil || own == "" {
		return nil
	}
	short, _, _ := strings.Cut(hostName(own), ".")
	return []string{hostName(own), short, short + ".local"}
}

// Allow reports whether a Host header, with or without a port, names this program.
func (h *Hosts) Allow(header string) bool {
	host := header
	if name, port, err := net.SplitHostPort(header); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = name
	} else if inner, ok := strings.CutPrefix(header, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = hostName(host)
	if h.names[host] {
		return true
	}
	for _, parent := range h.parents {
		if strings.HasSuffix(host, parent) && len(host) > len(parent) {
			return true
		}
	}
	return false
}

// hostName returns a name in lower case without a trailing dot, for comparing.
func hostName(name string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
}
