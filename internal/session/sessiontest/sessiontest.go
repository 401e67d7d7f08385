// Package sessiontest holds the tests that every session backend must pass.
package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cookielab/internal/session"
)

var now = time.Date(2026, 1, 1, 12, 30, 15, 0, time.UTC)

// row returns a row that expires an hour after now.
func row(key, data string) session.Row {
	return session.Row{Key: key, Data: data, Expires: now.Add(time.Hour)}
}

// Run tests a backend. For each test, open returns a new one without rows and closes it
// when t is done; a second Close must be harmless.
func Run(t *testing.T, open func(t *testing.T) session.Backend) {
	for _, test := range []struct {
		name string
		run  func(rig)
	}{
		{"an empty store has nothing", emptyStoreHasNothing},
		{"a row comes back as it went in", rowComesBack},
		{"a date is cut to the second in UTC", dateIsCutToSecond},
		{"a row is usable while its date is after now", rowIsUsableBeforeItsDate},
		{"an expired row is still there", expiredRowIsStillThere},
		{"an update needs a row", updateNeedsRow},
		{"an insert needs a free key", insertNeedsFreeKey},
		{"deleting nothing is no error", deletingNothingIsNoError},
		{"rows come in order of creation", rowsComeInOrderOfCreation},
		{"a purge takes what expired before", purgeTakesWhatExpiredBefore},
		{"data are bytes", dataAreBytes},
		{"keys are bytes", keysAreBytes},
		{"dates reach from year 1 to 9999", datesReachFar},
		{"one of many inserts of a key wins", oneOfManyInsertsWins},
		{"writes at the same moment do not mix", writesDoNotMix},
		{"an update after a deletion never revives", updateNeverRevives},
		{"a context that is done changes nothing", doneContextChangesNothing},
		{"a closed store does not answer", closedStoreDoesNotAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(rig{t, context.Background(), open(t)})
		})
	}
}

// rig is a backend under test.
type rig struct {
	*testing.T
	ctx context.Context
	session.Backend
}

func (t rig) insert(rows ...session.Row) {
	t.Helper()
	for _, r := range rows {
		if err := t.Insert(t.ctx, r); err != nil {
			t.Fatalf("Insert(%.40q) = %v", r.Key, err)
		}
	}
}

// wantRows checks the whole table, as far as the backend can show it.
func (t rig) wantRows(want ...session.Row) {
	t.Helper()
	for _, r := range want {
		if got, found, err := t.Row(t.ctx, r.Key); !found || err != nil || !equal(got, r) {
			t.Errorf("Row(%.40q) = %.400q, %v, %v, want %.400q", r.Key, got, found, err, r)
		}
	}
	if lister, ok := t.Backend.(session.Lister); ok {
		got, err := lister.Rows(t.ctx)
		if err != nil || got == nil || !slices.EqualFunc(got, want, equal) {
			t.Errorf("Rows() = %.400q, %v, want %.400q", got, err, want)
		}
	}
	t.wantCount(len(want))
}

func (t rig) wantCount(want int) {
	t.Helper()
	if counter, ok := t.Backend.(session.Counter); ok {
		if n, err := counter.Count(t.ctx); n != want || err != nil {
			t.Errorf("Count() = %d, %v, want %d", n, err, want)
		}
	}
}

func equal(a, b session.Row) bool {
	return a.Key == b.Key && a.Data == b.Data && a.Expires.Equal(b.Expires)
}

func emptyStoreHasNothing(t rig) {
	t.wantRows()
	if r, found, err := t.Load(t.ctx, "missing", now); found || err != nil {
		t.Errorf("Load(missing) = %v, %v, %v, want nothing", r, found, err)
	}
	if r, found, err := t.Row(t.ctx, "missing"); found || err != nil {
		t.Errorf("Row(missing) = %v, %v, %v, want nothing", r, found, err)
	}
	if n, err := t.Purge(t.ctx, now); n != 0 || err != nil {
		t.Errorf("Purge() = %d, %v, want 0", n, err)
	}
	if err := t.Ping(t.ctx); err != nil {
		t.Errorf("Ping() = %v", err)
	}
}

func rowComesBack(t rig) {
	want := row("k1", `{"username":"fan","age":18}`)
	t.insert(want, row("k2", `{}`))
	if got, found, err := t.Load(t.ctx, "k1", now); !found || err != nil || !equal(got, want) {
		t.Errorf("Load(k1) = %v, %v, %v, want %v", got, found, err, want)
	}
	if got, found, err := t.Row(t.ctx, "k1"); !found || err != nil || !equal(got, want) {
		t.Errorf("Row(k1) = %v, %v, %v, want %v", got, found, err, want)
	}
	want.Data, want.Expires = `{"age":19}`, now.Add(2*time.Hour)
	if err := t.Update(t.ctx, want); err != nil {
		t.Errorf("Update(k1) = %v", err)
	}
	t.wantRows(want, row("k2", `{}`))
	if err := t.Delete(t.ctx, "k1"); err != nil {
		t.Errorf("Delete(k1) = %v", err)
	}
	t.wantRows(row("k2", `{}`))
}

func dateIsCutToSecond(t rig) {
	want := row("k1", "{}")
	fine := want
	fine.Expires = fine.Expires.Add(999 * time.Millisecond).In(time.FixedZone("", 8*60*60))
	t.insert(fine)
	fine.Key = "k2"
	t.insert(row("k2", "{}"))
	if err := t.Update(t.ctx, fine); err != nil {
		t.Errorf("Update(k2) = %v", err)
	}
	t.wantRows(want, row("k2", "{}"))
	for _, key := range []string{"k1", "k2"} {
		if got, _, _ := t.Row(t.ctx, key); got.Expires.Location() != time.UTC {
			t.Errorf("Row(%s) expires %v, want it in UTC", key, got.Expires)
		}
	}
}

func rowIsUsableBeforeItsDate(t rig) {
	r := row("k1", "{}")
	t.insert(r)
	for _, test := range []struct {
		after time.Duration // the row's expire_date, relative to now
		want  bool
	}{
		{-time.Second, true},
		{-time.Nanosecond, true},
		{0, false},
		{time.Nanosecond, false},
		{time.Second, false},
	} {
		at := r.Expires.Add(test.after).In(time.FixedZone("", -5*60*60))
		if _, found, err := t.Load(t.ctx, "k1", at); found != test.want || err != nil {
			t.Errorf("Load %v after the row's date: found %v, %v, want %v", test.after, found, err, test.want)
		}
	}
}

func expiredRowIsStillThere(t rig) {
	old := row("k1", "{}")
	old.Expires = now.Add(-time.Hour)
	t.insert(old)
	if _, found, err := t.Load(t.ctx, "k1", now); found || err != nil {
		t.Errorf("Load(k1) found %v, %v, want it expired", found, err)
	}
	if got, found, err := t.Row(t.ctx, "k1"); !found || err != nil || !equal(got, old) {
		t.Errorf("Row(k1) = %v, %v, %v, want %v", got, found, err, old)
	}
	t.wantRows(old)
	if err := t.Insert(t.ctx, row("k1", "{}")); !errors.Is(err, session.ErrExists) {
		t.Errorf("Insert of an expired row's key = %v, want ErrExists", err)
	}
	if err := t.Update(t.ctx, row("k1", "{}")); err != nil {
		t.Errorf("Update of an expired row = %v", err)
	}
	if _, found, err := t.Load(t.ctx, "k1", now); !found || err != nil {
		t.Errorf("Load after the update found %v, %v, want it alive", found, err)
	}
}

func updateNeedsRow(t rig) {
	if err := t.Update(t.ctx, row("k1", "{}")); !errors.Is(err, session.ErrGone) {
		t.Errorf("Update of a row that never was = %v, want ErrGone", err)
	}
	t.insert(row("k1", "{}"))
	if err := t.Delete(t.ctx, "k1"); err != nil {
		t.Fatal(err)
	}
	if err := t.Update(t.ctx, row("k1", "{}")); !errors.Is(err, session.ErrGone) {
		t.Errorf("Update of a deleted row = %v, want ErrGone", err)
	}
	t.wantRows()
	// An update that changes nothing also succeeds.
	t.insert(row("k2", "{}"))
	if err := t.Update(t.ctx, row("k2", "{}")); err != nil {
		t.Errorf("Update without a change = %v", err)
	}
}

func insertNeedsFreeKey(t rig) {
	want := row("k1", `{"a":1}`)
	t.insert(want)
	if err := t.Insert(t.ctx, row("k1", `{"b":2}`)); !errors.Is(err, session.ErrExists) {
		t.Errorf("Insert of a taken key = %v, want ErrExists", err)
	}
	t.wantRows(want)
	if err := t.Delete(t.ctx, "k1"); err != nil {
		t.Fatal(err)
	}
	t.insert(want)
	t.wantRows(want)
}

func deletingNothingIsNoError(t rig) {
	t.insert(row("k1", "{}"))
	if err := t.Delete(t.ctx, "missing"); err != nil {
		t.Errorf("Delete(missing) = %v", err)
	}
	t.wantRows(row("k1", "{}"))
}

func rowsComeInOrderOfCreation(t rig) {
	t.insert(row("m", "1"), row("z", "2"), row("a", "3"), row("q", "4"))
	if err := t.Update(t.ctx, row("m", "5")); err != nil {
		t.Fatal(err)
	}
	if err := t.Delete(t.ctx, "z"); err != nil {
		t.Fatal(err)
	}
	t.insert(row("b", "6"), row("z", "7"))
	t.wantRows(row("m", "5"), row("a", "3"), row("q", "4"), row("b", "6"), row("z", "7"))
}

func purgeTakesWhatExpiredBefore(t rig) {
	// Enough rows that a backend which purges in batches needs several.
	var keep []session.Row
	for i := range 1100 {
		r := row(fmt.Sprint("k", i), "{}")
		r.Expires = now.Add(time.Duration(i%3-1) * time.Second)
		if !r.Expires.Before(now) {
			keep = append(keep, r)
		}
		t.insert(r)
	}
	if n, err := t.Purge(t.ctx, now.Add(time.Second/2)); n != 1100-len(keep) || err != nil {
		t.Errorf("Purge(now) = %d, %v, want %d", n, err, 1100-len(keep))
	}
	t.wantRows(keep...)
	if n, err := t.Purge(t.ctx, now.Add(time.Hour)); n != len(keep) || err != nil {
		t.Errorf("Purge(in an hour) = %d, %v, want %d", n, err, len(keep))
	}
	t.wantRows()
}

func datesReachFar(t rig) {
	first, last := row("k1", "{}"), row("k2", "{}")
	first.Expires = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	last.Expires = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	t.insert(first, last)
	t.wantRows(first, last)
	if _, found, err := t.Load(t.ctx, "k1", now); found || err != nil {
		t.Errorf("Load(k1) found %v, %v, want it expired", found, err)
	}
	if _, found, err := t.Load(t.ctx, "k2", now); !found || err != nil {
		t.Errorf("Load(k2) found %v, %v, want it alive", found, err)
	}
	if n, err := t.Purge(t.ctx, last.Expires); n != 1 || err != nil {
		t.Errorf("Purge = %d, %v, want 1", n, err)
	}
	t.wantRows(last)
}
