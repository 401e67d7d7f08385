package handlers

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"cookielab/internal/serve"

	"github.com/labstack/echo/v4"
)

// Limits for all requests together. A class of 300 stays below them.
const (
	bodiesAtOnce = 16              // bodies larger than smallBody that are read concurrently
	smallBody    = 64 << 10        // octets
	smallHeader  = 4 << 10         // octets of cookies; a page that shows more needs a place
	smallReport  = 8 << 10         // octets; a report with more needs a place
	workWaits    = 5 * time.Second // the longest wait for a place
)

// workAtOnce is how many expensive requests are processed at a time: so many that one
// processor is left for cheap ones, which then do not wait for the expensive ones.
// Whatever may take more than some milliseconds takes a place: long reports, plays,
// questions about cookies, and pages that show a long Cookie header. What a class of 300
// usually asks for does not, and has all processors. Addresses get places in turn.
func workAtOnce() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// places are the places of expensive requests.
type places struct{ *serve.Places }

func newPlaces(n int) places { return places{serve.NewPlaces(n)} }

// placed is the context key of a request that has a place.
const placed = "place"

// enter waits for a place, unless the request has one. It is released by leave, or before
// the answer is sent.
func (p places) enter(c echo.Context) (leave func(), err error) {
	if c.Get(placed) != nil {
		return func() {}, nil
	}
	r := c.Request()
	ctx, cancel := context.WithTimeout(r.Context(), workWaits)
	defer cancel()
	switch err := p.Enter(ctx, r.RemoteAddr); {
	case r.Context().Err() != nil && err != nil:
		return nil, r.Context().Err() // the client has gone
	case err != nil:
		return nil, busy(c)
	}
	c.Set(placed, true)
	return leaving(c, p.Leave), nil
}

// semaphore bounds what is under way; each holds one element.
type semaphore chan struct{}

// enter takes a place at once, or reports that none is free.
func (s semaphore) enter() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s semaphore) leave() { <-s }

// leaving returns a function that calls release once. If the answer is sent before the
// handler has returned, it is also called when the answer begins, so that a client that
// reads slowly does not hold the place.
func leaving(c echo.Context, release func()) func() {
	leave := sync.OnceFunc(release)
	if !isPacked(c) {
		c.Response().Before(leave)
	}
	return leave
}

// report reads a page's report and then, if the report or the cookies are long, waits
// for a place to decode and process it, so that a client that sends slowly does not hold
// a place.
func (a *app) report(h func(echo.Context, report) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		decoding, err := a.bodyPlace(c)
		if err != nil {
			return err
		}
		defer decoding()
		text, err := readBody(c.Request(), echo.MIMEApplicationJSON, maxReport)
		if err != nil {
			return err
		}
		if len(text) > smallReport || cookieOctets(c.Request()) > smallHeader {
			leave, err := a.work.enter(c)
			if err != nil {
				return err
			}
			defer leave()
		}
		rep, err := parseReport(text)
		if err != nil {
			return err
		}
		decoding()
		return h(c, rep)
	}
}

// bodyPlace takes a place for a body that may be large, from the first octet until it is
// decoded. Without a free one it returns an error at once.
func (a *app) bodyPlace(c echo.Context) (leave func(), err error) {
	if length := c.Request().ContentLength; 0 <= length && length <= smallBody {
		return func() {}, nil
	}
	if !a.bodies.enter() {
		return nil, busy(c)
	}
	return sync.OnceFunc(a.bodies.leave), nil
}

// bulky has a page wait for a place if the request's cookies, which it shows, are long.
func (a *app) bulky(page echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if cookieOctets(c.Request()) <= smallHeader {
			return page(c)
		}
		leave, err := a.work.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		return page(c)
	}
}

// cookieOctets returns the length of a request's cookies.
func cookieOctets(r *http.Request) (n int) {
	for _, line := range r.Header["Cookie"] {
		n += len(line)
	}
	return n
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
