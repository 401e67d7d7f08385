package world

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// NewExchange returns a request and its response as EXCHANGE of the contract. The body is
// nil if the request had none.
func NewExchange(id string, at time.Time, r *http.Request, body *string, status int, h http.Header, respBody string) Exchange {
	return Exchange{
		ID: id,
		At: Instant{at.UTC()},
		Request: Request{
			Method:  r.Method,
			URL:     absoluteURL(r),
			Headers: append([][2]string{{"Host", r.Host}}, headerLines(r.Header, "Host")...),
			Body:    body,
		},
		Response: Response{
			Status: status,
			// Date equals At and Content-Length the size of the body; neither is part of
			// a lesson.
			Headers: headerLines(h, "Date", "Content-Length"),
			Body:    respBody,
		},
	}
}

// headerLines returns a header's lines sorted by name; lines of the same name keep their
// order. The list is never nil.
func headerLines(h http.Header, without ...string) [][2]string {
	lines := make([][2]string, 0, len(h)+1)
	for name, values := range h {
		if slices.Contains(without, name) {
			continue
		}
		for _, value := range values {
			lines = append(lines, [2]string{name, value})
		}
	}
	slices.SortStableFunc(lines, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return lines
}

// absoluteURL returns the requested address. The request has only path and query; scheme
// and host come from the connection and the Host header.
func absoluteURL(r *http.Request) string {
	u := *r.URL
	if u.Host == "" {
		u.Host = r.Host
	}
	if u.Scheme == "" {
		u.Scheme = "http"
		if r.TLS != nil {
			u.Scheme = "https"
		}
	}
	return u.String()
}
