package handlers

import (
	"encoding/json"
	"net/http"
	"sort"
	"strconv"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// drawnFrame is a frame for the time machine's page. It is drawn by the same code as the
// live page, so that the page only has to display it.
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

// drawRequest is a script and the step that it belongs to.
type drawRequest struct {
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
	out, err := a.drawFrames(lang, frames)
	if err != nil {
		return err
	}
	if task := a.taskOf(req.Lesson, req.Task); task != nil {
		for n := range out.Frames {
			if out.Frames[n].Goal, err = a.playedGoal(lang, task, frames, script.Actions, n); err != nil {
				return err
			}
		}
	}
	if step := a.findStep(req.Lesson, req.Step); step != nil && sameActions(script.Actions, step.Actions()) {
		v := a.judge(lang, step, step.Played(frames), req.Guess)
		last := len(frames) - 1
		panels := historical(templates.Words(lang), frames, out.Browsers)
		tellHappened(&panels, v, step.Text[lang])
		if out.Frames[last].HTML, err = a.part(lang, "lesson", "panels", panels); err != nil {
			return err
		}
		if out.Verdict, err = a.part(lang, "lesson", "verdict", templates.Live{Verdict: v}); err != nil {
			return err
		}
	}
	return sendJSON(c, http.StatusOK, out)
}

// sameActions reports whether a script has exactly the actions of a step.
func sameActions(script, step []world.Action) bool {
	a, errA := json.Marshal(script)
	b, errB := json.Marshal(step)
	return errA == nil && errB == nil && string(a) == string(b)
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

// drawFrames draws frames. If the answer would be too large, it returns ErrTooLarge.
func (a *app) drawFrames(lang string, frames []world.Frame) (drawn, error) {
	w, out := templates.Words(lang), drawn{Browsers: []string{}}
	last := frames[len(frames)-1]
	for name := range last.Browsers {
		out.Browsers = append(out.Browsers, name)
	}
	sort.Strings(out.Browsers)
	size := 0
	for i, f := range frames {
		html, err := a.part(lang, "lesson", "panels", historical(w, frames[:i+1], out.Browsers))
		if err != nil {
			return out, err
		}
		if size += len(html); size > world.MaxOutput {
			return out, world.ErrTooLarge
		}
		d := drawnFrame{At: f.At, Label: scene.Label(w, f.Action), HTML: html}
		if f.Exchange != nil {
			d.Status = f.Exchange.Response.Status
		}
		if next := scene.NextExpiry(f); !next.IsZero() {
			d.Expires = next.UTC().Format(time.RFC3339)
		}
		out.Frames = append(out.Frames, d)
	}
	var err error
	out.Lifetimes, err = a.part(lang, "lesson", "lifetimes", scene.Lifetimes(w, frames))
	return out, err
}
