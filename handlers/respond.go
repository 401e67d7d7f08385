package handlers

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// readBody reads the body of a request that must be of one type, whatever parameters
// the type has, and of at most so many octets. Its error is echo.ErrUnsupportedMediaType,
// echo.ErrStatusRequestEntityTooLarge or, where the body did not arrive whole,
// echo.ErrBadRequest.
func readBody(r *http.Request, kind string, most int64) ([]byte, error) {
	if given, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || given != kind {
		return nil, echo.ErrUnsupportedMediaType
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		return nil, echo.ErrBadRequest
	}
	if int64(len(body)) > most {
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20) // or the sender may not get to read the answer
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	return body, nil
}

// sendJSON answers in JSON, with < and & as they are.
func sendJSON(c echo.Context, status int, value any) error {
	var body strings.Builder
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	return c.Blob(status, echo.MIMEApplicationJSON, []byte(body.String()))
}
