package local

import (
	"crypto"
	"testing"

	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Material of another spec than the record says is refused, not used.
func TestMaterialOfAnotherSpec(t *testing.T) {
	signer := func(spec kmsdriver.Spec) crypto.Signer {
		m, err := newMaterial(spec)
		if err != nil {
			t.Fatal(err)
		}
		private, err := m.private()
		if err != nil {
			t.Fatal(err)
		}
		return private
	}
	ec, sm := signer(kmsdriver.ECP256), signer(kmsdriver.SM2)
	for _, c := range []struct {
		algorithm kmsdriver.SignatureAlgorithm
		key       crypto.Signer
	}{{kmsdriver.SM2SM3, ec}, {kmsdriver.ECDSASHA256, sm}, {kmsdriver.RSAPSSSHA256, ec}, {kmsdriver.RSAPKCS1SHA256, sm}} {
		if sig, err := signDigest(c.algorithm, c.key, make([]byte, 32)); err == nil {
			t.Errorf("%s with %T: signed %x", c.algorithm, c.key, sig)
		}
		if _, err := verifyDigest(c.algorithm, c.key.Public(), make([]byte, 32), []byte("s")); err == nil {
			t.Errorf("%s with %T: verified", c.algorithm, c.key)
		}
	}
	if _, err := encryptPublic(ec.Public(), []byte("p")); err == nil {
		t.Error("encrypted with a key on another curve")
	}
	if _, _, err := decryptPrivate(ec, []byte("p")); err == nil {
		t.Error("decrypted with a key on another curve")
	}
	for _, bytes := range []int{0, 15, 17, 24, 31, 33} {
		for _, spec := range []kmsdriver.Spec{kmsdriver.AES256, kmsdriver.SM4} {
			if _, err := (&material{secret: make([]byte, bytes)}).aead(spec); err == nil {
				t.Errorf("%s with %d bytes", spec, bytes)
			}
		}
	}
	if _, err := (&material{secret: make([]byte, 16)}).aead(kmsdriver.AES256); err == nil {
		t.Error("AES-256 with 16 bytes")
	}
}
