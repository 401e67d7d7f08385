package scene

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

func (s scene) wire() templates.WirePanel {
	p := templates.WirePanel{Silent: s.played}
	if n := len(s.exchanges); n > 0 {
		p.Count = s.T("wire.count", "n", strconv.Itoa(n))
	}
	first := s.firstDrawn()
	p.More = s.more("wire.left", first)
	for i, e := range s.exchanges {
		if i < first {
			continue
		}
		view := s.exchange(e)
		view.Open = i == len(s.exchanges)-1
		view.Browser = s.frame.By(i)
		for _, n := range s.verdicts(i) {
			view.Verdicts = append(view.Verdicts, noteView(n))
		}
		p.Exchanges = append(p.Exchanges, view)
	}
	return p
}

// Exchange draws a single exchange.
func Exchange(w templates.Words, e world.Exchange) templates.ExchangeView {
	return scene{Words: w}.exchange(e)
}

// exchange draws an exchange as it was on the wire. The headers that matter here are
// visible, the others folded away.
func (s scene) exchange(e world.Exchange) templates.ExchangeView {
	target := e.Request.URL
	if u, err := url.Parse(e.Request.URL); err == nil {
		target = u.RequestURI()
	}
	view := templates.ExchangeView{
		ID:    e.ID,
		Title: fmt.Sprintf("%s %s → %d", e.Request.Method, templates.Shorten(target, 48), e.Response.Status),
		Request: templates.MessageView{
			First: fmt.Sprintf("%s %s HTTP/1.1", e.Request.Method, target),
			Empty: s.T("wire.no-cookie"),
		},
		Response: templates.MessageView{
			First: fmt.Sprintf("HTTP/1.1 %d %s", e.Response.Status, http.StatusText(e.Response.Status)),
			Body:  e.Response.Body, Status: "ok", Empty: s.T("wire.no-set-cookie"),
		},
	}
	if e.Response.Status >= 400 {
		view.Response.Status = "error"
	}
	if e.Response.Status == 0 {
		view.Title = fmt.Sprintf("%s %s", e.Request.Method, templates.Shorten(target, 48))
		view.Response = templates.MessageView{Empty: s.T("wire.not-asked")}
	}
	if e.Request.Body != nil {
		view.Request.Body = *e.Request.Body
	}
	for _, h := range e.Request.Headers {
		switch h[0] {
		case "Cookie":
			view.Request.Empty = ""
			view.Request.Lines = append(view.Request.Lines, templates.HeaderLine{Name: h[0], Pieces: CookiePieces(s.veil(h[1]))})
		case "Host", "Origin":
			view.Request.Lines = append(view.Request.Lines, PlainHeader(h))
		default:
			view.Request.Others = append(view.Request.Others, PlainHeader(h))
		}
	}
	for _, h := range e.Response.Headers {
		switch h[0] {
		case "Set-Cookie":
			view.Response.Empty = ""
			view.Response.Lines = append(view.Response.Lines, templates.HeaderLine{Name: h[0], Pieces: setCookiePieces(h[1])})
		case "Vary", "Location", "Allow":
			view.Response.Lines = append(view.Response.Lines, PlainHeader(h))
		default:
			view.Response.Others = append(view.Response.Others, PlainHeader(h))
		}
	}
	return view
}

// PlainHeader draws a header in one piece.
func PlainHeader(h [2]string) templates.HeaderLine {
	return templates.HeaderLine{Name: h[0], Pieces: []templates.Piece{{Text: h[1]}}}
}

// mostPieces is how many pairs or attributes of a line are drawn one by one.
const mostPieces = 60

// CookiePieces splits a Cookie header into its pairs. In a long one the last pairs are
// one piece, except the session cookie.
func CookiePieces(header string) []templates.Piece {
	var pieces []templates.Piece
	var rest strings.Builder
	flush := func() {
		if rest.Len() > 0 {
			pieces = append(pieces, templates.Piece{Class: "pair-piece", Text: rest.String()})
			rest.Reset()
		}
	}
	n := 0
	for pair := range strings.SplitSeq(header, ";") {
		piece := pairPiece(strings.TrimSpace(pair), "pair-piece")
		if n++; n > mostPieces && piece.Badge == nil {
			rest.WriteString("; " + piece.Text)
			continue
		}
		flush()
		if n > 1 {
			pieces = append(pieces, templates.Piece{Class: "soft-piece", Text: "; "})
		}
		pieces = append(pieces, piece)
	}
	flush()
	return pieces
}

func setCookiePieces(line string) []templates.Piece {
	pair, attributes, found := strings.Cut(line, ";")
	pieces := []templates.Piece{pairPiece(pair, "set-piece")}
	if found {
		for _, attribute := range strings.SplitN(attributes, ";", mostPieces) {
			pieces = append(pieces, templates.Piece{Class: "soft-piece", Text: "; "},
				templates.Piece{Class: "attr-piece", Text: strings.TrimSpace(attribute)})
		}
	}
	return pieces
}

// pairPiece draws a name and its value. Of a session key it shows the ends, in the colour
// that the key has in jar and row.
func pairPiece(pair, class string) templates.Piece {
	name, value, _ := strings.Cut(pair, "=")
	if name == session.CookieName && utf8.RuneCountInString(value) > 8 {
		badge := keyBadge(value)
		return templates.Piece{Class: class + " key " + badge.Class, Text: name + "=", Badge: badge}
	}
	return templates.Piece{Class: class, Text: templates.Shorten(pair, 300)}
}
