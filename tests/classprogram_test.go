package tests

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cookielab/internal/class"
)

// classProgram is a program that runs with -class.
type classProgram struct {
	*program
	visitor   *visitor
	code, key string
}

var (
	classLine   = regexp.MustCompile(`^class: (https?)://([^/]+)/c/([a-z2-9]{6})$`)
	consoleLine = regexp.MustCompile(`^console: (https?)://localhost:(\d+)/(zh|en)/console/([a-z2-9]{6})#([A-Za-z0-9_-]{22,})$`)
)

// startClass starts the program with a class, in a folder if one is given, and reads the
// two lines after its address.
func startClass(t *testing.T, dir string, args ...string) *classProgram {
	t.Helper()
	c := command(t, nil, append([]string{"-class"}, args...)...)
	if dir != "" {
		c.Dir = dir
	}
	p := &classProgram{program: started(t, c)}
	var lines [2]string
	for i := range lines {
		text, err := p.stdout.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = strings.TrimSuffix(text, "\n")
	}
	students, console := classLine.FindStringSubmatch(lines[0]), consoleLine.FindStringSubmatch(lines[1])
	if students == nil || console == nil || students[3] != console[4] || console[2] != p.port() {
		t.Fatalf("after %s the program says %q", p.url, lines)
	}
	p.code, p.key, p.visitor = console[4], console[5], visit(t, p.url)
	return p
}

func (p *classProgram) api(path string) string { return "/api/class/" + p.code + path }

func (p *classProgram) drive(body string) class.Moment {
	p.t.Helper()
	a := p.visitor.ask(http.MethodPost, p.api("/drive"), body, append(sends, "Authorization", "Bearer "+p.key)...)
	return decoded[class.Moment](p.t, a)
}

// stream is a follower with as little as can be: a socket and a line reader.
type stream struct {
	net.Conn
	lines *bufio.Reader
}

func openStream(base, path string) (*stream, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, u.Host); err != nil {
		conn.Close()
		return nil, err
	}
	return &stream{conn, bufio.NewReaderSize(conn, 512)}, nil
}

// next is the number of the next moment.
func (s *stream) next() (int, error) {
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return 0, err
		}
		var n int
		if _, err := fmt.Sscanf(line, "id: %d", &n); err == nil {
			return n, nil
		}
	}
}

// until reads on to a moment.
func (s *stream) until(n int) error {
	for {
		at, err := s.next()
		if err != nil || at >= n {
			return err
		}
	}
}

func TestAClassGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	p := startClass(t, "", "-addr", "localhost:0")
	before := p.drive(`{"step":"session/locker","question":"open","frame":{"script":` + anyScript + `,"at":1}}`)
	s, err := openStream(p.url, p.api("/stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.until(before.N); err != nil {
		t.Fatal(err)
	}
	asked := time.Now()
	if code := p.end(syscall.SIGTERM); code != 0 || time.Since(asked) > 5*time.Second {
		t.Errorf("with a stream open it ends with %d after %v", code, time.Since(asked))
	}
	if _, err := s.next(); err == nil {
		t.Error("the stream goes on")
	}
	again := startClass(t, p.dir, "-addr", "localhost:"+p.port())
	if again.code != p.code || again.key == p.key {
		t.Fatalf("after a restart it is the class %s", again.code)
	}
	next, err := openStream(again.url, again.api("/stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if n, err := next.next(); err != nil || n != before.N {
		t.Errorf("after a restart the moment is %d, %v, want %d", n, err, before.N)
	}
	again.key = p.key // which is good still
	if m := again.drive(`{"question":"revealed"}`); *m.Step != "session/locker" || m.Frame == nil || m.N <= before.N {
		t.Errorf("then it goes on with %+v", m)
	}
	if !strings.Contains(again.stderr.String(), "█") {
		t.Error("there is no QR code in the terminal")
	}
	if strings.Contains(p.stderr.String()+again.stderr.String(), p.key) {
		t.Error("the log has the key")
	}
}

func TestWithoutAnAddressAClassIsOpenToTheNetworkAndSaysSo(t *testing.T) {
	t.Parallel()
	p := startClass(t, "", "-addr", "0.0.0.0:0", "-store", "memory")
	if u, err := url.Parse(p.url); err != nil || u.Hostname() != "localhost" {
		t.Errorf("the address for this machine is %s", p.url)
	}
	if code := p.end(syscall.SIGTERM); code != 0 || !strings.Contains(p.stderr.String(), "network can reach this program") {
		t.Errorf("it ends with %d, and says %s", code, p.stderr)
	}
}
