package tests

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cookielab/internal/class"

	"github.com/google/go-cmp/cmp"
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

// holds returns the option of a step that holds according to the lesson's own check.
func (l *classroom) holds(id string) string {
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

// Solved tasks are counted by the number of actions they took; an unknown task is refused.
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
