package tests

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/class"
	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"
)

// The benchmarks of this file are the rest of the figures in the README: of a lesson
// page, of playing, of replicas and of a class.
//
//	go test ./tests -run '^$' -bench 'AgainstTheSmallest|Growth|Followers|LessonPage|Play|Replicas|Classroom' -benchtime 1x -timeout 60m

// BenchmarkLessonPage asks for steps of four lessons in both languages, as browsers that
// have nothing yet; with a session, as one that has.
func BenchmarkLessonPage(b *testing.B) {
	address := benchServer(b, ourApp(b, ourStore(b, "memory")))
	response, err := http.Get("http://" + address + "/set_session")
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	known := "Cookie: sessionid=" + response.Cookies()[0].Value + "\r\n"
	for range b.N {
		for name, cookie := range map[string]string{"req/s": "", "with-session-req/s": known} {
			var rates []float64
			for range benchRounds {
				rates = append(rates, loadWith(b, address, func(i int) []byte {
					lang, id := [2]string{"en", "zh"}[i%2], [4]string{"forgets", "cookie", "session", "which"}[i/2%4]
					return fmt.Appendf(nil, "GET /%s/lessons/%s?step=%d HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\n%s\r\n", lang, id, 1+i/8%5, address, cookie)
				}))
			}
			b.ReportMetric(median(rates), name)
		}
	}
}

// BenchmarkPlay has a script of five actions played, by as many callers as places.
func BenchmarkPlay(b *testing.B) {
	address := benchServer(b, ourApp(b, ourStore(b, "memory")))
	const script = `{"actions":[{"do":"visit","browser":"A","url":"/set_session?username=li"},{"do":"visit","browser":"B","url":"/set_cookie?max_age=60"},{"do":"wait","seconds":61},{"do":"put","browser":"B","name":"sessionid","copy":"A"},{"do":"visit","browser":"B","url":"/get_session?key=username"}]}`
	request := fmt.Appendf(nil, "POST /api/play HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", address, len(script), script)
	for range b.N {
		var rates []float64
		for range benchRounds {
			const asks = 2000
			var wait sync.WaitGroup
			begun := time.Now()
			for range playsAtOnceHere {
				wait.Go(func() {
					if err := askMany(address, func(int) []byte { return request }, asks/playsAtOnceHere); err != nil {
						b.Error(err)
					}
				})
			}
			wait.Wait()
			rates = append(rates, asks/time.Since(begun).Seconds())
		}
		b.ReportMetric(median(rates), "plays/s")
	}
}

// playsAtOnceHere is fewer than the four places, because the place of a caller's last
// request may not be free yet when the next one arrives.
const playsAtOnceHere = 2

// BenchmarkReplicas compares three programs on one Redis with one program, asked by as
// many clients, in one run.
func BenchmarkReplicas(b *testing.B) {
	redis := sessiontest.StartRedis(b)
	var addresses []string
	for range 3 {
		backend, err := session.OpenRedis(redis.URL)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { backend.Close() })
		addresses = append(addresses, benchServer(b, ourApp(b, backend)))
	}
	for range b.N {
		for _, path := range []string{"/set_session", "/get_session?key=username"} {
			var ratios, ones []float64
			for range benchRounds {
				one := spread(b, addresses[:1], path)
				ones, ratios = append(ones, one), append(ratios, spread(b, addresses, path)/one)
			}
			name := strings.Trim(path[:4], "/")
			b.ReportMetric(median(ones), name+"-one-req/s")
			b.ReportMetric(median(ratios), name+"-three-to-one")
		}
	}
}

// spread asks several programs, each client the next one, and gives the requests per
// second in all.
func spread(b *testing.B, addresses []string, path string) float64 {
	b.Helper()
	cookie := ""
	if strings.HasPrefix(path, "/get") {
		response, err := http.Get("http://" + addresses[0] + "/set_session?username=li")
		if err != nil {
			b.Fatal(err)
		}
		response.Body.Close()
		cookie = "Cookie: sessionid=" + response.Cookies()[0].Value + "\r\n"
	}
	var wait sync.WaitGroup
	begun := time.Now()
	for client := range benchClients {
		address := addresses[client%len(addresses)]
		request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\n" + cookie + "\r\n")
		wait.Go(func() {
			if err := askMany(address, func(int) []byte { return request }, benchAsks/benchClients); err != nil {
				b.Error(err)
			}
		})
	}
	wait.Wait()
	return benchAsks / time.Since(begun).Seconds()
}

const (
	students  = 300
	classTime = 20 * time.Second
)

// BenchmarkClassroom is 300 students, each with a click a second: a demo route, what the
// page then asks, and now and then another page. All follow a room, which is driven. It
// gives the times of all requests, in ms.
func BenchmarkClassroom(b *testing.B) {
	var hall *class.Hall
	app := ourApp(b, ourStore(b, "sqlite"), func(d *handlers.Deps) {
		var err error
		if hall, err = handlers.NewHall(*d, class.NewMemory()); err != nil {
			b.Fatal(err)
		}
		d.Class = hall
	})
	base := "http://" + benchServer(b, app)
	code, key, err := hall.Reopen(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for range b.N {
		times := lectureTimes(b, base, code, key)
		slices.Sort(times)
		at := func(share float64) float64 { return float64(times[int(share*float64(len(times)-1))]) / 1e6 }
		b.ReportMetric(float64(len(times))/classTime.Seconds(), "req/s")
		b.ReportMetric(at(0.5), "p50-ms")
		b.ReportMetric(at(0.99), "p99-ms")
		b.ReportMetric(at(1), "worst-ms")
	}
}

func lectureTimes(b *testing.B, base, code, key string) []time.Duration {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * students}}
	defer client.CloseIdleConnections()
	over := time.After(classTime)
	done := make(chan struct{})
	var mu sync.Mutex
	var times []time.Duration
	ask := func(method, path, cookie, body string, headers ...string) (set string) {
		request, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return ""
		}
		for pair := range slices.Chunk(headers, 2) {
			request.Header.Set(pair[0], pair[1])
		}
		if cookie != "" {
			request.Header.Set("Cookie", "sessionid="+cookie)
		}
		begun := time.Now()
		response, err := client.Do(request)
		if err != nil {
			b.Error(err)
			return ""
		}
		defer response.Body.Close()
		var read bytes.Buffer
		if _, err := io.Copy(&read, response.Body); err != nil || response.StatusCode >= 400 {
			b.Errorf("%s is %d %.80s, %v", path, response.StatusCode, &read, err)
		}
		took := time.Since(begun)
		mu.Lock()
		times = append(times, took)
		mu.Unlock()
		for _, c := range response.Cookies() {
			set = c.Value
		}
		return set
	}
	var group sync.WaitGroup
	for n := range students {
		s, err := openStream(base, "/api/class/"+code+"/stream")
		if err != nil {
			b.Fatal(err)
		}
		go func() { // until the stream is closed
			for _, err := s.next(); err == nil; _, err = s.next() {
			}
		}()
		defer s.Close()
		group.Go(func() {
			first := time.NewTimer(time.Second * time.Duration(n) / students)
			select {
			case <-first.C:
			case <-done:
				return
			}
			session, click := "", time.NewTicker(time.Second)
			defer click.Stop()
			for i := n; ; i++ {
				path := [3]string{"/set_session?username=li", "/set_cookie?num=1", "/get_session?key=username"}[i%3]
				if session == "" {
					path = "/set_session?username=li"
				}
				if set := ask(http.MethodGet, path, session, "", "X-Observe", "1"); set != "" && strings.HasPrefix(path, "/set_session") {
					session = set
				}
				ask(http.MethodPost, "/en/lessons/session?step=2", session, `{"document":"","ledger":[],"exchanges":[]}`, "Content-Type", "application/json")
				if i%5 == 0 {
					ask(http.MethodGet, "/zh/lessons/cookie?step=2", session, "")
				}
				select {
				case <-click.C:
				case <-done:
					return
				}
			}
		})
	}
	group.Go(func() {
		drive := time.NewTicker(2 * time.Second)
		defer drive.Stop()
		for {
			ask(http.MethodPost, "/api/class/"+code+"/drive", "", aStep, "Content-Type", "application/json", "Authorization", "Bearer "+key)
			select {
			case <-drive.C:
			case <-done:
				return
			}
		}
	})
	<-over
	close(done)
	group.Wait()
	return times
}
