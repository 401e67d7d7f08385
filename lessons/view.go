package lessons

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"cookielab/internal/demo"
)

// View is Django code that a step shows as the equivalent of a demo route.
type View struct {
	Stands string                // the address or a file such as settings.py; "" for the step's last visit
	Lines  map[string][]CodeLine // by language
}

// parseViews parses django: one view, or several by address.
func (c *Catalogue) parseViews(v value) ([]View, error) {
	list := []pair{{value: v}}
	if pairs, err := v.pairs(); err == nil {
		list = pairs
	}
	var views []View
	for _, p := range list {
		text, err := p.value.text()
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(p.key, "/") && !isDemo(p.key) {
			return nil, p.keyAt.errorf("%s is no demo route", p.key)
		}
		views = append(views, View{Stands: p.key, Lines: map[string][]CodeLine{
			"zh": codeLines(text), "en": codeLines(c.phrases.english(text)),
		}})
	}
	return views, nil
}

func codeLines(text string) []CodeLine {
	var lines []CodeLine
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		code, isLit := strings.CutSuffix(strings.TrimRight(line, " "), demo.Lit)
		lines = append(lines, CodeLine{strings.TrimRight(code, " "), isLit})
	}
	return lines
}

// phrases maps Chinese strings and comments in Django code to English ones, so that the
// code is written once.
type phrases map[string]string

var phrase = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'|# [^\n]*`)

// english replaces Chinese phrases in code by English ones; unknown phrases stay.
func (p phrases) english(code string) string {
	return phrase.ReplaceAllStringFunc(code, func(found string) string {
		if strings.HasPrefix(found, "# ") {
			comment, isLit := strings.CutSuffix(found[2:], demo.Lit)
			if en, ok := p[strings.TrimSpace(comment)]; ok {
				if isLit {
					en += "  " + demo.Lit
				}
				return "# " + en
			}
			return found
		}
		if en, ok := p[found[1:len(found)-1]]; ok {
			return found[:1] + en + found[len(found)-1:]
		}
		return found
	})
}

// readPhrases reads phrases.yaml, if it exists.
func (c *Catalogue) readPhrases(fsys fs.FS) error {
	root, err := readYAML(fsys, "phrases.yaml")
	if err != nil || root.node == nil {
		return err
	}
	pairs, err := root.pairs()
	if err != nil {
		return err
	}
	c.phrases = phrases{}
	for _, p := range pairs {
		if c.phrases[p.key], err = p.value.word(); err != nil {
			return err
		}
	}
	return nil
}

// readYAML reads a file that may be missing; the value then has no node.
func readYAML(fsys fs.FS, name string) (value, error) {
	src, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return value{}, nil
	}
	if err != nil {
		return value{}, fmt.Errorf("read %s: %w", name, err)
	}
	return parseYAML(name, src)
}
