package serve

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestACertificateIsMadeOnce(t *testing.T) {
	folder := t.TempDir()
	maker := Maker{Now: time.Now(), Rand: rand.Reader, Names: []string{"lab.uni.test", "*.class.test"}}
	kept := func(m Maker) tls.Certificate {
		t.Helper()
		c, err := m.Kept(folder)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := kept(maker)
	for _, name := range []string{"localhost", "cookielab.localhost", "127.0.0.1", "::1", "lab.uni.test", "a.class.test"} {
		if err := first.Leaf.VerifyHostname(name); err != nil {
			t.Errorf("the certificate is not for %s: %v", name, err)
		}
	}
	if first.Leaf.IsCA {
		t.Error("who trusts the certificate trusts whatever it signs")
	}
	if again := kept(maker); !bytes.Equal(again.Leaf.Raw, first.Leaf.Raw) {
		t.Error("a second start makes another certificate")
	}
	later := maker
	later.Now = first.Leaf.NotAfter.Add(time.Second)
	if again := kept(later); bytes.Equal(again.Leaf.Raw, first.Leaf.Raw) {
		t.Error("a certificate that has run out is kept")
	}
	more := later
	more.Names = append(more.Names, "other.test")
	if again := kept(more); again.Leaf.VerifyHostname("other.test") != nil {
		t.Error("a name that was added later is not in the certificate")
	}
	if info, err := os.Stat(filepath.Join(folder, keyFile)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file is %v, %v; want it for its owner alone", info, err)
	}
	if err := os.WriteFile(filepath.Join(folder, certFile), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.Kept(folder); err == nil {
		t.Error("a file that is no certificate is taken, or written over")
	}
}
