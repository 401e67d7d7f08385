package site

import (
	"cmp"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/demo"
	"cookielab/internal/session"
	"cookielab/internal/world"

	"golang.org/x/net/idna"
)

// How much a caller may send.
const (
	maxBody      = 64 << 10 // octets of a form
	maxAttribute = 2048     // octets of a path, domain or expires
	maxValue     = 8192     // octets of a cookie's value, once encoded
)

// refusal is an answer that says what was wrong and what is allowed, in one line. It
// repeats nothing of what was sent, so that it cannot carry a line break or a header.
type refusal struct {
	status int
	key    string // of the message
	vars   map[string]string
}

func (r refusal) Error() string { return r.key }

// bad is a 400: the message of that key, about the parameter of that name.
func bad(key, parameter string) error {
	return refusal{http.StatusBadRequest, key, map[string]string{"name": parameter}}
}

// input holds the parameters of a request. Of several of one name the last counts, and
// the body comes after the query. A name keeps the place where it was first seen.
type input struct {
	names  []string
	values map[string]string
}

func (in *input) add(name, value string) {
	if in.values == nil {
		in.values = map[string]string{}
	}
	if _, again := in.values[name]; !again {
		in.names = append(in.names, name)
	}
	in.values[name] = value
}

// parse adds the fields of a query or a urlencoded form. A ; is an octet like any
// other. A malformed % is an error, but what is well formed is added all the same: the
// answer is to be in the language that was asked for.
func (in *input) parse(encoded string) error {
	var err error
	for field := range strings.SplitSeq(encoded, "&") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		name, badName := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		if badName != nil || badValue != nil {
			err = bad("site.bad_percent", "")
			continue
		}
		in.add(name, value)
	}
	return err
}

// parseMultipart adds the fields of a multipart/form-data body. Files are no fields.
func (in *input) parseMultipart(body, boundary string) error {
	if body == "" {
		return nil
	}
	parts := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // bare: after the last part; a body that was cut wraps it
			return nil
		}
		if err != nil {
			return bad("site.bad_multipart", "")
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return bad("site.bad_multipart", "")
		}
		if part.FormName() != "" && part.FileName() == "" {
			in.add(part.FormName(), string(value))
		}
	}
}

// read takes the request in: its method, what it says about itself, its query, its body.
func (c *visit) read() error {
	r := c.Request()
	malformed := c.input.parse(r.URL.RawQuery)
	if !slices.Contains(demo.Methods, r.Method) {
		c.Response().Header().Set("Allow", strings.Join(demo.Methods, ", "))
		return refusal{status: http.StatusMethodNotAllowed, key: "site.method"}
	}
	if isPrefetch(r.Header) {
		return refusal{status: http.StatusServiceUnavailable, key: "site.prefetch"}
	}
	if r.Method == http.MethodPost {
		if err := c.readBody(); err != nil {
			return err
		}
	}
	if malformed != nil {
		return malformed
	}
	for _, name := range c.input.names {
		if strings.HasPrefix(name, "_") && name != "_lang" && name != "_back" {
			return bad("site.bad_underscore", "")
		}
	}
	return nil
}

// readBody reads the body of a POST and adds its fields. No body at all needs no type.
func (c *visit) readBody() error {
	r := c.Request()
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return bad("site.bad_body", "")
	}
	if len(raw) > maxBody {
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20) // or the sender may not get to read the answer
		return refusal{status: http.StatusRequestEntityTooLarge, key: "site.large_body"}
	}
	body := string(raw)
	if body != "" {
		c.body = &body
	}
	contentType := r.Header.Get("Content-Type")
	if contentType == "" && body == "" {
		return nil
	}
	kind, params, _ := mime.ParseMediaType(contentType) // an error leaves no kind, or no parameters
	switch kind {
	case "application/x-www-form-urlencoded":
		return c.input.parse(body)
	case "multipart/form-data":
		return c.input.parseMultipart(body, params["boundary"])
	default:
		return refusal{status: http.StatusUnsupportedMediaType, key: "site.content_type"}
	}
}

// isPrefetch reports whether a browser asks ahead of its user.
func isPrefetch(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		for _, value := range h[name] {
			if value = strings.ToLower(value); strings.Contains(value, "prefetch") || strings.Contains(value, "prerender") {
				return true
			}
		}
	}
	return false
}

// given is a parameter as it was sent, an empty one too, or the route's default.
func (c *visit) given(name string) string {
	if value, sent := c.input.values[name]; sent {
		return value
	}
	return c.route.Default(name)
}

// param is a parameter, or the route's default where it is absent or empty.
func (c *visit) param(name string) string {
	return cmp.Or(c.input.values[name], c.route.Default(name))
}

// key is the parameter that names an entry of the session, as entries writes names.
func (c *visit) key() string { return validText(c.param("key")) }

// refuse notes the first thing that is wrong.
func (c *visit) refuse(key, parameter string) {
	if c.wrong == nil {
		c.wrong = bad(key, parameter)
	}
}

// cookie reads what set_cookie and delete_cookie have in common: which cookie it is.
func (c *visit) cookie() setCookieLine {
	return setCookieLine{
		Name:        c.cookieName(),
		Path:        c.attribute("path", c.given("path")), // an empty one: no Path attribute
		Domain:      c.domain(),
		Secure:      c.flag("secure"),
		Partitioned: c.flag("partitioned"),
	}
}

func (c *visit) cookieName() string {
	name := c.given("name")
	if !isToken(name) {
		c.refuse("site.bad_name", "name")
	}
	return name
}

func (c *visit) cookieValue() string {
	encoded := encodeValue(c.given("value"))
	if len(encoded) > maxValue {
		c.refuse("site.large_value", "value")
	}
	return encoded
}

// attribute checks what would break out of its attribute. It is sent as it stands.
func (c *visit) attribute(name, value string) string {
	if len(value) > maxAttribute {
		c.refuse("site.bad_attribute", name)
	}
	for i := range len(value) {
		if value[i] < 0x20 || value[i] > 0x7E || value[i] == ';' {
			c.refuse("site.bad_attribute", name)
		}
	}
	return value
}

// lifetime reads max_age and expires. An age brings the date that says the same, for
// old browsers, unless a date is given.
func (c *visit) lifetime() (maxAge, expires string) {
	expires = c.attribute("expires", c.param("expires"))
	text := c.param("max_age")
	if text == "" || text == "None" {
		return "", expires
	}
	seconds, ok := parseInteger(text)
	if !ok {
		c.refuse("site.bad_integer", "max_age")
	}
	if expires == "" {
		expires = expiresAfter(c.at, seconds)
	}
	return strconv.FormatInt(seconds, 10), expires
}

// expiry reads the value of set_expiry: seconds or None.
func (c *visit) expiry() (seconds int64, none bool) {
	text := c.given("value")
	if text == "None" {
		return 0, true
	}
	seconds, ok := parseInteger(text)
	if !ok {
		c.refuse("site.bad_expiry", "value")
	}
	return seconds, false
}

func (c *visit) flag(name string) bool {
	value := c.param(name)
	if value != "" && value != "0" && value != "1" {
		c.refuse("site.bad_flag", name)
	}
	return value == "1"
}

// sameSite lets every letter case pass, and sends it as it was written.
func (c *visit) sameSite() string {
	value := c.param("samesite")
	if value != "" && !slices.ContainsFunc(demo.Modes, func(mode string) bool { return strings.EqualFold(mode, value) }) {
		c.refuse("site.bad_samesite", "samesite")
	}
	return value
}

// domain lets every domain pass but one that would reach beyond the lab.
func (c *visit) domain() string {
	domain := c.attribute("domain", c.param("domain"))
	if reachesBeyond(domain, c.Request().Host) {
		c.refuse("site.bad_domain", "domain")
	}
	return domain
}

// reachesBeyond reports whether a cookie of that domain would be sent to sites beside
// and above the host. On a host that exists nowhere else that is a lesson; on
// lab.university.edu it would plant cookies on all of the university's sites.
func reachesBeyond(domain, hostport string) bool {
	host := canonicalHost((&url.URL{Host: hostport}).Hostname())
	domain = canonicalHost(domain)
	if domain == "" || world.MadeUp(host) {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false // an address has no parents
	}
	return strings.HasSuffix(host, "."+domain)
}

// canonicalHost writes a host as a browser would before it compares two of them:
// percent-encoding undone, in Punycode, in lower case, without dots around it.
func canonicalHost(s string) string {
	s = decodeValue(strings.TrimSpace(s))
	if ascii, err := hosts.ToASCII(s); err == nil {
		s = ascii
	}
	return strings.Trim(strings.ToLower(s), ".")
}

var hosts = idna.New(idna.MapForLookup(), idna.StrictDomainName(false))

var integer = regexp.MustCompile(`^-?[0-9]{1,10}$`)

// parseInteger reads an integer of up to ten digits.
func parseInteger(s string) (int64, bool) {
	if !integer.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// entry is one k=v for the session; the value is a string or an int64.
type entry struct {
	name  string
	value any
}

// entries are the parameters of set_session, in order; without any it stores what the
// syllabus does.
func (c *visit) entries() ([]entry, error) {
	if len(c.input.names) > session.MaxEntries+2 { // _lang and _back are no entries
		return nil, session.ErrTooLarge
	}
	entries := make([]entry, 0, max(2, len(c.input.names)))
	for _, name := range c.input.names {
		if !strings.HasPrefix(name, "_") {
			entries = append(entries, entry{validText(name), entryValue(c.input.values[name])})
		}
	}
	if len(entries) == 0 {
		for _, p := range c.route.Params {
			entries = append(entries, entry{p.Name, entryValue(p.Default)})
		}
	}
	return entries, nil
}

var number = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,14})$`)

// entryValue makes a number of what looks like one and can be written back the same.
func entryValue(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && number.MatchString(s) {
		return n
	}
	return validText(s)
}

// validText replaces what is not UTF-8, as Python does when it decodes a request.
func validText(s string) string {
	return strings.ToValidUTF8(s, "\uFFFD")
}

// valueText writes a value of the session as text. set_session stores only text and
// integers; other JSON can come out of a row that was written by hand.
func valueText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "" // what was JSON can be JSON again
	}
	return string(text)
}
