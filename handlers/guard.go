package handlers

import (
	"net"
	"net/http"
	"strings"

	"cookielab/handlers/site"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// policy is the CSP of pages: only what this program serves. It must not have HSTS or
// upgrade-insecure-requests, which would affect other programs on localhost.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard protects pages and the API: other sites may link to them, but not read them.
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

// protect sets the protective headers of a page, and the request's id as in the log. The
// demo routes do not have them, because their headers are shown in lessons.
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

// trustworthy reports whether browsers consider the requested origin potentially
// trustworthy (Secure Contexts, 3.1). For other origins they ignore
// Cross-Origin-Opener-Policy and log a warning on each page.
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

// named refuses requests whose Host is not a name of this program: see Deps.Hosts.
func (a *app) named(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if a.Hosts(c.Request().Host) {
			return next(c)
		}
		protect(c)
		return c.String(http.StatusMisdirectedRequest, templates.Text(pathLanguage(c), "error.421", nil)+"\n")
	}
}
