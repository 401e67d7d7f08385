package session

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"cookielab/internal/class"
)

// Entries of rooms are stored alike in memory and in SQLite, where they are still there
// after the file was closed and opened again.
func TestRoomEntriesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	storages := map[string]func() class.Storage{
		"memory": func() func() class.Storage {
			memory := class.NewMemory()
			return func() class.Storage { return memory }
		}(),
		"sqlite": func() class.Storage {
			b, err := OpenSQLite(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { b.Close() })
			return b
		},
	}
	for name, open := range storages {
		t.Run(name, func(t *testing.T) {
			s, ctx := open(), t.Context()
			write := func(room string, entries map[string][]byte) {
				t.Helper()
				if err := s.WriteRoom(ctx, room, entries); err != nil {
					t.Fatal(err)
				}
			}
			write("aaaaaa", map[string][]byte{"room": []byte(`{"n":1}`), "seat/1": []byte("one"), "seat/2": []byte("two")})
			write("bbbbbb", map[string][]byte{"room": []byte("other")})
			write("aaaaaa", map[string][]byte{"room": []byte(`{"n":2}`), "seat/1": nil, "seat/3": nil})
			if c, ok := s.(interface{ Close() error }); ok {
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				s = open()
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
