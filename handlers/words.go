package handlers

import (
	"cookielab/templates"
)

// words speaks one language.
type words string

func (w words) t(key string, pairs ...string) string { return templates.Words(w).T(key, pairs...) }

func shorten(text string, most int) string { return templates.Shorten(text, most) }
