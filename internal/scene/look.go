package scene

import (
	"net/url"
	"slices"
	"strings"

	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

// abilities draws what a browser was measured to do at its page's address.
func (s scene) abilities(look world.Look) []templates.Ability {
	row := func(key, name, value string) templates.Ability {
		return templates.Ability{Key: key, State: value, Name: name, Value: s.T("can." + key + "." + value), Help: s.T("can." + key + ".help")}
	}
	yes := func(on bool) string {
		if on {
			return "yes"
		}
		return "no"
	}
	return []templates.Ability{
		row("cookies", s.T("can.cookies"), yes(!look.Able.Blocked)),
		row("secure-context", s.T("can.secure-context"), yes(look.Able.SecureContext)),
		row("store", "cookieStore", look.Able.Store),
		row("secure-http", s.T("can.secure-http"), secureOverHTTP(look)),
		row("third-party", s.T("can.third-party"), unknown),
	}
}

// secureOverHTTP returns what became of Secure cookies that came over plain http, or
// unknown if there were none.
func secureOverHTTP(look world.Look) string {
	if u, err := url.Parse(look.URL); err != nil || u.Scheme != "http" {
		return "https"
	}
	if look.Able.Secure == world.NotMeasured {
		return unknown
	}
	return string(look.Able.Secure)
}

// unknownKey draws a sessionid that has no row here, with a link to a host whose cookies
// no other program on this machine sets.
func unknownKey(look world.Look, rows []session.Row) *templates.UnknownKey {
	if look.Key == "" || len(rows) > 0 {
		return nil
	}
	address, host := onHost(look.URL, "cookielab.localhost", "localhost", "127.0.0.1")
	if host == "" {
		return nil
	}
	return &templates.UnknownKey{Short: world.Short(look.Key), URL: address, Host: host}
}

// twin returns the same page under another name of this machine, which is another host
// with its own cookies.
func twin(address string) *templates.Twin {
	for name, other := range map[string]string{"localhost": "127.0.0.1", "127.0.0.1": "localhost", "cookielab.localhost": "localhost"} {
		if there, host := onHost(address, other, name); host != "" {
			return &templates.Twin{URL: there, Host: host}
		}
	}
	return nil
}

// onHost replaces the host of an address, if it is one of hosts, by another. It returns
// the new address and its host with port, or two empty texts.
func onHost(address, other string, hosts ...string) (there, host string) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(hosts, u.Hostname()) {
		return "", ""
	}
	u.Host = strings.Replace(u.Host, u.Hostname(), other, 1)
	return u.String(), u.Host
}
