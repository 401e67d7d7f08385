package take

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"cookielab/internal/jar"
	"cookielab/internal/scene"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// Mask hides the values of all cookies in some frames, and the keys of their rows,
// wherever a frame repeats them. Of a key it leaves the ends, of other values nothing.
// The given frames are not modified. If there are too many values to search for, it
// returns ErrTooLarge.
func Mask(frames []Frame) ([]Frame, error) {
	var m mask
	for _, f := range frames {
		if m.learnFrom(f.Frame); len(m.secrets) > maxSecrets {
			return nil, ErrTooLarge
		}
	}
	m.sort()
	hidden := make([]Frame, 0, len(frames))
	for _, f := range frames {
		hidden = append(hidden, Frame{m.text(f.Label), m.frame(f.Frame)})
	}
	return hidden, nil
}

// mask hides the values that learn was given.
type mask struct {
	keys    bool // hide only session keys
	known   map[string]bool
	secrets []secret // longest first
}

// secret is a value in one of the forms in which a text may contain it.
type secret struct {
	name string // of the cookie
	text string
	mask string
}

// masked returns the replacement for a value: the ends of a value as long as a key, so
// that it can be recognized, and nothing of any other.
func masked(value string) string {
	if utf8.RuneCountInString(value) >= 20 {
		return world.Short(value)
	}
	return "***"
}

// blank reports whether a value is empty, as that of a deleted cookie.
func blank(value string) bool { return value == "" || value == `""` }

// learn adds a cookie's value in all forms in which it may appear: as it is, without
// quotes, decoded, encoded for a URL, shortened in a sentence.
func (m *mask) learn(name, value string) {
	if blank(value) || m.known[name+"="+value] {
		return
	}
	if m.known == nil {
		m.known = map[string]bool{}
	}
	m.known[name+"="+value] = true
	add := func(text, instead string) {
		if text != "" {
			m.secrets = append(m.secrets, secret{name, text, instead})
		}
	}
	plain := strings.Trim(value, `"`)
	decoded, err := url.PathUnescape(plain)
	if err != nil {
		decoded = plain
	}
	for _, text := range []string{value, plain, decoded, url.QueryEscape(plain), url.QueryEscape(decoded)} {
		if blank(text) || m.known[text+"\n"+name] {
			continue
		}
		m.known[text+"\n"+name] = true
		add(text, masked(value))
		if runes := []rune(text); len(runes) > world.InSentence {
			add(string(runes[:world.InSentence])+"…", masked(value))
		}
	}
}

// learnFrom adds every value in a frame.
func (m *mask) learnFrom(f world.Frame) {
	for _, b := range f.Browsers {
		for _, c := range b.Jar {
			m.learn(c.Name, c.Value)
		}
		m.learnPairs(b.DocumentCookie)
		if b.Look == nil {
			continue
		}
		m.learn(session.CookieName, b.Look.Key)
		for _, k := range b.Look.Known {
			if k.Told != nil {
				m.learn(k.Told.Name, k.Told.Value)
			}
		}
		for _, c := range b.Look.Elsewhere {
			m.learn(c.Cookie.Name, c.Cookie.Value)
		}
	}
	for _, r := range slices.Concat(f.Server.Rows, f.Server.Told) {
		m.learn(session.CookieName, r.Key)
	}
	if f.Action != nil && f.Action.Set != nil {
		m.learnLine(*f.Action.Set)
	}
	for _, e := range f.Wire() {
		for _, h := range e.Request.Headers {
			if strings.EqualFold(h[0], "Cookie") {
				m.learnPairs(h[1])
			}
		}
		for _, h := range e.Response.Headers {
			if strings.EqualFold(h[0], "Set-Cookie") {
				m.learnLine(h[1])
			}
		}
	}
}

func (m *mask) learnPairs(header string) {
	for _, p := range jar.Pairs(header) {
		m.learn(p.Name, p.Value)
	}
}

func (m *mask) learnLine(line string) {
	pair, _, _ := strings.Cut(line, ";")
	m.learnPairs(pair)
}

// sort orders the values after all are learned: a value contained in another comes after it.
func (m *mask) sort() {
	slices.SortStableFunc(m.secrets, func(a, b secret) int { return cmp.Compare(len(b.text), len(a.text)) })
}

// frame returns a masked copy of a frame.
func (m *mask) frame(f world.Frame) world.Frame {
	browsers := make(map[string]world.Browser, len(f.Browsers))
	for name, b := range f.Browsers {
		browsers[name] = m.browser(b)
	}
	f.Browsers = browsers
	f.Server.Rows, f.Server.Told = m.rows(f.Server.Rows), m.rows(f.Server.Told)
	f.Notes = m.notes(f.Notes)
	verdicts := make([][]world.Note, 0, len(f.Verdicts))
	for _, notes := range f.Verdicts {
		verdicts = append(verdicts, m.notes(notes))
	}
	f.Verdicts = verdicts
	if f.Action != nil {
		action := *f.Action
		action.URL, action.Key = m.address(action.URL), m.text(action.Key)
		for _, field := range []**string{&action.Set, &action.Value, &action.RawCookie} {
			if *field != nil {
				hidden := m.line(**field)
				*field = &hidden
			}
		}
		f.Action = &action
	}
	exchanges := make([]world.Exchange, 0, len(f.Exchanges))
	for _, e := range f.Exchanges {
		exchanges = append(exchanges, m.exchange(e))
	}
	f.Exchanges = exchanges
	if f.Exchange != nil {
		e := m.exchange(*f.Exchange)
		f.Exchange = &e
	}
	return f
}

func (m *mask) browser(b world.Browser) world.Browser {
	b.Jar = slices.Clone(b.Jar)
	for i := range b.Jar {
		b.Jar[i].Value = m.value(b.Jar[i].Name, b.Jar[i].Value)
	}
	b.DocumentCookie = m.pairs(b.DocumentCookie)
	if b.Look == nil {
		return b
	}
	look := *b.Look
	look.URL, look.Key = m.address(look.URL), m.value(session.CookieName, look.Key)
	look.Known = slices.Clone(look.Known)
	for i, k := range look.Known {
		if k.Told != nil {
			told := *k.Told
			told.Value = m.value(told.Name, told.Value)
			look.Known[i].Told = &told
		}
	}
	look.Elsewhere = slices.Clone(look.Elsewhere)
	for i := range look.Elsewhere {
		c := &look.Elsewhere[i].Cookie
		c.Value = m.value(c.Name, c.Value)
	}
	b.Look = &look
	return b
}

func (m *mask) rows(rows []session.Row) []session.Row {
	hidden := make([]session.Row, 0, len(rows))
	for _, r := range rows {
		hidden = append(hidden, session.Row{Key: m.value(session.CookieName, r.Key), Data: m.data(r), Expires: r.Expires})
	}
	return hidden
}

func (m *mask) notes(notes []world.Note) []world.Note {
	hidden := make([]world.Note, 0, len(notes))
	for _, n := range notes {
		n.Text, n.Key, n.Vars = m.text(n.Text), m.text(n.Key), nil
		hidden = append(hidden, n)
	}
	return hidden
}

func (m *mask) value(name, value string) string {
	switch {
	case blank(value):
		return value
	case m.keys && name != session.CookieName:
		return m.text(value)
	}
	return masked(value)
}

// data masks values that are also stored in the session. The session's other data are not
// secret. Damaged data become "".
func (m *mask) data(r session.Row) string {
	entries, ok := r.Entries()
	if !ok {
		return ""
	}
	var pairs []string
	for _, e := range entries {
		value := e.Value()
		if text, is := value.(string); is {
			value = m.text(text)
		} else if text := scene.JSONText(value); m.text(text) != text {
			value = m.text(text)
		}
		pairs = append(pairs, scene.JSONText(m.text(e.Key))+":"+scene.JSONText(value))
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

func (m *mask) exchange(e world.Exchange) world.Exchange {
	e.Request.URL = m.address(e.Request.URL)
	e.Request.Headers, e.Response.Headers = slices.Clone(e.Request.Headers), slices.Clone(e.Response.Headers)
	form := false
	for i, h := range e.Request.Headers {
		value := &e.Request.Headers[i][1]
		switch strings.ToLower(h[0]) {
		case "cookie":
			*value = m.pairs(h[1])
		case "referer":
			*value = m.address(h[1])
		case "content-type":
			form = strings.HasPrefix(h[1], "application/x-www-form-urlencoded")
		default:
			*value = m.text(h[1])
		}
	}
	if body := e.Request.Body; body != nil {
		hidden := m.text(*body)
		if form {
			hidden = m.query(*body)
		}
		e.Request.Body = &hidden
	}
	for i, h := range e.Response.Headers {
		value := &e.Response.Headers[i][1]
		switch strings.ToLower(h[0]) {
		case "set-cookie":
			*value = m.line(h[1])
		case "location":
			*value = m.address(h[1])
		default:
			*value = m.text(h[1])
		}
	}
	e.Response.Body = m.whole(e.Response.Body)
	return e
}

// pairs masks every value in a Cookie header or document.cookie.
func (m *mask) pairs(header string) string {
	var pairs []string
	for _, p := range jar.Pairs(header) {
		if p.Name == "" {
			pairs = append(pairs, m.value(p.Name, p.Value))
			continue
		}
		pairs = append(pairs, p.Name+"="+m.value(p.Name, p.Value))
	}
	return strings.Join(pairs, "; ")
}

// line masks the value of a Set-Cookie line.
func (m *mask) line(line string) string {
	pair, attributes, found := strings.Cut(line, ";")
	hidden := m.pairs(pair)
	if found {
		hidden += ";" + attributes
	}
	return hidden
}

// address masks values in the query of an address. The path only names the route.
func (m *mask) address(address string) string {
	path, query, found := strings.Cut(address, "?")
	if !found {
		return address
	}
	return path + "?" + m.query(query)
}

// query masks values in a form, and leaves the rest as it is encoded.
func (m *mask) query(query string) string {
	fields := strings.Split(query, "&")
	for i, field := range fields {
		name, value, found := strings.Cut(field, "=")
		name = m.encoded(name, m.text)
		if found {
			name += "=" + m.encoded(value, m.whole)
		}
		fields[i] = name
	}
	return strings.Join(fields, "&")
}

func (m *mask) encoded(text string, hide func(string) string) string {
	plain := scene.Unescape(text)
	hidden := hide(plain)
	if hidden == plain {
		return hide(text)
	}
	return strings.ReplaceAll(url.QueryEscape(hidden), "%2A", "*")
}

// whole masks a text that is a value, however short, and values within any other text.
func (m *mask) whole(text string) string {
	for _, s := range m.secrets {
		if text == s.text {
			return s.mask
		}
	}
	return m.text(text)
}

// text masks values wherever a text contains them. A short value is masked only where the
// text is about the cookie, and not within a word or number: 1 appears in many sentences.
func (m *mask) text(text string) string {
	for _, s := range m.secrets {
		text = s.hide(text)
	}
	return text
}

func (s secret) hide(text string) string {
	if len(s.text) > len(text) || !strings.Contains(text, s.text) {
		return text
	}
	if len(s.text) < 4 && !strings.Contains(text, s.name) {
		return text
	}
	var b strings.Builder
	for rest, before := text, byte(0); ; {
		i := strings.Index(rest, s.text)
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		end := i + len(s.text)
		if i > 0 {
			before = rest[i-1]
		}
		var after byte
		if end < len(rest) {
			after = rest[end]
		}
		b.WriteString(rest[:i])
		if len(s.text) >= 16 || !inWord(before, s.text[0]) && !inWord(s.text[len(s.text)-1], after) {
			b.WriteString(s.mask)
		} else {
			b.WriteString(s.text)
		}
		before, rest = rest[end-1], rest[end:]
	}
}

// inWord reports whether two adjacent octets belong to one word.
func inWord(a, b byte) bool { return isWord(a) && isWord(b) }

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
