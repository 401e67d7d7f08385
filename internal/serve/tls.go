package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// TLS returns a server configuration with one certificate, for HTTP/2 and HTTP/1.1.
func TLS(certificate tls.Certificate) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}
}

// A Maker makes self-signed certificates. A browser warns of one until its user accepts
// it, or until it is installed as trusted on the machines of a class.
type Maker struct {
	Now   time.Time
	Rand  io.Reader
	Names []string // besides localhost, the machine's names and its addresses
}

// Names of the files that the certificate and its key are kept in, in PEM.
const (
	certFile = "cookielab-cert.pem"
	keyFile  = "cookielab-key.pem"
)

// valid is how long a certificate is valid: less than the 398 days that browsers accept.
const valid = 397 * 24 * time.Hour

// Kept returns the certificate kept in a folder. It makes a new one if there is none, or
// if it has expired or lacks one of the machine's present names or addresses.
func (m Maker) Kept(folder string) (tls.Certificate, error) {
	cert, key := filepath.Join(folder, certFile), filepath.Join(folder, keyFile)
	kept, err := tls.LoadX509KeyPair(cert, key)
	switch {
	case err == nil && m.covers(kept.Leaf):
		return kept, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return tls.Certificate{}, fmt.Errorf("certificate %s: %w", cert, err)
	}
	made, certPEM, keyPEM, err := m.make()
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := errors.Join(os.WriteFile(key, keyPEM, 0o600), os.WriteFile(cert, certPEM, 0o644)); err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	return made, nil
}

// Made returns a new certificate without saving it.
func (m Maker) Made() (tls.Certificate, error) {
	made, _, _, err := m.make()
	return made, err
}

// covers reports whether a certificate is valid now and for every name and address.
func (m Maker) covers(leaf *x509.Certificate) bool {
	names, addresses := m.subjects()
	for _, address := range addresses {
		names = append(names, address.String())
	}
	return m.Now.After(leaf.NotBefore) && m.Now.Before(leaf.NotAfter) &&
		!slices.ContainsFunc(names, func(name string) bool {
			return !slices.Contains(leaf.DNSNames, name) && leaf.VerifyHostname(name) != nil
		})
}

// subjects are the names and addresses that a certificate is for.
func (m Maker) subjects() (names []string, addresses []net.IP) {
	names = append([]string{"localhost", "*.localhost"}, ownNames()...)
	for _, name := range m.Names {
		names = append(names, hostName(name))
	}
	slices.Sort(names)
	return slices.Compact(names), ownAddresses()
}

// ownAddresses returns the machine's addresses, loopback first.
func ownAddresses() []net.IP {
	own := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	addresses, _ := net.InterfaceAddrs() // on an error, localhost still works
	for _, a := range addresses {
		if a, ok := a.(*net.IPNet); ok && a.IP.IsGlobalUnicast() {
			own = append(own, a.IP)
		}
	}
	return own
}

func (m Maker) make() (made tls.Certificate, certPEM, keyPEM []byte, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("make a certificate: %w", err)
		}
	}()
	key, err := ecdsa.GenerateKey(elliptic.P256(), m.Rand)
	if err != nil {
		return made, nil, nil, err
	}
	serial := make([]byte, 16)
	if _, err := io.ReadFull(m.Rand, serial); err != nil {
		return made, nil, nil, err
	}
	serial[0] = serial[0]&0x7f | 0x40 // positive, and not short (RFC 5280, 4.1.2.2)
	names, addresses := m.subjects()
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial),
		Subject:      pkix.Name{CommonName: "Cookielab"},
		NotBefore:    m.Now.Add(-time.Hour), NotAfter: m.Now.Add(valid), // for clients whose clocks are slow
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, // not a CA: trusting it trusts this server only
		DNSNames:              names, IPAddresses: addresses,
	}
	cert, err := x509.CreateCertificate(m.Rand, template, template, key.Public(), key)
	if err != nil {
		return made, nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return made, nil, nil, err
	}
	certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	made, err = tls.X509KeyPair(certPEM, keyPEM)
	return made, certPEM, keyPEM, err
}
