package emulator_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// kmsParts takes a ciphertext apart.
func kmsParts(t *testing.T, blob string) (parts [3][]byte) {
	t.Helper()
	texts := strings.Split(blob, "-k-")
	if len(texts) != 3 {
		t.Fatal(blob)
	}
	for i, text := range texts {
		var err error
		if parts[i], err = base64.StdEncoding.DecodeString(text); err != nil {
			t.Fatal(err)
		}
	}
	return parts
}

// The parts are as long as those of the vendor's samples, and the first is that of the version.
func TestTencentKMSCiphertext(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key, other := c.create("k", nil), c.create("l", nil)
	var mark, nonce []byte
	for _, test := range []struct{ plain, data int }{{1, 36}, {5, 36}, {16, 36}, {17, 52}, {32, 52}, {4096, 4116}} {
		plain := strings.Repeat("p", test.plain)
		blob := c.encrypt(key, plain, "")
		parts := kmsParts(t, blob)
		if len(parts[0]) != 64 || len(parts[1]) != 16 || len(parts[2]) != test.data {
			t.Errorf("%d bytes: %d %d %d", test.plain, len(parts[0]), len(parts[1]), len(parts[2]))
		}
		if mark != nil && !bytes.Equal(mark, parts[0]) || bytes.Equal(nonce, parts[1]) {
			t.Error("the mark changes, or the nonce does not")
		}
		mark, nonce = parts[0], parts[1]
		c.decrypts(blob, "", key, plain)
	}
	if bytes.Equal(mark, kmsParts(t, c.encrypt(other, "x", ""))[0]) {
		t.Error("two keys have the same mark")
	}
	if _, err := base64.StdEncoding.DecodeString(c.encrypt(key, "x", "")); err == nil {
		t.Error("a ciphertext is base64")
	}
}

// The ciphertext of a key whose material is known opens without the emulator.
func TestTencentKMSCipher(t *testing.T) {
	for _, guomi := range []bool{false, true} {
		settings := emulator.TencentKMSSettings{}
		material := []byte("0123456789abcdef0123456789abcdef")
		newBlock := aes.NewCipher
		if guomi {
			settings.GuomiRegions = []string{emulator.TencentKMSRegion}
			material, newBlock = material[:16], sm4.NewCipher
		}
		c := newTencentKMS(t, settings)
		key := c.create("k", tencentArgs{"Type": 2})
		c.importKey(key, material, 0)
		const context = `{"a":"b"}`
		parts := kmsParts(t, c.encrypt(key, "hello", context))
		block, err := newBlock(material)
		if err != nil {
			t.Fatal(err)
		}
		gcm, _ := cipher.NewGCMWithNonceSize(block, 16)
		plain, err := gcm.Open(nil, parts[1], parts[2], append(parts[0], context...))
		if err != nil || string(plain) != "\x00\x00\x00\x05hello"+strings.Repeat("\x00", 11) {
			t.Error(guomi, err, plain)
		}
	}
}

func TestTencentKMSEncrypt(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key, signs := c.create("k", nil), c.create("s", tencentArgs{"KeyUsage": "ASYMMETRIC_SIGN_VERIFY_ECC"})
	if a := c.ok("Encrypt", key.with(kmsPlain("x", ""))); a.str("KeyId") != key["KeyId"] {
		t.Error(a.text)
	}
	const plaintext = "InvalidParameterValue.InvalidPlaintext"
	long := `{"k":"` + strings.Repeat("é", 1024-len(`{"k":""}`)) + `"}`
	for _, test := range []struct {
		p    tencentArgs
		want string
	}{
		{key, kmsMissing},
		{key.with(kmsPlain(strings.Repeat("x", 4096), "")), ""},
		{key.with(kmsPlain(strings.Repeat("x", 4097), "")), plaintext},
		{key.with(kmsPlain("", "")), plaintext},
		{key.with(tencentArgs{"Plaintext": "%"}), plaintext},
		{key.with(tencentArgs{"Plaintext": "eA"}), plaintext},
		{key.with(tencentArgs{"Plaintext": "eB=="}), plaintext},
		{key.with(tencentArgs{"Plaintext": "eA==\n"}), plaintext},
		{key.with(tencentArgs{"Plaintext": "-_-_"}), plaintext},
		{key.with(kmsPlain("x", long)), ""},
		{key.with(kmsPlain("x", strings.Replace(long, "é", "éé", 1))), kmsInvalid},
		{key.with(kmsPlain("x", `{}`)), ""},
		{key.with(kmsPlain("x", `a=b`)), kmsInvalid},
		{key.with(kmsPlain("x", `["a"]`)), kmsInvalid},
		{key.with(kmsPlain("x", `{"a":1}`)), kmsInvalid},
		{key.with(kmsPlain("x", `{"a":"b","a":"c"}`)), kmsInvalid},
		{key.with(tencentArgs{"Plaintext": "eA==", "EncryptionContext": tencentArgs{"a": "b"}}), kmsInvalid},
		{tencentArgs{"KeyId": kmsUnknownKey}.with(kmsPlain("x", "")), kmsNotFound},
		{tencentArgs{"KeyId": "k"}.with(kmsPlain("x", "")), kmsKeyID},
		{signs.with(kmsPlain("x", "")), kmsUsage},
		{c.create("e", tencentArgs{"Type": 2}).with(kmsPlain("x", "")), kmsState},
	} {
		c.expect(fmt.Sprintf("%.80v", test.p), c.call("Encrypt", test.p), test.want)
	}
}

func TestTencentKMSDecrypt(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.create("k", nil)
	const context = `{"a":"1","b":"2"}`
	blob := c.encrypt(key, "text", context)
	c.decrypts(blob, context, key, "text")
	for _, wrong := range []string{"", `{}`, `{"b":"2","a":"1"}`, `{"a":"1", "b":"2"}`, `{"a":"1","b":"3"}`} {
		c.fails("Decrypt", kmsBlob(blob, wrong), kmsMismatch)
	}
	plain := c.encrypt(key, "text", "")
	c.fails("Decrypt", kmsBlob(plain, context), kmsMismatch)
	c.decrypts(plain, "", key, "text")
	c.fails("Decrypt", kmsBlob(plain, strings.Repeat(" ", 1025)), kmsInvalid)

	// One bit anywhere, or a part of another ciphertext.
	parts, others := kmsParts(t, plain), kmsParts(t, c.encrypt(key, "text", ""))
	for i, want := range []string{kmsCiphertext, kmsMismatch, kmsMismatch} {
		for _, at := range []int{0, len(parts[i]) / 2, len(parts[i]) - 1} {
			changed := parts
			changed[i] = bytes.Clone(parts[i])
			changed[i][at] ^= 1
			c.fails("Decrypt", kmsBlob(kmsJoin(changed), ""), want)
		}
	}
	mixed := parts
	mixed[1] = others[1]
	c.fails("Decrypt", kmsBlob(kmsJoin(mixed), ""), kmsMismatch)
	mixed = parts
	mixed[0] = kmsParts(t, c.encrypt(c.create("l", nil), "text", ""))[0]
	c.fails("Decrypt", kmsBlob(kmsJoin(mixed), ""), kmsMismatch)
	for _, broken := range []string{
		"", "x", "-k--k-", plain + "-k-", plain + "\n", strings.Replace(plain, "-k-", "", 1), plain[:len(plain)-1], kmsBase64(plain),
		"YQ==-k-YQ==-k-YQ==", kmsJoin([3][]byte{parts[0], parts[1][:12], parts[2]}),
	} {
		c.fails("Decrypt", tencentArgs{"CiphertextBlob": broken}, kmsCiphertext)
	}
	for n := range 20 {
		c.fails("Decrypt", kmsBlob(kmsJoin([3][]byte{parts[0], parts[1], parts[2][:n]}), ""), kmsMismatch)
	}
	c.fails("Decrypt", tencentArgs{}, kmsMissing)
}

func kmsJoin(parts [3][]byte) string {
	return kmsBase64(parts[0]) + "-k-" + kmsBase64(parts[1]) + "-k-" + kmsBase64(parts[2])
}

// Readings of the pages other than the default.
func TestTencentKMSOtherContexts(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{AnyContextOrder: true, MismatchCode: kmsCiphertext, ReEncryptContext: true})
	key := c.create("k", nil)
	blob := c.encrypt(key, "text", `{"a":"1","b":"<é>"}`)
	c.decrypts(blob, `{ "b":"\u003cé>", "a":"1" }`, key, "text")
	c.fails("Decrypt", kmsBlob(blob, `{"a":"1"}`), kmsCiphertext)
	p := tencentArgs{"CiphertextBlob": blob, "SourceEncryptionContext": `{"b":"<é>","a":"1"}`, "DestinationEncryptionContext": `{"a":"1","b":"<é>"}`}
	if a := c.ok("ReEncrypt", p); a.kmsReply["ReEncrypted"] != false {
		t.Error(a.text)
	}
	a := c.ok("ReEncrypt", p.with(tencentArgs{"DestinationEncryptionContext": `{"c":"3"}`}))
	if a.kmsReply["ReEncrypted"] != true {
		t.Error(a.text)
	}
	c.decrypts(a.str("CiphertextBlob"), `{"c":"3"}`, key, "text")
}

func TestTencentKMSReEncrypt(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	from, to := c.create("from", nil), c.create("to", nil)
	const old, fresh = `{"a":"1"}`, `{"b":"2"}`
	blob := c.encrypt(from, "text", old)
	p := tencentArgs{
		"CiphertextBlob": blob, "DestinationKeyId": to["KeyId"], "SourceEncryptionContext": old, "DestinationEncryptionContext": fresh,
	}
	a := c.ok("ReEncrypt", p)
	if a.kmsReply["ReEncrypted"] != true || a.str("KeyId") != to["KeyId"] || a.str("SourceKeyId") != from["KeyId"] {
		t.Error(a.text)
	}
	c.decrypts(a.str("CiphertextBlob"), fresh, to, "text")
	// Under the same version of the same key nothing happens, not even to the context.
	for _, id := range []any{nil, "", from["KeyId"]} {
		a := c.ok("ReEncrypt", p.with(tencentArgs{"DestinationKeyId": id}))
		if a.kmsReply["ReEncrypted"] != false || a.str("CiphertextBlob") != blob || a.str("KeyId") != from["KeyId"] {
			t.Error(a.text)
		}
	}
	c.fails("ReEncrypt", p.with(tencentArgs{"SourceEncryptionContext": fresh}), kmsMismatch)
	c.fails("ReEncrypt", p.with(tencentArgs{"SourceEncryptionContext": "x"}), kmsInvalid)
	c.fails("ReEncrypt", p.with(tencentArgs{"DestinationEncryptionContext": "x"}), kmsInvalid)
	c.fails("ReEncrypt", p.with(tencentArgs{"CiphertextBlob": "x"}), kmsCiphertext)
	c.fails("ReEncrypt", p.with(tencentArgs{"CiphertextBlob": nil}), kmsMissing)
	c.fails("ReEncrypt", p.with(tencentArgs{"DestinationKeyId": kmsUnknownKey}), kmsNotFound)
	c.fails("ReEncrypt", p.with(tencentArgs{"DestinationKeyId": "to"}), kmsKeyID)
	c.ok("DisableKey", to)
	c.fails("ReEncrypt", p, kmsDisabled)
}

func TestTencentKMSDataKey(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.create("k", nil)
	for _, test := range []struct {
		p    tencentArgs
		want int
	}{
		{tencentArgs{"KeySpec": "AES_128"}, 16},
		{tencentArgs{"KeySpec": "AES_256", "IsHostedByKms": 0}, 32},
		{tencentArgs{"NumberOfBytes": 1}, 1},
		{tencentArgs{"NumberOfBytes": 1024}, 1024},
		{tencentArgs{"NumberOfBytes": 7, "KeySpec": "AES_256"}, 7},
	} {
		p := key.with(test.p).with(tencentArgs{"EncryptionContext": `{"a":"b"}`})
		a, b := c.ok("GenerateDataKey", p), c.ok("GenerateDataKey", p)
		plain := a.bytes(t, "Plaintext")
		if len(plain) != test.want || a.str("KeyId") != key["KeyId"] || a.str("CiphertextBlob") == b.str("CiphertextBlob") {
			t.Errorf("%v: %s", test.p, a.text)
		}
		if test.want > 7 && bytes.Equal(plain, b.bytes(t, "Plaintext")) {
			t.Error("two keys are the same")
		}
		c.decrypts(a.str("CiphertextBlob"), `{"a":"b"}`, key, string(plain))
		c.fails("Decrypt", kmsBlob(a.str("CiphertextBlob"), ""), kmsMismatch)
	}
	for _, test := range []struct {
		p    tencentArgs
		want string
	}{
		{nil, kmsInvalid},
		{tencentArgs{"KeySpec": "AES_192"}, kmsInvalid},
		{tencentArgs{"KeySpec": "", "NumberOfBytes": 1}, kmsInvalid},
		{tencentArgs{"NumberOfBytes": 0, "KeySpec": "AES_256"}, kmsInvalid},
		{tencentArgs{"NumberOfBytes": 1025}, kmsInvalid},
		{tencentArgs{"NumberOfBytes": -1}, kmsInvalid},
		{tencentArgs{"KeySpec": "AES_256", "EncryptionContext": "x"}, kmsInvalid},
		{tencentArgs{"KeySpec": "AES_256", "IsHostedByKms": 1}, "UnsupportedOperation"},
		{tencentArgs{"KeySpec": "AES_256", "DataKeyName": "d"}, "UnsupportedOperation"},
		{tencentArgs{"KeySpec": "AES_256", "HsmClusterId": "h"}, "InvalidParameterValue.InvalidHsmClusterId"},
		{tencentArgs{"KeySpec": "AES_256", "KeyId": nil}, kmsMissing},
		{tencentArgs{"KeySpec": "AES_256", "KeyId": kmsUnknownKey}, kmsNotFound},
		{tencentArgs{"KeySpec": "AES_256", "KeyId": "x"}, kmsKeyID},
	} {
		c.expect(fmt.Sprint(test.p), c.call("GenerateDataKey", key.with(test.p)), test.want)
	}
}

func TestTencentKMSRandom(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	for _, n := range []int{1, 16, 1024} {
		a, b := c.ok("GenerateRandom", tencentArgs{"NumberOfBytes": n}), c.ok("GenerateRandom", tencentArgs{"NumberOfBytes": n})
		if len(a.bytes(t, "Plaintext")) != n || n > 1 && a.str("Plaintext") == b.str("Plaintext") {
			t.Error(a.text, b.text)
		}
	}
	for _, n := range []int{0, 1025, -1} {
		c.fails("GenerateRandom", tencentArgs{"NumberOfBytes": n}, kmsInvalid)
	}
	c.fails("GenerateRandom", tencentArgs{}, kmsMissing)
}

// A plaintext may be returned under a public key of the program's.
func TestTencentKMSPublicKeyOfProgram(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	key := c.create("k", nil)
	blob := c.encrypt(key, "secret text", "")
	armored := func(public any) string {
		der, err := smx509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	mine := kmsTestKey()
	curve, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ofRSA, ofSM2 := armored(&mine.PublicKey), armored(&curve.PublicKey)
	for _, test := range []struct {
		pem, algorithm string
		open           func([]byte) ([]byte, error)
	}{
		//lint:ignore SA1019 it is one of the vendor's paddings
		{ofRSA, "RSAES_PKCS1_V1_5", func(b []byte) ([]byte, error) { return rsa.DecryptPKCS1v15(nil, mine, b) }},
		{ofRSA, "RSAES_OAEP_SHA_1", func(b []byte) ([]byte, error) { return rsa.DecryptOAEP(sha1.New(), nil, mine, b, nil) }},
		{ofRSA, "RSAES_OAEP_SHA_256", func(b []byte) ([]byte, error) { return rsa.DecryptOAEP(sha256.New(), nil, mine, b, nil) }},
		{ofSM2, "SM2_C1C3C2_ASN1", func(b []byte) ([]byte, error) { return curve.Decrypt(nil, b, sm2.ASN1DecrypterOpts) }},
		{ofSM2, "SM2", func(b []byte) ([]byte, error) { return curve.Decrypt(nil, b, sm2.NewPlainDecrypterOpts(sm2.C1C3C2)) }},
		{ofSM2, "", func(b []byte) ([]byte, error) { return curve.Decrypt(nil, b, sm2.NewPlainDecrypterOpts(sm2.C1C3C2)) }},
	} {
		p := tencentArgs{"EncryptionPublicKey": test.pem}
		if test.algorithm != "" {
			p["EncryptionAlgorithm"] = test.algorithm
		}
		plain, err := test.open(c.ok("Decrypt", kmsBlob(blob, "").with(p)).bytes(t, "Plaintext"))
		if err != nil || string(plain) != "secret text" {
			t.Error(test.algorithm, err, plain)
		}
		a := c.ok("GenerateDataKey", key.with(p).with(tencentArgs{"KeySpec": "AES_256"}))
		plain, err = test.open(a.bytes(t, "Plaintext"))
		if err != nil || len(plain) != 32 {
			t.Error(test.algorithm, err, plain)
		}
		c.decrypts(a.str("CiphertextBlob"), "", key, string(plain))
	}

	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	for _, p := range []tencentArgs{
		{"EncryptionPublicKey": ofRSA}, // for SM2
		{"EncryptionPublicKey": ofSM2, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
		{"EncryptionPublicKey": ofRSA, "EncryptionAlgorithm": "RSA"},
		{"EncryptionPublicKey": armored(&small.PublicKey), "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
		{"EncryptionPublicKey": "x", "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
		{"EncryptionPublicKey": kmsBase64(x509.MarshalPKCS1PublicKey(&mine.PublicKey)), "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
		{"EncryptionAlgorithm": "SM2"},
	} {
		c.fails("Decrypt", kmsBlob(blob, "").with(p), kmsInvalid)
		c.fails("GenerateDataKey", key.with(p).with(tencentArgs{"KeySpec": "AES_256"}), kmsInvalid)
	}
	oaep := tencentArgs{"EncryptionPublicKey": ofRSA, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
	c.ok("GenerateDataKey", key.with(oaep).with(tencentArgs{"NumberOfBytes": 190}))
	c.fails("GenerateDataKey", key.with(oaep).with(tencentArgs{"NumberOfBytes": 191}), kmsMismatch)
}
