package lessons

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The YAML is parsed from its syntax tree rather than into structs, so that errors can
// name the line and use the author's words.

// value is one node of a YAML file.
type value struct {
	file string
	node ast.Node
}

func (v value) at() place { return place{v.file, v.node.GetToken().Position.Line} }

func (v value) errorf(format string, args ...any) error { return v.at().errorf(format, args...) }

// parseYAML parses a single document.
func parseYAML(file string, src []byte) (value, error) {
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
			return value{}, place{file, e.GetToken().Position.Line}.errorf("%s", e.GetMessage())
		}
		return value{}, place{file: file}.errorf("%s", err)
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return value{}, place{file: file}.errorf("one YAML document is wanted")
	}
	return value{file, f.Docs[0].Body}, nil
}

// pair is one key of a map with its value.
type pair struct {
	key   string
	keyAt place
	value value
}

// pairs returns the entries of a map in the order in which they are written.
func (v value) pairs() ([]pair, error) {
	m, ok := v.node.(*ast.MappingNode)
	if !ok {
		return nil, v.errorf("a map (key: value) is wanted")
	}
	var list []pair
	for _, kv := range m.Values {
		tk := kv.Key.GetToken()
		list = append(list, pair{tk.Value, place{v.file, tk.Position.Line}, value{v.file, kv.Value}})
	}
	return list, nil
}

// fields returns the values of a map whose keys must be known.
func (v value) fields(known ...string) (map[string]value, error) {
	list, err := v.pairs()
	if err != nil {
		return nil, err
	}
	m := map[string]value{}
	for _, p := range list {
		if !slices.Contains(known, p.key) {
			return nil, p.keyAt.errorf("unknown field %q; there are: %s", p.key, strings.Join(known, " "))
		}
		m[p.key] = p.value
	}
	return m, nil
}

// items returns the items of a list; any other value counts as a list of one.
func (v value) items() []value {
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return []value{v}
	}
	var list []value
	for _, n := range seq.Values {
		list = append(list, value{v.file, n})
	}
	return list
}

// text returns a scalar as it was written: 1.1 stays "1.1".
func (v value) text() (string, error) {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.node.GetToken().Value, nil
	}
	return "", v.errorf("a text is wanted")
}

func (v value) integer() (int64, error) {
	if _, ok := v.node.(*ast.IntegerNode); ok {
		if n, err := strconv.ParseInt(v.node.GetToken().Value, 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, v.errorf("a whole number is wanted")
}

func (v value) boolean() (bool, error) {
	n, ok := v.node.(*ast.BoolNode)
	if !ok {
		return false, v.errorf("true or false is wanted")
	}
	return n.Value, nil
}

// word returns a text that is not empty.
func (v value) word() (string, error) {
	s, err := v.text()
	if err == nil && s == "" {
		err = v.errorf("this may not be empty")
	}
	return s, err
}

func (v value) words() ([]string, error) {
	var list []string
	for _, item := range v.items() {
		s, err := item.word()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, v.errorf("this may not be empty")
	}
	return list, nil
}
