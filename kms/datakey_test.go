package kms_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func TestDataKey(t *testing.T) {
	t.Parallel()
	for _, full := range []bool{false, true} {
		v := newVault("cloud")
		v.addAES("k1")
		drv, opens := v.lean(), `Decrypt k1 datakey {"a":"b"}`
		if full {
			drv, opens = v.full(), `DecryptDataKey k1 32 {"a":"b"}`
		}
		k := openKey(t, openVault(t, drv), "k1")
		data, err := k.GenerateDataKey(t.Context(), 32, kms.Context{"a": "b"})
		if err != nil {
			t.Fatal(err)
		}
		ct := data.Ciphertext()
		if !ct.Equal(native(t, kms.Ciphertext{Vendor: "cloud", KeyID: "k1", Kind: kms.KindDataKey, PlaintextBytes: 32}, string(ct.Native()))) {
			t.Errorf("made %v", ct)
		}
		opened, err := k.Decrypt(t.Context(), ct, kms.Context{"a": "b"})
		if err != nil || string(opened) != string(data.Plaintext()) || len(opened) != 32 {
			t.Errorf("opened %d bytes, %v", len(opened), err)
		}
		v.expectCalls(t, `GenerateDataKey k1 32 {"a":"b"}`, opens)

		held, copied := data.Plaintext(), *data
		var within any = struct{ key kms.DataKey }{copied} // fmt asks no methods of unexported fields
		if shown := fmt.Sprintf("%v %x", within, within); strings.Contains(shown, strings.Trim(fmt.Sprint(held), "[]")) || strings.Contains(shown, fmt.Sprintf("%x", held)) {
			t.Errorf("within a struct it prints as %s", shown)
		}
		data.Destroy()
		data.Destroy()
		if copied.Plaintext() != nil {
			t.Error("a copy has a key of zeros")
		}
		if !isZero(held) || data.Plaintext() != nil || !data.Ciphertext().Equal(ct) {
			t.Error("destroying leaves the plaintext, or takes the ciphertext")
		}
	}
}

func TestZeroDataKey(t *testing.T) {
	var d kms.DataKey
	d.Destroy()
	if d.Plaintext() != nil || d.Ciphertext().Kind != "" || !strings.Contains(fmt.Sprint(d), "no ciphertext") {
		t.Errorf("%v", d)
	}
}

func TestDataKeyWithoutPlaintext(t *testing.T) {
	t.Parallel()
	for _, full := range []bool{false, true} {
		v := newVault("cloud")
		v.addAES("k1")
		drv, asks := v.lean(), "GenerateDataKey k1 16"
		if full {
			drv, asks = v.full(), "GenerateDataKeyWithoutPlaintext k1 16"
		}
		var plaintext []byte
		v.bend = func(_ string, res any) {
			if made, ok := res.(*driver.GenerateDataKeyResponse); ok {
				plaintext = made.Plaintext
			}
		}
		k := openKey(t, openVault(t, drv), "k1")
		ct, err := k.GenerateDataKeyWithoutPlaintext(t.Context(), 16)
		if err != nil {
			t.Fatal(err)
		}
		v.expectCalls(t, asks)
		if !isZero(plaintext) {
			t.Error("the plaintext is left in memory")
		}
		if opened, err := k.Decrypt(t.Context(), ct); err != nil || len(opened) != 16 {
			t.Errorf("opened %d bytes, %v", len(opened), err)
		}
	}
}

func TestDataKeyLimits(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addAES("k1")
	v.caps.DataKeyBytes = driver.Range{Min: 8, Max: 64}
	k := openKey(t, openVault(t, v.full()), "k1")
	for _, n := range []int{8, 64} {
		if data, err := k.GenerateDataKey(t.Context(), n); err != nil || len(data.Plaintext()) != n {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	v.calls = nil
	for _, n := range []int{-1, 0, 7, 65} {
		_, err := k.GenerateDataKey(t.Context(), n)
		expectCode(t, err, errs.InvalidArgument, fmt.Sprintf("%d bytes was asked for, 8 to 64", n))
		_, err = k.GenerateDataKeyWithoutPlaintext(t.Context(), n)
		expectCode(t, err, errs.InvalidArgument, "8 to 64")
	}
	v.expectCalls(t)
}

func TestDataKeyAnswers(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*driver.GenerateDataKeyResponse){
		"a short one":     func(r *driver.GenerateDataKeyResponse) { r.Plaintext = r.Plaintext[:31] },
		"a long one":      func(r *driver.GenerateDataKeyResponse) { r.Plaintext = append(r.Plaintext, 1) },
		"none":            func(r *driver.GenerateDataKeyResponse) { r.Plaintext = nil },
		"another kind":    func(r *driver.GenerateDataKeyResponse) { r.Ciphertext.Kind = driver.KindData },
		"another length":  func(r *driver.GenerateDataKeyResponse) { r.Ciphertext.PlaintextBytes = 16 },
		"without wrapped": func(r *driver.GenerateDataKeyResponse) { r.Ciphertext.Blob = nil },
	} {
		v, k := leanKey(t)
		var answered []byte
		v.bend = func(_ string, res any) {
			made := res.(*driver.GenerateDataKeyResponse)
			spoil(made)
			answered = made.Plaintext
		}
		data, err := k.GenerateDataKey(t.Context(), 32)
		if errs.CodeOf(err) != errs.Corrupt || data != nil || !isZero(answered) {
			t.Errorf("%s: %v, %v", what, data, err)
		}
	}
	v := newVault("cloud")
	v.addAES("k1")
	secret := []byte(canary)
	v.bend = func(_ string, res any) { res.(*driver.GenerateDataKeyResponse).Plaintext = secret }
	_, err := openKey(t, openVault(t, v.full()), "k1").GenerateDataKeyWithoutPlaintext(t.Context(), len(secret))
	expectCode(t, err, errs.Corrupt, "plaintext instead of 0")
	if !isZero(secret) {
		t.Error("the plaintext is left in memory")
	}
}

// TestDataKeyPrints shows that no printed form has the plaintext.
func TestDataKeyPrints(t *testing.T) {
	t.Parallel()
	v, k := leanKey(t)
	v.bend = func(_ string, res any) { copy(res.(*driver.GenerateDataKeyResponse).Plaintext, canary) }
	data, err := k.GenerateDataKey(t.Context(), len(canary))
	if err != nil || string(data.Plaintext()) != canary {
		t.Fatal(err)
	}
	type holder struct {
		Data  *kms.DataKey
		Value kms.DataKey
	}
	holding := holder{data, *data}
	stored, err := json.Marshal(holding)
	if err != nil {
		t.Fatal(err)
	}
	printed := string(stored)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
		printed += fmt.Sprintf(verb, data) + fmt.Sprintf(verb, *data) + fmt.Sprintf(verb, holding) + fmt.Sprintf(verb, []any{data, *data})
	}
	for _, secret := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprint([]byte(canary)), strings.Trim(fmt.Sprintf("%#v", []byte(canary)), "[]byte{}")} {
		if strings.Contains(printed, secret) {
			t.Errorf("%q is printed in %s", secret, printed)
		}
	}
	if want := `data key of 16 bytes, ciphertext of `; !strings.HasPrefix(fmt.Sprint(data), want) {
		t.Errorf("printed as %q", fmt.Sprint(data))
	}
}

func TestRandom(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	s := openVault(t, v.lean())
	for _, n := range []int{1, 1024} {
		if got, err := s.Random(t.Context(), n); err != nil || len(got) != n || got[n-1] != 7 {
			t.Errorf("%d: %v", n, err)
		}
	}
	v.expectCalls(t, "Random 1", "Random 1024")
	for _, n := range []int{-1, 0, 1025} {
		_, err := s.Random(t.Context(), n)
		expectCode(t, err, errs.InvalidArgument, "1 to 1024")
	}
	v.expectCalls(t)
	for _, answer := range []string{"", "1234567", "123456789"} {
		given := []byte(answer)
		v.bend = func(_ string, res any) { res.(*driver.RandomResponse).Random = given }
		_, err := s.Random(t.Context(), 8)
		expectCode(t, err, errs.Corrupt, "instead of 8")
		if !isZero(given) {
			t.Error("left in memory")
		}
	}
}

// Errors have the name of the method that was called, also where it is done by another one.
func TestEmulatedDataKeyErrors(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addAES("k1")
	s := openVault(t, v.lean())
	if s.Capabilities().WrappedDataKeys != driver.Emulated {
		t.Fatal("the data keys are not emulated")
	}
	k := openKey(t, s, "k1")
	for n, op := range map[int]string{0: driver.OpGenerateWrappedKey, 32: ""} {
		_, err := k.GenerateDataKeyWithoutPlaintext(t.Context(), n)
		e, _ := errors.AsType[*errs.Error](err)
		if (e == nil) != (op == "") || e != nil && e.Op != op {
			t.Errorf("%d bytes: %v, want the name %q", n, err, op)
		}
	}
}
