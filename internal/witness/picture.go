package witness

import (
	"context"
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// Picture is what the witnesses say together.
type Picture struct {
	// Here are the cookies of the page, those of the header first.
	Here []world.Seen
	// More is how many cookies of header and script are beyond MaxCookies.
	More int
	// Elsewhere are the others that were set, the newest first.
	Elsewhere []world.Missing
	// Decisions says of each line of the ledger what the rules make of it, by
	// Line.Key.
	Decisions map[string]jar.Decision
	Marks
	// SecureOverHTTP is whether this browser was seen to take a Secure cookie over
	// plain http on this host.
	SecureOverHTTP world.Measured

	steps int // how often a cookie or a line was looked at
}

// Marks are the lines, by Line.Key, whose cookie was found for the first time, or
// found missing for the first time. Whoever keeps the ledger marks them, so that the
// next look knows.
type Marks struct{ Seen, Gone []string }

// Decision is what the rules make of one line of the ledger.
func (p Picture) Decision(id string, n int) (jar.Decision, bool) {
	d, ok := p.Decisions[lineKey(id, n)]
	return d, ok
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
// is not among it. The only error is that of the context.
func Reconcile(ctx context.Context, now time.Time, w Witnesses) (Picture, error) {
	more := max(0, len(w.Header)-MaxCookies)
	if len(w.Header) == 0 {
		more = w.More + max(0, len(w.Document)-MaxCookies)
	}
	w = w.bounded()
	p, err := reconcile(ctx, now, w)
	p.More = more
	plain, local := jar.PlainHTTP(w.URL)
	if err != nil || !plain {
		return p, err
	}
	if !local {
		p.SecureOverHTTP = w.secureOverHTTP(now, p, p)
		return p, nil
	}
	// Some browsers refuse Secure on http://localhost. Which kind this one is may be
	// seen from what became of the lines; until then only what holds either way is
	// believed.
	w.Profile.PlainLocalhost = true
	q, err := reconcile(ctx, now, w)
	if err != nil {
		return q, err
	}
	q.More = more
	p.steps += q.steps
	q.steps = p.steps
	switch w.secureOverHTTP(now, p, q) {
	case world.MeasuredYes:
		p.SecureOverHTTP = world.MeasuredYes
		return p, nil
	case world.MeasuredNo:
		q.SecureOverHTTP = world.MeasuredNo
		q.Gone = append(q.Gone, without(p.Gone, q.Gone)...)
		return q, nil
	}
	for i := range p.Here {
		agree(&p.Here[i], q.Here[i])
	}
	p.Seen, p.Gone = without(p.Seen, without(p.Seen, q.Seen)), without(p.Gone, without(p.Gone, q.Gone))
	return p, nil
}

// without are the keys of a that are not in b.
func without(a, b []string) []string {
	in := setOf(b)
	return slices.DeleteFunc(slices.Clone(a), func(key string) bool { return in[key] })
}

func setOf(keys []string) map[string]bool {
	set := make(map[string]bool, len(keys))
	for _, key := range keys {
		set[key] = true
	}
	return set
}

func reconcile(ctx context.Context, now time.Time, w Witnesses) (Picture, error) {
	l, err := read(ctx, now, w)
	if err != nil {
		return Picture{}, err
	}
	cards := l.cards()
	for _, c := range cards {
		c.fromList(l)
	}
	l.explain(cards)
	l.suspect(cards)
	p := Picture{Decisions: l.decisions}
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
	p.steps = l.steps
	return p, ctx.Err()
}

// agree forgets what the other does not say.
func agree(s *world.Seen, o world.Seen) {
	for _, f := range world.Facts {
		if s.Knows(f) && !(o.Knows(f) && sameFact(f, s.Cookie, o.Cookie)) {
			s.Unknown = append(s.Unknown, f)
			copyFact(f, &s.Cookie, jar.Cookie{})
		}
	}
}

// secureOverHTTP looks at what became of the Secure cookies that were sent over
// plain http: p is the picture if this browser takes them, q if it does not.
func (w Witnesses) secureOverHTTP(now time.Time, p, q Picture) world.Measured {
	here := map[string]bool{}
	for i, s := range p.Here {
		here[s.Name] = true
		// Either a script says so, or there is no other way to explain the cookie.
		if s.Secure && s.Knows(world.FactSecure) && (q.Here[i].Secure || q.Here[i].Doubt != "") {
			return world.MeasuredYes
		}
	}
	gone := setOf(p.Gone)
	done := map[string]time.Time{} // when a line of that name was last carried out
	for _, line := range w.Ledger {
		d := p.Decisions[line.Key()]
		if d.Cookie != nil && d.Code != jar.Refused && line.At.After(done[d.Cookie.Name]) {
			done[d.Cookie.Name] = line.At
		}
	}
	result := world.NotMeasured
	for _, line := range w.Ledger {
		d := p.Decisions[line.Key()]
		if d.Cookie == nil || !d.Cookie.Secure || !strings.HasPrefix(line.URL, "http:") {
			continue
		}
		switch {
		case line.Seen:
			return world.MeasuredYes
		case !line.Gone.IsZero() && inTime(*d.Cookie, line.Gone), gone[line.Key()] && inTime(*d.Cookie, now):
			// It was sent, nothing undid it, and it was never seen.
			result = world.MeasuredNo
		case d.Reason == jar.ReasonSecure && !done[d.Cookie.Name].After(line.At) && !here[d.Cookie.Name] &&
			!d.Cookie.Expired(now) && d.Cookie.Matches(w.URL):
			// Had it been taken, it would be seen here.
			result = world.MeasuredNo
		}
	}
	return result
}
