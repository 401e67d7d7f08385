package session_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"cookielab/internal/session"
)

// backends runs a benchmark on each backend, with 8 goroutines per core.
func backends(b *testing.B, run func(b *testing.B, backend session.Backend)) {
	for name, make := range map[string]func(*testing.B) session.Backend{
		"memory": func(*testing.B) session.Backend { return session.NewMemory() },
		"sqlite": func(b *testing.B) session.Backend { return open(b, filepath.Join(b.TempDir(), "sessions.db")) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(8)
			run(b, make(b))
		})
	}
}

func benchRow(n int64) session.Row {
	key := fmt.Sprintf("%032x", uint64(n)*0x9E3779B97F4A7C15) // scattered, as real keys are
	return session.Row{Key: key, Data: `{"username":"fan","age":18}`, Expires: start.Add(1209600 * time.Second)}
}

func BenchmarkInsert(b *testing.B) {
	backends(b, func(b *testing.B, backend session.Backend) {
		var n atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := backend.Insert(context.Background(), benchRow(n.Add(1))); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkLoad(b *testing.B) {
	const rows = 1000
	backends(b, func(b *testing.B, backend session.Backend) {
		for n := range int64(rows) {
			if err := backend.Insert(context.Background(), benchRow(n)); err != nil {
				b.Fatal(err)
			}
		}
		var n atomic.Int64
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, found, err := backend.Load(context.Background(), benchRow(n.Add(1)%rows).Key, start); !found || err != nil {
					b.Error(found, err)
				}
			}
		})
	})
}

// The benchmarks below measure what /set_session costs for a new visitor, and
// /get_session with a valid cookie, without HTTP.

func benchStore(backend session.Backend) *session.Store {
	return &session.Store{Backend: backend, Now: func() time.Time { return start }, Rand: rand.Reader}
}

func BenchmarkNewVisitorWrites(b *testing.B) {
	backends(b, func(b *testing.B, backend session.Backend) {
		store := benchStore(backend)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r, w := httptest.NewRequest("GET", "/set_session", nil), httptest.NewRecorder()
				gs, _ := store.Get(r, session.CookieName)
				s := session.From(gs)
				s.Set("username", "fan")
				s.Set("age", 18)
				if err := gs.Save(r, w); err != nil || w.Header()["Set-Cookie"] == nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkKnownVisitorReads(b *testing.B) {
	backends(b, func(b *testing.B, backend session.Backend) {
		store := benchStore(backend)
		row := benchRow(1)
		if err := backend.Insert(context.Background(), row); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r, w := httptest.NewRequest("GET", "/get_session", nil), httptest.NewRecorder()
				r.Header.Set("Cookie", "sessionid="+row.Key)
				gs, _ := store.Get(r, session.CookieName)
				s := session.From(gs)
				name, ok, err := s.Get("username")
				if !ok || err != nil || name != "fan" {
					b.Error(name, ok, err)
				}
				if age, ok, err := s.Get("age"); !ok || err != nil || age != int64(18) {
					b.Error(age, ok, err)
				}
				if err := gs.Save(r, w); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
