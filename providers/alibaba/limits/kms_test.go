package limits_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

func TestKMS(t *testing.T) {
	c := limits.KMS()
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"vendor", c.Vendor, "alibaba"},
		{"CreateKey", [3]any{c.Create, c.CreateTags, c.MaxDescriptionChars}, [3]any{driver.Native, driver.Native, 8192}},
		{"CreateAlias", [3]any{c.Naming, c.Aliases, c.Rename}, [3]any{driver.ByAlias, driver.Native, driver.Emulated}},
		{"UpdateKeyDescription", c.SetDescription, driver.Native},
		{"ListKeys: ids, pages to 100", [2]any{c.Details, c.MaxPage}, [2]any{driver.Emulated, 100}},
		{"TagResources", [2]any{c.Tags, c.Tag.Max}, [2]any{driver.Native, 20}},
		{"ScheduleKeyDeletion", [2]any{c.DeletionDays, c.DeletionNeedsDisabled}, [2]any{driver.Range{Min: 7, Max: 366}, false}},
		{"Encrypt: 6 KB", [2]any{c.Symmetric, c.MaxPlaintextBytes}, [2]any{driver.Native, 6144}},
		{"EncryptionContext", c.Context, driver.ContextRule{MaxChars: 8192}},
		{"GenerateDataKey", [2]any{c.DataKeys, c.DataKeyBytes}, [2]any{driver.Native, driver.Range{Min: 1, Max: 1024}}},
		{"GenerateDataKeyWithoutPlaintext", c.WrappedDataKeys, driver.Native},
		{"Decrypt opens data keys", c.DataKeyDecrypt, driver.None},
		{"ReEncrypt", c.ReEncrypt, driver.Native},
		{"AsymmetricEncrypt, AsymmetricDecrypt", [2]any{c.Asymmetric, c.AsymmetricEncrypt}, [2]any{driver.Native, driver.Native}},
		{"AsymmetricSign: digests, versions", [4]any{c.Sign, c.MaxMessageBytes, c.PublicKey, c.KeyVersions}, [4]any{driver.Native, 0, driver.Native, driver.Native}},
		{"UpdateRotationPolicy", [2]any{c.Rotation, c.RotationDays}, [2]any{driver.Native, driver.Range{Min: 7, Max: 365}}},
		{"CreateKeyVersion: pairs only", c.RotateNow, driver.None},
		{"GetParametersForImport", fmt.Sprint(c.Import, c.Wrapping), fmt.Sprint(driver.Native, []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256})},
		{"GetRandomPassword is none", [2]any{c.Random, c.MaxRandomBytes}, [2]any{driver.None, 0}},
	} {
		if fact.got != fact.want {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
}

func TestKMSNames(t *testing.T) {
	c := limits.KMS()
	long := strings.Repeat("n", 249)
	for name, accepted := range map[string]bool{
		"orders": true, "Orders-2025_b": true, "0": true, "a--b_": true, "ac": true, "xacs": true, long: true,
		"": false, long + "n": false, "acs": false, "acs-x": false, "-a": false, "_a": false, "a/b": false, "alias/a": false, "a b": false, "a.b": false, "订单": false,
	} {
		if err := c.Name.Check("key name", name); (err == nil) != accepted {
			t.Errorf("%q: %v", name, err)
		}
	}
	tag := strings.Repeat("t", 128)
	for key, accepted := range map[string]bool{
		"team": true, `a/\_-.+=:@`: true, "ali": true, "acs": true, tag: true,
		tag + "t": false, "aliyun": false, "aliyun-x": false, "acs:x": false, "a b": false, "团队": false, "a*": false,
	} {
		if err := c.Tag.Key.Check("tag key", key); (err == nil) != accepted {
			t.Errorf("tag %q: %v", key, err)
		}
	}
	for value, accepted := range map[string]bool{"aliyun": true, tag: true, tag + "t": false, "a,b": false} {
		if err := c.Tag.Value.Check("tag value", value); (err == nil) != accepted {
			t.Errorf("value %q: %v", value, err)
		}
	}
}

// The keys and what they can do, from the pages "Key types and specifications", AsymmetricSign and AsymmetricEncrypt.
func TestKMSKeys(t *testing.T) {
	want := []string{
		"AES_256 ENCRYPT_DECRYPT", "SM4 ENCRYPT_DECRYPT",
		"RSA_2048 ENCRYPT_DECRYPT RSA_OAEP_SHA256", "RSA_2048 SIGN_VERIFY RSA_PSS_SHA256 RSA_PKCS1_SHA256",
		"RSA_3072 ENCRYPT_DECRYPT RSA_OAEP_SHA256", "RSA_3072 SIGN_VERIFY RSA_PSS_SHA256 RSA_PKCS1_SHA256",
		"RSA_4096 ENCRYPT_DECRYPT RSA_OAEP_SHA256", "RSA_4096 SIGN_VERIFY RSA_PSS_SHA256 RSA_PKCS1_SHA256",
		"EC_P256 SIGN_VERIFY ECDSA_SHA256", "EC_SECP256K1 SIGN_VERIFY ECDSA_SHA256",
		"SM2 ENCRYPT_DECRYPT SM2_ENCRYPT", "SM2 SIGN_VERIFY SM2_SM3",
	}
	var got []string
	for _, k := range limits.KMS().Keys {
		text := string(k.Spec) + " " + string(k.Usage)
		for _, s := range k.Signatures {
			if s.Message != driver.None || s.Digest != driver.Native {
				t.Errorf("%s of %s: %+v", s.Algorithm, k.Spec, s)
			}
			text += " " + string(s.Algorithm)
		}
		for _, e := range k.Encryptions {
			text += " " + string(e)
		}
		got = append(got, text)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
