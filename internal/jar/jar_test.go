package jar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A scenario is a story told to one jar, step by step. It starts at start, and
// each step comes a second after the one before.
type step struct {
	// on is the request: "http://a.example/p", and in any order after it "POST",
	// "from URL" (the page that asks), "by kind", "dom" for document.cookie.
	on string
	// set is a Set-Cookie line that comes back; want is then its code and reason.
	set string
	// want is otherwise the Cookie header.
	want string
	// kept are the cookies that stay at home, as "name:reason name:reason".
	kept string
	// wait lets time pass before the step.
	wait time.Duration
	// do is something else that happens, instead of a request.
	do func(now time.Time, j *Jar)
	// jar is what is there afterwards, as in describe; "" is not looked at.
	jar string
}

type scenario struct {
	profile Profile
	steps   []step
}

func (s scenario) play(t *testing.T) {
	t.Helper()
	j := New(s.profile)
	now := start
	for i, st := range s.steps {
		now = now.Add(time.Second + st.wait)
		switch {
		case st.do != nil:
			st.do(now, j)
		case st.set != "":
			d := j.Set(now, request(t, st.on), st.set)
			if got := strings.TrimSpace(string(d.Code) + " " + string(d.Reason)); got != st.want {
				t.Errorf("step %d: Set(%s, %q) = %q, want %q", i, st.on, st.set, got, st.want)
			}
			if d.Stored != (d.Code == Stored || d.Code == Replaced) {
				t.Errorf("step %d: Set(%s, %q): Stored = %v with code %q", i, st.on, st.set, d.Stored, d.Code)
			}
		default:
			sent := j.Send(now, request(t, st.on))
			if sent.Header != st.want {
				t.Errorf("step %d: Send(%s) = %q, want %q", i, st.on, sent.Header, st.want)
			}
			var kept []string
			for _, w := range sent.Withheld {
				kept = append(kept, w.Cookie.Name+":"+string(w.Reason))
			}
			if got := strings.Join(kept, " "); got != st.kept {
				t.Errorf("step %d: Send(%s) withholds %q, want %q", i, st.on, got, st.kept)
			}
		}
		if got := describe(j.Cookies(now)); st.jar != "" && got != strings.TrimSpace(st.jar) {
			t.Errorf("step %d: jar = %q, want %q", i, got, st.jar)
		}
	}
}

// request reads the language of step.on.
func request(t *testing.T, s string) Request {
	t.Helper()
	words := strings.Fields(s)
	r := Request{URL: words[0]}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "POST":
			r.Method = "POST"
		case "dom":
			r.Via = ViaDOM
		case "from":
			i++
			r.Initiator = words[i]
		case "by":
			i++
			r.Kind = words[i]
		default:
			t.Fatalf("request %q: what is %q?", s, words[i])
		}
	}
	return r
}

// describe writes cookies as "name=value@domain/path", "*" after a domain that
// covers subdomains, " " between cookies; none are "-".
func describe(cs []Cookie) string {
	if len(cs) == 0 {
		return "-"
	}
	var all []string
	for _, c := range cs {
		star := "*"
		if c.HostOnly {
			star = ""
		}
		all = append(all, fmt.Sprintf("%s=%s@%s%s%s", c.Name, c.Value, c.Domain, star, c.Path))
	}
	return strings.Join(all, " ")
}

const (
	shop  = "https://shop.example/"
	plain = "http://shop.example/"
	local = "http://localhost:8080/"
	evil  = "https://evil.example/page"
)

func TestTheRulesThatTheLessonsTeach(t *testing.T) {
	tests := map[string]scenario{
		"a cookie set is a cookie sent": {steps: []step{
			{on: local, set: "num=1; Path=/", want: "stored", jar: "num=1@localhost/"},
			{on: local + "get_cookie", want: "num=1"},
		}},
		"the same name, domain and path replaces": {steps: []step{
			{on: local, set: "num=1; Path=/", want: "stored"},
			{on: local, set: "num=2; Path=/", want: "replaced", jar: "num=2@localhost/"},
			{on: local, set: "num=3; Path=/a", want: "stored", jar: "num=3@localhost/a num=2@localhost/"},
			{on: local + "a", want: "num=3; num=2"},
			{on: local, want: "num=2", kept: "num:path"},
		}},
		"deleting takes the same path": {steps: []step{
			{on: local, set: "num=1; Path=/a", want: "stored"},
			{on: local, set: "num=; Path=/; Max-Age=0", want: "deleted path", jar: "num=1@localhost/a"},
			{on: local, set: "num=; Path=/a; Max-Age=0", want: "deleted", jar: "-"},
			{on: local, set: "num=; Path=/a; Max-Age=0", want: "deleted nothing"},
		}},
		"deleting takes the same domain": {steps: []step{
			{on: "http://www.shop.example/", set: "num=1; Domain=shop.example", want: "stored"},
			{on: "http://www.shop.example/", set: "num=; Max-Age=0", want: "deleted domain", jar: "num=1@shop.example*/"},
			{on: "http://www.shop.example/", set: "num=; Max-Age=0; Domain=shop.example", want: "deleted", jar: "-"},
		}},
		"time takes a cookie with Max-Age, and closing the browser one without": {steps: []step{
			{on: local, set: "a=1; Max-Age=60", want: "stored"},
			{on: local, set: "b=1", want: "stored"},
			{on: local, wait: 58 * time.Second, want: "b=1", kept: "a:expired", jar: "b=1@localhost/"},
			{do: func(now time.Time, j *Jar) { j.CloseBrowser(now) }, jar: "-"},
		}},
		"Max-Age counts above Expires": {steps: []step{
			{on: local, set: "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", want: "stored"},
			{on: local, set: "a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0", want: "deleted", jar: "-"},
		}},
		"without Path the directory of the address counts": {steps: []step{
			{on: "http://shop.example/a/b", set: "n=1", want: "stored", jar: "n=1@shop.example/a"},
			{on: "http://shop.example/a", want: "n=1"},
			{on: "http://shop.example/ab", want: "", kept: "n:path"},
		}},
		"a parent domain shares, a host keeps to itself": {steps: []step{
			{on: "http://www.shop.example/", set: "own=1", want: "stored"},
			{on: "http://www.shop.example/", set: "all=1; Domain=shop.example", want: "stored"},
			{on: "http://api.shop.example/", want: "all=1", kept: "own:domain"},
			{on: "http://a.www.shop.example/", want: "all=1", kept: "own:domain"},
		}},
		"no site speaks for another, nor for a whole suffix": {steps: []step{
			{on: plain, set: "n=1; Domain=evil.example", want: "refused domain"},
			{on: plain, set: "n=1; Domain=sub.shop.example", want: "refused domain"},
			{on: plain, set: "n=1; Domain=example", want: "refused public-suffix"},
			{on: "http://me.github.io/", set: "n=1; Domain=github.io", want: "refused public-suffix"},
		}},
		"ports share a jar": {steps: []step{
			{on: "http://localhost:8000/", set: "n=1", want: "stored"},
			{on: "http://localhost:9000/", want: "n=1"},
		}},
		"Secure is for https only, to store and to send": {steps: []step{
			{on: plain, set: "n=1; Secure", want: "refused secure"},
			{on: shop, set: "n=1; Secure", want: "stored"},
			{on: plain, want: "", kept: "n:secure"},
			{on: shop, want: "n=1"},
		}},
		"http leaves Secure cookies alone": {steps: []step{
			{on: shop, set: "n=1; Secure", want: "stored"},
			{on: plain, set: "n=2", want: "refused overwrite-secure"},
			{on: plain, set: "n=; Max-Age=0", want: "refused overwrite-secure", jar: "n=1@shop.example/"},
			{on: shop, set: "n=2", want: "replaced"},
		}},
		"localhost is secure enough": {steps: []step{
			{on: local, set: "n=1; Secure", want: "stored"},
			{on: local, want: "n=1"},
			{on: "http://127.0.0.1/", set: "__Host-n=1; Secure; Path=/", want: "stored"},
		}},
		"but not in every browser": {profile: Profile{PlainLocalhost: true}, steps: []step{
			{on: local, set: "n=1; Secure", want: "refused secure"},
			{on: local, set: "__Host-n=1; Secure; Path=/", want: "refused prefix"},
			{on: "https://localhost/", set: "n=1; Secure", want: "stored"},
			{on: local, want: "", kept: "n:secure"},
		}},
		"HttpOnly keeps scripts out": {steps: []step{
			{on: shop, set: "sid=1; HttpOnly", want: "stored"},
			{on: shop, set: "theme=dark", want: "stored"},
			{on: shop + " dom", want: "theme=dark", kept: "sid:http-only"},
			{on: shop + " dom", set: "sid=2", want: "refused overwrite-http-only"},
			{on: shop + " dom", set: "x=1; HttpOnly", want: "refused http-only"},
			{on: shop, want: "sid=1; theme=dark"},
		}},
		"SameSite asks who started the request": {steps: []step{
			{on: shop, set: "strict=1; SameSite=Strict", want: "stored"},
			{on: shop, set: "lax=1; SameSite=Lax", want: "stored"},
			{on: shop, set: "none=1; SameSite=None; Secure", want: "stored"},
			{on: shop, set: "unset=1", want: "stored"},
			{on: shop, want: "strict=1; lax=1; none=1; unset=1"},
			{on: shop + " from https://www.shop.example/ by fetch", want: "strict=1; lax=1; none=1; unset=1"},
			{on: shop + " from " + evil + " by link", want: "lax=1; none=1; unset=1", kept: "strict:samesite"},
			{on: shop + " from " + evil + " by form-get", want: "lax=1; none=1; unset=1", kept: "strict:samesite"},
			{on: shop + " from " + evil + " by window-open", want: "lax=1; none=1; unset=1", kept: "strict:samesite"},
			{on: shop + " from " + evil + " by form-post", want: "none=1; unset=1", kept: "strict:samesite lax:samesite"},
			{on: shop + " from " + evil + " by img", want: "none=1", kept: "strict:samesite lax:samesite unset:samesite"},
			{on: shop + " from " + evil + " by iframe", want: "none=1", kept: "strict:samesite lax:samesite unset:samesite"},
			{on: shop + " from " + evil + " by fetch", want: "none=1", kept: "strict:samesite lax:samesite unset:samesite"},
			{on: shop + " from " + evil + " by fetch-post", want: "none=1", kept: "strict:samesite lax:samesite unset:samesite"},
			{on: shop + " from http://shop.example/ by link", want: "lax=1; none=1; unset=1", kept: "strict:samesite"},
			{on: shop + " dom from " + evil + " by link", want: "strict=1; lax=1; none=1; unset=1"},
		}},
		"two minutes of grace for a cookie without SameSite": {steps: []step{
			{on: shop, set: "unset=1", want: "stored"},
			{on: shop + " from " + evil + " by form-post", wait: 119 * time.Second, want: "unset=1"},
			{on: shop + " from " + evil + " by form-post", want: "", kept: "unset:samesite"},
			{on: shop, set: "unset=1", want: "replaced"}, // the same value: no younger
			{on: shop + " from " + evil + " by form-post", want: "", kept: "unset:samesite"},
			{on: shop, set: "unset=2", want: "replaced"},
			{on: shop + " from " + evil + " by form-post", want: "unset=2"},
		}},
		"SameSite=None needs Secure": {steps: []step{
			{on: shop, set: "n=1; SameSite=None", want: "refused samesite"},
			{on: shop, set: "n=1; SameSite=None; Secure", want: "stored"},
		}},
		"only SameSite=None is set from within another site's page": {steps: []step{
			{on: shop + " from " + evil + " by img", set: "n=1", want: "refused samesite"},
			{on: shop + " from " + evil + " by img", set: "n=1; SameSite=Lax", want: "refused samesite"},
			{on: shop + " from " + evil + " by img", set: "n=1; SameSite=None; Secure", want: "stored"},
			{on: shop + " from " + evil + " by form-post", set: "m=1; SameSite=Strict", want: "stored"},
		}},
		"a prefix keeps its promise": {steps: []step{
			{on: shop, set: "__Secure-n=1", want: "refused prefix"},
			{on: shop, set: "__Secure-n=1; Secure", want: "stored"},
			{on: shop, set: "__Host-n=1; Secure", want: "refused prefix"},
			{on: shop, set: "__Host-n=1; Secure; Path=/; Domain=shop.example", want: "refused prefix"},
			{on: shop, set: "__Host-n=1; Secure; Path=/", want: "stored"},
			{on: shop, set: "__HOST-m=1", want: "refused prefix"},
			{on: shop, set: "__Http-n=1; Secure", want: "refused prefix"},
			{on: shop, set: "__Http-n=1; Secure; HttpOnly", want: "stored"},
			{on: shop, set: "__Host-Http-n=1; Secure; HttpOnly", want: "refused prefix"},
			{on: shop, set: "__Host-Http-n=1; Secure; HttpOnly; Path=/", want: "stored"},
			{on: plain, set: "__Secure-m=1; Secure", want: "refused prefix"},
			{on: shop, set: "__Host-n", want: "refused prefix"},
			{on: "https://localhost/", set: "__Host-n=1; Secure; Path=/; Domain=localhost", want: "refused prefix"},
			{on: "https://127.0.0.1/", set: "__Host-n=1; Secure; Path=/; Domain=127.0.0.1", want: "stored"},
		}},
		"Partitioned has a jar for each top-level site": {steps: []step{
			{on: shop, set: "n=1; Partitioned", want: "refused partitioned"},
			{on: shop, set: "n=top; Secure; Partitioned; SameSite=None", want: "stored"},
			{on: shop + " from " + evil + " by iframe", set: "n=in; Secure; Partitioned; SameSite=None", want: "stored"},
			{on: shop, want: "n=top", kept: "n:partitioned"},
			{on: shop + " from " + evil + " by iframe", want: "n=in", kept: "n:partitioned"},
			{on: shop + " from https://other.example/ by iframe", want: "", kept: "n:partitioned n:partitioned"},
			{on: shop + " from https://other.example/ by iframe", set: "n=; Max-Age=0; Secure; Partitioned; SameSite=None", want: "deleted partitioned"},
		}},
		"third-party cookies can be blocked": {profile: Profile{BlockThirdParty: true}, steps: []step{
			{on: shop, set: "n=1; SameSite=None; Secure", want: "stored"},
			{on: shop + " from " + evil + " by iframe", want: "", kept: "n:third-party"},
			{on: shop + " from " + evil + " by iframe", set: "m=1; SameSite=None; Secure", want: "refused third-party"},
			{on: shop + " from " + evil + " by iframe", set: "m=1; SameSite=None; Secure; Partitioned", want: "stored"},
			{on: shop + " from " + evil + " by link", want: "n=1", kept: "m:partitioned"},
		}},
		"longer paths come first, then the older cookie": {steps: []step{
			{on: plain, set: "a=1; Path=/", want: "stored"},
			{on: plain, set: "b=1; Path=/x", want: "stored"},
			{on: plain, set: "c=1; Path=/", want: "stored"},
			{on: plain + "x", want: "b=1; a=1; c=1"},
			{on: plain, set: "a=1; Path=/; Max-Age=60", want: "replaced"}, // same value: keeps its age
			{on: plain + "x", want: "b=1; a=1; c=1"},
			{on: plain, set: "a=2; Path=/", want: "replaced"},
			{on: plain + "x", want: "b=1; c=1; a=2"},
		}},
		"what cannot be a cookie": {steps: []step{
			{on: plain, set: "=", want: "refused empty"},
			{on: plain, set: "a=b\x01c", want: "refused syntax"},
			{on: plain, set: "a=b; x=\x7f", want: "refused syntax"},
			{on: plain, set: "=a=b", want: "refused name"},
			{on: plain, set: "a=" + strings.Repeat("x", 4096), want: "refused size"},
			{on: "ftp://shop.example/", set: "a=1", want: "refused url"},
			{on: plain, set: "a=" + strings.Repeat("é", 2047), want: "stored"},
			{on: plain, set: "a=" + strings.Repeat("é", 2048), want: "refused size"},
		}},
		"a value without a name is a cookie": {steps: []step{
			{on: plain, set: "token", want: "stored"},
			{on: plain, set: "=other", want: "replaced"},
			{on: plain, want: "other"},
		}},
		"a name with an empty label has no cookies": {steps: []step{
			{on: "http://shop.example../", set: "n=1", want: "refused domain"},
			{on: "http://shop.example./", set: "n=1", want: "stored", jar: "n=1@shop.example./"},
		}},
		"SameSite=None without Secure does not go out, however it came in": {steps: []step{
			{do: func(now time.Time, j *Jar) {
				j.Put(now, Cookie{Name: "n", Domain: "shop.example", HostOnly: true, Path: "/", SameSite: "None"})
			}},
			{on: shop, want: "", kept: "n:samesite"},
		}},
		"a cookie typed in by hand": {steps: []step{
			{do: func(now time.Time, j *Jar) {
				j.Put(now, Cookie{Name: "sessionid", Value: "stolen", Domain: "localhost", HostOnly: true, Path: "/"})
			}},
			{on: local, want: "sessionid=stolen"},
			{do: func(now time.Time, j *Jar) {
				j.Put(now, Cookie{Name: "sessionid", Value: "other", Domain: "localhost", HostOnly: true, Path: "/"})
			}},
			{on: local, want: "sessionid=other"},
			{on: local, set: "sessionid=; Max-Age=0; Path=/", want: "deleted", jar: "-"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, tt.play)
	}
}

func TestEveryReasonIsReachedAndListed(t *testing.T) {
	// Each word of the package, and one story that ends in it.
	expired := Cookie{Name: "old", Domain: "shop.example", HostOnly: true, Path: "/", Expires: &start}
	decide := func(p Profile, on, line string) Reason {
		j := New(p)
		j.Put(start, Cookie{Name: "s", Domain: "shop.example", HostOnly: true, Path: "/", Secure: true})
		j.Put(start, Cookie{Name: "h", Domain: "shop.example", HostOnly: true, Path: "/", HTTPOnly: true})
		j.Put(start, expired)
		return j.Set(start, request(t, on), line).Reason
	}
	got := map[Reason]Reason{
		ReasonPath:              decide(Profile{}, shop, "s=; Path=/x; Max-Age=0"),
		ReasonDomain:            decide(Profile{}, shop, "a=1; Domain=evil.example"),
		ReasonPublicSuffix:      decide(Profile{}, shop, "a=1; Domain=example"),
		ReasonSecure:            decide(Profile{}, plain, "a=1; Secure"),
		ReasonSameSite:          decide(Profile{}, shop, "a=1; SameSite=None"),
		ReasonHTTPOnly:          decide(Profile{}, shop+" dom", "a=1; HttpOnly"),
		ReasonPrefix:            decide(Profile{}, shop, "__Secure-a=1"),
		ReasonSize:              decide(Profile{}, shop, "a="+strings.Repeat("x", 4096)),
		ReasonSyntax:            decide(Profile{}, shop, "a=\x00"),
		ReasonEmpty:             decide(Profile{}, shop, ""),
		ReasonName:              decide(Profile{}, shop, "=a=b"),
		ReasonOverwriteSecure:   decide(Profile{}, plain, "s=1"),
		ReasonOverwriteHTTPOnly: decide(Profile{}, shop+" dom", "h=1"),
		ReasonPartitioned:       decide(Profile{}, shop, "a=1; Partitioned"),
		ReasonThirdParty:        decide(Profile{BlockThirdParty: true}, shop+" from "+evil+" by img", "a=1; SameSite=None; Secure"),
		ReasonNothing:           decide(Profile{}, shop, "a=; Max-Age=0"),
		ReasonURL:               decide(Profile{}, "gopher://shop.example/", "a=1"),
	}
	old := New(Profile{})
	old.Put(start, expired)
	got[ReasonExpired] = old.Send(start, Request{URL: shop}).Withheld[0].Reason

	full := fullJar(t)
	got[ReasonEvicted] = full.Set(start, Request{URL: "https://example.org/"}, "plain=1").Reason

	answer, err := Explain(Question{Now: start, Get: Step{Request: Request{URL: shop}}, Set: []Step{
		{Request: Request{URL: shop}, SetCookie: "a=1"}, {Request: Request{URL: shop}, SetCookie: "a=2"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got[ReasonOverwritten] = answer.Verdicts[0].Reason

	for _, r := range Reasons {
		if got[r] != r {
			t.Errorf("the story of %q ends in %q", r, got[r])
		}
		delete(got, r)
	}
	for r := range got {
		t.Errorf("Reasons lacks %q", r)
	}
}

func TestTheFirstToGoAreTheLeastUsedTheInsecureAndTheLow(t *testing.T) {
	set := func(j *Jar, at time.Time, url, line string) Decision {
		d := j.Set(at, Request{URL: url}, line)
		if d.Code == Refused {
			t.Fatalf("Set(%s, %q) = %s %s", url, line, d.Code, d.Reason)
		}
		return d
	}
	names := func(cs []Cookie) map[string]int {
		m := map[string]int{}
		for _, c := range cs {
			m[strings.TrimRight(c.Name, "0123456789")]++
		}
		return m
	}

	t.Run("181 become 150", func(t *testing.T) {
		j := New(Profile{})
		for i := range 180 {
			if d := set(j, start, shop, fmt.Sprintf("c%d=1", i)); d.Evicted != nil {
				t.Fatalf("%d evicted at cookie %d", len(d.Evicted), i)
			}
		}
		d := set(j, start, "https://www.shop.example/", "last=1; Domain=shop.example")
		if len(d.Evicted) != 31 || d.Evicted[0].Name != "c0" || d.Evicted[30].Name != "c30" {
			t.Errorf("evicted %d: %v", len(d.Evicted), describe(d.Evicted))
		}
		if n := len(j.Cookies(start)); n != 150 {
			t.Errorf("%d cookies are left, want 150", n)
		}
	})
	t.Run("what was used lately stays", func(t *testing.T) {
		j := New(Profile{})
		for i := range 40 {
			set(j, start, shop, fmt.Sprintf("used%d=1; Path=/used", i))
		}
		for i := range 140 {
			set(j, start, shop, fmt.Sprintf("idle%d=1; Path=/idle", i))
		}
		later := start.Add(time.Minute)
		j.Send(later, Request{URL: shop + "used"})
		want := map[string]int{"idle": 31}
		if diff := cmp.Diff(want, names(set(j, later, shop, "new=1").Evicted)); diff != "" {
			t.Errorf("evicted (-want +got):\n%s", diff)
		}
	})
	t.Run("Secure stays longer, High longest, Low goes first", func(t *testing.T) {
		j := New(Profile{})
		for i := range 20 {
			set(j, start, shop, fmt.Sprintf("secure%d=1; Secure", i))
		}
		for i := range 40 {
			set(j, start, shop, fmt.Sprintf("low%d=1; Priority=Low", i))
		}
		for i := range 60 {
			set(j, start, shop, fmt.Sprintf("medium%d=1", i))
		}
		for i := range 60 {
			set(j, start, shop, fmt.Sprintf("high%d=1; Priority=High", i))
		}
		// Low may keep 30 and Medium 50 of its 81, so 10 and then 21 go.
		want := map[string]int{"low": 10, "medium": 21}
		if diff := cmp.Diff(want, names(set(j, start, shop, "medium=1").Evicted)); diff != "" {
			t.Errorf("evicted (-want +got):\n%s", diff)
		}
	})
	t.Run("among Secure ones a new plain one goes at once", func(t *testing.T) {
		d := fullJar(t).Set(start, Request{URL: "https://example.org/"}, "plain=1")
		if d.Stored || d.Code != Evicted || len(d.Evicted) != 30 {
			t.Errorf("Set = %s, stored %v, %d others evicted", d.Code, d.Stored, len(d.Evicted))
		}
	})
	t.Run("what has expired takes no room", func(t *testing.T) {
		j := New(Profile{})
		for i := range 180 {
			set(j, start, shop, fmt.Sprintf("c%d=1; Max-Age=1", i))
		}
		if d := set(j, start.Add(time.Second), shop, "new=1"); d.Evicted != nil {
			t.Errorf("%d evicted, want none", len(d.Evicted))
		}
	})
	t.Run("other sites are left alone", func(t *testing.T) {
		j := New(Profile{})
		for i := range 150 {
			set(j, start, shop, fmt.Sprintf("c%d=1", i))
			if d := set(j, start, "https://other.example/", fmt.Sprintf("c%d=1", i)); d.Evicted != nil {
				t.Fatalf("%d evicted at cookie %d", len(d.Evicted), i)
			}
		}
	})
	t.Run("a partition holds 10 KiB", func(t *testing.T) {
		j := New(Profile{})
		line := "=" + strings.Repeat("x", 3998) + "; Secure; Partitioned"
		set(j, start, shop, "p1"+line)
		set(j, start, shop, "p2"+line)
		want := map[string]int{"p": 1}
		if diff := cmp.Diff(want, names(set(j, start, shop, "p3"+line).Evicted)); diff != "" {
			t.Errorf("evicted (-want +got):\n%s", diff)
		}
	})
}

func TestSweepTellsWhatHasExpired(t *testing.T) {
	j := New(Profile{})
	j.Set(start, Request{URL: shop}, "short=1; Max-Age=10")
	j.Set(start, Request{URL: shop}, "long=1; Max-Age=20")
	j.Set(start, Request{URL: shop}, "session=1")
	at := start.Add(10 * time.Second) // the moment of expiry is past it
	if got, want := describe(j.Sweep(at)), "short=1@shop.example/"; got != want {
		t.Errorf("Sweep = %q, want %q", got, want)
	}
	if got := describe(j.Sweep(at)); got != "-" {
		t.Errorf("Sweep again = %q, want nothing", got)
	}
	if got, want := describe(j.CloseBrowser(at)), "session=1@shop.example/"; got != want {
		t.Errorf("CloseBrowser = %q, want %q", got, want)
	}
	gone := j.Remove(at, func(c Cookie) bool { return c.Name == "long" })
	if got, want := describe(gone), "long=1@shop.example/"; got != want {
		t.Errorf("Remove = %q, want %q", got, want)
	}
}

func TestACloneSharesNothing(t *testing.T) {
	j := New(Profile{})
	j.Set(start, Request{URL: shop}, "a=1; Max-Age=60")
	c := j.Clone()
	c.Set(start, Request{URL: shop}, "a=2")
	c.Set(start, Request{URL: shop}, "b=1")
	cs := j.Cookies(start)
	*cs[0].Expires = start // what a caller does to a copy stays outside, too
	if got, want := j.DocumentCookie(start, shop), "a=1"; got != want {
		t.Errorf("DocumentCookie = %q, want %q", got, want)
	}
	if got, want := c.DocumentCookie(start, shop), "a=2; b=1"; got != want {
		t.Errorf("of the clone DocumentCookie = %q, want %q", got, want)
	}
}

func TestADecisionHasTheCookieThatWouldHaveBeen(t *testing.T) {
	d := New(Profile{}).Set(start, Request{URL: plain}, "a=1; Secure; Path=/x; SameSite=strict; Max-Age=99999999999")
	until := start.Add(maxAge)
	want := &Cookie{Name: "a", Value: "1", Domain: "shop.example", HostOnly: true, Path: "/x", Secure: true, SameSite: "Strict", Expires: &until}
	if diff := cmp.Diff(want, d.Cookie); diff != "" {
		t.Errorf("Cookie (-want +got):\n%s", diff)
	}
}

func TestAnAddressIsReadAsBrowsersReadIt(t *testing.T) {
	tests := map[string]string{ // host and path, or "" where it is none
		"http://WWW.Example.ORG:8080":          "www.example.org /",
		"  http://example.org/a b?c#d ":        "example.org /a%20b",
		"http:\\\\example.org\\a":              "example.org /a",
		"https://u:p@example.org/@":            "example.org /@",
		"http://example.org/a/./b/../c/%2E%2e": "example.org /a/",
		"http://example.org/../..":             "example.org /",
		"http://example.org/é%2f%zz'":          "example.org /%C3%A9%2f%zz'",
		"http://bücher.example/":               "xn--bcher-kva.example /",
		"http://ex%61mple.org/":                "example.org /",
		"http://127.1/":                        "127.0.0.1 /",
		"http://0x7f.0.0.01/":                  "127.0.0.1 /",
		"http://2130706433/":                   "127.0.0.1 /",
		"http://[0:0::1]:80/":                  "[::1] /",
		"http://[::ffff:1.2.3.4]/":             "[::ffff:102:304] /",
		"http://localhost./":                   "localhost. /",
		"http://1.2.3.4.5/":                    "",
		"http://256.256.256.256/":              "",
		"http://exa mple.org/":                 "",
		"http://[::1/":                         "",
		"http://example.org:99999/":            "",
		"http:///path":                         "",
		"//example.org/":                       "",
		"mailto:someone@example.org":           "",
		"http://" + strings.Repeat("é", 513):   "",
		"http://xn--a/":                        "",
		"http://אa.example/":                   "",
	}
	for in, want := range tests {
		got := ""
		if u, err := parseURL(in); err == nil {
			got = u.host + " " + u.path
		}
		if got != want {
			t.Errorf("parseURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDatesAreReadGenerously(t *testing.T) {
	tests := map[string]string{
		"Wed, 09 Jun 2021 10:18:14 GMT":       "2021-06-09T10:18:14Z",
		"Wednesday, 09-Jun-21 10:18:14 GMT":   "2021-06-09T10:18:14Z",
		"Wed Jun  9 10:18:14 2021":            "2021-06-09T10:18:14Z",
		"9 Juneteenth 21 10:18:14 PST+1":      "2021-06-09T10:18:14Z",
		"\"10:18:14, 2021/9(jun)\"":           "2021-06-09T10:18:14Z",
		"9 Jun 21 7:2:2 23:59:59":             "2021-06-09T07:02:02Z",
		"9 Jun 69 00:00:00":                   "2069-06-09T00:00:00Z",
		"9 Jun 70 00:00:00":                   "1970-06-09T00:00:00Z",
		"9 Jun 9 0:0:0":                       "2009-06-09T00:00:00Z",
		"9 Jun 150 0:0:0":                     "0150-06-09T00:00:00Z",
		"29 Feb 2024 0:0:0":                   "2024-02-29T00:00:00Z",
		"29 Feb 2023 0:0:0":                   "",
		"0 Jun 2021 0:0:0":                    "",
		"9 Jun 2021 10:00:60":                 "",
		"9 Jun 2021 24:00:00":                 "",
		"9 Jun 2021 00:00":                    "",
		"9 Jun 2021 00:00:00:00":              "",
		"9 Jun 2021 00::00":                   "",
		"9th Jun 2021 00:00:00":               "",
		"9 Jux 2021 00:00:00":                 "",
		"9 Jun 123456 00:00:00":               "",
		"9 Jun 2021":                          "",
		"":                                    "",
		"9 Jun 2021 99999999999999999999:0:0": "",
	}
	for in, want := range tests {
		got := ""
		if at, ok := parseDate(in); ok {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("parseDate(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaxAgeMayHaveAnyLength(t *testing.T) {
	tests := map[string]string{
		"60": "60", "+60": "60", "-1": "-1", "007": "7", "-0": "0",
		"99999999999999999999": "9223372036854775807", "-99999999999999999999": "-9223372036854775808",
		"99999999999999999999 s": "9223372036854775807", // too much before the blank
		"":                       "", "-": "", "+-1": "", "--1": "", "1e3": "", "60s": "", "1_0": "", "0x1": "", "٣": "",
	}
	for in, want := range tests {
		got := ""
		if n, ok := parseMaxAge(in); ok {
			got = fmt.Sprint(n)
		}
		if got != want {
			t.Errorf("parseMaxAge(%q) = %q, want %q", in, got, want)
		}
	}
}
