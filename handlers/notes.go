package handlers

import (
	"html/template"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"cookielab/lessons"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// notes shows the page about the customer's syllabus, line by line.
func (a *app) notes(c echo.Context) error {
	lang := pathLanguage(c)
	page := templates.Notes{Page: a.page(c, lang, templates.Words(lang).T("notes.title"), "notes")}
	for _, l := range a.Lessons.Syllabus {
		page.Lines = append(page.Lines, templates.NoteLine{
			ID: l.ID, Anchor: noteAnchor(l.ID), Title: l.Title[lang], Quote: strings.TrimSpace(l.Quote), So: l.So[lang],
			Steps: stepLinks(lang, a.Lessons.Covering(l.ID)),
		})
	}
	return a.render(c, http.StatusOK, lang, "notes", page)
}

// noteAnchor returns the id of a line on that page.
func noteAnchor(line string) string { return "n-" + strings.ReplaceAll(line, " ", "-") }

// glossary shows the glossary.
func (a *app) glossary(c echo.Context) error {
	lang := pathLanguage(c)
	page := templates.Glossary{Page: a.page(c, lang, templates.Words(lang).T("glossary.title"), "glossary")}
	for _, t := range a.Lessons.Glossary {
		// What stands as code is of no other language than the program's.
		say := template.HTML(strings.ReplaceAll(string(t.Say[lang]), "<code>", `<code lang="en">`))
		page.Terms = append(page.Terms, templates.GlossaryTerm{
			TermView: termViews(lang, []lessons.Term{t})[0], Say: say, Steps: stepLinks(lang, a.Lessons.Showing(t.ID)),
		})
	}
	return a.render(c, http.StatusOK, lang, "glossary", page)
}

func stepLinks(lang string, steps []*lessons.Step) []templates.StepLink {
	var links []templates.StepLink
	for _, s := range steps {
		links = append(links, templates.StepLink{URL: s.URL(lang), Place: placeOf(lang, s), Title: s.Text[lang].Title})
	}
	return links
}

// placeOf returns a step's position as text for the beginning of a line.
func placeOf(lang string, s *lessons.Step) string {
	place := s.Place(lang)
	first, size := utf8.DecodeRuneInString(place)
	return string(unicode.ToUpper(first)) + place[size:]
}

// termViews returns terms with their names for a page.
func termViews(lang string, terms []lessons.Term) []templates.TermView {
	other := "en"
	if lang == other {
		other = "zh"
	}
	var views []templates.TermView
	for _, t := range terms {
		view := templates.TermView{ID: t.ID, Name: t.Name[lang]}
		if t.Name[other] != view.Name {
			view.Other, view.OtherLang = t.Name[other], other
		}
		views = append(views, view)
	}
	return views
}
