package huawei

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers/huawei/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Every operation spends the one budget of the user in the region, and has the class that a second delivery asks for.
func TestOperations(t *testing.T) {
	svc := openService(t, map[string]string{
		"access_key": "a", "secret_key": "k", "region": "cn-north-4", "project_id": "p", "user_id": "u-1",
	}, nil)
	want := ratelimit.Budget{Endpoint: "kms.cn-north-4.myhuaweicloud.com", Principal: "u-1", Limits: []ratelimit.Limit{{N: 20, Per: time.Second, Margin: 50 * time.Millisecond}}}
	reading := []string{
		driver.OpDescribeKey, driver.OpListKeys, driver.OpListAliases, driver.OpListTags, driver.OpGetRotation, driver.OpImportParameters, driver.OpEncrypt,
		driver.OpDecrypt, driver.OpGenerateDataKey, driver.OpGenerateWrappedKey, driver.OpDecryptDataKey, driver.OpReEncrypt, driver.OpAsymmetricDecrypt,
		driver.OpSign, driver.OpVerify, driver.OpPublicKey, driver.OpRandom,
	}
	for _, op := range svc.Operations() {
		class := policy.Idempotent
		switch {
		case op.Name == driver.OpCreateKey:
			class = policy.NonIdempotent
		case slices.Contains(reading, op.Name):
			class = policy.ReadOnly
		}
		if op.Idempotency != class || op.Action == "" || len(op.Budgets) != 1 || !reflect.DeepEqual(op.Budgets[0], want) {
			t.Errorf("%+v", op)
		}
	}
	if n := len(svc.Operations()); n != 32 {
		t.Errorf("%d operations", n)
	}
	portable(t, svc) // what is declared agrees with what is implemented
	if svc.Capabilities().Vendor != limits.KMS().Vendor {
		t.Error("other capabilities")
	}
}

// The user's rate is never exceeded, by whatever mix of calls.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, drv := emulated(t, emulator.HuaweiKMSSettings{})
		svc := portable(t, drv)
		key, err := svc.CreateKey(t.Context(), "rate")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var running sync.WaitGroup
		for i := range 59 {
			running.Go(func() {
				var err error
				switch i % 3 {
				case 0:
					_, err = key.Describe(t.Context())
				case 1:
					_, err = svc.Random(t.Context(), 8)
				default:
					_, err = key.GenerateDataKey(t.Context(), 32)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if took := time.Since(began); took < 2*1050*time.Millisecond || took > 3*time.Second {
			t.Errorf("60 requests took %v", took)
		}
		if n := len(em.Requests()); n != 60 {
			t.Errorf("%d requests, some again", n)
		}
	})
}

// What other programs encrypted is text, and what this one did has base64 in it.
func TestText(t *testing.T) {
	for _, settings := range []emulator.HuaweiKMSSettings{{}, {PlainTextBase64: true}} {
		synctest.Test(t, func(t *testing.T) {
			_, drv := emulated(t, settings)
			s := drv.(*service)
			made, err := s.CreateKey(t.Context(), &driver.CreateKeyRequest{Name: "k", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider})
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"hello, 世界 \ufffd", "a", "aGVsbG8="} {
				var foreign cipherReply
				err := s.post(t.Context(), actionEncrypt, &encryptRequest{KeyID: made.Key.ID, PlainText: text, Context: "c"}, &foreign, nil)
				if err != nil {
					t.Fatal(err)
				}
				sealed := driver.Ciphertext{KeyID: made.Key.ID, Kind: driver.KindText, Blob: []byte(foreign.CipherText)}
				res, err := s.Decrypt(t.Context(), &driver.DecryptRequest{Ciphertext: sealed, Context: "c"})
				if err != nil || string(res.Plaintext) != text || res.KeyID != made.Key.ID {
					t.Errorf("%q: %v, %v", text, res, err)
				}
				sealed.Kind = driver.KindData
				res, err = s.Decrypt(t.Context(), &driver.DecryptRequest{Ciphertext: sealed, Context: "c"})
				if text == "aGVsbG8=" {
					if err != nil || string(res.Plaintext) != "hello" {
						t.Errorf("%q: %v, %v", text, res, err)
					}
				} else if e, ok := err.(*errs.Error); !ok || e.Code != errs.InvalidArgument || strings.Contains(e.Error(), "世界") {
					t.Errorf("%q: %v, %v", text, res, err)
				}
			}
			// Another program that decrypts what this one encrypted finds base64.
			plaintext := []byte{0, 0xff, '"', '\n'}
			ours, err := s.Encrypt(t.Context(), &driver.EncryptRequest{KeyID: made.Key.ID, Plaintext: plaintext})
			if err != nil {
				t.Fatal(err)
			}
			ours.Ciphertext.Kind = driver.KindText
			res, err := s.Decrypt(t.Context(), &driver.DecryptRequest{Ciphertext: ours.Ciphertext})
			if err != nil || string(res.Plaintext) != "AP8iCg==" {
				t.Error(res, err)
			}
		})
	}
}

// Data keys and data are encrypted anew as what they are.
func TestReEncrypt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, drv := emulated(t, emulator.HuaweiKMSSettings{})
		svc := portable(t, drv)
		ctx := t.Context()
		old, err := svc.CreateKey(ctx, "old")
		if err != nil {
			t.Fatal(err)
		}
		key, err := svc.CreateKey(ctx, "new", kms.WithSpec(kms.SM4))
		if err != nil {
			t.Fatal(err)
		}
		if key, err = key.With(ctx, kms.DecryptWith(old)); err != nil {
			t.Fatal(err)
		}
		long := kms.Context{"tenant": strings.Repeat("é", 100)} // sent as its digest
		dataKey, err := old.GenerateDataKey(ctx, 48, long)
		if err != nil {
			t.Fatal(err)
		}
		data, err := old.Encrypt(ctx, bytes.Repeat([]byte{0xff}, 3072), long)
		if err != nil {
			t.Fatal(err)
		}
		for want, sealed := range map[string]kms.Ciphertext{string(dataKey.Plaintext()): dataKey.Ciphertext(), strings.Repeat("\xff", 3072): data} {
			anew, err := key.ReEncrypt(ctx, sealed, kms.OldContext(long), kms.Context{"tenant": "b"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := key.Decrypt(ctx, anew, kms.Context{"tenant": "b"})
			if err != nil || string(got) != want || anew.Kind != sealed.Kind || anew.KeyID != key.ID() {
				t.Errorf("%v: %d bytes, %v", anew, len(got), err)
			}
			if _, err := key.Decrypt(ctx, anew, long); errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), "encryption context") {
				t.Error(err)
			}
		}
		for _, r := range em.Requests() {
			if bytes.Contains(r.Body, []byte("é")) || strings.Contains(r.Path+r.Query, "tenant") {
				t.Errorf("%s: the context was sent", r.Action)
			}
		}
	})
}

// The keys of the vendor's services are told apart, and every page is listed.
func TestListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, drv := emulated(t, emulator.HuaweiKMSSettings{}, emulator.WithoutRateLimit())
		made := map[string]bool{}
		for i := range 205 {
			spec, usage := driver.AES256, driver.EncryptDecrypt
			if i%5 == 0 {
				spec, usage = driver.ECP256, driver.SignVerify
			}
			res, err := drv.(driver.Creator).CreateKey(t.Context(), &driver.CreateKeyRequest{Name: fmt.Sprint("k", i), Spec: spec, Usage: usage, Origin: driver.FromProvider})
			if err != nil {
				t.Fatal(err)
			}
			made[res.Key.ID] = true
		}
		req := &driver.ListKeysRequest{}
		for pages := 1; ; pages++ {
			page, err := drv.ListKeys(t.Context(), req)
			if err != nil || len(page.Keys) > limits.KMS().MaxPage || pages > 3 {
				t.Fatal(pages, err)
			}
			for _, k := range page.Keys {
				if k.ServiceOwned == made[k.ID] || k.ServiceOwned != (k.ID == emulator.HuaweiDefaultKeyID) {
					t.Errorf("%+v", k)
				}
				delete(made, k.ID)
			}
			if req.Cursor = page.Cursor; req.Cursor == "" {
				if pages != 3 {
					t.Errorf("%d pages", pages)
				}
				break
			}
		}
		if len(made) > 0 {
			t.Errorf("%d keys are not listed", len(made))
		}
	})
}

// A lost reply to a request that the vendor refuses the second time is no failure.
func TestLostReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, drv := emulated(t, emulator.HuaweiKMSSettings{})
		svc := portable(t, drv)
		ctx := t.Context()
		key, err := svc.CreateKey(ctx, "lost")
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			action string
			do     func() error
		}{
			{actionDisable, func() error { return key.Disable(ctx) }},
			{actionEnable, func() error { return key.Enable(ctx) }},
			{actionRename, func() error { return key.Rename(ctx, "found") }},
			{actionEnableRotation, func() error { return key.EnableRotation(ctx, 30) }},
			{actionSetInterval, func() error { return key.EnableRotation(ctx, 60) }},
			{actionDisableRotation, func() error { return key.DisableRotation(ctx) }},
			{actionCreateAlias, func() error { return key.AddAlias(ctx, "other") }},
			{actionSetTags, func() error { return key.SetTags(ctx, map[string]string{"a": "b"}) }},
			{actionSchedule, func() error { return drop(any2(key.ScheduleDeletion(ctx, 7))) }},
			{actionCancel, func() error { return drop(any2(key.CancelDeletion(ctx))) }},
		} {
			em.Inject(emulator.Fault{Action: step.action, Reset: "after", Times: 1})
			before := len(em.Requests())
			if err := step.do(); err != nil {
				t.Errorf("%s: %v", step.action, err)
			}
			n := 0
			for _, r := range em.Requests()[before:] {
				if r.Action == step.action {
					n++
				}
			}
			if n != 2 {
				t.Errorf("%s was sent %d times", step.action, n)
			}
		}
		// A key is not made twice.
		em.Inject(emulator.Fault{Action: actionCreate, Reset: "after", Times: 1})
		_, err = svc.CreateKey(ctx, "twice")
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Outcome != errs.Ambiguous || e.Attempts != 1 {
			t.Error(err)
		}
		if _, err := svc.KeyByName(ctx, "twice"); err != nil {
			t.Error(err)
		}
	})
}

func any2[T any](v T, err error) (*T, error) { return &v, err }

// States that the vendor's words differ in.
func TestStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, drv := emulated(t, emulator.HuaweiKMSSettings{})
		svc := portable(t, drv)
		ctx := t.Context()
		key, err := svc.CreateKey(ctx, "states", kms.ProviderOption("sequence", "919c82d4-8046-4722-9094-35c3c6524cff"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		info, err := key.ScheduleDeletion(ctx, 1096) // of an enabled key
		if ahead := info.DeletionAt.Sub(began); err != nil || info.State != kms.PendingDeletion || (ahead-1096*24*time.Hour).Abs() > time.Minute {
			t.Errorf("%+v, %v", info, err)
		}
		if info, err = key.CancelDeletion(ctx); err != nil || info.State != kms.Disabled || !info.DeletionAt.IsZero() {
			t.Errorf("%+v, %v", info, err)
		}
		imported, err := svc.CreateKey(ctx, "imported", kms.Imported())
		if err != nil {
			t.Fatal(err)
		}
		if info, err = imported.Describe(ctx); err != nil || info.State != kms.PendingImport || info.Origin != kms.External {
			t.Errorf("%+v, %v", info, err)
		}
		expires := began.Add(48 * time.Hour).Truncate(time.Second)
		if err := imported.ImportKeyMaterial(ctx, make([]byte, 32), kms.MaterialExpires(expires)); err != nil {
			t.Error(err)
		}
		if info, err = imported.Describe(ctx); err != nil || info.State != kms.Enabled || !info.MaterialExpiresAt.Equal(expires) {
			t.Errorf("%+v, %v", info, err)
		}
		if err := imported.EnableRotation(ctx, 30); errs.CodeOf(err) != errs.Unsupported {
			t.Error(err)
		}
	})
}

// A server that does not answer holds nobody up.
func TestHangingServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, drv := emulated(t, emulator.HuaweiKMSSettings{})
		em.Inject(emulator.Fault{Delay: time.Hour})
		for _, m := range methods {
			checkNoSecrets(t, m.name, drivertest.CheckGivesUp(t, m.name, func(ctx context.Context) error { return m.send(ctx, drv.(*service)) }))
		}
	})
}

// A key that is not there is NotFound, whatever is asked of it.
func TestMissingKeys(t *testing.T) {
	_, drv := emulated(t, emulator.HuaweiKMSSettings{}, emulator.WithoutRateLimit())
	s, ctx := drv.(*service), t.Context()
	const id = "0d000000-0000-4000-8000-00000000ffff"
	token := []byte(strings.Repeat("AAAA", 64))
	made, err := s.CreateKey(ctx, &driver.CreateKeyRequest{Name: "k", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider})
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Encrypt(ctx, &driver.EncryptRequest{KeyID: made.Key.ID, Plaintext: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	dataKey, err := s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: made.Key.ID, Bytes: 32})
	if err != nil {
		t.Fatal(err)
	}
	dataKey.Ciphertext.KeyID = id
	pair := driver.Ciphertext{KeyID: id, Kind: driver.KindAsymmetric, Algorithm: driver.RSAOAEPSHA256, Blob: make([]byte, 256)}
	signing := driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Digest: make([]byte, 32)}
	for i, err := range []error{
		drop(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})),
		drop(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id})),
		drop(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})),
		drop(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: 7})),
		drop(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id})),
		drop(s.Rename(ctx, &driver.RenameRequest{KeyID: id, NewName: "n"})),
		drop(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: id})),
		drop(s.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: id})),
		drop(s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: "a"})),
		drop(s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: id, Alias: "a"})),
		drop(s.ListTags(ctx, &driver.ListTagsRequest{KeyID: id})),
		drop(s.SetTags(ctx, &driver.SetTagsRequest{KeyID: id, Tags: []driver.Tag{{Key: "a", Value: "b"}}})),
		drop(s.RemoveTags(ctx, &driver.RemoveTagsRequest{KeyID: id, Tags: []driver.Tag{{Key: "a", Value: "b"}}})),
		drop(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: id})),
		drop(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true})),
		drop(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id})),
		drop(s.SetRotationPeriod(ctx, &driver.SetRotationPeriodRequest{KeyID: id, Days: 30})),
		drop(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: id, Wrapping: driver.RSAOAEPSHA256})),
		drop(s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: make([]byte, 256), Token: token})),
		drop(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: id})),
		drop(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("x")})),
		drop(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: id, Bytes: 32})),
		drop(s.GenerateWrappedDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: id, Bytes: 32})),
		drop(s.DecryptDataKey(ctx, &driver.DecryptRequest{Ciphertext: dataKey.Ciphertext})),
		drop(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: data.Ciphertext, NewKeyID: id})),
		drop(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: pair})),
		drop(s.Sign(ctx, &signing)),
		drop(s.Verify(ctx, &driver.VerifyRequest{SignRequest: signing, Signature: []byte{0x30, 6, 2, 1, 1, 2, 1, 1}})),
		drop(s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: id})),
	} {
		if e, ok := err.(*errs.Error); !ok || !errors.Is(e, errs.NotFound) || e.VendorCode != "KMS.0207" || e.Outcome != errs.NotApplied {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// The requests that no page has an example of.
func TestBodies(t *testing.T) {
	em, drv := emulated(t, emulator.HuaweiKMSSettings{}, emulator.WithoutRateLimit())
	s, ctx := drv.(*service), t.Context()
	for _, c := range []struct {
		send func() error
		want string
	}{
		{func() error { return drop(s.Rename(ctx, &driver.RenameRequest{KeyID: "k", NewName: "n"})) }, `POST update-key-alias {"key_id":"k","key_alias":"n"}`},
		{func() error { return drop(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: "k"})) }, `POST update-key-description {"key_id":"k","key_description":""}`},
		{func() error { return drop(s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: "k", Alias: "a"})) }, `POST aliases {"key_id":"k","alias":"alias/a"}`},
		{func() error { return drop(s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: "k", Alias: "a"})) }, `DELETE aliases {"key_id":"k","aliases":["alias/a"]}`},
		{func() error { return drop(s.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: "k", Cursor: "c+"})) }, `GET aliases?key_id=k&marker=c%2B `},
		{func() error { return drop(s.ListKeys(ctx, &driver.ListKeysRequest{Cursor: "10"})) }, `POST list-keys {"limit":"100","marker":"10","key_spec":"ALL"}`},
		{func() error { return drop(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: "k", Enabled: true})) }, `POST enable-key-rotation {"key_id":"k"}`},
		{func() error { return drop(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: "k"})) }, `POST disable-key-rotation {"key_id":"k"}`},
		{func() error {
			return drop(s.SetRotationPeriod(ctx, &driver.SetRotationPeriodRequest{KeyID: "k", Days: 30}))
		}, `POST update-key-rotation-interval {"key_id":"k","rotation_interval":30}`},
		{func() error { return drop(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: "k"})) }, `POST delete-imported-key-material {"key_id":"k"}`},
		{func() error { return drop(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: "k"})) }, `POST disable-key {"key_id":"k"}`},
		{func() error {
			return drop(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: "k", Bytes: 32, Context: "c"}))
		}, `POST create-datakey {"key_id":"k","datakey_length":"256","additional_authenticated_data":"c"}`},
		{func() error {
			c := blob(driver.KindAsymmetric, 0)
			c.Algorithm = driver.RSAOAEPSHA256
			return drop(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: c}))
		}, `POST decrypt-data {"key_id":"k","cipher_text":"QWdEb0FHN0VzRWMyT0hwUQ==","encryption_algorithm":"RSAES_OAEP_SHA_256"}`},
		{func() error { return drop(s.Random(ctx, &driver.RandomRequest{Bytes: 1024})) }, `POST gen-random {"random_data_length":"8192"}`},
	} {
		_ = c.send()
		all := em.Requests()
		r := all[len(all)-1]
		path := strings.TrimPrefix(r.Path, "/v1.0/"+emulator.HuaweiProjectID+"/kms/")
		if r.Query != "" {
			path += "?" + r.Query
		}
		if got := r.Method + " " + path + " " + string(r.Body); got != c.want {
			t.Errorf("sent %s, want %s", got, c.want)
		}
	}
}
