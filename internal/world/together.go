package world

import (
	"context"
	"iter"
	"strconv"
	"time"

	"cookielab/internal/session"
)

// together makes concurrent requests: all load their session before the first one saves.
func (w *world) together(n int, a Action) result {
	visits := make([]*visit, len(a.Visits))
	halves := make([]func(), len(a.Visits))
	for i, one := range a.Visits {
		one.Do = "visit"
		visits[i] = w.prepare(one)
	}
	loaded := w.rows()
	for i, v := range visits {
		half, leave := inTwoHalves(context.Background(), func(ctx context.Context) { w.serve(ctx, v) })
		defer leave()
		halves[i] = half
		half()
	}
	var done result
	seen := make([]Observation, len(visits))
	before := loaded
	for i, v := range visits {
		halves[i]()
		after := w.rows()
		id := strconv.Itoa(n)
		if i < len(visits)-1 { // the last one is the frame's own
			id += "." + strconv.Itoa(i+1)
		}
		exchange, o := w.receive(id, v, Observation{Loaded: loaded, Rows: before, RowsAfter: after})
		done.exchanges = append(done.exchanges, exchange)
		seen[i], before = o, after
	}
	done.notes, done.verdicts = notesTogether(seen)
	return done
}

// gated wraps the site's table. A visit of a together waits here before its first write:
// by then it has loaded its session, and so have the others before it goes on. Flush and
// cycle_key write within the view, other routes after it; both wait here. Each write is
// reported to wrote.
type gated struct {
	session.Backend
	wrote func()
}

type gateKey struct{}

// arrive waits, in a visit of a together, until all have loaded.
func arrive(ctx context.Context) {
	if pass, ok := ctx.Value(gateKey{}).(func()); ok {
		pass()
	}
}

func (g gated) Insert(ctx context.Context, row session.Row) error {
	arrive(ctx)
	defer g.wrote()
	return g.Backend.Insert(ctx, row)
}

func (g gated) Update(ctx context.Context, row session.Row) error {
	arrive(ctx)
	defer g.wrote()
	return g.Backend.Update(ctx, row)
}

func (g gated) Delete(ctx context.Context, key string) error {
	arrive(ctx)
	defer g.wrote()
	return g.Backend.Delete(ctx, key)
}

func (g gated) Purge(ctx context.Context, before time.Time) (int, error) {
	defer g.wrote()
	return g.Backend.Purge(ctx, before)
}

// inTwoHalves splits a visit at its first write. The first call of half runs it up to
// there, the second to its end; leave abandons it. Only one of the visits runs at any
// time, so the outcome is deterministic and there is no data race.
func inTwoHalves(ctx context.Context, visit func(context.Context)) (half, leave func()) {
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		passed := false
		visit(context.WithValue(ctx, gateKey{}, func() {
			if !passed {
				passed = true
				yield(struct{}{})
			}
		}))
	})
	return func() { next() }, stop
}
