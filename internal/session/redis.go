package session

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// Redis is a backend that several programs share; see OpenRedis.
//
// A row is a hash cookielab:{NN}:KEY with the fields data and expires, in seconds since
// 1970. Beside the rows, cookielab:{NN}:expiry is a sorted set of their keys by date,
// for the purge and for counting. NN is one of redisShards parts, each in one slot of a
// Cluster, so that a script can touch a row and its place in the set.
//
// What decides is our clock and the field expires. The time to live that Redis is told
// only collects garbage, long after the last program of ours has purged.
type Redis struct {
	client  redis.UniversalClient
	closed  atomic.Bool
	rows    atomic.Int64 // when last counted, and what this program did since
	counted probe
	health  probe
}

var _ interface {
	Backend
	Counter
} = (*Redis)(nil)

const redisShards = 16

// Each script is one step for Redis: nothing comes between a look at a row and its
// change. Keys are the row and the set, arguments the key, the date and the data.
var (
	redisInsert = redis.NewScript(`if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end` + redisPut)
	redisUpdate = redis.NewScript(`if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end` + redisPut)
	redisDelete = redis.NewScript(`
		redis.call('ZREM', KEYS[2], ARGV[1])
		return redis.call('DEL', KEYS[1])`)
	// The first key is the set and the others rows; the first argument is the date, the
	// others their keys. A row that was renewed meanwhile stays.
	redisPurge = redis.NewScript(`
		local purged = 0
		for i = 2, #KEYS do
			local expires = redis.call('HGET', KEYS[i], 'expires')
			if not expires or tonumber(expires) < tonumber(ARGV[1]) then
				redis.call('ZREM', KEYS[1], ARGV[i])
				purged = purged + redis.call('DEL', KEYS[i])
			end
		end
		return purged`)
)

// redisPut writes a row. It is garbage a week after it has expired, or after it was
// written, by the clock of Redis.
const redisPut = `
	redis.call('HSET', KEYS[1], 'expires', ARGV[2], 'data', ARGV[3])
	redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
	local left = tonumber(ARGV[2]) - tonumber(redis.call('TIME')[1])
	redis.call('EXPIRE', KEYS[1], string.format('%.0f', math.max(left, 0) + 604800))
	return 1`

// OpenRedis connects to a Redis, a Cluster, or the master that Sentinels know. For the
// forms of an address see redisOptions.
//
// What a caller was told is done is as safe as Redis makes it: with appendfsync always
// it survives a crash, with Redis's default a second may be lost. Every program that
// shares the Redis must have a clock that is about right.
func OpenRedis(address string) (*Redis, error) {
	logging.Disable() // whoever asks gets the error
	fail := func(err error) (*Redis, error) {
		name := "redis://…" // what cannot be read may have a password anywhere
		if u, parseErr := url.Parse(address); parseErr == nil {
			name = u.Redacted()
		}
		return nil, fmt.Errorf("open session store %s: %w", name, err)
	}
	o, err := redisOptions(address)
	if err != nil {
		return fail(err)
	}
	ctx := context.Background()
	client := redis.NewUniversalClient(o)
	// A single address may be a node of a Cluster: only there is this no error.
	if !o.IsClusterMode && o.MasterName == "" && client.ClusterInfo(ctx).Err() == nil {
		client.Close()
		o.IsClusterMode = true
		client = redis.NewUniversalClient(o)
	}
	if err := client.Ping(ctx).Err(); err != nil {
		client.Close()
		return fail(err)
	}
	return &Redis{client: client, counted: probe{keep: recount}, health: probe{keep: time.Second}}, nil
}

// Close breaks off what is under way.
func (b *Redis) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	return b.client.Close()
}

func shardOf(key string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(key))
	return h.Sum32() % redisShards
}

func redisPrefix(shard uint32) string {
	return "cookielab:{" + strconv.Itoa(int(shard)) + "}:"
}

func redisSet(shard uint32) string { return redisPrefix(shard) + "expiry" }

func redisKey(key string) string { return redisPrefix(shardOf(key)) + "row:" + key }

// usable is asked before each call: the client looks at a context only when it waits.
func (b *Redis) usable(ctx context.Context) error {
	if b.closed.Load() {
		return unavailable(errClosed)
	}
	if ctx.Err() != nil {
		return unavailable(context.Cause(ctx))
	}
	return nil
}

// Load returns a row that has not expired.
func (b *Redis) Load(ctx context.Context, key string, now time.Time) (Row, bool, error) {
	row, found, err := b.Row(ctx, key)
	if !found || row.Expires.Unix() <= now.Unix() {
		return Row{}, false, err
	}
	return row, true, nil
}

// Row returns a row as it is stored.
func (b *Redis) Row(ctx context.Context, key string) (Row, bool, error) {
	if err := b.usable(ctx); err != nil {
		return Row{}, false, err
	}
	fields, err := b.client.HMGet(ctx, redisKey(key), "data", "expires").Result()
	if err != nil {
		return Row{}, false, unavailable(err)
	}
	date, found := fields[1].(string)
	if !found {
		return Row{}, false, nil
	}
	data, _ := fields[0].(string)
	seconds, _ := strconv.ParseInt(date, 10, 64) // a date that is none lies in the past
	return Row{Key: key, Data: data, Expires: time.Unix(seconds, 0).UTC()}, true, nil
}

// Insert adds a row.
func (b *Redis) Insert(ctx context.Context, row Row) error {
	err := b.put(ctx, redisInsert, row, ErrExists)
	if err == nil {
		b.rows.Add(1)
	}
	return err
}

// Update changes a row that is there.
func (b *Redis) Update(ctx context.Context, row Row) error {
	return b.put(ctx, redisUpdate, row, ErrGone)
}

// put runs a script that writes a row, or returns refused.
func (b *Redis) put(ctx context.Context, script *redis.Script, row Row, refused error) error {
	n, err := b.run(ctx, script, row.Key, row.Expires.Unix(), row.Data)
	if err == nil && n == 0 {
		return refused
	}
	return err
}

// Delete removes a row.
func (b *Redis) Delete(ctx context.Context, key string) error {
	n, err := b.run(ctx, redisDelete, key)
	b.rows.Add(int64(-n))
	return err
}

func (b *Redis) run(ctx context.Context, script *redis.Script, key string, args ...any) (int, error) {
	if err := b.usable(ctx); err != nil {
		return 0, err
	}
	n, err := script.Run(ctx, b.client, []string{redisKey(key), redisSet(shardOf(key))}, append([]any{key}, args...)...).Int()
	return n, unavailable(err)
}

// Count asks Redis once in recount, and in between counts along.
func (b *Redis) Count(ctx context.Context) (int, error) {
	if err := b.usable(ctx); err != nil {
		return 0, err
	}
	err := b.counted.ask(ctx, func() error {
		counts, err := b.client.Pipelined(context.Background(), func(p redis.Pipeliner) error {
			for shard := range uint32(redisShards) {
				p.ZCard(context.Background(), redisSet(shard))
			}
			return nil
		})
		var rows int64
		for _, count := range counts {
			rows += count.(*redis.IntCmd).Val()
		}
		b.rows.Store(rows)
		return unavailable(err)
	})
	return int(b.rows.Load()), err
}

// Purge goes through the rows in order of their dates, some at a time.
func (b *Redis) Purge(ctx context.Context, before time.Time) (purged int, err error) {
	for shard := range uint32(redisShards) {
		n, err := b.purge(ctx, shard, before.Unix())
		if purged += n; err != nil {
			return purged, err
		}
	}
	return purged, nil
}

func (b *Redis) purge(ctx context.Context, shard uint32, before int64) (purged int, err error) {
	const stride = 200
	for more := true; more; {
		if err := b.usable(ctx); err != nil {
			return purged, err
		}
		old, err := b.client.ZRangeByScore(ctx, redisSet(shard), &redis.ZRangeBy{
			Min: "-inf", Max: "(" + strconv.FormatInt(before, 10), Count: stride,
		}).Result()
		if err != nil {
			return purged, unavailable(err)
		}
		if more = len(old) == stride; len(old) == 0 {
			break
		}
		keys, args := []string{redisSet(shard)}, []any{before}
		for _, key := range old {
			keys, args = append(keys, redisKey(key)), append(args, key)
		}
		n, err := redisPurge.Run(ctx, b.client, keys, args...).Int()
		if err != nil {
			return purged, unavailable(err)
		}
		b.rows.Add(int64(-n))
		purged += n
	}
	return purged, nil
}

// Ping reads, and writes what is gone in a minute.
func (b *Redis) Ping(ctx context.Context) error {
	if _, _, err := b.Row(ctx, ""); err != nil {
		return err
	}
	return b.health.ask(ctx, func() error {
		return unavailable(b.client.Set(context.Background(), "cookielab:ping", "", time.Minute).Err())
	})
}
