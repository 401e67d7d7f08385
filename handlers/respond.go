package handlers

import (
	"bytes"
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

// statuses are the HTTP statuses of errors of other packages.
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

// statusOf returns the status for an error: that of an echo.HTTPError, or that in
// statuses, or 500.
func statusOf(err error) int {
	var carried *echo.HTTPError
	if errors.As(err, &carried) {
		return carried.Code
	}
	if errors.As(err, new(*world.ScriptError)) {
		return http.StatusBadRequest
	}
	var refused refusal
	if errors.As(err, &refused) {
		return refused.status
	}
	for _, row := range statuses {
		if errors.Is(err, row.err) {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

// refusal is an error whose text is sent to a program.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

// apiError is the answer to a program's invalid request (contract, sections 3 and 4).
// Action is the index of the invalid action, if the error is in one.
type apiError struct {
	Error  string `json:"error"`
	Action *int   `json:"action,omitempty"`
}

// inJSON answers errors in what a program sent with one line of JSON. what names the
// thing sent. Errors that are not about it are returned unchanged.
func inJSON(what string, h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := h(c)
		var wrong *world.ScriptError
		var refused refusal
		told := apiError{}
		switch {
		case err == nil:
			return nil
		case errors.As(err, &wrong):
			told.Error = wrong.Error()
			if wrong.Action >= 0 {
				told.Action = &wrong.Action
			}
		case errors.As(err, &refused), errors.Is(err, world.ErrTooLarge):
			told.Error = err.Error()
		case errors.Is(err, echo.ErrUnsupportedMediaType):
			told.Error = "a " + what + " is sent as application/json"
		case errors.Is(err, echo.ErrStatusRequestEntityTooLarge):
			told.Error = "a " + what + " has at most 64 KiB"
		case errors.Is(err, echo.ErrBadRequest):
			told.Error = "the " + what + " did not arrive"
		default:
			return err
		}
		return sendJSON(c, statusOf(err), told)
	}
}

// readBody reads the body of a request with the Content-Type kind, ignoring its
// parameters, and of at most so many octets. The errors are echo.ErrUnsupportedMediaType,
// echo.ErrStatusRequestEntityTooLarge and, if the body is incomplete, echo.ErrBadRequest.
func readBody(r *http.Request, kind string, most int64) ([]byte, error) {
	if given, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || given != kind {
		return nil, echo.ErrUnsupportedMediaType
	}
	var buffer bytes.Buffer
	buffer.Grow(int(min(max(r.ContentLength, 0), most)) + bytes.MinRead)
	_, err := buffer.ReadFrom(io.LimitReader(r.Body, most+1))
	if err != nil {
		return nil, echo.ErrBadRequest
	}
	body := buffer.Bytes()
	if int64(len(body)) > most {
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20) // otherwise the client may not read the answer
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	return body, nil
}

// sendJSON answers in JSON without escaping < and &.
func sendJSON(c echo.Context, status int, value any) error {
	var body strings.Builder
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	return c.Blob(status, echo.MIMEApplicationJSON, []byte(body.String()))
}
