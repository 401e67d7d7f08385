package handlers

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// asked returns the answer of a handler, packed, and its context, to a request that
// accepts gzip or not.
func asked(t *testing.T, accepts string, h echo.HandlerFunc) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/en/lab", nil)
	r.Header.Set("Accept-Encoding", accepts)
	w := httptest.NewRecorder()
	e := echo.New()
	c := e.NewContext(r, w)
	if err := packed(h)(c); err != nil {
		c.Error(err)
	}
	return w.Result()
}

func TestAnAnswerIsPackedIfItIsWorthIt(t *testing.T) {
	for name, test := range map[string]struct {
		accepts, body string
		packed        bool
	}{
		"short":            {"gzip", "short", false},
		"long":             {"br, gzip", strings.Repeat("long ", 1000), true},
		"large":            {"gzip", strings.Repeat("large", 100_000), true},
		"no gzip accepted": {"br", strings.Repeat("long ", 1000), false},
	} {
		for pieces, h := range map[string]echo.HandlerFunc{
			"in one":        func(c echo.Context) error { return c.HTML(http.StatusTeapot, test.body) },
			"in two pieces": func(c echo.Context) error { return sendHTML(c, http.StatusTeapot, test.body[:3], test.body[3:]) },
		} {
			answer := asked(t, test.accepts, h)
			sent, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != http.StatusTeapot || answer.Header.Get("Vary") != "" {
				t.Errorf("%s, %s: %d, Vary %q, %v", name, pieces, answer.StatusCode, answer.Header.Get("Vary"), err)
			}
			if length := answer.Header.Get("Content-Length"); length != "" && length != strconv.Itoa(len(sent)) {
				t.Errorf("%s, %s: Content-Length %s of %d", name, pieces, length, len(sent))
			}
			body := sent
			if test.packed {
				z, err := gzip.NewReader(bytes.NewReader(sent))
				if err != nil || answer.Header.Get("Content-Encoding") != "gzip" {
					t.Errorf("%s, %s is not packed: %v", name, pieces, err)
					continue
				}
				if body, err = io.ReadAll(z); err != nil {
					t.Errorf("%s, %s: %v", name, pieces, err)
				}
			} else if encoding := answer.Header.Get("Content-Encoding"); encoding != "" {
				t.Errorf("%s, %s is packed with %s", name, pieces, encoding)
			}
			if string(body) != test.body {
				t.Errorf("%s, %s: %d octets arrive of %d", name, pieces, len(body), len(test.body))
			}
		}
	}
}

func TestAnAnswerWithoutBodyIsNotPacked(t *testing.T) {
	for want, h := range map[int]echo.HandlerFunc{
		http.StatusFound:     func(c echo.Context) error { return c.Redirect(http.StatusFound, "/en/") },
		http.StatusNoContent: func(c echo.Context) error { return c.NoContent(http.StatusNoContent) },
		http.StatusNotFound:  func(echo.Context) error { return echo.ErrNotFound },
		http.StatusOK: func(c echo.Context) error { // as to HEAD: the length would be that of the answer unpacked
			c.Response().Header().Set("Content-Length", "5000")
			return c.NoContent(http.StatusOK)
		},
	} {
		answer := asked(t, "gzip", h)
		if h := answer.Header; answer.StatusCode != want || h.Get("Content-Encoding") != "" || h.Get("Content-Length") == "5000" {
			t.Errorf("%d, %v; want %d", answer.StatusCode, h, want)
		}
	}
}

// The place of the work bounds compressing too, and is free before a reader can be slow.
func TestAPackedAnswerIsSentWithoutThePlaceOfItsWork(t *testing.T) {
	p := newPlaces(1)
	r := httptest.NewRequest(http.MethodGet, "/en/lab", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	sent := 0
	w := &watched{httptest.NewRecorder(), func() {
		if sent++; p.Free() != 1 {
			t.Error("the answer is sent while its work has a place")
		}
	}}
	err := packed(func(c echo.Context) error {
		leave, err := p.enter(c)
		if err != nil {
			return err
		}
		defer leave()
		err = c.HTML(http.StatusOK, strings.Repeat("long ", 1000))
		if p.Free() != 0 {
			t.Error("the answer is packed without a place")
		}
		return err
	})(echo.New().NewContext(r, w))
	if err != nil || sent != 1 {
		t.Errorf("%d writes, %v; want one", sent, err)
	}
}

// watched is an answer that tells when it is written to.
type watched struct {
	http.ResponseWriter
	tell func()
}

func (w *watched) Write(octets []byte) (int, error) {
	w.tell()
	return w.ResponseWriter.Write(octets)
}
