package tests

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Anybody can check that a program was built from this source: built in another folder
// it is the same, octet for octet.
func TestBuiltAgainItIsTheSameProgram(t *testing.T) {
	t.Parallel()
	var built [][]byte
	for range 2 {
		folder := t.TempDir()
		for _, part := range []string{"handlers", "internal", "lessons", "static", "templates"} {
			if err := os.CopyFS(filepath.Join(folder, part), os.DirFS(filepath.Join(root(t), part))); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range []string{"main.go", "go.mod", "go.sum"} {
			if err := os.WriteFile(filepath.Join(folder, file), readFile(t, root(t), file), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", "cookielab", ".")
		build.Dir, build.Env = folder, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		built = append(built, readFile(t, folder, "cookielab"))
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Errorf("two builds differ: %d and %d octets", len(built[0]), len(built[1]))
	}
}

func TestTheProgramSaysWhatItIs(t *testing.T) {
	t.Parallel()
	if out, err := command(t, nil, "-version").Output(); err != nil || !strings.HasPrefix(string(out), "cookielab ") || bytes.Count(out, []byte("\n")) != 1 {
		t.Errorf("-version says %q, %v", out, err)
	}
	out, err := command(t, nil, "-notices").Output()
	for _, inside := range []string{"github.com/labstack/echo/v4", "github.com/gorilla/sessions", "modernc.org/sqlite", "Permission is hereby granted"} {
		if err != nil || !strings.Contains(string(out), inside) {
			t.Errorf("-notices has no %s, %v", inside, err)
		}
	}
}
