package kms_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// TestDigests compares with the hashes of "abc" in FIPS 180-4's examples.
func TestDigests(t *testing.T) {
	t.Parallel()
	const (
		sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
		sha384 = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
		sha512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
	)
	for algorithm, want := range map[kms.SignatureAlgorithm]string{
		kms.RSAPSSSHA256: sha256, kms.RSAPKCS1SHA256: sha256, kms.ECDSASHA256: sha256,
		kms.RSAPSSSHA384: sha384, kms.RSAPKCS1SHA384: sha384, kms.ECDSASHA384: sha384,
		kms.RSAPSSSHA512: sha512, kms.RSAPKCS1SHA512: sha512,
	} {
		v := newVault("cloud")
		v.addPair("k", "", newEC(t))
		v.caps.Keys = []driver.KeyKind{{Usage: driver.SignVerify, Signatures: []driver.SignatureKind{{Algorithm: algorithm, Digest: driver.Native}}}}
		watched := &watchedSigner{leanVault: v.lean().(leanVault)}
		k := openKey(t, openVault(t, watched), "k")
		if _, err := k.Sign(t.Context(), algorithm, []byte("abc")); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(watched.digest); got != want {
			t.Errorf("%s signs %s, want %s", algorithm, got, want)
		}
		for _, n := range []int{len(want)/2 - 1, len(want)/2 + 1} {
			_, err := k.SignDigest(t.Context(), algorithm, make([]byte, n))
			expectCode(t, err, errs.InvalidArgument, "the digest has")
		}
	}
}

// TestFailuresOnTheWay: what is asked for beside the call itself may fail, and the error says what it was.
func TestFailuresOnTheWay(t *testing.T) {
	t.Parallel()
	fails := func(v *vault, what string) {
		v.fail = func(op string) error {
			if op == what {
				return errs.Refuse(errs.PermissionDenied, "not allowed")
			}
			return nil
		}
	}
	v, s := pairVault(t, false)
	here := func() error {
		_, err := openKey(t, s, "rsa").Encrypt(t.Context(), []byte(canary), kms.WithAlgorithm(kms.RSAOAEPSHA256))
		return err
	}
	for _, op := range []string{driver.OpPublicKey, driver.OpDescribeKey} {
		fails(v, op)
		expectCode(t, here(), errs.PermissionDenied, op)
	}
	v, s = signVault(t, true)
	for _, op := range []string{driver.OpPublicKey, driver.OpListVersions} {
		fails(v, op)
		_, err := openKey(t, s, "sm2").Sign(t.Context(), kms.SM2SM3, []byte(canary))
		expectCode(t, err, errs.PermissionDenied, op)
		_, err = openKey(t, s, "sm2").Signer(t.Context(), kms.SM2SM3)
		expectCode(t, err, errs.PermissionDenied, op)
		s = openVault(t, v.full()) // which has no version in mind
	}
	v, _, keys := openImport(t, kms.RSAOAEPSHA256)
	for _, op := range []string{driver.OpDescribeKey, driver.OpImportParameters} {
		fails(v, op)
		expectCode(t, keys["aes"].ImportKeyMaterial(t.Context(), material(32)), errs.PermissionDenied, op)
	}
	if strings.Contains(strings.Join(v.calls, " "), "ImportKeyMaterial") {
		t.Error("the material was sent")
	}
	v, k := leanKey(t)
	ct, err := k.Encrypt(t.Context(), []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	var answered []byte
	v.bend = func(_ string, res any) {
		opened := res.(*driver.DecryptResponse)
		opened.KeyID, answered = "k7", opened.Plaintext
	}
	fails(v, driver.OpDescribeKey)
	_, err = k.Decrypt(t.Context(), ct)
	expectCode(t, err, errs.PermissionDenied, driver.OpDescribeKey)
	if !isZero(answered) {
		t.Error("the plaintext is left in memory")
	}
}
