package jar

// Code says what became of a Set-Cookie line.
type Code string

const (
	// Stored: the cookie is new in the jar.
	Stored Code = "stored"
	// Replaced: it took the place of a cookie of the same name, domain and path.
	Replaced Code = "replaced"
	// Deleted: the line is in order and already expired, which is how a server
	// deletes a cookie. Decision.Replaced is the cookie that went; if it is nil
	// there was none, and Decision.Reason says why.
	Deleted Code = "deleted"
	// Refused: the line changes nothing.
	Refused Code = "refused"
	// Evicted: it was accepted, but among too many cookies it was itself the one
	// to go.
	Evicted Code = "evicted"
	// Overwritten is a code of Explain only: the line was accepted, but a later
	// line of the same response replaced or deleted the cookie at once.
	Overwritten Code = "overwritten"
	// Cut is a code of Explain only: a CR or LF ended the header line early, so
	// what was stored is not what the line spells.
	Cut Code = "cut"
)

// Reason says in one stable word why a cookie was refused or not sent.
type Reason string

const (
	// ReasonPath: the request's path is not at or under the cookie's Path.
	// Of a deletion that found nothing: the cookie is there, on another path.
	ReasonPath Reason = "path"
	// ReasonDomain: the host is not the one, or not under the one, the cookie
	// belongs to. Of a deletion that found nothing: the cookie is there, but
	// for another domain, or host-only where the line named a Domain.
	ReasonDomain Reason = "domain"
	// ReasonPublicSuffix: Domain names a suffix under which anyone can register, or
	// reaches beyond the host's registrable domain.
	ReasonPublicSuffix Reason = "public-suffix"
	// ReasonSecure: Secure, and the connection is plain http.
	ReasonSecure Reason = "secure"
	// ReasonSameSite: another site started the request; or SameSite=None was
	// given without Secure (Decision.Cookie tells the two apart).
	ReasonSameSite Reason = "samesite"
	// ReasonHTTPOnly: document.cookie neither sees nor makes an HttpOnly cookie.
	ReasonHTTPOnly Reason = "http-only"
	// ReasonPrefix: the name promises what the attributes do not keep.
	ReasonPrefix Reason = "prefix"
	// ReasonSize: name and value together are over 4096 octets.
	ReasonSize Reason = "size"
	// ReasonExpired: its time is over.
	ReasonExpired Reason = "expired"
	// ReasonSyntax: a control character is in the line.
	ReasonSyntax Reason = "syntax"
	// ReasonEmpty: neither a name nor a value.
	ReasonEmpty Reason = "empty"
	// ReasonName: no name, and a value that would read as another cookie's pair.
	ReasonName Reason = "name"
	// ReasonOverwriteSecure: plain http may not touch a Secure cookie.
	ReasonOverwriteSecure Reason = "overwrite-secure"
	// ReasonOverwriteHTTPOnly: document.cookie may not touch an HttpOnly cookie.
	ReasonOverwriteHTTPOnly Reason = "overwrite-http-only"
	// ReasonPartitioned: Partitioned without Secure; or, when sending, the
	// cookie lives in the partition of another top-level site.
	ReasonPartitioned Reason = "partitioned"
	// ReasonThirdParty: this browser blocks third-party cookies.
	ReasonThirdParty Reason = "third-party"
	// ReasonNothing: there was no such cookie to delete.
	ReasonNothing Reason = "nothing"
	// ReasonEvicted: there were too many cookies.
	ReasonEvicted Reason = "evicted"
	// ReasonOverwritten goes with Overwritten.
	ReasonOverwritten Reason = "overwritten"
	// ReasonURL: the address is no http or https URL with a host.
	ReasonURL Reason = "url"
)

// Reasons has every Reason, so that a test can check that each has its words.
var Reasons = []Reason{
	ReasonPath, ReasonDomain, ReasonPublicSuffix, ReasonSecure, ReasonSameSite,
	ReasonHTTPOnly, ReasonPrefix, ReasonSize, ReasonExpired, ReasonSyntax,
	ReasonEmpty, ReasonName, ReasonOverwriteSecure, ReasonOverwriteHTTPOnly,
	ReasonPartitioned, ReasonThirdParty, ReasonNothing, ReasonEvicted, ReasonOverwritten, ReasonURL,
}

// What can be said of a cookie that has to be in a real browser by all rules, and is
// not there.
const (
	// Gone: it was here. The browser was closed, or someone deleted it.
	Gone Reason = "gone"
	// Blocked: it was never seen here, so the browser did not take it.
	Blocked Reason = "blocked"
)
