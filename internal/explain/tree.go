package explain

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/jar"
	"cookielab/templates"

	"golang.org/x/net/publicsuffix"
)

// host is a node of the tree of hosts; up is the node above it, -1 for a root.
type host struct {
	name string
	up   int
}

// mostAbove is how many hosts above the one that set a cookie are drawn.
const mostAbove = 3

// hostsAround are the hosts whose relation to a host decides about Domain: those above
// it as far as its registrable domain, one beside it, one under it, and one of another
// site. It also says which of them it is itself.
func hostsAround(name, stranger string) (list []host, self int) {
	var chain []string
	if family, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil && net.ParseIP(name) == nil {
		for at := name; at != family && len(chain) < mostAbove; {
			_, at, _ = strings.Cut(at, ".")
			chain = append([]string{at}, chain...)
		}
	}
	for _, above := range chain {
		list = append(list, host{above, len(list) - 1})
	}
	self = len(list)
	list = append(list, host{name, self - 1})
	if net.ParseIP(name) == nil {
		list = append(list, host{"shop." + name, self})
	}
	if self > 0 {
		list = append(list, host{"other." + chain[self-1], self - 1})
	}
	return append(list, host{stranger, -1}), self
}

// tree draws who set the cookie that was stored last and which hosts receive it, when
// somebody types their address; nil where none is in the jar.
func (e *explanation) tree() *templates.HostTree {
	columns := e.columns()
	if len(columns) == 0 {
		return nil
	}
	c := columns[len(columns)-1]
	u, err := url.Parse(c.step.URL)
	if err != nil || u.Host == "" || strings.Contains(u.Hostname(), ":") || strings.ContainsAny(c.cookie.Path, "?#") {
		return nil
	}
	j := jar.New(jar.Profile{})
	j.Set(e.now, c.step.Request, c.step.SetCookie)
	port := strings.TrimPrefix(u.Host, u.Hostname())
	hosts, self := hostsAround(strings.ToLower(u.Hostname()), hostOf(strangerTo(c)))
	view := &templates.HostTree{Title: e.t("jar.tree", "name", e.cookieName(c.cookie.Name)), Height: em(row * float64(len(hosts)))}
	depth := make([]int, len(hosts))
	for i, h := range hosts {
		if h.up >= 0 {
			depth[i] = depth[h.up] + 1
		}
		sent := j.Send(*e.asked.Get.At, jar.Request{URL: u.Scheme + "://" + h.name + port + c.cookie.Path})
		gets := slices.ContainsFunc(sent.Cookies, func(o jar.Cookie) bool { return o.Identity() == c.cookie.Identity() })
		say := e.t("jar.tree.not")
		if gets {
			say = e.t("jar.tree.gets")
		}
		if i == self {
			say = e.t("jar.tree.set") + e.t("jar.comma") + say
		}
		x, y := indent*float64(depth[i])+0.8, row*float64(i)+0.9
		view.Hosts = append(view.Hosts, templates.HostNode{
			Host: h.name, Shown: templates.Shorten(h.name, 34), Say: say, Set: i == self, Gets: gets,
			X: em(x), Y: em(y), TextX: em(x + 1.1), TextY: em(y + 0.35), SayY: em(y + 1.45), IconX: em(x - 0.55), IconY: em(y - 0.55),
		})
		if h.up >= 0 {
			upX, upY := indent*float64(depth[h.up])+0.8, row*float64(h.up)+0.9
			view.Lines = append(view.Lines,
				templates.TreeLine{X1: em(upX), Y1: em(upY + 0.7), X2: em(upX), Y2: em(y)},
				templates.TreeLine{X1: em(upX), Y1: em(y), X2: em(x - 0.7), Y2: em(y)})
		}
	}
	return view
}

// A row of the tree, and how far a host stands in from the one above it, in em: the
// picture grows with the type.
const (
	row    = 2.7
	indent = 1.6
)

func em(n float64) string { return strconv.FormatFloat(n, 'f', 2, 64) + "em" }
