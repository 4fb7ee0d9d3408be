package emulator_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

const huaweiAAD = "additional_authenticated_data"

// publicKey returns the DER of a public key, whose PEM has the vendor's label and line ends.
func (c *huaweiClient) publicKey(id string) []byte {
	c.t.Helper()
	text := c.ok("get-publickey", huaweiArgs{"key_id": id}).str("public_key")
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 || strings.Count(text, "\n") != strings.Count(text, "\r\n") || !strings.HasSuffix(text, "\r\n") {
		c.t.Fatalf("%q", text)
	}
	return block.Bytes
}

func TestHuaweiEncrypt(t *testing.T) {
	c := newHuawei(t, nil)
	for _, spec := range []string{"AES_256", "SM4"} {
		id := c.create(spec, huaweiArgs{"key_spec": spec})
		key := huaweiArgs{"key_id": id}
		other := c.create(spec+"-other", huaweiArgs{"key_spec": spec})
		for _, text := range []string{"x", "12345678", "<é> & 🙂 \u0000\t", strings.Repeat("a", 4096), strings.Repeat("é", 2048)} {
			a := c.ok("encrypt-data", key.with(huaweiArgs{"plain_text": text, huaweiAAD: "ctx"}))
			sealed := a.str("cipher_text")
			blob, err := base64.StdEncoding.DecodeString(sealed)
			if err != nil || a.str("key_id") != id || len(sealed) < 188 || len(sealed) > 5648 || len(a.body) != 2 {
				t.Fatal(a.text, err)
			}
			// The outline of the vendor's: 02 00, the length of all but the last 36 bytes, the key's id before those.
			if end := len(blob) - 36; blob[0] != 2 || blob[1] != 0 || int(blob[2])|int(blob[3])<<8 != end || string(blob[end-36:end]) != id {
				t.Fatal(hex.EncodeToString(blob))
			}
			if len(text) == 8 && (len(blob) != 268 || blob[2] != 0xE8) {
				t.Error("not of the shape of the vendor's example", len(blob))
			}
			if strings.Contains(string(blob), text) && len(text) > 1 {
				t.Error("in the clear")
			}
			sent := huaweiArgs{"cipher_text": sealed, huaweiAAD: "ctx"}
			for _, with := range []huaweiArgs{nil, key, {"encryption_algorithm": "SYMMETRIC_DEFAULT"}} {
				if a := c.ok("decrypt-data", sent.with(with)); a.str("plain_text") != text || a.str("key_id") != id || len(a.body) != 2 {
					t.Error(a.text)
				}
			}
			for _, wrong := range []huaweiArgs{{huaweiAAD: "ctxx"}, {huaweiAAD: nil}, {huaweiAAD: ""}, {"key_id": other}} {
				c.fails("decrypt-data", sent.with(wrong), "KMS.0308")
			}
			for _, i := range []int{0, 1, 2, 4, 8, 12, 20, 24, 36, 60, len(blob) - 73, len(blob) - 40, len(blob) - 1} {
				tampered := append([]byte(nil), blob...)
				tampered[i] ^= 0x40
				c.fails("decrypt-data", sent.with(huaweiArgs{"cipher_text": base64.StdEncoding.EncodeToString(tampered)}), "KMS.0308")
				// With its checksum mended only the cipher itself can tell, or the key that its id now names.
				sum := sha256.Sum256(tampered[:len(tampered)-32])
				mended := append(tampered[:len(tampered)-32:len(tampered)-32], sum[:]...)
				code := "KMS.0308"
				switch i {
				case len(blob) - 40:
					code = "KMS.0207"
				case len(blob) - 1: // the checksum alone
					continue
				}
				c.fails("decrypt-data", sent.with(huaweiArgs{"cipher_text": base64.StdEncoding.EncodeToString(mended)}), code)
			}
		}
		c.fails("encrypt-data", key.with(huaweiArgs{"plain_text": "x", "encryption_algorithm": "RSAES_OAEP_SHA_256"}), "KMS.0308")
	}
	id := c.create("limits", nil)
	key := huaweiArgs{"key_id": id, "plain_text": "x"}
	c.ok("encrypt-data", key.with(huaweiArgs{huaweiAAD: strings.Repeat("é", 64)}))
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.0308", huaweiArgs{huaweiAAD: strings.Repeat("a", 129)}},
		{"KMS.0308", huaweiArgs{"plain_text": ""}},
		{"KMS.0308", huaweiArgs{"plain_text": strings.Repeat("a", 4097)}},
		{"KMS.0308", huaweiArgs{"plain_text": strings.Repeat("é", 2049)}},
		{"KMS.0308", huaweiArgs{"plain_text": "a\nb"}},
		{"KMS.0308", huaweiArgs{"encryption_algorithm": "AES"}},
		{"KMS.0204", huaweiArgs{"plain_text": nil}},
		{"KMS.0204", huaweiArgs{"key_id": nil}},
		{"KMS.0205", huaweiArgs{"key_id": "alias/x"}},
		{"KMS.0207", huaweiArgs{"key_id": huaweiNoKey}},
		{"KMS.0208", huaweiArgs{"encryption_context": huaweiArgs{"a": "b"}}},
		{"KMS.0308", huaweiArgs{"key_id": c.create("sign", huaweiArgs{"key_spec": "EC_P256"})}},
	} {
		c.fails("encrypt-data", key.with(bad.args), bad.code)
	}
	for _, sealed := range []string{"", strings.Repeat("A", 127), strings.Repeat("A", 128), strings.Repeat("A", 5648), strings.Repeat("A", 5649), strings.Repeat("!", 200)} {
		c.fails("decrypt-data", huaweiArgs{"cipher_text": sealed}, "KMS.0308")
	}
	sealed := c.ok("encrypt-data", key).str("cipher_text")
	c.ok("disable-key", huaweiArgs{"key_id": id})
	c.fails("decrypt-data", huaweiArgs{"cipher_text": sealed}, "KMS.0209")
	c.ok("schedule-key-deletion", huaweiArgs{"key_id": id, "pending_days": "7"})
	c.fails("decrypt-data", huaweiArgs{"cipher_text": sealed}, "KMS.0210")
	c.clock.pass(7 * huaweiDay)
	c.fails("decrypt-data", huaweiArgs{"cipher_text": sealed}, "KMS.0207")
}

// With key pairs the emulator decrypts what the standard library encrypted with the public key.
func TestHuaweiAsymmetric(t *testing.T) {
	c := newHuawei(t, nil)
	encrypts := huaweiArgs{"key_usage": "ENCRYPT_DECRYPT"}
	id := c.create("rsa", encrypts.with(huaweiArgs{"key_spec": "RSA_2048"}))
	public, err := x509.ParsePKCS1PublicKey(c.publicKey(id))
	if err != nil {
		t.Fatal(err)
	}
	way := huaweiArgs{"key_id": id, "encryption_algorithm": "RSAES_OAEP_SHA_256"}
	binary := "\xff\x00é"
	blob, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, []byte(binary), nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := way.with(huaweiArgs{"cipher_text": base64.StdEncoding.EncodeToString(blob)})
	a := c.ok("decrypt-data", sent)
	if a.str("plain_text_base64") != base64.StdEncoding.EncodeToString([]byte(binary)) || a.str("plain_text") != "\uFFFD\x00é" {
		t.Error(a.text)
	}
	c.fails("decrypt-data", sent.with(huaweiArgs{"key_id": nil}), "KMS.0204")
	c.fails("decrypt-data", sent.with(huaweiArgs{"encryption_algorithm": "SM2_ENCRYPT"}), "KMS.0308")
	c.fails("decrypt-data", sent.with(huaweiArgs{"encryption_algorithm": "RSAES_OAEP_SHA_1"}), "KMS.0308")
	c.fails("decrypt-data", sent.with(huaweiArgs{huaweiAAD: "x"}), "KMS.0308")
	blob[7] ^= 1
	c.fails("decrypt-data", sent.with(huaweiArgs{"cipher_text": base64.StdEncoding.EncodeToString(blob)}), "KMS.0308")
	text := strings.Repeat("a", 190) // 256 - 2*32 - 2
	sealed := c.ok("encrypt-data", way.with(huaweiArgs{"plain_text": text})).str("cipher_text")
	if got := c.ok("decrypt-data", way.with(huaweiArgs{"cipher_text": sealed})).str("plain_text"); got != text {
		t.Error(got)
	}
	c.fails("encrypt-data", way.with(huaweiArgs{"plain_text": text + "a"}), "KMS.0308")
	c.fails("encrypt-data", huaweiArgs{"key_id": id, "plain_text": "x"}, "KMS.0308")

	id = c.create("sm2", encrypts.with(huaweiArgs{"key_spec": "SM2"}))
	key, err := smx509.ParsePKIXPublicKey(c.publicKey(id))
	if err != nil {
		t.Fatal(err)
	}
	blob, err = sm2.EncryptASN1(rand.Reader, huaweiECDSA(t, key), []byte("hi"))
	if err != nil {
		t.Fatal(err)
	}
	sm2Way := huaweiArgs{"key_id": id, "encryption_algorithm": "SM2_ENCRYPT"}
	if a := c.ok("decrypt-data", sm2Way.with(huaweiArgs{"cipher_text": base64.StdEncoding.EncodeToString(blob)})); a.str("plain_text") != "hi" {
		t.Error(a.text)
	}
	sealed = c.ok("encrypt-data", sm2Way.with(huaweiArgs{"plain_text": "ho"})).str("cipher_text")
	if a := c.ok("decrypt-data", sm2Way.with(huaweiArgs{"cipher_text": sealed})); a.str("plain_text") != "ho" {
		t.Error(a.text)
	}
}

func TestHuaweiCryptSettings(t *testing.T) {
	c := newHuawei(t, func(s *emulator.HuaweiKMSSettings) {
		s.EncryptionContext, s.DecryptCode, s.PlainTextBase64, s.PKIXPublicKey = true, "KMS.0101", true, true
	})
	id := c.create("k", nil)
	key := huaweiArgs{"key_id": id, "plain_text": "x"}
	context := func(v any) huaweiArgs { return huaweiArgs{"encryption_context": v} }
	sealed := c.ok("encrypt-data", key.with(context(map[string]string{"a": "b", "c": "d"}))).str("cipher_text")
	a := c.ok("decrypt-data", huaweiArgs{"cipher_text": sealed}.with(context(rawJSON(`{"c" :"d","a":"b"}`))))
	if a.str("plain_text") != "x" || a.str("plain_text_base64") != "eA==" {
		t.Error(a.text)
	}
	c.fails("decrypt-data", huaweiArgs{"cipher_text": sealed}.with(context(map[string]string{"a": "b"})), "KMS.0101")
	c.fails("encrypt-data", key.with(huaweiArgs{huaweiAAD: "x"}), "KMS.0308")
	c.fails("encrypt-data", key.with(context("x")), "KMS.0202")
	c.fails("encrypt-data", key.with(context(huaweiArgs{"a": 1})), "KMS.0208")
	long := strings.Repeat("a", 8192-len(`{"a":""}`))
	c.ok("encrypt-data", key.with(context(huaweiArgs{"a": long})))
	c.fails("encrypt-data", key.with(context(huaweiArgs{"a": long + "a"})), "KMS.0208")
	sealed = c.ok("encrypt-data", key.with(context(huaweiArgs{}))).str("cipher_text")
	c.ok("decrypt-data", huaweiArgs{"cipher_text": sealed})
	if _, err := x509.ParsePKIXPublicKey(c.publicKey(c.create("rsa", huaweiArgs{"key_spec": "RSA_2048"}))); err != nil {
		t.Error(err)
	}
	c = newHuawei(t, func(s *emulator.HuaweiKMSSettings) {
		s.RSAKey = func(int) (*rsa.PrivateKey, error) { return huaweiRSA(2048) }
	})
	c.ok("get-publickey", huaweiArgs{"key_id": c.create("a", huaweiArgs{"key_spec": "RSA_2048"})})
	c.fails("get-publickey", huaweiArgs{"key_id": c.create("b", huaweiArgs{"key_spec": "RSA_3072"})}, "KMS.0101")
}

func TestHuaweiReEncrypt(t *testing.T) {
	c := newHuawei(t, nil)
	from, to := c.create("from", nil), c.create("to", huaweiArgs{"key_spec": "SM4"})
	pair := c.create("rsa", huaweiArgs{"key_spec": "RSA_2048", "key_usage": "ENCRYPT_DECRYPT"})
	sealed := c.ok("encrypt-data", huaweiArgs{"key_id": from, "plain_text": "text", huaweiAAD: "a"}).str("cipher_text")
	move := huaweiArgs{
		"cipher_text": sealed, "destination_key_id": to, "source_additional_authenticated_data": "a", "destination_additional_authenticated_data": "b",
	}
	a := c.ok("re-encrypt", move)
	if a.str("key_id") != to || a.str("source_key_id") != from || a.str("source_encryption_algorithm") != "SYMMETRIC_DEFAULT" || a.str("destination_encryption_algorithm") != "SYMMETRIC_DEFAULT" {
		t.Error(a.text)
	}
	if got := c.ok("decrypt-data", huaweiArgs{"cipher_text": a.str("cipher_text"), huaweiAAD: "b"}); got.str("plain_text") != "text" || got.str("key_id") != to {
		t.Error(got.text)
	}
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.0308", huaweiArgs{"source_additional_authenticated_data": "x"}},
		{"KMS.0308", huaweiArgs{"source_key_id": to}},
		{"KMS.0308", huaweiArgs{"destination_additional_authenticated_data": strings.Repeat("a", 129)}},
		{"KMS.0308", huaweiArgs{"destination_encryption_algorithm": "SM2_ENCRYPT"}},
		{"KMS.0204", huaweiArgs{"source_encryption_algorithm": "RSAES_OAEP_SHA_256"}},
		{"KMS.0204", huaweiArgs{"destination_key_id": nil}},
		{"KMS.0207", huaweiArgs{"destination_key_id": huaweiNoKey}},
		{"KMS.2202", huaweiArgs{"datakey_cipher_length": "0"}},
	} {
		c.fails("re-encrypt", move.with(bad.args), bad.code)
	}
	// To a key pair, by the way that only this call knows, and back.
	oaep1 := huaweiArgs{"destination_key_id": pair, "destination_encryption_algorithm": "RSAES_OAEP_SHA_1", "destination_additional_authenticated_data": nil}
	a = c.ok("re-encrypt", move.with(oaep1))
	private, _ := huaweiRSA(2048)
	blob, _ := base64.StdEncoding.DecodeString(a.str("cipher_text"))
	if plain, err := rsa.DecryptOAEP(sha1.New(), nil, private, blob, nil); err != nil || string(plain) != "text" {
		t.Error(plain, err)
	}
	a = c.ok("re-encrypt", huaweiArgs{
		"cipher_text": a.str("cipher_text"), "source_key_id": pair, "source_encryption_algorithm": "RSAES_OAEP_SHA_1", "destination_key_id": to,
	})
	if got := c.ok("decrypt-data", huaweiArgs{"cipher_text": a.str("cipher_text")}).str("plain_text"); got != "text" {
		t.Error(got)
	}
	blob, _ = rsa.EncryptOAEP(sha256.New(), rand.Reader, &private.PublicKey, []byte{0xff}, nil)
	c.fails("re-encrypt", huaweiArgs{
		"cipher_text": base64.StdEncoding.EncodeToString(blob), "source_key_id": pair, "source_encryption_algorithm": "RSAES_OAEP_SHA_256", "destination_key_id": to,
	}, "KMS.0308")

	// A data key stays one.
	made := c.ok("create-datakey", huaweiArgs{"key_id": from, huaweiAAD: "a"})
	move["cipher_text"], move["datakey_cipher_length"] = made.str("cipher_text"), "32"
	a = c.ok("re-encrypt", move)
	got := c.ok("decrypt-datakey", huaweiArgs{"key_id": to, "cipher_text": a.str("cipher_text"), "datakey_cipher_length": "32", huaweiAAD: "b"})
	if got.str("data_key") != made.str("plain_text") {
		t.Error(got.text)
	}
	c.fails("re-encrypt", move.with(huaweiArgs{"datakey_cipher_length": "31"}), "KMS.2202")
	c.fails("re-encrypt", move.with(huaweiArgs{"source_key_id": to}), "KMS.2201")
	c.fails("re-encrypt", move.with(huaweiArgs{"source_additional_authenticated_data": nil}), "KMS.0308")
	c.fails("re-encrypt", move.with(oaep1), "KMS.0308")
	c.fails("re-encrypt", move.with(huaweiArgs{"cipher_text": "00"}), "KMS.2201")
}
