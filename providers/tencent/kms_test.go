package tencent

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// keysTest runs a test in a bubble, on an emulator that has keys of all kinds.
func keysTest(t *testing.T, test func(*testing.T, *emulator.TencentKMS, *keyService)) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulatedKeys(t, nil, allUsages(emulator.TencentKMSSettings{}))
		test(t, em, s)
	})
}

// must returns the response of a method that succeeds.
func must[T any](t *testing.T) func(*T, error) *T {
	t.Helper()
	return func(res *T, err error) *T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
}

// wantCode fails the test unless a method has failed so.
func wantCode(t *testing.T, err error, code errs.Code) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Errorf("%v, want %s", err, code)
	}
}

// makeKey makes a key and returns its id.
func makeKey(t *testing.T, s *keyService, name string, spec driver.Spec, usage driver.Usage) string {
	t.Helper()
	return must[driver.CreateKeyResponse](t)(s.CreateKey(t.Context(), &driver.CreateKeyRequest{Name: name, Spec: spec, Usage: usage, Origin: driver.FromProvider})).Key.ID
}

// What the driver declares agrees with what it implements.
func TestKMSDeclarations(t *testing.T) {
	for _, symmetric := range []driver.Spec{driver.AES256, driver.SM4} {
		s := openKeys(t, map[string]string{"secret_id": "i", "secret_key": "k", "region": "ap-guangzhou", "kms_symmetric": string(symmetric)}, nil)
		if _, err := kms.NewService(s, kms.ServiceOptions{Provider: "tencent"}); err != nil {
			t.Error(err)
		}
		if got := s.Capabilities().Keys[0].Spec; got != symmetric {
			t.Errorf("makes %s, want %s", got, symmetric)
		}
	}
}

// Each row of the operation table, with the budget that it spends from.
func TestKMSOperations(t *testing.T) {
	want := map[string]struct {
		class  policy.Idempotency
		budget string
		rate   int
	}{
		driver.OpDescribeKey: {policy.ReadOnly, "DescribeKey", 100}, driver.OpListKeys: {policy.ReadOnly, "ListKeyDetail", 100},
		driver.OpSymmetricSpecs: {policy.ReadOnly, "ListAlgorithms", 100},
		driver.OpCreateKey:      {policy.NonIdempotent, "CreateKey", 100}, driver.OpEnableKey: {policy.Idempotent, "EnableKey", 100},
		driver.OpDisableKey: {policy.Idempotent, "DisableKey", 100}, driver.OpScheduleDeletion: {policy.Idempotent, "ScheduleKeyDeletion", 100},
		driver.OpCancelDeletion: {policy.Idempotent, "CancelKeyDeletion", 100}, driver.OpRename: {policy.Idempotent, "UpdateAlias", 100},
		driver.OpSetDescription: {policy.Idempotent, "UpdateKeyDescription", 100}, driver.OpGetRotation: {policy.ReadOnly, "DescribeKey", 100},
		driver.OpSetRotation: {policy.Idempotent, "EnableKeyRotation", 100}, driver.OpRotateNow: {policy.NonIdempotent, "RotateKey", 20},
		driver.OpImportParameters: {policy.ReadOnly, "GetParametersForImport", 100}, driver.OpImportKeyMaterial: {policy.Idempotent, "ImportKeyMaterial", 100},
		driver.OpDeleteKeyMaterial: {policy.Idempotent, "DeleteImportedKeyMaterial", 100},
		driver.OpEncrypt:           {policy.ReadOnly, "Encrypt", 300}, driver.OpDecrypt: {policy.ReadOnly, "Encrypt", 300},
		driver.OpGenerateDataKey: {policy.ReadOnly, "Encrypt", 300}, driver.OpReEncrypt: {policy.ReadOnly, "ReEncrypt", 100},
		driver.OpAsymmetricDecrypt: {policy.ReadOnly, "AsymmetricRsaDecrypt", 200},
		driver.OpSign:              {policy.ReadOnly, "SignByAsymmetricKey", 100}, driver.OpVerify: {policy.ReadOnly, "SignByAsymmetricKey", 100},
		driver.OpPublicKey: {policy.ReadOnly, "GetPublicKey", 100}, driver.OpRandom: {policy.ReadOnly, "GenerateRandom", 150},
	}
	s := openKeys(t, map[string]string{"secret_id": "i", "secret_key": "k", "region": "ap-guangzhou", "account_id": "7"}, nil)
	rows := s.Operations()
	if len(rows) != len(want) {
		t.Errorf("%d rows, want %d", len(rows), len(want))
	}
	for _, row := range rows {
		w := want[row.Name]
		if row.Idempotency != w.class || len(row.Budgets) != 1 {
			t.Errorf("%s: %s", row.Name, row.Idempotency)
			continue
		}
		b := row.Budgets[0]
		if b.Endpoint != "kms.tencentcloudapi.com" || b.Principal != "7" || b.Action != w.budget || len(b.Limits) != 1 ||
			b.Limits[0].N != w.rate || b.Limits[0].Per != time.Second || b.Limits[0].Margin == 0 {
			t.Errorf("%s spends from %+v", row.Name, b)
		}
	}
}

func TestKMSLifecycle(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		describe := func(id string) driver.KeyInfo {
			t.Helper()
			return must[driver.DescribeKeyResponse](t)(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})).Key
		}
		made := must[driver.CreateKeyResponse](t)(s.CreateKey(ctx, &driver.CreateKeyRequest{
			Name: "orders", Description: "of the shop", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider,
		})).Key
		if made.ID == "" || made.Name != "orders" || made.State != driver.Enabled || made.Spec != driver.AES256 || made.CreatedAt != time.Now().UTC().Truncate(time.Second) {
			t.Errorf("made %+v", made)
		}
		got := describe(made.ID)
		if got.ID != made.ID || got.Name != "orders" || got.Description != "of the shop" || got.Spec != driver.AES256 || got.Usage != driver.EncryptDecrypt ||
			got.State != driver.Enabled || got.Origin != driver.FromProvider || got.CreatedAt != made.CreatedAt || !got.DeletionAt.IsZero() ||
			!got.MaterialExpiresAt.IsZero() || got.RotationEnabled || got.ServiceOwned || got.Vendor["KeyUsage"] != "ENCRYPT_DECRYPT" ||
			got.Vendor["Type"] != "2" || !strings.HasPrefix(got.Resource, "qcs::kms:ap-guangzhou:uin/:key/creatorUin/") || !strings.HasSuffix(got.Resource, "/"+made.ID) {
			t.Errorf("described as %#v", got)
		}
		_, err := s.CreateKey(ctx, &driver.CreateKeyRequest{Name: "orders", Spec: driver.AES256, Usage: driver.EncryptDecrypt})
		wantCode(t, err, errs.AlreadyExists)

		must[driver.RenameResponse](t)(s.Rename(ctx, &driver.RenameRequest{KeyID: made.ID, NewName: "orders-2"}))
		must[driver.SetDescriptionResponse](t)(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: made.ID, Description: "é <&>"}))
		if got := describe(made.ID); got.Name != "orders-2" || got.Description != "é <&>" {
			t.Errorf("after the changes: %+v", got)
		}
		must[driver.SetDescriptionResponse](t)(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: made.ID}))
		if got := describe(made.ID); got.Description != "" {
			t.Errorf("the description is still %q", got.Description)
		}

		_, err = s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: made.ID, Days: 7})
		wantCode(t, err, errs.Conflict) // it is enabled
		_, err = s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: made.ID})
		wantCode(t, err, errs.Conflict)
		must[driver.DisableKeyResponse](t)(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: made.ID}))
		if got := describe(made.ID).State; got != driver.Disabled {
			t.Error(got)
		}
		_, err = s.Encrypt(ctx, &driver.EncryptRequest{KeyID: made.ID, Plaintext: []byte("x")})
		wantCode(t, err, errs.Conflict)
		at := must[driver.ScheduleDeletionResponse](t)(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: made.ID, Days: 30})).DeletionAt
		if ahead := time.Until(at); ahead < 29*24*time.Hour || ahead > 31*24*time.Hour {
			t.Errorf("deleted in %v", ahead)
		}
		if got := describe(made.ID); got.State != driver.PendingDeletion || got.DeletionAt != at || got.Vendor["KeyState"] != "PendingDelete" {
			t.Errorf("scheduled: %+v", got)
		}
		_, err = s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: made.ID, Days: 30})
		wantCode(t, err, errs.Conflict)
		must[driver.CancelDeletionResponse](t)(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: made.ID}))
		if got := describe(made.ID); got.State != driver.Disabled || !got.DeletionAt.IsZero() {
			t.Errorf("cancelled: %+v", got)
		}
		_, err = s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: made.ID})
		wantCode(t, err, errs.Conflict)
		must[driver.EnableKeyResponse](t)(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: made.ID}))

		_, err = s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: "00000000-0000-0000-0000-000000000000"})
		wantCode(t, err, errs.NotFound)
	})
}

// A pair that the region does not have is refused by the vendor.
func TestKMSPairOfAnotherRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := emulatedKeys(t, nil)
		_, err := s.CreateKey(t.Context(), &driver.CreateKeyRequest{Name: "pair", Spec: driver.SM2, Usage: driver.SignVerify})
		wantCode(t, err, errs.Unsupported)
	})
}

func TestKMSTags(t *testing.T) {
	keysTest(t, func(t *testing.T, em *emulator.TencentKMS, s *keyService) {
		req := driver.CreateKeyRequest{Name: "orders", Spec: driver.RSA2048, Usage: driver.SignVerify, Tags: []driver.Tag{{Key: "team", Value: "shop"}, {Key: "项", Value: "a b"}}}
		if res := must[driver.CreateKeyResponse](t)(s.CreateKey(t.Context(), &req)); res.TagsFault != "" {
			t.Error(res.TagsFault)
		}
		if body := em.Requests()[0].Body; !bytes.Contains(body, []byte(`"Tags":[{"TagKey":"team","TagValue":"shop"},{"TagKey":"项","TagValue":"a b"}]`)) {
			t.Errorf("sent %s", body)
		}
		em.FailTagging(2, "quota\nreached")
		req.Name = "orders-2"
		res := must[driver.CreateKeyResponse](t)(s.CreateKey(t.Context(), &req))
		if res.Key.ID == "" || res.TagsFault != "TagCode 2: quota reached" {
			t.Errorf("%+v", res)
		}
		req.Tags, req.Name, req.Options = nil, "orders-3", map[string]string{"cluster": "x"}
		_, err := s.CreateKey(t.Context(), &req)
		wantCode(t, err, errs.InvalidArgument)
		if n := len(em.Requests()); n != 2 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestKMSListing(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		var want []string
		for i := range 203 {
			spec, usage := driver.AES256, driver.EncryptDecrypt
			if i%50 == 0 {
				spec, usage = driver.ECP256, driver.SignVerify
			}
			time.Sleep(time.Second) // of the bubble
			want = append(want, makeKey(t, s, "key-"+string(rune('a'+i/26))+string(rune('a'+i%26)), spec, usage))
		}
		must[driver.DisableKeyResponse](t)(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: want[3]}))
		must[driver.ScheduleDeletionResponse](t)(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: want[3], Days: 7}))
		list := func(req driver.ListKeysRequest) (keys []driver.KeyInfo, pages int) {
			for {
				pages++
				page := must[driver.ListKeysResponse](t)(s.ListKeys(ctx, &req))
				keys = append(keys, page.Keys...)
				if req.Cursor = page.Cursor; req.Cursor == "" {
					return keys, pages
				}
			}
		}
		ids := func(keys []driver.KeyInfo) (ids []string) {
			for _, k := range keys {
				ids = append(ids, k.ID)
			}
			return ids
		}
		keys, pages := list(driver.ListKeysRequest{})
		if got := ids(keys); !slices.Equal(got, want) || pages != 2 {
			t.Errorf("%d keys on %d pages, want %d", len(got), pages, len(want))
		}
		if keys[0].Spec != driver.ECP256 || keys[3].State != driver.PendingDeletion || slices.ContainsFunc(keys, func(k driver.KeyInfo) bool { return k.ServiceOwned }) {
			t.Errorf("listed %+v and %+v", keys[0], keys[3])
		}
		all, pages := list(driver.ListKeysRequest{ServiceOwned: true})
		if len(all) != len(want)+1 || pages != 3 || !all[len(want)].ServiceOwned || all[len(want)].Vendor["Owner"] != "cbs" {
			t.Errorf("with the products' there are %d keys on %d pages", len(all), pages)
		}
		named, _ := list(driver.ListKeysRequest{Name: "key-bc"})
		if len(named) != 1 || named[0].Name != "key-bc" {
			t.Errorf("%d keys have the name", len(named))
		}
		for _, cursor := range []string{"x", "2.0", "0", "0.-1", "0.x", ".", "0.99999999999999999999"} {
			_, err := s.ListKeys(ctx, &driver.ListKeysRequest{Cursor: cursor})
			wantCode(t, err, errs.InvalidArgument)
		}
	})
}

func TestKMSRotation(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		id := makeKey(t, s, "orders", driver.AES256, driver.EncryptDecrypt)
		rotation := func() driver.GetRotationResponse {
			t.Helper()
			return *must[driver.GetRotationResponse](t)(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: id}))
		}
		if got := rotation(); got.Enabled || !got.Next.IsZero() || !got.Last.IsZero() || got.Days != 0 {
			t.Errorf("a new key: %+v", got)
		}
		for range 2 {
			must[driver.SetRotationResponse](t)(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 30}))
		}
		if got := rotation(); !got.Enabled || got.Days != 30 || got.Next != time.Now().Add(30*24*time.Hour).UTC() {
			t.Errorf("switched on: %+v", got)
		}
		if info := must[driver.DescribeKeyResponse](t)(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})); !info.Key.RotationEnabled {
			t.Error("the description does not say so")
		}
		must[driver.RotateNowResponse](t)(s.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id}))
		time.Sleep(time.Minute)
		if got := rotation(); got.Last.IsZero() || time.Since(got.Last) > time.Minute {
			t.Errorf("rotated: %+v", got)
		}
		_, err := s.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id})
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.RateLimited || e.Retry != errs.Permanent {
			t.Errorf("a second rotation: %v", err)
		}
		for range 2 {
			must[driver.SetRotationResponse](t)(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id}))
		}
		if got := rotation(); got.Enabled || !got.Next.IsZero() {
			t.Errorf("switched off: %+v", got)
		}
		pair := makeKey(t, s, "pair", driver.RSA2048, driver.SignVerify)
		if err := sent(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: pair, Enabled: true, Days: 30})); err == nil {
			t.Error("a pair is rotated")
		}
	})
}

// Nothing of an open service prints its credentials.
func TestKMSPrinting(t *testing.T) {
	s := openKeys(t, map[string]string{"secret_id": canaryID, "secret_key": canaryKey, "token": canaryToken, "region": "ap-guangzhou"}, nil)
	for _, v := range []any{s, s.api, *s.api, *s.api.account} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			checkNoSecrets(t, fmt.Errorf(verb, v))
		}
	}
}
