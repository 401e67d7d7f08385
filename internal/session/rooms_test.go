package session_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"cookielab/internal/class"
	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"
)

// Entries of rooms are stored alike in memory, in Redis and in SQLite, where they are
// still there after the file was closed and opened again.
func TestRoomEntriesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	memory := class.NewMemory()
	var server *sessiontest.RedisServer
	storages := map[string]func(t *testing.T) class.Storage{
		"memory": func(*testing.T) class.Storage { return memory },
		"sqlite": func(t *testing.T) class.Storage {
			b, err := session.OpenSQLite(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { b.Close() })
			return b
		},
		"redis": func(t *testing.T) class.Storage {
			if server == nil {
				server = sessiontest.StartRedis(t)
			}
			b, err := session.OpenRedis(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { b.Close() })
			return b
		},
	}
	for name, open := range storages {
		t.Run(name, func(t *testing.T) {
			s, ctx := open(t), t.Context()
			write := func(room string, entries map[string][]byte) {
				t.Helper()
				if written, err := s.WriteRoom(ctx, room, entries, nil); err != nil || !written {
					t.Fatal(written, err)
				}
			}
			write("aaaaaa", map[string][]byte{"room": []byte(`{"n":1}`), "seat/1": []byte("one"), "seat/2": []byte("two")})
			write("bbbbbb", map[string][]byte{"room": []byte("other")})
			write("aaaaaa", map[string][]byte{"room": []byte(`{"n":2}`), "seat/1": nil, "seat/3": nil})
			if c, ok := s.(interface{ Close() error }); ok {
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				s = open(t)
			}
			read := func(room string, names ...string) map[string]string {
				t.Helper()
				entries, err := s.ReadRoom(ctx, room, names...)
				if err != nil {
					t.Fatal(err)
				}
				texts := map[string]string{}
				for name, value := range entries {
					texts[name] = string(value)
				}
				return texts
			}
			if got := read("aaaaaa"); !maps.Equal(got, map[string]string{"room": `{"n":2}`, "seat/2": "two"}) {
				t.Errorf("the room has %v", got)
			}
			if got := read("aaaaaa", "seat/1", "seat/2"); !maps.Equal(got, map[string]string{"seat/2": "two"}) {
				t.Errorf("of the seats that were asked for there are %v", got)
			}
			for name, expected := range map[string]map[string][]byte{
				"another value":        {"room": []byte(`{"n":1}`)},
				"none":                 {"room": nil},
				"what is not there":    {"seat/1": []byte("one")},
				"another value of two": {"room": []byte(`{"n":2}`), "seat/2": []byte("one")},
			} {
				if written, err := s.WriteRoom(ctx, "aaaaaa", map[string][]byte{"room": []byte("lost"), "seat/2": nil}, expected); written || err != nil {
					t.Errorf("where %s is expected it is written: %v, %v", name, written, err)
				}
			}
			if got := read("aaaaaa"); !maps.Equal(got, map[string]string{"room": `{"n":2}`, "seat/2": "two"}) {
				t.Errorf("after writes that came too late the room has %v", got)
			}
			right := map[string][]byte{"room": []byte(`{"n":2}`), "seat/1": nil}
			if written, err := s.WriteRoom(ctx, "aaaaaa", map[string][]byte{"room": []byte(`{"n":3}`), "seat/2": nil}, right); !written || err != nil {
				t.Errorf("what is expected is there, and it is not written: %v", err)
			}
			if got := read("aaaaaa"); !maps.Equal(got, map[string]string{"room": `{"n":3}`}) {
				t.Errorf("then the room has %v", got)
			}
			if err := s.DropRoom(ctx, "aaaaaa"); err != nil {
				t.Fatal(err)
			}
			rooms, err := s.Rooms(ctx)
			if err != nil || !slices.Equal(rooms, []string{"bbbbbb"}) || len(read("aaaaaa")) != 0 {
				t.Errorf("after the drop there are %v, %v", rooms, err)
			}
		})
	}
}
