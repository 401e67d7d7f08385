package lessons

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Claim is what an option says has happened; the package comment explains its fields. A
// field that is not set claims nothing.
type Claim struct {
	Status        *int64
	Body          *string
	BodyHas       string
	Sent          []Pair
	NotSent       []string
	SentCount     []Named[int64]
	SetCookie     []Pair
	NoSetCookie   []string
	Jar           []Pair
	NotInJar      []string
	JarCount      []Named[int64]
	CookieExpires []Named[Age]
	ScriptSees    []string
	ScriptBlind   []string
	Row           *[]Named[string] // JSON text by entry
	RowLacks      []string
	NoRow         bool
	RowExpires    *int64
	Key           string
	Rows          *int64
	AnyRow        *[]Named[string]

	// Only in steps about the page that explains Set-Cookie lines.
	Stored   *bool
	Reason   string
	Header   *string
	Withheld []Named[string]
	HostOnly *bool
	SameSite []Named[string]
}

// Pair is a cookie in a claim: its name, and its value if that is claimed too.
type Pair struct {
	Name  string
	Value *string
}

// Named is what is claimed of one cookie or entry.
type Named[T any] struct {
	Name string
	Want T
}

// Age is how long a cookie has left: until the browser closes, or a number of seconds.
type Age struct {
	Session bool
	Seconds int64
}

func nameList[T any](list []Named[T]) []string {
	var names []string
	for _, n := range list {
		names = append(names, n.Name)
	}
	return names
}

// claimFields are the names of a claim's fields in lesson.yaml, in the order of judging.
var (
	worldOnly = []string{"rows", "any_row"}
	jarOnly   = []string{"stored", "reason", "header", "withheld", "host_only", "same_site"}
	inBoth    = []string{"jar", "not_in_jar", "jar_count", "cookie_expires"}
	exchanged = []string{"status", "body", "body_has", "sent", "not_sent", "sent_count", "set_cookie",
		"no_set_cookie", "script_sees", "script_blind", "row", "row_lacks", "no_row", "row_expires", "key"}
)

// parseClaim parses an option. A step with jar has fields of its own, and in a live step
// other visitors' rows are not known.
func parseClaim(v value, s *Step) (Claim, error) {
	var c Claim
	known := slices.Concat(exchanged, inBoth, worldOnly)
	if s.Jar != nil {
		known = slices.Concat(jarOnly, inBoth)
	}
	fields, err := v.pairs()
	if err != nil {
		return c, err
	}
	return claimOf(v, fields, known, s.Mode)
}

// claimOf parses a claim from its fields; v is used for the place in errors.
func claimOf(v value, fields []pair, known []string, mode Mode) (Claim, error) {
	var c Claim
	if len(fields) == 0 {
		return c, v.errorf("a claim says at least one thing")
	}
	for _, p := range fields {
		if !slices.Contains(known, p.key) {
			return c, p.keyAt.errorf("unknown claim %q; there are: %s", p.key, strings.Join(known, " "))
		}
		if mode == Live && slices.Contains(worldOnly, p.key) {
			return c, p.keyAt.errorf("%s: a live page does not know the rows of others", p.key)
		}
		if err := c.set(p.key, p.value); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *Claim) set(name string, v value) (err error) {
	switch name {
	case "status":
		c.Status, err = pointer(v.integer())
	case "body":
		c.Body, err = pointer(v.text())
	case "body_has":
		c.BodyHas, err = v.word()
	case "sent":
		c.Sent, err = v.cookies()
	case "not_sent":
		c.NotSent, err = v.words()
	case "sent_count":
		c.SentCount, err = named(v, value.integer)
	case "set_cookie":
		c.SetCookie, err = v.cookies()
	case "no_set_cookie":
		c.NoSetCookie, err = v.words()
	case "jar":
		c.Jar, err = v.cookies()
	case "not_in_jar":
		c.NotInJar, err = v.words()
	case "jar_count":
		c.JarCount, err = named(v, value.integer)
	case "cookie_expires":
		c.CookieExpires, err = named(v, value.age)
	case "script_sees":
		c.ScriptSees, err = v.words()
	case "script_blind":
		c.ScriptBlind, err = v.words()
	case "row":
		c.Row, err = pointer(named(v, value.json))
	case "row_lacks":
		c.RowLacks, err = v.words()
	case "no_row":
		if c.NoRow, err = v.boolean(); err == nil && !c.NoRow {
			err = v.errorf("no_row: true, or leave it out; row says that there is one")
		}
	case "row_expires":
		c.RowExpires, err = pointer(v.integer())
	case "key":
		if c.Key, err = v.text(); err == nil && c.Key != "kept" && c.Key != "new" {
			err = v.errorf("key: kept or new is wanted")
		}
	case "rows":
		c.Rows, err = pointer(v.integer())
	case "any_row":
		c.AnyRow, err = pointer(named(v, value.json))
	case "stored":
		c.Stored, err = pointer(v.boolean())
	case "reason":
		c.Reason, err = v.word()
	case "header":
		c.Header, err = pointer(v.text())
	case "withheld":
		c.Withheld, err = named(v, value.word)
	case "host_only":
		c.HostOnly, err = pointer(v.boolean())
	case "same_site":
		c.SameSite, err = named(v, value.text)
	}
	return err
}

func pointer[T any](x T, err error) (*T, error) { return &x, err }

// cookies parses a name, a name with a value, or a list of these.
func (v value) cookies() ([]Pair, error) {
	words, err := v.words()
	if err != nil {
		return nil, err
	}
	var list []Pair
	for _, w := range words {
		name, val, has := strings.Cut(w, "=")
		p := Pair{Name: name}
		if has {
			p.Value = &val
		}
		list = append(list, p)
	}
	return list, nil
}

// named parses a map in the order in which it is written.
func named[T any](v value, read func(value) (T, error)) ([]Named[T], error) {
	list := []Named[T]{}
	pairs, err := v.pairs()
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		want, err := read(p.value)
		if err != nil {
			return nil, err
		}
		list = append(list, Named[T]{p.key, want})
	}
	return list, nil
}

func (v value) age() (Age, error) {
	if s, err := v.text(); err == nil && s == "session" {
		return Age{Session: true}, nil
	}
	n, err := v.integer()
	if err != nil {
		return Age{}, v.errorf("seconds, or session, is wanted")
	}
	return Age{Seconds: n}, nil
}

// json parses an entry's value as in the row: a text or an integer.
func (v value) json() (string, error) {
	switch v.node.(type) {
	case *ast.IntegerNode:
		return v.text()
	case *ast.StringNode:
		s, err := v.text()
		return quote(s), err
	}
	return "", v.errorf("a text or a whole number is wanted")
}
