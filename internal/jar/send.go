package jar

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// accessStep is the resolution of the time of last access: Chromium updates it at most
// once a minute.
const accessStep = time.Minute

// Send returns the cookies that a request sends, or that document.cookie shows, and why
// the others are not among them. Sent cookies count as just used, which matters for
// eviction. An invalid address gets none. RFC 6265bis, 5.8.
func (j *Jar) Send(now time.Time, r Request) Sent {
	s, used := j.pick(now, r)
	for _, e := range used {
		if now.Sub(e.accessed) >= accessStep {
			e.accessed = now
		}
	}
	return s
}

// DocumentCookie returns what a script on the page at pageURL reads from document.cookie.
// It does not count as use.
func (j *Jar) DocumentCookie(now time.Time, pageURL string) string {
	s, _ := j.pick(now, Request{URL: pageURL, Via: ViaDOM})
	return s.Header
}

func (j *Jar) pick(now time.Time, r Request) (Sent, []*entry) {
	sent := Sent{Cookies: []Cookie{}, Withheld: []Withheld{}}
	v, err := understand(r)
	if err != nil {
		return sent, nil
	}
	kin := family(v.host)
	var used []*entry
	kept := make(map[*entry]Reason)
	for _, e := range j.entries {
		if e.family != kin {
			continue
		}
		if r := j.withhold(now, v, e); r != "" {
			kept[e] = r
		} else {
			used = append(used, e)
		}
	}
	sent.Cookies = cookies(used)
	sent.Header = header(sent.Cookies)
	for _, e := range slices.SortedFunc(maps.Keys(kept), sendOrder) {
		sent.Withheld = append(sent.Withheld, Withheld{Cookie: e.copy(), Reason: kept[e]})
	}
	return sent, used
}

// withhold returns the first rule that keeps a cookie from being sent, or "". RFC
// 6265bis, 5.8.3, step 1.
func (j *Jar) withhold(now time.Time, v visit, e *entry) Reason {
	switch {
	case e.expired(now):
		return ReasonExpired
	case !e.ForHost(v.host):
		return ReasonDomain
	case !e.ForPath(v.path):
		return ReasonPath
	case e.Secure && !v.secure(j.profile):
		return ReasonSecure
	case e.HTTPOnly && v.dom:
		return ReasonHTTPOnly
	case e.Partitioned && e.partition != v.partition:
		return ReasonPartitioned
	case !v.maySend(e, now) || e.SameSite == "None" && !e.Secure:
		return ReasonSameSite
	case j.profile.BlockThirdParty && v.third && !e.Partitioned:
		return ReasonThirdParty
	}
	return ""
}

// sendOrder puts longer paths first, and among equal ones the older cookie. RFC
// 6265bis, 5.8.3, step 2.
func sendOrder(a, b *entry) int {
	return cmp.Or(
		cmp.Compare(len(b.Path), len(a.Path)),
		a.created.Compare(b.created),
		cmp.Compare(a.seq, b.seq),
	)
}

// header returns the value of the Cookie header; a nameless cookie is only its value. RFC
// 6265bis, 5.8.3, step 4.
func header(cs []Cookie) string {
	var b strings.Builder
	for i, c := range cs {
		if i > 0 {
			b.WriteString("; ")
		}
		if c.Name != "" {
			b.WriteString(c.Name)
			b.WriteByte('=')
		}
		b.WriteString(c.Value)
	}
	return b.String()
}
