package jar

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// target is what matters for cookies in an address, normalized as a browser does it.
type target struct {
	scheme string // http or https
	host   string // lower case, punycode, an IPv6 address in brackets
	path   string // escaped as sent, without dot segments; never empty
	ip     bool
}

// parseURL reads an absolute http or https address as browsers do (WHATWG URL),
// which is more forgiving than net/url: the path may hold anything.
func parseURL(s string) (target, error) {
	s = strings.Trim(s, controlsAndSpace)
	s = lineBreaks.Replace(s)
	scheme, rest, _ := strings.Cut(s, ":")
	t := target{scheme: lower(scheme)}
	if t.scheme != "http" && t.scheme != "https" {
		return t, fmt.Errorf("address %q is not http or https", shorten(s))
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	rest = strings.ReplaceAll(rest, "\\", "/")
	if !strings.HasPrefix(rest, "//") {
		return t, fmt.Errorf("address %q has no host", shorten(s))
	}
	authority := rest[2:]
	path := ""
	if i := strings.IndexByte(authority, '/'); i >= 0 {
		authority, path = authority[:i], authority[i:]
	}
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		if port := host[i+1:]; port != "" {
			if _, err := strconv.ParseUint(port, 10, 16); err != nil {
				return t, fmt.Errorf("address %q has no valid port", shorten(s))
			}
		}
		host = host[:i]
	}
	if len(host) > maxHost {
		return t, fmt.Errorf("address %q has too long a host", shorten(s))
	}
	var ok bool
	if t.host, t.ip, ok = canonicalHost(unescape(host)); !ok {
		return t, fmt.Errorf("address %q has no valid host", shorten(s))
	}
	t.path = canonicalPath(path)
	return t, nil
}

// maxHost is far more than DNS allows, and far less than what makes punycode slow.
const maxHost = 1024

// lineBreaks are removed from an address, as browsers do (WHATWG URL).
var lineBreaks = strings.NewReplacer("\t", "", "\n", "", "\r", "")

const controlsAndSpace = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f" +
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

// shorten keeps error messages to one readable line.
func shorten(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// secure reports whether the connection counts as secure for cookies. RFC 6265bis leaves
// this to the browser; Chromium (localhost-is-secure) includes plain http to this
// machine.
func (t target) secure(p Profile) bool {
	return t.scheme == "https" || t.local() && !p.PlainLocalhost
}

func (t target) local() bool {
	if t.ip {
		addr, err := netip.ParseAddr(strings.Trim(t.host, "[]"))
		return err == nil && addr.IsLoopback()
	}
	h := strings.TrimSuffix(t.host, ".")
	return h == "localhost" || strings.HasSuffix(h, ".localhost")
}

// site is what "same-site" compares: the scheme and the registrable domain, or the host
// where there is none. The port is not part of it. RFC 6265bis, 5.2.
func (t target) site() string {
	return t.scheme + "://" + family(t.host)
}

// hosts converts names to ASCII as browsers do: UTS 46, non-transitional, without the
// rules for host names (my_host is allowed).
var hosts = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
	idna.CheckHyphens(false), idna.CheckJoiners(true), idna.BidiRule())

// canonicalHost normalizes a host for comparing. RFC 6265bis, 5.1.2; WHATWG URL, 3.5.
func canonicalHost(s string) (host string, ip, ok bool) {
	if strings.HasPrefix(s, "[") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(s[1:], "]"))
		if err != nil || !strings.HasSuffix(s, "]") || !addr.Is6() || addr.Zone() != "" {
			return "", false, false
		}
		if addr.Is4In6() {
			b := addr.As16()
			return fmt.Sprintf("[::ffff:%x:%x]", int(b[12])<<8|int(b[13]), int(b[14])<<8|int(b[15])), true, true
		}
		return "[" + addr.String() + "]", true, true
	}
	host = lower(s)
	if !plainHost(host) {
		var err error
		if host, err = hosts.ToASCII(s); err != nil {
			return "", false, false
		}
	}
	if host == "" || strings.ContainsAny(host, forbidden) {
		return "", false, false
	}
	if numeric(host) {
		host, ok = canonicalIPv4(host)
		return host, true, ok
	}
	return host, false, true
}

// plainHost reports whether UTS 46 would leave the host as it is.
func plainHost(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return !strings.Contains(s, "xn--")
}

// forbidden are the characters that a host must not contain (WHATWG URL, 3.1).
const forbidden = controlsAndSpace + "#%/:<>?@[\\]^|\x7f\"`{}"

// numeric reports whether the last label is a number; the host is then an IPv4 address or
// invalid.
func numeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if _, ok := ipv4Number(last); ok {
		return true
	}
	return strings.Trim(last, "0123456789") == ""
}

// canonicalIPv4 converts 127.1, 0x7f.0.0.1 and 2130706433 to 127.0.0.1.
func canonicalIPv4(host string) (string, bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return "", false
	}
	var addr uint64
	for i, p := range parts {
		n, ok := ipv4Number(p)
		if !ok {
			return "", false
		}
		if i == len(parts)-1 { // the last part fills the remaining octets
			if n >= 1<<(8*(5-len(parts))) {
				return "", false
			}
			addr |= n
		} else {
			if n > 255 {
				return "", false
			}
			addr |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(addr >> 24), byte(addr >> 16), byte(addr >> 8), byte(addr)}).String(), true
}

func ipv4Number(s string) (uint64, bool) {
	base := 10
	switch {
	case strings.HasPrefix(s, "0x"):
		s, base = s[2:], 16
		if s == "" {
			return 0, true
		}
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	n, err := strconv.ParseUint(s, base, 33)
	return n, err == nil
}

// canonicalPath resolves dot segments and escapes characters not allowed in a path
// (WHATWG URL, 4.4). Existing escapes stay as written: "%2f" is not "/".
func canonicalPath(s string) string {
	if s == "" {
		return "/"
	}
	segments := strings.Split(s[1:], "/")
	var out []string
	for i, seg := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(lower(seg), "%2e", ".") {
		case ".":
			if last {
				out = append(out, "")
			}
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, escape(seg))
		}
	}
	return "/" + strings.Join(out, "/")
}

func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"#<>?^`{}", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unescape undoes percent-encoding and leaves a malformed "%" alone.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
