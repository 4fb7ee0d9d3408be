package local

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func testRoot(t testing.TB) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	root, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// The format of a file must not change unnoticed.
func TestKeyRecordEncoding(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	whole := keyRecord{
		Name: "n", Description: "d", Spec: kmsdriver.AES256, Usage: kmsdriver.EncryptDecrypt, Origin: kmsdriver.External, Enabled: true, Created: at,
		Aliases: []string{"a"}, Tags: map[string]string{"k": "v"}, Deletion: at, Expiry: at, RotationDays: 30, RotationSince: at,
		Versions: []versionRecord{{Created: at, Public: []byte("p")}}, Imported: []byte("i"), Missing: true,
	}
	for want, k := range map[string]keyRecord{
		"\x01" + `{"name":"n","description":"d","spec":"AES_256","usage":"ENCRYPT_DECRYPT","origin":"EXTERNAL","enabled":true,` +
			`"created":"2026-03-01T12:00:00.0000005Z","aliases":["a"],"tags":{"k":"v"},"deletion":"2026-03-01T12:00:00.0000005Z",` +
			`"expiry":"2026-03-01T12:00:00.0000005Z","rotationDays":30,"rotationSince":"2026-03-01T12:00:00.0000005Z",` +
			`"versions":[{"created":"2026-03-01T12:00:00.0000005Z","public":"cA=="}],"imported":"aQ==","missing":true}`: whole,
		"\x01" + `{"spec":"SM4","usage":"ENCRYPT_DECRYPT","origin":"PROVIDER","enabled":false,"created":"2026-03-01T12:00:00.0000005Z"}`: {
			Spec: kmsdriver.SM4, Usage: kmsdriver.EncryptDecrypt, Origin: kmsdriver.FromProvider, Created: at,
		},
	} {
		got, err := encodeJSON(&k)
		if err != nil || string(got) != want {
			t.Errorf("encoded %s, %v, want %s", got, err, want)
		}
		var again keyRecord
		if err := decodeJSON([]byte(want), &again); err != nil || !reflect.DeepEqual(again, k) {
			t.Errorf("decoded %+v, %v", again, err)
		}
	}
	if got := materialPlace("abc", 258); got != "\x00\x03abc\x00\x00\x00\x00\x00\x00\x01\x02" {
		t.Errorf("the material is at %q", got)
	}
	if got := string(blobHead(blobDataKey, "abc", 258)); got != "clk\x01k\x00\x03abc\x00\x00\x00\x00\x00\x00\x01\x02" {
		t.Errorf("a ciphertext begins %q", got)
	}
	if got := string(sealedFor("b", "p")); got != "crosscloud kms 1\x00b\x00p" {
		t.Errorf("a record is sealed for %q", got)
	}
}

// Records that are well sealed may still be none of a key.
func TestKeyRecordsThatAreNone(t *testing.T) {
	root := testRoot(t)
	const start = "\x01" + `{"spec":"AES_256","usage":"ENCRYPT_DECRYPT","origin":"PROVIDER","enabled":true,"created":"2026-03-01T12:00:00Z",`
	const version = `"versions":[{"created":"2026-03-01T12:00:00Z"}]`
	if _, err := decodeKey(root, "k", seal(root, keyBucket, "k", []byte(start+version+"}"))); err != nil {
		t.Fatal(err)
	}
	for what, content := range map[string]string{
		"nothing": "", "no JSON": "\x01", "another version": "\x02{}", "no key": "\x01{}", "no version": start + `"name":"n"}`,
		"an unknown field": start + version + `,"colour":1}`, "two objects": start + version + "}{}", "a negative period": start + version + `,"rotationDays":-1}`,
		"a public key of a symmetric key": start + `"versions":[{"created":"2026-03-01T12:00:00Z","public":"cA=="}]}`,
		"material that cannot be missing": start + version + `,"missing":true}`,
		"a pair without public key":       "\x01" + `{"spec":"EC_P256","usage":"SIGN_VERIFY","origin":"PROVIDER","enabled":true,"created":"2026-03-01T12:00:00Z",` + version + "}",
		"an unknown origin":               "\x01" + `{"spec":"AES_256","usage":"ENCRYPT_DECRYPT","origin":"MOON","enabled":true,"created":"2026-03-01T12:00:00Z",` + version + "}",
		"an unknown spec":                 "\x01" + `{"spec":"DES","usage":"ENCRYPT_DECRYPT","origin":"PROVIDER","enabled":true,"created":"2026-03-01T12:00:00Z",` + version + "}",
	} {
		_, err := decodeKey(root, "k", seal(root, keyBucket, "k", []byte(content)))
		if errs.CodeOf(err) != errs.Corrupt || !errors.Is(err, errRecord) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
