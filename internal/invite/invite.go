// Package invite tells a class how to reach this machine: its addresses on its networks,
// and an address as a QR code, as SVG for a page and as text for a terminal.
package invite

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// Networks returns the addresses of this machine on its networks: private IPv4 addresses
// first, then other IPv4 ones, then IPv6. It returns none if the system does not tell
// them.
func Networks() []netip.Addr {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	list := make([]netip.Addr, 0, len(addresses))
	for _, address := range addresses {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			list = append(list, prefix.Addr().Unmap())
		}
	}
	return useful(list)
}

// useful removes the addresses that other machines cannot reach, such as loopback, and
// sorts the others.
func useful(all []netip.Addr) []netip.Addr {
	var private, public, v6 []netip.Addr
	for _, ip := range all {
		switch {
		case ip.IsLoopback() || ip.IsLinkLocalUnicast():
		case ip.Is6():
			v6 = append(v6, ip)
		case ip.IsPrivate():
			private = append(private, ip)
		default:
			public = append(public, ip)
		}
	}
	return append(append(private, public...), v6...)
}

// Host returns an address and a port as they stand in a URL; port may be "".
func Host(ip netip.Addr, port string) string {
	switch {
	case port != "":
		return net.JoinHostPort(ip.String(), port)
	case ip.Is6():
		return "[" + ip.String() + "]"
	}
	return ip.String()
}

// quiet is the light margin around a QR code, in modules (ISO/IEC 18004, 6.3.8).
const quiet = 4

// Code is a QR code including its margin.
type Code struct {
	Size int // modules on a side, including the margin
	code *qr.Code
}

// Encode makes a QR code with error correction level M: it can be read with a seventh hidden.
func Encode(text string) (Code, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return Code{}, err
	}
	return Code{code.Size + 2*quiet, code}, nil
}

// dark reports whether a module is dark. Outside the code all are light.
func (c Code) dark(x, y int) bool { return c.code.Black(x-quiet, y-quiet) }

// Path returns the code as the path data of an SVG, one unit per module.
func (c Code) Path() string {
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			run := 0
			for c.dark(x+run, y) {
				run++
			}
			if run > 0 {
				path.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(run) + "v1h-" + strconv.Itoa(run) + "z")
				x += run
			}
		}
	}
	return path.String()
}

// String returns the code as text for a terminal with light text on dark, two modules per
// character.
func (c Code) String() string {
	var text strings.Builder
	for y := 0; y < c.Size; y += 2 {
		for x := range c.Size {
			upper, lower := c.dark(x, y), c.dark(x, y+1) || y+1 == c.Size
			switch {
			case upper && lower:
				text.WriteByte(' ')
			case upper:
				text.WriteString("▄")
			case lower:
				text.WriteString("▀")
			default:
				text.WriteString("█")
			}
		}
		text.WriteByte('\n')
	}
	return text.String()
}
