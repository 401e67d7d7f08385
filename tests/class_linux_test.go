package tests

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// descriptors is how many files and sockets a process has open (proc(5)).
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	open, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

// Followers that never read, and others that connect and disconnect all the time, do not
// delay the other followers, and leave no open files behind.
func TestFollowersThatNeverReadHarmNobody(t *testing.T) {
	t.Parallel()
	p := startClass(t, "", "-addr", "localhost:0", "-store", "memory", "-metrics")
	goroutines := func() int {
		t.Helper()
		_, text, _ := strings.Cut(p.visitor.get("/metrics").body, "\ncookielab_goroutines ")
		n, err := strconv.Atoi(strings.Fields(text)[0])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	follow := func() *stream {
		t.Helper()
		s, err := openStream(p.url, p.api("/stream"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	good := follow()
	defer good.Close()
	if _, err := good.next(); err != nil {
		t.Fatal(err)
	}
	rest, running := descriptors(t, p.cmd.Process.Pid), goroutines()
	var deaf []*stream
	for range 100 {
		deaf = append(deaf, follow())
	}
	const restless = 100
	var (
		coming sync.WaitGroup
		came   atomic.Int64
	)
	leave := make(chan struct{})
	for range restless { // each of them comes and goes ten times a second
		coming.Go(func() {
			again := time.NewTicker(100 * time.Millisecond)
			defer again.Stop()
			for {
				if s, err := openStream(p.url, p.api("/stream")); err == nil {
					if _, err := s.next(); err == nil {
						came.Add(1)
					}
					s.Close()
				}
				select {
				case <-leave:
					return
				case <-again.C:
				}
			}
		})
	}
	var worst time.Duration
	for n := 0; n < 40 || came.Load() < 10*restless; n++ {
		began := time.Now()
		m := p.drive(fmt.Sprintf(`{"step":"session/locker","free":%t}`, n%2 == 0))
		if err := good.until(m.N); err != nil {
			t.Fatal(err)
		}
		worst = max(worst, time.Since(began))
	}
	close(leave)
	coming.Wait()
	for _, s := range deaf {
		s.Close()
	}
	t.Logf("the slowest moment took %v, while others came and went %d times", worst, came.Load())
	if worst > 2*time.Second {
		t.Errorf("a moment took %v to who reads", worst)
	}
	for deadline := time.Now().Add(patience); descriptors(t, p.cmd.Process.Pid) > rest+2; {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors are open, %d were", descriptors(t, p.cmd.Process.Pid), rest)
		}
	}
	for deadline := time.Now().Add(patience); goroutines() > running+2; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines run, %d did", goroutines(), running)
		}
	}
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("it ends with %d", code)
	}
}

// BenchmarkFollowers measures a class from outside, on a program of its own: how long
// it takes until the last of 1,000 followers has a moment, over 50 steps, and what an
// idle follower costs in memory when there are 5,000.
//
//	go test ./tests -run '^$' -bench Followers -benchtime 1x
func BenchmarkFollowers(b *testing.B) {
	b.Run("1000", func(b *testing.B) {
		for range b.N {
			p := classForBench(b)
			all := p.followers(b, 1000)
			var took []time.Duration
			for n := range 50 {
				took = append(took, p.step(b, all, n))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2])/1e6, "median-ms")
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
		}
	})
	b.Run("5000-idle", func(b *testing.B) {
		for range b.N {
			p := classForBench(b)
			before := memory(b, p.pid)
			p.followers(b, 5000)
			b.ReportMetric(float64(memory(b, p.pid)-before)/5000/1024, "KB/follower")
		}
	})
}

// benched is a program with a class, for measuring.
type benched struct {
	url, code, key string
	pid            int
}

func classForBench(b *testing.B) *benched {
	b.Helper()
	path, err := executable()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(path, "-class", "-addr", "localhost:0", "-store", "memory")
	c.Dir = b.TempDir()
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	p := &benched{pid: c.Process.Pid}
	lines := bufio.NewScanner(out)
	for range 3 {
		lines.Scan()
		if found := consoleLine.FindStringSubmatch(lines.Text()); found != nil {
			p.code, p.key = found[4], found[5]
		} else if p.url == "" {
			p.url = lines.Text()
		}
	}
	return p
}

// followers opens streams and reads the first moment of each.
func (p *benched) followers(b *testing.B, n int) []*stream {
	b.Helper()
	all := make([]*stream, n)
	var opening sync.WaitGroup
	for part := range slices.Chunk(all, 100) {
		opening.Go(func() {
			for i := range part {
				s, err := openStream(p.url, "/api/class/"+p.code+"/stream")
				if err == nil {
					_, err = s.next()
				}
				if err != nil {
					b.Error(err)
					return
				}
				b.Cleanup(func() { s.Close() })
				part[i] = s
			}
		})
	}
	opening.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return all
}

// step drives once, and says how long it took until the last follower had it.
func (p *benched) step(b *testing.B, all []*stream, n int) time.Duration {
	b.Helper()
	var reading sync.WaitGroup
	for _, s := range all {
		reading.Go(func() {
			if _, err := s.next(); err != nil {
				b.Error(err)
			}
		})
	}
	body := fmt.Sprintf(`{"step":"session/locker","free":%t}`, n%2 == 0)
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, p.url+"api/class/"+p.code+"/drive", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.key)
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	reading.Wait()
	return time.Since(began)
}
