package session

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// Redis is a backend that several programs share; see OpenRedis.
//
// A row is a string cookielab:{NN}:row:KEY: its date, as redisDate has it, its owner, as
// redisOwner has it, and then its data. For each shard, cookielab:{NN}:expiry is a sorted
// set of the owners and keys by date, for purging and counting, and cookielab:{NN}:octets
// is the size of all keys and data. NN is one of redisShards numbers; a shard lies in one
// slot of a Cluster, so that one script can change a row and its place in the set.
//
// Whether a row has expired is decided by our clock and its date. The time to live that
// Redis is given only removes what a program that has stopped did not purge.
//
// A round trip costs Redis and us more than what is done in it, so the commands of
// concurrent requests travel together.
type Redis struct {
	client   redis.UniversalClient
	together *redis.AutoPipeliner // of client
	closed   atomic.Bool
	rows     atomic.Int64 // the last count, and this program's changes since
	octets   atomic.Int64 // likewise
	clock    atomic.Int64 // of Redis at the last count, in seconds since 1970
	counted  probe
	health   probe

	limits   Limits
	evicting sync.Mutex
	refused  sync.Map // the owners that were beyond their share, until recount has passed
}

var _ interface {
	Backend
	Counter
	Meter
} = (*Redis)(nil)

const redisShards = 16

// redisDate is how a row's date is written, in seconds since 1970, and its length: enough
// for the years 1 to 9999.
const (
	redisDate       = "%012d"
	redisDateLength = 12
	redisHead       = redisDateLength + redisOwnerLength // before a row's data
)

// Redis runs each script atomically. KEYS are the row, the set and the octets; ARGV are
// the key, the date of 12 octets, the data, and for an insert the owner of 11 octets, for
// an update whether the row may grow; then its time to live in seconds. A row keeps its
// owner.
var (
	redisInsert = redis.NewScript(`
		if not redis.call('SET', KEYS[1], ARGV[2] .. ARGV[4] .. ARGV[3], 'NX', 'EX', ARGV[5]) then return 0 end
		redis.call('INCRBY', KEYS[3], #ARGV[1] + #ARGV[3])
		redis.call('ZADD', KEYS[2], ARGV[2], ARGV[4] .. ARGV[1])
		return 1`)
	redisUpdate = redis.NewScript(`
		local old = redis.call('GET', KEYS[1])
		if not old then return 0 end
		local grown = #ARGV[3] + 23 - #old
		if grown > 0 and ARGV[4] == '0' then return -1 end
		local owner = string.sub(old, 13, 23)
		redis.call('SET', KEYS[1], ARGV[2] .. owner .. ARGV[3], 'EX', ARGV[5])
		if grown ~= 0 then redis.call('INCRBY', KEYS[3], grown) end
		redis.call('ZADD', KEYS[2], ARGV[2], owner .. ARGV[1])
		return 1`)
	// ARGV are the key, and the owner of a row that Redis itself may have deleted.
	redisDelete = redis.NewScript(`
		local old = redis.call('GET', KEYS[1])
		redis.call('ZREM', KEYS[2], (old and string.sub(old, 13, 23) or ARGV[2]) .. ARGV[1])
		if not old then return -1 end
		redis.call('DEL', KEYS[1])
		local had = #old - 23 + #ARGV[1]
		redis.call('DECRBY', KEYS[3], had)
		return had`)
	// KEYS are the set, the octets and then the rows; ARGV are the date and then the
	// rows' owners and keys. A row that was renewed meanwhile stays.
	redisPurge = redis.NewScript(`
		local purged = 0
		for i = 3, #KEYS do
			local row = redis.call('GET', KEYS[i])
			if not row then
				redis.call('ZREM', KEYS[1], ARGV[i - 1])
			elseif (tonumber(string.sub(row, 1, 12)) or 0) < tonumber(ARGV[1]) then
				redis.call('ZREM', KEYS[1], ARGV[i - 1])
				redis.call('DECRBY', KEYS[2], #row - 23 + #ARGV[i - 1] - 11)
				purged = purged + redis.call('DEL', KEYS[i])
			end
		end
		return purged`)
)

// redisExtra is how long Redis keeps a row, in seconds, after it has expired, or after it
// was written if that is later, by its own clock.
const redisExtra = 7 * 24 * 60 * 60

// OpenRedis connects to a single Redis, a Cluster, or the master that Sentinels know; see
// redisOptions for the forms of an address.
//
// A write that was acknowledged is as durable as Redis makes it: with appendfsync always
// it survives a crash, with the default the last second may be lost. The clocks of all
// programs that share the Redis must be roughly right.
func OpenRedis(address string) (*Redis, error) {
	logging.Disable() // the caller gets the error
	fail := func(err error) (*Redis, error) {
		name := "redis://…" // an address that cannot be parsed may hold a password anywhere
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
	// A single address may be a node of a Cluster: only then does CLUSTER INFO succeed.
	if !o.IsClusterMode && o.MasterName == "" && client.ClusterInfo(ctx).Err() == nil {
		client.Close()
		o.IsClusterMode = true
		client = redis.NewUniversalClient(o)
	}
	if err := client.Ping(ctx).Err(); err != nil {
		client.Close()
		return fail(err)
	}
	together, err := client.AutoPipeline()
	if err != nil {
		client.Close()
		return fail(err)
	}
	return &Redis{
		client: client, together: together,
		limits: Limits{math.MaxInt, math.MaxInt64}, counted: probe{keep: recount}, health: probe{keep: time.Second},
	}, nil
}

// Close cancels the calls under way.
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

func redisOctets(shard uint32) string { return redisPrefix(shard) + "octets" }

func redisKey(key string) string { return redisPrefix(shardOf(key)) + "row:" + key }

// usable is called first: the client checks its context only when it waits.
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

// Row returns a row as stored.
func (b *Redis) Row(ctx context.Context, key string) (Row, bool, error) {
	if err := b.usable(ctx); err != nil {
		return Row{}, false, err
	}
	text, err := b.together.Get(ctx, redisKey(key)).Result()
	if errors.Is(err, redis.Nil) {
		return Row{}, false, nil
	}
	if err != nil {
		return Row{}, false, unavailable(err)
	}
	head, data := cut(text, min(redisHead, len(text)))
	date, _ := cut(head, min(redisDateLength, len(head)))
	seconds, _ := strconv.ParseInt(date, 10, 64) // an invalid date is 0, which has expired
	return Row{Key: key, Data: data, Expires: time.Unix(seconds, 0).UTC()}, true, nil
}

// Insert adds a row, or returns ErrExists or ErrFull. In a full store it evicts rows
// first.
func (b *Redis) Insert(ctx context.Context, row Row) error {
	owner := redisOwner(peer(ctx))
	if err := b.makeRoom(ctx, owner); err != nil {
		return err
	}
	n, err := b.put(ctx, redisInsert, row, owner)
	if err == nil && n == 0 {
		return ErrExists
	}
	if err == nil {
		b.rows.Add(1)
		b.octets.Add(int64(len(row.Key) + len(row.Data)))
	}
	return err
}

// Update replaces a row, or returns ErrGone. If the store is full and has no room for the
// row's owner, the row may not grow: then it returns ErrFull.
func (b *Redis) Update(ctx context.Context, row Row) error {
	grow := 1
	switch err := b.makeRoomFor(ctx, row.Key); {
	case errors.Is(err, ErrFull):
		grow = 0
	case err != nil:
		return err
	}
	n, err := b.put(ctx, redisUpdate, row, grow)
	switch {
	case err != nil:
		return err
	case n < 0:
		return ErrFull
	case n == 0:
		return ErrGone
	}
	return nil
}

// put runs a script that writes a row.
func (b *Redis) put(ctx context.Context, script *redis.Script, row Row, last any) (int, error) {
	expires := row.Expires.Unix()
	life := max(expires-b.clock.Load(), 0) + redisExtra
	return b.run(ctx, script, row.Key, fmt.Sprintf(redisDate, expires), row.Data, last, life)
}

// Delete removes a row.
func (b *Redis) Delete(ctx context.Context, key string) error { return b.delete(ctx, key, "") }

func (b *Redis) delete(ctx context.Context, key, owner string) error {
	octets, err := b.run(ctx, redisDelete, key, owner)
	if err == nil && octets >= 0 {
		b.rows.Add(-1)
		b.octets.Add(int64(-octets))
	}
	return err
}

func (b *Redis) run(ctx context.Context, script *redis.Script, key string, args ...any) (int, error) {
	if err := b.usable(ctx); err != nil {
		return 0, err
	}
	shard := shardOf(key)
	n, err := script.Run(ctx, b.together, []string{redisPrefix(shard) + "row:" + key, redisSet(shard), redisOctets(shard)}, append([]any{key}, args...)...).Int()
	return n, unavailable(err)
}

// Count asks Redis once in recount; in between it adds what this program has changed.
func (b *Redis) Count(ctx context.Context) (int, error) {
	if err := b.usable(ctx); err != nil {
		return 0, err
	}
	err := b.counted.ask(ctx, func() error {
		ctx := context.Background()
		var now *redis.TimeCmd
		sums, err := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for shard := range uint32(redisShards) {
				p.ZCard(ctx, redisSet(shard))
				p.MGet(ctx, redisOctets(shard)) // unlike GET, no error for a key that does not exist
			}
			now = p.Time(ctx)
			return nil
		})
		if err != nil {
			return unavailable(err)
		}
		var rows, octets int64
		for i := range redisShards {
			rows += sums[2*i].(*redis.IntCmd).Val()
			text, _ := sums[2*i+1].(*redis.SliceCmd).Val()[0].(string)
			size, _ := strconv.ParseInt(text, 10, 64) // a missing counter is 0
			octets += size
		}
		b.rows.Store(rows)
		b.octets.Store(octets)
		b.clock.Store(now.Val().Unix())
		return nil
	})
	return int(b.rows.Load()), err
}

// Purge goes through the rows in order of their dates, in batches.
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
		keys, args := []string{redisSet(shard), redisOctets(shard)}, []any{before}
		for _, row := range old {
			_, key := ownerAndKey(row)
			keys, args = append(keys, redisKey(key)), append(args, row)
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

// Ping reads, and writes a key that expires after a minute.
func (b *Redis) Ping(ctx context.Context) error {
	if _, _, err := b.Row(ctx, ""); err != nil {
		return err
	}
	return b.health.ask(ctx, func() error {
		return unavailable(b.client.Set(context.Background(), "cookielab:ping", "", time.Minute).Err())
	})
}
