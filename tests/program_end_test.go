package tests

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A request that is under way when the program is told to stop is answered.
func TestWhatIsUnderWayIsFinished(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "sqlite:sessions.db")
	connection, err := net.Dial("tcp", "127.0.0.1:"+p.port())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	body := "username=late"
	fmt.Fprintf(connection, "POST /set_session HTTP/1.1\r\nHost: localhost:%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", p.port(), len(body))
	answers := bufio.NewReader(connection)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") { // its body is being read
		t.Fatalf("the program says %q, %v, want that it goes on reading", line, err)
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; { // until it takes no other
		other, err := net.Dial("tcp", "127.0.0.1:"+p.port())
		if err != nil {
			break
		}
		other.Close()
		if time.Now().After(deadline) {
			t.Fatal("a program that was told to stop still takes connections")
		}
	}
	fmt.Fprint(connection, body)
	if _, err := answers.ReadString('\n'); err != nil { // the blank line after 100
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || len(response.Cookies()) != 1 {
		t.Errorf("the request under way is answered with %d and %d cookies", response.StatusCode, len(response.Cookies()))
	}
	if code := p.wait(); code != 0 {
		t.Errorf("exit status %d, want 0", code)
	}
}

// A session whose saving was acknowledged is there after the program was killed (SIGKILL)
// in the middle of its work.
func TestAKilledProgramHasLostNothingThatItPromised(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sessions.db")
	p := start(t, "-store", "sqlite:"+file)
	const workers, load = 16, 1500 * time.Millisecond
	promised := make([]map[string]int, workers)
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	client := &http.Client{Transport: transport}
	base := "http://127.0.0.1:" + p.port()
	set := func(key string, n int) (string, bool) {
		request, err := http.NewRequest(http.MethodGet, base+"/set_session?n="+strconv.Itoa(n), nil)
		if err != nil {
			t.Error(err)
			return "", false
		}
		if key != "" {
			request.Header.Set("Cookie", "sessionid="+key)
		}
		response, err := client.Do(request)
		if err != nil {
			return "", false // it is dead
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			return "", false
		}
		for _, cookie := range response.Cookies() {
			key = cookie.Value
		}
		return key, true
	}
	var group sync.WaitGroup
	for w := range workers {
		promised[w] = map[string]int{}
		group.Go(func() {
			for n := 0; ; n++ {
				key, ok := set("", n)
				if !ok {
					return
				}
				promised[w][key] = n
				if n%3 == 0 { // and some are written twice
					if _, ok := set(key, n+1_000_000); !ok {
						return
					}
					promised[w][key] = n + 1_000_000
				}
			}
		})
	}
	<-time.After(load)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait()
	group.Wait()
	transport.CloseIdleConnections()

	p = start(t, "-store", "sqlite:"+file)
	base = "http://127.0.0.1:" + p.port()
	count, lost := 0, 0
	for _, keys := range promised {
		for key, n := range keys {
			request, err := http.NewRequest(http.MethodGet, base+"/get_session?key=n", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Cookie", "sessionid="+key)
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			count++
			// The write that was under way may have come through, though nobody heard of it.
			if got := string(body); got != strconv.Itoa(n) && got != strconv.Itoa(n+1_000_000) {
				if lost++; lost < 5 {
					t.Errorf("a session was promised to hold %d, and holds %q", n, got)
				}
			}
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d promised sessions are lost", lost, count)
	}
	if count < 100 {
		t.Errorf("only %d sessions were promised in %v", count, load)
	}
	t.Logf("%d sessions in %v, none lost", count, load)
}
