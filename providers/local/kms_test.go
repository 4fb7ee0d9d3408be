package local_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// vault is one open store with a clock and its keys.
type vault struct {
	*testing.T
	*clock
	path    string
	root    secret.String
	account *local.Account
	ownKMS
}

// vaults runs a test on a store in memory and on one in a file.
func vaults(t *testing.T, test func(*vault)) {
	t.Helper()
	for name, path := range map[string]string{"memory": "", "file": "keys.db"} {
		t.Run(name, func(t *testing.T) {
			if path != "" {
				path = filepath.Join(t.TempDir(), path)
			}
			test(openVault(t, path))
		})
	}
}

func openVault(t *testing.T, path string) *vault {
	t.Helper()
	v := &vault{T: t, clock: newClock(), path: path}
	v.open()
	t.Cleanup(func() { v.account.Close() })
	return v
}

func (v *vault) open() {
	v.Helper()
	var err error
	if v.account, err = local.Open(local.Options{Path: v.path, NoSync: true, Now: v.Now, RootKey: v.root}); err != nil {
		v.Fatal(err)
	}
	v.ownKMS = v.like("").(ownKMS)
}

func (v *vault) close() {
	v.Helper()
	if err := v.account.Close(); err != nil {
		v.Fatal(err)
	}
}

func (v *vault) like(like string) anyKMS {
	v.Helper()
	s, err := v.account.KMSService(local.KMSOptions{Like: like})
	if err != nil {
		v.Fatal(err)
	}
	return s.(anyKMS)
}

// must fails the test at an error.
func must[Res any](t testing.TB, res *Res, err error) *Res {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func (v *vault) done(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// key makes a key and returns its id.
func (v *vault) key(name string, spec driver.Spec, usage driver.Usage) string {
	v.Helper()
	res, err := v.CreateKey(v.Context(), &driver.CreateKeyRequest{Name: name, Spec: spec, Usage: usage})
	return must(v.T, res, err).Key.ID
}

func (v *vault) aes(name string) string {
	v.Helper()
	return v.key(name, driver.AES256, driver.EncryptDecrypt)
}

func (v *vault) encrypt(id, plaintext, with string) driver.Ciphertext {
	v.Helper()
	res, err := v.Encrypt(v.Context(), &driver.EncryptRequest{KeyID: id, Plaintext: []byte(plaintext), Context: with})
	return must(v.T, res, err).Ciphertext
}

func (v *vault) opens(ct driver.Ciphertext, with, want string) {
	v.Helper()
	res, err := v.Decrypt(v.Context(), &driver.DecryptRequest{Ciphertext: ct, Context: with})
	if err != nil || string(res.Plaintext) != want {
		v.Errorf("opened to %v, %v", res, err)
	}
}

func (v *vault) describe(id string) driver.KeyInfo {
	v.Helper()
	res, err := v.DescribeKey(v.Context(), &driver.DescribeKeyRequest{KeyID: id})
	return must(v.T, res, err).Key
}

func (v *vault) state(id string, want driver.State) {
	v.Helper()
	if got := v.describe(id).State; got != want {
		v.Errorf("the key is %s, want %s", got, want)
	}
}

// uses are calls of every sort for one key.
func (v *vault) uses(ctx context.Context, id string) map[string]error {
	ct := driver.Ciphertext{KeyID: id, Kind: driver.KindAsymmetric, Algorithm: driver.RSAOAEPSHA256, Blob: []byte("x")}
	sign := driver.SignRequest{KeyID: id, Algorithm: driver.ECDSASHA256, Message: []byte("m")}
	all := map[string]error{}
	_, all["describe"] = v.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})
	_, all["encrypt"] = v.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("p")})
	_, all["data key"] = v.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: id, Bytes: 32})
	_, all["wrapped data key"] = v.GenerateWrappedDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: id, Bytes: 32})
	_, all["pair encrypts"] = v.AsymmetricEncrypt(ctx, &driver.AsymmetricEncryptRequest{KeyID: id, Algorithm: ct.Algorithm, Plaintext: []byte("p")})
	_, all["pair decrypts"] = v.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: ct})
	_, all["sign"] = v.Sign(ctx, &sign)
	_, all["verify"] = v.Verify(ctx, &driver.VerifyRequest{SignRequest: sign, Signature: []byte("s")})
	_, all["public key"] = v.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: id})
	_, all["enable"] = v.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id})
	_, all["disable"] = v.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})
	_, all["schedule"] = v.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: 7})
	_, all["cancel"] = v.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id})
	_, all["rename"] = v.Rename(ctx, &driver.RenameRequest{KeyID: id, NewName: "other"})
	_, all["description"] = v.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: id})
	_, all["aliases"] = v.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: id})
	_, all["add alias"] = v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: "a"})
	_, all["remove alias"] = v.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: id, Alias: "a"})
	_, all["tags"] = v.ListTags(ctx, &driver.ListTagsRequest{KeyID: id})
	_, all["set tags"] = v.SetTags(ctx, &driver.SetTagsRequest{KeyID: id, Tags: []driver.Tag{{Key: "k"}}})
	_, all["remove tags"] = v.RemoveTags(ctx, &driver.RemoveTagsRequest{KeyID: id, Tags: []driver.Tag{{Key: "k"}}})
	_, all["rotation"] = v.GetRotation(ctx, &driver.GetRotationRequest{KeyID: id})
	_, all["set rotation"] = v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 30})
	_, all["rotate now"] = v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id})
	_, all["versions"] = v.ListVersions(ctx, &driver.ListVersionsRequest{KeyID: id})
	_, all["import parameters"] = v.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: id, Wrapping: driver.SM2Encrypt})
	_, all["import"] = v.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: []byte("w"), Token: []byte("t")})
	_, all["delete material"] = v.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: id})
	return all
}

// A name can be had once, by keys and their renaming, and again when it is free.
func TestKeyNamesAreUnique(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		one, two := v.aes("one"), v.aes("two")
		_, err := v.CreateKey(ctx, &driver.CreateKeyRequest{Name: "one", Spec: driver.AES256, Usage: driver.EncryptDecrypt})
		refused(v.T, "a taken name", err, errs.AlreadyExists)
		_, err = v.Rename(ctx, &driver.RenameRequest{KeyID: two, NewName: "one"})
		refused(v.T, "renaming to a taken name", err, errs.AlreadyExists)
		if got := v.describe(two).Name; got != "two" {
			v.Errorf("after a refused renaming the key is %q", got)
		}
		_, err = v.Rename(ctx, &driver.RenameRequest{KeyID: one, NewName: "three"})
		v.done(err)
		four := v.aes("one")
		for id, name := range map[string]string{one: "three", two: "two", four: "one"} {
			page, err := v.ListKeys(ctx, &driver.ListKeysRequest{Name: name})
			if err != nil || len(page.Keys) != 1 || page.Keys[0].ID != id || page.Keys[0].Name != name || page.Cursor != "" {
				v.Errorf("the key %q: %+v, %v", name, page, err)
			}
		}
		_, err = v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: one, Alias: "a"})
		v.done(err)
		_, err = v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: two, Alias: "a"})
		refused(v.T, "a taken alias", err, errs.AlreadyExists)
		_, err = v.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: two, Alias: "a"})
		refused(v.T, "another key's alias", err, errs.NotFound)
		res, err := v.DescribeKey(ctx, &driver.DescribeKeyRequest{Alias: "a"})
		if err != nil || res.Key.ID != one {
			v.Errorf("by alias: %+v, %v", res, err)
		}
	})
}

// Every call on a key that is not there says so.
func TestMissingKey(t *testing.T) {
	vaults(t, func(v *vault) {
		for _, id := range []string{"key-none", ""} {
			for what, err := range v.uses(v.Context(), id) {
				refused(v.T, what+" of a missing key", err, errs.NotFound)
			}
		}
	})
}

func TestKeysOfAClosedStore(t *testing.T) {
	vaults(t, func(v *vault) {
		id := v.aes("k")
		v.close()
		for what, err := range v.uses(context.Background(), id) {
			refused(v.T, what+" after Close", err, errs.Closed)
		}
		_, err := v.Random(context.Background(), &driver.RandomRequest{Bytes: 1})
		refused(v.T, "random bytes after Close", err, errs.Closed)
		_, err = v.account.KMSService(local.KMSOptions{})
		refused(v.T, "a service after Close", err, errs.Closed)
	})
}

// Each state refuses what it should, and nothing else.
func TestKeyStates(t *testing.T) {
	symmetric := []string{"encrypt", "data key", "wrapped data key"}
	pairs := []string{"pair encrypts", "pair decrypts", "sign", "verify", "public key"}
	vaults(t, func(v *vault) {
		ctx := v.Context()
		pending := v.aes("pending")
		v.done(second(v.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: pending, Days: 7})))
		for what, call := range map[string]func() error{
			"encrypt": func() error {
				return second(v.Encrypt(ctx, &driver.EncryptRequest{KeyID: pending, Plaintext: []byte("p")}))
			},
			"enable":  func() error { return second(v.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: pending})) },
			"disable": func() error { return second(v.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: pending})) },
			"schedule": func() error {
				return second(v.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: pending, Days: 7}))
			},
			"rename":      func() error { return second(v.Rename(ctx, &driver.RenameRequest{KeyID: pending, NewName: "other"})) },
			"description": func() error { return second(v.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: pending})) },
			"add alias": func() error {
				return second(v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: pending, Alias: "a"}))
			},
			"set tags": func() error {
				return second(v.SetTags(ctx, &driver.SetTagsRequest{KeyID: pending, Tags: []driver.Tag{{Key: "k"}}}))
			},
			"set rotation": func() error {
				return second(v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: pending, Enabled: true, Days: 30}))
			},
			"rotate now": func() error { return second(v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: pending})) },
		} {
			refused(v.T, what+" of a key that is to be deleted", call(), errs.Conflict)
		}
		for name, spec := range map[string]driver.Spec{"secret": driver.AES256, "pair": driver.ECP256} {
			usage, which := driver.EncryptDecrypt, symmetric
			if spec == driver.ECP256 {
				usage, which = driver.SignVerify, pairs[2:]
			}
			id := v.key(name, spec, usage)
			for range 2 { // the second time is success here
				v.done(second(v.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})))
			}
			_, err := v.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id})
			refused(v.T, "cancelling what is not scheduled", err, errs.Conflict)
			all := v.uses(ctx, id)
			for _, what := range which {
				refused(v.T, what+" with a disabled key", all[what], errs.Conflict)
				if err := all[what]; err != nil && !strings.Contains(err.Error(), "enable it first") {
					v.Errorf("%s with a disabled key: %v does not say what to do", what, err)
				}
			}
			v.state(id, driver.Disabled) // as always after a cancelled deletion
			for range 2 {
				v.done(second(v.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id})))
			}
			v.state(id, driver.Enabled)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A listing has every key once, in order, on pages that are as long as they may be.
func TestKeyListing(t *testing.T) {
	vaults(t, func(v *vault) {
		want := map[string]bool{}
		for i := range 203 {
			want[v.aes(string(rune('A'+i%26))+string(rune('0'+i/26)))] = true
		}
		var sizes []int
		last := ""
		for req := (&driver.ListKeysRequest{}); ; {
			page, err := v.ListKeys(v.Context(), req)
			must(v.T, page, err)
			sizes = append(sizes, len(page.Keys))
			for _, info := range page.Keys {
				if !want[info.ID] || info.ID <= last {
					v.Errorf("%q is not the key to follow %q", info.ID, last)
				}
				delete(want, info.ID)
				last = info.ID
			}
			if req.Cursor = page.Cursor; req.Cursor == "" {
				break
			}
		}
		if len(want) > 0 || len(sizes) != 3 || sizes[0] != 100 || sizes[1] != 100 || sizes[2] != 3 {
			v.Errorf("pages of %v, %d keys are missing", sizes, len(want))
		}
		_, err := v.ListKeys(v.Context(), &driver.ListKeysRequest{Cursor: "bogus"})
		refused(v.T, "a cursor that is none", err, errs.InvalidArgument)
	})
}
