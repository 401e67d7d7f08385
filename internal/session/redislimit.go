package session

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Evictions are kept in the hash redisEvicted for evictionsAreNews: rows is how many rows
// were evicted, at is when the last one was, in seconds since 1970.
const (
	redisEvicted     = "cookielab:evicted"
	evictionsAreNews = 24 * time.Hour
)

// redisSample is how many rows of each shard are examined for eviction. A small store is
// examined whole.
const redisSample = 64

// Limit sets what the store may hold. In a full store the rows that were not used for
// longest are evicted, by the idle time that Redis keeps, whichever address made them:
// several programs write here, and none knows the addresses of all rows. Each program
// asks Redis for the totals once in recount, so the limits can be exceeded a little for a
// second.
func (b *Redis) Limit(limits Limits) { b.limits = limits }

// full reports whether the store is at its limits, or would be with spare more rows.
func (b *Redis) full(spare int) bool {
	return b.rows.Load() >= int64(b.limits.Rows-spare) || b.octets.Load() >= b.limits.Bytes
}

// makeRoom evicts rows of a full store, several at once, so that not every request has to
// search.
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
	return b.recordEvictions(ctx, evicted)
}

// idlest lists keys of rows, the longest unused first.
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
			p.ObjectIdleTime(ctx, redisKey(key)) // OBJECT IDLETIME does not count as a use
		}
		return nil
	}) // an error here is a row deleted meanwhile, or a Redis that keeps no idle time
	idle := map[string]time.Duration{}
	for i, key := range keys {
		idle[key] = looks[i].(*redis.DurationCmd).Val()
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(idle[b], idle[a]) })
	return keys, nil
}

// recordEvictions records evictions for the instructor's page, by the clock of Redis.
func (b *Redis) recordEvictions(ctx context.Context, rows int) error {
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

// Usage returns what the store holds, and its limits.
func (b *Redis) Usage(ctx context.Context) (Usage, error) {
	rows, err := b.Count(ctx)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{Rows: rows, Bytes: b.octets.Load(), Limits: b.limits}
	fields, err := b.client.HGetAll(ctx, redisEvicted).Result()
	u.Evicted, _ = strconv.Atoi(fields["rows"]) // a missing field is 0
	if at, err := strconv.ParseInt(fields["at"], 10, 64); err == nil {
		u.LastEvicted = time.Unix(at, 0).UTC()
	}
	return u, unavailable(err)
}
