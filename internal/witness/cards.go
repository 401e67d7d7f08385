package witness

import (
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// card is a cookie of which the attributes are being determined.
type card struct {
	world.Seen
	item *Listed // cookieStore's entry, with attributes
}

// queues hold indexes by key; each index is taken once, in order.
type queues[K comparable] map[K][]int

func (q queues[K]) take(key K) (int, bool) {
	places := q[key]
	if len(places) == 0 {
		return 0, false
	}
	q[key] = places[1:]
	return places[0], true
}

// cards makes a card for each cookie in the header, document.cookie or cookieStore.
func (l *ledger) cards() []*card {
	w := l.witnesses
	document, listed := queues[jar.Pair]{}, queues[jar.Pair]{}
	for i, p := range w.Document {
		document[asSeen(p)] = append(document[asSeen(p)], i)
	}
	for i, item := range w.Listed {
		if item.Path != nil { // otherwise it has no attributes
			key := asSeen(jar.Pair{Name: item.Name, Value: item.Value})
			listed[key] = append(listed[key], i)
		}
	}
	var cards []*card
	add := func(pair jar.Pair, shown bool) {
		l.steps++
		c := &card{Seen: world.Seen{Cookie: jar.Cookie{Name: pair.Name, Value: pair.Value}, Known: world.Known{Unknown: slices.Clone(world.Facts)}}}
		if w.scripts() {
			c.HTTPOnly = !shown
			c.know(world.FactHTTPOnly)
		}
		if shown {
			if i, ok := listed.take(asSeen(pair)); ok {
				c.item = &w.Listed[i]
			}
		}
		cards = append(cards, c)
	}
	matched := map[int]bool{}
	for _, pair := range w.Header {
		i, shown := document.take(asSeen(pair))
		if shown {
			matched[i] = true
		}
		add(pair, shown)
	}
	for i, pair := range w.Document {
		if !matched[i] {
			add(pair, true)
		}
	}
	return cards[:min(len(cards), MaxCookies)]
}

func (c *card) know(known ...world.Fact) {
	c.Unknown = slices.DeleteFunc(c.Unknown, func(f world.Fact) bool { return slices.Contains(known, f) })
}

// fromList takes the attributes from Chromium's cookieStore. It reports lax for cookies
// without SameSite too; the ledger decides between the two if the cookie otherwise agrees
// with it.
func (c *card) fromList(l *ledger) {
	if c.item == nil {
		return
	}
	l.steps++
	c.Domain, c.HostOnly = jar.Host(l.witnesses.URL), true
	if domain := c.item.Domain; domain != nil && *domain != "" {
		c.Domain, c.HostOnly = strings.TrimPrefix(*domain, "."), false
	}
	c.Path, c.Secure, c.Partitioned = *c.item.Path, c.item.Secure, c.item.Partitioned
	if c.item.Expires != nil {
		expires := time.UnixMilli(int64(*c.item.Expires)).Add(-l.witnesses.Clock).UTC()
		c.Expires = &expires
	}
	c.know(world.FactScope, world.FactPath, world.FactExpires, world.FactSecure, world.FactPartitioned)
	switch strings.ToLower(c.item.SameSite) {
	case "strict":
		c.SameSite = "Strict"
		c.know(world.FactSameSite)
	case "none":
		c.SameSite = "None"
		c.know(world.FactSameSite)
	}
	e := l.byIdentity[c.Identity()]
	switch {
	case e == nil:
	case !e.is(c.Value):
		c.contradict(e, world.DoubtValue)
	case !c.fits(e.Cookie):
		c.contradict(e, world.DoubtAttributes)
	case !e.line.Gone.IsZero():
		c.contradict(e, world.DoubtAgain)
	default:
		c.SameSite = e.SameSite
		c.know(world.FactSameSite)
		c.Ours, e.fate = true, found
	}
}

// fits reports whether the cookieStore entry can be the ledger's cookie.
func (c *card) fits(told jar.Cookie) bool {
	sameSite := c.SameSite == told.SameSite
	if !c.Knows(world.FactSameSite) {
		sameSite = told.SameSite == "" || told.SameSite == "Lax"
	}
	return sameSite && c.Secure == told.Secure && sameExpiry(c.Expires, told.Expires) &&
		(!c.Knows(world.FactHTTPOnly) || c.HTTPOnly == told.HTTPOnly)
}

func sameExpiry(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Sub(*b).Abs() <= alikeExpiry
}

// contradict records that the ledger has a different cookie.
func (c *card) contradict(e *expectation, doubt world.Doubt) {
	told := e.Cookie
	c.Ours, c.Doubt, c.Told = true, doubt, &told
	e.fate = changed
}

// explain takes from the ledger the attributes of cookies for which no script can list
// them: HttpOnly ones, and all in browsers that list only names and values.
func (l *ledger) explain(cards []*card) {
	type looks struct {
		jar.Pair
		hidden bool
	}
	var order []looks
	alike := map[looks][]*card{} // cookies in one of these lists cannot be told apart
	for _, c := range cards {
		if c.item != nil {
			continue
		}
		l.steps++
		key := looks{jar.Pair{Name: c.Name, Value: c.Value}, c.HTTPOnly}
		if alike[key] == nil {
			order = append(order, key)
		}
		alike[key] = append(alike[key], c)
	}
	open := map[trace][]*expectation{}
	for _, e := range l.expected {
		l.steps++
		if e.fate == absent && e.line.Gone.IsZero() {
			t := l.traceOf(e)
			open[t] = append(open[t], e)
		}
	}
	for _, key := range order {
		var could []*expectation
		hidden := l.witnesses.scripts() && key.hidden
		for _, t := range []trace{{key.Name, Fingerprint(key.Value), "", hidden}, {key.Name, "", readable(key.Value), hidden}} {
			l.steps += len(open[t])
			could = append(could, open[t]...)
			delete(open, t)
		}
		slices.SortFunc(could, func(a, b *expectation) int { return a.place - b.place })
		l.settle(alike[key], could)
	}
}

// trace is what identifies an expectation among cookies without listed attributes.
type trace struct {
	name, hash, value string
	hidden            bool // from scripts, if a script reports
}

func (l *ledger) traceOf(e *expectation) trace {
	t := trace{name: e.Name, hash: e.line.Hash, hidden: l.witnesses.scripts() && e.HTTPOnly}
	if t.hash == "" {
		t.value = readable(e.Value)
	}
	return t
}

// settle assigns to cards that look alike the expectations that could have made them.
func (l *ledger) settle(alike []*card, could []*expectation) {
	switch {
	case len(could) == 0:
	case len(could) == len(alike):
		for j, c := range alike {
			c.fromLedger(could[j].Cookie, world.Facts)
			c.Ours, could[j].fate = true, found
		}
	default:
		var known []world.Fact
		if len(alike) < len(could) {
			known = agreed(could)
		}
		for _, c := range alike {
			c.Ours, c.Doubt = true, world.DoubtSeveral
			c.fromLedger(could[0].Cookie, known)
		}
		for _, e := range could {
			e.fate = perhaps
		}
	}
}

// agreed returns the facts that are the same in all expectations.
func agreed(all []*expectation) []world.Fact {
	var same []world.Fact
	for _, f := range world.Facts {
		if !slices.ContainsFunc(all, func(b *expectation) bool { return !sameFact(f, all[0].Cookie, b.Cookie) }) {
			same = append(same, f)
		}
	}
	return same
}

func sameFact(f world.Fact, a, b jar.Cookie) bool {
	switch f {
	case world.FactScope:
		return a.Domain == b.Domain && a.HostOnly == b.HostOnly
	case world.FactPath:
		return a.Path == b.Path
	case world.FactExpires:
		return a.Expires == b.Expires || a.Expires != nil && b.Expires != nil && a.Expires.Equal(*b.Expires)
	case world.FactSecure:
		return a.Secure == b.Secure
	case world.FactHTTPOnly:
		return a.HTTPOnly == b.HTTPOnly
	case world.FactSameSite:
		return a.SameSite == b.SameSite
	}
	return a.Partitioned == b.Partitioned
}

// fromLedger copies some facts from a cookie of the ledger. HttpOnly is not among them:
// it follows from the header and the script.
func (c *card) fromLedger(told jar.Cookie, known []world.Fact) {
	for _, f := range known {
		if f != world.FactHTTPOnly {
			copyFact(f, &c.Cookie, told)
			c.know(f)
		}
	}
}

func copyFact(f world.Fact, to *jar.Cookie, from jar.Cookie) {
	switch f {
	case world.FactScope:
		to.Domain, to.HostOnly = from.Domain, from.HostOnly
	case world.FactPath:
		to.Path = from.Path
	case world.FactExpires:
		to.Expires = from.Expires
	case world.FactSecure:
		to.Secure = from.Secure
	case world.FactHTTPOnly:
		to.HTTPOnly = from.HTTPOnly
	case world.FactSameSite:
		to.SameSite = from.SameSite
	case world.FactPartitioned:
		to.Partitioned = from.Partitioned
	}
}

// suspect pairs, by name, cookies that the ledger does not explain with entries of the
// ledger that were not found: one may have become the other.
func (l *ledger) suspect(cards []*card) {
	named := map[string][]*expectation{}
	for _, e := range l.expected {
		l.steps++
		named[e.Name] = append(named[e.Name], e)
	}
	for _, c := range cards {
		if c.Ours {
			continue
		}
		l.steps++
		if l.witnesses.Scripted { // without a script there is no ledger
			c.Doubt = world.DoubtForeign
		}
		left, known := named[c.Name]
		if !known {
			continue
		}
		c.Ours = true
		if c.item != nil {
			continue // another cookie of that name
		}
		for len(left) > 0 && left[0].fate != absent {
			l.steps++
			left = left[1:]
		}
		named[c.Name] = left
		if len(left) == 0 {
			continue
		}
		switch e := left[0]; {
		case !e.is(c.Value):
			c.contradict(e, world.DoubtValue)
		case c.Knows(world.FactHTTPOnly) && e.HTTPOnly != c.HTTPOnly:
			c.contradict(e, world.DoubtAttributes)
		default:
			c.contradict(e, world.DoubtAgain)
		}
	}
}
