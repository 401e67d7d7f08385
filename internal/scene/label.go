package scene

import (
	"net/url"
	"strings"
	"time"

	"cookielab/internal/world"
	"cookielab/templates"
)

// manyBeside is how many concurrent requests a label names; of more it names the first
// and the last.
const manyBeside = 4

// Labels returns a short label for each action of a script.
func Labels(w templates.Words, actions []world.Action) []string {
	var list []string
	for _, action := range actions {
		list = append(list, Label(w, &action))
	}
	return list
}

// Label returns a short label of a frame's action, for the timeline.
func Label(w templates.Words, action *world.Action) string {
	if action == nil {
		return w.T("label.start")
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
		return who + " " + templates.Shorten(Unescape(target), 26)
	case "wait":
		var seconds int64
		if a.Seconds != nil {
			seconds = *a.Seconds
		}
		return w.T("label.wait", "span", w.Span(time.Duration(seconds)*time.Second))
	case "server":
		if a.Key != "" {
			who = world.Short(a.Key)
		}
		return w.T("label.server."+a.Op, "browser", who)
	case "put":
		if a.Copy != "" {
			return w.T("label.copy", "browser", who, "from", a.Copy, "name", a.Name)
		}
		return w.T("label.put", "browser", who, "name", a.Name)
	case "together":
		var both []string
		for _, v := range a.Visits {
			v.Do = "visit" // optional in the script here
			both = append(both, Label(w, &v))
		}
		if len(both) > manyBeside {
			both = []string{both[0], "…", both[len(both)-1]}
		}
		return strings.Join(both, " ∥ ")
	default:
		return w.T("label."+a.Do, "browser", who, "name", a.Name)
	}
}

// Unescape decodes a part of a query, or returns it unchanged if it cannot be decoded.
func Unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
