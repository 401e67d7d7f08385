package tests

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cookielab/internal/serve"
)

// publicName is the name under which the README's nginx file publishes the program.
const publicName = "lab.uni.example"

// readmeBlock is the one block of code of a language in the README.
func readmeBlock(t testing.TB, language string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```"+language+"\n")
	block, rest, closed := strings.Cut(block, "```\n")
	if !closed || strings.Contains(rest, "```"+language+"\n") {
		t.Fatalf("README.md has no block of %s, or several", language)
	}
	return block
}

// replaced puts other values in the place of some that a text has once each.
func replaced(t testing.TB, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if n := strings.Count(text, pairs[i]); n != 1 {
			t.Fatalf("%q is there %d times, want once:\n%s", pairs[i], n, text)
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

// lookedUp is the path of a program, which is in a package of Debian's. On a machine
// that has none the test is skipped; with CI set in the environment it fails.
func lookedUp(t testing.TB, name, inPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	for _, folder := range []string{"/usr/sbin", "/usr/bin"} { // not everybody's PATH has them
		if path := filepath.Join(folder, name); exec.Command(path, "-v").Run() == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("there is no %s: apt-get install %s", name, inPackage)
	}
	t.Skipf("there is no %s on this machine: apt-get install %s", name, inPackage)
	return ""
}

// A front is a real nginx with the README's file, before some programs.
type front struct {
	t     testing.TB
	url   string
	port  string
	roots *x509.CertPool
}

// startNginx starts nginx before three programs, given by their ports. It ends with the
// test.
func startNginx(t testing.TB, ports ...string) *front {
	t.Helper()
	path := lookedUp(t, "nginx", "nginx")
	folder := t.TempDir()
	if _, err := (serve.Maker{Now: time.Now(), Rand: rand.Reader, Names: []string{publicName}}).Kept(folder); err != nil {
		t.Fatal(err)
	}
	cert, key := filepath.Join(folder, "cookielab-cert.pem"), filepath.Join(folder, "cookielab-key.pem")
	certificate, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{t: t, port: freePort(t), roots: x509.NewCertPool()}
	f.url = "https://" + net.JoinHostPort(publicName, f.port)
	f.roots.AppendCertsFromPEM(certificate)
	site := replaced(t, readmeBlock(t, "nginx"), "listen 443 ", "listen 127.0.0.1:"+f.port+" ",
		"/etc/cookielab/cert.pem", cert, "/etc/cookielab/key.pem", key,
		"127.0.0.1:8081", "127.0.0.1:"+ports[0], "127.0.0.1:8082", "127.0.0.1:"+ports[1], "127.0.0.1:8083", "127.0.0.1:"+ports[2])
	// What Debian's nginx.conf has around such a file, with all paths within the folder.
	around := "worker_processes 2; pid nginx.pid; error_log error.log; daemon off;\nevents {}\nhttp { access_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		around += kind + "_temp_path " + kind + ";\n"
	}
	if os.Getuid() == 0 {
		around = "user root;\n" + around // who may enter a test's folder
	}
	if err := os.WriteFile(filepath.Join(folder, "nginx.conf"), []byte(around+site+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nginx := exec.Command(path, "-p", folder, "-c", "nginx.conf", "-e", "error.log")
	out := new(strings.Builder)
	nginx.Stdout, nginx.Stderr = out, out
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nginx.Process.Signal(os.Interrupt) // it ends its workers
		_ = nginx.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(folder, "error.log"))
			t.Logf("nginx says %s%s", out, log)
		}
	})
	for deadline := time.Now().Add(patience); ; {
		connection, err := net.Dial("tcp", "127.0.0.1:"+f.port)
		if err == nil {
			connection.Close()
			return f
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not answer: %s", out)
		}
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// transport reaches nginx under its public name, over HTTP/1.1 or HTTP/2.
func (f *front) transport() *http.Transport {
	return &http.Transport{
		DisableCompression: true, MaxIdleConnsPerHost: 64, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{RootCAs: f.roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+f.port)
		},
	}
}

// visitor is a new browser that comes through nginx.
func (f *front) visitor(t *testing.T) *visitor {
	v := visit(t, f.url)
	transport := f.transport()
	t.Cleanup(transport.CloseIdleConnections)
	v.client.Transport = transport
	return v
}
