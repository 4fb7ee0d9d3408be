package emulator_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"hash"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func kmsECDSA(public any) *ecdsa.PublicKey {
	key, _ := public.(*ecdsa.PublicKey)
	return key
}

func TestAlibabaKMSEncrypt(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	keys := []string{c.create()}
	for _, spec := range []string{"Aliyun_AES_192", "Aliyun_AES_128", "Aliyun_SM4"} {
		key, _ := c.inInstance(spec)
		keys = append(keys, key)
	}
	for _, key := range keys {
		for _, size := range []int{1, 6144} {
			plain := bytes.Repeat([]byte{0xff}, size)
			a := c.ok("Encrypt", "KeyId", key, "Plaintext", kms64(plain))
			if a.text("KeyId") != key || a.text("KeyVersionId") != c.about(key, "PrimaryKeyVersion") {
				t.Fatal(a.body)
			}
			opened := c.ok("Decrypt", "CiphertextBlob", a.text("CiphertextBlob"))
			if !bytes.Equal(opened.raw("Plaintext"), plain) || opened.text("KeyId") != key || opened.text("KeyVersionId") != a.text("KeyVersionId") {
				t.Fatal(opened.body)
			}
			if again := c.ok("Encrypt", "KeyId", key, "Plaintext", kms64(plain)); again.text("CiphertextBlob") == a.text("CiphertextBlob") {
				t.Fatal("the same blob twice")
			}
		}
	}
	key := keys[0]
	c.fails(400, "InvalidParameter", "Encrypt", "KeyId", key, "Plaintext", kms64(make([]byte, 6145)))
	c.fails(400, "MissingParameter", "Encrypt", "KeyId", key)
	c.fails(400, "MissingParameter", "Encrypt", "Plaintext", "YQ==")
	for _, plain := range []string{"YQ", "a b", "YQ=\n=", "YR=="} {
		c.fails(400, "InvalidParameter", "Encrypt", "KeyId", key, "Plaintext", plain)
	}
	pair, _ := c.inInstance("RSA_2048", "KeyUsage", "ENCRYPT/DECRYPT")
	c.fails(400, "UnsupportedOperation", "Encrypt", "KeyId", pair, "Plaintext", "YQ==")
	c.fails(400, "UnsupportedOperation", "GenerateDataKey", "KeyId", pair)
}

func TestAlibabaKMSContext(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	blob := c.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==", "EncryptionContext", `{"a":"1","b":"é"}`).text("CiphertextBlob")
	for _, same := range []string{`{"a":"1","b":"é"}`, ` { "b" : "\u00e9", "a" : "1" } `} {
		c.ok("Decrypt", "CiphertextBlob", blob, "EncryptionContext", same)
	}
	for _, other := range []string{"", "{}", `{"a":"1"}`, `{"a":"1","b":"e"}`, `{"a":"1","b":"é","c":""}`, `{"1":"a","é":"b"}`, `{"a":"1b","":"é"}`, `{"a":"1\u0000b\u0000é"}`} {
		c.fails(400, "UnsupportedOperation", "Decrypt", "CiphertextBlob", blob, "EncryptionContext", other)
	}
	for _, bad := range []string{
		"x", "[]", `"a"`, "null", `{"a":1}`, `{"a":null}`, `{"a":{}}`, `{"a":"1","a":"1"}`, `{"a":"1"}x`, "{\"a\":\"\xff\"}",
		`{"a":"` + strings.Repeat("é", 8185) + `"}`,
	} {
		c.fails(400, "InvalidParameter", "Encrypt", "KeyId", key, "Plaintext", "YQ==", "EncryptionContext", bad)
		c.fails(400, "InvalidParameter", "Decrypt", "CiphertextBlob", blob, "EncryptionContext", bad)
	}
	longest := `{"a":"` + strings.Repeat("é", 8184) + `"}`
	c.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==", "EncryptionContext", longest)
	// No pairs are no context.
	blob = c.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==", "EncryptionContext", "{}").text("CiphertextBlob")
	c.ok("Decrypt", "CiphertextBlob", blob)
}

func TestAlibabaKMSBadCiphertext(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	other := newKMS(t, emulator.AlibabaKMSSettings{BadCiphertext: "InvalidParameter"})
	a := c.ok("Encrypt", "KeyId", c.create(), "Plaintext", "YQ==")
	other.create()
	other.fails(400, "InvalidParameter", "Decrypt", "CiphertextBlob", a.text("CiphertextBlob"))
	raw := a.raw("CiphertextBlob")
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		if got := c.call("Decrypt", "CiphertextBlob", kms64(changed)); got.status == 200 {
			t.Fatal("byte", i, "does not matter")
		}
	}
	for _, short := range [][]byte{raw[:len(raw)-1], raw[:40], raw[:1], append(bytes.Clone(raw), 0), make([]byte, 100)} {
		c.fails(400, "UnsupportedOperation", "Decrypt", "CiphertextBlob", kms64(short))
	}
	c.fails(400, "MissingParameter", "Decrypt")
	c.fails(400, "InvalidParameter", "Decrypt", "CiphertextBlob", "not Base64")
	// A version of a key pair seals nothing.
	_, version := c.inInstance("EC_P256")
	c.fails(400, "UnsupportedOperation", "Decrypt", "CiphertextBlob", kms64(append([]byte(version), make([]byte, 40)...)))
}

func TestAlibabaKMSDataKeys(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	for _, step := range []struct {
		size  int
		pairs []string
	}{
		{32, nil}, {32, []string{"KeySpec", "AES_256"}}, {16, []string{"KeySpec", "AES_128"}}, {1, []string{"NumberOfBytes", "1"}},
		{1024, []string{"NumberOfBytes", "1024", "KeySpec", "AES_128"}},
	} {
		pairs := append([]string{"KeyId", key, "EncryptionContext", `{"a":"b"}`}, step.pairs...)
		with, without := c.ok("GenerateDataKey", pairs...), c.ok("GenerateDataKeyWithoutPlaintext", pairs...)
		if without.fields["Plaintext"] != nil || with.text("KeyId") != key || with.text("KeyVersionId") == "" {
			t.Fatal(with.body, without.body)
		}
		if plain := with.raw("Plaintext"); len(plain) != step.size ||
			!bytes.Equal(c.ok("Decrypt", "CiphertextBlob", with.text("CiphertextBlob"), "EncryptionContext", `{"a":"b"}`).raw("Plaintext"), plain) {
			t.Fatal(step, len(plain))
		}
		if plain := c.ok("Decrypt", "CiphertextBlob", without.text("CiphertextBlob"), "EncryptionContext", `{"a":"b"}`).raw("Plaintext"); len(plain) != step.size {
			t.Fatal(step, len(plain))
		}
	}
	for _, pairs := range [][]string{{"NumberOfBytes", "0"}, {"NumberOfBytes", "1025"}, {"NumberOfBytes", "x"}, {"KeySpec", "AES_512"}, {"EncryptionContext", "x"}} {
		c.fails(400, "InvalidParameter", "GenerateDataKey", append(pairs, "KeyId", key)...)
	}
}

func TestAlibabaKMSExport(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, h := range map[string]hash.Hash{"RSAES_OAEP_SHA_256": sha256.New(), "RSAES_OAEP_SHA_1": sha1.New()} {
		wrapping := []string{"PublicKeyBlob", kms64(der), "WrappingKeySpec", "RSA_2048", "WrappingAlgorithm", algorithm, "KeyId", key}
		a := c.ok("GenerateAndExportDataKey", wrapping...)
		plain := c.ok("Decrypt", "CiphertextBlob", a.text("CiphertextBlob")).raw("Plaintext")
		if got, err := rsa.DecryptOAEP(h, nil, private, a.raw("ExportedDataKey"), nil); err != nil || !bytes.Equal(got, plain) {
			t.Fatal(err)
		}
		again := c.ok("ExportDataKey", append(wrapping, "CiphertextBlob", a.text("CiphertextBlob"))...)
		if got, err := rsa.DecryptOAEP(h, nil, private, again.raw("ExportedDataKey"), nil); err != nil || !bytes.Equal(got, plain) || again.text("KeyId") != key {
			t.Fatal(err)
		}
		c.fails(400, "InvalidParameter", "GenerateAndExportDataKey", append(wrapping, "NumberOfBytes", "215")...)
	}
	pair, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if der, err = smx509.MarshalPKIXPublicKey(&pair.PublicKey); err != nil {
		t.Fatal(err)
	}
	a := c.ok("GenerateAndExportDataKey", "KeyId", key, "PublicKeyBlob", kms64(der), "WrappingKeySpec", "EC_SM2", "WrappingAlgorithm", "SM2PKE")
	plain := c.ok("Decrypt", "CiphertextBlob", a.text("CiphertextBlob")).raw("Plaintext")
	got, err := pair.Decrypt(nil, a.raw("ExportedDataKey"), sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
	if err != nil || !bytes.Equal(got, plain) {
		t.Fatal(err)
	}
	for _, pairs := range [][]string{
		{"PublicKeyBlob", kms64(der), "WrappingKeySpec", "RSA_2048", "WrappingAlgorithm", "SM2PKE"},
		{"PublicKeyBlob", kms64(der), "WrappingKeySpec", "EC_SM2", "WrappingAlgorithm", "RSAES_OAEP_SHA_1"},
		{"PublicKeyBlob", "YQ==", "WrappingKeySpec", "EC_SM2", "WrappingAlgorithm", "SM2PKE"},
	} {
		c.fails(400, "InvalidParameter", "GenerateAndExportDataKey", append(pairs, "KeyId", key)...)
	}
	c.fails(400, "MissingParameter", "ExportDataKey", "CiphertextBlob", a.text("CiphertextBlob"))
}

func TestAlibabaKMSReEncrypt(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	from, to := c.create(), c.create()
	c.ok("CreateAlias", "KeyId", to, "AliasName", "alias/to")
	blob := c.ok("Encrypt", "KeyId", from, "Plaintext", "YQ==", "EncryptionContext", `{"a":"1"}`).text("CiphertextBlob")
	a := c.ok("ReEncrypt", "CiphertextBlob", blob, "DestinationKeyId", "alias/to", "SourceEncryptionContext", `{"a":"1"}`, "DestinationEncryptionContext", `{"a":"2"}`)
	if a.text("KeyId") != to || a.text("KeyVersionId") != c.about(to, "PrimaryKeyVersion") {
		t.Fatal(a.body)
	}
	opened := c.ok("Decrypt", "CiphertextBlob", a.text("CiphertextBlob"), "EncryptionContext", `{"a":"2"}`)
	if opened.text("Plaintext") != "YQ==" || opened.text("KeyId") != to {
		t.Fatal(opened.body)
	}
	c.fails(400, "UnsupportedOperation", "ReEncrypt", "CiphertextBlob", blob, "DestinationKeyId", to)
	c.fails(400, "MissingParameter", "ReEncrypt", "CiphertextBlob", blob)

	pair, version := c.inInstance("EC_SM2", "KeyUsage", "ENCRYPT/DECRYPT")
	c.fails(400, "UnsupportedOperation", "ReEncrypt", "CiphertextBlob", blob, "DestinationKeyId", pair, "SourceEncryptionContext", `{"a":"1"}`)
	blob = c.ok("AsymmetricEncrypt", "KeyId", pair, "KeyVersionId", version, "Algorithm", "SM2PKE", "Plaintext", "Yg==").text("CiphertextBlob")
	a = c.ok("ReEncrypt", "CiphertextBlob", blob, "DestinationKeyId", to, "SourceKeyId", pair, "SourceKeyVersionId", version, "SourceEncryptionAlgorithm", "SM2PKE")
	if got := c.ok("Decrypt", "CiphertextBlob", a.text("CiphertextBlob")).text("Plaintext"); got != "Yg==" {
		t.Fatal(got)
	}
	c.fails(400, "MissingParameter", "ReEncrypt", "CiphertextBlob", blob, "DestinationKeyId", to, "SourceKeyId", pair)
}
