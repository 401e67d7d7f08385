package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// shown is one cookie of a browser panel.
type shown struct {
	Name, Value, Domain, HostOnly, Path, Expires, Secure, HTTPOnly, SameSite, Partitioned string
}

// panel reads the browser panel.
func (b *tab) panel() []shown {
	b.t.Helper()
	return eval[[]shown](b, `[...document.querySelectorAll('[data-panel="browser"] [data-cookie]')].map(({ dataset: d }) => ({
		Name: d.name, Value: d.value, Domain: d.domain, HostOnly: d.hostOnly, Path: d.path, Expires: d.expires,
		Secure: d.secure, HTTPOnly: d.httpOnly, SameSite: d.sameSite, Partitioned: d.partitioned }))`)
}

// sent returns the cookies that the browser sends to the page's address, from the DevTools
// protocol.
func (b *tab) sent() []jar.Cookie {
	b.t.Helper()
	at := eval[string](b, "location.href")
	if b.fox != nil {
		return b.fox.sent(at)
	}
	return cookiesOf(call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{at}}).Cookies)
}

// jar returns all cookies in the browser's own jar.
func (b *tab) jar() []jar.Cookie {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	held, err := chromedp.CallBrowser(ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
	if err != nil {
		b.t.Fatal(err)
	}
	return cookiesOf(held.Cookies)
}

func cookiesOf(list []*network.Cookie) []jar.Cookie {
	var cookies []jar.Cookie
	for _, c := range list {
		k := jar.Cookie{
			Name: c.Name, Value: c.Value, Domain: strings.TrimPrefix(c.Domain, "."), HostOnly: !strings.HasPrefix(c.Domain, "."),
			Path: c.Path, Secure: c.Secure, HTTPOnly: c.HTTPOnly, SameSite: string(c.SameSite), Partitioned: c.PartitionKey != nil,
		}
		if !c.Session {
			at := time.UnixMilli(int64(c.Expires * 1000)).UTC()
			k.Expires = &at
		}
		cookies = append(cookies, k)
	}
	return cookies
}

// put puts cookies into the browser's own jar, as another program would.
func (b *tab) put(cookies ...*network.CookieParam) {
	b.t.Helper()
	call(b, network.SetCookies, network.SetCookiesParams{Cookies: cookies})
}

// compare compares the panel with the browser's own jar: names, values and HttpOnly are the
// same, and every other fact that the panel states is true.
func (b *tab) compare(when string) {
	b.t.Helper()
	rest, own := b.panel(), b.sent()
	for _, c := range own {
		i := slices.IndexFunc(rest, func(s shown) bool {
			return s.Name == c.Name && s.Value == c.Value && (s.Path == "unknown" || s.Path == c.Path)
		})
		if i < 0 {
			b.t.Errorf("%s: the browser has %s=%s (Path=%s), the panel does not", when, c.Name, c.Value, c.Path)
			continue
		}
		s := rest[i]
		rest = slices.Delete(rest, i, i+1)
		if want := fmt.Sprint(c.HTTPOnly); s.HTTPOnly != want {
			b.t.Errorf("%s: the panel says HttpOnly %s of %s, it is %s", when, s.HTTPOnly, c.Name, want)
		}
		for name, pair := range map[string][2]string{
			"Domain": {s.Domain, c.Domain}, "host-only": {s.HostOnly, fmt.Sprint(c.HostOnly)}, "Path": {s.Path, c.Path},
			"Secure": {s.Secure, fmt.Sprint(c.Secure)}, "SameSite": {s.SameSite, c.SameSite}, "Partitioned": {s.Partitioned, fmt.Sprint(c.Partitioned)},
		} {
			if pair[0] != "unknown" && pair[0] != pair[1] {
				b.t.Errorf("%s: the panel says %s %q of %s, it is %q", when, name, pair[0], c.Name, pair[1])
			}
		}
		b.compareExpiry(when, s, c)
	}
	for _, s := range rest {
		b.t.Errorf("%s: the panel has %s=%s (Path=%s), the browser does not", when, s.Name, s.Value, s.Path)
	}
}

// compareExpiry allows for the time between the response and the browser's reading of the
// clock.
func (b *tab) compareExpiry(when string, s shown, c jar.Cookie) {
	b.t.Helper()
	if s.Expires == "unknown" {
		return
	}
	if (s.Expires == "session") != (c.Expires == nil) {
		b.t.Errorf("%s: the panel says that %s expires %s, it expires %v", when, s.Name, s.Expires, c.Expires)
		return
	}
	if c.Expires == nil {
		return
	}
	at, err := time.Parse(time.RFC3339, s.Expires)
	if err != nil || at.Sub(*c.Expires).Abs() > 2*time.Second {
		b.t.Errorf("%s: the panel says that %s expires %s, it expires %v", when, s.Name, s.Expires, c.Expires)
	}
}

// compareRow compares the server panel with the table: it shows the caller's own row only.
func (b *tab) compareRow(when string) {
	b.t.Helper()
	key := ""
	for _, c := range b.sent() {
		if c.Name == "sessionid" {
			key = c.Value
		}
	}
	var want []string
	for _, row := range b.rig.rows() {
		if row.Key != key {
			continue
		}
		want = append(want, row.Key, row.Expires.UTC().Format(time.RFC3339))
		entries, _ := row.Entries()
		for _, e := range entries {
			value, err := json.Marshal(e.Value())
			if err != nil {
				b.t.Fatal(err)
			}
			want = append(want, e.Key+"="+string(value))
		}
	}
	got := eval[[]string](b, `[...document.querySelectorAll('[data-panel="server"] [data-row]')].flatMap((row) => [row.dataset.key, row.dataset.expires,
		...[...row.querySelectorAll("[data-entry]")].map((e) => e.dataset.key + "=" + e.dataset.value)])`)
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: the server panel has %q, the table has %q", when, got, want)
	}
}

// exchanged returns the last visit to a demo route since an index in the record, as the
// server saw it, and checks that the page was told the same of each visit.
func (b *tab) exchanged(place int) *world.Exchange {
	b.t.Helper()
	var last *world.Exchange
	for _, s := range b.rig.since(place) {
		if !slices.Contains(routes, strings.TrimPrefix(s.request.URL.Path, "/")) {
			continue
		}
		var observed struct {
			Exchange world.Exchange `json:"exchange"`
		}
		if err := json.Unmarshal([]byte(s.body), &observed); err != nil {
			b.t.Fatalf("%s: %v", s.request.URL, err)
		}
		if got, want := headersNamed(observed.Exchange.Request.Headers, "Cookie"), s.request.Header["Cookie"]; !slices.Equal(got, want) {
			b.t.Errorf("%s: the page is told that Cookie: %q came, it was %q", s.request.URL, got, want)
		}
		if got, want := headersNamed(observed.Exchange.Response.Headers, "Set-Cookie"), s.header["Set-Cookie"]; !slices.Equal(got, want) {
			b.t.Errorf("%s: the page is told that Set-Cookie: %q went, it was %q", s.request.URL, got, want)
		}
		last = s.exchange(observed.Exchange.Response.Body)
	}
	return last
}

// exchange returns what was served as an exchange, with the body of an unobserved answer.
func (s served) exchange(body string) *world.Exchange {
	request := *s.request
	u := *request.URL
	u.Scheme, u.Host = "http", request.Host
	request.URL = &u
	e := world.NewExchange("", s.at, &request, nil, s.status, s.header, body)
	return &e
}

func headersNamed(headers [][2]string, name string) []string {
	var values []string
	for _, h := range headers {
		if h[0] == name {
			values = append(values, h[1])
		}
	}
	return values
}

// compareWire compares the wire panel's last exchange with what was served.
func (b *tab) compareWire(when string, e *world.Exchange) {
	b.t.Helper()
	type wire struct {
		First, Status   string
		Cookies, Setses int
		Body            string
	}
	u, err := url.Parse(e.Request.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	want := wire{
		First: e.Request.Method + " " + u.RequestURI() + " HTTP/1.1", Status: fmt.Sprintf("HTTP/1.1 %d %s", e.Response.Status, http.StatusText(e.Response.Status)),
		Cookies: len(headersNamed(e.Request.Headers, "Cookie")), Setses: len(headersNamed(e.Response.Headers, "Set-Cookie")),
		Body: e.Response.Body,
	}
	got := eval[wire](b, `(() => {
		const last = [...document.querySelectorAll('[data-panel="wire"] [data-exchange]')].at(-1);
		if (!last) return {};
		const [request, response] = ["request", "response"].map((side) => last.querySelector('[data-message="' + side + '"]'));
		return {
			First: request.querySelector(".first-line").textContent, Status: response.querySelector(".first-line").textContent,
			Cookies: request.querySelectorAll('[data-header="Cookie"]').length, Setses: response.querySelectorAll('[data-header="Set-Cookie"]').length,
			Body: response.querySelector("pre")?.textContent ?? "",
		};
	})()`)
	if got != want {
		b.t.Errorf("%s: the wire panel shows %+v, want %+v", when, got, want)
	}
}
