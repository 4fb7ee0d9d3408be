package kms_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

var (
	_ crypto.Signer        = (*kms.Signer)(nil)
	_ crypto.MessageSigner = (*kms.Signer)(nil)
)

func openSigner(t testing.TB, s *kms.Service, algorithm kms.SignatureAlgorithm) *kms.Signer {
	t.Helper()
	signer, err := openKey(t, s, signers[algorithm].id).Signer(t.Context(), algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// issue makes a certificate that the signer has signed for its own key.
func issue(t *testing.T, signer *kms.Signer, algorithm x509.SignatureAlgorithm) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kms"}, DNSNames: []string{"kms.test"},
		NotBefore: time.Unix(1_000_000_000, 0), NotAfter: time.Unix(4_000_000_000, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		SignatureAlgorithm: algorithm,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestSignerCertificates(t *testing.T) {
	t.Parallel()
	for algorithm, of := range map[kms.SignatureAlgorithm]x509.SignatureAlgorithm{
		kms.ECDSASHA256: x509.ECDSAWithSHA256, kms.RSAPSSSHA256: x509.SHA256WithRSAPSS, kms.RSAPKCS1SHA512: x509.SHA512WithRSA,
	} {
		for _, full := range []bool{false, true} {
			_, s := signVault(t, full)
			cert := issue(t, openSigner(t, s, algorithm), of)
			if err := cert.CheckSignature(of, cert.RawTBSCertificate, cert.Signature); err != nil {
				t.Errorf("%s: %v", algorithm, err)
			}
		}
	}
}

// TestSignerSM2Certificate: the package that knows SM2 certificates takes the signer as one of its own.
func TestSignerSM2Certificate(t *testing.T) {
	t.Parallel()
	_, s := signVault(t, false)
	signer := openSigner(t, s, kms.SM2SM3)
	template := &smx509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(1_000_000_000, 0), NotAfter: time.Unix(4_000_000_000, 0),
		SignatureAlgorithm: smx509.SM2WithSM3, IsCA: true, BasicConstraintsValid: true, KeyUsage: smx509.KeyUsageCertSign,
	}
	der, err := smx509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := smx509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := cert.CheckSignatureFrom(cert); err != nil {
		t.Error(err)
	}
}

// TestSignerTLS shakes hands with a server whose private key is in the vault.
func TestSignerTLS(t *testing.T) {
	t.Parallel()
	for algorithm, of := range map[kms.SignatureAlgorithm]x509.SignatureAlgorithm{kms.ECDSASHA256: x509.ECDSAWithSHA256, kms.RSAPSSSHA256: x509.SHA256WithRSAPSS} {
		v, s := signVault(t, false)
		signer := openSigner(t, s, algorithm)
		cert := issue(t, signer, of)
		v.calls = nil
		roots := x509.NewCertPool()
		roots.AddCert(cert)
		served := tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: signer}
		if algorithm == kms.RSAPSSSHA256 {
			served.SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.PSSWithSHA256}
		}
		serverEnd, clientEnd := net.Pipe()
		server := tls.Server(serverEnd, &tls.Config{Certificates: []tls.Certificate{served}})
		client := tls.Client(clientEnd, &tls.Config{RootCAs: roots, ServerName: "kms.test", Time: func() time.Time { return time.Unix(2_000_000_000, 0) }})
		shaken := make(chan error, 1)
		go func() {
			_, err := server.Write([]byte("x"))
			shaken <- err
		}()
		if _, err := client.Read(make([]byte, 1)); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		if err := <-shaken; err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		v.expectCalls(t, "Sign "+signers[algorithm].id+"  "+string(algorithm)+" 0 32 true")
		_, _ = serverEnd.Close(), clientEnd.Close()
	}
}

func TestSignerOptions(t *testing.T) {
	t.Parallel()
	v, s := signVault(t, false)
	sum := sha256.Sum256([]byte("m"))
	pss := func(salt int, hash crypto.Hash) crypto.SignerOpts {
		return &rsa.PSSOptions{SaltLength: salt, Hash: hash}
	}
	var none *rsa.PSSOptions
	for _, test := range []struct {
		algorithm kms.SignatureAlgorithm
		opts      crypto.SignerOpts
		says      string // empty: it signs
	}{
		{kms.ECDSASHA256, crypto.SHA256, ""},
		{kms.ECDSASHA256, crypto.SHA384, "the hash SHA-384"},
		{kms.ECDSASHA256, crypto.SHA384, "template's SignatureAlgorithm"},
		{kms.ECDSASHA256, crypto.Hash(0), "the hash unknown"},
		{kms.ECDSASHA256, nil, "no signer options"},
		{kms.ECDSASHA256, none, "no signer options"},
		{kms.ECDSASHA256, sm2.DefaultSM2SignerOpts, "the hash unknown"},
		{kms.ECDSASHA256, pss(32, crypto.SHA256), "for RSA-PSS"},
		{kms.RSAPKCS1SHA512, pss(64, crypto.SHA512), "for RSA-PSS"},
		{kms.RSAPSSSHA256, pss(rsa.PSSSaltLengthEqualsHash, crypto.SHA256), ""},
		{kms.RSAPSSSHA256, pss(rsa.PSSSaltLengthAuto, crypto.SHA256), ""},
		{kms.RSAPSSSHA256, pss(32, crypto.SHA256), ""},
		{kms.RSAPSSSHA256, pss(20, crypto.SHA256), "a salt of 20 bytes"},
		{kms.RSAPSSSHA256, pss(32, crypto.SHA512), "the hash SHA-512"},
		{kms.RSAPSSSHA256, crypto.SHA256, "needs *rsa.PSSOptions"},
		{kms.RSAPSSSHA256, crypto.SHA256, "template's SignatureAlgorithm"},
		{kms.SM2SM3, crypto.Hash(0), ""},
		{kms.SM2SM3, sm2.NewSM2SignerOption(false, nil), ""},
		{kms.SM2SM3, sm2.DefaultSM2SignerOpts, ""},
		{kms.SM2SM3, sm2.NewSM2SignerOption(true, []byte("somebody")), "only with the identity"},
		{kms.SM2SM3, sm2.NewSM2SignerOption(false, []byte("somebody")), "only with the identity"},
		{kms.SM2SM3, crypto.SHA256, "the hash SHA-256"},
	} {
		signer := openSigner(t, s, test.algorithm)
		v.calls = nil
		for _, sign := range []func() ([]byte, error){
			func() ([]byte, error) { return signer.Sign(rand.Reader, sum[:], test.opts) },
			func() ([]byte, error) { return signer.SignMessage(nil, []byte("m"), test.opts) },
		} {
			signature, err := sign()
			if test.says == "" && (err != nil || len(signature) == 0) {
				t.Errorf("%s, %v: %v", test.algorithm, test.opts, err)
			}
			if test.says != "" {
				expectCode(t, err, errs.InvalidArgument, test.says)
				v.expectCalls(t)
			}
		}
	}
	_, err := openSigner(t, s, kms.ECDSASHA256).Sign(rand.Reader, sum[:31], crypto.SHA256)
	expectCode(t, err, errs.InvalidArgument, "31 bytes")
}

// TestSignerSigns: what comes out verifies, of a digest and of a message.
func TestSignerSigns(t *testing.T) {
	t.Parallel()
	_, s := signVault(t, true)
	sum := sha256.Sum256([]byte("m"))
	ec := openSigner(t, s, kms.ECDSASHA256)
	for _, sign := range []func() ([]byte, error){
		func() ([]byte, error) { return ec.Sign(rand.Reader, sum[:], crypto.SHA256) },
		func() ([]byte, error) { return crypto.SignMessage(ec, rand.Reader, []byte("m"), crypto.SHA256) },
	} {
		signature, err := sign()
		if err != nil || !ecdsa.VerifyASN1(ec.Public().(*ecdsa.PublicKey), sum[:], signature) {
			t.Errorf("%x, %v", signature, err)
		}
	}
	gm := openSigner(t, s, kms.SM2SM3)
	public := gm.Public().(*ecdsa.PublicKey)
	digest, err := sm2.CalculateSM2Hash(public, []byte("m"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, sign := range map[string]func() ([]byte, error){
		"digest":             func() ([]byte, error) { return gm.Sign(rand.Reader, digest, crypto.Hash(0)) },
		"message by options": func() ([]byte, error) { return gm.Sign(rand.Reader, []byte("m"), sm2.DefaultSM2SignerOpts) },
		"message":            func() ([]byte, error) { return gm.SignMessage(rand.Reader, []byte("m"), crypto.Hash(0)) },
	} {
		signature, err := sign()
		if err != nil || !sm2.VerifyASN1WithSM2(public, nil, []byte("m"), signature) {
			t.Errorf("%s: %x, %v", what, signature, err)
		}
	}
}

// TestSignerKeepsItsVersion: the public key that was shown is the one that signs, also after a rotation.
func TestSignerKeepsItsVersion(t *testing.T) {
	t.Parallel()
	v, s := signVault(t, true)
	signer := openSigner(t, s, kms.ECDSASHA256)
	v.addPair("ec", "3", newEC(t))
	rotated := openVault(t, v.full())
	if newer := openSigner(t, rotated, kms.ECDSASHA256); newer.Public().(*ecdsa.PublicKey).Equal(signer.Public()) {
		t.Error("the newest version is not the newest")
	}
	v.calls = nil
	sum := sha256.Sum256([]byte("m"))
	signature, err := signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(signer.Public().(*ecdsa.PublicKey), sum[:], signature) {
		t.Error(err)
	}
	delete(v.keys["ec"].pairs, "2")
	_, err = signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	expectCode(t, err, errs.NotFound)
	v.expectCalls(t, "Sign ec 2 ECDSA_SHA256 0 32 true", "Sign ec 2 ECDSA_SHA256 0 32 true")
}

func TestSignerRefusals(t *testing.T) {
	t.Parallel()
	v, s := signVault(t, false)
	_, err := openKey(t, s, "ec").Signer(t.Context(), kms.ECDSASHA384)
	expectCode(t, err, errs.Unsupported, "ECDSA_SHA384")
	v.expectCalls(t)
	for id, algorithms := range map[string][]kms.SignatureAlgorithm{
		"ec": {kms.SM2SM3, kms.RSAPSSSHA256}, "sm2": {kms.ECDSASHA256, kms.RSAPKCS1SHA512}, "rsa": {kms.ECDSASHA256, kms.SM2SM3},
	} {
		for _, algorithm := range algorithms {
			_, err := openKey(t, s, id).Signer(t.Context(), algorithm)
			expectCode(t, err, errs.InvalidArgument, "does not fit")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	signer, err := openKey(t, s, "ec").Signer(ctx, kms.ECDSASHA256)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = signer.Sign(rand.Reader, make([]byte, 32), crypto.SHA256)
	expectCode(t, err, errs.Canceled)
}
