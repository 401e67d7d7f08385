package tests

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"cookielab/internal/session"
)

// BenchmarkGrowth compares the program on a store with one session and on a store with
// a million, whose sessions are asked for at random, each as often as the other: no cache
// helps, as it would where some are in use and most are not. The two are asked in turn, in one
// run; what counts is the ratio. MB is what the million need in the program's memory:
// on SQLite that is the books of the limits, the rows being in the file.
//
//	go test ./tests -run '^$' -bench Growth -benchtime 1x
func BenchmarkGrowth(b *testing.B) {
	const million = 1_000_000
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // as the program has it
	for _, kind := range []string{"memory", "sqlite"} {
		b.Run(kind, func(b *testing.B) {
			small := benchServer(b, ourApp(b, grown(b, kind, 1)))
			before := heap()
			store := grown(b, kind, million)
			grew := heap() - before
			large := benchServer(b, ourApp(b, store))
			var gets, sets []float64
			for range b.N {
				for range benchRounds {
					few := loadAtRandom(b, small, 1)
					gets = append(gets, loadAtRandom(b, large, million)/few)
					few = load(b, small, "/set_session", false)
					sets = append(sets, load(b, large, "/set_session", false)/few)
				}
			}
			b.ReportMetric(float64(grew)/(1<<20), "MB")
			b.ReportMetric(median(gets), "get-ratio")
			b.ReportMetric(median(sets), "set-ratio")
		})
	}
}

// loadAtRandom reads one of so many sessions after the other, and gives the requests per
// second.
func loadAtRandom(b *testing.B, address string, rows int) float64 {
	b.Helper()
	return loadWith(b, address, func(int) []byte {
		return fmt.Appendf(nil, "GET /get_session HTTP/1.1\r\nHost: %s\r\nCookie: sessionid=%s\r\n\r\n", address, grownKey(rand.IntN(rows)))
	})
}

func grownKey(n int) string { return fmt.Sprintf("%032d", n) }

// grown is a store with so many sessions.
func grown(b *testing.B, kind string, rows int) session.Backend {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	const data = `{"username":"fan","age":18}`
	expires := time.Now().Add(24 * time.Hour).UTC()
	limits := session.Limits{Rows: 10_000_000, Bytes: 1 << 40}
	if kind == "memory" {
		backend := session.NewMemory()
		for n := range rows {
			must(backend.Insert(b.Context(), session.Row{Key: grownKey(n), Data: data, Expires: expires}))
		}
		return limited(b, backend, limits)
	}
	path := filepath.Join(b.TempDir(), "sessions.db")
	table, err := session.OpenSQLite(path) // which makes it
	must(err)
	must(table.Close())
	db, err := sql.Open("sqlite", path)
	must(err)
	_, err = db.Exec(`WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO sessions SELECT printf('%032d', i), ?, ? FROM n`, rows-1, data, expires.Format(time.DateTime))
	must(err)
	must(db.Close())
	backend, err := session.OpenSQLite(path)
	must(err)
	b.Cleanup(func() { backend.Close() })
	return limited(b, backend, limits)
}

// heap is what is in use of this program's memory, in octets.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
