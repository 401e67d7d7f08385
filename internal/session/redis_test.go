package session_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cookielab/internal/serve"
	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"

	"github.com/redis/go-redis/v9"
)

func TestRedisIsABackend(t *testing.T) {
	server := sessiontest.StartRedis(t)
	sessiontest.Run(t, func(t *testing.T) session.Backend {
		raw(t, server, "FLUSHALL")
		return openRedis(t, server.URL)
	})
}

// A Cluster spreads rows over its nodes; a script may only touch one slot.
func TestRedisClusterIsABackend(t *testing.T) {
	nodes := sessiontest.StartRedisCluster(t)
	empty := func(t *testing.T) {
		for _, node := range nodes {
			raw(t, node, "FLUSHALL")
		}
	}
	sessiontest.Run(t, func(t *testing.T) session.Backend {
		empty(t)
		return openRedis(t, nodes[0].URL)
	})
	empty(t)
	several := nodes[1].URL + "?addr=" + strings.TrimPrefix(nodes[2].URL, "redis://")
	worksInEveryPart(t, openRedis(t, several), openRedis(t, nodes[0].URL))
	for _, node := range nodes {
		if keys := client(t, node).Keys(t.Context(), "cookielab:*:row:*").Val(); len(keys) == 0 {
			t.Errorf("a node has no rows")
		}
	}
}

// Over TLS the server must show a certificate that is trusted.
func TestRedisOverTLS(t *testing.T) {
	made, err := serve.Maker{Now: time.Now(), Rand: rand.Reader}.Made()
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, octets []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: octets}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certificate := write("cert.pem", "CERTIFICATE", made.Certificate[0])
	port := sessiontest.FreePort(t)
	sessiontest.StartRedis(t, "--tls-port", strconv.Itoa(port), "--tls-auth-clients", "no",
		"--tls-cert-file", certificate, "--tls-key-file", write("key.pem", "PRIVATE KEY", key))
	address := fmt.Sprintf("rediss://127.0.0.1:%d", port)
	trusted := address + "?ca=" + certificate
	worksInEveryPart(t, openRedis(t, trusted), openRedis(t, trusted))
	for name, address := range map[string]string{
		"without its certificate": address,
		"with no certificate":     address + "?ca=" + os.DevNull,
		"with a missing file":     trusted + "x",
	} {
		if _, err := session.OpenRedis(address); err == nil {
			t.Errorf("a server %s is believed", name)
		}
	}
}

func TestRedisThatASentinelKnows(t *testing.T) {
	master := sessiontest.StartRedis(t)
	address := fmt.Sprintf("redis://127.0.0.1:%d?master_name=lab", sessiontest.StartSentinel(t, master))
	worksInEveryPart(t, openRedis(t, address), openRedis(t, address))
	if keys := client(t, master).Keys(t.Context(), "cookielab:*:row:*").Val(); len(keys) == 0 {
		t.Error("the master has no rows")
	}
}

// After the master's end the store is unavailable until the Sentinel has promoted the
// replica, and then goes on with its rows.
func TestRedisGoesOnAfterAFailover(t *testing.T) {
	master := sessiontest.StartRedis(t)
	master.StartReplica(t)
	b, ctx := openRedis(t, fmt.Sprintf("redis://127.0.0.1:%d?master_name=lab", sessiontest.StartSentinel(t, master))), t.Context()
	row := session.Row{Key: "before", Data: "{}", Expires: time.Unix(2_000_000_000, 0).UTC()}
	if err := b.Insert(ctx, row); err != nil {
		t.Fatal(err)
	}
	if n, err := client(t, master).Wait(ctx, 1, 10*time.Second).Result(); n != 1 || err != nil {
		t.Fatalf("%d replicas have the row, %v", n, err)
	}
	master.Kill()
	deadline, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	refused := 0
	for err := b.Update(ctx, row); err != nil; err = b.Update(ctx, row) {
		if refused++; !errors.Is(err, session.ErrUnavailable) || deadline.Err() != nil {
			t.Fatalf("during the failover Update = %v, want ErrUnavailable", err)
		}
	}
	if refused == 0 {
		t.Error("without a master a write was accepted")
	}
	if got, found, err := b.Load(ctx, row.Key, time.Unix(0, 0)); got != row || !found || err != nil {
		t.Errorf("after the failover Load = %v, %v, %v", got, found, err)
	}
	row.Key = "after"
	if err := b.Insert(ctx, row); err != nil {
		t.Errorf("after the failover Insert = %v", err)
	}
}

// worksInEveryPart writes through one backend, and reads through another, rows of all
// shards and a room, and sends news.
func worksInEveryPart(t *testing.T, one, other *session.Redis) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const rows = 100
	at := time.Unix(2_000_000_000, 0).UTC()
	for n := range rows {
		key := fmt.Sprintf("%032d", n)
		must(one.Insert(ctx, session.Row{Key: key, Data: "{}", Expires: at}))
		must(other.Update(ctx, session.Row{Key: key, Data: `{"n":1}`, Expires: at.Add(time.Hour)}))
		row, found, err := one.Load(ctx, key, at)
		if want := (session.Row{Key: key, Data: `{"n":1}`, Expires: at.Add(time.Hour)}); !found || err != nil || row != want {
			t.Fatalf("Load(%s) = %v, %v, %v, want %v", key, row, found, err, want)
		}
	}
	must(other.Delete(ctx, fmt.Sprintf("%032d", 0)))
	if n, err := other.Purge(ctx, at); n != 0 || err != nil {
		t.Errorf("Purge before the rows' date = %d, %v, want none", n, err)
	}
	must(one.Ping(ctx))
	heard := make(chan string, 1)
	ready := make(chan struct{}, 1)
	stop := other.Subscribe(func(message []byte) { heard <- string(message) }, func() { ready <- struct{}{} })
	defer stop()
	<-ready
	must(one.Publish(ctx, []byte("news")))
	if got := <-heard; got != "news" {
		t.Errorf("what is heard is %q", got)
	}
	written, err := one.WriteRoom(ctx, "abc", map[string][]byte{"room": []byte("1")}, map[string][]byte{"room": nil})
	entries, readErr := other.ReadRoom(ctx, "abc")
	if !written || err != nil || readErr != nil || string(entries["room"]) != "1" {
		t.Errorf("the room is %q, %v, %v, %v", entries, written, err, readErr)
	}
	must(other.DropRoom(ctx, "abc"))
}

func openRedis(t testing.TB, address string) *session.Redis {
	t.Helper()
	b, err := session.OpenRedis(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return b
}

// raw sends a command straight to Redis.
func raw(t *testing.T, server *sessiontest.RedisServer, command ...any) string {
	t.Helper()
	o, err := redis.ParseURL(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	defer client.Close()
	answer, err := client.Do(context.Background(), command...).Result()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := answer.(string)
	return text
}

// A row must stay in Redis after its expire_date: until the purge it can be displayed,
// and our clock decides whether it has expired.
func TestRedisKeepsARowBeyondItsDate(t *testing.T) {
	server := sessiontest.StartRedis(t)
	b, ctx := openRedis(t, server.URL), t.Context()
	long := session.Row{Key: "long", Data: "{}", Expires: time.Now().Add(time.Hour)}
	past := session.Row{Key: "past", Data: "{}", Expires: time.Unix(1, 0)}
	for _, row := range []session.Row{long, past} {
		if err := b.Insert(ctx, row); err != nil {
			t.Fatal(err)
		}
	}
	const week = 7 * 24 * time.Hour
	for key, want := range map[string]time.Duration{"long": week + time.Hour, "past": week} {
		left, err := client(t, server).TTL(ctx, client(t, server).Keys(ctx, "*:"+key).Val()[0]).Result()
		if err != nil || left > want || left < want-time.Minute {
			t.Errorf("Redis keeps %s for %v, %v, want %v", key, left, err, want)
		}
	}
	// With a clock that is behind, the row has not expired; with one that is ahead, it has.
	for after, want := range map[time.Duration]bool{-time.Hour: true, 2 * time.Hour: false} {
		if _, found, err := b.Load(ctx, "long", time.Now().Add(after)); found != want || err != nil {
			t.Errorf("Load %v from now: found %v, %v, want %v", after, found, err, want)
		}
	}
}

func client(t *testing.T, server *sessiontest.RedisServer) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: strings.TrimPrefix(server.URL, "redis://")})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRedisThatIsGoneIsSaidAtOnceAndComesBack(t *testing.T) {
	server := sessiontest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	b, ctx := openRedis(t, server.URL), t.Context()
	row := session.Row{Key: "k1", Data: "{}", Expires: time.Unix(2_000_000_000, 0)}
	if err := b.Insert(ctx, row); err != nil {
		t.Fatal(err)
	}
	wantGone := func() {
		t.Helper()
		begun := time.Now()
		_, _, err := b.Load(ctx, "k1", time.Unix(0, 0))
		if !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Load = %v, want ErrUnavailable", err)
		}
		if err := b.Update(ctx, row); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Update = %v, want ErrUnavailable", err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("it took %v to say so", took)
		}
	}
	wantBack := func() {
		t.Helper()
		deadline, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		for b.Update(ctx, row) != nil {
			if deadline.Err() != nil {
				t.Fatal("the store does not come back")
			}
		}
		if err := b.Ping(ctx); err != nil {
			t.Errorf("Ping = %v", err)
		}
	}
	server.Kill()
	wantGone()
	server.Start()
	wantBack()
	// A stopped process accepts connections and does not answer.
	if err := server.Process().Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	wantGone()
	if err := server.Process().Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	wantBack()
}

func TestRedisThatIsFullOrReadOnlyIsSaid(t *testing.T) {
	server := sessiontest.StartRedis(t)
	b, ctx := openRedis(t, server.URL), t.Context()
	row := session.Row{Key: "k1", Data: "{}", Expires: time.Unix(2_000_000_000, 0)}
	for _, setting := range [][2]string{{"maxmemory", "1"}, {"min-replicas-to-write", "1"}} {
		raw(t, server, "CONFIG", "SET", setting[0], setting[1])
		if err := b.Insert(ctx, row); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Insert with %s = %v, want ErrUnavailable", setting, err)
		}
		if err := b.Ping(ctx); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Ping with %s = %v, want ErrUnavailable", setting, err)
		}
		raw(t, server, "CONFIG", "SET", setting[0], "0")
	}
	if err := b.Insert(ctx, row); err != nil {
		t.Errorf("Insert afterwards = %v", err)
	}
}

func TestAnAddressThatIsNoRedis(t *testing.T) {
	for address, want := range map[string]string{
		"redis://127.0.0.1:1":                  "refused",
		"redis://127.0.0.1:1?addr=127.0.0.1:2": "refused",
		"redis://127.0.0.1:1/zero":             `"zero", not a number`,
		"redis://127.0.0.1:1/-1":               `"-1", not a number`,
		"redis://127.0.0.1:1?master=x":         `it has "master"`,
		"redis://u:secret@127.0.0.1:1":         "refused",
		"redis://u:secret@127.0.0.1:1:2/%zz":   "not an address",
		"http://127.0.0.1:1":                   `"http", not redis`,
	} {
		b, err := session.OpenRedis(address)
		if err == nil || b != nil {
			t.Errorf("OpenRedis(%s) = %v, %v, want an error", address, b, err)
			continue
		}
		text := err.Error()
		if !strings.Contains(text, want) || !strings.HasPrefix(text, "open session store ") || strings.Contains(text, "\n") {
			t.Errorf("OpenRedis(%s) = %q, want one line with %q", address, text, want)
		}
		if strings.Contains(text, "secret") {
			t.Errorf("OpenRedis(%s) repeats the password: %q", address, text)
		}
	}
}
