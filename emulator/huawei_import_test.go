package emulator_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
)

// huaweiWrap asks for the parameters of an import and wraps material with them.
func huaweiWrap(c *huaweiClient, id, way string, material []byte) huaweiArgs {
	c.t.Helper()
	a := c.ok("get-parameters-for-import", huaweiArgs{"key_id": id, "wrapping_algorithm": way})
	token := a.str("import_token")
	if a.str("key_id") != id || len(token) < 200 || len(token) > 6144 || a.body["expiration_time"] != float64(c.clock.Now().Add(24*time.Hour).Unix()) {
		c.t.Fatal(a.text)
	}
	der, err := base64.StdEncoding.DecodeString(a.str("public_key"))
	if err != nil {
		c.t.Fatal(err)
	}
	var blob []byte
	if way == "SM2_ENCRYPT" {
		public, perr := smx509.ParsePKIXPublicKey(der)
		if perr != nil {
			c.t.Fatal(perr)
		}
		blob, err = sm2.EncryptASN1(rand.Reader, huaweiECDSA(c.t, public), material)
	} else {
		public, perr := x509.ParsePKIXPublicKey(der)
		if perr != nil {
			c.t.Fatal(perr)
		}
		blob, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), material, nil)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return huaweiArgs{"key_id": id, "import_token": token, "encrypted_key_material": base64.StdEncoding.EncodeToString(blob)}
}

func TestHuaweiImport(t *testing.T) {
	c := newHuawei(t, nil)
	const oaep, sm2Way = "RSAES_OAEP_SHA_256", "SM2_ENCRYPT"
	material := bytes.Repeat([]byte{7}, 32)
	id := c.create("k", huaweiArgs{"origin": "external"})
	key := huaweiArgs{"key_id": id}
	state := func(want string) {
		t.Helper()
		if got := c.detail(id, "key_state"); got != want {
			t.Error(got, want)
		}
	}
	state("5")
	text := key.with(huaweiArgs{"plain_text": "x"})
	c.fails("encrypt-data", text, "KMS.0209")
	c.fails("enable-key", key, "KMS.1201")
	c.fails("disable-key", key, "KMS.1301")
	c.fails("delete-imported-key-material", key, "KMS.2701")
	in := huaweiWrap(c, id, oaep, material)
	if a := c.ok("import-key-material", in); a.status != 204 {
		t.Error(a)
	}
	state("2")
	sealed := c.ok("encrypt-data", text).str("cipher_text")
	c.fails("import-key-material", in, "KMS.0310")
	c.fails("get-parameters-for-import", key.with(huaweiArgs{"wrapping_algorithm": oaep}), "KMS.0310")
	if a := c.ok("delete-imported-key-material", key); a.status != 204 {
		t.Error(a)
	}
	state("5")
	c.fails("decrypt-data", huaweiArgs{"cipher_text": sealed}, "KMS.0209")
	c.fails("import-key-material", in, "KMS.2605") // its token is used up
	c.fails("import-key-material", huaweiWrap(c, id, oaep, bytes.Repeat([]byte{8}, 32)), "KMS.2606")
	c.fails("import-key-material", huaweiWrap(c, id, oaep, material[1:]), "KMS.2604")

	in = huaweiWrap(c, id, oaep, material)
	until := c.clock.Now().Add(time.Hour)
	c.fails("import-key-material", in.with(huaweiArgs{"expiration_time": c.clock.Now().Unix()}), "KMS.2602")
	c.fails("import-key-material", in.with(huaweiArgs{"expiration_time": "1"}), "KMS.0202")
	c.ok("import-key-material", in.with(huaweiArgs{"expiration_time": until.Unix()}))
	if got := c.detail(id, "expiration_time"); got != "1774513200000" {
		t.Error(got)
	}
	if got := c.ok("decrypt-data", huaweiArgs{"cipher_text": sealed}).str("plain_text"); got != "x" {
		t.Error(got)
	}
	c.clock.pass(time.Hour - time.Second)
	state("2")
	c.clock.pass(time.Second)
	state("5")
	if got := c.detail(id, "expiration_time"); got != "" {
		t.Error(got)
	}

	in = huaweiWrap(c, id, sm2Way, material)
	c.ok("import-key-material", in)
	c.ok("decrypt-data", huaweiArgs{"cipher_text": sealed})
	c.ok("disable-key", key)
	c.ok("delete-imported-key-material", key)
	state("5")

	in = huaweiWrap(c, id, oaep, material)
	other := c.create("other", huaweiArgs{"origin": "external", "key_spec": "SM4"})
	for _, bad := range []struct {
		code string
		args huaweiArgs
	}{
		{"KMS.2603", huaweiArgs{"key_id": other}},
		{"KMS.2605", huaweiArgs{"import_token": strings.Repeat("A", 200)}},
		{"KMS.0308", huaweiArgs{"import_token": strings.Repeat("A", 199)}},
		{"KMS.0308", huaweiArgs{"import_token": strings.Repeat("A", 6145)}},
		{"KMS.0308", huaweiArgs{"import_token": strings.Repeat("!", 200)}},
		{"KMS.0308", huaweiArgs{"encrypted_key_material": strings.Repeat("A", 340)}},
		{"KMS.0308", huaweiArgs{"encrypted_key_material": strings.Repeat("A", 364)}},
		{"KMS.0311", huaweiArgs{"encrypted_key_material": strings.Repeat("A", 344)}},
		{"KMS.0308", huaweiArgs{"encrypted_privatekey": "x"}},
		{"KMS.0204", huaweiArgs{"import_token": nil}},
	} {
		c.fails("import-key-material", in.with(bad.args), bad.code)
	}
	c.fails("get-parameters-for-import", key, "KMS.0204")
	c.fails("get-parameters-for-import", key.with(huaweiArgs{"wrapping_algorithm": "RSAES_PKCS1_V1_5"}), "KMS.0308")
	c.clock.pass(24 * time.Hour)
	c.fails("import-key-material", in, "KMS.2601")
	c.ok("import-key-material", huaweiWrap(c, other, oaep, material[:16]))

	own := c.create("own", nil)
	c.fails("get-parameters-for-import", huaweiArgs{"key_id": own, "wrapping_algorithm": oaep}, "KMS.0309")
	c.fails("import-key-material", in.with(huaweiArgs{"key_id": own}), "KMS.0309")
	c.fails("delete-imported-key-material", huaweiArgs{"key_id": own}, "KMS.0309")

	// Without its material a key comes back from deletion as it went.
	c.ok("schedule-key-deletion", key.with(huaweiArgs{"pending_days": "7"}))
	c.fails("import-key-material", in, "KMS.0210")
	if a := c.ok("cancel-key-deletion", key); a.str("key_state") != "5" {
		t.Error(a.text)
	}
	in = huaweiWrap(c, id, oaep, material)
	c.ok("import-key-material", in.with(huaweiArgs{"expiration_time": c.clock.Now().Add(time.Hour).Unix()}))
	c.ok("schedule-key-deletion", key.with(huaweiArgs{"pending_days": "7"}))
	c.clock.pass(time.Hour)
	state("4")
	if a := c.ok("cancel-key-deletion", key); a.str("key_state") != "5" {
		t.Error(a.text)
	}
}

// What is sealed under imported material can be opened with that material, outside of the emulator.
func TestHuaweiSealed(t *testing.T) {
	c := newHuawei(t, nil)
	material := []byte("0123456789abcdef0123456789abcdef")
	aes256, err := aes.NewCipher(material)
	if err != nil {
		t.Fatal(err)
	}
	sm4128, err := sm4.NewCipher(material[:16])
	if err != nil {
		t.Fatal(err)
	}
	for spec, block := range map[string]cipher.Block{"AES_256": aes256, "SM4": sm4128} {
		id := c.create(spec, huaweiArgs{"key_spec": spec, "origin": "external"})
		c.ok("import-key-material", huaweiWrap(c, id, "RSAES_OAEP_SHA_256", material[:map[string]int{"AES_256": 32, "SM4": 16}[spec]]))
		aead, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		open := func(blob []byte, context string) string {
			t.Helper()
			end := len(blob) - 36 - 36
			plain, err := aead.Open(nil, blob[24:36], blob[36:end], append(append(append([]byte(nil), blob[:24]...), id...), context...))
			if err != nil {
				t.Error(spec, err)
			}
			sum := sha256.Sum256(blob[:len(blob)-32])
			if !bytes.Equal(sum[:], blob[len(blob)-32:]) || !bytes.Equal(blob[len(blob)-36:len(blob)-32], make([]byte, 4)) {
				t.Error("checksum")
			}
			return string(plain)
		}
		data, _ := base64.StdEncoding.DecodeString(c.ok("encrypt-data", huaweiArgs{"key_id": id, "plain_text": "text", huaweiAAD: "ctx"}).str("cipher_text"))
		if got := open(data, "ctx"); strings.TrimRight(got, "\x00") != "text" {
			t.Errorf("%q", got)
		}
		made := c.ok("create-datakey", huaweiArgs{"key_id": id, huaweiAAD: "ctx"})
		blob, _ := hex.DecodeString(made.str("cipher_text"))
		if got := open(blob, "ctx"); !strings.EqualFold(hex.EncodeToString([]byte(got)), made.str("plain_text")) {
			t.Errorf("%x", got)
		}
	}
}
