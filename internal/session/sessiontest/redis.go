package sessiontest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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
	s := &RedisServer{t: t, args: args, dir: t.TempDir(), port: FreePort(t)}
	s.URL = fmt.Sprintf("redis://127.0.0.1:%d", s.port)
	t.Cleanup(func() {
		if s.cmd != nil {
			s.Kill()
		}
	})
	s.Start()
	return s
}

// StartRedisCluster starts a Cluster of three and returns its nodes, which share the slots.
func StartRedisCluster(t testing.TB) (nodes []*RedisServer) {
	t.Helper()
	const slots, of = 16384, 3
	do := func(node *RedisServer, command ...any) string {
		answer, err := node.do(command...)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := answer.(string)
		return text
	}
	var buses []int
	for i := range of {
		bus := FreePort(t)
		node := StartRedis(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus))
		nodes, buses = append(nodes, node), append(buses, bus)
		do(node, "CLUSTER", "ADDSLOTSRANGE", slots*i/of, slots*(i+1)/of-1)
		if i > 0 {
			do(node, "CLUSTER", "MEET", "127.0.0.1", nodes[0].port, buses[0])
		}
	}
	deadline, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, node := range nodes {
		for info := ""; !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3"); {
			if info = do(node, "CLUSTER", "INFO"); deadline.Err() != nil {
				t.Fatal("the cluster does not come up: " + info)
			}
		}
	}
	return nodes
}

// StartReplica starts a server that follows another, and returns once it has its rows.
func (s *RedisServer) StartReplica(t testing.TB) *RedisServer {
	t.Helper()
	if _, err := s.do("CONFIG", "SET", "repl-diskless-sync-delay", 0); err != nil { // otherwise 5 s
		t.Fatal(err)
	}
	replica := StartRedis(t, "--replicaof", "127.0.0.1", strconv.Itoa(s.port))
	deadline, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		answer, err := replica.do("INFO", "replication")
		if text, _ := answer.(string); err == nil && strings.Contains(text, "master_link_status:up") {
			return replica
		}
		if deadline.Err() != nil {
			t.Fatal("the replica does not follow")
		}
	}
}

// StartSentinel starts a Sentinel that watches a server under the name lab, and returns
// its port.
func StartSentinel(t testing.TB, master *RedisServer) (port int) {
	t.Helper()
	port = FreePort(t)
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\nsentinel monitor lab 127.0.0.1 %d 1\n", port, master.port) +
		"sentinel down-after-milliseconds lab 200\nsentinel failover-timeout lab 2000\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &RedisServer{t: t, port: port}
	s.run(config, "--sentinel")
	t.Cleanup(s.Kill)
	return port
}

// FreePort returns a port of this machine on which nothing listens.
func FreePort(t testing.TB) int {
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
	s.run(append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--daemonize", "no",
	}, s.args...)...)
}

// run starts the process, and returns once it answers.
func (s *RedisServer) run(args ...string) {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	deadline, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if _, err := s.do("PING"); err == nil {
			return
		}
		if deadline.Err() != nil {
			s.t.Fatal("redis-server does not answer")
		}
	}
}

// do sends a command to the server.
func (s *RedisServer) do(command ...any) (any, error) {
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.port)})
	defer client.Close()
	return client.Do(context.Background(), command...).Result()
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
