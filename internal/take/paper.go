package take

import (
	"strconv"
	"strings"

	"cookielab/internal/scene"
	"cookielab/templates"
)

// Moments draws the frames of a chapter that are printed: the frame where its step
// starts, unless empty, and those after it. If revealed, session keys are printed in
// full.
func (c Chapter) Moments(w templates.Words, revealed bool) []templates.Moment {
	var list []templates.Moment
	frames := c.Frames
	if c.Start > 0 {
		var led []string
		for _, f := range frames[1 : c.Start+1] {
			led = append(led, f.Label)
		}
		list = append(list, templates.Moment{Start: true, Label: strings.Join(led, " · "), Panels: printed(w, frames[c.Start], revealed)})
	}
	// Frame 0 of a script is the state before it.
	if len(frames) > 1 && !frames[0].Observed() {
		frames = frames[max(1, c.Start+1):]
	}
	for i, f := range frames {
		list = append(list, templates.Moment{N: i + 1, Label: f.Label, Panels: printed(w, f, revealed)})
	}
	return list
}

// onPaper is how many cookies of a browser, and how many notes, are printed for a frame.
const onPaper = 20

func printed(w templates.Words, f Frame, revealed bool) templates.Panels {
	p := scene.Panels(w, f.Frame)
	for i, b := range p.Browsers {
		if more := len(b.Cookies) - onPaper; more > 1 {
			p.Browsers[i].Cookies, p.Browsers[i].More = b.Cookies[:onPaper], w.T("handout.more", "n", strconv.Itoa(more))
		}
	}
	p.Notes = p.Notes[:min(len(p.Notes), onPaper)]
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
	for i, e := range f.Wire() {
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
