package handlers

import (
	"cookielab/handlers/site"
	"cookielab/lessons"
	"cookielab/templates"
	"strconv"
	"strings"
)

// goLines returns the code of functions of the site, separated by empty lines.
func goLines(names []string) []templates.CodeLine {
	var lines []templates.CodeLine
	for i, name := range names {
		if i > 0 {
			lines = append(lines, templates.CodeLine{})
		}
		text, _ := site.Source(name) // New has checked that it exists
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, templates.CodeLine{Text: strings.ReplaceAll(line, "\t", "    ")})
		}
	}
	return lines
}

// djangoTabs returns a step's Django views; several have titles with their addresses.
func djangoTabs(w templates.Words, lang string, views []lessons.View) []templates.CodeTab {
	var tabs []templates.CodeTab
	for i, view := range views {
		tab := templates.CodeTab{Name: "django", Title: w.T("code.django"), Lines: codeLines(view.Lines[lang])}
		if len(views) > 1 {
			tab.Title += " " + strings.TrimPrefix(view.Stands, "/")
		}
		if i > 0 {
			tab.Name += "-" + strconv.Itoa(i+1)
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

func codeLines(lines []lessons.CodeLine) []templates.CodeLine {
	var out []templates.CodeLine
	for _, l := range lines {
		out = append(out, templates.CodeLine(l))
	}
	return out
}

// examCode returns the code that a question is about: the view of the step's last visit.
func examCode(lang string, step *lessons.Step) []templates.CodeLine {
	if len(step.Django) == 0 {
		return nil
	}
	return codeLines(step.Django[0].Lines[lang])
}
