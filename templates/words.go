package templates

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Words is a language, zh or en. Every package that writes text for people takes one.
type Words string

// T returns the message of a key. The pairs are name, value, name, value: each {name} in
// the message is replaced by its value.
func (w Words) T(key string, pairs ...string) string {
	var vars map[string]string
	for i := 0; i+1 < len(pairs); i += 2 {
		if vars == nil {
			vars = map[string]string{}
		}
		vars[pairs[i]] = pairs[i+1]
	}
	return Text(string(w), key, vars)
}

// Moment returns a time in UTC, to the second.
func (w Words) Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// Left returns a remaining time as text, rounded up to seconds and never negative. The
// function left in panels.js does the same.
func (w Words) Left(d time.Duration) string {
	s := int64((d + time.Second - 1) / time.Second)
	if s < 0 {
		s = 0
	}
	clock := fmt.Sprintf("%02d:%02d:%02d", s%86400/3600, s%3600/60, s%60)
	switch days := s / 86400; {
	case s < 60:
		return w.T("left.seconds", "n", strconv.FormatInt(s, 10))
	case days == 0:
		return w.T("left.clock", "clock", clock)
	default:
		return w.T("left.days", "days", strconv.FormatInt(days, 10), "clock", clock)
	}
}

// Span returns a duration in its largest fitting unit, to a tenth.
func (w Words) Span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return w.T("span.days", "n", strconv.FormatFloat(float64(int(d.Hours()/2.4+0.5))/10, 'f', -1, 64))
	case d >= 2*time.Hour:
		return w.T("span.hours", "n", strconv.FormatFloat(float64(int(d.Minutes()/6+0.5))/10, 'f', -1, 64))
	case d >= 2*time.Minute:
		return w.T("span.minutes", "n", strconv.Itoa(int(d.Minutes()+0.5)))
	default:
		return w.T("span.seconds", "n", strconv.Itoa(int(d.Seconds()+0.5)))
	}
}

// Shorten cuts the middle of a text that is longer than so many characters.
func Shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	head, tail := 0, len(text)
	for range most * 2 / 3 {
		_, size := utf8.DecodeRuneInString(text[head:])
		head += size
	}
	for range most / 3 {
		_, size := utf8.DecodeLastRuneInString(text[:tail])
		tail -= size
	}
	return text[:head] + "…" + text[tail:]
}
