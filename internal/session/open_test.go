package session_test

import (
	"path/filepath"
	"testing"

	"cookielab/internal/session"
)

func TestAnAddressSaysWhichStoreIsOpened(t *testing.T) {
	for address, kind := range map[string]string{
		"memory": "memory",
		"sqlite:" + filepath.Join(t.TempDir(), "sessions.db"): "sqlite",
	} {
		backend, err := session.Open(address)
		if err != nil {
			t.Fatalf("Open(%q) = %v", address, err)
		}
		defer backend.Close()
		_, isMemory := backend.(*session.Memory)
		if got := session.Kind(address); got != kind || isMemory != (kind == "memory") {
			t.Errorf("Open(%q) is a %T of the kind %q, want %q", address, backend, got, kind)
		}
	}
	if got := session.Kind("rediss://localhost"); got != "redis" {
		t.Errorf("Kind(rediss://localhost) = %q, want redis", got)
	}
	for _, address := range []string{"", "sqlite:", "sqlite", "memory:", "postgres://localhost"} {
		if backend, err := session.Open(address); err == nil {
			t.Errorf("Open(%q) opened a %T", address, backend)
		}
	}
}
