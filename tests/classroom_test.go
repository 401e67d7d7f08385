package tests

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cookielab/handlers"
	"cookielab/internal/class"
)

// classroom is the application with a room, as its instructor uses it over HTTP.
type classroom struct {
	*rig
	hall      *class.Hall
	code, key string
	storage   class.Storage
}

// openRoom starts the application with a room in it.
func openRoom(t *testing.T, changes ...func(*handlers.Deps)) *classroom {
	t.Helper()
	l := &classroom{storage: class.NewMemory()}
	l.rig = site(t, append(changes, func(d *handlers.Deps) {
		d.Class = l.newHall(t, *d)
	})...)
	l.hall = nil
	return l
}

func (l *classroom) newHall(t *testing.T, d handlers.Deps) *class.Hall {
	t.Helper()
	d.Rand = rand.NewChaCha8([32]byte{7})
	hall, err := handlers.NewHall(d, l.storage)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hall.Close)
	if l.code, l.key, err = hall.Reopen(t.Context()); err != nil {
		t.Fatal(err)
	}
	return hall
}

func (l *classroom) api(path string) string { return "/api/class/" + l.code + path }

// sends are the headers of a request with a JSON body.
var sends = []string{"Content-Type", "application/json"}

// drives are the headers of a request of the driver.
func (l *classroom) drives() []string { return append(sends, "Authorization", "Bearer "+l.key) }

func (l *classroom) drive(body string) answer {
	l.t.Helper()
	return l.visitor().ask(http.MethodPost, l.api("/drive"), body, l.drives()...)
}

// moved drives, and returns the moment.
func (l *classroom) moved(body string) class.Moment {
	l.t.Helper()
	return decoded[class.Moment](l.t, l.drive(body))
}

func decoded[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status >= 300 {
		t.Fatalf("%s answers %d %q: %v", a.url, a.status, a.body, err)
	}
	return v
}

func (l *classroom) state() class.State {
	l.t.Helper()
	return decoded[class.State](l.t, l.visitor().get(l.api("/state"), l.drives()...))
}

// A student is a browser with a seat.
type student struct {
	*visitor
	seat string
}

func (l *classroom) student() student {
	l.t.Helper()
	v := l.visitor()
	a := v.ask(http.MethodPost, l.api("/seat"), "{}", sends...)
	got := decoded[struct{ Seat string }](l.t, a)
	if a.status != http.StatusCreated || len(got.Seat) < 22 {
		l.t.Fatalf("a seat is answered with %d %q", a.status, a.body)
	}
	return student{v, got.Seat}
}

func (s student) post(path, body string) int {
	s.t.Helper()
	return s.ask(http.MethodPost, path, body, append(sends, "X-Seat", s.seat)...).status
}

// A follower reads a room's stream.
type follower struct {
	t      *testing.T
	header http.Header
	lines  *bufio.Scanner
	end    context.CancelFunc
	body   io.Closer
}

func (l *classroom) follow(headers ...string) *follower {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+l.api("/stream"), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip")
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	transport := &http.Transport{}
	l.t.Cleanup(transport.CloseIdleConnections)
	l.t.Cleanup(cancel)
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		l.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		l.t.Fatalf("the stream is answered with %d", response.StatusCode)
	}
	return &follower{l.t, response.Header, bufio.NewScanner(response.Body), cancel, response.Body}
}

// next is the next event: its fields, and the moment.
func (f *follower) next() (map[string]string, class.Moment) {
	f.t.Helper()
	fields := map[string]string{}
	for f.lines.Scan() {
		line := f.lines.Text()
		if line == "" && fields["data"] != "" {
			var m class.Moment
			if err := json.Unmarshal([]byte(fields["data"]), &m); err != nil {
				f.t.Fatal(err)
			}
			return fields, m
		}
		name, value, _ := strings.Cut(line, ":")
		if _, twice := fields[name]; twice && name != "" {
			f.t.Errorf("an event has two lines of %s", name)
		}
		fields[name] = strings.TrimPrefix(value, " ")
	}
	f.t.Fatalf("the stream has ended: %v", f.lines.Err())
	return nil, class.Moment{}
}

const (
	aStep     = `{"step":"session/locker"}`
	anyScript = `{"actions":[{"do":"visit","browser":"A","url":"/set_session?username=li"},{"do":"visit","browser":"A","url":"/flush"}]}`
)
