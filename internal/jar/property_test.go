package jar

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/publicsuffix"
	"pgregory.net/rapid"
)

// FuzzSet: no line, over whichever door, does what no line may do.
func FuzzSet(f *testing.F) {
	for _, line := range []string{
		"a=b", "token", "=", "=a=b", "\ta = b ;", "a=b\x00", "a=b\r\nSet-Cookie: c=d", "ü=✓",
		"a=b; Path=/x; Domain=.example.org; Secure; HttpOnly; SameSite=None; Partitioned; Priority=Low",
		"a=b; Max-Age=99999999999999999999; Expires=Wed, 09 Jun 2021 10:18:14 GMT",
		"__Host-a=b; Secure; Path=/", "a=b; Domain=猫.example.org", "a=b;;=;; ;x=;=y", "a=b; Domain=[::1]",
	} {
		f.Add(line)
	}
	visits := []Request{
		{URL: "https://www.example.org/a/b"},
		{URL: "http://localhost/"},
		{URL: "http://[::1]/", Via: ViaDOM},
		{URL: "https://www.example.org/", Initiator: "https://evil.test/", Kind: KindIframe},
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range visits {
			j := New(Profile{})
			d := j.Set(start, r, text)
			if got := join(d.Parts); got != text {
				t.Fatalf("parts of %q join to %q", text, got)
			}
			if d.Stored != (d.Code == Stored) || (d.Code == Refused) != (d.Reason != "" && d.Code != Deleted) {
				t.Fatalf("Set(%q) = stored %v, %s, %s", text, d.Stored, d.Code, d.Reason)
			}
			if d.Reason != "" && !slices.Contains(Reasons, d.Reason) {
				t.Fatalf("Set(%q): reason %q is not listed", text, d.Reason)
			}
			checkInvariants(t, j, start)
			if !d.Stored {
				if cs := j.Cookies(start); len(cs) != 0 {
					t.Fatalf("Set(%q) = %s, and the jar holds %v", text, d.Code, cs)
				}
				continue
			}
			c := *d.Cookie
			if control(c.Name+c.Value+c.Path+c.Domain) || len(c.Name)+len(c.Value) > maxPair || c.Name+c.Value == "" ||
				!strings.HasPrefix(c.Path, "/") || c.Expires != nil && c.Expires.After(start.Add(maxAge)) {
				t.Fatalf("Set(%q) stored %+v", text, c)
			}
			// What was stored can be written down and stored again.
			if again := New(Profile{}).Set(start, r, lineOf(c)); !again.Stored || header([]Cookie{*again.Cookie}) != header([]Cookie{c}) {
				t.Fatalf("Set(%q) stored %+v, but its line %q gives %s %s", text, c, lineOf(c), again.Code, again.Reason)
			}
		}
	})
}

// lineOf writes the Set-Cookie line of a cookie that the test's hosts may set.
func lineOf(c Cookie) string {
	s := header([]Cookie{c}) + "; Path=" + c.Path
	if c.Name == "" {
		s = "=" + s
	}
	if !c.HostOnly {
		s += "; Domain=" + c.Domain
	}
	for attr, on := range map[string]bool{"Secure": c.Secure, "HttpOnly": c.HTTPOnly, "Partitioned": c.Partitioned} {
		if on {
			s += "; " + attr
		}
	}
	if c.SameSite != "" {
		s += "; SameSite=" + c.SameSite
	}
	return s
}

// FuzzDate: parsing a date never panics, and a parsed date, formatted, parses to the same time.
func FuzzDate(f *testing.F) {
	for _, date := range []string{
		"Wed, 09 Jun 2021 10:18:14 GMT", "Wednesday, 09-Jun-21 10:18:14 GMT", "9 Jun 150 0:0:0", "1 Jan 99999 23:59:59",
		"29 Feb 2023 0:0:0", "::: 1:2:3 jan", "", "\x00",
	} {
		f.Add(date)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := parseDate(s)
		if !ok {
			return
		}
		written := at.Format("02 Jan 2006 15:04:05")
		if again, ok := parseDate(written); !ok || !again.Equal(at) {
			t.Errorf("parseDate(%q) = %v, written %q it reads %v, %v", s, at, written, again, ok)
		}
	})
}

// FuzzJar makes random calls and checks the invariants after each.
func FuzzJar(f *testing.F) { f.Fuzz(rapid.MakeFuzz(life)) }

func TestWhateverABrowserDoesTheInvariantsHold(t *testing.T) { rapid.Check(t, life) }

var (
	anyHost = rapid.SampledFrom([]string{"example.org", "www.example.org", "a.www.example.org", "other.test", "localhost",
		"app.localhost", "127.0.0.1", "co.uk", "user.github.io", "10.0.0.7", "[::1]"})
	anyPath = rapid.SampledFrom([]string{"/", "/a", "/a/", "/a/b", "/ab", "/a/b/c"})
	anyURL  = rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"http", "https"}).Draw(t, "scheme") + "://" + anyHost.Draw(t, "host") + anyPath.Draw(t, "path")
	})
	anyLine = rapid.Custom(func(t *rapid.T) string {
		attr := rapid.SampledFrom([]string{"Secure", "HttpOnly", "Partitioned", "Path=/", "Path=/a", "Path=/a/b", "Path", "Domain=example.org",
			"Domain=.www.example.org", "Domain=org", "Domain=localhost", "Domain=", "Domain=10.0.0.7", "SameSite=Lax", "SameSite=Strict", "SameSite=None",
			"Max-Age=0", "Max-Age=1", "Max-Age=200", "Max-Age=x", "Expires=Thu, 01 Jan 2026 00:05:00 GMT", "Priority=Low", "Priority=High"})
		name := rapid.SampledFrom([]string{"a", "b", "c", "", "__Host-d", "__Secure-e", "__Http-f"}).Draw(t, "name")
		value := rapid.SampledFrom([]string{"1", "2", "", "x=y", "\t"}).Draw(t, "value")
		return strings.Join(append([]string{name + "=" + value}, rapid.SliceOfN(attr, 0, 5).Draw(t, "attributes")...), "; ")
	})
	anyRequest = rapid.Custom(func(t *rapid.T) Request {
		return Request{
			URL:       anyURL.Draw(t, "url"),
			Via:       rapid.SampledFrom([]string{"", "", ViaHTTP, ViaDOM}).Draw(t, "via"),
			Initiator: rapid.OneOf(rapid.Just(""), anyURL).Draw(t, "initiator"),
			Kind: rapid.SampledFrom([]string{"", KindLink, KindFormGet, KindFormPost, KindFetch, KindFetchPost, KindImg,
				KindIframe, KindWindowOpen}).Draw(t, "kind"),
		}
	})
)

func life(t *rapid.T) {
	j := New(Profile{PlainLocalhost: rapid.Bool().Draw(t, "plain localhost"), BlockThirdParty: rapid.Bool().Draw(t, "block")})
	now := start
	check := func() { checkInvariants(t, j, now) }
	t.Repeat(map[string]func(*rapid.T){
		"": func(*rapid.T) { check() },
		"set": func(t *rapid.T) {
			r, line := anyRequest.Draw(t, "request"), anyLine.Draw(t, "line")
			before := j.Clone()
			d := j.Set(now, r, line)
			held := slices.ContainsFunc(j.Cookies(now), func(c Cookie) bool { return d.Cookie != nil && alike(&c, d.Cookie) })
			if d.Stored && !held {
				t.Fatalf("Set(%+v, %q) stored %+v, and it is not there", r, line, d.Cookie)
			}
			if d.Code == Refused && describe(before.Cookies(now)) != describe(j.Cookies(now)) {
				t.Fatalf("Set(%+v, %q) was refused and changed the jar", r, line)
			}
			if join(d.Parts) != line {
				t.Fatalf("parts of %q join to %q", line, join(d.Parts))
			}
		},
		"crowd": func(t *rapid.T) {
			u := anyURL.Draw(t, "url")
			for i := range rapid.IntRange(1, 200).Draw(t, "n") {
				j.Set(now, Request{URL: u}, fmt.Sprintf("n%d=1", i))
			}
		},
		"send": func(t *rapid.T) {
			r := anyRequest.Draw(t, "request")
			checkSent(t, j, now, r, j.Send(now, r))
		},
		"put": func(t *rapid.T) {
			j.Put(now, Cookie{Name: "a", Value: "3", Domain: anyHost.Draw(t, "domain"), HostOnly: true, Path: "/"})
		},
		"wait":  func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "s")) * time.Second) },
		"sweep": func(*rapid.T) { j.Sweep(now) },
		"close": func(*rapid.T) { j.CloseBrowser(now) },
		"remove": func(t *rapid.T) {
			name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")
			j.Remove(now, func(c Cookie) bool { return c.Name == name })
		},
	})
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkInvariants: no two entries are the same cookie, and the jar is bounded.
func checkInvariants(t fataler, j *Jar, now time.Time) {
	t.Helper()
	seen := map[string]bool{}
	families := map[string]int{}
	for _, e := range j.entries {
		id := fmt.Sprint(e.Name, "\x00", e.Domain, "\x00", e.HostOnly, "\x00", e.Path, "\x00", e.partition)
		if seen[id] {
			t.Fatalf("%q is there twice", id)
		}
		seen[id] = true
		if !e.expired(now) {
			families[e.family+" "+e.partition]++
		}
	}
	for f, n := range families {
		if n > maxFamily {
			t.Fatalf("%s has %d cookies", f, n)
		}
	}
	if len(j.entries) > maxTotal {
		t.Fatalf("the jar has %d cookies", len(j.entries))
	}
}

// checkSent checks, in the simplest terms, what must never be sent.
func checkSent(t fataler, j *Jar, now time.Time, r Request, s Sent) {
	t.Helper()
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatalf("%v", err)
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	safeHere := u.Scheme == "https" ||
		!j.profile.PlainLocalhost && (host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" || host == "[::1]")
	for i, c := range s.Cookies {
		switch {
		case c.Expires != nil && !c.Expires.After(now):
			t.Fatalf("Send(%+v) sends the expired %+v", r, c)
		case c.Secure && !safeHere:
			t.Fatalf("Send(%+v) sends the Secure %+v", r, c)
		case c.HTTPOnly && r.Via == ViaDOM:
			t.Fatalf("Send(%+v) shows a script %+v", r, c)
		case host != c.Domain && (c.HostOnly || !strings.HasSuffix(host, "."+c.Domain)):
			t.Fatalf("Send(%+v) sends another host's %+v", r, c)
		case !strings.HasPrefix(u.Path, c.Path):
			t.Fatalf("Send(%+v) sends another path's %+v", r, c)
		case i > 0 && len(c.Path) > len(s.Cookies[i-1].Path):
			t.Fatalf("Send(%+v) sends a longer path later: %+v", r, s.Cookies)
		}
	}
	for _, w := range s.Withheld {
		if !slices.Contains(Reasons, w.Reason) {
			t.Fatalf("Send(%+v) withholds %+v for %q, which is not listed", r, w.Cookie, w.Reason)
		}
	}
	if again := j.Send(now, r); again.Header != s.Header {
		t.Fatalf("Send(%+v) = %q, and then %q", r, s.Header, again.Header)
	}
	if r.Via == ViaDOM && r.Initiator == "" && j.DocumentCookie(now, r.URL) != s.Header {
		t.Fatalf("DocumentCookie(%s) = %q, want %q", r.URL, j.DocumentCookie(now, r.URL), s.Header)
	}
}

// This jar and net/http/cookiejar agree on what both support. Not supported there are
// SameSite, prefixes, Chromium's order after an overwrite, "leave Secure cookies alone",
// host-only as part of a cookie's identity, and a clock as a parameter.
func TestTheJarAgreesWithGosOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		theirs, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
		if err != nil {
			t.Fatal(err)
		}
		ours := New(Profile{PlainLocalhost: true})
		hosts := rapid.SampledFrom([]string{"example.org", "www.example.org", "a.www.example.org", "other.test", "shop.co.uk", "10.0.0.7"})
		paths := rapid.SampledFrom([]string{"/", "/a", "/a/", "/a/b", "/ab", "/a/b/c"})
		for range rapid.IntRange(1, 12).Draw(t, "lines") {
			host, path := hosts.Draw(t, "host"), paths.Draw(t, "path")
			line := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name") + "=" + rapid.SampledFrom([]string{"1", "2", "x y"}).Draw(t, "value")
			if domain := rapid.SampledFrom([]string{"", "", "example.org", ".www.example.org", "org", "co.uk", "evil.test"}).Draw(t, "domain"); domain != "" {
				line = "d" + line + "; Domain=" + domain
			}
			for _, attr := range []string{"Secure", "HttpOnly", "Path=/a", "Path=x", "Max-Age=9999", "Max-Age=0"} {
				if rapid.IntRange(0, 3).Draw(t, attr) == 0 {
					line += "; " + attr
				}
			}
			u := &url.URL{Scheme: "https", Host: host, Path: path}
			ours.Set(start, Request{URL: u.String()}, line)
			c, err := http.ParseSetCookie(line)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			theirs.SetCookies(u, []*http.Cookie{c})
		}
		for range 8 {
			u := &url.URL{Scheme: rapid.SampledFrom([]string{"http", "https"}).Draw(t, "scheme"), Host: hosts.Draw(t, "host"), Path: paths.Draw(t, "path")}
			var got, want []string
			for _, c := range ours.Send(start, Request{URL: u.String()}).Cookies {
				got = append(got, c.Name+"="+c.Value)
			}
			for _, c := range theirs.Cookies(u) {
				want = append(want, c.Name+"="+c.Value)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("to %s we send %q, net/http/cookiejar %q", u, got, want)
			}
		}
	})
}
