package handlers

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

// words speaks one language.
type words string

func (w words) t(key string, pairs ...string) string { return templates.Words(w).T(key, pairs...) }
func (w words) moment(t time.Time) string            { return templates.Words(w).Moment(t) }
func (w words) left(d time.Duration) string          { return templates.Words(w).Left(d) }
func (w words) span(d time.Duration) string          { return templates.Words(w).Span(d) }

// holder is one browser of a scene: what it holds and how well that is known.
type holder struct {
	name      string // empty for the visitor's own
	url       string
	seen      []jar.Seen
	elsewhere []jar.Missing
	script    string
	scripted  bool
	abilities []templates.Ability
	stranger  *templates.Stranger
	twin      *templates.Twin
}

// scene is a frame, from the world or from a real browser, as the panels draw it.
type scene struct {
	words
	world     bool
	model     bool // asked of the jar model alone: there is no server
	now       time.Time
	holders   []holder
	rows      []session.Row
	others    int // rows, or uncounted
	exchanges []world.Exchange
	by        []string       // the browser of each exchange, in the world
	verdicts  [][]world.Note // of each exchange: what became of its Set-Cookie lines
	notes     []world.Note
	lives     []life
	marks     []mark
}

// panels draws a scene.
func (s scene) panels() templates.Panels {
	p := templates.Panels{
		World: s.world, Beside: s.world && len(s.holders) > 1, At: s.now.UTC().Format(time.RFC3339Nano), AtText: s.moment(s.now),
		Wire: s.wire(), Server: s.server(),
	}
	if !s.world {
		p.Lifetimes = s.lifetimes()
	}
	for i, n := range s.notes {
		if i == 0 {
			p.Sentence = n.Text
		} else if !slices.ContainsFunc(p.Notes, func(v templates.NoteView) bool { return v.Text == n.Text }) {
			p.Notes = append(p.Notes, noteView(n))
		}
	}
	for _, h := range s.holders {
		p.Browsers = append(p.Browsers, s.browser(h))
	}
	return p
}

var noteIcons = map[string]string{
	"stored": "✓", "replaced": "✓", "row-created": "+", "row-changed": "✎", "sent": "→", "none-sent": "→",
	"refused": "✗", "deleted": "−", "row-deleted": "−", "expired": "⌛", "row-expired": "⌛", "withheld": "⊘",
	"key-error": "✗", "interrupted": "✗", "lost-update": "✗", "row-renewed": "↻", "row-read": "◉",
}

func noteView(n world.Note) templates.NoteView {
	icon := noteIcons[n.Code]
	if icon == "" {
		icon = "·"
	}
	return templates.NoteView{Code: n.Code, Icon: icon, Text: n.Text}
}

// --- browser

func (s scene) browser(h holder) templates.BrowserPanel {
	p := templates.BrowserPanel{
		Name: h.name, URL: h.url, Script: s.veil(h.script), Asking: !h.scripted,
		Abilities: h.abilities, Stranger: h.stranger, Twin: h.twin,
	}
	var blind []string
	for _, c := range h.seen {
		p.Cookies = append(p.Cookies, s.card(c))
		if c.HTTPOnly && c.Knows(jar.FactHTTPOnly) {
			blind = append(blind, c.Name)
		}
	}
	p.Count = s.t("browser.count", "n", strconv.Itoa(len(h.seen)))
	if len(blind) > 0 && h.scripted {
		p.ScriptSay = s.t("browser.script.blind", "names", strings.Join(blind, ", "))
		p.Hidden = !s.world && !s.model
	}
	for i, m := range h.elsewhere {
		if i < maxElsewhere {
			p.Elsewhere = append(p.Elsewhere, s.elsewhere(m))
		} else {
			p.ElsewhereMore = append(p.ElsewhereMore, s.elsewhere(m))
		}
	}
	return p
}

// maxElsewhere keeps the list of absent cookies short enough to read; the others are
// folded away.
const maxElsewhere = 8

// veil hides the values of cookies that are not this site's, in a line of pairs: on
// a projector they would be another program's secrets for all to read.
func (s scene) veil(pairs string) string {
	foreign := map[jar.Pair]bool{}
	for _, h := range s.holders {
		for _, c := range h.seen {
			if !c.Ours {
				foreign[jar.Pair{Name: c.Name, Value: c.Value}] = true
			}
		}
	}
	if len(foreign) == 0 {
		return pairs
	}
	list := strings.Split(pairs, ";")
	for i, text := range list {
		for _, p := range jar.Pairs(text) {
			if foreign[p] {
				list[i] = strings.TrimSuffix(text, p.Value) + veiled(p.Value)
			}
		}
	}
	return strings.Join(list, ";")
}

func veiled(value string) string { return strings.Repeat("•", min(8, max(1, len(value)))) }

const unknown = "unknown"

// card is one cookie: the contract's attributes, and the chips that explain them.
func (s scene) card(c jar.Seen) templates.CookieCard {
	tri := func(f jar.Fact, v bool) string {
		if !c.Knows(f) {
			return unknown
		}
		return strconv.FormatBool(v)
	}
	known := func(f jar.Fact, v string) string {
		if !c.Knows(f) {
			return unknown
		}
		return v
	}
	expires := "session"
	if c.Expires != nil {
		expires = c.Expires.Add(c.Clock).UTC().Format(time.RFC3339)
	}
	card := templates.CookieCard{
		Name: c.Name, Value: c.Value,
		Domain: known(jar.FactScope, c.Domain), HostOnly: tri(jar.FactScope, c.HostOnly),
		Path: known(jar.FactPath, c.Path), Expires: known(jar.FactExpires, expires),
		Secure: tri(jar.FactSecure, c.Secure), HTTPOnly: tri(jar.FactHTTPOnly, c.HTTPOnly),
		SameSite: known(jar.FactSameSite, c.SameSite), Partitioned: tri(jar.FactPartitioned, c.Partitioned),
		Shown: shorten(c.Value, 60), Chips: s.chips(c), Tools: s.world,
	}
	if c.Name == session.CookieName && utf8.RuneCountInString(c.Value) > 8 {
		card.Mark = keyMark(c.Value)
	}
	if decoded, err := url.PathUnescape(c.Value); err == nil && decoded != c.Value && utf8.ValidString(decoded) {
		card.Decoded = shorten(decoded, 60)
	}
	if !c.Ours && !s.world {
		card.Masked = card.Mark == nil
		if card.Masked {
			card.Shown, card.Decoded = veiled(c.Value), ""
		}
	}
	card.Doubts = s.doubts(c)
	return card
}

func (s scene) chips(c jar.Seen) []templates.Chip {
	var chips []templates.Chip
	add := func(kind, key string, pairs ...string) {
		chips = append(chips, templates.Chip{Kind: kind, Text: s.t("chip."+key, pairs...), Help: s.t("help."+key, pairs...)})
	}
	var dim []string
	doubt := func(f jar.Fact, name string) bool {
		if !c.Knows(f) {
			dim = append(dim, name)
			return true
		}
		return false
	}
	if !doubt(jar.FactExpires, "Expires") {
		if c.Expires == nil {
			add("life", "session")
		} else {
			chips = append(chips, templates.Chip{
				Kind: "life", Text: s.left(c.Expires.Sub(s.now)), Until: c.Expires.UTC().Format(time.RFC3339Nano),
				Help: s.t("help.expires", "when", s.moment(*c.Expires)),
			})
		}
	}
	if !doubt(jar.FactHTTPOnly, "HttpOnly") && c.HTTPOnly {
		add("http-only", "http-only")
	}
	if !doubt(jar.FactSecure, "Secure") && c.Secure {
		add("secure", "secure")
	}
	if !doubt(jar.FactSameSite, "SameSite") {
		switch c.SameSite {
		case "":
			add("same-site", "samesite-unset")
		default:
			add("same-site", "samesite-"+strings.ToLower(c.SameSite))
		}
	}
	if !doubt(jar.FactPath, "Path") {
		add("path", "path", "path", c.Path)
	}
	if !doubt(jar.FactScope, "Domain") {
		if c.HostOnly {
			add("domain", "host-only", "host", c.Domain)
		} else {
			add("domain", "domain", "domain", c.Domain)
		}
	}
	if !doubt(jar.FactPartitioned, "Partitioned") && c.Partitioned {
		add("partitioned", "partitioned")
	}
	if len(dim) > 0 {
		chips = append(chips, templates.Chip{Kind: "unknown", Unknown: true,
			Text: s.t("chip.unknown", "names", strings.Join(dim, ", ")), Help: s.t("help.unknown", "names", strings.Join(dim, ", "))})
	}
	return chips
}

// glyphs and their colours make two keys that are side by side tell apart; the
// ends of the key are written beside them, so neither is the only cue.
var glyphs = []string{"◆", "▲", "●", "■", "★", "✚", "⬟", "▼"}

func keyMark(key string) *templates.KeyMark {
	h := fnv.New32a()
	h.Write([]byte(key))
	n := h.Sum32()
	return &templates.KeyMark{
		Short: world.Short(key),
		Glyph: glyphs[n%uint32(len(glyphs))],
		Class: fmt.Sprintf("k%d", n/uint32(len(glyphs))%6),
	}
}

func shorten(text string, most int) string { return templates.Shorten(text, most) }

// --- wire

func (s scene) wire() templates.WirePanel {
	p := templates.WirePanel{Silent: s.world}
	if n := len(s.exchanges); n > 0 {
		p.Count = s.t("wire.count", "n", strconv.Itoa(n))
	}
	for i, e := range s.exchanges {
		view := s.exchange(e)
		view.Open = i == len(s.exchanges)-1
		if i < len(s.by) {
			view.Browser = s.by[i]
		}
		if i < len(s.verdicts) {
			for _, n := range s.verdicts[i] {
				view.Verdicts = append(view.Verdicts, noteView(n))
			}
		}
		p.Exchanges = append(p.Exchanges, view)
	}
	return p
}

// exchange writes an exchange out as it went over the wire. What teaches is in
// sight; the other headers are folded away.
func (s scene) exchange(e world.Exchange) templates.ExchangeView {
	target := e.Request.URL
	if u, err := url.Parse(e.Request.URL); err == nil {
		target = u.RequestURI()
	}
	view := templates.ExchangeView{
		ID:    e.ID,
		Title: fmt.Sprintf("%s %s → %d", e.Request.Method, shorten(target, 48), e.Response.Status),
		Request: templates.MessageView{
			First: fmt.Sprintf("%s %s HTTP/1.1", e.Request.Method, target),
			Empty: s.t("wire.no-cookie"),
		},
		Response: templates.MessageView{
			First: fmt.Sprintf("HTTP/1.1 %d %s", e.Response.Status, http.StatusText(e.Response.Status)),
			Body:  e.Response.Body, Status: "ok", Empty: s.t("wire.no-set-cookie"),
		},
	}
	if e.Response.Status >= 400 {
		view.Response.Status = "error"
	}
	if e.Response.Status == 0 {
		view.Title = fmt.Sprintf("%s %s", e.Request.Method, shorten(target, 48))
		view.Response = templates.MessageView{Empty: s.t("wire.not-asked")}
	}
	if e.Request.Body != nil {
		view.Request.Body = *e.Request.Body
	}
	for _, h := range e.Request.Headers {
		switch h[0] {
		case "Cookie":
			view.Request.Empty = ""
			view.Request.Lines = append(view.Request.Lines, templates.HeaderLine{Name: h[0], Pieces: cookiePieces(s.veil(h[1]))})
		case "Host", "Origin":
			view.Request.Lines = append(view.Request.Lines, plainHeader(h))
		default:
			view.Request.Others = append(view.Request.Others, plainHeader(h))
		}
	}
	for _, h := range e.Response.Headers {
		switch h[0] {
		case "Set-Cookie":
			view.Response.Empty = ""
			view.Response.Lines = append(view.Response.Lines, templates.HeaderLine{Name: h[0], Pieces: setCookiePieces(h[1])})
		case "Vary", "Location", "Allow":
			view.Response.Lines = append(view.Response.Lines, plainHeader(h))
		default:
			view.Response.Others = append(view.Response.Others, plainHeader(h))
		}
	}
	return view
}

func plainHeader(h [2]string) templates.HeaderLine {
	return templates.HeaderLine{Name: h[0], Pieces: []templates.Piece{{Text: h[1]}}}
}

func cookiePieces(header string) []templates.Piece {
	var pieces []templates.Piece
	for i, pair := range strings.Split(header, ";") {
		if i > 0 {
			pieces = append(pieces, templates.Piece{Class: "soft-piece", Text: "; "})
		}
		pieces = append(pieces, pairPiece(strings.TrimSpace(pair), "pair-piece"))
	}
	return pieces
}

func setCookiePieces(line string) []templates.Piece {
	pair, attributes, found := strings.Cut(line, ";")
	pieces := []templates.Piece{pairPiece(pair, "set-piece")}
	if found {
		for attribute := range strings.SplitSeq(attributes, ";") {
			pieces = append(pieces, templates.Piece{Class: "soft-piece", Text: "; "},
				templates.Piece{Class: "attr-piece", Text: strings.TrimSpace(attribute)})
		}
	}
	return pieces
}

// pairPiece is a name and its value. A session's key is shown by its ends and
// with the colour that it has in jar and row.
func pairPiece(pair, class string) templates.Piece {
	name, value, _ := strings.Cut(pair, "=")
	if name == session.CookieName && utf8.RuneCountInString(value) > 8 {
		mark := keyMark(value)
		return templates.Piece{Class: class + " key " + mark.Class, Text: name + "=" + mark.Glyph + mark.Short}
	}
	return templates.Piece{Class: class, Text: shorten(pair, 300)}
}

// --- server

func (s scene) server() templates.ServerPanel {
	p := templates.ServerPanel{}
	total := len(s.rows) + s.others
	switch {
	case s.others == uncounted:
	case total == 1:
		p.Count = s.t("server.count.one")
	default:
		p.Count = s.t("server.count", "n", strconv.Itoa(total))
	}
	for _, row := range s.rows {
		p.Rows = append(p.Rows, s.row(row))
	}
	switch {
	case len(s.rows) > 0:
	case s.world:
		p.Empty = s.t("server.empty.world")
	case s.model:
		p.Empty = s.t("server.empty.model")
	default:
		p.Empty = s.t("server.empty")
	}
	switch {
	case s.others == 1:
		p.Others = s.t("server.others.one")
	case s.others > 1:
		p.Others = s.t("server.others", "n", strconv.Itoa(s.others))
	}
	return p
}

func (s scene) row(row session.Row) templates.RowCard {
	card := templates.RowCard{
		Key: row.Key, Mark: keyMark(row.Key),
		Expires: row.Expires.UTC().Format(time.RFC3339), Until: row.Expires.UTC().Format(time.RFC3339),
		When: s.moment(row.Expires), Expired: !row.Expires.After(s.now),
	}
	entries, ok := row.Entries()
	card.Damaged = !ok
	for _, e := range entries {
		card.Entries = append(card.Entries, templates.EntryView{
			Key: e.Key, Value: jsonText(e.Value()), Own: strings.HasPrefix(e.Key, "_"),
		})
	}
	var names []string
	for _, h := range s.holders {
		if slices.ContainsFunc(h.seen, func(c jar.Seen) bool { return c.Name == session.CookieName && c.Value == row.Key }) {
			names = append(names, h.name)
		}
	}
	switch {
	case len(names) > 0 && s.world:
		card.Holders = s.t("row.holder", "names", strings.Join(names, s.t("and")))
	case len(names) > 0:
		card.Holders = s.t("row.holder.you")
	case s.world:
		card.Holders = s.t("row.holder.none")
	}
	return card
}

// jsonText writes a value as JSON, with Chinese and < as they are.
func jsonText(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}
