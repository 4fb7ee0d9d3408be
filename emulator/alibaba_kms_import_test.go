package emulator_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// parameters asks for what an import needs.
func (c *kmsCaller) parameters(key, spec, algorithm string) (token string, der []byte) {
	c.t.Helper()
	a := c.ok("GetParametersForImport", "KeyId", key, "WrappingKeySpec", spec, "WrappingAlgorithm", algorithm)
	if a.text("KeyId") != key || a.text("TokenExpireTime") != c.clock.Now().Add(24*time.Hour).Format("2006-01-02T15:04:05Z") {
		c.t.Fatal(a.body)
	}
	return a.text("ImportToken"), a.raw("PublicKey")
}

// kmsWrapSM2 is the point, the hash and the text, one after the other.
func kmsWrapSM2(t testing.TB, der, material []byte) []byte {
	t.Helper()
	public, err := smx509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	key, err := sm2.PublicKeyToECDH(kmsECDSA(public))
	if err != nil || len(key.Bytes()) != 65 {
		t.Fatal(err)
	}
	wrapped, err := sm2.Encrypt(rand.Reader, kmsECDSA(public), material, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2))
	if err != nil || len(wrapped) != 65+32+len(material) {
		t.Fatal(err)
	}
	return wrapped
}

// importMaterial takes the way of SM2, whose keys are made quickly.
func (c *kmsCaller) importMaterial(key string, material []byte, expires string) {
	c.t.Helper()
	token, der := c.parameters(key, "EC_SM2", "SM2PKE")
	c.ok("ImportKeyMaterial", "KeyId", key, "ImportToken", token, "EncryptedKeyMaterial", kms64(kmsWrapSM2(c.t, der, material)),
		"KeyMaterialExpireUnix", expires)
}

// TestAlibabaKMSImport brings material and decrypts with it what the emulator has sealed, without the emulator.
func TestAlibabaKMSImport(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	for _, algorithm := range []string{"RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"} {
		for _, spec := range []string{"Aliyun_AES_256", "Aliyun_SM4"} {
			var key, keySpec string
			material := []byte("0123456789abcdef0123456789abcdef")
			if spec == "Aliyun_SM4" {
				key, _ = c.inInstance(spec, "Origin", "EXTERNAL")
				material = material[:16]
			} else {
				key = c.create("Origin", "EXTERNAL")
			}
			c.in(key, "PendingImport")
			if c.about(key, "PrimaryKeyVersion") != "" || c.about(key, "Origin") != "EXTERNAL" {
				t.Fatal("a version without material")
			}
			keySpec = "RSA_2048"
			if algorithm == "SM2PKE" {
				keySpec = "EC_SM2"
			}
			token, der := c.parameters(key, keySpec, algorithm)
			var wrapped []byte
			if algorithm == "SM2PKE" {
				wrapped = kmsWrapSM2(t, der, material)
			} else {
				wrapped = kmsWrapRSA(t, der, algorithm, material)
			}
			c.ok("ImportKeyMaterial", "KeyId", key, "ImportToken", token, "EncryptedKeyMaterial", kms64(wrapped), "KeyMaterialExpireUnix", "0")
			c.in(key, "Enabled")
			sealed := c.ok("Encrypt", "KeyId", key, "Plaintext", kms64([]byte("plain")))
			raw, version := sealed.raw("CiphertextBlob"), sealed.text("KeyVersionId")
			rest, ok := strings.CutPrefix(string(raw), version)
			if !ok {
				t.Fatalf("%q does not begin with %s", raw, version)
			}
			if plain, err := kmsGCM(t, spec, material).Open(nil, []byte(rest[:12]), []byte(rest[12:]), nil); err != nil || string(plain) != "plain" {
				t.Fatal(spec, err)
			}
		}
	}
}

func kmsGCM(t *testing.T, spec string, material []byte) cipher.AEAD {
	block, err := aes.NewCipher(material)
	if spec == "Aliyun_SM4" {
		block, err = sm4.NewCipher(material)
	}
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return gcm
}

func kmsWrapRSA(t *testing.T, der []byte, algorithm string, material []byte) []byte {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	key := public.(*rsa.PublicKey)
	if key.N.BitLen() != 2048 {
		t.Fatal(key.N.BitLen())
	}
	var wrapped []byte
	switch algorithm {
	case "RSAES_OAEP_SHA_1":
		wrapped, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, key, material, nil)
	case "RSAES_OAEP_SHA_256":
		wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, key, material, nil)
	default:
		//lint:ignore SA1019 the vendor takes it
		wrapped, err = rsa.EncryptPKCS1v15(rand.Reader, key, material)
	}
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

func TestAlibabaKMSImportRefused(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key, other := c.create("Origin", "EXTERNAL"), c.create("Origin", "EXTERNAL")
	material := []byte(strings.Repeat("m", 32))
	token, der := c.parameters(key, "EC_SM2", "SM2PKE")
	send := func(key, token string, wrapped []byte, end string) kmsAnswer {
		t.Helper()
		return c.call("ImportKeyMaterial", "KeyId", key, "ImportToken", token, "EncryptedKeyMaterial", kms64(wrapped), "KeyMaterialExpireUnix", end)
	}
	good := kmsWrapSM2(t, der, material)
	send(c.create(), token, good, "0").refused(400, "Unsupported.Origin")
	send(other, token, good, "0").refused(400, "InvalidImportToken")
	send(key, "token", good, "0").refused(400, "InvalidImportToken")
	send(key, token, []byte("nonsense"), "0").refused(400, "InvalidKeyMaterial")
	send(key, token, kmsWrapSM2(t, der, material[:31]), "0").refused(400, "InvalidKeyMaterial")
	send(key, token, kmsWrapSM2(t, der, material[:16]), "0").refused(400, "InvalidKeyMaterial")
	send(key, token, good, "").refused(400, "MissingParameter")
	send(key, token, good, "-1").refused(400, "InvalidParameter")
	send(key, token, good, "253402300800").refused(400, "InvalidParameter")
	send(key, token, good, strconv.FormatInt(c.clock.Now().Unix(), 10)).refused(400, "InvalidParameter")
	c.in(key, "PendingImport")
	c.clock.pass(24*time.Hour - time.Second)
	if a := send(key, token, good, "0"); a.status != 200 {
		t.Fatal(a.body)
	}
	c.clock.pass(time.Second)
	send(key, token, good, "0").refused(400, "ExpiredImportToken")
	token, der = c.parameters(key, "EC_SM2", "SM2PKE")
	send(key, token, kmsWrapSM2(t, der, []byte(strings.Repeat("n", 32))), "0").refused(400, "InvalidKeyMaterial")
	c.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
	send(key, token, kmsWrapSM2(t, der, material), "0").refused(409, "Rejected.PendingDeletion")

	for _, pairs := range [][2]string{{"RSA_2048", "SM2PKE"}, {"EC_SM2", "RSAES_OAEP_SHA_1"}, {"RSA_4096", "RSAES_OAEP_SHA_1"}, {"RSA_2048", "other"}} {
		c.fails(400, "InvalidParameter", "GetParametersForImport", "KeyId", key, "WrappingKeySpec", pairs[0], "WrappingAlgorithm", pairs[1])
	}
	c.fails(400, "MissingParameter", "GetParametersForImport", "KeyId", key, "WrappingKeySpec", "RSA_2048")
	c.fails(400, "Unsupported.Origin", "DeleteKeyMaterial", "KeyId", c.create())
}

func TestAlibabaKMSMaterialEnds(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create("Origin", "EXTERNAL")
	material := []byte(strings.Repeat("m", 32))
	end := c.clock.Now().Add(time.Hour)
	c.importMaterial(key, material, strconv.FormatInt(end.Unix(), 10))
	if got := c.about(key, "MaterialExpireTime"); got != "2026-01-02T04:04:05Z" {
		t.Fatal(got)
	}
	blob := c.ok("Encrypt", "KeyId", key, "Plaintext", "YQ==").text("CiphertextBlob")
	c.clock.pass(time.Hour - time.Nanosecond)
	c.in(key, "Enabled")
	c.clock.pass(time.Nanosecond)
	c.in(key, "PendingImport")
	c.fails(409, "Rejected.PendingImport", "Decrypt", "CiphertextBlob", blob)
	if a := c.ok("ListKeyVersions", "KeyId", key); a.fields["TotalCount"] != 0.0 || c.about(key, "MaterialExpireTime") != "" {
		t.Fatal(a.body)
	}
	c.importMaterial(key, material, "0")
	c.ok("Decrypt", "CiphertextBlob", blob)
	c.ok("DeleteKeyMaterial", "KeyId", key)
	c.in(key, "PendingImport")
	c.importMaterial(key, material, "0")
	c.ok("Decrypt", "CiphertextBlob", blob)
	c.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
	c.ok("DeleteKeyMaterial", "KeyId", key)
	c.in(key, "PendingDeletion")
	c.ok("CancelKeyDeletion", "KeyId", key)
	c.in(key, "PendingImport")
}
