// Command cryptosigner serves TLS with a private key that never leaves its provider: it makes a certificate for a key,
// signed by that key, and completes a handshake with it over a connection in memory. Whatever takes a crypto.Signer can
// use a key in this way. -config FILE runs it on the provider that the file names.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/kms"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

//go:embed crosscloud.yaml
var inMemory []byte

func main() {
	file := flag.String("config", "", "configuration `file` with a kms resource named server, of the spec EC_P256 (default: in memory)")
	flag.Parse()
	config := crosscloud.YAML("crosscloud.yaml", bytes.NewReader(inMemory))
	if *file != "" {
		config = crosscloud.File(*file)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout, config); err != nil {
		fmt.Fprintln(os.Stderr, "cryptosigner:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, config crosscloud.Option) (err error) {
	client, err := crosscloud.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	key, err := client.KMS(ctx, "server")
	if err != nil {
		return err
	}
	signer, err := key.Signer(ctx, kms.ECDSASHA256)
	if err != nil {
		return err
	}
	cert, err := selfSigned(signer)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Certificate of %s, signed with %s by the key %s\n", cert.Leaf.Subject, cert.Leaf.SignatureAlgorithm, key.Name())
	state, greeting, err := handshake(ctx, cert)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s: the server said %q\n", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite), greeting)
	return nil
}

// selfSigned makes a certificate that the signer has signed.
func selfSigned(signer *kms.Signer) (tls.Certificate, error) {
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "shop.example"}, DNSNames: []string{"shop.example"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), BasicConstraintsValid: true, IsCA: true,
		SignatureAlgorithm: x509.ECDSAWithSHA256,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: signer, Leaf: leaf}, nil
}

// handshake connects a client, which trusts the certificate and nothing else, to a server that has it.
func handshake(ctx context.Context, cert tls.Certificate) (state tls.ConnectionState, greeting string, err error) {
	trusted := x509.NewCertPool()
	trusted.AddCert(cert.Leaf)
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	server := tls.Server(there, &tls.Config{
		Certificates: []tls.Certificate{cert}, SessionTicketsDisabled: true, MinVersion: tls.VersionTLS13,
	})
	client := tls.Client(here, &tls.Config{ServerName: "shop.example", RootCAs: trusted, MinVersion: tls.VersionTLS13})
	served := make(chan error, 1)
	go func() {
		err := server.HandshakeContext(ctx)
		if err == nil {
			_, err = io.WriteString(server, "hello")
		}
		served <- errors.Join(err, server.Close())
	}()
	if err := client.HandshakeContext(ctx); err != nil {
		return state, "", err
	}
	said, err := io.ReadAll(client)
	return client.ConnectionState(), string(said), errors.Join(err, <-served)
}
