package handlers

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"cookielab/internal/world"

	"github.com/labstack/echo/v4"
)

func TestABodyIsReadInOneWay(t *testing.T) {
	for name, test := range map[string]struct {
		kind, body string
		broken     bool
		want       error
	}{
		"whole":                {"application/json", "12345678", false, nil},
		"with a parameter":     {"application/json; charset=utf-8", "{}", false, nil},
		"empty":                {"application/json", "", false, nil},
		"no type":              {"", "{}", false, echo.ErrUnsupportedMediaType},
		"another type":         {"text/plain", "{}", false, echo.ErrUnsupportedMediaType},
		"a type that is alike": {"application/jsonp", "{}", false, echo.ErrUnsupportedMediaType},
		"one octet too many":   {"application/json", "123456789", false, echo.ErrStatusRequestEntityTooLarge},
		"cut off":              {"application/json", "1", true, echo.ErrBadRequest},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(test.body))
		if test.broken {
			r = httptest.NewRequest("POST", "/", iotest.ErrReader(errors.New("cut")))
		}
		r.Header.Set("Content-Type", test.kind)
		body, err := readBody(r, "application/json", 8)
		if !errors.Is(err, test.want) || err == nil && string(body) != test.body {
			t.Errorf("%s: %q, %v, want %v", name, body, err, test.want)
		}
	}
}

func TestAnErrorHasItsStatusHoweverItIsWrapped(t *testing.T) {
	for _, row := range statuses {
		if got := statusOf(fmt.Errorf("while drawing: %w", row.err)); got != row.status {
			t.Errorf("%v is answered with %d, want %d", row.err, got, row.status)
		}
	}
	for err, want := range map[error]int{
		fmt.Errorf("wrapped: %w", echo.ErrNotFound): 404, &world.ScriptError{Action: 1}: 400, errors.New("anything else"): 500,
	} {
		if got := statusOf(err); got != want {
			t.Errorf("%v is answered with %d, want %d", err, got, want)
		}
	}
}
