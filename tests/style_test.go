package tests

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cookielab/internal/jar"
	"cookielab/templates"
)

// source reads the files of a folder that end in one of some ways, by their path
// from the module's root.
func source(t *testing.T, folder string, endings ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	base := root(t)
	err := filepath.WalkDir(filepath.Join(base, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") && name != "." {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains(endings, filepath.Ext(path)) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(base, path)
		found[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("there is no %v in %s", endings, folder)
	}
	return found
}

// lineOf is the number of the line in which something stands.
func lineOf(text string, offset int) int { return 1 + strings.Count(text[:offset], "\n") }

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssColour  = regexp.MustCompile(`(?i)#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(`)
	cssPalette = regexp.MustCompile(`var\(--(?:gray|blue|green|red|amber|orange|yellow|purple|violet|teal|pink)-[0-9]+`)
)

func TestColoursAreTokens(t *testing.T) {
	for name, text := range source(t, "static/css", ".css") {
		if filepath.Base(name) == "tokens.css" {
			continue
		}
		plain := cssComment.ReplaceAllStringFunc(text, func(c string) string { return strings.Repeat("\n", strings.Count(c, "\n")) })
		for _, pattern := range []*regexp.Regexp{cssColour, cssPalette} {
			for _, at := range pattern.FindAllStringIndex(plain, -1) {
				t.Errorf("%s:%d: %s: a colour is a token by its meaning, from tokens.css", name, lineOf(plain, at[0]), plain[at[0]:at[1]])
			}
		}
	}
}

func TestColourTokensAreSettledForBothThemesAtOnce(t *testing.T) {
	tokens := source(t, "static/css", ".css")["static/css/tokens.css"]
	plain := cssComment.ReplaceAllString(tokens, "")
	if strings.Contains(plain, "prefers-color-scheme") {
		t.Error("tokens.css writes a theme apart: light-dark() keeps the two together")
	}
	if !strings.Contains(plain, "light-dark(") {
		t.Error("tokens.css knows no light-dark()")
	}
}

// Only main reads the clock and the random source, so that a lesson that is played twice
// gives the same frames.
func TestTimeAndChanceComeFromMain(t *testing.T) {
	forbidden := map[string]string{
		"time.Now": "", "time.Since": "", "time.Until": "",
		"math/rand.": "", "math/rand/v2.": "", "crypto/rand.": "", "testing/cryptotest.": "",
	}
	// A generator with a given seed is not a random source.
	seeded := []string{"math/rand/v2.New", "math/rand/v2.NewPCG"}
	for name, text := range source(t, ".", ".go") {
		if name == "main.go" || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/session/sessiontest/") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		paths := map[string]string{} // by the name under which a file knows it
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			short := path[strings.LastIndex(path, "/")+1:]
			if strings.HasPrefix(path, "math/rand") {
				short = "rand"
			}
			if spec.Name != nil {
				short = spec.Name.Name
			}
			paths[short] = path
		}
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := selector.X.(*ast.Ident); ok {
				path := paths[x.Name]
				_, whole := forbidden[path+"."]
				_, one := forbidden[path+"."+selector.Sel.Name]
				if (whole || one) && !slices.Contains(seeded, path+"."+selector.Sel.Name) {
					t.Errorf("%s: %s.%s: it is handed in", set.Position(n.Pos()), x.Name, selector.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	call := "time." + "Sleep(" // in two parts, or this line would be one
	for name, text := range source(t, ".", ".go") {
		if at := strings.Index(text, call); at >= 0 {
			t.Errorf("%s:%d: sleeps: let the clock go on, or wait for what is to happen", name, lineOf(text, at))
		}
	}
}

var (
	inlineScript = regexp.MustCompile(`(?is)<script\b([^>]*)>(.*?)</script>`)
	inlineStyle  = regexp.MustCompile(`(?i)<style\b|\sstyle\s*=|\son[a-z]+\s*=|javascript:`)
)

func TestTemplatesHaveNoCodeAndNoStyle(t *testing.T) {
	for name, text := range source(t, "templates", ".html") {
		for _, at := range inlineScript.FindAllStringSubmatchIndex(text, -1) {
			attributes, content := text[at[2]:at[3]], text[at[4]:at[5]]
			if !strings.Contains(attributes, "src=") && !strings.Contains(attributes, `type="application/json"`) || strings.Contains(attributes, "src=") && strings.TrimSpace(content) != "" {
				t.Errorf("%s:%d: an inline script: the policy lets none run", name, lineOf(text, at[0]))
			}
		}
		for _, at := range inlineStyle.FindAllStringIndex(text, -1) {
			t.Errorf("%s:%d: %q: the policy lets none work", name, lineOf(text, at[0]), text[at[0]:at[1]])
		}
	}
	for name, text := range source(t, "static/js", ".js") {
		for _, never := range []string{"innerHTML +=", "eval(", "new Function", "document.write", "serviceWorker", "setAttribute(\"style\"", "setAttribute('style'"} {
			if at := strings.Index(text, never); at >= 0 {
				t.Errorf("%s:%d: %s", name, lineOf(text, at), never)
			}
		}
		text = strings.ReplaceAll(cssComment.ReplaceAllString(text, ""), `"http://www.w3.org/2000/svg"`, "") // a namespace is a name: nothing is asked for there
		if regexp.MustCompile(`https?://`).MatchString(text) {
			t.Errorf("%s: an address of another host", name)
		}
	}
}

// --- words

var placeholder = regexp.MustCompile(`\{[a-z][a-z_-]*\}`)

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	for _, pair := range [][2]string{{"zh", "en"}, {"en", "zh"}} {
		for _, key := range slices.Sorted(slices.Values(templates.Keys(pair[0]))) {
			text, _ := templates.Lookup(pair[0], key)
			other, found := templates.Lookup(pair[1], key)
			if !found {
				t.Errorf("%q is in %s, but not in %s", key, pair[0], pair[1])
				continue
			}
			if strings.TrimSpace(text) == "" {
				t.Errorf("%q says nothing in %s", key, pair[0])
			}
			if got, want := placeholdersOf(other), placeholdersOf(text); !slices.Equal(got, want) {
				t.Errorf("%q names %v in %s, but %v in %s", key, want, pair[0], got, pair[1])
			}
		}
	}
}

func placeholdersOf(text string) []string {
	return slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(text, -1))))
}

// No key is twice in one file.
func TestNoTextIsWrittenTwice(t *testing.T) {
	for name, text := range source(t, "templates/messages", ".json") {
		seen := map[string]bool{}
		d := json.NewDecoder(strings.NewReader(text))
		for {
			key, err := d.Token()
			if err != nil {
				break
			}
			word, is := key.(string)
			if !is {
				continue
			}
			if seen[word] {
				t.Errorf("%s: %q is there twice", name, word)
			}
			seen[word] = true
			if _, err := d.Token(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var (
	keyInTemplate = regexp.MustCompile(`\bt\s+"([^"]+)"`)
	keyShape      = regexp.MustCompile(`^[a-z][a-z0-9_.-]*$`)
)

func TestEveryTextIsUsedAndEveryUsedTextIsThere(t *testing.T) {
	// Every quoted word of the program; one that ends with a dot begins keys that
	// are put together.
	words := map[string]bool{}
	for name, text := range source(t, "templates", ".html") {
		for _, m := range keyInTemplate.FindAllStringSubmatch(text, -1) {
			if _, found := templates.Lookup("en", m[1]); !found {
				t.Errorf("%s uses %q, which is not there", name, m[1])
			}
			words[m[1]] = true
		}
	}
	for _, folder := range []string{"handlers", "templates", "lessons", "internal"} {
		for name, text := range source(t, folder, ".go") {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, m := range quotedIn(t, name, text) {
				words[m.text] = true
				if _, found := templates.Lookup("en", m.text); !found && m.asked {
					t.Errorf("%s uses %q, which is not there", m.at, m.text)
				}
			}
		}
	}
	for _, key := range slices.Sorted(slices.Values(templates.Keys("en"))) {
		begun := func(word string) bool { return strings.HasSuffix(word, ".") && strings.HasPrefix(key, word) }
		if !words[key] && !slices.ContainsFunc(slices.Collect(maps.Keys(words)), begun) {
			t.Errorf("%q is used nowhere", key)
		}
	}
}

// otherNames are names that must not come back: each thing has one name. A session has an
// ID, and the lessons' stories speak of a key; a class has a driver's key.
var otherNames = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`钥匙|会话键|线路原文|控制台的?密钥`),
	"en": regexp.MustCompile(`(?i)\b(session keys?|console.s key|your key|its key|keys and)\b`),
}

func TestEachThingHasOneName(t *testing.T) {
	for lang, others := range otherNames {
		for _, key := range templates.Keys(lang) {
			text, _ := templates.Lookup(lang, key)
			if key == "site.cycle_key" {
				continue // the words of a demo route are fixed
			}
			if other := others.FindString(text); other != "" {
				t.Errorf("%s in %s says %q: %s", key, lang, other, text)
			}
		}
	}
}

// Every reason of the jar model has a text in both languages.
func TestEveryReasonHasWords(t *testing.T) {
	for _, reason := range append(slices.Clone(jar.Reasons), jar.Gone, jar.Blocked) {
		for _, lang := range templates.Languages {
			for _, prefix := range []string{"term.", "why."} {
				if _, found := templates.Lookup(lang, prefix+string(reason)); !found {
					t.Errorf("%s%s has no words in %s", prefix, reason, lang)
				}
			}
		}
	}
}

// quoted is a text in a program, and whether it asks the catalogue.
type quoted struct {
	text, at string
	asked    bool
}

// quotedIn lists the texts of a file that may be keys. The first text that t, say
// or Text is given must be one.
func quotedIn(t *testing.T, name, text string) []quoted {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[*ast.BasicLit]bool{}
	var found []quoted
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			called := ""
			switch f := n.Fun.(type) {
			case *ast.Ident:
				called = f.Name
			case *ast.SelectorExpr:
				called = f.Sel.Name
			}
			at := map[string]int{"t": 0, "say": 0, "Text": 1, "Lookup": 1}
			if i, ok := at[called]; ok && len(n.Args) > i {
				if lit, ok := n.Args[i].(*ast.BasicLit); ok {
					asked[lit] = true
				}
			}
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				break
			}
			word, err := strconv.Unquote(n.Value)
			word, _, _ = strings.Cut(word, "%") // of a format the beginning
			if err == nil && keyShape.MatchString(word) {
				found = append(found, quoted{word, fmt.Sprint(set.Position(n.Pos())), asked[n]})
			}
		}
		return true
	})
	return found
}
