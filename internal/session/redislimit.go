package session

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// What is remembered of evictions, and for how long: the fields are rows, how many made
// room, and at, when the last did, in seconds since 1970.
const (
	redisEvicted     = "cookielab:evicted"
	evictionsAreNews = 24 * time.Hour
)

// Some rows of each shard are looked at when room has to be made, all of them in a
// small store.
const redisSample = 64

// Limit sets what the store may hold. In a full store new rows take the place of those
// that nobody has used for longest, as Redis itself knows it, of all addresses: it is
// several programs that write here, and none has the books of all. Programs count along
// and ask Redis once in recount, so that for a second there may be some rows more.
func (b *Redis) Limit(limits Limits) { b.limits = limits }

// full reports how far the store is beyond its limits, or would be with spare more rows.
func (b *Redis) full(spare int) bool {
	return b.rows.Load() >= int64(b.limits.Rows-spare) || b.octets.Load() >= b.limits.Bytes
}

// makeRoom deletes rows of a full store, some more than one, so that not every request
// has to look for some.
func (b *Redis) makeRoom(ctx context.Context) error {
	if _, err := b.Count(ctx); err != nil || !b.full(0) {
		return err
	}
	b.evicting.Lock()
	defer b.evicting.Unlock()
	if !b.full(0) {
		return nil
	}
	idle, err := b.idlest(ctx)
	if err != nil {
		return err
	}
	evicted, spare := 0, min(b.limits.Rows/100, 32)
	for _, key := range idle {
		if !b.full(spare) {
			break
		}
		if err := b.Delete(ctx, key); err != nil {
			return err
		}
		evicted++
	}
	return b.remember(ctx, evicted)
}

// idlest lists keys of rows, those first that nobody has used for longest.
func (b *Redis) idlest(ctx context.Context) ([]string, error) {
	samples, err := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for shard := range uint32(redisShards) {
			p.ZRandMember(ctx, redisSet(shard), redisSample)
		}
		return nil
	})
	if err != nil {
		return nil, unavailable(err)
	}
	var keys []string
	for _, sample := range samples {
		keys = append(keys, sample.(*redis.StringSliceCmd).Val()...)
	}
	looks, _ := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			p.ObjectIdleTime(ctx, redisKey(key)) // which is no use of it
		}
		return nil
	}) // a row that has just gone is an error, and so is a Redis that does not know
	idle := map[string]time.Duration{}
	for i, key := range keys {
		idle[key] = looks[i].(*redis.DurationCmd).Val()
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(idle[b], idle[a]) })
	return keys, nil
}

// remember counts evictions for the instructors, by the clock of Redis.
func (b *Redis) remember(ctx context.Context, rows int) error {
	now, err := b.client.Time(ctx).Result()
	if err == nil {
		_, err = b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.HIncrBy(ctx, redisEvicted, "rows", int64(rows))
			p.HSet(ctx, redisEvicted, "at", now.Unix())
			p.Expire(ctx, redisEvicted, evictionsAreNews)
			return nil
		})
	}
	return unavailable(err)
}

// Usage says what the store holds of its limits.
func (b *Redis) Usage(ctx context.Context) (Usage, error) {
	rows, err := b.Count(ctx)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{Rows: rows, Bytes: b.octets.Load(), Limits: b.limits}
	fields, err := b.client.HGetAll(ctx, redisEvicted).Result()
	u.Evicted, _ = strconv.Atoi(fields["rows"]) // none where there is no such field
	if at, err := strconv.ParseInt(fields["at"], 10, 64); err == nil {
		u.LastEvicted = time.Unix(at, 0).UTC()
	}
	return u, unavailable(err)
}
