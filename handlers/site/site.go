// Package site is the web site that the lessons are about: ten routes over one table
// of sessions, which do what the same ten views do in Django 5.2.
//
// The application serves it to real browsers, and every played script serves it to
// simulated ones: the same code answers both, and the pages show that code (source.go).
// It knows nothing of the pages around it. What it is told at the start is where the
// sessions are, what time it is and where chance comes from; the same three always give
// the same answers.
//
// A request goes through four steps. serve opens the session, as Django's
// SessionMiddleware does; read takes in the parameters; a view (cookie.go, session.go)
// does what the route is for; commit saves the session and sets the cookies, in that
// order, and only if the view succeeded. Then the answer is written, as text, as JSON
// for X-Observe, or on a page (observe.go).
package site

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cookielab/internal/demo"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"

	echosession "github.com/labstack/echo-contrib/session"
	"github.com/labstack/echo/v4"
)

// A Site is the ten demo routes over one table of sessions.
type Site struct {
	// Page shows an answer to a browser that navigates, in HTML: the words, the
	// exchange, and the address that leads back, "" where none was given. It is nil
	// where there are no pages; then every answer is plain text.
	Page func(c echo.Context, answer Answer, exchange world.Exchange, back string) error

	backend session.Backend
	store   *session.Store
	now     func() time.Time
}

// New makes a site whose sessions are in backend. now is read once for each request.
// Of the octets that random yields session keys and the ids of exchanges are made:
// crypto/rand for real visitors, a counter where the same script must give the same keys.
func New(backend session.Backend, now func() time.Time, random io.Reader) *Site {
	return &Site{
		backend: backend,
		store:   &session.Store{Backend: backend, Now: requestTime, Rand: random},
		now:     now,
	}
}

// Handler is a site alone: it answers the ten demo routes in plain text, and 404
// everywhere else. It is the world.Site of played scripts; its arguments are New's.
func Handler(backend session.Backend, now func() time.Time, random io.Reader) http.Handler {
	s := New(backend, now, random)
	e := echo.New()
	s.Register(e)
	e.HTTPErrorHandler = func(_ error, c echo.Context) { _ = s.notFound(c) }
	return e
}

// A view is what a route does once its parameters are read.
type view func(*visit) error

// viewOf is the function of a route.
func viewOf(route demo.Route) view {
	if v := cookieViews[route.Func]; v != nil {
		return v
	}
	return sessionViews[route.Func]
}

// Register adds the demo routes. They are asked about every other method too, before
// Echo answers OPTIONS itself, or a route of the pages takes what is left over: see read.
func (s *Site) Register(e *echo.Echo) {
	sessions := echosession.Middleware(s.store)
	routes := map[string]echo.HandlerFunc{}
	for _, r := range demo.Routes {
		route := sessions(s.serve(r, viewOf(r)))
		e.Match(demo.Methods, r.Path(), route)
		routes[r.Path()] = route
	}
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if r := c.Request(); !slices.Contains(demo.Methods, r.Method) {
				if route := routes[echo.GetPath(r)]; route != nil {
					return route(c)
				}
			}
			return next(c)
		}
	})
}

// A visit is one request to one of the ten routes.
type visit struct {
	echo.Context
	route   demo.Route
	at      time.Time // the only reading of the clock
	id      string    // of the exchange, where the answer shows it
	input   input
	body    *string          // of the request, nil if it has none
	session *session.Session // read on first use
	wrong   error            // the first parameter that is wrong
	cookies []string         // Set-Cookie lines of the view
	words   string           // of the answer, 200
}

// send adds a Set-Cookie line.
func (c *visit) send(cookie setCookieLine) {
	c.cookies = append(c.cookies, cookie.String())
}

// text makes the answer.
func (c *visit) text(words string) error {
	c.words = words
	return nil
}

// say makes the answer a message in the caller's language.
func (c *visit) say(key string, vars ...string) error {
	return c.text(templates.Text(c.language(), key, named(vars)))
}

func named(vars []string) map[string]string {
	if len(vars) == 0 {
		return nil
	}
	return map[string]string{vars[0]: vars[1]}
}

// language is zh or en: by _lang, else by Accept-Language.
func (c *visit) language() string {
	if lang := c.input.values["_lang"]; lang == "zh" || lang == "en" {
		return lang
	}
	return templates.Preferred(c.Request().Header.Get("Accept-Language"))
}

// serve does for a view what Django's SessionMiddleware does: it opens a session, which
// reads nothing yet, and after the view commits it. Only then is the answer written.
func (s *Site) serve(route demo.Route, view view) echo.HandlerFunc {
	return func(c echo.Context) error {
		at := s.now()
		c.SetRequest(c.Request().WithContext(withTime(c.Request().Context(), at)))
		riding, err := echosession.Get(session.CookieName, c)
		if err != nil {
			return err
		}
		v := &visit{Context: c, route: route, at: at, session: session.From(riding)}
		if r := c.Request(); observes(r) || s.onPage(r) {
			// Drawn first: once the session is saved, nothing may fail.
			if v.id, err = s.exchangeID(); err != nil {
				return err
			}
		}
		if err = v.read(); err == nil {
			err = v.commit(view(v))
		}
		if v.session.Accessed() {
			session.Outcome{Vary: true}.Add(v.Response().Header())
		}
		status, words := v.result(err)
		return s.answer(v, status, words)
	}
}

// commit ends a visit whose view returned that error. A KeyError still has the session's
// headers, but saves nothing; any other error has neither.
func (c *visit) commit(err error) error {
	status := http.StatusOK
	if errors.As(err, &session.KeyError{}) {
		status = http.StatusInternalServerError
	} else if err != nil {
		return err
	}
	outcome, failed := c.session.Commit(status)
	if failed != nil {
		return failed
	}
	h := c.Response().Header()
	for _, line := range c.cookies {
		h.Add("Set-Cookie", line)
	}
	outcome.Add(h)
	return err
}

// result is the status and the words of the answer.
func (c *visit) result(err error) (status int, words string) {
	var missing session.KeyError
	var refused refusal
	say := func(status int, key string) (int, string) {
		return status, templates.Text(c.language(), key, refused.vars)
	}
	switch {
	case err == nil:
		return http.StatusOK, c.words
	case errors.As(err, &missing):
		return http.StatusInternalServerError, missing.Error()
	case errors.As(err, &refused):
		return say(refused.status, refused.key)
	case errors.Is(err, session.ErrInterrupted):
		return say(http.StatusBadRequest, "site.interrupted")
	case errors.Is(err, session.ErrTooLarge):
		return say(http.StatusBadRequest, "site.large_row")
	case errors.Is(err, session.ErrFull):
		return say(http.StatusTooManyRequests, "site.full")
	default:
		return say(http.StatusServiceUnavailable, "site.unavailable")
	}
}

// notFound is the one line that says which addresses there are.
func (s *Site) notFound(c echo.Context) error {
	v := &visit{Context: c}
	_ = v.input.parse(c.Request().URL.RawQuery) // for the language
	Protect(c.Response().Header())
	return v.plain(http.StatusNotFound, templates.Text(v.language(), "site.not_found", nil))
}

// Protect sets what every answer has: it is not kept, is what it says it is, and is not
// embedded by another site.
func Protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
}

// plain writes an answer as text, but for HEAD, which only wants to know its length.
func (c *visit) plain(status int, words string) error {
	return c.write(status, plainText, []byte(words))
}

const plainText = "text/plain; charset=utf-8"

func (c *visit) write(status int, contentType string, body []byte) error {
	w := c.Response()
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// instant is the context's key for the moment of a request.
type instant struct{}

func withTime(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, instant{}, at)
}

// requestTime is the session store's clock: the reading that the request began with.
func requestTime(ctx context.Context) time.Time {
	at, _ := ctx.Value(instant{}).(time.Time)
	return at
}
