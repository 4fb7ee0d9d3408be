package local_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	alibaba "github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	huawei "github.com/crosscloud-sdk/crosscloud/providers/huawei/limits"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	tencent "github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

func TestLikeBorrowsKMSCapabilities(t *testing.T) {
	v := openVault(t, "")
	for like, want := range map[string]driver.Capabilities{
		"huawei": huawei.KMS(), "alibaba": alibaba.KMS(), "aliyun": alibaba.KMS(), "esa": alibaba.KMS(),
		"tencent": tencent.KMS(), "edgeone": tencent.KMS(), "teo": tencent.KMS(),
	} {
		want.Vendor, want.KeyVersions, want.RegionalSpec = "local", driver.None, driver.None
		want.Keys = slices.DeleteFunc(want.Keys, func(k driver.KeyKind) bool { return k.Spec == driver.ECSecp256k1 })
		s := v.like(like)
		if got := s.Capabilities(); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("like %s: %+v, want %+v", like, got, want)
		}
		s.Capabilities().Keys[0] = driver.KeyKind{}
		if s.Capabilities().Keys[0].Spec == "" {
			t.Errorf("like %s: whoever reads the capabilities can change them", like)
		}
	}
	// What each provider has, it has and nothing else; package kms checks the interfaces against the capabilities.
	for _, like := range []string{"", "huawei", "alibaba", "tencent"} {
		if _, err := kms.NewService(v.like(like), kms.ServiceOptions{}); err != nil {
			t.Errorf("like %q: %v", like, err)
		}
	}
}

// What a provider does not have is refused with a word that helps.
func TestLikeOfAnotherKind(t *testing.T) {
	v := openVault(t, "")
	for _, like := range []string{"cloudflare", "workers-kv", "guance", "guance-external", "cms", "aws"} {
		_, err := v.account.KMSService(local.KMSOptions{Like: like})
		refused(t, "keys like "+like, err, errs.InvalidArgument)
		if !strings.Contains(fmt.Sprint(err), "has no keys; accepted are huawei, alibaba, aliyun, esa, tencent, edgeone, teo") {
			t.Errorf("keys like %s: %v", like, err)
		}
	}
	_, err := v.account.KVService(local.KVOptions{Like: "huawei"})
	refused(t, "namespaces like huawei", err, errs.InvalidArgument)
	if !strings.Contains(fmt.Sprint(err), "has no namespaces; accepted are") {
		t.Errorf("namespaces like huawei: %v", err)
	}
	_, err = v.account.WorkspaceService(local.WorkspaceOptions{Like: "huawei"})
	refused(t, "workspaces like huawei", err, errs.InvalidArgument)

	settings, err := providers.Lookup("local").Resolve(values("like", "huawei"), providers.Host{})
	v.done(err)
	service, err := v.account.KMS(t.Context(), settings)
	if err != nil || service.Capabilities().DeletionDays.Max != 1096 {
		t.Errorf("from settings: %v", err)
	}
	_, err = v.account.KV(t.Context(), settings)
	refused(t, "namespaces from settings", err, errs.InvalidArgument)
}

// For each provider, the last thing that is accepted and the first that is not, of the driver itself.
func TestKMSBoundaries(t *testing.T) {
	type limits struct {
		plaintext, context, dataKey, days, least, tags, name int
	}
	for like, l := range map[string]limits{
		"":        {plaintext: 32768, context: 65536, dataKey: 8192, days: 3650, least: 1, tags: 50, name: 256},
		"huawei":  {plaintext: 3072, context: 128, dataKey: 1024, days: 1096, least: 7, tags: 10, name: 255},
		"alibaba": {plaintext: 6144, context: 8192, dataKey: 1024, days: 366, least: 7, tags: 20, name: 249},
		"tencent": {plaintext: 4096, context: 1024, dataKey: 1024, days: 30, least: 7, tags: 0, name: 60},
	} {
		t.Run("like "+like, func(t *testing.T) {
			v := openVault(t, "")
			ctx, s := t.Context(), v.like(like)
			name := strings.Repeat("n", l.name)
			if like == "alibaba" {
				name = ""
			}
			made, err := s.CreateKey(ctx, &driver.CreateKeyRequest{Name: name, Spec: driver.AES256, Usage: driver.EncryptDecrypt})
			id := must(t, made, err).Key.ID
			want := func(what string, err error, code errs.Code) {
				t.Helper()
				if code == "" {
					v.done(err)
					return
				}
				refused(t, what, err, code)
			}
			create := func(req driver.CreateKeyRequest) error { return second(s.CreateKey(ctx, &req)) }
			if like == "alibaba" {
				want("a name", create(driver.CreateKeyRequest{Name: "n", Spec: driver.AES256, Usage: driver.EncryptDecrypt}), errs.Unsupported)
				a := s.(driver.Aliaser)
				want("an alias", second(a.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: strings.Repeat("n", l.name)})), "")
				want("a long alias", second(a.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: strings.Repeat("m", l.name+1)})), errs.InvalidArgument)
			} else {
				want("a long name", create(driver.CreateKeyRequest{Name: strings.Repeat("m", l.name+1), Spec: driver.AES256, Usage: driver.EncryptDecrypt}), errs.InvalidArgument)
				want("no name", create(driver.CreateKeyRequest{Spec: driver.AES256, Usage: driver.EncryptDecrypt}), errs.InvalidArgument)
			}
			want("an unknown spec", create(driver.CreateKeyRequest{Name: name, Spec: driver.ECSecp256k1, Usage: driver.SignVerify}), errs.Unsupported)
			want("a spec for another usage", create(driver.CreateKeyRequest{Name: name, Spec: driver.ECP256, Usage: driver.EncryptDecrypt}), errs.Unsupported)
			for spec, without := range map[driver.Spec][]string{driver.SM4: {"tencent"}, driver.ECP384: {"alibaba", "tencent"}} {
				usage, code := driver.EncryptDecrypt, errs.Code("")
				if spec == driver.ECP384 {
					usage = driver.SignVerify
				}
				if slices.Contains(without, like) {
					code = errs.Unsupported
				}
				other := string(spec)
				if like == "alibaba" {
					other = ""
				}
				want("a key of "+string(spec), create(driver.CreateKeyRequest{Name: other, Spec: spec, Usage: usage}), code)
			}
			want("an option", create(driver.CreateKeyRequest{Name: name, Spec: driver.AES256, Usage: driver.EncryptDecrypt, Options: map[string]string{"vpc": "1"}}), errs.InvalidArgument)

			encrypt := func(bytes, context int) error {
				return second(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: make([]byte, bytes), Context: strings.Repeat("c", context)}))
			}
			want("the longest plaintext", encrypt(l.plaintext, l.context), "")
			want("a longer plaintext", encrypt(l.plaintext+1, 0), errs.TooLarge)
			want("no plaintext", encrypt(0, 0), errs.InvalidArgument)
			want("a longer context", encrypt(1, l.context+1), errs.TooLarge)
			want("a context of other bytes", second(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("p"), Context: "\xff"})), errs.InvalidArgument)
			want("the longest data key", second(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: id, Bytes: l.dataKey})), "")
			for _, n := range []int{-1, 0, l.dataKey + 1} {
				want(fmt.Sprint("a data key of ", n), second(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: id, Bytes: n})), errs.InvalidArgument)
			}

			if tagger, ok := s.(driver.Tagger); ok {
				var tags []driver.Tag
				for i := range l.tags {
					tags = append(tags, driver.Tag{Key: fmt.Sprint("t", i)})
				}
				set := func(tags ...driver.Tag) error {
					return second(tagger.SetTags(ctx, &driver.SetTagsRequest{KeyID: id, Tags: tags}))
				}
				want("all tags", set(tags...), "")
				want("the same again", set(tags[:1]...), "")
				want("one more", set(driver.Tag{Key: "more"}), errs.QuotaExceeded)
				want("a tag twice", set(tags[0], tags[0]), errs.InvalidArgument)
				want("a tag without a key", set(driver.Tag{Value: "v"}), errs.InvalidArgument)
			} else if like != "tencent" {
				t.Error("keys have no tags")
			} else {
				create := func(tag driver.Tag) error {
					return second(s.(driver.Creator).CreateKey(ctx, &driver.CreateKeyRequest{
						Name: "tagged", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider, Tags: []driver.Tag{tag}}))
				}
				want("a tag without a value", create(driver.Tag{Key: "team"}), errs.InvalidArgument)
				want("a tag with a value", create(driver.Tag{Key: "team", Value: "shop"}), "")
			}

			schedule := func(days int) error {
				return second(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: days}))
			}
			if like == "tencent" {
				want("the deletion of an enabled key", schedule(l.least), errs.Conflict)
			}
			twice := errs.Code("")
			if like == "huawei" || like == "tencent" {
				twice = errs.Conflict
			}
			want("enabling again", second(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id})), twice)
			want("disabling", second(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})), "")
			want("disabling again", second(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})), twice)
			want("deletion too soon", schedule(l.least-1), errs.InvalidArgument)
			want("deletion too late", schedule(l.days+1), errs.InvalidArgument)
			want("deletion", schedule(l.least), "")
			want("deletion again", schedule(l.least), errs.Conflict)
			want("cancelling", second(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id})), "")
			want("cancelling again", second(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id})), errs.Conflict)
			after := driver.Disabled
			if like == "alibaba" {
				after = driver.Enabled
			}
			v.state(id, after)
			if like == "tencent" {
				want("disabled again", schedule(l.days), "")
			} else {
				want("the last day", schedule(l.days), "")
			}
		})
	}
}

// A key that was made without like can be used by every service, as far as it has the calls.
func TestKeysOfOthers(t *testing.T) {
	v := openVault(t, "")
	ctx := t.Context()
	p384, id := v.key("p384", driver.ECP384, driver.SignVerify), v.aes("aes")
	ct := v.encrypt(id, "p", "")
	for _, like := range []string{"huawei", "alibaba", "tencent"} {
		s := v.like(like)
		signed, err := s.Sign(ctx, &driver.SignRequest{KeyID: p384, Algorithm: driver.ECDSASHA384, Digest: make([]byte, 48)})
		if err != nil || signed.KeyVersion != "" {
			t.Errorf("like %s: %+v, %v", like, signed, err)
		}
		if opened, err := s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct}); err != nil || string(opened.Plaintext) != "p" {
			t.Errorf("like %s: %v, %v", like, opened, err)
		}
		res, err := s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})
		if want := map[string]string{"huawei": "aes", "tencent": "aes"}[like]; err != nil || res.Key.Name != want {
			t.Errorf("like %s: described %+v, %v", like, res, err)
		}
	}
	// Huawei Cloud opens data keys by another request than the rest, and is told their length.
	s := v.like("huawei").(huaweiKMS)
	made, err := s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: id, Bytes: 20})
	must(t, made, err)
	opened, err := s.DecryptDataKey(ctx, &driver.DecryptRequest{Ciphertext: made.Ciphertext})
	if err != nil || string(opened.Plaintext) != string(made.Plaintext) {
		t.Errorf("a data key: %v, %v", opened, err)
	}
	_, err = s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: made.Ciphertext})
	refused(t, "a data key by Decrypt", err, errs.InvalidArgument)
	_, err = s.DecryptDataKey(ctx, &driver.DecryptRequest{Ciphertext: ct})
	refused(t, "other data by DecryptDataKey", err, errs.InvalidArgument)
	made.Ciphertext.PlaintextBytes = 21
	_, err = s.DecryptDataKey(ctx, &driver.DecryptRequest{Ciphertext: made.Ciphertext})
	refused(t, "a data key of another length", err, errs.InvalidArgument)
	// Its rotation is switched on and off once, and has a year's period at first.
	for _, step := range []struct {
		on   bool
		code errs.Code
	}{{false, errs.Conflict}, {true, ""}, {true, errs.Conflict}} {
		_, err := s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: step.on})
		if errs.CodeOf(err) != step.code && (err != nil || step.code != "") {
			t.Errorf("rotation %t: %v", step.on, err)
		}
	}
	got, err := s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: id})
	if err != nil || !got.Enabled || got.Days != 365 {
		t.Errorf("rotation %+v, %v", got, err)
	}
	v.done(second(s.SetRotationPeriod(ctx, &driver.SetRotationPeriodRequest{KeyID: id, Days: 30})))
	for _, days := range []int{29, 366} {
		_, err := s.SetRotationPeriod(ctx, &driver.SetRotationPeriodRequest{KeyID: id, Days: days})
		refused(t, fmt.Sprint("every ", days), err, errs.InvalidArgument)
	}
	other := v.aes("other")
	_, err = s.SetRotationPeriod(ctx, &driver.SetRotationPeriodRequest{KeyID: other, Days: 30})
	refused(t, "the period of no rotation", err, errs.Conflict)
	_, err = v.like("tencent").(driver.ImmediateRotator).RotateNow(ctx, &driver.RotateNowRequest{KeyID: p384})
	refused(t, "the rotation of a pair like tencent", err, errs.Unsupported)
}
