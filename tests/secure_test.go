package tests

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// trusting is a visitor of a program that speaks https, who trusts its certificate.
func trusting(t *testing.T, p *program, certificate []byte) *visitor {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificate) {
		t.Fatalf("no certificate: %q", certificate)
	}
	v := visit(t, p.url)
	v.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(v.client.CloseIdleConnections)
	return v
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestHTTPSWithACertificateThatIsMadeOnce(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	p := start(t, "-tls", "-store", "sqlite:"+filepath.Join(store, "sessions.db"))
	if !strings.HasPrefix(p.url, "https://localhost:") {
		t.Errorf("the first line is %q, want an https address", p.url)
	}
	certificate := readFile(t, store, "cookielab-cert.pem")
	v := trusting(t, p, certificate)
	response, err := v.client.Get(p.url + "healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.ProtoMajor != 2 {
		t.Errorf("it speaks %s, want HTTP/2", response.Proto)
	}
	live := v.get("/set_session", "X-Observe", "1")
	if !strings.Contains(live.body, `"url":"https://localhost:`) {
		t.Errorf("over TLS the exchange is %s", live.body)
	}
	if never := live.header.Get("Strict-Transport-Security"); never != "" {
		t.Errorf("it says Strict-Transport-Security: %s, which reaches other programs on localhost", never)
	}
	if code := p.end(os.Interrupt); code != 0 {
		t.Errorf("exit status %d; standard error: %s", code, p.stderr)
	}
	p = start(t, "-tls", "-store", "sqlite:"+filepath.Join(store, "sessions.db"))
	if again := readFile(t, store, "cookielab-cert.pem"); !bytes.Equal(again, certificate) {
		t.Error("a second start makes another certificate")
	}
	if a := trusting(t, p, certificate).get("/healthz"); a.status != http.StatusOK {
		t.Errorf("after a restart /healthz is %d", a.status)
	}
	p.end(os.Interrupt)

	cert, key := filepath.Join(store, "cookielab-cert.pem"), filepath.Join(store, "cookielab-key.pem")
	p = start(t, "-store", "memory", "-tls-cert", cert, "-tls-key", key)
	if a := trusting(t, p, certificate).get("/healthz"); a.status != http.StatusOK {
		t.Errorf("with a given certificate /healthz is %d", a.status)
	}
	for _, wrong := range [][]string{{"-tls-cert", cert}, {"-tls-key", key}, {"-tls-cert", key, "-tls-key", key}, {"-tls-cert", "none", "-tls-key", "none"}} {
		refused(t, nil, append([]string{"-addr", "localhost:0", "-store", "memory"}, wrong...)...)
	}
}

// The test uses a real reverse proxy in front of the program.
func TestATrustedProxySaysHowAVisitorCame(t *testing.T) {
	t.Parallel()
	for trusted, want := range map[string]string{"127.0.0.0/8": `"url":"https://lab.uni.test/get_cookie?safe=1"`, "10.0.0.0/8": `"url":"http://localhost`} {
		p := start(t, "-store", "memory", "-host", "lab.uni.test", "-trusted-proxies", trusted)
		backend, err := url.Parse(strings.Replace(p.url, "localhost", "127.0.0.1", 1))
		if err != nil {
			t.Fatal(err)
		}
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(backend)
			r.Out.Host = "localhost"
			r.Out.Header["X-Forwarded-For"] = []string{"203.0.113.5"}
			r.Out.Header.Set("X-Forwarded-Proto", "https")
			r.Out.Header.Set("X-Forwarded-Host", "lab.uni.test")
		}})
		t.Cleanup(proxy.Close)
		if a := visit(t, proxy.URL).live("/get_cookie?safe=1"); !strings.Contains(a.body, want) {
			t.Errorf("with -trusted-proxies %s a visitor through 127.0.0.1 sees %s, want %s", trusted, a.body, want)
		}
		p.end(os.Interrupt)
	}
	refused(t, nil, "-addr", "localhost:0", "-store", "memory", "-trusted-proxies", "proxy.uni.test")
}
