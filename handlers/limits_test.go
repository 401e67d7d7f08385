package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// posted returns the context of a POST request with a body.
func posted(ctx context.Context, body io.Reader) echo.Context {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/en/lab", body)
	r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	return echo.New().NewContext(r, httptest.NewRecorder())
}

// occupy takes a place for another request.
func occupy(t *testing.T, p places) {
	t.Helper()
	if _, err := p.enter(posted(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
}

func TestAPlaceIsGivenBackWhenTheAnswerBegins(t *testing.T) {
	p := newPlaces(1)
	c := posted(t.Context(), nil)
	leave, err := p.enter(c)
	if err != nil || p.Free() != 0 {
		t.Fatalf("enter = %v, %d free; want none", err, p.Free())
	}
	if err := c.String(http.StatusOK, "an answer"); err != nil || p.Free() != 1 {
		t.Errorf("when the answer has begun %d places are free, want one; %v", p.Free(), err)
	}
	occupy(t, p) // by another request
	leave()
	if p.Free() != 0 {
		t.Error("a place is given back twice")
	}
}

func TestNobodyWaitsForAPlaceWhoseReaderHasLeft(t *testing.T) {
	p := newPlaces(1)
	occupy(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.enter(posted(ctx, nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("enter = %v, want that the request is over", err)
	}
}

// A slow report takes a place only after it was read.
func TestASlowReportKeepsNobodyWaiting(t *testing.T) {
	a := &app{work: newPlaces(1), bodies: make(semaphore, 1)}
	body, sender := io.Pipe()
	worked := make(chan string, 1)
	handler := a.report(func(_ echo.Context, rep report) error {
		worked <- rep.Guess
		return nil
	})
	done := make(chan error, 1)
	go func() { done <- handler(posted(t.Context(), body)) }()
	if _, err := io.WriteString(sender, `{"guess":`); err != nil {
		t.Fatal(err)
	}
	if a.work.Free() != 1 {
		t.Error("a report that is still under way has a place")
	}
	if err := handler(posted(t.Context(), strings.NewReader(`{"guess":"a"}`))); err != nil || <-worked != "a" {
		t.Errorf("a report beside it ends with %v", err)
	}
	err := handler(posted(t.Context(), struct{ io.Reader }{strings.NewReader(`{}`)}))
	if statusOf(err) != http.StatusServiceUnavailable {
		t.Errorf("a second body of unknown length ends with %v, want that it waits its turn", err)
	}
	if _, err := io.WriteString(sender, `"b"}`); err != nil {
		t.Fatal(err)
	}
	sender.Close()
	if err := <-done; err != nil || <-worked != "b" {
		t.Errorf("the slow report ends with %v", err)
	}
}

// What costs much waits for a place, and what costs little does not.
func TestAPageOfManyCookiesWaitsForAPlace(t *testing.T) {
	a := &app{work: newPlaces(1)}
	inside := -1
	page := a.bulky(func(c echo.Context) error {
		inside = 1 - a.work.Free()
		if inside == 0 {
			return nil
		}
		leave, err := newPlays(a.work).enter(c) // it has one, and there is no second
		if err == nil {
			leave()
		}
		return err
	})
	for cookies, want := range map[string]int{"": 0, "a=1": 0, strings.Repeat("a;", smallHeader): 1} {
		c := posted(t.Context(), nil)
		c.Request().Header.Set("Cookie", cookies)
		if err := page(c); err != nil || inside != want || a.work.Free() != 1 {
			t.Errorf("a page with %d octets of cookies takes %d places, %v; want %d", len(cookies), inside, err, want)
		}
	}
}

func TestALongReportWaitsForAPlace(t *testing.T) {
	a := &app{work: newPlaces(1), bodies: make(semaphore, 1)}
	inside := -1
	handler := a.report(func(echo.Context, report) error {
		inside = 1 - a.work.Free()
		return nil
	})
	for name, test := range map[string]struct {
		body, cookies string
		want          int
	}{
		"short":             {`{}`, "a=1", 0},
		"long":              {`{}` + strings.Repeat(" ", smallReport), "", 1},
		"short, of cookies": {`{}`, strings.Repeat("a;", smallHeader), 1},
	} {
		c := posted(t.Context(), strings.NewReader(test.body))
		c.Request().Header.Set("Cookie", test.cookies)
		if err := handler(c); err != nil || inside != test.want || a.work.Free() != 1 {
			t.Errorf("a report, %s, takes %d places, %v; want %d", name, inside, err, test.want)
		}
	}
}
