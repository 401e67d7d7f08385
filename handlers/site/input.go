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

// Limits on a request.
const (
	maxBody      = 64 << 10 // octets of a form
	maxAttribute = 2048     // octets of a path, domain or expires
	maxValue     = 8192     // octets of a cookie's value after encoding
)

// refusal is an error that is answered with one line saying what was wrong and what is
// allowed. It repeats nothing of the request, so that it cannot contain a line break or a
// header.
type refusal struct {
	status int
	key    string // the message's key
	vars   map[string]string
}

func (r refusal) Error() string { return r.key }

// bad returns a 400 with the message of a key, about a parameter.
func bad(key, parameter string) error {
	return refusal{http.StatusBadRequest, key, map[string]string{"name": parameter}}
}

// input holds the parameters of a request, those of the body after those of the query. Of
// several with the same name the last counts, in the place of the first.
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

// parse adds the fields of a query or a urlencoded form. Fields are separated by & only.
// A malformed % is an error, but well-formed fields are added in any case, because the
// error message is in the language of _lang.
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

// parseMultipart adds the fields of a multipart/form-data body, but not files.
func (in *input) parseMultipart(body, boundary string) error {
	if body == "" {
		return nil
	}
	parts := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // a plain io.EOF follows the last part; a truncated body wraps it
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

// read reads the request: method, headers, query and body.
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

// readBody reads the body of a POST and adds its fields. An empty body needs no Content-Type.
func (c *visit) readBody() error {
	r := c.Request()
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return bad("site.bad_body", "")
	}
	if len(raw) > maxBody {
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20) // otherwise the client may not read the answer
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
	kind, params, _ := mime.ParseMediaType(contentType) // after an error kind or params are empty
	switch kind {
	case "application/x-www-form-urlencoded":
		return c.input.parse(body)
	case "multipart/form-data":
		return c.input.parseMultipart(body, params["boundary"])
	default:
		return refusal{status: http.StatusUnsupportedMediaType, key: "site.content_type"}
	}
}

// isPrefetch reports whether the browser requests a page before its user does.
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

// given returns a parameter as it was sent, even if empty, or else the route's default.
func (c *visit) given(name string) string {
	if value, sent := c.input.values[name]; sent {
		return value
	}
	return c.route.Default(name)
}

// param returns a parameter, or the route's default if it is absent or empty.
func (c *visit) param(name string) string {
	return cmp.Or(c.input.values[name], c.route.Default(name))
}

// key returns the parameter that names a session key, as entries writes names.
func (c *visit) key() string { return validText(c.param("key")) }

// refuse records the first error in the parameters.
func (c *visit) refuse(key, parameter string) {
	if c.wrong == nil {
		c.wrong = bad(key, parameter)
	}
}

// cookie reads the parameters that set_cookie and delete_cookie share.
func (c *visit) cookie() setCookieLine {
	return setCookieLine{
		Name:        c.cookieName(),
		Path:        c.attribute("path", c.given("path")), // empty means no Path attribute
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

// attribute checks that a value cannot end its attribute, and returns it unchanged.
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

// lifetime reads max_age and expires. As in Django, max_age adds the expires attribute
// for the same time, unless expires is given.
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
		expires = expiresAfter(c.session.Now(), seconds)
	}
	return strconv.FormatInt(seconds, 10), expires
}

// expiry reads the value of set_expiry: seconds, or None.
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

// sameSite accepts the SameSite modes in upper or lower case, and returns the text unchanged.
func (c *visit) sameSite() string {
	value := c.param("samesite")
	if value != "" && !slices.ContainsFunc(demo.Modes, func(mode string) bool { return strings.EqualFold(mode, value) }) {
		c.refuse("site.bad_samesite", "samesite")
	}
	return value
}

// domain accepts any domain except one that would reach other sites.
func (c *visit) domain() string {
	domain := c.attribute("domain", c.param("domain"))
	if reachesBeyond(domain, c.Request().Host) {
		c.refuse("site.bad_domain", "domain")
	}
	return domain
}

// reachesBeyond reports whether a cookie of that domain would be sent to other hosts
// under a common parent domain. On a host of a lesson that is harmless; on
// lab.university.edu it would set cookies for all of the university's sites.
func reachesBeyond(domain, hostport string) bool {
	host := canonicalHost((&url.URL{Host: hostport}).Hostname())
	domain = canonicalHost(domain)
	if domain == "" || world.MadeUp(host) {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false // an IP address has no parent domains
	}
	return strings.HasSuffix(host, "."+domain)
}

// canonicalHost normalizes a host as a browser does before comparing: percent-decoded, in
// Punycode, in lower case, without dots at the ends.
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

// entry is one name and value for the session; the value is a string or an int64.
type entry struct {
	name  string
	value any
}

// entries returns the parameters of set_session in order, or by default the syllabus's.
func (c *visit) entries() ([]entry, error) {
	if len(c.input.names) > session.MaxEntries+2 { // _lang and _back are not entries
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

// entryValue returns an int64 if s is 0 or -?[1-9][0-9]{0,14}, which are written back the
// same, else s.
func entryValue(s string) any {
	digits := strings.TrimPrefix(s, "-")
	if s == "0" || 1 <= len(digits) && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == "" {
		n, _ := strconv.ParseInt(s, 10, 64) // cannot fail
		return n
	}
	return validText(s)
}

// validText replaces invalid UTF-8, as Python does when it decodes a request.
func validText(s string) string {
	return strings.ToValidUTF8(s, "\uFFFD")
}

// valueText returns a session value as text. set_session stores only strings and
// integers, but a row edited by hand can contain any JSON.
func valueText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "" // cannot fail: the value was decoded from JSON
	}
	return string(text)
}
