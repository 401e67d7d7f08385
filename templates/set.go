package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
)

// The patterns name files, because a directory pattern would skip the parts, whose names
// begin with an underscore.
//
//go:embed base.html parts/_*.html pages/*.html
var files embed.FS

// Set is every page in every language, parsed once. Messages, asset addresses and the
// language are bound when parsing, so that a Set is safe for concurrent use.
type Set struct {
	files  fs.FS
	asset  func(string) string
	pages  map[string]*template.Template
	reload bool
}

// Load parses the embedded templates. asset returns the address of a static file.
func Load(asset func(string) string) (*Set, error) {
	return load(files, asset, false)
}

// LoadDir parses the templates in a directory, again for each page drawn, for development.
func LoadDir(dir fs.FS, asset func(string) string) (*Set, error) {
	return load(dir, asset, true)
}

func load(files fs.FS, asset func(string) string, reload bool) (*Set, error) {
	s := &Set{files: files, asset: asset, reload: reload}
	return s, s.parse()
}

// Reloads reports whether the templates are parsed again for each page drawn.
func (s *Set) Reloads() bool { return s.reload }

func (s *Set) parse() error {
	names, err := fs.Glob(s.files, "pages/*.html")
	if err != nil {
		return err
	}
	pages := map[string]*template.Template{}
	for _, lang := range Languages {
		for _, name := range names {
			page := strings.TrimSuffix(path.Base(name), ".html")
			t, err := template.New("base.html").Option("missingkey=error").Funcs(s.funcs(lang)).
				ParseFS(s.files, "base.html", "parts/_*.html", name)
			if err != nil {
				return fmt.Errorf("parse %s: %w", name, err)
			}
			pages[lang+"/"+page] = t
		}
	}
	s.pages = pages
	return nil
}

// funcs are what a template can call. An unknown message key is an error, so a
// missing translation fails the first test that draws the page.
func (s *Set) funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"t": func(key string, pairs ...string) (string, error) {
			text, ok := Lookup(lang, key)
			if !ok {
				return "", fmt.Errorf("no text for %q in %s", key, lang)
			}
			vars := map[string]string{}
			for i := 0; i+1 < len(pairs); i += 2 {
				vars[pairs[i]] = pairs[i+1]
			}
			return fill(text, in(vars)), nil
		},
		"asset": s.asset,
		"inc":   func(n int) int { return n + 1 },
		"lang":  func() string { return lang },
	}
}

// Render writes a whole page.
func (s *Set) Render(w io.Writer, lang, page string, data any) error {
	return s.execute(w, lang, page, "base.html", data)
}

// Part writes one named part of a page.
func (s *Set) Part(w io.Writer, lang, page, part string, data any) error {
	return s.execute(w, lang, page, part, data)
}

func (s *Set) execute(w io.Writer, lang, page, name string, data any) error {
	if s.reload {
		fresh, err := load(s.files, s.asset, false)
		if err != nil {
			return err
		}
		s = fresh
	}
	t, ok := s.pages[lang+"/"+page]
	if !ok {
		return fmt.Errorf("no page %s/%s", lang, page)
	}
	var buffer bytes.Buffer
	if err := t.ExecuteTemplate(&buffer, name, data); err != nil {
		return err
	}
	_, err := buffer.WriteTo(w)
	return err
}
