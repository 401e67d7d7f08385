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

// refusal is an error that tells a program in its own words why it is refused.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

// apiError is how a program is told what was wrong (contract, sections 3 and 4). Action
// is the index of the action that is wrong, where one is.
type apiError struct {
	Error  string `json:"error"`
	Action *int   `json:"action,omitempty"`
}

// inJSON answers what a program sent, and every refusal of it, as one line of JSON. What
// is the name of what was sent; an error that is nobody's refusal goes on as it is.
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

// readBody reads the body of a request that must be of one type, whatever parameters
// the type has, and of at most so many octets. Its error is echo.ErrUnsupportedMediaType,
// echo.ErrStatusRequestEntityTooLarge or, where the body did not arrive whole,
// echo.ErrBadRequest.
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
