package lessons

import (
	"html/template"
	"io/fs"
	"slices"
)

// Line is one line of the customer's syllabus.
type Line struct {
	ID    string                   // 2.3.3 clear
	Title map[string]string        // by language
	Quote string                   // the customer's own words
	So    map[string]template.HTML // precise statement of the facts
}

// line reports whether the syllabus has a line.
func (c *Catalogue) line(id string) bool {
	return slices.ContainsFunc(c.Syllabus, func(l Line) bool { return l.ID == id })
}

// Covering lists the steps that cover a line of the syllabus.
func (c *Catalogue) Covering(line string) []*Step {
	return c.stepsWith(func(s *Step) bool { return slices.Contains(s.Syllabus, line) })
}

// readSyllabus reads syllabus.yaml: line: {title: {zh, en}, quote, so: {zh, en}}.
func (c *Catalogue) readSyllabus(fsys fs.FS) error {
	root, err := readYAML(fsys, "syllabus.yaml")
	if err != nil || root.node == nil {
		return err
	}
	lines, err := root.pairs()
	if err != nil {
		return err
	}
	for _, p := range lines {
		f, err := p.value.all("title", "quote", "so")
		if err != nil {
			return err
		}
		line := Line{ID: p.key}
		if line.Title, err = f["title"].inLanguages(); err != nil {
			return err
		}
		if line.Quote, err = f["quote"].word(); err != nil {
			return err
		}
		if line.So, err = f["so"].rendered(p.key); err != nil {
			return err
		}
		c.Syllabus = append(c.Syllabus, line)
	}
	return nil
}

// inLanguages parses a text in every language.
func (v value) inLanguages() (map[string]string, error) {
	f, err := v.all(Languages...)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, lang := range Languages {
		if texts[lang], err = f[lang].word(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// rendered parses and renders a paragraph in every language.
func (v value) rendered(name string) (map[string]template.HTML, error) {
	f, err := v.all(Languages...)
	if err != nil {
		return nil, err
	}
	texts := map[string]template.HTML{}
	for _, lang := range Languages {
		text, err := f[lang].word()
		if err != nil {
			return nil, err
		}
		at := f[lang].at()
		at.line-- // a section's text begins below its heading
		if texts[lang], err = (section{at: at, title: name, body: []string{text}}).inline(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}
