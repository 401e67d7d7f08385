package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/witness"
	"cookielab/internal/world"

	"github.com/labstack/echo/v4"
)

// liveView is LIVE of the contract: what a request to this address sent, and the caller's
// own row.
type liveView struct {
	Now     string    `json:"now"`
	Cookies []pair    `json:"cookies"`
	Server  liveTable `json:"server"`
}

type pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type liveTable struct {
	Rows  []session.Row `json:"rows"`
	Total *int          `json:"total"` // nil if the store does not know it
}

// look reads what a request sent and the row of its session key, without changing anything.
func (a *app) look(c echo.Context) (witness.Sight, error) {
	r := c.Request()
	s := witness.Sight{Now: a.Now(), URL: site.Scheme(r) + "://" + r.Host + r.URL.RequestURI(), Names: a.names}
	for _, line := range r.Header["Cookie"] {
		s.Header = append(s.Header, jar.Pairs(line)...)
	}
	var err error
	if s.Rows, err = a.ownRow(c, s.Key()); err != nil {
		return s, err
	}
	if err := a.noteSeat(r.Context(), seatOf(c), s.Key(), len(s.Rows) > 0); err != nil {
		return s, err
	}
	s.Total, err = a.total(r.Context())
	return s, err
}

// total returns the number of rows, or nil if the store would have to count them.
func (a *app) total(ctx context.Context) (*int, error) {
	counter, ok := a.Backend.(session.Counter)
	if !ok {
		return nil, nil
	}
	n, err := counter.Count(ctx)
	return &n, err
}

// observed lets a page answer LIVE at its own address to a request with X-Observe.
// Cookies have paths, so a request to another address would send others.
func (a *app) observed(page echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if observing(c) {
			return a.live(c)
		}
		return page(c)
	}
}

func observing(c echo.Context) bool { return c.Request().Header.Get("X-Observe") == "1" }

// live answers LIVE.
func (a *app) live(c echo.Context) error {
	seen, err := a.look(c)
	if err != nil {
		return err
	}
	view := liveView{Now: seen.Now.UTC().Format(time.RFC3339Nano), Cookies: []pair{}, Server: liveTable{seen.Rows, seen.Total}}
	for _, p := range seen.Header {
		view.Cookies = append(view.Cookies, pair(p))
	}
	c.Response().Header().Set("ETag", seen.Tag())
	return sendJSON(c, http.StatusOK, view)
}

// report is what a page's script reports of its browser and of the present step.
type report struct {
	witness.Report
	Begun    bool   `json:"begun"`    // a button of the step was pressed
	Finished bool   `json:"finished"` // all of them were
	Astray   bool   `json:"astray"`   // when the first was pressed, the browser was not at the step's start
	Guess    string `json:"guess"`
	Actions  int    `json:"actions"` // of a task: the number of actions since its start
}

// maxReport is the largest size of a report, in octets.
const maxReport = 1 << 20

// parseReport decodes a page's report.
func parseReport(text []byte) (report, error) {
	var rep report
	if witness.Values(text) > witness.MaxValues {
		return rep, echo.ErrStatusRequestEntityTooLarge
	}
	if err := json.Unmarshal(text, &rep); err != nil {
		return rep, echo.ErrBadRequest
	}
	if len(rep.Ledger) > witness.MaxLedger || len(rep.Exchanges) > witness.MaxExchanges {
		return rep, echo.ErrStatusRequestEntityTooLarge
	}
	return rep, nil
}

// observation is one look at a visitor's browser: the frame, and what the page is told
// for its ledger and its next request.
type observation struct {
	frame    world.Frame
	findings witness.Findings
	tag      string
}

// observe makes a frame of what a request sent and of the page's report, which is nil if
// no script runs.
func (a *app) observe(c echo.Context, lang string, rep *witness.Report) (observation, error) {
	seen, err := a.look(c)
	if err != nil {
		return observation{}, err
	}
	o := observation{tag: seen.Tag()}
	o.frame, o.findings, err = witness.Observe(c.Request().Context(), seen, rep, func(n world.Note) string { return scene.Tell(lang, n) })
	return o, err
}

// tellPage sends in headers which lines of its ledger the page has to mark: those whose
// cookie was found, and those whose cookie was found missing.
func (o observation) tellPage(h http.Header) {
	for name, keys := range map[string][]string{"Ledger-Seen": o.findings.Seen, "Ledger-Gone": o.findings.Gone} {
		if len(keys) > 0 {
			h.Set(name, strings.Join(keys, " "))
		}
	}
	h.Set("ETag", o.tag)
}

// fragments sends the parts of a page that may have changed.
func (a *app) fragments(c echo.Context, o observation, lang, page string, data any, parts ...string) error {
	var body strings.Builder
	for part := range strings.SplitSeq(strings.Join(parts, " "), " ") {
		if err := a.Pages.Part(&body, lang, page, part, data); err != nil {
			return err
		}
	}
	o.tellPage(c.Response().Header())
	return c.HTML(http.StatusOK, body.String())
}

// ownRow returns the row of the session key in a request. It is read from the table and
// not through the session, so that the session does not count as used.
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
