// Package handlers is everything that knows Echo: the site that the lessons are
// about, and the pages that teach it.
package handlers

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/class"
	"cookielab/internal/serve"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// Deps is what the application needs from outside.
type Deps struct {
	Backend session.Backend
	Store   string // what keeps the sessions: sqlite, memory or redis
	Now     func() time.Time
	Rand    io.Reader // of session keys
	Lessons *lessons.Catalogue
	Pages   *templates.Set
	Static  *static.Files
	Log     *slog.Logger
	// Class is the rooms; nil makes a hall that forgets them when the program ends.
	Class *class.Hall
	// Networks lists the addresses by which a classroom may reach this machine.
	Networks func() []netip.Addr
	// Done is closed when the program is told to stop. An answer without end ends then.
	Done <-chan struct{}
	// Hosts reports whether a Host header names this program; without it any does.
	Hosts func(header string) bool
	// Requests bounds how often an address may ask for anything, Heavy how often for
	// what is much work: playing, reports, taking away. Without them there is no bound.
	Requests, Heavy *serve.Limiter
	// LogLost is how many lines of the log were dropped; without it none are.
	LogLost func() int64
	// Metrics counts the requests, and is shown at /metrics; nil is off.
	Metrics *serve.Metrics
}

// app is the pages; the demo routes are its site.
type app struct {
	Deps
	site  *site.Site
	plays plays
	// work are the places for reports and plays to be worked on, bodies those for reading
	// large reports.
	work, bodies places
	// started and count make the ids of requests.
	started string
	count   atomic.Int64
	begun   time.Time

	starts   map[*lessons.Step]world.Frame       // where each step begins
	remnants map[*lessons.Step][]lessons.Remnant // what the actions leave that a step compares
	names    map[string]bool                     // of the cookies that steps speak of
	steps    map[string]*class.Step              // as rooms know them, by lesson/step
	own      map[*lessons.Step]stepsOwn          // what each step itself sets and asks
	walls    walls
	stills   sync.Map                                // stillKey -> *still
	moulds   map[string]*atomic.Pointer[panelsMould] // by language, + where there are rows of others
	truths   map[*lessons.Statement]bool             // of the recaps
}

// New makes the whole application.
func New(d Deps) (http.Handler, error) {
	a := &app{Deps: d, site: site.New(d.Backend, d.Now, d.Rand)}
	a.site.Page = a.answerPage
	a.work = make(places, workAtOnce())
	a.plays = newPlays(a.work)
	a.walls.drawn = map[wallKey]drawnWall{}
	if a.Networks == nil {
		a.Networks = func() []netip.Addr { return nil }
	}
	if a.Class == nil {
		var err error
		if a.Class, err = NewHall(d, class.NewMemory()); err != nil {
			return nil, err
		}
	}
	a.bodies = make(places, bodiesAtOnce)
	if a.Store == "" {
		a.Store = "memory"
	}
	a.begun = d.Now()
	a.started = strconv.FormatInt(d.Now().UnixMilli(), 36)
	e := echo.New()
	e.HTTPErrorHandler = a.fail
	// Behind no proxy: the peer's address is the caller's.
	e.IPExtractor = echo.ExtractIPDirect()
	e.Use(a.logged, a.named, a.paced)
	a.routes(e)
	if err := a.checkSources(); err != nil {
		return nil, err
	}
	return e, a.playStarts()
}

// playStarts plays every lesson once. A lesson whose question has not exactly one
// answer is refused; of the others it keeps the frame that each step starts from.
func (a *app) playStarts() error {
	if err := a.Lessons.Check(playStep); err != nil {
		return err
	}
	var err error
	if a.steps, err = classSteps(a.Lessons, playStep); err != nil {
		return err
	}
	a.truths = map[*lessons.Statement]bool{}
	a.starts, a.names = map[*lessons.Step]world.Frame{}, map[string]bool{}
	a.own, a.remnants = map[*lessons.Step]stepsOwn{}, map[*lessons.Step][]lessons.Remnant{}
	for _, lesson := range a.Lessons.Lessons {
		for _, statement := range lesson.Recap {
			var err error
			if a.truths[statement], err = statement.True(playStep); err != nil {
				return err
			}
		}
		steps := slices.Clone(lesson.Steps)
		for _, task := range lesson.Tasks {
			steps = append(steps, task.Begin)
		}
		for _, step := range steps {
			frames, err := playStep(step.From)
			if err != nil {
				return err
			}
			a.starts[step] = frames[len(frames)-1]
			if step.Jar == nil {
				played, err := playStep(step.Actions())
				if err != nil {
					return err
				}
				a.own[step] = ownOf(step, played)
				if a.remnants[step], err = step.Remnants(playStep); err != nil {
					return err
				}
			}
			for _, name := range step.Names().Cookies {
				a.names[name] = true
			}
		}
	}
	return nil
}

// checkSources makes sure that every function that a lesson shows is there.
func (a *app) checkSources() error {
	for _, lesson := range a.Lessons.Lessons {
		for _, step := range lesson.Steps {
			for _, name := range step.Go {
				if _, found := site.Source(name); !found {
					return fmt.Errorf("lesson %s, step %s: there is no function %s to show", lesson.ID, step.ID, name)
				}
			}
		}
	}
	return nil
}

// requestID is the context's key for the id of a request in the log.
const requestID = "request-id"

// logged writes a line for each request: its id, method, path, status and time, and
// never a query, a cookie, a body or a key.
func (a *app) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := a.Now()
		id := a.started + "-" + strconv.FormatInt(a.count.Add(1), 36)
		c.Set(requestID, id)
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		took, status := a.Now().Sub(start), c.Response().Status
		if a.Metrics != nil {
			a.Metrics.Count(c.Request().Method, c.Path(), status, took)
		}
		if a.Log != nil && a.Log.Enabled(c.Request().Context(), slog.LevelInfo) {
			a.Log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", slog.String("id", id), slog.String("method", c.Request().Method),
				slog.String("path", c.Request().URL.Path), slog.Int("status", status), slog.Duration("took", took.Round(time.Microsecond)))
		}
		return nil
	}
}
