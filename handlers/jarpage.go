package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cookielab/internal/explain"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// cookiePage explains a Set-Cookie line: at first the one that stands there.
func (a *app) cookiePage(c echo.Context) error {
	return a.drawCookie(c, http.StatusOK, explain.Opening(), "")
}

// lookCookie explains the line that the form sends. The question is in the body,
// so that no log has it.
func (a *app) lookCookie(c echo.Context) error {
	form, err := readForm(c)
	if errors.Is(err, echo.ErrStatusRequestEntityTooLarge) {
		return a.drawCookie(c, http.StatusRequestEntityTooLarge, explain.Opening(), "jar.problem.large")
	}
	if err != nil {
		return err
	}
	leave, err := a.work.enter(c)
	if err != nil {
		return err
	}
	defer leave()
	if q, found := explain.Example(form.Get("example")); found {
		return a.drawCookie(c, http.StatusOK, q, "")
	}
	q := explain.Question{
		Lines: form.Get("lines"), URL: form.Get("url"), SetKind: form.Get("set_kind"), SetFrom: form.Get("set_from"),
		Next: form.Get("next"), Kind: form.Get("kind"), From: form.Get("from"), Wait: form.Get("wait"),
	}
	if n, err := strconv.Atoi(form.Get("repair")); err == nil {
		if repairs := explain.Explain(templates.Words(pathLanguage(c)), a.Now(), q).Repairs; n >= 0 && n < len(repairs) {
			q = repairs[n]
		}
	}
	return a.drawCookie(c, http.StatusOK, q, "")
}

// maxBody is how much a question may hold, in octets.
const maxBody = 64 << 10

// readForm reads a urlencoded form.
func readForm(c echo.Context) (url.Values, error) {
	body, err := readBody(c.Request(), echo.MIMEApplicationForm, maxBody)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, echo.ErrBadRequest
	}
	return form, nil
}

// drawCookie draws the page, or only its answer for the page's script.
func (a *app) drawCookie(c echo.Context, status int, q explain.Question, problem string) error {
	lang := pathLanguage(c)
	w := templates.Words(lang)
	page := templates.CookiePage{Answer: explain.Explain(w, a.Now(), q).View}
	if problem != "" {
		page.Answer = templates.CookieAnswer{Problem: w.T(problem)}
	}
	if c.Request().Header.Get("X-Fragment") == "answer" {
		var body strings.Builder
		if err := a.Pages.Part(&body, lang, "cookie", "answer", page.Answer); err != nil {
			return err
		}
		return c.HTML(status, body.String())
	}
	page.Page = a.page(c, lang, w.T("jar.title"), "cookie")
	page.Ask, page.Examples = explain.Form(w, q), explain.Examples(w)
	return a.render(c, status, lang, "cookie", page)
}
