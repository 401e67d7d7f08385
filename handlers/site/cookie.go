package site

import (
	"net/http"
	"strings"

	"cookielab/internal/session"
)

// cookieViews are the views of this file, by name; internal/demo says which route is
// served by which.
var cookieViews = map[string]view{
	"setCookie":    setCookie,
	"getCookie":    getCookie,
	"deleteCookie": deleteCookie,
}

// setCookie asks the browser to keep a cookie: response.set_cookie('num', 1). The
// browser may refuse, and the server will not be told.
func setCookie(c *visit) error {
	cookie := c.cookie() // name, path, domain, secure, partitioned
	cookie.Value = c.cookieValue()
	cookie.MaxAge, cookie.Expires = c.lifetime()
	cookie.HTTPOnly = c.flag("httponly")
	cookie.SameSite = c.sameSite()
	if c.wrong != nil {
		return c.wrong
	}
	c.send(cookie)
	return c.say("site.set_cookie")
}

// getCookie reads what the browser sent: request.COOKIES['num'], or with safe=1
// request.COOKIES.get('num').
func getCookie(c *visit) error {
	name, safe := c.cookieName(), c.flag("safe")
	if c.wrong != nil {
		return c.wrong
	}
	value, found := sentCookie(c.Request(), name)
	switch {
	case found:
		return c.text(value)
	case safe:
		return c.text("None")
	default:
		return session.KeyError{Key: name}
	}
}

// deleteCookie asks the browser to drop a cookie, by sending one that has expired:
// response.delete_cookie('num'). Path and domain must be those it was set with.
func deleteCookie(c *visit) error {
	cookie := c.cookie()
	cookie.Value = `""`
	cookie.MaxAge, cookie.Expires = noAge, longAgo
	cookie.Secure = cookie.Secure || needsSecure(cookie.Name)
	if c.wrong != nil {
		return c.wrong
	}
	c.send(cookie)
	return c.say("site.delete_cookie")
}

// sentCookie reads the Cookie header as Django does: a piece ends at every semicolon,
// blanks around name and value go, and of several cookies of one name the last counts.
// A value in double quotes loses them; then percent-encoding is undone, where Django
// would undo octal numbers.
func sentCookie(r *http.Request, name string) (value string, found bool) {
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			n, v, equals := strings.Cut(pair, "=")
			if equals && strings.TrimSpace(n) == name {
				value, found = strings.TrimSpace(v), true
			}
		}
	}
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return validText(decodeValue(value)), found
}
