package witness

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
)

// Limits of what is looked at. A browser keeps about 180 cookies of one site, so more
// cannot be real.
const (
	MaxCookies   = 180       // of a Cookie header, of document.cookie, of cookieStore
	MaxLedger    = 200       // lines
	maxLines     = 512 << 10 // octets of them together; a page keeps half as many
	MaxExchanges = 20
	MaxHeaders   = 60     // of a request or a response
	MaxRows      = 20     // of the table, before and after an exchange
	MaxValues    = 16_000 // in the JSON of a report
)

// Line is one entry of the ledger: a Set-Cookie line that the site sent, or an
// assignment to document.cookie that a button made.
type Line struct {
	ID  string    `json:"id"` // of the exchange
	N   int       `json:"n"`  // which of its Set-Cookie lines
	At  time.Time `json:"at"`
	URL string    `json:"url"`
	Via string    `json:"via"` // http or dom
	// Text is the line; of an HttpOnly value it has the ends only, and Hash
	// knows the value again (Fingerprint).
	Text string `json:"line"`
	Hash string `json:"hash"`
	// Seen: an earlier look found the cookie of this line in the browser.
	Seen bool `json:"seen"`
	// Gone is when a look did not find it although it had to be there.
	Gone time.Time `json:"gone,omitzero"`
}

// Key names a line among all lines.
func (l Line) Key() string { return lineKey(l.ID, l.N) }

func lineKey(id string, n int) string { return id + "#" + strconv.Itoa(n) }

// Listed is a cookie as cookieStore.getAll() lists it. In Firefox and Safari it
// has a name and a value and no more: Path is nil there.
type Listed struct {
	Name        string   `json:"name"`
	Value       string   `json:"value"`
	Domain      *string  `json:"domain"`
	Path        *string  `json:"path"`
	Expires     *float64 `json:"expires"` // ms since 1970, nil for a session cookie
	Secure      bool     `json:"secure"`
	SameSite    string   `json:"sameSite"`
	Partitioned bool     `json:"partitioned"`
}

// Witnesses are what is known of one browser at one moment.
type Witnesses struct {
	URL      string // of the page
	Header   []jar.Pair
	Scripted bool // a script told Document; else nothing is known of it
	Document []jar.Pair
	More     int // cookies of Document that are left out of it
	Listed   []Listed
	Ledger   []Line
	Blocked  bool          // the browser says that it takes no cookies here
	Clock    time.Duration // the browser's clock less the one that now and the ledger are by
	Profile  jar.Profile
}

// scripts reports whether a script tells what it sees, so that what it does not see is
// HttpOnly.
func (w Witnesses) scripts() bool { return w.Scripted && !w.Blocked }

// bounded leaves out what is beyond the limits: the first cookies and the newest
// lines stay.
func (w Witnesses) bounded() Witnesses {
	w.Header = w.Header[:min(len(w.Header), MaxCookies)]
	w.Document = w.Document[:min(len(w.Document), MaxCookies)]
	w.Listed = w.Listed[:min(len(w.Listed), MaxCookies)]
	from, octets := len(w.Ledger), 0
	for from > max(0, len(w.Ledger)-MaxLedger) && octets+len(w.Ledger[from-1].Text) <= maxLines {
		from--
		octets += len(w.Ledger[from].Text)
	}
	w.Ledger = w.Ledger[from:]
	return w
}

// Fingerprint is the ledger's hash of a value: FNV-1a, 64 bits, in hexadecimal.
func Fingerprint(value string) string {
	h := fnv.New64a()
	h.Write([]byte(value))
	text := strconv.FormatUint(h.Sum64(), 16)
	return strings.Repeat("0", 16-len(text)) + text
}

// readable is what a script sees of octets: what is not UTF-8 becomes U+FFFD, how
// often is the browser's affair.
func readable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for strings.Contains(s, "\uFFFD\uFFFD") {
		s = strings.ReplaceAll(s, "\uFFFD\uFFFD", "\uFFFD")
	}
	return s
}

// asSeen is a pair as a script sees it.
func asSeen(p jar.Pair) jar.Pair { return jar.Pair{Name: readable(p.Name), Value: readable(p.Value)} }
