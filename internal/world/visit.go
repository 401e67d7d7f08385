package world

import (
	"bytes"
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strconv"

	"cookielab/internal/jar"
)

// visit is one request, from choosing the cookies to send to storing those of the response.
type visit struct {
	action  Action
	browser *browser
	request jar.Request
	http    *http.Request
	body    *string
	sent    *jar.Sent
	answer  recorder
}

// prepare builds the browser's request.
func (w *world) prepare(a Action) *visit {
	u, err := parseURL(a.URL)
	w.fault(err) // checked before
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
		// The script's parameters are in the query; the form is empty.
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		v.body = new(string)
	}
	// As on a real server: path and query from the request line, host and scheme from elsewhere.
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

// serve lets the site answer.
func (w *world) serve(ctx context.Context, v *visit) {
	w.site.ServeHTTP(&v.answer, v.http.WithContext(ctx))
}

// receive lets the browser process the response, and adds the result to the observation.
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

// holders returns the names of the other browsers that hold a session key.
func (w *world) holders(key string, but *browser) []string {
	var names []string
	for _, b := range w.browsers {
		if b != but && holds(b.jar.Cookies(w.now), key) {
			names = append(names, b.name)
		}
	}
	return names
}

// navigates reports whether the response becomes the displayed page.
func navigates(a Action) bool {
	return a.Initiator == "" || a.Kind == "" || a.Kind == "link" || a.Kind == "form-get" || a.Kind == "form-post" || a.Kind == "window-open"
}

func (w *world) visit(n int, a Action) result {
	v := w.prepare(a)
	before := w.rows()
	w.serve(context.Background(), v)
	exchange, o := w.receive(strconv.Itoa(n), v, Observation{Rows: before, RowsAfter: w.rows()})
	return result{exchanges: []Exchange{exchange}, notes: NotesOf(o)}
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
