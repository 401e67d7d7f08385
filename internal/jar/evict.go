package jar

import (
	"cmp"
	"slices"
	"time"
)

// The limits are Chromium's (eviction); RFC 6265bis, 6.1, asks for at least 50 a
// domain and 3000 in all.
const (
	maxFamily  = 180 // the most cookies of one registrable domain; when exceeded,
	keepFamily = 150 // they are reduced to this number
	maxTotal   = 3300
	keepTotal  = 3000

	maxPartition = 10 << 10 // octets of one family in one partition
)

// priority is Chromium's Priority attribute, by which cookies are evicted.
type priority int

const (
	low priority = iota
	medium
	high
)

func (l *line) priority() priority {
	a, ok := l.get("priority")
	if !ok {
		return medium
	}
	switch lower(a.value) {
	case "low":
		return low
	case "medium":
		return medium
	case "high":
		return high
	}
	l.mark(a, false, EffectNotAMode)
	return medium
}

// rounds is the order of eviction: of each priority some are exempt, and cookies that are
// not Secure are evicted first.
var rounds = []struct {
	priority priority
	secure   bool // Secure ones may be evicted too
	quota    int  // so many of that priority are exempt
}{
	{low, false, 30}, {low, true, 30},
	{medium, false, 50}, {high, false, 70},
	{medium, true, 50}, {high, true, 70},
}

// evict makes room after e was stored. It returns the evicted cookies, and whether e is
// one of them. Expired cookies are removed first and not counted.
func (j *Jar) evict(now time.Time, e *entry) (gone []Cookie, itself bool) {
	if len(j.entries) <= maxFamily && !e.Partitioned {
		return nil, false
	}
	kin := j.live(now, func(o *entry) bool {
		return o.family == e.family && o.partition == e.partition
	})
	var out []*entry
	switch {
	case e.Partitioned:
		out = overflow(kin)
	case len(kin) > maxFamily:
		out = choose(kin, len(kin)-keepFamily)
	}
	if len(j.entries)-len(out) > maxTotal {
		// Chromium exempts cookies used in the last 30 days; the model does not, so that
		// the size of a jar is bounded.
		all := j.live(now, func(o *entry) bool { return !slices.Contains(out, o) })
		if len(all) > maxTotal {
			out = append(out, all[:len(all)-keepTotal]...)
		}
	}
	if len(out) == 0 {
		return nil, false
	}
	gone = j.take(func(o *entry) bool { return o != e && slices.Contains(out, o) })
	if slices.Contains(out, e) {
		j.take(func(o *entry) bool { return o == e })
		itself = true
	}
	return gone, itself
}

// overflow returns the entries that a partition holds too many of, oldest first.
func overflow(es []*entry) []*entry {
	size := 0
	for _, e := range es {
		size += len(e.Name) + len(e.Value)
	}
	n := 0
	for len(es)-n > maxFamily || size > maxPartition {
		size -= len(es[n].Name) + len(es[n].Value)
		n++
	}
	return es[:n]
}

// live returns the unexpired entries that match, least recently used first.
func (j *Jar) live(now time.Time, match func(*entry) bool) []*entry {
	var es []*entry
	for _, o := range j.entries {
		if !o.expired(now) && match(o) {
			es = append(es, o)
		}
	}
	slices.SortFunc(es, func(a, b *entry) int {
		return cmp.Or(a.accessed.Compare(b.accessed), a.created.Compare(b.created), cmp.Compare(a.seq, b.seq))
	})
	return es
}

// choose picks n of the entries for eviction, in rounds.
func choose(es []*entry, n int) []*entry {
	var gone []*entry
	for _, r := range rounds {
		spare := -r.quota // how many of that priority exceed the quota
		for _, e := range es {
			if e.priority == r.priority {
				spare++
			}
		}
		es = slices.DeleteFunc(es, func(e *entry) bool {
			if n == 0 || spare <= 0 || e.priority != r.priority || e.Secure && !r.secure {
				return false
			}
			gone = append(gone, e)
			n--
			spare--
			return true
		})
	}
	return gone
}
