package tests

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is what a process holds in memory, in octets (VmRSS of proc(5)).
func memory(t testing.TB, pid int) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatal("there is no VmRSS")
	return 0
}

func TestTheProgramIsSmallAtRest(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "sqlite:sessions.db")
	v := visit(t, p.url)
	v.browse("/zh/")
	v.browse("/en/lessons/session?step=2")
	v.get("/set_session")
	const most = 72 << 20 // 60 were measured: 18 of the executable, the templates and nine lessons with tasks
	if got := memory(t, p.cmd.Process.Pid); got > most {
		t.Errorf("at rest the program holds %d MB, want %d at most", got>>20, most>>20)
	} else {
		t.Logf("%d MB", got>>20)
	}
}

// The memory that a burst of large answers took is given back to the system.
func TestMemoryGoesBackAfterABurst(t *testing.T) {
	t.Parallel()
	p := start(t, "-store", "memory")
	pid, most := p.cmd.Process.Pid, 0
	var group sync.WaitGroup
	for range 3 {
		for range playsAtOnce {
			group.Go(func() {
				connection := p.dial()
				if _, err := io.WriteString(connection, longPlay()); err != nil {
					t.Error(err)
				}
				if _, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		most = max(most, memory(t, pid))
	}
	const rest = 100 << 20
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for late := time.After(patience); memory(t, pid) > rest; {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("after a burst with %d MB the program holds %d MB, want %d at most", most>>20, memory(t, pid)>>20, rest>>20)
		}
	}
	t.Logf("%d MB in the burst, %d MB after it", most>>20, memory(t, pid)>>20)
}

// playsAtOnce is how many scripts are played at a time (contract, section 3).
const playsAtOnce = 4
