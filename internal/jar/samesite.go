package jar

import (
	"strings"
	"time"
)

// context is how far a request is the site's own, in the order of trust.
type context int

const (
	// crossSite: another site's page loads something, or posts in the background.
	crossSite context = iota
	// crossSitePost: another site's page takes the user here by a method that
	// changes things.
	crossSitePost
	// crossSiteVisit: another site's page takes the user here by a safe method.
	crossSiteVisit
	// sameSite: the site's own page asks, or the user did.
	sameSite
)

// laxPlusPost is how long a cookie without SameSite may still go along with a
// top-level POST from another site.
const laxPlusPost = 2 * time.Minute

// visit is a Request understood.
type visit struct {
	target
	dom       bool
	context   context
	partition string // key of the Partitioned cookies it sees
	third     bool   // the page at the top is another site's
}

// understand reads a request. RFC 6265bis, 5.2, with the scheme as part of the
// site. The redirect chain plays no part, as in browsers today.
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
		// The page that runs the script is here, at the top, whoever led to it.
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

// topLevel reports whether a request of that kind changes what the address bar
// shows. Of a page that says no kind, a link is meant.
func topLevel(kind string) bool {
	switch kind {
	case "", KindLink, KindFormGet, KindFormPost, KindWindowOpen:
		return true
	}
	return false
}

// safe reports whether the request only asks. RFC 9110, 9.2.1.
func safe(r Request) bool {
	method := strings.ToUpper(r.Method)
	if method == "" {
		return r.Kind != KindFormPost && r.Kind != KindFetchPost
	}
	return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE"
}

// maySend reports whether SameSite lets a cookie go along. Without the attribute
// it counts as Lax; Chromium (lax-plus-post) sends it for two minutes with a
// cross-site POST as well, because sign-in sites post back.
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

// maySet reports whether SameSite lets a cookie be stored. Whoever led the user
// to a page, the page at the top may set what it likes; a part of another site's
// page only SameSite=None. RFC 6265bis, 5.7, step 18.
func (v visit) maySet(sameSiteAttr string) bool {
	return sameSiteAttr == "None" || v.context != crossSite
}

// sameSite reads the SameSite attribute; what it does not know is as if absent.
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
