package world

import (
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cookielab/internal/demo"
	"cookielab/internal/session"
)

// rowNotes returns the notes on what happened in the table.
func rowNotes(o Observation) []Note {
	switch o.Action.Do {
	case "wait":
		return rowsExpired(o)
	case "server":
		return rowByHand(o)
	case "purge":
		return rowsPurged(o)
	}
	if o.Exchange == nil {
		return nil
	}
	return slices.Concat(keyRefused(o), rowsOfVisit(o), keyShared(o))
}

func find(rows []session.Row, key string) *session.Row {
	for i := range rows {
		if rows[i].Key == key {
			return &rows[i]
		}
	}
	return nil
}

// paired goes through a table together with the row of the same key in another, or nil.
// Both are in order of creation, so that usually the next row is the one.
func paired(rows, others []session.Row) iter.Seq2[session.Row, *session.Row] {
	return func(yield func(session.Row, *session.Row) bool) {
		next := 0
		for _, row := range rows {
			var other *session.Row
			for i := range others {
				if at := (next + i) % len(others); others[at].Key == row.Key {
					other, next = &others[at], at+1
					break
				}
			}
			if !yield(row, other) {
				return
			}
		}
	}
}

func exists(rows []session.Row, key string) bool { return find(rows, key) != nil }

// usable reports whether a request with this key has a session: a row that has not expired.
func usable(rows []session.Row, key string, now time.Time) bool {
	row := find(rows, key)
	return row != nil && row.Expires.After(now)
}

// sentKey returns the session key that a request sent, or "".
func sentKey(e Exchange) string {
	key, _ := session.Cookie(cookieLines(e), session.CookieName)
	return key
}

// givenKey returns what the response's Set-Cookie says of the session: a new key, "" and
// true for a deletion, or false for nothing.
func givenKey(e Exchange) (key string, given bool) {
	for _, h := range e.Response.Headers {
		if h[0] != "Set-Cookie" {
			continue
		}
		if value, ok := strings.CutPrefix(h[1], session.CookieName+"="); ok {
			value, _, _ = strings.Cut(value, ";")
			key, given = session.Unquote(value), true
		}
	}
	return key, given
}

// touched reports whether the view used the session: only then the response has Vary: Cookie.
func touched(e Exchange) bool {
	return slices.ContainsFunc(e.Response.Headers, func(h [2]string) bool {
		return h[0] == "Vary" && strings.Contains(h[1], "Cookie")
	})
}

// keyRefused returns the note on why a session key that was sent had no session.
func keyRefused(o Observation) []Note {
	key := sentKey(*o.Exchange)
	rows := o.loaded()
	reason := ""
	switch {
	case key == "" || !touched(*o.Exchange):
	case utf8.RuneCountInString(key) < 8:
		reason = "short"
	case rows != nil:
		reason = refusal(rows, key, o.Now)
	default:
		// The table before is not known, but the deletion of the cookie shows it.
		given, any := givenKey(*o.Exchange)
		if any && given != key && o.route() != "flush" && o.route() != "cycle_key" {
			reason = "unknown"
		}
	}
	if reason == "" {
		return nil
	}
	return []Note{{Code: "key-refused", Browser: o.Browser, Key: key, Reason: reason, Vars: Vars{{"key", Short(key)}}}}
}

// keyShared returns the note that other browsers hold the same session key.
func keyShared(o Observation) []Note {
	key := sentKey(*o.Exchange)
	if len(o.Others) == 0 || !touched(*o.Exchange) || !usable(o.loaded(), key, o.Now) {
		return nil
	}
	return []Note{{Code: "key-shared", Browser: o.Browser, Key: key, Vars: Vars{{"key", Short(key)}, {"others", strings.Join(o.Others, ", ")}}}}
}

// loaded returns the table as the request read it, or nil if it is not known.
func (o Observation) loaded() []session.Row {
	if o.Loaded != nil {
		return o.Loaded
	}
	return o.Rows
}

func refusal(rows []session.Row, key string, now time.Time) string {
	switch {
	case usable(rows, key, now):
		return ""
	case exists(rows, key):
		return "expired"
	}
	return "unknown"
}

// rowsOfVisit returns notes from comparing the table before and after a request.
func rowsOfVisit(o Observation) []Note {
	if o.Rows == nil {
		return rowGuessed(o)
	}
	var notes []Note
	for before, after := range paired(o.Rows, o.RowsAfter) {
		if after == nil {
			reason := "flush"
			if o.route() == "cycle_key" {
				reason = "cycle"
			}
			notes = append(notes, o.row("row-deleted", reason, before))
		}
	}
	for after, before := range paired(o.RowsAfter, o.Rows) {
		if before == nil {
			notes = append(notes, rowCreated(o, after)...)
		} else {
			notes = append(notes, rowWritten(o, *before, after)...)
		}
	}
	return notes
}

// rowGuessed returns the notes that are possible without the table before, from the
// response's Set-Cookie and the caller's own row after it.
func rowGuessed(o Observation) []Note {
	sent := sentKey(*o.Exchange)
	given, any := givenKey(*o.Exchange)
	row := find(o.RowsAfter, given)
	switch {
	case any && given == "" && o.route() == "flush" && sent != "":
		return []Note{o.row("row-deleted", "flush", session.Row{Key: sent, Expires: o.Now})}
	case any && row != nil && given != sent:
		return rowCreated(o, *row)
	case any && row != nil:
		return []Note{rowChanged(o, *row)}
	case !any:
		if row := find(o.RowsAfter, sent); row != nil {
			return rowUntouched(o, *row)
		}
	}
	return nil
}

func rowCreated(o Observation, row session.Row) []Note {
	reason := "first-write"
	entries, _ := row.Entries()
	switch sent := sentKey(*o.Exchange); {
	case o.route() == "cycle_key" && len(entries) == 0:
		reason = "empty"
	case o.route() == "cycle_key":
		reason = "cycle"
	case sent != "":
		reason = "not-adopted"
	}
	return append([]Note{o.row("row-created", reason, row)}, deadAtOnce(o, row)...)
}

// deadAtOnce returns the note on set_expiry(-1): the row is written and has already expired.
func deadAtOnce(o Observation, row session.Row) []Note {
	if row.Expires.After(o.Now) {
		return nil
	}
	return []Note{o.row("row-expired", "negative", row)}
}

// rowWritten returns the notes on a row that existed before and after a request.
func rowWritten(o Observation, before, after session.Row) []Note {
	given, any := givenKey(*o.Exchange)
	switch {
	case before.Data != after.Data:
		if _, readable := before.Entries(); !readable {
			return []Note{o.row("row-changed", "repaired", after)}
		}
		return append([]Note{rowChanged(o, after).with("entries", changedEntries(before, after))}, deadAtOnce(o, after)...)
	case !before.Expires.Equal(after.Expires), any && given == after.Key:
		return append([]Note{o.row("row-renewed", "", after)}, deadAtOnce(o, after)...)
	case sentKey(*o.Exchange) == after.Key && after.Expires.After(o.Now):
		return rowUntouched(o, after)
	}
	return nil
}

// rowChanged returns the note on how a row was changed.
func rowChanged(o Observation, row session.Row) Note {
	reason, entries := "set", entryNames(row)
	switch o.route() {
	case "del":
		reason = "del"
		if route, found := demo.Find("del"); found {
			entries = short(strings.Join(route.Entries(asked(o)), ", "))
		}
	case "clear":
		reason = "clear"
	case "set_expiry":
		reason = "expiry"
		switch expiry(row) {
		case "":
			reason = "expiry-none"
		case "0":
			reason = "expiry-zero"
		}
	}
	return o.row("row-changed", reason, row).with("entries", entries)
}

// asked returns the parameters of the request, those of the form after those of the query.
func asked(o Observation) url.Values {
	given := url.Values{}
	if u := o.address(); u != nil {
		given = u.Query()
	}
	if body := o.Exchange.Request.Body; body != nil {
		if form, err := url.ParseQuery(*body); err == nil {
			for name, values := range form {
				given[name] = append(given[name], values...)
			}
		}
	}
	return given
}

// expiry returns what set_expiry stored in the row's data.
func expiry(row session.Row) string {
	entries, _ := row.Entries()
	for _, e := range entries {
		if e.Key == "_session_expiry" {
			return e.JSON
		}
	}
	return ""
}

// entryNames returns the names of the visitor's entries in a row.
func entryNames(row session.Row) string {
	entries, _ := row.Entries()
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Key, "_") {
			names = append(names, e.Key)
		}
	}
	return short(strings.Join(names, ", "))
}

// changedEntries returns the names of entries that a save added, changed or removed.
func changedEntries(before, after session.Row) string {
	var names []string
	was, is := entryMap(before), entryMap(after)
	olds, _ := before.Entries()
	news, _ := after.Entries()
	for _, e := range slices.Concat(olds, news) {
		if was[e.Key] != is[e.Key] && !slices.Contains(names, e.Key) {
			names = append(names, e.Key)
		}
	}
	return short(strings.Join(names, ", "))
}

func entryMap(row session.Row) map[string]string {
	entries, _ := row.Entries()
	m := make(map[string]string, len(entries))
	for _, e := range entries {
		m[e.Key] = e.JSON
	}
	return m
}

// rowUntouched returns the note that a request used a row without changing it.
func rowUntouched(o Observation, row session.Row) []Note {
	if !touched(*o.Exchange) {
		return nil
	}
	if _, readable := row.Entries(); !readable {
		return []Note{o.row("row-unreadable", "", row)}
	}
	switch {
	case o.Exchange.Response.Status >= 500:
		return []Note{o.row("row-unchanged", "error", row)}
	case o.route() == "get_session":
		return []Note{o.row("row-read", "", row)}
	case o.Exchange.Response.Status >= 400:
		return nil
	}
	return []Note{o.row("row-unchanged", "idle", row)}
}

func rowsExpired(o Observation) []Note {
	var notes []Note
	for _, row := range o.RowsAfter {
		if row.Expires.After(o.Since) && !row.Expires.After(o.Now) {
			notes = append(notes, o.row("row-expired", "time", row))
		}
	}
	return notes
}

func rowByHand(o Observation) []Note {
	before, after := find(o.Rows, o.Key), find(o.RowsAfter, o.Key)
	switch {
	case before == nil:
		return []Note{o.row("no-row", "", session.Row{Key: o.Key, Expires: o.Now})}
	case after == nil:
		return []Note{o.row("row-deleted", "by-hand", *before)}
	case o.Action.Op == "corrupt":
		return []Note{o.row("row-damaged", "", *after)}
	case after.Expires.After(o.Now):
		return []Note{o.row("row-dated", "", *after)}
	}
	return []Note{o.row("row-expired", "by-hand", *after)}
}

func rowsPurged(o Observation) []Note {
	var notes []Note
	for row, after := range paired(o.Rows, o.RowsAfter) {
		if after == nil {
			notes = append(notes, o.row("row-deleted", "purge", row))
		}
	}
	if notes == nil {
		notes = []Note{{Code: "nothing-purged"}}
	}
	return notes
}

// lostUpdates returns notes on what one of several concurrent requests wrote and a later
// one overwrote, which had read the row before that.
func lostUpdates(seen []Observation) []Note {
	if len(seen) == 0 {
		return nil
	}
	last := seen[len(seen)-1].RowsAfter
	var notes []Note
	for _, o := range seen {
		key := sentKey(*o.Exchange)
		loaded, saved, final := find(o.Loaded, key), find(o.RowsAfter, key), find(last, key)
		if loaded == nil || saved == nil || final == nil || saved.Data == final.Data {
			continue
		}
		if wrote, _ := givenKey(*o.Exchange); wrote != key {
			continue // it did not save, so it overwrote nothing
		}
		was, mine, is := entryMap(*loaded), entryMap(*saved), entryMap(*final)
		var lost []string
		for name := range maps.Keys(mergedKeys(was, mine)) {
			if was[name] != mine[name] && is[name] == was[name] {
				lost = append(lost, name)
			}
		}
		if slices.Sort(lost); lost != nil {
			notes = append(notes, o.row("lost-update", "", *final).with("entries", short(strings.Join(lost, ", "))))
		}
	}
	return notes
}

func mergedKeys(a, b map[string]string) map[string]string {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}
