package scene

import (
	"testing"

	"cookielab/internal/world"
	"cookielab/templates"
)

func TestEveryActionHasItsButton(t *testing.T) {
	set, wait := "a=1; path=/", int64(60)
	for name, test := range map[string]struct {
		action world.Action
		want   templates.ActionView
	}{
		"a visit": {world.Action{Do: "visit", Browser: "A", URL: "/set_cookie?name=a&value=%E8%8C%B6"},
			templates.ActionView{Name: "set_cookie", Label: "set_cookie?name=a&value=茶", Method: "GET", Route: "/set_cookie", URL: "/set_cookie?name=a&value=%E8%8C%B6"}},
		"another browser's": {world.Action{Do: "visit", Browser: "B", URL: "/clear", Method: "POST"},
			templates.ActionView{Name: "clear", Label: "B clear", Method: "POST", Route: "/clear", URL: "/clear"}},
		"a script":         {world.Action{Do: "script", Set: &set}, templates.ActionView{Name: "script", Label: `document.cookie = "a=1; path=/"`, Method: "GET", Script: set}},
		"a script's look":  {world.Action{Do: "script"}, templates.ActionView{Name: "script", Label: templates.Words("en").T("run.read"), Method: "GET"}},
		"a wait":           {world.Action{Do: "wait", Seconds: &wait}, templates.ActionView{Name: "wait", Label: Label("en", &world.Action{Do: "wait", Seconds: &wait}), Method: "GET", Wait: 60}},
		"a deletion":       {world.Action{Do: "delete", Name: "a"}, templates.ActionView{Name: "delete", Label: templates.Words("en").T("run.delete", "name", "a"), Method: "GET", Script: "a=; Max-Age=0; path=/"}},
		"the quit browser": {world.Action{Do: "close", Browser: "A"}, templates.ActionView{Name: "close", Label: Label("en", &world.Action{Do: "close", Browser: "A"}), Method: "GET"}},
	} {
		got := Button("en", test.action, "/back")
		if got.Name != test.want.Name || got.Label != test.want.Label || got.Method != test.want.Method || got.Route != test.want.Route ||
			got.URL != test.want.URL || got.Script != test.want.Script || got.Wait != test.want.Wait || got.Back != "/back" || got.JSON == "" {
			t.Errorf("%s has the button\n%+v, want\n%+v", name, got, test.want)
		}
	}
}
