// Package demo describes the ten routes that the lessons are about, as data: name,
// parameters and defaults, the equivalent Django view, and the Go function that serves
// the route.
//
// All other packages take these facts from here: the site registers its functions and
// reads its defaults (handlers/site), the lab draws its buttons and fields, lessons check
// their addresses and find the code to show, and the notes of a played world know which
// entry a request is about. A further route is one more row here and one more function in
// the site.
//
// The package does not run routes, and imports no other package of the program.
package demo

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Methods are the HTTP methods that each route answers; for any other the answer is 405.
// HEAD does what GET does, without a body.
var Methods = []string{http.MethodGet, http.MethodHead, http.MethodPost}

// Route is one of the ten demo routes.
type Route struct {
	Name  string // as in the path and in data-action: set_cookie
	Group Group
	// Params are the route's parameters in the order in which a form shows them.
	// set_session accepts any others as well.
	Params []Param
	// Django is the Python view that does the same with the defaults (Django 5.2). The
	// lines that matter end in Lit.
	Django string
	Func   string // the Go function that serves the route, in handlers/site
}

// Param is a parameter of a query or a form.
type Param struct {
	Name    string
	Rare    bool // seldom needed: a form may fold it away
	Kind    Kind
	Default string // the value if the parameter is absent; "" if there is no default
	// Form is the initial value in a form for a parameter without a default that the
	// route requires.
	Form string
	Hint string // placeholder of the form's field
}

// Kind is the type of a parameter's value.
type Kind int

const (
	Text Kind = iota
	Flag      // 1 or 0; absent is 0
	Mode      // a SameSite mode in upper or lower case, see Modes
)

// Modes are the SameSite values that the site sends.
var Modes = []string{"Lax", "Strict", "None"}

// Group groups the routes by subject, as the lab shows them.
type Group string

const (
	Cookie  Group = "cookie"
	Session Group = "session"
	Clear   Group = "clear" // three ways to remove data from the session
	Expiry  Group = "expiry"
)

// Groups are the groups in the order in which the lab shows them.
var Groups = []Group{Cookie, Session, Clear, Expiry}

// Lit ends the lines of Django code that matter most. In Python it is a comment.
const Lit = "# <--"

// Routes are the ten routes in the order in which the lab shows them.
var Routes = []Route{
	{
		Name: "set_cookie", Group: Cookie, Func: "setCookie",
		Params: []Param{
			{Name: "name", Default: "num"}, {Name: "value", Default: "1"}, {Name: "max_age", Hint: "60"},
			{Name: "expires", Hint: "Wed, 09 Dec 2026 …", Rare: true}, {Name: "path", Default: "/", Rare: true}, {Name: "domain", Hint: "localhost", Rare: true},
			{Name: "samesite", Kind: Mode, Rare: true}, {Name: "secure", Kind: Flag, Rare: true}, {Name: "httponly", Kind: Flag}, {Name: "partitioned", Kind: Flag, Rare: true},
		},
		Django: `def set_cookie(request):
    response = HttpResponse("设置cookie信息")
    response.set_cookie('num', 1)  # <--
    return response`,
	},
	{
		Name: "get_cookie", Group: Cookie, Func: "getCookie",
		Params: []Param{{Name: "name", Default: "num"}, {Name: "safe", Kind: Flag}},
		Django: `def get_cookie(request):
    cookie_value = request.COOKIES['num']  # <--
    return HttpResponse(cookie_value)`,
	},
	{
		Name: "delete_cookie", Group: Cookie, Func: "deleteCookie",
		Params: []Param{
			{Name: "name", Default: "num"}, {Name: "path", Default: "/"}, {Name: "domain", Rare: true},
			{Name: "secure", Kind: Flag, Rare: true}, {Name: "partitioned", Kind: Flag, Rare: true},
		},
		Django: `def delete_cookie(request):
    response = HttpResponse("删除cookie信息")
    response.delete_cookie('num')  # <--
    return response`,
	},
	{
		Name: "set_session", Group: Session, Func: "setSession",
		Params: []Param{{Name: "username", Default: "fan"}, {Name: "age", Default: "18"}},
		Django: `def set_session(request):
    request.session['username'] = 'fan'  # <--
    request.session['age'] = 18  # <--
    return HttpResponse("设置session信息")`,
	},
	{
		Name: "get_session", Group: Session, Func: "getSession",
		Params: []Param{{Name: "key", Hint: "username"}},
		Django: `def get_session(request):
    username = request.session['username']  # <--
    age = request.session['age']  # <--
    return HttpResponse("得到session的值" + username + str(age))`,
	},
	{
		Name: "del", Group: Clear, Func: "deleteEntry",
		Params: []Param{{Name: "key", Default: "age"}},
		Django: `def delete_entry(request):
    del request.session['age']  # <--
    return HttpResponse("删除session中的age")`,
	},
	{
		Name: "clear", Group: Clear, Func: "clearSession",
		Django: `def clear_session(request):
    request.session.clear()  # <--
    return HttpResponse("清空session数据")`,
	},
	{
		Name: "flush", Group: Clear, Func: "flushSession",
		Django: `def flush_session(request):
    request.session.flush()  # <--
    return HttpResponse("清除整个session")`,
	},
	{
		Name: "set_expiry", Group: Expiry, Func: "setExpiry",
		Params: []Param{{Name: "value", Form: "60", Hint: "0 / None"}},
		Django: `def set_expiry(request):
    request.session.set_expiry(60)  # <--
    return HttpResponse("设置过期时间")`,
	},
	{
		Name: "cycle_key", Group: Expiry, Func: "cycleKey",
		Django: `def cycle_key(request):
    request.session.cycle_key()  # <--
    return HttpResponse("更换sessionid")`,
	},
}

// Find returns the route with a name, and whether there is one.
func Find(name string) (route Route, found bool) {
	i := slices.IndexFunc(Routes, func(r Route) bool { return r.Name == name })
	if i < 0 {
		return Route{}, false
	}
	return Routes[i], true
}

// At returns the route that a path or URL leads to, and whether there is one. The query
// is ignored.
func At(address string) (route Route, found bool) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return Route{}, false
	}
	return Find(u.Path[1:])
}

// Addresses are the paths of the routes, with the parameters that they need. A needed
// parameter is there with each value that its form shows.
func Addresses() []string {
	var list []string
	for _, r := range Routes {
		all := []string{r.Path()}
		for _, p := range r.Params {
			if p.Form == "" {
				continue
			}
			all = nil
			for _, value := range append([]string{p.Form}, strings.Split(p.Hint, " / ")...) {
				all = append(all, r.Path()+"?"+p.Name+"="+value)
			}
		}
		list = append(list, all...)
	}
	return list
}

// Path returns the route's path.
func (r Route) Path() string { return "/" + r.Name }

// Default returns the value of an absent parameter; "" if there is no default.
func (r Route) Default(name string) string {
	for _, p := range r.Params {
		if p.Name == name {
			return p.Default
		}
	}
	return ""
}

// Line returns the line of the Django view that ends in Lit, the essence of the route.
func (r Route) Line() string {
	for line := range strings.SplitSeq(r.Django, "\n") {
		if code, isLit := strings.CutSuffix(line, Lit); isLit {
			return strings.TrimSpace(code)
		}
	}
	return ""
}

// Cookie returns the name of the cookie that a request with these parameters is about, or
// "" if it is about the session.
func (r Route) Cookie(given url.Values) string {
	if r.Group != Cookie {
		return ""
	}
	if name, ok := last(given, "name"); ok {
		return name
	}
	return r.Default("name")
}

// Entries returns the session keys that a request with these parameters reads or writes,
// in the order of the table; nil if it is about all or none of them.
func (r Route) Entries(given url.Values) []string {
	switch r.Name {
	case "set_session":
		var names []string
		for name := range given {
			if !strings.HasPrefix(name, "_") {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			return names
		}
		return r.paramNames()
	case "get_session", "del":
		if key, _ := last(given, "key"); key != "" {
			return []string{key}
		}
		if key := r.Default("key"); key != "" {
			return []string{key}
		}
		writer, _ := Find("set_session") // get_session without a key reads what set_session writes by default
		return writer.paramNames()
	}
	return nil
}

func (r Route) paramNames() []string {
	names := make([]string, 0, len(r.Params))
	for _, p := range r.Params {
		names = append(names, p.Name)
	}
	return names
}

// last returns a parameter as the site reads it: of several with the same name, the last.
func last(given url.Values, name string) (value string, ok bool) {
	values := given[name]
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}
