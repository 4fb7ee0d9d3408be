package kmstest

import (
	"bytes"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// reEncryptChecks: what is encrypted anew opens with the new key and context, and with nothing else.
func reEncryptChecks() []check {
	native := append([]need{hasReEncrypt}, needSecrets...)
	return []check{
		{"ReEncrypt/OtherKey", native, (*suite).reEncrypts},
		{"ReEncrypt/SameKey", native, (*suite).reEncryptsSameKey},
		{"ReEncrypt/DataKey", append([]need{hasDataKeys}, native...), (*suite).reEncryptsDataKey},
		{"ReEncrypt/WrongContext", native, (*suite).reEncryptWrongContext},
		{"ReEncrypt/FlippedBits", native, (*suite).reEncryptDamaged},
		{"ReEncrypt/ThroughPlaintext", append([]need{undeclared("ReEncrypt", func(c *driver.Capabilities) driver.Support { return c.ReEncrypt })}, needSecrets...), (*suite).reEncryptsHere},
	}
}

// twoSecrets returns two symmetric keys, the second of which opens what the first encrypts.
func (s *suite) twoSecrets() (from, to *kms.Key) {
	s.Helper()
	kind := s.kind(isSymmetric)
	from = s.shared(kind, 0)
	to, err := s.shared(kind, 1).With(s.ctx, kms.DecryptWith(from))
	s.Must("With", err)
	return from, to
}

func (s *suite) reEncrypts() {
	from, to := s.twoSecrets()
	before, after := kms.Context{"old": "1"}, kms.Context{"new": "2"}
	for _, c := range []struct{ old, now kms.Context }{{nil, nil}, {before, after}, {before, nil}, {nil, after}, {before, before}} {
		ct := s.encrypt(from, []byte(mark), c.old)
		made, err := to.ReEncrypt(s.ctx, ct, kms.OldContext(c.old), c.now)
		s.Must("ReEncrypt", err)
		s.checkCiphertext("ReEncrypt", &made, to, kms.Ciphertext{Kind: kms.KindData})
		alone, err := s.open().Key(s.ctx, to.ID()) // which has no openers
		s.Must("Key", err)
		s.wantOpened("Decrypt of what was encrypted anew", alone, made, []byte(mark), c.now)
		if len(c.now) > 0 {
			s.wantClosed("Decrypt without the new context", alone, made)
		}
		if len(c.old) > 0 && c.now["old"] == "" {
			s.wantClosed("Decrypt with the old context", alone, made, c.old)
		}
		s.wantOpened("Decrypt of the old ciphertext", from, ct, []byte(mark), c.old)
	}
}

func (s *suite) reEncryptsSameKey() {
	k := s.secret()
	ct := s.encrypt(k, []byte(mark), kms.Context{"old": "1"})
	made, err := k.ReEncrypt(s.ctx, ct, kms.OldContext(kms.Context{"old": "1"}), kms.Context{"new": "2"})
	s.Must("ReEncrypt to the same key", err)
	if bytes.Equal(made.Native(), ct.Native()) {
		s.Errorf("ReEncrypt returned the ciphertext that it was given")
	}
	s.wantOpened("Decrypt of what was encrypted anew", k, made, []byte(mark), kms.Context{"new": "2"})
	s.wantClosed("Decrypt with the old context", k, made, kms.Context{"old": "1"})
}

func (s *suite) reEncryptsDataKey() {
	from, to := s.twoSecrets()
	made := s.dataKey(from, s.usual(), kms.Context{"old": "1"})
	ct, err := to.ReEncrypt(s.ctx, made.Ciphertext(), kms.OldContext(kms.Context{"old": "1"}), kms.Context{"new": "2"})
	s.Must("ReEncrypt of a data key", err)
	s.checkCiphertext("ReEncrypt of a data key", &ct, to, kms.Ciphertext{Kind: kms.KindDataKey, PlaintextBytes: s.usual()})
	s.wantOpened("Decrypt of a data key that was encrypted anew", to, ct, made.Plaintext(), kms.Context{"new": "2"})
	s.wantClosed("Decrypt of it with the old context", to, ct, kms.Context{"old": "1"})
}

func (s *suite) reEncryptWrongContext() {
	from, to := s.twoSecrets()
	ct := s.encrypt(from, []byte(mark), kms.Context{"old": "1"})
	for _, old := range []kms.Context{nil, {"old": "2"}, {"new": "2"}} {
		_, err := to.ReEncrypt(s.ctx, ct, kms.OldContext(old), kms.Context{"new": "2"})
		s.WantCode("ReEncrypt with another old context", err, errs.InvalidArgument)
	}
}

func (s *suite) reEncryptDamaged() {
	from, to := s.twoSecrets()
	ct := s.encrypt(from, []byte(mark))
	blobs := append(flips(ct.Native()), cuts(ct.Native())...)
	done := 0
	for _, blob := range blobs {
		made, err := to.ReEncrypt(s.ctx, s.damaged(ct, blob))
		if err != nil {
			s.WantCode("ReEncrypt of a damaged ciphertext", err, errs.InvalidArgument, errs.NotFound)
			continue
		}
		done++
		s.wantOpened("Decrypt of what was encrypted anew from a damaged ciphertext", to, made, []byte(mark))
	}
	if done > len(blobs)/8 {
		s.Errorf("ReEncrypt: %d of %d damaged ciphertexts were encrypted anew", done, len(blobs))
	}
}

// reEncryptsHere: where the provider cannot, package kms can, if it may.
func (s *suite) reEncryptsHere() {
	from, to := s.twoSecrets()
	ct := s.encrypt(from, []byte(mark), kms.Context{"old": "1"})
	s.Unsent("ReEncrypt", errs.Unsupported, func() error {
		_, err := to.ReEncrypt(s.ctx, ct, kms.OldContext(kms.Context{"old": "1"}))
		return err
	})
	made, err := to.ReEncrypt(s.ctx, ct, kms.OldContext(kms.Context{"old": "1"}), kms.Context{"new": "2"}, kms.ThroughPlaintext())
	s.Must("ReEncrypt through plaintext", err)
	s.wantOpened("Decrypt of what was encrypted anew", to, made, []byte(mark), kms.Context{"new": "2"})
	s.wantClosed("Decrypt of it with the old context", to, made, kms.Context{"old": "1"})
}
