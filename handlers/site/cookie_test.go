package site

import (
	"testing"

	"cookielab/internal/session"
)

func TestGetCookieReadsTheHeaderAsDjangoDoes(t *testing.T) {
	r := newRig(t, session.NewMemory())
	const absent = "KeyError: 'num'"
	for name, test := range map[string]struct {
		cookies []string
		want    string
	}{
		"none":                     {nil, absent},
		"one":                      {[]string{"num=1"}, "1"},
		"last of a line":           {[]string{"num=1; num=2"}, "2"},
		"last of two lines":        {[]string{"num=1", "a=b; num=2"}, "2"},
		"empty":                    {[]string{"num="}, ""},
		"the last is empty":        {[]string{"num=1; num="}, ""},
		"no equals sign":           {[]string{"num"}, absent},
		"no name":                  {[]string{"=1"}, absent},
		"semicolons":               {[]string{";;num=1;"}, "1"},
		"blanks":                   {[]string{"  num  =\t1  ; a=b"}, "1"},
		"no blank after ;":         {[]string{"a=b;num=1"}, "1"},
		"equals in the value":      {[]string{"num=a=b"}, "a=b"},
		"other letter case":        {[]string{"NUM=1"}, absent},
		"quotes":                   {[]string{`num="a b"`}, "a b"},
		"two quotes":               {[]string{`num=""`}, ""},
		"quotes within quotes":     {[]string{`num=""a""`}, `"a"`},
		"one quote":                {[]string{`num="`}, `"`},
		"quote only before":        {[]string{`num="a`}, `"a`},
		"semicolon within quotes":  {[]string{`num="a;b"`}, `"a`},
		"no octal numbers":         {[]string{`num="a\073b"`}, `a\073b`},
		"percent":                  {[]string{"num=%E4%B8%AD%3B%25"}, "中;%"},
		"percent within quotes":    {[]string{`num="%22"`}, `"`},
		"quotes that were encoded": {[]string{"num=%22a%22"}, `"a"`},
		"malformed percent":        {[]string{"num=100%"}, "100%"},
		"plus":                     {[]string{"num=a+b"}, "a+b"},
		"UTF-8":                    {[]string{"num=中"}, "中"},
		"no UTF-8":                 {[]string{"num=%FF"}, "\uFFFD"},
		"markup":                   {[]string{"num=<b>&amp</b>"}, "<b>&amp</b>"},
	} {
		got := r.get("/get_cookie", test.cookies...)
		status := 200
		if test.want == absent {
			status = 500
		}
		if got.body != test.want || got.status != status {
			t.Errorf("%s: %d %q, want %d %q", name, got.status, got.body, status, test.want)
		}
		same(t, "Set-Cookie", len(got.cookies), 0)
	}
}

func TestSafeReadingGivesNone(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for target, want := range map[string]string{
		"/get_cookie?safe=1":        "1",
		"/get_cookie?safe=1&name=x": "None",
	} {
		got := r.get(target, "num=1")
		if got.status != 200 || got.body != want {
			t.Errorf("%s: %d %q, want 200 %q", target, got.status, got.body, want)
		}
	}
}

func TestWhatIsSetCanBeRead(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for _, value := range []string{"1", "", "%E5%B0%91%E5%86%B0", "a%20b", "%22q%22", "100%25", "a%2Bb", "%25%34%31", "%F0%9F%8D%AA", "%0D%0A"} {
		set := r.get("/set_cookie?value=" + value)
		read := r.get("/get_cookie", cookieOf(set.cookies[0]))
		if want := decodeValue(value); read.body != want {
			t.Errorf("value=%s is sent as %q and read as %q, want %q", value, set.cookies[0], read.body, want)
		}
	}
}
