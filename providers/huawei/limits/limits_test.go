package limits_test

import (
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/huawei/limits"
)

func TestKMS(t *testing.T) {
	c := limits.KMS()
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"frames of ciphertexts", c.Vendor, "huawei"},
		{"Creating a Key", [2]any{c.Create, c.Naming}, [2]any{driver.Native, driver.ByLabel}},
		{"Creating a Key: longest name", c.Name.MaxChars, 255},
		{"Changing a Key Alias", c.Rename, driver.Native},
		{"Changing the Description of a Key", [3]any{c.SetDescription, c.MaxDescriptionChars, c.MaxDescriptionBytes}, [3]any{driver.Native, 255, 0}},
		{"Querying the List of Keys", [2]any{c.Details, c.MaxPage}, [2]any{driver.Native, 100}},
		{"tags after creation", [3]any{c.CreateTags, c.Tags, c.Tag.Max}, [3]any{driver.Emulated, driver.Native, 10}},
		{"lengths of tags", [2]int{c.Tag.Key.MaxChars, c.Tag.Value.MaxChars}, [2]int{36, 43}},
		{"Creating an Alias", c.Aliases, driver.Native},
		{"Scheduling the Deletion of a Key", [2]any{c.DeletionDays, c.DeletionNeedsDisabled}, [2]any{driver.Range{Min: 7, Max: 1096}, false}},
		{"Encrypting Data: 4096 bytes of base64", [2]any{c.Symmetric, c.MaxPlaintextBytes}, [2]any{driver.Native, 4096 / 4 * 3}},
		{"additional_authenticated_data", c.Context, driver.ContextRule{MaxBytes: 128, Digest: true}},
		{"Creating a DEK: 8 to 8192 bits", [2]any{c.DataKeys, c.DataKeyBytes}, [2]any{driver.Native, driver.Range{Min: 1, Max: 8192 / 8}}},
		{"data keys by requests of their own", [2]any{c.WrappedDataKeys, c.DataKeyDecrypt}, [2]any{driver.Native, driver.Native}},
		{"ReEncrypt", c.ReEncrypt, driver.Native},
		{"key pairs: text only by the vendor", [2]any{c.Asymmetric, c.AsymmetricEncrypt}, [2]any{driver.Native, driver.Emulated}},
		{"Signing a Message: less than 4096", [2]any{c.Sign, c.MaxMessageBytes}, [2]any{driver.Native, 4095}},
		{"Querying Public Key Information", [2]any{c.PublicKey, c.KeyVersions}, [2]any{driver.Native, driver.None}},
		{"rotation in two requests", [3]any{c.Rotation, c.RotationDays, c.RotateNow}, [3]any{driver.Emulated, driver.Range{Min: 30, Max: 365}, driver.None}},
		{"Obtaining Key Import Parameters", c.Import, driver.Native},
		{"Creating a Random Number: 8 to 8192 bits", [2]any{c.Random, c.MaxRandomBytes}, [2]any{driver.Native, 8192 / 8}},
	} {
		if !reflect.DeepEqual(fact.got, fact.want) {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
	if want := []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256, driver.SM2Encrypt}; !reflect.DeepEqual(c.Wrapping, want) {
		t.Error(c.Wrapping)
	}
}

// The names of page "Creating a Key" that are portable.
func TestNames(t *testing.T) {
	rule := limits.KMS().Name
	for name, good := range map[string]bool{
		"a": true, "9": true, "Orders_2026-eu": true, strings.Repeat("n", 255): true,
		"": false, "-a": false, "_a": false, "a/default": false, "alias/a": false, "a:b": false, "a b": false, "a.b": false, "é": false,
		strings.Repeat("n", 256): false,
	} {
		if err := rule.Check("name", name); (err == nil) != good {
			t.Errorf("%q: %v, want accepted %t", name, err, good)
		}
	}
}

// The rule of page "Adding or Deleting Key Tags in Batches".
func TestTags(t *testing.T) {
	rule := limits.KMS().Tag
	for text, good := range map[string]bool{
		"a": true, "键 é/?:": true, strings.Repeat("键", 36): true, strings.Repeat("键", 37): false, "a*": false, "<": false, ">": false, "=": false, `\`: false, "\x1f": false, "\n": false,
	} {
		if err := rule.Key.Check("tag key", text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
	if rule.Value.Check("tag value", strings.Repeat("值", 43)) != nil || rule.Value.Check("tag value", strings.Repeat("值", 44)) == nil || rule.Value.Check("tag value", "=") == nil {
		t.Error("the rule of values is another")
	}
}

// The kinds of keys of page "Creating a Key", with the algorithms of page "Signing a Message".
func TestKeys(t *testing.T) {
	rsa := "RSA_PSS_SHA256 RSA_PSS_SHA384 RSA_PSS_SHA512 RSA_PKCS1_SHA256 RSA_PKCS1_SHA384 RSA_PKCS1_SHA512"
	want := map[string]string{
		"AES_256 ENCRYPT_DECRYPT": "", "SM4 ENCRYPT_DECRYPT": "",
		"RSA_2048 ENCRYPT_DECRYPT": "RSA_OAEP_SHA256", "RSA_3072 ENCRYPT_DECRYPT": "RSA_OAEP_SHA256", "RSA_4096 ENCRYPT_DECRYPT": "RSA_OAEP_SHA256", "SM2 ENCRYPT_DECRYPT": "SM2_ENCRYPT",
		"RSA_2048 SIGN_VERIFY": rsa, "RSA_3072 SIGN_VERIFY": rsa, "RSA_4096 SIGN_VERIFY": rsa,
		"EC_P256 SIGN_VERIFY": "ECDSA_SHA256", "EC_P384 SIGN_VERIFY": "ECDSA_SHA384", "SM2 SIGN_VERIFY": "SM2_SM3",
	}
	got := map[string]string{}
	for _, k := range limits.KMS().Keys {
		var algorithms []string
		for _, a := range k.Encryptions {
			algorithms = append(algorithms, string(a))
		}
		for _, s := range k.Signatures {
			algorithms = append(algorithms, string(s.Algorithm))
			if message := s.Algorithm != driver.SM2SM3; s.Digest != driver.Native || (s.Message == driver.Native) != message {
				t.Errorf("%s: %+v", k.Spec, s)
			}
		}
		got[string(k.Spec)+" "+string(k.Usage)] = strings.Join(algorithms, " ")
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestNoVendorImport(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil || strings.Contains(string(out), "huaweicloud") {
		t.Errorf("%v: %s", err, out)
	}
}
