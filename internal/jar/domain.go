package jar

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// registrable returns the registrable domain of a host, also known as eTLD+1:
// the public suffix and one label more. It is "" for an IP address, a public
// suffix and a name of one label. The private section of the list counts, so
// user.github.io is one.
func registrable(host string) string {
	name := strings.TrimSuffix(host, ".")
	if isIP(host) {
		return ""
	}
	suffix, _ := publicsuffix.PublicSuffix(name)
	if len(name) <= len(suffix) {
		return ""
	}
	rest := strings.TrimRight(name[:len(name)-len(suffix)], ".")
	return host[strings.LastIndexByte(rest, '.')+1:]
}

// family groups cookies for the limits: the registrable domain, or the host itself where
// there is none.
func family(host string) string {
	if r := registrable(host); r != "" {
		return r
	}
	return host
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// domain decides which hosts the cookie of l is for. RFC 6265bis, 5.7, steps 7
// to 10.
func (l *line) domain(t target) (domain string, hostOnly bool, why Reason) {
	if strings.HasSuffix(t.host, "..") {
		return t.host, true, ReasonDomain // an empty label within a name
	}
	a, ok := l.get("domain")
	if !ok {
		return t.host, true, ""
	}
	if a.value == "" {
		l.mark(a, true, EffectHostOnly)
		return t.host, true, ""
	}
	bare, dotted := strings.CutPrefix(lower(a.value), ".")
	if dotted {
		l.mark(a, true, EffectDot)
	}
	own := registrable(t.host)
	if own == "" {
		// For an IP address, a public suffix or a name of one label only the host itself,
		// spelled the same, is allowed, and the cookie is host-only.
		if bare == t.host {
			l.mark(a, true, EffectHostOnly)
			return t.host, true, ""
		}
		return bare, false, ReasonDomain
	}
	// Chromium (domain-only-a-dot): "Domain=." is an empty domain, which is not the same
	// as no Domain. Chromium (domain-non-ascii): UTF-8 is converted to punycode, where
	// the RFC refuses it. A "%" is not unescaped.
	domain, _, ok = canonicalHost(a.value)
	domain = strings.TrimPrefix(domain, ".")
	if !ok || !matches(t.host, domain) {
		return bare, false, ReasonDomain
	}
	// Chromium (domain-registrable-domain-differs): Domain must not only be no public
	// suffix, but also have the same registrable domain as the host.
	if registrable(domain) != own {
		return domain, false, ReasonPublicSuffix
	}
	return domain, false, ""
}

// matches reports whether host is domain or lies under it. RFC 6265bis, 5.1.3.
func matches(host, domain string) bool {
	if host == domain {
		return true
	}
	rest, found := strings.CutSuffix(host, domain)
	return found && domain != "" && strings.HasSuffix(rest, ".") && !isIP(host)
}

// ForHost reports whether a cookie belongs to a host, in lower case and without its
// port. RFC 6265bis, 5.1.3.
func (c Cookie) ForHost(host string) bool {
	return host == c.Domain || !c.HostOnly && matches(host, c.Domain)
}
