package jar

import (
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// No program can ask a browser for its whole jar. What can be had are three
// witnesses, and each sees only a part: the Cookie header of a request to the
// page's own address has names and values, HttpOnly ones included; the ledger of
// Set-Cookie lines has what was asked for, but not whether it was done; a script
// on the page sees what is not HttpOnly, in Chromium with attributes. Reconcile
// says what follows from the three, and leaves unknown what does not.

// Pair is a name and a value as a Cookie header or document.cookie carries them.
type Pair struct{ Name, Value string }

// Pairs takes a Cookie header, or document.cookie, apart.
func Pairs(header string) []Pair {
	var pairs []Pair
	for piece := range strings.SplitSeq(header, ";") {
		piece = strings.Trim(piece, " \t")
		if piece == "" {
			continue
		}
		name, value, found := strings.Cut(piece, "=")
		if !found {
			name, value = "", piece // a nameless cookie (RFC 6265bis, 5.8.3)
		}
		pairs = append(pairs, Pair{strings.Trim(name, " \t"), strings.Trim(value, " \t")})
	}
	return pairs
}

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
}

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
	URL      string
	Header   []Pair
	Scripted bool // a script told Document; else nothing is known of it
	Document []Pair
	Listed   []Listed
	Ledger   []Line
	Profile  Profile
}

// Fact is an attribute that may be unknown.
type Fact string

// The attributes that a witness may or may not know.
const (
	FactScope       Fact = "scope" // domain and host-only
	FactPath        Fact = "path"
	FactExpires     Fact = "expires"
	FactSecure      Fact = "secure"
	FactHTTPOnly    Fact = "httpOnly"
	FactSameSite    Fact = "sameSite"
	FactPartitioned Fact = "partitioned"
)

var facts = []Fact{FactScope, FactPath, FactExpires, FactSecure, FactHTTPOnly, FactSameSite, FactPartitioned}

// Seen is a cookie of a real browser, as far as the witnesses know it.
type Seen struct {
	Cookie
	Unknown []Fact
	Ours    bool // the ledger knows a cookie of this name for this page
	// Doubt says that witnesses disagree: the value or an attribute is not what
	// this site set. It is empty, "value" or "attributes".
	Doubt string
}

// Knows reports whether a witness knows the fact.
func (s Seen) Knows(f Fact) bool { return !slices.Contains(s.Unknown, f) }

// Missing is a cookie that was set and is not sent with the page's own request.
type Missing struct {
	Cookie Cookie
	Reason Reason
	At     time.Time
}

// What Reconcile can say of a cookie that should be here by all that is known:
// the browser was closed, someone deleted it, or the browser blocks it.
const Gone Reason = "gone"

// Picture is what the witnesses say together.
type Picture struct {
	Here      []Seen
	Elsewhere []Missing
	// Decisions says of each line of the ledger what the rules make of it, by
	// Line.ID and Line.N.
	Decisions map[string]Decision
}

// Decision is what the rules make of one line of the ledger.
func (p Picture) Decision(id string, n int) (Decision, bool) {
	d, ok := p.Decisions[lineKey(id, n)]
	return d, ok
}

func lineKey(id string, n int) string { return id + "#" + strconv.Itoa(n) }

// Fingerprint is the ledger's hash of a value: FNV-1a, 64 bits, in hexadecimal.
func Fingerprint(value string) string {
	h := fnv.New64a()
	h.Write([]byte(value))
	text := strconv.FormatUint(h.Sum64(), 16)
	return strings.Repeat("0", 16-len(text)) + text
}

// Reconcile says what a browser holds for the page at w.URL, and why what was
// set is not among it.
func Reconcile(now time.Time, w Witnesses) Picture {
	model, hashes, decisions := replay(w)
	sent := model.Send(now, Request{URL: w.URL, Initiator: w.URL, Kind: "fetch"}).Cookies
	p := Picture{Decisions: decisions}

	taken := make([]bool, len(sent))
	document := slices.Clone(w.Document)
	listed := slices.Clone(w.Listed)
	host := hostOf(w.URL)
	for _, pair := range union(w.Header, w.Document) {
		seen := Seen{Cookie: Cookie{Name: pair.Name, Value: pair.Value}, Unknown: slices.Clone(facts)}
		if w.Scripted {
			inDocument := remove(&document, pair)
			seen.HTTPOnly = !inDocument && slices.Contains(w.Header, pair)
			seen.know(FactHTTPOnly)
		}
		ours := claim(sent, taken, hashes, pair)
		if ours < 0 {
			seen.Ours = slices.ContainsFunc(sent, func(c Cookie) bool { return c.Name == pair.Name })
			if seen.Ours {
				seen.Doubt = "value"
			}
		} else {
			seen.Ours = true
		}
		switch item := take(&listed, pair); {
		case item != nil && item.Path != nil:
			seen.fromList(*item, host)
			if ours >= 0 {
				seen.settleSameSite(sent[ours], *item)
			}
		case ours >= 0 && seen.agrees(sent[ours]):
			seen.fromLedger(sent[ours])
		case ours >= 0:
			seen.Doubt = "attributes"
		}
		p.Here = append(p.Here, seen)
	}
	p.Elsewhere = missing(now, w, model, decisions, p.Here)
	return p
}

// replay runs the ledger through the rules. Of a masked value the model holds the
// mask, and hashes says by name, domain and path what it stands for.
func replay(w Witnesses) (*Jar, map[identity]string, map[string]Decision) {
	model := New(w.Profile)
	hashes := map[identity]string{}
	decisions := map[string]Decision{}
	for _, line := range inOrder(w.Ledger) {
		r := Request{URL: line.URL, Via: line.Via}
		if line.Via != "dom" {
			// The buttons of the site's own pages ask: the same site, not a document.
			r.Initiator, r.Kind = line.URL, "fetch"
		}
		d := model.Set(line.At, r, line.Text)
		decisions[lineKey(line.ID, line.N)] = d
		if d.Stored && d.Cookie != nil {
			hashes[identityOf(*d.Cookie)] = line.Hash
		}
	}
	return model, hashes, decisions
}

func inOrder(lines []Line) []Line {
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b Line) int { return a.At.Compare(b.At) })
	return sorted
}

// identity is what makes two cookies the same one (RFC 6265bis, 5.7, step 23).
type identity struct{ name, domain, path string }

func identityOf(c Cookie) identity { return identity{c.Name, c.Domain, c.Path} }

// claim finds the first cookie of the model, not yet taken, that this pair is.
func claim(sent []Cookie, taken []bool, hashes map[identity]string, pair Pair) int {
	for i, c := range sent {
		if taken[i] || c.Name != pair.Name {
			continue
		}
		hash := hashes[identityOf(c)]
		if hash == "" && c.Value == pair.Value || hash != "" && hash == Fingerprint(pair.Value) {
			taken[i] = true
			return i
		}
	}
	return -1
}

func union(header, document []Pair) []Pair {
	all := slices.Clone(header)
	rest := slices.Clone(document)
	for _, pair := range header {
		remove(&rest, pair)
	}
	return append(all, rest...)
}

func remove(from *[]Pair, pair Pair) bool {
	i := slices.Index(*from, pair)
	if i < 0 {
		return false
	}
	*from = slices.Delete(*from, i, i+1)
	return true
}

func take(from *[]Listed, pair Pair) *Listed {
	i := slices.IndexFunc(*from, func(l Listed) bool { return l.Name == pair.Name && l.Value == pair.Value })
	if i < 0 {
		return nil
	}
	item := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return &item
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func (s *Seen) know(known ...Fact) {
	s.Unknown = slices.DeleteFunc(s.Unknown, func(f Fact) bool { return slices.Contains(known, f) })
}

// fromList takes what Chromium's cookieStore knows.
func (s *Seen) fromList(l Listed, host string) {
	s.Domain, s.HostOnly = host, true
	if l.Domain != nil && *l.Domain != "" {
		s.Domain, s.HostOnly = strings.TrimPrefix(*l.Domain, "."), false
	}
	s.Path = *l.Path
	if l.Expires != nil {
		expires := time.UnixMilli(int64(*l.Expires)).UTC()
		s.Expires = &expires
	}
	s.Secure, s.Partitioned = l.Secure, l.Partitioned
	s.know(FactScope, FactPath, FactExpires, FactSecure, FactPartitioned)
	switch strings.ToLower(l.SameSite) {
	case "strict":
		s.SameSite = "Strict"
		s.know(FactSameSite)
	case "none":
		s.SameSite = "None"
		s.know(FactSameSite)
	}
}

// settleSameSite uses the ledger where cookieStore says lax: it says so of a
// cookie without SameSite too.
func (s *Seen) settleSameSite(ours Cookie, l Listed) {
	if strings.EqualFold(l.SameSite, "lax") && (ours.SameSite == "" || ours.SameSite == "Lax") &&
		ours.Path == s.Path && ours.Domain == s.Domain && ours.Secure == s.Secure {
		s.SameSite = ours.SameSite
		s.know(FactSameSite)
	}
}

// agrees reports whether the ledger's cookie can be the one that is there: what a
// script can or cannot see must fit its HttpOnly.
func (s *Seen) agrees(ours Cookie) bool {
	return !s.Knows(FactHTTPOnly) || s.HTTPOnly == ours.HTTPOnly
}

func (s *Seen) fromLedger(ours Cookie) {
	name, value, httpOnly, known := s.Name, s.Value, s.HTTPOnly, s.Knows(FactHTTPOnly)
	s.Cookie = ours
	s.Name, s.Value = name, value
	s.know(FactScope, FactPath, FactExpires, FactSecure, FactSameSite, FactPartitioned)
	if known {
		s.HTTPOnly = httpOnly
	} else {
		s.HTTPOnly = false
	}
}

// missing lists what the ledger knows and the page does not get, newest first:
// for each cookie its last line counts, and a deletion that was carried out
// leaves nothing to explain.
func missing(now time.Time, w Witnesses, model *Jar, decisions map[string]Decision, here []Seen) []Missing {
	held := map[identity]Cookie{}
	for _, c := range model.Cookies(now) {
		held[identityOf(c)] = c
	}
	withheld := map[identity]Reason{}
	for _, each := range model.Send(now, Request{URL: w.URL, Initiator: w.URL, Kind: "fetch"}).Withheld {
		withheld[identityOf(each.Cookie)] = each.Reason
	}
	var list []Missing
	told := map[identity]bool{}
	lines := inOrder(w.Ledger)
	slices.Reverse(lines)
	for _, line := range lines {
		d := decisions[lineKey(line.ID, line.N)]
		if d.Cookie == nil {
			continue
		}
		id := identityOf(*d.Cookie)
		if told[id] {
			continue
		}
		told[id] = true
		m := Missing{Cookie: *d.Cookie, At: line.At}
		switch _, inModel := held[id]; {
		case d.Code == Deleted:
			continue
		case !d.Stored:
			m.Reason = d.Reason
		case withheld[id] != "":
			m.Reason = withheld[id]
		case !inModel:
			m.Reason = ReasonExpired
		case slices.ContainsFunc(here, func(s Seen) bool { return s.Name == id.name }):
			continue
		default:
			m.Reason = Gone
		}
		// A refused line says nothing of the cookie that it failed to replace.
		if !d.Stored && slices.ContainsFunc(here, func(s Seen) bool { return s.Name == id.name && s.Knows(FactPath) && s.Path == id.path }) && line.Via == "http" && m.Reason == ReasonExpired {
			continue
		}
		list = append(list, m)
	}
	return list
}
