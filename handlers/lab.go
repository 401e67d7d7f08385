package handlers

import (
	"net/http"

	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// lab is the page of free play: every route is a button, every parameter a field.
func (a *app) lab(c echo.Context) error {
	lang := pathLanguage(c)
	seen, err := a.look(c)
	if err != nil {
		return err
	}
	page := templates.Lab{Page: a.page(c, lang, words(lang).t("lab.title"), "lab"), Groups: labGroups(lang), Script: `{"from":[],"do":[]}`}
	page.Modes = true
	page.Live.Panels = a.liveScene(lang, reconcile(seen, nil), false).panels()
	return a.render(c, http.StatusOK, lang, "lab", page)
}

// lookLab draws the lab's panels from what the page reports.
func (a *app) lookLab(c echo.Context) error {
	rep, err := readReport(c)
	if err != nil {
		return err
	}
	seen, err := a.look(c)
	if err != nil {
		return err
	}
	lang := pathLanguage(c)
	o := reconcile(seen, &rep)
	live := templates.Live{Panels: a.liveScene(lang, o, true).panels()}
	return a.fragments(c, o, lang, "lab", templates.Lab{Live: live}, "live")
}

// labGroups are the ten routes in the order in which one meets them.
func labGroups(lang string) []templates.ActionGroup {
	w := words(lang)
	text := func(name, value, hint string) templates.FormField {
		return templates.FormField{Name: name, Label: name, Value: value, Hint: hint}
	}
	check := func(name string) templates.FormField {
		return templates.FormField{Name: name, Label: name, Kind: "check"}
	}
	sameSite := templates.FormField{Name: "samesite", Label: "samesite", Kind: "select", Options: []templates.Choice{
		{Value: "", Text: "–", Selected: true}, {Value: "Lax", Text: "Lax"}, {Value: "Strict", Text: "Strict"}, {Value: "None", Text: "None"},
	}}
	back := "/" + lang + "/lab"
	action := func(name, django string, fields ...templates.FormField) templates.LabAction {
		return templates.LabAction{Name: name, Route: "/" + name, Django: django, Fields: fields, Back: back}
	}
	set := action("set_cookie", "response.set_cookie('num', 1)", text("name", "num", ""), text("value", "1", ""), text("max_age", "", "60"),
		text("expires", "", "Wed, 09 Dec 2026 …"), text("path", "/", ""), text("domain", "", "localhost"), sameSite,
		check("secure"), check("httponly"), check("partitioned"))
	return []templates.ActionGroup{
		{Title: w.t("lab.cookie"), Actions: []templates.LabAction{
			set,
			action("get_cookie", "request.COOKIES['num']", text("name", "num", ""), check("safe")),
			action("delete_cookie", "response.delete_cookie('num')", text("name", "num", ""), text("path", "/", ""), text("domain", "", ""), check("secure"), check("partitioned")),
		}},
		{Title: w.t("lab.session"), Actions: []templates.LabAction{
			action("set_session", "request.session['username'] = 'fan'", text("username", "fan", ""), text("age", "18", "")),
			action("get_session", "request.session['username']", text("key", "", "username")),
		}},
		{Title: w.t("lab.clear"), Actions: []templates.LabAction{
			action("del", "del request.session['age']", text("key", "age", "")),
			action("clear", "request.session.clear()"),
			action("flush", "request.session.flush()"),
		}},
		{Title: w.t("lab.expiry"), Actions: []templates.LabAction{
			action("set_expiry", "request.session.set_expiry(value)", text("value", "60", "0 / None")),
			action("cycle_key", "request.session.cycle_key()"),
		}},
	}
}
