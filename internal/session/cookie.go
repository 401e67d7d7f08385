package session

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// CookieName is Django's SESSION_COOKIE_NAME.
const CookieName = "sessionid"

// cookieAge is Django's SESSION_COOKIE_AGE: two weeks.
const cookieAge = 14 * 24 * 60 * 60

// sentKey finds the session's cookie in a request. Of several the last counts, as
// in Django: a browser sends the one with the longer path first. The value is
// taken as sent; net/http would take quotes off and drop what it thinks odd.
func sentKey(h http.Header, name string) (key string, sent bool) {
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			n, value, found := strings.Cut(pair, "=")
			if found && strings.Trim(n, " \t") == name {
				key, sent = strings.Trim(value, " \t"), true
			}
		}
	}
	return key, sent
}

// setCookie is the Set-Cookie line after a save, its attributes in Django's order.
// A session that ends with the browser has neither of the two ages.
func setCookie(name, key string, now time.Time, age int64, endsWithBrowser bool) string {
	b := make([]byte, 0, 160)
	b = append(b, name...)
	b = append(b, '=')
	b = append(b, key...)
	if !endsWithBrowser {
		b = append(b, "; expires="...)
		b = after(now, age).AppendFormat(b, http.TimeFormat)
	}
	b = append(b, "; HttpOnly"...)
	if !endsWithBrowser {
		b = append(b, "; Max-Age="...)
		b = strconv.AppendInt(b, age, 10)
	}
	return string(append(b, "; Path=/; SameSite=Lax"...))
}

// deletion is the Set-Cookie line that takes the cookie away (Django's delete_cookie).
func deletion(name string) string {
	return name + `=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`
}

// The first and the last second that four digits of a year can say.
const (
	earliest = -62135596800
	latest   = 253402300799
)

// after returns the moment so many seconds after now. It stays within the years 1
// to 9999, where dates compare as text does and browsers can read them.
func after(now time.Time, seconds int64) time.Time {
	seconds = min(max(seconds, earliest-latest), latest-earliest) // so that the sum cannot overflow
	return time.Unix(min(max(now.Unix()+seconds, earliest), latest), 0).UTC()
}
