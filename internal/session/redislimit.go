package session

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"hash/fnv"
	"net/netip"
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

// redisOwnerLength is the length of a row's owner, and redisOwner returns it: a hash of the
// address that made the row.
const redisOwnerLength = 11

func redisOwner(address netip.Prefix) string {
	h := fnv.New64a()
	h.Write([]byte(address.String()))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// ownerAndKey splits an element of a shard's set.
func ownerAndKey(element string) (owner, key string) {
	return cut(element, min(redisOwnerLength, len(element)))
}

// Limit sets what the store may hold. In a full store an address is treated as by Limited:
// see there. Which address made a row is in the row, so that all programs that write here
// agree, and what each holds is estimated from a sample, so that a write costs no more
// while the store is not full. Each program asks Redis for the totals once in recount, so
// the limits can be exceeded a little for a second.
func (b *Redis) Limit(limits Limits) { b.limits = limits }

// full reports whether the store is at its limits.
func (b *Redis) full() bool {
	return b.rows.Load() >= int64(b.limits.Rows) || b.octets.Load() >= b.limits.Bytes
}

// makeRoomFor is makeRoom for a row that exists, on behalf of its owner.
func (b *Redis) makeRoomFor(ctx context.Context, key string) error {
	if _, err := b.Count(ctx); err != nil || !b.full() {
		return err
	}
	owner, err := b.client.GetRange(ctx, redisKey(key), redisDateLength, redisHead-1).Result()
	if err != nil {
		return unavailable(err)
	}
	return b.makeRoom(ctx, owner)
}

// makeRoom evicts rows of a full store so that an owner can have another, or returns
// ErrFull. It evicts several at once, so that not every request has to search, and an
// owner that was refused is refused until recount has passed.
func (b *Redis) makeRoom(ctx context.Context, owner string) error {
	if _, err := b.Count(ctx); err != nil || !b.full() {
		return err
	}
	if _, refused := b.refused.Load(owner); refused {
		return ErrFull
	}
	b.evicting.Lock()
	defer b.evicting.Unlock()
	if !b.full() {
		return nil
	}
	sample, err := b.sample(ctx)
	if err != nil {
		return err
	}
	evicted, spare := 0, min(b.limits.Rows/100, 32)
	for _, row := range b.victims(sample, owner) {
		if !b.full() && (spare == 0 || row.idle < idleAfter) {
			break
		} else if !b.full() {
			spare--
		}
		if err := b.delete(ctx, row.key, row.owner); err != nil {
			return err
		}
		evicted++
	}
	if b.full() {
		b.refused.Store(owner, true)
		time.AfterFunc(recount, func() { b.refused.Delete(owner) })
		err = ErrFull
	}
	if evicted == 0 {
		return err
	}
	return errors.Join(err, b.recordEvictions(ctx, evicted))
}

// sampled is a row of a sample.
type sampled struct {
	key, owner string
	octets     int64 // of memory
	idle       time.Duration
}

// sample examines redisSample rows of each shard.
func (b *Redis) sample(ctx context.Context) ([]sampled, error) {
	samples, err := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for shard := range uint32(redisShards) {
			p.ZRandMember(ctx, redisSet(shard), redisSample)
		}
		return nil
	})
	if err != nil {
		return nil, unavailable(err)
	}
	var rows []sampled
	for _, sample := range samples {
		for _, element := range sample.(*redis.StringSliceCmd).Val() {
			owner, key := ownerAndKey(element)
			rows = append(rows, sampled{key: key, owner: owner})
		}
	}
	looks, _ := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, row := range rows {
			key := redisKey(row.key)
			p.ObjectIdleTime(ctx, key) // neither of these counts as a use
			p.MemoryUsage(ctx, key)
		}
		return nil
	}) // an error here is a row deleted meanwhile, or a Redis that keeps no idle time
	for i := range rows {
		rows[i].idle = looks[2*i].(*redis.DurationCmd).Val()
		rows[i].octets = looks[2*i+1].(*redis.IntCmd).Val()
	}
	return rows, nil
}

// victims returns the rows of a sample that may be evicted for another row of an owner, the
// longest unused first: those of the owner that holds most, and if this one is beyond its
// share only those unused for idleAfter.
func (b *Redis) victims(sample []sampled, owner string) []sampled {
	var total account
	held := map[string]account{owner: {}}
	for _, row := range sample {
		a := held[row.owner]
		a.add(1, row.octets)
		held[row.owner] = a
		total.add(1, row.octets)
	}
	// The fraction of the store that an owner fills is that of the sample.
	rows, octets := float64(b.rows.Load())/float64(b.limits.Rows), float64(b.octets.Load())/float64(b.limits.Bytes)
	weight := func(owner string) float64 {
		a := held[owner]
		return max(float64(a.rows)/float64(max(1, total.rows))*rows, float64(a.bytes)/float64(max(1, total.bytes))*octets)
	}
	heaviest := owner
	for other := range held {
		if weight(other) > weight(heaviest) {
			heaviest = other
		}
	}
	beyond := weight(owner)+1/float64(b.limits.Rows) > 1/float64(len(held))
	list := slices.DeleteFunc(sample, func(row sampled) bool {
		return row.owner != heaviest || beyond && row.idle < idleAfter
	})
	slices.SortFunc(list, func(a, b sampled) int { return cmp.Compare(b.idle, a.idle) })
	return list
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
