package jar

import (
	"slices"
	"time"
)

// Set stores, replaces, deletes or refuses the cookie that a Set-Cookie line asks
// for; setCookie is the header's raw value, or what a script assigned to
// document.cookie. RFC 6265bis, 5.6 and 5.7.
func (j *Jar) Set(now time.Time, r Request, setCookie string) Decision {
	l := parse(setCookie, r.Via)
	d := Decision{Code: Refused, Parts: l.parts}
	v, err := understand(r)
	if err != nil {
		d.Reason = ReasonURL
		return d
	}
	if l.fault != "" {
		l.blame(l.fault)
		d.Reason = l.fault
		return d
	}
	e, why := j.build(now, v, l)
	c := e.copy()
	d.Cookie = &c
	if why == "" {
		why = j.admit(v, l, e)
	}
	old := j.find(e, now)
	if why == "" {
		why = j.overwrite(now, v, e, old)
	}
	if why != "" {
		l.blame(why)
		d.Reason = why
		return d
	}

	if old != nil {
		was := old.copy()
		d.Replaced = &was
		if old.Value == e.Value {
			// Chromium (creation-time-lost-on-value-change): RFC 6265bis, 5.7, step
			// 23.3, keeps the time of creation of whatever is overwritten. Chromium
			// does so only if the value stays the same.
			e.created, e.seq = old.created, old.seq
		}
	}
	j.entries = slices.DeleteFunc(j.entries, e.same)
	switch {
	case e.expired(now):
		d.Code = Deleted
		if old == nil {
			d.Reason = j.miss(now, e)
		}
		return d
	case old == nil:
		d.Code = Stored
	default:
		d.Code = Replaced
	}
	if old != nil && old.Value == e.Value {
		j.entries = append(j.entries, e)
	} else {
		j.insert(e)
	}
	gone, itself := j.evict(now, e)
	d.Stored, d.Evicted = !itself, gone
	if itself {
		d.Code, d.Reason = Evicted, ReasonEvicted
	}
	return d
}

// build makes the entry for l. The reason is why its Domain is invalid, or "".
func (j *Jar) build(now time.Time, v visit, l *line) (*entry, Reason) {
	e := &entry{created: now, accessed: now, priority: l.priority()}
	e.Name, e.Value = l.name, l.value
	e.Expires = l.expiry(now)
	var why Reason
	e.Domain, e.HostOnly, why = l.domain(v.target)
	e.family = family(e.Domain)
	e.Path = l.path(v.target)
	e.Secure = l.has("secure")
	e.HTTPOnly = l.has("httponly")
	e.SameSite = l.sameSite()
	if e.Partitioned = l.has("partitioned"); e.Partitioned {
		e.partition = v.partition
	}
	return e, why
}

// admit returns why the jar must refuse the cookie, or "". RFC 6265bis, 5.7, steps 13 to 22.
func (j *Jar) admit(v visit, l *line, e *entry) Reason {
	secure := v.secure(j.profile)
	switch {
	case !l.keepsPrefix(e, secure):
		return ReasonPrefix
	case e.Partitioned && !(e.Secure && secure):
		// Chromium (chips-partitioned).
		return ReasonPartitioned
	case e.Secure && !secure:
		return ReasonSecure
	case e.HTTPOnly && v.dom:
		return ReasonHTTPOnly
	case e.SameSite == "None" && !e.Secure:
		return ReasonSameSite
	case !v.maySet(e.SameSite):
		return ReasonSameSite
	case j.profile.BlockThirdParty && v.third && !e.Partitioned:
		return ReasonThirdParty
	}
	return ""
}

// overwrite returns why the cookie must not replace or accompany the existing ones, or "".
func (j *Jar) overwrite(now time.Time, v visit, e, old *entry) Reason {
	if !v.secure(j.profile) {
		// "Leave Secure cookies alone": RFC 6265bis, 5.7, step 16. Plain http must not
		// replace, shadow or delete a Secure cookie of that name at its path or below, on
		// this host or a domain above or below it.
		for _, o := range j.entries {
			if o.Secure && o.Name == e.Name && !o.expired(now) && o.partition == e.partition &&
				(matches(e.Domain, o.Domain) || matches(o.Domain, e.Domain)) && onPath(e.Path, o.Path) {
				return ReasonOverwriteSecure
			}
		}
	}
	// RFC 6265bis, 5.7, step 23.2.
	if old != nil && old.HTTPOnly && v.dom {
		return ReasonOverwriteHTTPOnly
	}
	return ""
}

// find returns the unexpired cookie that e would replace, or nil.
func (j *Jar) find(e *entry, now time.Time) *entry {
	for _, o := range j.entries {
		if e.same(o) && !o.expired(now) {
			return o
		}
	}
	return nil
}

// miss returns why a deletion had no effect. Most often the cookie exists, with another
// path or domain than the line names.
func (j *Jar) miss(now time.Time, e *entry) Reason {
	why := ReasonNothing
	for _, o := range j.entries {
		if o.Name != e.Name || o.family != e.family || o.expired(now) {
			continue
		}
		switch {
		case o.Domain != e.Domain || o.HostOnly != e.HostOnly:
			why = ReasonDomain
		case o.Path != e.Path:
			return ReasonPath
		default:
			return ReasonPartitioned
		}
	}
	return why
}
