package jar

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxAge is how long a cookie may live. RFC 6265bis, 5.5, recommends 400 days.
const maxAge = 400 * 24 * time.Hour

// lastMoment is the latest time that RFC 3339 can represent.
var lastMoment = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)

// expiry returns when the cookie of l expires, or nil for a session cookie. Max-Age takes
// precedence over Expires. RFC 6265bis, 5.7, step 6.
func (l *line) expiry(now time.Time) *time.Time {
	age, hasAge := l.get("max-age")
	date, hasDate := l.get("expires")
	if hasAge {
		if seconds, ok := parseMaxAge(age.value); ok {
			if hasDate {
				l.mark(date, false, EffectMaxAge)
			}
			if seconds <= 0 {
				return l.ends(age, now, time.Time{})
			}
			// A time.Duration of that many seconds could overflow.
			seconds = min(seconds, int64(maxAge/time.Second)+1)
			return l.ends(age, now, now.Add(time.Duration(seconds)*time.Second))
		}
		l.mark(age, false, EffectNotANumber)
	}
	if hasDate {
		if at, ok := parseDate(date.value); ok {
			return l.ends(date, now, at)
		}
		l.mark(date, false, EffectNotADate)
	}
	return nil
}

// ends limits the expiry that the attribute a asks for to 400 days.
func (l *line) ends(a attr, now, at time.Time) *time.Time {
	limit := now.Add(maxAge)
	if limit.After(lastMoment) {
		limit = lastMoment
	}
	switch {
	case !at.After(now):
		l.mark(a, true, EffectDeletes)
	case at.After(limit):
		l.mark(a, true, EffectCapped)
		at = limit
	}
	at = at.UTC()
	return &at
}

// parseMaxAge reads the value of Max-Age. RFC 6265bis, 5.6.2: digits with or
// without "-", of any length. Chromium (max-age-plus-sign) takes a "+" as well.
func parseMaxAge(s string) (seconds int64, ok bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return n, true
	}
	// Chromium ignores what follows the digits once they exceed an int64.
	if digits := strings.TrimLeft(s, "+-"); len(s)-len(digits) <= 1 {
		end := 0
		for end < len(digits) && isDigit(digits[end]) {
			end++
		}
		if _, err := strconv.ParseInt(digits[:end], 10, 64); end > 0 && err != nil {
			if s[0] == '-' {
				return math.MinInt64, true
			}
			return math.MaxInt64, true
		}
	}
	return 0, false
}

// parseDate reads the value of Expires. RFC 6265bis, 5.1.1: any order, any
// delimiters, names of days and time zones ignored, always UTC.
//
// Chromium's grammar differs (cookie-date-grammar): nothing may follow the digits
// of a field, a field of the time may have any number of digits, a year one to
// five, and a year before 1601 is a date like any other, long past.
func parseDate(s string) (time.Time, bool) {
	var day, year int
	var month time.Month
	var clock [3]int
	var hasDay, hasMonth, hasYear, hasClock bool
	for token := range strings.FieldsFuncSeq(s, isDelimiter) {
		switch {
		case !isDigit(token[0]):
			if !hasMonth {
				month, hasMonth = parseMonth(token)
			}
		case strings.Contains(token, ":"):
			if !hasClock {
				clock, hasClock = parseClock(token)
			}
		case !hasDay && len(token) <= 2:
			day, hasDay = number(token)
		case !hasYear && len(token) <= 5:
			year, hasYear = number(token)
		}
	}
	if !hasDay || !hasMonth || !hasYear || !hasClock {
		return time.Time{}, false
	}
	switch {
	case year <= 69:
		year += 2000
	case year <= 99:
		year += 1900
	}
	if clock[0] > 23 || clock[1] > 59 || clock[2] > 59 {
		return time.Time{}, false
	}
	at := time.Date(year, month, day, clock[0], clock[1], clock[2], 0, time.UTC)
	return at, at.Day() == day && at.Month() == month // rejects dates such as 30 February
}

// isDelimiter reports whether r separates the fields of a date: an ASCII character that
// is neither a digit, a letter nor ":". Octets above ASCII belong to a field.
func isDelimiter(r rune) bool {
	return r == '\t' || r == ' ' || strings.ContainsRune("!\"#$%&'()*+,-./;<=>?@[\\]^_`{|}~", r)
}

var months = [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

func parseMonth(s string) (time.Month, bool) {
	if len(s) < 3 {
		return 0, false
	}
	s = lower(s[:3])
	for i, m := range months {
		if s == m {
			return time.Month(i + 1), true
		}
	}
	return 0, false
}

func parseClock(s string) (clock [3]int, ok bool) {
	fields := strings.Split(s, ":")
	if len(fields) != 3 {
		return clock, false
	}
	for i, f := range fields {
		if clock[i], ok = number(f); !ok {
			return clock, false
		}
	}
	return clock, true
}

func number(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
