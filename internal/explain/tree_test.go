package explain

import (
	"strings"
	"testing"

	"cookielab/templates"
)

// The tree says of each host what a jar with the cookie does: it is drawn from the
// jar's answers, and here held against what Domain means.
func TestTheTreeShowsWhoSetACookieAndWhoReceivesIt(t *testing.T) {
	for name, tt := range map[string]struct{ url, line, want string }{
		"host-only":         {"https://club.tea.example/", "num=1", "tea.example no, club.tea.example set yes, shop.club.tea.example no, other.tea.example no, evil.example no"},
		"a wider Domain":    {"https://club.tea.example/", "num=1; Domain=tea.example", "tea.example yes, club.tea.example set yes, shop.club.tea.example yes, other.tea.example yes, evil.example no"},
		"its own Domain":    {"https://club.tea.example/", "num=1; Domain=club.tea.example", "tea.example no, club.tea.example set yes, shop.club.tea.example yes, other.tea.example no, evil.example no"},
		"at the top":        {"https://tea.example/", "num=1; Domain=tea.example", "tea.example set yes, shop.tea.example yes, evil.example no"},
		"an address":        {"http://127.0.0.1:8080/", "num=1", "127.0.0.1 set yes, evil.example no"},
		"two hosts above":   {"https://a.b.tea.example/", "num=1; Domain=b.tea.example", "tea.example no, b.tea.example yes, a.b.tea.example set yes, shop.a.b.tea.example yes, other.b.tea.example yes, evil.example no"},
		"a stranger's own":  {"https://evil.example/", "num=1", "evil.example set yes, shop.evil.example no, other.test no"},
		"what was refused":  {"https://tea.example/", "num=1; Domain=pay.example", ""},
		"a path of its own": {"https://tea.example/a/b", "num=1; Path=/deep", "tea.example set yes, shop.tea.example no, evil.example no"},
	} {
		view := Explain(templates.Words("en"), newYear, Question{URL: tt.url, Lines: tt.line}).View
		var got []string
		if view.Tree != nil {
			for _, h := range view.Tree.Hosts {
				said := h.Host
				if h.Set {
					said += " set"
				}
				got = append(got, said+map[bool]string{true: " yes", false: " no"}[h.Gets])
			}
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("%s: the tree is %q, want %q", name, got, tt.want)
		}
	}
}
