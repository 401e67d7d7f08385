package notices

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write NOTICES.txt anew")

// linked returns the modules of the program's packages, each with its source folder.
func linked(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Module", "cookielab").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module *struct {
				Path, Dir string
				Main      bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return modules
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && !p.Module.Main {
			modules[p.Module.Path] = p.Module.Dir
		}
	}
}

// licence reads the licence files of a module.
func licence(t *testing.T, folder string) string {
	t.Helper()
	var text strings.Builder
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*", "NOTICE*"} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text.WriteString(strings.TrimSpace(string(content)) + "\n\n")
		}
	}
	if text.Len() == 0 {
		t.Errorf("%s has no licence", folder)
	}
	return text.String()
}

func heading(module string) string { return "==== " + module + " ====\n\n" }

func TestEveryModuleHasItsNotice(t *testing.T) {
	modules := linked(t)
	modules["go (the standard library)"] = goroot(t)
	var paths []string
	for path := range modules {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	if *update {
		var text strings.Builder
		for _, path := range paths {
			fmt.Fprint(&text, heading(path), licence(t, modules[path]))
		}
		if err := os.WriteFile("NOTICES.txt", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, path := range paths {
		if !strings.Contains(Text, heading(path)) {
			t.Errorf("%s has no notice; go test ./internal/notices -update writes it", path)
		}
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
