package scene

import (
	"strconv"
	"time"

	"cookielab/templates"
)

// life is one bar in the picture of lifetimes: a cookie or a row from its creation to its end.
type life struct {
	kind    string // cookie, row
	label   string // the cookie's name; empty for a row
	browser string
	from    time.Time // zero if unknown; the bar then begins at the axis
	until   *time.Time
	session bool        // ends with the browser
	closed  bool        // ended before its expiry
	notches []time.Time // when it was written again
	color   int
}

// mark closings a time on the axis at which a browser was closed.
type closing struct {
	at   time.Time
	text string
}

const (
	axisLeft  = 190
	axisWidth = 600
	rowHeight = 30
	rowGap    = 10 // of which this much is the gap between bars
	firstRow  = 16
)

// lifetimes draws bars over one time axis, from the earliest time drawn to the latest. A
// bar without an end is drawn over two fifths of the axis, with an open edge.
func (s scene) lifetimes() templates.Lifetimes {
	pic := templates.Lifetimes{World: s.played, AxisX: axisLeft, AxisW: axisWidth, NowText: s.T("lifetimes.now")}
	from, to := s.frame.At, s.frame.At
	for _, l := range s.lives {
		if !l.from.IsZero() && l.from.Before(from) {
			from = l.from
		}
		if l.until != nil && l.until.After(to) {
			to = *l.until
		}
	}
	if short := 60 - seconds(from, to); short > 0 {
		to = later(to, short)
		from = later(to, -60)
	}
	if s.played {
		// Leave room to drag now into the future, which fast-forwards the clock.
		to = later(to, seconds(from, to)/12)
	} else {
		// Leave some room before now, so that its line is not on the edge.
		from = later(from, -seconds(from, to)/25)
	}
	span := seconds(from, to)
	x := func(t time.Time) int {
		part := seconds(from, t) / span
		return axisLeft + int(min(1, max(0, part))*axisWidth+0.5)
	}
	pic.From, pic.To = from.UTC().Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano)
	pic.NowX = x(s.frame.At)
	pic.NowShare = share(pic.NowX)
	if !s.played {
		pic.Axis = s.T("lifetimes.axis", "span", s.Span(to.Sub(s.frame.At)))
	}
	y := firstRow
	for _, l := range s.lives {
		bar, text := s.bar(l, x, y)
		pic.Bars = append(pic.Bars, bar)
		pic.Text = append(pic.Text, text)
		y += rowHeight
	}
	for _, m := range s.closings {
		pic.Closings = append(pic.Closings, templates.Closing{X: x(m.at), Share: share(x(m.at)), Text: m.text})
	}
	pic.Top, pic.Rows = firstRow-rowGap/2, rowHeight*len(s.lives)
	pic.Height = pic.Top + pic.Rows
	pic.Ticks = s.ticks(from, to, x)
	return pic
}

// seconds returns b-a in seconds. A time.Duration holds only 292 years, and the world's
// clock goes to the year 9999.
func seconds(from, to time.Time) float64 {
	return float64(to.Unix()-from.Unix()) + float64(to.Nanosecond()-from.Nanosecond())/1e9
}

// later returns a time some seconds after t, at most the last that RFC 3339 can represent.
func later(t time.Time, seconds float64) time.Time {
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	if t = time.Unix(t.Unix()+int64(seconds), int64(t.Nanosecond())); t.After(last) {
		return last
	}
	return t
}

func (s scene) bar(l life, x func(time.Time) int, y int) (templates.LifeBar, string) {
	begin := axisLeft
	if !l.from.IsZero() {
		begin = x(l.from)
	} else if !s.played {
		begin = x(s.frame.At)
	}
	bar := templates.LifeBar{Kind: l.kind, Y: y, X: begin, ColorIndex: l.color}
	name := s.T("lifetimes.row")
	if l.kind == "cookie" {
		name = s.T("lifetimes.cookie", "name", templates.Shorten(l.label, 14))
	}
	if l.browser != "" {
		name = l.browser + " · " + name
	}
	bar.Label = name
	var text string
	switch {
	case l.until != nil:
		bar.EndX = x(*l.until)
		left := l.until.Sub(s.frame.At)
		if bar.Dead = left <= 0; l.closed {
			bar.EndText = s.T("lifetimes.gone")
			text = s.T("lifetimes.text.gone", "name", name, "when", s.Moment(*l.until))
		} else if bar.Dead {
			bar.EndText = s.T("lifetimes.expired")
			text = s.T("lifetimes.text.expired", "name", name, "when", s.Moment(*l.until))
		} else {
			bar.EndText, bar.Until = s.Left(left), l.until.UTC().Format(time.RFC3339)
			text = s.T("lifetimes.text", "name", name, "left", s.Left(left), "when", s.Moment(*l.until))
		}
	case l.session:
		// The end is unknown but not before now: it is drawn as a haze.
		bar.EndX, bar.OpenEnded = min(axisLeft+axisWidth, max(begin+24, x(s.frame.At))), true
		bar.Haze = axisLeft + axisWidth - bar.EndX
		bar.EndText = s.T("lifetimes.closing")
		text = s.T("lifetimes.text.session", "name", name)
	default:
		bar.EndX = begin + 60
		bar.EndText = s.T("lifetimes.unknown")
		text = s.T("lifetimes.text.unknown", "name", name)
	}
	bar.W = max(4, bar.EndX-bar.X)
	for _, t := range l.notches {
		bar.Notches = append(bar.Notches, x(t))
	}
	return bar, text
}

// tickSteps are the possible distances of ticks, in seconds.
var tickSteps = []int64{15, 60, 300, 900, hour, 4 * hour, 12 * hour, day, 3 * day, 7 * day, 30 * day, 100 * day,
	year, 5 * year, 20 * year, 100 * year, 500 * year, 2000 * year}

const (
	hour = 60 * 60
	day  = 24 * hour
	year = 365 * day
)

// ticks returns about seven ticks at round distances from the beginning of the axis, or
// from now for a real browser.
func (s scene) ticks(from, to time.Time, x func(time.Time) int) []templates.LifeTick {
	i := 0
	for i < len(tickSteps)-1 && seconds(from, to)/float64(tickSteps[i]) > 7 {
		i++
	}
	step := tickSteps[i]
	next := func(t time.Time) time.Time { return time.Unix(t.Unix()+step, int64(t.Nanosecond())) }
	var ticks []templates.LifeTick
	if s.played {
		for t := from; !t.After(to); t = next(t) {
			ticks = append(ticks, templates.LifeTick{X: x(t), Share: share(x(t)), Text: tickText(t, step)})
		}
		return ticks
	}
	for t := next(s.frame.At); !t.After(to); t = next(t) {
		ticks = append(ticks, templates.LifeTick{X: x(t), Share: share(x(t)), Text: "+" + s.Span(t.Sub(s.frame.At))})
	}
	return ticks
}

// share returns a position on the axis as a percentage.
func share(x int) string {
	return strconv.FormatFloat(float64(x-axisLeft)*100/axisWidth, 'f', 2, 64) + "%"
}

// tickText returns the text of a tick: a date if the axis is long.
func tickText(t time.Time, step int64) string {
	switch {
	case step >= year:
		return t.UTC().Format("2006")
	case step >= 12*hour:
		return t.UTC().Format("01-02")
	default:
		return t.UTC().Format("15:04:05")
	}
}
