// Package templates holds all text and HTML that visitors see: the message catalogues,
// and the page templates with the structs that fill them. It makes no decisions.
package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Languages are the languages of the site, in the order in which they are offered.
var Languages = []string{"zh", "en"}

//go:embed messages/*/*.json
var messageFiles embed.FS

var catalogue = mustLoadMessages(messageFiles)

// Text returns the message of a key in a language, with every {name} replaced by
// vars[name]. For an unknown key it returns the key itself, which the tests look for.
func Text(lang, key string, vars map[string]string) string {
	return Fill(lang, key, in(vars))
}

// Fill is Text with the values of names from a function.
func Fill(lang, key string, value func(name string) (value string, known bool)) string {
	text, ok := Lookup(lang, key)
	if !ok {
		return key
	}
	return fill(text, value)
}

// in returns the values of a map for fill.
func in(vars map[string]string) func(name string) (value string, known bool) {
	return func(name string) (string, bool) {
		value, known := vars[name]
		return value, known
	}
}

// Lookup returns the message of a key as in the catalogue, and whether there is one.
func Lookup(lang, key string) (string, bool) {
	text, ok := catalogue[lang][key]
	return text, ok
}

// Keys returns all keys of a language, for the tests that compare catalogues.
func Keys(lang string) []string {
	keys := make([]string, 0, len(catalogue[lang]))
	for key := range catalogue[lang] {
		keys = append(keys, key)
	}
	return keys
}

// fill replaces names by values; a name without a value stays.
func fill(text string, value func(name string) (value string, known bool)) string {
	before, rest, found := strings.Cut(text, "{")
	if !found {
		return text
	}
	var filled strings.Builder
	filled.Grow(2 * len(text)) // usually enough
	for found {
		filled.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		text, known := value(name)
		if !closed || !known {
			filled.WriteByte('{')
			before, rest, found = strings.Cut(rest, "{")
			continue
		}
		filled.WriteString(text)
		before, rest, found = strings.Cut(after, "{")
	}
	filled.WriteString(before)
	return filled.String()
}

// mustLoadMessages panics on an invalid catalogue, which is part of the program.
func mustLoadMessages(files fs.FS) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, lang := range Languages {
		all[lang] = map[string]string{}
		names, err := fs.Glob(files, path.Join("messages", lang, "*.json"))
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			raw, err := fs.ReadFile(files, name)
			if err != nil {
				panic(err)
			}
			var part map[string]string
			if err := json.Unmarshal(raw, &part); err != nil {
				panic(fmt.Sprintf("%s: %v", name, err))
			}
			for key, text := range part {
				if _, twice := all[lang][key]; twice {
					panic(fmt.Sprintf("%s: %s is defined twice", name, key))
				}
				all[lang][key] = text
			}
		}
	}
	return all
}
