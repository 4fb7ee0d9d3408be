package driver_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// The words are stored in configurations and frames, and so never change.
func TestWords(t *testing.T) {
	t.Parallel()
	words := map[string]string{
		string(driver.AES256): "AES_256", string(driver.SM4): "SM4", string(driver.RSA2048): "RSA_2048", string(driver.RSA3072): "RSA_3072",
		string(driver.RSA4096): "RSA_4096", string(driver.ECP256): "EC_P256", string(driver.ECP384): "EC_P384",
		string(driver.ECSecp256k1): "EC_SECP256K1", string(driver.SM2): "SM2",
		string(driver.EncryptDecrypt): "ENCRYPT_DECRYPT", string(driver.SignVerify): "SIGN_VERIFY",
		string(driver.Enabled): "Enabled", string(driver.Disabled): "Disabled", string(driver.PendingDeletion): "PendingDeletion",
		string(driver.PendingImport): "PendingImport", string(driver.Unavailable): "Unavailable", string(driver.Archived): "Archived",
		string(driver.FromProvider): "PROVIDER", string(driver.External): "EXTERNAL",
		string(driver.RSAPSSSHA256): "RSA_PSS_SHA256", string(driver.RSAPSSSHA384): "RSA_PSS_SHA384", string(driver.RSAPSSSHA512): "RSA_PSS_SHA512",
		string(driver.RSAPKCS1SHA256): "RSA_PKCS1_SHA256", string(driver.RSAPKCS1SHA384): "RSA_PKCS1_SHA384", string(driver.RSAPKCS1SHA512): "RSA_PKCS1_SHA512",
		string(driver.ECDSASHA256): "ECDSA_SHA256", string(driver.ECDSASHA384): "ECDSA_SHA384", string(driver.SM2SM3): "SM2_SM3",
		string(driver.RSAOAEPSHA256): "RSA_OAEP_SHA256", string(driver.SM2Encrypt): "SM2_ENCRYPT",
		string(driver.KindData): "data", string(driver.KindDataKey): "datakey", string(driver.KindAsymmetric): "asymmetric", string(driver.KindText): "text",
	}
	for got, want := range words {
		if got != want {
			t.Errorf("a word is %q, want %q", got, want)
		}
	}
	if len(words) != 34 {
		t.Errorf("%d words differ from each other, want 34", len(words))
	}
	if driver.ByLabel != 0 {
		t.Error("names are labels unless a driver says otherwise")
	}
}

// Each method of a driver takes a context and a pointer to a request, and gives a pointer to a response, so that both can
// grow.
func TestMethodShapes(t *testing.T) {
	t.Parallel()
	types := []reflect.Type{
		reflect.TypeFor[driver.Service](), reflect.TypeFor[driver.Creator](), reflect.TypeFor[driver.Renamer](), reflect.TypeFor[driver.Describer](),
		reflect.TypeFor[driver.Aliaser](), reflect.TypeFor[driver.Tagger](), reflect.TypeFor[driver.Rotator](), reflect.TypeFor[driver.RotationPeriodSetter](),
		reflect.TypeFor[driver.ImmediateRotator](), reflect.TypeFor[driver.VersionLister](), reflect.TypeFor[driver.Importer](),
		reflect.TypeFor[driver.SymmetricCipher](), reflect.TypeFor[driver.DataKeyGenerator](), reflect.TypeFor[driver.WrappedDataKeyGenerator](),
		reflect.TypeFor[driver.DataKeyDecrypter](), reflect.TypeFor[driver.ReEncrypter](), reflect.TypeFor[driver.AsymmetricCipher](),
		reflect.TypeFor[driver.AsymmetricEncrypter](), reflect.TypeFor[driver.Signer](), reflect.TypeFor[driver.PublicKeyGetter](), reflect.TypeFor[driver.RandomSource](),
	}
	declaring := []string{"Capabilities", "Operations"}
	var methods int
	for _, typ := range types {
		for i := range typ.NumMethod() {
			m := typ.Method(i)
			if slices.Contains(declaring, m.Name) {
				continue
			}
			methods++
			f := m.Type
			if f.NumIn() != 2 || f.NumOut() != 2 || f.In(0) != reflect.TypeFor[context.Context]() || f.Out(1) != reflect.TypeFor[error]() ||
				f.In(1).Kind() != reflect.Pointer || f.In(1).Elem().Kind() != reflect.Struct ||
				f.Out(0).Kind() != reflect.Pointer || f.Out(0).Elem().Kind() != reflect.Struct {
				t.Errorf("%v.%s is %v", typ, m.Name, f)
			}
		}
	}
	if methods != 35 {
		t.Errorf("there are %d methods, want one for each of the 35 operations", methods)
	}
}

func TestOperationNames(t *testing.T) {
	t.Parallel()
	names := []string{
		driver.OpCreateKey, driver.OpDescribeKey, driver.OpListKeys, driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion,
		driver.OpCancelDeletion, driver.OpRename, driver.OpSetDescription, driver.OpListAliases, driver.OpCreateAlias, driver.OpDeleteAlias,
		driver.OpListTags, driver.OpSetTags, driver.OpRemoveTags, driver.OpGetRotation, driver.OpSetRotation, driver.OpSetRotationPeriod,
		driver.OpRotateNow, driver.OpListVersions, driver.OpImportParameters, driver.OpImportKeyMaterial, driver.OpDeleteKeyMaterial,
		driver.OpEncrypt, driver.OpDecrypt, driver.OpGenerateDataKey, driver.OpGenerateWrappedKey, driver.OpDecryptDataKey, driver.OpReEncrypt,
		driver.OpAsymmetricEncrypt, driver.OpAsymmetricDecrypt, driver.OpSign, driver.OpVerify, driver.OpPublicKey, driver.OpRandom,
	}
	seen := map[string]bool{}
	for _, name := range names {
		if len(name) < 5 || name[:4] != "kms." || seen[name] {
			t.Errorf("an operation is called %q", name)
		}
		seen[name] = true
	}
}
