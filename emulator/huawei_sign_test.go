package emulator_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func b64(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// Signatures of every algorithm, checked with the public key by the standard library and by the emulator.
func TestHuaweiSign(t *testing.T) {
	c := newHuawei(t, nil)
	message := []byte("message")
	d256, d384, d512 := sha256.Sum256(message), sha512.Sum384(message), sha512.Sum512(message)
	digests := map[crypto.Hash][]byte{crypto.SHA256: d256[:], crypto.SHA384: d384[:], crypto.SHA512: d512[:]}
	keys := map[string]string{}
	for _, spec := range []string{"RSA_2048", "EC_P256", "EC_P384"} {
		keys[spec] = c.create(spec, huaweiArgs{"key_spec": spec})
	}
	for _, v := range []struct {
		spec, algorithm string
		hash            crypto.Hash
	}{
		{"RSA_2048", "RSASSA_PSS_SHA_256", crypto.SHA256}, {"RSA_2048", "RSASSA_PSS_SHA_384", crypto.SHA384}, {"RSA_2048", "RSASSA_PSS_SHA_512", crypto.SHA512},
		{"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", crypto.SHA256}, {"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_384", crypto.SHA384},
		{"RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512", crypto.SHA512}, {"EC_P256", "ECDSA_SHA_256", crypto.SHA256}, {"EC_P384", "ECDSA_SHA_384", crypto.SHA384},
	} {
		id, digest := keys[v.spec], digests[v.hash]
		base := huaweiArgs{"key_id": id, "signing_algorithm": v.algorithm}
		asDigest := base.with(huaweiArgs{"message": b64(digest)}) // DIGEST is the default
		asRaw := base.with(huaweiArgs{"message": b64(message), "message_type": "RAW"})
		for _, args := range []huaweiArgs{asDigest, asRaw} {
			a := c.ok("sign", args)
			signature, err := base64.StdEncoding.DecodeString(a.str("signature"))
			if err != nil || a.str("key_id") != id {
				t.Fatal(a.text)
			}
			der := c.publicKey(id)
			switch {
			case strings.HasPrefix(v.algorithm, "ECDSA"):
				public, perr := x509.ParsePKIXPublicKey(der)
				if perr != nil || !ecdsa.VerifyASN1(huaweiECDSA(t, public), digest, signature) {
					t.Error(v.algorithm, perr)
				}
			case strings.HasPrefix(v.algorithm, "RSASSA_PSS"):
				public, perr := x509.ParsePKCS1PublicKey(der)
				if perr != nil || rsa.VerifyPSS(public, v.hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) != nil {
					t.Error(v.algorithm, perr)
				}
			default:
				public, perr := x509.ParsePKCS1PublicKey(der)
				if perr != nil || rsa.VerifyPKCS1v15(public, v.hash, digest, signature) != nil {
					t.Error(v.algorithm, perr)
				}
			}
			for _, other := range []huaweiArgs{asDigest, asRaw} {
				if a := c.ok("verify", other.with(huaweiArgs{"signature": b64(signature)})); a.str("signature_valid") != "true" || a.str("key_id") != id {
					t.Error(a.text)
				}
			}
			signature[len(signature)-1] ^= 1
			if a := c.ok("verify", args.with(huaweiArgs{"signature": b64(signature)})); a.str("signature_valid") != "false" {
				t.Error(a.text)
			}
		}
		c.fails("sign", base.with(huaweiArgs{"message": b64(digest[1:])}), "KMS.0329")
	}
	base := huaweiArgs{"key_id": keys["EC_P256"], "signing_algorithm": "ECDSA_SHA_256", "message": b64(d256[:])}
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.0308", huaweiArgs{"signing_algorithm": "ECDSA_SHA_384", "message": b64(d384[:])}},
		{"KMS.0308", huaweiArgs{"signing_algorithm": "RSASSA_PSS_SHA_256"}},
		{"KMS.0308", huaweiArgs{"signing_algorithm": "x"}},
		{"KMS.0204", huaweiArgs{"signing_algorithm": nil}},
		{"KMS.0308", huaweiArgs{"message_type": "raw"}},
		{"KMS.0308", huaweiArgs{"message": ""}},
		{"KMS.0308", huaweiArgs{"message": "!"}},
		{"KMS.0308", huaweiArgs{"message": "AA\n=="}},
		{"KMS.0308", huaweiArgs{"message": b64(make([]byte, 4096)), "message_type": "RAW"}},
		{"KMS.0308", huaweiArgs{"key_id": c.create("enc", nil)}},
		{"KMS.0308", huaweiArgs{
			"key_id": c.create("rsa-enc", huaweiArgs{"key_spec": "RSA_2048", "key_usage": "ENCRYPT_DECRYPT"}), "signing_algorithm": "RSASSA_PSS_SHA_256",
		}},
		{"KMS.0204", huaweiArgs{"key_id": nil}},
		{"KMS.0308", huaweiArgs{"signature": "x"}},
	} {
		c.fails("sign", base.with(bad.args), bad.code)
	}
	c.ok("sign", base.with(huaweiArgs{"message": b64(make([]byte, 4095)), "message_type": "RAW"}))
	c.fails("verify", base, "KMS.0204")
	c.fails("verify", base.with(huaweiArgs{"signature": "!"}), "KMS.0308")
	c.fails("verify", base.with(huaweiArgs{"signature": ""}), "KMS.0308")
	if a := c.ok("verify", base.with(huaweiArgs{"signature": "AA=="})); a.str("signature_valid") != "false" {
		t.Error(a.text)
	}
	c.fails("get-publickey", huaweiArgs{"key_id": c.create("aes", nil)}, "KMS.0308")
	c.ok("disable-key", huaweiArgs{"key_id": keys["EC_P256"]})
	c.fails("sign", base, "KMS.0209")
	c.fails("get-publickey", huaweiArgs{"key_id": keys["EC_P256"]}, "KMS.0209")
}

// With SM2 the digest is of the public key and the message.
func TestHuaweiSignSM2(t *testing.T) {
	c := newHuawei(t, nil)
	id := c.create("sm2", huaweiArgs{"key_spec": "SM2"})
	parsed, err := smx509.ParsePKIXPublicKey(c.publicKey(id))
	if err != nil {
		t.Fatal(err)
	}
	public := huaweiECDSA(t, parsed)
	message := []byte("message")
	digest, err := sm2.CalculateSM2Hash(public, message, []byte("1234567812345678"))
	if err != nil {
		t.Fatal(err)
	}
	base := huaweiArgs{"key_id": id, "signing_algorithm": "SM2DSA_SM3", "message": b64(digest)}
	signature, err := base64.StdEncoding.DecodeString(c.ok("sign", base).str("signature"))
	if err != nil || !sm2.VerifyASN1WithSM2(public, nil, message, signature) {
		t.Error(signature, err)
	}
	if a := c.ok("verify", base.with(huaweiArgs{"signature": b64(signature)})); a.str("signature_valid") != "true" {
		t.Error(a.text)
	}
	other := base.with(huaweiArgs{"signature": b64(signature), "message": b64(make([]byte, 32))})
	if a := c.ok("verify", other); a.str("signature_valid") != "false" {
		t.Error(a.text)
	}
	c.fails("sign", base.with(huaweiArgs{"message_type": "RAW"}), "KMS.0308")
	c.fails("sign", base.with(huaweiArgs{"message": b64(make([]byte, 31))}), "KMS.0329")
}

func TestHuaweiMAC(t *testing.T) {
	c := newHuawei(t, nil)
	for spec, algorithm := range map[string]string{"HMAC_256": "HMAC_SHA_256", "HMAC_384": "HMAC_SHA_384", "HMAC_512": "HMAC_SHA_512", "HMAC_SM3": "HMAC_SM3"} {
		id := c.create(spec, huaweiArgs{"key_spec": spec})
		base := huaweiArgs{"key_id": id, "mac_algorithm": algorithm, "message": b64([]byte("message"))}
		a := c.ok("generate-mac", base)
		mac, err := hex.DecodeString(a.str("mac"))
		size := map[string]int{"HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64, "HMAC_SM3": 32}[spec]
		if err != nil || len(mac) != size || a.str("mac_algorithm") != algorithm || a.str("key_id") != id || strings.ToLower(a.str("mac")) != a.str("mac") {
			t.Error(a.text)
		}
		check := func(valid bool, args huaweiArgs) {
			t.Helper()
			if a := c.ok("verify-mac", base.with(huaweiArgs{"mac": hex.EncodeToString(mac)}).with(args)); a.body["mac_valid"] != valid {
				t.Error(a.text)
			}
		}
		check(true, nil)
		check(false, huaweiArgs{"message": b64([]byte("massage"))})
		check(false, huaweiArgs{"mac": "00"})
	}
	id := c.create("k", huaweiArgs{"key_spec": "HMAC_256"})
	base := huaweiArgs{"key_id": id, "mac_algorithm": "HMAC_SHA_256", "message": b64(make([]byte, 4096))}
	c.ok("generate-mac", base)
	c.fails("generate-mac", base.with(huaweiArgs{"message": b64(make([]byte, 4097))}), "KMS.0308")
	c.fails("generate-mac", base.with(huaweiArgs{"message": ""}), "KMS.0308")
	c.fails("generate-mac", base.with(huaweiArgs{"mac_algorithm": "HMAC_SHA_512"}), "KMS.0308")
	c.fails("generate-mac", base.with(huaweiArgs{"mac_algorithm": "HMAC_SM3"}), "KMS.0308")
	c.fails("generate-mac", base.with(huaweiArgs{"key_id": c.create("aes", nil)}), "KMS.0308")
	c.fails("verify-mac", base, "KMS.0204")
	c.fails("verify-mac", base.with(huaweiArgs{"mac": "x"}), "KMS.0308")
}

func TestHuaweiAliasAsKeyID(t *testing.T) {
	c := newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.AliasAsKeyID = true })
	id := c.create("k", nil)
	c.ok("aliases", huaweiArgs{"key_id": id, "alias": "orders"})
	c.ok("aliases", huaweiArgs{"key_id": id, "alias": "alias/prefixed"})
	for _, name := range []string{
		"orders", "alias/orders", "kms:cn-north-4:" + emulator.HuaweiDomainID + ":alias:orders", "prefixed", "alias/prefixed", id,
	} {
		a := c.ok("create-datakey", huaweiArgs{"key_id": name})
		if a.str("key_id") != id {
			t.Error(a.text)
		}
		c.ok("decrypt-datakey", huaweiArgs{"key_id": name, "cipher_text": a.str("cipher_text"), "datakey_cipher_length": "32"})
	}
	c.fails("create-datakey", huaweiArgs{"key_id": "k"}, "KMS.0205")
	c.fails("describe-key", huaweiArgs{"key_id": "orders"}, "KMS.0205")
	c = newHuawei(t, nil)
	c.ok("aliases", huaweiArgs{"key_id": c.create("k", nil), "alias": "orders"})
	c.fails("create-datakey", huaweiArgs{"key_id": "alias/orders"}, "KMS.0205")
}
