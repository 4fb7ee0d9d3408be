package kms_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// importNow is the clock of these tests.
var importNow = time.Date(2030, 1, 2, 3, 4, 5, 600_000_000, time.UTC)

// openImport returns the keys "aes", "sm4" and "rsa", which wait for material, over a vault that takes some.
func openImport(t *testing.T, wrapping ...kms.EncryptionAlgorithm) (*vault, *importPart, map[string]*kms.Key) {
	v := newVault("cloud")
	v.keys["aes"], v.keys["sm4"], v.keys["rsa"] = &vaultKey{spec: driver.AES256}, &vaultKey{spec: driver.SM4}, &vaultKey{spec: driver.RSA2048}
	v.caps.Import, v.caps.Wrapping = driver.Native, wrapping
	part := &importPart{v: v, wrapping: rsaPair(), expires: importNow.Add(24 * time.Hour)}
	if wrapping[0] == kms.SM2Encrypt {
		part.wrapping = newSM2(t)
	}
	s, err := kms.NewService(struct {
		*vault
		*importPart
	}{v, part}, kms.ServiceOptions{Provider: "fake", Now: func() time.Time { return importNow }})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]*kms.Key{}
	for id := range v.keys {
		keys[id] = openKey(t, s, id)
	}
	return v, part, keys
}

// material is n bytes of key material, of which the canary is a part.
func material(n int) []byte { return bytes.Repeat([]byte(canary), 3)[:n] }

func TestImportKeyMaterial(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		offered []kms.EncryptionAlgorithm
		used    kms.EncryptionAlgorithm
		key     string
		bytes   int
	}{
		{[]kms.EncryptionAlgorithm{kms.RSAOAEPSHA256, kms.SM2Encrypt}, kms.RSAOAEPSHA256, "aes", 32},
		{[]kms.EncryptionAlgorithm{kms.SM2Encrypt}, kms.SM2Encrypt, "sm4", 16},
	} {
		v, part, keys := openImport(t, test.offered...)
		expires := importNow.Truncate(time.Second).Add(time.Hour)
		if err := keys[test.key].ImportKeyMaterial(t.Context(), material(test.bytes), kms.MaterialExpires(expires)); err != nil {
			t.Fatal(err)
		}
		v.expectCalls(t, "Describe "+test.key, "ImportParameters "+test.key+" "+string(test.used), "ImportKeyMaterial "+test.key+" token-canary")
		var opts crypto.DecrypterOpts = &rsa.OAEPOptions{Hash: crypto.SHA256}
		if test.used == kms.SM2Encrypt {
			opts = sm2.ASN1DecrypterOpts
		}
		unwrapped, err := part.wrapping.(crypto.Decrypter).Decrypt(nil, part.got.Wrapped, opts)
		if err != nil || !bytes.Equal(unwrapped, material(test.bytes)) || !part.got.ExpiresAt.Equal(expires) {
			t.Errorf("imported %x until %v, %v", unwrapped, part.got.ExpiresAt, err)
		}
		for _, n := range []int{test.bytes - 1, test.bytes + 1} {
			code := errs.InvalidArgument
			if n > test.bytes {
				code = errs.TooLarge
			}
			expectCode(t, keys[test.key].ImportKeyMaterial(t.Context(), material(n)), code, fmt.Sprintf("the key material has %d bytes", n))
			v.expectCalls(t, "Describe "+test.key)
		}
	}
}

func TestImportKeyMaterialRefusals(t *testing.T) {
	t.Parallel()
	v, part, keys := openImport(t, kms.RSAOAEPSHA256)
	k := keys["aes"]
	expectCode(t, k.ImportKeyMaterial(t.Context(), nil), errs.InvalidArgument, "material is empty")
	for at, says := range map[time.Time]string{
		importNow: "not in the future", importNow.Add(-time.Second): "not in the future", {}: "not in the future",
		importNow.Add(time.Hour): "give a whole one",
	} {
		expectCode(t, k.ImportKeyMaterial(t.Context(), material(32), kms.MaterialExpires(at)), errs.InvalidArgument, says)
	}
	whole := importNow.Truncate(time.Second).Add(time.Hour)
	expectCode(t, k.ImportKeyMaterial(t.Context(), material(32), kms.MaterialExpires(whole), kms.MaterialExpires(whole)), errs.InvalidArgument, "given twice")
	v.expectCalls(t)
	expectCode(t, keys["rsa"].ImportKeyMaterial(t.Context(), material(32)), errs.Unsupported, "RSA_2048")
	v.expectCalls(t, "Describe rsa")

	// The provider's word that its token has ended counts, not the clock here.
	part.expires = importNow.Add(-time.Hour)
	if err := k.ImportKeyMaterial(t.Context(), material(32), nil); err != nil {
		t.Error(err)
	}
	v.calls = nil
	for what, spoil := range map[string]func(*driver.ImportParametersResponse){
		"no token": func(r *driver.ImportParametersResponse) { r.Token = nil },
		"no key":   func(r *driver.ImportParametersResponse) { r.PublicKey = nil },
		"another key": func(r *driver.ImportParametersResponse) {
			r.PublicKey, _ = x509.MarshalPKIXPublicKey(newEC(t).Public())
		},
		"a weak key": func(r *driver.ImportParametersResponse) {
			r.PublicKey = x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 767, 1), E: 65537})
		},
		"an unknown type": func(r *driver.ImportParametersResponse) { r.PublicKey = unhex(t, secp256k1) },
	} {
		v.bend = func(_ string, res any) {
			if p, ok := res.(*driver.ImportParametersResponse); ok {
				spoil(p)
			}
		}
		err := k.ImportKeyMaterial(t.Context(), material(32))
		if code := errs.CodeOf(err); code != errs.Corrupt {
			t.Errorf("%s: %v", what, err)
		}
		if strings.Contains(strings.Join(v.calls, ""), "ImportKeyMaterial") {
			t.Errorf("%s: the material was sent", what)
		}
		v.calls = nil
	}
}

func TestImportWrapped(t *testing.T) {
	t.Parallel()
	v, part, keys := openImport(t, kms.RSAOAEPSHA256)
	k := keys["rsa"] // of which the provider may know the form
	_, err := k.ImportParameters(t.Context(), kms.SM2Encrypt)
	expectCode(t, err, errs.Unsupported, "[RSA_OAEP_SHA256]")
	v.expectCalls(t)
	p, err := k.ImportParameters(t.Context(), kms.RSAOAEPSHA256)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := p.PublicKey.Key(); err != nil || !rsaPair().PublicKey.Equal(key) || p.Wrapping != kms.RSAOAEPSHA256 || !p.ExpiresAt.Equal(part.expires) {
		t.Errorf("parameters %v, %v", p, err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		printed := fmt.Sprintf(verb, p)
		for _, secret := range []string{"token-canary", fmt.Sprintf("%x", "token-canary"), fmt.Sprint([]byte("token-canary"))} {
			if strings.Contains(printed, secret) {
				t.Errorf("%s shows the token: %s", verb, printed)
			}
		}
	}
	stored, err := json.Marshal(p) // to carry them to where the material is
	if err != nil {
		t.Fatal(err)
	}
	var carried kms.ImportParameters
	if err := json.Unmarshal(stored, &carried); err != nil {
		t.Fatal(err)
	}
	v.calls = nil
	if err := k.ImportWrapped(t.Context(), []byte("wrapped"), carried); err != nil {
		t.Fatal(err)
	}
	v.expectCalls(t, "ImportKeyMaterial rsa token-canary")
	if string(part.got.Wrapped) != "wrapped" || !part.got.ExpiresAt.IsZero() {
		t.Errorf("imported %q until %v", part.got.Wrapped, part.got.ExpiresAt)
	}
	expectCode(t, k.ImportWrapped(t.Context(), nil, p), errs.InvalidArgument, "empty")
	expectCode(t, k.ImportWrapped(t.Context(), []byte(canary), kms.ImportParameters{}), errs.InvalidArgument, "no token")
	expectCode(t, k.ImportWrapped(t.Context(), []byte(canary), p, kms.MaterialExpires(importNow)), errs.InvalidArgument, "not in the future")
	ended := p
	ended.ExpiresAt = importNow
	expectCode(t, k.ImportWrapped(t.Context(), []byte(canary), ended), errs.Conflict, "2030-01-02T03:04:05Z")
	v.expectCalls(t)
	ended.ExpiresAt = importNow.Add(time.Nanosecond)
	if err := k.ImportWrapped(t.Context(), []byte("wrapped"), ended); err != nil {
		t.Error(err)
	}
	v.calls = nil
	if err := k.DeleteKeyMaterial(t.Context()); err != nil {
		t.Error(err)
	}
	v.expectCalls(t, "DeleteKeyMaterial rsa")
}

// TestImportParametersOfVendor: what a way to wrap asks of the key that only the vendor knows is not checked.
func TestImportParametersOfVendor(t *testing.T) {
	t.Parallel()
	v, _, keys := openImport(t, "RSA_OAEP_SHA1")
	if p, err := keys["aes"].ImportParameters(t.Context(), "RSA_OAEP_SHA1"); err != nil || p.Wrapping != "RSA_OAEP_SHA1" {
		t.Errorf("%v, %v", p, err)
	}
	v.calls = nil
	expectCode(t, keys["aes"].ImportKeyMaterial(t.Context(), material(32)), errs.Unsupported, "RSA_OAEP_SHA1")
	v.expectCalls(t)
}
