package serve

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the addresses of the proxies that stand before the program and whose
// X-Forwarded-For, -Proto and -Host count. Anybody else could write there what they
// like.
type Proxies []netip.Prefix

// ParseProxies reads addresses and ranges of addresses (CIDR).
func ParseProxies(given []string) (Proxies, error) {
	var p Proxies
	for _, text := range given {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("-trusted-proxies %s: it is an address or a range such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		p = append(p, prefix)
	}
	return p, nil
}

// trusts reports whether an address is one of a trusted proxy.
func (p Proxies) trusts(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, prefix := range p {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// Handler makes a request that came through a trusted proxy look as it did there: with
// the address of the visitor, the host that was asked for, and TLS if it had that.
func (p Proxies) Handler(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && p.trusts(peer.Addr()) {
			r = p.outside(r, peer.Addr())
		}
		next.ServeHTTP(w, r)
	})
}

// outside is the request as it came to the outermost trusted proxy.
func (p Proxies) outside(r *http.Request, address netip.Addr) *http.Request {
	seen := *r
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trusts(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	seen.RemoteAddr = net.JoinHostPort(address.String(), "0")
	if host := lastOf(r.Header["X-Forwarded-Host"]); host != "" {
		seen.Host = host
	}
	switch lastOf(r.Header["X-Forwarded-Proto"]) {
	case "https":
		seen.TLS = &tls.ConnectionState{}
	case "http":
		seen.TLS = nil
	}
	return &seen
}

// lastOf is the last value of a header that is a list: what the nearest proxy wrote.
func lastOf(lines []string) string {
	list := strings.Join(lines, ",")
	return strings.TrimSpace(list[strings.LastIndex(list, ",")+1:])
}
