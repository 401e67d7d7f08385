package lessons

import (
	"strings"
	"testing"
)

func TestAnActionWithTimesIsThatMany(t *testing.T) {
	_, s := stepOf(t, "    mode: world\n    do:\n      - {do: script, set: \"a{n}={n}; path=/\", times: 3}\n      - {do: together, visits: [{do: visit, url: \"/set_cookie?name=b{n}\", times: 2}, /get_cookie]}\n")
	var got []string
	for _, a := range s.Do {
		if a.Set != nil {
			got = append(got, *a.Set)
		}
		for _, visit := range a.Visits {
			got = append(got, visit.URL)
		}
	}
	if want := "a1=1; path=/, a2=2; path=/, a3=3; path=/, /set_cookie?name=b1, /set_cookie?name=b2, /get_cookie"; strings.Join(got, ", ") != want {
		t.Errorf("the actions are %q, want %s", got, want)
	}
}

func TestTimesThatMakeNoSenseAreRefused(t *testing.T) {
	for name, tt := range map[string]struct{ action, want string }{
		"once":             {"{do: script, set: a=1, times: 1}", "times: 2 to 181"},
		"too often":        {"{do: script, set: a=1, times: 182}", "times: 2 to 181"},
		"no number":        {"{do: script, set: a=1, times: often}", "a whole number is wanted"},
		"another's action": {"{do: delete, name: num, times: 2}", "delete has no times"},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := goodLesson()
			yaml := strings.Replace(goodYAML, "    do:\n", "    do:\n      - "+tt.action+"\n", 1)
			fsys["08-mine/lesson.yaml"].Data = []byte(yaml)
			if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), "lesson.yaml:") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want a place and %q", err, tt.want)
			}
		})
	}
}
