package handlers

import (
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// Limits of what many requests together may take. A class of 300 does not meet them.
const (
	bodiesAtOnce = 16              // larger than smallBody are read
	smallBody    = 64 << 10        // octets
	workWaits    = 5 * time.Second // for a place
)

// workAtOnce is how many reports and plays together are worked on at a time: one for
// each processor, so that whoever asks for less never waits behind a queue of them.
func workAtOnce() int { return runtime.GOMAXPROCS(0) }

// places are for work of which only so much is done at a time.
type places chan struct{}

// enter waits for a place, and gives it back when the answer begins, or by leave.
func (p places) enter(c echo.Context) (leave func(), err error) {
	late := time.NewTimer(workWaits)
	defer late.Stop()
	select {
	case p <- struct{}{}:
		return p.leaving(c), nil
	case <-c.Request().Context().Done():
		return nil, c.Request().Context().Err() // nobody waits for the answer
	case <-late.C:
		return nil, busy(c)
	}
}

// leaving gives a place back when the answer begins, so that whoever is slow to read it
// keeps nobody waiting, or when it is called.
func (p places) leaving(c echo.Context) func() {
	leave := sync.OnceFunc(func() { <-p })
	c.Response().Before(leave)
	return leave
}

// report has a page's report worked on: first it is read, so that who sends it slowly
// keeps nobody waiting, and then a place is taken.
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

// readReport reads a page's report. Of large ones few are read at a time.
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

// busy is the error for a caller whose turn has not come: all places are taken.
func busy(c echo.Context) error {
	c.Response().Header().Set("Retry-After", "1")
	return refusal{http.StatusServiceUnavailable, "others are being served, try again"}
}

// heavy bounds how often one address may ask for what is much work.
func (a *app) heavy(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if a.Heavy.Allow(c.Request().RemoteAddr, a.Now()) {
			return next(c)
		}
		return tooOften(c)
	}
}

// tooOften is the error for an address that asks more often than it may.
func tooOften(c echo.Context) error {
	c.Response().Header().Set("Retry-After", "1")
	return refusal{http.StatusTooManyRequests, "this address asks too often, try again"}
}

// paced bounds how often one address may ask for anything but static files.
func (a *app) paced(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if path := c.Request().URL.Path; a.Requests.Allow(c.Request().RemoteAddr, a.Now()) || strings.HasPrefix(path, "/static/") {
			return next(c)
		}
		return tooOften(c)
	}
}
