package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/jar"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// keepsake is what a visitor takes away: on paper, as HAR or as curl lines. Of a
// lesson it has a chapter for each step, of one's own play only one.
type keepsake struct {
	name     string // of its file
	title    string
	lesson   *lessons.Lesson
	chapters []chapter
	live     bool // a real browser's
	revealed bool // with the real browser's values, which were asked for
	omitted  int  // frames that the page left out
}

// chapter is a run of frames that belong together.
type chapter struct {
	title   string
	step    *lessons.Step // nil in the lab
	start   int           // the frame that the step begins with
	frames  []keptFrame
	verdict *templates.VerdictView
}

// keptFrame is one action and what stood on the page after it.
type keptFrame struct {
	label string
	scene scene
}

// What can be taken away at once.
const (
	maxTaken       = 256 << 10 // octets of the request
	maxTakenFrames = 500
	maxKeepsake    = world.MaxOutput // octets of the answer
)

// moment is what a page holds: in the time machine the script, which is played
// again here, in a real browser the frames that the page has seen.
type moment struct {
	Lesson  string      `json:"lesson"`
	Step    string      `json:"step"`
	Frames  []seenFrame `json:"frames"`
	Omitted int         `json:"omitted"`
}

// seenFrame is a frame of the live page: what its panels said, and the exchange.
type seenFrame struct {
	Label    string          `json:"label"`
	At       time.Time       `json:"at"`
	Address  string          `json:"address"`
	Cookies  []seenCookie    `json:"cookies"`
	Script   *string         `json:"document_cookie"`
	Line     *string         `json:"script"` // a line of JavaScript that was run
	Rows     []rowSeen       `json:"rows"`
	Exchange *world.Exchange `json:"exchange"`
	Sentence string          `json:"sentence"`
	Notes    []seenNote      `json:"notes"`
}

// seenNote is a sentence, as the page had it.
type seenNote struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// seenCookie is a card of the browser panel: its data attributes (contract, section
// 5), each of which may be unknown.
type seenCookie struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	Domain      string `json:"domain"`
	HostOnly    string `json:"hostOnly"`
	Path        string `json:"path"`
	Expires     string `json:"expires"`
	Secure      string `json:"secure"`
	HTTPOnly    string `json:"httpOnly"`
	SameSite    string `json:"sameSite"`
	Partitioned string `json:"partitioned"`
}

func (c seenCookie) seen() jar.Seen {
	s := jar.Seen{Ours: true, Cookie: jar.Cookie{
		Name: c.Name, Value: c.Value, Domain: c.Domain, HostOnly: c.HostOnly == "true", Path: c.Path,
		Secure: c.Secure == "true", HTTPOnly: c.HTTPOnly == "true", SameSite: c.SameSite, Partitioned: c.Partitioned == "true",
	}}
	if at, err := time.Parse(time.RFC3339, c.Expires); err == nil {
		s.Expires = &at
	}
	for _, is := range []struct {
		fact  jar.Fact
		value string
	}{
		{jar.FactScope, c.Domain}, {jar.FactPath, c.Path}, {jar.FactExpires, c.Expires}, {jar.FactSecure, c.Secure},
		{jar.FactHTTPOnly, c.HTTPOnly}, {jar.FactSameSite, c.SameSite}, {jar.FactPartitioned, c.Partitioned},
	} {
		if is.value == unknown {
			s.Unknown = append(s.Unknown, is.fact)
		}
	}
	return s
}

// A form in which a keepsake is sent.
type takenAs func(c echo.Context, kept keepsake) error

// takeAway makes what a page asks for out of the moment that it posts. It depends on
// the request alone, and only this site's own pages may ask: what they post is said
// in this site's name.
func (a *app) takeAway(as takenAs) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !sameOrigin(c.Request()) {
			return echo.ErrForbidden
		}
		text, revealed, err := readMoment(c.Request())
		if err != nil {
			return err
		}
		leave, err := a.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		kept, err := a.keep(pathLanguage(c), text, revealed)
		if err != nil {
			return err
		}
		return as(c, kept)
	}
}

// takeLesson makes it of a whole lesson, played in the world.
func (a *app) takeLesson(as takenAs) echo.HandlerFunc {
	return func(c echo.Context) error {
		lesson, ok := a.Lessons.Lesson(c.Param("id"))
		if !ok {
			return echo.ErrNotFound
		}
		leave, err := a.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		kept, err := keepLesson(pathLanguage(c), lesson)
		if err != nil {
			return err
		}
		return as(c, kept)
	}
}

// enter takes one of the places for scripts that are played.
func (a *app) enter(c echo.Context) (leave func(), err error) {
	leave, ok := a.plays.enter(c)
	if !ok {
		return nil, echo.ErrServiceUnavailable
	}
	return leave, nil
}

// sameOrigin reports whether a request was made by a page of this site, as far as the
// browser says.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// readMoment reads the form that a page posts.
func readMoment(r *http.Request) (text []byte, revealed bool, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != echo.MIMEApplicationForm {
		return nil, false, echo.ErrUnsupportedMediaType
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxTaken+1))
	if err != nil {
		return nil, false, echo.ErrBadRequest
	}
	if len(body) > maxTaken {
		return nil, false, echo.ErrStatusRequestEntityTooLarge
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, false, echo.ErrBadRequest
	}
	return []byte(form.Get("moment")), form.Get("reveal") == "1", nil
}

// keep reads a moment.
func (a *app) keep(lang string, text []byte, revealed bool) (keepsake, error) {
	var m moment
	if json.Unmarshal(text, &m) != nil {
		return keepsake{}, echo.ErrBadRequest
	}
	w := words(lang)
	kept := keepsake{name: "cookielab", title: w.t("lab.title")}
	one := chapter{step: a.findStep(m.Lesson, m.Step)}
	if one.step != nil {
		kept.name += "-" + m.Lesson + "-" + m.Step
		kept.title = one.step.Lesson.Text[lang].Title
		one.title = one.step.Text[lang].Title
	}
	var err error
	switch {
	case one.step != nil && one.step.Jar != nil:
		// Asked of the jar model: no browser has had a part in it.
		one, err = keepStep(lang, one.step)
	case m.Frames != nil:
		kept.live, kept.revealed, kept.omitted = true, revealed, max(0, m.Omitted)
		one.frames, err = keepSeen(lang, m.Frames, revealed)
	default:
		one.frames, err = keepPlayed(lang, text)
	}
	kept.chapters = []chapter{one}
	return kept, err
}

// keepPlayed plays a script again.
func keepPlayed(lang string, text []byte) ([]keptFrame, error) {
	if len(text) > maxScript {
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	script, err := world.ParseScript(text)
	if err != nil {
		return nil, echo.ErrBadRequest
	}
	script.Lang = lang
	frames, err := world.Play(script, site.Handler, tell)
	switch {
	case errors.As(err, new(*world.ScriptError)):
		return nil, echo.ErrBadRequest
	case errors.Is(err, world.ErrTooLarge):
		return nil, echo.ErrStatusRequestEntityTooLarge
	case err != nil:
		return nil, err
	}
	return keepFrames(lang, frames), nil
}

func keepFrames(lang string, frames []world.Frame) []keptFrame {
	kept := make([]keptFrame, 0, len(frames))
	for _, f := range frames {
		s := frameScene(lang, f)
		kept = append(kept, keptFrame{s.label(f.Action) + details(f.Action), s})
	}
	return kept
}

// details are what paper has room for and the timeline has not: the line that a
// script ran, and the page that a request came from.
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

// keepSeen takes what a page has seen, masked unless that was not wanted.
func keepSeen(lang string, frames []seenFrame, revealed bool) ([]keptFrame, error) {
	if len(frames) > maxTakenFrames {
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	var hide mask
	for _, f := range frames {
		if f.Exchange != nil && !wellFormed(*f.Exchange) {
			return nil, echo.ErrBadRequest
		}
		if hide.learnFrom(f); len(hide.secrets) > maxSecrets {
			return nil, echo.ErrStatusRequestEntityTooLarge
		}
	}
	hide.sort()
	kept := make([]keptFrame, 0, len(frames))
	for _, f := range frames {
		if !revealed {
			hide.frame(&f)
		}
		if f.Line != nil && *f.Line != "" {
			f.Label = `document.cookie = "` + *f.Line + `"`
		}
		kept = append(kept, keptFrame{f.Label, f.scene(lang)})
	}
	return kept, nil
}

var methodToken = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$")

// wellFormed reports whether a reported exchange can be one.
func wellFormed(e world.Exchange) bool {
	u, err := url.Parse(e.Request.URL)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		methodToken.MatchString(e.Request.Method) && e.Response.Status >= 0 && e.Response.Status <= 999
}

// scene is the frame as the panels draw it.
func (f seenFrame) scene(lang string) scene {
	h := holder{url: f.Address, scripted: f.Script != nil}
	if f.Script != nil {
		h.script = *f.Script
	}
	for _, c := range f.Cookies {
		h.seen = append(h.seen, c.seen())
	}
	s := scene{words: words(lang), now: f.At, holders: []holder{h}, rows: rowsOf(f.Rows)}
	if f.Sentence != "" {
		s.notes = append(s.notes, world.Note{Text: f.Sentence})
	}
	for _, n := range f.Notes {
		s.notes = append(s.notes, world.Note{Code: n.Code, Text: n.Text})
	}
	if f.Exchange != nil {
		s.exchanges = []world.Exchange{*f.Exchange}
	}
	return s
}

// keepLesson plays every step of a lesson.
func keepLesson(lang string, lesson *lessons.Lesson) (keepsake, error) {
	kept := keepsake{name: "cookielab-" + lesson.ID, title: lesson.Text[lang].Title, lesson: lesson}
	for _, step := range lesson.Steps {
		one, err := keepStep(lang, step)
		if err != nil {
			return kept, err
		}
		kept.chapters = append(kept.chapters, one)
	}
	return kept, nil
}

// keepStep plays a step, or asks the jar model.
func keepStep(lang string, step *lessons.Step) (chapter, error) {
	one := chapter{title: step.Text[lang].Title, step: step}
	if step.Jar != nil {
		model, err := ask(lang, *step.Jar, world.Epoch)
		if err != nil {
			return one, err
		}
		one.frames = []keptFrame{{jarAction(words(lang), step).Label, model.scene}}
		one.verdict = verdict(lang, step, lessons.Answered(model.answer, world.Epoch), "")
		return one, nil
	}
	frames, err := world.Play(world.Script{Lang: lang, Actions: step.Actions()}, site.Handler, tell)
	if err != nil {
		return one, err
	}
	one.frames, one.start = keepFrames(lang, frames), len(step.From)
	one.verdict = verdict(lang, step, step.Played(frames), "")
	return one, nil
}

// requests are the exchanges of a keepsake, in their order.
func (k keepsake) requests(each func(page int, f keptFrame, by string, e world.Exchange)) {
	for page, one := range k.chapters {
		for _, f := range one.frames {
			for i, e := range f.scene.exchanges {
				by := ""
				if i < len(f.scene.by) {
					by = f.scene.by[i]
				}
				each(page, f, by, e)
			}
		}
	}
}

// attach sends a keepsake as a file.
func attach(c echo.Context, kind, disposition, name string, content []byte) error {
	if len(content) > maxKeepsake {
		return echo.ErrStatusRequestEntityTooLarge
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, disposition+"; filename="+strconv.Quote(name))
	return c.Blob(http.StatusOK, kind, content)
}
