package demo

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestThereAreTenRoutesEachWithAViewThatDoesSomething(t *testing.T) {
	if len(Routes) != 10 {
		t.Errorf("there are %d routes, want 10", len(Routes))
	}
	for _, r := range Routes {
		if r.Line() == "" {
			t.Errorf("%s: no line of its view is lit", r.Name)
		}
		if !strings.HasPrefix(r.Django, "def ") || !strings.Contains(r.Django, "return ") {
			t.Errorf("%s: %q is no view", r.Name, r.Django)
		}
		if !slices.Contains(Groups, r.Group) {
			t.Errorf("%s is in group %q, of which no form knows", r.Name, r.Group)
		}
		if found, ok := At("http://localhost:8080" + r.Path() + "?a=%zz"); !ok || found.Name != r.Name {
			t.Errorf("At(%s) = %q, %v", r.Path(), found.Name, ok)
		}
	}
	for _, address := range []string{"", "/", "set_cookie", "/set_cookie/", "/nowhere", "http://[", "/zh/lab"} {
		if r, found := At(address); found {
			t.Errorf("At(%q) = %s, want none", address, r.Name)
		}
	}
}

func TestAnAddressHasWhatItsRouteNeeds(t *testing.T) {
	want := "/set_cookie /get_cookie /delete_cookie /set_session /get_session /del /clear /flush /set_expiry?value=60 /set_expiry?value=0 /set_expiry?value=None /cycle_key"
	if got := strings.Join(Addresses(), " "); got != want {
		t.Errorf("Addresses() = %s, want %s", got, want)
	}
}

func TestARequestIsAboutACookieOrAboutEntries(t *testing.T) {
	for address, want := range map[string]struct{ cookie, entries string }{
		"/set_cookie":                     {"num", ""},
		"/set_cookie?name=a&name=b":       {"b", ""},
		"/get_cookie?safe=1":              {"num", ""},
		"/delete_cookie?name=":            {"", ""},
		"/set_session":                    {"", "username age"},
		"/set_session?_lang=zh":           {"", "username age"},
		"/set_session?z=1&b=2&_back=/zh/": {"", "b z"},
		"/get_session":                    {"", "username age"},
		"/get_session?key=":               {"", "username age"},
		"/get_session?key=a&key=b":        {"", "b"},
		"/del":                            {"", "age"},
		"/del?key=username":               {"", "username"},
		"/clear":                          {"", ""},
		"/set_expiry?value=60":            {"", ""},
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		r, found := At(address)
		if !found {
			t.Fatalf("no route at %s", address)
		}
		cookie, entries := r.Cookie(u.Query()), strings.Join(r.Entries(u.Query()), " ")
		if cookie != want.cookie || entries != want.entries {
			t.Errorf("%s is about cookie %q and entries %q, want %q and %q", address, cookie, entries, want.cookie, want.entries)
		}
	}
}
