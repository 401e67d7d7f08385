package session

import (
	"context"
	"database/sql/driver"
)

// SQLite also implements class.Storage, in a table beside that of the sessions: an entry
// belongs to a room and has a name within it. The entries of one call are written in one
// transaction, possibly together with other writes.
const roomTable = `CREATE TABLE IF NOT EXISTS class_entries (
	room  TEXT NOT NULL,
	name  TEXT NOT NULL,
	value BLOB NOT NULL,
	PRIMARY KEY (room, name)
) WITHOUT ROWID`

// Rooms lists the rooms that have entries.
func (b *SQLite) Rooms(ctx context.Context) (rooms []string, err error) {
	err = b.read(ctx, func(r *reader) error {
		rooms = nil
		return r.rooms.each(func(v []driver.Value) { rooms = append(rooms, text(v[0])) })
	})
	return rooms, err
}

// ReadRoom returns the entries of a room with these names, or all of them if no name is
// given.
func (b *SQLite) ReadRoom(ctx context.Context, room string, names ...string) (entries map[string][]byte, err error) {
	err = b.read(ctx, func(r *reader) error {
		entries = map[string][]byte{}
		if len(names) == 0 {
			return r.entries.each(func(v []driver.Value) { entries[text(v[0])] = []byte(text(v[1])) }, room)
		}
		for _, name := range names {
			v, err := r.entry.first(room, name)
			if err != nil {
				return err
			}
			if v != nil {
				entries[name] = []byte(text(v[0]))
			}
		}
		return nil
	})
	return entries, err
}

// WriteRoom writes entries atomically, and deletes those whose value is nil, unless an
// expected entry has another value.
func (b *SQLite) WriteRoom(ctx context.Context, room string, entries, expected map[string][]byte) (written bool, err error) {
	err = b.write(ctx, func(w *writer) error {
		written = false
		for name, value := range expected {
			now, err := w.getEntry.first(room, name)
			if err != nil {
				return err
			}
			if (now == nil) != (value == nil) || now != nil && text(now[0]) != string(value) {
				return nil
			}
		}
		written = true
		for name, value := range entries {
			var err error
			if value == nil {
				_, err = w.dropEntry.exec(room, name)
			} else {
				_, err = w.putEntry.exec(room, name, value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return written && err == nil, err
}

// DropRoom deletes all entries of a room.
func (b *SQLite) DropRoom(ctx context.Context, room string) error {
	return b.write(ctx, func(w *writer) error {
		_, err := w.dropRoom.exec(room)
		return err
	})
}
