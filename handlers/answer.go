package handlers

import (
	"net/http"
	"strings"

	"cookielab/handlers/site"
	"cookielab/internal/scene"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// answerPage is the small page that a browser gets which navigates to a demo
// route: the words, the exchange, what it means for the step that it leads back to,
// and the way back. Its record lets the page's
// script enter the exchange in the ledger.
func (a *app) answerPage(c echo.Context, answer site.Answer, exchange world.Exchange, back string) error {
	w := templates.Words(answer.Lang)
	page := templates.Answer{
		Page:   a.page(c, answer.Lang, w.T("answer.title", "path", "/"+answer.Route), ""),
		Status: answer.Status, Reason: http.StatusText(answer.Status), OK: answer.Status < 400,
		Body: answer.Text, Exchange: scene.Exchange(w, exchange), Record: exchange, Back: back,
	}
	page.Exchange.Open = true
	if back == "" {
		page.Back = "/" + answer.Lang + "/lab"
	}
	a.tellStep(&page, exchange, answer.Rows)
	var body strings.Builder
	if err := a.Pages.Render(&body, answer.Lang, "answer", page); err != nil {
		return err
	}
	h := c.Response().Header()
	protect(c)
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(answer.Status)
	}
	return c.HTML(answer.Status, body.String())
}
