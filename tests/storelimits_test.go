package tests

import (
	"fmt"
	"net/http"
	"testing"
)

func TestAFullStoreRefusesWhoHasMost(t *testing.T) {
	t.Parallel()
	for _, store := range []string{"memory", "sqlite:sessions.db"} {
		p := start(t, "-store", store, "-max-sessions", "20", "-trusted-proxies", "127.0.0.1,::1")
		from := func(address string) answer {
			return visit(t, p.url).get("/set_session", "X-Forwarded-For", address)
		}
		for n := range 20 {
			if a := from("192.0.2.9"); a.status != http.StatusOK {
				t.Fatalf("%s: session %d is %d %q", store, n, a.status, a.body)
			}
		}
		a := from("192.0.2.9")
		if a.status != http.StatusTooManyRequests || !a.oneLine() || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: beyond its share the address gets %d %q and %q, want 429, one line and no cookie", store, a.status, a.body, a.header.Get("Set-Cookie"))
		}
		for n := range 5 {
			if a := from(fmt.Sprint("192.0.2.", n+1)); a.status != http.StatusOK {
				t.Errorf("%s: another address gets %d %q", store, a.status, a.body)
			}
		}
	}
	for _, wrong := range [][]string{{"-max-sessions", "0"}, {"-max-bytes", "100"}} {
		refused(t, nil, append(wrong, "-addr", "localhost:0", "-store", "memory")...)
	}
}
