package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"cookielab/handlers/site"
	"cookielab/internal/session"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// routes is the whole URL map.
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

	// No Echo group: it would answer 404 to every other method of these addresses.
	zip := packed()
	read := func(path string, h echo.HandlerFunc) { e.Match(reading, path, h, guard, zip) }
	post := func(path string, h echo.HandlerFunc) { e.POST(path, h, guard, a.heavy, zip) }
	report := func(path string, h echo.HandlerFunc) { post(path, a.report(h)) }
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
		read("/"+lang+"/lessons/:id", a.lesson) // an unknown step is not to be observed either
		report("/"+lang+"/lessons/:id", a.lookLesson)
		report("/"+lang+"/", a.lookLab)
		report("/"+lang+"/lab", a.lookLab)
		report("/"+lang+"/cookie", a.lookCookie)
		read("/"+lang+"/exam", a.observed(a.exam))
		post("/"+lang+"/exam/key", a.examKey)
		read("/"+lang+"/progress", a.observed(a.progress))
		read("/"+lang+"/recall", a.recall)
		post("/"+lang+"/play", a.plays.handler(a.drawPlay))
		read("/"+lang+"/lessons/:id/handout", a.lessonHandout)
		read("/"+lang+"/lessons/:id/recap", a.recap)
		post("/"+lang+"/handout", a.takeAway(a.handout))
		for path, as := range map[string]takenAs{"/har": a.har, "/curl": a.curl} {
			post("/"+lang+path, a.takeAway(as))
			read("/"+lang+"/lessons/:id"+path, a.takeLesson(as))
		}
	}
	a.classRoutes(e, read, post)
	read("/api/live", a.live)
	post("/api/jar", inJSON("question", apiJar))
	post("/api/play", a.plays.handler(apiPlay(site.Handler)))
}

var reading = []string{http.MethodGet, http.MethodHead}

// front sends a visitor to the language that the browser prefers.
func (a *app) front(c echo.Context) error {
	return c.Redirect(http.StatusFound, "/"+templates.Preferred(c.Request().Header.Get("Accept-Language"))+"/")
}

// healthz says whether the store answers.
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

// readyz says whether requests may be sent here: not to a program that is about to end.
func (a *app) readyz(c echo.Context) error {
	select {
	case <-a.Done:
		protect(c)
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	default:
		return a.healthz(c)
	}
}

// metrics are for Prometheus.
func (a *app) metrics(c echo.Context) error {
	protect(c)
	c.Response().Header().Set(echo.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
	_, err := a.Metrics.WriteTo(c.Response())
	return err
}

// pathLanguage is the language that an address begins with, else the one that the
// browser prefers.
func pathLanguage(c echo.Context) string {
	for _, lang := range templates.Languages {
		if strings.HasPrefix(c.Request().URL.Path, "/"+lang+"/") {
			return lang
		}
	}
	return templates.Preferred(c.Request().Header.Get("Accept-Language"))
}

// page is what every page has.
func (a *app) page(c echo.Context, lang, title, section string) templates.Page {
	p := templates.Page{Lang: lang, Title: title, Section: section}
	for _, code := range templates.Languages {
		p.Languages = append(p.Languages, templates.Language{
			Code: code, Name: templates.Text(code, "language", nil),
			URL: inLanguage(c, code), Current: code == lang,
		})
	}
	return p
}

// carried is what an address keeps when the language changes.
var carried = []string{"path", "seed", "stage", "step", "task"}

// inLanguage is the address of this page in another language.
func inLanguage(c echo.Context, lang string) string {
	u := c.Request().URL
	for _, code := range templates.Languages {
		if rest, ok := strings.CutPrefix(u.Path, "/"+code+"/"); ok {
			address, query := "/"+lang+"/"+rest, url.Values{}
			for _, name := range carried {
				if value := u.Query().Get(name); value != "" {
					query.Set(name, value)
				}
			}
			if len(query) > 0 {
				address += "?" + query.Encode()
			}
			return address
		}
	}
	return "/" + lang + "/"
}

func (a *app) render(c echo.Context, status int, lang, page string, data any) error {
	c.Response().Header().Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	var body strings.Builder
	if err := a.Pages.Render(&body, lang, page, data); err != nil {
		return err
	}
	return c.HTML(status, body.String())
}

// ownRow is the row of the key that a request carries, read beside the session:
// nothing is renewed by looking.
func (a *app) ownRow(c echo.Context, key string) ([]session.Row, error) {
	rows := []session.Row{}
	if key == "" {
		return rows, nil
	}
	row, found, err := a.Backend.Row(c.Request().Context(), key)
	if err != nil {
		return nil, err
	}
	if found {
		rows = append(rows, row)
	}
	return rows, nil
}
