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

// WriteRoom writes entries atomically, and deletes those whose value is nil.
func (b *Redis) WriteRoom(ctx context.Context, room string, entries map[string][]byte) error {
	if err := b.usable(ctx); err != nil {
		return err
	}
	_, err := b.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for name, value := range entries {
			if value == nil {
				p.HDel(ctx, redisRoom+room, name)
			} else {
				p.HSet(ctx, redisRoom+room, name, value)
			}
		}
		p.Expire(ctx, redisRoom+room, garbage)
		p.SAdd(ctx, redisRooms, room)
		return nil
	})
	return unavailable(err)
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
