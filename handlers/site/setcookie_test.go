package site

import (
	"strings"
	"testing"

	"cookielab/internal/session"
)

func TestSetCookieSendsTheLineThatDjangoSends(t *testing.T) {
	r := newRig(t, session.NewMemory())
	for params, want := range map[string]string{
		"":                            "num=1; Path=/",
		"name=v&value=x":              "v=x; Path=/",
		"max_age=60":                  "num=1; expires=Thu, 01 Jan 2026 00:01:00 GMT; Max-Age=60; Path=/",
		"max_age=0":                   "num=1; expires=Thu, 01 Jan 2026 00:00:00 GMT; Max-Age=0; Path=/",
		"max_age=-5":                  "num=1; expires=Wed, 31 Dec 2025 23:59:55 GMT; Max-Age=-5; Path=/",
		"max_age=None":                "num=1; Path=/",
		"max_age=007":                 "num=1; expires=Thu, 01 Jan 2026 00:00:07 GMT; Max-Age=7; Path=/",
		"max_age=9999999999":          "num=1; expires=Sat, 21 Nov 2342 17:46:39 GMT; Max-Age=9999999999; Path=/",
		"expires=whenever":            "num=1; expires=whenever; Path=/",
		"expires=whenever&max_age=60": "num=1; expires=whenever; Max-Age=60; Path=/",
		"path=/shop":                  "num=1; Path=/shop",
		"path=no/slash":               "num=1; Path=no/slash",
		"domain=.example.test":        "num=1; Domain=.example.test; Path=/",
		"domain=a_b:8080":             "num=1; Domain=a_b:8080; Path=/",
		"secure=1":                    "num=1; Path=/; Secure",
		"secure=0":                    "num=1; Path=/",
		"httponly=1":                  "num=1; HttpOnly; Path=/",
		"samesite=lax":                "num=1; Path=/; SameSite=lax",
		"samesite=None":               "num=1; Path=/; SameSite=None",
		"partitioned=1":               "num=1; Path=/; Partitioned",
		"name=__Host-v":               "__Host-v=1; Path=/",
		"name=__Secure-v&path=":       "__Secure-v=1",
		"name=sessionid&value=mine":   "sessionid=mine; Path=/",
		"name=a&value=b&max_age=60&path=/p&domain=d.example&secure=1&httponly=1&partitioned=1&samesite=Strict": "a=b; Domain=d.example; expires=Thu, 01 Jan 2026 00:01:00 GMT; HttpOnly; Max-Age=60; Path=/p; SameSite=Strict; Secure; Partitioned",
		"value=100%25":                      "num=100%25; Path=/",
		"value=a+b":                         "num=a%20b; Path=/",
		"value=a%2Bb":                       "num=a+b; Path=/",
		"value=中":                           "num=%E4%B8%AD; Path=/",
		"value=a%0D%0ASet-Cookie:+evil%3D1": "num=a%0D%0ASet-Cookie:%20evil=1; Path=/",
		"value=%22a,b%5Cc;d%22":             "num=%22a%2Cb%5Cc%3Bd%22; Path=/",
		"value=%00%7F%FF":                   "num=%00%7F%FF; Path=/",
		"value={[<'!>]}":                    "num={[<'!>]}; Path=/",
		"unknown=1":                         "num=1; Path=/",
	} {
		got := r.ask(call{target: "/set_cookie?" + strings.ReplaceAll(params, "中", "%E4%B8%AD")})
		same(t, params, got.cookies, []string{want})
		same(t, "status of "+params, got.status, 200)
	}
}

func TestAnAgeNeverNamesAYearOfFiveDigits(t *testing.T) {
	r := newRig(t, session.NewMemory())
	r.now = endOfDates
	same(t, "expires", r.get("/set_cookie?max_age=9999999999").cookies, []string{"num=1; expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=9999999999; Path=/"})
}

func TestDeleteCookieSendsTheLineThatDjangoSends(t *testing.T) {
	r := newRig(t, session.NewMemory())
	const gone = `=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`
	for params, want := range map[string]string{
		"":                              "num" + gone,
		"name=v":                        "v" + gone,
		"path=/p":                       "num" + strings.TrimSuffix(gone, "/") + "/p",
		"domain=d.example":              `num=""; Domain=d.example; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/`,
		"secure=1":                      "num" + gone + "; Secure",
		"partitioned=1":                 "num" + gone + "; Partitioned",
		"name=__Secure-v":               "__Secure-v" + gone + "; Secure",
		"name=__Host-v":                 "__Host-v" + gone + "; Secure",
		"name=__Host-v&secure=0":        "__Host-v" + gone + "; Secure",
		"name=__host-v":                 "__host-v" + gone,
		"name=__Host-v&partitioned=1":   "__Host-v" + gone + "; Secure; Partitioned",
		"httponly=1&samesite=Lax":       "num" + gone,
		"value=x&max_age=60&expires=no": "num" + gone,
	} {
		same(t, params, r.get("/delete_cookie?"+params).cookies, []string{want})
	}
}

func TestEveryOctetComesBackFromACookie(t *testing.T) {
	for c := range 256 {
		octet := string([]byte{byte(c)})
		encoded := encodeValue("a" + octet + "b")
		for i := range len(encoded) {
			if !isCookieOctet(encoded[i]) {
				t.Errorf("%q is encoded as %q", octet, encoded)
			}
		}
		if got := decodeValue(encoded); got != "a"+octet+"b" {
			t.Errorf("%q comes back as %q", octet, got)
		}
	}
}

func TestDecodingIsLenient(t *testing.T) {
	for encoded, want := range map[string]string{
		"":             "",
		"plain":        "plain",
		"%41%e4%B8%AD": "A中",
		"%":            "%",
		"%4":           "%4",
		"%zz":          "%zz",
		"%%41":         "%A",
		"%4%41":        "%4A",
		"a+b":          "a+b",
		"%2541":        "%41",
		"%+1":          "%+1",
		"100%":         "100%",
	} {
		if got := decodeValue(encoded); got != want {
			t.Errorf("decodeValue(%q) = %q, want %q", encoded, got, want)
		}
	}
}
