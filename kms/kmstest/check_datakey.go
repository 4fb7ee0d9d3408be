package kmstest

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

var (
	needDataKeys = []need{hasDataKeys, makesSecrets}
	needWrapped  = []need{hasWrapped, makesSecrets}
)

// dataKeyChecks: data keys have the length asked for, and open to what they were.
func dataKeyChecks() []check {
	return []check{
		{"DataKey/RoundTrip", needDataKeys, (*suite).dataKeys},
		{"DataKey/Differs", needDataKeys, (*suite).dataKeysDiffer},
		{"DataKey/Context", needDataKeys, (*suite).dataKeyContext},
		{"DataKey/Refused", needDataKeys, (*suite).refusesDataKeys},
		{"DataKey/OverLimitSent", needDataKeys, (*suite).refusesLongDataKey},
		{"DataKey/Raw", needDataKeys, (*suite).dataKeyRaw},
		{"DataKey/Stored", needDataKeys, (*suite).opensStoredDataKey},
		{"DataKey/FlippedBits", needDataKeys, (*suite).refusesFlippedDataKey},
		{"DataKey/OtherKey", needDataKeys, (*suite).refusesForeignDataKey},
		{"WrappedDataKey/RoundTrip", needWrapped, (*suite).wrappedDataKeys},
		{"WrappedDataKey/Context", needWrapped, (*suite).wrappedContext},
		{"WrappedDataKey/Raw", append([]need{wrapsNatively}, needWrapped...), (*suite).wrappedRaw},
		{"Random/RoundTrip", []need{hasRandom}, (*suite).randoms},
		{"Random/Refused", []need{hasRandom}, (*suite).refusesRandoms},
		{"Random/OverLimitSent", []need{hasRandom}, (*suite).refusesLongRandom},
	}
}

var wrapsNatively = conformance.That(func(k *traits) bool { return k.caps.WrappedDataKeys == driver.Native }, "does not declare WrappedDataKeys Native")

// lengths are within bounds: the bounds, their neighbours and what is used in practice.
func lengths(r driver.Range) []int {
	var all []int
	for _, n := range []int{r.Min, r.Min + 1, 7, 16, 17, 24, 31, 32, 33, 48, 64, 100, r.Max - 1, r.Max} {
		if n >= r.Min && n <= r.Max && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

// dataKey makes a data key and checks it.
func (s *suite) dataKey(k *kms.Key, n int, opts ...kms.CryptOption) *kms.DataKey {
	s.Helper()
	what := fmt.Sprintf("GenerateDataKey of %d bytes", n)
	made, err := k.GenerateDataKey(s.ctx, n, opts...)
	s.Must(what, err)
	if len(made.Plaintext()) != n {
		s.Fatalf("%s: the plaintext has %d", what, len(made.Plaintext()))
	}
	s.keepSecret(made.Plaintext())
	ct := made.Ciphertext()
	s.checkCiphertext(what, &ct, k, kms.Ciphertext{Kind: kms.KindDataKey, PlaintextBytes: n})
	if n >= 8 && bytes.Count(made.Plaintext(), made.Plaintext()[:1]) == n {
		s.Errorf("%s: all bytes are the same", what)
	}
	if n >= 16 && bytes.Contains(ct.Native(), made.Plaintext()) {
		s.Errorf("%s: the data key is in its ciphertext", what)
	}
	return made
}

func (s *suite) dataKeys() {
	for _, kind := range s.kindsOf(isSymmetric) {
		k := s.shared(kind, 0)
		for _, n := range lengths(s.caps.DataKeyBytes) {
			made := s.dataKey(k, n)
			s.wantOpened(fmt.Sprintf("Decrypt of a data key of %d bytes by %s", n, kind.Spec), k, made.Ciphertext(), made.Plaintext())
		}
	}
}

func (s *suite) dataKeysDiffer() {
	k, n := s.secret(), min(32, s.caps.DataKeyBytes.Max)
	one, two := s.dataKey(k, n), s.dataKey(k, n)
	if bytes.Equal(one.Plaintext(), two.Plaintext()) || bytes.Equal(one.Ciphertext().Native(), two.Ciphertext().Native()) {
		s.Errorf("GenerateDataKey: two data keys are the same")
	}
	s.wantOpened("Decrypt of the first of two data keys", k, one.Ciphertext(), one.Plaintext())
	s.wantOpened("Decrypt of the second of two data keys", k, two.Ciphertext(), two.Plaintext())
}

// usual is a length of data keys that is used in practice.
func (s *suite) usual() int {
	return max(s.caps.DataKeyBytes.Min, min(32, s.caps.DataKeyBytes.Max))
}

func (s *suite) dataKeyContext() {
	k, c := s.secret(), kms.Context{"order": "17", "k\"": "日本"}
	made := s.dataKey(k, s.usual(), c)
	s.wantOpened("Decrypt of a data key with its context", k, made.Ciphertext(), made.Plaintext(), c)
	s.wantClosed("Decrypt of a data key with another context", k, made.Ciphertext(), kms.Context{"order": "18", "k\"": "日本"})
	s.wantClosed("Decrypt of a data key without its context", k, made.Ciphertext())
	s.wantClosed("Decrypt of a data key with a context where there was none", k, s.dataKey(k, s.usual()).Ciphertext(), c)
}

func (s *suite) refusesDataKeys() {
	k, r := s.secret(), s.caps.DataKeyBytes
	for _, n := range []int{r.Max + 1, r.Min - 1, 0, -1, 1 << 30} {
		s.Unsent(fmt.Sprintf("GenerateDataKey of %d bytes", n), errs.InvalidArgument, func() error { _, err := k.GenerateDataKey(s.ctx, n); return err })
		if s.caps.WrappedDataKeys != driver.None {
			s.Unsent(fmt.Sprintf("GenerateDataKeyWithoutPlaintext of %d bytes", n), errs.InvalidArgument, func() error {
				_, err := k.GenerateDataKeyWithoutPlaintext(s.ctx, n)
				return err
			})
		}
	}
	s.dataKey(k, r.Max)
}

func (s *suite) refusesLongDataKey() {
	_, err := call(s, driver.OpGenerateDataKey, facet[driver.DataKeyGenerator](s).GenerateDataKey,
		&driver.GenerateDataKeyRequest{KeyID: s.secret().ID(), Bytes: s.caps.DataKeyBytes.Max + 1})
	s.WantCode("GenerateDataKey over the limit", err, errs.InvalidArgument, errs.TooLarge)
}

// dataKeyRaw: what the driver itself answers.
func (s *suite) dataKeyRaw() {
	k, n := s.secret(), s.usual()
	id := s.described(k).ID
	made, err := call(s, driver.OpGenerateDataKey, facet[driver.DataKeyGenerator](s).GenerateDataKey, &driver.GenerateDataKeyRequest{KeyID: k.ID(), Bytes: n})
	s.Must("GenerateDataKey", err)
	ct := made.Ciphertext
	if len(made.Plaintext) != n || ct.Kind != driver.KindDataKey || ct.KeyID != "" && ct.KeyID != id || ct.PlaintextBytes != 0 && ct.PlaintextBytes != n {
		s.Errorf("GenerateDataKey: %v", made)
	}
	ct.KeyID, ct.PlaintextBytes = k.ID(), n
	opened, err := s.rawOpenDataKey(ct)
	s.Must("opening of a data key", err)
	s.wantBytes("opening of a data key", opened.Plaintext, made.Plaintext)
	if opened.KeyID != "" && opened.KeyID != id {
		s.Errorf("opening of a data key: the key is said to be %q, it is %q", opened.KeyID, id)
	}
}

// rawOpenDataKey opens a data key by the driver.
func (s *suite) rawOpenDataKey(ct driver.Ciphertext) (*driver.DecryptResponse, error) {
	s.Helper()
	if s.caps.DataKeyDecrypt == driver.None {
		return s.rawDecrypt(ct, "")
	}
	return call(s, driver.OpDecryptDataKey, facet[driver.DataKeyDecrypter](s).DecryptDataKey, &driver.DecryptRequest{Ciphertext: ct})
}

func (s *suite) opensStoredDataKey() {
	k := s.secret()
	made := s.dataKey(k, s.usual(), kms.Context{"a": "b"})
	text, err := made.Ciphertext().MarshalText()
	s.Must("MarshalText", err)
	want := bytes.Clone(made.Plaintext())
	made.Destroy()
	later, err := s.open().Key(s.ctx, k.ID())
	s.Must("Key", err)
	read, err := kms.ParseCiphertext(text)
	s.Must("ParseCiphertext", err)
	s.wantOpened("Decrypt of a stored data key", later, read, want, kms.Context{"a": "b"})
	native, err := kms.NativeCiphertext(kms.Ciphertext{Vendor: s.caps.Vendor, KeyID: read.KeyID, Kind: kms.KindDataKey, PlaintextBytes: len(want)}, read.Native())
	s.Must("NativeCiphertext", err)
	s.wantOpened("Decrypt of a native data key", k, native, want, kms.Context{"a": "b"})
}

func (s *suite) refusesFlippedDataKey() {
	k := s.secret()
	made := s.dataKey(k, s.usual())
	blob := made.Ciphertext().Native()
	s.wantBroken("Decrypt of a damaged data key", k, made.Ciphertext(), made.Plaintext(), append(flips(blob), cuts(blob)...))
}

func (s *suite) refusesForeignDataKey() {
	kind := s.kind(isSymmetric)
	k, other := s.shared(kind, 0), s.shared(kind, 1)
	made := s.dataKey(k, s.usual())
	s.wantClosed("Decrypt of a data key with another key", other, made.Ciphertext())
	now, err := other.With(s.ctx, kms.DecryptWith(k))
	s.Must("With", err)
	s.wantOpened("Decrypt of a data key with an opener", now, made.Ciphertext(), made.Plaintext())
}

func (s *suite) wrappedDataKeys() {
	k := s.secret()
	for _, n := range lengths(s.caps.DataKeyBytes) {
		what := fmt.Sprintf("GenerateDataKeyWithoutPlaintext of %d bytes", n)
		ct, err := k.GenerateDataKeyWithoutPlaintext(s.ctx, n)
		s.Must(what, err)
		s.checkCiphertext(what, &ct, k, kms.Ciphertext{Kind: kms.KindDataKey, PlaintextBytes: n})
		opened, err := k.Decrypt(s.ctx, ct)
		if s.ok(what+": Decrypt", err) && (len(opened) != n || n >= 8 && bytes.Count(opened, opened[:1]) == n) {
			s.Errorf("%s: Decrypt gives %d bytes, or all the same", what, len(opened))
		}
		again, err := k.Decrypt(s.ctx, ct)
		if s.ok(what+": Decrypt", err) {
			s.wantBytes(what+": Decrypt again", again, opened)
		}
	}
}

func (s *suite) wrappedContext() {
	k, c := s.secret(), kms.Context{"order": "17"}
	ct, err := k.GenerateDataKeyWithoutPlaintext(s.ctx, s.usual(), c)
	s.Must("GenerateDataKeyWithoutPlaintext", err)
	_, err = k.Decrypt(s.ctx, ct, c)
	s.ok("Decrypt of a wrapped data key", err)
	s.wantClosed("Decrypt of a wrapped data key with another context", k, ct, kms.Context{"order": "18"})
	s.wantClosed("Decrypt of a wrapped data key without its context", k, ct)
}

func (s *suite) wrappedRaw() {
	made, err := call(s, driver.OpGenerateWrappedKey, facet[driver.WrappedDataKeyGenerator](s).GenerateWrappedDataKey,
		&driver.GenerateDataKeyRequest{KeyID: s.secret().ID(), Bytes: s.usual()})
	s.Must("GenerateWrappedDataKey", err)
	if made.Plaintext != nil || made.Ciphertext.Kind != driver.KindDataKey || len(made.Ciphertext.Blob) == 0 {
		s.Errorf("GenerateWrappedDataKey: %v", made)
	}
}

func (s *suite) randoms() {
	svc := s.service()
	for _, n := range lengths(driver.Range{Min: 1, Max: s.caps.MaxRandomBytes}) {
		one, err := svc.Random(s.ctx, n)
		s.Must(fmt.Sprintf("Random of %d bytes", n), err)
		two, err := svc.Random(s.ctx, n)
		s.Must(fmt.Sprintf("Random of %d bytes", n), err)
		if len(one) != n || len(two) != n || n >= 8 && (bytes.Equal(one, two) || bytes.Count(one, one[:1]) == n) {
			s.Errorf("Random of %d bytes: %d and %d bytes, or no random ones", n, len(one), len(two))
		}
	}
}

func (s *suite) refusesRandoms() {
	for _, n := range []int{s.caps.MaxRandomBytes + 1, 0, -1} {
		s.Unsent(fmt.Sprintf("Random of %d bytes", n), errs.InvalidArgument, func() error { _, err := s.service().Random(s.ctx, n); return err })
	}
	_, err := s.service().Random(s.ctx, s.caps.MaxRandomBytes)
	s.ok("Random at the limit", err)
}

func (s *suite) refusesLongRandom() {
	_, err := call(s, driver.OpRandom, facet[driver.RandomSource](s).Random, &driver.RandomRequest{Bytes: s.caps.MaxRandomBytes + 1})
	s.WantCode("Random over the limit", err, errs.InvalidArgument, errs.TooLarge)
}
