// Package handlers is the web application: it registers the demo routes (handlers/site)
// and serves the pages that teach them. Only it and handlers/site import Echo.
package handlers

import (
	"fmt"
	"io"
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

// Deps is what the application needs from its caller.
type Deps struct {
	Backend session.Backend
	Store   string // kind of the store: sqlite, memory or redis
	Now     func() time.Time
	Rand    io.Reader // for session keys
	Lessons *lessons.Catalogue
	Pages   *templates.Set
	Static  *static.Files
	Log     *serve.Log // nil for none
	// Class has the rooms. If nil, New makes a hall that keeps them in memory.
	Class *class.Hall
	// Networks returns the addresses by which a classroom may reach this machine.
	Networks func() []netip.Addr
	// Done is closed when the program shuts down. Streams then end.
	Done <-chan struct{}
	// Hosts reports whether a Host header names this program. If nil, any host is allowed.
	Hosts func(header string) bool
	// Requests limits the rate of all requests of an address, Heavy that of expensive
	// ones: plays, reports, take-aways. If nil, there is no limit.
	Requests, Heavy *serve.Limiter
	// Metrics counts the requests and is served at /metrics. If nil, both are off.
	Metrics *serve.Metrics
}

// app has the pages. The demo routes are in site.
type app struct {
	Deps
	site  *site.Site
	plays plays
	// work limits how many reports and plays are processed at a time, bodies how many
	// large reports are read.
	work   places
	bodies semaphore
	// started and count make the ids of requests.
	started string
	count   atomic.Int64
	begun   time.Time

	starts   map[*lessons.Step]world.Frame       // the frame from which each step starts
	remnants map[*lessons.Step][]lessons.Remnant // what the actions leave that a step compares
	names    map[string]bool                     // cookie names in the steps
	steps    map[string]*class.Step              // for rooms, by lesson/step
	own      map[*lessons.Step]stepsOwn          // what each step itself sets and asks
	walls    walls
	shells   sync.Map                    // shellKey -> *pageShell
	truths   map[*lessons.Statement]bool // whether each statement of the recaps is true
}

// New returns the application's handler. It plays all lessons first; an invalid lesson is
// an error.
func New(d Deps) (http.Handler, error) {
	a := &app{Deps: d, site: site.New(d.Backend, d.Now, d.Rand)}
	a.site.Page = a.answerPage
	a.work = newPlaces(workAtOnce())
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
	a.bodies = make(semaphore, bodiesAtOnce)
	if a.Store == "" {
		a.Store = "memory"
	}
	a.begun = d.Now()
	a.started = strconv.FormatInt(d.Now().UnixMilli(), 36)
	e := echo.New()
	e.HTTPErrorHandler = a.fail
	// Not behind a proxy: serve.Proxies has put the client's address into RemoteAddr.
	e.IPExtractor = echo.ExtractIPDirect()
	e.Use(a.logged)
	if a.Hosts != nil {
		e.Use(a.named)
	}
	if a.Requests != nil {
		e.Use(a.paced)
	}
	a.routes(e)
	if err := a.checkSources(); err != nil {
		return nil, err
	}
	return e, a.playStarts()
}

// playStarts plays every lesson once. It returns an error if a question does not have
// exactly one correct answer, and keeps the frame from which each step starts.
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

// checkSources returns an error if a function that a lesson shows does not exist.
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

// requestID is the context key of a request's id in the log.
const requestID = "request-id"

// logged logs each request: id, method, path, status and duration, but never a query, a
// cookie, a body or a session key.
func (a *app) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := a.Now()
		id := a.nextID()
		c.Set(requestID, id)
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		took, status := a.Now().Sub(start), c.Response().Status
		if a.Metrics != nil {
			a.Metrics.Count(c.Request().Method, c.Path(), status, took)
		}
		if a.Log != nil {
			a.Log.Request(start.Add(took), id, c.Request().Method, c.Request().URL.Path, status, took)
		}
		return nil
	}
}

// nextID returns the next request's id.
func (a *app) nextID() string {
	id := make([]byte, 0, 32)
	id = append(append(id, a.started...), '-')
	return string(strconv.AppendInt(id, a.count.Add(1), 36))
}
