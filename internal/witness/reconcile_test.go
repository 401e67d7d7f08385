package witness

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"

	"github.com/google/go-cmp/cmp"
)

// The page's script computes the same: FNV-1a, 64 bits. These are its published vectors.
func TestFingerprintIsFNV(t *testing.T) {
	for value, want := range map[string]string{
		"": "cbf29ce484222325", "a": "af63dc4c8601ec8c", "foobar": "85944171f73967e8", "chongo was here!\n": "46810940eff5f915",
	} {
		if got := Fingerprint(value); got != want {
			t.Errorf("Fingerprint(%q) = %s, want %s", value, got, want)
		}
	}
}

func TestThreeWitnessesMakeOnePicture(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for name, c := range map[string]testimony{
		"nobody knows anything": {},

		// In Chromium: cookieStore lists attributes.
		"all agree": {
			ledger: []string{"10s: num=1; Path=/; Max-Age=70"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax in 60s"},
			here: []string{"num=1 localhost / +1m0s . . . ."}, seen: []int{0},
		},
		"cookieStore says lax, and the ledger lax too": {
			ledger: []string{"10s seen: num=1; Path=/; SameSite=Lax"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . Lax ."},
		},
		"cookieStore says strict, and the ledger nothing": {
			ledger: []string{"10s seen: num=1; Path=/"}, header: "num=1", script: "num=1", list: []string{"num=1 / strict"},
			here: []string{"num=1 localhost / session . . Strict . !attributes 1"}, gone: []int{0},
		},
		"cookieStore says lax, the rest does not fit": {
			ledger: []string{"10s seen: num=1; Path=/; Max-Age=100"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . ? . !attributes 1"}, gone: []int{0},
		},
		"another expiry": {
			ledger: []string{"10s seen: num=1; Path=/; Max-Age=100"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax in 200s"},
			here: []string{"num=1 localhost / +3m20s . . ? . !attributes 1"}, gone: []int{0},
		},
		"a cookie of another program": {
			header: "theme=dark", script: "theme=dark", list: []string{"theme=dark / lax in 1h"},
			here: []string{"theme=dark localhost / +1h0m0s . . ? . !foreign"},
		},
		"an HttpOnly cookie of another program": {
			header: "csrf=x", here: []string{"csrf=x ? ? ? ? hidden ? ? !foreign"},
		},
		"another program overwrote the value": {
			ledger: []string{"10s seen: num=1; Path=/"}, header: "num=2", script: "num=2", list: []string{"num=2 / lax"},
			here: []string{"num=2 localhost / session . . ? . !value 1"}, gone: []int{0},
		},
		"the same name on another path is another cookie": {
			ledger: []string{"10s seen: num=1; Path=/"}, header: "num=2; num=1", script: "num=2; num=1", list: []string{"num=2 /en none secure", "num=1 / lax"},
			here:   []string{"num=2 localhost /en session secure . None . !foreign", "num=1 localhost / session . . . ."},
			secure: world.MeasuredYes,
		},
		"the same name and value on two paths": {
			ledger: []string{"10s: num=1; Path=/", "9s: num=1; Path=/en; SameSite=Lax"}, header: "num=1; num=1", script: "num=1; num=1",
			list: []string{"num=1 /en lax", "num=1 / lax"},
			here: []string{"num=1 localhost /en session . . Lax .", "num=1 localhost / session . . . ."}, seen: []int{0, 1},
		},
		"the same name and value, one HttpOnly": {
			ledger: []string{"10s seen: num=1; Path=/", "9s hash seen: num=1; Path=/en; HttpOnly; SameSite=Strict"}, header: "num=1; num=1", script: "num=1",
			list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . . .", "num=1 localhost /en session . hidden Strict ."},
		},
		"HttpOnly, as the ledger says": {
			ledger: []string{"10s hash: sessionid=abcdefghijklmnopqrstuvwxyz; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"}, header: "sessionid=abcdefghijklmnopqrstuvwxyz",
			here: []string{"sessionid=abcdefghijklmnopqrstuvwxyz localhost / +335h59m50s . hidden Lax ."}, seen: []int{0},
		},
		"HttpOnly, with another value of the same ends": {
			ledger: []string{"10s hash seen: sessionid=abcdefghijklmnopqrstuvwxyz; HttpOnly; Path=/"}, header: "sessionid=abcdXXXXXXXXXXXXXXXXXXwxyz",
			here: []string{"sessionid=abcdXXXXXXXXXXXXXXXXXXwxyz ? ? ? ? hidden ? ? !value abcd******************wxyz"}, gone: []int{0},
		},
		"HttpOnly in the ledger, but a script sees it": {
			ledger: []string{"10s seen: num=1; Path=/; HttpOnly"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . ? . !attributes 1"}, gone: []int{0},
		},
		"HttpOnly in the browser, not in the ledger": {
			ledger: []string{"10s seen: num=1; Path=/"}, header: "num=1",
			here: []string{"num=1 ? ? ? ? hidden ? ? !attributes 1"}, gone: []int{0},
		},
		"gone in between and back": {
			ledger: []string{"10s gone hash: num=1; Path=/; HttpOnly; Max-Age=3600"}, header: "num=1",
			here: []string{"num=1 ? ? ? ? hidden ? ? !again *"},
		},
		"gone in between and back, listed": {
			ledger: []string{"10s gone: num=1; Path=/"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . ? . !again 1"},
		},
		"a script sets again what was HttpOnly until it was gone": {
			ledger: []string{"10s gone hash: num=1; Path=/; HttpOnly", "1s dom: num=2; path=/"}, header: "num=2", script: "num=2",
			here: []string{"num=2 localhost / session . . . ."}, seen: []int{1},
		},
		"set again after it was gone": {
			ledger: []string{"10s gone: num=1; Path=/", "1s: num=1; Path=/"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . . ."}, seen: []int{1},
		},
		"Domain": {
			page: "http://a.b.localhost:8080/en/lab", ledger: []string{"10s on http://a.b.localhost:8080/set_cookie: num=1; Path=/; Domain=b.localhost"},
			header: "num=1", script: "num=1", list: []string{"num=1 / lax domain=b.localhost"},
			here: []string{"num=1 b.localhost* / session . . . ."}, seen: []int{0},
		},
		"Partitioned beside one that is not": {
			ledger: []string{"10s seen: num=1; Path=/; Secure", "9s: num=1; Path=/; Secure; Partitioned; SameSite=None"}, header: "num=1; num=1", script: "num=1; num=1",
			list:   []string{"num=1 / none secure partitioned", "num=1 / lax secure"},
			here:   []string{"num=1 localhost / session secure . None partitioned", "num=1 localhost / session secure . . ."},
			secure: world.MeasuredYes, seen: []int{1},
		},
		"nameless": {
			ledger: []string{"10s: token; Path=/"}, header: "token; a=1", script: "token; a=1", list: []string{"=token / lax", "a=1 / lax"},
			here: []string{"=token localhost / session . . . .", "a=1 localhost / session . . ? . !foreign"}, seen: []int{0},
		},
		"octets that are not UTF-8": {
			header: "a=\xff\xfe; b=\xffx", script: "a=\uFFFD\uFFFD; b=\uFFFDx", list: []string{"a=\uFFFD\uFFFD / lax", "b=\uFFFDx / lax"},
			here: []string{"a=\xff\xfe localhost / session . . ? . !foreign", "b=\xffx localhost / session . . ? . !foreign"},
		},
		"a script knows one that the header has not": {
			header: "a=1", script: "a=1; b=2", list: []string{"a=1 / strict", "b=2 / strict"},
			here: []string{"a=1 localhost / session . . Strict . !foreign", "b=2 localhost / session . . Strict . !foreign"},
		},
		"set by a script": {
			ledger: []string{"10s dom: theme=dark; path=/"}, header: "theme=dark", script: "theme=dark", list: []string{"theme=dark / lax"},
			here: []string{"theme=dark localhost / session . . . ."}, seen: []int{0},
		},
		"the browser's clock is a day ahead": {
			ledger: []string{"10s seen: num=1; Path=/; Max-Age=70"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax in 60s"}, clock: 24 * time.Hour,
			here: []string{"num=1 localhost / +1m0s . . . ."},
		},

		// In Firefox and Safari: names and values.
		"names and values, all agree": {
			ledger: []string{"10s: num=1; Path=/; Max-Age=70; SameSite=Strict", "9s hash: sid=secret; HttpOnly; Path=/"}, header: "num=1; sid=secret", script: "num=1", list: []string{"num=1"},
			here: []string{"num=1 localhost / +1m0s . . Strict .", "sid=secret localhost / session . hidden . ."}, seen: []int{0, 1},
		},
		"names and values, no cookieStore at all": {
			ledger: []string{"10s: num=1; Path=/"}, header: "num=1", script: "num=1",
			here: []string{"num=1 localhost / session . . . ."}, seen: []int{0},
		},
		"names and values, foreign": {
			header: "num=1", script: "num=1", list: []string{"num=1"}, here: []string{"num=1 ? ? ? ? . ? ? !foreign"},
		},
		"names and values, overwritten": {
			ledger: []string{"10s seen: num=1; Path=/"}, header: "num=2", script: "num=2", list: []string{"num=2"},
			here: []string{"num=2 ? ? ? ? . ? ? !value 1"}, gone: []int{0},
		},
		"names and values, twice in both": {
			ledger: []string{"10s: num=1; Path=/", "9s: num=1; Path=/en; Max-Age=69"}, header: "num=1; num=1", script: "num=1; num=1", list: []string{"num=1", "num=1"},
			here: []string{"num=1 localhost /en +1m0s . . . .", "num=1 localhost / session . . . ."}, seen: []int{0, 1},
		},
		"names and values, one of two is left": {
			ledger: []string{"10s seen: num=1; Path=/", "9s seen: num=1; Path=/en; SameSite=Lax"}, header: "num=1", script: "num=1", list: []string{"num=1"},
			here: []string{"num=1 localhost ? session . . ? . !several"},
		},
		"names and values, one of two is ours": {
			ledger: []string{"10s seen: num=1; Path=/"}, header: "num=1; num=1", script: "num=1; num=1", list: []string{"num=1", "num=1"},
			here: []string{"num=1 ? ? ? ? . ? ? !several", "num=1 ? ? ? ? . ? ? !several"},
		},

		// Without JavaScript.
		"no script": {
			header: "num=1; sessionid=x", script: "none",
			here: []string{"num=1 ? ? ? ? ? ? ?", "sessionid=x ? ? ? ? ? ? ?"},
		},
		"a browser that blocks cookies for scripts": {
			ledger: []string{"10s seen: num=1; Path=/"}, header: "num=1", blocked: true,
			here: []string{"num=1 localhost / session . ? . ."},
		},

		// Why a cookie is not here.
		"another path": {
			ledger:    []string{"10s: num=1; Path=/zh"},
			elsewhere: []string{"num path kept"},
		},
		"the default path": {
			ledger:    []string{"10s on http://localhost:8080/deep/er/page: num=1"},
			elsewhere: []string{"num path kept"},
		},
		"another host": {
			page:      "http://a.localhost:8080/en/lab",
			ledger:    []string{"10s on http://a.localhost:8080/set_cookie: num=1; Domain=localhost", "9s on http://a.localhost:8080/set_cookie: num=1; Domain=example.com"},
			elsewhere: []string{"num domain refused"},
		},
		"set on a host below": {
			ledger:    []string{"10s on http://b.localhost:8080/x: num=1; Path=/"},
			elsewhere: []string{"num domain kept"},
		},
		"expired": {
			ledger: []string{"70s seen: num=1; Path=/; Max-Age=60"}, elsewhere: []string{"num expired"},
		},
		"expired long ago": {ledger: []string{"2h seen: num=1; Path=/; Max-Age=60"}},
		"about to expire, and the browser was first": {
			ledger: []string{"59s seen: num=1; Path=/; Max-Age=60"}, elsewhere: []string{"num expired"}, gone: []int{0},
		},
		"just expired, and the browser still has it": {
			ledger: []string{"61s seen: num=1; Path=/; Max-Age=60"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax in 0s"},
			here: []string{"num=1 localhost / +0s . . . ."},
		},
		"deleted by a line":   {ledger: []string{"10s seen: num=1; Path=/", "5s: num=; Path=/; Max-Age=0"}},
		"deleted by a script": {ledger: []string{"10s seen: num=1; Path=/", "5s dom: num=; path=/; max-age=0"}},
		"a deletion on the wrong path leaves it": {
			ledger: []string{"10s seen: num=1; Path=/zh", "5s: num=; Path=/; Max-Age=0"}, elsewhere: []string{"num path kept"},
		},
		"deleted by hand":                   {ledger: []string{"10s seen: num=1; Path=/"}, elsewhere: []string{"num gone"}, gone: []int{0}},
		"deleted by hand a while ago":       {ledger: []string{"500h gone: num=1; Path=/; Max-Age=99999999"}, elsewhere: []string{"num gone"}},
		"gone before it expired":            {ledger: []string{"61s gone: num=1; Path=/; Max-Age=60"}, elsewhere: []string{"num gone"}},
		"never seen":                        {ledger: []string{"1s: num=1; Path=/"}, elsewhere: []string{"num blocked"}, gone: []int{0}},
		"blocked":                           {ledger: []string{"1s seen: num=1; Path=/"}, blocked: true, elsewhere: []string{"num blocked"}, gone: []int{0}},
		"replaced, and the new one is gone": {ledger: []string{"10s seen: num=1; Path=/", "9s seen: num=2; Path=/"}, elsewhere: []string{"num gone"}, gone: []int{1}},
		"too large":                         {ledger: []string{"1s: big=" + long + "; Path=/"}, elsewhere: []string{"big size refused"}},
		"too large and masked":              {ledger: []string{"1s hash: big=" + long + "; Path=/; HttpOnly"}, elsewhere: []string{"big size refused"}},
		"just not too large and masked": {
			ledger: []string{"1s hash: big=" + long[:4093] + "; Path=/; HttpOnly"}, header: "big=" + long[:4093],
			here: []string{"big=" + long[:4093] + " localhost / session . hidden . ."}, seen: []int{0},
		},
		"SameSite=None without Secure": {ledger: []string{"1s: num=1; SameSite=None; Path=/"}, elsewhere: []string{"num samesite refused"}},
		"a broken prefix":              {ledger: []string{"1s: __Host-num=1; Path=/"}, elsewhere: []string{"__Host-num prefix refused"}},
		"a script may not set HttpOnly": {
			ledger: []string{"1s dom: num=1; path=/; HttpOnly"}, elsewhere: []string{"num http-only refused"},
		},
		"refused, the older one stays": {
			ledger: []string{"10s seen: num=1; Path=/", "1s: num=2; SameSite=None; Path=/"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . . ."}, elsewhere: []string{"num samesite refused stands"},
		},
		"a script may not overwrite HttpOnly": {
			ledger: []string{"10s hash seen: sid=abc; Path=/; HttpOnly", "1s dom: sid=mine; path=/"}, header: "sid=abc",
			here: []string{"sid=abc localhost / session . hidden . ."}, elsewhere: []string{"sid overwrite-http-only refused stands"},
		},
		"refused, the older one is on another path": {
			ledger: []string{"10s seen: num=1; Path=/zh", "1s: num=2; SameSite=None; Path=/zh"}, elsewhere: []string{"num path kept"},
		},
		"refused, then set properly elsewhere": {
			ledger: []string{"10s: num=1; SameSite=None; Path=/zh", "1s seen: num=1; Path=/"}, header: "num=1", script: "num=1", list: []string{"num=1 / lax"},
			here: []string{"num=1 localhost / session . . . ."},
		},
		"refused, then deleted":   {ledger: []string{"10s: num=1; SameSite=None; Path=/", "1s: num=; Max-Age=0; Path=/"}},
		"refused long ago":        {ledger: []string{"2h: num=1; SameSite=None; Path=/"}},
		"refused for two reasons": {ledger: []string{"10s: num=1; SameSite=None; Path=/", "1s: num=1; Domain=example.com"}, elsewhere: []string{"num domain refused"}},
		"the newest first": {
			ledger:    []string{"30s: a=1; Path=/zh", "20s seen: b=1; Path=/; Max-Age=10", "15s: c=1; SameSite=None", "5s: d=1; Path=/x"},
			elsewhere: []string{"d path kept", "b expired", "c samesite refused", "a path kept"},
		},
		"what expired on another path": {
			ledger: []string{"20s: a=1; Path=/zh; Max-Age=10"}, elsewhere: []string{"a expired"},
		},
		"two lines of one response": {
			ledger: []string{"10s: num=1; Path=/", "10s with: num=2; Path=/"}, header: "num=2", script: "num=2", list: []string{"num=2 / lax"},
			here: []string{"num=2 localhost / session . . . ."}, seen: []int{1},
		},
		"the ledger of two tabs is out of order": {
			ledger: []string{"5s: num=2; Path=/", "10s: num=1; Path=/"}, header: "num=2", script: "num=2", list: []string{"num=2 / lax"},
			here: []string{"num=2 localhost / session . . . ."}, seen: []int{0},
		},

		// Secure over plain http.
		"takes Secure on localhost": {
			ledger: []string{"1s: a=1; Path=/; Secure"}, header: "a=1", script: "a=1", list: []string{"a=1 / lax secure"},
			here: []string{"a=1 localhost / session secure . . ."}, seen: []int{0}, secure: world.MeasuredYes,
		},
		"takes Secure on localhost, by the ledger": {
			ledger: []string{"1s: a=1; Path=/; Secure"}, header: "a=1", script: "a=1",
			here: []string{"a=1 localhost / session secure . . ."}, seen: []int{0}, secure: world.MeasuredYes,
		},
		"took Secure once": {
			ledger: []string{"9s seen: a=1; Path=/; Secure", "1s: a=; Path=/; Secure; Max-Age=0"}, secure: world.MeasuredYes,
		},
		"a Secure one deleted by hand is no refusal": {
			ledger: []string{"9s seen: a=1; Path=/; Secure"}, elsewhere: []string{"a gone"}, gone: []int{0}, secure: world.MeasuredYes,
		},
		"nobody can tell whether Secure was taken": {
			ledger: []string{"9s seen: a=1; Path=/; SameSite=Lax", "1s: a=1; Path=/; SameSite=Lax; Secure"}, header: "a=1", script: "a=1",
			here: []string{"a=1 localhost / session ? . Lax ."},
		},
		"cookieStore can tell that it was not": {
			ledger: []string{"9s seen: a=1; Path=/", "1s: a=1; Path=/; Secure"}, header: "a=1", script: "a=1", list: []string{"a=1 / lax"},
			here: []string{"a=1 localhost / session . . . ."}, elsewhere: []string{"a secure refused stands"}, gone: []int{1}, secure: world.MeasuredNo,
		},
		"the value can tell that it was not": {
			ledger: []string{"9s seen: a=1; Path=/", "1s: a=2; Path=/; Secure"}, header: "a=1", script: "a=1",
			here: []string{"a=1 localhost / session . . . ."}, elsewhere: []string{"a secure refused stands"}, gone: []int{1}, secure: world.MeasuredNo,
		},
		"refuses Secure on localhost": {
			ledger: []string{"1s: a=1; Path=/; Secure"}, elsewhere: []string{"a secure refused"}, gone: []int{0}, secure: world.MeasuredNo,
		},
		"was seen to refuse it": {
			ledger:    []string{"70s never: a=1; Path=/; Secure; Max-Age=60", "1s: __Host-b=1; Path=/; Secure", "1s: c=1; Path=/zh; Secure"},
			elsewhere: []string{"c secure refused", "__Host-b prefix refused", "a secure refused"}, gone: []int{1}, secure: world.MeasuredNo,
		},
		"expired before anyone looked": {
			ledger: []string{"70s: a=1; Path=/; Secure; Max-Age=60"}, elsewhere: []string{"a expired"},
		},
		"missed as it expired": {
			ledger: []string{"66s never: a=1; Path=/; Secure; Max-Age=60"}, elsewhere: []string{"a expired"},
		},
		"expired as someone looked": {
			ledger: []string{"61s: a=1; Path=/; Secure; Max-Age=60"}, elsewhere: []string{"a expired"},
		},
		"on a name of the network": {
			page: "http://class.test/en/lab", ledger: []string{"1s on http://class.test/set_cookie: a=1; Path=/; Secure"},
			elsewhere: []string{"a secure refused"}, secure: world.MeasuredNo,
		},
		"on a name of the network, on another path": {
			page: "http://class.test/en/lab", ledger: []string{"1s on http://class.test/set_cookie: a=1; Path=/zh; Secure"},
			elsewhere: []string{"a secure refused"},
		},
		"on https nothing is measured": {
			page: "https://class.test/en/lab", ledger: []string{"1s on https://class.test/set_cookie: a=1; Path=/; Secure"},
			header: "a=1", script: "a=1", list: []string{"a=1 / lax secure"}, here: []string{"a=1 class.test / session secure . . ."}, seen: []int{0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.witnesses(t)
			p := reconciled(t, start, w)
			var here, elsewhere []string
			for _, s := range p.Here {
				here = append(here, sketch(s))
			}
			for _, m := range p.Elsewhere {
				elsewhere = append(elsewhere, sketchMissing(m))
			}
			if diff := cmp.Diff(c.here, here); diff != "" {
				t.Errorf("here (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.elsewhere, elsewhere); diff != "" {
				t.Errorf("elsewhere (-want +got):\n%s", diff)
			}
			for what, each := range map[string]struct {
				got  []string
				want []int
			}{"seen": {p.Seen, c.seen}, "gone": {p.Gone, c.gone}} {
				var want []string
				for _, i := range each.want {
					want = append(want, w.Ledger[i].Key())
				}
				slices.Sort(each.got)
				if diff := cmp.Diff(want, each.got); diff != "" && len(want)+len(each.got) > 0 {
					t.Errorf("marked %s (-want +got):\n%s", what, diff)
				}
			}
			if p.SecureOverHTTP != c.secure {
				t.Errorf("Secure over http: %q, want %q", p.SecureOverHTTP, c.secure)
			}
			for _, m := range p.Elsewhere {
				if m.Reason == jar.Blocked && !c.blocked && !slices.ContainsFunc(w.Ledger, func(l Line) bool { return p.Decisions[l.Key()].Reason == jar.Blocked }) {
					t.Error("a line that was not carried out is said to be")
				}
			}
			if len(p.Decisions) != len(c.ledger) {
				t.Errorf("%d decisions for %d lines", len(p.Decisions), len(c.ledger))
			}
			for name, same := range permuted(w) {
				if diff := cmp.Diff(sorted(p), sorted(reconciled(t, start, same))); diff != "" {
					t.Errorf("%s in another order (-as given +otherwise):\n%s", name, diff)
				}
			}
		})
	}
}

// permuted changes the order in each source, except that of ledger lines of the same time.
func permuted(w Witnesses) map[string]Witnesses {
	header, document, listed, ledger := w, w, w, w
	header.Header = reversed(w.Header)
	document.Document = reversed(w.Document)
	listed.Listed = reversed(w.Listed)
	ledger.Ledger = reversed(w.Ledger)
	slices.SortStableFunc(ledger.Ledger, func(a, b Line) int { return b.At.Compare(a.At) })
	for i, l := range ledger.Ledger {
		for j := i + 1; j < len(ledger.Ledger) && ledger.Ledger[j].At.Equal(l.At); j++ {
			if l.ID > ledger.Ledger[j].ID {
				ledger.Ledger[i], ledger.Ledger[j] = ledger.Ledger[j], ledger.Ledger[i]
			}
		}
	}
	return map[string]Witnesses{"header": header, "document.cookie": document, "cookieStore": listed, "ledger": ledger}
}

func reversed[T any](s []T) []T {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// sorted returns the parts of a picture that do not depend on the order of the sources.
func sorted(p Picture) []string {
	var all []string
	for _, s := range p.Here {
		all = append(all, sketch(s))
	}
	for _, m := range p.Elsewhere {
		all = append(all, sketchMissing(m))
	}
	for _, key := range p.Seen {
		all = append(all, "seen "+key)
	}
	for _, key := range p.Gone {
		all = append(all, "gone "+key)
	}
	slices.Sort(all)
	return all
}
