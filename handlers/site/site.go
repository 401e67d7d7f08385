// Package site is the web site that the lessons are about: ten routes with one table of
// sessions, which do what the equivalent views do in Django 5.2.
//
// The application serves it to real browsers, and every played script to simulated ones.
// The pages show the code of the routes (source.go). The package does not depend on the
// pages. It is given the sessions' backend, a clock and a random source, and is
// deterministic given these.
//
// A request has four steps. serve opens the session, as Django's SessionMiddleware does;
// read reads the parameters; a view (cookie.go, session.go) does the work of the route;
// commit saves the session and then sets the cookies, but only if the view succeeded.
// Then the answer is written: as text, as JSON for X-Observe, or on a page (observe.go).
package site

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/demo"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"

	echosession "github.com/labstack/echo-contrib/session"
	"github.com/labstack/echo/v4"
)

// A Site is the ten demo routes with one table of sessions.
type Site struct {
	// Page writes an answer as HTML for a browser that navigates: the text, the exchange,
	// and the address to link back to, or "". If it is nil, every answer is plain text.
	Page func(c echo.Context, answer Answer, exchange world.Exchange, back string) error

	backend session.Backend
	store   *session.Store
}

// New returns a site with its sessions in backend. now is called once for each request.
// random is read for session keys and the ids of exchanges: crypto/rand for real
// visitors, a counter where a script must give the same keys every time.
func New(backend session.Backend, now func() time.Time, random io.Reader) *Site {
	return &Site{
		backend: backend,
		store:   &session.Store{Backend: backend, Now: now, Rand: random},
	}
}

// Handler returns only a site: the ten demo routes in plain text, and 404 for anything
// else. It is the world.Site of played scripts. The arguments are those of New.
func Handler(backend session.Backend, now func() time.Time, random io.Reader) http.Handler {
	s := New(backend, now, random)
	e := echo.New()
	s.Register(e)
	e.HTTPErrorHandler = func(_ error, c echo.Context) { _ = s.notFound(c) }
	return e
}

// A view does the work of a route after its parameters were read.
type view func(*visit) error

// viewOf returns the view of a route.
func viewOf(route demo.Route) view {
	if v := cookieViews[route.Func]; v != nil {
		return v
	}
	return sessionViews[route.Func]
}

// Register adds the demo routes for all methods: read answers 405 to other methods,
// before Echo answers OPTIONS itself or another route matches.
func (s *Site) Register(e *echo.Echo) {
	sessions := echosession.Middleware(s.store)
	routes := map[string]echo.HandlerFunc{}
	for i := range demo.Routes {
		r := &demo.Routes[i]
		route := sessions(s.serve(r, viewOf(*r)))
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
	route   *demo.Route
	id      string // the exchange's id, if the answer shows it
	input   input
	body    *string          // the request's body, nil if it has none
	session *session.Session // read on first use
	wrong   error            // the first error in the parameters
	cookies []string         // Set-Cookie lines of the view
	words   string           // the text of the answer, with status 200
}

// send adds a Set-Cookie line.
func (c *visit) send(cookie setCookieLine) {
	c.cookies = append(c.cookies, cookie.String())
}

// text sets the answer's text.
func (c *visit) text(words string) error {
	c.words = words
	return nil
}

// say sets the answer's text to a message in the caller's language.
func (c *visit) say(key string, vars ...string) error {
	return c.text(templates.Text(c.language(), key, named(vars)))
}

func named(vars []string) map[string]string {
	if len(vars) == 0 {
		return nil
	}
	return map[string]string{vars[0]: vars[1]}
}

// language returns zh or en, from _lang or else from Accept-Language.
func (c *visit) language() string {
	if lang := c.input.values["_lang"]; lang == "zh" || lang == "en" {
		return lang
	}
	return templates.Preferred(c.Request().Header.Get("Accept-Language"))
}

// serve does what Django's SessionMiddleware does around a view: it opens a session
// without reading it, commits it after the view, and only then writes the answer.
func (s *Site) serve(route *demo.Route, view view) echo.HandlerFunc {
	return func(c echo.Context) error {
		riding, err := echosession.Get(session.CookieName, c)
		if err != nil {
			return err
		}
		v := &visit{Context: c, route: route, session: session.From(riding)}
		if r := c.Request(); observes(r) || s.onPage(r) {
			// Before the session is saved, since nothing may fail after that.
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

// commit ends a visit whose view returned err. After a KeyError the session's headers are
// sent but nothing is saved; after any other error neither.
func (c *visit) commit(err error) error {
	status := http.StatusOK
	if err != nil {
		if !errors.As(err, &session.KeyError{}) {
			return err
		}
		status = http.StatusInternalServerError
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

// result returns the status and the text of the answer.
func (c *visit) result(err error) (status int, words string) {
	if err == nil {
		return http.StatusOK, c.words
	}
	var missing session.KeyError
	var refused refusal
	say := func(status int, key string) (int, string) {
		return status, templates.Text(c.language(), key, refused.vars)
	}
	switch {
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

// listed are the paths of the routes, for the text of notFound.
var listed = func() map[string]string {
	var paths []string
	for _, r := range demo.Routes {
		paths = append(paths, r.Path())
	}
	return map[string]string{"routes": strings.Join(paths, " ")}
}()

// notFound answers 404 with a line that lists the routes.
func (s *Site) notFound(c echo.Context) error {
	v := &visit{Context: c}
	_ = v.input.parse(c.Request().URL.RawQuery) // for the language
	Protect(c.Response().Header())
	return v.plain(http.StatusNotFound, templates.Text(v.language(), "site.not_found", listed))
}

// Protect sets the headers that every answer has: it must not be stored, sniffed or
// embedded by another site.
func Protect(h http.Header) {
	h["Cache-Control"] = noStore
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["X-Content-Type-Options"] = noSniff
}

// The values of these headers are shared by all answers and never changed.
var (
	noStore    = []string{"no-store"}
	sameOrigin = []string{"same-origin"}
	noSniff    = []string{"nosniff"}
	asText     = []string{plainText}
	asJSON     = []string{echo.MIMEApplicationJSON}
)

// plain writes an answer as text; for HEAD only its headers.
func (c *visit) plain(status int, words string) error {
	return c.write(status, asText, []byte(words))
}

const plainText = "text/plain; charset=utf-8"

func (c *visit) write(status int, contentType []string, body []byte) error {
	w := c.Response()
	h := w.Header()
	h["Content-Type"], h["Content-Length"] = contentType, []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}
