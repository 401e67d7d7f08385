package scene

import (
	"maps"
	"slices"
	"sort"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
	"cookielab/templates"
)

// NextExpiry returns when the next cookie or row of a frame expires, or the zero time.
func NextExpiry(f world.Frame) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(f.At) && (next.IsZero() || t.Before(next)) {
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

// Lifetimes draws the lifetimes of a whole script at its last frame: each cookie of each
// browser, and each row.
func Lifetimes(w templates.Words, frames []world.Frame) templates.Lifetimes {
	s := of(w, frames[len(frames)-1], onScreen)
	s.lives, s.closings = history(w, frames)
	return s.lifetimes()
}

// now returns the lifetimes of what a real browser holds now. Their beginnings are unknown.
func (s scene) now() []life {
	var lives []life
	for _, b := range s.browsers {
		for _, c := range b.seen {
			l := life{kind: "cookie", label: c.Name}
			if c.Knows(world.FactExpires) {
				l.until, l.session = c.Expires, c.Expires == nil
			}
			lives = append(lives, l)
		}
		if b.Look == nil {
			continue
		}
		for _, m := range b.Look.Elsewhere {
			if m.Kept && !s.model {
				lives = append(lives, life{kind: "cookie", label: m.Cookie.Name, until: m.Cookie.Expires, session: m.Cookie.Expires == nil})
			}
		}
	}
	for _, row := range s.frame.Server.Rows {
		lives = append(lives, life{kind: "row", until: &row.Expires})
	}
	return lives
}

// history returns the lifetimes in a whole script: each cookie of each browser and each
// row, from its creation until its end.
func history(w templates.Words, frames []world.Frame) ([]life, []closing) {
	type id struct {
		browser string
		jar.Identity
	}
	lives := []*life{}
	open := map[id]*life{}
	closings := []closing{}
	colors := map[string]int{} // by the browsers' names, as in the panels
	for i, name := range slices.Sorted(maps.Keys(frames[len(frames)-1].Browsers)) {
		colors[name] = i + 1
	}
	for _, f := range frames {
		at := f.At
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
				see(id{name, c.Identity()}, life{kind: "cookie", label: c.Name, browser: name,
					until: c.Expires, session: c.Expires == nil, color: colors[name]})
			}
		}
		for _, r := range f.Server.Rows {
			see(id{"", jar.Identity{Name: r.Key}}, life{kind: "row", label: world.Short(r.Key), until: &r.Expires})
		}
		for key, l := range open {
			if here[key] {
				continue
			}
			// It is gone: it expired, or was deleted by this action.
			if l.until == nil || l.until.After(at) {
				end := at
				l.until, l.session, l.closed = &end, false, true
			}
			delete(open, key)
		}
		if f.Action != nil && f.Action.Do == "close" {
			closings = append(closings, closing{at, w.T("lifetimes.closed", "browser", f.Action.Browser)})
		}
	}
	// At most twelve are drawn; ended ones are left out first, the oldest first.
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
	return list, closings
}
