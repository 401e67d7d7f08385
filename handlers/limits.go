package handlers

import (
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// Limits for all requests together. A class of 300 stays below them.
const (
	bodiesAtOnce = 16              // bodies larger than smallBody that are read concurrently
	smallBody    = 64 << 10        // octets
	workWaits    = 5 * time.Second // the longest wait for a place
)

// workAtOnce is how many reports and plays are processed at a time: one for each
// processor, so that cheaper requests do not have to wait for processor time.
func workAtOnce() int { return runtime.GOMAXPROCS(0) }

// places is a semaphore: each piece of work under way holds a place.
type places chan struct{}

// enter waits for a place. It is released when the answer begins, or by leave.
func (p places) enter(c echo.Context) (leave func(), err error) {
	late := time.NewTimer(workWaits)
	defer late.Stop()
	select {
	case p <- struct{}{}:
		return p.leaving(c), nil
	case <-c.Request().Context().Done():
		return nil, c.Request().Context().Err() // the client has gone
	case <-late.C:
		return nil, busy(c)
	}
}

// leaving returns a function that releases a place. It is also called when the answer
// begins, so that a client that reads slowly does not hold the place.
func (p places) leaving(c echo.Context) func() {
	leave := sync.OnceFunc(func() { <-p })
	c.Response().Before(leave)
	return leave
}

// report reads a page's report and then waits for a place to process it, so that a client
// that sends slowly does not hold a place.
func (a *app) report(h func(echo.Context, report) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		rep, err := a.readReport(c)
		if err != nil {
			return err
		}
		leave, err := a.work.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		return h(c, rep)
	}
}

// readReport reads a page's report. Only a few large ones are read at a time.
func (a *app) readReport(c echo.Context) (report, error) {
	if r := c.Request(); r.ContentLength < 0 || r.ContentLength > smallBody {
		select {
		case a.bodies <- struct{}{}:
			defer func() { <-a.bodies }()
		default:
			return report{}, busy(c)
		}
	}
	return parseReport(c.Request())
}

// busy is the error for a request that waited too long for a place.
func busy(c echo.Context) error {
	c.Response().Header().Set("Retry-After", "1")
	return refusal{http.StatusServiceUnavailable, "others are being served, try again"}
}

// heavy limits the rate of expensive requests of an address.
func (a *app) heavy(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if a.Heavy.Allow(c.Request().RemoteAddr, a.Now()) {
			return next(c)
		}
		return tooOften(c)
	}
}

// tooOften is the error for an address that exceeds its rate limit.
func tooOften(c echo.Context) error {
	c.Response().Header().Set("Retry-After", "1")
	return refusal{http.StatusTooManyRequests, "this address asks too often, try again"}
}

// paced limits the rate of requests of an address, except for static files.
func (a *app) paced(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if path := c.Request().URL.Path; a.Requests.Allow(c.Request().RemoteAddr, a.Now()) || strings.HasPrefix(path, "/static/") {
			return next(c)
		}
		return tooOften(c)
	}
}
