package jar

import (
	"strings"
	"time"
)

// context is how closely a request is tied to the cookie's site, from least to most.
type context int

const (
	// crossSite: another site's page loads a resource, or posts in the background.
	crossSite context = iota
	// crossSitePost: another site's page navigates here with an unsafe method.
	crossSitePost
	// crossSiteVisit: another site's page navigates here with a safe method.
	crossSiteVisit
	// sameSite: the site's own page or the user makes the request.
	sameSite
)

// laxPlusPost is the age until which a cookie without SameSite is still sent with a
// top-level POST from another site.
const laxPlusPost = 2 * time.Minute

// visit is a Request with what follows from it for cookies.
type visit struct {
	target
	dom       bool
	context   context
	partition string // key of the Partitioned cookies it can use
	third     bool   // the top-level page belongs to another site
}

// understand evaluates a request. RFC 6265bis, 5.2, with the scheme as part of the site.
// As in today's browsers, the redirect chain is ignored.
func understand(r Request) (visit, error) {
	t, err := parseURL(r.URL)
	if err != nil {
		return visit{}, err
	}
	v := visit{target: t, dom: r.Via == ViaDOM, context: sameSite, partition: t.site()}
	if r.Initiator == "" {
		return v, nil
	}
	page, err := parseURL(r.Initiator)
	if err != nil {
		return visit{}, err
	}
	if page.site() == t.site() {
		return v, nil
	}
	switch {
	case v.dom && topLevel(r.Kind):
		// The page that runs the script is the top-level page, whoever linked to it.
	case !topLevel(r.Kind):
		v.context, v.third = crossSite, true
		v.partition = page.site() + " " + t.site()
	case safe(r):
		v.context = crossSiteVisit
	default:
		v.context = crossSitePost
	}
	return v, nil
}

// topLevel reports whether a request of that kind is a navigation, which changes the
// address bar. Without a kind it counts as a link.
func topLevel(kind string) bool {
	switch kind {
	case "", KindLink, KindFormGet, KindFormPost, KindWindowOpen:
		return true
	}
	return false
}

// safe reports whether the method is safe. RFC 9110, 9.2.1.
func safe(r Request) bool {
	method := strings.ToUpper(r.Method)
	if method == "" {
		return r.Kind != KindFormPost && r.Kind != KindFetchPost
	}
	return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE"
}

// maySend reports whether SameSite lets a cookie be sent. Without the attribute it counts
// as Lax; Chromium (lax-plus-post) also sends it for two minutes with a cross-site POST,
// because sign-in sites post back.
func (v visit) maySend(e *entry, now time.Time) bool {
	switch e.SameSite {
	case "None":
		return true
	case "Strict":
		return v.context == sameSite
	case "Lax":
		return v.context >= crossSiteVisit
	}
	return v.context >= crossSiteVisit ||
		v.context == crossSitePost && now.Sub(e.created) <= laxPlusPost
}

// maySet reports whether SameSite lets a cookie be stored. The top-level page may set
// any, whoever linked to it; a resource in another site's page only SameSite=None. RFC
// 6265bis, 5.7, step 18.
func (v visit) maySet(sameSiteAttr string) bool {
	return sameSiteAttr == "None" || v.context != crossSite
}

// sameSite returns the SameSite mode, or "" if the attribute is missing or unknown.
func (l *line) sameSite() string {
	a, ok := l.get("samesite")
	if !ok {
		return ""
	}
	switch lower(a.value) {
	case "strict":
		return "Strict"
	case "lax":
		return "Lax"
	case "none":
		return "None"
	}
	l.mark(a, false, EffectNotAMode)
	return ""
}
