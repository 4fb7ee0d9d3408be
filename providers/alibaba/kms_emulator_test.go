package alibaba

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// inKMS runs a test over an emulator in virtual time.
func inKMS(t *testing.T, config emulator.AlibabaKMSSettings, test func(*testing.T, *emulator.AlibabaKMS, *keyService)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		em, s := emulatedKMS(t, config, emulator.WithoutRateLimit())
		test(t, em, s)
	})
}

// newKey makes a key and returns its id.
func newKey(t *testing.T, s *keyService, r driver.CreateKeyRequest) string {
	t.Helper()
	if r.Origin == "" {
		r.Origin = driver.FromProvider
	}
	res, err := s.CreateKey(t.Context(), &r)
	if err != nil {
		t.Fatalf("making a key of %s for %s: %v", r.Spec, r.Usage, err)
	}
	return res.Key.ID
}

func newAES(t *testing.T, s *keyService) string {
	t.Helper()
	return newKey(t, s, driver.CreateKeyRequest{Spec: driver.AES256, Usage: driver.EncryptDecrypt})
}

func described(t *testing.T, s *keyService, id string) driver.KeyInfo {
	t.Helper()
	res, err := s.DescribeKey(t.Context(), &driver.DescribeKeyRequest{KeyID: id})
	if err != nil {
		t.Fatal(err)
	}
	return res.Key
}

func wantCode(t *testing.T, what string, err error, code errs.Code) {
	t.Helper()
	if errs.CodeOf(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// ok fails the test if a call failed.
func ok[T any](t *testing.T) func(*T, error) *T {
	return func(res *T, err error) *T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
}

func TestKMSCreateAndDescribe(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, em *emulator.AlibabaKMS, s *keyService) {
		began := time.Now().Truncate(time.Second)
		res := ok[driver.CreateKeyResponse](t)(s.CreateKey(t.Context(), &driver.CreateKeyRequest{
			Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider, Description: `orders, 订单 & "more"`,
			Tags: []driver.Tag{{Key: "team", Value: "orders"}, {Key: "empty", Value: ""}},
		}))
		k := described(t, s, res.Key.ID)
		if k.ID == "" || k.Spec != driver.AES256 || k.Usage != driver.EncryptDecrypt || k.State != driver.Enabled || k.Origin != driver.FromProvider ||
			k.Description != `orders, 订单 & "more"` || k.CreatedAt.Before(began) || k.CreatedAt.After(time.Now()) || !k.DeletionAt.IsZero() ||
			!k.MaterialExpiresAt.IsZero() || k.RotationEnabled || k.ServiceOwned || !strings.HasSuffix(k.Resource, ":key/"+k.ID) {
			t.Errorf("%+v", k)
		}
		if k.Vendor["KeySpec"] != "Aliyun_AES_256" || k.Vendor["KeyUsage"] != "ENCRYPT/DECRYPT" || k.Vendor["DKMSInstanceId"] != em.InstanceID() || k.Vendor["PrimaryKeyVersion"] == "" {
			t.Errorf("%v", k.Vendor)
		}
		tags := ok[driver.ListTagsResponse](t)(s.ListTags(t.Context(), &driver.ListTagsRequest{KeyID: k.ID}))
		slices.SortFunc(tags.Tags, func(a, b driver.Tag) int { return strings.Compare(a.Key, b.Key) })
		if !slices.Equal(tags.Tags, []driver.Tag{{Key: "empty", Value: ""}, {Key: "team", Value: "orders"}}) || tags.Cursor != "" {
			t.Errorf("%+v", tags)
		}
		_, err := s.DescribeKey(t.Context(), &driver.DescribeKeyRequest{KeyID: "key-none"})
		wantCode(t, "a missing key", err, errs.NotFound)

		longest := newKey(t, s, driver.CreateKeyRequest{Spec: driver.AES256, Usage: driver.EncryptDecrypt, Description: strings.Repeat("述", 8192)})
		if got := described(t, s, longest).Description; len(got) != 3*8192 {
			t.Errorf("a description of %d bytes", len(got))
		}
	})
}

// Keys are made where the options say it: in the instance of the entry, in another, or in none.
func TestKMSCreateOptions(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, em *emulator.AlibabaKMS, s *keyService) {
		create := func(options map[string]string, spec driver.Spec) (driver.KeyInfo, error) {
			usage := driver.EncryptDecrypt
			if spec == driver.ECP256 {
				usage = driver.SignVerify
			}
			res, err := s.CreateKey(t.Context(), &driver.CreateKeyRequest{Spec: spec, Usage: usage, Options: options})
			if err != nil {
				return driver.KeyInfo{}, err
			}
			return described(t, s, res.Key.ID), nil
		}
		if k, err := create(nil, driver.ECP256); err != nil || k.Vendor["DKMSInstanceId"] != em.InstanceID() {
			t.Errorf("%+v, %v", k, err)
		}
		if k, err := create(map[string]string{"dkms_instance_id": ""}, driver.AES256); err != nil || k.Vendor["DKMSInstanceId"] != "" {
			t.Errorf("%+v, %v", k, err)
		}
		_, err := create(map[string]string{"dkms_instance_id": "kst-none"}, driver.AES256)
		wantCode(t, "no such instance", err, errs.NotFound)
		if k, err := create(map[string]string{"protection_level": "HSM"}, driver.AES256); err != nil || k.Vendor["ProtectionLevel"] != "HSM" {
			t.Errorf("%+v, %v", k, err)
		}
		before := len(em.Requests())
		for _, options := range []map[string]string{{"protection_level": "hsm"}, {"protection_level": ""}, {"instance": "x"}, {"DKMSInstanceId": "x"}} {
			_, err := create(options, driver.AES256)
			wantCode(t, fmt.Sprint(options), err, errs.InvalidArgument)
		}
		if len(em.Requests()) != before {
			t.Error("options that are not known were sent")
		}
	})
}

func TestKMSLifecycle(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx, id := t.Context(), newAES(t, s)
		state := func(want driver.State) {
			t.Helper()
			if got := described(t, s, id).State; got != want {
				t.Errorf("the key is %s, want %s", got, want)
			}
		}
		for range 2 { // once more is success
			ok[driver.DisableKeyResponse](t)(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id}))
			state(driver.Disabled)
		}
		_, err := s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("x")})
		wantCode(t, "encrypting with a disabled key", err, errs.Conflict)
		for range 2 {
			ok[driver.EnableKeyResponse](t)(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id}))
			state(driver.Enabled)
		}
		_, err = s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id})
		wantCode(t, "cancelling what is not scheduled", err, errs.Conflict)

		for _, days := range []int{7, 366} {
			at := time.Now()
			ok[driver.ScheduleDeletionResponse](t)(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: days}))
			k := described(t, s, id)
			if want := at.AddDate(0, 0, days); k.State != driver.PendingDeletion || k.DeletionAt.Sub(want).Abs() > 24*time.Hour {
				t.Errorf("%s, deleted at %v, want about %v", k.State, k.DeletionAt, want)
			}
			_, err = s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: days})
			wantCode(t, "scheduling once more", err, errs.Conflict)
			_, err = s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id})
			wantCode(t, "enabling a key that is to be deleted", err, errs.Conflict)
			ok[driver.CancelDeletionResponse](t)(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id}))
			state(driver.Enabled)
		}
		_, err = s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: 6})
		wantCode(t, "in six days", err, errs.InvalidArgument)

		ok[driver.SetDescriptionResponse](t)(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: id, Description: "new + more"}))
		if got := described(t, s, id).Description; got != "new + more" {
			t.Errorf("description %q", got)
		}
		ok[driver.SetDescriptionResponse](t)(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: id}))
		if got := described(t, s, id).Description; got != "" {
			t.Errorf("description %q, should be cleared", got)
		}

		ok[driver.ScheduleDeletionResponse](t)(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: 7}))
		time.Sleep(8 * 24 * time.Hour) // of the bubble
		_, err = s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})
		wantCode(t, "a deleted key", err, errs.NotFound)
	})
}

func TestKMSListing(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{KeyQuota: 300}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		list := func(serviceOwned bool) (ids []string, pages int) {
			req := driver.ListKeysRequest{ServiceOwned: serviceOwned}
			for {
				res := ok[driver.ListKeysResponse](t)(s.ListKeys(t.Context(), &req))
				pages++
				for _, k := range res.Keys {
					if !strings.HasSuffix(k.Resource, k.ID) {
						t.Errorf("%+v", k)
					}
					ids = append(ids, k.ID)
				}
				if res.Cursor == "" {
					slices.Sort(ids)
					return ids, pages
				}
				req.Cursor = res.Cursor
			}
		}
		if ids, pages := list(false); len(ids) != 0 || pages != 1 {
			t.Errorf("%d keys on %d pages of nothing", len(ids), pages)
		}
		var made []string
		for range 201 {
			made = append(made, newAES(t, s))
			switch len(made) {
			case 100, 200, 201:
				slices.Sort(made)
				ids, pages := list(false)
				if want := (len(made) + 99) / 100; !slices.Equal(ids, made) || pages != want {
					t.Errorf("%d keys on %d pages, want %d on %d", len(ids), pages, len(made), want)
				}
			}
		}
		all, _ := list(true)
		owned := 0
		for _, id := range all {
			if k := described(t, s, id); k.ServiceOwned {
				owned++
			} else if !slices.Contains(made, id) {
				t.Errorf("%+v is not marked as a service's", k)
			}
		}
		if owned == 0 || len(all) != len(made)+owned {
			t.Errorf("%d keys, %d of services", len(all), owned)
		}
		for _, cursor := range []string{"1", "0", "-2", "+2", "02", "x", "2 ", "99999999999999999999"} {
			_, err := s.ListKeys(t.Context(), &driver.ListKeysRequest{Cursor: cursor})
			wantCode(t, "the cursor "+cursor, err, errs.InvalidArgument)
			_, err = s.ListAliases(t.Context(), &driver.ListAliasesRequest{KeyID: made[0], Cursor: cursor})
			wantCode(t, "the cursor "+cursor, err, errs.InvalidArgument)
			_, err = s.ListVersions(t.Context(), &driver.ListVersionsRequest{KeyID: made[0], Cursor: cursor})
			wantCode(t, "the cursor "+cursor, err, errs.InvalidArgument)
		}
	})
}

func TestKMSAliases(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx, id, other := t.Context(), newAES(t, s), newAES(t, s)
		longest := strings.Repeat("n", 249)
		want := []string{longest}
		ok[driver.CreateAliasResponse](t)(s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: longest}))
		for i := range 119 {
			want = append(want, fmt.Sprintf("name-%d_x", i))
			ok[driver.CreateAliasResponse](t)(s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: want[i+1]}))
		}
		var got []string
		req := driver.ListAliasesRequest{KeyID: id}
		for pages := 1; ; pages++ {
			res := ok[driver.ListAliasesResponse](t)(s.ListAliases(ctx, &req))
			got = append(got, res.Aliases...)
			if req.Cursor = res.Cursor; req.Cursor == "" {
				if pages != 2 {
					t.Errorf("%d pages", pages)
				}
				break
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("aliases %v, want %v", got, want)
		}
		for _, k := range []string{id, other} {
			_, err := s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: k, Alias: "name-0_x"})
			wantCode(t, "a taken alias", err, errs.AlreadyExists)
		}
		res := ok[driver.DescribeKeyResponse](t)(s.DescribeKey(ctx, &driver.DescribeKeyRequest{Alias: "name-0_x"}))
		if res.Key.ID != id {
			t.Errorf("the alias leads to %s, want %s", res.Key.ID, id)
		}
		ok[driver.DeleteAliasResponse](t)(s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: id, Alias: "name-0_x"}))
		_, err := s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: id, Alias: "name-0_x"})
		wantCode(t, "removing a missing alias", err, errs.NotFound)
		_, err = s.DescribeKey(ctx, &driver.DescribeKeyRequest{Alias: "name-0_x"})
		wantCode(t, "describing by a missing alias", err, errs.NotFound)
		if res := ok[driver.ListAliasesResponse](t)(s.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: other})); len(res.Aliases) != 0 || res.Cursor != "" {
			t.Errorf("%+v", res)
		}
	})
}

func TestKMSTags(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx, id := t.Context(), newAES(t, s)
		tags := func() map[string]string {
			t.Helper()
			all := map[string]string{}
			for req := (driver.ListTagsRequest{KeyID: id}); ; {
				res := ok[driver.ListTagsResponse](t)(s.ListTags(ctx, &req))
				for _, tag := range res.Tags {
					all[tag.Key] = tag.Value
				}
				if req.Cursor = res.Cursor; req.Cursor == "" {
					return all
				}
			}
		}
		if got := tags(); len(got) != 0 {
			t.Errorf("%v", got)
		}
		var many []driver.Tag
		for i := range 20 {
			many = append(many, driver.Tag{Key: fmt.Sprintf(`k%02d/\_.+=:@-`, i), Value: strings.Repeat("v", i)})
		}
		ok[driver.SetTagsResponse](t)(s.SetTags(ctx, &driver.SetTagsRequest{KeyID: id, Tags: many}))
		ok[driver.SetTagsResponse](t)(s.SetTags(ctx, &driver.SetTagsRequest{KeyID: id, Tags: []driver.Tag{{Key: many[3].Key, Value: "new"}}}))
		got := tags()
		for i, tag := range many {
			if want := tag.Value; i == 3 && got[tag.Key] != "new" || i != 3 && got[tag.Key] != want {
				t.Errorf("%s is %q", tag.Key, got[tag.Key])
			}
		}
		for range 2 { // an absent one is success
			ok[driver.RemoveTagsResponse](t)(s.RemoveTags(ctx, &driver.RemoveTagsRequest{KeyID: id, Tags: many[1:]}))
		}
		if got := tags(); len(got) != 1 {
			t.Errorf("%v", got)
		}
		_, err := s.ListTags(ctx, &driver.ListTagsRequest{KeyID: "key-none"})
		if err != nil && errs.CodeOf(err) != errs.NotFound {
			t.Error(err)
		}
		_, err = s.SetTags(ctx, &driver.SetTagsRequest{KeyID: "key-none", Tags: many[:1]})
		wantCode(t, "tags of no key", err, errs.NotFound)
	})
}

func TestKMSRotation(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx, id := t.Context(), newAES(t, s)
		rotation := func() *driver.GetRotationResponse {
			t.Helper()
			return ok[driver.GetRotationResponse](t)(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: id}))
		}
		if r := rotation(); r.Enabled || r.Days != 0 || !r.Next.IsZero() {
			t.Errorf("%+v", r)
		}
		for _, days := range []int{7, 365, 30} {
			for range 2 {
				ok[driver.SetRotationResponse](t)(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: days}))
			}
			if r := rotation(); !r.Enabled || r.Days != days || !r.Next.After(time.Now()) || !described(t, s, id).RotationEnabled {
				t.Errorf("%d days: %+v", days, r)
			}
		}
		sealed := ok[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("before")})).Ciphertext
		time.Sleep(31 * 24 * time.Hour) // of the bubble
		after := ok[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("after")})).Ciphertext
		if after.KeyVersion == sealed.KeyVersion || after.KeyVersion == "" {
			t.Errorf("versions %q and %q: the key was not rotated", sealed.KeyVersion, after.KeyVersion)
		}
		if res := ok[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: sealed})); string(res.Plaintext) != "before" {
			t.Errorf("%q", res.Plaintext)
		}
		res := ok[driver.ReEncryptResponse](t)(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: sealed, NewKeyID: id}))
		if bytes.Equal(res.Ciphertext.Blob, sealed.Blob) || res.Ciphertext.Kind != driver.KindData {
			t.Errorf("%v", res.Ciphertext)
		}
		if versions := ok[driver.ListVersionsResponse](t)(s.ListVersions(ctx, &driver.ListVersionsRequest{KeyID: id})).Versions; len(versions) != 2 {
			t.Errorf("%v", versions)
		}
		for range 2 {
			ok[driver.SetRotationResponse](t)(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id}))
		}
		if r := rotation(); r.Enabled || r.Last.IsZero() {
			t.Errorf("%+v", r)
		}
		pair := newKey(t, s, driver.CreateKeyRequest{Spec: driver.ECP256, Usage: driver.SignVerify})
		_, err := s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: pair, Enabled: true, Days: 30})
		wantCode(t, "rotating a key pair", err, errs.Unsupported)
	})
}
