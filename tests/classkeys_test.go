package tests

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cookielab/handlers"
	"cookielab/internal/class"
	"cookielab/lessons"
)

func TestWhatCannotBeDriven(t *testing.T) {
	l := openRoom(t)
	before := l.state().Moment
	for body, want := range map[string]int{
		`{"step":"no/such"}`:   400,
		`{"step":""}`:          400,
		`{"step":7}`:           400,
		`{"question":"maybe"}`: 400,
		`{"question":"open"}`:  409, // of no step
		`{"frame":{"script":{"actions":[]},"at":1}}`:             400,
		`{"frame":{"script":{"actions":[]},"at":-1}}`:            400,
		`{"frame":{"script":{"actions":[{"do":"fly"}]},"at":0}}`: 400,
		`{"frame":{"at":0}}`:                                     400,
		`{"frame":"x"}`:                                          400,
		`{`:                                                      400,
		`{"pad":"` + strings.Repeat("x", 70<<10) + `"}`:          413,
	} {
		if a := l.drive(body); a.status != want {
			t.Errorf("%.60s is answered with %d, want %d", body, a.status, want)
		}
	}
	if after := l.state().Moment; !cmp.Equal(before, after) {
		t.Errorf("the moment has changed: %+v", after)
	}
}

func TestOnlyTheKeyDrives(t *testing.T) {
	l := openRoom(t)
	other := decoded[struct{ Code, Key string }](t, l.visitor().ask(http.MethodPost, "/api/class", "{}", l.drives()...))
	s := l.student()
	for path, method := range map[string]string{
		l.api("/drive"): http.MethodPost, l.api("/state"): http.MethodGet, l.api("/people"): http.MethodGet, l.api("/drop"): http.MethodPost,
		"/en/console/" + l.code + "/desk": http.MethodGet, "/en/console/" + l.code + "/handout": http.MethodGet,
		"/en/console/" + l.code: http.MethodPost,
	} {
		for name, c := range map[string]struct {
			headers []string
			want    int
		}{
			"no key":           {nil, 401},
			"an empty key":     {[]string{"Authorization", "Bearer "}, 401},
			"another scheme":   {[]string{"Authorization", "Basic " + l.key}, 401},
			"the code":         {[]string{"Authorization", "Bearer " + l.code}, 403},
			"a seat":           {[]string{"Authorization", "Bearer " + s.seat}, 403},
			"half a key":       {[]string{"Authorization", "Bearer " + l.key[:16]}, 403},
			"another room's":   {[]string{"Authorization", "Bearer " + other.Key}, 403},
			"a seat as header": {[]string{"X-Seat", s.seat}, 401},
		} {
			if a := l.visitor().ask(method, path, `{}`, append(c.headers, sends...)...); a.status != c.want {
				t.Errorf("%s %s with %s is answered with %d, want %d", method, path, name, a.status, c.want)
			}
		}
	}
	for key, want := range map[string]int{"": 401, "Bearer " + l.key: 403} {
		if a := l.visitor().ask(http.MethodPost, "/api/class/nobody/drive", "{}", append(sends, "Authorization", key)...); a.status != want {
			t.Errorf("an unknown room with %.10q is answered with %d, want %d", key, a.status, want)
		}
		if a := l.visitor().ask(http.MethodPost, "/api/class", "{}", append(sends, "Authorization", strings.Replace(key, l.key, "x", 1))...); a.status != want {
			t.Errorf("opening a room with %.10q is answered with %d, want %d", key, a.status, want)
		}
	}
	for _, path := range []string{"/seat", "/answer", "/done"} {
		if a := l.visitor().ask(http.MethodPost, "/api/class/nobody"+path, "{}", sends...); a.status != 404 {
			t.Errorf("%s of an unknown room is answered with %d", path, a.status)
		}
	}
	if got := l.state().Moment.N; got != 1 {
		t.Errorf("somebody has driven to moment %d", got)
	}
}

func TestOlderKeysStayGoodAfterARestart(t *testing.T) {
	storage := class.NewMemory()
	l := &classroom{storage: storage}
	l.rig = site(t, func(d *handlers.Deps) { d.Class = l.newHall(t, *d) })
	old, code := l.key, l.code
	student := l.student()
	before := l.moved(`{"step":"session/locker","question":"open","frame":{"script":` + anyScript + `,"at":2}}`)
	table := l.backend
	again := &classroom{storage: storage}
	again.rig = site(t, func(d *handlers.Deps) { d.Backend = table; d.Class = again.newHall(t, *d) })
	if again.code != code || again.key == old {
		t.Errorf("the room is opened again as %s with the key %s", again.code, again.key)
	}
	if diff := cmp.Diff(before, again.state().Moment); diff != "" {
		t.Error(diff)
	}
	if a := again.visitor().get("/en" + before.Frame.URL); a.status != 200 || !strings.Contains(a.body, "data-panels") {
		t.Errorf("its frame is answered with %d", a.status)
	}
	again.key = old
	if m := again.moved(`{"free":true}`); m.N <= before.N {
		t.Errorf("after %d comes %d", before.N, m.N)
	}
	student.visitor = again.visitor()
	if got := student.post(again.api("/answer"), `{"step":"session/locker","option":"a"}`); got != 204 {
		t.Errorf("the seat is answered with %d", got)
	}
}

func TestForgedSeatsAndForeignPages(t *testing.T) {
	l := openRoom(t)
	l.moved(`{"step":"session/locker","question":"open"}`)
	own := l.student()
	forged := student{l.visitor(), strings.Repeat("A", 22)}
	nobody := student{l.visitor(), ""}
	for _, path := range []string{"/answer", "/done"} {
		body := `{"step":"session/locker","option":"a","holds":"a","actions":1}`
		for name, s := range map[string]student{"forged": forged, "none": nobody} {
			if got := s.post(l.api(path), body); got != 403 {
				t.Errorf("%s with the seat %s is answered with %d", path, name, got)
			}
		}
		if a := own.ask(http.MethodPost, l.api(path), body, "Content-Type", "text/plain", "X-Seat", own.seat); a.status != 415 {
			t.Errorf("%s as text is answered with %d", path, a.status)
		}
		for _, origin := range []string{"https://evil.example", "null", "http://" + strings.Replace(strings.TrimPrefix(l.url, "http://"), ":", ":1", 1)} {
			if a := own.ask(http.MethodPost, l.api(path), body, append(sends, "X-Seat", own.seat, "Origin", origin)...); a.status != 403 {
				t.Errorf("%s from %s is answered with %d", path, origin, a.status)
			}
		}
		if a := own.ask(http.MethodPost, l.api(path), body, append(sends, "X-Seat", own.seat, "Origin", l.url)...); a.status != 204 {
			t.Errorf("%s from its own page is answered with %d", path, a.status)
		}
	}
	if a := l.visitor().ask(http.MethodPost, l.api("/drive"), `{}`, append(l.drives(), "Origin", "https://evil.example")...); a.status != 403 {
		t.Errorf("driven from another site is answered with %d", a.status)
	}
}

func TestTheKeyOfAnExamIsForTheConsole(t *testing.T) {
	room := openRoom(t)
	address := "/en/console/" + room.code + "/exam?seed=one"
	if got := room.visitor().get(address).status; got != http.StatusUnauthorized {
		t.Errorf("without the driver's key it is %d, want 401", got)
	}
	key := room.visitor().get(address, room.drives()...).page()
	if held := key.Find(`[data-held="true"]`).Length(); held != lessons.ExamQuestions {
		t.Errorf("%d answers hold, want %d", held, lessons.ExamQuestions)
	}
}
