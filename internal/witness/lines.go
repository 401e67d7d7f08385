package witness

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
)

// Limits on what is examined. A browser keeps about 180 cookies of one site, so a report
// of more cannot be genuine.
const (
	MaxCookies   = 180       // of a Cookie header, of document.cookie, of cookieStore
	MaxLedger    = 200       // lines
	maxLines     = 512 << 10 // weight of them together; a page keeps half as many octets
	ofAttribute  = 100       // weight of a line's attribute, which costs as much as 100 octets
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
	// Text is the line. An HttpOnly value is masked in it; Hash is then the value's Fingerprint.
	Text string `json:"line"`
	Hash string `json:"hash"`
	// Seen says that an earlier look found the line's cookie in the browser.
	Seen bool `json:"seen"`
	// Gone is when a look did not find the cookie although it had to be there.
	Gone time.Time `json:"gone,omitzero"`
}

// Key identifies a line.
func (l Line) Key() string { return lineKey(l.ID, l.N) }

func lineKey(id string, n int) string { return id + "#" + strconv.Itoa(n) }

// Listed is a cookie as cookieStore.getAll() returns it. In Firefox and Safari it has
// only a name and a value, and Path is nil.
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

// Witnesses are what the sources show of one browser at one moment.
type Witnesses struct {
	URL      string // of the page
	Header   []jar.Pair
	Scripted bool // a script reported Document; otherwise it is not known
	Document []jar.Pair
	More     int // cookies that were cut from Document
	Listed   []Listed
	Ledger   []Line
	Blocked  bool          // the browser reports that cookies are disabled
	Clock    time.Duration // the browser's clock minus the clock of now and the ledger
	Profile  jar.Profile
}

// scripts reports whether a script reports what it sees; a cookie that it does not see is
// HttpOnly.
func (w Witnesses) scripts() bool { return w.Scripted && !w.Blocked }

// bounded applies the limits, keeping the first cookies and the newest lines.
func (w Witnesses) bounded() Witnesses {
	w.Header = w.Header[:min(len(w.Header), MaxCookies)]
	w.Document = w.Document[:min(len(w.Document), MaxCookies)]
	w.Listed = w.Listed[:min(len(w.Listed), MaxCookies)]
	from, left := len(w.Ledger), maxLines
	for from > max(0, len(w.Ledger)-MaxLedger) {
		if left -= w.Ledger[from-1].weight(); left < 0 {
			break
		}
		from--
	}
	w.Ledger = w.Ledger[from:]
	return w
}

// weight is what reading a line costs, in octets of a value.
func (l Line) weight() int { return len(l.Text) + ofAttribute*strings.Count(l.Text, ";") }

// Fingerprint returns the hash of a value in the ledger: FNV-1a, 64 bits, in hexadecimal.
func Fingerprint(value string) string {
	h := fnv.New64a()
	h.Write([]byte(value))
	text := strconv.FormatUint(h.Sum64(), 16)
	return strings.Repeat("0", 16-len(text)) + text
}

// readable returns octets as a script sees them. Invalid UTF-8 becomes a single U+FFFD,
// because browsers differ in how many they put.
func readable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for strings.Contains(s, "\uFFFD\uFFFD") {
		s = strings.ReplaceAll(s, "\uFFFD\uFFFD", "\uFFFD")
	}
	return s
}

// asSeen returns a pair as a script sees it.
func asSeen(p jar.Pair) jar.Pair { return jar.Pair{Name: readable(p.Name), Value: readable(p.Value)} }
