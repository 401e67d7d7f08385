package lessons

import (
	"html/template"
	"io/fs"
	"slices"
)

// Term is a technical term, by language.
type Term struct {
	ID   string
	Name map[string]string
	Say  map[string]template.HTML // one sentence
}

// Term returns the term with an id, and whether there is one.
func (c *Catalogue) Term(id string) (Term, bool) {
	i := slices.IndexFunc(c.Glossary, func(t Term) bool { return t.ID == id })
	if i < 0 {
		return Term{}, false
	}
	return c.Glossary[i], true
}

// Showing lists the steps that show a term.
func (c *Catalogue) Showing(term string) []*Step {
	return c.stepsWith(func(s *Step) bool { return hasTerm(s.Terms, term) })
}

// readGlossary reads glossary.yaml: id: {name: {zh, en}, say: {zh, en}}.
func (c *Catalogue) readGlossary(fsys fs.FS) error {
	root, err := readYAML(fsys, "glossary.yaml")
	if err != nil || root.node == nil {
		return err
	}
	pairs, err := root.pairs()
	if err != nil {
		return err
	}
	for _, p := range pairs {
		t := Term{ID: p.key}
		if !stepID.MatchString(t.ID) {
			return p.keyAt.errorf("term %q: small letters, digits and hyphens are wanted", t.ID)
		}
		f, err := p.value.all("name", "say")
		if err != nil {
			return err
		}
		if t.Name, err = f["name"].inLanguages(); err != nil {
			return err
		}
		if t.Say, err = f["say"].rendered(t.ID); err != nil {
			return err
		}
		c.Glossary = append(c.Glossary, t)
	}
	return nil
}

func hasTerm(terms []Term, id string) bool {
	return slices.ContainsFunc(terms, func(t Term) bool { return t.ID == id })
}

// all returns the fields of a map that must have all of the keys and no others.
func (v value) all(known ...string) (map[string]value, error) {
	f, err := v.fields(known...)
	if err != nil {
		return nil, err
	}
	for _, name := range known {
		if _, ok := f[name]; !ok {
			return nil, v.errorf("%s is missing", name)
		}
	}
	return f, nil
}

// parseTerms parses the terms that a step shows.
func (c *Catalogue) parseTerms(v value) ([]Term, error) {
	var terms []Term
	for _, item := range v.items() {
		id, err := item.text()
		if err != nil {
			return nil, err
		}
		term, ok := c.Term(id)
		if !ok {
			return nil, item.errorf("the glossary has no term %q", id)
		}
		if hasTerm(terms, id) {
			return nil, item.errorf("a second %s", id)
		}
		terms = append(terms, term)
	}
	return terms, nil
}
