package witness

import (
	"context"
	"slices"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/world"
)

// Picture is the result of combining the sources.
type Picture struct {
	// Here are the cookies of the page, first those in the header.
	Here []world.Seen
	// More is how many cookies in header and script exceed MaxCookies.
	More int
	// Elsewhere are the other cookies that were set, the newest first.
	Elsewhere []world.Missing
	// Decisions are the rules' decisions on the ledger's lines, by Line.Key.
	Decisions map[string]jar.Decision
	Findings
	// SecureOverHTTP is whether this browser was seen to accept a Secure cookie over
	// plain http on this host.
	SecureOverHTTP world.Measured

	steps int // how many cookies and lines were examined
}

// Findings are the lines, by Line.Key, whose cookies were found for the first time, or found
// missing for the first time. The keeper of the ledger stores them there for the next
// look.
type Findings struct{ Seen, Gone []string }

// Decision returns the rules' decision on one line of the ledger.
func (p Picture) Decision(id string, n int) (jar.Decision, bool) {
	d, ok := p.Decisions[lineKey(id, n)]
	return d, ok
}

const (
	// justNow is how much the browser's and the ledger's times of expiry may differ
	// because of the time that the response was on its way.
	justNow = 2 * time.Second
	// alikeExpiry is how much they may differ and still come from the same attribute:
	// Chromium adjusts Expires by the response's Date, which has whole seconds.
	alikeExpiry = 5 * time.Second
	// history is how long a cookie that is gone or was refused is still shown.
	history = time.Hour
)

// Reconcile returns what a browser holds for the page at w.URL, and why other cookies
// that were set are not among it. The only error is ctx's.
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
	// Some browsers refuse Secure on http://localhost. The fate of the ledger's lines may
	// show which kind this one is; until then only what holds for both is used.
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

// without returns the keys of a that are not in b.
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

// agree makes unknown whatever differs between s and o.
func agree(s *world.Seen, o world.Seen) {
	for _, f := range world.Facts {
		if s.Knows(f) && !(o.Knows(f) && sameFact(f, s.Cookie, o.Cookie)) {
			s.Unknown = append(s.Unknown, f)
			copyFact(f, &s.Cookie, jar.Cookie{})
		}
	}
}

// secureOverHTTP looks at what became of Secure cookies sent over plain http: p is the
// picture if this browser accepts them, q if it does not.
func (w Witnesses) secureOverHTTP(now time.Time, p, q Picture) world.Measured {
	here := map[string]bool{}
	for i, s := range p.Here {
		here[s.Name] = true
		// Either a script shows it, or nothing else explains the cookie.
		if s.Secure && s.Knows(world.FactSecure) && (q.Here[i].Secure || q.Here[i].Doubt != "") {
			return world.MeasuredYes
		}
	}
	gone := setOf(p.Gone)
	done := map[string]time.Time{} // when a line of that name was last accepted
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
			// It was set, nothing undid it, and it was never seen.
			result = world.MeasuredNo
		case d.Reason == jar.ReasonSecure && !done[d.Cookie.Name].After(line.At) && !here[d.Cookie.Name] &&
			!d.Cookie.Expired(now) && d.Cookie.Matches(w.URL):
			// If it had been accepted, it would be seen here.
			result = world.MeasuredNo
		}
	}
	return result
}
