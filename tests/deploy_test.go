package tests

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// systemd accepts the README's unit, and the program starts with its flags.
func TestTheUnitIsOne(t *testing.T) {
	t.Parallel()
	analyze := lookedUp(t, "systemd-analyze", "systemd")
	path, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	unit := readmeBlock(t, "ini")
	file := filepath.Join(t.TempDir(), "cookielab@.service")
	if err := os.WriteFile(file, []byte(replaced(t, unit, "/usr/local/bin/cookielab", path)), 0o600); err != nil {
		t.Fatal(err)
	}
	at := strings.Replace(file, "@.", "@8081.", 1)
	if out, err := exec.Command(analyze, "verify", "--man=no", at).CombinedOutput(); err != nil || strings.Contains(string(out), "cookielab@") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	line := strings.TrimPrefix(lineWith(t, unit, "ExecStart="), "ExecStart=")
	startsAsSaid(t, strings.NewReplacer("%i", "0", "redis://127.0.0.1:6379", "memory").Replace(line))
}

// The README's compose file is valid YAML, every volume and service that it names is
// defined, and the program starts with its flags.
func TestTheComposeFileHangsTogether(t *testing.T) {
	t.Parallel()
	text := readmeBlock(t, "yaml title=compose.yaml")
	var file struct {
		Services map[string]struct {
			Image, Command, User, Restart string
			Volumes, Ports                []string
			DependsOn                     []string `yaml:"depends_on"`
			Deploy                        struct{ Replicas int }
			ReadOnly                      bool `yaml:"read_only"`
		}
		Volumes map[string]struct{}
	}
	if err := yaml.UnmarshalWithOptions([]byte(text), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for name, service := range file.Services {
		if service.Image == "" {
			t.Errorf("%s has no image", name)
		}
		for _, other := range service.DependsOn {
			if _, there := file.Services[other]; !there {
				t.Errorf("%s depends on %s, which is not there", name, other)
			}
		}
		for _, volume := range service.Volumes {
			from, to, _ := strings.Cut(volume, ":")
			if _, named := file.Volumes[from]; !named && !strings.HasPrefix(from, "./") || !strings.HasPrefix(to, "/") {
				t.Errorf("%s has the volume %q, which is no file here and is not named", name, volume)
			}
			if at, _, _ := strings.Cut(to, ":"); strings.HasPrefix(at, "/etc/cookielab/") && !strings.Contains(readmeBlock(t, "nginx"), at) {
				t.Errorf("nginx does not read %s", at)
			}
		}
	}
	startsAsSaid(t, strings.NewReplacer("0.0.0.0:8080", "127.0.0.1:0", "redis://redis:6379", "memory").Replace(file.Services["cookielab"].Command))
}

func lineWith(t *testing.T, text, start string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, start) {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("no line begins with %s", start)
	return ""
}

// startsAsSaid starts the program with a command line's flags.
func startsAsSaid(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	p := started(t, command(t, nil, words[1:]...))
	if a := visit(t, p.url).get("/readyz"); a.status != http.StatusOK {
		t.Errorf("%q is not ready: %d", line, a.status)
	}
	p.end(os.Interrupt)
}
