package sessiontest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A RedisServer is a real redis-server on a free port, with its own folder. It is stopped
// at the end of the test.
type RedisServer struct {
	// URL is its address in the form that OpenRedis takes.
	URL string

	t    testing.TB
	args []string
	dir  string
	port int
	cmd  *exec.Cmd
}

// StartRedis starts a redis-server with further arguments, such as --appendonly yes. If
// redis-server is not installed, the test is skipped, or fails if CI is set.
func StartRedis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no redis-server: apt-get install redis-server")
		}
		t.Skip("there is no redis-server on this machine: apt-get install redis-server")
	}
	s := &RedisServer{t: t, args: args, dir: t.TempDir(), port: freePort(t)}
	s.URL = fmt.Sprintf("redis://127.0.0.1:%d", s.port)
	t.Cleanup(func() {
		if s.cmd != nil {
			s.Kill()
		}
	})
	s.Start()
	return s
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Start starts the server, the first time or after Kill, on the same port and folder, and
// returns once it answers.
func (s *RedisServer) Start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--daemonize", "no",
	}, s.args...)...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.port)})
	defer client.Close()
	deadline, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for client.Ping(deadline).Err() != nil {
		if deadline.Err() != nil {
			s.t.Fatal("redis-server does not answer")
		}
	}
}

// Kill ends the server with SIGKILL, like a crash.
func (s *RedisServer) Kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Error(err)
	}
	_ = s.cmd.Wait() // its error only says that it was killed
	s.cmd = nil
}

// Process is the server's process, for sending signals to.
func (s *RedisServer) Process() *os.Process { return s.cmd.Process }
