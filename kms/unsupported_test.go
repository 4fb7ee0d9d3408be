package kms_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// TestUnsupportedCryptography: what a provider cannot do is refused before any I/O, and hooks see it.
func TestUnsupportedCryptography(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addAES("k1")
	var seen []string
	s := openVault(t, bareVault{v}, policy.Hooks{End: func(_ context.Context, e *policy.Event) {
		if errors.Is(e.Err, errs.Unsupported) && e.Provider == "fake" && (e.Resource == "k1" || e.Op == driver.OpRandom) {
			seen = append(seen, e.Op)
		}
	}})
	k := openKey(t, s, "k1")
	data := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindData}, "x")
	dataKey := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindDataKey, PlaintextBytes: 1}, "x")
	sealed := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindAsymmetric, Algorithm: kms.RSAOAEPSHA256}, "x")
	sig := kms.Signature{Algorithm: kms.ECDSASHA256, Bytes: []byte("no DER")}
	ctx := t.Context()
	for _, test := range []struct {
		op   string
		call func() error
	}{
		{driver.OpEncrypt, func() error { _, err := k.Encrypt(ctx, []byte(canary)); return err }},
		{driver.OpEncrypt, func() error { _, err := k.Encrypt(ctx, nil); return err }},
		{driver.OpEncrypt, func() error { _, err := k.AEAD().Encrypt([]byte(canary), nil); return err }},
		{driver.OpAsymmetricEncrypt, func() error {
			_, err := k.Encrypt(ctx, []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
			return err
		}},
		{driver.OpDecrypt, func() error { _, err := k.Decrypt(ctx, data); return err }},
		{driver.OpDecrypt, func() error { _, err := k.Decrypt(ctx, dataKey); return err }},
		{driver.OpAsymmetricDecrypt, func() error { _, err := k.Decrypt(ctx, sealed); return err }},
		{driver.OpGenerateDataKey, func() error { _, err := k.GenerateDataKey(ctx, 32); return err }},
		{driver.OpGenerateWrappedKey, func() error { _, err := k.GenerateDataKeyWithoutPlaintext(ctx, 32); return err }},
		{driver.OpReEncrypt, func() error { _, err := k.ReEncrypt(ctx, data); return err }},
		{driver.OpReEncrypt, func() error { _, err := k.ReEncrypt(ctx, data, kms.ThroughPlaintext()); return err }},
		{driver.OpSign, func() error { _, err := k.Sign(ctx, kms.ECDSASHA256, []byte(canary)); return err }},
		{driver.OpSign, func() error { _, err := k.SignDigest(ctx, kms.ECDSASHA256, nil); return err }},
		{driver.OpSign, func() error { _, err := k.Signer(ctx, kms.ECDSASHA256); return err }},
		{driver.OpVerify, func() error { _, err := k.Verify(ctx, []byte(canary), sig); return err }},
		{driver.OpVerify, func() error { _, err := k.VerifyDigest(ctx, nil, sig); return err }},
		{driver.OpPublicKey, func() error { _, err := k.PublicKey(ctx); return err }},
		{driver.OpRandom, func() error { _, err := s.Random(ctx, 0); return err }},
		{driver.OpImportParameters, func() error { _, err := k.ImportParameters(ctx, kms.SM2Encrypt); return err }},
		{driver.OpImportKeyMaterial, func() error { return k.ImportKeyMaterial(ctx, []byte(canary)) }},
		{driver.OpImportKeyMaterial, func() error { return k.ImportWrapped(ctx, []byte(canary), kms.ImportParameters{}) }},
		{driver.OpDeleteKeyMaterial, func() error { return k.DeleteKeyMaterial(ctx) }},
	} {
		seen = nil
		expectCode(t, test.call(), errs.Unsupported, test.op)
		if !slices.Equal(seen, []string{test.op}) {
			t.Errorf("%s: the hooks saw %v", test.op, seen)
		}
	}
	v.expectCalls(t)
}

// TestRefusalsAreSeen: hooks see the calls that are refused for their arguments.
func TestRefusalsAreSeen(t *testing.T) {
	t.Parallel()
	v, other := newVault("cloud"), newVault("other")
	v.addAES("k1")
	other.addAES("k9")
	var seen []string
	s := openVault(t, v.lean(), policy.Hooks{End: func(_ context.Context, e *policy.Event) { seen = append(seen, e.Op+" "+string(errs.CodeOf(e.Err))) }})
	k := openKey(t, s, "k1")
	foreign, err := openKey(t, openVault(t, other.lean()), "k9").Encrypt(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = k.Encrypt(t.Context(), nil)
	_, _ = k.Encrypt(t.Context(), nil, kms.WithAlgorithm(kms.SM2Encrypt))
	_, _ = k.Decrypt(t.Context(), foreign)
	_, _ = k.Decrypt(t.Context(), kms.Ciphertext{})
	_, _ = k.ReEncrypt(t.Context(), foreign)
	_, _ = k.GenerateDataKey(t.Context(), 0)
	_, _ = k.Sign(t.Context(), "", nil)
	_, _ = k.AEAD().Decrypt([]byte("x"), nil)
	want := []string{
		"kms.Encrypt InvalidArgument", "kms.AsymmetricEncrypt InvalidArgument", "kms.Decrypt InvalidArgument", "kms.Decrypt InvalidArgument",
		"kms.ReEncrypt InvalidArgument", "kms.GenerateDataKey InvalidArgument", "kms.Sign InvalidArgument", "kms.Decrypt Corrupt",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("the hooks saw %q", seen)
	}
	v.expectCalls(t)
}

// TestClosedService refuses whatever would need the provider.
func TestClosedService(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addAES("k1")
	s := openVault(t, v.lean())
	k := openKey(t, s, "k1")
	ct, err := k.Encrypt(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = k.Encrypt(t.Context(), []byte(canary))
	expectCode(t, err, errs.Closed)
	_, err = k.Decrypt(t.Context(), ct)
	expectCode(t, err, errs.Closed)
}

// silentVault answers without doing anything.
type silentVault struct {
	*vault
	encrypted driver.EncryptResponse
	decrypted driver.DecryptResponse
}

func (s *silentVault) Encrypt(context.Context, *driver.EncryptRequest) (*driver.EncryptResponse, error) {
	return &s.encrypted, nil
}

func (s *silentVault) Decrypt(context.Context, *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	return &s.decrypted, nil
}

// TestAllocations bounds what a call costs above the driver.
func TestAllocations(t *testing.T) {
	v := newVault("cloud")
	v.addAES("k1")
	v.caps.Symmetric = driver.Native
	s := &silentVault{vault: v,
		encrypted: driver.EncryptResponse{Ciphertext: driver.Ciphertext{KeyID: "k1", Kind: driver.KindData, Blob: []byte("blob")}},
		decrypted: driver.DecryptResponse{KeyID: "k1", Plaintext: []byte("x")},
	}
	k := openKey(t, openVault(t, s), "k1")
	plaintext, ct := []byte("x"), native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindData}, "blob")
	for what, test := range map[string]struct {
		most float64
		call func() error
	}{
		"encrypt": {3, func() error { _, err := k.Encrypt(t.Context(), plaintext); return err }},
		"decrypt": {3, func() error { _, err := k.Decrypt(t.Context(), ct); return err }},
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := test.call(); err != nil {
				t.Fatal(err)
			}
		}); n > test.most {
			t.Errorf("%s allocates %v times, at most %v are accepted", what, n, test.most)
		}
	}
}
