package world

import (
	"io"
	"regexp"
	"testing"
)

// alphabet is that of the session package's keys.
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

func TestKeysLookRealAndAreToldApartByTheirEnds(t *testing.T) {
	source, seen := new(keys), map[string]bool{}
	real := regexp.MustCompile(`^[a-z0-9]{28}[0-9]{4}$`)
	for n := range 500 {
		key := make([]byte, 32)
		if _, err := io.ReadFull(source, key); err != nil {
			t.Fatal(err)
		}
		for i, b := range key {
			if b >= 36 {
				t.Fatalf("byte %d of key %d is %d: it depends on how keys are kept fair", i, n+1, b)
			}
			key[i] = alphabet[b]
		}
		if !real.Match(key) {
			t.Errorf("key %d is %s", n+1, key)
		}
		if short := Short(string(key)); seen[short] {
			t.Errorf("two keys look like %s", short)
		} else {
			seen[short] = true
		}
	}
}

func TestKeysDoNotDependOnHowTheyAreRead(t *testing.T) {
	whole := make([]byte, 96)
	if _, err := io.ReadFull(new(keys), whole); err != nil {
		t.Fatal(err)
	}
	source := new(keys)
	for i, want := range whole {
		var got [1]byte
		if _, err := source.Read(got[:]); err != nil || got[0] != want {
			t.Fatalf("byte %d read alone = %d, %v, want %d", i, got[0], err, want)
		}
	}
}
