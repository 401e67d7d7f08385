package jar

import "strings"

// prefixes are beginnings of names by which a cookie vouches for its own
// attributes, so that the server that gets it back knows how it was set. RFC
// 6265bis, 5.4; the Http ones are from its successor. The longer ones come first.
var prefixes = []struct {
	name           string
	host, httpOnly bool
}{
	{"__host-http-", true, true},
	{"__host-", true, false},
	{"__http-", false, true},
	{"__secure-", false, false},
}

// keepsPrefix reports whether the cookie of l does what its name promises: Secure
// and over a secure connection, all of them; no Domain and literally Path=/, the
// __Host- ones; HttpOnly, the Http ones. Prefixes ignore case, because servers do.
func (l *line) keepsPrefix(e *entry, secureConnection bool) bool {
	name := lower(e.Name)
	if e.Name == "" {
		// A nameless cookie is sent as its bare value, so that must not look like a
		// prefixed name. RFC 6265bis, 5.7, step 22.
		value := lower(e.Value)
		for _, p := range prefixes {
			if strings.HasPrefix(value, p.name) {
				return false
			}
		}
		return true
	}
	for _, p := range prefixes {
		if !strings.HasPrefix(name, p.name) {
			continue
		}
		if !e.Secure || !secureConnection || p.httpOnly && !e.HTTPOnly {
			return false
		}
		return !p.host || l.hostBound(e)
	}
	return true
}

// hostBound reports whether the cookie is for one host and all its paths: no
// Domain, and literally Path=/. An IP address may name itself.
func (l *line) hostBound(e *entry) bool {
	path, _ := l.get("path")
	domain, _ := l.get("domain")
	return path.value == "/" && (domain.value == "" || domain.value == e.Domain && isIP(e.Domain))
}
