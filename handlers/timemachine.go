package handlers

import (
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// maxDrawn is how many octets of HTML a script is answered with, beside the frame that
// was asked for: enough for an ordinary script of a hundred actions.
const maxDrawn = 5 << 19

// drawnFrame is a frame for the time machine's page. It is drawn by the same code as the
// live page, so that the page only has to display it. HTML and Goal are empty in the
// frames of a long script that are far from the one asked for; the page asks for them
// when it needs them.
type drawnFrame struct {
	At      time.Time `json:"at"`
	Label   string    `json:"label"`
	Status  int       `json:"status"`
	HTML    string    `json:"html"`
	Expires string    `json:"next_expiry"` // when the next cookie or row expires, or ""
	Goal    string    `json:"goal,omitempty"`
}

// drawn is the answer to the time machine's page for a script.
type drawn struct {
	Frames    []drawnFrame `json:"frames"`
	Browsers  []string     `json:"browsers"`
	Lifetimes string       `json:"lifetimes"`
	Verdict   string       `json:"verdict"`
}

// drawRequest is a script and the step that it belongs to. At is the frame to show; without
// it the last one.
type drawRequest struct {
	At     *int   `json:"at"`
	Lesson string `json:"lesson"`
	Step   string `json:"step"`
	Task   string `json:"task"`
	Guess  string `json:"guess"`
}

// drawPlay plays a script and draws its frames.
func (a *app) drawPlay(c echo.Context, text []byte) error {
	lang := pathLanguage(c)
	var req drawRequest
	if err := json.Unmarshal(text, &req); err != nil {
		return &world.ScriptError{Action: -1, Msg: "this is not JSON"}
	}
	script, err := world.ParseScript(text)
	if err != nil {
		return err
	}
	script.Lang = lang
	frames, err := world.Play(script, site.Handler, scene.Tell)
	if err != nil {
		return err
	}
	at := len(frames) - 1
	if req.At != nil {
		at = min(max(0, *req.At), at)
	}
	p := drawing{app: a, lang: lang, actions: script.Actions, frames: frames, task: a.taskOf(req.Lesson, req.Task)}
	if step := a.findStep(req.Lesson, req.Step); step != nil && sameActions(script.Actions, step.Actions()) {
		p.step, p.verdict = step, a.judge(lang, step, step.Played(frames), req.Guess)
	}
	out, err := p.draw(at)
	if err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, out)
}

// sameActions reports whether a script has exactly the actions of a step.
func sameActions(script, step []world.Action) bool {
	a, errA := json.Marshal(script)
	b, errB := json.Marshal(step)
	return errA == nil && errB == nil && string(a) == string(b)
}

// drawing is a played script on its way to the page.
type drawing struct {
	*app
	lang    string
	actions []world.Action
	frames  []world.Frame
	names   []string               // of all browsers
	task    *lessons.Task          // that the script is played for, or nil
	step    *lessons.Step          // that the script is played for, with its verdict, or nil
	verdict *templates.VerdictView // on the last frame
}

// draw returns all frames, the one at an index with its panels, and of those around it as
// many as maxDrawn allows.
func (d *drawing) draw(at int) (drawn, error) {
	w, last := templates.Words(d.lang), d.frames[len(d.frames)-1]
	d.names = slices.AppendSeq([]string{}, maps.Keys(last.Browsers))
	slices.Sort(d.names)
	out := drawn{Browsers: d.names}
	for _, f := range d.frames {
		one := drawnFrame{At: f.At, Label: scene.Label(w, f.Action)}
		if f.Exchange != nil {
			one.Status = f.Exchange.Response.Status
		}
		if next := scene.NextExpiry(f); !next.IsZero() {
			one.Expires = next.UTC().Format(time.RFC3339)
		}
		out.Frames = append(out.Frames, one)
	}
	left := maxDrawn
	for n := range around(at, len(d.frames)) {
		html, goal, err := d.frame(n)
		if err != nil {
			return out, err
		}
		if left -= len(html) + len(goal); left < 0 && n != at {
			break
		}
		out.Frames[n].HTML, out.Frames[n].Goal = html, goal
	}
	var err error
	if d.step != nil {
		if out.Verdict, err = d.part(d.lang, "lesson", "verdict", templates.Live{Verdict: d.verdict}); err != nil {
			return out, err
		}
	}
	out.Lifetimes, err = d.part(d.lang, "lesson", "lifetimes", scene.Lifetimes(w, d.frames))
	return out, err
}

// around returns the indices below n, those nearest to at first; of two equally near the
// earlier one, with which the page compares.
func around(at, n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for far := range n {
			if at-far >= 0 && !yield(at-far) || far > 0 && at+far < n && !yield(at+far) {
				return
			}
		}
	}
}

// frame draws the panels of a frame, and the goal if the script is for a task.
func (d *drawing) frame(n int) (panels, goal string, err error) {
	view := historical(templates.Words(d.lang), d.frames[:n+1], d.names)
	if d.step != nil && n == len(d.frames)-1 {
		tellHappened(&view, d.verdict, d.step.Text[d.lang])
	}
	if d.task != nil {
		if goal, err = d.playedGoal(d.lang, d.task, d.frames, d.actions, n); err != nil {
			return "", "", err
		}
	}
	panels, err = d.part(d.lang, "lesson", "panels", view)
	return panels, goal, err
}

// historical draws the last of some frames; the number of its exchange counts all before it.
func historical(w templates.Words, frames []world.Frame, browsers []string) templates.Panels {
	panels := scene.Panels(w, scene.Seat(frames[len(frames)-1], browsers))
	if len(panels.Wire.Exchanges) > 0 {
		n := 0
		for _, f := range frames {
			if n += len(f.Exchanges); len(f.Exchanges) == 0 && f.Exchange != nil {
				n++
			}
		}
		panels.Wire.Count = w.T("wire.count", "n", strconv.Itoa(n))
	}
	return panels
}
