package jar

import "strings"

// path returns the cookie's path. The Path attribute counts as written, neither decoded
// nor resolved. RFC 6265bis, 5.6.4.
func (l *line) path(t target) string {
	a, ok := l.get("path")
	switch {
	case !ok:
		return defaultPath(t.path)
	case !strings.HasPrefix(a.value, "/"):
		l.mark(a, false, EffectDefault)
		return defaultPath(t.path)
	}
	return a.value
}

// defaultPath returns the directory of the request's path: all before the last "/", or
// "/". RFC 6265bis, 5.1.4.
func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// ForPath reports whether a cookie is sent to a path, given undecoded as in the address.
// RFC 6265bis, 5.1.4.
func (c Cookie) ForPath(path string) bool { return onPath(path, c.Path) }

// onPath reports whether path is cookiePath or lies under it, by whole segments:
// /a matches /a, /a/ and /a/b, but not /ab. RFC 6265bis, 5.1.4.
func onPath(path, cookiePath string) bool {
	return strings.HasPrefix(path, cookiePath) &&
		(len(path) == len(cookiePath) || strings.HasSuffix(cookiePath, "/") || path[len(cookiePath)] == '/')
}
