package site

import "cookielab/internal/session"

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
	value, found := session.Cookie(c.Request().Header["Cookie"], name) // of several the last
	switch {
	case found:
		return c.text(validText(decodeValue(value))) // %E8%8C%B6 is 茶
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
