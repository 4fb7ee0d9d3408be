package kms_test

import (
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// reencryption is a service with the keys k1 and k2 and a key pair, and one of another vendor with the key k9.
type reencryption struct {
	v, other      *vault
	k1, k2, k9    *kms.Key // k2 and k9 open what k1 has made, k1 nothing but its own
	rsa, plainRSA *kms.Key // the same pair; the second opens nothing but its own
}

func newReencryption(t *testing.T, full bool) *reencryption {
	r := &reencryption{v: newVault("cloud"), other: newVault("other")}
	r.v.addAES("k1")
	r.v.addAES("k2")
	r.other.addAES("k9")
	r.v.addPair("rsa", map[bool]string{true: "1"}[full], rsaPair())
	drv := r.v.lean()
	if full {
		drv = r.v.full()
	}
	s := openVault(t, drv)
	r.k1, r.plainRSA = openKey(t, s, "k1"), openKey(t, s, "rsa")
	r.k2 = openKey(t, s, "k2", kms.DecryptWith(r.k1, r.plainRSA))
	r.rsa = openKey(t, s, "rsa", kms.DecryptWith(r.k1))
	r.k9 = openKey(t, openVault(t, r.other.lean()), "k9", kms.DecryptWith(r.k1))
	return r
}

func (r *reencryption) reset() { r.v.calls, r.other.calls = nil, nil }

func TestReEncryptThere(t *testing.T) {
	t.Parallel()
	r := newReencryption(t, true)
	old, fresh := kms.Context{"a": "old"}, kms.Context{"a": "new"}
	data, err := r.k1.GenerateDataKey(t.Context(), 32, old)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := r.k1.Encrypt(t.Context(), []byte(canary), old)
	if err != nil {
		t.Fatal(err)
	}
	text := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindText}, string(plain.Native()))
	for _, ct := range []kms.Ciphertext{data.Ciphertext(), plain, text} {
		for _, target := range []*kms.Key{r.k1, r.k2} {
			r.reset()
			// What is allowed but not needed is not done.
			made, err := target.ReEncrypt(t.Context(), ct, fresh, kms.OldContext(old), kms.ThroughPlaintext())
			if err != nil {
				t.Fatal(err)
			}
			r.v.expectCalls(t, "ReEncrypt k1 "+target.ID()+` {"a":"old"}>{"a":"new"}`)
			if made.Kind != ct.Kind || made.PlaintextBytes != ct.PlaintextBytes || made.KeyID != target.ID() || made.Vendor != "cloud" {
				t.Errorf("%v became %v", ct, made)
			}
			if _, err := target.Decrypt(t.Context(), made, fresh); err != nil {
				t.Error(err)
			}
		}
	}
	// The old context is not taken over.
	r.reset()
	made, err := r.k2.ReEncrypt(t.Context(), plain, kms.OldContext(old))
	if err != nil {
		t.Fatal(err)
	}
	r.v.expectCalls(t, `ReEncrypt k1 k2 {"a":"old"}>`)
	if got, err := r.k2.Decrypt(t.Context(), made); err != nil || string(got) != canary {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReEncryptHere(t *testing.T) {
	t.Parallel()
	old, fresh := kms.Context{"a": "old"}, kms.Context{"a": "new"}
	for _, test := range []struct {
		name   string
		full   bool // whether data keys are opened by a request of their own, and re-encryption is there
		target func(*reencryption) *kms.Key
		kind   kms.CiphertextKind // of the data key's successor
	}{
		{"same vendor, data keys open like data", false, func(r *reencryption) *kms.Key { return r.k2 }, kms.KindDataKey},
		{"another vendor", false, func(r *reencryption) *kms.Key { return r.k9 }, kms.KindData},
		{"from a vendor that re-encrypts to another", true, func(r *reencryption) *kms.Key { return r.k9 }, kms.KindData},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newReencryption(t, test.full)
			target := test.target(r)
			data, err := r.k1.GenerateDataKey(t.Context(), 32, old)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := r.k1.Encrypt(t.Context(), []byte(canary), old)
			if err != nil {
				t.Fatal(err)
			}
			r.reset()
			for _, ct := range []kms.Ciphertext{data.Ciphertext(), plain} {
				_, err := target.ReEncrypt(t.Context(), ct, fresh, kms.OldContext(old))
				expectCode(t, err, errs.Unsupported, "ThroughPlaintext")
			}
			r.v.expectCalls(t)
			r.other.expectCalls(t)

			made, err := target.ReEncrypt(t.Context(), data.Ciphertext(), fresh, kms.OldContext(old), kms.ThroughPlaintext())
			if err != nil {
				t.Fatal(err)
			}
			if made.Kind != test.kind || made.PlaintextBytes != map[kms.CiphertextKind]int{kms.KindDataKey: 32}[test.kind] {
				t.Errorf("the data key became %v", made)
			}
			if got, err := target.Decrypt(t.Context(), made, fresh); err != nil || string(got) != string(data.Plaintext()) {
				t.Error(err)
			}
			made, err = target.ReEncrypt(t.Context(), plain, fresh, kms.OldContext(old), kms.ThroughPlaintext())
			if err != nil || made.Kind != kms.KindData || made.KeyID != target.ID() {
				t.Fatalf("%v, %v", made, err)
			}
			if got, err := target.Decrypt(t.Context(), made, fresh); err != nil || string(got) != canary {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// TestReEncryptNotThere: a provider that has the request refuses it for this ciphertext, as some do where the version of
// the key is the same.
func TestReEncryptNotThere(t *testing.T) {
	t.Parallel()
	r := newReencryption(t, true)
	old, fresh := kms.Context{"a": "old"}, kms.Context{"a": "new"}
	plain, err := r.k1.Encrypt(t.Context(), []byte(canary), old)
	if err != nil {
		t.Fatal(err)
	}
	refuse := errs.Unsupported
	r.v.fail = func(op string) error {
		if op != driver.OpReEncrypt {
			return nil
		}
		return &errs.Error{Code: refuse, Outcome: errs.NotApplied, Message: "not this one"}
	}
	_, err = r.k1.ReEncrypt(t.Context(), plain, fresh, kms.OldContext(old))
	expectCode(t, err, errs.Unsupported, "not this one")
	made, err := r.k1.ReEncrypt(t.Context(), plain, fresh, kms.OldContext(old), kms.ThroughPlaintext())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.k1.Decrypt(t.Context(), made, fresh); err != nil || string(got) != canary {
		t.Errorf("%q, %v", got, err)
	}
	// Nothing else is a reason to fetch the plaintext.
	refuse = errs.PermissionDenied
	r.reset()
	_, err = r.k1.ReEncrypt(t.Context(), plain, fresh, kms.OldContext(old), kms.ThroughPlaintext())
	expectCode(t, err, errs.PermissionDenied, "not this one")
	r.v.expectCalls(t, `ReEncrypt k1 k1 {"a":"old"}>{"a":"new"}`)
}

// TestReEncryptSameVendorOtherAccount: one vendor, two accounts. Its data keys are opened by a request of their own,
// so that what Encrypt makes of one is data.
func TestReEncryptSameVendorOtherAccount(t *testing.T) {
	t.Parallel()
	r := newReencryption(t, true)
	account := newVault("cloud")
	account.addAES("k8")
	k8 := openKey(t, openVault(t, account.full()), "k8", kms.DecryptWith(r.k1))
	data, err := r.k1.GenerateDataKey(t.Context(), 32)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k8.ReEncrypt(t.Context(), data.Ciphertext())
	expectCode(t, err, errs.Unsupported, "ThroughPlaintext")
	account.expectCalls(t)
	made, err := k8.ReEncrypt(t.Context(), data.Ciphertext(), kms.ThroughPlaintext())
	if err != nil || made.Kind != kms.KindData || made.PlaintextBytes != 0 {
		t.Fatalf("%v, %v", made, err)
	}
	if got, err := k8.Decrypt(t.Context(), made); err != nil || string(got) != string(data.Plaintext()) {
		t.Error(err)
	}
}

func TestReEncryptPairs(t *testing.T) {
	t.Parallel()
	for _, full := range []bool{false, true} {
		r := newReencryption(t, full)
		plain, err := r.k1.Encrypt(t.Context(), []byte(canary), kms.Context{"a": "b"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.rsa.ReEncrypt(t.Context(), plain, kms.OldContext(kms.Context{"a": "b"}), kms.WithAlgorithm(kms.RSAOAEPSHA256))
		expectCode(t, err, errs.InvalidArgument, "ThroughPlaintext")
		sealed, err := r.rsa.ReEncrypt(t.Context(), plain, kms.OldContext(kms.Context{"a": "b"}), kms.WithAlgorithm(kms.RSAOAEPSHA256), kms.ThroughPlaintext())
		if err != nil || sealed.Kind != kms.KindAsymmetric || sealed.KeyID != "rsa" {
			t.Fatalf("%v, %v", sealed, err)
		}
		r.reset()
		_, err = r.k2.ReEncrypt(t.Context(), sealed)
		expectCode(t, err, errs.Unsupported, "ThroughPlaintext")
		r.v.expectCalls(t)
		back, err := r.k2.ReEncrypt(t.Context(), sealed, kms.ThroughPlaintext())
		if err != nil || back.Kind != kms.KindData || back.KeyID != "k2" {
			t.Fatalf("%v, %v", back, err)
		}
		if got, err := r.k2.Decrypt(t.Context(), back); err != nil || string(got) != canary {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// TestReEncryptRefusals: nothing is decrypted that could not be encrypted again.
func TestReEncryptRefusals(t *testing.T) {
	t.Parallel()
	r := newReencryption(t, false)
	plain, err := r.k1.Encrypt(t.Context(), []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := r.k9.Encrypt(t.Context(), []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.k1.GenerateDataKey(t.Context(), 64)
	if err != nil {
		t.Fatal(err)
	}
	small := newVault("small")
	small.addAES("k7")
	small.caps.MaxPlaintextBytes, small.caps.Context = 63, driver.ContextRule{MaxBytes: 9}
	k7 := openKey(t, openVault(t, small.lean()), "k7", kms.DecryptWith(r.k1))
	bare := openKey(t, openVault(t, bareVault{newVault("bare")}), "k0", kms.DecryptWith(r.k1))
	unnamed := native(t, kms.Ciphertext{Vendor: "cloud", Kind: kms.KindData}, "x")
	r.reset()
	for _, test := range []struct {
		name string
		key  *kms.Key
		ct   kms.Ciphertext
		opts []kms.CryptOption
		code errs.Code
		says string
	}{
		{"another vendor's", r.k2, foreign, nil, errs.InvalidArgument, `"k9"`},
		{"no key", r.k1, unnamed, nil, errs.InvalidArgument, "names no key"},
		{"no ciphertext", r.k1, kms.Ciphertext{}, nil, errs.InvalidArgument, "not a ciphertext"},
		{"a data key too long", k7, data.Ciphertext(), nil, errs.TooLarge, "64 bytes, at most 63"},
		{"a context too long", k7, plain, []kms.CryptOption{kms.Context{"a": "bcd"}}, errs.TooLarge, "at most 9"},
		{"an old context that is no text", k7, plain, []kms.CryptOption{kms.OldContext(kms.Context{"a": "\xff"})}, errs.InvalidArgument, "UTF-8"},
		{"a target without encryption", bare, plain, nil, errs.Unsupported, "no such operation"},
		{"a target without public keys", bare, plain, []kms.CryptOption{kms.WithAlgorithm(kms.SM2Encrypt)}, errs.Unsupported, "no such operation"},
		{"an unknown algorithm", r.rsa, plain, []kms.CryptOption{kms.WithAlgorithm("RSA")}, errs.Unsupported, "RSA"},
		{"a context for a pair", r.rsa, plain, []kms.CryptOption{kms.WithAlgorithm(kms.SM2Encrypt), kms.Context{"a": "b"}}, errs.Unsupported, "symmetric"},
	} {
		_, err := test.key.ReEncrypt(t.Context(), test.ct, append(test.opts, kms.ThroughPlaintext())...)
		if t.Run(test.name, func(t *testing.T) { expectCode(t, err, test.code, test.says) }); t.Failed() {
			return
		}
	}
	r.v.expectCalls(t)
	r.other.expectCalls(t)
	small.expectCalls(t)
}

func TestReEncryptAnswers(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*driver.Ciphertext){
		"the old key":  func(c *driver.Ciphertext) { c.KeyID = "k1" },
		"another kind": func(c *driver.Ciphertext) { c.Kind = driver.KindDataKey },
		"no blob":      func(c *driver.Ciphertext) { c.Blob = nil },
	} {
		r := newReencryption(t, true)
		ct, err := r.k1.Encrypt(t.Context(), []byte(canary))
		if err != nil {
			t.Fatal(err)
		}
		r.v.bend = func(_ string, res any) {
			if made, ok := res.(*driver.ReEncryptResponse); ok {
				spoil(&made.Ciphertext)
			}
		}
		_, err = r.k2.ReEncrypt(t.Context(), ct)
		if errs.CodeOf(err) != errs.Corrupt {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestReEncryptByAlias: the old key and the new one may be one key under two names.
func TestReEncryptByAlias(t *testing.T) {
	t.Parallel()
	r := newReencryption(t, true)
	r.v.aliases["alias/orders"] = "k1"
	byAlias := openKey(t, r.k1.Service(), "alias/orders", kms.DecryptWith(r.k1))
	ct, err := r.k1.Encrypt(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.reset()
	made, err := byAlias.ReEncrypt(t.Context(), ct)
	if err != nil || made.KeyID != "k1" {
		t.Errorf("%v, %v", made, err)
	}
	r.v.expectCalls(t, "ReEncrypt k1 alias/orders >", "Describe alias/orders")
	r.v.fail = func(op string) error {
		if op == driver.OpDescribeKey {
			return errs.Refuse(errs.PermissionDenied, "not allowed")
		}
		return nil
	}
	_, err = openKey(t, r.k1.Service(), "alias/orders", kms.DecryptWith(r.k1)).ReEncrypt(t.Context(), ct)
	expectCode(t, err, errs.PermissionDenied)
	r.v.fail = func(string) error { return errs.Refuse(errs.Conflict, "the key is disabled") }
	_, err = r.k2.ReEncrypt(t.Context(), ct)
	expectCode(t, err, errs.Conflict, "disabled")
}

// TestReEncryptNamesTheKey: where the provider does not tell the new key, the ciphertext names it and not the alias that
// the handle has, so that it is opened by any handle on the key, and after the alias has been moved.
func TestReEncryptNamesTheKey(t *testing.T) {
	t.Parallel()
	r := newReencryption(t, true)
	r.v.aliases["alias/orders"] = "k2"
	byAlias := openKey(t, r.k1.Service(), "alias/orders", kms.DecryptWith(r.k1))
	ct, err := r.k1.Encrypt(t.Context(), []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	r.v.bend = func(_ string, res any) {
		if made, ok := res.(*driver.ReEncryptResponse); ok {
			made.Ciphertext.KeyID = "" // as Alibaba Cloud's
		}
	}
	r.reset()
	made, err := byAlias.ReEncrypt(t.Context(), ct)
	if err != nil || made.KeyID != "k2" {
		t.Fatalf("%v, %v", made, err)
	}
	r.v.expectCalls(t, "ReEncrypt k1 alias/orders >", "Describe alias/orders")
	r.v.aliases["alias/orders"] = "k1"
	if got, err := r.k2.Decrypt(t.Context(), made); err != nil || string(got) != canary {
		t.Errorf("%q, %v", got, err)
	}
}

// TestReEncryptLeavesNothing: the plaintext is overwritten, also when the second half fails.
func TestReEncryptLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		r := newReencryption(t, false)
		ct, err := r.k1.Encrypt(t.Context(), []byte(canary))
		if err != nil {
			t.Fatal(err)
		}
		var plaintext []byte
		r.v.bend = func(_ string, res any) {
			if opened, ok := res.(*driver.DecryptResponse); ok {
				plaintext = opened.Plaintext
			}
		}
		if fails {
			r.other.fail = func(string) error { return errs.Refuse(errs.Conflict, "the key is disabled") }
		}
		_, err = r.k9.ReEncrypt(t.Context(), ct, kms.ThroughPlaintext())
		if fails {
			expectCode(t, err, errs.Conflict)
		} else if err != nil {
			t.Error(err)
		}
		if len(plaintext) != len(canary) || !isZero(plaintext) {
			t.Error("the plaintext is left in memory")
		}
		if got := strings.Join(r.other.calls, " "); !strings.HasPrefix(got, "Encrypt k9 16") {
			t.Errorf("the target got %s", got)
		}
	}
}
