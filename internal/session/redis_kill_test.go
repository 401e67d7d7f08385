package session_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cookielab/internal/session"
	"cookielab/internal/session/sessiontest"
)

// With appendfsync always a killed Redis loses nothing that it acknowledged, and deleted
// rows do not come back.
func TestKilledRedisLosesNothingItAcknowledged(t *testing.T) {
	server := sessiontest.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	b := openRedis(t, server.URL)
	expires := time.Unix(2_000_000_000, 0).UTC()
	last := map[string]string{} // the last acknowledged state, by key
	for round := range *kills {
		var mu sync.Mutex
		enough, before := make(chan struct{}), len(last)
		stop := sync.OnceFunc(func() { close(enough) })
		say := func(key, state string) {
			mu.Lock()
			defer mu.Unlock()
			last[key] = state
			if len(last) >= before+100 {
				stop()
			}
		}
		var wait sync.WaitGroup
		for worker := range 8 {
			wait.Go(func() {
				for n := 0; ; n++ {
					key := fmt.Sprintf("%d-%d-%d", round, worker, n)
					row := session.Row{Key: key, Data: "inserted", Expires: expires}
					if b.Insert(t.Context(), row) != nil {
						return
					}
					say(key, row.Data)
					row.Data = "updated"
					if b.Update(t.Context(), row) != nil {
						return
					}
					say(key, row.Data)
					if n%3 == 2 {
						say(key, "doomed") // its deletion may be done without being acknowledged
						if b.Delete(t.Context(), key) != nil {
							return
						}
						say(key, "deleted")
						if err := b.Update(t.Context(), row); err == nil {
							t.Errorf("%s was deleted, and an update revives it", key)
						} else if !errors.Is(err, session.ErrGone) {
							return
						}
					}
				}
			})
		}
		<-enough
		server.Kill()
		wait.Wait()
		server.Start()
	}
	for key, state := range last {
		row, found, err := b.Row(t.Context(), key)
		for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); {
			row, found, err = b.Row(t.Context(), key) // the first try may meet a dead connection
		}
		switch {
		case err != nil:
			t.Fatal(err)
		case state == "deleted" && found:
			t.Errorf("%s was deleted, and is back: %v", key, row)
		case (state == "inserted" || state == "updated") && !found:
			t.Errorf("%s was %s, and is lost", key, state)
		case state == "updated" && row.Data != "updated":
			t.Errorf("%s was updated, and is %s", key, row.Data)
		}
	}
}
