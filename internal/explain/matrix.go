package explain

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/jar"
	"cookielab/templates"

	"golang.org/x/net/publicsuffix"
)

// maxColumns is how many cookies stand side by side in the matrix.
const maxColumns = 3

// ownForm is the only row in which the site's own page asks.
const ownForm = "own-form-post"

// probe is one row of the matrix: a request that differs from a plain one in one
// thing.
type probe struct {
	kind    string
	request jar.Request
	closed  bool // after the browser was closed
	address []templates.AddressPiece
}

// probeGroup is the rows that one rule tells apart.
type probeGroup struct {
	id     string
	probes []probe
}

// column is one cookie of the matrix, and the line that set it.
type column struct {
	cookie jar.Cookie
	step   jar.Step
}

// matrix asks of many requests whether they carry the cookies that were stored
// last; nil where none is in the jar.
func (e *explanation) matrix() *templates.CookieMatrix {
	columns := e.columns()
	if len(columns) == 0 {
		return nil
	}
	view := &templates.CookieMatrix{Single: len(columns) == 1}
	// Cookies do not stand in each other's way: a jar with these alone will do.
	j := jar.New(jar.Profile{})
	for _, c := range columns {
		j.Set(e.now, c.step.Request, c.step.SetCookie)
		view.Cookies = append(view.Cookies, e.columnTitle(c.cookie, columns))
	}
	if rest := len(e.answer.Jar) - len(columns); rest > 0 {
		view.More = e.t("jar.more-columns", "n", strconv.Itoa(rest))
	}
	last := columns[len(columns)-1]
	path := slices.MaxFunc(columns, func(a, b column) int { return len(a.cookie.Path) - len(b.cookie.Path) }).cookie.Path
	for _, g := range probes(last.step.URL, path, strangerTo(last)) {
		group := templates.MatrixGroup{Title: e.t("jar.group." + g.id), Rule: e.t("jar.group." + g.id + ".rule")}
		for _, p := range g.probes {
			row := templates.MatrixRow{Kind: p.kind, Label: e.t("jar.request."+p.kind, "from", hostOf(p.request.Initiator)), Address: p.address}
			row.Cells = e.cells(j, p, columns)
			group.Rows = append(group.Rows, row)
		}
		view.Groups = append(view.Groups, group)
	}
	return view
}

// columns are the cookies of the last lines that are in the jar, in the order of
// the lines.
func (e *explanation) columns() []column {
	var list []column
	for i := len(e.lines) - 1; i >= 0 && len(list) < maxColumns; i-- {
		v := e.answer.Verdicts[i]
		if v.Code != jar.Stored && v.Code != jar.Replaced && v.Code != jar.Cut {
			continue
		}
		id := v.Decision.Cookie.Identity()
		there := slices.ContainsFunc(e.answer.Jar, func(c jar.Cookie) bool { return c.Identity() == id })
		if there && !slices.ContainsFunc(list, func(c column) bool { return c.cookie.Identity() == id }) {
			list = append(list, column{*v.Decision.Cookie, e.asked.Set[i]})
		}
	}
	slices.Reverse(list)
	return list
}

// columnTitle is a cookie's name, with its path where the name alone is not enough.
func (e *explanation) columnTitle(c jar.Cookie, all []column) string {
	title := e.cookieName(c.Name)
	if slices.ContainsFunc(all, func(o column) bool { return o.cookie.Name == c.Name && o.cookie.Identity() != c.Identity() }) {
		title += " · " + c.Domain + templates.Shorten(c.Path, 30)
	}
	return title
}

// cells answers a row for each cookie.
func (e *explanation) cells(j *jar.Jar, p probe, columns []column) []templates.MatrixCell {
	at := *e.asked.Get.At
	if p.closed {
		j = j.Clone()
		j.CloseBrowser(at)
	}
	sent := j.Send(at, p.request)
	var cells []templates.MatrixCell
	for _, c := range columns {
		cell := templates.MatrixCell{Icon: "✗"}
		kept := slices.IndexFunc(sent.Withheld, func(x jar.Withheld) bool { return x.Cookie.Identity() == c.cookie.Identity() })
		switch {
		case slices.ContainsFunc(sent.Cookies, func(o jar.Cookie) bool { return o.Identity() == c.cookie.Identity() }):
			cell.Sent, cell.Icon = true, "✓"
			if p.request.Kind == jar.KindFormPost && c.cookie.SameSite == "" && p.kind != ownForm {
				cell.Text = e.t("jar.brief.grace")
			}
		case p.closed && kept < 0:
			cell.Reason, cell.Text = "closed", e.t("jar.brief.closed")
			if len(columns) > 1 {
				cell.Text = e.t("jar.term.closed")
			}
		default:
			x := jar.Withheld{Cookie: c.cookie, Reason: jar.ReasonDomain} // of another host family
			if kept >= 0 {
				x = sent.Withheld[kept]
			}
			cell.Reason, cell.Text = string(x.Reason), e.keptBack("jar.brief.", x, p.request)
			if len(columns) > 1 {
				cell.Text = e.t("term." + cell.Reason)
			}
		}
		cells = append(cells, cell)
	}
	return cells
}

// probes are the rows for cookies that an address set, asked where they apply: at
// their path. Where net/url cannot read the address, only who asks is varied.
func probes(from, path, stranger string) []probeGroup {
	u, err := url.Parse(from)
	if err != nil || u.Host == "" {
		return []probeGroup{{"who", whoAsks(from, stranger)}}
	}
	if strings.ContainsAny(path, "?#") {
		path = "/"
	}
	base := u.Scheme + "://" + u.Host + path
	return []probeGroup{
		{"who", whoAsks(base, stranger)},
		{"where", whereTo(u, path)},
		{"how", []probe{
			{kind: "document-cookie", request: jar.Request{URL: base, Via: jar.ViaDOM}},
			{kind: "closed", request: jar.Request{URL: base}, closed: true},
		}},
	}
}

// strangerTo is a page of another site; for a Partitioned cookie the page that it was
// set in, as it is kept for no other.
func strangerTo(c column) string {
	switch {
	case c.step.Initiator != "" && c.cookie.Partitioned:
		return c.step.Initiator
	case strings.HasSuffix(hostOf(c.step.URL), "evil.example"):
		return otherPage
	}
	return evilPage
}

// whoAsks varies the page that makes the request. SameSite tells them apart.
func whoAsks(base, stranger string) []probe {
	list := []probe{
		{kind: "typed", request: jar.Request{URL: base}},
		{kind: ownForm, request: jar.Request{URL: base, Initiator: base, Kind: jar.KindFormPost}},
	}
	for _, kind := range []string{jar.KindLink, jar.KindWindowOpen, jar.KindFormPost, jar.KindFetch, jar.KindImg, jar.KindIframe} {
		list = append(list, probe{kind: kind, request: jar.Request{URL: base, Initiator: stranger, Kind: kind}})
	}
	return list
}

// whereTo varies the address. Domain, Path and Secure tell them apart, and a port
// does not.
func whereTo(u *url.URL, path string) []probe {
	var list []probe
	host, port := strings.ToLower(u.Hostname()), ""
	if u.Port() != "" {
		port = ":" + u.Port()
	}
	add := func(kind string, lit int, pieces ...string) {
		p := probe{kind: kind, request: jar.Request{URL: strings.Join(pieces, "")}}
		for i, text := range pieces {
			if i == 0 && lit != 0 {
				continue // the scheme is the same as ever
			}
			p.address = append(p.address, templates.AddressPiece{Text: templates.Shorten(text, 60), Lit: i == lit})
		}
		list = append(list, p)
	}
	scheme := u.Scheme + "://"
	if net.ParseIP(host) == nil {
		add("subdomain", 1, scheme, "shop."+host, port, path)
		if family, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil && family != host {
			_, parent, _ := strings.Cut(host, ".")
			add("parent", 1, scheme, parent, port, path)
			add("sibling", 1, scheme, "other."+parent, port, path)
		}
	}
	if host == "localhost" {
		add("loopback", 1, scheme, "127.0.0.1", port, path)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	add("other-path", 3, scheme, host, port, "/elsewhere")
	if scheme == "https://" {
		add("http", 0, "http://", host, port, path)
	} else {
		add("https", 0, "https://", host, port, path)
	}
	other := ":8000"
	if port == other {
		other = ":8080"
	}
	add("other-port", 2, scheme, host, other, path)
	return list
}
