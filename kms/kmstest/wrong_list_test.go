package kmstest

import (
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

type (
	listReq = driver.ListKeysRequest
	listRes = driver.ListKeysResponse
)

// listing changes a page of the listing.
func listing(change func(*fake, *listRes)) func(*fake) {
	return answered(driver.OpListKeys, func(f *fake, _ *listReq, res *listRes) { change(f, res) })
}

// without takes keys from a page.
func without(drop func(*driver.KeyInfo) bool) func(*fake) {
	return listing(func(_ *fake, res *listRes) {
		res.Keys = slices.DeleteFunc(res.Keys, func(k driver.KeyInfo) bool { return drop(&k) })
	})
}

// sameKey calls all keys by one id.
func sameKey() func(*fake) {
	return all(describing(func(_ *fake, k *driver.KeyInfo) { k.ID = "key" }),
		encrypted(func(_ *fake, _ *encryptReq, res *encryptRes) { res.Ciphertext.KeyID = "key" }),
		answered(driver.OpGenerateDataKey, func(_ *fake, _ *makeReq, res *makeRes) { res.Ciphertext.KeyID = "key" }))
}

func wrongListing() []wrong {
	return []wrong{
		{"lists only keys that encrypt", "labelled", "List/EveryKind", without(func(k *driver.KeyInfo) bool { return k.Usage != driver.EncryptDecrypt })},
		{"lists only AES keys", "labelled", "List/EveryKind", without(func(k *driver.KeyInfo) bool { return k.Spec != driver.AES256 })},
		{"lists only keys in use", "labelled", "List/EveryState", without(func(k *driver.KeyInfo) bool { return k.State != driver.Enabled })},
		{"lists only the first page", "labelled", "List/Pages", listing(func(_ *fake, res *listRes) { res.Cursor = "" })},
		{"lists a key of the next page too", "labelled", "List/Pages List/EveryKind", listing(func(f *fake, res *listRes) {
			if last := f.keys[len(f.keys)-1].info; res.Cursor != "" {
				res.Keys = append(res.Keys, last)
			}
		})},
		{"has longer pages", "labelled", "List/PageSize", func(f *fake) { f.caps.MaxPage = 2 }},
		{"lists keys without ids", "labelled", "List/PageSize List/EveryKind", listing(func(_ *fake, res *listRes) { res.Keys[0].ID = "" })},
		{"lists other details", "labelled", "List/Details", listing(func(_ *fake, res *listRes) {
			for i := range res.Keys {
				res.Keys[i].Description = ""
			}
		})},
		{"shows service-owned keys", "labelled", "List/ServiceOwned", listing(func(_ *fake, res *listRes) {
			for i := range res.Keys {
				res.Keys[i].ServiceOwned = false
			}
		})},
		{"calls every key service-owned", "labelled", "List/ServiceOwned Create/EveryKind", all(listing(func(_ *fake, res *listRes) {
			for i := range res.Keys {
				res.Keys[i].ServiceOwned = true
			}
		}), describing(func(_ *fake, k *driver.KeyInfo) { k.ServiceOwned = true }))},
		{"lists every key once in its life", "labelled", "List/Break", func(f *fake) {
			seen := map[string]bool{}
			without(func(k *driver.KeyInfo) bool { was := seen[k.ID]; seen[k.ID] = true; return was })(f)
		}},
		{"changes the times of keys", "labelled", "Describe/Same", describing(func(_ *fake, k *driver.KeyInfo) { k.CreatedAt = time.Now() })},
		{"calls all keys the same", "labelled", "Describe/Same Create/Distinct Decrypt/OtherKey Decrypt/DecryptWith DataKey/OtherKey", sameKey()},
		{"finds some key for any alias", "aliased", "Describe/MissingName Describe/Alias", forgiven(driver.OpDescribeKey, errs.NotFound, func(f *fake, _ *describeReq) *describeRes {
			return &describeRes{Key: f.keys[0].info}
		})},
		{"finds another key for an alias", "aliased", "Describe/ByName Describe/Alias Alias/RoundTrip", answered(driver.OpDescribeKey, func(f *fake, req *describeReq, res *describeRes) {
			if req.Alias != "" {
				res.Key = f.keys[0].info
			}
		})},
		{"does not say that a name is missing", "aliased", "Describe/MissingName Describe/Alias", recoded(driver.OpDescribeKey, errs.NotFound, errs.InvalidArgument)},
		{"lists a key that others own", "labelled", "Describe/MissingName", listing(func(f *fake, res *listRes) { res.Keys = append(res.Keys, driver.KeyInfo{}) })},
	}
}
