package site

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cookielab/internal/session"
)

// asForm encodes pairs as a multipart body, and returns its Content-Type.
func asForm(t *testing.T, pairs ...[2]string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, pair := range pairs {
		if err := w.WriteField(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func (r *rig) postMultipart(target, cookie string, pairs ...[2]string) reply {
	r.Helper()
	body, contentType := asForm(r.T, pairs...)
	return r.ask(call{target: target, body: body, header: http.Header{"Content-Type": {contentType}, "Cookie": {cookie}}})
}

// many returns a query of n entries.
func many(n int) string {
	var fields []string
	for i := range n {
		fields = append(fields, fmt.Sprintf("k%d=v", i))
	}
	return strings.Join(fields, "&")
}

func TestBadInputChangesNothing(t *testing.T) {
	long := strings.Repeat("a", 2049)
	tests := map[string]struct{ route, params, host string }{
		"empty name":                    {"set_cookie", "name=", ""},
		"name without =":                {"set_cookie", "name", ""},
		"empty name to read":            {"get_cookie", "name=", ""},
		"empty name to delete":          {"delete_cookie", "name=", ""},
		"last of two names is empty":    {"set_cookie", "name=a&name=", ""},
		"blank in name":                 {"set_cookie", "name=a+b", ""},
		"= in name":                     {"set_cookie", "name=a%3Db", ""},
		"; in name":                     {"set_cookie", "name=a;b", ""},
		"line break in name":            {"set_cookie", "name=a%0D%0ASet-Cookie:x", ""},
		"中 in name":                     {"set_cookie", "name=中", ""},
		"brackets in name":              {"get_cookie", "name=a[0]", ""},
		"blank in name to delete":       {"delete_cookie", "name=a+b", ""},
		"NUL in name":                   {"set_cookie", "name=%00", ""},
		"; in path":                     {"set_cookie", "path=/;HttpOnly", ""},
		"encoded ; in path":             {"set_cookie", "path=/%3B+Secure", ""},
		"line break in path":            {"set_cookie", "path=/%0D%0ASet-Cookie:+evil%3D1", ""},
		"tab in path":                   {"set_cookie", "path=/%09", ""},
		"DEL in path":                   {"set_cookie", "path=/%7F", ""},
		"中 in path":                     {"set_cookie", "path=/中", ""},
		"long path":                     {"set_cookie", "path=" + long, ""},
		"; in domain":                   {"set_cookie", "domain=a;b", ""},
		"line feed in domain":           {"set_cookie", "domain=a%0Ab", ""},
		"中 in domain":                   {"set_cookie", "domain=中.example", ""},
		"long domain":                   {"set_cookie", "domain=" + long, ""},
		"; in expires":                  {"set_cookie", "expires=x;y", ""},
		"line break in expires":         {"set_cookie", "expires=x%0d%0ay", ""},
		"é in expires":                  {"set_cookie", "expires=%E9", ""},
		"long expires":                  {"set_cookie", "expires=" + long, ""},
		"; in path to delete":           {"delete_cookie", "path=/;x", ""},
		"long path to delete":           {"delete_cookie", "path=" + long, ""},
		"; in domain to delete":         {"delete_cookie", "domain=a;x", ""},
		"long value":                    {"set_cookie", "value=" + strings.Repeat("a", 8193), ""},
		"long value once encoded":       {"set_cookie", "value=" + strings.Repeat("%25", 2731), ""},
		"unknown samesite":              {"set_cookie", "samesite=bogus", ""},
		"samesite with a blank":         {"set_cookie", "samesite=Lax+", ""},
		"secure=yes":                    {"set_cookie", "secure=yes", ""},
		"secure=2":                      {"set_cookie", "secure=2", ""},
		"secure=true":                   {"set_cookie", "secure=true", ""},
		"secure=01":                     {"set_cookie", "secure=01", ""},
		"httponly=on":                   {"set_cookie", "httponly=on", ""},
		"partitioned=x":                 {"set_cookie", "partitioned=x", ""},
		"safe=2":                        {"get_cookie", "safe=2", ""},
		"secure=x to delete":            {"delete_cookie", "secure=x", ""},
		"partitioned=x to delete":       {"delete_cookie", "partitioned=x", ""},
		"max_age a word":                {"set_cookie", "max_age=abc", ""},
		"max_age a fraction":            {"set_cookie", "max_age=1.5", ""},
		"max_age with +":                {"set_cookie", "max_age=%2B5", ""},
		"max_age of 11 digits":          {"set_cookie", "max_age=12345678901", ""},
		"max_age none":                  {"set_cookie", "max_age=none", ""},
		"max_age --1":                   {"set_cookie", "max_age=--1", ""},
		"max_age -":                     {"set_cookie", "max_age=-", ""},
		"max_age with a line break":     {"set_cookie", "max_age=5%0A", ""},
		"max_age in other digits":       {"set_cookie", "max_age=٥", ""},
		"no value":                      {"set_expiry", "", ""},
		"empty value":                   {"set_expiry", "value=", ""},
		"last value is empty":           {"set_expiry", "value=5&value=", ""},
		"value a word":                  {"set_expiry", "value=soon", ""},
		"value a fraction":              {"set_expiry", "value=0.5", ""},
		"value of 11 digits":            {"set_expiry", "value=10000000000", ""},
		"value none":                    {"set_expiry", "value=none", ""},
		"value with a blank":            {"set_expiry", "value=+5", ""},
		"malformed %":                   {"set_session", "a=%", ""},
		"malformed %z":                  {"set_session", "a=%zz", ""},
		"malformed %1":                  {"set_session", "a=%1", ""},
		"malformed % in a name":         {"set_session", "%x=1", ""},
		"malformed % where none counts": {"flush", "a=%", ""},
		"malformed % before a good one": {"set_cookie", "value=%4&value=5", ""},
		"malformed % in _back":          {"clear", "_back=%", ""},
		"_session_expiry":               {"set_session", "_session_expiry=1", ""},
		"encoded _":                     {"set_session", "%5Fx=1", ""},
		"_ alone":                       {"set_session", "_=1", ""},
		"_LANG":                         {"set_session", "_LANG=zh", ""},
		"_x of another route":           {"flush", "_x=1", ""},
		"_x of a cookie route":          {"get_cookie", "_x", ""},
		"101 entries":                   {"set_session", many(101), ""},
		"99 more entries":               {"set_session", many(99), ""},
		"the university":                {"set_cookie", "domain=university.edu", "lab.university.edu"},
		"the university with a dot":     {"set_cookie", "domain=.university.edu", "lab.university.edu"},
		"the university to delete":      {"delete_cookie", "domain=university.edu", "lab.university.edu:8080"},
		"the top":                       {"set_cookie", "domain=edu", "lab.university.edu"},
		"the university in capitals":    {"set_cookie", "domain=University.EDU", "LAB.university.edu"},
		"the university, two above":     {"set_cookie", "domain=university.edu", "a.lab.university.edu:80"},
	}
	for name, test := range tests {
		for _, way := range []string{"query", "form", "multipart", "observed", "head"} {
			if way == "multipart" && (strings.Contains(test.params, "%") || !strings.Contains(test.params, "=")) {
				continue // nothing is percent-encoded there
			}
			for _, lang := range []string{"zh", "en"} {
				r := newRig(t, session.NewMemory())
				cookie := r.login()
				before := r.table()
				what := fmt.Sprintf("%s (%s, %s)", name, way, lang)
				header := http.Header{"Cookie": {cookie + "; num=1"}, "Accept-Language": {lang}}
				c := call{target: "/" + test.route + "?" + strings.ReplaceAll(test.params, "中", "%E4%B8%AD"), header: header, host: test.host}
				switch way {
				case "form":
					c.target, c.form = "/"+test.route, test.params
					if c.form == "" {
						c.method = "POST"
					}
				case "multipart":
					var pairs [][2]string
					for field := range strings.SplitSeq(test.params, "&") {
						field = strings.ReplaceAll(field, "+", " ")
						key, value, _ := strings.Cut(field, "=")
						pairs = append(pairs, [2]string{key, value})
					}
					body, kind := asForm(t, pairs...)
					header.Set("Content-Type", kind)
					c.target, c.body = "/"+test.route, body
				case "observed":
					header.Set("X-Observe", "1")
				case "head":
					c.method = "HEAD"
				}
				got := r.ask(c)
				if got.status != 400 || len(got.cookies) != 0 {
					t.Errorf("%s: %d %q with %q, want 400 without Set-Cookie", what, got.status, got.body, got.cookies)
				}
				if way != "observed" && way != "head" {
					isOneLine(t, what, got)
					if isChinese(got.body) != (lang == "zh") {
						t.Errorf("%s: %q is in the wrong language", what, got.body)
					}
				}
				same(t, "rows after "+what, r.table(), before)
			}
		}
	}
}

func TestInputAtTheEdgeIsGood(t *testing.T) {
	for name, test := range map[string]struct{ route, params, host string }{
		"every octet of a token":      {"set_cookie", "name=" + url.QueryEscape("!#$%&'*+-.^_`|~09azAZ"), ""},
		"a reserved name":             {"set_cookie", "name=path", ""},
		"a prefix":                    {"set_cookie", "name=__Host-a", ""},
		"first of two names is empty": {"set_cookie", "name=&name=a", ""},
		"path of 2048":                {"set_cookie", "path=" + strings.Repeat("a", 2048), ""},
		"every octet of a path":       {"set_cookie", "path=" + url.QueryEscape(" !\"#,=\\~"), ""},
		"value of 8192":               {"set_cookie", "value=" + strings.Repeat("a", 8192), ""},
		"value of 8190 once encoded":  {"set_cookie", "value=" + strings.Repeat("%25", 2730), ""},
		"samesite in any case":        {"set_cookie", "samesite=sTRICT", ""},
		"max_age of 10 digits":        {"set_cookie", "max_age=-9999999999", ""},
		"max_age None":                {"set_cookie", "max_age=None", ""},
		"value of 10 digits":          {"set_expiry", "value=9999999999", ""},
		"value None":                  {"set_expiry", "value=None", ""},
		"what the route knows not":    {"get_cookie", "max_age=abc&path=;&secure=x&safe=1", ""},
		"max_age is an entry here":    {"set_session", "max_age=abc&path=;&samesite=x&name=", ""},
		"max_age is nothing here":     {"delete_cookie", "max_age=abc&value=" + strings.Repeat("a", 8193), ""},
		"_lang and _back":             {"flush", "_lang=xx&_back=nowhere", ""},
		"a field of nothing":          {"flush", "&&=&", ""},
		"100 entries":                 {"set_session", many(100), ""},
		"100 entries and the two":     {"set_session", many(100) + "&_lang=en&_back=/en/", ""},
		"the host itself":             {"set_cookie", "domain=lab.university.edu", "lab.university.edu"},
		"below the host":              {"set_cookie", "domain=a.lab.university.edu", "lab.university.edu"},
		"another host":                {"set_cookie", "domain=bank.com", "lab.university.edu"},
		"localhost itself":            {"set_cookie", "domain=localhost", "a.localhost:8080"},
		"a made-up parent":            {"set_cookie", "domain=example.org", "home.example.org"},
		"a made-up top":               {"set_cookie", "domain=test", "a.b.test"},
		"an address has no parent":    {"set_cookie", "domain=0.0.1", "10.0.0.1:8080"},
	} {
		r := newRig(t, session.NewMemory())
		if got := r.ask(call{target: "/" + test.route + "?" + test.params, host: test.host}); got.status != 200 {
			t.Errorf("%s: %d %q, want 200", name, got.status, got.body)
		}
	}
}

func TestARowMayNotPass64KiB(t *testing.T) {
	r := newRig(t, session.NewMemory())
	cookie := r.login() // {"username":"fan","age":18}
	fill := 64<<10 - len(`{"username":"fan","age":18,"k":""}`)
	half := strings.Repeat("a", fill/2)
	rest := strings.Repeat("a", fill-fill/2-len(`,"l":""`))
	if got := r.ask(call{target: "/set_session", form: "k=" + half, header: withCookies(cookie)}); got.status != 200 {
		t.Fatalf("half a row: %d %q", got.status, got.body)
	}
	before := r.table()
	got := r.ask(call{target: "/set_session", form: "l=" + rest + "a", header: withCookies(cookie)})
	if got.status != 400 || len(got.cookies) != 0 {
		t.Errorf("one octet too many: %d %q", got.status, got.cookies)
	}
	isOneLine(t, "a large row", got)
	same(t, "rows", r.table(), before)
	if got := r.ask(call{target: "/set_session", form: "l=" + rest, header: withCookies(cookie)}); got.status != 200 {
		t.Errorf("a row of 64 KiB: %d %q", got.status, got.body)
	}
}

func TestABodyMayNotPass64KiB(t *testing.T) {
	for _, test := range []struct {
		kind       string
		size, want int
	}{
		{"application/x-www-form-urlencoded", 64 << 10, 200},
		{"application/x-www-form-urlencoded", 64<<10 + 1, 413},
		{"application/x-www-form-urlencoded", 1 << 20, 413},
		{"text/plain", 64 << 10, 415},
		{"text/plain", 64<<10 + 1, 413},
	} {
		r := newRig(t, session.NewMemory())
		cookie := r.login()
		before := r.table()
		body := "a=" + strings.Repeat("x", test.size-2)
		got := r.ask(call{target: "/clear?_lang=zh", body: body, header: http.Header{"Content-Type": {test.kind}, "Cookie": {cookie}}})
		what := fmt.Sprintf("%d octets of %s", test.size, test.kind)
		same(t, what, got.status, test.want)
		if test.want != 200 {
			isOneLine(t, what, got)
			same(t, "Set-Cookie after "+what, len(got.cookies), 0)
			same(t, "rows after "+what, r.table(), before)
			if !isChinese(got.body) {
				t.Errorf("%s: %q is not Chinese", what, got.body)
			}
		}
	}
}

func TestAPostIsAForm(t *testing.T) {
	for name, test := range map[string]struct {
		kind, body string
		want       int
	}{
		"form":                  {"application/x-www-form-urlencoded", "a=1", 200},
		"form with charset":     {"application/x-www-form-urlencoded; charset=UTF-8", "a=1", 200},
		"form in capitals":      {"Application/X-WWW-Form-Urlencoded", "a=1", 200},
		"empty form":            {"application/x-www-form-urlencoded", "", 200},
		"no body and no type":   {"", "", 200},
		"body without a type":   {"", "a=1", 415},
		"text":                  {"text/plain", "a=1", 415},
		"text without a body":   {"text/plain", "", 415},
		"json":                  {"application/json", `{"a":1}`, 415},
		"nonsense":              {"form", "a=1", 415},
		"another multipart":     {"multipart/mixed; boundary=x", "--x--\r\n", 415},
		"multipart":             {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n", 200},
		"multipart, nothing":    {"multipart/form-data; boundary=x", "--x--\r\n", 200},
		"multipart, no body":    {"multipart/form-data; boundary=x", "", 200},
		"multipart, no end":     {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n", 400},
		"multipart, cut":        {"multipart/form-data; boundary=x", "--x\r\nContent-Dis", 400},
		"multipart, other line": {"multipart/form-data; boundary=x", "--y\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--y--\r\n", 400},
		"multipart, no line":    {"multipart/form-data", "--x--\r\n", 400},
		"malformed %":           {"application/x-www-form-urlencoded", "a=%", 400},
	} {
		for _, route := range []string{"set_session", "flush", "set_cookie"} {
			r := newRig(t, session.NewMemory())
			cookie := r.login()
			before := r.table()
			header := http.Header{"Cookie": {cookie}}
			if test.kind != "" {
				header.Set("Content-Type", test.kind)
			}
			got := r.ask(call{method: "POST", target: "/" + route, body: test.body, header: header})
			if got.status != test.want {
				t.Errorf("%s to /%s: %d %q, want %d", name, route, got.status, got.body, test.want)
			}
			if test.want != 200 {
				isOneLine(t, name, got)
				same(t, "Set-Cookie", len(got.cookies), 0)
				same(t, "rows", r.table(), before)
			}
		}
	}
}

func TestAGetHasNoForm(t *testing.T) {
	r := newRig(t, session.NewMemory())
	got := r.ask(call{method: "GET", target: "/set_cookie", body: "name=x", header: http.Header{"Content-Type": {"text/plain"}}})
	same(t, "cookies", got.cookies, []string{"num=1; Path=/"})
}

func TestTheLastOfAParameterCounts(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for name, test := range map[string]struct {
		call call
		want string
	}{
		"query":              {call{target: "/set_cookie?name=a&name=b"}, "b=1; Path=/"},
		"form":               {call{target: "/set_cookie", form: "name=a&name=b"}, "b=1; Path=/"},
		"form above query":   {call{target: "/set_cookie?name=a&value=9", form: "name=b"}, "b=9; Path=/"},
		"empty after a flag": {call{target: "/set_cookie?secure=1&secure="}, "num=1; Path=/"},
		"bad before good":    {call{target: "/set_cookie?max_age=x&max_age="}, "num=1; Path=/"},
		"empty form field":   {call{target: "/set_cookie?max_age=5", form: "max_age="}, "num=1; Path=/"},
	} {
		same(t, name, r.ask(test.call).cookies, []string{test.want})
	}
	got := r.postMultipart("/set_cookie?name=a", "", [2]string{"name", "b"}, [2]string{"name", "c"}, [2]string{"value", "100%"})
	same(t, "multipart", got.cookies, []string{"c=100%25; Path=/"})
}

func TestAnEmptyParameterIsAsIfAbsent(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for target, want := range map[string]string{
		"/set_cookie?value=": "num=; Path=/",
		"/set_cookie?value":  "num=; Path=/",
		"/set_cookie?path=":  "num=1",
		"/set_cookie?max_age=&expires=&domain=&secure=&httponly=&partitioned=&samesite=": "num=1; Path=/",
		"/delete_cookie?path=":                        `num=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0`,
		"/delete_cookie?domain=&secure=&partitioned=": `num=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`,
	} {
		same(t, target, r.get(target).cookies, []string{want})
	}
	cookie := r.login()
	same(t, "/get_session?key=", r.get("/get_session?key=", cookie).body, "Session values: fan18")
	same(t, "/get_cookie?safe=", r.get("/get_cookie?safe=").status, 500)
	same(t, "/del?key=", r.get("/del?key=", cookie).body, "Deleted age from the session")
}

func TestAFormSubmitsTextAsItIs(t *testing.T) {
	r := newRig(t, session.NewMemory())
	got := r.postMultipart("/set_session", "", [2]string{"a;b", "1;2"}, [2]string{"c", "x+y%20&z=\r\n"}, [2]string{"名", "中"})
	if got.status != 200 {
		t.Fatalf("%d %q", got.status, got.body)
	}
	if rows := r.table(); !strings.Contains(rows, `"data":{"a;b":"1;2","c":"x+y%20\u0026z=\r\n","名":"中"}`) {
		t.Errorf("the table is %s", rows)
	}
}

func TestAFileIsNoField(t *testing.T) {
	r := newRig(t, session.NewMemory())
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	file, err := w.CreateFormFile("username", "x.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("li")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.ask(call{target: "/set_session", body: b.String(), header: http.Header{"Content-Type": {w.FormDataContentType()}}})
	if rows := r.table(); !strings.Contains(rows, `{"username":"fan","age":18}`) {
		t.Errorf("the table is %s", rows)
	}
}

func TestASemicolonIsAnOctetLikeAnyOther(t *testing.T) {
	r := newRig(t, session.NewMemory())
	same(t, "query", r.get("/set_cookie?value=a;name=b").cookies, []string{"num=a%3Bname=b; Path=/"})
	same(t, "form", r.ask(call{target: "/set_cookie", form: "value=a;b"}).cookies, []string{"num=a%3Bb; Path=/"})
}

func TestOnlyParentsReachBeyond(t *testing.T) {
	for _, test := range []struct {
		domain, host string
		want         bool
	}{
		{"", "lab.university.edu", false},
		{"university.edu", "lab.university.edu", true},
		{"university.edu", "lab.university.edu:443", true},
		{"..university.edu", "lab.university.edu", true},
		{"university.edu.", "lab.university.edu", true},
		{"university.edu", "lab.university.edu.", true},
		{" university.edu ", "lab.university.edu", true},
		{"%75niversity.edu", "lab.university.edu", true},
		{"%EF%BD%95niversity.edu", "lab.university.edu", true}, // a fullwidth u
		{"university%2Eedu", "lab.university.edu", true},
		{"university%E3%80%82edu", "lab.university.edu", true}, // an ideographic full stop
		{"edu", "lab.university.edu", true},
		{"versity.edu", "lab.university.edu", false},
		{"lab.university.edu", "lab.university.edu", false},
		{"my_dept.university.edu", "lab.my_dept.university.edu", true},
		{".", "lab.university.edu", false},
		{"xn--bcher-kva.example.com", "lab.bücher.example.com", true},
		{"localhost", "shop.localhost", false},
		{"example", "shop.example", false},
		{"example.org", "a.b.example.org", false},
		{"org", "example.org", false},
		{"com", "example.com", true},
		{"notlocalhost", "a.notlocalhost", true},
		{"0.0.1", "10.0.0.1", false},
		{"1", "[::1]:8080", false},
		{"university.edu", "", false},
	} {
		if got := reachesBeyond(test.domain, test.host); got != test.want {
			t.Errorf("Domain=%s reaches beyond %s: %t, want %t", test.domain, test.host, got, test.want)
		}
	}
}
