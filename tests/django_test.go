package tests

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	demosite "cookielab/handlers/site"
	"cookielab/internal/session"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The shapes of testdata/django.json.gz; testdata/README.md explains them.
type (
	djangoCase struct {
		Name  string       `json:"name"`
		Steps []djangoStep `json:"steps"`
	}
	djangoStep struct {
		Kind      string            `json:"kind"`
		Browser   string            `json:"browser"`
		Route     string            `json:"route"`
		Params    map[string]any    `json:"params"`
		RawCookie *string           `json:"raw_cookie"`
		Op        string            `json:"op"`
		Expect    djangoExpectation `json:"expect"`
	}
	djangoExpectation struct {
		Status       int            `json:"status"`
		Error        *string        `json:"error"`
		Body         *string        `json:"body"`
		CookieHeader *string        `json:"cookie_header"`
		SetCookie    []djangoCookie `json:"set_cookie"`
		Vary         *string        `json:"vary"`
		Rows         []djangoRow    `json:"rows"`
		Jar          *[]djangoInJar `json:"jar"`
	}
	djangoCookie struct {
		Name  string         `json:"name"`
		Value string         `json:"value"`
		Attrs map[string]any `json:"attrs"`
	}
	djangoRow struct {
		Key       string         `json:"key"`
		Data      map[string]any `json:"data"`
		ExpiresIn float64        `json:"expires_in"`
	}
	djangoInJar struct {
		Name      string   `json:"name"`
		Value     string   `json:"value"`
		Path      string   `json:"path"`
		ExpiresIn *float64 `json:"expires_in"`
	}
)

func TestSessionsAreDjangos(t *testing.T) {
	cases := loadDjangoCases(t)
	if len(cases) != 526 {
		t.Fatalf("%d cases, want 526", len(cases))
	}
	tables := map[string]func(t *testing.T) table{
		"memory": func(*testing.T) table { return session.NewMemory() },
		"sqlite": func(t *testing.T) table {
			backend, err := session.OpenSQLite(filepath.Join(t.TempDir(), "sessions.db"))
			if err != nil {
				t.Fatal(err)
			}
			return backend
		},
	}
	for name, open := range tables {
		t.Run(name, func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) {
					stage := newDjangoSite(t, open(t))
					for n, step := range c.Steps {
						stage.play(t, step)
						if t.Failed() {
							t.Fatalf("in step %d: %s%s %v", n+1, step.Route, step.Op, step.Params)
						}
					}
				})
			}
		})
	}
}

func loadDjangoCases(t *testing.T) []djangoCase {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "django.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []djangoCase
	if err := json.NewDecoder(plain).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// table is a backend that can be looked at as a whole.
type table interface {
	session.Backend
	session.Lister
}

// A stage is one site with its table, its browsers, and a clock: one that the test sets, or
// the machine's.
type djangoSite struct {
	backend table
	now     time.Time
	url     string
	client  *http.Client
	seconds float64 // that a date may differ, where the clock does not stand still
	jars    map[string]*plainJar
	keys    []string // real session keys: K1, K2, …
}

func newDjangoSite(t *testing.T, backend table) *djangoSite {
	s := &djangoSite{backend: backend, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), jars: map[string]*plainJar{}}
	site := httptest.NewServer(demosite.Handler(backend, func() time.Time { return s.now }, rand.NewChaCha8([32]byte{})))
	s.url, s.client = site.URL, site.Client()
	t.Cleanup(func() {
		site.Close()
		if err := backend.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func (s *djangoSite) play(t *testing.T, step djangoStep) {
	t.Helper()
	if step.Kind == "http" {
		s.request(t, step)
	} else {
		s.control(t, step)
	}
	dates := cmpopts.EquateApprox(0, s.seconds)
	same(t, "rows", s.rows(t), step.Expect.Rows, gocmp.FilterPath(named("ExpiresIn"), dates))
	if step.Expect.Jar != nil {
		same(t, "jar", s.jarOf(step.Browser).list(s), *step.Expect.Jar, gocmp.FilterPath(named("ExpiresIn"), dates))
	}
}

func (s *djangoSite) request(t *testing.T, step djangoStep) {
	t.Helper()
	jar := s.jarOf(step.Browser)
	query := url.Values{}
	for name, value := range step.Params {
		query.Set(name, s.real(fmt.Sprint(value)))
	}
	request, err := http.NewRequest("GET", s.url+step.Route+"?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	cookie := jar.header(s.now)
	if step.RawCookie != nil {
		cookie = s.real(*step.RawCookie)
	} else {
		same(t, "cookie_header", s.labelled(cookie), deref(step.Expect.CookieHeader))
	}
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	response, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()

	got := []djangoCookie{}
	for _, line := range response.Header["Set-Cookie"] {
		set := readSetCookie(t, line)
		jar.keep(s.now, set)
		if set.Name == "sessionid" && set.Value != "" {
			set.Value = s.label(set.Value)
		}
		got = append(got, set)
	}
	for i := range step.Expect.SetCookie {
		want := &step.Expect.SetCookie[i]
		delete(want.Attrs, "expires_in")
		if want.Value == `""` {
			want.Value = ""
		}
	}
	if s.seconds > 0 {
		for _, set := range slices.Concat(got, step.Expect.SetCookie) {
			if at, dated := set.Attrs["expires"].(string); dated && !strings.Contains(at, " 1970 ") {
				set.Attrs["expires"] = "by the machine's clock"
			}
		}
	}
	same(t, "set_cookie", got, step.Expect.SetCookie)
	same(t, "status", response.StatusCode, step.Expect.Status)
	same(t, "vary", response.Header.Get("Vary"), deref(step.Expect.Vary))
	same(t, "cache-control", response.Header.Get("Cache-Control"), "no-store")
	if step.Expect.Error != nil {
		same(t, "error", string(body), *step.Expect.Error)
	}
	if step.Expect.Body != nil {
		same(t, "body", string(body), *step.Expect.Body)
	}
}

func (s *djangoSite) control(t *testing.T, step djangoStep) {
	t.Helper()
	ctx := context.Background()
	text := func(name string) string { return s.real(fmt.Sprint(step.Params[name])) }
	seconds := func() time.Duration { return time.Duration(step.Params["seconds"].(float64)) * time.Second }
	change := func(edit func(*session.Row)) error {
		row, found, err := s.backend.Row(ctx, s.named(text("key")))
		if err != nil || !found {
			return fmt.Errorf("row %s: found %t, %v", text("key"), found, err)
		}
		edit(&row)
		return s.backend.Update(ctx, row)
	}
	jar := s.jarOf(step.Browser)
	var err error
	switch step.Op {
	case "advance":
		s.now = s.now.Add(seconds())
	case "close_browser":
		jar.cookies = slices.DeleteFunc(jar.cookies, func(c jarred) bool { return c.expires == nil })
	case "put_cookie":
		jar.put(jarred{name: text("name"), value: text("value"), path: "/"})
	case "drop_cookie":
		jar.cookies = slices.DeleteFunc(jar.cookies, func(c jarred) bool { return c.name == text("name") })
	case "copy_cookie":
		for _, c := range s.jarOf(text("from")).cookies {
			if c.name == text("name") {
				jar.put(jarred{name: c.name, value: c.value, path: "/"})
			}
		}
	case "db_delete_row":
		err = s.backend.Delete(ctx, s.named(text("key")))
	case "db_expire_row":
		err = change(func(row *session.Row) { row.Expires = s.now.Add(seconds()) })
	case "db_corrupt_row":
		damage := map[string]func(string) string{
			"garbage":  func(string) string { return "garbage, not JSON" },
			"empty":    func(string) string { return "" },
			"truncate": func(data string) string { return data[:len(data)/2] },
		}
		err = change(func(row *session.Row) { row.Data = damage[text("how")](row.Data) })
	case "clearsessions":
		_, err = s.backend.Purge(ctx, s.now)
	default:
		t.Fatalf("unknown op %q", step.Op)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *djangoSite) jarOf(browser string) *plainJar {
	if s.jars[browser] == nil {
		s.jars[browser] = &plainJar{}
	}
	return s.jars[browser]
}

// rows is the whole table, in the order of its labels.
func (s *djangoSite) rows(t *testing.T) []djangoRow {
	t.Helper()
	stored, err := s.backend.Rows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rows := []djangoRow{}
	for _, row := range stored {
		r := djangoRow{Key: s.label(row.Key), ExpiresIn: row.Expires.Sub(s.now).Seconds()}
		if json.Unmarshal([]byte(row.Data), &r.Data) != nil {
			r.Data = nil
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b djangoRow) int { return cmp.Compare(a.Key, b.Key) })
	return rows
}

// label is K1 for the first real key that was seen, and so on.
func (s *djangoSite) label(key string) string {
	i := slices.Index(s.keys, key)
	if i < 0 {
		i = len(s.keys)
		s.keys = append(s.keys, key)
	}
	return "K" + strconv.Itoa(i+1)
}

func (s *djangoSite) labelled(text string) string {
	for i, key := range s.keys {
		text = strings.ReplaceAll(text, key, "K"+strconv.Itoa(i+1))
	}
	return text
}

// real puts the real keys in the place of {K1} and its variants.
func (s *djangoSite) real(text string) string {
	for i, key := range s.keys {
		label := "K" + strconv.Itoa(i+1)
		text = strings.NewReplacer(
			"{"+label+"}", key,
			"{"+label+":upper}", strings.ToUpper(key),
			"{"+label+":tail}", key[:len(key)-1],
		).Replace(text)
	}
	return text
}

// named is the real key of a label without braces.
func (s *djangoSite) named(label string) string {
	return s.real("{" + label + "}")
}

// readSetCookie takes a line apart as README.md writes it.
func readSetCookie(t *testing.T, line string) djangoCookie {
	t.Helper()
	pair, rest, _ := strings.Cut(line, ";")
	name, value, _ := strings.Cut(pair, "=")
	if value == `""` {
		value = ""
	}
	c := djangoCookie{Name: name, Value: value, Attrs: map[string]any{}}
	for attribute := range strings.SplitSeq(rest, ";") {
		name, value, valued := strings.Cut(strings.TrimSpace(attribute), "=")
		switch name = strings.ToLower(name); {
		case name == "":
		case name == "max-age":
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatalf("Max-Age in %q: %v", line, err)
			}
			c.Attrs["max_age"] = seconds
		case valued:
			c.Attrs[name] = value
		default:
			c.Attrs[name] = true
		}
	}
	return c
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// named is the paths that lead through a field.
func named(field string) func(gocmp.Path) bool {
	return func(p gocmp.Path) bool {
		return slices.ContainsFunc(p, func(step gocmp.PathStep) bool {
			f, is := step.(gocmp.StructField)
			return is && f.Name() == field
		})
	}
}

func same(t *testing.T, what string, got, want any, options ...gocmp.Option) {
	t.Helper()
	if diff := gocmp.Diff(want, got, options...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
