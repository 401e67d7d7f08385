package session

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis also implements class.Storage and class.Messages: it keeps the entries of rooms
// and carries messages between programs. A room is a hash; all rooms are in one slot of a
// Cluster.
const (
	redisRooms = "cookielab:{class}:rooms"
	redisRoom  = "cookielab:{class}:room:"
	redisNews  = "cookielab:{class}:news"
	// garbage is how long after its last write Redis deletes a room.
	garbage = 7 * 24 * time.Hour
)

// Rooms lists the rooms that have entries.
func (b *Redis) Rooms(ctx context.Context) ([]string, error) {
	if err := b.usable(ctx); err != nil {
		return nil, err
	}
	rooms, err := b.client.SMembers(ctx, redisRooms).Result()
	return rooms, unavailable(err)
}

// ReadRoom returns the entries of a room with these names, or all of them if no name is
// given.
func (b *Redis) ReadRoom(ctx context.Context, room string, names ...string) (map[string][]byte, error) {
	if err := b.usable(ctx); err != nil {
		return nil, err
	}
	entries := map[string][]byte{}
	if len(names) == 0 {
		all, err := b.client.HGetAll(ctx, redisRoom+room).Result()
		for name, value := range all {
			entries[name] = []byte(value)
		}
		return entries, unavailable(err)
	}
	values, err := b.client.HMGet(ctx, redisRoom+room, names...).Result()
	for i, value := range values {
		if text, is := value.(string); is {
			entries[names[i]] = []byte(text)
		}
	}
	return entries, unavailable(err)
}

// redisWriteRoom compares and writes in one atomic step. Keys are the room and the set of
// rooms. Arguments are the room's code, its time to live in seconds, the number of
// expected entries, these, and the entries to write, each as name and value. No entry is
// empty, so an empty value stands for none.
var redisWriteRoom = redis.NewScript(`
	local at = 4
	for _ = 1, tonumber(ARGV[3]) do
		if (redis.call('HGET', KEYS[1], ARGV[at]) or '') ~= ARGV[at + 1] then return 0 end
		at = at + 2
	end
	while at < #ARGV do
		if ARGV[at + 1] == '' then
			redis.call('HDEL', KEYS[1], ARGV[at])
		else
			redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
		end
		at = at + 2
	end
	redis.call('EXPIRE', KEYS[1], ARGV[2])
	redis.call('SADD', KEYS[2], ARGV[1])
	return 1`)

// WriteRoom writes entries atomically, and deletes those whose value is nil, unless an
// expected entry has another value.
func (b *Redis) WriteRoom(ctx context.Context, room string, entries, expected map[string][]byte) (written bool, err error) {
	if err := b.usable(ctx); err != nil {
		return false, err
	}
	arguments := []any{room, int(garbage.Seconds()), len(expected)}
	for _, list := range []map[string][]byte{expected, entries} {
		for name, value := range list {
			arguments = append(arguments, name, value)
		}
	}
	done, err := redisWriteRoom.Run(ctx, b.client, []string{redisRoom + room, redisRooms}, arguments...).Int()
	return done == 1, unavailable(err)
}

// DropRoom deletes all entries of a room.
func (b *Redis) DropRoom(ctx context.Context, room string) error {
	if err := b.usable(ctx); err != nil {
		return err
	}
	_, err := b.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Del(ctx, redisRoom+room)
		p.SRem(ctx, redisRooms, room)
		return nil
	})
	return unavailable(err)
}

// Publish sends a message to every program that subscribes.
func (b *Redis) Publish(ctx context.Context, message []byte) error {
	if err := b.usable(ctx); err != nil {
		return err
	}
	return unavailable(b.client.Publish(ctx, redisNews, message).Err())
}

// Subscribe calls deliver for every message, until stop is called. After a lost
// connection it calls missed first, because messages may have been lost.
func (b *Redis) Subscribe(deliver func(message []byte), missed func()) (stop func()) {
	subscription := b.client.Subscribe(context.Background(), redisNews)
	done := make(chan struct{})
	events := subscription.ChannelWithSubscriptions()
	go func() {
		defer close(done)
		for event := range events {
			switch e := event.(type) {
			case *redis.Subscription:
				missed()
			case *redis.Message:
				deliver([]byte(e.Payload))
			}
		}
	}()
	return func() {
		subscription.Close()
		<-done
	}
}
