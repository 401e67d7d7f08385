package jar

import (
	"slices"
	"strings"
)

// The size limits of RFC 6265bis, 5.6, in octets.
const (
	maxPair      = 4096 // name and value together
	maxAttribute = 1024 // one attribute's value
)

// Kinds of Part.
const (
	PartName      = "name"
	PartValue     = "value"
	PartAttribute = "attribute"
	PartSeparator = "separator" // ";", "=" and blanks
	PartLost      = "lost"      // what follows a CR or LF, which ended the header line
)

// Effects of a Part: what it does, or why it does nothing.
const (
	EffectCapped     = "capped"       // used, but limited to 400 days
	EffectDot        = "dot"          // used; the leading dot has no effect
	EffectDeletes    = "deletes"      // used; the time is past, so the cookie is deleted
	EffectHostOnly   = "host-only"    // used; an empty Domain means this host only
	EffectUnknown    = "unknown"      // no attribute of that name exists
	EffectOverridden = "overridden"   // a later one of the same name counts
	EffectTooLong    = "too-long"     // over 1024 octets
	EffectNotADate   = "not-a-date"   // Expires cannot be read
	EffectNotANumber = "not-a-number" // Max-Age cannot be read
	EffectMaxAge     = "max-age-wins" // Expires, where Max-Age counts
	EffectDefault    = "default-path" // Path does not begin with "/"
	EffectNotAMode   = "not-a-mode"   // SameSite or Priority of no known value
	EffectControl    = "control"      // holds a control character
	EffectRefused    = "refused"      // the reason why the line is refused
)

// Part is one piece of a Set-Cookie line, so that a page can explain it in place.
type Part struct {
	// Text is the piece as it stands in the line.
	Text string `json:"text"`
	Kind string `json:"kind"`
	// Attr is the attribute's name in lower case.
	Attr string `json:"attr,omitempty"`
	// Value is the name, the value or the attribute's value without the blanks.
	Value string `json:"value,omitempty"`
	// Used says that the browser acts on it.
	Used bool `json:"used"`
	// Effect is one of the Effect constants, or empty.
	Effect string `json:"effect,omitempty"`
}

// line is a parsed Set-Cookie line.
type line struct {
	name, value string
	attrs       []attr // known ones, one of each name: the last that is not too long
	parts       []Part
	fault       Reason // why the line is not a cookie, or ""

	rest string // not yet in parts
	sep  string // from the start of the last separator to the end of the line
}

type attr struct {
	key, value string
	part       int // index in parts
}

// get returns the attribute of that name.
func (l *line) get(key string) (attr, bool) {
	for _, a := range l.attrs {
		if a.key == key {
			return a, true
		}
	}
	return attr{}, false
}

func (l *line) has(key string) bool {
	_, ok := l.get(key)
	return ok
}

// parse splits a line into its parts. RFC 6265bis, 5.6.
func parse(s, via string) *line {
	l := &line{parts: make([]Part, 0, 16), rest: s}
	text := s
	if via != ViaDOM {
		// Chromium (cr-ends-the-header-line): this is a rule of HTTP, not of cookies. A
		// header line cannot contain CR or LF, so what follows never reaches the browser.
		if i := strings.IndexAny(s, "\r\n"); i >= 0 {
			text = s[:i]
		}
	}

	pair, rest, more := strings.Cut(text, ";")
	l.parsePair(pair)
	for more {
		l.separator(";")
		pair, rest, more = strings.Cut(rest, ";")
		l.parseAttribute(pair)
	}
	l.part(len(s)-len(text), Part{Kind: PartLost})

	switch {
	case l.fault != "":
	case l.name == "" && l.value == "":
		l.fault = ReasonEmpty
	case len(l.name)+len(l.value) > maxPair:
		l.fault = ReasonSize
	case l.name == "" && strings.Contains(l.value, "="):
		// Chromium (nameless-with-equals): "=a=b" would be sent as "a=b" and then be read
		// as another cookie.
		l.fault = ReasonName
	}
	return l
}

// parsePair reads the part before the first ";". Without "=" all of it is the value of a
// nameless cookie. RFC 6265bis, 5.6, steps 3 to 5.
func (l *line) parsePair(s string) {
	name, value, found := strings.Cut(s, "=")
	if !found {
		name, value = "", s
	} else {
		l.name = l.piece(PartName, name)
		l.separator("=")
	}
	l.value = l.piece(PartValue, value)
}

// piece appends a name or value and the blanks around it as parts, and returns it trimmed.
func (l *line) piece(kind, s string) string {
	before, core, after := trim(s)
	l.separator(before)
	p := Part{Kind: kind, Value: core, Used: true}
	if control(core) {
		l.fault = ReasonSyntax
		p.Used, p.Effect = false, EffectControl
	}
	l.part(len(core), p)
	l.separator(after)
	return core
}

// parseAttribute reads the part between two ";".
func (l *line) parseAttribute(s string) {
	before, core, after := trim(s)
	l.separator(before)
	defer l.separator(after)
	if core == "" {
		return
	}
	key, value, _ := strings.Cut(core, "=")
	_, key, _ = trim(key)
	_, value, _ = trim(value)
	a := attr{key: lower(key), value: value, part: len(l.parts)}
	p := Part{Kind: PartAttribute, Attr: a.key, Value: value}
	switch {
	case control(key) || control(value):
		l.fault = ReasonSyntax
		p.Effect = EffectControl
	case len(value) > maxAttribute:
		// RFC 6265bis, 5.6, step 6: ignored, whatever its name.
		p.Effect = EffectTooLong
	case !known(a.key):
		p.Effect = EffectUnknown
	default:
		p.Used = true
		l.add(a)
	}
	l.part(len(core), p)
}

// add makes a the attribute that counts for its name; the last one does. Chromium
// (last-attribute-wins-even-if-invalid): the RFC would skip an Expires or Max-Age that
// cannot be read and use the one before.
func (l *line) add(a attr) {
	for i, old := range l.attrs {
		if old.key == a.key {
			l.mark(old, false, EffectOverridden)
			l.attrs[i] = a
			return
		}
	}
	l.attrs = append(l.attrs, a)
}

// part appends the next n octets of the line as p.
func (l *line) part(n int, p Part) {
	if n == 0 {
		return
	}
	p.Text, l.rest = l.rest[:n], l.rest[n:]
	if len(l.parts) == cap(l.parts) {
		l.parts = slices.Grow(l.parts, len(l.parts)) // append alone would copy long lists more often
	}
	l.parts = append(l.parts, p)
}

// separator appends blanks, "=" or ";", joining them with a separator just before.
func (l *line) separator(s string) {
	if n := len(l.parts); n > 0 && l.parts[n-1].Kind == PartSeparator {
		l.rest = l.rest[len(s):]
		l.parts[n-1].Text = l.sep[:len(l.sep)-len(l.rest)]
		return
	}
	l.sep = l.rest
	l.part(len(s), Part{Kind: PartSeparator})
}

// mark records whether the attribute a is used, and its effect.
func (l *line) mark(a attr, used bool, effect string) {
	l.parts[a.part].Used, l.parts[a.part].Effect = used, effect
}

// blame marks the part that causes the refusal of the line.
func (l *line) blame(why Reason) {
	for i := range l.parts {
		p := &l.parts[i]
		var guilty bool
		switch why {
		case ReasonSize:
			guilty = p.Kind == PartName || p.Kind == PartValue
		case ReasonPrefix:
			guilty = p.Kind == PartName || p.Kind == PartValue && l.name == ""
		case ReasonName:
			guilty = p.Kind == PartValue
		case ReasonDomain, ReasonPublicSuffix:
			guilty = p.Attr == "domain"
		case ReasonSecure:
			guilty = p.Attr == "secure"
		case ReasonHTTPOnly:
			guilty = p.Attr == "httponly"
		case ReasonSameSite:
			guilty = p.Attr == "samesite"
		case ReasonPartitioned:
			guilty = p.Attr == "partitioned"
		}
		if guilty && p.Used {
			p.Used, p.Effect = false, EffectRefused
		}
	}
}

func known(key string) bool {
	switch key {
	case "expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned", "priority":
		return true
	}
	return false
}

// trim cuts off SP and HTAB at both ends, but no other blanks of Unicode.
func trim(s string) (before, core, after string) {
	core = strings.TrimLeft(s, " \t")
	before = s[:len(s)-len(core)]
	s = core
	core = strings.TrimRight(s, " \t")
	return before, core, s[len(core):]
}

// control reports whether s holds a control character, for which the whole line
// is refused. RFC 6265bis, 5.6, step 1, spares HTAB; Chromium
// (htab-inside-token) does not, unless it is at an edge and trimmed.
func control(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// lower lowers ASCII letters only: strings.ToLower would turn "ſecure" or the Kelvin sign
// into a known attribute.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
