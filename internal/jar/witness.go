package jar

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// No program can ask a browser for its whole jar. What can be had are three
// witnesses, and each sees only a part. The Cookie header of a request to the
// page's own address has names and values, those of HttpOnly cookies included. The
// ledger of Set-Cookie lines has what was asked for, but not whether it was done.
// A script on the page sees what is not HttpOnly, in Chromium with attributes, in
// Firefox and Safari without. Reconcile says what follows from the three, where
// they contradict each other, and leaves unknown what no witness knows.
//
// The ledger is believed only as far as it goes: a line that was carried out by
// the rules says which attributes its cookie has, as long as a cookie of that name
// and value is really there. Where two lines could have made the same cookie, only
// what they agree on is taken. And a cookie that was once seen to be gone is not
// believed to be the same when it is there again.

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
	Header   []Pair
	Scripted bool // a script told Document; else nothing is known of it
	Document []Pair
	Listed   []Listed
	Ledger   []Line
	Blocked  bool          // the browser says that it takes no cookies here
	Clock    time.Duration // the browser's clock less the one that now and the ledger are by
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
	// Ours: the ledger knows a cookie of this name for this page.
	Ours  bool
	Doubt Doubt
	// Told is what the ledger says instead, where it says something.
	Told *Cookie
	// Clock is the browser's clock less ours: by its own clock the cookie ends at
	// Expires.Add(Clock).
	Clock time.Duration
}

// Knows reports whether a witness knows the fact.
func (s Seen) Knows(f Fact) bool { return !slices.Contains(s.Unknown, f) }

// Doubt says how the witnesses contradict each other about a cookie.
type Doubt string

const (
	// DoubtForeign: the ledger knows nothing of it.
	DoubtForeign Doubt = "foreign"
	// DoubtValue: the ledger says that another value stands in its place.
	DoubtValue Doubt = "value"
	// DoubtAttributes: the value is the ledger's, and an attribute is not.
	DoubtAttributes Doubt = "attributes"
	// DoubtAgain: all is as the ledger says, but the cookie was gone in between.
	DoubtAgain Doubt = "again"
	// DoubtSeveral: there are more or fewer cookies of this name and value than
	// the ledger knows, so that it cannot be told which is which.
	DoubtSeveral Doubt = "several"
)

// Doubts has every Doubt, so that a test can check that each has its words.
var Doubts = []Doubt{DoubtForeign, DoubtValue, DoubtAttributes, DoubtAgain, DoubtSeveral}

// Missing is a cookie that was set and is not sent with the page's own request.
type Missing struct {
	Cookie Cookie
	Reason Reason
	At     time.Time // when it was set, refused or lost
	// Refused: it never was in the jar. Kept: it still is, only not for this page.
	Refused, Kept bool
	// Stands: an older cookie of this name is still there, which the refused one
	// failed to replace.
	Stands bool
}

// What Reconcile can say of a cookie that has to be here by all rules.
const (
	// Gone: it was here. The browser was closed, or someone deleted it.
	Gone Reason = "gone"
	// Blocked: it was never seen here, so the browser did not take it.
	Blocked Reason = "blocked"
)

// Picture is what the witnesses say together.
type Picture struct {
	// Here are the cookies of the page, those of the header first.
	Here []Seen
	// Elsewhere are the others that were set, the newest first.
	Elsewhere []Missing
	// Decisions says of each line of the ledger what the rules make of it, by
	// Line.Key.
	Decisions map[string]Decision
	// Seen and Gone are the lines, by Line.Key, whose cookie was found for the
	// first time, or found missing for the first time. Whoever keeps the ledger
	// marks them, so that the next look knows.
	Seen, Gone []string
	// SecureOverHTTP is whether this browser was seen to take a Secure cookie over
	// plain http on this host.
	SecureOverHTTP Measured
}

// Measured is what was seen of a browser, if anything was.
type Measured string

// What can be measured.
const (
	NotMeasured Measured = ""
	MeasuredYes Measured = "yes"
	MeasuredNo  Measured = "no"
)

// Decision is what the rules make of one line of the ledger.
func (p Picture) Decision(id string, n int) (Decision, bool) {
	d, ok := p.Decisions[lineKey(id, n)]
	return d, ok
}

// Fingerprint is the ledger's hash of a value: FNV-1a, 64 bits, in hexadecimal.
func Fingerprint(value string) string {
	h := fnv.New64a()
	h.Write([]byte(value))
	text := strconv.FormatUint(h.Sum64(), 16)
	return strings.Repeat("0", 16-len(text)) + text
}

const (
	// justNow is how far the browser's time of expiry and the ledger's may lie
	// apart: the line was on its way in between.
	justNow = 2 * time.Second
	// alikeExpiry is how far they may lie apart and still be the same attribute:
	// Chromium moves Expires by the response's Date, which has whole seconds only.
	alikeExpiry = 5 * time.Second
	// history is how long a cookie that is no more, or never was, is worth a word.
	history = time.Hour
)

// Reconcile says what a browser holds for the page at w.URL, and why what was set
// is not among it.
func Reconcile(now time.Time, w Witnesses) Picture {
	p := reconcile(now, w)
	page, err := parseURL(w.URL)
	if err != nil || page.scheme != "http" {
		return p
	}
	if !page.local() {
		p.SecureOverHTTP = w.secureOverHTTP(now, page, p, p)
		return p
	}
	// Some browsers refuse Secure on http://localhost. Which kind this one is may be
	// seen from what became of the lines; until then only what holds either way is
	// believed.
	w.Profile.PlainLocalhost = true
	q := reconcile(now, w)
	switch w.secureOverHTTP(now, page, p, q) {
	case MeasuredYes:
		p.SecureOverHTTP = MeasuredYes
		return p
	case MeasuredNo:
		q.SecureOverHTTP = MeasuredNo
		q.Gone = append(q.Gone, slices.DeleteFunc(p.Gone, func(key string) bool { return slices.Contains(q.Gone, key) })...)
		return q
	}
	for i := range p.Here {
		p.Here[i].agree(q.Here[i])
	}
	p.Seen, p.Gone = common(p.Seen, q.Seen), common(p.Gone, q.Gone)
	return p
}

func common(a, b []string) []string {
	return slices.DeleteFunc(a, func(key string) bool { return !slices.Contains(b, key) })
}

func reconcile(now time.Time, w Witnesses) Picture {
	l := read(now, w)
	p := Picture{Decisions: l.decisions}
	cards := seen(w)
	for _, c := range cards {
		c.fromList(l)
	}
	l.explain(cards)
	l.suspect(cards)
	for _, c := range cards {
		p.Here = append(p.Here, c.Seen)
	}
	for _, e := range l.expected {
		switch {
		case e.fate == found && !e.line.Seen:
			p.Seen = append(p.Seen, e.line.Key())
		case e.lost() && e.line.Gone.IsZero():
			p.Gone = append(p.Gone, e.line.Key())
		}
	}
	p.Elsewhere = l.missing(now, p.Here)
	return p
}

// ledger is what the lines say together, by the rules.
type ledger struct {
	witnesses Witnesses
	lines     []*Line // oldest first
	decisions map[string]Decision
	model     *Jar
	last      map[identity]*Line // the line that made the cookie
	expected  []*claim           // what has to be on the page
	withheld  map[identity]Reason
}

// claim is a cookie that has to be on the page by all that the ledger says.
type claim struct {
	Cookie
	line *Line
	fate fate
}

// fate is what the other witnesses say of it.
type fate int

const (
	absent  fate = iota // nobody knows of it
	found               // it is there as it should be
	perhaps             // it may be among several that look alike
	changed             // something else stands in its place
)

// lost reports whether the cookie of the line is no longer there.
func (e *claim) lost() bool { return e.fate == changed || e.fate == absent }

// inTime reports whether a cookie was not there at a moment at which its time was
// not up yet, nor so nearly that the browser may have been first.
func (c Cookie) inTime(gone time.Time) bool {
	return c.Expires == nil || c.Expires.After(gone.Add(justNow))
}

// is reports whether the ledger's value is this one. Of a masked line the model
// holds the mask.
func (e *claim) is(value string) bool {
	if e.line.Hash != "" {
		return e.line.Hash == Fingerprint(value)
	}
	return readable(e.Value) == readable(value)
}

// identity is what makes two cookies the same one (RFC 6265bis, 5.7, step 23).
type identity struct {
	name, domain, path    string
	hostOnly, partitioned bool
}

func identityOf(c Cookie) identity {
	return identity{c.Name, c.Domain, c.Path, c.HostOnly, c.Partitioned}
}

// read runs the ledger through the rules.
func read(now time.Time, w Witnesses) *ledger {
	l := &ledger{
		witnesses: w, model: New(w.Profile), decisions: map[string]Decision{},
		last: map[identity]*Line{}, withheld: map[identity]Reason{},
	}
	for i := range w.Ledger {
		l.lines = append(l.lines, &w.Ledger[i])
	}
	slices.SortStableFunc(l.lines, func(a, b *Line) int {
		if a.ID == b.ID {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.N, b.N))
		}
		return a.At.Compare(b.At)
	})
	buried := New(w.Profile)
	for i, line := range l.lines {
		// What was found missing by then was not there to be replaced or protected.
		l.bury(l.lines[:i], line.At, buried)
		r := Request{URL: line.URL, Via: line.Via}
		if line.Via != ViaDOM {
			// The buttons of the site's own pages ask: the same site, not a document.
			r.Initiator, r.Kind = line.URL, KindFetch
		}
		d := l.model.Set(line.At, r, line.Text)
		l.decisions[line.Key()] = d
		if d.Stored {
			l.last[identityOf(*d.Cookie)] = line
		}
	}
	l.bury(l.lines, now, buried)
	page := Request{URL: w.URL, Initiator: w.URL, Kind: KindFetch}
	for _, j := range []*Jar{l.model, buried} {
		// What expired a moment ago may still be in the browser.
		for _, c := range j.Send(now.Add(-justNow), page).Cookies {
			if line := l.last[identityOf(c)]; (j == buried) != line.Gone.IsZero() {
				l.expected = append(l.expected, &claim{Cookie: c, line: line})
			}
		}
	}
	for _, each := range l.model.Send(now, page).Withheld {
		l.withheld[identityOf(each.Cookie)] = each.Reason
	}
	return l
}

// bury takes the cookies of the lines that were found missing by then out of the
// model.
func (l *ledger) bury(lines []*Line, then time.Time, buried *Jar) {
	for _, line := range lines {
		d := l.decisions[line.Key()]
		if line.Gone.IsZero() || line.Gone.After(then) || !d.Stored || l.last[identityOf(*d.Cookie)] != line {
			continue
		}
		for _, c := range l.model.Remove(line.Gone, func(c Cookie) bool { return identityOf(c) == identityOf(*d.Cookie) }) {
			buried.Put(line.Gone, c)
		}
	}
}

// card is a Seen that is being made out.
type card struct {
	Seen
	item *Listed // what cookieStore says of it, attributes included
}

// seen makes a card of each cookie that the header or a script knows.
func seen(w Witnesses) []*card {
	document := slices.Clone(w.Document)
	listed := slices.Clone(w.Listed)
	var cards []*card
	add := func(pair Pair, shown bool) {
		c := &card{Seen: Seen{Cookie: Cookie{Name: pair.Name, Value: pair.Value}, Unknown: slices.Clone(facts), Clock: w.Clock}}
		if w.Scripted && !w.Blocked {
			c.HTTPOnly = !shown
			c.know(FactHTTPOnly)
		}
		if shown {
			c.item = take(&listed, pair)
		}
		cards = append(cards, c)
	}
	for _, pair := range w.Header {
		i := slices.IndexFunc(document, pair.is)
		if i >= 0 {
			document = slices.Delete(document, i, i+1)
		}
		add(pair, i >= 0)
	}
	for _, pair := range document {
		add(pair, true)
	}
	return cards
}

// is compares what a header carries with what a script sees of it.
func (p Pair) is(o Pair) bool {
	return readable(p.Name) == readable(o.Name) && readable(p.Value) == readable(o.Value)
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

// take takes the item of that name and value out of the list, if it has attributes.
func take(from *[]Listed, pair Pair) *Listed {
	i := slices.IndexFunc(*from, func(l Listed) bool { return l.Path != nil && pair.is(Pair{l.Name, l.Value}) })
	if i < 0 {
		return nil
	}
	item := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return &item
}

func (s *Seen) know(known ...Fact) {
	s.Unknown = slices.DeleteFunc(s.Unknown, func(f Fact) bool { return slices.Contains(known, f) })
}

// fromList takes what Chromium's cookieStore knows. It says lax of a cookie
// without SameSite too; which of the two it is the ledger may settle, if the cookie
// is otherwise the ledger's own.
func (c *card) fromList(l *ledger) {
	if c.item == nil {
		return
	}
	c.Domain, c.HostOnly = hostOf(l.witnesses.URL), true
	if domain := c.item.Domain; domain != nil && *domain != "" {
		c.Domain, c.HostOnly = strings.TrimPrefix(*domain, "."), false
	}
	c.Path, c.Secure, c.Partitioned = *c.item.Path, c.item.Secure, c.item.Partitioned
	if c.item.Expires != nil {
		expires := time.UnixMilli(int64(*c.item.Expires)).Add(-l.witnesses.Clock).UTC()
		c.Expires = &expires
	}
	c.know(FactScope, FactPath, FactExpires, FactSecure, FactPartitioned)
	switch strings.ToLower(c.item.SameSite) {
	case "strict":
		c.SameSite = "Strict"
		c.know(FactSameSite)
	case "none":
		c.SameSite = "None"
		c.know(FactSameSite)
	}
	i := slices.IndexFunc(l.expected, func(e *claim) bool { return identityOf(e.Cookie) == identityOf(c.Cookie) })
	if i < 0 {
		return
	}
	e := l.expected[i]
	switch {
	case !e.is(c.Value):
		c.contradict(e, DoubtValue)
	case !c.fits(e.Cookie):
		c.contradict(e, DoubtAttributes)
	case !e.line.Gone.IsZero():
		c.contradict(e, DoubtAgain)
	default:
		c.SameSite = e.SameSite
		c.know(FactSameSite)
		c.Ours, e.fate = true, found
	}
}

func hostOf(address string) string {
	t, err := parseURL(address)
	if err != nil {
		return ""
	}
	return t.host
}

// fits reports whether what cookieStore says can be the ledger's cookie.
func (c *card) fits(told Cookie) bool {
	sameSite := c.SameSite == told.SameSite
	if !c.Knows(FactSameSite) {
		sameSite = told.SameSite == "" || told.SameSite == "Lax"
	}
	return sameSite && c.Secure == told.Secure && sameExpiry(c.Expires, told.Expires) &&
		(!c.Knows(FactHTTPOnly) || c.HTTPOnly == told.HTTPOnly)
}

func sameExpiry(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Sub(*b).Abs() <= alikeExpiry
}

// contradict notes that the ledger says otherwise.
func (c *card) contradict(e *claim, doubt Doubt) {
	told := e.Cookie
	c.Ours, c.Doubt, c.Told = true, doubt, &told
	e.fate = changed
}

// explain takes from the ledger what is known of the cookies whose attributes no
// script can list: HttpOnly ones, and all in browsers that list names and values.
func (l *ledger) explain(cards []*card) {
	for i, c := range cards {
		if c.item != nil || c.Ours {
			continue
		}
		// All that look the same: from here they cannot be told apart.
		var alike []*card
		for _, o := range cards[i:] {
			if o.item == nil && o.Name == c.Name && o.Value == c.Value && o.HTTPOnly == c.HTTPOnly {
				alike = append(alike, o)
			}
		}
		var could []*claim
		for _, e := range l.expected {
			if e.fate == absent && e.line.Gone.IsZero() && e.Name == c.Name && e.is(c.Value) &&
				(!c.Knows(FactHTTPOnly) || e.HTTPOnly == c.HTTPOnly) {
				could = append(could, e)
			}
		}
		switch {
		case len(could) == 0:
		case len(could) == len(alike):
			for j, o := range alike {
				o.fromLedger(could[j].Cookie, facts)
				o.Ours, could[j].fate = true, found
			}
		default:
			for _, o := range alike {
				o.Ours, o.Doubt = true, DoubtSeveral
				if len(alike) < len(could) {
					o.fromLedger(could[0].Cookie, agreed(could))
				}
			}
			for _, e := range could {
				e.fate = perhaps
			}
		}
	}
}

// agreed are the facts in which all entries are the same.
func agreed(entries []*claim) []Fact {
	var same []Fact
	a := entries[0]
	for _, f := range facts {
		if !slices.ContainsFunc(entries, func(b *claim) bool { return !sameFact(f, a.Cookie, b.Cookie) }) {
			same = append(same, f)
		}
	}
	return same
}

func sameFact(f Fact, a, b Cookie) bool {
	switch f {
	case FactScope:
		return a.Domain == b.Domain && a.HostOnly == b.HostOnly
	case FactPath:
		return a.Path == b.Path
	case FactExpires:
		return a.Expires == b.Expires || a.Expires != nil && b.Expires != nil && a.Expires.Equal(*b.Expires)
	case FactSecure:
		return a.Secure == b.Secure
	case FactHTTPOnly:
		return a.HTTPOnly == b.HTTPOnly
	case FactSameSite:
		return a.SameSite == b.SameSite
	}
	return a.Partitioned == b.Partitioned
}

// fromLedger takes some facts from a cookie of the ledger. HttpOnly is not among
// them: that is for header and script to tell.
func (c *card) fromLedger(told Cookie, known []Fact) {
	for _, f := range known {
		if f != FactHTTPOnly {
			copyFact(f, &c.Cookie, told)
			c.know(f)
		}
	}
}

func copyFact(f Fact, to *Cookie, from Cookie) {
	switch f {
	case FactScope:
		to.Domain, to.HostOnly = from.Domain, from.HostOnly
	case FactPath:
		to.Path = from.Path
	case FactExpires:
		to.Expires = from.Expires
	case FactSecure:
		to.Secure = from.Secure
	case FactHTTPOnly:
		to.HTTPOnly = from.HTTPOnly
	case FactSameSite:
		to.SameSite = from.SameSite
	case FactPartitioned:
		to.Partitioned = from.Partitioned
	}
}

// suspect puts cookies that the ledger does not explain and entries of the ledger
// that are nowhere to be found together, by name: one has become the other.
func (l *ledger) suspect(cards []*card) {
	for _, c := range cards {
		if c.Ours {
			continue
		}
		if l.witnesses.Scripted { // without a script there is no ledger to know it
			c.Doubt = DoubtForeign
		}
		for _, e := range l.expected {
			if e.Name != c.Name {
				continue
			}
			c.Ours = true
			if e.fate != absent || c.item != nil {
				continue // another cookie of that name
			}
			switch {
			case !e.is(c.Value):
				c.contradict(e, DoubtValue)
			case c.Knows(FactHTTPOnly) && e.HTTPOnly != c.HTTPOnly:
				c.contradict(e, DoubtAttributes)
			default:
				c.contradict(e, DoubtAgain)
			}
			break
		}
	}
}

// agree forgets what the other does not say.
func (s *Seen) agree(o Seen) {
	for _, f := range facts {
		if s.Knows(f) && !(o.Knows(f) && sameFact(f, s.Cookie, o.Cookie)) {
			s.Unknown = append(s.Unknown, f)
			copyFact(f, &s.Cookie, Cookie{})
		}
	}
}

// secureOverHTTP looks at what became of the Secure cookies that were sent over
// plain http: p is the picture if this browser takes them, q if it does not.
func (w Witnesses) secureOverHTTP(now time.Time, page target, p, q Picture) Measured {
	for i, s := range p.Here {
		// Either a script says so, or there is no other way to explain the cookie.
		if s.Secure && s.Knows(FactSecure) && (q.Here[i].Secure || q.Here[i].Doubt != "") {
			return MeasuredYes
		}
	}
	result := NotMeasured
	for i, line := range w.Ledger {
		d := p.Decisions[line.Key()]
		if d.Cookie == nil || !d.Cookie.Secure || !strings.HasPrefix(line.URL, "http:") {
			continue
		}
		switch {
		case line.Seen:
			return MeasuredYes
		case !line.Gone.IsZero() && d.Cookie.inTime(line.Gone), slices.Contains(p.Gone, line.Key()) && d.Cookie.inTime(now):
			// It was sent, nothing undid it, and it was never seen.
			result = MeasuredNo
		case d.Reason == ReasonSecure && w.leftOut(now, page, i, p):
			result = MeasuredNo
		}
	}
	return result
}

// leftOut reports whether the cookie of a line that was refused would be seen here
// had it been taken, and is not.
func (w Witnesses) leftOut(now time.Time, page target, i int, p Picture) bool {
	c := *p.Decisions[w.Ledger[i].Key()].Cookie
	e := entry{Cookie: c}
	if e.expired(now) || !e.covers(page.host) || !onPath(page.path, c.Path) {
		return false
	}
	for _, later := range w.Ledger {
		d := p.Decisions[later.Key()]
		if later.At.After(w.Ledger[i].At) && d.Cookie != nil && d.Cookie.Name == c.Name && d.Code != Refused {
			return false
		}
	}
	return !slices.ContainsFunc(p.Here, func(s Seen) bool { return s.Name == c.Name })
}

// missing lists what was set and is not on the page. Of each cookie its last line
// counts. A deletion leaves nothing to explain, and neither does a refused line once
// a later one of that name was carried out.
func (l *ledger) missing(now time.Time, here []Seen) []Missing {
	expected := map[identity]*claim{}
	for _, e := range l.expected {
		expected[identityOf(e.Cookie)] = e
	}
	var list []Missing
	settled, told := map[string]bool{}, map[identity]bool{}
	for _, line := range slices.Backward(l.lines) {
		d := l.decisions[line.Key()]
		name, value := d.pair()
		if d.Code == Refused {
			m := Missing{Cookie: Cookie{Name: name, Value: value}, Reason: d.Reason, At: line.At, Refused: true}
			if d.Cookie != nil {
				m.Cookie = *d.Cookie
			}
			m.Stands = slices.ContainsFunc(here, func(s Seen) bool { return s.Name == name })
			if !settled[name] && now.Sub(line.At) < history {
				list = append(list, m)
			}
			settled[name] = true
			continue
		}
		settled[name] = true
		id := identityOf(*d.Cookie)
		if told[id] {
			continue
		}
		told[id] = true
		m := l.became(now, line, d, expected[id])
		if m.Kept {
			// It is there, only not for this page: that says more than the line that
			// failed to replace it.
			list = slices.DeleteFunc(list, func(o Missing) bool { return identityOf(o.Cookie) == id })
		}
		if m.Kept || m.Reason != "" && now.Sub(m.At) < history {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b Missing) int { return b.At.Compare(a.At) })
	return list
}

// became says why the cookie of a line that was carried out is not on the page, if it
// is not.
func (l *ledger) became(now time.Time, line *Line, d Decision, e *claim) Missing {
	m := Missing{Cookie: *d.Cookie, At: line.At}
	withheld := l.withheld[identityOf(m.Cookie)]
	missed := line.Gone
	if missed.IsZero() && e != nil {
		missed = now
	}
	switch {
	case d.Code == Deleted, e != nil && e.fate != absent:
	case d.Code == Evicted:
		m.Reason = ReasonEvicted
	case !missed.IsZero() && m.Cookie.inTime(missed):
		m.Reason, m.At = Gone, missed
		if !line.Seen || l.witnesses.Blocked {
			m.Reason = Blocked
		}
		if !line.Seen {
			// The rules would have kept it; this browser did not.
			l.decisions[line.Key()] = Decision{Code: Refused, Reason: Blocked, Cookie: d.Cookie, Parts: d.Parts}
		}
	case !missed.IsZero(), m.Cookie.Expires != nil && !now.Before(*m.Cookie.Expires):
		m.Reason, m.At = ReasonExpired, *m.Cookie.Expires
	case withheld != "":
		m.Reason, m.Kept = withheld, true
	case slices.ContainsFunc(l.model.Cookies(now), func(c Cookie) bool { return identityOf(c) == identityOf(m.Cookie) }):
		m.Reason, m.Kept = ReasonDomain, true
	default:
		m.Reason = ReasonEvicted
	}
	return m
}

// pair is the name and the value of the line, even of one that is no cookie.
func (d Decision) pair() (name, value string) {
	if d.Cookie != nil {
		return d.Cookie.Name, d.Cookie.Value
	}
	for _, p := range d.Parts {
		switch p.Kind {
		case PartName:
			name = p.Value
		case PartValue:
			value = p.Value
		}
	}
	return name, value
}
