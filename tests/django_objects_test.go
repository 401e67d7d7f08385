package tests

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cookielab/internal/session"
)

// django is one request to a view that is written in Python.
type django struct {
	request *http.Request
	at      time.Time
	backend session.Backend
	keys    io.Reader
	session *session.Session
}

// run runs the first function that the code defines, with the request.
func (d django) run(code string) (*pyResponse, error) {
	p := &python{names: map[string]any{
		"str":          pyCall(func(v any) (any, error) { return pyStr(v), nil }),
		"int":          pyCall(pyInt),
		"quote":        pyCall(func(v any) (any, error) { return strings.ReplaceAll(url.QueryEscape(pyStr(v)), "+", "%20"), nil }),
		"unquote":      pyCall(func(v any) (any, error) { return url.PathUnescape(pyStr(v)) }),
		"HttpResponse": pyCall(func(v any) (any, error) { return &pyResponse{at: d.at, status: http.StatusOK, body: pyStr(v)}, nil }),
	}}
	known := len(p.names)
	if _, _, err := p.run(parsePython(strings.Split(code, "\n"))); err != nil {
		return nil, err
	}
	if len(p.names) != known+1 {
		return nil, fmt.Errorf("one function is wanted")
	}
	m := pyDef.FindStringSubmatch(firstDef(code))
	v, err := p.names[m[1]].(pyFunc)([]any{pyRequest{d}}, nil)
	if err != nil {
		return nil, err
	}
	response, ok := v.(*pyResponse)
	if !ok {
		return nil, fmt.Errorf("the view returns no response")
	}
	return response, nil
}

func firstDef(code string) string {
	for line := range strings.SplitSeq(code, "\n") {
		if strings.HasPrefix(line, "def ") {
			return strings.TrimSpace(withoutComment(line))
		}
	}
	return "def nothing():"
}

func pyCall(f func(any) (any, error)) pyFunc {
	return func(args []any, _ map[string]any) (any, error) {
		if len(args) != 1 {
			return nil, pyError{"TypeError", "one argument is wanted"}
		}
		return f(args[0])
	}
}

func pyInt(v any) (any, error) {
	n, err := strconv.ParseInt(pyStr(v), 10, 64)
	if err != nil {
		return nil, pyError{"ValueError", "invalid literal for int()"}
	}
	return n, nil
}

// pyDict is a dict of strings, such as request.COOKIES.
type pyDict map[string]string

func (d pyDict) item(key any) (any, error) {
	v, ok := d[pyStr(key)]
	if !ok {
		return nil, missing(key)
	}
	return v, nil
}
func (d pyDict) has(key any) (bool, error) { _, ok := d[pyStr(key)]; return ok, nil }
func (d pyDict) setItem(any, any) error    { return pyError{"AttributeError", "immutable"} }
func (d pyDict) delItem(any) error         { return pyError{"AttributeError", "immutable"} }
func (d pyDict) attr(name string) (any, error) {
	if name != "get" {
		return nil, pyError{"AttributeError", name}
	}
	return pyFunc(func(args []any, _ map[string]any) (any, error) {
		v, ok := d[pyStr(args[0])]
		if !ok && len(args) > 1 {
			return args[1], nil
		} else if !ok {
			return nil, nil
		}
		return v, nil
	}), nil
}

// missing returns Python's KeyError for a key, whose text is repr(key).
func missing(key any) error {
	return pyError{"KeyError", strings.TrimPrefix(session.KeyError{Key: pyStr(key)}.Error(), "KeyError: ")}
}

type pyRequest struct{ django }

func (r pyRequest) attr(name string) (any, error) {
	switch name {
	case "COOKIES":
		return parsedCookies(r.request.Header.Get("Cookie")), nil
	case "GET":
		d := pyDict{}
		for k, v := range r.request.URL.Query() {
			d[k] = v[len(v)-1]
		}
		return d, nil
	case "session":
		return pySession{r.django.session}, nil
	case "method":
		return r.request.Method, nil
	}
	return nil, pyError{"AttributeError", name}
}

// parsedCookies reads a Cookie header as Django's parse_cookie does.
func parsedCookies(header string) pyDict {
	d := pyDict{}
	for piece := range strings.SplitSeq(header, ";") {
		name, value, has := strings.Cut(piece, "=")
		if !has {
			name, value = "", piece
		}
		if name, value = strings.TrimSpace(name), strings.TrimSpace(value); name != "" || value != "" {
			d[name] = strings.Trim(value, `"`)
		}
	}
	return d
}

// pySession is request.session.
type pySession struct{ *session.Session }

func (s pySession) item(key any) (any, error) {
	v, ok, err := s.Get(pyStr(key))
	if err == nil && !ok {
		err = missing(key)
	}
	return v, err
}
func (s pySession) setItem(key, value any) error { return s.Set(pyStr(key), value) }
func (s pySession) has(key any) (bool, error)    { return s.Has(pyStr(key)) }
func (s pySession) delItem(key any) error        { return raised(s.Delete(pyStr(key))) }

// raised turns the session's KeyError into Python's.
func raised(err error) error {
	if k := (session.KeyError{}); errors.As(err, &k) {
		return missing(k.Key)
	}
	return err
}

func (s pySession) attr(name string) (any, error) {
	plain := func(f func() error) pyFunc {
		return func([]any, map[string]any) (any, error) { return nil, f() }
	}
	switch name {
	case "clear":
		return plain(s.Clear), nil
	case "flush":
		return plain(s.Flush), nil
	case "cycle_key":
		return plain(s.CycleKey), nil
	case "set_expiry":
		return pyCall(func(v any) (any, error) {
			if v == nil {
				return nil, s.ResetExpiry()
			}
			n, ok := v.(int64)
			if !ok {
				return nil, pyError{"TypeError", "set_expiry"}
			}
			return nil, s.SetExpiry(n)
		}), nil
	case "get":
		return pyFunc(func(args []any, _ map[string]any) (any, error) {
			v, ok, err := s.Get(pyStr(args[0]))
			if !ok && len(args) > 1 {
				return args[1], err
			}
			return v, err
		}), nil
	case "pop":
		return pyFunc(func(args []any, _ map[string]any) (any, error) {
			v, err := s.Pop(pyStr(args[0]), args[1:]...)
			return v, raised(err)
		}), nil
	}
	return nil, pyError{"AttributeError", name}
}

// pyResponse is an HttpResponse.
type pyResponse struct {
	at      time.Time
	status  int
	body    string
	cookies []string
}

func (r *pyResponse) attr(name string) (any, error) {
	switch name {
	case "set_cookie":
		return r.cookie([]string{"key", "value", "max_age", "expires", "path", "domain", "secure", "httponly", "samesite"}, nil), nil
	case "delete_cookie":
		return r.cookie([]string{"key", "path", "domain", "samesite"},
			map[string]any{"value": "", "max_age": int64(0), "expires": "Thu, 01 Jan 1970 00:00:00 GMT"}), nil
	}
	return nil, pyError{"AttributeError", name}
}

// cookie adds a Set-Cookie line as Django writes it.
func (r *pyResponse) cookie(parameters []string, given map[string]any) pyFunc {
	return func(args []any, named map[string]any) (any, error) {
		p := map[string]any{"value": "", "path": "/"}
		for k, v := range given {
			p[k] = v
		}
		for i, v := range args {
			p[parameters[i]] = v
		}
		for k, v := range named {
			p[k] = v
		}
		for _, r := range pyStr(p["value"]) {
			if r > 126 {
				return nil, pyError{"UnicodeEncodeError", "a header is ASCII"}
			}
		}
		age, aged := p["max_age"].(int64)
		if aged && p["expires"] == nil {
			p["expires"] = r.at.UTC().Add(time.Duration(age) * time.Second).Format(http.TimeFormat)
		}
		value := pyStr(p["value"])
		if value == "" {
			value = `""`
		}
		line := pyStr(p["key"]) + "=" + value
		add := func(name string, v any) {
			if v != nil && v != "" {
				line += "; " + name + "=" + pyStr(v)
			}
		}
		add("Domain", p["domain"])
		add("expires", p["expires"])
		if pyTruth(p["httponly"]) {
			line += "; HttpOnly"
		}
		add("Max-Age", p["max_age"])
		add("Path", p["path"])
		add("SameSite", p["samesite"])
		if pyTruth(p["secure"]) {
			line += "; Secure"
		}
		r.cookies = append(r.cookies, line)
		return nil, nil
	}
}
