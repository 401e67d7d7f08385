package handlers

import (
	"time"

	"cookielab/templates"
)

// words speaks one language.
type words string

func (w words) t(key string, pairs ...string) string { return templates.Words(w).T(key, pairs...) }
func (w words) moment(t time.Time) string            { return templates.Words(w).Moment(t) }

func shorten(text string, most int) string { return templates.Shorten(text, most) }
