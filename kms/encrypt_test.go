package kms_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func TestEncryptAndDecrypt(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	ct, err := k.Encrypt(t.Context(), []byte(canary), kms.Context{"order": "17"})
	if err != nil {
		t.Fatal(err)
	}
	want := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", KeyVersion: "v1", Kind: kms.KindData}, string(ct.Native()))
	if !ct.Equal(want) || !strings.HasPrefix(string(ct.Native()), "E:k1:") {
		t.Errorf("made %v of %q", ct, ct.Native())
	}
	plaintext, err := k.Decrypt(t.Context(), ct, kms.Context{"order": "17"})
	if err != nil || string(plaintext) != canary {
		t.Errorf("decrypted %q, %v", plaintext, err)
	}
	_, err = k.Decrypt(t.Context(), ct, kms.Context{"order": "18"})
	expectCode(t, err, errs.InvalidArgument)
	v.expectCalls(t, `Encrypt k1 16 {"order":"17"}`, `Decrypt k1 data {"order":"17"}`, `Decrypt k1 data {"order":"18"}`)
}

func TestEncryptPlaintextLimits(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	_, err := k.Encrypt(t.Context(), bytes.Repeat([]byte("x"), 4096))
	if err != nil {
		t.Error(err)
	}
	v.expectCalls(t, "Encrypt k1 4096")
	_, err = k.Encrypt(t.Context(), bytes.Repeat([]byte(canary), 4097)[:4097])
	expectCode(t, err, errs.TooLarge, "4097 bytes, at most 4096")
	for _, empty := range [][]byte{nil, {}} {
		_, err = k.Encrypt(t.Context(), empty)
		expectCode(t, err, errs.InvalidArgument, "plaintext is empty")
	}
	v.expectCalls(t)
}

// TestEncryptAnswers: an answer that is no ciphertext of the key is not passed on.
func TestEncryptAnswers(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*driver.Ciphertext){
		"another kind":    func(c *driver.Ciphertext) { c.Kind = driver.KindDataKey },
		"no kind":         func(c *driver.Ciphertext) { c.Kind = "" },
		"an algorithm":    func(c *driver.Ciphertext) { c.Algorithm = driver.SM2Encrypt },
		"a length":        func(c *driver.Ciphertext) { c.PlaintextBytes = 16 },
		"no blob":         func(c *driver.Ciphertext) { c.Blob = nil },
		"a long blob":     func(c *driver.Ciphertext) { c.Blob = make([]byte, 65537) },
		"a broken key id": func(c *driver.Ciphertext) { c.KeyID = "\xff" },
	} {
		v, k := leanKey(t)
		v.bend = func(_ string, res any) { spoil(&res.(*driver.EncryptResponse).Ciphertext) }
		ct, err := k.Encrypt(t.Context(), []byte(canary))
		if errs.CodeOf(err) != errs.Corrupt || !ct.Equal(kms.Ciphertext{}) {
			t.Errorf("%s: %v, %v", what, ct, err)
		}
	}
	v, k := leanKey(t)
	v.bend = func(_ string, res any) {
		if made, ok := res.(*driver.EncryptResponse); ok {
			made.Ciphertext.KeyID = ""
		}
	}
	ct, err := k.Encrypt(t.Context(), []byte("x"))
	if err != nil || ct.KeyID != "k1" {
		t.Errorf("where the provider does not tell the key: %v, %v", ct, err)
	}
	v.bend = nil
	if _, err := k.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.bend = func(_ string, res any) { res.(*driver.EncryptResponse).Ciphertext.KeyID = "k2" }
	_, err = k.Encrypt(t.Context(), []byte("x"))
	expectCode(t, err, errs.Corrupt, `"k2"`, "not the key that was asked for")
}

// pairVaults are a provider that encrypts with public keys and one where that is done here.
func pairVault(t testing.TB, full bool) (*vault, *kms.Service) {
	v := newVault("cloud")
	version := ""
	if full {
		version = "2"
		v.addPair("rsa", "1", rsaPair())
		v.addPair("sm2", "1", newSM2(t))
	}
	v.addPair("rsa", version, rsaPair())
	v.addPair("sm2", version, newSM2(t))
	v.aliases["alias/rsa"] = "rsa"
	if full {
		return v, openVault(t, v.full())
	}
	return v, openVault(t, v.lean())
}

func TestEncryptWithPair(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []kms.EncryptionAlgorithm{kms.RSAOAEPSHA256, kms.SM2Encrypt} {
		id := strings.ToLower(string(algorithm[:3]))
		for _, full := range []bool{false, true} {
			v, s := pairVault(t, full)
			k := openKey(t, s, id)
			version, first, second := "", []string{"PublicKey " + id, "Describe " + id}, []string(nil)
			if full {
				version = "2"
				first = []string{"Versions " + id, "Versions " + id + " +", "AsymmetricEncrypt " + id + " 2 " + string(algorithm)}
				second = first[2:]
			}
			ct, err := k.Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(algorithm), kms.Context{}) // an empty context is none
			if err != nil {
				t.Fatal(err)
			}
			v.expectCalls(t, first...)
			want := kms.Ciphertext{Vendor: "cloud", KeyID: id, KeyVersion: version, Kind: kms.KindAsymmetric, Algorithm: algorithm}
			if !ct.Equal(native(t, want, string(ct.Native()))) {
				t.Errorf("made %v", ct)
			}
			if _, err := k.Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(algorithm)); err != nil {
				t.Error(err)
			}
			v.expectCalls(t, second...)
			if plaintext, err := k.Decrypt(t.Context(), ct); err != nil || string(plaintext) != canary {
				t.Errorf("decrypted %q, %v", plaintext, err)
			}
			v.expectCalls(t, strings.Join([]string{"AsymmetricDecrypt", id, version, string(algorithm)}, " "))
			_, err = k.Decrypt(t.Context(), ct, kms.Context{"a": "b"})
			expectCode(t, err, errs.Unsupported, "symmetric")
			v.expectCalls(t)
		}
	}
}

// TestEncryptHereNamesTheKey: what is encrypted here names the key itself, not an alias of it, which may move.
func TestEncryptHereNamesTheKey(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, false)
	ct, err := openKey(t, s, "alias/rsa").Encrypt(t.Context(), []byte("x"), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	if err != nil || ct.KeyID != "rsa" {
		t.Errorf("made %v, %v", ct, err)
	}
	v.expectCalls(t, "PublicKey alias/rsa", "Describe alias/rsa")
}

// TestEncryptHereAfterAliasMoved: a handle that learns that its alias is another key's now does not encrypt with the
// public key of the old one.
func TestEncryptHereAfterAliasMoved(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, false)
	v.addPair("new", "", newSM2(t))
	v.aliases["alias/pair"] = "sm2"
	k := openKey(t, s, "alias/pair")
	for _, id := range []string{"sm2", "new"} {
		v.aliases["alias/pair"] = id
		if _, err := k.Describe(t.Context()); err != nil {
			t.Fatal(err)
		}
		ct, err := k.Encrypt(t.Context(), []byte("x"), kms.WithAlgorithm(kms.SM2Encrypt))
		if err != nil || ct.KeyID != id {
			t.Fatalf("%v, %v", ct, err)
		}
		if got, err := openKey(t, s, id).Decrypt(t.Context(), ct); err != nil || string(got) != "x" {
			t.Errorf("%s: %q, %v", id, got, err)
		}
	}
}

func TestEncryptWithPairRefusals(t *testing.T) {
	t.Parallel()
	for _, full := range []bool{false, true} {
		v, s := pairVault(t, full)
		k := openKey(t, s, "rsa")
		encrypt := func(plaintext string, opts ...kms.CryptOption) error {
			_, err := k.Encrypt(t.Context(), []byte(plaintext), opts...)
			return err
		}
		expectCode(t, encrypt(canary, kms.WithAlgorithm("")), errs.InvalidArgument, "algorithm is empty")
		expectCode(t, encrypt(canary, kms.WithAlgorithm("RSA_PKCS1")), errs.Unsupported, "[RSA_OAEP_SHA256 SM2_ENCRYPT]")
		expectCode(t, encrypt(canary, kms.WithAlgorithm(kms.RSAOAEPSHA256), kms.Context{"a": "b"}), errs.Unsupported, "symmetric")
		expectCode(t, encrypt("", kms.WithAlgorithm(kms.RSAOAEPSHA256)), errs.InvalidArgument, "empty")
		expectCode(t, encrypt(strings.Repeat("x", 4097), kms.WithAlgorithm(kms.RSAOAEPSHA256)), errs.TooLarge, "4096")
		v.expectCalls(t)
		if _, err := k.PublicKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.calls = nil
		// RFC 8017: 256 bytes of modulus less two hashes of 32 and two bytes.
		expectCode(t, encrypt(strings.Repeat("x", 191), kms.WithAlgorithm(kms.RSAOAEPSHA256)), errs.TooLarge, "191 bytes, this RSA key takes at most 190")
		v.expectCalls(t)
		if err := encrypt(strings.Repeat("x", 190), kms.WithAlgorithm(kms.RSAOAEPSHA256)); err != nil {
			t.Error(err)
		}
	}
}

func TestEncryptHereRefusals(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, false)
	k := openKey(t, s, "rsa")
	_, err := k.Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.SM2Encrypt))
	expectCode(t, err, errs.InvalidArgument, "does not fit the public key")
	_, err = openKey(t, s, "sm2").Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	expectCode(t, err, errs.InvalidArgument, "does not fit the public key")
	_, err = openKey(t, s, "sm2").Encrypt(t.Context(), bytes.Repeat([]byte("x"), 160), kms.WithAlgorithm(kms.SM2Encrypt))
	expectCode(t, err, errs.TooLarge, "at most 256 are opened")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = k.Encrypt(ended, []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	expectCode(t, err, errs.Canceled)
	vendors := &v.caps.Keys[1].Encryptions
	*vendors = append(*vendors, "RSA_OAEP_SHA512") // one that only the vendor knows
	s = openVault(t, v.lean())
	k = openKey(t, s, "rsa")
	_, err = k.Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm("RSA_OAEP_SHA512"))
	expectCode(t, err, errs.Unsupported, "not known here")
	v.bend = func(op string, res any) {
		if op == driver.OpPublicKey {
			res.(*driver.PublicKeyResponse).DER = []byte("nonsense")
		}
	}
	_, err = openKey(t, s, "rsa").Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	expectCode(t, err, errs.Corrupt, "no public key", driver.OpPublicKey)
}

// TestStaleVersion: a version that is remembered but gone is looked up again, once.
func TestStaleVersion(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, true)
	k := openKey(t, s, "rsa")
	encrypt := func() error {
		_, err := k.Encrypt(t.Context(), []byte("x"), kms.WithAlgorithm(kms.RSAOAEPSHA256))
		return err
	}
	if err := encrypt(); err != nil {
		t.Fatal(err)
	}
	v.calls = nil
	delete(v.keys["rsa"].pairs, "2")
	v.addPair("rsa", "3", rsaPair())
	if err := encrypt(); err != nil {
		t.Error(err)
	}
	v.expectCalls(t, "AsymmetricEncrypt rsa 2 RSA_OAEP_SHA256", "Versions rsa", "Versions rsa +", "Versions rsa ++", "AsymmetricEncrypt rsa 3 RSA_OAEP_SHA256")

	delete(v.keys["rsa"].pairs, "3") // and the listing still says it is the newest
	expectCode(t, encrypt(), errs.NotFound)
	v.expectCalls(t, "AsymmetricEncrypt rsa 3 RSA_OAEP_SHA256", "Versions rsa", "Versions rsa +", "Versions rsa ++")

	fresh := openKey(t, openVault(t, v.full()), "rsa") // what was just asked for is not asked for again
	_, err := fresh.Encrypt(t.Context(), []byte("x"), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	expectCode(t, err, errs.NotFound)
	v.expectCalls(t, "Versions rsa", "Versions rsa +", "Versions rsa ++", "AsymmetricEncrypt rsa 3 RSA_OAEP_SHA256")
}

func TestVersionListings(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, true)
	k := openKey(t, s, "rsa")
	encrypt := func() error {
		_, err := k.Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
		return err
	}
	for _, test := range []struct {
		answer driver.ListVersionsResponse
		code   errs.Code
		says   string
	}{
		{driver.ListVersionsResponse{}, errs.Conflict, "no version yet"},
		{driver.ListVersionsResponse{Versions: []driver.KeyVersion{{}}}, errs.Corrupt, "without an id"},
		{driver.ListVersionsResponse{Versions: []driver.KeyVersion{{ID: "1"}}, Cursor: "again"}, errs.Corrupt, "second time"},
	} {
		v.bend = func(_ string, res any) { *res.(*driver.ListVersionsResponse) = test.answer }
		expectCode(t, encrypt(), test.code, test.says, driver.OpListVersions)
	}
}

// TestDecryptNativeOfPair opens what another program has encrypted with the public key, by the newest version.
func TestDecryptNativeOfPair(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, true)
	made, err := openKey(t, s, "rsa").Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	if err != nil {
		t.Fatal(err)
	}
	v.calls = nil
	ct := native(t, kms.Ciphertext{Vendor: "cloud", Kind: kms.KindAsymmetric, Algorithm: kms.RSAOAEPSHA256}, string(made.Native()))
	plaintext, err := openKey(t, s, "rsa").Decrypt(t.Context(), ct)
	if err != nil || string(plaintext) != canary {
		t.Errorf("decrypted %q, %v", plaintext, err)
	}
	v.expectCalls(t, "AsymmetricDecrypt rsa 2 RSA_OAEP_SHA256")
	ct.Algorithm = "RSA_OAEP_SHA1"
	_, err = openKey(t, s, "rsa").Decrypt(t.Context(), ct)
	expectCode(t, err, errs.Unsupported, "RSA_OAEP_SHA1")
	v.expectCalls(t)
}

// TestEncryptThereVersion: where the provider does not say which version it has used, it was the one asked for.
func TestEncryptThereVersion(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, true)
	v.bend = func(_ string, res any) {
		if made, ok := res.(*driver.EncryptResponse); ok {
			made.Ciphertext.KeyVersion = ""
		}
	}
	ct, err := openKey(t, s, "sm2").Encrypt(t.Context(), []byte("x"), kms.WithAlgorithm(kms.SM2Encrypt))
	if err != nil || ct.KeyVersion != "2" {
		t.Errorf("%v of version %q, %v", ct, ct.KeyVersion, err)
	}
}

// TestEncryptHereWeakKey: crypto/rsa refuses keys under 1024 bits.
func TestEncryptHereWeakKey(t *testing.T) {
	t.Parallel()
	v, s := pairVault(t, false)
	modulus := new(big.Int).Lsh(big.NewInt(1), 767)
	v.bend = func(_ string, res any) {
		if public, ok := res.(*driver.PublicKeyResponse); ok {
			public.DER = x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: modulus.SetBit(modulus, 0, 1), E: 65537})
		}
	}
	_, err := openKey(t, s, "rsa").Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	expectCode(t, err, errs.Corrupt, "cannot be used")
}
