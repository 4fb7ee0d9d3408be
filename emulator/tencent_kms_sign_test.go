package emulator_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// public returns the public half of a key.
func (c *kmsClient) public(key tencentArgs) any {
	c.t.Helper()
	public, err := smx509.ParsePKIXPublicKey(c.ok("GetPublicKey", key).bytes(c.t, "PublicKey"))
	if err != nil {
		c.t.Fatal(err)
	}
	return public
}

// Each signature is valid outside the emulator, and one from outside is within.
func TestTencentKMSSign(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{AllUsages: true})
	message := []byte("a message to sign")
	short, long := sha256.Sum256(message), sha512.Sum384(message)
	pss := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	keys := map[string]tencentArgs{}
	for _, test := range []struct {
		usage, algorithm string
		digest           []byte // nil for SM2, whose digest is of the key as well
		valid            func(public any, signature []byte) bool
	}{
		{"RSA_2048", "RSA_PSS_SHA_256", short[:], func(public any, s []byte) bool {
			return rsa.VerifyPSS(public.(*rsa.PublicKey), crypto.SHA256, short[:], s, pss) == nil
		}},
		{"RSA_2048", "RSA_PKCS1_SHA_256", short[:], func(public any, s []byte) bool {
			return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, short[:], s) == nil
		}},
		{"ECC", "ECC_P256_R1", short[:], func(public any, s []byte) bool {
			return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), short[:], s)
		}},
		{"ECDSA384", "ECDSA384", long[:], func(public any, s []byte) bool {
			return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), long[:], s)
		}},
		{"SM2", "SM2DSA", nil, func(public any, s []byte) bool {
			return sm2.VerifyASN1WithSM2(public.(*ecdsa.PublicKey), nil, message, s)
		}},
	} {
		key := keys[test.usage]
		if key == nil {
			key = c.create(strings.ToLower(test.algorithm), tencentArgs{"KeyUsage": "ASYMMETRIC_SIGN_VERIFY_" + test.usage})
			keys[test.usage] = key
		}
		public := c.public(key)
		digest := test.digest
		if digest == nil {
			var err error
			if digest, err = sm2.CalculateSM2Hash(public.(*ecdsa.PublicKey), message, nil); err != nil {
				t.Fatal(err)
			}
		}
		raw := key.with(tencentArgs{"Algorithm": test.algorithm, "Message": kmsBase64(message)})
		hashed := raw.with(tencentArgs{"Message": kmsBase64(digest), "MessageType": "DIGEST"})
		for _, p := range []tencentArgs{raw, raw.with(tencentArgs{"MessageType": "RAW"}), hashed} {
			signature := c.ok("SignByAsymmetricKey", p).bytes(t, "Signature")
			if !test.valid(public, signature) {
				t.Errorf("%s %v: not valid", test.algorithm, p["MessageType"])
			}
			// Whatever way it was made, it can be verified in both.
			for _, as := range []tencentArgs{raw, hashed} {
				verify := func(p tencentArgs, signature []byte, want bool) {
					t.Helper()
					a := c.ok("VerifyByAsymmetricKey", p.with(tencentArgs{"SignatureValue": kmsBase64(signature)}))
					if a.kmsReply["SignatureValid"] != want {
						t.Errorf("%s: %v", test.algorithm, a.text)
					}
				}
				verify(as, signature, true)
				changed := append([]byte(nil), signature...)
				changed[len(changed)-1] ^= 1
				verify(as, changed, false)
				verify(as, []byte("no signature"), false)
			}
			other := raw.with(tencentArgs{"Message": kmsBase64("another message"), "SignatureValue": kmsBase64(signature)})
			if a := c.ok("VerifyByAsymmetricKey", other); a.kmsReply["SignatureValid"] != false {
				t.Errorf("%s: valid for another message", test.algorithm)
			}
		}
		for _, wrong := range [][]byte{digest[1:], append([]byte{0}, digest...)} {
			c.fails("SignByAsymmetricKey", hashed.with(tencentArgs{"Message": kmsBase64(wrong)}), kmsInvalid)
		}
	}

	key := keys["ECC"].with(tencentArgs{"Algorithm": "ECC_P256_R1", "Message": kmsBase64(message)})
	sized := func(n int) tencentArgs { return tencentArgs{"Message": kmsBase64(strings.Repeat("x", n))} }
	for _, action := range []string{"SignByAsymmetricKey", "VerifyByAsymmetricKey"} {
		for _, test := range []struct {
			p    tencentArgs
			want string
		}{
			{key.with(sized(4096)), ""},
			{key.with(sized(4097)), kmsInvalid},
			{key.with(sized(0)), kmsInvalid},
			{key.with(tencentArgs{"Message": "%"}), kmsInvalid},
			{key.with(tencentArgs{"MessageType": "raw"}), kmsInvalid},
			{key.with(tencentArgs{"MessageType": ""}), kmsInvalid},
			{key.with(tencentArgs{"Algorithm": "ECDSA"}), kmsInvalid},
			{key.with(tencentArgs{"Algorithm": "RSA_PSS_SHA_256"}), kmsUsage},
			{key.with(tencentArgs{"Algorithm": "ECDSA384"}), kmsUsage},
			{key.with(c.create("sym"+action[:4], nil)), kmsUsage},
			{key.with(tencentArgs{"KeyId": kmsUnknownKey}), kmsNotFound},
			{key.with(tencentArgs{"KeyId": "x"}), kmsKeyID},
			{key.with(tencentArgs{"KeyId": nil}), kmsMissing},
			{key.with(tencentArgs{"Message": nil}), kmsMissing},
			{key.with(tencentArgs{"Algorithm": nil}), kmsMissing},
		} {
			if action[0] == 'V' {
				test.p["SignatureValue"] = "eA=="
			}
			c.expect(fmt.Sprintf("%s %.80v", action, test.p), c.call(action, test.p), test.want)
		}
	}
	c.fails("VerifyByAsymmetricKey", key, kmsMissing)
	for _, text := range []string{"", "%"} {
		c.fails("VerifyByAsymmetricKey", key.with(tencentArgs{"SignatureValue": text}), "InvalidParameterValue")
	}
	c.ok("DisableKey", keys["ECC"])
	c.fails("SignByAsymmetricKey", key, kmsState)
	c.fails("VerifyByAsymmetricKey", key.with(tencentArgs{"SignatureValue": "eA=="}), kmsState)
	c.fails("GetPublicKey", keys["ECC"], kmsState)
}

func TestTencentKMSPublicKey(t *testing.T) {
	for _, plain := range []bool{false, true} {
		c := newTencentKMS(t, emulator.TencentKMSSettings{AllUsages: true, PlainPEM: plain})
		for usage, doubled := range map[string]bool{
			"ASYMMETRIC_DECRYPT_RSA_2048": !plain, "ASYMMETRIC_SIGN_VERIFY_ECC": false, "ASYMMETRIC_DECRYPT_SM2": false,
		} {
			key := c.create(usage, tencentArgs{"KeyUsage": usage})
			a := c.ok("GetPublicKey", key)
			if again := c.ok("GetPublicKey", key); again.str("PublicKey") != a.str("PublicKey") || a.str("KeyId") != key["KeyId"] {
				t.Error(a.text)
			}
			// The vendor's sample for RSA has, within the PEM, the base64 of the key in base64 once more.
			block, rest := pem.Decode([]byte(a.str("PublicKeyPem")))
			if block == nil || block.Type != "PUBLIC KEY" || len(rest) != 0 {
				t.Fatal(a.text)
			}
			want := a.str("PublicKey")
			if !doubled {
				data, _ := base64.StdEncoding.DecodeString(want)
				want = string(data)
			}
			if string(block.Bytes) != want {
				t.Errorf("%s, plain %v: %q", usage, plain, block.Bytes)
			}
		}
		c.fails("GetPublicKey", c.create("s", nil), kmsUsage)
		c.fails("GetPublicKey", tencentArgs{"KeyId": kmsUnknownKey}, kmsNotFound)
	}
}

// What is encrypted under the public key, outside, is decrypted within.
func TestTencentKMSAsymmetricDecrypt(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{AllUsages: true})
	key := c.create("rsa", tencentArgs{"KeyUsage": "ASYMMETRIC_DECRYPT_RSA_2048"})
	public := c.public(key).(*rsa.PublicKey)
	if public.N.BitLen() != 2048 {
		t.Error(public.N.BitLen())
	}
	must := func(data []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return kmsBase64(data)
	}
	plain := []byte("some text")
	ciphertexts := map[string]string{
		//lint:ignore SA1019 it is one of the vendor's paddings
		"RSAES_PKCS1_V1_5":   must(rsa.EncryptPKCS1v15(rand.Reader, public, plain)),
		"RSAES_OAEP_SHA_1":   must(rsa.EncryptOAEP(sha1.New(), rand.Reader, public, plain, nil)),
		"RSAES_OAEP_SHA_256": must(rsa.EncryptOAEP(sha256.New(), rand.Reader, public, plain, nil)),
	}
	for algorithm := range ciphertexts {
		for of, text := range ciphertexts {
			p := key.with(tencentArgs{"Algorithm": algorithm, "Ciphertext": text})
			if algorithm != of {
				c.fails("AsymmetricRsaDecrypt", p, "FailedOperation.DecryptError")
				continue
			}
			if a := c.ok("AsymmetricRsaDecrypt", p); string(a.bytes(t, "Plaintext")) != "some text" || a.str("KeyId") != key["KeyId"] {
				t.Error(a.text)
			}
		}
	}
	p := key.with(tencentArgs{"Algorithm": "RSAES_OAEP_SHA_256", "Ciphertext": ciphertexts["RSAES_OAEP_SHA_256"]})
	signs := c.create("signs", tencentArgs{"KeyUsage": "ASYMMETRIC_SIGN_VERIFY_RSA_2048"})
	for _, test := range []struct {
		p    tencentArgs
		want string
	}{
		{tencentArgs{"Algorithm": "RSA"}, kmsInvalid},
		{tencentArgs{"Algorithm": nil}, kmsMissing},
		{tencentArgs{"Ciphertext": "%"}, kmsInvalid},
		{tencentArgs{"Ciphertext": ""}, kmsInvalid},
		{tencentArgs{"Ciphertext": "eA=="}, "FailedOperation.DecryptError"},
		{signs, kmsUsage},
		{tencentArgs{"KeyId": kmsUnknownKey}, kmsNotFound},
	} {
		c.fails("AsymmetricRsaDecrypt", p.with(test.p), test.want)
	}
	c.ok("DisableKey", key)
	c.fails("AsymmetricRsaDecrypt", p, kmsState)

	curve := c.create("sm2", tencentArgs{"KeyUsage": "ASYMMETRIC_DECRYPT_SM2"})
	point := c.public(curve).(*ecdsa.PublicKey)
	text := must(sm2.EncryptASN1(rand.Reader, point, plain))
	a := c.ok("AsymmetricSm2Decrypt", curve.with(tencentArgs{"Ciphertext": text}))
	if string(a.bytes(t, "Plaintext")) != "some text" || a.str("KeyId") != curve["KeyId"] {
		t.Error(a.text)
	}
	unframed := must(sm2.Encrypt(rand.Reader, point, plain, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2)))
	data, _ := base64.StdEncoding.DecodeString(text)
	data[len(data)-1] ^= 1
	for text, want := range map[string]string{
		unframed: "FailedOperation.DecryptError", kmsBase64(data): "FailedOperation.DecryptError", "MA==": "FailedOperation.DecryptError",
		kmsBase64("0" + strings.Repeat("x", 255)): "FailedOperation.DecryptError", kmsBase64("0" + strings.Repeat("x", 256)): kmsInvalid,
		"%": kmsInvalid, "": kmsInvalid,
	} {
		c.fails("AsymmetricSm2Decrypt", curve.with(tencentArgs{"Ciphertext": text}), want)
	}
	c.fails("AsymmetricSm2Decrypt", curve, kmsMissing)
	c.fails("AsymmetricSm2Decrypt", key.with(tencentArgs{"Ciphertext": text}), kmsUsage)
	if _, err := x509.ParsePKIXPublicKey(c.ok("GetPublicKey", signs).bytes(t, "PublicKey")); err != nil {
		t.Error(err)
	}
}
