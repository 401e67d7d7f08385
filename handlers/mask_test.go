package handlers

import (
	"strings"
	"testing"

	"cookielab/internal/world"
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
	got := m.data(rowSeen{Data: []byte(`{"username":"fan","age":18,"copy":"` + key + `","code":12345,"list":[1,"x"]}`)})
	want := `{"username":"fan","age":18,"copy":"abcd…5678","code":"***","list":[1,"x"]}`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := m.data(rowSeen{Data: []byte(`{"dam`)}); got != nil {
		t.Errorf("damaged data are %s, want nothing", got)
	}
}

func TestAMaskHidesAllThatAFrameHas(t *testing.T) {
	text := func(s string) *string { return &s }
	f := seenFrame{
		Label: "a=1", Address: "http://localhost/dark?x=dark", Script: text("a=1; theme=dark"), Line: text("a=1; path=/1"),
		Sentence: "a is 1", Notes: []seenNote{{"stored", "theme is dark"}}, Cookies: []seenCookie{{Name: "a", Value: "1"}, {Name: "theme", Value: "dark"}},
		Rows: []rowSeen{{Key: "abcd5678efgh5678ijkl5678mnop5678", Data: []byte(`{"n":1}`)}},
		Exchange: &world.Exchange{
			Request: world.Request{Method: "POST", URL: "http://localhost/dark?a=1", Body: text("v=1&w=dark&x=2"), Headers: [][2]string{
				{"Content-Type", "application/x-www-form-urlencoded"}, {"Cookie", "a=1"}, {"Referer", "http://localhost/dark?v=1"}, {"X-Theme", "dark"},
			}},
			Response: world.Response{Status: 302, Body: "1", Headers: [][2]string{{"Location", "/dark?v=dark"}, {"Set-Cookie", "a=1; Path=/dark"}, {"X-Theme", "dark"}}},
		},
	}
	var m mask
	m.learnFrom(f)
	m.sort()
	m.frame(&f)
	want := seenFrame{
		Label: "a=***", Address: "http://localhost/dark?x=***", Script: text("a=***; theme=***"), Line: text("a=***; path=/1"),
		Sentence: "a is ***", Notes: []seenNote{{"stored", "theme is ***"}}, Cookies: []seenCookie{{Name: "a", Value: "***"}, {Name: "theme", Value: "***"}},
		Rows: []rowSeen{{Key: "abcd…5678", Data: []byte(`{"n":1}`)}},
		Exchange: &world.Exchange{
			Request: world.Request{Method: "POST", URL: "http://localhost/dark?a=***", Body: text("v=***&w=***&x=2"), Headers: [][2]string{
				{"Content-Type", "application/x-www-form-urlencoded"}, {"Cookie", "a=***"}, {"Referer", "http://localhost/dark?v=***"}, {"X-Theme", "***"},
			}},
			Response: world.Response{Status: 302, Body: "***", Headers: [][2]string{{"Location", "/dark?v=***"}, {"Set-Cookie", "a=***; Path=/dark"}, {"X-Theme", "***"}}},
		},
	}
	same(t, "the frame", f, want)
}
