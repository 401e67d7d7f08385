package handlers

import (
	"fmt"

	"cookielab/handlers/site"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// fail handles all errors: it chooses the status, logs server errors, and answers with a
// message in the reader's language.
func (a *app) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := statusOf(err)
	if status >= 500 && a.Log != nil {
		a.Log.Error("request failed", "id", c.Get(requestID), "method", c.Request().Method, "path", c.Request().URL.Path, "error", err.Error())
	}
	protect(c)
	lang := pathLanguage(c)
	key := fmt.Sprintf("error.%d", status)
	if _, ok := templates.Lookup(lang, key); !ok {
		key = "error.400"
		if status >= 500 {
			key = "error.500"
		}
	}
	words := templates.Text(lang, key+".text", nil)
	if !wantsPage(c) {
		_ = c.String(status, words+"\n")
		return
	}
	page := templates.Failure{Page: a.page(c, lang, templates.Text(lang, key, nil), ""), Status: status, Message: words}
	if err := a.render(c, status, lang, "error", page); err != nil && !c.Response().Committed {
		_ = c.String(status, words+"\n")
	}
}

// wantsPage reports whether the client is a browser that navigates.
func wantsPage(c echo.Context) bool {
	return site.PrefersHTML(c.Request().Header["Accept"])
}
