// Package jar is a model of a browser's cookie jar: it stores cookies from Set-Cookie
// lines, returns those that a request sends, and gives the reason for each decision.
//
// # The idea
//
// A server never puts a cookie into a browser. It asks, in a Set-Cookie line, and the
// browser decides: first whether to store the cookie (Jar.Set), and later, for each
// request, whether to send it (Jar.Send). Both decisions follow fixed rules, so both can
// be computed, and each comes with a Reason, for which pages have a sentence. A cookie
// that is refused is not an error but a result.
//
// A decision depends on four things: the address (scheme, host, path), who makes the
// request (the page, the kind of request and its method), the interface (HTTP header or
// document.cookie), and the time. A Request holds the first three; the time is always a
// parameter. The package has no clock, does no input or output, and contains no text for
// people. The same calls always give the same results.
//
// A Set-Cookie line is parsed from the octets on the wire. http.ParseSetCookie would
// lose what lessons are about: nameless cookies, blanks around "=", quotes, UTF-8, and
// everything that is refused.
//
// # The rules
//
// The text is RFC 6265bis (draft-ietf-httpbis-rfc6265bis); the sections named in
// comments are its. Modelled are
//
//   - 5.1.1 dates, 5.1.2 host names, 5.1.3 domain match, 5.1.4 paths and path match
//   - 5.2 "same-site" requests, with the scheme as part of the site, and
//     document.cookie
//   - 5.4 name prefixes, also __Http- and __Host-Http- (draft-ietf-httpbis-layered-cookies)
//   - 5.6 the parsing of a Set-Cookie line with all its attributes
//   - 5.7 the storage model: size, public suffixes, Secure, HttpOnly, SameSite,
//     "leave Secure cookies alone", overwriting, deletion, limits and eviction
//   - 5.8 which cookies a request carries, and in which order
//   - Partitioned (CHIPS) and Priority, which are not in the RFC
//
// Where Chromium differs from the RFC, the package does as Chromium, because students
// compare it with their browser. A comment there says so and names the rule:
// htab-inside-token, nameless-with-equals, localhost-is-secure,
// creation-time-lost-on-value-change, last-attribute-wins-even-if-invalid,
// max-age-plus-sign, domain-only-a-dot, domain-non-ascii,
// domain-registrable-domain-differs, cookie-date-grammar, lax-plus-post,
// cr-ends-the-header-line, eviction, chips-partitioned.
//
// Not modelled are the correction of Expires by the response's Date header
// (clock-skew-correction: nothing here has a Date), schemes other than http and
// https, the storage access API, extensions, and per-site settings of the user.
// The status of a response does not matter: Set-Cookie counts on a 302 or a 401
// as on a 200. Neither does the redirect chain: that a request came by way of
// another site does not make it cross-site.
package jar
