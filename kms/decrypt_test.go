package kms_test

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// TestDecryptRouting: a ciphertext goes to the key that it names, with the service of that key.
func TestDecryptRouting(t *testing.T) {
	t.Parallel()
	one, two := newVault("cloud"), newVault("other")
	one.addAES("k1")
	one.addAES("k2")
	one.addAES("k3")
	two.addAES("k9")
	two.caps.Context = driver.ContextRule{MaxBytes: 1, Digest: true} // the rule is that of the key's own provider
	first, second := openVault(t, one.lean()), openVault(t, two.full())
	third := openKey(t, first, "k3")
	opener := openKey(t, first, "k2", kms.DecryptWith(third))
	foreign := openKey(t, second, "k9")
	k := openKey(t, first, "k1", kms.DecryptWith(opener, foreign))
	with := kms.Context{"a": "b"}
	encrypt := func(by *kms.Key) kms.Ciphertext {
		ct, err := by.Encrypt(t.Context(), []byte(canary), with)
		if err != nil {
			t.Fatal(err)
		}
		return ct
	}
	own, old, elsewhere, stranger := encrypt(k), encrypt(opener), encrypt(foreign), encrypt(third)
	one.calls, two.calls = nil, nil
	for _, ct := range []kms.Ciphertext{own, old, elsewhere} {
		plaintext, err := k.Decrypt(t.Context(), ct, with)
		if err != nil || string(plaintext) != canary {
			t.Errorf("%v: %q, %v", ct, plaintext, err)
		}
	}
	one.expectCalls(t, `Decrypt k1 data {"a":"b"}`, `Decrypt k2 data {"a":"b"}`)
	two.expectCalls(t, "Decrypt k9 data sha256:db4a7ecb114bc66c623a06c4ff6fe8daa2f49cc270ebbf7a1f81e22ab061c837")

	data, err := foreign.GenerateDataKey(t.Context(), 32)
	if err != nil {
		t.Fatal(err)
	}
	two.calls = nil
	if plaintext, err := k.Decrypt(t.Context(), data.Ciphertext()); err != nil || string(plaintext) != string(data.Plaintext()) {
		t.Error(err)
	}
	two.expectCalls(t, "DecryptDataKey k9 32")

	// Another key's: the candidates are described once each, for their ids may be aliases, then never again.
	for i := range 2 {
		_, err = k.Decrypt(t.Context(), stranger, with)
		expectCode(t, err, errs.InvalidArgument, `cloud with the key "k3"`, `(cloud, "k1")`, "DecryptWith", "decrypt_with in a configuration")
		if i == 0 {
			one.expectCalls(t, "Describe k1", "Describe k2")
		}
	}
	one.expectCalls(t)
	two.expectCalls(t)

	// Another vendor's: nothing is sent.
	fresh := openKey(t, first, "k1", kms.DecryptWith(openKey(t, first, "k2")))
	_, err = fresh.Decrypt(t.Context(), elsewhere, with)
	expectCode(t, err, errs.InvalidArgument, `other with the key "k9"`)
	for _, none := range []kms.Ciphertext{{}, {Vendor: "cloud", KeyID: "k1", Kind: kms.KindData}} {
		_, err = fresh.Decrypt(t.Context(), none)
		expectCode(t, err, errs.InvalidArgument, "not a ciphertext")
	}
	unnamed := native(t, kms.Ciphertext{Vendor: "other", Kind: kms.KindData}, "x")
	_, err = k.Decrypt(t.Context(), unnamed) // which opener it should be is not guessed
	expectCode(t, err, errs.InvalidArgument)
	one.expectCalls(t)
	two.expectCalls(t)
}

// TestDecryptByAlias: a handle by alias finds out by one description whose ciphertexts are its own.
func TestDecryptByAlias(t *testing.T) {
	t.Parallel()
	v, byID := leanKey(t)
	v.aliases["alias/orders"] = "k1"
	ct, err := byID.Encrypt(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	v.calls = nil
	byAlias := openKey(t, byID.Service(), "alias/orders")
	for range 2 {
		if _, err := byAlias.Decrypt(t.Context(), ct); err != nil {
			t.Error(err)
		}
	}
	v.expectCalls(t, "Describe alias/orders", "Decrypt k1 data", "Decrypt k1 data")

	// A ciphertext that names the key by an alias: what the provider answers is the key's own id.
	named := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "alias/orders", Kind: kms.KindData}, string(ct.Native()))
	fresh := openKey(t, byID.Service(), "alias/orders")
	if _, err := fresh.Decrypt(t.Context(), named); err != nil {
		t.Error(err)
	}
	v.expectCalls(t, "Decrypt alias/orders data", "Describe alias/orders")

	// Where the description fails, nobody knows whose it is.
	v.fail = func(op string) error {
		if op == driver.OpDescribeKey {
			return errs.Refuse(errs.PermissionDenied, "may not describe")
		}
		return nil
	}
	_, err = openKey(t, byID.Service(), "alias/orders").Decrypt(t.Context(), ct)
	expectCode(t, err, errs.PermissionDenied, driver.OpDescribeKey)
	v.expectCalls(t, "Describe alias/orders")
	v.fail, v.bend = nil, func(_ string, res any) {
		if described, ok := res.(*driver.DescribeKeyResponse); ok {
			described.Key.ID = ""
		}
	}
	_, err = openKey(t, byID.Service(), "alias/orders").Decrypt(t.Context(), ct)
	expectCode(t, err, errs.Corrupt)
}

// TestDecryptAnswers: plaintext that cannot be right is overwritten and not passed on.
func TestDecryptAnswers(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	v.addAES("k2")
	v.aliases["alias/orders"] = "k1"
	ct, err := k.Encrypt(t.Context(), []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	data, err := k.GenerateDataKey(t.Context(), 16)
	if err != nil {
		t.Fatal(err)
	}
	var answered []byte
	for what, test := range map[string]struct {
		ct    kms.Ciphertext
		spoil func(*driver.DecryptResponse)
		says  string
	}{
		"another key":      {ct, func(r *driver.DecryptResponse) { r.KeyID = "k2" }, `"k2", but the ciphertext is of "k1"`},
		"nothing":          {ct, func(r *driver.DecryptResponse) { r.Plaintext = nil }, "no plaintext"},
		"a short data key": {data.Ciphertext(), func(r *driver.DecryptResponse) { r.Plaintext = r.Plaintext[:15] }, "15 bytes, but 16"},
		"a long data key":  {data.Ciphertext(), func(r *driver.DecryptResponse) { r.Plaintext = append(r.Plaintext, 1) }, "17 bytes, but 16"},
	} {
		v.bend = func(_ string, res any) {
			if opened, ok := res.(*driver.DecryptResponse); ok {
				test.spoil(opened)
				answered = opened.Plaintext
			}
		}
		plaintext, err := k.Decrypt(t.Context(), test.ct)
		expectCode(t, err, errs.Corrupt, test.says)
		if plaintext != nil || !isZero(answered) {
			t.Errorf("%s: the plaintext is still there", what)
		}
	}
	v.bend = func(_ string, res any) {
		if opened, ok := res.(*driver.DecryptResponse); ok {
			opened.KeyID = "" // not every provider tells it
		}
	}
	if plaintext, err := k.Decrypt(t.Context(), ct); err != nil || string(plaintext) != canary {
		t.Errorf("%q, %v", plaintext, err)
	}
	// What another program encrypted may be empty.
	v.bend = func(_ string, res any) { res.(*driver.DecryptResponse).Plaintext = nil }
	text := native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindText}, string(ct.Native()))
	if plaintext, err := k.Decrypt(t.Context(), text); err != nil || len(plaintext) != 0 {
		t.Errorf("%q, %v", plaintext, err)
	}
}

// TestDecryptUnnamedKey: a blob without a known key is opened by this key, or not at all.
func TestDecryptUnnamedKey(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	v.addAES("k2")
	other := openKey(t, k.Service(), "k2")
	both := openKey(t, k.Service(), "k1", kms.DecryptWith(other))
	var blobs []kms.Ciphertext
	for _, by := range []*kms.Key{k, other} {
		ct, err := by.Encrypt(t.Context(), []byte(canary))
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, native(t, kms.Ciphertext{Vendor: "cloud", Kind: kms.KindText}, string(ct.Native())))
	}
	v.calls = nil
	if plaintext, err := both.Decrypt(t.Context(), blobs[0]); err != nil || string(plaintext) != canary {
		t.Errorf("%q, %v", plaintext, err)
	}
	v.expectCalls(t, "Decrypt k1 text")
	plaintext, err := both.Decrypt(t.Context(), blobs[1])
	expectCode(t, err, errs.InvalidArgument, "not this key's", "k2")
	if plaintext != nil {
		t.Error("decrypted with a key that was not asked for")
	}
}

// TestDecryptFailures pass through, and name the key that was asked.
func TestDecryptFailures(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	ct, err := k.Encrypt(t.Context(), []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	v.fail = func(string) error { return errs.Refuse(errs.Conflict, "the key is disabled") }
	_, err = k.Decrypt(t.Context(), ct)
	expectCode(t, err, errs.Conflict, "fake kms.Decrypt \"k1\"", "disabled")
}

// TestDecryptSameIDElsewhere: an id says nothing without its vendor.
func TestDecryptSameIDElsewhere(t *testing.T) {
	t.Parallel()
	one, two := newVault("cloud"), newVault("other")
	one.addAES("k1")
	two.addAES("k0")
	two.addAES("k1")
	service := openVault(t, one.lean())
	foreign := openKey(t, openVault(t, two.lean()), "k1")
	ct, err := foreign.Encrypt(t.Context(), []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	two.calls = nil
	_, err = openKey(t, service, "k1").Decrypt(t.Context(), ct)
	expectCode(t, err, errs.InvalidArgument, `other with the key "k1"`)
	one.expectCalls(t)
	plaintext, err := openKey(t, service, "k1", kms.DecryptWith(foreign)).Decrypt(t.Context(), ct)
	if err != nil || string(plaintext) != canary {
		t.Errorf("%q, %v", plaintext, err)
	}
	one.expectCalls(t)
	two.expectCalls(t, "Decrypt k1 data")
}
