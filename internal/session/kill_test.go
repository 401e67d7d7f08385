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

// victim is the environment variable that makes this test binary run as the program to be
// killed; its value is the path of the database.
const victim = "SESSION_TEST_VICTIM"

// kills is how often a program, or a Redis, is killed under load: a few times by default,
// a hundred for a thorough run.
//
//	go test ./internal/session -run Killed -kills 100
var kills = flag.Int("kills", 3, "how often to kill what writes")

func TestKilledProgramLosesNothingItAcknowledged(t *testing.T) {
	if path := os.Getenv(victim); path != "" {
		writeUntilKilled(path)
		return
	}
	path := filepath.Join(t.TempDir(), "sessions.db")
	last := make(map[string]string) // the last acknowledged state, by key
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

// killUnderLoad starts a victim, kills it after enough acknowledgements, and returns what
// was acknowledged.
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
		line, err := lines.ReadString('\n') // an incomplete line does not count
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

// writeUntilKilled inserts, updates and deletes rows, and prints each acknowledgement.
func writeUntilKilled(path string) {
	b, err := session.OpenSQLite(path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	ctx, expires := context.Background(), time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	count, err := b.Count(ctx) // gives each round new keys
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
					_, err = os.Stdout.WriteString(key + " " + state + "\n") // in one write
				}
				return err
			}
			for n := 0; err == nil; n++ {
				key := fmt.Sprintf("%d-%d-%d", count, worker, n)
				if n%3 == 2 {
					key += "-doomed" // its deletion may be done without being acknowledged
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
