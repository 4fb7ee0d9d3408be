package kms_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// The interfaces of github.com/tink-crypto/tink-go/v2/tink.
type (
	tinkAEAD interface {
		Encrypt(plaintext, associatedData []byte) ([]byte, error)
		Decrypt(ciphertext, associatedData []byte) ([]byte, error)
	}
	tinkAEADWithContext interface {
		EncryptWithContext(ctx context.Context, plaintext, associatedData []byte) ([]byte, error)
		DecryptWithContext(ctx context.Context, ciphertext, associatedData []byte) ([]byte, error)
	}
)

var (
	_ tinkAEAD            = (*kms.AEAD)(nil)
	_ tinkAEADWithContext = (*kms.AEAD)(nil)
)

func TestAEAD(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	aead := k.AEAD()
	for _, test := range []struct{ data, context string }{
		{"", ""}, {"header \xff", ` {"associated_data":"aGVhZGVyIP8="}`}, // by Python's base64
	} {
		sealed, err := aead.Encrypt([]byte(canary), []byte(test.data))
		if err != nil {
			t.Fatal(err)
		}
		ct, err := kms.ParseCiphertext(sealed)
		if err != nil || ct.Kind != kms.KindData || ct.KeyID != "k1" || bytes.HasPrefix(sealed, []byte("ccx1.")) {
			t.Errorf("sealed %v, %v", ct, err)
		}
		opened, err := aead.Decrypt(sealed, []byte(test.data))
		if err != nil || string(opened) != canary {
			t.Errorf("opened %q, %v", opened, err)
		}
		v.expectCalls(t, "Encrypt k1 16"+test.context, "Decrypt k1 data"+test.context)
		for _, other := range []string{"header", "header \xfe", "header \xff\x00"} {
			_, err = aead.Decrypt(sealed, []byte(other))
			expectCode(t, err, errs.InvalidArgument)
		}
		v.calls = nil
	}
	if sealed, err := aead.Encrypt([]byte("x"), nil); err != nil {
		t.Error(err)
	} else if _, err := aead.Decrypt(sealed, []byte{}); err != nil {
		t.Errorf("no associated data and empty ones differ: %v", err)
	}
}

// TestAEADTampering: no change of a ciphertext is opened, and one that breaks the frame is not sent.
func TestAEADTampering(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	aead := k.AEAD()
	sealed, err := aead.Encrypt([]byte(canary), []byte("header"))
	if err != nil {
		t.Fatal(err)
	}
	v.calls = nil
	for i := range len(sealed) * 8 {
		damaged := bytes.Clone(sealed)
		damaged[i/8] ^= 1 << (i % 8)
		opened, err := aead.Decrypt(damaged, []byte("header"))
		if errs.CodeOf(err) != errs.Corrupt || opened != nil {
			t.Errorf("bit %d: %q, %v", i, opened, err)
		}
	}
	for i := range len(sealed) {
		_, err := aead.Decrypt(sealed[:i], []byte("header"))
		expectCode(t, err, errs.Corrupt)
	}
	v.expectCalls(t)
	// A forger who writes a right frame meets the provider.
	ct, err := kms.ParseCiphertext(sealed)
	if err != nil {
		t.Fatal(err)
	}
	blob := ct.Native()
	blob[len(blob)-5] ^= 1
	forged, err := native(t, kms.Ciphertext{Vendor: ct.Vendor, KeyID: ct.KeyID, Kind: ct.Kind}, string(blob)).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	_, err = aead.Decrypt(forged, []byte("header"))
	expectCode(t, err, errs.InvalidArgument)
	v.expectCalls(t, `Decrypt k1 data {"associated_data":"aGVhZGVy"}`)
}

// TestAEADKinds: what anybody can make with a public key is not what an AEAD has made, nor is a data key.
func TestAEADKinds(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addAES("k1")
	v.addPair("rsa", "", rsaPair())
	s := openVault(t, v.lean())
	pair := openKey(t, s, "rsa")
	k := openKey(t, s, "k1", kms.DecryptWith(pair))
	sealed, err := pair.Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
	if err != nil {
		t.Fatal(err)
	}
	data, err := k.GenerateDataKey(t.Context(), 32)
	if err != nil {
		t.Fatal(err)
	}
	text := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindText}, "E:k1:x")
	v.calls = nil
	for _, ct := range []kms.Ciphertext{sealed, data.Ciphertext(), text} {
		frame, err := ct.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.AEAD().DecryptWithContext(t.Context(), frame, nil)
		expectCode(t, err, errs.Corrupt, "no AEAD has made")
	}
	v.expectCalls(t)
}

func TestAEADRefusals(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := k.AEAD().EncryptWithContext(ended, []byte(canary), nil)
	expectCode(t, err, errs.Canceled)
	_, err = k.AEAD().EncryptWithContext(t.Context(), nil, nil)
	expectCode(t, err, errs.InvalidArgument, "empty")
	v.expectCalls(t)
}

// TestOwnership: what is given is not changed or kept, what is returned is the caller's.
func TestOwnership(t *testing.T) {
	t.Parallel()
	_, k := leanKey(t)
	plaintext := []byte(canary)
	ct, err := k.Encrypt(t.Context(), plaintext)
	if err != nil || string(plaintext) != canary {
		t.Fatal(err)
	}
	clear(plaintext)
	before := sha256.Sum256(ct.Native())
	for range 2 {
		opened, err := k.Decrypt(t.Context(), ct)
		if err != nil || string(opened) != canary {
			t.Errorf("%q, %v", opened, err)
		}
		clear(opened)
	}
	if sha256.Sum256(ct.Native()) != before {
		t.Error("the ciphertext was changed")
	}
	for _, value := range []any{k, k.AEAD(), kms.Signature{Algorithm: kms.SM2SM3}, kms.WithAlgorithm(kms.SM2Encrypt), kms.Context{"a": "b"}} {
		if printed := fmt.Sprintf("%v %+v %#v", value, value, value); strings.Contains(printed, canary) {
			t.Errorf("%T prints %s", value, printed)
		}
	}
}
