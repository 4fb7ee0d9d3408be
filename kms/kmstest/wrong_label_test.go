package kmstest

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func wrongLabels() []wrong {
	type (
		renameReq = driver.RenameRequest
		renameRes = driver.RenameResponse
		describe  = driver.SetDescriptionRequest
		described = driver.SetDescriptionResponse
		aliasReq  = driver.CreateAliasRequest
		aliasRes  = driver.CreateAliasResponse
		freeReq   = driver.DeleteAliasRequest
		freeRes   = driver.DeleteAliasResponse
		tagsReq   = driver.SetTagsRequest
		tagsRes   = driver.SetTagsResponse
		dropReq   = driver.RemoveTagsRequest
		dropRes   = driver.RemoveTagsResponse
	)
	return []wrong{
		{"does not rename", "labelled", "Rename/NewName", idle(driver.OpRename, func(*renameReq) *renameRes { return nil })},
		{"renames to a taken name", "labelled", "Rename/Taken", forgiven(driver.OpRename, errs.AlreadyExists, func(*fake, *renameReq) *renameRes { return new(renameRes) })},
		{"renames although it refuses", "labelled", "Rename/Taken", about(driver.OpRename, func(f *fake, ctx context.Context, req *renameReq, right func(context.Context, *renameReq) (*renameRes, error)) (*renameRes, error) {
			res, err := right(ctx, req)
			f.mu.Lock()
			defer f.mu.Unlock()
			if k, missing := f.find(req.KeyID); missing == nil {
				k.info.Name = req.NewName
			}
			return res, err
		})},
		{"describes keys without names", "labelled", "Rename/Refused Create/EveryKind", describing(func(_ *fake, k *driver.KeyInfo) { k.Name = "" })},
		{"does not change descriptions", "labelled", "Description/Set Description/Limit", idle(driver.OpSetDescription, func(*describe) *described { return nil })},
		{"takes an empty description for none", "labelled", "Description/Set", asked(driver.OpSetDescription, func(*describe) *described { return nil }, func(f *fake, req *describe) {
			if k, err := f.find(req.KeyID); err == nil && req.Description == "" {
				req.Description = k.info.Description
			}
		})},
		{"declares too long descriptions", "labelled", "Description/Limit Create/DescriptionLimit", func(f *fake) { f.caps.MaxDescriptionBytes = 200 }},
		{"declares too short descriptions", "labelled", "Description/Limit", func(f *fake) { f.caps.MaxDescriptionBytes = 50 }},
		{"counts bytes for characters", "aliased", "Description/Limit Create/DescriptionLimit", func(f *fake) {
			f.limits.MaxDescriptionBytes = f.limits.MaxDescriptionChars
		}},
		{"lists only the first aliases", "split", "Alias/RoundTrip Alias/Taken", all(answered(driver.OpListAliases, func(_ *fake, _ *driver.ListAliasesRequest, res *driver.ListAliasesResponse) {
			if len(res.Aliases) > 0 {
				res.Aliases, res.Cursor = res.Aliases[:1], ""
			}
		}), forgiven(driver.OpCreateAlias, errs.AlreadyExists, func(*fake, *aliasReq) *aliasRes { return new(aliasRes) }))},
		{"lists the vendor's prefix", "aliased", "Alias/RoundTrip Create/EveryKind", answered(driver.OpListAliases, func(_ *fake, _ *driver.ListAliasesRequest, res *driver.ListAliasesResponse) {
			for i := range res.Aliases {
				res.Aliases[i] = "alias/" + res.Aliases[i]
			}
		})},
		{"gives an alias twice", "aliased", "Alias/Taken Rename/Taken", forgiven(driver.OpCreateAlias, errs.AlreadyExists, func(*fake, *aliasReq) *aliasRes { return new(aliasRes) })},
		{"removes aliases that there are not", "aliased", "Alias/Absent", forgiven(driver.OpDeleteAlias, errs.NotFound, func(*fake, *freeReq) *freeRes { return new(freeRes) })},
		{"cuts aliases", "aliased", "Alias/Limit Create/NameAtLimit", asked(driver.OpCreateAlias, func(*aliasReq) *aliasRes { return nil }, func(_ *fake, req *aliasReq) { req.Alias = req.Alias[:min(len(req.Alias), 50)] })},
		{"does not free aliases", "aliased", "Alias/Freed Alias/RoundTrip Rename/NewName", idle(driver.OpDeleteAlias, func(*freeReq) *freeRes { return nil })},
		{"gives every alias to the last key", "aliased", "Alias/Freed Alias/RoundTrip", answered(driver.OpCreateAlias, func(f *fake, req *aliasReq, _ *aliasRes) {
			k, _ := f.find(req.KeyID)
			k.aliases = k.aliases[:len(k.aliases)-1]
			last := f.keys[0]
			last.aliases = append(last.aliases, req.Alias)
		})},
		{"forgets the values of tags", "split", "Tags/RoundTrip Tags/Replace Create/Tags", asked(driver.OpSetTags, func(*tagsReq) *tagsRes { return nil }, func(_ *fake, req *tagsReq) {
			var keys []driver.Tag
			for _, tag := range req.Tags {
				keys = append(keys, driver.Tag{Key: tag.Key})
			}
			req.Tags = keys
		})},
		{"replaces all tags", "aliased", "Tags/Replace", about(driver.OpSetTags, func(f *fake, ctx context.Context, req *tagsReq, right func(context.Context, *tagsReq) (*tagsRes, error)) (*tagsRes, error) {
			f.mu.Lock()
			if k, err := f.find(req.KeyID); err == nil {
				k.tags = map[string]string{}
			}
			f.mu.Unlock()
			return right(ctx, req)
		})},
		{"keeps the first value of a tag", "aliased", "Tags/Replace", about(driver.OpSetTags, func(f *fake, ctx context.Context, req *tagsReq, right func(context.Context, *tagsReq) (*tagsRes, error)) (*tagsRes, error) {
			other := *req
			other.Tags = nil
			f.mu.Lock()
			k, err := f.find(req.KeyID)
			for _, tag := range req.Tags {
				if err == nil && k.tags[tag.Key] == "" {
					other.Tags = append(other.Tags, tag)
				}
			}
			f.mu.Unlock()
			return right(ctx, &other)
		})},
		{"does not remove tags", "aliased", "Tags/Remove", idle(driver.OpRemoveTags, func(*dropReq) *dropRes { return nil })},
		{"removes all tags", "aliased", "Tags/Remove", answered(driver.OpRemoveTags, func(f *fake, req *dropReq, _ *dropRes) {
			k, _ := f.find(req.KeyID)
			k.tags = map[string]string{}
		})},
		{"lists only the first tags", "aliased", "Tags/Limit", answered(driver.OpListTags, func(_ *fake, _ *driver.ListTagsRequest, res *driver.ListTagsResponse) { res.Cursor = "" })},
		{"declares too many tags", "aliased", "Tags/Limit", func(f *fake) { f.caps.Tag.Max = 6 }},
		{"declares too few tags", "aliased", "Tags/Limit", func(f *fake) { f.caps.Tag.Max = 4 }},
		{"has tags of its own", "aliased", "Tags/Refused Tags/RoundTrip", answered(driver.OpListTags, func(_ *fake, _ *driver.ListTagsRequest, res *driver.ListTagsResponse) {
			res.Tags = append(res.Tags, driver.Tag{Key: "made-by", Value: "us"})
		})},
		{"tags all keys", "aliased", "Tags/Apart", answered(driver.OpSetTags, func(f *fake, req *tagsReq, _ *tagsRes) {
			for _, k := range f.keys {
				for _, tag := range req.Tags {
					k.tags[tag.Key] = tag.Value
				}
			}
		})},
	}
}

func wrongMaterial() []wrong {
	type (
		rotateReq = driver.SetRotationRequest
		rotateRes = driver.SetRotationResponse
		nowReq    = driver.RotateNowRequest
		nowRes    = driver.RotateNowResponse
		importReq = driver.ImportKeyMaterialRequest
		importRes = driver.ImportKeyMaterialResponse
		forgetReq = driver.DeleteKeyMaterialRequest
		forgetRes = driver.DeleteKeyMaterialResponse
		paramReq  = driver.ImportParametersRequest
		paramRes  = driver.ImportParametersResponse
	)
	return []wrong{
		{"rotates every year", "labelled", "Rotation/Enable", answered(driver.OpSetRotation, func(f *fake, req *rotateReq, _ *rotateRes) {
			if k, _ := f.find(req.KeyID); req.Enabled {
				k.rotation.Days = 365
			}
		})},
		{"ignores the period", "split", "Rotation/Enable Rotation/Disable", idle(driver.OpSetRotationPeriod, func(*driver.SetRotationPeriodRequest) *driver.SetRotationPeriodResponse { return nil })},
		{"does not end rotation", "aliased", "Rotation/Disable Rotation/Twice Rotation/Described", about(driver.OpSetRotation, func(_ *fake, ctx context.Context, req *rotateReq, right func(context.Context, *rotateReq) (*rotateRes, error)) (*rotateRes, error) {
			if !req.Enabled {
				return new(rotateRes), ctx.Err()
			}
			return right(ctx, req)
		})},
		{"finds rotation at fault that is on", "labelled", "Rotation/Twice", recoded(driver.OpSetRotation, errs.Conflict, errs.InvalidArgument)},
		{"declares too long periods", "labelled", "Rotation/Bounds", func(f *fake) { f.caps.RotationDays.Max = 400 }},
		{"declares too short periods", "labelled", "Rotation/OverLimitSent", func(f *fake) { f.caps.RotationDays.Max = 100 }},
		{"describes all keys as rotated", "labelled", "Rotation/Described", describing(func(_ *fake, k *driver.KeyInfo) { k.RotationEnabled = true })},
		{"forgets old material when it rotates", "labelled", "RotateNow/OldCiphertexts", answered(driver.OpRotateNow, func(f *fake, req *nowReq, _ *nowRes) {
			k, _ := f.find(req.KeyID)
			k.versions = k.versions[len(k.versions)-1:]
		})},
		{"forgets old pairs when it rotates", "aliased", "RotateNow/OldCiphertexts RotateNow/OldSignatures", answered(driver.OpRotateNow, func(f *fake, req *nowReq, _ *nowRes) {
			k, _ := f.find(req.KeyID)
			k.versions = k.versions[len(k.versions)-1:]
		})},
		{"does not rotate", "aliased", "RotateNow/OldSignatures", idle(driver.OpRotateNow, func(*nowReq) *nowRes { return nil })},
		{"rotates no kind of keys", "labelled", "RotateNow/OldCiphertexts", about(driver.OpRotateNow, func(*fake, context.Context, *nowReq, func(context.Context, *nowReq) (*nowRes, error)) (*nowRes, error) {
			return nil, refuse(errs.Conflict, "not this one")
		})},
		{"makes material although it is to be imported", "labelled", "Import/Pending", answered(driver.OpCreateKey, func(f *fake, req *createReq, _ *createRes) {
			if k := f.keys[len(f.keys)-1]; req.Origin == driver.External {
				_ = f.renew(k, nil)
				k.info.State = driver.Enabled
			}
		})},
		{"hides where material comes from", "labelled", "Import/Pending Import/Material", describing(func(_ *fake, k *driver.KeyInfo) { k.Origin = driver.FromProvider })},
		{"waits for material for ever", "labelled", "Import/Material Import/EveryWrapping", idle(driver.OpImportKeyMaterial, func(*importReq) *importRes { return nil })},
		{"does not unwrap by SM2", "aliased", "Import/EveryWrapping", answered(driver.OpImportParameters, func(f *fake, req *paramReq, _ *paramRes) {
			k, _ := f.find(req.KeyID)
			k.wrapping = driver.RSAOAEPSHA256
		})},
		{"imports other material", "labelled", "Import/Delete", answered(driver.OpImportKeyMaterial, func(f *fake, req *importReq, _ *importRes) {
			k, _ := f.find(req.KeyID)
			k.versions = nil
			_ = f.renew(k, nil)
		})},
		{"keeps deleted material", "labelled", "Import/Delete", idle(driver.OpDeleteKeyMaterial, func(*forgetReq) *forgetRes { return nil })},
		{"imports whatever comes", "labelled", "Import/WrongLength Import/Garbage", forgiven(driver.OpImportKeyMaterial, errs.InvalidArgument, func(f *fake, req *importReq) *importRes {
			k, _ := f.find(req.KeyID)
			_ = f.renew(k, nil)
			k.info.State = driver.Enabled
			return new(importRes)
		})},
		{"ignores tokens", "labelled", "Import/Garbage", asked(driver.OpImportKeyMaterial, func(*importReq) *importRes { return nil }, func(f *fake, req *importReq) {
			if k, err := f.find(req.KeyID); err == nil {
				req.Token = k.token
			}
		})},
		{"gives parameters that have ended", "labelled", "Import/Parameters", answered(driver.OpImportParameters, func(_ *fake, _ *paramReq, res *paramRes) { res.ExpiresAt = time.Now().Add(-time.Hour) })},
		{"gives no token", "labelled", "Import/Parameters Import/EveryWrapping", answered(driver.OpImportParameters, func(_ *fake, _ *paramReq, res *paramRes) { res.Token = nil })},
		{"takes material for its own keys", "labelled", "Import/ProviderKey", forgiven(driver.OpImportKeyMaterial, errs.Conflict, func(*fake, *importReq) *importRes { return new(importRes) })},
		{"deletes its own material", "labelled", "Import/ProviderKey", forgiven(driver.OpDeleteKeyMaterial, errs.Conflict, func(*fake, *forgetReq) *forgetRes { return new(forgetRes) })},
		{"keeps material for ever", "labelled", "Import/Expires", asked(driver.OpImportKeyMaterial, func(*importReq) *importRes { return nil }, func(_ *fake, req *importReq) { req.ExpiresAt = time.Time{} })},
		{"takes seconds for milliseconds", "labelled", "Import/Expires", asked(driver.OpImportKeyMaterial, func(*importReq) *importRes { return nil }, func(_ *fake, req *importReq) {
			if !req.ExpiresAt.IsZero() {
				req.ExpiresAt = time.Unix(req.ExpiresAt.Unix()*1000, 0)
			}
		})},
	}
}
