package jar

import (
	"strings"
	"testing"
)

func TestAnAddressIsReadAsBrowsersReadIt(t *testing.T) {
	tests := map[string]string{ // host and path, or "" where it is none
		"http://WWW.Example.ORG:8080":          "www.example.org /",
		"  http://example.org/a b?c#d ":        "example.org /a%20b",
		"http:\\\\example.org\\a":              "example.org /a",
		"https://u:p@example.org/@":            "example.org /@",
		"http://example.org/a/./b/../c/%2E%2e": "example.org /a/",
		"http://example.org/../..":             "example.org /",
		"http://example.org/é%2f%zz'":          "example.org /%C3%A9%2f%zz'",
		"http://bücher.example/":               "xn--bcher-kva.example /",
		"http://ex%61mple.org/":                "example.org /",
		"http://127.1/":                        "127.0.0.1 /",
		"http://0x7f.0.0.01/":                  "127.0.0.1 /",
		"http://2130706433/":                   "127.0.0.1 /",
		"http://[0:0::1]:80/":                  "[::1] /",
		"http://[::ffff:1.2.3.4]/":             "[::ffff:102:304] /",
		"http://localhost./":                   "localhost. /",
		"http://1.2.3.4.5/":                    "",
		"http://256.256.256.256/":              "",
		"http://exa mple.org/":                 "",
		"http://[::1/":                         "",
		"http://example.org:99999/":            "",
		"http:///path":                         "",
		"//example.org/":                       "",
		"mailto:someone@example.org":           "",
		"http://" + strings.Repeat("é", 513):   "",
		"http://xn--a/":                        "",
		"http://אa.example/":                   "",
	}
	for in, want := range tests {
		got := ""
		if u, err := parseURL(in); err == nil {
			got = u.host + " " + u.path
		}
		if got != want {
			t.Errorf("parseURL(%q) = %q, want %q", in, got, want)
		}
	}
}
