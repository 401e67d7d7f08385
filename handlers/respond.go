package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"cookielab/internal/class"
	"cookielab/internal/session"
	"cookielab/internal/take"
	"cookielab/internal/world"

	"github.com/labstack/echo/v4"
)

// statuses are the errors of the rooms that have a status of their own.
var statuses = []struct {
	err    error
	status int
}{
	{session.ErrUnavailable, http.StatusServiceUnavailable},
	{world.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{take.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{take.ErrMalformed, http.StatusBadRequest},
	{class.ErrNoRoom, http.StatusNotFound},
	{class.ErrNoFrame, http.StatusNotFound},
	{class.ErrOldFrame, http.StatusGone},
	{class.ErrSeat, http.StatusForbidden},
	{class.ErrOption, http.StatusBadRequest},
	{class.ErrStep, http.StatusConflict},
	{class.ErrNoStep, http.StatusConflict},
	{class.ErrFull, http.StatusTooManyRequests},
	{class.ErrRooms, http.StatusTooManyRequests},
	{class.ErrUnavailable, http.StatusServiceUnavailable},
}

// statusOf is the status that an error is answered with: the one that it carries, or
// that of its row, else 500.
func statusOf(err error) int {
	var carried *echo.HTTPError
	if errors.As(err, &carried) {
		return carried.Code
	}
	if errors.As(err, new(*world.ScriptError)) {
		return http.StatusBadRequest
	}
	for _, row := range statuses {
		if errors.Is(err, row.err) {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

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
