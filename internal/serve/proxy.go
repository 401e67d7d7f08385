package serve

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the addresses of reverse proxies in front of the program. X-Forwarded-For,
// -Proto and -Host are used only from them, since any client could send these headers.
type Proxies []netip.Prefix

// ParseProxies parses addresses and CIDR ranges. Anything else is an error.
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

// trusts reports whether an address is that of a trusted proxy.
func (p Proxies) trusts(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, prefix := range p {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// Handler restores, for a request through a trusted proxy, the visitor's address, the
// requested host, and whether TLS was used.
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

// outside returns the request as it reached the outermost trusted proxy.
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

// lastOf returns the last value of a list header, which the nearest proxy wrote.
func lastOf(lines []string) string {
	list := strings.Join(lines, ",")
	return strings.TrimSpace(list[strings.LastIndex(list, ",")+1:])
}
