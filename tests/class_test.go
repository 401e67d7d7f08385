package tests

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cookielab/handlers"
	"cookielab/internal/class"
	"cookielab/lessons"

	"github.com/google/go-cmp/cmp"
)

// lectern is a room as its instructor has it: from outside, over HTTP.
type lectern struct {
	*rig
	hall      *class.Hall
	code, key string
	storage   class.Storage
}

// openRoom starts the application with a room in it.
func openRoom(t *testing.T, changes ...func(*handlers.Deps)) *lectern {
	t.Helper()
	l := &lectern{storage: class.NewMemory()}
	l.rig = site(t, append(changes, func(d *handlers.Deps) {
		d.Class = l.newHall(t, *d)
	})...)
	l.hall = nil
	return l
}

func (l *lectern) newHall(t *testing.T, d handlers.Deps) *class.Hall {
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

func (l *lectern) api(path string) string { return "/api/class/" + l.code + path }

// sends is what a program says of a body of JSON.
var sends = []string{"Content-Type", "application/json"}

// drives is what the instructor's windows send.
func (l *lectern) drives() []string { return append(sends, "Authorization", "Bearer "+l.key) }

func (l *lectern) drive(body string) answer {
	l.t.Helper()
	return l.visitor().ask(http.MethodPost, l.api("/drive"), body, l.drives()...)
}

// moved drives, and returns the moment.
func (l *lectern) moved(body string) class.Moment {
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

func (l *lectern) state() class.State {
	l.t.Helper()
	return decoded[class.State](l.t, l.visitor().get(l.api("/state"), l.drives()...))
}

// A student is a browser with a seat.
type student struct {
	*visitor
	seat string
}

func (l *lectern) student() student {
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

func (l *lectern) follow(headers ...string) *follower {
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

func TestACodeLeadsToTheRoom(t *testing.T) {
	l := openRoom(t)
	if !regexp.MustCompile(`^[a-z2-9]{6}$`).MatchString(l.code) {
		t.Errorf("the code is %q", l.code)
	}
	for accept, want := range map[string]string{"zh-CN,zh;q=0.9": "/zh/class/", "en": "/en/class/", "": "/en/class/"} {
		a := l.visitor().browse("/c/"+strings.ToUpper(l.code), "Accept-Language", accept)
		if a.status != http.StatusSeeOther || a.header.Get("Location") != want+l.code {
			t.Errorf("who prefers %q is sent with %d to %q", accept, a.status, a.header.Get("Location"))
		}
	}
	a := l.visitor().browse("/c/nobody")
	form := the(t, a.page().Selection, "form.join-form")
	if a.status != http.StatusNotFound || form.Find("input[name=code]").Length() != 1 {
		t.Errorf("an unknown code is answered with %d", a.status)
	}
	if typed := l.visitor().browse("/c/?code=" + l.code + "+"); typed.header.Get("Location") != "/c/"+l.code {
		t.Errorf("a typed code leads to %q", typed.header.Get("Location"))
	}
	for _, page := range []string{"/en/class/nobody", "/zh/class/nobody?stage=1"} {
		if a := l.visitor().browse(page); a.status != http.StatusNotFound {
			t.Errorf("%s is answered with %d", page, a.status)
		}
	}
}

func TestTheStreamBeginsWithTheLatestMoment(t *testing.T) {
	l := openRoom(t)
	f := l.follow("Last-Event-ID", "99")
	if kind := f.header.Get("Content-Type"); kind != "text/event-stream" || f.header.Get("Content-Encoding") != "" || f.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the stream has %v", f.header)
	}
	fields, m := f.next()
	if fields["event"] != "moment" || fields["id"] != fmt.Sprint(m.N) || fields["retry"] != "1000" {
		t.Errorf("the first event is %v", fields)
	}
	if want := fmt.Sprintf(`{"n":%d,"step":null,"question":"closed","free":false,"tally":null,"answer":null,"frame":null}`, m.N); fields["data"] != want {
		t.Errorf("the first moment is %s, want %s", fields["data"], want)
	}
	driven := l.moved(aStep)
	if _, got := f.next(); !cmp.Equal(got, driven) {
		t.Errorf("followers get %+v, the driver %+v", got, driven)
	}
	if got := l.state(); got.Here != 1 {
		t.Errorf("%d are here", got.Here)
	}
	if a := l.visitor().get("/api/class/nobody/stream"); a.status != http.StatusNotFound {
		t.Errorf("an unknown room's stream is answered with %d", a.status)
	}
}

func TestAClassPredictsAndSees(t *testing.T) {
	l := openRoom(t)
	ann, bob := l.student(), l.student()
	say := func(s student, option string) int {
		return s.post(l.api("/answer"), `{"step":"session/locker","option":"`+option+`"}`)
	}
	if got := say(ann, "a"); got != http.StatusConflict {
		t.Errorf("before the first step an answer gets %d", got)
	}
	l.moved(aStep)
	if got := say(ann, "a"); got != http.StatusConflict {
		t.Errorf("a closed question answers %d", got)
	}
	l.moved(`{"question":"open"}`)
	for option, want := range map[string]int{"a": 204, "z": 400, "": 400} {
		if got := say(ann, option); got != want {
			t.Errorf("the option %q gets %d, want %d", option, got, want)
		}
	}
	say(ann, "b")
	say(bob, "a")
	if got := ann.post(l.api("/answer"), `{"step":"session/no-such","option":"a"}`); got != 400 {
		t.Errorf("an unknown step gets %d", got)
	}
	if got := ann.post(l.api("/answer"), `{"step":"cookie/by-hand","option":"a"}`); got != 409 {
		t.Errorf("another step gets %d", got)
	}
	if got := l.state(); !cmp.Equal(got.Answers, map[string]int{"a": 1, "b": 1}) || got.Seats != 2 || got.Moment.Tally != nil {
		t.Errorf("the instructor sees %+v", got)
	}
	l.moved(`{"question":"closed"}`)
	if got := say(ann, "a"); got != 409 {
		t.Errorf("after the close an answer gets %d", got)
	}
	m := l.moved(`{"question":"revealed"}`)
	if !cmp.Equal(m.Tally, map[string]int{"a": 1, "b": 1}) || m.Answer == nil || *m.Answer != l.holds("session/locker") {
		t.Errorf("revealed is %+v", m)
	}
	page := l.visitor().browse("/en/class/" + l.code).page()
	if got := the(t, page.Selection, `[data-tally] [data-option="a"]`).AttrOr("data-count", ""); got != "1" {
		t.Errorf("the page counts %s", got)
	}
}

// holds is the option of a step that its lesson's own check finds to hold.
func (l *lectern) holds(id string) string {
	l.t.Helper()
	lesson, step, _ := strings.Cut(id, "/")
	found, _ := l.lessons.Lesson(lesson)
	for _, s := range found.Steps {
		if s.ID == step {
			played, err := s.Evidence(play)
			if right := s.Right(played); err == nil && len(right) == 1 {
				return right[0]
			}
		}
	}
	l.t.Fatalf("no option of %s holds", id)
	return ""
}

func TestEveryoneSeesTheSameFrame(t *testing.T) {
	l := openRoom(t)
	m := l.moved(`{"step":"session/locker","frame":{"script":` + anyScript + `,"at":1}}`)
	if m.Frame == nil || m.Frame.URL[0] != '/' {
		t.Fatalf("the moment is %+v", m)
	}
	for _, lang := range []string{"zh", "en"} {
		a := l.visitor().get("/" + lang + m.Frame.URL)
		page := a.page()
		if page.Find("[data-panels]").Length() != 1 || page.Find("[data-row]").Length() != 1 || strings.Contains(a.body, "<html") {
			t.Errorf("the part in %s is %.300s", lang, a.body)
		}
		if got := a.header.Get("Cache-Control"); got != "private, immutable" {
			t.Errorf("it is %q", got)
		}
	}
	if m = l.moved(`{"frame":null}`); m.Frame != nil {
		t.Errorf("without a frame the moment is %+v", m)
	}
	first := "/en/class/" + l.code + "/frame/1"
	for range class.MaxFrames {
		m = l.moved(`{"frame":{"script":{"actions":[]},"at":0}}`)
	}
	for path, want := range map[string]int{first: 410, "/en" + m.Frame.URL: 200, "/en/class/" + l.code + "/frame/9999": 404, "/en/class/" + l.code + "/frame/x": 404} {
		if a := l.visitor().get(path); a.status != want {
			t.Errorf("%s is answered with %d, want %d", path, a.status, want)
		}
	}
}

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
	l := &lectern{storage: storage}
	l.rig = site(t, func(d *handlers.Deps) { d.Class = l.newHall(t, *d) })
	old, code := l.key, l.code
	student := l.student()
	before := l.moved(`{"step":"session/locker","question":"open","frame":{"script":` + anyScript + `,"at":2}}`)
	table := l.backend
	again := &lectern{storage: storage}
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

func TestDoneTellsWhereBrowsersDiffer(t *testing.T) {
	l := openRoom(t)
	l.moved(aStep)
	agents := map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                          "Firefox",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36":           "Chrome",
		"Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                   "Safari",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0": "Edge",
	}
	want := []class.Done{}
	for agent, family := range agents {
		s := l.student()
		a := s.ask(http.MethodPost, l.api("/done"), `{"step":"session/locker","holds":"b","actions":2}`, append(sends, "X-Seat", s.seat, "User-Agent", agent)...)
		if a.status != 204 {
			t.Errorf("%s is answered with %d", family, a.status)
		}
		want = append(want, class.Done{Report: class.Report{Holds: "b", Browser: family, Actions: 2}, N: 1})
	}
	slices.SortFunc(want, func(a, b class.Done) int { return strings.Compare(a.Browser, b.Browser) })
	if diff := cmp.Diff(want, l.state().Done); diff != "" {
		t.Error(diff)
	}
	s := l.student()
	lesson, _ := l.lessons.Lesson("session")
	task := "session/" + lesson.Tasks[0].ID
	for body, want := range map[string]int{
		`{"step":"session/locker","holds":"z","actions":1}`:  400,
		`{"step":"session/locker","holds":7,"actions":1}`:    400,
		`{"step":"session/locker","holds":"a","actions":-1}`: 400,
		`{"step":"no/such","holds":"a","actions":1}`:         400,
		`{"holds":true,"actions":1}`:                         400,
		`{"task":"no/such","holds":true,"actions":1}`:        400,
		`{"task":"` + task + `","holds":"a","actions":1}`:    400,
		`{"task":"` + task + `","holds":true,"actions":3}`:   204,
	} {
		if got := s.post(l.api("/done"), body); got != want {
			t.Errorf("%s is answered with %d, want %d", body, got, want)
		}
	}
	solved := class.Done{Report: class.Report{Holds: true, Browser: "other", Actions: 3}, N: 1}
	if got := l.state().Done; !slices.Contains(got, solved) {
		t.Errorf("the solved task is not among %v", got)
	}
}

func TestTheWallIsTheTableOfThisClass(t *testing.T) {
	l := openRoom(t)
	stranger := l.visitor()
	stranger.get("/set_session?username=stranger")
	ann, bob := l.student(), l.student()
	marks := func() []string {
		t.Helper()
		l.advance(2e9)
		a := l.visitor().get("/en/class/" + l.code + "/wall")
		var list []string
		for _, node := range the(t, a.page().Selection, "[data-wall]").Find("[data-wall-key]").EachIter() {
			list = append(list, node.AttrOr("data-wall-key", ""))
		}
		for _, row := range l.rows() {
			if strings.Contains(a.body, row.Key) || strings.Contains(a.body, row.Key[:8]) {
				t.Error("the wall has a key")
			}
		}
		return list
	}
	look := func(s student) {
		t.Helper()
		if a := s.live("/api/live", "X-Seat", s.seat); a.status != 200 || len(a.header["Set-Cookie"]) != 0 {
			t.Errorf("a look is answered with %d", a.status)
		}
	}
	look(ann)
	if got := marks(); len(got) != 0 {
		t.Errorf("before the first session the wall has %v", got)
	}
	for _, s := range []student{ann, bob} {
		s.get("/set_session?username=x")
		look(s)
	}
	if got := marks(); len(got) != 2 {
		t.Errorf("of two sessions the wall has %v", got)
	}
	bob.get("/flush")
	look(bob)
	if got := marks(); len(got) != 1 {
		t.Errorf("after a flush the wall has %v", got)
	}
	ann.get("/cycle_key") // a new key: the old row is gone
	look(ann)
	if got := marks(); len(got) != 1 {
		t.Errorf("after cycle_key the wall has %v", got)
	}
	page := ann.ask(http.MethodPost, "/en/class/"+l.code, "{}", append(sends, "X-Seat", ann.seat)...).page()
	if own := the(t, page.Selection, "[data-own-mark]").AttrOr("data-own-mark", ""); own != marks()[0] {
		t.Errorf("her own mark is %s, on the wall is %s", own, marks()[0])
	}
	rows := len(l.rows())
	l.moved(`{"reset":true}`)
	if got := len(l.rows()); got != rows-1 || got != 1 {
		t.Errorf("after the reset %d rows are left, the stranger's is one", got)
	}
	if got := l.state(); got.Seats != 0 {
		t.Errorf("%d seats are left", got.Seats)
	}
	if got := ann.post(l.api("/answer"), `{"step":"session/locker","option":"a"}`); got != 403 {
		t.Errorf("her seat is answered with %d", got)
	}
}

func TestALookWithAnUnknownSeatIsALook(t *testing.T) {
	l := openRoom(t)
	v := l.visitor()
	v.get("/set_session")
	a := v.live("/en/lab", "X-Seat", "unknown")
	if a.status != 200 || !strings.Contains(a.body, `"rows":[{`) {
		t.Errorf("it is answered with %d %s", a.status, a.body)
	}
	if got := l.visitor().get("/zh/class/" + l.code + "/wall").page().Find("[data-wall-key]").Length(); got != 0 {
		t.Errorf("the wall has %d marks", got)
	}
}

func TestClassPagesSayWhereTheyAre(t *testing.T) {
	l := openRoom(t)
	l.moved(`{"step":"session/locker","question":"open"}`)
	for path, view := range map[string]string{"/class/" + l.code: "student", "/class/" + l.code + "?stage=1": "stage", "/console/" + l.code: "console"} {
		for _, lang := range []string{"zh", "en"} {
			a := l.visitor().browse("/" + lang + path)
			body := the(t, a.page().Selection, "[data-class]")
			if a.status != 200 || body.AttrOr("data-class", "") != view || body.AttrOr("data-code", "") != l.code || len(a.header["Set-Cookie"]) != 0 {
				t.Errorf("%s is answered with %d, as %s", path, a.status, body.AttrOr("data-class", ""))
			}
			if view == "console" {
				continue
			}
			if body.AttrOr("data-step", "") != "session/locker" || body.AttrOr("data-question", "") != "open" || body.AttrOr("data-n", "") == "" {
				t.Errorf("%s stands at %s", path, body.AttrOr("data-step", ""))
			}
			if a.page().Find("[data-tally]").Length() != 0 {
				t.Errorf("%s tells the tally early", path)
			}
			if strings.Contains(a.body, l.key) {
				t.Errorf("%s has the key", path)
			}
		}
	}
	if a := l.visitor().live("/en/class/" + l.code); !strings.Contains(a.body, `"cookies"`) {
		t.Errorf("an observed class page answers %s", a.body)
	}
	shell := l.visitor().browse("/en/console/" + l.code)
	unknown := l.visitor().browse("/en/console/zzzzzz")
	if unknown.status != 200 || strings.ReplaceAll(unknown.body, "zzzzzz", l.code) != shell.body {
		t.Error("without the key the console tells whether a room is there")
	}
	desk := l.visitor().get("/zh/console/"+l.code+"/desk", "Authorization", "Bearer "+l.key)
	if desk.status != 200 || desk.page().Find("[data-next-step]").Length() != 1 {
		t.Errorf("the desk is answered with %d %.300s", desk.status, desk.body)
	}
}

// Who has solved a task is counted by the length of the way, and a task that no lesson
// has is none.
func TestAClassHearsWhoHasSolvedATask(t *testing.T) {
	room := openRoom(t)
	room.moved(`{"step":"session/locker"}`)
	task := allTasks(room.lessons)[0]
	id := task.Lesson.ID + "/" + task.ID
	for n := range 3 {
		if got := room.student().post(room.api("/done"), fmt.Sprintf(`{"task":%q,"holds":true,"actions":%d}`, id, 2+n/2)); got != http.StatusNoContent {
			t.Errorf("a solved task is %d, want 204", got)
		}
	}
	if got := room.student().post(room.api("/done"), `{"task":"session/nothing","holds":true,"actions":2}`); got != http.StatusBadRequest {
		t.Errorf("a task that is not there is %d, want 400", got)
	}
	ways := map[int]int{}
	for _, done := range room.state().Done {
		if done.Holds == true {
			ways[done.Actions] += done.N
		}
	}
	if ways[2] != 2 || ways[3] != 1 {
		t.Errorf("ways = %v, want two of 2 actions and one of 3", ways)
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
