package kmstest

import (
	"bytes"
	"crypto/rsa"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// pairChecks: key pairs that encrypt, and public keys.
func pairChecks() []check {
	return []check{
		{"Asymmetric/RoundTrip", needPairs, (*suite).pairsEncrypt},
		{"Asymmetric/EncryptedHere", []need{hasPairs, makesPairs, hasPublic}, (*suite).pairsOpenLocal},
		{"Asymmetric/AtLimit", []need{hasPairs, encryptsPair, makesPairs, hasPublic}, (*suite).pairsAtLimit},
		{"Asymmetric/Differs", needPairs, (*suite).pairsDiffer},
		{"Asymmetric/Refused", needPairs, (*suite).refusesPairs},
		{"Asymmetric/Damaged", needPairs, (*suite).refusesDamagedPairs},
		{"Asymmetric/OtherKey", needPairs, (*suite).refusesForeignPairs},
		{"PublicKey/Form", []need{hasPublic, makesAnyPair}, (*suite).publicKeyForm},
		{"PublicKey/Stable", []need{hasPublic, makesAnyPair}, (*suite).publicKeyStable},
		{"PublicKey/Distinct", []need{hasPublic, makesAnyPair}, (*suite).publicKeysDiffer},
		{"PublicKey/Symmetric", []need{hasPublic, makesSecrets}, (*suite).noPublicKey},
		{"Versions/List", []need{hasVersions, makesAnyPair}, (*suite).listsVersions},
		{"Versions/Unknown", []need{hasVersions, hasPublic, makesAnyPair}, (*suite).unknownVersion},
		{"Versions/Signature", append([]need{hasVersions}, needSigners...), (*suite).signatureVersion},
	}
}

var makesAnyPair = kinds(isPair, "are pairs")

// pairing is a key pair and a way in which it encrypts.
type pairing struct {
	key       *kms.Key
	kind      *driver.KeyKind
	algorithm driver.EncryptionAlgorithm
}

func (p *pairing) String() string { return fmt.Sprintf("%s with %s", p.algorithm, p.kind.Spec) }

// pairings returns every declared way to encrypt with a pair, with the number-th key of its kind.
func (s *suite) pairings(number int) []*pairing {
	s.Helper()
	var all []*pairing
	for _, kind := range s.kindsOf(isCipherPair) {
		k := s.shared(kind, number)
		for _, algorithm := range kind.Encryptions {
			all = append(all, &pairing{k, kind, algorithm})
		}
	}
	return all
}

// short are plaintexts that every pair has room for.
func (s *suite) short() [][]byte {
	var fit [][]byte
	for _, p := range s.plaintexts() {
		if len(p) <= 64 {
			fit = append(fit, p)
		}
	}
	return fit
}

func (s *suite) pairsEncrypt() {
	for _, p := range s.pairings(0) {
		for _, text := range s.short() {
			ct := s.encrypt(p.key, text, kms.WithAlgorithm(p.algorithm))
			s.wantOpened(fmt.Sprintf("Decrypt of %d bytes by %v", len(text), p), p.key, ct, text)
		}
		ct := s.encrypt(p.key, []byte(mark), kms.WithAlgorithm(p.algorithm))
		s.checkCiphertext(fmt.Sprintf("Encrypt by %v", p), &ct, p.key, kms.Ciphertext{Kind: kms.KindAsymmetric, Algorithm: p.algorithm})
	}
}

// pairsOpenLocal: what anybody encrypts with the public key opens.
func (s *suite) pairsOpenLocal() {
	for _, p := range s.pairings(0) {
		public := s.public(p.key, p.kind)
		if public == nil {
			continue
		}
		for _, text := range s.short() {
			blob, err := sealHere(p.algorithm, public, text)
			s.Must(fmt.Sprintf("encryption here by %v", p), err)
			for _, id := range []string{p.key.ID(), ""} {
				of := kms.Ciphertext{Vendor: s.caps.Vendor, KeyID: id, Kind: kms.KindAsymmetric, Algorithm: p.algorithm}
				ct, err := kms.NativeCiphertext(of, blob)
				s.Must("NativeCiphertext", err)
				s.wantOpened(fmt.Sprintf("Decrypt of %d bytes that were encrypted here by %v", len(text), p), p.key, ct, text)
			}
		}
	}
}

func (s *suite) pairsAtLimit() {
	for _, p := range s.pairings(0) {
		public, ok := s.public(p.key, p.kind).(*rsa.PublicKey)
		if !ok || p.algorithm != kms.RSAOAEPSHA256 {
			continue
		}
		limit := public.Size() - 66 // RFC 8017, 7.1.1
		if limit > s.caps.MaxPlaintextBytes && s.caps.MaxPlaintextBytes > 0 {
			continue
		}
		text := random(limit)
		s.wantOpened(fmt.Sprintf("Decrypt of %d bytes by %v", limit, p), p.key, s.encrypt(p.key, text, kms.WithAlgorithm(p.algorithm)), text)
		if limit < s.caps.MaxPlaintextBytes || s.caps.MaxPlaintextBytes == 0 {
			s.Unsent(fmt.Sprintf("Encrypt by %v of %d bytes", p, limit+1), errs.TooLarge, func() error {
				_, err := p.key.Encrypt(s.ctx, plain(limit+1), kms.WithAlgorithm(p.algorithm))
				return err
			})
		}
	}
}

func (s *suite) pairsDiffer() {
	for _, p := range s.pairings(0) {
		one, two := s.encrypt(p.key, []byte(mark), kms.WithAlgorithm(p.algorithm)), s.encrypt(p.key, []byte(mark), kms.WithAlgorithm(p.algorithm))
		if bytes.Equal(one.Native(), two.Native()) || s.Secrets.In(string(one.Native())) {
			s.Errorf("Encrypt by %v: the same ciphertext twice, or the plaintext in it", p)
		}
		s.wantOpened("Decrypt of the first of two", p.key, one, []byte(mark))
		s.wantOpened("Decrypt of the second of two", p.key, two, []byte(mark))
	}
}

func (s *suite) refusesPairs() {
	for _, p := range s.pairings(0) {
		encrypt := func(text []byte, opts ...kms.CryptOption) func() error {
			return func() error { _, err := p.key.Encrypt(s.ctx, text, opts...); return err }
		}
		way := kms.WithAlgorithm(p.algorithm)
		s.Unsent(fmt.Sprintf("Encrypt by %v of nothing", p), errs.InvalidArgument, encrypt(nil, way))
		s.Unsent(fmt.Sprintf("Encrypt by %v with a context", p), errs.Unsupported, encrypt([]byte(mark), way, kms.Context{"a": "b"}))
		s.Unsent("Encrypt by an unknown algorithm", errs.Unsupported, encrypt([]byte(mark), kms.WithAlgorithm("KMSTEST")))
		if s.caps.MaxPlaintextBytes > 0 {
			s.Unsent(fmt.Sprintf("Encrypt by %v over the limit", p), errs.TooLarge, encrypt(plain(s.caps.MaxPlaintextBytes+1), way))
		}
		ct := s.encrypt(p.key, []byte(mark), way)
		s.Unsent(fmt.Sprintf("Decrypt by %v with a context", p), errs.Unsupported, func() error {
			_, err := p.key.Decrypt(s.ctx, ct, kms.Context{"a": "b"})
			return err
		})
		s.wantOpened("Decrypt", p.key, ct, []byte(mark))
	}
}

func (s *suite) refusesDamagedPairs() {
	for _, p := range s.pairings(0) {
		ct := s.encrypt(p.key, []byte(mark), kms.WithAlgorithm(p.algorithm))
		blob := ct.Native()
		var blobs [][]byte
		for i := range 16 {
			blobs = append(blobs, flipped(blob, i*8*len(blob)/16+i%8))
		}
		blobs = append(blobs, blob[:len(blob)-1], blob[:len(blob)/2], random(len(blob)), []byte("x"))
		s.wantBroken(fmt.Sprintf("Decrypt by %v of a damaged ciphertext", p), p.key, ct, []byte(mark), blobs)
	}
}

func (s *suite) refusesForeignPairs() {
	others := s.pairings(1)
	for i, p := range s.pairings(0) {
		ct := s.encrypt(p.key, []byte(mark), kms.WithAlgorithm(p.algorithm))
		before := s.Sent(driver.OpAsymmetricDecrypt)
		s.wantClosed(fmt.Sprintf("Decrypt by %v with another key", p), others[i].key, ct)
		if s.Sent(driver.OpAsymmetricDecrypt) != before {
			s.Errorf("Decrypt by %v with another key was sent", p)
		}
		_, err := call(s, driver.OpAsymmetricDecrypt, facet[driver.AsymmetricCipher](s).AsymmetricDecrypt, &driver.AsymmetricDecryptRequest{
			Ciphertext: driver.Ciphertext{
				KeyID: others[i].key.ID(), KeyVersion: s.newest(others[i].key), Kind: driver.KindAsymmetric, Algorithm: p.algorithm, Blob: ct.Native(),
			}})
		s.WantCode(fmt.Sprintf("AsymmetricDecrypt by %v of another key's ciphertext", p), err, errs.InvalidArgument)
	}
}

func (s *suite) publicKeyForm() {
	for _, kind := range s.kindsOf(isPair) {
		k := s.shared(kind, 0)
		public := s.public(k, kind) // SPKI, of that spec
		got, err := k.PublicKey(s.ctx)
		s.Must("PublicKey", err)
		if public != nil {
			if _, err := got.Key(); err != nil {
				s.Errorf("PublicKey of %s: %v", kind.Spec, err)
			}
		}
		if want := s.newest(k); got.KeyVersion != want {
			s.Errorf("PublicKey of %s: it is of the version %q, the newest is %q", kind.Spec, got.KeyVersion, want)
		}
	}
}

func (s *suite) publicKeyStable() {
	for _, kind := range s.kindsOf(isPair) {
		k := s.shared(kind, 0)
		one, err := k.PublicKey(s.ctx)
		s.Must("PublicKey", err)
		later, err := s.open().Key(s.ctx, k.ID())
		s.Must("Key", err)
		two, err := later.PublicKey(s.ctx)
		s.Must("PublicKey", err)
		if !bytes.Equal(one.DER, two.DER) || one.KeyVersion != two.KeyVersion {
			s.Errorf("PublicKey of %s: another one at the second call", kind.Spec)
		}
	}
}

func (s *suite) publicKeysDiffer() {
	for _, kind := range s.kindsOf(isPair) {
		one, err := s.shared(kind, 0).PublicKey(s.ctx)
		s.Must("PublicKey", err)
		two, err := s.shared(kind, 1).PublicKey(s.ctx)
		s.Must("PublicKey", err)
		if bytes.Equal(one.DER, two.DER) {
			s.Errorf("PublicKey of %s: two keys have the same", kind.Spec)
		}
	}
}

func (s *suite) noPublicKey() {
	_, err := call(s, driver.OpPublicKey, facet[driver.PublicKeyGetter](s).PublicKey, &driver.PublicKeyRequest{KeyID: s.secret().ID()})
	s.WantCode("PublicKey of a symmetric key", err, errs.InvalidArgument, errs.Unsupported, errs.Conflict)
}

func (s *suite) listsVersions() {
	for _, kind := range s.kindsOf(isPair) {
		k := s.shared(kind, 0)
		all := s.versions(k)
		seen := map[string]bool{}
		for _, v := range all {
			if v.ID == "" || seen[v.ID] {
				s.Errorf("ListVersions of %s: the version %q is there twice, or is empty", kind.Spec, v.ID)
			}
			seen[v.ID] = true
		}
		if len(all) != 1 {
			s.Errorf("ListVersions of %s: %d versions of a key that was never rotated", kind.Spec, len(all))
		}
	}
}

func (s *suite) unknownVersion() {
	k := s.shared(s.kind(isPair), 0)
	_, err := call(s, driver.OpPublicKey, facet[driver.PublicKeyGetter](s).PublicKey, &driver.PublicKeyRequest{KeyID: k.ID(), KeyVersion: alike(s.newest(k))})
	s.WantCode("PublicKey of a version that there is not", err, errs.NotFound, errs.InvalidArgument)
}

func (s *suite) signatureVersion() {
	for _, g := range s.signings(0) {
		if !s.takesMessages(g) {
			continue
		}
		sig := s.sign(g, []byte(mark))
		if want := s.newest(g.key); sig.KeyVersion != want {
			s.Errorf("Sign by %v: by the version %q, the newest is %q", g, sig.KeyVersion, want)
		}
	}
}
