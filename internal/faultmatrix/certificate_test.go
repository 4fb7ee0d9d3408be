package faultmatrix_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// certificate is what a server shows by TLS.
type certificate uint8

const (
	good certificate = iota
	expired
	foreign // of another host
	none    // it does not speak TLS
)

// authority returns what trusts a server at an address, and what the server has.
func authority(t testing.TB, address string) (client *tls.Config, server func(certificate) *tls.Config) {
	t.Helper()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotBefore: now.AddDate(-9, 0, 0), NotAfter: now.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER := must[[]byte](t)(x509.CreateCertificate(rand.Reader, root, root, key.Public(), key))
	roots := x509.NewCertPool()
	roots.AddCert(must[*x509.Certificate](t)(x509.ParseCertificate(rootDER)))
	return &tls.Config{RootCAs: roots}, func(kind certificate) *tls.Config {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
			IPAddresses: []net.IP{net.ParseIP(host)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		switch kind {
		case expired:
			leaf.NotAfter = now.AddDate(0, 0, -1)
		case foreign:
			leaf.IPAddresses, leaf.DNSNames = nil, []string{"elsewhere.example"}
		}
		der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), key))
		return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1"}}
	}
}
