package handlers

import (
	"net"
	"net/http"
	"strings"

	"cookielab/handlers/site"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// policy lets a page load what this program serves and nothing else. Never HSTS or
// upgrade-insecure-requests: they would reach other programs on localhost.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard is for pages and the API: another site may navigate here, but not read.
func guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			return echo.ErrForbidden
		}
		protect(c)
		return next(c)
	}
}

// protect sets what keeps a page to itself, and the id by which the log knows the
// request. The demo routes have none: their headers are exhibits.
func protect(c echo.Context) {
	h := c.Response().Header()
	site.Protect(h)
	if id, named := c.Get(requestID).(string); named {
		h.Set(echo.HeaderXRequestID, id)
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Referrer-Policy", "same-origin")
	if trustworthy(c.Request()) {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
}

// trustworthy reports whether a browser takes the origin asked for as potentially
// trustworthy (Secure Contexts, 3.1). Elsewhere it ignores Cross-Origin-Opener-Policy
// and complains about it on the console of each page.
func trustworthy(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// named refuses requests for a name that is not this program's: see Deps.Hosts.
func (a *app) named(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if a.Hosts == nil || a.Hosts(c.Request().Host) {
			return next(c)
		}
		protect(c)
		return c.String(http.StatusMisdirectedRequest, templates.Text(pathLanguage(c), "error.421", nil)+"\n")
	}
}

// packed compresses what is worth it. The demo routes stay as they are: their
// answers are exhibits. Nothing that goes through here may be kept, so the answer
// need not say that it varies by encoding, and a look at the wire stays clear.
func packed() echo.MiddlewareFunc {
	zip := middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: 1024})
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return zip(func(c echo.Context) error {
			c.Response().Before(func() { c.Response().Header().Del("Vary") })
			return next(c)
		})
	}
}
