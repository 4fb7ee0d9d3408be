package kms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func TestPublicKey(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pairs := map[string]crypto.Signer{"rsa": rsaPair(), "ec": newEC(t), "p384": p384, "sm2": newSM2(t)}
	for id, pair := range pairs {
		v.addPair(id, "", pair)
	}
	s := openVault(t, v.lean())
	for id, pair := range pairs {
		public, err := openKey(t, s, id).PublicKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		key, err := public.Key()
		if err != nil || !pair.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(key) {
			t.Errorf("%s: %v, %v", id, key, err)
		}
		if ec, ok := key.(*ecdsa.PublicKey); ok && sm2.IsSM2PublicKey(ec) != (id == "sm2") {
			t.Errorf("%s has the curve of another", id)
		}
		block, rest := pem.Decode(public.PEM())
		if block == nil || len(rest) > 0 || block.Type != "PUBLIC KEY" || !bytes.Equal(block.Bytes, public.DER) {
			t.Errorf("%s: PEM %s", id, public.PEM())
		}
		clear(public.DER) // which is the caller's
		if again, err := openKey(t, s, id).PublicKey(t.Context()); err != nil || isZero(again.DER) {
			t.Error("the caller's copy is shared")
		}
	}
}

// TestPublicKeyOfPKCS1: Huawei Cloud's page shows an RSA key in PKCS #1 form.
func TestPublicKeyOfPKCS1(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addPair("rsa", "", rsaPair())
	v.bend = func(_ string, res any) {
		res.(*driver.PublicKeyResponse).DER = x509.MarshalPKCS1PublicKey(&rsaPair().PublicKey)
	}
	public, err := openKey(t, openVault(t, v.lean()), "rsa").PublicKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(public.DER)
	if err != nil || !rsaPair().PublicKey.Equal(key) {
		t.Errorf("not SPKI: %v", err)
	}
}

// secp256k1 is the SPKI of the base point of that curve (SEC 2, 2.4.1).
const secp256k1 = "3056301006072a8648ce3d020106052b8104000a034200" +
	"0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" +
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"

func TestPublicKeyOfOtherCurve(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addPair("k", "", newEC(t))
	v.bend = func(_ string, res any) { res.(*driver.PublicKeyResponse).DER = unhex(t, secp256k1) }
	k := openKey(t, openVault(t, v.lean()), "k")
	public, err := k.PublicKey(t.Context())
	if err != nil || !bytes.Equal(public.DER, unhex(t, secp256k1)) {
		t.Fatal(err)
	}
	_, err = public.Key()
	expectCode(t, err, errs.Unsupported, "has no Go type")
	_, err = k.Signer(t.Context(), kms.ECDSASHA256)
	expectCode(t, err, errs.Unsupported)
}

func TestPublicKeyAnswers(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addPair("k", "", newEC(t))
	spki, err := x509.MarshalPKIXPublicKey(newEC(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	k := openKey(t, openVault(t, v.lean()), "k")
	other := unhex(t, secp256k1)
	other[19]++ // a curve that nobody knows
	offCurve := bytes.Clone(spki)
	offCurve[len(offCurve)-1] ^= 1
	for what, der := range map[string][]byte{
		"nothing": nil, "text": []byte("-----BEGIN PUBLIC KEY-----"), "more": append(bytes.Clone(spki), 0), "less": spki[:len(spki)-1],
		"an unknown curve": other, "no point of the curve": offCurve, "no structure": {0x30, 0},
	} {
		v.bend = func(_ string, res any) { res.(*driver.PublicKeyResponse).DER = der }
		public, err := k.PublicKey(t.Context())
		if errs.CodeOf(err) != errs.Corrupt {
			t.Errorf("%s: %x, %v", what, public.DER, err)
		}
		_, err = kms.PublicKey{DER: der}.Key()
		expectCode(t, err, errs.Corrupt)
	}
}
