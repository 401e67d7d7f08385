package witness

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// ledger is the result of applying the rules to the ledger's lines.
type ledger struct {
	witnesses  Witnesses
	lines      []*Line // oldest first
	decisions  map[string]jar.Decision
	model      *jar.Jar
	last       map[jar.Identity]*Line // the last line of each cookie
	expected   []*expectation         // what must be on the page
	byIdentity map[jar.Identity]*expectation
	withheld   map[jar.Identity]jar.Reason
	steps      int // how many cookies and lines were examined
}

// expectation is a cookie that must be on the page according to the ledger.
type expectation struct {
	jar.Cookie
	line  *Line
	fate  fate
	place int // index in ledger.expected
}

// fate is what the other sources show of an expected cookie.
type fate int

const (
	absent  fate = iota // no source shows it
	found               // it is there as expected
	perhaps             // it may be one of several that look alike
	changed             // another cookie is in its place
)

// lost reports whether the cookie is no longer there.
func (e *expectation) lost() bool { return e.fate == changed || e.fate == absent }

// inTime reports whether a cookie was missing clearly before its expiry, rather than expired.
func inTime(c jar.Cookie, gone time.Time) bool {
	return c.Expires == nil || c.Expires.After(gone.Add(justNow))
}

// is reports whether the ledger's value is this one. The model holds a masked value,
// which is compared by its hash.
func (e *expectation) is(value string) bool {
	if e.line.Hash != "" {
		return e.line.Hash == Fingerprint(value)
	}
	return readable(e.Value) == readable(value)
}

// missed is a heap of the lines whose cookies were found missing, the earliest on top.
type missed []*Line

func (m missed) Len() int           { return len(m) }
func (m missed) Less(i, j int) bool { return m[i].Gone.Before(m[j].Gone) }
func (m missed) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *missed) Push(x any)        { *m = append(*m, x.(*Line)) }
func (m *missed) Pop() any {
	last := len(*m) - 1
	line := (*m)[last]
	*m = (*m)[:last]
	return line
}

// read applies the rules to the ledger's lines.
func read(ctx context.Context, now time.Time, w Witnesses) (*ledger, error) {
	l := &ledger{
		witnesses: w, model: jar.New(w.Profile), decisions: map[string]jar.Decision{},
		last: map[jar.Identity]*Line{}, withheld: map[jar.Identity]jar.Reason{},
		byIdentity: map[jar.Identity]*expectation{},
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
	buried := jar.New(w.Profile)
	var gone missed
	for _, line := range l.lines {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l.steps++
		// A cookie found missing before this line could not be replaced or protected by
		// the rules.
		l.bury(&gone, line.At, buried)
		r := jar.Request{URL: line.URL, Via: line.Via}
		if line.Via != jar.ViaDOM {
			// The buttons of the site's pages make the request: same-site, and not a navigation.
			r.Initiator, r.Kind = line.URL, jar.KindFetch
		}
		d := l.model.Set(line.At, r, line.Text)
		l.decisions[line.Key()] = d
		if d.Stored {
			l.last[d.Cookie.Identity()] = line
		}
		if !line.Gone.IsZero() {
			heap.Push(&gone, line)
		}
	}
	l.bury(&gone, now, buried)
	page := jar.Request{URL: w.URL, Initiator: w.URL, Kind: jar.KindFetch}
	for _, j := range []*jar.Jar{l.model, buried} {
		// A cookie that expired a moment ago may still be in the browser.
		for _, c := range j.Send(now.Add(-justNow), page).Cookies {
			l.steps++
			if line := l.last[c.Identity()]; (j == buried) != line.Gone.IsZero() {
				e := &expectation{Cookie: c, line: line, place: len(l.expected)}
				l.expected = append(l.expected, e)
				if l.byIdentity[c.Identity()] == nil {
					l.byIdentity[c.Identity()] = e
				}
			}
		}
	}
	for _, each := range l.model.Send(now, page).Withheld {
		l.withheld[each.Cookie.Identity()] = each.Reason
	}
	return l, nil
}

// bury removes from the model the cookies that were found missing by then.
func (l *ledger) bury(gone *missed, then time.Time, buried *jar.Jar) {
	for len(*gone) > 0 && !(*gone)[0].Gone.After(then) {
		l.steps++
		line := heap.Pop(gone).(*Line)
		d := l.decisions[line.Key()]
		if !d.Stored || l.last[d.Cookie.Identity()] != line {
			continue
		}
		for _, c := range l.model.Remove(line.Gone, func(c jar.Cookie) bool { return c.Identity() == d.Cookie.Identity() }) {
			buried.Put(line.Gone, c)
		}
	}
}

// missing lists the cookies that were set and are not on the page. For each cookie its
// last line decides. A deletion needs no explanation, nor does a refused line if a later
// line of that name was accepted.
func (l *ledger) missing(now time.Time, here []world.Seen) []world.Missing {
	expected := map[jar.Identity]*expectation{}
	for _, e := range l.expected {
		expected[e.Identity()] = e
	}
	shown := map[string]bool{}
	for _, s := range here {
		shown[s.Name] = true
	}
	kept := map[jar.Identity]bool{}
	for _, c := range l.model.Cookies(now) {
		kept[c.Identity()] = true
	}
	var list []world.Missing
	settled, told, athome := map[string]bool{}, map[jar.Identity]bool{}, map[jar.Identity]bool{}
	for _, line := range slices.Backward(l.lines) {
		l.steps++
		d := l.decisions[line.Key()]
		name, value := pairOf(d)
		if d.Code == jar.Refused {
			m := world.Missing{Cookie: jar.Cookie{Name: name, Value: value}, Reason: d.Reason, At: line.At, Refused: true}
			if d.Cookie != nil {
				m.Cookie = *d.Cookie
			}
			m.Stands = shown[name]
			if !settled[name] && now.Sub(line.At) < history {
				list = append(list, m)
			}
			settled[name] = true
			continue
		}
		settled[name] = true
		id := d.Cookie.Identity()
		if told[id] {
			continue
		}
		told[id] = true
		m := l.became(now, line, d, expected[id], kept[id])
		athome[id] = m.Kept
		if m.Kept || m.Reason != "" && now.Sub(m.At) < history {
			list = append(list, m)
		}
	}
	// A cookie that exists but is not sent to this page is more informative than the
	// refused line that would have replaced it.
	list = slices.DeleteFunc(list, func(m world.Missing) bool { return m.Refused && athome[m.Cookie.Identity()] })
	slices.SortStableFunc(list, func(a, b world.Missing) int { return b.At.Compare(a.At) })
	return list
}

// became returns why the cookie of an accepted line is not on the page, if it is not.
// kept says whether the model still has it.
func (l *ledger) became(now time.Time, line *Line, d jar.Decision, e *expectation, kept bool) world.Missing {
	m := world.Missing{Cookie: *d.Cookie, At: line.At}
	withheld := l.withheld[m.Cookie.Identity()]
	missed := line.Gone
	if missed.IsZero() && e != nil {
		missed = now
	}
	switch {
	case d.Code == jar.Deleted, e != nil && e.fate != absent:
	case d.Code == jar.Evicted:
		m.Reason = jar.ReasonEvicted
	case !missed.IsZero() && inTime(m.Cookie, missed):
		m.Reason, m.At = jar.Gone, missed
		if !line.Seen || l.witnesses.Blocked {
			m.Reason = jar.Blocked
		}
		if !line.Seen {
			// By the rules it would have been stored, but this browser did not.
			l.decisions[line.Key()] = jar.Decision{Code: jar.Refused, Reason: jar.Blocked, Cookie: d.Cookie, Parts: d.Parts}
		}
	case !missed.IsZero(), m.Cookie.Expires != nil && !now.Before(*m.Cookie.Expires):
		m.Reason, m.At = jar.ReasonExpired, *m.Cookie.Expires
	case withheld != "":
		m.Reason, m.Kept = withheld, true
	case kept:
		m.Reason, m.Kept = jar.ReasonDomain, true
	default:
		m.Reason = jar.ReasonEvicted
	}
	return m
}

// pairOf returns the name and value in a line, even if it is not a valid cookie.
func pairOf(d jar.Decision) (name, value string) {
	if d.Cookie != nil {
		return d.Cookie.Name, d.Cookie.Value
	}
	for _, p := range d.Parts {
		switch p.Kind {
		case jar.PartName:
			name = p.Value
		case jar.PartValue:
			value = p.Value
		}
	}
	return name, value
}
