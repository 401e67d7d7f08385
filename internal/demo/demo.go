// Package demo is the ten routes that the lessons are about, as data: what each is
// called, what it takes and what stands in for what is not said, the Django view that
// it does the same as, and the Go function that does it.
//
// Whoever needs to know something about a route looks here. The site registers its
// functions and reads its defaults by this table (handlers/site), the lab draws its
// buttons and fields from it, lessons check their addresses and find the code to show,
// and the notes of a played world know which entry a request was about. One more route
// is one more row here, and one more function in the site.
//
// Nothing in this package runs a route or knows how; it imports nothing of ours.
package demo

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Methods are the methods of HTTP that each route answers; any other is 405. HEAD does
// what GET does, without the body.
var Methods = []string{http.MethodGet, http.MethodHead, http.MethodPost}

// Route is one of the ten.
type Route struct {
	Name  string // as in the address and in data-action: set_cookie
	Group Group
	// Params are the parameters that the route knows, in the order in which a form
	// shows them. set_session takes any others besides.
	Params []Param
	// Django is the view in Python that does the same with the defaults (Django 5.2).
	// The lines that matter end in Mark.
	Django string
	// ReadBy names the route that reads what this one writes, "" where none does.
	ReadBy string
	Func   string // the Go function that serves the route, in handlers/site
}

// Param is a parameter of a query or a form.
type Param struct {
	Name    string
	Rare    bool // seldom needed: a form may fold it away
	Kind    Kind
	Default string // what counts when it is absent; "" is as if it were not there
	// Form is what a form starts with where there is no default: without it the route
	// would refuse to answer.
	Form string
	Hint string // what else can be typed, to show in an empty field
}

// Kind says what a parameter may hold.
type Kind int

const (
	Text Kind = iota
	Flag      // 1 or 0; absent is 0
	Mode      // a SameSite mode in any letter case, see Modes
)

// Modes are the values of SameSite that the site sends.
var Modes = []string{"Lax", "Strict", "None"}

// Group is what a route is about, as the lab arranges them.
type Group string

const (
	Cookie  Group = "cookie"
	Session Group = "session"
	Clear   Group = "clear" // three ways to take something out of the session
	Expiry  Group = "expiry"
)

// Groups are the groups in the order in which one meets them.
var Groups = []Group{Cookie, Session, Clear, Expiry}

// Mark ends the lines of a Django view that do what the view is for.
const Mark = "  # <--"

// Routes are the ten routes in the order in which one meets them.
var Routes = []Route{
	{
		Name: "set_cookie", Group: Cookie, Func: "setCookie", ReadBy: "get_cookie",
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
		Name: "delete_cookie", Group: Cookie, Func: "deleteCookie", ReadBy: "get_cookie",
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
		Name: "set_session", Group: Session, Func: "setSession", ReadBy: "get_session",
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
		Name: "del", Group: Clear, Func: "deleteEntry", ReadBy: "get_session",
		Params: []Param{{Name: "key", Default: "age"}},
		Django: `def delete_entry(request):
    del request.session['age']  # <--
    return HttpResponse("删除session中的age")`,
	},
	{
		Name: "clear", Group: Clear, Func: "clearSession", ReadBy: "get_session",
		Django: `def clear_session(request):
    request.session.clear()  # <--
    return HttpResponse("清空session数据")`,
	},
	{
		Name: "flush", Group: Clear, Func: "flushSession", ReadBy: "get_session",
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

// Find is the route of a name, and whether there is one.
func Find(name string) (route Route, found bool) {
	i := slices.IndexFunc(Routes, func(r Route) bool { return r.Name == name })
	if i < 0 {
		return Route{}, false
	}
	return Routes[i], true
}

// At is the route that an address leads to, a path or a whole one, and whether it
// leads to one. Its query is not looked at.
func At(address string) (route Route, found bool) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return Route{}, false
	}
	return Find(u.Path[1:])
}

// Path is where the site answers the route.
func (r Route) Path() string { return "/" + r.Name }

// Default is what a parameter counts as when it is absent; "" is as if absent.
func (r Route) Default(name string) string {
	for _, p := range r.Params {
		if p.Name == name {
			return p.Default
		}
	}
	return ""
}

// Line is what the route does in one line of Django.
func (r Route) Line() string {
	for line := range strings.SplitSeq(r.Django, "\n") {
		if code, marked := strings.CutSuffix(line, Mark); marked {
			return strings.TrimSpace(code)
		}
	}
	return ""
}

// Cookie is the name of the cookie that a request with these parameters is about, ""
// where it is about the session.
func (r Route) Cookie(given url.Values) string {
	if r.Group != Cookie {
		return ""
	}
	if name, ok := last(given, "name"); ok {
		return name
	}
	return r.Default("name")
}

// Entries names the entries of the session that a request with these parameters reads
// or writes, in the order of the table; nil where it is about all or none of them.
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
		writer, _ := Find("set_session") // without a key it reads what that writes without parameters
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

// last is a parameter as the site reads it: of several of one name the last counts.
func last(given url.Values, name string) (value string, ok bool) {
	values := given[name]
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}
