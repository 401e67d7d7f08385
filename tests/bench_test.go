package tests

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"cookielab/handlers"
	"cookielab/internal/serve"
	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"

	"github.com/gorilla/sessions"
	echosession "github.com/labstack/echo-contrib/session"
	"github.com/labstack/echo/v4"
	"github.com/redis/go-redis/v9"
)

// BenchmarkAgainstTheSmallest compares the whole program with the smallest Echo and
// gorilla program that keeps the same promise: a row under a raw key, and on SQLite
// every commit synced before the answer, many in one transaction. The two are asked
// in turn, in one run, over loopback by the same bare client; what counts is the ratio.
//
//	go test ./tests -run '^$' -bench AgainstTheSmallest -benchtime 1x
func BenchmarkAgainstTheSmallest(b *testing.B) {
	for _, kind := range []string{"memory", "sqlite", "redis"} {
		b.Run(kind+"/set_session", func(b *testing.B) { compare(b, kind, "/set_session", false) })
		b.Run(kind+"/get_session", func(b *testing.B) { compare(b, kind, "/get_session", true) })
	}
}

const (
	benchRounds  = 7
	benchClients = 16
	benchAsks    = 16000 // requests in a round
)

func compare(b *testing.B, kind, path string, withKey bool) {
	ours, smallest := benchServer(b, ourApp(b, ourStore(b, kind))), benchServer(b, smallestApp(b, kind))
	for range b.N {
		var mine, theirs, ratios []float64
		for range benchRounds {
			m := load(b, ours, path, withKey)
			t := load(b, smallest, path, withKey)
			mine, theirs, ratios = append(mine, m), append(theirs, t), append(ratios, m/t)
		}
		b.ReportMetric(median(mine), "ours-req/s")
		b.ReportMetric(median(theirs), "smallest-req/s")
		b.ReportMetric(median(ratios), "ratio")
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func benchServer(b *testing.B, h http.Handler) string {
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// load asks a server from several connections and gives the requests per second.
func load(b *testing.B, address, path string, withKey bool) float64 {
	b.Helper()
	cookie := ""
	if withKey {
		response, err := http.Get("http://" + address + "/set_session")
		if err != nil {
			b.Fatal(err)
		}
		response.Body.Close()
		cookie = "Cookie: sessionid=" + response.Cookies()[0].Value + "\r\n"
	}
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\n" + cookie + "\r\n")
	return loadWith(b, address, func(int) []byte { return request })
}

// loadWith asks a server, from several connections, what request says for each number,
// and gives the requests per second.
func loadWith(b *testing.B, address string, request func(i int) []byte) float64 {
	b.Helper()
	var wait sync.WaitGroup
	start := time.Now()
	for client := range benchClients {
		wait.Go(func() {
			err := askMany(address, func(i int) []byte { return request(i*benchClients + client) }, benchAsks/benchClients)
			if err != nil {
				b.Error(err)
			}
		})
	}
	wait.Wait()
	return benchAsks / time.Since(start).Seconds()
}

// askMany sends n requests over one connection, one after the other, and reads the
// answers.
func askMany(address string, request func(i int) []byte, n int) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for i := range n {
		if _, err := conn.Write(request(i)); err != nil {
			return err
		}
		length, chunked := 0, false
		for first := true; ; first = false {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return err
			}
			if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
				return fmt.Errorf("answered %q", line)
			}
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
					return err
				}
			}
			chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
			if len(line) == 2 {
				break
			}
		}
		if chunked {
			if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(r)); err != nil {
				return err
			}
			length = len("\r\n") // after the last chunk
		}
		if _, err := r.Discard(length); err != nil {
			return err
		}
	}
	return nil
}

// ourStore is a store as the program has it.
func ourStore(b *testing.B, kind string) session.Backend {
	b.Helper()
	var backend session.Backend = session.NewMemory()
	var err error
	switch kind {
	case "sqlite":
		backend, err = session.OpenSQLite(filepath.Join(b.TempDir(), "ours.db"))
	case "redis":
		backend, err = session.OpenRedis(sessiontest.StartRedis(b).URL)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { backend.Close() })
	if bounded, ok := backend.(session.Bounded); ok {
		backend = limited(b, bounded, session.Limits{Rows: 10_000_000, Bytes: 1 << 40})
	}
	return backend
}

func limited(b *testing.B, backend session.Bounded, limits session.Limits) session.Backend {
	b.Helper()
	l, err := session.Limit(b.Context(), backend, limits, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// ourApp is the program as it runs, its log thrown away.
func ourApp(b *testing.B, backend session.Backend, changes ...func(*handlers.Deps)) http.Handler {
	b.Helper()
	catalogue, err := lessons.Load(lessons.FS)
	if err != nil {
		b.Fatal(err)
	}
	files, err := static.New()
	if err != nil {
		b.Fatal(err)
	}
	pages, err := templates.Load(files.URL)
	if err != nil {
		b.Fatal(err)
	}
	deps := handlers.Deps{
		Backend: backend, Now: time.Now, Rand: rand.Reader, Lessons: catalogue, Pages: pages, Static: files,
		Log: serve.NewLog(io.Discard, 512<<10),
	}
	for _, change := range changes {
		change(&deps)
	}
	app, err := handlers.New(deps)
	if err != nil {
		b.Fatal(err)
	}
	return app
}

// smallestApp is the other program: two routes, gorilla's session with its values as
// JSON, and a store that does no more than it must.
func smallestApp(b *testing.B, kind string) http.Handler {
	var rows smallRows = &smallMemory{rows: map[string][]byte{}}
	switch kind {
	case "sqlite":
		rows = newSmallSQLite(b)
	case "redis":
		rows = newSmallRedis(b)
	}
	e := echo.New()
	e.Use(echosession.Middleware(&smallStore{rows}))
	e.GET("/set_session", func(c echo.Context) error {
		s, err := echosession.Get("sessionid", c)
		if err != nil {
			return err
		}
		s.Values["username"], s.Values["age"] = "fan", 18
		if err := s.Save(c.Request(), c.Response()); err != nil {
			return err
		}
		return c.String(http.StatusOK, "Session set")
	})
	e.GET("/get_session", func(c echo.Context) error {
		s, err := echosession.Get("sessionid", c)
		if err != nil {
			return err
		}
		return c.String(http.StatusOK, fmt.Sprint("Session values: ", s.Values["username"], s.Values["age"]))
	})
	return e
}

type smallRows interface {
	load(key string) ([]byte, bool, error)
	insert(key string, data []byte) error
}

type smallMemory struct {
	sync.RWMutex
	rows map[string][]byte
}

func (m *smallMemory) load(key string) ([]byte, bool, error) {
	m.RLock()
	defer m.RUnlock()
	data, ok := m.rows[key]
	return data, ok, nil
}

func (m *smallMemory) insert(key string, data []byte) error {
	m.Lock()
	defer m.Unlock()
	m.rows[key] = data
	return nil
}

// smallRedis has a value under each key.
type smallRedis struct{ client *redis.Client }

func newSmallRedis(b *testing.B) smallRedis {
	b.Helper()
	o, err := redis.ParseURL(sessiontest.StartRedis(b).URL)
	if err != nil {
		b.Fatal(err)
	}
	client := redis.NewClient(o)
	b.Cleanup(func() { client.Close() })
	return smallRedis{client}
}

func (r smallRedis) load(key string) ([]byte, bool, error) {
	data, err := r.client.Get(context.Background(), key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	return data, err == nil, err
}

func (r smallRedis) insert(key string, data []byte) error {
	return r.client.Set(context.Background(), key, data, 14*24*time.Hour).Err()
}

// smallSQLite syncs every commit and puts the writes that wait into one.
type smallSQLite struct {
	read  *sql.Stmt
	write chan smallWrite
}

type smallWrite struct {
	key  string
	data []byte
	done chan error
}

func newSmallSQLite(b *testing.B) *smallSQLite {
	b.Helper()
	name := "file:" + filepath.Join(b.TempDir(), "smallest.db") +
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)"
	writer, err := sql.Open("sqlite", name)
	if err != nil {
		b.Fatal(err)
	}
	writer.SetMaxOpenConns(1)
	if _, err := writer.Exec(`CREATE TABLE sessions(session_key TEXT PRIMARY KEY, session_data TEXT, expire_date TEXT)`); err != nil {
		b.Fatal(err)
	}
	reader, err := sql.Open("sqlite", name)
	if err != nil {
		b.Fatal(err)
	}
	reader.SetMaxOpenConns(4)
	reader.SetMaxIdleConns(4)
	read, err := reader.Prepare(`SELECT session_data FROM sessions WHERE session_key = ? AND expire_date > ?`)
	if err != nil {
		b.Fatal(err)
	}
	s := &smallSQLite{read, make(chan smallWrite, 256)}
	ctx, stop := context.WithCancel(context.Background())
	finished := make(chan struct{})
	go func() { defer close(finished); s.commit(ctx, writer) }()
	b.Cleanup(func() { stop(); <-finished; reader.Close(); writer.Close() })
	return s
}

func (s *smallSQLite) commit(ctx context.Context, db *sql.DB) {
	for {
		var batch []smallWrite
		select {
		case <-ctx.Done():
			return
		case w := <-s.write:
			batch = append(batch, w)
		}
		for len(s.write) > 0 {
			batch = append(batch, <-s.write)
		}
		err := s.insertAll(db, batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (s *smallSQLite) insertAll(db *sql.DB, batch []smallWrite) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert, err := tx.Prepare(`INSERT INTO sessions VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	expires := time.Now().Add(1209600 * time.Second).UTC().Format(time.DateTime)
	for _, w := range batch {
		if _, err := insert.Exec(w.key, string(w.data), expires); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s *smallSQLite) load(key string) ([]byte, bool, error) {
	var data []byte
	err := s.read.QueryRow(key, time.Now().UTC().Format(time.DateTime)).Scan(&data)
	if err == sql.ErrNoRows {
		return nil, false, nil
	}
	return data, err == nil, err
}

func (s *smallSQLite) insert(key string, data []byte) error {
	w := smallWrite{key, data, make(chan error, 1)}
	s.write <- w
	return <-w.done
}

// smallStore is a sessions.Store with a raw key of 32 characters.
type smallStore struct{ rows smallRows }

func (st *smallStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

func (st *smallStore) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(st, name)
	s.Options = &sessions.Options{Path: "/", MaxAge: 1209600, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	s.IsNew = true
	cookie, err := r.Cookie(name)
	if err != nil {
		return s, nil
	}
	data, ok, err := st.rows.load(cookie.Value)
	if err != nil || !ok {
		return s, err
	}
	values := map[string]any{}
	if err := json.Unmarshal(data, &values); err != nil {
		return s, nil
	}
	for k, v := range values {
		s.Values[k] = v
	}
	s.ID, s.IsNew = cookie.Value, false
	return s, nil
}

func (st *smallStore) Save(_ *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	values := make(map[string]any, len(s.Values))
	for k, v := range s.Values {
		values[k.(string)] = v
	}
	data, err := json.Marshal(values)
	if err != nil {
		return err
	}
	var octets [20]byte
	if _, err := rand.Read(octets[:]); err != nil {
		return err
	}
	s.ID = fmt.Sprintf("%x", octets)[:32]
	if err := st.rows.insert(s.ID, data); err != nil {
		return err
	}
	http.SetCookie(w, sessions.NewCookie(s.Name(), s.ID, s.Options))
	return nil
}
