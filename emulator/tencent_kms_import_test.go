package emulator_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// wrap returns the parameters that import material into a key.
func (c *kmsClient) wrap(key tencentArgs, algorithm string, material []byte) tencentArgs {
	c.t.Helper()
	a := c.ok("GetParametersForImport", key.with(tencentArgs{"WrappingAlgorithm": algorithm, "WrappingKeySpec": "RSA_2048"}))
	if want := c.clock.Now().Add(tencentKMSDay).Unix(); a.num("ParametersValidTo") != want || a.str("KeyId") != key["KeyId"] {
		c.t.Error(a.text)
	}
	parsed, err := x509.ParsePKIXPublicKey(a.bytes(c.t, "PublicKey"))
	if err != nil {
		c.t.Fatal(err)
	}
	public := parsed.(*rsa.PublicKey)
	var wrapped []byte
	switch algorithm {
	case "RSAES_PKCS1_V1_5":
		//lint:ignore SA1019 it is one of the vendor's paddings
		wrapped, err = rsa.EncryptPKCS1v15(rand.Reader, public, material)
	case "RSAES_OAEP_SHA_1":
		wrapped, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, public, material, nil)
	default:
		wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public, material, nil)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return key.with(tencentArgs{"EncryptedKeyMaterial": kmsBase64(wrapped), "ImportToken": a.str("ImportToken")})
}

func (c *kmsClient) importKey(key tencentArgs, material []byte, validTo int64) {
	c.t.Helper()
	c.ok("ImportKeyMaterial", c.wrap(key, "RSAES_OAEP_SHA_256", material).with(tencentArgs{"ValidTo": validTo}))
}

func TestTencentKMSImport(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	material := bytes.Repeat([]byte{7}, 32)
	for _, algorithm := range []string{"RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"} {
		key := c.create(algorithm, tencentArgs{"Type": 2})
		if d := c.describe(key); d.str("KeyState") != "PendingImport" || d.str("Origin") != "EXTERNAL" {
			t.Error(d)
		}
		c.ok("ImportKeyMaterial", c.wrap(key, algorithm, material))
		c.state(key, "Enabled")
		c.decrypts(c.encrypt(key, "x", ""), "", key, "x")
	}

	key, own := c.create("k", tencentArgs{"Type": 2}), c.create("own", nil)
	p := c.wrap(key, "RSAES_OAEP_SHA_256", material)
	const notExternal, material32 = "UnsupportedOperation.NotExternalCmk", "InvalidParameterValue.InvalidImportKeyMaterial"
	parameters := key.with(tencentArgs{"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"})
	for _, test := range []struct {
		action string
		p      tencentArgs
		want   string
	}{
		{"GetParametersForImport", parameters.with(own), notExternal},
		{"GetParametersForImport", parameters.with(tencentArgs{"WrappingAlgorithm": "SM2"}), kmsInvalid},
		{"GetParametersForImport", parameters.with(tencentArgs{"WrappingKeySpec": "RSA_4096"}), kmsInvalid},
		{"GetParametersForImport", parameters.with(tencentArgs{"WrappingKeySpec": nil}), kmsMissing},
		{"GetParametersForImport", parameters.with(tencentArgs{"KeyId": kmsUnknownKey}), kmsNotFound},
		{"ImportKeyMaterial", p.with(own), notExternal},
		{"ImportKeyMaterial", p.with(tencentArgs{"ImportToken": "x"}), kmsInvalid},
		{"ImportKeyMaterial", p.with(tencentArgs{"ImportToken": c.wrap(c.create("o", tencentArgs{"Type": 2}), "RSAES_OAEP_SHA_256", material)["ImportToken"]}), kmsInvalid},
		{"ImportKeyMaterial", p.with(tencentArgs{"ImportToken": c.wrap(key, "RSAES_OAEP_SHA_1", material)["ImportToken"]}), "InvalidParameter.DecryptMaterialError"},
		{"ImportKeyMaterial", p.with(tencentArgs{"EncryptedKeyMaterial": "%"}), kmsInvalid},
		{"ImportKeyMaterial", p.with(tencentArgs{"EncryptedKeyMaterial": "eA=="}), "InvalidParameter.DecryptMaterialError"},
		{"ImportKeyMaterial", p.with(tencentArgs{"ValidTo": tencentEpoch.Unix()}), kmsInvalid},
		{"ImportKeyMaterial", p.with(tencentArgs{"ValidTo": int64(2147443201)}), kmsInvalid},
		{"ImportKeyMaterial", p.with(tencentArgs{"ImportToken": nil}), kmsMissing},
		{"ImportKeyMaterial", c.wrap(key, "RSAES_OAEP_SHA_256", material[:16]), material32},
		{"ImportKeyMaterial", c.wrap(key, "RSAES_OAEP_SHA_256", append(material, 7)), material32},
		{"DeleteImportedKeyMaterial", own, notExternal},
		{"DeleteImportedKeyMaterial", key, kmsState},
		{"ImportKeyMaterial", p.with(tencentArgs{"ValidTo": int64(2147443200)}), ""},
	} {
		c.fails(test.action, test.p, test.want)
	}
	if d := c.describe(key); d.num("ValidTo") != 2147443200 {
		t.Error(d)
	}

	// The same material may come again, as long as the token is good; no other ever.
	other := bytes.Repeat([]byte{8}, 32)
	c.fails("ImportKeyMaterial", c.wrap(key, "RSAES_OAEP_SHA_256", other), "InvalidParameterValue.MaterialNotMatch")
	c.clock.pass(tencentKMSDay - 1)
	c.ok("ImportKeyMaterial", p)
	if d := c.describe(key); d.num("ValidTo") != 0 {
		t.Error(d)
	}
	c.clock.pass(1)
	c.fails("ImportKeyMaterial", p, "ResourceUnavailable.TokenExpired")

	blob := c.encrypt(key, "x", "")
	c.ok("DisableKey", key)
	c.fails("ImportKeyMaterial", p, kmsState)
	c.fails("GetParametersForImport", parameters, kmsState)
	c.ok("DeleteImportedKeyMaterial", key)
	c.state(key, "PendingImport")
	c.fails("Encrypt", key.with(kmsPlain("x", "")), kmsState)
	c.fails("Decrypt", kmsBlob(blob, ""), kmsState)
	c.fails("EnableKey", key, kmsState)
	c.fails("DisableKey", key, kmsState)
	c.fails("ScheduleKeyDeletion", key.with(tencentArgs{"PendingWindowInDays": 7}), "ResourceUnavailable.CmkShouldBeDisabled")
	c.fails("ImportKeyMaterial", c.wrap(key, "RSAES_OAEP_SHA_256", other), "InvalidParameterValue.MaterialNotMatch")
	c.importKey(key, material, 0)
	c.decrypts(blob, "", key, "x")

	c.ok("BindCloudResource", key.with(tencentArgs{"ProductId": "p", "ResourceId": "r"}))
	c.fails("DeleteImportedKeyMaterial", key, kmsInUse)
}

// Material ends by the clock, and its key waits for it to come back.
func TestTencentKMSMaterialExpiry(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{})
	material := bytes.Repeat([]byte{7}, 32)
	hour := tencentEpoch.Add(time.Hour).Unix()
	keys := map[string]tencentArgs{}
	for _, name := range []string{"used", "disabled", "deleting", "bound", "archived"} {
		keys[name] = c.create(name, tencentArgs{"Type": 2})
		c.importKey(keys[name], material, hour)
	}
	blob := c.encrypt(keys["used"], "x", "")
	c.ok("DisableKey", keys["disabled"])
	c.ok("DisableKey", keys["deleting"])
	c.ok("ScheduleKeyDeletion", keys["deleting"].with(tencentArgs{"PendingWindowInDays": 7}))
	c.ok("BindCloudResource", keys["bound"].with(tencentArgs{"ProductId": "p", "ResourceId": "r"}))
	c.ok("ArchiveKey", keys["archived"])
	c.clock.pass(time.Hour - time.Second)
	c.decrypts(blob, "", keys["used"], "x")
	c.clock.pass(time.Second)
	for name, want := range map[string]string{
		"used": "PendingImport", "disabled": "PendingImport", "deleting": "PendingDelete", "bound": "Enabled", "archived": "PendingImport",
	} {
		if d := c.describe(keys[name]); d.str("KeyState") != want || d.num("ValidTo") != 0 {
			t.Error(name, d)
		}
	}
	c.fails("Decrypt", kmsBlob(blob, ""), kmsState)
	c.importKey(keys["used"], material, 0)
	c.decrypts(blob, "", keys["used"], "x")
	c.ok("CancelKeyDeletion", keys["deleting"])
	c.state(keys["deleting"], "PendingImport")
	c.clock.pass(10 * tencentKMSDay)
	c.state(keys["deleting"], "PendingImport") // for good
	// What another key made of the same material does not open.
	parts := kmsParts(t, blob)
	parts[0] = kmsParts(t, c.encrypt(keys["bound"], "x", ""))[0]
	c.fails("Decrypt", kmsBlob(kmsJoin(parts), ""), kmsMismatch)
}
