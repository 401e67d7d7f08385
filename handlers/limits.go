package handlers

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// Limits of what many requests together may take. A class of 300 does not meet them.
const (
	reportsAtOnce = 8               // are worked on
	bodiesAtOnce  = 16              // larger than smallBody are read
	smallBody     = 64 << 10        // octets
	reportWaits   = 5 * time.Second // for a place
)

// places are for work of which only so much is done at a time.
type places chan struct{}

// enter waits for a place, and gives it back when the answer begins, or by leave.
func (p places) enter(c echo.Context) (leave func(), err error) {
	late := time.NewTimer(reportWaits)
	defer late.Stop()
	select {
	case p <- struct{}{}:
		return p.leaving(c), nil
	case <-c.Request().Context().Done():
		return nil, c.Request().Context().Err() // nobody waits for the answer
	case <-late.C:
		c.Response().Header().Set("Retry-After", "1")
		return nil, echo.ErrServiceUnavailable
	}
}

// leaving gives a place back when the answer begins, so that whoever is slow to read it
// keeps nobody waiting, or when it is called.
func (p places) leaving(c echo.Context) func() {
	leave := sync.OnceFunc(func() { <-p })
	c.Response().Before(leave)
	return leave
}

// report bounds what pages' reports take: first the body is read, so that who sends it
// slowly keeps nobody waiting, and then a place is taken to work on it.
func (a *app) report(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := a.readBody(c); err != nil {
			return err
		}
		leave, err := a.reports.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		return next(c)
	}
}

// readBody reads a request's body into memory. Of large ones few are read at a time.
func (a *app) readBody(c echo.Context) error {
	r := c.Request()
	if r.ContentLength > maxReport {
		return echo.ErrStatusRequestEntityTooLarge
	}
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		select {
		case a.bodies <- struct{}{}:
			defer func() { <-a.bodies }()
		default:
			c.Response().Header().Set("Retry-After", "1")
			return echo.ErrServiceUnavailable
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxReport))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return echo.ErrStatusRequestEntityTooLarge
	case err != nil:
		return echo.ErrBadRequest
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// heavy bounds how often one address may ask for what is much work.
func (a *app) heavy(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if a.Heavy.Allow(c.Request().RemoteAddr, a.Now()) {
			return next(c)
		}
		c.Response().Header().Set("Retry-After", "1")
		if strings.HasPrefix(c.Request().URL.Path, "/api/") {
			return sendJSON(c, http.StatusTooManyRequests, apiError{Error: "this address asks too often, try again"})
		}
		return echo.ErrTooManyRequests
	}
}

// paced bounds how often one address may ask for anything but static files.
func (a *app) paced(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if path := c.Request().URL.Path; a.Requests.Allow(c.Request().RemoteAddr, a.Now()) || strings.HasPrefix(path, "/static/") {
			return next(c)
		}
		c.Response().Header().Set("Retry-After", "1")
		return echo.ErrTooManyRequests
	}
}
