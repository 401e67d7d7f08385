package templates

import (
	"testing"
	"time"
)

func TestWordsSpeakOneLanguage(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Words("en").T("left.seconds", "n", "3"), "3 s left"},
		{Words("en").Left(3 * time.Second), Words("en").T("left.seconds", "n", "3")},
		{Words("zh").Left(2001 * time.Millisecond), Words("zh").T("left.seconds", "n", "3")}, // rounded up
		{Words("en").Left(-time.Hour), Words("en").T("left.seconds", "n", "0")},
		{Words("en").Left(3661 * time.Second), Words("en").T("left.clock", "clock", "01:01:01")},
		{Words("en").Left(25 * time.Hour), Words("en").T("left.days", "days", "1", "clock", "01:00:00")},
		{Words("en").Span(90 * time.Second), Words("en").T("span.seconds", "n", "90")},
		{Words("en").Span(36 * time.Hour), Words("en").T("span.hours", "n", "36")},
		{Words("zh").Span(14 * 24 * time.Hour), Words("zh").T("span.days", "n", "14")},
		{Words("en").Moment(time.Date(2026, 1, 2, 11, 4, 5, 0, time.FixedZone("", 8*3600))), "2026-01-02 03:04:05Z"},
		{Shorten("一二三四五六七八九", 6), "一二三四…八九"},
		{Shorten("short", 6), "short"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
