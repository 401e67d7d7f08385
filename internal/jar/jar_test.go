package jar

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
