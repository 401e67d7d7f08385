package session

import (
	"iter"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// CookieName is Django's SESSION_COOKIE_NAME.
const CookieName = "sessionid"

// cookieAge is Django's SESSION_COOKIE_AGE: two weeks.
const cookieAge = 14 * 24 * 60 * 60

// Cookies reads the Cookie header lines of a request as Django's parse_cookie does: pairs
// are separated by semicolons; blanks around name and value are cut off, and so are
// double quotes around the value. A pair without an equals sign is the value of a cookie
// without a name. Octal escapes within quotes are left as they are (contract, section 1).
// Cookies of the same name are all yielded; the last one counts. A browser reads the same
// line differently, see jar.Pairs: there quotes are part of the value.
func Cookies(lines []string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, line := range lines {
			for piece := range strings.SplitSeq(line, ";") {
				name, value, found := strings.Cut(piece, "=")
				if !found {
					name, value = "", piece
				}
				name, value = strings.Trim(name, " \t"), Unquote(strings.Trim(value, " \t"))
				if (name != "" || value != "") && !yield(name, value) {
					return
				}
			}
		}
	}
}

// Cookie returns the value of the last cookie of that name, and whether one was sent.
func Cookie(lines []string, name string) (value string, sent bool) {
	for n, v := range Cookies(lines) {
		if n == name {
			value, sent = v, true
		}
	}
	return value, sent
}

// Unquote removes double quotes around a cookie's value.
func Unquote(value string) string {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	return value
}

// setCookie returns the Set-Cookie value for a saved session, its attributes in Django's
// order. A cookie that ends with the browser has neither expires nor Max-Age.
func setCookie(name, key string, now time.Time, age int64, endsWithBrowser bool) string {
	var room [192]byte
	b := append(room[:0], name...)
	b = append(b, '=')
	b = append(b, key...)
	if !endsWithBrowser {
		b = append(b, "; expires="...)
		b = append(b, cookieDates.text(after(now, age))...)
	}
	b = append(b, "; HttpOnly"...)
	if !endsWithBrowser {
		b = append(b, "; Max-Age="...)
		b = strconv.AppendInt(b, age, 10)
	}
	return string(append(b, "; Path=/; SameSite=Lax"...))
}

var cookieDates = dates{layout: http.TimeFormat}

// dates formats times. It remembers the last text: most requests of a second need the
// same.
type dates struct {
	layout string
	last   atomic.Pointer[date]
}

// date is a second since 1970 with its text.
type date struct {
	second int64
	text   string
}

func (d *dates) text(t time.Time) string {
	second := t.Unix()
	if last := d.last.Load(); last != nil && last.second == second {
		return last.text
	}
	text := t.UTC().Format(d.layout)
	d.last.Store(&date{second, text})
	return text
}

// deletion returns the Set-Cookie value that deletes the cookie (Django's delete_cookie).
func deletion(name string) string {
	return name + `=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`
}

// The first and the last second of the years 1 to 9999, in seconds since 1970.
const (
	earliest = -62135596800
	latest   = 253402300799
)

// after returns the time so many seconds after now, clamped to the years 1 to 9999, whose
// dates sort as text and which browsers can read.
func after(now time.Time, seconds int64) time.Time {
	seconds = min(max(seconds, earliest-latest), latest-earliest) // keeps the sum from overflowing
	return time.Unix(min(max(now.Unix()+seconds, earliest), latest), 0).UTC()
}
