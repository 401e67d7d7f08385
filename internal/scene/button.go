package scene

import (
	"encoding/json"
	"net/url"
	"strings"

	"cookielab/internal/world"
	"cookielab/templates"
)

// Button returns the button for an action. back is the address that a browser without
// JavaScript returns to.
func Button(w templates.Words, action world.Action, back string) templates.ActionView {
	raw, _ := json.Marshal(action) // an action can always be encoded
	view := templates.ActionView{Name: action.Do, Method: "GET", JSON: string(raw), Back: back}
	switch action.Do {
	case "visit":
		u, err := url.Parse(action.URL)
		if err != nil {
			break
		}
		view.Name = strings.TrimPrefix(u.Path, "/")
		view.Route, view.URL = u.Path, action.URL
		view.Label = strings.TrimPrefix(action.URL, "/")
		if action.Method != "" {
			view.Method = action.Method
		}
		for _, field := range strings.Split(u.RawQuery, "&") {
			name, value, found := strings.Cut(field, "=")
			if found {
				view.Fields = append(view.Fields, templates.Field{Name: Unescape(name), Value: Unescape(value)})
			}
		}
		view.Label = Unescape(view.Label)
		if action.Browser != "" && action.Browser != "A" {
			view.Label = action.Browser + " " + view.Label
		}
	case "wait":
		if action.Seconds != nil {
			view.Wait = *action.Seconds
		}
		view.Label = Label(w, &action)
	case "delete":
		view.Label = w.T("run.delete", "name", action.Name)
		view.Script = action.Name + "=; Max-Age=0; path=/"
	case "script":
		view.Label = w.T("run.read")
		if action.Set != nil {
			view.Script = *action.Set
			view.Label = `document.cookie = "` + *action.Set + `"`
		}
	default:
		view.Label = Label(w, &action)
	}
	return view
}
