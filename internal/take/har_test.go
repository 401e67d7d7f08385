package take

import (
	"encoding/json"
	"testing"

	"cookielab/internal/world"
	"cookielab/templates"
)

// A cookie without a name has only a value, as in the jar (RFC 6265bis, 5.6 and 5.8.3);
// quotes and further equals signs belong to the value.
func TestHARHasCookiesAsTheJarHasThem(t *testing.T) {
	var e world.Exchange
	e.Request.URL = "http://localhost/get_cookie"
	e.Request.Headers = [][2]string{{"Cookie", `alone; a=b=c; q="x"; ; =d`}}
	e.Response.Headers = [][2]string{{"Set-Cookie", "alone; Path=/"}}
	text, err := Log{Chapters: []Chapter{{Frames: []Frame{{Frame: world.Frame{Exchange: &e}}}}}}.HAR(templates.Words("en"))
	if err != nil {
		t.Fatal(err)
	}
	var har struct {
		Log struct {
			Entries []struct {
				Request, Response struct {
					Cookies []struct{ Name, Value string }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &har); err != nil || len(har.Log.Entries) != 1 {
		t.Fatalf("%v, %d entries", err, len(har.Log.Entries))
	}
	type pair struct{ Name, Value string }
	var sent []pair
	for _, c := range har.Log.Entries[0].Request.Cookies {
		sent = append(sent, pair(c))
	}
	want := []pair{{"", "alone"}, {"a", "b=c"}, {"q", `"x"`}, {"", "d"}}
	if len(sent) != len(want) {
		t.Fatalf("sent are %q, want %q", sent, want)
	}
	for i := range want {
		if sent[i] != want[i] {
			t.Errorf("sent is %q, want %q", sent[i], want[i])
		}
	}
	if set := har.Log.Entries[0].Response.Cookies; len(set) != 1 || pair(set[0]) != (pair{"", "alone"}) {
		t.Errorf("set is %q, want the value alone", set)
	}
}
