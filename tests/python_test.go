package tests

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// This is as much of Python as the lessons' Django code is written in: functions,
// assignments, del, return, if and expressions. The objects of Django are given to it.

// pyError is an exception.
type pyError struct{ kind, text string }

func (e pyError) Error() string { return e.kind + ": " + e.text }

// The objects that Django code works with.
type (
	pyFunc   func(args []any, named map[string]any) (any, error)
	pyObject interface {
		attr(name string) (any, error)
	}
	pyItems interface {
		item(key any) (any, error)
		setItem(key, value any) error
		delItem(key any) error
		has(key any) (bool, error)
	}
)

// pyLine is a statement with its indentation and what is indented below it.
type pyLine struct {
	text  string
	under []pyLine
}

// parsePython cuts code into statements.
func parsePython(code []string) []pyLine {
	type open struct {
		indent int
		lines  *[]pyLine
	}
	var program []pyLine
	stack := []open{{-1, &program}}
	for _, line := range code {
		text := strings.TrimSpace(withoutComment(line))
		if text == "" {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		for indent <= stack[len(stack)-1].indent {
			stack = stack[:len(stack)-1]
		}
		into := stack[len(stack)-1].lines
		*into = append(*into, pyLine{text: text})
		stack = append(stack, open{indent, &(*into)[len(*into)-1].under})
	}
	return program
}

var pyComment = regexp.MustCompile(`^((?:[^"'#]|"[^"]*"|'[^']*')*)#`)

func withoutComment(line string) string {
	if m := pyComment.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return line
}

// python runs statements. It returns a value if one of them does.
type python struct{ names map[string]any }

var (
	pyDef    = regexp.MustCompile(`^def (\w+)\((\w*)\):$`)
	pyAssign = regexp.MustCompile(`^([\w.]+(?:\[.*?\])?) = (.+)$`)
)

func (p *python) run(lines []pyLine) (value any, returned bool, err error) {
	taken := false // a branch of the if that one is in
	for _, line := range lines {
		word, rest, _ := strings.Cut(line.text, " ")
		switch {
		case word == "from" || word == "import":
		case word == "def":
			m := pyDef.FindStringSubmatch(line.text)
			if m == nil {
				return nil, false, fmt.Errorf("not understood: %s", line.text)
			}
			p.names[m[1]] = p.function(m[2], line.under)
		case word == "return":
			value, err = p.eval(rest)
			return value, true, err
		case word == "del":
			err = p.target(rest, func(in pyItems, key any) error { return in.delItem(key) })
		case word == "if" || word == "elif" || line.text == "else:":
			holds := line.text == "else:"
			if !holds && (word == "if" || !taken) {
				var v any
				v, err = p.eval(strings.TrimSuffix(rest, ":"))
				holds = pyTruth(v)
			}
			if word == "if" {
				taken = false
			}
			if err == nil && holds && !taken {
				taken = true
				if value, returned, err = p.run(line.under); returned || err != nil {
					return value, returned, err
				}
			}
		default:
			err = p.simple(line.text)
		}
		if err != nil {
			return nil, false, err
		}
	}
	return nil, false, nil
}

func (p *python) function(parameter string, body []pyLine) pyFunc {
	return func(args []any, _ map[string]any) (any, error) {
		inner := &python{names: map[string]any{}}
		for name, v := range p.names {
			inner.names[name] = v
		}
		if parameter != "" {
			inner.names[parameter] = args[0]
		}
		value, _, err := inner.run(body)
		return value, err
	}
}

// simple is an assignment, or an expression that is there for what it does.
func (p *python) simple(text string) error {
	m := pyAssign.FindStringSubmatch(text)
	if m == nil {
		_, err := p.eval(text)
		return err
	}
	value, err := p.eval(m[2])
	if err != nil {
		return err
	}
	if strings.HasSuffix(m[1], "]") {
		return p.target(m[1], func(in pyItems, key any) error { return in.setItem(key, value) })
	}
	p.names[m[1]] = value
	return nil
}

// target finds the place that is written to or deleted: request.session["age"].
func (p *python) target(text string, do func(in pyItems, key any) error) error {
	at := strings.LastIndex(text, "[")
	if at < 0 || !strings.HasSuffix(text, "]") {
		return fmt.Errorf("not understood: %s", text)
	}
	in, err := p.eval(text[:at])
	if err != nil {
		return err
	}
	key, err := p.eval(text[at+1 : len(text)-1])
	if err != nil {
		return err
	}
	items, ok := in.(pyItems)
	if !ok {
		return pyError{"TypeError", "object does not support item assignment"}
	}
	return do(items, key)
}

// eval evaluates an expression.
func (p *python) eval(text string) (any, error) {
	e := &expression{python: p, tokens: pyToken.FindAllString(text, -1)}
	v, err := e.comparison()
	if err == nil && len(e.tokens) > 0 {
		err = fmt.Errorf("not understood: %s in %s", e.tokens[0], text)
	}
	return v, err
}

var pyToken = regexp.MustCompile(`"[^"]*"|'[^']*'|\w+|==|!=|\S`)

type expression struct {
	*python
	tokens []string
}

func (e *expression) next() string {
	if len(e.tokens) == 0 {
		return ""
	}
	return e.tokens[0]
}

func (e *expression) skip(token string) bool {
	if e.next() != token {
		return false
	}
	e.tokens = e.tokens[1:]
	return true
}

// comparison is a == b, a != b, a in b, a is not None, not a, or only a sum.
func (e *expression) comparison() (any, error) {
	if e.skip("not") {
		v, err := e.comparison()
		return !pyTruth(v), err
	}
	left, err := e.sum()
	if err != nil {
		return nil, err
	}
	switch op := e.next(); op {
	case "==", "!=", "is":
		e.tokens = e.tokens[1:]
		unequal := op == "!=" || op == "is" && e.skip("not")
		right, err := e.sum()
		return (left == right) != unequal, err
	case "in":
		e.tokens = e.tokens[1:]
		right, err := e.sum()
		if err != nil {
			return nil, err
		}
		items, ok := right.(pyItems)
		if !ok {
			return nil, pyError{"TypeError", "argument is not iterable"}
		}
		return items.has(left)
	}
	return left, nil
}

func (e *expression) sum() (any, error) {
	left, err := e.postfix()
	for err == nil && e.skip("+") {
		var right any
		if right, err = e.postfix(); err == nil {
			left, err = pyAdd(left, right)
		}
	}
	return left, err
}

func pyAdd(left, right any) (any, error) {
	switch l := left.(type) {
	case string:
		if r, ok := right.(string); ok {
			return l + r, nil
		}
		return nil, pyError{"TypeError", "can only concatenate str to str"}
	case int64:
		if r, ok := right.(int64); ok {
			return l + r, nil
		}
	}
	return nil, pyError{"TypeError", "unsupported operand type(s) for +"}
}

// postfix is an atom with what is called, read or taken out of it.
func (e *expression) postfix() (any, error) {
	v, err := e.atom()
	for err == nil {
		switch {
		case e.skip("."):
			name := e.next()
			e.tokens = e.tokens[1:]
			object, ok := v.(pyObject)
			if !ok {
				return nil, pyError{"AttributeError", name}
			}
			v, err = object.attr(name)
		case e.skip("["):
			var key any
			if key, err = e.comparison(); err != nil {
				return nil, err
			}
			items, ok := v.(pyItems)
			if !ok || !e.skip("]") {
				return nil, pyError{"TypeError", "object is not subscriptable"}
			}
			v, err = items.item(key)
		case e.skip("("):
			call, ok := v.(pyFunc)
			if !ok {
				return nil, pyError{"TypeError", "object is not callable"}
			}
			var args []any
			var named map[string]any
			if args, named, err = e.arguments(); err == nil {
				v, err = call(args, named)
			}
		default:
			return v, nil
		}
	}
	return nil, err
}

func (e *expression) arguments() (args []any, named map[string]any, err error) {
	named = map[string]any{}
	for !e.skip(")") {
		if len(e.tokens) == 0 {
			return nil, nil, fmt.Errorf("a ) is missing")
		}
		name := ""
		if len(e.tokens) > 1 && e.tokens[1] == "=" {
			name, e.tokens = e.tokens[0], e.tokens[2:]
		}
		v, err := e.comparison()
		if err != nil {
			return nil, nil, err
		}
		if name != "" {
			named[name] = v
		} else {
			args = append(args, v)
		}
		e.skip(",")
	}
	return args, named, nil
}

func (e *expression) atom() (any, error) {
	token := e.next()
	if token == "" {
		return nil, fmt.Errorf("an expression is missing")
	}
	e.tokens = e.tokens[1:]
	switch {
	case token[0] == '"' || token[0] == '\'':
		return token[1 : len(token)-1], nil
	case token[0] >= '0' && token[0] <= '9':
		return strconv.ParseInt(token, 10, 64)
	case token == "None":
		return nil, nil
	case token == "True", token == "False":
		return token == "True", nil
	case token == "(":
		v, err := e.comparison()
		e.skip(")")
		return v, err
	}
	v, ok := e.names[token]
	if !ok {
		return nil, pyError{"NameError", token}
	}
	return v, nil
}

func pyTruth(v any) bool {
	return v != nil && v != false && v != "" && v != int64(0)
}

// pyStr is str(v).
func pyStr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	}
	return fmt.Sprint(v)
}
