package handlers

import (
	"net/url"
	"strings"

	"cookielab/internal/class"
	"cookielab/internal/invite"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// join is how students come into a room: the addresses of this machine on its
// networks, and first the one by which the page itself was asked for, if that is one.
func (a *app) join(c echo.Context, room *class.Room) templates.JoinView {
	view := templates.JoinView{Code: room.Code()}
	host := c.Request().Host
	hosts := []string{}
	if !isLocal(host) {
		hosts = append(hosts, host)
	}
	port := (&url.URL{Host: host}).Port()
	for _, ip := range a.Networks() {
		if other := invite.Host(ip, port); other != host {
			hosts = append(hosts, other)
		}
	}
	if len(hosts) == 0 {
		hosts = append(hosts, host)
	}
	for _, h := range hosts {
		place := h + "/c/" + room.Code()
		way := templates.Address{Host: place, URL: c.Scheme() + "://" + place}
		if code, err := invite.Encode(way.URL); err == nil {
			way.QR = templates.QR{Size: code.Size, Path: code.Path()}
		}
		view.Addresses = append(view.Addresses, way)
	}
	return view
}

// isLocal reports whether a host is this machine under a name that browsers trust
// even without TLS (W3C Secure Contexts, 3.1).
func isLocal(host string) bool {
	u := url.URL{Host: host}
	name := u.Hostname()
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasPrefix(name, "127.") || name == "::1"
}
