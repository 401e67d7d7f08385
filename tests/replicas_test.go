package tests

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cookielab/internal/class"
	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// replicas are three programs on one Redis behind nginx, each request at the next one.
type replicas struct {
	*front
	t            *testing.T
	programs     []*program
	classProgram *classProgram // the first, which has a class
	redis        *sessiontest.RedisServer
}

func startReplicas(t *testing.T) *replicas {
	t.Helper()
	r := &replicas{t: t, redis: sessiontest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")}
	args := []string{"-addr", "localhost:0", "-store", r.redis.URL, "-host", publicName, "-trusted-proxies", "127.0.0.0/8", "-metrics"}
	r.classProgram = startClass(t, "", args...)
	r.programs = []*program{r.classProgram.program, started(t, command(t, nil, args...)), started(t, command(t, nil, args...))}
	r.front = startNginx(t, r.programs[0].port(), r.programs[1].port(), r.programs[2].port())
	return r
}

// served is how many requests a program has answered since it was started.
func (p *program) served() (n int) {
	p.t.Helper()
	for line := range strings.Lines(visit(p.t, p.url).get("/metrics").body) {
		if strings.HasPrefix(line, "cookielab_request_duration_seconds_count") {
			var one int
			if _, err := fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &one); err != nil {
				p.t.Fatal(err)
			}
			n += one
		}
	}
	return n
}

// Three programs behind a proxy with round robin behave as a single one.
func TestReplicasAreAsOne(t *testing.T) {
	t.Parallel()
	r := startReplicas(t)
	t.Run("Django's sessions", r.djangoCases)
	t.Run("pages", r.pages)
	t.Run("forwarded", r.forwarded)
	t.Run("class", r.class)
	least, all := 1<<30, 0
	for _, p := range r.programs {
		n := p.served()
		least, all = min(least, n), all+n
	}
	if least < all/5 {
		t.Errorf("of %d requests one program answered %d: they do not take turns", all, least)
	}
	t.Run("one is killed", r.killed)
}

// redisTable is the table of a Redis, to be looked at as a whole.
type redisTable struct {
	*session.Redis
	client *redis.Client
}

func (b redisTable) Rows(ctx context.Context) (rows []session.Row, err error) {
	names, err := b.client.Keys(ctx, "cookielab:*:row:*").Result()
	for _, name := range names {
		row, found, rowErr := b.Row(ctx, name[strings.LastIndex(name, ":")+1:])
		if found {
			rows = append(rows, row)
		}
		err = errors.Join(err, rowErr)
	}
	return rows, err
}

// djangoCases plays every second one of the recorded cases, but for those that need
// another clock.
func (r *replicas) djangoCases(t *testing.T) {
	backend, err := session.OpenRedis(r.redis.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	o, err := redis.ParseURL(r.redis.URL)
	if err != nil {
		t.Fatal(err)
	}
	direct := redis.NewClient(o)
	defer direct.Close()
	played := 0
	client := &http.Client{Transport: r.transport()}
	defer client.CloseIdleConnections()
	for n, c := range loadDjangoCases(t) {
		if n%2 == 0 || c.needsAClock() {
			continue
		}
		played++
		t.Run(c.Name, func(t *testing.T) {
			s := &djangoSite{backend: redisTable{backend, direct}, jars: map[string]*plainJar{}, url: r.url, client: client, seconds: 20}
			for n, step := range c.Steps {
				s.now = time.Now()
				s.play(t, step)
				if t.Failed() {
					t.Fatalf("in step %d: %s%s %v", n+1, step.Route, step.Op, step.Params)
				}
			}
			rows, err := s.backend.Rows(t.Context())
			for _, row := range rows {
				if err == nil {
					err = backend.Delete(t.Context(), row.Key)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	if played < 200 {
		t.Errorf("only %d cases were played", played)
	}
}

// needsAClock reports whether a case has time go by, or a row that expires at once.
func (c djangoCase) needsAClock() bool {
	for _, step := range c.Steps {
		if step.Op == "advance" {
			return true
		}
		for _, row := range step.Expect.Rows {
			if 0 <= row.ExpiresIn && row.ExpiresIn < 10 {
				return true
			}
		}
	}
	return false
}

// passing is what changes in a page from moment to moment: times by the machine's clock,
// and the number of rows, which a program may know a second late.
var passing = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z|(class="count"|others-rows")>[^<]*`)

// pages asks for what does not touch a session, and looks at one that is there.
func (r *replicas) pages(t *testing.T) {
	v := r.visitor(t)
	if a := v.get("/set_session?username=li"); a.status != http.StatusOK {
		t.Fatalf("/set_session is %d %q", a.status, a.body)
	}
	key := v.held("sessionid")
	const script = `{"actions":[{"do":"visit","browser":"A","url":"/set_session?username=li"}]}`
	var first [3]string
	for n := range 6 { // each at another program
		step := v.browse("/en/lessons/session?step=2").page()
		if got := the(t, step.Selection, `[data-row]`).AttrOr("data-key", ""); got != key {
			t.Errorf("the lesson shows the row %q, want %q", got, key)
		}
		var live struct {
			Server struct{ Rows []struct{ Key string } }
		}
		a := v.live("/zh/lab")
		if err := json.Unmarshal([]byte(a.body), &live); err != nil || len(live.Server.Rows) != 1 || live.Server.Rows[0].Key != key {
			t.Errorf("the lab's LIVE is %s, %v", a.body, err)
		}
		same := [3]string{
			v.ask(http.MethodPost, "/api/play", script, sends...).body, r.visitor(t).browse("/zh/lessons/lifetime?step=1").body,
			r.visitor(t).browse("/en/lab").body,
		}
		for i := range same {
			same[i] = passing.ReplaceAllString(same[i], "now")
		}
		if n == 0 {
			first = same
		} else if diff := gocmp.Diff(first, same); diff != "" {
			t.Errorf("one program plays or draws other than the other:\n%s", diff)
		}
	}
	for _, path := range []string{"/zh/", "/en/cookie", "/en/exam?seed=one", "/zh/glossary", "/favicon.ico", "/healthz", "/readyz"} {
		if a := v.browse(path); a.status != http.StatusOK {
			t.Errorf("%s is %d", path, a.status)
		}
	}
	long := strings.Repeat("x", 8192)
	v.get("/set_cookie?name=long&value=" + long)
	if a := v.get("/get_cookie?name=long"); a.body != long {
		t.Errorf("a cookie of %d octets comes back as %d %.40q", len(long), a.status, a.body)
	}
}

// forwarded looks at who may say how a visitor came.
func (r *replicas) forwarded(t *testing.T) {
	v := r.visitor(t)
	lies := []string{"X-Forwarded-Proto", "http", "X-Forwarded-Host", "evil.example", "X-Forwarded-For", "192.0.2.1"}
	for range len(r.programs) {
		a := v.live("/set_cookie?name=safe&secure=1", lies...)
		var seen struct {
			Exchange struct{ Request struct{ URL string } }
		}
		if err := json.Unmarshal([]byte(a.body), &seen); err != nil || seen.Exchange.Request.URL != r.url+"/set_cookie?name=safe&secure=1" {
			t.Errorf("the exchange is %s, want one with %s", a.body, r.url)
		}
		if set := a.header.Get("Set-Cookie"); !strings.Contains(set, "Secure") || v.held("safe") != "1" {
			t.Errorf("Set-Cookie is %q; it is kept as %q", set, v.held("safe"))
		}
		if a := v.browse("/", lies...); a.header.Get("Location") != "/en/" {
			t.Errorf("/ leads to %q", a.header.Get("Location"))
		}
		if a := v.browse("/en/", lies...); a.header.Get("Cross-Origin-Opener-Policy") != "same-origin" || strings.Contains(a.body, "evil.example") {
			t.Error("a page does not know that it is on https, or takes the host from a visitor")
		}
	}
	// Who comes past the proxy is believed too if it stands on this machine; elsewhere not.
	p := start(t, "-store", "memory", "-trusted-proxies", "192.0.2.7")
	if a := visit(t, p.url).live("/get_cookie?safe=1", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example"); !strings.Contains(a.body, `"url":"http://localhost:`) {
		t.Errorf("somebody who is no proxy is believed: %s", a.body)
	}
}

// api asks as the class's instructor, or as a student with a seat.
func (r *replicas) api(t *testing.T, v *visitor, path, body string, headers ...string) answer {
	t.Helper()
	if body == "" {
		return v.get(r.classProgram.api(path), headers...)
	}
	return v.ask(http.MethodPost, r.classProgram.api(path), body, append(sends, headers...)...)
}

func (r *replicas) instructs() []string {
	return []string{"Authorization", "Bearer " + r.classProgram.key}
}

// drive moves the class, through nginx.
func (r *replicas) drive(t *testing.T, v *visitor, body string) class.Moment {
	t.Helper()
	return decoded[class.Moment](t, r.api(t, v, "/drive", body, r.instructs()...))
}

// follow opens a stream through nginx, at whichever program is next.
func (r *replicas) follow(t *testing.T) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	transport := r.transport()
	t.Cleanup(transport.CloseIdleConnections)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+r.classProgram.api("/stream"), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the stream is %v, %v", response, err)
	}
	return &follower{t, response.Header, bufio.NewScanner(response.Body), cancel, response.Body}
}

// until reads on to a moment.
func (f *follower) until(n int) class.Moment {
	f.t.Helper()
	for {
		if _, m := f.next(); m.N >= n {
			return m
		}
	}
}

// awaitState asks until the class's state, which program ever tells it, is as wanted.
func (r *replicas) awaitState(t *testing.T, v *visitor, what string, is func(class.State) bool) {
	t.Helper()
	late := time.Now().Add(patience)
	for inRow := 0; inRow < len(r.programs); {
		s := decoded[class.State](t, r.api(t, v, "/state", "", r.instructs()...))
		if inRow++; !is(s) {
			inRow = 0
		}
		if time.Now().After(late) {
			t.Fatalf("the class never has %s: %+v", what, s)
		}
	}
}

func (r *replicas) class(t *testing.T) {
	instructor := r.visitor(t)
	var followers []*follower
	for range 9 {
		followers = append(followers, r.follow(t))
	}
	m := r.drive(t, instructor, aStep)
	m = r.drive(t, instructor, `{"question":"open"}`)
	const students = 12
	for n := range students {
		v := r.visitor(t)
		seat := decoded[struct{ Seat string }](t, r.api(t, v, "/seat", "{}")).Seat
		option := string("aab"[n%3])
		if a := r.api(t, v, "/answer", `{"step":"session/locker","option":"`+option+`"}`, "X-Seat", seat); a.status != http.StatusNoContent {
			t.Fatalf("an answer at the program after that which gave the seat is %d %s", a.status, a.body)
		}
	}
	r.awaitState(t, instructor, "all students, answers and streams", func(s class.State) bool {
		return s.Seats == students && s.Answers["a"] == 8 && s.Answers["b"] == 4 && s.Here == len(followers)
	})
	m = r.drive(t, instructor, `{"question":"revealed","frame":{"script":`+anyScript+`,"at":1}}`)
	for n, f := range followers {
		got := f.until(m.N)
		if *got.Step != "session/locker" || got.Tally["a"] != 8 || got.Tally["b"] != 4 || got.Frame == nil || *got.Frame != *m.Frame {
			t.Errorf("follower %d has %+v, the instructor %+v", n, got, m)
		}
	}
	frame := instructor.get("/en" + m.Frame.URL).body
	for range len(r.programs) {
		if got := instructor.get("/en" + m.Frame.URL).body; got != frame {
			t.Errorf("the frame is another one at another program: %.200q", got)
		}
		if page := instructor.browse("/zh/class/" + r.classProgram.code).page(); page.Find(`[data-tally] [data-option="a"]`).AttrOr("data-count", "") != "8" {
			t.Error("a class page does not count 8 answers")
		}
	}
	for _, f := range followers {
		f.end()
	}
	r.awaitState(t, instructor, "nobody here", func(s class.State) bool { return s.Here == 0 })
}

// killed kills one program in the middle of its work (SIGKILL), as a power failure would.
func (r *replicas) killed(t *testing.T) {
	instructor := r.visitor(t)
	m := r.drive(t, instructor, `{"step":"session/clear","question":"open"}`)
	var followers []*follower
	for range 6 {
		f := r.follow(t)
		f.until(m.N)
		followers = append(followers, f)
	}
	client := &http.Client{Transport: r.transport()}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithCancel(t.Context())
	get := func(path, key string) (status int, body, set string, err error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
		if err != nil {
			return 0, "", "", err
		}
		if key != "" {
			request.Header.Set("Cookie", "sessionid="+key)
		}
		response, err := client.Do(request)
		if err != nil {
			return 0, "", "", err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		for _, cookie := range response.Cookies() {
			set = cookie.Value
		}
		return response.StatusCode, string(text), set, err
	}
	const workers = 6
	promised := make([]map[string]string, workers)
	var group sync.WaitGroup
	var enough, after sync.WaitGroup
	enough.Add(workers)
	after.Add(workers)
	for w := range workers {
		promised[w] = map[string]string{}
		group.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				value := fmt.Sprint(w, "-", n)
				status, body, key, err := get("/set_session?n="+value, "")
				if err != nil || status != http.StatusOK {
					t.Errorf("while one is killed /set_session is %d %.80q, %v", status, body, err)
					return
				}
				promised[w][key] = value
				switch n {
				case 30:
					enough.Done()
				case 300:
					after.Done()
				}
			}
		})
	}
	enough.Wait()
	dead := r.programs[1]
	if err := dead.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	dead.wait()
	after.Wait()
	cancel()
	group.Wait()
	count := 0
	for _, keys := range promised {
		for key, value := range keys {
			if _, body, _, err := get("/get_session?key=n", key); err != nil || body != value {
				t.Fatalf("a session was promised to hold %s, and holds %q, %v", value, body, err)
			}
			count++
		}
	}
	t.Logf("%d sessions, none lost", count)
	// Followers of the killed program connect again, and all have the same step.
	m = r.drive(t, instructor, `{"question":"revealed"}`)
	lost := 0
	for _, f := range followers {
		if !f.reaches(m.N) {
			lost++
			if got := r.follow(t).until(m.N); *got.Step != "session/clear" || got.Question != class.Revealed {
				t.Errorf("who comes back has %+v", got)
			}
		}
	}
	if lost == 0 || lost == len(followers) {
		t.Errorf("of %d followers %d had to come back, want those of the dead program", len(followers), lost)
	}
}

// reaches reads on to a moment, and reports false if the stream ends before.
func (f *follower) reaches(n int) bool {
	for f.lines.Scan() {
		var at int
		if _, err := fmt.Sscanf(f.lines.Text(), "id: %d", &at); err == nil && at >= n {
			return true
		}
	}
	return false
}
