package handlers

import (
	"strconv"
	"time"

	"cookielab/templates"
)

// life is one bar of the lifetimes picture: a cookie or a row, from when it came to
// when it ends.
type life struct {
	kind    string // cookie, row
	label   string // cookie's name; empty for a row
	browser string
	from    time.Time // zero: not known, then the bar begins at the axis
	until   *time.Time
	session bool        // ends with the browser
	closed  bool        // has ended before its time
	notches []time.Time // when it was written again
	color   int
}

// mark is a moment on the axis: a browser was closed.
type mark struct {
	at   time.Time
	text string
}

const (
	pictureWidth = 960
	axisLeft     = 190
	axisWidth    = 600
	rowHeight    = 30
)

// lifetimes draws the lives over one time axis. The axis begins with the first
// thing that is drawn and ends with the last one; what has no end is drawn to two
// fifths, with an open edge.
func (s scene) lifetimes() templates.Lifetimes {
	pic := templates.Lifetimes{World: s.world, Width: pictureWidth, AxisX: axisLeft, AxisW: axisWidth, NowText: s.t("lifetimes.now")}
	from, to := s.now, s.now
	for _, l := range s.lives {
		if !l.from.IsZero() && l.from.Before(from) {
			from = l.from
		}
		if l.until != nil && l.until.After(to) {
			to = *l.until
		}
	}
	if to.Sub(from) < time.Minute {
		to = from.Add(time.Minute)
	}
	span := to.Sub(from)
	if s.world {
		// Room to drag now beyond what is known: that is fast-forward.
		to = to.Add(span / 12)
		span = to.Sub(from)
	} else {
		// A little room before now, so that the line does not stand on the edge.
		from = from.Add(-span / 25)
		span = to.Sub(from)
	}
	x := func(t time.Time) int {
		share := float64(t.Sub(from)) / float64(span)
		return axisLeft + int(min(1, max(0, share))*axisWidth+0.5)
	}
	pic.From, pic.To = from.UTC().Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano)
	pic.NowX = x(s.now)
	if !s.world {
		pic.Axis = s.t("lifetimes.axis", "span", s.span(to.Sub(s.now)))
	}
	y := 16
	for _, l := range s.lives {
		bar, text := s.bar(l, x, y)
		pic.Bars = append(pic.Bars, bar)
		pic.Text = append(pic.Text, text)
		y += rowHeight
	}
	for _, m := range s.marks {
		pic.Marks = append(pic.Marks, templates.LifeMark{X: x(m.at), Text: m.text})
	}
	pic.Height = y + 22
	pic.Ticks = s.ticks(from, to, x)
	return pic
}

func (s scene) bar(l life, x func(time.Time) int, y int) (templates.LifeBar, string) {
	begin := axisLeft
	if !l.from.IsZero() {
		begin = x(l.from)
	} else if !s.world {
		begin = x(s.now)
	}
	bar := templates.LifeBar{Kind: l.kind, Y: y, X: begin, EndAnchor: "start", ColorIndex: l.color}
	name := s.t("lifetimes.row")
	if l.kind == "cookie" {
		name = s.t("lifetimes.cookie", "name", shorten(l.label, 14))
	}
	if l.browser != "" {
		name = l.browser + " · " + name
	}
	bar.Label = name
	var text string
	switch {
	case l.until != nil:
		bar.EndX = x(*l.until)
		left := l.until.Sub(s.now)
		if bar.Dead = left <= 0; l.closed {
			bar.EndText = s.t("lifetimes.gone")
			text = s.t("lifetimes.text.gone", "name", name, "when", s.moment(*l.until))
		} else if bar.Dead {
			bar.EndText = s.t("lifetimes.expired")
			text = s.t("lifetimes.text.expired", "name", name, "when", s.moment(*l.until))
		} else {
			bar.EndText, bar.Until = s.left(left), l.until.UTC().Format(time.RFC3339)
			text = s.t("lifetimes.text", "name", name, "left", s.left(left), "when", s.moment(*l.until))
		}
	case l.session:
		bar.EndX, bar.OpenEnded = max(begin+40, axisLeft+axisWidth*2/5), true
		bar.EndText = s.t("lifetimes.closing")
		text = s.t("lifetimes.text.session", "name", name)
	default:
		bar.EndX = begin + 60
		bar.EndText = s.t("lifetimes.unknown")
		text = s.t("lifetimes.text.unknown", "name", name)
	}
	bar.W = max(4, bar.EndX-bar.X)
	for _, t := range l.notches {
		bar.Notches = append(bar.Notches, x(t))
	}
	return bar, text
}

// span is a length of time in its largest fitting unit.
func (w words) span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return w.t("span.days", "n", strconv.FormatFloat(float64(int(d.Hours()/2.4+0.5))/10, 'f', -1, 64))
	case d >= 2*time.Hour:
		return w.t("span.hours", "n", strconv.FormatFloat(float64(int(d.Minutes()/6+0.5))/10, 'f', -1, 64))
	case d >= 2*time.Minute:
		return w.t("span.minutes", "n", strconv.Itoa(int(d.Minutes()+0.5)))
	default:
		return w.t("span.seconds", "n", strconv.Itoa(int(d.Seconds()+0.5)))
	}
}

// ticks are round distances from now, four or so.
func (s scene) ticks(from, to time.Time, x func(time.Time) int) []templates.LifeTick {
	var step time.Duration
	for _, step = range []time.Duration{time.Second * 15, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour,
		12 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 100 * 24 * time.Hour, 365 * 24 * time.Hour} {
		if to.Sub(from)/step <= 6 {
			break
		}
	}
	var ticks []templates.LifeTick
	if s.world {
		for t := from; !t.After(to) && len(ticks) < 12; t = t.Add(step) {
			ticks = append(ticks, templates.LifeTick{X: x(t), Text: s.tickText(t, step)})
		}
		return ticks
	}
	for t := s.now.Add(step); !t.After(to) && len(ticks) < 8; t = t.Add(step) {
		ticks = append(ticks, templates.LifeTick{X: x(t), Text: "+" + s.span(t.Sub(s.now))})
	}
	return ticks
}

// tickText is a moment on the world's axis: a date where the axis is long.
func (s scene) tickText(t time.Time, step time.Duration) string {
	if step >= 12*time.Hour {
		return t.UTC().Format("01-02")
	}
	return t.UTC().Format("15:04:05")
}
