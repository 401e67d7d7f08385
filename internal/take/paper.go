package take

import (
	"iter"
	"slices"
	"strings"

	"cookielab/internal/scene"
	"cookielab/templates"
)

// Moments draws the frames of a chapter that are printed, the last first: the frame where
// its step starts, unless empty, and those after it. If revealed, session keys are printed
// in full.
func (c Chapter) Moments(w templates.Words, revealed bool) iter.Seq[templates.Moment] {
	return func(yield func(templates.Moment) bool) {
		// Frame 0 of a script is the state before it.
		first := 0
		if len(c.Frames) > 1 && !c.Frames[0].Observed() {
			first = max(1, c.Start+1)
		}
		for i, f := range slices.Backward(c.Frames[first:]) {
			if !yield(templates.Moment{N: i + 1, Label: f.Label, Panels: printed(w, f, revealed)}) {
				return
			}
		}
		if c.Start == 0 {
			return
		}
		var led []string
		for _, f := range c.Frames[1 : c.Start+1] {
			led = append(led, f.Label)
		}
		yield(templates.Moment{Start: true, Label: strings.Join(led, " · "), Panels: printed(w, c.Frames[c.Start], revealed)})
	}
}

// onPaper is how much of a frame is printed.
var onPaper = scene.Most{Cookies: 20, Rows: 20, Notes: 20, Exchanges: 20}

func printed(w templates.Words, f Frame, revealed bool) templates.Panels {
	p := scene.Brief(w, f.Frame, onPaper)
	if !revealed {
		return p
	}
	for _, b := range p.Browsers {
		for i := range b.Cookies {
			b.Cookies[i].Badge, b.Cookies[i].Shown = nil, b.Cookies[i].Value
		}
	}
	for i := range p.Server.Rows {
		p.Server.Rows[i].Badge = nil
	}
	wire := f.Wire()
	for i, e := range wire[len(wire)-len(p.Wire.Exchanges):] {
		reveal(p.Wire.Exchanges[i].Request.Lines, e.Request.Headers)
		reveal(p.Wire.Exchanges[i].Response.Lines, e.Response.Headers)
	}
	return p
}

// reveal puts the full Cookie and Set-Cookie lines into a panel, which has them in the
// order of the headers.
func reveal(lines []templates.HeaderLine, headers [][2]string) {
	i := 0
	for _, h := range headers {
		if h[0] != "Cookie" && h[0] != "Set-Cookie" {
			continue
		}
		for i < len(lines) && lines[i].Name != h[0] {
			i++
		}
		if i == len(lines) {
			return
		}
		lines[i].Pieces = scene.PlainHeader(h).Pieces
		i++
	}
}
