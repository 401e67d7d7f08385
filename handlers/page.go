package handlers

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cookielab/internal/demo"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// pathLanguage returns the language at the beginning of the path, or else the one that
// the browser prefers.
func pathLanguage(c echo.Context) string {
	for _, lang := range templates.Languages {
		if strings.HasPrefix(c.Request().URL.Path, "/"+lang+"/") {
			return lang
		}
	}
	return templates.Preferred(c.Request().Header.Get("Accept-Language"))
}

// suggested are the addresses that the time machine suggests.
var suggested = demo.Addresses()

// page returns the data that every page has.
func (a *app) page(c echo.Context, lang, title, section string) templates.Page {
	p := templates.Page{Lang: lang, Title: title, Section: section, Suggested: suggested}
	for _, code := range templates.Languages {
		p.Languages = append(p.Languages, templates.Language{
			Code: code, Name: templates.Text(code, "language", nil),
			URL: inLanguage(c, code), Current: code == lang,
		})
	}
	return p
}

// carried are the query parameters that are kept when the language changes.
var carried = []string{"path", "seed", "stage", "step", "task"}

// inLanguage returns the address of this page in another language.
func inLanguage(c echo.Context, lang string) string {
	u := c.Request().URL
	for _, code := range templates.Languages {
		if rest, ok := strings.CutPrefix(u.Path, "/"+code+"/"); ok {
			address, query := "/"+lang+"/"+rest, url.Values{}
			for _, name := range carried {
				if value := u.Query().Get(name); value != "" {
					query.Set(name, value)
				}
			}
			if len(query) > 0 {
				address += "?" + query.Encode()
			}
			return address
		}
	}
	return "/" + lang + "/"
}

func (a *app) render(c echo.Context, status int, lang, page string, data any) error {
	html, err := a.whole(lang, page, data)
	if err != nil {
		return err
	}
	return sendHTML(c, status, html)
}

// whole draws a whole page.
func (a *app) whole(lang, page string, data any) (string, error) {
	var b strings.Builder
	err := a.Pages.Render(&b, lang, page, data)
	return b.String(), err
}

// sendHTML sends a page, in pieces as they are. Its length is known: nothing has to be
// chunked.
func sendHTML(c echo.Context, status int, pieces ...string) error {
	length := 0
	for _, piece := range pieces {
		length += len(piece)
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	h.Set(echo.HeaderContentLength, strconv.Itoa(length))
	c.Response().WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	for _, piece := range pieces {
		if _, err := io.WriteString(c.Response(), piece); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) part(lang, page, part string, data any) (string, error) {
	var b strings.Builder
	err := a.Pages.Part(&b, lang, page, part, data)
	return b.String(), err
}
