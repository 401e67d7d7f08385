package serve

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyATrustedProxyIsBelieved(t *testing.T) {
	proxies, err := ParseProxies([]string{"10.0.0.0/8", "192.168.1.7", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		peer, host string
		tls        bool
	}
	for name, test := range map[string]struct {
		peer    string
		headers map[string][]string
		want    seen
	}{
		"nobody's word":       {"203.0.113.5:99", map[string][]string{"X-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.test"}}, seen{"203.0.113.5:99", "lab", false}},
		"a proxy":             {"10.1.1.1:99", map[string][]string{"X-Forwarded-For": {"203.0.113.5"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"lab.test"}}, seen{"203.0.113.5:0", "lab.test", true}},
		"a proxy of a proxy":  {"192.168.1.7:99", map[string][]string{"X-Forwarded-For": {"1.2.3.4, 203.0.113.5, 10.0.0.9"}}, seen{"203.0.113.5:0", "lab", false}},
		"what a visitor adds": {"10.1.1.1:99", map[string][]string{"X-Forwarded-For": {"10.0.0.1", "203.0.113.5"}}, seen{"203.0.113.5:0", "lab", false}},
		"no address":          {"10.1.1.1:99", map[string][]string{"X-Forwarded-For": {"203.0.113.5, unknown"}}, seen{"10.1.1.1:0", "lab", false}},
		"silence":             {"10.1.1.1:99", nil, seen{"10.1.1.1:0", "lab", false}},
		"IPv6":                {"[fd00::1]:99", map[string][]string{"X-Forwarded-For": {"2001:db8::5"}}, seen{"[2001:db8::5]:0", "lab", false}},
		"IPv4 in IPv6":        {"[::ffff:10.1.1.1]:99", map[string][]string{"X-Forwarded-For": {"203.0.113.5"}}, seen{"203.0.113.5:0", "lab", false}},
		"two hosts":           {"10.1.1.1:99", map[string][]string{"X-Forwarded-Host": {"evil.test, lab.test"}, "X-Forwarded-Proto": {"https, http"}}, seen{"10.1.1.1:0", "lab.test", false}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Host = test.peer, "lab"
			for header, lines := range test.headers {
				r.Header[header] = lines
			}
			var got seen
			proxies.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = seen{r.RemoteAddr, r.Host, r.TLS != nil}
			})).ServeHTTP(httptest.NewRecorder(), r)
			if got != test.want {
				t.Errorf("the request is seen as %+v, want %+v", got, test.want)
			}
		})
	}
	for _, wrong := range []string{"", "proxy", "10.0.0.0/33", "10.0.0"} {
		if _, err := ParseProxies([]string{wrong}); err == nil {
			t.Errorf("-trusted-proxies %q is taken", wrong)
		}
	}
}
