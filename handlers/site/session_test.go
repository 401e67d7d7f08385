package site

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
)

// data returns the JSON of the only row.
func (r *rig) data() string {
	r.Helper()
	rows, err := r.backend.Rows(context.Background())
	if err != nil || len(rows) != 1 {
		r.Fatalf("rows %v, %v; want one", rows, err)
	}
	return rows[0].Data
}

func TestSetSessionStoresItsParameters(t *testing.T) {
	for target, want := range map[string]string{
		"/set_session":                              `{"username":"fan","age":18}`,
		"/set_session?_lang=zh&_back=/zh/":          `{"username":"fan","age":18}`,
		"/set_session?username=li":                  `{"username":"li"}`,
		"/set_session?b=1&a=2&b=3":                  `{"b":3,"a":2}`,
		"/set_session?a=":                           `{"a":""}`,
		"/set_session?a":                            `{"a":""}`,
		"/set_session?=x":                           `{"":"x"}`,
		"/set_session?name=&value=&path=":           `{"name":"","value":"","path":""}`,
		"/set_session?a=0":                          `{"a":0}`,
		"/set_session?a=-1":                         `{"a":-1}`,
		"/set_session?a=-0":                         `{"a":"-0"}`,
		"/set_session?a=007":                        `{"a":"007"}`,
		"/set_session?a=%2B1":                       `{"a":"+1"}`,
		"/set_session?a=1.5":                        `{"a":"1.5"}`,
		"/set_session?a=1e3":                        `{"a":"1e3"}`,
		"/set_session?a=+1":                         `{"a":" 1"}`,
		"/set_session?a=1%0A":                       `{"a":"1\n"}`,
		"/set_session?a=1_0":                        `{"a":"1_0"}`,
		"/set_session?a=999999999999999":            `{"a":999999999999999}`,
		"/set_session?a=-999999999999999":           `{"a":-999999999999999}`,
		"/set_session?a=1000000000000000":           `{"a":"1000000000000000"}`,
		"/set_session?a=%D9%A5":                     `{"a":"٥"}`,
		"/set_session?%E5%90%8D=%F0%9F%8D%AA":       `{"名":"🍪"}`,
		"/set_session?a=%3Cb%3E%26amp%3B":           `{"a":"<b>&amp;"}`,
		"/set_session?a=%FFx":                       "{\"a\":\"\uFFFDx\"}",
		"/set_session?a=%22%5C%00":                  `{"a":"\"\\\u0000"}`,
		"/set_session?key=1&safe=x&max_age=y":       `{"key":1,"safe":"x","max_age":"y"}`,
		"/set_session?a=" + strings.Repeat("x", 99): `{"a":"` + strings.Repeat("x", 99) + `"}`,
	} {
		r := newRig(t, session.NewMemory())
		got := r.get(target)
		if got.status != 200 || got.body != "Session set" && got.body != "设置session信息" {
			t.Errorf("%s: %d %q", target, got.status, got.body)
		}
		same(t, target, r.data(), want)
	}
}

func TestTheSessionCookieIsDjangos(t *testing.T) {
	r := newRig(t, session.NewMemory())
	got := r.get("/set_session")
	if len(got.cookies) != 1 || !regexp.MustCompile(`^sessionid=[a-z0-9]{32}`+regexp.QuoteMeta(twoWeeks)+`$`).MatchString(got.cookies[0]) {
		t.Errorf("Set-Cookie = %q", got.cookies)
	}
}

func TestSetSessionUpdatesARow(t *testing.T) {
	r := newRig(t, session.NewMemory())
	cookie := r.login()
	got := r.ask(call{target: "/set_session?age=19&x=1", form: "x=2&username=li", header: withCookies(cookie)})
	same(t, "Set-Cookie", got.cookies, []string{cookie + twoWeeks})
	same(t, "data", r.data(), `{"username":"li","age":19,"x":2}`)
}

func TestGetSessionReads(t *testing.T) {
	r := newRig(t, session.NewMemory())
	cookie := cookieOf(r.get("/set_session?username=li&age=-20&note=&big=1000000000000000&%E5%90%8D=%E4%B8%AD").cookies[0])
	r.get("/set_expiry?value=300", cookie)
	before := r.table()
	r.now = newYear.Add(time.Minute)
	for target, want := range map[string]string{
		"/get_session":                     "Session values: li-20",
		"/get_session?_lang=zh":            "得到session的值li-20",
		"/get_session?key=username":        "li",
		"/get_session?key=age":             "-20",
		"/get_session?key=note":            "",
		"/get_session?key=big":             "1000000000000000",
		"/get_session?key=%E5%90%8D":       "中",
		"/get_session?key=_session_expiry": "300",
	} {
		got := r.get(target, cookie)
		if got.status != 200 || got.body != want || len(got.cookies) != 0 {
			t.Errorf("%s: %d %q %q, want 200 %q", target, got.status, got.body, got.cookies, want)
		}
	}
	same(t, "rows", r.table(), before)
}

func TestAKeyThatIsNoUTF8CanBeReadAndDeleted(t *testing.T) {
	r := newRig(t, session.NewMemory())
	cookie := cookieOf(r.get("/set_session?%FF=x").cookies[0])
	same(t, "read", r.get("/get_session?key=%FF", cookie).body, "x")
	same(t, "deleted", r.get("/del?key=%FF", cookie).status, 200)
	same(t, "gone", r.get("/get_session?key=%FF", cookie).body, "KeyError: '\uFFFD'")
}

func TestGetSessionNeedsBothValues(t *testing.T) {
	r := newRig(t, session.NewMemory())
	cookie := cookieOf(r.get("/set_session?username=li").cookies[0])
	got := r.get("/get_session", cookie)
	if got.status != 500 || got.body != "KeyError: 'age'" {
		t.Errorf("%d %q", got.status, got.body)
	}
}

func TestWhatAHandHasWrittenIsShown(t *testing.T) {
	r := newRig(t, session.NewMemory())
	row := session.Row{Key: "0123456789abcdefghijklmnopqrstuv", Expires: newYear.Add(time.Hour), Data: `{"n":null,"l":[1, "a"],"f":1.50,"t":true}`}
	if err := r.backend.Insert(context.Background(), row); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"n": "null", "l": `[1,"a"]`, "f": "1.50", "t": "true"} {
		if got := r.get("/get_session?key="+key, "sessionid="+row.Key); got.status != 200 || got.body != want {
			t.Errorf("%s: %d %q, want %q", key, got.status, got.body, want)
		}
	}
}

func TestClearDeletesTheCookieOfAKeyThatIsNoGood(t *testing.T) {
	r := newRig(t, session.NewMemory())
	expired := r.login()
	r.get("/set_expiry?value=1", expired)
	r.now = newYear.Add(time.Second)
	before := r.table()
	for name, cookie := range map[string]string{
		"unknown": "sessionid=0123456789abcdefghijklmnopqrstuv",
		"expired": expired,
		"short":   "sessionid=abc",
	} {
		got := r.get("/clear", cookie)
		same(t, name, got.status, 200)
		same(t, name, got.cookies, []string{deleted})
		same(t, "rows", r.table(), before)
	}
	got := r.get("/clear")
	same(t, "no cookie", len(got.cookies), 0)
	same(t, "rows", r.table(), before)
}

func TestSetExpiryRenews(t *testing.T) {
	for value, want := range map[string]string{
		"300":        "; expires=Thu, 01 Jan 2026 00:05:00 GMT; HttpOnly; Max-Age=300; Path=/; SameSite=Lax",
		"0":          "; HttpOnly; Path=/; SameSite=Lax",
		"-1":         "; expires=Wed, 31 Dec 2025 23:59:59 GMT; HttpOnly; Max-Age=-1; Path=/; SameSite=Lax",
		"9999999999": "; expires=Sat, 21 Nov 2342 17:46:39 GMT; HttpOnly; Max-Age=9999999999; Path=/; SameSite=Lax",
	} {
		r := newRig(t, session.NewMemory())
		cookie := r.login()
		same(t, "value="+value, r.get("/set_expiry?value="+value, cookie).cookies, []string{cookie + want})
		same(t, "data", r.data(), fmt.Sprintf(`{"username":"fan","age":18,"_session_expiry":%s}`, value))
		same(t, "then None", r.get("/set_expiry?value=0", "sessionid=none-such").status, 200)
	}
	r := newRig(t, session.NewMemory())
	cookie := r.login()
	same(t, "None without an expiry", len(r.get("/set_expiry?value=None", cookie).cookies), 0)
	r.get("/set_expiry?value=5", cookie)
	same(t, "None", r.get("/set_expiry?value=None", cookie).cookies, []string{cookie + twoWeeks})
	same(t, "data", r.data(), `{"username":"fan","age":18}`)
}

func TestTheLastSessionCookieCounts(t *testing.T) {
	r := newRig(t, session.NewMemory())
	mine := r.login()
	other := cookieOf(r.get("/set_session?username=li&age=20").cookies[0])
	for name, test := range map[string]struct {
		cookies []string
		want    string
	}{
		"one line":       {[]string{other + "; " + mine}, "fan"},
		"the other":      {[]string{mine + "; " + other}, "li"},
		"two lines":      {[]string{mine, other}, "li"},
		"capitals":       {[]string{strings.ToUpper(mine)}, ""},
		"capital value":  {[]string{"sessionid=" + strings.ToUpper(strings.TrimPrefix(mine, "sessionid="))}, ""},
		"cut":            {[]string{mine[:len(mine)-1]}, ""},
		"percent":        {[]string{fmt.Sprintf("sessionid=%%%02x%s", mine[10], mine[11:])}, ""},
		"blanks around":  {[]string{"sessionid =  " + strings.TrimPrefix(mine, "sessionid=") + "  "}, "fan"},
		"quotes around":  {[]string{`sessionid="` + strings.TrimPrefix(mine, "sessionid=") + `"`}, "fan"},
		"last is no key": {[]string{mine + "; sessionid=x"}, ""},
	} {
		got := r.get("/get_session?key=username", test.cookies...)
		if (got.status == 200) != (test.want != "") || test.want != "" && got.body != test.want {
			t.Errorf("%s: %d %q, want %q", name, got.status, got.body, test.want)
		}
	}
}
