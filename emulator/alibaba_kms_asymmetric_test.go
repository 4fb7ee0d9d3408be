package emulator_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"hash"
	"strconv"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// public is the key that GetPublicKey publishes.
func (c *kmsCaller) public(key, version string) []byte {
	c.t.Helper()
	a := c.ok("GetPublicKey", "KeyId", key, "KeyVersionId", version)
	block, rest := pem.Decode([]byte(a.text("PublicKey")))
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 {
		c.t.Fatal(a.body)
	}
	return block.Bytes
}

// TestAlibabaKMSSign verifies signatures with the public key and no more.
func TestAlibabaKMSSign(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	digest := sha256.Sum256([]byte("message"))
	verify := map[string]func(der, signature []byte) bool{
		"RSA_2048 RSA_PSS_SHA_256": func(der, signature []byte) bool {
			public, _ := x509.ParsePKIXPublicKey(der)
			return rsa.VerifyPSS(public.(*rsa.PublicKey), crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: 32}) == nil
		},
		"RSA_2048 RSA_PKCS1_SHA_256": func(der, signature []byte) bool {
			public, _ := x509.ParsePKIXPublicKey(der)
			return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, digest[:], signature) == nil
		},
		"EC_P256 ECDSA_SHA_256": func(der, signature []byte) bool {
			public, _ := x509.ParsePKIXPublicKey(der)
			return ecdsa.VerifyASN1(kmsECDSA(public), digest[:], signature)
		},
		"EC_P256K ECDSA_SHA_256": func(der, signature []byte) bool { return k256Verify(der, digest[:], signature) },
		"EC_SM2 SM2DSA": func(der, signature []byte) bool {
			public, _ := smx509.ParsePKIXPublicKey(der)
			return sm2.VerifyASN1(kmsECDSA(public), digest[:], signature)
		},
	}
	all := []string{"RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256", "ECDSA_SHA_256", "SM2DSA"}
	keys := map[string][2]string{}
	for _, spec := range []string{"RSA_2048", "EC_P256", "EC_P256K", "EC_SM2"} {
		key, version := c.inInstance(spec)
		keys[spec] = [2]string{key, version}
		for _, algorithm := range all {
			if verify[spec+" "+algorithm] == nil {
				c.fails(400, "UnsupportedOperation", "AsymmetricSign", "KeyId", key, "KeyVersionId", version, "Algorithm", algorithm, "Digest", kms64(digest[:]))
			}
		}
	}
	for name, right := range verify {
		spec, algorithm, _ := strings.Cut(name, " ")
		key, version := keys[spec][0], keys[spec][1]
		base := []string{"KeyId", key, "KeyVersionId", version, "Algorithm", algorithm}
		signed := c.ok("AsymmetricSign", append(base, "Digest", kms64(digest[:]))...)
		if signed.text("KeyId") != key || signed.text("KeyVersionId") != version || !right(c.public(key, version), signed.raw("Value")) {
			t.Fatal(name, signed.body)
		}
		valid := func(digest, signature []byte) bool {
			t.Helper()
			a := c.ok("AsymmetricVerify", append(base, "Digest", kms64(digest), "Value", kms64(signature))...)
			ok, isBool := a.fields["Value"].(bool)
			if !isBool || a.text("KeyId") != key || a.text("KeyVersionId") != version {
				t.Fatal(a.body)
			}
			return ok
		}
		other := sha256.Sum256([]byte("other"))
		if !valid(digest[:], signed.raw("Value")) || valid(other[:], signed.raw("Value")) || valid(digest[:], []byte("x")) {
			t.Fatal(name)
		}
		for _, d := range [][]byte{digest[:31], append(digest[:], 0)} {
			c.fails(400, "InvalidParameter", "AsymmetricSign", append(base, "Digest", kms64(d))...)
		}
		c.fails(400, "MissingParameter", "AsymmetricSign", base...)
		c.fails(400, "MissingParameter", "AsymmetricVerify", append(base, "Digest", kms64(digest[:]))...)
	}
	// Numbers out of their range are no signature on any curve.
	for _, spec := range []string{"EC_P256", "EC_P256K", "EC_SM2"} {
		for _, numbers := range []string{"020100020101", "020101020100", "0201ff020101", "0201010201ff"} {
			signature, _ := hex.DecodeString("3006" + numbers)
			algorithm := "ECDSA_SHA_256"
			if spec == "EC_SM2" {
				algorithm = "SM2DSA"
			}
			if a := c.ok("AsymmetricVerify", "KeyId", keys[spec][0], "KeyVersionId", keys[spec][1], "Algorithm", algorithm, "Digest", kms64(digest[:]),
				"Value", kms64(signature)); a.fields["Value"] != false {
				t.Fatal(spec, numbers)
			}
		}
	}
	key, version := keys["EC_P256"][0], keys["EC_P256"][1]
	c.fails(400, "MissingParameter", "AsymmetricSign", "KeyId", key, "Algorithm", "ECDSA_SHA_256", "Digest", kms64(digest[:]))
	c.fails(400, "MissingParameter", "AsymmetricSign", "KeyId", key, "KeyVersionId", version, "Digest", kms64(digest[:]))
	c.fails(404, "Forbidden.KeyVersionNotFound", "AsymmetricSign", "KeyId", key, "KeyVersionId", keys["EC_SM2"][1], "Algorithm", "ECDSA_SHA_256",
		"Digest", kms64(digest[:]))
	c.fails(400, "InvalidParameter", "AsymmetricSign", "KeyId", key, "KeyVersionId", version, "Algorithm", "ECDSA_SHA_384", "Digest", kms64(digest[:]))
	c.fails(400, "MissingParameter", "GetPublicKey", "KeyId", key)
	c.fails(404, "Forbidden.KeyVersionNotFound", "GetPublicKey", "KeyId", key, "KeyVersionId", "other")
	symmetric := c.create()
	c.fails(400, "UnsupportedOperation", "GetPublicKey", "KeyId", symmetric, "KeyVersionId", c.about(symmetric, "PrimaryKeyVersion"))
	c.fails(400, "UnsupportedOperation", "AsymmetricEncrypt", "KeyId", key, "KeyVersionId", version, "Algorithm", "SM2PKE", "Plaintext", "YQ==")
	c.ok("CreateAlias", "KeyId", key, "AliasName", "alias/sign")
	c.ok("AsymmetricSign", "KeyId", "alias/sign", "KeyVersionId", version, "Algorithm", "ECDSA_SHA_256", "Digest", kms64(digest[:]))
	c.ok("DisableKey", "KeyId", key)
	c.fails(409, "Rejected.Disabled", "AsymmetricSign", "KeyId", key, "KeyVersionId", version, "Algorithm", "ECDSA_SHA_256", "Digest", kms64(digest[:]))
	c.fails(409, "Rejected.Disabled", "GetPublicKey", "KeyId", key, "KeyVersionId", version)
}

func TestAlibabaKMSAsymmetricEncrypt(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	for _, step := range []struct {
		spec, algorithm string
		most            int
		hash            hash.Hash
	}{
		{"RSA_2048", "RSAES_OAEP_SHA_256", 190, sha256.New()},
		{"RSA_2048", "RSAES_OAEP_SHA_1", 214, sha1.New()},
		{"EC_SM2", "SM2PKE", 6047, nil},
	} {
		key, version := c.inInstance(step.spec, "KeyUsage", "ENCRYPT/DECRYPT")
		base := []string{"KeyId", key, "KeyVersionId", version, "Algorithm", step.algorithm}
		plain := bytes.Repeat([]byte{7}, step.most)
		a := c.ok("AsymmetricEncrypt", append(base, "Plaintext", kms64(plain))...)
		back := c.ok("AsymmetricDecrypt", append(base, "CiphertextBlob", a.text("CiphertextBlob"))...)
		if !bytes.Equal(back.raw("Plaintext"), plain) || back.text("KeyId") != key || back.text("KeyVersionId") != version {
			t.Fatal(step)
		}
		c.fails(400, "InvalidParameter", "AsymmetricEncrypt", append(base, "Plaintext", kms64(append(plain, 7)))...)
		c.fails(400, "UnsupportedOperation", "AsymmetricDecrypt", append(base, "CiphertextBlob", "YQ==")...)
		c.fails(400, "MissingParameter", "AsymmetricDecrypt", base...)
		// What was encrypted with the public key, without the emulator, it decrypts.
		var mine []byte
		if step.hash == nil {
			mine = kmsWrapSM2(t, c.public(key, version), []byte("mine"))
		} else {
			public, err := x509.ParsePKIXPublicKey(c.public(key, version))
			if err != nil {
				t.Fatal(err)
			}
			if mine, err = rsa.EncryptOAEP(step.hash, rand.Reader, public.(*rsa.PublicKey), []byte("mine"), nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := c.ok("AsymmetricDecrypt", append(base, "CiphertextBlob", kms64(mine))...); string(got.raw("Plaintext")) != "mine" {
			t.Fatal(got.body)
		}
		c.fails(400, "UnsupportedOperation", "AsymmetricSign", "KeyId", key, "KeyVersionId", version, "Algorithm", "RSA_PSS_SHA_256", "Digest", kms64(make([]byte, 32)))
		c.fails(400, "InvalidParameter", "AsymmetricEncrypt", "KeyId", key, "KeyVersionId", version, "Algorithm", "RSAES_PKCS1_V1_5", "Plaintext", "YQ==")
	}
}

func TestAlibabaKMSMac(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	for algorithm, h := range map[string]func() hash.Hash{
		"HMAC_SM3": sm3.New, "HMAC_SHA_224": sha256.New224, "HMAC_SHA_256": sha256.New, "HMAC_SHA_384": sha512.New384, "HMAC_SHA_512": sha512.New,
	} {
		key, version := c.inInstance(algorithm)
		base := []string{"KeyId", key, "Algorithm", algorithm, "Message", kms64([]byte("message"))}
		a := c.ok("GenerateMac", base...)
		if len(a.raw("Mac")) != hmac.New(h, nil).Size() || a.text("KeyVersionId") != version {
			t.Fatal(a.body)
		}
		if got := c.ok("VerifyMac", append(base, "Mac", a.text("Mac"))...); got.fields["Value"] != true {
			t.Fatal(got.body)
		}
		if got := c.ok("VerifyMac", append(base, "Mac", "YQ==")...); got.fields["Value"] != false {
			t.Fatal(got.body)
		}
		base[5] = kms64([]byte("other"))
		if got := c.ok("VerifyMac", append(base, "Mac", a.text("Mac"))...); got.fields["Value"] != false {
			t.Fatal(got.body)
		}
		c.fails(400, "UnsupportedOperation", "Encrypt", "KeyId", key, "Plaintext", "YQ==")
		c.fails(400, "InvalidParameter", "GenerateMac", "KeyId", key, "Algorithm", algorithm, "Message", kms64(make([]byte, 6145)))
	}
	key := c.create()
	c.fails(400, "UnsupportedOperation", "GenerateMac", "KeyId", key, "Algorithm", "HMAC_SM3", "Message", "YQ==")
	c.fails(400, "InvalidParameter", "GenerateMac", "KeyId", key, "Algorithm", "HMAC_MD5", "Message", "YQ==")
	c.fails(400, "MissingParameter", "VerifyMac", "KeyId", key, "Algorithm", "HMAC_SM3", "Message", "YQ==")
}

func TestAlibabaKMSPassword(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	get := func(pairs ...string) string {
		t.Helper()
		return c.ok("GetRandomPassword", pairs...).text("RandomPassword")
	}
	for _, n := range []int{8, 128} {
		if got := get("PasswordLength", strconv.Itoa(n)); len(got) != n {
			t.Fatal(got)
		}
	}
	if one, two := get(), get(); one == two || len(one) != 32 {
		t.Fatal(one, two)
	}
	got := get("PasswordLength", "8", "ExcludeLowercase", "true", "ExcludeUppercase", "true", "ExcludePunctuation", "true", "ExcludeCharacters", "02468")
	if strings.Trim(got, "13579") != "" {
		t.Fatal(got)
	}
	for range 20 {
		if got := get("PasswordLength", "8", "ExcludePunctuation", "true", "ExcludeUppercase", "true"); !strings.ContainsAny(got, "0123456789") {
			t.Fatal(got)
		}
	}
	c.fails(400, "InvalidParameter", "GetRandomPassword", "PasswordLength", "7")
	c.fails(400, "InvalidParameter", "GetRandomPassword", "PasswordLength", "129")
	c.fails(400, "InvalidParameter", "GetRandomPassword", "ExcludeNumbers", "true", "ExcludeLowercase", "true", "ExcludeUppercase", "true", "ExcludePunctuation", "true")
	c.fails(400, "InvalidParameter", "GetRandomPassword", "RequireEachIncludedType", "no")
}
