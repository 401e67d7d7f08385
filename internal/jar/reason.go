package jar

// Code is the result for a Set-Cookie line.
type Code string

const (
	// Stored: the cookie is new in the jar.
	Stored Code = "stored"
	// Replaced: it took the place of a cookie of the same name, domain and path.
	Replaced Code = "replaced"
	// Deleted: the line is valid and already expired, which is how a server deletes a
	// cookie. Decision.Replaced is the deleted cookie; if there was none, Decision.Reason
	// says why.
	Deleted Code = "deleted"
	// Refused: the line changes nothing.
	Refused Code = "refused"
	// Evicted: it was accepted, but was then the one evicted because there were too many cookies.
	Evicted Code = "evicted"
	// Overwritten is a code of Explain only: the line was accepted, but a later
	// line of the same response replaced or deleted the cookie at once.
	Overwritten Code = "overwritten"
	// Cut is a code of Explain only: a CR or LF ended the header line early, so that only
	// part of the line was stored.
	Cut Code = "cut"
)

// Reason is a stable identifier of why a cookie was refused or not sent.
type Reason string

const (
	// ReasonPath: the request's path is not the cookie's Path or under it. For a deletion
	// without effect: the cookie exists with another path.
	ReasonPath Reason = "path"
	// ReasonDomain: the host is not the cookie's domain or under it. For a deletion
	// without effect: the cookie exists with another domain, or is host-only where the
	// line has a Domain.
	ReasonDomain Reason = "domain"
	// ReasonPublicSuffix: Domain is a suffix under which anyone can register, or does not
	// have the host's registrable domain.
	ReasonPublicSuffix Reason = "public-suffix"
	// ReasonSecure: the cookie is Secure and the connection is plain http.
	ReasonSecure Reason = "secure"
	// ReasonSameSite: another site made the request, or SameSite=None was given without
	// Secure; Decision.Cookie shows which.
	ReasonSameSite Reason = "samesite"
	// ReasonHTTPOnly: document.cookie can neither read nor set an HttpOnly cookie.
	ReasonHTTPOnly Reason = "http-only"
	// ReasonPrefix: the attributes are not those that the name's prefix requires.
	ReasonPrefix Reason = "prefix"
	// ReasonSize: name and value together are over 4096 octets.
	ReasonSize Reason = "size"
	// ReasonExpired: the cookie has expired.
	ReasonExpired Reason = "expired"
	// ReasonSyntax: the line contains a control character.
	ReasonSyntax Reason = "syntax"
	// ReasonEmpty: the cookie has neither a name nor a value.
	ReasonEmpty Reason = "empty"
	// ReasonName: the cookie has no name, and its value would be read as another cookie's pair.
	ReasonName Reason = "name"
	// ReasonOverwriteSecure: plain http must not change a Secure cookie.
	ReasonOverwriteSecure Reason = "overwrite-secure"
	// ReasonOverwriteHTTPOnly: document.cookie must not change an HttpOnly cookie.
	ReasonOverwriteHTTPOnly Reason = "overwrite-http-only"
	// ReasonPartitioned: Partitioned without Secure; when sending, the cookie belongs to
	// the partition of another top-level site.
	ReasonPartitioned Reason = "partitioned"
	// ReasonThirdParty: this browser blocks third-party cookies.
	ReasonThirdParty Reason = "third-party"
	// ReasonNothing: there was no such cookie to delete.
	ReasonNothing Reason = "nothing"
	// ReasonEvicted: there were too many cookies.
	ReasonEvicted Reason = "evicted"
	// ReasonOverwritten: a later line of the response replaced the cookie; see Overwritten.
	ReasonOverwritten Reason = "overwritten"
	// ReasonURL: the address is not an http or https URL with a host.
	ReasonURL Reason = "url"
)

// Reasons has every Reason, so that a test can check that each has a message.
var Reasons = []Reason{
	ReasonPath, ReasonDomain, ReasonPublicSuffix, ReasonSecure, ReasonSameSite,
	ReasonHTTPOnly, ReasonPrefix, ReasonSize, ReasonExpired, ReasonSyntax,
	ReasonEmpty, ReasonName, ReasonOverwriteSecure, ReasonOverwriteHTTPOnly,
	ReasonPartitioned, ReasonThirdParty, ReasonNothing, ReasonEvicted, ReasonOverwritten, ReasonURL,
}

// Reasons why a cookie that by the rules must be in a real browser is not there.
const (
	// Gone: it was there. The browser was closed, or someone deleted it.
	Gone Reason = "gone"
	// Blocked: it was never there, so the browser did not accept it.
	Blocked Reason = "blocked"
)
