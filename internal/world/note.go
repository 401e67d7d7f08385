package world

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cookielab/internal/jar"
	"cookielab/internal/session"
)

// Observation is what was seen of one action: by the world, which sees all, or by a
// page that watches a real browser and sees less. What is not known is left out, and
// the notes then say less.
type Observation struct {
	Action  Action
	Browser string // empty for the visitor's own
	// Since and Now are the clock before and after; only a wait moves it.
	Since, Now time.Time
	// Exchange is what went over the wire, if anything did.
	Exchange *Exchange
	// Sent is what the browser sent and what it kept back. Where it is nil, the
	// request's Cookie header was typed in by hand, or nobody saw the jar.
	Sent *jar.Sent
	// Decisions are what became of the answer's Set-Cookie lines, in their order.
	Decisions []jar.Decision
	// Jar and JarAfter are the browser's cookies before and after.
	Jar, JarAfter []jar.Cookie
	// Rows and RowsAfter are the table before and after. Rows is nil where the table
	// before is not known.
	Rows, RowsAfter []session.Row
	// Loaded is the table that the request read, where that is not Rows: others were
	// under way at the same time.
	Loaded []session.Row
	// Others are the other browsers that hold the key which this one sent.
	Others []string
	// Put is the cookie that was typed in by hand.
	Put *jar.Cookie
	// Key is the row that the administrator meant.
	Key string
}

// NotesOf says what happened to each cookie and row, and why, the most telling note
// first. Their texts are still to be found.
func NotesOf(o Observation) []Note {
	notes := slices.Concat(wireNotes(o), cookieNotes(o), rowNotes(o))
	switch o.Action.Do {
	case "wait":
		notes = append(notes, timePassed(o))
	case "close":
		notes = append(notes, browserClosed(o))
	}
	return inOrder(notes)
}

// notesTogether are the notes of requests that were under way at the same time, and of
// what they did to each other.
func notesTogether(seen []Observation) []Note {
	var notes []Note
	for _, o := range seen {
		notes = append(notes, NotesOf(o)...)
	}
	return inOrder(append(notes, lostUpdates(seen)...))
}

func inOrder(notes []Note) []Note {
	slices.SortStableFunc(notes, func(a, b Note) int {
		return cmp.Compare(rank(a.Code), rank(b.Code))
	})
	return notes
}

// Short shows enough of a session key to tell it from others, and not enough to use it.
func Short(key string) string {
	if utf8.RuneCountInString(key) <= 8 {
		return key
	}
	r := []rune(key)
	return string(r[:4]) + "…" + string(r[len(r)-4:])
}

// shown is a cookie's value as a sentence may have it.
func shown(name, value string) string {
	if name == session.CookieName {
		return Short(value)
	}
	return short(value)
}

func moment(t time.Time) string { return t.UTC().Format(time.DateTime) }

// cookie makes a note about a cookie.
func (o Observation) cookie(code, reason string, c jar.Cookie) Note {
	vars := map[string]string{
		"cookie": short(c.Name), "value": shown(c.Name, c.Value),
		"pair":   short(c.Name) + "=" + shown(c.Name, c.Value),
		"domain": short(c.Domain), "path": short(c.Path), "expires": "", "host": "", "here": "",
	}
	if c.Expires != nil {
		vars["expires"] = moment(*c.Expires)
	}
	if c.Name == "" { // RFC 6265bis has cookies without a name: the value stands for it
		vars["cookie"], vars["pair"] = vars["value"], vars["value"]
	}
	if u := o.address(); u != nil {
		vars["host"], vars["here"] = short(u.Hostname()), short(u.EscapedPath())
	}
	return Note{Code: code, Browser: o.Browser, Cookie: c.Name, Reason: reason, Vars: vars}
}

// row makes a note about a row.
func (o Observation) row(code, reason string, row session.Row) Note {
	return Note{Code: code, Browser: o.Browser, Key: row.Key, Reason: reason, Vars: map[string]string{
		"key": Short(row.Key), "expires": moment(row.Expires),
	}}
}

func (n Note) with(name, value string) Note {
	n.Vars = maps.Clone(n.Vars)
	if n.Vars == nil {
		n.Vars = map[string]string{}
	}
	n.Vars[name] = value
	return n
}

// address is the URL of the request, or of the page that was meant.
func (o Observation) address() *url.URL {
	text := o.Action.URL
	if o.Exchange != nil {
		text = o.Exchange.Request.URL
	}
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	return u
}

// route is the demo route that was asked for, without its slash.
func (o Observation) route() string {
	if u := o.address(); u != nil && o.Exchange != nil {
		return strings.TrimPrefix(u.Path, "/")
	}
	return ""
}

// ---- over the wire

// wireNotes tell what the request carried and how the server answered.
func wireNotes(o Observation) []Note {
	if o.Exchange == nil {
		if o.Action.Do == "script" && o.Action.Set == nil && o.Sent != nil {
			return append(scriptRead(o), withheld(o)...)
		}
		return nil
	}
	notes := append(sent(o), withheld(o)...)
	return append(notes, answer(o)...)
}

func sent(o Observation) []Note {
	var notes []Note
	if o.Sent != nil {
		for _, c := range o.Sent.Cookies {
			notes = append(notes, o.cookie("sent", "", c))
		}
	} else {
		for name, value := range sentPairs(*o.Exchange) {
			notes = append(notes, o.cookie("sent", "", jar.Cookie{Name: name, Value: value}))
		}
	}
	if len(notes) == 0 {
		notes = append(notes, o.cookie("none-sent", "", jar.Cookie{}))
	}
	return notes
}

// sentPairs are the cookies in a request's header, read as Django reads them.
func sentPairs(e Exchange) func(func(name, value string) bool) {
	return func(yield func(string, string) bool) {
		for _, h := range e.Request.Headers {
			if h[0] != "Cookie" {
				continue
			}
			for pair := range strings.SplitSeq(h[1], ";") {
				name, value, found := strings.Cut(pair, "=")
				if name = strings.TrimSpace(name); found && !yield(name, strings.TrimSpace(value)) {
					return
				}
			}
		}
	}
}

func withheld(o Observation) []Note {
	if o.Sent == nil {
		return nil
	}
	var notes []Note
	for _, h := range o.Sent.Withheld {
		notes = append(notes, o.cookie("withheld", string(h.Reason), h.Cookie))
	}
	return notes
}

func scriptRead(o Observation) []Note {
	n := Note{Code: "script-read", Browser: o.Browser, Reason: "some", Vars: map[string]string{"value": short(o.Sent.Header)}}
	if o.Sent.Header == "" {
		n.Reason = "nothing"
	}
	return []Note{n}
}

// answer tells of an answer that is not 200. The words of a bad request are the
// server's own, and stand in the answer.
func answer(o Observation) []Note {
	code := ""
	switch status := o.Exchange.Response.Status; status {
	case http.StatusInternalServerError:
		return keyError(o)
	case http.StatusBadRequest:
		if key := sentKey(*o.Exchange); o.Loaded != nil && usable(o.Loaded, key, o.Now) && !exists(o.Rows, key) {
			return []Note{o.row("interrupted", "", session.Row{Key: key, Expires: o.Now})}
		}
		code = "bad-request"
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		code = "bad-request"
	case http.StatusNotFound:
		code = "not-found"
	case http.StatusMethodNotAllowed:
		code = "wrong-method"
	case http.StatusServiceUnavailable:
		code = "unavailable"
	default:
		return nil
	}
	return []Note{{Code: code, Browser: o.Browser, Vars: map[string]string{
		"status": strconv.Itoa(o.Exchange.Response.Status), "method": o.Exchange.Request.Method,
	}}}
}

// keyError tells of the one kind of 500 that there is. The body is Python's line:
// KeyError: 'age'.
func keyError(o Observation) []Note {
	_, name, found := strings.Cut(o.Exchange.Response.Body, "KeyError: ")
	if name = strings.TrimSpace(name); !found || len(name) < 2 {
		return nil
	}
	name = name[1 : len(name)-1] // the quotes that repr() gives it
	n := Note{Code: "key-error", Browser: o.Browser, Key: name, Reason: "session", Vars: map[string]string{"entry": short(name)}}
	if o.route() == "get_cookie" {
		n.Key, n.Cookie, n.Reason = "", name, "cookie"
	}
	return []Note{n}
}

// ---- in the jar

// cookieNotes tell what happened in the jar.
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

// same reports whether two cookies cannot both be in a jar.
func same(a, b jar.Cookie) bool {
	return a.Name == b.Name && a.Domain == b.Domain && a.HostOnly == b.HostOnly && a.Path == b.Path && a.Partitioned == b.Partitioned
}

// gone are the cookies that were there before and are not now.
func gone(o Observation) []jar.Cookie {
	var cookies []jar.Cookie
	for _, c := range o.Jar {
		if !slices.ContainsFunc(o.JarAfter, func(d jar.Cookie) bool { return same(c, d) }) {
			cookies = append(cookies, c)
		}
	}
	return cookies
}

// decided puts one decision of the jar into notes.
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
			n.Case = "none" // of SameSite: it is not that another site asked
		}
		notes = append(notes, n)
	}
	for _, e := range d.Evicted {
		notes = append(notes, o.cookie("evicted", string(jar.ReasonEvicted), e))
	}
	return notes
}

// nameIn is the name in a line that cannot be read as a cookie.
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
			if u := o.address(); u != nil && forHost(c, u.Hostname()) {
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
		if same(c, *o.Put) {
			code, old = "replaced", shown(c.Name, c.Value)
		}
	}
	if o.Action.Copy != "" {
		reason = "copied"
	}
	return o.cookie(code, reason, *o.Put).with("from", o.Action.Copy).with("old", old)
}

// keptRows tell of rows whose key has just left this browser: nobody told the server.
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
		case slices.ContainsFunc(o.JarAfter, func(c jar.Cookie) bool { return same(c, old) }):
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

// ---- in the table

// rowNotes tell what happened in the table.
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

func exists(rows []session.Row, key string) bool { return find(rows, key) != nil }

// usable reports whether a request with this key is let in.
func usable(rows []session.Row, key string, now time.Time) bool {
	row := find(rows, key)
	return row != nil && row.Expires.After(now)
}

// sentKey is the key that a request brought, "" if none. The last one counts.
func sentKey(e Exchange) string {
	key := ""
	for name, value := range sentPairs(e) {
		if name == session.CookieName {
			key = value
		}
	}
	return key
}

// givenKey is what the answer says about the session's cookie: a key to keep, "" and
// true to drop it, or nothing.
func givenKey(e Exchange) (key string, given bool) {
	for _, h := range e.Response.Headers {
		if h[0] != "Set-Cookie" {
			continue
		}
		if value, ok := strings.CutPrefix(h[1], session.CookieName+"="); ok {
			value, _, _ = strings.Cut(value, ";")
			key, given = strings.Trim(value, `"`), true
		}
	}
	return key, given
}

// touched reports whether the view used the session: only then the answer varies.
func touched(e Exchange) bool {
	return slices.ContainsFunc(e.Response.Headers, func(h [2]string) bool {
		return h[0] == "Vary" && strings.Contains(h[1], "Cookie")
	})
}

// keyRefused tells why a key that was sent opened nothing.
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
		// The table before is not known; that the key was taken away tells enough.
		given, any := givenKey(*o.Exchange)
		if any && given != key && o.route() != "flush" && o.route() != "cycle_key" {
			reason = "unknown"
		}
	}
	if reason == "" {
		return nil
	}
	return []Note{{Code: "key-refused", Browser: o.Browser, Key: key, Reason: reason, Vars: map[string]string{"key": Short(key)}}}
}

// keyShared tells that the key which let this browser in lets others in too.
func keyShared(o Observation) []Note {
	key := sentKey(*o.Exchange)
	if len(o.Others) == 0 || !touched(*o.Exchange) || !usable(o.loaded(), key, o.Now) {
		return nil
	}
	return []Note{{Code: "key-shared", Browser: o.Browser, Key: key, Vars: map[string]string{
		"key": Short(key), "others": strings.Join(o.Others, ", "),
	}}}
}

// loaded is the table as the request read it, nil where that is not known.
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

// rowsOfVisit compares the table before and after a request.
func rowsOfVisit(o Observation) []Note {
	if o.Rows == nil {
		return rowGuessed(o)
	}
	var notes []Note
	for _, before := range o.Rows {
		if !exists(o.RowsAfter, before.Key) {
			reason := "flush"
			if o.route() == "cycle_key" {
				reason = "cycle"
			}
			notes = append(notes, o.row("row-deleted", reason, before))
		}
	}
	for _, after := range o.RowsAfter {
		if before := find(o.Rows, after.Key); before == nil {
			notes = append(notes, rowCreated(o, after)...)
		} else {
			notes = append(notes, rowWritten(o, *before, after)...)
		}
	}
	return notes
}

// rowGuessed tells what can be told without the table before: the answer's Set-Cookie
// and the caller's own row after it.
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

// deadAtOnce tells of set_expiry(-1): the row is written, and nobody may use it.
func deadAtOnce(o Observation, row session.Row) []Note {
	if row.Expires.After(o.Now) {
		return nil
	}
	return []Note{o.row("row-expired", "negative", row)}
}

// rowWritten tells what a request did to a row that was there before and is still.
func rowWritten(o Observation, before, after session.Row) []Note {
	given, any := givenKey(*o.Exchange)
	_, readable := before.Entries()
	switch {
	case before.Data != after.Data && !readable:
		return []Note{o.row("row-changed", "repaired", after)}
	case before.Data != after.Data:
		return append([]Note{rowChanged(o, after).with("entries", changedEntries(before, after))}, deadAtOnce(o, after)...)
	case !before.Expires.Equal(after.Expires), any && given == after.Key:
		return append([]Note{o.row("row-renewed", "", after)}, deadAtOnce(o, after)...)
	case sentKey(*o.Exchange) == after.Key && after.Expires.After(o.Now):
		return rowUntouched(o, after)
	}
	return nil
}

// rowChanged says which kind of writing changed a row.
func rowChanged(o Observation, row session.Row) Note {
	reason, entries := "set", entryNames(row)
	switch o.route() {
	case "del":
		reason, entries = "del", short(cmp.Or(asked(o, "key"), "age"))
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

// asked is a parameter of the request: the form's rather than the query's, of several
// the last.
func asked(o Observation, name string) string {
	var values []string
	if u := o.address(); u != nil {
		values = u.Query()[name]
	}
	if body := o.Exchange.Request.Body; body != nil {
		if form, err := url.ParseQuery(*body); err == nil {
			values = append(values, form[name]...)
		}
	}
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// expiry is what set_expiry left among the data.
func expiry(row session.Row) string {
	entries, _ := row.Entries()
	for _, e := range entries {
		if e.Key == "_session_expiry" {
			return e.JSON
		}
	}
	return ""
}

// entryNames lists what the visitor has put into a row.
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

// changedEntries names what a write added, changed or took away.
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

// rowUntouched tells that a request used a row and left it as it was.
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
	for _, row := range o.Rows {
		if !exists(o.RowsAfter, row.Key) {
			notes = append(notes, o.row("row-deleted", "purge", row))
		}
	}
	if notes == nil {
		notes = []Note{{Code: "nothing-purged"}}
	}
	return notes
}

// lostUpdates finds what one of several requests wrote and a later one, which had read
// the row before that, wrote back.
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
			continue // it did not save, so that it lost nothing
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

// ---- time

// timePassed says how far the clock went, in the largest unit that fits.
func timePassed(o Observation) Note {
	seconds := int64(o.Now.Sub(o.Since) / time.Second)
	n, unit := seconds, "seconds"
	for _, u := range []struct {
		seconds int64
		name    string
	}{{86400, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds > 0 && seconds%u.seconds == 0 {
			n, unit = seconds/u.seconds, u.name
			break
		}
	}
	if n == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return Note{Code: "time-passed", Reason: unit, Vars: map[string]string{"n": strconv.FormatInt(n, 10), "now": moment(o.Now)}}
}

func browserClosed(o Observation) Note {
	n := Note{Code: "browser-closed", Browser: o.Browser, Reason: "some"}
	if len(gone(o)) == 0 {
		n.Reason = "none"
	}
	return n
}
