package kms_test

import (
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// TestContextText compares with what Python's json.dumps writes with ensure_ascii=False, sort_keys=True and
// separators=(",", ":").
func TestContextText(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	for want, given := range map[string]kms.Context{
		"":                      nil,
		`{"order":"17"}`:        {"order": "17"},
		`{"":"","A":"","a":""}`: {"a": "", "A": "", "": ""},
		"{\"\":\"😀\",\"a<b>&\":\"\u2028\x7f\",\"b\\\"\\\\\":\"\\u0000\\u0001\\u001f\\b\\f\\n\\r\\t/\",\"é\":\"键\"}": {
			"": "😀", "é": "键", "b\"\\": "\x00\x01\x1f\b\f\n\r\t/", "a<b>&": "\u2028\x7f"},
	} {
		ct, err := k.Encrypt(t.Context(), []byte("x"), given)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Decrypt(t.Context(), ct, given); err != nil {
			t.Error(err)
		}
		v.expectCalls(t, strings.TrimSpace("Encrypt k1 1 "+want), strings.TrimSpace("Decrypt k1 data "+want))
	}
	ct, err := k.Encrypt(t.Context(), []byte("x"), kms.Context{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Decrypt(t.Context(), ct); err != nil {
		t.Errorf("an empty context is not none: %v", err)
	}
	_, err = k.Decrypt(t.Context(), ct, kms.Context{"order": "17"})
	expectCode(t, err, errs.InvalidArgument)
}

// contextOf returns a context whose text has so many bytes: {"k":"…"}.
func contextOf(bytes int) kms.Context {
	return kms.Context{"k": strings.Repeat("v", bytes-len(`{"k":""}`))}
}

func TestContextBounds(t *testing.T) {
	t.Parallel()
	// 208 bytes, hashed by Python's hashlib.
	const digest = "sha256:45d42760c6eb08e8c419882c0e72d2f79d368377396c1aafe5c2af5c358ae91f"
	accents := kms.Context{"k": strings.Repeat("é", 20)} // 28 characters, 48 bytes
	for _, test := range []struct {
		name  string
		rule  driver.ContextRule
		given kms.Context
		want  string // what is sent; empty: errs.TooLarge
		says  string
	}{
		{"bytes at limit", driver.ContextRule{MaxBytes: 208}, contextOf(208), `{"k":"` + strings.Repeat("v", 200) + `"}`, ""},
		{"bytes over limit", driver.ContextRule{MaxBytes: 207}, contextOf(208), "", "208 bytes as JSON, at most 207"},
		{"chars at limit", driver.ContextRule{MaxChars: 28}, accents, `{"k":"` + strings.Repeat("é", 20) + `"}`, ""},
		{"chars over limit", driver.ContextRule{MaxChars: 27}, accents, "", "28 characters as JSON, at most 27"},
		{"characters are not bytes", driver.ContextRule{MaxBytes: 47, MaxChars: 28}, accents, "", "48 bytes as JSON, at most 47"},
		{"digest not needed", driver.ContextRule{MaxBytes: 208, Digest: true}, contextOf(208), `{"k":"` + strings.Repeat("v", 200) + `"}`, ""},
		{"digest for bytes", driver.ContextRule{MaxBytes: 207, Digest: true}, contextOf(208), digest, ""},
		{"digest for chars", driver.ContextRule{MaxChars: 207, Digest: true}, contextOf(208), digest, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVault("cloud")
			v.addAES("k1")
			v.caps.Context = test.rule
			k := openKey(t, openVault(t, v.lean()), "k1")
			ct, err := k.Encrypt(t.Context(), []byte("x"), test.given)
			if test.want == "" {
				expectCode(t, err, errs.TooLarge, test.says)
				_, err = k.GenerateDataKey(t.Context(), 16, test.given)
				expectCode(t, err, errs.TooLarge, test.says)
				ct, _ := kms.NativeCiphertext(kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindData}, []byte("E:k1:"))
				_, err = k.Decrypt(t.Context(), ct, test.given)
				expectCode(t, err, errs.TooLarge, test.says)
				v.expectCalls(t)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if plaintext, err := k.Decrypt(t.Context(), ct, test.given); err != nil || string(plaintext) != "x" {
				t.Errorf("decrypted %q, %v", plaintext, err)
			}
			v.expectCalls(t, "Encrypt k1 1 "+test.want, "Decrypt k1 data "+test.want)
		})
	}
}

func TestContextNotUTF8(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	for _, given := range []kms.Context{{"k": "\xff"}, {"\xff": "v"}} {
		_, err := k.Encrypt(t.Context(), []byte(canary), given)
		expectCode(t, err, errs.InvalidArgument, "not valid UTF-8")
	}
	v.expectCalls(t)
}

func TestOptionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	ct, err := k.Encrypt(t.Context(), []byte("x"), nil) // a nil option says nothing
	if err != nil {
		t.Fatal(err)
	}
	v.expectCalls(t, "Encrypt k1 1")
	encrypt := func(opts ...kms.CryptOption) error {
		_, err := k.Encrypt(t.Context(), []byte(canary), opts...)
		return err
	}
	expectCode(t, encrypt(kms.Context{}, kms.Context{}), errs.InvalidArgument, "Context is given twice")
	expectCode(t, encrypt(kms.WithAlgorithm(kms.SM2Encrypt), kms.WithAlgorithm(kms.SM2Encrypt)), errs.InvalidArgument, "WithAlgorithm is given twice")
	expectCode(t, encrypt(kms.OldContext(nil)), errs.InvalidArgument, "no option OldContext")
	expectCode(t, encrypt(kms.ThroughPlaintext()), errs.InvalidArgument, "no option ThroughPlaintext")
	for _, opt := range []kms.CryptOption{kms.WithAlgorithm(kms.SM2Encrypt), kms.OldContext(nil), kms.ThroughPlaintext()} {
		_, err := k.Decrypt(t.Context(), ct, opt)
		expectCode(t, err, errs.InvalidArgument, "no option")
		_, err = k.GenerateDataKey(t.Context(), 16, opt)
		expectCode(t, err, errs.InvalidArgument, "no option")
		_, err = k.GenerateDataKeyWithoutPlaintext(t.Context(), 16, opt)
		expectCode(t, err, errs.InvalidArgument, "no option")
		_, err = k.ReEncrypt(t.Context(), ct, opt, opt)
		expectCode(t, err, errs.InvalidArgument, "is given twice")
	}
	v.expectCalls(t)
}
