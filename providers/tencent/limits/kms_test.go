package limits_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

func TestKMS(t *testing.T) {
	c := limits.KMS()
	none, emulated, native := driver.None, driver.Emulated, driver.Native
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"vendor of ciphertexts", c.Vendor, "tencent"},
		{"CreateKey: Alias", [3]any{c.Create, c.Naming, c.Rename}, [3]any{native, driver.ByLabel, native}},
		{"ListAlgorithms, by region", c.RegionalSpec, native},
		{"UpdateKeyDescription: 1024 bytes", [3]any{c.SetDescription, c.MaxDescriptionBytes, c.MaxDescriptionChars}, [3]any{native, 1024, 0}},
		{"ListKeyDetail: 200", [2]any{c.Details, c.MaxPage}, [2]any{native, 200}},
		{"CreateKey: Tags, and nothing for them later", [2]any{c.CreateTags, c.Tags}, [2]any{native, none}},
		{"651/33015: values", c.Tag.ValueRequired, true},
		{"651/13354: 50 tags", [3]any{c.Tag.Max, c.Tag.Key.MaxChars, c.Tag.Value.MaxChars}, [3]any{50, 127, 255}},
		{"one name", c.Aliases, none},
		{"ScheduleKeyDeletion: 7 to 30 days, disabled", [2]any{c.DeletionDays, c.DeletionNeedsDisabled}, [2]any{driver.Range{Min: 7, Max: 30}, true}},
		{"Encrypt: 4 KB", [2]any{c.Symmetric, c.MaxPlaintextBytes}, [2]any{native, 4096}},
		{"Encrypt: context of 1024 characters", c.Context, driver.ContextRule{MaxChars: 1024}},
		{"GenerateDataKey: 1 to 1024 bytes", [2]any{c.DataKeys, c.DataKeyBytes}, [2]any{native, driver.Range{Min: 1, Max: 1024}}},
		{"no data key without plaintext", [2]any{c.WrappedDataKeys, c.DataKeyDecrypt}, [2]any{emulated, none}},
		{"ReEncrypt", c.ReEncrypt, native},
		{"AsymmetricRsaDecrypt; encryption is the client's", [2]any{c.Asymmetric, c.AsymmetricEncrypt}, [2]any{native, emulated}},
		{"SignByAsymmetricKey: 4096 bytes", [2]any{c.Sign, c.MaxMessageBytes}, [2]any{native, 4096}},
		{"GetPublicKey", [2]any{c.PublicKey, c.KeyVersions}, [2]any{native, none}},
		{"EnableKeyRotation: 7 to 365 days", [2]any{c.Rotation, c.RotationDays}, [2]any{native, driver.Range{Min: 7, Max: 365}}},
		{"RotateKey", c.RotateNow, native},
		{"GetParametersForImport", [2]any{c.Import, fmt.Sprint(c.Wrapping)}, [2]any{native, "[RSA_OAEP_SHA256]"}},
		{"GenerateRandom: 1024 bytes", [2]any{c.Random, c.MaxRandomBytes}, [2]any{native, 1024}},
	} {
		if !reflect.DeepEqual(fact.got, fact.want) {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
}

// The kinds of keys, with what they can do; the two standards differ in symmetric keys alone.
func TestKMSKeys(t *testing.T) {
	for symmetric, c := range map[string]driver.Capabilities{"AES_256": limits.KMS(), "SM4": limits.KMSGuomi()} {
		var got []string
		for _, kind := range c.Keys {
			line := fmt.Sprint(kind.Spec, " ", kind.Usage, kind.Encryptions)
			for _, s := range kind.Signatures {
				line += fmt.Sprintf(" %s message %v digest %v", s.Algorithm, s.Message, s.Digest)
			}
			got = append(got, line)
		}
		want := []string{
			symmetric + " ENCRYPT_DECRYPT[]", "RSA_2048 ENCRYPT_DECRYPT[RSA_OAEP_SHA256]",
			"RSA_2048 SIGN_VERIFY[] RSA_PSS_SHA256 message native digest native RSA_PKCS1_SHA256 message native digest native",
			"EC_P256 SIGN_VERIFY[] ECDSA_SHA256 message native digest native",
			"SM2 ENCRYPT_DECRYPT[SM2_ENCRYPT]", "SM2 SIGN_VERIFY[] SM2_SM3 message native digest native",
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %s", symmetric, strings.Join(got, "\n"))
		}
	}
}

// The rule of page CreateKey, and that of tags.
func TestKMSNames(t *testing.T) {
	c := limits.KMS()
	for name, good := range map[string]bool{
		"a": true, "9": true, "A-b_9": true, "a--": true, "kms": true, "my-kms-key": true, strings.Repeat("n", 60): true,
		"": false, "-a": false, "_a": false, "kms-": false, "kms-orders": false, "a.b": false, "a/b": false, "é": false, "a b": false,
		strings.Repeat("n", 61): false,
	} {
		if err := c.Name.Check("name", name); (err == nil) != good {
			t.Errorf("name %q: %v, want accepted %t", name, err, good)
		}
	}
	for tag, good := range map[string]bool{
		"team": true, "+-=._:/@()[],;><": true, "项": true, "a b": true, strings.Repeat("项", 127): true,
		" a": false, "a ": false, "qcs:a": false, "project1": false, "项目": false, "a&b": false, "a\n": false, "": false, strings.Repeat("t", 128): false,
	} {
		if err := c.Tag.Key.Check("tag", tag); (err == nil) != good {
			t.Errorf("tag %q: %v, want accepted %t", tag, err, good)
		}
	}
	for value, good := range map[string]bool{"project1": true, strings.Repeat("v", 255): true, strings.Repeat("v", 256): false, "a|b": false} {
		if err := c.Tag.Value.Check("tag", value); (err == nil) != good {
			t.Errorf("value %q: %v, want accepted %t", value, err, good)
		}
	}
}
