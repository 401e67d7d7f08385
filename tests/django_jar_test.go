package tests

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// plainJar keeps what these cases need: no domains, one host, plain http.
type plainJar struct{ cookies []jarred }

type jarred struct {
	name, value, path string
	expires           *time.Time
}

func (j *plainJar) keep(now time.Time, set djangoCookie) {
	secure, _ := set.Attrs["secure"].(bool)
	if !secure && (strings.HasPrefix(set.Name, "__Host-") || strings.HasPrefix(set.Name, "__Secure-")) {
		return
	}
	c := jarred{name: set.Name, value: set.Value, path: "/"}
	if path, ok := set.Attrs["path"].(string); ok && strings.HasPrefix(path, "/") {
		c.path = path
	}
	if seconds, ok := set.Attrs["max_age"].(float64); ok {
		at := now.Add(time.Duration(seconds) * time.Second)
		c.expires = &at
	} else if text, ok := set.Attrs["expires"].(string); ok {
		if at, err := http.ParseTime(text); err == nil {
			c.expires = &at
		}
	}
	j.put(c)
	j.sweep(now)
}

// put replaces a cookie of the same name and path in its place.
func (j *plainJar) put(c jarred) {
	for i, old := range j.cookies {
		if old.name == c.name && old.path == c.path {
			j.cookies[i] = c
			return
		}
	}
	j.cookies = append(j.cookies, c)
}

func (j *plainJar) sweep(now time.Time) {
	j.cookies = slices.DeleteFunc(j.cookies, func(c jarred) bool { return c.expires != nil && !c.expires.After(now) })
}

func (j *plainJar) header(now time.Time) string {
	j.sweep(now)
	var pairs []string
	for _, c := range j.cookies {
		pairs = append(pairs, c.name+"="+c.value)
	}
	return strings.Join(pairs, "; ")
}

func (j *plainJar) list(s *djangoSite) []djangoInJar {
	j.sweep(s.now)
	list := []djangoInJar{}
	for _, c := range j.cookies {
		l := djangoInJar{Name: c.name, Value: s.labelled(c.value), Path: c.path}
		if c.expires != nil {
			left := c.expires.Sub(s.now).Seconds()
			l.ExpiresIn = &left
		}
		list = append(list, l)
	}
	return list
}
