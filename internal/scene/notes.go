package scene

import (
	"strconv"

	"cookielab/internal/world"
	"cookielab/templates"
)

// Tell returns a note's text. A browser is called by its name, or is the reader's own.
func Tell(lang string, n world.Note) string {
	value := func(name string) (value string, known bool) {
		switch value, known = n.Vars.Get(name); {
		case known || name != "browser":
			return value, known
		case n.Browser == "":
			return templates.Text(lang, "note.browser", nil), true
		default:
			return templates.Text(lang, "note.browser.named", map[string]string{"name": n.Browser}), true
		}
	}
	names := n.Messages()
	for _, name := range names {
		if _, ok := templates.Lookup(lang, name); ok {
			return templates.Fill(lang, name, value)
		}
	}
	return names[0] // a missing message, which the tests would find
}

// notes draws notes, each text once, and says how many more there are than are drawn.
func (s scene) notes(notes []world.Note) (views []templates.NoteView, more string) {
	told := map[string]bool{}
	for _, n := range notes {
		if told[n.Text] {
			continue
		}
		if told[n.Text] = true; len(told) <= s.most.Notes {
			views = append(views, noteView(n))
		}
	}
	return views, s.more("notes.left", len(told)-len(views))
}

// more returns the text that so many are not drawn, or "" for none.
func (s scene) more(key string, n int) string {
	if n == 0 {
		return ""
	}
	return s.T(key, "n", strconv.Itoa(n))
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
