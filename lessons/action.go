package lessons

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/demo"
	"cookielab/internal/world"

	"github.com/goccy/go-yaml/ast"
)

// Actions of a lesson may have one more field than those of a script: times, a repetition.
var (
	actionFields = append(world.ActionFields(), "times")
	repeatable   = []string{"visit", "script"}
)

// liveWait is the longest wait in a live step, in seconds.
const liveWait = 30

func parseActions(v value, mode Mode, from bool) ([]world.Action, error) {
	var list []world.Action
	for _, item := range v.items() {
		actions, err := parseTimes(item)
		if err != nil {
			return nil, err
		}
		for _, a := range actions {
			if mode == Live {
				if msg := notLive(a, from); msg != "" {
					return nil, item.errorf("%s", msg)
				}
			}
			list = append(list, a)
		}
	}
	return list, nil
}

// maxTimes is the largest repetition: one more than the cookies that a browser keeps for
// one site.
const maxTimes = 181

// parseTimes parses an action. With times it returns so many, in which {n} is replaced by
// the number.
func parseTimes(v value) ([]world.Action, error) {
	a, err := parseAction(v)
	if err != nil {
		return nil, err
	}
	if _, isMap := v.node.(*ast.MappingNode); !isMap {
		return []world.Action{a}, nil
	}
	f, err := v.fields(actionFields...)
	if err != nil {
		return nil, err
	}
	times, ok := f["times"]
	if !ok {
		return []world.Action{a}, nil
	}
	n, err := times.integer()
	if err != nil {
		return nil, err
	}
	if n < 2 || n > maxTimes {
		return nil, times.errorf("times: 2 to %d is wanted", maxTimes)
	}
	list := make([]world.Action, n)
	for i := range list {
		number := func(s string) string { return strings.ReplaceAll(s, "{n}", strconv.Itoa(i+1)) }
		list[i] = a
		list[i].URL = number(a.URL)
		if a.Set != nil {
			set := number(*a.Set)
			list[i].Set = &set
		}
	}
	return list, nil
}

// notLive returns why a page cannot carry out an action for its visitor, or "".
func notLive(a world.Action, from bool) string {
	switch {
	case a.Browser != "" && a.Browser != "A":
		return "a live lesson has one browser, A"
	case a.Do == "visit" && (a.RawCookie != nil || a.Initiator != "" || a.Kind != ""):
		return "a live visit is made by the page itself: no raw_cookie, initiator or kind"
	case a.Do == "visit" && !isDemo(a.URL):
		return fmt.Sprintf("a live visit goes to a demo route: %s", strings.Join(routePaths(), " "))
	case a.Do == "visit":
		return ""
	case from:
		return "from in a live lesson visits demo routes, nothing else"
	case a.Do == "wait" && *a.Seconds > liveWait:
		return fmt.Sprintf("a live wait is %d seconds at most", liveWait)
	case a.Do == "wait", a.Do == "delete", a.Do == "script":
		return ""
	}
	return fmt.Sprintf("%q is for the time machine: mode: world", a.Do)
}

var shortVisit = regexp.MustCompile(`^(?:([A-Za-z][A-Za-z0-9_-]{0,31}) )?(/\S*)$`)

func parseAction(v value) (world.Action, error) {
	if _, isMap := v.node.(*ast.MappingNode); isMap {
		return parseLongAction(v)
	}
	s, err := v.text()
	if err != nil {
		return world.Action{}, v.errorf("an action is a path, or a map with do")
	}
	m := shortVisit.FindStringSubmatch(s)
	if m == nil {
		return world.Action{}, v.errorf("action %q: a path such as /set_cookie, or B /set_cookie, is wanted", s)
	}
	return world.Action{Do: "visit", Browser: cmp.Or(m[1], "A"), URL: m[2]}, checkURL(v, m[2])
}

func parseLongAction(v value) (world.Action, error) {
	var a world.Action
	f, err := v.fields(actionFields...)
	if err != nil {
		return a, err
	}
	if _, ok := f["do"]; !ok {
		return a, v.errorf("an action needs do")
	}
	if a.Do, err = f["do"].text(); err != nil {
		return a, err
	}
	kind, ok := world.KindOfAction(a.Do)
	if !ok {
		return a, f["do"].errorf("unknown action %q; there are: %s", a.Do, strings.Join(slices.Sorted(slices.Values(world.ActionNames())), " "))
	}
	if slices.Contains(kind.Must, "browser") {
		a.Browser = "A"
	}
	missing := kind.Missing(func(field string) bool {
		_, ok := f[field]
		return ok || field == "browser" && a.Browser != ""
	})
	if missing != "" {
		return a, v.errorf("%s", missing)
	}
	said := map[string]any{}
	for _, name := range actionFields[1:] {
		x, ok := f[name]
		switch {
		case !ok:
		case name == "times" && slices.Contains(repeatable, a.Do): // handled by parseTimes
		case !kind.Has(name):
			return a, x.errorf("%s has no %s", a.Do, name)
		default:
			if said[name], err = fieldOf(name, x); err != nil {
				return a, err
			}
		}
	}
	// Decode it like an action of a script in JSON.
	text, err := json.Marshal(said)
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return a, v.errorf("%s", err)
	}
	return a, nil
}

// fieldOf returns one field of an action with its type in JSON.
func fieldOf(name string, v value) (any, error) {
	switch name {
	case "seconds":
		return v.integer()
	case "visits":
		var all []world.Action
		for _, item := range v.items() {
			visits, err := parseTimes(item)
			if err != nil {
				return nil, err
			}
			if visits[0].Do != "visit" {
				return nil, item.errorf("together is made of visits")
			}
			all = append(all, visits...)
		}
		return all, nil
	}
	s, err := v.text()
	if err == nil && name == "url" {
		err = checkURL(v, s)
	}
	return s, err
}

func checkURL(v value, s string) error {
	u, err := url.Parse(s)
	if err == nil {
		_, err = url.ParseQuery(u.RawQuery)
	}
	if err != nil || !strings.HasPrefix(s, "/") && u.Host == "" {
		return v.errorf("address %q: a path or an absolute address is wanted", s)
	}
	return nil
}

// handlerNames are the Go functions that serve the demo routes, by name.
func handlerNames() []string {
	names := make([]string, 0, len(demo.Routes))
	for _, r := range demo.Routes {
		names = append(names, r.Func)
	}
	slices.Sort(names)
	return names
}

// routePaths are the addresses of the demo routes.
func routePaths() []string {
	paths := make([]string, 0, len(demo.Routes))
	for _, r := range demo.Routes {
		paths = append(paths, r.Path())
	}
	slices.Sort(paths)
	return paths
}

// handlersOf returns the names of the functions that serve a script's visits, each once.
func handlersOf(actions []world.Action) []string {
	var names []string
	for _, visit := range visits(actions) {
		if r, found := demo.At(visit.URL); found && !slices.Contains(names, r.Func) {
			names = append(names, r.Func)
		}
	}
	return names
}

// visits returns all visits of a script, including those of together.
func visits(actions []world.Action) []world.Action {
	var list []world.Action
	for _, a := range actions {
		switch a.Do {
		case "visit":
			list = append(list, a)
		case "together":
			list = append(list, a.Visits...)
		}
	}
	return list
}

// lastVisits returns the last visit as a list of one, or an empty list.
func lastVisits(actions []world.Action) []world.Action {
	all := visits(actions)
	return all[max(0, len(all)-1):]
}

// isDemo reports whether an address is the path of a demo route.
func isDemo(address string) bool {
	_, found := demo.At(address)
	return found && strings.HasPrefix(address, "/")
}

// Actions returns the actions from a clean start to the step's end: From, then Do.
func (s *Step) Actions() []world.Action { return slices.Concat(s.From, s.Do) }

// Browsers is the number of browsers that act from the start to the end of the step.
func (s *Step) Browsers() int {
	names := map[string]bool{}
	for _, a := range s.Actions() {
		for _, each := range append([]world.Action{a}, a.Visits...) {
			if each.Browser != "" {
				names[each.Browser] = true
			}
		}
	}
	return len(names)
}
