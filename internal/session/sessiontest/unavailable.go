package sessiontest

import (
	"context"
	"errors"
	"time"

	"cookielab/internal/session"
)

// calls calls every method that may return ErrUnavailable.
func (t rig) calls(ctx context.Context) map[string]error {
	_, _, load := t.Load(ctx, "k1", now)
	_, _, one := t.Row(ctx, "k1")
	_, purge := t.Purge(ctx, now.Add(24*time.Hour))
	errs := map[string]error{
		"Load": load, "Row": one, "Purge": purge,
		"Insert": t.Insert(ctx, row("k2", "{}")),
		"Update": t.Update(ctx, row("k1", "changed")),
		"Delete": t.Delete(ctx, "k1"),
		"Ping":   t.Ping(ctx),
	}
	if lister, ok := t.Backend.(session.Lister); ok {
		_, errs["Rows"] = lister.Rows(ctx)
	}
	if counter, ok := t.Backend.(session.Counter); ok {
		_, errs["Count"] = counter.Count(ctx)
	}
	return errs
}

func doneContextChangesNothing(t rig) {
	t.insert(row("k1", "{}"))
	cancelled, cancel := context.WithCancel(t.ctx)
	cancel()
	late, cancel := context.WithTimeout(t.ctx, -time.Second)
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		for call, err := range t.calls(ctx) {
			if !errors.Is(err, session.ErrUnavailable) || !errors.Is(err, ctx.Err()) {
				t.Errorf("%s = %v, want ErrUnavailable: %v", call, err, ctx.Err())
			}
		}
	}
	t.wantRows(row("k1", "{}"))
}

func closedStoreDoesNotAnswer(t rig) {
	t.insert(row("k1", "{}"))
	for range 2 {
		if err := t.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
	for call, err := range t.calls(t.ctx) {
		if !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%s after Close = %v, want ErrUnavailable", call, err)
		}
	}
}
