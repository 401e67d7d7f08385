package session

import (
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// CookieName is Django's SESSION_COOKIE_NAME.
const CookieName = "sessionid"

// cookieAge is Django's SESSION_COOKIE_AGE: two weeks.
const cookieAge = 14 * 24 * 60 * 60

// Cookies reads the Cookie lines of a request as Django's parse_cookie does: a piece
// ends at every semicolon, blanks around name and value go, and so do double quotes
// around the value. A piece without an equals sign is the value of a cookie without a
// name. Octal escapes within quotes are left as they are (contract, section 1). Of
// several cookies of one name all are yielded; the last counts. A browser reads the
// same line otherwise, see jar.Pairs: to it quotes are a part of the value.
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

// Cookie is the value that counts of the cookies of one name, and whether there is one.
func Cookie(lines []string, name string) (value string, sent bool) {
	for n, v := range Cookies(lines) {
		if n == name {
			value, sent = v, true
		}
	}
	return value, sent
}

// Unquote takes double quotes from around a cookie's value.
func Unquote(value string) string {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	return value
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
