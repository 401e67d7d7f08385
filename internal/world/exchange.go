package world

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// NewExchange writes down a request and the answer to it as EXCHANGE of the
// contract. The body is nil where the request had none.
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
			// Date is the moment and Content-Length the size of the body: both are
			// seen elsewhere, and neither is what a lesson is about.
			Headers: headerLines(h, "Date", "Content-Length"),
			Body:    respBody,
		},
	}
}

// headerLines lists a header by name; lines of one name stay in their order. The
// list is never nil.
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

// absoluteURL is the address that was asked for. A server sees only its path and
// query; scheme and host come from the connection and the Host header.
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
