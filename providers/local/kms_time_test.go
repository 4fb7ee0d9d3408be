package local_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

const oneDay = 24 * time.Hour

// records counts what the file of a closed store holds of keys, by bucket.
func records(t *testing.T, path string) map[string]int {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	count := map[string]int{}
	err = db.View(func(tx *bolt.Tx) error {
		for _, name := range []string{"kms keys", "kms material", "kms names", "kms aliases", "kms due"} {
			if b := tx.Bucket([]byte(name)); b != nil {
				count[name] = b.Stats().KeyN
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// A key whose deletion is scheduled is there until its time, and gone from it on: name, aliases, material and all.
func TestKeyDeletionHappens(t *testing.T) {
	prepare := map[string]func(*vault, string){
		"enabled": func(*vault, string) {},
		"disabled": func(v *vault, id string) {
			v.done(second(v.DisableKey(v.Context(), &driver.DisableKeyRequest{KeyID: id})))
		},
		"rotated": func(v *vault, id string) {
			v.done(second(v.RotateNow(v.Context(), &driver.RotateNowRequest{KeyID: id})))
			v.done(second(v.SetRotation(v.Context(), &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 2})))
		},
	}
	for how, prepare := range prepare {
		for _, first := range []string{"describe", "list", "create", "alias", "reopen"} {
			t.Run(how+"/"+first, func(t *testing.T) {
				v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
				ctx := v.Context()
				id, other := v.aes("doomed"), v.aes("other")
				ct := v.encrypt(id, "p", "")
				v.done(second(v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: id, Alias: "a"})))
				prepare(v, id)
				res, err := v.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: 7})
				must(t, res, err)
				if want := v.Now().Add(7 * oneDay); !res.DeletionAt.Equal(want) || !v.describe(id).DeletionAt.Equal(want) {
					t.Errorf("deletion at %v, described %v, want %v", res.DeletionAt, v.describe(id).DeletionAt, want)
				}
				v.advance(7*oneDay - 1)
				v.state(id, driver.PendingDeletion)
				v.advance(1)
				switch first {
				case "list":
					page, err := v.ListKeys(ctx, &driver.ListKeysRequest{})
					if err != nil || len(page.Keys) != 1 || page.Keys[0].ID != other {
						t.Errorf("listed %+v, %v", page, err)
					}
				case "create":
					v.aes("doomed")
				case "alias":
					_, err := v.DescribeKey(ctx, &driver.DescribeKeyRequest{Alias: "a"})
					refused(t, "its alias", err, errs.NotFound)
				case "reopen":
					v.close()
					v.open()
				}
				for what, err := range v.uses(ctx, id) {
					refused(t, what, err, errs.NotFound)
				}
				_, err = v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct})
				refused(t, "opening what it encrypted", err, errs.NotFound)
				if first != "create" {
					v.aes("doomed")
				}
				v.done(second(v.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: other, Alias: "a"})))
				v.close()
				if got := fmt.Sprint(records(t, v.path)); got != "map[kms aliases:1 kms due:0 kms keys:2 kms material:2 kms names:2]" {
					t.Errorf("the file holds %s", got)
				}
			})
		}
	}
}

// A cancelled deletion does not happen.
func TestCancelledDeletion(t *testing.T) {
	vaults(t, func(v *vault) {
		id := v.aes("k")
		ct := v.encrypt(id, "p", "")
		v.done(second(v.ScheduleDeletion(v.Context(), &driver.ScheduleDeletionRequest{KeyID: id, Days: 1})))
		v.done(second(v.CancelDeletion(v.Context(), &driver.CancelDeletionRequest{KeyID: id})))
		v.advance(30 * oneDay)
		v.state(id, driver.Disabled)
		if at := v.describe(id).DeletionAt; !at.IsZero() {
			v.Errorf("deletion at %v", at)
		}
		v.done(second(v.EnableKey(v.Context(), &driver.EnableKeyRequest{KeyID: id})))
		v.opens(ct, "", "p")
	})
}

// More keys than one write removes are gone all the same, and so are their names.
func TestManyDeletions(t *testing.T) {
	v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
	const many = 250
	for i := range many {
		id := v.aes(fmt.Sprint("k", i))
		v.done(second(v.ScheduleDeletion(v.Context(), &driver.ScheduleDeletionRequest{KeyID: id, Days: 1})))
	}
	v.advance(oneDay)
	for i := many - 1; i >= many-30; i-- {
		v.aes(fmt.Sprint("k", i))
	}
	page, err := v.ListKeys(v.Context(), &driver.ListKeysRequest{})
	if err != nil || len(page.Keys) != 30 {
		t.Errorf("%d keys are left, %v", len(page.Keys), err)
	}
	v.close()
	if got := records(t, v.path); got["kms keys"] != 30 || got["kms material"] != 30 || got["kms due"] != 0 {
		t.Errorf("the file holds %v", got)
	}
}

// A key is rotated when its period is over, as soon as it is used; what it encrypted before stays readable.
func TestRotation(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		id, began := v.aes("k"), v.Now()
		rotation := func() *driver.GetRotationResponse {
			res, err := v.GetRotation(ctx, &driver.GetRotationRequest{KeyID: id})
			return must(v.T, res, err)
		}
		version := func(want string) driver.Ciphertext {
			v.Helper()
			ct := v.encrypt(id, "p", "")
			if ct.KeyVersion != want {
				v.Errorf("encrypted by version %s, want %s", ct.KeyVersion, want)
			}
			return ct
		}
		if got := rotation(); *got != (driver.GetRotationResponse{}) {
			v.Errorf("at first %+v", got)
		}
		old := []driver.Ciphertext{version("1")}
		v.advance(400 * oneDay)
		old = append(old, version("1"))
		since := v.Now()
		v.done(second(v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 30})))
		if got := rotation(); !got.Enabled || got.Days != 30 || !got.Last.IsZero() || !got.Next.Equal(since.Add(30*oneDay)) {
			v.Errorf("switched on at %v: %+v", since, got)
		}
		v.advance(30*oneDay - 1)
		old = append(old, version("1"))
		v.advance(1)
		old = append(old, version("2"), version("2"))
		v.advance(29 * oneDay)
		old = append(old, version("2"))
		if got := rotation(); !got.Last.Equal(since.Add(30*oneDay)) || !got.Next.Equal(since.Add(60*oneDay)) {
			v.Errorf("after the first rotation: %+v", got)
		}
		v.advance(100*oneDay - 1) // which ends within the third period after that
		if got := rotation(); !got.Last.Equal(since.Add(150*oneDay)) || !got.Next.Equal(since.Add(180*oneDay)) {
			v.Errorf("after periods without use: %+v", got)
		}
		old = append(old, version("3"))
		v.done(second(v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 60})))
		if got := rotation(); got.Days != 60 || !got.Next.Equal(since.Add(210*oneDay)) {
			v.Errorf("with another period: %+v", got)
		}
		v.done(second(v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: id})))
		old = append(old, version("4"))
		if got := rotation(); !got.Last.Equal(v.Now()) || !got.Next.Equal(v.Now().Add(60*oneDay)) {
			v.Errorf("rotated by hand: %+v", got)
		}
		v.done(second(v.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})))
		v.advance(100 * oneDay)
		if got := v.versions(id); got != 4 {
			v.Errorf("a disabled key was rotated: it has %d versions", got)
		}
		v.done(second(v.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: id})))
		old = append(old, version("5"))
		v.done(second(v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id})))
		v.advance(1000 * oneDay)
		old = append(old, version("5"))
		if got := rotation(); got.Enabled || got.Days != 0 || !got.Next.IsZero() {
			v.Errorf("switched off: %+v", got)
		}
		for _, ct := range old {
			v.opens(ct, "", "p")
		}
		if got := v.describe(id); got.RotationEnabled || !got.CreatedAt.Equal(began) {
			v.Errorf("described %+v", got)
		}
	})
}

func (v *vault) versions(id string) int {
	v.Helper()
	res, err := v.ListVersions(v.Context(), &driver.ListVersionsRequest{KeyID: id})
	return len(must(v.T, res, err).Versions)
}

func TestRotationRefused(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		pair, secret, imported := v.key("pair", driver.ECP256, driver.SignVerify), v.aes("secret"), v.imported("imported", driver.AES256)
		for _, id := range []string{pair, imported} {
			_, err := v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 30})
			refused(v.T, "rotation", err, errs.Unsupported)
		}
		_, err := v.RotateNow(ctx, &driver.RotateNowRequest{KeyID: imported})
		refused(v.T, "rotation of imported material", err, errs.Unsupported)
		for _, days := range []int{-1, 0, 3651} {
			_, err := v.SetRotation(ctx, &driver.SetRotationRequest{KeyID: secret, Enabled: true, Days: days})
			refused(v.T, fmt.Sprint("every ", days), err, errs.InvalidArgument)
		}
		for _, days := range []int{-1, 0, 3651} {
			_, err := v.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: secret, Days: days})
			refused(v.T, fmt.Sprint("deletion in ", days), err, errs.InvalidArgument)
		}
		v.state(secret, driver.Enabled)
	})
}

// Imported material ends at its time, whatever state the key is in, and can be imported again.
func TestMaterialExpires(t *testing.T) {
	for _, state := range []driver.State{driver.Enabled, driver.Disabled, driver.PendingDeletion} {
		t.Run(string(state), func(t *testing.T) {
			v := openVault(t, filepath.Join(t.TempDir(), "keys.db"))
			ctx := v.Context()
			id := v.imported("k", driver.AES256)
			ends := v.Now().Truncate(time.Second).Add(3 * oneDay)
			v.done(v.importKey(id, material(32), driver.RSAOAEPSHA256, ends))
			ct := v.encrypt(id, "p", "c")
			if got := v.describe(id).MaterialExpiresAt; !got.Equal(ends) {
				t.Errorf("the material ends at %v, want %v", got, ends)
			}
			switch state {
			case driver.Disabled:
				v.done(second(v.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: id})))
			case driver.PendingDeletion:
				v.done(second(v.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: id, Days: 30})))
			}
			v.advance(ends.Sub(v.Now()) - 1)
			v.state(id, state)
			v.advance(1)
			_, err := v.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct, Context: "c"})
			refused(t, "opening without material", err, errs.Conflict)
			if state == driver.PendingDeletion {
				v.state(id, driver.PendingDeletion)
				_, err = v.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: id})
				v.done(err)
			}
			v.state(id, driver.PendingImport)
			if got := v.describe(id).MaterialExpiresAt; !got.IsZero() {
				t.Errorf("the material still ends at %v", got)
			}
			v.close()
			if got := records(t, v.path); got["kms keys"] != 1 || got["kms material"] != 0 || got["kms due"] != 0 {
				t.Errorf("the file holds %v", got)
			}
			v.open()
			v.done(v.importKey(id, material(32), driver.SM2Encrypt, time.Time{}))
			v.state(id, driver.Enabled)
			v.opens(ct, "c", "p")
			v.advance(1000 * oneDay)
			v.opens(ct, "c", "p")
		})
	}
}

// The version that was made last is the newest for callers, also where the clock was set back before.
func TestNewestVersionAfterClockWentBack(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		service, err := kms.NewService(v.like(""), kms.ServiceOptions{Now: v.Now})
		must(v.T, service, err)
		pair, err := service.CreateKey(ctx, "pair", kms.WithSpec(kms.ECP256))
		must(v.T, pair, err)
		for i, set := range []time.Duration{-48 * time.Hour, time.Hour, -time.Hour, 100 * time.Hour} {
			v.advance(set)
			v.done(pair.RotateNow(ctx))
			sig, err := pair.Sign(ctx, kms.ECDSASHA256, []byte("m"))
			if want := fmt.Sprint(i + 2); err != nil || sig.KeyVersion != want {
				t.Errorf("after the clock moved by %v version %q signs, want %q: %v", set, sig.KeyVersion, want, err)
			}
		}
		res, err := v.ListVersions(ctx, &driver.ListVersionsRequest{KeyID: pair.ID()})
		must(v.T, res, err)
		start := v.Now().Add(-52 * time.Hour) // when the pair was made
		for i, want := range []time.Time{v.Now(), start, start, start, start} {
			if got := res.Versions[i]; got.ID != fmt.Sprint(5-i) || !got.CreatedAt.Equal(want) {
				t.Errorf("listed %+v, want it to be of %v", got, want)
			}
		}
	})
}
