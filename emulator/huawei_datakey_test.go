package emulator_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

type rawJSON = json.RawMessage

func huaweiECDSA(t testing.TB, key any) *ecdsa.PublicKey {
	public, ok := key.(*ecdsa.PublicKey)
	if !ok {
		t.Fatalf("%T", key)
	}
	return public
}

// Lengths are in bits where a data key is made, in bytes where it is unwrapped.
func TestHuaweiDataKey(t *testing.T) {
	c := newHuawei(t, nil)
	id, other := c.create("k", nil), c.create("o", nil)
	key := huaweiArgs{"key_id": id}
	for _, made := range []struct {
		args  huaweiArgs
		bytes int
	}{
		{nil, 32},
		{huaweiArgs{"datakey_length": "8"}, 1},
		{huaweiArgs{"datakey_length": "512"}, 64},
		{huaweiArgs{"datakey_length": "8192"}, 1024},
		{huaweiArgs{"key_spec": "AES_128"}, 16},
		{huaweiArgs{"key_spec": "AES_256"}, 32},
		{huaweiArgs{"key_spec": "SM4"}, 16},
		{huaweiArgs{"key_spec": "HMAC_256"}, 32},
		{huaweiArgs{"key_spec": "HMAC_384"}, 48},
		{huaweiArgs{"key_spec": "HMAC_512"}, 64},
		{huaweiArgs{"key_spec": "HMAC_SM3"}, 32},
		{huaweiArgs{"key_spec": "AES_256", "datakey_length": "40"}, 5},
	} {
		for _, action := range []string{"create-datakey", "create-datakey-without-plaintext"} {
			a := c.ok(action, key.with(made.args).with(huaweiArgs{huaweiAAD: "ctx"}))
			sealed, text := a.str("cipher_text"), a.str("plain_text")
			blob, err := hex.DecodeString(sealed)
			if err != nil || strings.ToUpper(sealed) != sealed || a.str("key_id") != id {
				t.Fatal(a.text)
			}
			if text != "" != (action == "create-datakey") || text != "" && len(text) != 2*made.bytes {
				t.Error(made, a.text)
			}
			// The outline of the vendor's example, a data key of 64 bytes.
			if made.bytes == 64 && (len(blob) != 188 || !strings.HasPrefix(sealed, "02009800") || string(blob[116:152]) != id) {
				t.Error(sealed)
			}
			unwrap := key.with(huaweiArgs{"cipher_text": sealed, "datakey_cipher_length": strconv.Itoa(made.bytes), huaweiAAD: "ctx"})
			a = c.ok("decrypt-datakey", unwrap)
			got, err := hex.DecodeString(a.str("data_key"))
			if err != nil || len(got) != made.bytes || text != "" && a.str("data_key") != text {
				t.Error(a.text)
			}
			sum := sha256.Sum256(got)
			if !strings.EqualFold(a.str("datakey_dgst"), hex.EncodeToString(sum[:])) || a.str("datakey_length") != strconv.Itoa(made.bytes) || a.body["key_id"] != nil {
				t.Error(a.text)
			}
		}
	}
	made := c.ok("create-datakey", key.with(huaweiArgs{huaweiAAD: "ctx"}))
	unwrap := key.with(huaweiArgs{"cipher_text": made.str("cipher_text"), "datakey_cipher_length": "32", huaweiAAD: "ctx"})
	c.ok("decrypt-datakey", unwrap.with(huaweiArgs{"cipher_text": strings.ToLower(made.str("cipher_text"))}))
	data := c.ok("encrypt-data", key.with(huaweiArgs{"plain_text": "x"})).str("cipher_text")
	blob, _ := base64.StdEncoding.DecodeString(data)
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.2203", huaweiArgs{huaweiAAD: nil}},
		{"KMS.2203", huaweiArgs{huaweiAAD: "x"}},
		{"KMS.2202", huaweiArgs{"datakey_cipher_length": "31"}},
		{"KMS.2202", huaweiArgs{"datakey_cipher_length": "256"}},
		{"KMS.2202", huaweiArgs{"datakey_cipher_length": "0"}},
		{"KMS.2202", huaweiArgs{"datakey_cipher_length": "1025"}},
		{"KMS.0202", huaweiArgs{"datakey_cipher_length": 32}},
		{"KMS.0204", huaweiArgs{"datakey_cipher_length": nil}},
		{"KMS.0204", huaweiArgs{"key_id": nil}},
		{"KMS.2201", huaweiArgs{"key_id": other}},
		{"KMS.0207", huaweiArgs{"key_id": huaweiNoKey}},
		{"KMS.2201", huaweiArgs{"cipher_text": "zz"}},
		{"KMS.2201", huaweiArgs{"cipher_text": ""}},
		{"KMS.2201", huaweiArgs{"cipher_text": hex.EncodeToString(blob)}},
		{"KMS.2201", huaweiArgs{"cipher_text": data}},
	} {
		c.fails("decrypt-datakey", unwrap.with(bad.args), bad.code)
	}
	blob, _ = hex.DecodeString(made.str("cipher_text"))
	c.fails("decrypt-data", huaweiArgs{"cipher_text": base64.StdEncoding.EncodeToString(blob), huaweiAAD: "ctx"}, "KMS.0308")
	for length, codes := range map[string][2]string{
		"0": {"KMS.1901", "KMS.2001"}, "7": {"KMS.1901", "KMS.2001"}, "12": {"KMS.1901", "KMS.2001"}, "8200": {"KMS.1901", "KMS.2001"}, "": {"KMS.1901", "KMS.2001"},
	} {
		c.fails("create-datakey", key.with(huaweiArgs{"datakey_length": length}), codes[0])
		c.fails("create-datakey-without-plaintext", key.with(huaweiArgs{"datakey_length": length}), codes[1])
	}
	c.fails("create-datakey", key.with(huaweiArgs{"key_spec": "RSA_2048"}), "KMS.1902")
	c.fails("create-datakey-without-plaintext", key.with(huaweiArgs{"key_spec": "RSA_2048"}), "KMS.2001")
	c.fails("create-datakey", key.with(huaweiArgs{"datakey_length": 256}), "KMS.0202")
	c.fails("create-datakey", key.with(huaweiArgs{"pin": "1"}), "KMS.0308")
	rsa := c.create("rsa", huaweiArgs{"key_spec": "RSA_2048", "key_usage": "ENCRYPT_DECRYPT"})
	c.fails("create-datakey", huaweiArgs{"key_id": rsa}, "KMS.0308")
}

// A data key of the caller's comes with its digest: the example of the vendor's pages, and one under SM4.
func TestHuaweiEncryptDataKey(t *testing.T) {
	c := newHuawei(t, nil)
	id := c.create("k", nil)
	const (
		dek    = "7549d9aea901767bf3c0b3e14b10722eaf6f59053bbd82045d04e075e809a0fe6ccab48f8e5efe74e4b18ff0512525e527b10331100f357bf42125d8d5ced94f"
		digest = "fbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797"
	)
	wrap := huaweiArgs{"key_id": id, "plain_text": dek + digest, "datakey_plain_length": "64"}
	a := c.ok("encrypt-datakey", wrap)
	if a.str("datakey_length") != "64" || a.str("key_id") != id || !strings.HasPrefix(a.str("cipher_text"), "02009800") {
		t.Error(a.text)
	}
	a = c.ok("decrypt-datakey", huaweiArgs{"key_id": id, "cipher_text": a.str("cipher_text"), "datakey_cipher_length": "64"})
	if a.str("data_key") != strings.ToUpper(dek) || a.str("datakey_dgst") != strings.ToUpper(digest) {
		t.Error(a.text)
	}
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.2103", huaweiArgs{"plain_text": dek + strings.Replace(digest, "f", "e", 1)}},
		{"KMS.2103", huaweiArgs{"plain_text": strings.Replace(dek, "7", "8", 1) + digest}},
		{"KMS.2101", huaweiArgs{"plain_text": dek}},
		{"KMS.2101", huaweiArgs{"plain_text": dek + digest + "00"}},
		{"KMS.2101", huaweiArgs{"plain_text": "zz"}},
		{"KMS.2101", huaweiArgs{"datakey_plain_length": "63"}},
		{"KMS.2101", huaweiArgs{"datakey_plain_length": "512"}},
		{"KMS.2102", huaweiArgs{"datakey_plain_length": "0"}},
		{"KMS.2102", huaweiArgs{"datakey_plain_length": "1025"}},
		{"KMS.2102", huaweiArgs{"datakey_plain_length": "x"}},
		{"KMS.0204", huaweiArgs{"datakey_plain_length": nil}},
	} {
		c.fails("encrypt-datakey", wrap.with(bad.args), bad.code)
	}
	zeros := make([]byte, 1024)
	sum := sha256.Sum256(zeros)
	c.ok("encrypt-datakey", wrap.with(huaweiArgs{"plain_text": hex.EncodeToString(append(zeros, sum[:]...)), "datakey_plain_length": "1024"}))

	for _, sm3Digest := range []bool{false, true} {
		c := newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.SM3Digest = sm3Digest })
		id := c.create("sm4", huaweiArgs{"key_spec": "SM4"})
		wrap := wrap.with(huaweiArgs{"key_id": id})
		c.fails("encrypt-datakey", wrap, "KMS.2103")
		plain, _ := hex.DecodeString(dek)
		sum := sm3.Sum(plain)
		sm3Hex := hex.EncodeToString(sum[:])
		a := c.ok("encrypt-datakey", wrap.with(huaweiArgs{"plain_text": dek + sm3Hex}))
		a = c.ok("decrypt-datakey", huaweiArgs{"key_id": id, "cipher_text": a.str("cipher_text"), "datakey_cipher_length": "64"})
		want := digest
		if sm3Digest {
			want = sm3Hex
		}
		if !strings.EqualFold(a.str("datakey_dgst"), want) {
			t.Error(a.text)
		}
	}
}

func TestHuaweiDataKeyPair(t *testing.T) {
	c := newHuawei(t, nil)
	key := huaweiArgs{"key_id": c.create("k", nil), huaweiAAD: "ctx"}
	for spec, action := range map[string]string{
		"RSA_2048": "create-rsa-datakey-pair", "ECC_NIST_P256": "create-ec-datakey-pair", "ECC_NIST_P384": "create-ec-datakey-pair",
		"ECC_NIST_P521": "create-ec-datakey-pair", "SM2": "create-ec-datakey-pair",
	} {
		a := c.ok(action, key.with(huaweiArgs{"key_spec": spec}))
		text := a.str("private_key_plain_text")
		private, err := base64.StdEncoding.DecodeString(text)
		if err != nil || a.str("key_spec") != spec || a.str("key_id") != key["key_id"] {
			t.Fatal(a.text, err)
		}
		if got := c.ok("decrypt-data", huaweiArgs{"cipher_text": a.str("private_key_cipher_text"), huaweiAAD: "ctx"}).str("plain_text"); got != text {
			t.Error(got)
		}
		public, _ := base64.StdEncoding.DecodeString(a.str("public_key"))
		pair, err := smx509.ParsePKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		want, err := smx509.ParsePKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		if equal := reflect.ValueOf(want).MethodByName("Equal"); !equal.Call([]reflect.Value{reflect.ValueOf(pair).MethodByName("Public").Call(nil)[0].Elem()})[0].Bool() {
			t.Error("not a pair", spec)
		}
		if _, err := x509.ParsePKIXPublicKey(public); spec != "SM2" && err != nil {
			t.Error(err)
		}
	}
	ec := key.with(huaweiArgs{"key_spec": "ECC_NIST_P256"})
	if a := c.ok("create-ec-datakey-pair", ec.with(huaweiArgs{"with_plain_text": false})); a.body["private_key_plain_text"] != nil || a.str("private_key_cipher_text") == "" {
		t.Error(a.text)
	}
	c.fails("create-ec-datakey-pair", ec.with(huaweiArgs{"with_plain_text": "false"}), "KMS.0202")
	c.fails("create-ec-datakey-pair", key.with(huaweiArgs{"key_spec": "RSA_2048"}), "KMS.0308")
	c.fails("create-rsa-datakey-pair", ec, "KMS.0308")
	c.fails("create-rsa-datakey-pair", key, "KMS.0204")
}

func TestHuaweiRandom(t *testing.T) {
	c := newHuawei(t, nil)
	for length, want := range map[string]int{"8": 2, "512": 128, "8192": 2048} {
		a := c.ok("gen-random", huaweiArgs{"random_data_length": length})
		if data := a.str("random_data"); len(data) != want || strings.ToUpper(data) != data || strings.Trim(data, "0123456789ABCDEF") != "" {
			t.Error(length, data)
		}
	}
	first := c.ok("gen-random", huaweiArgs{"random_data_length": "512"})
	if second := c.ok("gen-random", huaweiArgs{"random_data_length": "512"}); first.text == second.text {
		t.Error("not random")
	}
	for _, bad := range []string{"0", "4", "9", "8200", "", "x", "9999999999"} {
		c.fails("gen-random", huaweiArgs{"random_data_length": bad}, "KMS.1801")
	}
	c.fails("gen-random", huaweiArgs{"random_data_length": 512}, "KMS.0202")
	c.fails("gen-random", huaweiArgs{}, "KMS.0204")
}
