// Package world plays scripts: simulated browsers, a clock and the site, called in
// process. Playing is a pure function. What comes out are frames, one after each
// action, and a page that shows them only moves an index.
//
// Nothing is re-implemented for the simulation. The browsers are the jar model that
// also explains cookies, the site is the very handler that answers real browsers, with
// a table in memory, the script's clock and keys made by counting. So a world cannot
// drift from what it shows.
//
// The notes of a frame say what happened to each cookie and row, and why. They are
// made from what was seen, by NotesOf, whether the world saw it or a real browser.
package world

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Site makes the site: the demo routes over a table, a clock and a source for keys.
type Site func(backend session.Backend, now func() time.Time, keys io.Reader) http.Handler

// MaxOutput is how long the frames of a script may be as JSON, in octets.
const MaxOutput = 8 << 20

// ErrTooLarge says that the frames of a script would pass MaxOutput.
var ErrTooLarge = errors.New("the frames of this script are larger than 8 MiB")

// Play carries out a script on fresh browsers and an empty table. The frames depend on
// the script alone: frame 0 is the empty world, frame n stands after action n. A bad
// script is a *ScriptError, and nothing is played. Say puts a note into words.
func Play(script Script, site Site, say func(lang string, n Note) string) ([]Frame, error) {
	script, err := script.check()
	if err != nil {
		return nil, err
	}
	w := &world{
		now:   script.Start,
		table: session.NewMemory(),
		tell:  func(n Note) string { return say(script.Lang, n) },
		lang:  script.Lang,
	}
	w.site = site(gated{w.table}, func() time.Time { return w.now }, new(keys))

	frames := make([]Frame, 1, len(script.Actions)+1)
	frames[0] = w.frame(0, nil, stroke{})
	size := frames[0].size()
	for i, a := range script.Actions {
		done := w.act(i+1, a)
		f := w.frame(i+1, &a, done)
		if w.err != nil {
			return nil, fmt.Errorf("action %d: %w", i, w.err)
		}
		if size += f.size(); size > MaxOutput {
			return nil, ErrTooLarge
		}
		frames = append(frames, f)
	}
	return frames, nil
}

// world is the state between two actions.
type world struct {
	now      time.Time
	lang     string
	table    session.Backend // the site has it behind a gate
	site     http.Handler
	browsers []*browser // in the order in which they were first named
	tell     func(Note) string
	err      error // the first fault of the table, which never has one
}

// browser is one simulated browser: its jar, and the page that it shows.
type browser struct {
	name string
	jar  *jar.Jar
	page string
}

// stroke is what one action did: its exchanges and its notes.
type stroke struct {
	exchanges []Exchange
	notes     []Note
}

func (w *world) browser(name string) *browser {
	for _, b := range w.browsers {
		if b.name == name {
			return b
		}
	}
	b := &browser{name: name, jar: jar.New(jar.Profile{}), page: homePage}
	w.browsers = append(w.browsers, b)
	return b
}

func (w *world) rows() []session.Row {
	rows, err := w.table.Rows(context.Background())
	w.note(err)
	if rows == nil {
		rows = []session.Row{}
	}
	return rows
}

func (w *world) note(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *world) act(n int, a Action) stroke {
	switch a.Do {
	case "visit":
		return w.visit(n, a)
	case "together":
		return w.together(n, a)
	case "wait":
		return w.wait(a)
	case "close":
		return w.close(a)
	case "put":
		return w.put(a)
	case "delete":
		return w.delete(a)
	case "script":
		return w.script(a)
	case "server":
		return w.server(a)
	}
	return w.purge(a)
}

// visit is one request from the browser's decision what to send to its decision what
// to keep of the answer.
type visit struct {
	action  Action
	browser *browser
	request jar.Request
	http    *http.Request
	body    *string
	sent    *jar.Sent
	answer  recorder
}

// prepare has the browser make the request.
func (w *world) prepare(a Action) *visit {
	u, err := parseURL(a.URL)
	w.note(err) // check has looked at it
	method := a.Method
	if method == "" {
		method = http.MethodGet
		if a.Kind == "form-post" || a.Kind == "fetch-post" {
			method = http.MethodPost
		}
	}
	v := &visit{
		action:  a,
		browser: w.browser(a.Browser),
		request: jar.Request{URL: u.String(), Method: method, Initiator: a.Initiator, Kind: a.Kind, Via: "http"},
		answer:  recorder{header: http.Header{}, bodiless: method == http.MethodHead},
	}
	h := http.Header{"Accept": {"*/*"}, "Accept-Language": {w.lang}}
	if a.RawCookie != nil {
		h.Set("Cookie", *a.RawCookie)
	} else {
		sent := v.browser.jar.Send(w.now, v.request)
		v.sent = &sent
		if sent.Header != "" {
			h.Set("Cookie", sent.Header)
		}
	}
	if method == http.MethodPost {
		// What the script wants to say stands in the query; the form itself is empty.
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		v.body = new(string)
	}
	// A server is told path and query, and learns the rest from Host and the connection.
	v.http = &http.Request{
		Method: method,
		URL:    &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, ForceQuery: u.ForceQuery},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h,
		Body:   http.NoBody,
		Host:   u.Host, RequestURI: u.RequestURI(), RemoteAddr: "127.0.0.1:49152",
	}
	if u.Scheme == "https" {
		v.http.TLS = &tls.ConnectionState{}
	}
	return v
}

// serve has the site answer.
func (w *world) serve(ctx context.Context, v *visit) {
	w.site.ServeHTTP(&v.answer, v.http.WithContext(ctx))
}

// receive has the browser read the answer. What happened goes into the observation.
func (w *world) receive(id string, v *visit, o Observation) (Exchange, Observation) {
	b := v.browser
	exchange := NewExchange(id, w.now, v.http, v.body, v.answer.status(), v.answer.header, v.answer.body.String())
	o.Action, o.Browser, o.Since, o.Now = v.action, b.name, w.now, w.now
	o.Exchange, o.Sent, o.Jar = &exchange, v.sent, b.jar.Cookies(w.now)
	o.Others = w.holders(sentKey(exchange), b)
	v.request.Status = v.answer.status()
	for _, line := range v.answer.header["Set-Cookie"] {
		o.Decisions = append(o.Decisions, b.jar.Set(w.now, v.request, line))
	}
	o.JarAfter = b.jar.Cookies(w.now)
	if navigates(v.action) {
		b.page = v.request.URL
	}
	return exchange, o
}

// holders are the names of the other browsers that hold a session key.
func (w *world) holders(key string, but *browser) []string {
	var names []string
	for _, b := range w.browsers {
		if b != but && holds(b.jar.Cookies(w.now), key) {
			names = append(names, b.name)
		}
	}
	return names
}

// navigates reports whether the answer to a request becomes the page that is shown.
func navigates(a Action) bool {
	return a.Initiator == "" || a.Kind == "" || a.Kind == "link" || a.Kind == "form-get" || a.Kind == "form-post" || a.Kind == "window-open"
}

func (w *world) visit(n int, a Action) stroke {
	v := w.prepare(a)
	before := w.rows()
	w.serve(context.Background(), v)
	exchange, o := w.receive(strconv.Itoa(n), v, Observation{Rows: before, RowsAfter: w.rows()})
	return stroke{[]Exchange{exchange}, NotesOf(o)}
}

// together has all requests load before the first one saves.
func (w *world) together(n int, a Action) stroke {
	visits := make([]*visit, len(a.Visits))
	halves := make([]func(), len(a.Visits))
	for i, one := range a.Visits {
		one.Do = "visit"
		visits[i] = w.prepare(one)
	}
	loaded := w.rows()
	for i, v := range visits {
		half, leave := inTwoHalves(context.Background(), func(ctx context.Context) { w.serve(ctx, v) })
		defer leave()
		halves[i] = half
		half()
	}
	var done stroke
	seen := make([]Observation, len(visits))
	before := loaded
	for i, v := range visits {
		halves[i]()
		after := w.rows()
		id := strconv.Itoa(n)
		if i < len(visits)-1 { // the last one is the frame's own
			id += "." + strconv.Itoa(i+1)
		}
		exchange, o := w.receive(id, v, Observation{Loaded: loaded, Rows: before, RowsAfter: after})
		done.exchanges = append(done.exchanges, exchange)
		seen[i], before = o, after
	}
	done.notes = notesTogether(seen)
	return done
}

func (w *world) wait(a Action) stroke {
	since := w.now
	w.now = w.now.Add(time.Duration(*a.Seconds) * time.Second)
	rows := w.rows()
	notes := NotesOf(Observation{Action: a, Since: since, Now: w.now, Rows: rows, RowsAfter: rows})
	for _, b := range w.browsers {
		before := b.jar.Cookies(since)
		b.jar.Sweep(w.now)
		notes = append(notes, cookieNotes(Observation{
			Action: a, Browser: b.name, Since: since, Now: w.now,
			Jar: before, JarAfter: b.jar.Cookies(w.now), Rows: rows, RowsAfter: rows,
		})...)
	}
	return stroke{notes: inOrder(notes)}
}

// byHand lets something happen to one browser's jar, with no request.
func (w *world) byHand(a Action, b *browser, at *url.URL, do func(o *Observation)) stroke {
	rows := w.rows()
	if at != nil {
		a.URL = at.String()
	}
	o := Observation{Action: a, Browser: b.name, Since: w.now, Now: w.now, Jar: b.jar.Cookies(w.now), Rows: rows, RowsAfter: rows}
	do(&o)
	o.JarAfter = b.jar.Cookies(w.now)
	return stroke{notes: NotesOf(o)}
}

func (w *world) close(a Action) stroke {
	b := w.browser(a.Browser)
	return w.byHand(a, b, nil, func(*Observation) { b.jar.CloseBrowser(w.now) })
}

// address is where put, delete and script act: at url, else at the page last visited.
func (w *world) address(a Action, b *browser) *url.URL {
	text := a.URL
	if text == "" {
		text = b.page
	}
	u, err := parseURL(text)
	w.note(err)
	return u
}

func (w *world) put(a Action) stroke {
	b := w.browser(a.Browser)
	u := w.address(a, b)
	return w.byHand(a, b, u, func(o *Observation) {
		value, found := "", true
		if a.Value != nil {
			value = *a.Value
		} else {
			value, found = valueOf(w.browser(a.Copy).jar.Cookies(w.now), a.Name, u)
		}
		if found {
			o.Put = &jar.Cookie{Name: a.Name, Value: value, Domain: u.Hostname(), HostOnly: true, Path: "/"}
			b.jar.Put(w.now, *o.Put)
		}
	})
}

// valueOf looks in another jar for what is to be copied: rather a cookie of the same
// host than one of another.
func valueOf(cookies []jar.Cookie, name string, u *url.URL) (value string, found bool) {
	for _, c := range cookies {
		if c.Name != name {
			continue
		}
		if forHost(c, u.Hostname()) {
			return c.Value, true
		}
		if !found {
			value, found = c.Value, true
		}
	}
	return value, found
}

// forHost reports whether a cookie belongs to a host (RFC 6265bis, 5.1.3).
func forHost(c jar.Cookie, host string) bool {
	return c.Domain == host || !c.HostOnly && strings.HasSuffix(host, "."+c.Domain)
}

// forPath reports whether a cookie belongs to a path (RFC 6265bis, 5.1.4).
func forPath(c jar.Cookie, path string) bool {
	rest, ok := strings.CutPrefix(path, c.Path)
	return ok && (rest == "" || strings.HasSuffix(c.Path, "/") || rest[0] == '/')
}

func (w *world) delete(a Action) stroke {
	b := w.browser(a.Browser)
	u := w.address(a, b)
	return w.byHand(a, b, u, func(*Observation) {
		b.jar.Remove(w.now, func(c jar.Cookie) bool {
			return c.Name == a.Name && forHost(c, u.Hostname()) && forPath(c, u.EscapedPath())
		})
	})
}

func (w *world) script(a Action) stroke {
	b := w.browser(a.Browser)
	u := w.address(a, b)
	r := jar.Request{URL: u.String(), Via: "dom"}
	return w.byHand(a, b, u, func(o *Observation) {
		if a.Set != nil {
			o.Decisions = []jar.Decision{b.jar.Set(w.now, r, *a.Set)}
			return
		}
		sent := b.jar.Send(w.now, r)
		o.Sent = &sent
	})
}

// server is what an administrator does to the table by hand.
func (w *world) server(a Action) stroke {
	ctx := context.Background()
	key := a.Key
	if key == "" {
		key = w.keyOf(w.browser(a.Browser))
	}
	before := w.rows()
	if row, found, err := w.table.Row(ctx, key); err != nil {
		w.note(err)
	} else if found {
		switch a.Op {
		case "delete":
			w.note(w.table.Delete(ctx, key))
		case "corrupt":
			row.Data = row.Data[:len(row.Data)/2] // half of a JSON object is never one
			w.note(w.table.Update(ctx, row))
		case "expire":
			seconds := int64(-1)
			if a.Seconds != nil {
				seconds = *a.Seconds
			}
			if row.Expires = w.now.Add(time.Duration(seconds) * time.Second); row.Expires.After(lastMoment) {
				row.Expires = lastMoment
			}
			w.note(w.table.Update(ctx, row))
		}
	}
	return stroke{notes: NotesOf(Observation{
		Action: a, Browser: a.Browser, Since: w.now, Now: w.now, Key: key, Rows: before, RowsAfter: w.rows(),
	})}
}

// keyOf is the session key that a browser holds: the one that its page would send,
// of several the last, as the server reads them; else any.
func (w *world) keyOf(b *browser) string {
	u, err := parseURL(b.page)
	w.note(err)
	key, here := "", false
	for _, c := range b.jar.Cookies(w.now) {
		if c.Name != session.CookieName {
			continue
		}
		if sent := forHost(c, u.Hostname()) && forPath(c, u.EscapedPath()); sent || !here {
			key, here = c.Value, here || sent
		}
	}
	return key
}

func (w *world) purge(a Action) stroke {
	before := w.rows()
	_, err := w.table.Purge(context.Background(), w.now)
	w.note(err)
	return stroke{notes: NotesOf(Observation{Action: a, Since: w.now, Now: w.now, Rows: before, RowsAfter: w.rows()})}
}

// frame writes down how the world stands after an action.
func (w *world) frame(n int, a *Action, done stroke) Frame {
	f := Frame{
		N:        n,
		At:       w.now.Format(time.RFC3339),
		Browsers: make(map[string]Browser, len(w.browsers)),
		Server:   Server{Rows: w.rows()},
		Notes:    done.notes,
	}
	if a != nil {
		action := *a
		f.Action = &action
	}
	if len(done.exchanges) > 0 {
		f.Exchange = &done.exchanges[len(done.exchanges)-1]
	}
	if a != nil && a.Do == "together" {
		f.Exchanges = done.exchanges
	}
	for _, b := range w.browsers {
		f.Browsers[b.name] = b.look(w.now)
	}
	if f.Notes == nil {
		f.Notes = []Note{}
	}
	for i := range f.Notes {
		f.Notes[i].Text = w.tell(f.Notes[i])
	}
	return f
}

// look is what one would see in the browser, which must not notice: reading a cookie
// decides which ones a full jar gives up.
func (b *browser) look(now time.Time) Browser {
	return Browser{Jar: b.jar.Cookies(now), DocumentCookie: b.jar.Clone().Send(now, jar.Request{URL: b.page, Via: "dom"}).Header}
}

// recorder is the http.ResponseWriter of a visit.
type recorder struct {
	code     int
	header   http.Header
	body     bytes.Buffer
	bodiless bool // the request was HEAD
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if r.bodiless {
		return len(p), nil
	}
	return r.body.Write(p)
}

func (r *recorder) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}
