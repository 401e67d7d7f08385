package lessons

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// stepOf returns a step with these lines of lesson.yaml, from "from:" to the claims.
func stepOf(t *testing.T, yaml string) (*Catalogue, *Step) {
	t.Helper()
	fsys := goodLesson()
	i, j := strings.Index(goodYAML, "    from:"), strings.Index(goodYAML, "    django:")
	fsys["08-mine/lesson.yaml"].Data = []byte(goodYAML[:i] + yaml + goodYAML[j:])
	if k := strings.Index(yaml, "    options:"); k >= 0 {
		fsys["08-mine/lesson.yaml"].Data = []byte(goodYAML[:i] + yaml)
	}
	cat, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return cat, cat.Lessons[0].Steps[0]
}

func TestAStepNamesWhatItsActionsAndClaimsName(t *testing.T) {
	for name, tt := range map[string]struct {
		do, a, b string
		want     Names
	}{
		"the routes' defaults": {"[/set_cookie]", "{status: 200}", "{status: 500}", Names{Cookies: []string{"num"}}},
		"a query":              {"['/get_cookie?name=note&safe=1']", "{status: 200}", "{status: 500}", Names{Cookies: []string{"note"}}},
		"a session": {"[/set_session]", "{status: 200}", "{status: 500}",
			Names{Cookies: []string{"sessionid"}, Entries: []string{"username", "age"}, Row: true}},
		"entries": {"['/set_session?vip=0', '/get_session?key=vip', /del]", "{status: 200}", "{status: 500}",
			Names{Cookies: []string{"sessionid"}, Entries: []string{"vip", "age"}, Row: true}},
		"a script and a deletion": {"[{do: script, set: theme=dark; path=/}, {do: delete, name: vip}, /get_cookie]", "{status: 200}", "{status: 500}",
			Names{Cookies: []string{"theme", "vip", "num"}}},
		"claims": {"[/get_cookie]", "{sent: a=1, not_sent: b, jar: c, not_in_jar: d, jar_count: {e: 1}}", "{sent_count: {f: 1}, cookie_expires: {g: session}, script_sees: h, script_blind: i}",
			Names{Cookies: []string{"num", "a", "c", "b", "d", "e", "h", "i", "f", "g"}}},
		"a claim about the row": {"[/set_cookie]", "{row: {x: 1}, row_lacks: y}", "{no_row: true}",
			Names{Cookies: []string{"num"}, Entries: []string{"x", "y"}, Row: true}},
		"what a response sets is no matter of where a step starts": {"[/get_cookie]", "{set_cookie: sessionid}", "{no_set_cookie: sessionid}",
			Names{Cookies: []string{"num"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := stepOf(t, "    do: "+tt.do+"\n    options:\n      a: "+tt.a+"\n      b: "+tt.b+"\n")
			got := s.Names()
			slices.Sort(got.Cookies)
			slices.Sort(tt.want.Cookies)
			if !slices.Equal(got.Cookies, tt.want.Cookies) || !slices.Equal(got.Entries, tt.want.Entries) || got.Row != tt.want.Row {
				t.Errorf("Names = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestSetupUsesTheDemoRoutesAlone(t *testing.T) {
	cat, err := Load(FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range cat.Lessons {
		for _, s := range l.Steps {
			if s.Mode != Live {
				continue
			}
			setup := cat.Setup(s)
			for _, a := range setup {
				if a.Do != "visit" || a.Browser != "A" || !isDemo(a.URL) {
					t.Errorf("%s: setup has %+v", s.ID, a)
				}
			}
			if tail := setup[len(setup)-len(s.From):]; s.Jar == nil && !slices.EqualFunc(tail, s.From, func(a, b world.Action) bool { return a.URL == b.URL }) {
				t.Errorf("%s: setup does not end with the step's own from", s.ID)
			}
		}
	}
}

func TestSetupDeletesWhatTheStepNamesAndNothingElse(t *testing.T) {
	cat, s := stepOf(t, "    from: ['/set_cookie?path=/deep']\n    do: [/get_cookie]\n")
	var got []string
	for _, a := range cat.Setup(s) {
		address, err := url.PathUnescape(a.URL)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, address)
	}
	want := []string{
		"/delete_cookie?name=num", "/delete_cookie?name=num&path=/get_cookie", "/delete_cookie?name=num&path=/deep",
		"/set_cookie?path=/deep",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Setup = %q, want %q", got, want)
	}
	cat, s = stepOf(t, "    do: [/get_session]\n    options:\n      a: {status: 200}\n      b: {status: 500}\n")
	if first := cat.Setup(s)[0].URL; first != "/flush" {
		t.Errorf("a step about the session is set up by %s first, want /flush", first)
	}
}

// startFrame returns the frame of a browser with some cookies, and perhaps a row.
func startFrame(data string, cookies ...jar.Cookie) world.Frame {
	f := world.Frame{At: noon, Browsers: map[string]world.Browser{}}
	if data != "" {
		f.Server.Rows = []session.Row{{Key: oldKey, Data: data, Expires: *after(60)}}
		cookies = append(cookies, jar.Cookie{Name: "sessionid", Value: oldKey, Path: "/"})
	}
	f.Browsers["A"] = world.Browser{Jar: cookies}
	return f
}

func TestDifferencesAreOfWhatTheStepNames(t *testing.T) {
	num := jar.Cookie{Name: "num", Value: "1", Path: "/"}
	with := func(change func(*jar.Cookie)) jar.Cookie {
		c := num
		change(&c)
		return c
	}
	two := with(func(c *jar.Cookie) { c.Value = "2" })
	deep := with(func(c *jar.Cookie) { c.Path = "/get_cookie" })
	hidden := with(func(c *jar.Cookie) { c.HTTPOnly = true })
	aged := with(func(c *jar.Cookie) { c.Expires = after(60) })
	other := jar.Cookie{Name: "other", Value: "x"}
	foreign := jar.Cookie{Name: "sessionid", Value: "another-program"}
	const fan = `{"username":"fan","age":18}`

	cookieStep := "    do: [/get_cookie]\n"
	sessionStep := "    do: [/get_session]\n    options:\n      a: {status: 200}\n      b: {status: 500}\n"
	rowStep := "    do: [/set_cookie]\n    options:\n      a: {no_row: true}\n      b: {status: 500}\n"
	for name, tt := range map[string]struct {
		step  string
		start world.Frame
		now   Evidence
		want  []Difference
	}{
		"the same":                        {cookieStep, startFrame("", num), Seen(startFrame("", num)), nil},
		"others are none of its business": {cookieStep, startFrame(""), Seen(startFrame(fan, other)), nil},
		"missing":                         {cookieStep, startFrame("", num), Seen(startFrame("", other)), []Difference{{CookieMissing, "num", "1", ""}}},
		"extra":                           {cookieStep, startFrame(""), Seen(startFrame("", num)), []Difference{{CookieExtra, "num", "", "1"}}},
		"another value":                   {cookieStep, startFrame("", num), Seen(startFrame("", two)), []Difference{{CookieDiffers, "num", "1", "2"}}},
		"two of a name":                   {cookieStep, startFrame("", num), Seen(startFrame("", num, two)), []Difference{{CookieDiffers, "num", "1", "1, 2"}}},
		"two in another order":            {cookieStep, startFrame("", deep, two), Seen(startFrame("", two, deep)), nil},
		"out of sight":                    {cookieStep, startFrame("", deep), Seen(startFrame("")), []Difference{{CookieHidden, "num", "1", ""}}},
		"known to the ledger":             {cookieStep, startFrame("", deep), Evidence{Elsewhere: []jar.Cookie{deep}}, nil},
		"extra, known to the ledger":      {cookieStep, startFrame(""), Evidence{Elsewhere: []jar.Cookie{deep}}, []Difference{{CookieExtra, "num", "", "1"}}},
		"HttpOnly":                        {cookieStep, startFrame("", hidden), Seen(startFrame("", num)), []Difference{{CookieHTTPOnly, "num", "true", "false"}}},
		"HttpOnly, unknown": {cookieStep, startFrame("", hidden),
			Evidence{Jar: []jar.Cookie{num}, Unknown: map[string][]string{"num": {"httpOnly"}}}, nil},
		"age": {cookieStep, startFrame("", aged), Seen(startFrame("", num)), []Difference{{CookieAge, "num", "expires", "session"}}},
		"age, unknown": {cookieStep, startFrame("", num),
			Evidence{Jar: []jar.Cookie{aged}, Unknown: map[string][]string{"num": {"expires"}}}, nil},

		"the same row":  {sessionStep, startFrame(fan), Seen(startFrame(`{"age": 18, "username": "fan", "cart": 1}`)), nil},
		"no row":        {sessionStep, startFrame(fan), Seen(startFrame("")), []Difference{{Kind: RowMissing}}},
		"a row":         {sessionStep, startFrame(""), Seen(startFrame(fan)), []Difference{{Kind: RowExtra}}},
		"another's key": {sessionStep, startFrame(""), Seen(startFrame("", foreign)), []Difference{{CookieExtra, "sessionid", "", "another-program"}}},
		"entries": {sessionStep, startFrame(fan), Seen(startFrame(`{"username":"li","_session_expiry":60}`)), []Difference{
			{EntryDiffers, "username", `"fan"`, `"li"`}, {EntryMissing, "age", "18", ""}, {EntryExtra, "_session_expiry", "", "60"}}},
		"a row for a step that only wants none":           {rowStep, startFrame(""), Seen(startFrame(fan)), []Difference{{Kind: RowExtra}}},
		"another's key for a step that only wants no row": {rowStep, startFrame(""), Seen(startFrame("", foreign)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := stepOf(t, tt.step)
			if got := s.Differences(tt.start, tt.now); !slices.Equal(got, tt.want) {
				t.Errorf("Differences = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// A browser counts once, whether it acts alone or with others.
func TestBrowsersOfAStepAreCounted(t *testing.T) {
	visit := func(name string) world.Action { return world.Action{Do: "visit", Browser: name, URL: "/"} }
	for want, s := range map[int]Step{
		0: {Do: []world.Action{{Do: "purge"}}},
		1: {From: []world.Action{visit("A")}, Do: []world.Action{visit("A")}},
		3: {From: []world.Action{visit("A")}, Do: []world.Action{{Do: "together", Visits: []world.Action{visit("B"), visit("C")}}}},
	} {
		if got := s.Browsers(); got != want {
			t.Errorf("%d browsers act, want %d", got, want)
		}
	}
}
