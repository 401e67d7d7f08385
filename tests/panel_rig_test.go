package tests

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"cookielab/internal/jar"
)

// A life is one browser with a tab that shows the panel, and what the test knows of it: who
// set each cookie, and what Chromium reported of those it refused.
type life struct {
	*tab
	other *tab // a second tab of the same browser
	// lists: scripts are told attributes, as in Chromium on a secure address.
	lists bool
	// hand is of each cookie in the jar whether the ledger knows its line.
	hand map[string]bool
	last map[string]jar.Cookie

	mu      sync.Mutex
	visits  []network.RequestID // to demo routes
	look    network.RequestID   // the page's last
	sending map[network.RequestID]*network.EventRequestWillBeSentExtraInfo
	answers map[network.RequestID]*network.EventResponseReceivedExtraInfo
}

func (b *tab) life(lists bool) *life {
	b.t.Helper()
	l := &life{
		tab: b, lists: lists, hand: map[string]bool{}, last: map[string]jar.Cookie{},
		sending: map[network.RequestID]*network.EventRequestWillBeSentExtraInfo{},
		answers: map[network.RequestID]*network.EventResponseReceivedExtraInfo{},
	}
	if err := chromedp.Listen(b.ctx, l.hear); err != nil {
		b.t.Fatal(err)
	}
	return l
}

// refusals maps Chromium's words for a refused cookie to the reasons of the jar model.
// Where Chromium reports no reason, nothing is compared.
var refusals = map[network.SetCookieBlockedReason]jar.Reason{
	network.SetCookieBlockedReasonSecureOnly:                  jar.ReasonSecure,
	network.SetCookieBlockedReasonSameSiteNoneInsecure:        jar.ReasonSameSite,
	network.SetCookieBlockedReasonInvalidDomain:               jar.ReasonDomain,
	network.SetCookieBlockedReasonInvalidPrefix:               jar.ReasonPrefix,
	network.SetCookieBlockedReasonNameValuePairExceedsMaxSize: jar.ReasonSize,
	network.SetCookieBlockedReasonOverwriteSecure:             jar.ReasonOverwriteSecure,
}

var withheld = map[network.CookieBlockedReason]jar.Reason{
	network.CookieBlockedReasonNotOnPath:      jar.ReasonPath,
	network.CookieBlockedReasonDomainMismatch: jar.ReasonDomain,
	network.CookieBlockedReasonSecureOnly:     jar.ReasonSecure,
}

// hear records what Chromium reports about the cookies of each exchange. These events may
// come before or after those about the request.
func (l *life) hear(event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		switch {
		case err != nil:
		case slices.Contains(routes, strings.TrimPrefix(u.Path, "/")):
			l.visits = append(l.visits, e.RequestID)
		case e.Request.Method == "POST":
			l.look = e.RequestID
		}
	case *network.EventRequestWillBeSentExtraInfo:
		l.sending[e.RequestID] = e
	case *network.EventResponseReceivedExtraInfo:
		l.answers[e.RequestID] = e
	}
}

func header(h network.Headers, name string) string {
	for key, value := range h {
		if strings.EqualFold(key, name) {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// chromium is why Chromium did not take the last line of that name, or does not send
// the cookie with the page's own request; told is false where it gives no reason, or
// none that the jar model has.
func (l *life) chromium(name string) (reason jar.Reason, told bool) {
	l.t.Helper()
	l.wait("Chromium has judged every cookie", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.sending[l.look] != nil && !slices.ContainsFunc(l.visits, func(id network.RequestID) bool { return l.answers[id] == nil })
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	of := func(line, name string) bool { return strings.HasPrefix(line, name+"=") }
	for _, id := range slices.Backward(l.visits) {
		e := l.answers[id]
		if !slices.ContainsFunc(strings.Split(header(e.Headers, "Set-Cookie"), "\n"), func(line string) bool { return of(line, name) }) {
			continue
		}
		for _, c := range e.BlockedCookies {
			if of(c.CookieLine, name) {
				if len(c.BlockedReasons) > 0 {
					reason = refusals[c.BlockedReasons[0]]
				}
				return reason, reason != ""
			}
		}
		break
	}
	for _, c := range l.sending[l.look].AssociatedCookies {
		if c.Cookie.Name == name && len(c.BlockedReasons) > 0 {
			reason = withheld[c.BlockedReasons[0]]
		}
	}
	return reason, true
}

// wait waits until done returns true.
func (l *life) wait(what string, done func() bool) {
	l.t.Helper()
	if !l.comes(patience, done) {
		l.t.Fatalf("not in %v: %s", patience, what)
	}
}

func (l *life) comes(limit time.Duration, done func() bool) bool {
	l.t.Helper()
	for end := time.Now().Add(limit); !done(); {
		if time.Now().After(end) {
			return false
		}
		eval[bool](l.tab, "new Promise((say) => setTimeout(() => say(true), 100))")
	}
	return true
}

func where(c jar.Cookie) string {
	return fmt.Sprintf("%s %s %v %s %v", c.Name, c.Domain, c.HostOnly, c.Path, c.Partitioned)
}

// remember records of each cookie that is new or changed who set it.
func (l *life) remember(ours bool) {
	l.t.Helper()
	now := map[string]jar.Cookie{}
	hand := map[string]bool{}
	for _, c := range l.jar() {
		key := where(c)
		now[key] = c
		was, there := l.last[key]
		if hand[key] = ours; there && sameCookie(was, c) {
			hand[key] = l.hand[key]
		}
	}
	l.last, l.hand = now, hand
}

func sameCookie(a, b jar.Cookie) bool {
	apart := time.Duration(0)
	if a.Expires != nil && b.Expires != nil {
		apart = a.Expires.Sub(*b.Expires).Abs()
	}
	return (a.Expires == nil) == (b.Expires == nil) && apart < time.Millisecond && a.Value == b.Value &&
		a.Secure == b.Secure && a.HTTPOnly == b.HTTPOnly && a.SameSite == b.SameSite
}

// want returns what the panel must show of a cookie. The Cookie header and document.cookie
// tell name, value and HttpOnly; cookieStore tells the rest, except of HttpOnly cookies and
// except the difference between Lax and no SameSite; the ledger tells what its own lines
// set.
func (l *life) want(c jar.Cookie) shown {
	s := shown{
		Name: c.Name, Value: c.Value, Domain: c.Domain, HostOnly: fmt.Sprint(c.HostOnly), Path: c.Path, Expires: "session",
		Secure: fmt.Sprint(c.Secure), HTTPOnly: fmt.Sprint(c.HTTPOnly), SameSite: c.SameSite, Partitioned: fmt.Sprint(c.Partitioned),
	}
	if c.Expires != nil {
		s.Expires = c.Expires.Format(time.RFC3339)
	}
	if l.hand[where(c)] {
		return s
	}
	if c.SameSite == "" || c.SameSite == "Lax" || c.HTTPOnly || !l.lists {
		s.SameSite = "unknown"
	}
	if c.HTTPOnly || !l.lists {
		s.Domain, s.HostOnly, s.Path, s.Expires, s.Secure, s.Partitioned = "unknown", "unknown", "unknown", "unknown", "unknown", "unknown"
	}
	return s
}

// differs returns how the panel differs from what it must show, or "".
func (l *life) differs() string {
	l.t.Helper()
	var list []string
	rest := l.panel()
	for _, c := range l.sent() {
		want := l.want(c)
		i := slices.IndexFunc(rest, func(s shown) bool { return sameShown(s, want) })
		if i < 0 {
			list = append(list, fmt.Sprintf("missing %+v", short(want)))
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	for _, s := range rest {
		list = append(list, fmt.Sprintf("wrong %+v", short(s)))
	}
	return strings.Join(list, "\n\t")
}

func short(s shown) shown {
	s.Value = s.Value[:min(len(s.Value), 40)]
	return s
}

// sameShown allows two seconds between the site's and the browser's reading of the
// clock.
func sameShown(a, b shown) bool {
	at, err := time.Parse(time.RFC3339, a.Expires)
	to, err2 := time.Parse(time.RFC3339, b.Expires)
	if err == nil && err2 == nil && at.Sub(to).Abs() <= 2*time.Second {
		a.Expires = b.Expires
	}
	return a == b
}

// check compares the panel with the jar: at once after a click, and after others' changes as
// soon as the page must have noticed. Such a change may reach the browser's jar only after
// the command has returned, as an assignment to document.cookie does, so remember is called
// again before each comparison.
func (l *life) check(a act) {
	l.t.Helper()
	var wrong string
	right := func() bool {
		l.remember(a.ours)
		wrong = l.differs()
		return wrong == ""
	}
	if !right() && a.late {
		l.comes(notices, right)
	}
	if wrong != "" {
		l.t.Errorf("after %s:\n\t%s", a.name, wrong)
	}
}

// notices is how long a page may take to notice changes by others on a busy machine. That
// it takes 3 s otherwise is checked by another test.
const notices = 6 * time.Second

// apart returns the reasons of the cookies listed as refused or as not sent here: by name
// and path, refused ones by name.
func (l *life) apart() map[string]jar.Reason {
	l.t.Helper()
	apart := map[string]jar.Reason{}
	for _, pair := range eval[[][]string](l.tab, `[...document.querySelectorAll("[data-elsewhere]")].map((e) => [e.dataset.name, e.dataset.reason])`) {
		apart[pair[0]] = jar.Reason(pair[1])
	}
	return apart
}

// checkApart compares the reason that the panel gives with Chromium's own.
func (l *life) checkApart(action, name string) {
	l.t.Helper()
	want, told := l.chromium(name)
	got := l.apart()[name]
	if told && got != want && !(want == "" && slices.Contains(untold, got)) {
		l.t.Errorf("after %s: %s stands apart as %q, Chromium says %q", action, name, got, want)
	}
}

// untold are the reasons that the DevTools protocol does not report: of cookies that are
// gone, of what scripts may not do, and of Partitioned without Secure.
var untold = []jar.Reason{
	jar.ReasonExpired, jar.Gone, jar.Blocked, jar.ReasonHTTPOnly, jar.ReasonOverwriteHTTPOnly, jar.ReasonPartitioned,
}
