package kmstest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// signChecks: what a pair signs is verified by the provider, and here with its public key.
func signChecks() []check {
	return []check{
		{"Sign/Message", needSigners, (*suite).signsMessages},
		{"Sign/Digest", needSigners, (*suite).signsDigests},
		{"Sign/MessageSent", needSigners, (*suite).signsMessagesRaw},
		{"Sign/DigestSent", needSigners, (*suite).signsDigestsRaw},
		{"Sign/MessageOverLimit", needSigners, (*suite).refusesLongMessage},
		{"Sign/Refused", needSigners, (*suite).refusesSigning},
		{"Sign/WrongAlgorithm", needSigners, (*suite).refusesWrongAlgorithm},
		{"Sign/Signer", append([]need{hasPublic}, needSigners...), (*suite).signsAsSigner},
	}
}

// signing is a key and a way in which it signs.
type signing struct {
	key    *kms.Key
	kind   *driver.KeyKind
	way    driver.SignatureKind
	public crypto.PublicKey // nil where it cannot be used here
}

func (g *signing) String() string { return fmt.Sprintf("%s with %s", g.way.Algorithm, g.kind.Spec) }

// signings returns every declared way to sign, with the number-th key of its kind.
func (s *suite) signings(number int) []*signing {
	s.Helper()
	var all []*signing
	for _, kind := range s.kindsOf(isSigner) {
		k := s.shared(kind, number)
		var public crypto.PublicKey
		if s.caps.PublicKey != driver.None {
			public = s.public(k, kind)
		}
		for _, way := range kind.Signatures {
			all = append(all, &signing{k, kind, way, public})
		}
	}
	return all
}

// public returns the public key of a pair, nil where no package here has a type for it.
func (s *suite) public(k *kms.Key, kind *driver.KeyKind) crypto.PublicKey {
	s.Helper()
	got, err := k.PublicKey(s.ctx)
	s.Must("PublicKey", err)
	public, err := parsePublic(got.DER, kind.Spec)
	if err != nil && !errors.Is(err, errNoGoType) {
		s.Fatalf("PublicKey of %s: %v", kind.Spec, err)
	}
	return public
}

// messages are what is signed: what may be mangled on the way, and the longest message that the way takes.
func (s *suite) messages(way *driver.SignatureKind) [][]byte {
	all := [][]byte{[]byte(mark), {}, nil, {0}, everyByte(), []byte("\xff\xfe text \n"), bytes.Repeat([]byte{0}, 64), random(32), random(48)}
	if way.Digest != driver.None && (way.Algorithm != driver.SM2SM3 || s.caps.PublicKey != driver.None) {
		return append(all, random(100_000))
	}
	return append(all, random(s.caps.MaxMessageBytes), random(max(1, s.caps.MaxMessageBytes-1)))
}

// takes reports whether a way signs what it is given.
func (s *suite) takesMessages(g *signing) bool {
	return g.way.Message != driver.None || g.way.Digest != driver.None && digestSize(g.way.Algorithm) > 0 &&
		(g.way.Algorithm != driver.SM2SM3 || s.caps.PublicKey != driver.None)
}

func (s *suite) sign(g *signing, message []byte) kms.Signature {
	s.Helper()
	sig, err := g.key.Sign(s.ctx, g.way.Algorithm, message)
	s.Must(fmt.Sprintf("Sign by %v of %d bytes", g, len(message)), err)
	return sig
}

// wantValid reports a failure unless provider and public key say so of a signature.
func (s *suite) wantValid(what string, g *signing, message []byte, sig kms.Signature, want bool) {
	s.Helper()
	valid, err := g.key.Verify(s.ctx, message, sig)
	if s.ok("Verify of "+what, err) && valid != want {
		s.Errorf("Verify of %s: %v, want %v", what, valid, want)
	}
	if here, err := verifies(g.way.Algorithm, g.public, message, sig.Bytes); g.public != nil && err == nil && here != want {
		s.Errorf("%s, with the public key: %v, want %v", what, here, want)
	}
}

func (s *suite) signsMessages() {
	for _, g := range s.signings(0) {
		if !s.takesMessages(g) {
			continue
		}
		for i, m := range s.messages(&g.way) {
			sig := s.sign(g, m)
			if sig.Algorithm != g.way.Algorithm || len(sig.Bytes) == 0 || sig.KeyID == "" {
				s.Errorf("Sign by %v: %q, key %q, %d bytes", g, sig.Algorithm, sig.KeyID, len(sig.Bytes))
			}
			s.wantValid(fmt.Sprintf("%v, message %d of %d bytes", g, i, len(m)), g, m, sig, true)
		}
	}
}

// digest returns the digest of a message, nil where it cannot be made here.
func (g *signing) digest(message []byte) []byte {
	digest, _, err := digestOf(g.way.Algorithm, g.public, message)
	if err != nil {
		return nil
	}
	return digest
}

func (s *suite) signsDigests() {
	for _, g := range s.signings(0) {
		digest := g.digest([]byte(mark))
		if digest == nil {
			continue
		}
		if g.way.Digest == driver.None {
			if !s.elsewhere(g.way.Algorithm) {
				s.Unsent(fmt.Sprintf("SignDigest by %v, which takes none", g), errs.Unsupported, func() error {
					_, err := g.key.SignDigest(s.ctx, g.way.Algorithm, digest)
					return err
				})
			}
			continue
		}
		sig, err := g.key.SignDigest(s.ctx, g.way.Algorithm, digest)
		s.Must(fmt.Sprintf("SignDigest by %v", g), err)
		s.wantValid(fmt.Sprintf("%v, a digest", g), g, []byte(mark), sig, true)
		for what, sig := range map[string]kms.Signature{"the digest": sig, "the message": s.sign(g, []byte(mark))} {
			valid, err := g.key.VerifyDigest(s.ctx, digest, sig)
			if s.ok(fmt.Sprintf("VerifyDigest by %v", g), err) && !valid {
				s.Errorf("VerifyDigest by %v: false for the signature of %s", g, what)
			}
			valid, err = g.key.VerifyDigest(s.ctx, flipped(digest, 3), sig)
			if s.ok(fmt.Sprintf("VerifyDigest by %v", g), err) && valid {
				s.Errorf("VerifyDigest by %v: true for another digest than that of %s", g, what)
			}
		}
	}
}

// elsewhere reports whether keys of another kind take digests for the algorithm: package kms does not tell kinds apart.
func (s *suite) elsewhere(algorithm driver.SignatureAlgorithm) bool {
	for _, kind := range s.kindsOf(isSigner) {
		for _, way := range kind.Signatures {
			if way.Algorithm == algorithm && way.Digest != driver.None {
				return true
			}
		}
	}
	return false
}

// rawSign signs by the driver and checks the signature there and here.
func (s *suite) rawSign(g *signing, message, digest []byte) {
	s.Helper()
	what := fmt.Sprintf("Sign by %v of a message of %d and a digest of %d bytes", g, len(message), len(digest))
	signer := facet[driver.Signer](s)
	req := driver.SignRequest{KeyID: g.key.ID(), KeyVersion: s.newest(g.key), Algorithm: g.way.Algorithm, Message: message, Digest: digest}
	res, err := call(s, driver.OpSign, signer.Sign, &req)
	if !s.ok(what, err) {
		return
	}
	if res.KeyVersion != "" && req.KeyVersion != "" && res.KeyVersion != req.KeyVersion {
		s.Errorf("%s: signed by the version %q, asked for %q", what, res.KeyVersion, req.KeyVersion)
	}
	valid, err := call(s, driver.OpVerify, signer.Verify, &driver.VerifyRequest{SignRequest: req, Signature: res.Signature})
	if s.ok(what+": Verify", err) && !valid.Valid {
		s.Errorf("%s: Verify says false", what)
	}
	if message == nil {
		message = []byte(mark)
	}
	if here, err := verifies(g.way.Algorithm, g.public, message, res.Signature); g.public != nil && err == nil && !here {
		s.Errorf("%s: the public key says that the signature is not good", what)
	}
}

// signsMessagesRaw: whole messages are taken where that is declared, although package kms may send digests. It does for
// empty ones, which a provider need not take then.
func (s *suite) signsMessagesRaw() {
	for _, g := range s.signings(0) {
		if g.way.Message == driver.None {
			continue
		}
		for _, m := range [][]byte{[]byte(mark), {}, everyByte(), random(32), random(s.caps.MaxMessageBytes)} {
			if len(m) <= s.caps.MaxMessageBytes && (len(m) > 0 || g.way.Digest == driver.None) {
				s.rawSign(g, m, nil)
			}
		}
	}
}

func (s *suite) signsDigestsRaw() {
	for _, g := range s.signings(0) {
		if digest := g.digest([]byte(mark)); digest != nil && g.way.Digest != driver.None {
			s.rawSign(g, nil, digest)
		}
	}
}

// refusesLongMessage: what is sent whole is bounded.
func (s *suite) refusesLongMessage() {
	for _, g := range s.signings(0) {
		if g.way.Message == driver.None {
			continue
		}
		long := plain(s.caps.MaxMessageBytes + 1)
		if !s.elsewhere(g.way.Algorithm) {
			s.Unsent(fmt.Sprintf("Sign by %v of a message over the limit", g), errs.TooLarge, func() error {
				_, err := g.key.Sign(s.ctx, g.way.Algorithm, long)
				return err
			})
		}
		_, err := call(s, driver.OpSign, facet[driver.Signer](s).Sign, &driver.SignRequest{
			KeyID: g.key.ID(), KeyVersion: s.newest(g.key), Algorithm: g.way.Algorithm, Message: long,
		})
		s.WantCode(fmt.Sprintf("Sign of the driver by %v of a message over the limit", g), err, errs.TooLarge, errs.InvalidArgument)
	}
}

func (s *suite) refusesSigning() {
	for _, g := range s.signings(0) {
		size := digestSize(g.way.Algorithm)
		if size == 0 || g.way.Digest == driver.None {
			continue
		}
		for _, n := range []int{0, 1, size - 1, size + 1, 2 * size} {
			s.Unsent(fmt.Sprintf("SignDigest by %v of %d bytes", g, n), errs.InvalidArgument, func() error {
				_, err := g.key.SignDigest(s.ctx, g.way.Algorithm, random(n))
				return err
			})
			s.Unsent(fmt.Sprintf("VerifyDigest by %v of %d bytes", g, n), errs.InvalidArgument, func() error {
				_, err := g.key.VerifyDigest(s.ctx, random(n), kms.Signature{Algorithm: g.way.Algorithm, Bytes: random(64)})
				return err
			})
		}
	}
	g := s.signings(0)[0]
	s.Unsent("Sign without an algorithm", errs.InvalidArgument, func() error { _, err := g.key.Sign(s.ctx, "", []byte(mark)); return err })
	s.Unsent("Sign with an unknown algorithm", errs.Unsupported, func() error { _, err := g.key.Sign(s.ctx, "KMSTEST", []byte(mark)); return err })
	s.Unsent("Verify of no signature", errs.InvalidArgument, func() error {
		_, err := g.key.Verify(s.ctx, []byte(mark), kms.Signature{Algorithm: g.way.Algorithm})
		return err
	})
}

// refusesWrongAlgorithm: an algorithm that the service has, but not for this key.
func (s *suite) refusesWrongAlgorithm() {
	all := s.signings(0)
	for _, g := range all {
		for _, other := range all {
			sum := random(digestSize(other.way.Algorithm))
			if g.kind == other.kind || other.way.Digest == driver.None || isRSA(g.kind.Spec) == isRSA(other.kind.Spec) || len(sum) == 0 {
				continue
			}
			_, err := g.key.SignDigest(s.ctx, other.way.Algorithm, sum)
			s.WantCode(fmt.Sprintf("SignDigest by %s with %s", other.way.Algorithm, g.kind.Spec), err, errs.InvalidArgument, errs.Unsupported, errs.Conflict)
		}
	}
}

func isRSA(spec driver.Spec) bool { return strings.HasPrefix(string(spec), "RSA") }

// signsAsSigner makes a certificate with each key that the standard library knows.
func (s *suite) signsAsSigner() {
	for _, g := range s.signings(0) {
		algorithm := map[driver.SignatureAlgorithm]x509.SignatureAlgorithm{
			driver.RSAPSSSHA256: x509.SHA256WithRSAPSS, driver.RSAPSSSHA384: x509.SHA384WithRSAPSS, driver.RSAPSSSHA512: x509.SHA512WithRSAPSS,
			driver.RSAPKCS1SHA256: x509.SHA256WithRSA, driver.RSAPKCS1SHA384: x509.SHA384WithRSA, driver.RSAPKCS1SHA512: x509.SHA512WithRSA,
			driver.ECDSASHA256: x509.ECDSAWithSHA256, driver.ECDSASHA384: x509.ECDSAWithSHA384,
		}[g.way.Algorithm]
		if g.public == nil || g.way.Digest == driver.None || algorithm == 0 {
			continue
		}
		signer, err := g.key.Signer(s.ctx, g.way.Algorithm)
		s.Must(fmt.Sprintf("Signer of %v", g), err)
		cert := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kmstest"}, SignatureAlgorithm: algorithm,
			NotBefore: time.Unix(1, 0), NotAfter: time.Unix(2_000_000_000, 0), BasicConstraintsValid: true, IsCA: true,
		}
		der, err := x509.CreateCertificate(rand.Reader, cert, cert, g.public, signer)
		s.Must(fmt.Sprintf("a certificate by %v", g), err)
		made, err := x509.ParseCertificate(der)
		s.Must(fmt.Sprintf("the certificate by %v", g), err)
		if err := made.CheckSignatureFrom(made); err != nil {
			s.Errorf("the certificate by %v: %v", g, err)
		}
	}
}

// newest returns the version of a pair that requests must name, empty where they name none.
func (s *suite) newest(k *kms.Key) string {
	s.Helper()
	if s.caps.KeyVersions == driver.None {
		return ""
	}
	all := s.versions(k)
	if len(all) == 0 {
		s.Fatalf("ListVersions: none")
	}
	newest := all[0]
	for _, v := range all {
		if v.CreatedAt.After(newest.CreatedAt) {
			newest = v
		}
	}
	return newest.ID
}

// versions lists all versions of a key.
func (s *suite) versions(k *kms.Key) []driver.KeyVersion {
	s.Helper()
	var all []driver.KeyVersion
	req := driver.ListVersionsRequest{KeyID: k.ID()}
	for range maxPages {
		page, err := call(s, driver.OpListVersions, facet[driver.VersionLister](s).ListVersions, &req)
		s.Must("ListVersions", err)
		all = append(all, page.Versions...)
		if page.Cursor == "" {
			return all
		}
		req.Cursor = page.Cursor
	}
	s.Fatalf("ListVersions: no end after %d pages", maxPages)
	return nil
}

// maxPages is how many pages a listing may have.
const maxPages = 5000
