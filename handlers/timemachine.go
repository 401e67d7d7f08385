package handlers

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"cookielab/handlers/site"
	"cookielab/internal/jar"
	"cookielab/internal/world"
	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// drawnFrame is a frame as the time machine's page has it: drawn by the parts that
// draw the live page, so that stepping needs nothing but to put it in its place.
type drawnFrame struct {
	At      string   `json:"at"`
	Label   string   `json:"label"`
	Status  int      `json:"status"`
	Flies   []flight `json:"flies"`
	HTML    string   `json:"html"`
	Expires string   `json:"next_expiry"` // the next moment at which something expires, or empty
}

// flight is a cookie that travels: from a jar with a request, or into it.
type flight struct {
	Browser string `json:"browser"`
	Name    string `json:"name"`
	In      bool   `json:"in"`
}

// drawn is what the time machine's page gets for a script.
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
	frames, err := world.Play(script, site.Handler, tell)
	if err != nil {
		return err
	}
	out, err := a.drawFrames(lang, frames)
	if err != nil {
		return err
	}
	if step := a.findStep(req.Lesson, req.Step); step != nil && sameActions(script.Actions, step.Actions()) {
		v := verdict(lang, step, step.Played(frames), req.Guess)
		last := len(frames) - 1
		s := frameScene(lang, frames[last])
		s.seat(out.Browsers)
		panels := s.panels()
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

func (a *app) findStep(lesson, id string) *lessons.Step {
	l, ok := a.Lessons.Lesson(lesson)
	if !ok {
		return nil
	}
	i := slices.IndexFunc(l.Steps, func(s *lessons.Step) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return l.Steps[i]
}

// sameActions reports whether a script is a step, whole.
func sameActions(script, step []world.Action) bool {
	a, errA := json.Marshal(script)
	b, errB := json.Marshal(step)
	return errA == nil && errB == nil && string(a) == string(b)
}

func (a *app) part(lang, page, part string, data any) (string, error) {
	var b strings.Builder
	err := a.Pages.Part(&b, lang, page, part, data)
	return b.String(), err
}

// drawFrames draws frames; what is too much for a browser is ErrTooLarge.
func (a *app) drawFrames(lang string, frames []world.Frame) (drawn, error) {
	out := drawn{Browsers: []string{}}
	last := frames[len(frames)-1]
	for name := range last.Browsers {
		out.Browsers = append(out.Browsers, name)
	}
	sort.Strings(out.Browsers)
	size := 0
	for _, f := range frames {
		s := frameScene(lang, f)
		s.seat(out.Browsers)
		html, err := a.part(lang, "lesson", "panels", s.panels())
		if err != nil {
			return out, err
		}
		if size += len(html); size > world.MaxOutput {
			return out, world.ErrTooLarge
		}
		d := drawnFrame{At: f.At, Label: s.label(f.Action), HTML: html, Flies: flights(f)}
		if f.Exchange != nil {
			d.Status = f.Exchange.Response.Status
		}
		if next := nextExpiry(s.now, f); !next.IsZero() {
			d.Expires = next.UTC().Format(time.RFC3339)
		}
		out.Frames = append(out.Frames, d)
	}
	whole := frameScene(lang, last)
	whole.lives, whole.marks = history(whole.words, frames)
	var err error
	out.Lifetimes, err = a.part(lang, "lesson", "lifetimes", whole.lifetimes())
	return out, err
}

// seat gives every browser of a script its place from the first frame on, with an
// empty jar until it comes: nobody jumps from one side to the other.
func (s *scene) seat(names []string) {
	if len(names) == 0 {
		return
	}
	seats := make([]holder, len(names))
	for i, name := range names {
		seats[i] = holder{name: name, scripted: true}
		for _, h := range s.holders {
			if h.name == name {
				seats[i] = h
			}
		}
	}
	s.holders = seats
}

// frameScene is a frame of the world as the panels draw it.
func frameScene(lang string, f world.Frame) scene {
	s := scene{words: words(lang), world: true, rows: f.Server.Rows, notes: f.Notes}
	s.now, _ = time.Parse(time.RFC3339, f.At) // a frame's clock is always RFC 3339
	names := make([]string, 0, len(f.Browsers))
	for name := range f.Browsers {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) == 0 {
		names = []string{"A"}
	}
	for _, name := range names {
		b := f.Browsers[name]
		h := holder{name: name, script: b.DocumentCookie, scripted: true}
		for _, c := range b.Jar {
			h.seen = append(h.seen, jar.Seen{Cookie: c, Ours: true})
		}
		s.holders = append(s.holders, h)
	}
	switch {
	case len(f.Exchanges) > 0:
		s.exchanges = f.Exchanges
		for _, v := range f.Action.Visits {
			s.by = append(s.by, v.Browser)
		}
	case f.Exchange != nil:
		s.exchanges, s.by = []world.Exchange{*f.Exchange}, []string{f.Action.Browser}
	}
	s.verdicts = make([][]world.Note, len(s.exchanges))
	for i, e := range s.exchanges {
		for _, n := range f.Notes {
			if isVerdict(n.Code) && n.Cookie != "" && i < len(s.by) && n.Browser == s.by[i] && (len(s.exchanges) == 1 || sets(e, n.Cookie)) {
				s.verdicts[i] = append(s.verdicts[i], n)
			}
		}
	}
	return s
}

// sets reports whether a response has a Set-Cookie line for a cookie.
func sets(e world.Exchange, name string) bool {
	return slices.ContainsFunc(e.Response.Headers, func(h [2]string) bool {
		given, _, _ := strings.Cut(h[1], "=")
		return h[0] == "Set-Cookie" && strings.TrimSpace(given) == name
	})
}

// label is a frame's action in few words, for the timeline.
func (s scene) label(action *world.Action) string {
	if action == nil {
		return s.t("label.start")
	}
	a := *action
	who := a.Browser
	if who == "" {
		who = "A"
	}
	switch a.Do {
	case "visit":
		target := a.URL
		if u, err := url.Parse(a.URL); err == nil {
			if target = u.Host + u.RequestURI(); len(target) > 1 {
				target = strings.TrimPrefix(target, "/")
			}
		}
		return who + " " + shorten(unescape(target), 26)
	case "wait":
		var seconds int64
		if a.Seconds != nil {
			seconds = *a.Seconds
		}
		return s.t("label.wait", "span", s.span(time.Duration(seconds)*time.Second))
	case "server":
		if a.Key != "" {
			who = world.Short(a.Key)
		}
		return s.t("label.server."+a.Op, "browser", who)
	case "put":
		if a.Copy != "" {
			return s.t("label.copy", "browser", who, "from", a.Copy, "name", a.Name)
		}
		return s.t("label.put", "browser", who, "name", a.Name)
	case "together":
		var both []string
		for _, v := range a.Visits {
			v.Do = "visit" // which a script may leave out here
			both = append(both, s.label(&v))
		}
		return strings.Join(both, " ∥ ")
	default:
		return s.t("label."+a.Do, "browser", who, "name", a.Name)
	}
}

// flights are the cookies that a frame's exchange moved. What was typed in, copied
// or set by a script came from no server.
func flights(f world.Frame) []flight {
	list := []flight{}
	if f.Exchange == nil {
		return list
	}
	for _, n := range f.Notes {
		switch n.Code {
		case "sent":
			list = append(list, flight{n.Browser, n.Cookie, false})
		case "stored", "replaced":
			list = append(list, flight{n.Browser, n.Cookie, true})
		}
	}
	return list
}

func nextExpiry(now time.Time, f world.Frame) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, b := range f.Browsers {
		for _, c := range b.Jar {
			if c.Expires != nil {
				consider(*c.Expires)
			}
		}
	}
	for _, r := range f.Server.Rows {
		consider(r.Expires)
	}
	return next
}

// history is the whole script as lives: each cookie of each browser and each row,
// from when it came until it went or will go.
func history(w words, frames []world.Frame) ([]life, []mark) {
	type id struct {
		browser, name, domain, path string
		hostOnly, partitioned       bool
	}
	lives := []*life{}
	open := map[id]*life{}
	marks := []mark{}
	colors := map[string]int{} // as the panels are, by the browsers' names
	for i, name := range slices.Sorted(maps.Keys(frames[len(frames)-1].Browsers)) {
		colors[name] = i + 1
	}
	for _, f := range frames {
		at, _ := time.Parse(time.RFC3339, f.At)
		here := map[id]bool{}
		see := func(key id, l life) {
			here[key] = true
			old := open[key]
			if old == nil {
				l.from = at
				old = &l
				open[key] = old
				lives = append(lives, old)
				return
			}
			if l.until != nil && (old.until == nil || !old.until.Equal(*l.until)) && at.After(old.from) {
				old.notches = append(old.notches, at)
			}
			old.until, old.session = l.until, l.session
		}
		names := make([]string, 0, len(f.Browsers))
		for name := range f.Browsers {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			for _, c := range f.Browsers[name].Jar {
				see(id{name, c.Name, c.Domain, c.Path, c.HostOnly, c.Partitioned}, life{kind: "cookie", label: c.Name, browser: name,
					until: c.Expires, session: c.Expires == nil, color: colors[name]})
			}
		}
		for _, r := range f.Server.Rows {
			see(id{name: r.Key}, life{kind: "row", label: world.Short(r.Key), until: &r.Expires})
		}
		for key, l := range open {
			if here[key] {
				continue
			}
			// Gone: by its own time, or ended at this action.
			if l.until == nil || l.until.After(at) {
				end := at
				l.until, l.session, l.closed = &end, false, true
			}
			delete(open, key)
		}
		if f.Action != nil && f.Action.Do == "close" {
			marks = append(marks, mark{at, w.t("mark.close", "browser", f.Action.Browser)})
		}
	}
	// More than can be told apart are not drawn: what is over goes first, the oldest.
	here := slices.Collect(maps.Values(open))
	for len(lives) > 12 {
		n := max(0, slices.IndexFunc(lives, func(l *life) bool { return !slices.Contains(here, l) }))
		lives = slices.Delete(lives, n, n+1)
	}
	list := make([]life, 0, len(lives))
	for _, l := range lives {
		list = append(list, *l)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].kind == "cookie" && list[j].kind == "row" })
	return list, marks
}
