package take

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/templates"
)

// The types below are HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as far
// as needed. Our own fields begin with an underscore, as the specification asks.

type harFile struct {
	Log harLog `json:"log"`
}

type harLog struct {
	Version string     `json:"version"`
	Creator harCreator `json:"creator"`
	Pages   []harPage  `json:"pages"`
	Entries []harEntry `json:"entries"`
	Comment string     `json:"comment,omitempty"`
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harPage struct {
	Started string     `json:"startedDateTime"`
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Timings harOnPages `json:"pageTimings"`
}

type harOnPages struct {
	Content int `json:"onContentLoad"`
	Load    int `json:"onLoad"`
}

type harEntry struct {
	Page     string      `json:"pageref"`
	Started  string      `json:"startedDateTime"`
	Time     int         `json:"time"`
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`
	Comment  string      `json:"comment,omitempty"`
	Browser  string      `json:"_browser,omitempty"`
}

type harTimings struct {
	Send    int `json:"send"`
	Wait    int `json:"wait"`
	Receive int `json:"receive"`
}

type harRequest struct {
	Method      string      `json:"method"`
	URL         string      `json:"url"`
	HTTPVersion string      `json:"httpVersion"`
	Cookies     []harCookie `json:"cookies"`
	Headers     []harPair   `json:"headers"`
	Query       []harPair   `json:"queryString"`
	Body        *harBody    `json:"postData,omitempty"`
	HeadersSize int         `json:"headersSize"`
	BodySize    int         `json:"bodySize"`
}

type harResponse struct {
	Status      int         `json:"status"`
	StatusText  string      `json:"statusText"`
	HTTPVersion string      `json:"httpVersion"`
	Cookies     []harCookie `json:"cookies"`
	Headers     []harPair   `json:"headers"`
	Content     harContent  `json:"content"`
	RedirectURL string      `json:"redirectURL"`
	HeadersSize int         `json:"headersSize"`
	BodySize    int         `json:"bodySize"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harCookie struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	Path        string `json:"path,omitempty"`
	Domain      string `json:"domain,omitempty"`
	Expires     string `json:"expires,omitempty"`
	HTTPOnly    bool   `json:"httpOnly"`
	Secure      bool   `json:"secure"`
	SameSite    string `json:"_sameSite,omitempty"`
	Partitioned bool   `json:"_partitioned,omitempty"`
}

type harBody struct {
	Type   string    `json:"mimeType"`
	Params []harPair `json:"params"`
	Text   string    `json:"text"`
}

type harContent struct {
	Size int    `json:"size"`
	Type string `json:"mimeType"`
	Text string `json:"text"`
}

// unmeasured is HAR's value for an unknown number.
const unmeasured = -1

// HAR returns a log as a HAR 1.2 file for a browser's developer tools.
func (l Log) HAR(w templates.Words) ([]byte, error) {
	log := harLog{Version: "1.2", Creator: harCreator{"Cookielab", "1"}, Pages: []harPage{}, Entries: []harEntry{}, Comment: AboutValues(w, l)}
	for i, c := range l.Chapters {
		started := world.Epoch
		if len(c.Frames) > 0 {
			started = c.Frames[0].At
		}
		log.Pages = append(log.Pages, harPage{harTime(started), pageID(i), l.heading(c), harOnPages{unmeasured, unmeasured}})
	}
	l.requests(func(chapter int, f Frame, by string, e world.Exchange) {
		at := e.At.Time
		if at.IsZero() {
			at = f.At // the page did not report the time
		}
		entry := harEntry{Page: pageID(chapter), Started: harTime(at), Browser: by, Request: harAsked(e.Request), Response: harAnswered(e)}
		if len(f.Notes) > 0 {
			entry.Comment = f.Notes[0].Text
		}
		log.Entries = append(log.Entries, entry)
	})
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	err := out.Encode(harFile{log})
	return text.Bytes(), err
}

func pageID(n int) string { return "page_" + strconv.Itoa(n+1) }

func harTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func harAsked(r world.Request) harRequest {
	asked := harRequest{
		Method: r.Method, URL: r.URL, HTTPVersion: "HTTP/1.1", Cookies: []harCookie{}, Headers: harHeaders(r.Headers),
		Query: []harPair{}, HeadersSize: unmeasured,
	}
	kind := ""
	for _, h := range r.Headers {
		switch {
		case strings.EqualFold(h[0], "Cookie"):
			for _, p := range jar.Pairs(h[1]) {
				asked.Cookies = append(asked.Cookies, harCookie{Name: p.Name, Value: p.Value})
			}
		case strings.EqualFold(h[0], "Content-Type"):
			kind = h[1]
		}
	}
	if u, err := url.Parse(r.URL); err == nil && u.RawQuery != "" {
		for field := range strings.SplitSeq(u.RawQuery, "&") {
			name, value, _ := strings.Cut(field, "=")
			asked.Query = append(asked.Query, harPair{scene.Unescape(name), scene.Unescape(value)})
		}
	}
	if r.Body != nil {
		asked.Body = &harBody{Type: kind, Params: []harPair{}, Text: *r.Body}
		asked.BodySize = len(*r.Body)
	}
	return asked
}

func harAnswered(e world.Exchange) harResponse {
	r := e.Response
	answered := harResponse{
		Status: r.Status, StatusText: http.StatusText(r.Status), HTTPVersion: "HTTP/1.1", Cookies: []harCookie{},
		Headers: harHeaders(r.Headers), HeadersSize: unmeasured, BodySize: len(r.Body),
		Content: harContent{Size: len(r.Body), Type: "x-unknown", Text: r.Body},
	}
	for _, h := range r.Headers {
		switch strings.ToLower(h[0]) {
		case "set-cookie":
			answered.Cookies = append(answered.Cookies, harSetCookie(h[1]))
		case "content-type":
			answered.Content.Type = h[1]
		case "location":
			answered.RedirectURL = h[1]
		}
	}
	return answered
}

// harSetCookie parses a Set-Cookie line as it was sent, whatever the browser did with it.
func harSetCookie(line string) harCookie {
	pair, attributes, _ := strings.Cut(line, ";")
	var cookie harCookie
	for _, p := range jar.Pairs(pair) {
		cookie.Name, cookie.Value = p.Name, p.Value
	}
	for attribute := range strings.SplitSeq(attributes, ";") {
		name, value, _ := strings.Cut(attribute, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "path":
			cookie.Path = value
		case "domain":
			cookie.Domain = value
		case "expires":
			if t, err := http.ParseTime(value); err == nil {
				cookie.Expires = harTime(t)
			}
		case "httponly":
			cookie.HTTPOnly = true
		case "secure":
			cookie.Secure = true
		case "samesite":
			cookie.SameSite = value
		case "partitioned":
			cookie.Partitioned = true
		}
	}
	return cookie
}

func harHeaders(lines [][2]string) []harPair {
	headers := make([]harPair, 0, len(lines))
	for _, h := range lines {
		headers = append(headers, harPair{h[0], h[1]})
	}
	return headers
}
