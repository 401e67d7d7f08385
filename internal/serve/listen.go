package serve

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen listens on an address, host:port. For localhost it listens on 127.0.0.1 and
// [::1], since browsers may try either.
func Listen(addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("-addr %s: it is host:port, such as localhost:8080", addr)
	}
	hosts := []string{host}
	if host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var listeners []net.Listener
	for i, h := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(h, port))
		if err != nil && i > 0 && !errors.Is(err, syscall.EADDRINUSE) {
			continue // a machine without IPv6
		}
		if err != nil {
			Close(listeners)
			if errors.Is(err, syscall.EADDRINUSE) {
				return nil, fmt.Errorf("port %s is in use; try another: -addr %s", port, net.JoinHostPort(host, nextPort(port)))
			}
			return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
		}
		if i == 0 {
			_, port, _ = net.SplitHostPort(l.Addr().String()) // after port 0 the second address uses the port that the first got
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func nextPort(port string) string {
	var n int
	if _, err := fmt.Sscan(port, &n); err != nil || n >= 65535 {
		return "8081"
	}
	return fmt.Sprint(n + 1)
}

// Close closes all listeners.
func Close(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// OpenToNetwork reports whether other machines can reach a listener on addr, host:port.
func OpenToNetwork(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// LocalHost returns host:port for opening a listener on addr from this machine.
func LocalHost(addr string, l net.Listener) string {
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
