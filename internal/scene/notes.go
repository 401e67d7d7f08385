package scene

import (
	"cookielab/internal/world"
	"cookielab/templates"
)

// Tell returns a note's text. A browser is called by its name, or is the reader's own.
func Tell(lang string, n world.Note) string {
	browser := templates.Text(lang, "note.browser", nil)
	if n.Browser != "" {
		browser = templates.Text(lang, "note.browser.named", map[string]string{"name": n.Browser})
	}
	vars := map[string]string{"browser": browser}
	for name, value := range n.Vars {
		vars[name] = value
	}
	names := n.Messages()
	for _, name := range names {
		if _, ok := templates.Lookup(lang, name); ok {
			return templates.Text(lang, name, vars)
		}
	}
	return names[0] // a missing message, which the tests would find
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
