package scene

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

func (s scene) browser(b browser) templates.BrowserPanel {
	p := templates.BrowserPanel{Name: b.name, Script: s.veil(b.DocumentCookie)}
	scripted := b.Look == nil || b.Look.Scripted
	p.Asking = !scripted
	var blind []string
	for i, c := range b.seen {
		if i < s.most.Cookies {
			p.Cookies = append(p.Cookies, s.card(c, b.Look))
		}
		if c.HTTPOnly && c.Knows(world.FactHTTPOnly) {
			blind = append(blind, c.Name)
		}
	}
	p.Count = s.T("browser.count", "n", strconv.Itoa(len(b.seen)))
	p.More = s.more("browser.left", len(b.seen)-len(p.Cookies))
	if len(blind) > 0 && scripted {
		p.ScriptSay = s.T("browser.script.blind", "names", strings.Join(blind, ", "))
		p.Hidden = !s.played && !s.model
	}
	if b.Look != nil {
		s.look(&p, *b.Look)
	}
	return p
}

// look draws what is shown of a real browser only.
func (s scene) look(p *templates.BrowserPanel, look world.Look) {
	p.URL = look.URL
	if look.More > 0 {
		p.Count = s.T("browser.count", "n", strconv.Itoa(len(p.Cookies)+look.More))
		p.More = s.T("browser.count.more", "n", strconv.Itoa(len(p.Cookies)))
	}
	if look.Able != nil {
		p.Abilities = s.abilities(look)
	}
	if !s.model {
		p.UnknownKey, p.Twin = unknownKey(look, s.frame.Server.Rows), twin(look.URL)
	}
	for i, m := range look.Elsewhere {
		if i < maxElsewhere {
			p.Elsewhere = append(p.Elsewhere, s.elsewhere(m))
		} else {
			p.ElsewhereMore = append(p.ElsewhereMore, s.elsewhere(m))
		}
	}
}

// maxElsewhere is how many absent cookies are listed at once; the others are folded away.
const maxElsewhere = 8

// veil hides the values of cookies that are not this site's in a list of pairs: they
// belong to other programs and would be readable on a projector.
func (s scene) veil(pairs string) string {
	if len(s.foreign) == 0 {
		return pairs
	}
	list := strings.Split(pairs, ";")
	for i, text := range list {
		for _, p := range jar.Pairs(text) {
			if s.foreign[p] {
				list[i] = strings.TrimSuffix(text, p.Value) + veiled(p.Value)
			}
		}
	}
	return strings.Join(list, ";")
}

func veiled(value string) string { return strings.Repeat("•", min(8, max(1, len(value)))) }

const unknown = "unknown"

// card draws one cookie: the attributes of the contract and the chips that explain them.
func (s scene) card(c world.Seen, look *world.Look) templates.CookieCard {
	tri := func(f world.Fact, v bool) string {
		if !c.Knows(f) {
			return unknown
		}
		return strconv.FormatBool(v)
	}
	known := func(f world.Fact, v string) string {
		if !c.Knows(f) {
			return unknown
		}
		return v
	}
	expires := "session"
	if c.Expires != nil {
		ends := *c.Expires
		if look != nil {
			ends = ends.Add(look.Clock) // on the browser's own clock
		}
		expires = ends.UTC().Format(time.RFC3339)
	}
	card := templates.CookieCard{
		Name: c.Name, Value: c.Value,
		Domain: known(world.FactScope, c.Domain), HostOnly: tri(world.FactScope, c.HostOnly),
		Path: known(world.FactPath, c.Path), Expires: known(world.FactExpires, expires),
		Secure: tri(world.FactSecure, c.Secure), HTTPOnly: tri(world.FactHTTPOnly, c.HTTPOnly),
		SameSite: known(world.FactSameSite, c.SameSite), Partitioned: tri(world.FactPartitioned, c.Partitioned),
		Shown: templates.Shorten(c.Value, 60), Chips: s.chips(c), Tools: s.played,
	}
	if c.Name == session.CookieName && utf8.RuneCountInString(c.Value) > 8 {
		card.Badge = keyBadge(c.Value)
	}
	if decoded, err := url.PathUnescape(c.Value); err == nil && decoded != c.Value && utf8.ValidString(decoded) {
		card.Decoded = templates.Shorten(decoded, 60)
	}
	if !c.Ours && !s.played {
		card.Masked = card.Badge == nil
		if card.Masked {
			card.Shown, card.Decoded = veiled(c.Value), ""
		}
	}
	card.Doubts = s.doubts(c)
	return card
}

// Card draws a completely known cookie at a time.
func Card(w templates.Words, now time.Time, c jar.Cookie) templates.CookieCard {
	card := scene{Words: w, played: true, frame: world.Frame{At: now}}.card(world.Seen{Cookie: c, Known: world.Known{Ours: true}}, nil)
	card.Tools = false
	return card
}

func (s scene) chips(c world.Seen) []templates.Chip {
	var chips []templates.Chip
	add := func(kind, key string, pairs ...string) {
		chips = append(chips, templates.Chip{Kind: kind, Text: s.T("chip."+key, pairs...), Help: s.T("help."+key, pairs...)})
	}
	var dim []string
	doubt := func(f world.Fact, name string) bool {
		if !c.Knows(f) {
			dim = append(dim, name)
			return true
		}
		return false
	}
	if !doubt(world.FactExpires, "Expires") {
		if c.Expires == nil {
			add("life", "session")
		} else {
			chips = append(chips, templates.Chip{
				Kind: "life", Text: s.Left(c.Expires.Sub(s.frame.At)), Until: c.Expires.UTC().Format(time.RFC3339Nano),
				Help: s.T("help.expires", "when", s.Moment(*c.Expires)),
			})
		}
	}
	if !doubt(world.FactHTTPOnly, "HttpOnly") && c.HTTPOnly {
		add("http-only", "http-only")
	}
	if !doubt(world.FactSecure, "Secure") && c.Secure {
		add("secure", "secure")
	}
	if !doubt(world.FactSameSite, "SameSite") {
		switch c.SameSite {
		case "":
			add("same-site", "samesite-unset")
		default:
			add("same-site", "samesite-"+strings.ToLower(c.SameSite))
		}
	}
	if !doubt(world.FactPath, "Path") {
		add("path", "path", "path", c.Path)
	}
	if !doubt(world.FactScope, "Domain") {
		if c.HostOnly {
			add("domain", "host-only", "host", c.Domain)
		} else {
			add("domain", "domain", "domain", c.Domain)
		}
	}
	if !doubt(world.FactPartitioned, "Partitioned") && c.Partitioned {
		add("partitioned", "partitioned")
	}
	if len(dim) > 0 {
		chips = append(chips, templates.Chip{Kind: "unknown", Unknown: true,
			Text: s.T("chip.unknown", "names", strings.Join(dim, ", ")), Help: s.T("help.unknown", "names", strings.Join(dim, ", "))})
	}
	return chips
}

// Shapes and colours make two session keys easy to tell apart; the ends of the key are
// written next to them, so that neither is the only cue.
var glyphs = []string{"◆", "▲", "●", "■", "★", "✚", "⬟", "▼"}

// keyBadge returns the shape, the colour and the ends of a session key.
func keyBadge(key string) *templates.KeyBadge {
	h := fnv.New32a()
	h.Write([]byte(key))
	n := h.Sum32()
	return &templates.KeyBadge{
		Short: world.Short(key),
		Glyph: glyphs[n%uint32(len(glyphs))],
		Class: fmt.Sprintf("k%d", n/uint32(len(glyphs))%6),
	}
}
