package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows are the packages of this module, each with those of ours that it may
// import. There is no circle among them, and a package without a row is an error.
var arrows = map[string][]string{
	"cookielab":                              {"handlers", "internal/class", "internal/invite", "internal/notices", "internal/serve", "internal/session", "lessons", "static", "templates"},
	"cookielab/handlers":                     {"handlers/site", "internal/class", "internal/demo", "internal/explain", "internal/invite", "internal/jar", "internal/scene", "internal/serve", "internal/session", "internal/take", "internal/witness", "internal/world", "lessons", "static", "templates"},
	"cookielab/handlers/site":                {"internal/demo", "internal/session", "internal/world", "templates"},
	"cookielab/internal/class":               {},
	"cookielab/internal/demo":                {},
	"cookielab/internal/invite":              {},
	"cookielab/internal/explain":             {"internal/jar", "internal/scene", "templates"},
	"cookielab/internal/jar":                 {},
	"cookielab/internal/scene":               {"internal/jar", "internal/session", "internal/world", "templates"},
	"cookielab/internal/notices":             {},
	"cookielab/internal/serve":               {},
	"cookielab/internal/session":             {},
	"cookielab/internal/session/sessiontest": {"internal/session"},
	"cookielab/internal/world":               {"internal/demo", "internal/jar", "internal/session"},
	"cookielab/lessons":                      {"internal/demo", "internal/jar", "internal/session", "internal/world"},
	"cookielab/internal/take":                {"internal/jar", "internal/scene", "internal/session", "internal/world", "templates"},
	"cookielab/internal/witness":             {"internal/jar", "internal/session", "internal/world"},
	"cookielab/static":                       {},
	"cookielab/templates":                    {},
	"cookielab/tests":                        {},
}

// only lists the packages that may import a path with the key as its prefix; an empty
// list is a package that only tests import.
var only = map[string][]string{
	"github.com/labstack/":           {"handlers", "handlers/site"},
	"github.com/gorilla/":            {"internal/session"},
	"database/sql":                   {"internal/session"},
	"modernc.org/sqlite":             {"internal/session"},
	"github.com/goccy/go-yaml":       {"lessons"},
	"github.com/yuin/goldmark":       {"lessons"},
	"golang.org/x/net/":              {"handlers/site", "internal/explain", "internal/jar"}, // the public suffixes
	"golang.org/x/text/":             {"templates"},
	"html/template":                  {"handlers", "lessons", "templates"},
	"github.com/redis/":              {"internal/session", "internal/session/sessiontest"},
	"os/exec":                        {"main", "internal/session/sessiontest"}, // -open; redis-server
	"testing":                        {"internal/session/sessiontest"},
	"github.com/PuerkitoBio/goquery": {},
	"github.com/chromedp/":           {},
	"github.com/google/go-cmp/":      {},
	"github.com/jba/templatecheck":   {},
	"github.com/tmaxmax/go-sse":      {"internal/class"},
	"rsc.io/":                        {"internal/invite"},
	"go.uber.org/goleak":             {},
	"pgregory.net/rapid":             {},
	"net/http/cookiejar":             {},
}

// chosen are the libraries that the program is to be built on, each with the package
// that imports it.
var chosen = map[string]string{
	"github.com/labstack/echo/v4":              "handlers",
	"github.com/labstack/echo-contrib/session": "handlers/site",
	"github.com/gorilla/sessions":              "internal/session",
}

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
}

// module lists the packages of this module.
func module(t *testing.T) []goPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	command.Dir = root(t)
	text, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestArrowsLeadOneWay(t *testing.T) {
	seen, imports := map[string]bool{}, map[[2]string]bool{}
	for _, p := range module(t) {
		seen[p.ImportPath] = true
		allowed, known := arrows[p.ImportPath]
		if !known {
			t.Errorf("package %s has no row in the table of arrows", p.ImportPath)
			continue
		}
		name := strings.TrimPrefix(p.ImportPath, "cookielab/")
		if p.ImportPath == "cookielab" {
			name = "main"
		}
		for _, imported := range p.Imports {
			imports[[2]string{name, imported}] = true
			if rest, ours := strings.CutPrefix(imported, "cookielab/"); ours && !slices.Contains(allowed, rest) {
				t.Errorf("%s imports %s: no arrow leads there", p.ImportPath, imported)
			}
			for prefix, may := range only {
				if (imported == prefix || strings.HasPrefix(imported, prefix)) && !slices.Contains(may, name) {
					t.Errorf("%s imports %s, which is for %q", p.ImportPath, imported, may)
				}
			}
			if name == "internal/jar" && strings.Contains(imported, ".") && imported != "golang.org/x/net/publicsuffix" && imported != "golang.org/x/net/idna" {
				t.Errorf("%s imports %s: it needs the standard library and the list of public suffixes alone", p.ImportPath, imported)
			}
		}
	}
	for library, by := range chosen {
		if !imports[[2]string{by, library}] {
			t.Errorf("%s does not import %s", by, library)
		}
	}
	for path := range arrows {
		if !seen[path] {
			t.Errorf("the table of arrows has a row for %s, which is not there", path)
		}
	}
}
