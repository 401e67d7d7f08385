package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// liveView is LIVE of the contract: what a request to this address carried, and
// the caller's own row.
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
	Total *int          `json:"total"` // nil where the store does not know
}

// sight is what the server itself sees of a browser in one request.
type sight struct {
	now    time.Time
	url    string
	header []jar.Pair
	key    string // of the session, as sent
	rows   []session.Row
	total  *int // of rows in the table, nil where counting costs
}

// look reads what a request carried and the row that it names, and changes nothing.
func (a *app) look(c echo.Context) (sight, error) {
	r := c.Request()
	s := sight{now: a.Now(), url: site.Scheme(r) + "://" + r.Host + r.URL.RequestURI()}
	for _, line := range r.Header["Cookie"] {
		s.header = append(s.header, jar.Pairs(line)...)
	}
	for _, p := range s.header {
		if p.Name == session.CookieName {
			s.key = p.Value
		}
	}
	var err error
	if s.rows, err = a.ownRow(c, s.key); err != nil {
		return s, err
	}
	s.total, err = a.total(r.Context())
	return s, err
}

// uncounted is a number of rows that nobody knows.
const uncounted = -1

// total is how many rows there are, nil if the store would have to count them.
func (a *app) total(ctx context.Context) (*int, error) {
	counter, ok := a.Backend.(session.Counter)
	if !ok {
		return nil, nil
	}
	n, err := counter.Count(ctx)
	return &n, err
}

// others is how many rows belong to others, or uncounted.
func (s sight) others() int {
	if s.total == nil {
		return uncounted
	}
	return *s.total - len(s.rows)
}

// tag names the state that a sight shows: a page that polls compares tags.
func (s sight) tag() string {
	h := fnv.New64a()
	fmt.Fprint(h, s.header, s.others())
	for _, row := range s.rows {
		fmt.Fprint(h, row.Key, row.Data, row.Expires.Unix())
	}
	return fmt.Sprintf(`"%x"`, h.Sum64())
}

// observed makes a page answer LIVE, at its own address, to a request with
// X-Observe: cookies have paths, so only this address can tell what it gets.
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
	view := liveView{Now: seen.now.UTC().Format(time.RFC3339Nano), Cookies: []pair{}, Server: liveTable{seen.rows, seen.total}}
	for _, p := range seen.header {
		view.Cookies = append(view.Cookies, pair(p))
	}
	c.Response().Header().Set("ETag", seen.tag())
	return sendJSON(c, http.StatusOK, view)
}

func sendJSON(c echo.Context, status int, value any) error {
	var body strings.Builder
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	return c.Blob(status, echo.MIMEApplicationJSON, []byte(body.String()))
}

// report is what a page's script knows and the server cannot: what JavaScript
// sees, the ledger, and the exchanges of the step in hand.
type report struct {
	URL           string     `json:"url"`
	Document      string     `json:"document_cookie"`
	Listed        []listed   `json:"store"`
	Ledger        []jar.Line `json:"ledger"`
	Exchanges     []recorded `json:"exchanges"`
	Begun         bool       `json:"begun"`    // a button of the step has been pressed
	Finished      bool       `json:"finished"` // all have
	Astray        bool       `json:"astray"`   // the first was, while the browser was not at the step's start
	Guess         string     `json:"guess"`
	SecureContext bool       `json:"secure_context"`
	HasStore      bool       `json:"has_store"`
	Blocked       bool       `json:"blocked"` // the browser says that it takes no cookies
	Clock         int64      `json:"clock"`   // the browser's, in ms since 1970
}

type listed = jar.Listed

// recorded is one thing that the page did: an exchange, with the caller's row
// before it, where the page saw that, and after it; or a line of JavaScript, whose
// entry in the ledger has the same id; or a wait.
type recorded struct {
	world.Exchange
	Script *string    `json:"script"`
	Wait   int64      `json:"wait"`
	Before *[]rowSeen `json:"rows_before"`
	After  []rowSeen  `json:"rows"`
}

// rowSeen is ROW of the contract, read back.
type rowSeen struct {
	Key     string          `json:"key"`
	Data    json.RawMessage `json:"data"`
	Expires time.Time       `json:"expires"`
}

func rowsOf(seen []rowSeen) []session.Row {
	rows := make([]session.Row, 0, len(seen))
	for _, r := range seen {
		rows = append(rows, session.Row{Key: r.Key, Data: string(r.Data), Expires: r.Expires})
	}
	return rows
}

// What a report may hold.
const (
	maxReport    = 1 << 20 // octets
	maxLedger    = 200     // lines
	maxExchanges = 20
)

// readReport reads a page's report.
func readReport(c echo.Context) (report, error) {
	var rep report
	r := c.Request()
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return rep, echo.ErrUnsupportedMediaType
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxReport+1))
	if err != nil {
		return rep, echo.ErrBadRequest
	}
	if len(raw) > maxReport {
		return rep, echo.ErrStatusRequestEntityTooLarge
	}
	if err := json.Unmarshal(raw, &rep); err != nil {
		return rep, echo.ErrBadRequest
	}
	if len(rep.Ledger) > maxLedger || len(rep.Exchanges) > maxExchanges {
		return rep, echo.ErrStatusRequestEntityTooLarge
	}
	return rep, nil
}

// observedBrowser is one look at a real browser: what the server saw, what the page
// reported, and what follows from both.
type observedBrowser struct {
	sight   sight
	report  report
	picture jar.Picture
}

// onItsWay is how long a report may have taken: clocks that are no further apart
// are the same.
const onItsWay = 2 * time.Second

// reconcile puts the witnesses together. Without a report only the header speaks.
func reconcile(seen sight, rep *report) observedBrowser {
	o := observedBrowser{sight: seen}
	w := jar.Witnesses{URL: seen.url, Header: seen.header}
	if rep != nil {
		o.report = *rep
		w.Scripted, w.Document = true, jar.Pairs(rep.Document)
		w.Listed, w.Ledger, w.Blocked = rep.Listed, rep.Ledger, rep.Blocked
		if apart := time.UnixMilli(rep.Clock).Sub(seen.now); rep.Clock != 0 && apart.Abs() > onItsWay {
			w.Clock = apart.Round(time.Second)
		}
	}
	o.picture = jar.Reconcile(seen.now, w)
	return o
}

// scene draws a real browser.
func (a *app) liveScene(lang string, o observedBrowser, scripted bool) scene {
	h := holder{
		url: o.sight.url, seen: o.picture.Here, elsewhere: o.picture.Elsewhere,
		script: o.report.Document, scripted: scripted,
	}
	w := words(lang)
	if scripted {
		h.abilities = abilities(w, o)
	}
	if !scripted {
		a.trust(h.seen)
	}
	h.stranger = stranger(o.sight)
	h.twin = twin(o.sight.url)
	s := scene{
		words: w, now: o.sight.now, holders: []holder{h}, rows: o.sight.rows,
		others: o.sight.others(),
	}
	for _, e := range o.report.Exchanges {
		if e.isExchange() {
			s.exchanges = append(s.exchanges, e.Exchange)
		}
	}
	s.notes, s.verdicts = liveNotes(lang, o)
	s.lives = liveLives(o)
	return s
}

// trust takes the cookies with the names that lessons use for this site's own: where
// no script runs there is no ledger to tell, and nobody could ask for a hidden value.
func (a *app) trust(seen []jar.Seen) {
	for i := range seen {
		seen[i].Ours = a.names[seen[i].Name]
	}
}

// liveNotes tell what the exchanges of this step did, in the words that the world
// uses for the same: what is told is the last exchange, and the verdict of the
// rules on each Set-Cookie line stands beside the line.
func liveNotes(lang string, o observedBrowser) (notes []world.Note, verdicts [][]world.Note) {
	for _, e := range o.report.Exchanges {
		notes = world.NotesOf(o.observation(e))
		for i := range notes {
			notes[i].Text = tell(lang, notes[i])
		}
		if e.isExchange() {
			verdicts = append(verdicts, slices.DeleteFunc(slices.Clone(notes), func(n world.Note) bool {
				return n.Cookie == "" || !isVerdict(n.Code)
			}))
		}
	}
	return notes, verdicts
}

func (r recorded) isExchange() bool { return r.Script == nil && r.Wait == 0 }

// observation is one thing that the page did, as the notes have it.
func (o observedBrowser) observation(e recorded) world.Observation {
	ob := world.Observation{Since: o.sight.now, Now: o.sight.now}
	if at, err := time.Parse(time.RFC3339, e.At); err == nil {
		ob.Since, ob.Now = at, at
	}
	switch {
	case e.Script != nil && *e.Script == "":
		ob.Action = world.Action{Do: "script", URL: o.sight.url}
		ob.Sent = o.scriptSaw()
	case e.Script != nil:
		ob.Action = world.Action{Do: "script", URL: o.sight.url, Set: e.Script}
	case e.Wait > 0:
		ob.Action = world.Action{Do: "wait", Seconds: &e.Wait}
		ob.Since = ob.Now.Add(-time.Duration(e.Wait) * time.Second)
		return ob
	default:
		ob.Action = world.Action{Do: "visit", URL: e.Request.URL}
		ob.Exchange, ob.RowsAfter = &e.Exchange, rowsOf(e.After)
		if e.Before != nil {
			ob.Rows = rowsOf(*e.Before)
		}
	}
	for n := range len(e.Response.Headers) + 1 {
		if d, ok := o.picture.Decision(e.ID, n); ok {
			ob.Decisions = append(ob.Decisions, d)
		}
	}
	return ob
}

// scriptSaw is what reading document.cookie gave, and what it kept back.
func (o observedBrowser) scriptSaw() *jar.Sent {
	seen := &jar.Sent{Header: o.report.Document}
	for _, c := range o.picture.Here {
		if c.HTTPOnly && c.Knows(jar.FactHTTPOnly) {
			seen.Withheld = append(seen.Withheld, jar.Withheld{Cookie: c.Cookie, Reason: jar.ReasonHTTPOnly})
		}
	}
	return seen
}

// isVerdict reports whether a note says what became of a Set-Cookie line.
func isVerdict(code string) bool {
	switch code {
	case "stored", "replaced", "deleted", "refused":
		return true
	}
	return false
}

// liveLives are the bars of what is here now.
func liveLives(o observedBrowser) []life {
	var lives []life
	for _, c := range o.picture.Here {
		l := life{kind: "cookie", label: c.Name}
		if c.Knows(jar.FactExpires) {
			l.until, l.session = c.Expires, c.Expires == nil
		}
		lives = append(lives, l)
	}
	for _, m := range o.picture.Elsewhere {
		if m.Kept {
			lives = append(lives, life{kind: "cookie", label: m.Cookie.Name, until: m.Cookie.Expires, session: m.Cookie.Expires == nil})
		}
	}
	for _, row := range o.sight.rows {
		lives = append(lives, life{kind: "row", until: &row.Expires})
	}
	return lives
}

// stranger is a sessionid that has no row here, and where to go for a jar that no
// other program on this machine writes to.
func stranger(s sight) *templates.Stranger {
	if s.key == "" || len(s.rows) > 0 {
		return nil
	}
	address, host := onHost(s.url, "cookielab.localhost", "localhost", "127.0.0.1")
	if host == "" {
		return nil
	}
	return &templates.Stranger{Short: world.Short(s.key), URL: address, Host: host}
}

// twin is the same page on the other name of this machine: another host, so
// another jar.
func twin(address string) *templates.Twin {
	for name, other := range map[string]string{"localhost": "127.0.0.1", "127.0.0.1": "localhost", "cookielab.localhost": "localhost"} {
		if there, host := onHost(address, other, name); host != "" {
			return &templates.Twin{URL: there, Host: host}
		}
	}
	return nil
}

// onHost is an address with another host in place of one of those that it may
// have, and that host with its port; both empty where it has none of them.
func onHost(address, other string, hosts ...string) (there, host string) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(hosts, u.Hostname()) {
		return "", ""
	}
	u.Host = strings.Replace(u.Host, u.Hostname(), other, 1)
	return u.String(), u.Host
}

// mark tells the page which lines of its ledger to mark: those whose cookie was now
// found, and those whose cookie was found to be gone.
func (o observedBrowser) mark(h http.Header) {
	for name, keys := range map[string][]string{"Ledger-Seen": o.picture.Seen, "Ledger-Gone": o.picture.Gone} {
		if len(keys) > 0 {
			h.Set(name, strings.Join(keys, " "))
		}
	}
}

// fragments sends the parts of a page that have changed, drawn as in the page.
func (a *app) fragments(c echo.Context, o observedBrowser, lang, page string, data any, parts ...string) error {
	var body strings.Builder
	for part := range strings.SplitSeq(strings.Join(parts, " "), " ") {
		if err := a.Pages.Part(&body, lang, page, part, data); err != nil {
			return err
		}
	}
	o.mark(c.Response().Header())
	c.Response().Header().Set("ETag", o.sight.tag())
	return c.HTML(http.StatusOK, body.String())
}
