// Package take makes what a visitor can take away: frames on paper, as a HAR file or as
// curl commands; and what may be shown of frames to others.
//
// Whoever reads a session key can use the session. So the values of a real browser are
// masked (Mask) before anything is drawn. What is shown to a class leaves out more:
// Publish keeps only what a step itself has set.
package take

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/templates"
)

// Log is what is taken away at once. For a lesson it has a chapter for each step, for a
// visitor's own play a single one.
type Log struct {
	Name     string // of its file, without extension
	Title    string
	Lesson   bool // of a whole lesson
	Chapters []Chapter
	Live     bool // from a real browser
	Revealed bool // with the real browser's values, as requested
	Omitted  int  // frames that the page left out
}

// Chapter is a sequence of frames that belong together.
type Chapter struct {
	Title  string
	Number int // of its step, counted from 1
	Start  int // the frame that the step begins with
	Frames []Frame
}

// Frame is a frame with a label for its action.
type Frame struct {
	Label string
	world.Frame
}

// Errors for frames that cannot be taken away.
var (
	ErrMalformed = errors.New("a frame is none")
	ErrTooLarge  = errors.New("there is more than can be taken away at once")
)

const (
	maxFrames  = 500
	maxSecrets = 2000 // values, counting each form in which one may appear
)

// Played returns the frames of a played script with their labels.
func Played(w templates.Words, frames []world.Frame) []Frame {
	list := make([]Frame, 0, len(frames))
	for _, f := range frames {
		list = append(list, Frame{scene.Label(w, f.Action) + details(f.Action), f})
	}
	return list
}

// details returns what is printed but not shown in the timeline: the line that a script
// ran, and the page that a request came from.
func details(action *world.Action) string {
	switch {
	case action == nil:
		return ""
	case action.Do == "script" && action.Set != nil:
		return ` document.cookie = "` + *action.Set + `"`
	case action.Initiator != "":
		return " ← " + strings.TrimSpace(action.Kind+" "+action.Initiator)
	}
	return ""
}

// Posted is a frame that a page was given (Keep) and sends back, with the label of the
// button that was pressed.
type Posted struct {
	Label string      `json:"label"`
	Frame world.Frame `json:"frame"`
}

// Keep returns the part of a live frame that its page keeps for taking away: what the
// panels show of this page, with the last exchange only.
func Keep(f world.Frame) world.Frame {
	f.Exchanges, f.Verdicts, f.Server.Told, f.Server.Total = nil, nil, nil, nil
	return mapLooks(f, func(look *world.Look) {
		look.Elsewhere, look.Able, look.Key, look.More = nil, nil, "", 0
		for i := range look.Known {
			// All count as the visitor's own cookies, so that scene does not veil their values.
			look.Known[i] = world.Known{Unknown: look.Known[i].Unknown, Ours: true}
		}
	})
}

// mapLooks returns a copy of a frame with its looks changed.
func mapLooks(f world.Frame, change func(*world.Look)) world.Frame {
	browsers := make(map[string]world.Browser, len(f.Browsers))
	for name, b := range f.Browsers {
		if b.Look != nil {
			look := *b.Look
			look.Known = slices.Clone(look.Known)
			change(&look)
			b.Look = &look
		}
		browsers[name] = b
	}
	f.Browsers = browsers
	return f
}

// Observed returns frames that a page sends back, masked unless revealed. They are
// validated, since anybody can send anything.
func Observed(posted []Posted, revealed bool) ([]Frame, error) {
	if len(posted) > maxFrames {
		return nil, ErrTooLarge
	}
	list := make([]Frame, 0, len(posted))
	for _, p := range posted {
		f, err := p.observed()
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	if revealed {
		return list, nil
	}
	return Mask(list)
}

// observed returns the frame as one of a single real browser, whatever the page sent.
func (p Posted) observed() (Frame, error) {
	f := Frame{p.Label, p.Frame}
	if f.Exchange != nil && !wellFormed(*f.Exchange) {
		return f, ErrMalformed
	}
	const own = "A"
	b := f.Browsers[own]
	if b.Look == nil {
		b.Look = &world.Look{Scripted: b.DocumentCookie != ""}
	}
	b.Look.Known = slices.Grow(b.Look.Known, len(b.Jar))
	for len(b.Look.Known) < len(b.Jar) {
		b.Look.Known = append(b.Look.Known, world.Known{})
	}
	f.Browsers = map[string]world.Browser{own: b}
	f.Server.Absent = false
	f.Frame = Keep(f.Frame)
	if a := f.Action; a != nil && a.Do == "script" && a.Set != nil {
		f.Label = strings.TrimSpace(details(a))
	}
	return f, nil
}

var methodToken = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$")

// wellFormed reports whether a reported exchange is possible.
func wellFormed(e world.Exchange) bool {
	u, err := url.Parse(e.Request.URL)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		methodToken.MatchString(e.Request.Method) && e.Response.Status >= 0 && e.Response.Status <= 999
}

// requests calls each for every exchange of a log in order, with the number of its
// chapter, its frame and the browser that made it.
func (l Log) requests(each func(chapter int, f Frame, by string, e world.Exchange)) {
	for n, chapter := range l.Chapters {
		for _, f := range chapter.Frames {
			for i, e := range f.Wire() {
				each(n, f, f.By(i), e)
			}
		}
	}
}

// heading returns the title of a chapter, under the log's own title.
func (l Log) heading(c Chapter) string {
	switch {
	case c.Title == "":
		return l.Title
	case l.Lesson:
		return strconv.Itoa(c.Number) + " · " + c.Title
	default:
		return l.Title + " · " + c.Title
	}
}

// AboutValues returns a text on whether the values of a real browser are in a log. In the
// time machine there are none.
func AboutValues(w templates.Words, l Log) string {
	switch {
	case !l.Live:
		return ""
	case l.Revealed:
		return w.T("handout.revealed")
	default:
		return w.T("handout.masked")
	}
}
