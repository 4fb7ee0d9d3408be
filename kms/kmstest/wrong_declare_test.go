package kmstest

import (
	"context"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// rows changes the row of one operation.
func rows(op string, change func(*policy.Operation)) func(*fake) {
	return func(f *fake) {
		f.rows = func(all []policy.Operation) []policy.Operation {
			for i := range all {
				if all[i].Name == op {
					change(&all[i])
				}
			}
			return all
		}
	}
}

func wrongDeclarations() []wrong {
	return []wrong{
		{"has no vendor", "labelled", "Declare/Capabilities", func(f *fake) { f.caps.Vendor = "" }},
		{"has a vendor that no frame holds", "labelled", "Declare/Capabilities", func(f *fake) { f.caps.Vendor = "Some Cloud" }},
		{"has an impossible range of days", "labelled", "Declare/Capabilities", func(f *fake) { f.caps.DeletionDays.Min = 40 }},
		{"digests contexts that fit no digest", "split", "Declare/Capabilities", func(f *fake) { f.caps.Context.MaxBytes = 50 }},
		{"has a support of its own", "labelled", "Declare/Capabilities", func(f *fake) { f.caps.Random = 7 }},
		{"wraps in unknown ways", "labelled", "Declare/Capabilities", func(f *fake) { f.caps.Wrapping = append(f.caps.Wrapping, "ROT13") }},
		{"has a kind twice", "labelled", "Declare/Kinds", func(f *fake) { f.caps.Keys = append(slices.Clone(f.caps.Keys), f.caps.Keys[0]) }},
		{"signs neither messages nor digests", "labelled", "Declare/Kinds", func(f *fake) { f.caps.Keys = allKinds(driver.None, driver.None) }},
		{"has pairs that do nothing", "labelled", "Declare/Kinds", func(f *fake) {
			f.caps.Keys = append(slices.Clone(f.caps.Keys), driver.KeyKind{Spec: driver.RSA3072, Usage: driver.EncryptDecrypt})
		}},
		{"accepts no name", "labelled", "Declare/Rules", func(f *fake) { f.caps.Name.Alphabet = capability.Alphabet{} }},
		{"denies what the rule denies", "labelled", "Declare/Rules", func(f *fake) { f.caps.Name.Denied = []string{"a/b"} }},
		{"has tags without a rule", "labelled", "Declare/Rules", func(f *fake) { f.caps.Tag.Key = driver.NameRule{} }},
		{"changes its mind", "labelled", "Declare/CapabilitiesStable", answered(driver.OpCreateKey, func(f *fake, _ *driver.CreateKeyRequest, _ *driver.CreateKeyResponse) { f.caps.MaxPage++ })},
		{"repeats creations", "labelled", "Declare/Operations", rows(driver.OpCreateKey, func(row *policy.Operation) { row.Idempotency = policy.Idempotent })},
		{"calls a reading a writing", "labelled", "Declare/Operations", rows(driver.OpDecrypt, func(row *policy.Operation) { row.Idempotency = policy.NonIdempotent })},
		{"has rows for nothing", "labelled", "Declare/Operations", func(f *fake) {
			f.rows = func(all []policy.Operation) []policy.Operation {
				return append(all, policy.Operation{Name: driver.OpListTags})
			}
		}},
		{"forgets a row", "labelled", "Declare/Operations Declare/Interfaces", func(f *fake) {
			f.rows = func(all []policy.Operation) []policy.Operation { return all[1:] }
		}},
		{"implements what it does not declare", "labelled", "Declare/Interfaces Portable/Unsupported Portable/Canceled Portable/References Create/Refused", func(f *fake) { f.caps.Random = driver.None }},
		{"declares what it does not implement", "bare", "Declare/Interfaces", func(f *fake) { f.caps.RotateNow = driver.Native }},
	}
}

type (
	createReq = driver.CreateKeyRequest
	createRes = driver.CreateKeyResponse
)

// creating changes the request to make a key.
func creating(change func(*fake, *createReq)) func(*fake) {
	return asked(driver.OpCreateKey, func(*createReq) *createRes { return nil }, change)
}

func wrongCreation() []wrong {
	return []wrong{
		{"makes SM4 keys where AES is asked for", "labelled", "Create/EveryKind Create/Raw Create/Defaults Describe/Same", creating(func(_ *fake, req *createReq) {
			if req.Spec == driver.AES256 {
				req.Spec = driver.SM4
			}
		})},
		{"makes pairs for the other usage", "labelled", "Create/EveryKind", creating(func(_ *fake, req *createReq) {
			if req.Spec == driver.RSA2048 {
				req.Usage = driver.SignVerify
			}
		})},
		{"has keys of tomorrow", "labelled", "Create/EveryKind Create/Raw", answered(driver.OpDescribeKey, func(_ *fake, _ *driver.DescribeKeyRequest, res *driver.DescribeKeyResponse) {
			res.Key.CreatedAt = res.Key.CreatedAt.AddDate(0, 0, 1)
		})},
		{"finds fault with tags that are not there", "labelled", "Create/Raw", answered(driver.OpCreateKey, func(_ *fake, _ *createReq, res *createRes) { res.TagsFault = "none" })},
		{"tells no id", "labelled", "Create/Raw Create/EveryKind", answered(driver.OpCreateKey, func(_ *fake, _ *createReq, res *createRes) { res.Key.ID = "" })},
		{"makes the same key again", "labelled", "Create/Distinct", answered(driver.OpCreateKey, func(f *fake, _ *createReq, res *createRes) { res.Key.ID = f.keys[1].info.ID })},
		{"forgets descriptions", "labelled", "Create/Description Create/DescriptionLimit", creating(func(_ *fake, req *createReq) { req.Description = "" })},
		{"escapes descriptions", "labelled", "Create/Description", creating(func(_ *fake, req *createReq) {
			if req.Description != "" {
				req.Description = "&lt;" + req.Description
			}
		})},
		{"cuts descriptions", "aliased", "Create/DescriptionLimit", creating(func(_ *fake, req *createReq) { req.Description = req.Description[:min(len(req.Description), 50)] })},
		{"forgets tags at creation", "aliased", "Create/Tags", creating(func(_ *fake, req *createReq) { req.Tags = nil })},
		{"cuts names", "labelled", "Create/NameAtLimit", creating(func(_ *fake, req *createReq) { req.Name = req.Name[:min(len(req.Name), 30)] })},
		{"declares too short names", "labelled", "Create/NameOverLimitSent", func(f *fake) { f.caps.Name.MaxBytes = 40 }},
		{"declares too short aliases", "aliased", "Create/NameOverLimitSent", func(f *fake) { f.caps.Name.MaxChars = 40 }},
		{"declares too long names", "labelled", "Create/NameAtLimit", func(f *fake) { f.caps.Name.MaxBytes = 70 }},
		{"declares too wide names", "labelled", "Create/BadNames", func(f *fake) { f.caps.Name.Alphabet = capability.Chars("A-Za-z0-9_.-") }},
		{"lets two keys have a name", "labelled", "Create/TakenName", about(driver.OpCreateKey, func(f *fake, ctx context.Context, req *createReq, right func(context.Context, *createReq) (*createRes, error)) (*createRes, error) {
			f.mu.Lock()
			if k := f.holder(req.Name); k != nil {
				k.info.Name = ""
			}
			f.mu.Unlock()
			return right(ctx, req)
		})},
		{"reports a taken name as a conflict", "labelled", "Create/TakenName Concurrent/SameName", recoded(driver.OpCreateKey, errs.AlreadyExists, errs.Conflict)},
		{"reports a taken alias as a conflict", "aliased", "Alias/Taken Rename/Taken Concurrent/SameName", recoded(driver.OpCreateAlias, errs.AlreadyExists, errs.Conflict)},
		{"names keys itself", "aliased", "Create/Unnamed", answered(driver.OpCreateKey, func(f *fake, _ *createReq, _ *createRes) {
			k := f.keys[len(f.keys)-1]
			k.aliases = append(k.aliases, "auto"+k.info.ID[:8])
		})},
		{"ignores unknown options", "labelled", "Create/UnknownOption", creating(func(_ *fake, req *createReq) { req.Options = nil })},
		{"lists no names", "labelled", "Create/IfMissing Describe/ByName List/Details Rename/NewName", answered(driver.OpListKeys, func(_ *fake, _ *driver.ListKeysRequest, res *driver.ListKeysResponse) {
			for i := range res.Keys {
				res.Keys[i].Name = ""
			}
		})},
	}
}

// recoded gives the refusals of one operation another code.
func recoded(op string, from, to errs.Code) func(*fake) {
	return func(f *fake) {
		f.fails = func(at string, err error) error {
			if at != op || errs.CodeOf(err) != from {
				return err
			}
			return refuse(to, "refused")
		}
	}
}
