package handlers

import (
	"net/http"

	"cookielab/internal/explain"
	"cookielab/internal/jar"

	"github.com/labstack/echo/v4"
)

// apiJar answers a jar.Question in JSON. It does not use the clock or the store: the same
// question always has the same answer.
func (a *app) apiJar(c echo.Context) error {
	text, err := readBody(c.Request(), echo.MIMEApplicationJSON, maxBody)
	if err != nil {
		return err
	}
	leave, err := a.work.enter(c)
	if err != nil {
		return err
	}
	defer leave()
	q, err := explain.ReadQuestion(text)
	if err != nil {
		return refusal{http.StatusBadRequest, err.Error()}
	}
	answer, err := jar.Explain(q)
	if err != nil {
		return refusal{http.StatusBadRequest, err.Error()}
	}
	return sendJSON(c, http.StatusOK, explain.InWords(q, answer))
}
