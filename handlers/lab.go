package handlers

import (
	"cmp"
	"net/http"

	"cookielab/internal/demo"
	"cookielab/internal/scene"
	"cookielab/internal/take"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// nothing is the script of a page without a step.
const nothing = `{"from":[],"do":[]}`

// lab shows the lab page: a button for every route, a field for every parameter.
func (a *app) lab(c echo.Context) error {
	lang := pathLanguage(c)
	o, err := a.observe(c, lang, nil)
	if err != nil {
		return err
	}
	page := templates.Lab{Page: a.page(c, lang, templates.Words(lang).T("lab.title"), "lab"), Groups: labGroups(lang), Script: nothing}
	page.Modes = true
	page.Live.Panels = scene.Panels(templates.Words(lang), o.frame)
	return a.render(c, http.StatusOK, lang, "lab", page)
}

// lookLab draws the panels of a page without a step (lab, home) from the page's report.
func (a *app) lookLab(c echo.Context, rep report) error {
	lang := pathLanguage(c)
	o, err := a.observe(c, lang, &rep.Report)
	if err != nil {
		return err
	}
	if err := a.publish(c, &rep.Report); err != nil {
		return err
	}
	live := templates.Live{Panels: scene.Panels(templates.Words(lang), o.frame)}
	live.Panels.Frame = take.Keep(o.frame)
	return a.fragments(c, o, lang, "lab", templates.Lab{Live: live}, "live")
}

// labGroups returns the ten routes by group, in the order of the lab.
func labGroups(lang string) []templates.ActionGroup {
	groups := make([]templates.ActionGroup, 0, len(demo.Groups))
	for _, name := range demo.Groups {
		group := templates.ActionGroup{Title: templates.Words(lang).T("lab." + string(name))}
		for _, r := range demo.Routes {
			if r.Group == name {
				group.Actions = append(group.Actions, labAction(r, "/"+lang+"/lab"))
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// labAction returns a route with a field for each of its parameters.
func labAction(r demo.Route, back string) templates.LabAction {
	action := templates.LabAction{Name: r.Name, Route: r.Path(), Django: r.Line(), Back: back}
	for _, p := range r.Params {
		field := templates.FormField{Name: p.Name, Label: p.Name, Value: cmp.Or(p.Default, p.Form), Hint: p.Hint, Rare: p.Rare}
		switch p.Kind {
		case demo.Flag:
			field.Kind = "check"
		case demo.Mode:
			field.Kind = "select"
			field.Options = []templates.Choice{{Text: "–", Selected: true}}
			for _, mode := range demo.Modes {
				field.Options = append(field.Options, templates.Choice{Value: mode, Text: mode})
			}
		}
		action.Fields = append(action.Fields, field)
		action.More = action.More || p.Rare
	}
	return action
}
