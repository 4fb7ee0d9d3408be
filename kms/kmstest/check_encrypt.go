package kmstest

import (
	"bytes"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// encryptChecks: what a symmetric key encrypts, it opens again, and nothing else.
func encryptChecks() []check {
	return []check{
		{"Encrypt/RoundTrip", needSecrets, (*suite).encrypts},
		{"Encrypt/AtLimit", needSecrets, (*suite).encryptsAtLimit},
		{"Encrypt/Refused", needSecrets, (*suite).refusesPlaintext},
		{"Encrypt/OverLimitSent", needSecrets, (*suite).refusesLongPlaintext},
		{"Encrypt/Differs", needSecrets, (*suite).encryptsDifferently},
		{"Encrypt/Ciphertext", needSecrets, (*suite).ciphertextSaysItsKey},
		{"Encrypt/Raw", needSecrets, (*suite).encryptsRaw},
		{"Encrypt/WrongUsage", []need{hasSymmetric, makesSecrets, hasSign, makesSigners}, (*suite).refusesOtherUsage},
		{"Decrypt/Stored", needSecrets, (*suite).opensStored},
		{"Decrypt/Native", needSecrets, (*suite).opensNative},
		{"Decrypt/OtherKey", needSecrets, (*suite).refusesForeignCiphertext},
		{"Decrypt/OtherKeySent", needSecrets, (*suite).neverClaimsForeignKey},
		{"Decrypt/DecryptWith", needSecrets, (*suite).opensWithOpeners},
		{"Decrypt/FlippedBits", needSecrets, (*suite).refusesFlippedBits},
		{"Decrypt/Truncated", needSecrets, (*suite).refusesTruncated},
		{"Decrypt/Garbage", needSecrets, (*suite).refusesGarbage},
		{"AEAD/RoundTrip", needSecrets, (*suite).aead},
		{"Ownership/Request", needSecrets, (*suite).keepsRequestsAlone},
		{"Ownership/Response", needSecrets, (*suite).givesResponsesAway},
	}
}

// encrypt encrypts with a key.
func (s *suite) encrypt(k *kms.Key, plaintext []byte, opts ...kms.CryptOption) kms.Ciphertext {
	s.Helper()
	ct, err := k.Encrypt(s.ctx, plaintext, opts...)
	s.Must(fmt.Sprintf("Encrypt of %d bytes", len(plaintext)), err)
	return ct
}

// wantOpened reports a failure unless the key opens the ciphertext.
func (s *suite) wantOpened(what string, k *kms.Key, ct kms.Ciphertext, want []byte, opts ...kms.CryptOption) {
	s.Helper()
	got, err := k.Decrypt(s.ctx, ct, opts...)
	if s.ok(what, err) {
		s.wantBytes(what, got, want)
	}
}

// wantClosed reports a failure unless the provider refuses to open the ciphertext.
func (s *suite) wantClosed(what string, k *kms.Key, ct kms.Ciphertext, opts ...kms.CryptOption) {
	s.Helper()
	_, err := k.Decrypt(s.ctx, ct, opts...)
	s.WantCode(what, err, errs.InvalidArgument)
}

// someText is a plaintext of a usual length.
func (s *suite) someText() []byte { return plain(min(50, s.caps.MaxPlaintextBytes)) }

// plaintexts are what may be mangled on the way.
func (s *suite) plaintexts() [][]byte {
	all := [][]byte{
		{0}, {0xff}, {'a'}, []byte("\n"), []byte(mark), []byte(mark + "\x00\x00"), []byte("\xff\xfe" + mark), []byte(" " + mark + " "),
		[]byte("日本語 😀"), []byte(`{"a":"<b>&\"\\"}`), []byte("YQ=="), everyByte(), bytes.Repeat([]byte{0}, 33), random(1000), plain(31), plain(32),
	}
	var fit [][]byte
	for _, p := range all {
		if len(p) <= s.caps.MaxPlaintextBytes {
			fit = append(fit, p)
		}
	}
	return fit
}

func (s *suite) encrypts() {
	for _, kind := range s.kindsOf(isSymmetric) {
		k := s.shared(kind, 0)
		for i, p := range s.plaintexts() {
			s.wantOpened(fmt.Sprintf("%s: Decrypt of plaintext %d of %d bytes", kind.Spec, i, len(p)), k, s.encrypt(k, p), p)
		}
	}
}

func (s *suite) encryptsAtLimit() {
	k, n := s.secret(), s.caps.MaxPlaintextBytes
	for what, p := range map[string][]byte{
		"text": bytes.Repeat([]byte("x"), n), "zeros": make([]byte, n), "ones": bytes.Repeat([]byte{0xff}, n), "random bytes": random(n),
		"random bytes, one less": random(max(1, n-1)),
	} {
		s.wantOpened(fmt.Sprintf("Decrypt of %d bytes of %s", len(p), what), k, s.encrypt(k, p), p)
	}
}

func (s *suite) refusesPlaintext() {
	k := s.secret()
	encrypt := func(p []byte) func() error {
		return func() error { _, err := k.Encrypt(s.ctx, p); return err }
	}
	s.Unsent("Encrypt of nothing", errs.InvalidArgument, encrypt(nil))
	s.Unsent("Encrypt of an empty plaintext", errs.InvalidArgument, encrypt([]byte{}))
	s.Unsent("Encrypt of a plaintext over the limit", errs.TooLarge, encrypt(plain(s.caps.MaxPlaintextBytes+1)))
	s.Unsent("Decrypt of nothing", errs.InvalidArgument, func() error { _, err := k.Decrypt(s.ctx, kms.Ciphertext{}); return err })
	s.encrypt(k, []byte(mark)) // the service is there
}

// rawEncrypt encrypts by the driver.
func (s *suite) rawEncrypt(keyID string, plaintext []byte, context string) (*driver.EncryptResponse, error) {
	s.Helper()
	return call(s, driver.OpEncrypt, facet[driver.SymmetricCipher](s).Encrypt, &driver.EncryptRequest{KeyID: keyID, Plaintext: plaintext, Context: context})
}

func (s *suite) rawDecrypt(ct driver.Ciphertext, context string) (*driver.DecryptResponse, error) {
	s.Helper()
	return call(s, driver.OpDecrypt, facet[driver.SymmetricCipher](s).Decrypt, &driver.DecryptRequest{Ciphertext: ct, Context: context})
}

func (s *suite) refusesLongPlaintext() {
	k := s.secret()
	_, err := s.rawEncrypt(k.ID(), plain(s.caps.MaxPlaintextBytes+1), "")
	s.WantCode("Encrypt of a plaintext over the limit", err, errs.TooLarge, errs.InvalidArgument)
}

func (s *suite) encryptsDifferently() {
	k := s.secret()
	one, two := s.encrypt(k, []byte(mark)), s.encrypt(k, []byte(mark))
	if bytes.Equal(one.Native(), two.Native()) {
		s.Errorf("Encrypt: the same plaintext gives the same ciphertext twice")
	}
	s.wantOpened("Decrypt of the first of two", k, one, []byte(mark))
	s.wantOpened("Decrypt of the second of two", k, two, []byte(mark))
}

func (s *suite) ciphertextSaysItsKey() {
	k := s.secret()
	ct := s.encrypt(k, []byte(mark))
	s.checkCiphertext("Encrypt", &ct, k, kms.Ciphertext{Kind: kms.KindData})
	if s.Secrets.In(string(ct.Native())) {
		s.Errorf("Encrypt: the plaintext is in the ciphertext")
	}
}

// checkCiphertext checks all but the bytes.
func (s *suite) checkCiphertext(what string, ct *kms.Ciphertext, k *kms.Key, want kms.Ciphertext) {
	s.Helper()
	if ct.Vendor != s.caps.Vendor || ct.Kind != want.Kind || ct.Algorithm != want.Algorithm || ct.PlaintextBytes != want.PlaintextBytes || len(ct.Native()) == 0 {
		s.Errorf("%s: the ciphertext is of %q, %q, %q, of %d bytes of plaintext: %v", what, ct.Vendor, ct.Kind, ct.Algorithm, ct.PlaintextBytes, ct)
	}
	if info := s.described(k); ct.KeyID != info.ID && ct.KeyID != k.ID() {
		s.Errorf("%s: the ciphertext names the key %q, it was made with %q", what, ct.KeyID, info.ID)
	}
}

// encryptsRaw: what the driver itself answers.
func (s *suite) encryptsRaw() {
	k := s.secret()
	id := s.described(k).ID
	made, err := s.rawEncrypt(k.ID(), []byte(mark), "")
	s.Must("Encrypt", err)
	if ct := made.Ciphertext; ct.Kind != driver.KindData || ct.KeyID != "" && ct.KeyID != id || ct.Algorithm != "" || ct.PlaintextBytes != 0 || len(ct.Blob) == 0 {
		s.Errorf("Encrypt: %v", ct)
	}
	ct := made.Ciphertext
	ct.KeyID = k.ID()
	opened, err := s.rawDecrypt(ct, "")
	s.Must("Decrypt", err)
	s.wantBytes("Decrypt", opened.Plaintext, []byte(mark))
	if opened.KeyID != "" && opened.KeyID != id {
		s.Errorf("Decrypt: the key is said to be %q, it is %q", opened.KeyID, id)
	}
}

// refusesOtherUsage: a key that signs does not encrypt.
func (s *suite) refusesOtherUsage() {
	k := s.shared(s.kind(isSigner), 0)
	_, err := k.Encrypt(s.ctx, []byte(mark))
	s.WantCode("Encrypt with a key that signs", err, errs.InvalidArgument, errs.Unsupported, errs.Conflict, errs.PermissionDenied)
}

func (s *suite) opensStored() {
	k := s.secret()
	ct := s.encrypt(k, []byte(mark), kms.Context{"a": "b"})
	text, err := ct.MarshalText()
	s.Must("MarshalText", err)
	binary, err := ct.MarshalBinary()
	s.Must("MarshalBinary", err)
	later, err := s.open().Key(s.ctx, k.ID())
	s.Must("Key", err)
	for form, stored := range map[string][]byte{"text": text, "binary": binary} {
		read, err := kms.ParseCiphertext(stored)
		s.Must("ParseCiphertext", err)
		s.wantOpened("Decrypt of what was stored as "+form, later, read, []byte(mark), kms.Context{"a": "b"})
	}
}

// opensNative: the vendor's own form is enough to open what was encrypted here.
func (s *suite) opensNative() {
	k := s.secret()
	ct := s.encrypt(k, []byte(mark))
	for _, id := range []string{ct.KeyID, ""} {
		again, err := kms.NativeCiphertext(kms.Ciphertext{Vendor: s.caps.Vendor, KeyID: id, Kind: kms.KindData}, ct.Native())
		s.Must("NativeCiphertext", err)
		s.wantOpened(fmt.Sprintf("Decrypt of a native ciphertext of the key %q", id), k, again, []byte(mark))
	}
}

func (s *suite) refusesForeignCiphertext() {
	kind := s.kind(isSymmetric)
	k, other := s.shared(kind, 0), s.shared(kind, 1)
	ct := s.encrypt(k, []byte(mark))
	before := s.Sent(driver.OpDecrypt)
	s.wantClosed("Decrypt with another key", other, ct)
	ct.Vendor = "kmstest-other"
	s.wantClosed("Decrypt of another vendor's ciphertext", k, ct)
	if s.Sent(driver.OpDecrypt) != before {
		s.Errorf("Decrypt of another key's ciphertext was sent")
	}
}

// neverClaimsForeignKey: a ciphertext that is said to be another key's is refused, or its true key is told.
func (s *suite) neverClaimsForeignKey() {
	kind := s.kind(isSymmetric)
	k, other := s.shared(kind, 0), s.shared(kind, 1)
	made, err := s.rawEncrypt(k.ID(), []byte(mark), "")
	s.Must("Encrypt", err)
	ct := made.Ciphertext
	ct.KeyID = other.ID()
	opened, err := s.rawDecrypt(ct, "")
	if err != nil {
		s.WantCode("Decrypt of a ciphertext that names another key", err, errs.InvalidArgument)
		return
	}
	s.wantBytes("Decrypt of a ciphertext that names another key", opened.Plaintext, []byte(mark))
	if id := s.described(k).ID; opened.KeyID != "" && opened.KeyID != id {
		s.Errorf("Decrypt: the key is said to be %q, it is %q", opened.KeyID, id)
	}
}

func (s *suite) opensWithOpeners() {
	kind := s.kind(isSymmetric)
	old := s.shared(kind, 0)
	now, err := s.shared(kind, 1).With(s.ctx, kms.DecryptWith(old))
	s.Must("With", err)
	s.wantOpened("Decrypt with an opener", now, s.encrypt(old, []byte(mark)), []byte(mark))
	s.wantOpened("Decrypt with the key itself", now, s.encrypt(now, []byte(mark)), []byte(mark))
	s.wantClosed("Decrypt of the opener, which has no openers", old, s.encrypt(now, []byte(mark)))
}

func (s *suite) aead() {
	a := s.secret().AEAD()
	sealed, err := a.Encrypt([]byte(mark), []byte("for order 17"))
	s.Must("AEAD.Encrypt", err)
	opened, err := a.Decrypt(sealed, []byte("for order 17"))
	s.Must("AEAD.Decrypt", err)
	s.wantBytes("AEAD.Decrypt", opened, []byte(mark))
	_, err = a.Decrypt(sealed, []byte("for order 18"))
	s.WantCode("AEAD.Decrypt with other data", err, errs.InvalidArgument)
	_, err = a.Decrypt(sealed, nil)
	s.WantCode("AEAD.Decrypt without data", err, errs.InvalidArgument)
}

// keepsRequestsAlone: a request is the caller's, who may change it once the call is over.
func (s *suite) keepsRequestsAlone() {
	k := s.secret()
	p := s.someText()
	want := bytes.Clone(p)
	made, err := s.rawEncrypt(k.ID(), p, "")
	s.Must("Encrypt", err)
	s.wantBytes("Encrypt: the plaintext in the request", p, want)
	clear(p)
	ct := made.Ciphertext
	ct.KeyID, ct.Blob = k.ID(), bytes.Clone(ct.Blob)
	blob := bytes.Clone(ct.Blob)
	opened, err := s.rawDecrypt(ct, "")
	s.Must("Decrypt", err)
	s.wantBytes("Decrypt after the plaintext of the request was changed", opened.Plaintext, want)
	s.wantBytes("Decrypt: the ciphertext in the request", ct.Blob, blob)
}

// givesResponsesAway: a response is the caller's, who may change it.
func (s *suite) givesResponsesAway() {
	k := s.secret()
	made, err := s.rawEncrypt(k.ID(), []byte(mark), "")
	s.Must("Encrypt", err)
	ct := made.Ciphertext
	ct.KeyID, ct.Blob = k.ID(), bytes.Clone(ct.Blob)
	clear(made.Ciphertext.Blob)
	for range 2 {
		opened, err := s.rawDecrypt(ct, "")
		s.Must("Decrypt after a response was changed", err)
		s.wantBytes("Decrypt after a response was changed", opened.Plaintext, []byte(mark))
		clear(opened.Plaintext)
	}
}
