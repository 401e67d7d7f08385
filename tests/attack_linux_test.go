package tests

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkUnderAttack runs the program and lets one address do at once all that it can
// do to harm it, while another asks for /set_session fifty times a second. It prints
// the other's median and 99th percentile in ms (aim: 50), the most memory that the
// program held in MB (aim: 200), and what it holds 20 s after. It takes as long as
// -benchtime says: 10m for a soak.
//
// The attackers are a process of their own. In "elsewhere" it has the lowest priority,
// so that it takes from the program's processors only what the program leaves, as
// attackers on other machines would; in "here" it competes with the program for them.
func BenchmarkUnderAttack(b *testing.B) {
	if port := os.Getenv(attackedPort); port != "" {
		attackAll(b, port)
		return
	}
	for where, priority := range map[string]string{"elsewhere": "19", "here": "0"} {
		b.Run(where, func(b *testing.B) { underAttack(b, priority) })
	}
}

func underAttack(b *testing.B, priority string) {
	p := besieged(b)
	plain := p.innocent(b, 500)

	attackers := exec.Command("nice", "-n", priority, os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkUnderAttack$", "-test.benchtime=1x")
	attackers.Env = append(os.Environ(), attackedPort+"="+p.port)
	told, err := attackers.StderrPipe()
	if err == nil {
		err = attackers.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = attackers.Process.Kill() }) // they have ended, if all went well
	lines := bufio.NewScanner(told)
	if !lines.Scan() || lines.Text() != attacking {
		b.Fatalf("the attackers say %q", lines.Text())
	}

	var during []float64
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for b.Loop() {
		during = append(during, p.innocent(b, 1)...)
		<-pace.C
	}
	if err := attackers.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	lines.Scan()
	asked, err := strconv.ParseFloat(lines.Text(), 64)
	if err != nil {
		b.Fatal(err)
	}
	_ = attackers.Wait()
	b.ReportMetric(percentile(plain, 50), "ms-median-before")
	b.ReportMetric(percentile(plain, 99), "ms-p99-before")
	b.ReportMetric(percentile(during, 50), "ms-median")
	b.ReportMetric(percentile(during, 99), "ms-p99")
	b.ReportMetric(asked/b.Elapsed().Seconds(), "attacks/s")
	b.ReportMetric(p.memory(b, "VmHWM"), "MB-peak")
	<-time.After(20 * time.Second)
	b.ReportMetric(p.memory(b, "VmRSS"), "MB-after")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		b.Errorf("after the attack the program ends with %v", err)
	}
}

// attackedPort is the environment variable by which a process of this test learns that
// it is the attackers, and whom they attack; attacking is their first line on
// standard error.
const (
	attackedPort = "COOKIELAB_ATTACKED_PORT"
	attacking    = "attacking"
)

// attackAll attacks until it is interrupted, and then prints how many requests were
// answered.
func attackAll(b *testing.B, port string) {
	p := &victim{port: port}
	ctx, stop := signal.NotifyContext(b.Context(), os.Interrupt)
	defer stop()
	var attackers sync.WaitGroup
	var asked atomic.Int64
	requests := costliest()
	requests["row of 60 KB"] = costly{path: "/set_session?" + entries(60_000)}
	for _, request := range requests {
		attackers.Go(func() { p.attack(ctx, request, &asked) })
	}
	for range 8 {
		attackers.Go(func() { p.deaf(ctx) })
	}
	for range 300 {
		attackers.Go(func() { p.slow(ctx) })
	}
	fmt.Fprintln(os.Stderr, attacking)
	attackers.Wait()
	fmt.Fprintln(os.Stderr, asked.Load())
}

// victim is the program as an attacker knows it.
type victim struct {
	cmd  *exec.Cmd
	port string
}

// besieged starts the program on SQLite.
func besieged(b *testing.B) *victim {
	b.Helper()
	path, err := executable()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(path, "-addr", "localhost:0", "-store", "sqlite:sessions.db")
	c.Dir, c.Stderr = b.TempDir(), io.Discard
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Process.Kill() }) // it has ended, if all went well
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	at, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		b.Fatal(err)
	}
	return &victim{c, at.Port()}
}

func percentile(list []float64, n int) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)*n/100]
}

// entries are so many octets of parameters.
func entries(octets int) string {
	var list []string
	for i := range 30 {
		list = append(list, fmt.Sprintf("k%d=%s", i, strings.Repeat("x", octets/30-5)))
	}
	return strings.Join(list, "&")
}

// memory is what the kernel says of the program's memory, in MB.
func (p *victim) memory(b *testing.B, which string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, which+":"); found {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	b.Fatalf("no %s", which)
	return 0
}

// from is a client at an address of its own: 127.0.0.1 and 127.0.0.2 are two addresses.
func from(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	jar, _ := cookiejar.New(nil) // without options there is no error
	return &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, to string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(to)
			if err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, "tcp4", "127.0.0.1:"+port)
		},
	}}
}

var innocentClient = sync.OnceValue(func() *http.Client { return from("127.0.0.2") })

// innocent asks for /set_session so often, and returns how long each answer took, in
// ms. A refusal is an error.
func (p *victim) innocent(b *testing.B, times int) []float64 {
	b.Helper()
	var list []float64
	for range times {
		begun := time.Now()
		response, err := innocentClient().Get("http://localhost:" + p.port + "/set_session")
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			b.Errorf("/set_session is %d, %v", response.StatusCode, err)
		}
		list = append(list, float64(time.Since(begun).Microseconds())/1000)
	}
	return list
}

// attack asks again and again.
func (p *victim) attack(ctx context.Context, c costly, asked *atomic.Int64) {
	client := from("127.0.0.1")
	client.Jar = nil
	for ctx.Err() == nil {
		method, body := http.MethodGet, io.Reader(nil)
		if c.body != "" {
			method, body = http.MethodPost, strings.NewReader(c.body)
		}
		r, err := http.NewRequestWithContext(ctx, method, "http://localhost:"+p.port+c.path, body)
		if err != nil {
			panic(err)
		}
		r.Header.Set("Content-Type", c.contentType())
		if c.cookies != "" {
			r.Header.Set("Cookie", c.cookies)
		}
		if response, err := client.Do(r); err == nil {
			_, _ = io.Copy(io.Discard, response.Body) // whether it came whole is the program's affair
			response.Body.Close()
			asked.Add(1)
		}
	}
}

// deaf asks for a long answer and reads an octet a second of it.
func (p *victim) deaf(ctx context.Context) { p.hold(ctx, longPlay()) }

// slow sends a body that does not come.
func (p *victim) slow(ctx context.Context) {
	p.hold(ctx, "POST /set_session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na=b")
}

// hold sends a text and holds the connection until the program has closed it, again
// and again.
func (p *victim) hold(ctx context.Context, text string) {
	for ctx.Err() == nil {
		connection, err := net.Dial("tcp4", "127.0.0.1:"+p.port)
		if err != nil {
			return // the program has ended, and its end is looked at
		}
		stop := context.AfterFunc(ctx, func() { connection.Close() })
		_, _ = io.WriteString(connection, text) // the program may have closed it
		one := make([]byte, 1)
		for ctx.Err() == nil {
			if _, err := connection.Read(one); err != nil {
				break
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
		stop()
		connection.Close()
	}
}
