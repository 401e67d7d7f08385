package site

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// setCookieLine is a Set-Cookie header being built. It does not use http.Cookie, which
// removes or changes what a browser would refuse, because lessons show such refusals.
type setCookieLine struct {
	Name, Value string // the value already encoded
	Domain      string
	Expires     string
	HTTPOnly    bool
	MaxAge      string
	Path        string
	SameSite    string
	Secure      bool
	Partitioned bool
}

// String returns the header's value with the attributes in Django's order. Partitioned,
// which Django 5.2 does not have, comes last.
func (c setCookieLine) String() string {
	var b strings.Builder
	b.WriteString(c.Name + "=" + c.Value)
	attribute := func(name, value string) {
		if value != "" {
			b.WriteString("; " + name + "=" + value)
		}
	}
	flag := func(name string, on bool) {
		if on {
			b.WriteString("; " + name)
		}
	}
	attribute("Domain", c.Domain)
	attribute("expires", c.Expires)
	flag("HttpOnly", c.HTTPOnly)
	attribute("Max-Age", c.MaxAge)
	attribute("Path", c.Path)
	attribute("SameSite", c.SameSite)
	flag("Secure", c.Secure)
	flag("Partitioned", c.Partitioned)
	return b.String()
}

// The expires and Max-Age with which Django deletes a cookie.
const (
	longAgo = "Thu, 01 Jan 1970 00:00:00 GMT"
	noAge   = "0"
)

// endOfDates is the last second that a date in a cookie can represent: the year has four digits.
var endOfDates = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// expiresAfter returns the expires attribute that corresponds to Max-Age.
func expiresAfter(now time.Time, seconds int64) string {
	at := time.Unix(now.Unix()+seconds, 0).UTC() // ten digits of seconds cannot overflow
	if at.After(endOfDates) {
		at = endOfDates
	}
	return at.Format(http.TimeFormat)
}

// needsSecure reports whether browsers ignore a cookie of this name without Secure, even
// a deletion (Django's delete_cookie).
func needsSecure(name string) bool {
	return strings.HasPrefix(name, "__Secure-") || strings.HasPrefix(name, "__Host-")
}

// encodeValue percent-encodes % and the octets not allowed in a cookie value (RFC 6265,
// section 4.1.1, cookie-octet), so that decodeValue restores the value.
func encodeValue(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isCookieOctet(c) && c != '%' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

// decodeValue reverses encodeValue. A % without two hexadecimal digits stays, and so does
// +, which means a blank only in forms.
func decodeValue(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if octet, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(octet))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

const upperHex = "0123456789ABCDEF"

func isCookieOctet(c byte) bool {
	return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\'
}

// isToken reports whether s is a token, as a cookie's name must be (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
