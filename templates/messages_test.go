package templates

import "testing"

func TestFillPutsValuesInTheirPlaces(t *testing.T) {
	vars := map[string]string{"name": "num", "odd": "{name}"}
	for text, want := range map[string]string{
		"":                         "",
		"no place":                 "no place",
		"{name}":                   "num",
		"a {name} b {name}":        "a num b num",
		"{odd}":                    "{name}", // a value is never filled again
		"{unknown} and {name}":     "{unknown} and num",
		"open { and {name":         "open { and {name",
		`{"json": 1, "k": {name}}`: `{"json": 1, "k": num}`,
	} {
		if got := fill(text, in(vars)); got != want {
			t.Errorf("fill(%q) = %q, want %q", text, got, want)
		}
	}
}
