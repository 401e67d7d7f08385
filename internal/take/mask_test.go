package take

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"

	"github.com/google/go-cmp/cmp"
)

func TestAMaskHidesAValueWhereverItIsRepeated(t *testing.T) {
	const key = "abcd5678efgh5678ijkl5678mnop5678"
	var m mask
	m.learn("sessionid", key)
	m.learn("num", "1")
	m.learn("theme", "dark")
	m.learn("quoted", `"a b"`)
	m.learn("tea", "%E9%BE%99%E4%BA%95")
	m.learn("long", strings.Repeat("x", 30)+"!")
	m.learn("gone", `""`)
	m.learn("empty", "")
	m.sort()
	for name, test := range map[string]struct {
		hide       func(string) string
		text, want string
	}{
		"a key in a sentence":              {m.text, "row " + key + " is gone", "row abcd…5678 is gone"},
		"a key in a word":                  {m.text, "x" + key + "x", "xabcd…5678x"},
		"a key that is cut is left":        {m.text, "row abcd…5678", "row abcd…5678"},
		"a short value by its name":        {m.text, "the browser keeps num=1", "the browser keeps num=***"},
		"a short value in a date":          {m.text, "num=1 until 2026-01-11", "num=*** until 2026-01-11"},
		"a number that is none":            {m.text, "there is 1 row", "there is 1 row"},
		"a word":                           {m.text, "theme=dark; it is dark", "theme=***; it is ***"},
		"part of a word":                   {m.text, "darkness, 3dark", "darkness, 3dark"},
		"beside Chinese":                   {m.text, "值是dark。", "值是***。"},
		"decoded":                          {m.text, "茶是龙井。", "茶是***。"},
		"as it is sent":                    {m.text, "tea=%E9%BE%99%E4%BA%95;", "tea=***;"},
		"cut short":                        {m.text, "long=" + strings.Repeat("x", 24) + "…", "long=xxxx…xxx!"},
		"a body that is a value":           {m.whole, "1", "***"},
		"a body that is another":           {m.whole, "11", "11"},
		"a Cookie header":                  {m.pairs, "num=1; other=2; sessionid=" + key + "; bare", "num=***; other=***; sessionid=abcd…5678; ***"},
		"a cookie without a value":         {m.pairs, `a=; b=""`, `a=; b=""`},
		"a Set-Cookie line":                {m.line, "num=1; Max-Age=1; Path=/1", "num=***; Max-Age=1; Path=/1"},
		"a Set-Cookie line that deletes":   {m.line, `num=""; Max-Age=0`, `num=""; Max-Age=0`},
		"a Set-Cookie line with no name":   {m.line, "1; Path=/", "***; Path=/"},
		"an address":                       {m.address, "/set_cookie?name=tea&value=%E9%BE%99%E4%BA%95&path=/", "/set_cookie?name=tea&value=***&path=/"},
		"an address, written otherwise":    {m.address, "/x?v=%e9%be%99%e4%ba%95&w=a+b", "/x?v=***&w=***"},
		"an address that has it in a name": {m.address, "/x?" + key + "=2", "/x?abcd%E2%80%A65678=2"},
		"an address without a query":       {m.address, "/dark/1", "/dark/1"},
		"a form":                           {m.query, "value=dark&n=12", "value=***&n=12"},
	} {
		if got := test.hide(test.text); got != test.want {
			t.Errorf("%s: %q is %q, want %q", name, test.text, got, test.want)
		}
	}
}

func TestAMaskLeavesASessionsOwnDataButNotACopiedKey(t *testing.T) {
	const key = "abcd5678efgh5678ijkl5678mnop5678"
	var m mask
	m.learn("sessionid", key)
	m.learn("code", "12345")
	m.sort()
	got := m.data(session.Row{Data: `{"username":"fan","age":18,"copy":"` + key + `","code":12345,"list":[1,"x"]}`})
	want := `{"username":"fan","age":18,"copy":"abcd…5678","code":"***","list":[1,"x"]}`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := m.data(session.Row{Data: `{"dam`}); got != "" {
		t.Errorf("damaged data are %s, want nothing", got)
	}
}

func TestAMaskHidesAllThatAFrameHas(t *testing.T) {
	text := func(s string) *string { return &s }
	const key = "abcd5678efgh5678ijkl5678mnop5678"
	// with returns the frame with these values of a and theme, and this session key.
	with := func(a, theme, id string) Frame {
		exchange := world.Exchange{
			Request: world.Request{Method: "POST", URL: "http://localhost/dark?a=" + a, Body: text("v=" + a + "&w=" + theme + "&x=2"), Headers: [][2]string{
				{"Content-Type", "application/x-www-form-urlencoded"}, {"Cookie", "a=" + a}, {"Referer", "http://localhost/dark?v=" + a}, {"X-Theme", theme},
			}},
			Response: world.Response{Status: 302, Body: a, Headers: [][2]string{{"Location", "/dark?v=" + theme}, {"Set-Cookie", "a=" + a + "; Path=/dark"}, {"X-Theme", theme}}},
		}
		notes := []world.Note{{Code: "stored", Cookie: "a", Text: "a is " + a}, {Code: "row-created", Key: id, Text: "theme is " + theme}}
		return Frame{"a=" + a, world.Frame{
			Action: &world.Action{Do: "script", URL: "http://localhost/?a=" + a, Set: text("a=" + a + "; path=/1")},
			Browsers: map[string]world.Browser{"A": {
				Jar: []jar.Cookie{{Name: "a", Value: a}, {Name: "theme", Value: theme}}, DocumentCookie: "a=" + a + "; theme=" + theme,
				Look: &world.Look{
					URL: "http://localhost/dark?x=" + theme, Key: id, Known: []world.Known{{Told: &jar.Cookie{Name: "a", Value: a}}, {}},
					Elsewhere: []world.Missing{{Cookie: jar.Cookie{Name: "theme", Value: theme}}},
				},
			}},
			Server:   world.Server{Rows: []session.Row{{Key: id, Data: `{"n":1}`}}, Told: []session.Row{}},
			Exchange: &exchange, Exchanges: []world.Exchange{exchange}, Notes: notes, Verdicts: [][]world.Note{notes[:1]},
		}}
	}
	given := with("1", "dark", key)
	got, err := Mask([]Frame{given})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Frame{with("***", "***", "abcd…5678")}, got); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(with("1", "dark", key), given); diff != "" {
		t.Errorf("the frame that was given has changed: %s", diff)
	}
}

func TestMoreValuesThanCanBeLookedForAreNotTakenAway(t *testing.T) {
	var list []jar.Cookie
	for i := range maxSecrets + 100 {
		list = append(list, jar.Cookie{Name: "n", Value: "v" + strconv.Itoa(i)})
	}
	frame := func(n int) []Frame {
		return []Frame{{"", world.Frame{Browsers: map[string]world.Browser{"A": {Jar: list[:n]}}}}}
	}
	if _, err := Mask(frame(maxSecrets)); err != nil {
		t.Errorf("%d values: %v", maxSecrets, err)
	}
	if _, err := Mask(frame(maxSecrets + 1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d values: %v", maxSecrets+1, err)
	}
}
