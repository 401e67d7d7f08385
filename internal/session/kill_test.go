package session_test

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
)

// victim is the environment variable that makes this test binary the program that is
// killed; its value is the file.
const victim = "SESSION_TEST_VICTIM"

// kills is how often a program, or a Redis, is killed under load: a few times always,
// and a hundred when somebody asks.
//
//	go test ./internal/session -run Killed -kills 100
var kills = flag.Int("kills", 3, "how often to kill what writes")

func TestKilledProgramLosesNothingItAcknowledged(t *testing.T) {
	if path := os.Getenv(victim); path != "" {
		writeUntilKilled(path)
		return
	}
	path := filepath.Join(t.TempDir(), "sessions.db")
	last := make(map[string]string) // by key: what was acknowledged last
	for round := range *kills {
		maps.Copy(last, killUnderLoad(t, path))
		b := open(t, path)
		for key, state := range last {
			row, found, err := b.Row(context.Background(), key)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case state == "deleted" && found:
				t.Errorf("round %d: %s was deleted, and is back: %v", round, key, row)
			case state != "deleted" && !found && !strings.HasSuffix(key, "-doomed"):
				t.Errorf("round %d: %s was %s, and is lost", round, key, state)
			case state == "updated" && found && row.Data != "updated":
				t.Errorf("round %d: %s was updated, and is %s", round, key, row.Data)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// killUnderLoad starts a victim, kills it when it has acknowledged enough, and returns
// what it acknowledged until then.
func killUnderLoad(t *testing.T, path string) map[string]string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), victim+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make(map[string]string)
	lines := bufio.NewReader(out)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n') // a line that was cut off counts for nothing
		if err != nil {
			break
		}
		key, state, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			t.Errorf("the victim said %q", line)
		}
		acknowledged[key] = state
		if n == 400 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(acknowledged) < 100 {
		t.Fatalf("the victim ended with %v after %d keys, want it killed", err, len(acknowledged))
	}
	return acknowledged
}

// writeUntilKilled inserts, updates and deletes rows, and says so after each answer.
func writeUntilKilled(path string) {
	b, err := session.OpenSQLite(path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	ctx, expires := context.Background(), time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	count, err := b.Count(ctx) // makes new keys in each round
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	failed := make(chan error)
	for worker := range 8 {
		go func() {
			var err error
			say := func(err error, key, state string) error {
				if err == nil {
					_, err = os.Stdout.WriteString(key + " " + state + "\n") // in one piece
				}
				return err
			}
			for n := 0; err == nil; n++ {
				key := fmt.Sprintf("%d-%d-%d", count, worker, n)
				if n%3 == 2 {
					key += "-doomed" // its deletion may be done and not yet acknowledged
				}
				row := session.Row{Key: key, Data: "inserted", Expires: expires}
				err = say(b.Insert(ctx, row), key, row.Data)
				row.Data = "updated"
				err = cmp.Or(err, say(b.Update(ctx, row), key, row.Data))
				if n%3 == 2 {
					err = cmp.Or(err, say(b.Delete(ctx, key), key, "deleted"))
				}
			}
			failed <- err
		}()
	}
	fmt.Println(<-failed)
	os.Exit(1)
}
