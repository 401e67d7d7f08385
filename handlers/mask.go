package handlers

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
)

// What a visitor takes away is printed, mailed and handed in. A key in it opens the
// session to whoever reads it, so the values of a real browser's cookies are masked
// at the door, before anything is drawn: nothing behind it knows them.

// mask hides the values that it has been told of.
type mask struct {
	known   map[string]bool
	secrets []secret // longest first
}

// secret is one way in which a text may repeat a value.
type secret struct {
	name string // of the cookie
	text string
	mask string
}

// maxSecrets bounds the work of one request.
const maxSecrets = 2000

// masked is what stands for a value: the ends of one that is long enough to be a
// key, so that it can be told from others, and of any other nothing.
func masked(value string) string {
	if utf8.RuneCountInString(value) >= 20 {
		return world.Short(value)
	}
	return "***"
}

// blank reports whether a value says nothing: that of a cookie that is deleted.
func blank(value string) bool { return value == "" || value == `""` }

// learn adds a cookie's value, as it stands and as it may be written elsewhere:
// without its quotes, decoded, encoded for an address, cut short in a sentence.
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
		if runes := []rune(text); len(runes) > cutInSentence {
			add(string(runes[:cutInSentence])+"…", masked(value))
		}
	}
}

// cutInSentence is how many characters of a value a note has at most.
const cutInSentence = 24

// learnFrom adds every value that a frame has.
func (m *mask) learnFrom(f seenFrame) {
	for _, c := range f.Cookies {
		m.learn(c.Name, c.Value)
	}
	for _, r := range f.Rows {
		m.learn(session.CookieName, r.Key)
	}
	if f.Script != nil {
		m.learnPairs(*f.Script)
	}
	if f.Line != nil {
		m.learnLine(*f.Line)
	}
	if f.Exchange == nil {
		return
	}
	for _, h := range f.Exchange.Request.Headers {
		if strings.EqualFold(h[0], "Cookie") {
			m.learnPairs(h[1])
		}
	}
	for _, h := range f.Exchange.Response.Headers {
		if strings.EqualFold(h[0], "Set-Cookie") {
			m.learnLine(h[1])
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

// sort is called when all is learned: a value that is part of another comes after it.
func (m *mask) sort() {
	slices.SortStableFunc(m.secrets, func(a, b secret) int { return cmp.Compare(len(b.text), len(a.text)) })
}

// frame hides what a frame has.
func (m *mask) frame(f *seenFrame) {
	f.Label, f.Sentence, f.Address = m.text(f.Label), m.text(f.Sentence), m.address(f.Address)
	for i := range f.Notes {
		f.Notes[i].Text = m.text(f.Notes[i].Text)
	}
	for i, c := range f.Cookies {
		f.Cookies[i].Value = m.value(c.Value)
	}
	for i, r := range f.Rows {
		f.Rows[i].Key, f.Rows[i].Data = m.value(r.Key), m.data(r)
	}
	if f.Script != nil {
		script := m.pairs(*f.Script)
		f.Script = &script
	}
	if f.Line != nil {
		line := m.line(*f.Line)
		f.Line = &line
	}
	if f.Exchange != nil {
		m.exchange(f.Exchange)
	}
}

func (m *mask) value(value string) string {
	if blank(value) {
		return value
	}
	return masked(value)
}

// data hides values that were stored in the session, too; the session's own data are
// no secret of the browser's.
func (m *mask) data(r rowSeen) json.RawMessage {
	entries, ok := session.Row{Data: string(r.Data)}.Entries()
	if !ok {
		return nil
	}
	var pairs []string
	for _, e := range entries {
		value := e.Value()
		if text, is := value.(string); is {
			value = m.text(text)
		} else if text := jsonText(value); m.text(text) != text {
			value = m.text(text)
		}
		pairs = append(pairs, jsonText(m.text(e.Key))+":"+jsonText(value))
	}
	return json.RawMessage("{" + strings.Join(pairs, ",") + "}")
}

func (m *mask) exchange(e *world.Exchange) {
	e.Request.URL = m.address(e.Request.URL)
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
}

// pairs hides every value of a Cookie header, or of document.cookie.
func (m *mask) pairs(header string) string {
	var pairs []string
	for _, p := range jar.Pairs(header) {
		if p.Name == "" {
			pairs = append(pairs, m.value(p.Value))
			continue
		}
		pairs = append(pairs, p.Name+"="+m.value(p.Value))
	}
	return strings.Join(pairs, "; ")
}

// line hides the value of a Set-Cookie line.
func (m *mask) line(line string) string {
	pair, attributes, found := strings.Cut(line, ";")
	hidden := m.pairs(pair)
	if found {
		hidden += ";" + attributes
	}
	return hidden
}

// address hides values in an address's query. Its path names the route.
func (m *mask) address(address string) string {
	path, query, found := strings.Cut(address, "?")
	if !found {
		return address
	}
	return path + "?" + m.query(query)
}

// query hides values in a form, and leaves what it need not hide as it is written.
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
	plain := unescape(text)
	hidden := hide(plain)
	if hidden == plain {
		return hide(text)
	}
	return strings.ReplaceAll(url.QueryEscape(hidden), "%2A", "*")
}

// whole hides a text that is a value, however short, and values in any other.
func (m *mask) whole(text string) string {
	for _, s := range m.secrets {
		if text == s.text {
			return s.mask
		}
	}
	return m.text(text)
}

// text hides values wherever words repeat them. A short one is looked for only where
// the cookie is spoken of, and not within a word or number: 1 is in many a sentence.
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

// inWord reports whether two octets that stand together belong to one word.
func inWord(a, b byte) bool { return isWord(a) && isWord(b) }

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
