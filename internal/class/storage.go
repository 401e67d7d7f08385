package class

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
)

// Storage stores the entries of rooms. An entry belongs to a room, given by its code, and
// has a name within it.
type Storage interface {
	// Rooms lists the rooms that have entries.
	Rooms(ctx context.Context) ([]string, error)
	// ReadRoom returns the entries of a room with these names, or all of them if no name
	// is given. A missing entry is not an error.
	ReadRoom(ctx context.Context, room string, names ...string) (map[string][]byte, error)
	// WriteRoom writes entries atomically, and deletes those whose value is nil. If an
	// expected entry has another value, where nil means that there is none, it writes
	// nothing and written is false; comparing and writing are one atomic step.
	WriteRoom(ctx context.Context, room string, entries, expected map[string][]byte) (written bool, err error)
	// DropRoom deletes all entries of a room.
	DropRoom(ctx context.Context, room string) error
}

// Memory is a Storage in the program's memory.
type Memory struct {
	mu    sync.Mutex
	rooms map[string]map[string][]byte
}

// NewMemory returns an empty storage.
func NewMemory() *Memory { return &Memory{rooms: map[string]map[string][]byte{}} }

// Rooms lists the rooms that have entries.
func (m *Memory) Rooms(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var codes []string
	for code := range m.rooms {
		codes = append(codes, code)
	}
	return codes, nil
}

// ReadRoom returns entries of a room, or all of them if no name is given.
func (m *Memory) ReadRoom(_ context.Context, room string, names ...string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entries := maps.Clone(m.rooms[room])
	if len(names) > 0 {
		maps.DeleteFunc(entries, func(name string, _ []byte) bool { return !slices.Contains(names, name) })
	}
	return entries, nil
}

// WriteRoom writes and deletes entries, if what is expected is there.
func (m *Memory) WriteRoom(_ context.Context, room string, entries, expected map[string][]byte) (written bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, value := range expected {
		if !bytes.Equal(m.rooms[room][name], value) {
			return false, nil
		}
	}
	for name, value := range entries {
		if value == nil {
			delete(m.rooms[room], name)
			continue
		}
		if m.rooms[room] == nil {
			m.rooms[room] = map[string][]byte{}
		}
		m.rooms[room][name] = value
	}
	return true, nil
}

// DropRoom deletes all entries of a room.
func (m *Memory) DropRoom(_ context.Context, room string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rooms, room)
	return nil
}

// News tells which entries of a room were written, and by which hall. With an empty Room
// it says that news may have been lost: every room may have changed.
type News struct {
	Room    string   `json:"room"`
	From    string   `json:"from"`
	Entries []string `json:"entries"`
	// Here is how many streams a hall has, by room. Such news has no Room and no names.
	Here map[string]int `json:"here,omitempty"`
}

// Bus delivers news to every hall that shares a storage, the publishing one included.
// Delivery may be late but keeps the order.
type Bus interface {
	Publish(ctx context.Context, news News) error
	// Subscribe calls deliver for every piece of news until stop is called.
	Subscribe(deliver func(News)) (stop func())
}

// Local is the Bus of a single process. It delivers synchronously.
type Local struct {
	mu   sync.RWMutex
	next int
	to   map[int]func(News)
}

// NewLocal returns a bus without subscribers.
func NewLocal() *Local { return &Local{to: map[int]func(News){}} }

// Publish delivers news to all subscribers before it returns.
func (b *Local) Publish(_ context.Context, news News) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, deliver := range b.to {
		deliver(news)
	}
	return nil
}

// Subscribe calls deliver for every piece of news until stop is called.
func (b *Local) Subscribe(deliver func(News)) (stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := b.next
	b.next++
	b.to[id] = deliver
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.to, id)
	}
}

// Messages carries messages between programs.
type Messages interface {
	Publish(ctx context.Context, message []byte) error
	// Subscribe calls deliver for every message until stop is called. It calls missed
	// when messages may have been lost.
	Subscribe(deliver func(message []byte), missed func()) (stop func())
}

// Remote returns a Bus for several programs.
func Remote(m Messages) Bus { return remote{m} }

type remote struct{ messages Messages }

func (b remote) Publish(ctx context.Context, news News) error {
	text, err := json.Marshal(news)
	if err != nil {
		return err
	}
	return b.messages.Publish(ctx, text)
}

func (b remote) Subscribe(deliver func(News)) (stop func()) {
	return b.messages.Subscribe(func(message []byte) {
		var news News
		if json.Unmarshal(message, &news) == nil { // a message that cannot be decoded is ignored
			deliver(news)
		}
	}, func() { deliver(News{}) })
}
