package site

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"cookielab/internal/session"
	"cookielab/internal/world"
)

// An Answer is the answer of a demo route, before it is sent as text, JSON or HTML.
type Answer struct {
	Route  string // the route's name: set_cookie, …
	Lang   string // zh or en
	Status int    // HTTP status
	Text   string
	Rows   []session.Row // the caller's own row after the request, or none
}

// observation is the body of an answer to a request with X-Observe: 1.
type observation struct {
	Exchange world.Exchange `json:"exchange"`
	Server   world.Server   `json:"server"`
}

// answer sends the answer in the requested form. Status, Set-Cookie and Vary do not
// depend on the form.
func (s *Site) answer(c *visit, status int, words string) error {
	r, h := c.Request(), c.Response().Header()
	Protect(h)
	switch {
	case observes(r):
		return c.json(status, observation{s.exchange(c, status, words), world.Server{Rows: s.ownRow(c)}})
	case s.onPage(r):
		answer := Answer{c.route.Name, c.language(), status, words, s.ownRow(c)}
		return s.Page(c.Context, answer, s.exchange(c, status, words), c.back())
	default:
		return c.plain(status, words)
	}
}

// observes reports whether a request asks for the exchange as JSON.
func observes(r *http.Request) bool { return r.Header.Get("X-Observe") == "1" }

// onPage reports whether a request is to be answered with the HTML page, unless as JSON.
func (s *Site) onPage(r *http.Request) bool {
	return s.Page != nil && PrefersHTML(r.Header["Accept"])
}

func (c *visit) json(status int, value any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	return c.write(status, asJSON, body.Bytes())
}

// exchange returns the visit as an exchange, with the response that a client without
// X-Observe gets.
func (s *Site) exchange(c *visit, status int, words string) world.Exchange {
	r := *c.Request()
	u := *r.URL
	u.Scheme, u.Host = Scheme(&r), r.Host
	r.URL = &u
	h := c.Response().Header().Clone()
	h.Set("Content-Type", plainText)
	if r.Method == http.MethodHead {
		words = ""
	}
	return world.NewExchange(c.id, c.session.Now(), &r, c.body, status, h, words)
}

// exchangeID returns 96 random bits in base64url. A page's ledger takes exchanges with
// the same id for one exchange, so ids must be unique across all processes that serve the
// site.
func (s *Site) exchangeID() (string, error) {
	var chance [12]byte
	if _, err := io.ReadFull(s.store.Rand, chance[:]); err != nil {
		return "", fmt.Errorf("%w: no random bytes for an exchange: %w", session.ErrUnavailable, err)
	}
	return base64.RawURLEncoding.EncodeToString(chance[:]), nil
}

// ownRow returns the caller's row after the request. It is read from the table and not
// through the session, so that the session does not count as used.
func (s *Site) ownRow(c *visit) []session.Row {
	rows := []session.Row{}
	if key := c.session.Key(); key != "" {
		if row, found, err := s.backend.Row(c.Request().Context(), key); err == nil && found {
			rows = append(rows, row)
		}
	}
	return rows
}

// back returns the address to which the HTML page links back: a page of this site, or "".
func (c *visit) back() string {
	if back := c.input.values["_back"]; strings.HasPrefix(back, "/zh/") || strings.HasPrefix(back, "/en/") {
		return back
	}
	return ""
}

// PrefersHTML reports whether an Accept header ranks text/html above text/plain, as that
// of a browser's navigation does. With only */* it returns false.
func PrefersHTML(accept []string) bool {
	if len(accept) == 0 {
		return false
	}
	const none = -1.0
	html, plain, wild := none, none, none
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "text/html":
			html = quality(params)
		case "text/plain":
			plain = quality(params)
		case "text/*", "*/*":
			wild = max(wild, quality(params))
		}
	}
	if plain == none {
		return html > 0 && html >= wild
	}
	return html > plain
}

// quality returns the q parameter of a media range; the default is 1.
func quality(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q >= 0 && q <= 1 {
				return q
			}
			return 0
		}
	}
	return 1
}

// Scheme returns http or https, by which the request came. If it came through a trusted
// proxy, serve.Proxies has already applied X-Forwarded-Proto.
func Scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}
