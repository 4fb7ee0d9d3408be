package alibaba

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// portable runs a test over an emulator in virtual time, through package kms.
func portable(t *testing.T, config emulator.AlibabaKMSSettings, test func(*testing.T, *emulator.AlibabaKMS, *kms.Service)) {
	t.Helper()
	inKMS(t, config, func(t *testing.T, em *emulator.AlibabaKMS, s *keyService) {
		service, err := kms.NewService(s, kms.ServiceOptions{Provider: "test", Policy: policy.Policy{Retry: policy.Retry{MaxAttempts: 3}}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := service.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		test(t, em, service)
	})
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A key's name is its alias, whatever several requests that takes.
func TestPortableKeyNames(t *testing.T) {
	portable(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, em *emulator.AlibabaKMS, s *kms.Service) {
		ctx := t.Context()
		key := must[*kms.Key](t)(s.CreateKey(ctx, "orders", kms.Description("d"), kms.WithTags(map[string]string{"team": "orders"})))
		info := must[kms.KeyInfo](t)(key.Describe(ctx))
		if info.Name != "orders" || info.Description != "d" || info.Spec != kms.AES256 {
			t.Errorf("%+v", info)
		}
		if tags := must[map[string]string](t)(key.Tags(ctx)); !maps.Equal(tags, map[string]string{"team": "orders"}) {
			t.Errorf("%v", tags)
		}
		_, err := s.CreateKey(ctx, "orders")
		wantCode(t, "a taken name", err, errs.AlreadyExists)
		if err := key.Rename(ctx, "orders-2026"); err != nil {
			t.Fatal(err)
		}
		if err := key.AddAlias(ctx, "more"); err != nil {
			t.Fatal(err)
		}
		if got := must[[]string](t)(key.Aliases(ctx)); !slices.Equal(got, []string{"more", "orders-2026"}) {
			t.Errorf("%v", got)
		}
		if again := must[*kms.Key](t)(s.KeyByName(ctx, "orders-2026")); again.ID() != key.ID() {
			t.Errorf("the name leads to %s, want %s", again.ID(), key.ID())
		}
		_, err = s.KeyByName(ctx, "orders")
		wantCode(t, "the old name", err, errs.NotFound)
		before := len(em.Requests())
		for _, name := range []string{"acs-orders", "-a", "a/b", strings.Repeat("n", 250)} {
			_, err := s.CreateKey(ctx, name)
			wantCode(t, name, err, errs.InvalidArgument)
		}
		if len(em.Requests()) != before {
			t.Error("a name that is not accepted was sent")
		}
		var listed []string
		for info, err := range s.Keys(ctx, kms.Details()) {
			if err != nil {
				t.Fatal(err)
			}
			listed = append(listed, info.ID)
		}
		if !slices.Equal(listed, []string{key.ID()}) {
			t.Errorf("listed %v, want %s", listed, key.ID())
		}
		owned := 0
		for info, err := range s.Keys(ctx, kms.Details(), kms.ServiceOwned()) {
			if err != nil {
				t.Fatal(err)
			}
			if info.ServiceOwned {
				owned++
			}
		}
		if owned == 0 {
			t.Error("no service has a key")
		}
	})
}

func TestPortableKeyLife(t *testing.T) {
	portable(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *kms.Service) {
		ctx := t.Context()
		key := must[*kms.Key](t)(s.CreateKey(ctx, ""))
		for _, change := range []func(context.Context) error{key.Disable, key.Disable, key.Enable, key.Enable} {
			if err := change(ctx); err != nil {
				t.Error(err)
			}
		}
		info := must[kms.KeyInfo](t)(key.ScheduleDeletion(ctx, 30))
		if want := time.Now().AddDate(0, 0, 30); info.State != kms.PendingDeletion || info.DeletionAt.Sub(want).Abs() > 24*time.Hour {
			t.Errorf("%+v", info)
		}
		if _, err := key.ScheduleDeletion(ctx, 30); err != nil {
			t.Errorf("the same day once more: %v", err)
		}
		_, err := key.ScheduleDeletion(ctx, 60)
		wantCode(t, "another day", err, errs.Conflict)
		if info = must[kms.KeyInfo](t)(key.CancelDeletion(ctx)); info.State != kms.Enabled || !info.DeletionAt.IsZero() {
			t.Errorf("%+v", info)
		}
		if err := key.EnableRotation(ctx, 90); err != nil {
			t.Fatal(err)
		}
		if r := must[kms.Rotation](t)(key.Rotation(ctx)); !r.Enabled || r.Days != 90 || !r.Next.After(time.Now()) {
			t.Errorf("%+v", r)
		}
		if err := key.DisableRotation(ctx); err != nil {
			t.Error(err)
		}
		wantCode(t, "RotateNow", key.RotateNow(ctx), errs.Unsupported)
		_, err = s.Random(ctx, 8)
		if err == nil {
			t.Error("there are random bytes")
		}
		imported := must[*kms.Key](t)(s.CreateKey(ctx, "byok", kms.Imported()))
		if err := imported.ImportKeyMaterial(ctx, bytes.Repeat([]byte{9}, 32)); err != nil {
			t.Fatal(err)
		}
		if info := must[kms.KeyInfo](t)(imported.Describe(ctx)); info.State != kms.Enabled || info.Origin != kms.External {
			t.Errorf("%+v", info)
		}
		if err := imported.DeleteKeyMaterial(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestPortableKeyCrypto(t *testing.T) {
	portable(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *kms.Service) {
		ctx, plaintext, order := t.Context(), []byte("4111\x00 1111"), kms.Context{"order": "17", "b": "<&>"}
		old := must[*kms.Key](t)(s.CreateKey(ctx, "old"))
		newer := must[*kms.Key](t)(s.CreateKey(ctx, "newer"))
		newer = must[*kms.Key](t)(newer.With(ctx, kms.DecryptWith(old)))
		sealed := must[kms.Ciphertext](t)(old.Encrypt(ctx, plaintext, order))
		if got := must[[]byte](t)(newer.Decrypt(ctx, sealed, order)); !bytes.Equal(got, plaintext) {
			t.Errorf("%q", got)
		}
		again := must[kms.Ciphertext](t)(newer.ReEncrypt(ctx, sealed, kms.OldContext(order)))
		if again.KeyID != newer.ID() {
			t.Errorf("the new ciphertext is of %s, want %s", again.KeyID, newer.ID())
		}
		if got := must[[]byte](t)(newer.Decrypt(ctx, again)); !bytes.Equal(got, plaintext) {
			t.Errorf("%q", got)
		}
		made := must[*kms.DataKey](t)(old.GenerateDataKey(ctx, 32, order))
		wrapped := must[kms.Ciphertext](t)(newer.ReEncrypt(ctx, made.Ciphertext(), kms.OldContext(order), order))
		if got := must[[]byte](t)(newer.Decrypt(ctx, wrapped, order)); !bytes.Equal(got, made.Plaintext()) {
			t.Error("the data key differs")
		}
		must[kms.Ciphertext](t)(old.GenerateDataKeyWithoutPlaintext(ctx, 16))

		for spec, algorithms := range map[kms.Spec][]kms.SignatureAlgorithm{
			kms.RSA2048: {kms.RSAPSSSHA256, kms.RSAPKCS1SHA256}, kms.ECP256: {kms.ECDSASHA256}, kms.ECSecp256k1: {kms.ECDSASHA256}, kms.SM2: {kms.SM2SM3},
		} {
			pair := must[*kms.Key](t)(s.CreateKey(ctx, "", kms.WithSpec(spec), kms.WithUsage(kms.SignVerify)))
			for _, a := range algorithms {
				signature := must[kms.Signature](t)(pair.Sign(ctx, a, plaintext)) // digested here
				if signature.KeyVersion == "" || !must[bool](t)(pair.Verify(ctx, plaintext, signature)) || must[bool](t)(pair.Verify(ctx, []byte("other"), signature)) {
					t.Errorf("%s with %s: %+v", a, spec, signature)
				}
			}
		}
		for spec, a := range map[kms.Spec]kms.EncryptionAlgorithm{kms.RSA2048: kms.RSAOAEPSHA256, kms.SM2: kms.SM2Encrypt} {
			pair := must[*kms.Key](t)(s.CreateKey(ctx, "", kms.WithSpec(spec), kms.WithUsage(kms.EncryptDecrypt)))
			sealed := must[kms.Ciphertext](t)(pair.Encrypt(ctx, plaintext, kms.WithAlgorithm(a)))
			if got := must[[]byte](t)(pair.Decrypt(ctx, sealed)); !bytes.Equal(got, plaintext) {
				t.Errorf("%s: %q", a, got)
			}
		}
	})
}

// What is refused for now is sent once more, signed anew; a key is not made twice.
func TestPortableRetries(t *testing.T) {
	portable(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, em *emulator.AlibabaKMS, s *kms.Service) {
		ctx := t.Context()
		key := must[*kms.Key](t)(s.CreateKey(ctx, ""))
		for _, fault := range []emulator.Fault{
			{Code: "SignatureNonceUsed"}, {Code: "Rejected.Throttling"}, {Code: "Throttling.User"}, {Code: "InternalFailure"}, {Code: "ServiceUnavailableTemporary"},
			{Status: 503}, {HTML: true}, {Truncate: true}, {Reset: "before"}, {Reset: "after"},
		} {
			before := len(em.Requests())
			fault.Action, fault.Times = "DescribeKey", 1
			em.Inject(fault)
			if _, err := key.Describe(ctx); err != nil {
				t.Errorf("%+v: %v", fault, err)
			}
			var nonces []string
			for _, r := range em.Requests()[before:] {
				if r.Action == "DescribeKey" {
					nonces = append(nonces, r.Header.Get("X-Acs-Signature-Nonce"))
				}
			}
			if len(nonces) != 2 || nonces[0] == nonces[1] {
				t.Errorf("%+v: nonces %v", fault, nonces)
			}
		}
		for _, fault := range []emulator.Fault{{Code: "InternalFailure"}, {Code: "SignatureNonceUsed"}, {Truncate: true}, {Reset: "after"}, {HTML: true}} {
			before := len(em.Requests())
			fault.Action, fault.Times = "CreateKey", 1
			em.Inject(fault)
			_, err := s.CreateKey(ctx, "")
			if e, isOurs := errors.AsType[*errs.Error](err); !isOurs || e.Outcome != errs.Ambiguous || len(em.Requests()) != before+1 {
				t.Errorf("%+v: %v after %d requests", fault, err, len(em.Requests())-before)
			}
		}
		em.Inject(emulator.Fault{Action: "CreateKey", Times: 1, Code: "Rejected.Throttling"}) // which did nothing
		must[*kms.Key](t)(s.CreateKey(ctx, ""))
	})
}

// A key that was made but not named is told, with its id.
func TestPortableIncompleteKey(t *testing.T) {
	portable(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, em *emulator.AlibabaKMS, s *kms.Service) {
		em.Inject(emulator.Fault{Action: "CreateAlias", Code: "Rejected.LimitExceeded"})
		key, err := s.CreateKey(t.Context(), "orders")
		incomplete, isOne := errors.AsType[*kms.Incomplete](err)
		if key == nil || !isOne || incomplete.KeyID != key.ID() || errs.CodeOf(err) != errs.QuotaExceeded {
			t.Errorf("%v, %v", key, err)
		}
	})
}

// What older keys, older gateways and other accounts do otherwise.
func TestPortableOtherForms(t *testing.T) {
	portable(t, emulator.AlibabaKMSSettings{UUIDs: true, NewestFirst: true, GatewayThrottling: true, Misspelt: true, VersionInterval: -1, BadCiphertext: "InvalidParameter"},
		func(t *testing.T, _ *emulator.AlibabaKMS, s *kms.Service) {
			ctx := t.Context()
			pair := must[*kms.Key](t)(s.CreateKey(ctx, "pair", kms.WithSpec(kms.ECP256)))
			signature := must[kms.Signature](t)(pair.Sign(ctx, kms.ECDSASHA256, []byte("m")))
			if !must[bool](t)(pair.Verify(ctx, []byte("m"), signature)) {
				t.Error("the signature is not good")
			}
			key := must[*kms.Key](t)(s.CreateKey(ctx, "key"))
			sealed := must[kms.Ciphertext](t)(key.Encrypt(ctx, []byte("x"), kms.Context{"a": "1"}))
			_, err := key.Decrypt(ctx, sealed, kms.Context{"a": "2"})
			wantCode(t, "another context", err, errs.InvalidArgument)
			must[kms.KeyInfo](t)(key.ScheduleDeletion(ctx, 7))
			_, err = key.Decrypt(ctx, sealed, kms.Context{"a": "1"})
			wantCode(t, "a key that is to be deleted", err, errs.Conflict)
		})
}
