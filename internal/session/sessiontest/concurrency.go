package sessiontest

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"cookielab/internal/session"
)

// together runs f n times concurrently and returns the results.
func together[T any](n int, f func(i int) T) []T {
	var (
		wg    sync.WaitGroup
		start = make(chan struct{})
		out   = make([]T, n)
	)
	for i := range n {
		wg.Go(func() {
			<-start
			out[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return out
}

func oneOfManyInsertsWins(t rig) {
	errs := together(20, func(i int) error {
		return t.Insert(t.ctx, row("k1", fmt.Sprint(i)))
	})
	var winners []int
	for i, err := range errs {
		if err == nil {
			winners = append(winners, i)
		} else if !errors.Is(err, session.ErrExists) {
			t.Errorf("Insert = %v, want ErrExists", err)
		}
	}
	if len(winners) != 1 {
		t.Fatalf("inserts %v succeeded, want exactly one", winners)
	}
	t.wantRows(row("k1", fmt.Sprint(winners[0])))
}

func writesDoNotMix(t rig) {
	const writers, rounds = 8, 25
	t.insert(row("shared", "{}"))
	data := func(i int) string { return strings.Repeat(fmt.Sprint(i), 100+i) }
	errs := together(writers, func(i int) error {
		for n := range rounds {
			own := row(fmt.Sprint(i, "-", n), data(i))
			got, found, err := t.Load(t.ctx, "shared", now)
			if err == nil && (!found || got.Data != "{}" && got.Data != data(int(got.Data[0]-'0'))) {
				err = fmt.Errorf("the shared row is %v, %.20q", found, got.Data)
			}
			err = errors.Join(err,
				t.Insert(t.ctx, own),
				t.Update(t.ctx, row("shared", data(i))))
			if got, found, _ := t.Load(t.ctx, own.Key, now); !found || !equal(got, own) {
				err = errors.Join(err, fmt.Errorf("a row just written is %v, %.20q", found, got.Data))
			}
			if n%2 == 1 {
				err = errors.Join(err, t.Delete(t.ctx, own.Key))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	t.wantCount(1 + writers*(rounds/2+1))
}

func updateNeverRevives(t rig) {
	for round := range 20 {
		key := fmt.Sprint("k", round)
		t.insert(row(key, "{}"))
		errs := together(4, func(i int) error {
			if i == 0 {
				return t.Delete(t.ctx, key)
			}
			return t.Update(t.ctx, row(key, "{}"))
		})
		for _, err := range errs {
			if err != nil && !errors.Is(err, session.ErrGone) {
				t.Errorf("a write beside a deletion = %v, want nil or ErrGone", err)
			}
		}
	}
	t.wantRows()
}
