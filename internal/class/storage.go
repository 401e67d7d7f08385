package class

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
)

// Storage keeps the entries of rooms. An entry belongs to a room, by its code, and
// has a name within it.
type Storage interface {
	// Rooms lists the rooms that have entries.
	Rooms(ctx context.Context) ([]string, error)
	// ReadRoom returns the entries of a room that have these names, or all where no
	// name is given; one that is not there is no error.
	ReadRoom(ctx context.Context, room string, names ...string) (map[string][]byte, error)
	// WriteRoom writes entries, all or none, and deletes those whose value is nil.
	WriteRoom(ctx context.Context, room string, entries map[string][]byte) error
	// DropRoom deletes all entries of a room.
	DropRoom(ctx context.Context, room string) error
}

// Memory is a Storage that lives as long as the program.
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

// ReadRoom returns entries of a room, or all.
func (m *Memory) ReadRoom(_ context.Context, room string, names ...string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entries := maps.Clone(m.rooms[room])
	if len(names) > 0 {
		maps.DeleteFunc(entries, func(name string, _ []byte) bool { return !slices.Contains(names, name) })
	}
	return entries, nil
}

// WriteRoom writes and deletes entries.
func (m *Memory) WriteRoom(_ context.Context, room string, entries map[string][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
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
	return nil
}

// DropRoom deletes all entries of a room.
func (m *Memory) DropRoom(_ context.Context, room string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rooms, room)
	return nil
}

// News says which entries of a room were written, and by which hall. News of no room
// says that some was lost: every room may have changed.
type News struct {
	Room    string   `json:"room"`
	From    string   `json:"from"`
	Entries []string `json:"entries"`
	// Here is how many streams a hall has, by room; such news says nothing else.
	Here map[string]int `json:"here,omitempty"`
}

// Bus carries news to every hall that shares a storage, the one that published them
// included. What it delivers may be late, but not out of order.
type Bus interface {
	Publish(ctx context.Context, news News) error
	// Subscribe has every piece of news given to deliver until stop is called.
	Subscribe(deliver func(News)) (stop func())
}

// Local is the Bus of one process: it delivers at once.
type Local struct {
	mu   sync.RWMutex
	next int
	to   map[int]func(News)
}

// NewLocal returns a bus that nobody listens to yet.
func NewLocal() *Local { return &Local{to: map[int]func(News){}} }

// Publish gives news to all who listen, and returns when they have it.
func (b *Local) Publish(_ context.Context, news News) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, deliver := range b.to {
		deliver(news)
	}
	return nil
}

// Subscribe has news given to deliver.
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

// Messages carries messages from program to program.
type Messages interface {
	Publish(ctx context.Context, message []byte) error
	// Subscribe has every message given to deliver until stop is called. Where some may
	// have been lost, missed is called.
	Subscribe(deliver func(message []byte), missed func()) (stop func())
}

// Remote is the Bus of several programs.
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
		if json.Unmarshal(message, &news) == nil { // what is no news is none of ours
			deliver(news)
		}
	}, func() { deliver(News{}) })
}
