package world

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// byHand changes one browser's jar without a request.
func (w *world) byHand(a Action, b *browser, at *url.URL, do func(o *Observation)) result {
	rows := w.rows()
	if at != nil {
		a.URL = at.String()
	}
	o := Observation{Action: a, Browser: b.name, Since: w.now, Now: w.now, Jar: b.jar.Cookies(w.now), Rows: rows, RowsAfter: rows}
	do(&o)
	o.JarAfter = b.jar.Cookies(w.now)
	return result{notes: NotesOf(o)}
}

func (w *world) close(a Action) result {
	b := w.browser(a.Browser)
	return w.byHand(a, b, nil, func(*Observation) { b.jar.CloseBrowser(w.now) })
}

// address returns the address of a put, delete or script: url, or else the last visited page.
func (w *world) address(a Action, b *browser) *url.URL {
	text := a.URL
	if text == "" {
		text = b.page
	}
	u, err := parseURL(text)
	w.fault(err)
	return u
}

func (w *world) put(a Action) result {
	b := w.browser(a.Browser)
	u := w.address(a, b)
	return w.byHand(a, b, u, func(o *Observation) {
		value, found := "", true
		if a.Value != nil {
			value = *a.Value
		} else {
			value, found = valueOf(w.browser(a.Copy).jar.Cookies(w.now), a.Name, u)
		}
		if found {
			o.Put = &jar.Cookie{Name: a.Name, Value: value, Domain: u.Hostname(), HostOnly: true, Path: "/"}
			b.jar.Put(w.now, *o.Put)
		}
	})
}

// valueOf finds the value to copy in another jar, preferring a cookie of the same host.
func valueOf(cookies []jar.Cookie, name string, u *url.URL) (value string, found bool) {
	for _, c := range cookies {
		if c.Name != name {
			continue
		}
		if c.ForHost(u.Hostname()) {
			return c.Value, true
		}
		if !found {
			value, found = c.Value, true
		}
	}
	return value, found
}

func (w *world) delete(a Action) result {
	b := w.browser(a.Browser)
	u := w.address(a, b)
	return w.byHand(a, b, u, func(*Observation) {
		b.jar.Remove(w.now, func(c jar.Cookie) bool {
			return c.Name == a.Name && c.ForHost(u.Hostname()) && c.ForPath(u.EscapedPath())
		})
	})
}

func (w *world) script(a Action) result {
	b := w.browser(a.Browser)
	u := w.address(a, b)
	r := jar.Request{URL: u.String(), Via: "dom"}
	return w.byHand(a, b, u, func(o *Observation) {
		if a.Set != nil {
			o.Decisions = []jar.Decision{b.jar.Set(w.now, r, *a.Set)}
			return
		}
		sent := b.jar.Send(w.now, r)
		o.Sent = &sent
	})
}

// server carries out an administrator's action on the table.
func (w *world) server(a Action) result {
	ctx := context.Background()
	key := a.Key
	if a.Browser != "" {
		key = cmp.Or(key, w.keyOf(w.browser(a.Browser)))
	}
	before := w.rows()
	if row, found, err := w.store.Row(ctx, key); err != nil {
		w.fault(err)
	} else if found {
		switch a.Op {
		case "delete":
			w.fault(w.store.Delete(ctx, key))
		case "corrupt":
			row.Data = row.Data[:len(row.Data)/2] // half of a JSON object is never valid JSON
			w.fault(w.store.Update(ctx, row))
		case "expire":
			seconds := int64(-1)
			if a.Seconds != nil {
				seconds = *a.Seconds
			}
			if row.Expires = w.now.Add(time.Duration(seconds) * time.Second); row.Expires.After(lastMoment) {
				row.Expires = lastMoment
			}
			w.fault(w.store.Update(ctx, row))
		}
	}
	return result{notes: NotesOf(Observation{
		Action: a, Browser: a.Browser, Since: w.now, Now: w.now, Key: key, Rows: before, RowsAfter: w.rows(),
	})}
}

// keyOf returns the session key of a browser: the one that its page would send (the last
// of several, as the server reads them), or else any.
func (w *world) keyOf(b *browser) string {
	u, err := parseURL(b.page)
	w.fault(err)
	key, here := "", false
	for _, c := range b.jar.Cookies(w.now) {
		if c.Name != session.CookieName {
			continue
		}
		if sent := c.ForHost(u.Hostname()) && c.ForPath(u.EscapedPath()); sent || !here {
			key, here = c.Value, here || sent
		}
	}
	return key
}

func (w *world) purge(a Action) result {
	before := w.rows()
	_, err := w.store.Purge(context.Background(), w.now)
	w.fault(err)
	return result{notes: NotesOf(Observation{Action: a, Since: w.now, Now: w.now, Rows: before, RowsAfter: w.rows()})}
}
