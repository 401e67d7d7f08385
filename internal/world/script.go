package world

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The limits of a script (contract, section 3).
const (
	maxActions  = 500 // including the visits of a together
	maxBrowsers = 8
	maxName     = 32 // octets of a browser's name
	maxSeconds  = 1_000_000_000
)

// Epoch is the default start of a script.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// lastMoment is the latest time that RFC 3339 can represent.
var lastMoment = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// Script is a list of actions, their start and the language of the notes. A zero Start
// means Epoch, an empty Lang English.
type Script struct {
	Start   time.Time
	Lang    string
	Actions []Action
}

// ScriptError says what is wrong with an action, counted from 0. Action is -1 if the
// error is not in an action.
type ScriptError struct {
	Action int
	Msg    string
}

// Error names the action, if there is one, and the problem.
func (e *ScriptError) Error() string {
	if e.Action < 0 {
		return e.Msg
	}
	return fmt.Sprintf("actions[%d]: %s", e.Action, e.Msg)
}

// ParseScript parses a script in JSON. Unknown fields are ignored; Play checks the values.
func ParseScript(text []byte) (Script, error) {
	var raw struct {
		Start   *string           `json:"start"`
		Lang    string            `json:"lang"`
		Actions []json.RawMessage `json:"actions"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&raw); err != nil {
		return Script{}, &ScriptError{-1, "a script is a JSON object: " + plainJSONError(err)}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Script{}, &ScriptError{-1, "there is something after the script's end"}
	}
	s := Script{Lang: raw.Lang, Actions: make([]Action, len(raw.Actions))}
	if raw.Start != nil {
		start, err := time.Parse(time.RFC3339, *raw.Start)
		if err != nil || start.UTC().Year() < 1 || start.UTC().After(lastMoment) {
			return Script{}, &ScriptError{-1, "start is no time like 2026-01-01T00:00:00Z"}
		}
		s.Start = start
	}
	for i, text := range raw.Actions {
		if err := json.Unmarshal(text, &s.Actions[i]); err != nil {
			return Script{}, &ScriptError{i, plainJSONError(err)}
		}
	}
	return s, nil
}

// plainJSONError removes Go's own names from a message that students read.
func plainJSONError(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		if wrong.Field == "" {
			return fmt.Sprintf("%s is not what belongs here", wrong.Value)
		}
		return fmt.Sprintf("%s cannot be a %s", wrong.Field, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// check returns the script with defaults filled in, or a *ScriptError. A checked script
// can be played.
func (s Script) check() (Script, error) {
	if s.Start.IsZero() {
		s.Start = Epoch
	}
	// The table of sessions has whole seconds, and so has the world's clock.
	s.Start = s.Start.UTC().Truncate(time.Second)
	switch s.Lang {
	case "":
		s.Lang = "en"
	case "zh", "en":
	default:
		return s, &ScriptError{-1, "lang is zh or en"}
	}
	c := checker{clock: s.Start}
	for i, a := range s.Actions {
		if err := c.action(a); err != nil {
			return s, &ScriptError{i, err.Error()}
		}
	}
	return s, nil
}

// checker goes through a script as Play does, but keeps only the clock and the browsers' names.
type checker struct {
	clock    time.Time
	browsers []string
	actions  int
}

func (c *checker) action(a Action) error {
	if c.actions++; c.actions > maxActions {
		return fmt.Errorf("a script has at most %d actions", maxActions)
	}
	if a.Do == "" {
		return errors.New("do is missing")
	}
	kind, ok := KindOfAction(a.Do)
	if !ok {
		names := ActionNames()
		last := len(names) - 1
		return fmt.Errorf("do is %s or %s, not %s", strings.Join(names[:last], ", "), names[last], quoteShort(a.Do))
	}
	if missing := kind.Missing(a.says); missing != "" {
		return errors.New(missing)
	}
	switch a.Do {
	case "visit":
		return c.visit(a)
	case "together":
		return c.together(a)
	case "wait":
		return c.wait(a)
	case "close":
		return c.browser("browser", a.Browser)
	case "put":
		return c.put(a)
	case "delete", "script":
		return c.at(a)
	case "server":
		return c.server(a)
	}
	return nil // purge
}

// browser records a browser's name; a browser exists from its first mention.
func (c *checker) browser(field, name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("%s is the name of a browser, at most %d octets", field, maxName)
	case slices.Contains(c.browsers, name):
		return nil
	case len(c.browsers) == maxBrowsers:
		return fmt.Errorf("there are at most %d browsers", maxBrowsers)
	}
	c.browsers = append(c.browsers, name)
	return nil
}

// at checks the browser and the address of a put, delete or script.
func (c *checker) at(a Action) error {
	if err := c.browser("browser", a.Browser); err != nil {
		return err
	}
	if a.URL == "" {
		return nil // it acts on the page last visited
	}
	_, err := parseURL(a.URL)
	return err
}

var (
	methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	kinds   = []string{"link", "form-get", "form-post", "fetch", "fetch-post", "img", "iframe", "window-open"}
)

func (c *checker) visit(a Action) error {
	if err := c.browser("browser", a.Browser); err != nil {
		return err
	}
	if _, err := parseURL(a.URL); err != nil {
		return err
	}
	if a.Method != "" && !slices.Contains(methods, a.Method) {
		return fmt.Errorf("method is one of %s", strings.Join(methods, " "))
	}
	if a.Kind != "" && !slices.Contains(kinds, a.Kind) {
		return fmt.Errorf("kind is one of %s", strings.Join(kinds, " "))
	}
	if a.Initiator != "" {
		u, err := url.Parse(a.Initiator)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return errors.New("initiator is the address of a page, http://… or https://…")
		}
	}
	if a.RawCookie != nil && strings.ContainsFunc(*a.RawCookie, func(r rune) bool { return isControl(r) && r != '\t' }) {
		return errors.New("raw_cookie holds what no header can hold")
	}
	return nil
}

func (c *checker) together(a Action) error {
	kind, _ := KindOfAction("visit")
	for i, v := range a.Visits {
		if v.Do != "" && v.Do != "visit" {
			return fmt.Errorf("visits[%d]: only visits can be made together", i)
		}
		if c.actions++; c.actions > maxActions {
			return fmt.Errorf("a script has at most %d actions and visits", maxActions)
		}
		if missing := kind.Missing(v.says); missing != "" {
			return fmt.Errorf("visits[%d]: %s", i, missing)
		}
		if err := c.visit(v); err != nil {
			return fmt.Errorf("visits[%d]: %w", i, err)
		}
	}
	return nil
}

func (c *checker) wait(a Action) error {
	if *a.Seconds < 0 || *a.Seconds > maxSeconds {
		return fmt.Errorf("seconds is a whole number from 0 to %d", maxSeconds)
	}
	if c.clock = c.clock.Add(time.Duration(*a.Seconds) * time.Second); c.clock.After(lastMoment) {
		return errors.New("the clock ends with the year 9999")
	}
	return nil
}

func (c *checker) put(a Action) error {
	if err := c.at(a); err != nil {
		return err
	}
	if strings.ContainsFunc(a.Name, func(r rune) bool { return isControl(r) || r == ';' || r == '=' }) {
		return errors.New("a cookie's name has no ;, no = and no control characters")
	}
	switch {
	case a.Copy != "" && a.Value != nil:
		return errors.New("put takes either a value or copy")
	case a.Copy != "":
		return c.browser("copy", a.Copy)
	case strings.ContainsFunc(*a.Value, func(r rune) bool { return isControl(r) || r == ';' }):
		return errors.New("a cookie's value has no ; and no control characters")
	case len(a.Name)+len(*a.Value) > 4096: // RFC 6265bis, 5.7, step 5
		return errors.New("a cookie's name and value are at most 4096 octets together")
	}
	return nil
}

func (c *checker) server(a Action) error {
	switch a.Op {
	case "delete", "corrupt":
	case "expire":
		if a.Seconds != nil && (*a.Seconds < -maxSeconds || *a.Seconds > maxSeconds) {
			return fmt.Errorf("seconds is from -%d to %[1]d", maxSeconds)
		}
	default:
		return errors.New("op is delete, corrupt or expire")
	}
	if a.Browser != "" {
		return c.browser("browser", a.Browser)
	}
	return nil
}

// homePage is the page of a browser that has made no visit.
const homePage = "http://localhost:8080/"

// parseURL parses the address of a visit in a script: a path on http://localhost:8080, or
// an absolute URL on a made-up host (see MadeUp).
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("url %s cannot be read", quoteShort(text))
	case u.Scheme == "" && strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//"):
		u.Scheme, u.Host = "http", "localhost:8080"
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("url is a path that begins with /, or http://… or https://…, not %s", quoteShort(text))
	case u.User != nil:
		return nil, errors.New("url has no user and password")
	case !MadeUp(u.Hostname()):
		return nil, fmt.Errorf("host %s is not on the made-up internet: localhost, *.localhost, 127.0.0.1, *.example, *.test, example.org, *.example.org",
			quoteShort(u.Hostname()))
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, errors.New("url has no such port")
		}
	}
	u.Host = strings.ToLower(strings.TrimSuffix(u.Host, ":"))
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	u.Fragment, u.RawFragment = "", "" // browsers do not send it
	return u, nil
}

// escapeQuery encodes the characters that browsers do not send as they are (URL Standard,
// query percent-encode set).
func escapeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`"#<>`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// MadeUp reports whether a host, without its port, cannot be a real site: names that lead
// to this machine, and those reserved for examples by RFC 2606 and RFC 6761.
func MadeUp(host string) bool {
	host = strings.ToLower(host)
	if strings.ContainsFunc(host, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.')
	}) || strings.HasPrefix(host, ".") || strings.Contains(host, "..") {
		return false
	}
	switch host {
	case "localhost", "127.0.0.1", "example.org":
		return true
	}
	for _, end := range []string{".localhost", ".example", ".test", ".example.org"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

func isControl(r rune) bool { return r < ' ' || r == 0x7F }

func quoteShort(s string) string { return strconv.Quote(short(s)) }

// InSentence is the number of characters after which a name or value is cut in a
// sentence. Code that looks for values in sentences (take.Mask) must know it.
const InSentence = 24

// short cuts a text to InSentence characters.
func short(s string) string {
	if runes := []rune(s); len(runes) > InSentence {
		return string(runes[:InSentence]) + "…"
	}
	return s
}
