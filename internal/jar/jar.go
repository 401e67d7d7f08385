package jar

import (
	"slices"
	"time"
)

// Profile says which browser is modelled. The zero value is Chromium with its default
// settings and third-party cookies allowed.
type Profile struct {
	// PlainLocalhost is set for browsers that treat http://localhost like any other plain
	// http and refuse Secure cookies there. Chromium accepts them.
	PlainLocalhost bool
	// BlockThirdParty refuses and withholds cookies where the page at the top
	// belongs to another site, unless they are Partitioned.
	BlockThirdParty bool
}

// Request is what matters for cookies in a request, in the response to it, or in an
// access to document.cookie (contract, section 4).
type Request struct {
	// URL is absolute, http or https.
	URL string `json:"url"`
	// Method is GET unless Kind implies POST.
	Method string `json:"method,omitempty"`
	// Initiator is the URL of the page that makes the request. Without it the
	// user typed the address.
	Initiator string `json:"initiator,omitempty"`
	// Kind is how that page makes it: one of the Kind constants.
	Kind string `json:"kind,omitempty"`
	// Via is "http" (or nothing) for a header and "dom" for document.cookie.
	Via string `json:"via,omitempty"`
	// RedirectVia are the addresses that redirected here. They have no effect.
	RedirectVia []string `json:"redirect_via,omitempty"`
	// Status is the response's. It has no effect.
	Status int `json:"status,omitempty"`
}

// Kinds of request.
const (
	KindLink       = "link"
	KindFormGet    = "form-get"
	KindFormPost   = "form-post"
	KindFetch      = "fetch"
	KindFetchPost  = "fetch-post"
	KindImg        = "img"
	KindIframe     = "iframe"
	KindWindowOpen = "window-open"
)

// Values of Via.
const (
	ViaHTTP = "http"
	ViaDOM  = "dom"
)

// Decision is the jar's decision on one Set-Cookie line.
type Decision struct {
	// Stored: the cookie is in the jar now.
	Stored bool
	Code   Code
	// Reason is empty if nothing was refused and nothing is unusual.
	Reason Reason
	// Cookie is the cookie as stored, or as it would have been. It is nil where
	// the line cannot be read as one.
	Cookie *Cookie
	// Replaced is the cookie that this one replaced or deleted.
	Replaced *Cookie
	// Evicted are the cookies removed because there were too many.
	Evicted []Cookie
	// Parts are the pieces of the line. Their texts, joined, are the line.
	Parts []Part
}

// Sent is what a request sends, and what it does not.
type Sent struct {
	// Cookies are in the order of the header.
	Cookies []Cookie
	// Header is the value of the Cookie header; "" if there is none.
	Header string
	// Withheld are the other cookies of the same host family, each with the
	// first rule that keeps it back.
	Withheld []Withheld
}

// Withheld is a stored cookie that is not sent, and the reason.
type Withheld struct {
	Cookie Cookie
	Reason Reason
}

// Jar is one browser's cookies. It is not safe for concurrent use.
type Jar struct {
	profile Profile
	entries []*entry
	next    uint64 // the next entry's seq
}

// entry is a cookie with what the browser stores beside it. Only accessed is ever
// modified; for other changes the entry is replaced.
type entry struct {
	Cookie
	family    string // registrable domain, or the host where there is none
	partition string // top-level site of a Partitioned cookie, else ""
	priority  priority
	created   time.Time
	seq       uint64 // order of creation at the same time
	accessed  time.Time
}

func (e *entry) expired(now time.Time) bool {
	return e.Expires != nil && !now.Before(*e.Expires)
}

// same reports whether a and b cannot both be in a jar. Besides the identity it compares
// the partition.
func (e *entry) same(o *entry) bool {
	return e.Identity() == o.Identity() && e.partition == o.partition
}

// New returns an empty jar.
func New(p Profile) *Jar { return &Jar{profile: p} }

// Clone returns an independent copy.
func (j *Jar) Clone() *Jar {
	c := *j
	c.entries = make([]*entry, len(j.entries))
	for i, e := range j.entries {
		dup := *e
		c.entries[i] = &dup
	}
	return &c
}

// Cookies returns all cookies that have not expired, in the order in which a
// browser would send them.
func (j *Jar) Cookies(now time.Time) []Cookie {
	var live []*entry
	for _, e := range j.entries {
		if !e.expired(now) {
			live = append(live, e)
		}
	}
	return cookies(live)
}

// Sweep removes and returns the expired cookies. Set and Send ignore expired cookies in
// any case; Sweep tells which ones they are.
func (j *Jar) Sweep(now time.Time) []Cookie {
	return j.take(func(e *entry) bool { return e.expired(now) })
}

// CloseBrowser removes and returns the session cookies, which have no expiry and end with
// the browser. It leaves expired cookies for Sweep.
func (j *Jar) CloseBrowser(now time.Time) []Cookie {
	return j.take(func(e *entry) bool { return e.Expires == nil })
}

// Remove removes and returns the unexpired cookies that match, as a user does in the
// browser's settings, without applying any rule.
func (j *Jar) Remove(now time.Time, match func(Cookie) bool) []Cookie {
	return j.take(func(e *entry) bool { return !e.expired(now) && match(e.copy()) })
}

// Put stores a cookie as a user does in the developer tools. No rules apply except
// identity (it replaces a cookie of the same name, domain, path and host-only flag) and
// the limits on numbers. A Partitioned cookie goes into the partition of its own site.
func (j *Jar) Put(now time.Time, c Cookie) {
	e := &entry{Cookie: c, family: family(c.Domain), priority: medium, created: now, accessed: now}
	e.Cookie = e.copy()
	if c.Partitioned {
		e.partition = "https://" + e.family
	}
	j.entries = slices.DeleteFunc(j.entries, e.same)
	j.insert(e)
	j.evict(now, e)
}

func (j *Jar) insert(e *entry) {
	e.seq = j.next
	j.next++
	j.entries = append(j.entries, e)
}

// take removes the entries that match and returns them in the order of sending.
func (j *Jar) take(match func(*entry) bool) []Cookie {
	var gone []*entry
	j.entries = slices.DeleteFunc(j.entries, func(e *entry) bool {
		if !match(e) {
			return false
		}
		gone = append(gone, e)
		return true
	})
	return cookies(gone)
}

// copy returns the cookie with its own copy of Expires, so that callers cannot modify the jar.
func (e *entry) copy() Cookie {
	c := e.Cookie
	if c.Expires != nil {
		t := c.Expires.UTC()
		c.Expires = &t
	}
	return c
}

// cookies sorts entries in the order of sending and returns copies; never nil.
func cookies(es []*entry) []Cookie {
	slices.SortFunc(es, sendOrder)
	cs := make([]Cookie, len(es))
	for i, e := range es {
		cs[i] = e.copy()
	}
	return cs
}
