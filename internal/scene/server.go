package scene

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

func (s scene) server() templates.ServerPanel {
	p := templates.ServerPanel{}
	others, counted := s.frame.Server.Others()
	switch total := len(s.frame.Server.Rows) + others; {
	case !counted && s.frame.Observed() && !s.model:
	case total == 1:
		p.Count = s.T("server.count.one")
	default:
		p.Count = s.T("server.count", "n", strconv.Itoa(total))
	}
	drawn := min(len(s.frame.Server.Rows), s.most.Rows)
	for _, row := range s.frame.Server.Rows[:drawn] {
		p.Rows = append(p.Rows, s.row(row))
	}
	p.More = s.more("server.left", len(s.frame.Server.Rows)-drawn)
	switch {
	case len(s.frame.Server.Rows) > 0:
	case s.played:
		p.Empty = s.T("server.empty.world")
	case s.model:
		p.Empty = s.T("server.empty.model")
	default:
		p.Empty = s.T("server.empty")
	}
	switch {
	case others == 1:
		p.Others = s.T("server.others.one")
	case others > 1:
		p.Others = s.T("server.others", "n", strconv.Itoa(others))
	}
	return p
}

func (s scene) row(row session.Row) templates.RowCard {
	card := templates.RowCard{
		Key: row.Key, Badge: keyBadge(row.Key),
		Expires: row.Expires.UTC().Format(time.RFC3339), Until: row.Expires.UTC().Format(time.RFC3339),
		When: s.Moment(row.Expires), Expired: !row.Expires.After(s.frame.At),
	}
	entries, ok := row.Entries()
	card.Damaged = !ok
	for _, e := range entries {
		card.Entries = append(card.Entries, templates.EntryView{
			Key: e.Key, Value: JSONText(e.Value()), Own: strings.HasPrefix(e.Key, "_"),
		})
	}
	var names []string
	for _, b := range s.browsers {
		if slices.ContainsFunc(b.seen, func(c world.Seen) bool { return c.Name == session.CookieName && c.Value == row.Key }) {
			names = append(names, b.name)
		}
	}
	switch {
	case len(names) > 0 && s.played:
		card.Holders = s.T("row.holder", "names", strings.Join(names, s.T("and")))
	case len(names) > 0:
		card.Holders = s.T("row.holder.you")
	case s.played:
		card.Holders = s.T("row.holder.none")
	}
	return card
}

// JSONText encodes a value as JSON without escaping Chinese characters or <.
func JSONText(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}
