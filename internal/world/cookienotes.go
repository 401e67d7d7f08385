package world

import (
	"slices"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// cookieNotes returns the notes on what happened in the jar.
func cookieNotes(o Observation) []Note {
	var notes []Note
	for _, d := range o.Decisions {
		notes = append(notes, decided(o, d)...)
	}
	switch o.Action.Do {
	case "wait":
		for _, c := range gone(o) {
			notes = append(notes, o.cookie("expired", "age", c))
		}
	case "close":
		for _, c := range gone(o) {
			notes = append(notes, o.cookie("deleted", "closed", c))
		}
		for _, c := range o.JarAfter {
			notes = append(notes, o.cookie("kept", "age", c))
		}
	case "delete":
		notes = append(notes, deletedByHand(o)...)
	case "put":
		notes = append(notes, put(o))
	}
	return append(notes, keptRows(o)...)
}

// gone returns the cookies that were there before and are not any more.
func gone(o Observation) []jar.Cookie {
	var cookies []jar.Cookie
	for _, c := range o.Jar {
		if !slices.ContainsFunc(o.JarAfter, func(d jar.Cookie) bool { return c.Identity() == d.Identity() }) {
			cookies = append(cookies, c)
		}
	}
	return cookies
}

// decided returns the notes on one decision of the jar.
func decided(o Observation, d jar.Decision) []Note {
	by := "server"
	if o.Exchange == nil {
		by = "script"
	}
	c := jar.Cookie{Name: nameIn(d.Parts)}
	if d.Cookie != nil {
		c = *d.Cookie
	}
	var notes []Note
	switch d.Code {
	case jar.Stored:
		notes = append(notes, o.cookie("stored", lifetime(c), c))
	case jar.Replaced:
		notes = append(notes, replaced(o, *d.Replaced, c))
	case jar.Deleted:
		if d.Replaced == nil {
			notes = append(notes, o.cookie("nothing-to-delete", string(d.Reason), c))
		} else {
			notes = append(notes, o.cookie("deleted", by, *d.Replaced))
		}
	default:
		n := o.cookie(string(d.Code), string(d.Reason), c)
		if d.Reason == jar.ReasonSameSite && c.SameSite == "None" && !c.Secure {
			n.Case = "none" // SameSite=None without Secure, not a cross-site request
		}
		notes = append(notes, n)
	}
	for _, e := range d.Evicted {
		notes = append(notes, o.cookie("evicted", string(jar.ReasonEvicted), e))
	}
	return notes
}

// nameIn returns the name in a line that is not a cookie.
func nameIn(parts []jar.Part) string {
	for _, p := range parts {
		if p.Kind == jar.PartName {
			return p.Value
		}
	}
	return ""
}

// lifetime is "session" for a cookie that ends with the browser, else "age".
func lifetime(c jar.Cookie) string {
	if c.Expires == nil {
		return "session"
	}
	return "age"
}

func replaced(o Observation, old, c jar.Cookie) Note {
	reason := "value"
	switch {
	case c.Name == session.CookieName && old.Value != c.Value:
		reason = "new-key"
	case old.Expires != nil && c.Expires == nil:
		reason = "age-lost"
	case old.Expires == nil && c.Expires != nil:
		reason = "age-given"
	case old.Value != c.Value:
	case c.Expires != nil:
		reason = "renewed"
	default:
		reason = "same"
	}
	return o.cookie("replaced", reason, c).with("old", shown(old.Name, old.Value))
}

func deletedByHand(o Observation) []Note {
	var notes []Note
	for _, c := range gone(o) {
		notes = append(notes, o.cookie("deleted", "by-hand", c))
	}
	if notes != nil {
		return notes
	}
	missing := jar.Cookie{Name: o.Action.Name}
	for _, c := range o.Jar {
		if c.Name == o.Action.Name {
			reason := "domain"
			if u := o.address(); u != nil && c.ForHost(u.Hostname()) {
				reason = "path"
			}
			return []Note{o.cookie("nothing-to-delete", reason, c)}
		}
	}
	return []Note{o.cookie("nothing-to-delete", "nothing", missing)}
}

func put(o Observation) Note {
	if o.Put == nil {
		return o.cookie("nothing-to-copy", "", jar.Cookie{Name: o.Action.Name}).with("from", o.Action.Copy)
	}
	code, reason, old := "stored", "by-hand", ""
	for _, c := range o.Jar {
		if c.Identity() == o.Put.Identity() {
			code, old = "replaced", shown(c.Name, c.Value)
		}
	}
	if o.Action.Copy != "" {
		reason = "copied"
	}
	return o.cookie(code, reason, *o.Put).with("from", o.Action.Copy).with("old", old)
}

// keptRows returns notes on rows whose key has just left this browser: the server does
// not know and keeps them.
func keptRows(o Observation) []Note {
	var notes []Note
	for _, old := range o.Jar {
		if old.Name != session.CookieName || holds(o.JarAfter, old.Value) || !usable(o.RowsAfter, old.Value, o.Now) {
			continue
		}
		reason := "deleted"
		switch {
		case o.Action.Do == "close":
			reason = "closed"
		case o.Action.Do == "wait":
			reason = "expired"
		case slices.ContainsFunc(o.JarAfter, func(c jar.Cookie) bool { return c.Identity() == old.Identity() }):
			reason = "replaced"
		}
		i := slices.IndexFunc(o.RowsAfter, func(r session.Row) bool { return r.Key == old.Value })
		notes = append(notes, o.row("row-kept", reason, o.RowsAfter[i]))
	}
	return notes
}

func holds(cookies []jar.Cookie, key string) bool {
	return slices.ContainsFunc(cookies, func(c jar.Cookie) bool { return c.Name == session.CookieName && c.Value == key })
}
