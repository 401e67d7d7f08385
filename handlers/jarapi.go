package handlers

import (
	"errors"
	"net/http"

	"cookielab/internal/explain"
	"cookielab/internal/jar"

	"github.com/labstack/echo/v4"
)

// apiJar answers a jar.Question in JSON. It reads neither clock nor store: the same
// question always has the same answer.
func apiJar(c echo.Context) error {
	refuse := func(status int, why string) error {
		return sendJSON(c, status, map[string]string{"error": why})
	}
	text, err := readBody(c.Request(), echo.MIMEApplicationJSON, maxBody)
	switch {
	case errors.Is(err, echo.ErrUnsupportedMediaType):
		return refuse(http.StatusUnsupportedMediaType, "a question is sent as application/json")
	case errors.Is(err, echo.ErrStatusRequestEntityTooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "a question has at most 64 KiB")
	case err != nil:
		return refuse(http.StatusBadRequest, "the question did not arrive")
	}
	q, err := explain.ReadQuestion(text)
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	answer, err := jar.Explain(q)
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	return sendJSON(c, http.StatusOK, explain.InWords(q, answer))
}
