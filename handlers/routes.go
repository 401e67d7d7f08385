package handlers

import (
	"net/http"

	"cookielab/handlers/site"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// routes registers all URLs.
func (a *app) routes(e *echo.Echo) {
	a.site.Register(e)

	files := echo.WrapHandler(a.Static)
	e.Match(reading, "/static/*", files)
	e.Match(reading, "/favicon.ico", files)
	e.Match(reading, "/healthz", a.healthz)
	e.Match(reading, "/readyz", a.readyz)
	if a.Metrics != nil {
		e.Match(reading, "/metrics", a.metrics)
	}

	// Not an Echo group, which would answer 404 to other methods of these addresses.
	read := func(path string, h echo.HandlerFunc) { e.Match(reading, path, a.bulky(h), guard, packed) }
	played := func(path string, h echo.HandlerFunc) { read(path, a.heavy(h)) }
	post := func(path string, h echo.HandlerFunc) { e.POST(path, h, guard, a.heavy, packed) }
	report := func(path string, h func(echo.Context, report) error) { post(path, a.report(h)) }
	api := func(path, what string, h echo.HandlerFunc) { e.POST(path, inJSON(what, a.heavy(h)), guard, packed) }
	read("/", a.observed(a.front))
	for _, lang := range templates.Languages {
		for path, page := range map[string]echo.HandlerFunc{
			"/":         a.home,
			"/lab":      a.lab,
			"/cookie":   a.cookiePage,
			"/notes":    a.notes,
			"/glossary": a.glossary,
		} {
			read("/"+lang+path, a.observed(page))
		}
		read("/"+lang+"/lessons/:id", a.lessonOrTask) // so that X-Observe is not answered for an unknown step either
		report("/"+lang+"/lessons/:id", a.lookLessonOrTask)
		report("/"+lang+"/", a.lookLab)
		report("/"+lang+"/lab", a.lookLab)
		post("/"+lang+"/cookie", a.lookCookie)
		read("/"+lang+"/exam", a.observed(a.exam))
		post("/"+lang+"/exam/key", a.examKey)
		read("/"+lang+"/progress", a.observed(a.progress))
		played("/"+lang+"/recall", a.recall)
		api("/"+lang+"/play", "script", a.plays.handler(0, a.drawPlay))
		played("/"+lang+"/lessons/:id/handout", a.lessonHandout)
		read("/"+lang+"/lessons/:id/sheet", a.lessonSheet)
		played("/"+lang+"/lessons/:id/recap", a.recap)
		post("/"+lang+"/handout", a.takeAway(a.handout))
		for path, as := range map[string]takenAs{"/har": a.har, "/curl": a.curl} {
			post("/"+lang+path, a.takeAway(as))
			played("/"+lang+"/lessons/:id"+path, a.takeLesson(as))
		}
	}
	a.classRoutes(e, read, post)
	read("/api/live", a.live)
	api("/api/jar", "question", a.apiJar)
	api("/api/play", "script", a.plays.handler(shortScript, apiPlay(site.Handler)))
}

var reading = []string{http.MethodGet, http.MethodHead}

// front redirects to the home page in the language that the browser prefers.
func (a *app) front(c echo.Context) error {
	return c.Redirect(http.StatusFound, "/"+templates.Preferred(c.Request().Header.Get("Accept-Language"))+"/")
}

// healthz reports whether the store answers.
func (a *app) healthz(c echo.Context) error {
	protect(c)
	if err := a.Backend.Ping(c.Request().Context()); err != nil {
		if a.Log != nil {
			a.Log.Error("the session store is not well", "error", err.Error())
		}
		return c.String(http.StatusServiceUnavailable, "the session store does not answer\n")
	}
	return c.String(http.StatusOK, "ok\n")
}

// readyz reports whether requests may be sent here, which is not the case during shutdown.
func (a *app) readyz(c echo.Context) error {
	select {
	case <-a.Done:
		protect(c)
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	default:
		return a.healthz(c)
	}
}

// metrics serves the metrics for Prometheus.
func (a *app) metrics(c echo.Context) error {
	protect(c)
	c.Response().Header().Set(echo.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
	_, err := a.Metrics.WriteTo(c.Response())
	return err
}

// classRoutes registers the URLs of the class. The stream is not compressed, and frames
// shown to many are compressed once.
func (a *app) classRoutes(e *echo.Echo, read, post func(path string, h echo.HandlerFunc)) {
	read("/c/:code", a.joinClass)
	read("/c/", a.joinClass)
	e.GET("/api/class/:code/stream", a.ownOrigin(a.classStream), guard)
	read("/api/class/:code/state", a.ownOrigin(a.driving(a.classState)))
	read("/api/class/:code/people", a.ownOrigin(a.driving(a.classPeople)))
	post("/api/class", a.ownOrigin(a.openClass))
	post("/api/class/:code/seat", a.ownOrigin(a.inRoom(a.classSeat)))
	post("/api/class/:code/answer", a.ownOrigin(a.inRoom(a.classAnswer)))
	post("/api/class/:code/done", a.ownOrigin(a.inRoom(a.classDone)))
	post("/api/class/:code/drive", a.ownOrigin(a.driving(a.driveClass)))
	post("/api/class/:code/drop", a.ownOrigin(a.driving(a.dropAddress)))
	for _, lang := range templates.Languages {
		page := "/" + lang + "/class/:code"
		read(page, a.onPage(a.classPage))
		post(page, a.ownOrigin(a.inRoom(a.reportInRoom(a.lookClass))))
		read(page+"/now", a.inRoom(a.classNowPart))
		read(page+"/wall", a.inRoom(a.classWall))
		read(page+"/frame/:n", a.inRoom(a.showFrame))
		console := "/" + lang + "/console/:code"
		read(console, a.consolePage)
		post(console, a.ownOrigin(a.driving(a.reportInRoom(a.lookClass))))
		read(console+"/health", a.ownOrigin(a.watching(a.health)))
		read(console+"/desk", a.ownOrigin(a.driving(a.desk)))
		read(console+"/handout", a.ownOrigin(a.driving(a.classHandout)))
		read(console+"/exam", a.ownOrigin(a.driving(a.classExamKey)))
	}
}
