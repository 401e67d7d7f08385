package tests

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// memory is what a process holds in memory, in octets (VmRSS of proc(5)).
func memory(t *testing.T, pid int) int {
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
	const most = 60 << 20
	if got := memory(t, p.cmd.Process.Pid); got > most {
		t.Errorf("at rest the program holds %d MB, want %d at most", got>>20, most>>20)
	} else {
		t.Logf("%d MB", got>>20)
	}
}
