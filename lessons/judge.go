package lessons

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Outcome is the result of judging a claim.
type Outcome string

const (
	Holds   Outcome = "holds"
	Fails   Outcome = "fails"
	Unknown Outcome = "unknown" // this browser does not reveal it
)

// Result is one thing that was claimed, and what was found.
type Result struct {
	Field   string // as in lesson.yaml
	Name    string // of the cookie or entry, if the field names one
	Want    string // "" if only presence or absence is claimed
	Found   string // "" where nothing was found
	Outcome Outcome
}

// Outcome judges the whole claim: it fails if any part fails, and holds if all hold.
func (c Claim) Outcome(ev Evidence) Outcome {
	whole := Holds
	for _, r := range c.Check(ev) {
		switch r.Outcome {
		case Fails:
			return Fails
		case Unknown:
			whole = Unknown
		}
	}
	return whole
}

// Check judges every part of the claim.
func (c Claim) Check(ev Evidence) []Result {
	k := &check{ev: ev}
	if ev.Answer == nil {
		c.checkExchange(k)
	}
	c.checkJar(k)
	if ev.Answer == nil {
		c.checkScript(k)
		c.checkRow(k)
	}
	c.checkAnswer(k)
	return k.results
}

// check collects results.
type check struct {
	ev      Evidence
	results []Result
}

func (k *check) add(field, name, want, found string, o Outcome) {
	k.results = append(k.results, Result{field, name, want, found, o})
}

func (k *check) is(field, name, want, found string, holds bool) {
	o := Fails
	if holds {
		o = Holds
	}
	k.add(field, name, want, found, o)
}

// unknown judges an empty value in place of missing evidence, and marks the results as unknown.
func (k *check) unknown(judge func(*check)) {
	before := len(k.results)
	judge(k)
	for i := range k.results[before:] {
		k.results[before+i].Found = ""
		k.results[before+i].Outcome = Unknown
	}
}

// checkExchange judges the exchange. If the page has seen no exchange, all claims about
// it are unknown, including those of absence.
func (c Claim) checkExchange(k *check) {
	if k.ev.Exchange == nil {
		k.ev.Exchange = &world.Exchange{}
		k.unknown(c.checkExchange)
		k.ev.Exchange = nil
		return
	}
	request, response := k.ev.Exchange.Request, k.ev.Exchange.Response
	if c.Status != nil {
		k.is("status", "", itoa(*c.Status), strconv.Itoa(response.Status), response.Status == int(*c.Status))
	}
	if c.Body != nil {
		body := strings.TrimSuffix(response.Body, "\n")
		k.is("body", "", *c.Body, body, body == *c.Body)
	}
	if c.BodyHas != "" {
		k.is("body_has", "", c.BodyHas, response.Body, response.Status == 200 && strings.Contains(response.Body, c.BodyHas))
	}
	sent := cookiesSent(request)
	k.present("sent", c.Sent, sent)
	k.absent("not_sent", c.NotSent, sent)
	k.counted("sent_count", c.SentCount, sent)
	set := cookiesSet(response)
	k.present("set_cookie", c.SetCookie, set)
	k.absent("no_set_cookie", c.NoSetCookie, set)
}

func (c Claim) checkJar(k *check) {
	held := pairsOf(k.ev.Jar)
	k.present("jar", c.Jar, held)
	k.absent("not_in_jar", c.NotInJar, held)
	k.counted("jar_count", c.JarCount, held)
	for _, n := range c.CookieExpires {
		want := "session"
		if !n.Want.Session {
			want = itoa(n.Want.Seconds)
		}
		cookies := cookiesNamed(k.ev.Jar, n.Name)
		switch {
		case len(cookies) == 0:
			k.add("cookie_expires", n.Name, want, "", Fails)
		case k.ev.unknown(n.Name, "expires"):
			k.add("cookie_expires", n.Name, want, "", Unknown)
		default:
			expires := cookies[len(cookies)-1].Expires
			found := "session"
			if expires != nil {
				found = itoa(seconds(expires.Sub(k.ev.At)))
			}
			holds := n.Want.Session && expires == nil ||
				!n.Want.Session && expires != nil && k.near(*expires, n.Want.Seconds)
			k.is("cookie_expires", n.Name, want, found, holds)
		}
	}
}

func (c Claim) checkScript(k *check) {
	seen := parsePairs(k.ev.DocumentCookie)
	for _, name := range c.ScriptSees {
		k.present("script_sees", []Pair{{Name: name}}, seen)
	}
	k.absent("script_blind", c.ScriptBlind, seen)
}

func (c Claim) checkRow(k *check) {
	own := k.ev.ownRow()
	if c.Row != nil {
		k.row("row", *c.Row, own)
	}
	for _, name := range c.RowLacks {
		if own == nil {
			k.add("row_lacks", name, "", "", Fails)
			continue
		}
		found, has := entriesOf(*own)[name]
		k.is("row_lacks", name, "", found, !has)
	}
	if c.NoRow {
		found := ""
		for _, key := range []string{k.sentKey(), k.jarKey()} {
			if r := k.ev.row(key, false); key != "" && r != nil {
				found = r.Data
			}
		}
		k.is("no_row", "", "", found, found == "")
	}
	if c.RowExpires != nil {
		if own == nil {
			k.add("row_expires", "", itoa(*c.RowExpires), "", Fails)
		} else {
			left := seconds(own.Expires.Sub(k.ev.At))
			k.is("row_expires", "", itoa(*c.RowExpires), itoa(left), k.near(own.Expires, *c.RowExpires))
		}
	}
	if c.Key != "" {
		k.key(c.Key)
	}
	if c.Rows != nil {
		if !k.ev.AllRows {
			k.add("rows", "", itoa(*c.Rows), "", Unknown)
		} else {
			k.is("rows", "", itoa(*c.Rows), strconv.Itoa(len(k.ev.Rows)), len(k.ev.Rows) == int(*c.Rows))
		}
	}
	if c.AnyRow != nil {
		k.anyRow(*c.AnyRow)
	}
}

// row judges what a row is claimed to hold; an empty claim means an empty row.
func (k *check) row(field string, want []Named[string], row *session.Row) {
	if len(want) == 0 {
		found := ""
		if row != nil {
			found = row.Data
		}
		k.is(field, "", "{}", found, row != nil && isEmptyObject(row.Data))
		return
	}
	for _, n := range want {
		found, has := "", false
		if row != nil {
			found, has = entriesOf(*row)[n.Name]
		}
		k.is(field, n.Name, n.Want, found, has && found == n.Want)
	}
}

// anyRow holds if one row has everything that is claimed.
func (k *check) anyRow(want []Named[string]) {
	if !k.ev.AllRows {
		k.add("any_row", "", objectOf(want), "", Unknown)
		return
	}
	var found []string
	for _, r := range k.ev.Rows {
		one := &check{ev: k.ev}
		one.row("any_row", want, &r)
		if !slices.ContainsFunc(one.results, func(r Result) bool { return r.Outcome != Holds }) {
			k.add("any_row", "", objectOf(want), r.Data, Holds)
			return
		}
		found = append(found, r.Data)
	}
	k.add("any_row", "", objectOf(want), strings.Join(found, " "), Fails)
}

// key compares the sessionid that was sent with the one now in the jar.
func (k *check) key(want string) {
	sent, now := k.sentKey(), k.jarKey()
	found := ""
	switch {
	case k.ev.Exchange == nil:
		k.add("key", "", want, "", Unknown)
		return
	case sent != "" && sent == now:
		found = "kept"
	case sent != "" && now != "":
		found = "new"
	}
	k.is("key", "", want, found, found == want)
}

func (k *check) sentKey() string {
	if k.ev.Exchange == nil {
		return ""
	}
	key := ""
	for _, p := range cookiesSent(k.ev.Exchange.Request) {
		if p.Name == session.CookieName {
			key = *p.Value // of several the last, as Django reads it
		}
	}
	return key
}

func (k *check) jarKey() string {
	keys := cookiesNamed(k.ev.Jar, session.CookieName)
	if len(keys) == 0 {
		return ""
	}
	return keys[len(keys)-1].Value
}

// checkAnswer judges the jar model's answer. Without one everything is unknown.
func (c Claim) checkAnswer(k *check) {
	if k.ev.Answer == nil {
		k.ev.Answer = &jar.Answer{}
		k.unknown(c.checkAnswer)
		k.ev.Answer = nil
		return
	}
	a := k.ev.Answer
	var last jar.Verdict
	if n := len(a.Verdicts); n > 0 {
		last = a.Verdicts[n-1]
	}
	if c.Stored != nil {
		k.is("stored", "", strconv.FormatBool(*c.Stored), strconv.FormatBool(last.Stored),
			len(a.Verdicts) > 0 && last.Stored == *c.Stored)
	}
	if c.Reason != "" {
		k.is("reason", "", c.Reason, string(last.Reason), string(last.Reason) == c.Reason)
	}
	if c.Header != nil {
		k.is("header", "", *c.Header, a.Cookie, a.Cookie == *c.Header)
	}
	for _, n := range c.Withheld {
		found := ""
		for _, w := range a.Withheld {
			if w.Cookie.Name == n.Name {
				found = string(w.Reason)
			}
		}
		k.is("withheld", n.Name, n.Want, found, found == n.Want)
	}
	if c.HostOnly != nil {
		found, holds := "", len(a.Jar) > 0
		for _, cookie := range a.Jar {
			found = strconv.FormatBool(cookie.HostOnly)
			holds = holds && cookie.HostOnly == *c.HostOnly
		}
		k.is("host_only", "", strconv.FormatBool(*c.HostOnly), found, holds)
	}
	for _, n := range c.SameSite {
		found, holds := "", false
		for _, cookie := range cookiesNamed(a.Jar, n.Name) {
			found = cookie.SameSite
			holds = found == n.Want
		}
		k.is("same_site", n.Name, n.Want, found, holds)
	}
}

// present judges that each of the wanted cookies is among those found.
func (k *check) present(field string, want []Pair, have []Pair) {
	for _, w := range want {
		found, holds := "", false
		for _, h := range have {
			if h.Name != w.Name || holds {
				continue
			}
			found = *h.Value
			holds = w.Value == nil || *w.Value == found
		}
		k.is(field, w.Name, w.want(), found, holds)
	}
}

// absent judges that none of the names is among the cookies found.
func (k *check) absent(field string, names []string, have []Pair) {
	for _, name := range names {
		found, holds := "", true
		for _, h := range have {
			if h.Name == name {
				found, holds = *h.Value, false
			}
		}
		k.is(field, name, "", found, holds)
	}
}

func (k *check) counted(field string, want []Named[int64], have []Pair) {
	for _, w := range want {
		n := 0
		for _, h := range have {
			if h.Name == w.Name {
				n++
			}
		}
		k.is(field, w.Name, itoa(w.Want), strconv.Itoa(n), n == int(w.Want))
	}
}

// near reports whether end is about so many seconds from now, within the slack.
func (k *check) near(end time.Time, want int64) bool {
	off := end.Sub(k.ev.At) - time.Duration(want)*time.Second
	return off.Abs() <= k.ev.Slack
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// seconds rounds to the nearest second.
func seconds(d time.Duration) int64 { return int64(d.Round(time.Second) / time.Second) }
