package kmstest

import (
	"context"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

type (
	describeReq = driver.DescribeKeyRequest
	describeRes = driver.DescribeKeyResponse
	scheduleReq = driver.ScheduleDeletionRequest
	scheduleRes = driver.ScheduleDeletionResponse
)

// describing changes what is told of a key.
func describing(change func(*fake, *driver.KeyInfo)) func(*fake) {
	return answered(driver.OpDescribeKey, func(f *fake, _ *describeReq, res *describeRes) { change(f, &res.Key) })
}

// careless uses a key for one operation whatever its state.
func careless[Req, Res any](op string, _ func(*Req) *Res) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
		f.mu.Lock()
		was := map[*fakeKey]driver.State{}
		for _, k := range f.keys {
			was[k] = k.info.State
			if len(k.versions) > 0 {
				k.info.State = driver.Enabled
			}
		}
		f.mu.Unlock()
		res, err := right(ctx, req)
		f.mu.Lock()
		defer f.mu.Unlock()
		for k, state := range was {
			k.info.State = state
		}
		return res, err
	})
}

func wrongLifecycle() []wrong {
	return []wrong{
		{"shows every key as enabled", "labelled", "State/Disable State/Twice Deletion/Schedule Deletion/Cancel Call/AfterReturn Concurrent/States", describing(func(_ *fake, k *driver.KeyInfo) { k.State = driver.Enabled })},
		{"shows every key as disabled", "labelled", "Create/EveryKind Deletion/OnlyIfDisabled State/Disable", describing(func(_ *fake, k *driver.KeyInfo) { k.State = driver.Disabled })},
		{"finds a disabled key at fault", "labelled", "State/Twice", recoded(driver.OpDisableKey, errs.Conflict, errs.InvalidArgument)},
		{"encrypts with disabled keys", "labelled", "State/DisabledSecret Deletion/NoUse", careless(driver.OpEncrypt, func(*driver.EncryptRequest) *driver.EncryptResponse { return nil })},
		{"decrypts with disabled keys", "labelled", "State/DisabledSecret Deletion/NoUse", careless(driver.OpDecrypt, func(*driver.DecryptRequest) *driver.DecryptResponse { return nil })},
		{"makes data keys with disabled keys", "aliased", "State/DisabledSecret Deletion/NoUse", careless(driver.OpGenerateWrappedKey, func(*driver.GenerateDataKeyRequest) *driver.GenerateDataKeyResponse { return nil })},
		{"encrypts anew with disabled keys", "aliased", "State/DisabledSecret Deletion/NoUse", careless(driver.OpReEncrypt, func(*driver.ReEncryptRequest) *driver.ReEncryptResponse { return nil })},
		{"signs with disabled keys", "aliased", "State/DisabledPair", careless(driver.OpSign, func(*driver.SignRequest) *driver.SignResponse { return nil })},
		{"finds the ciphertexts of disabled keys at fault", "labelled", "State/DisabledSecret Deletion/NoUse Import/Delete", recoded(driver.OpDecrypt, errs.Conflict, errs.InvalidArgument)},
		{"disables all keys", "labelled", "State/Others", answered(driver.OpDisableKey, func(f *fake, _ *driver.DisableKeyRequest, _ *driver.DisableKeyResponse) {
			for _, k := range f.keys {
				k.info.State = driver.Disabled
			}
		})},
		{"never enables again", "labelled", "State/Disable State/DisabledSecret Deletion/Cancel Concurrent/States", idle(driver.OpEnableKey, func(*driver.EnableKeyRequest) *driver.EnableKeyResponse { return nil })},
		{"enables what is to be deleted", "labelled", "Deletion/NoUse", forgiven(driver.OpEnableKey, errs.Conflict, func(*fake, *driver.EnableKeyRequest) *driver.EnableKeyResponse { return new(driver.EnableKeyResponse) })},
		{"deletes at once", "aliased", "Deletion/Schedule Deletion/Cancel Deletion/Happens Deletion/NoUse List/EveryState", answered(driver.OpScheduleDeletion, func(f *fake, req *scheduleReq, _ *scheduleRes) {
			f.keys = slices.DeleteFunc(f.keys, func(k *fakeKey) bool { return k.info.ID == req.KeyID })
		})},
		{"never deletes", "aliased", "Deletion/Happens", about(driver.OpDescribeKey, func(f *fake, ctx context.Context, req *describeReq, right func(context.Context, *describeReq) (*describeRes, error)) (*describeRes, error) {
			f.mu.Lock()
			for _, k := range f.keys {
				if k.info.State == driver.PendingDeletion && time.Until(k.info.DeletionAt) < time.Minute {
					k.info.DeletionAt = time.Now().AddDate(1, 0, 0)
				}
			}
			f.mu.Unlock()
			return right(ctx, req)
		})},
		{"counts the days in weeks", "labelled", "Deletion/Schedule Deletion/OnlyIfDisabled", answered(driver.OpScheduleDeletion, func(f *fake, req *scheduleReq, _ *scheduleRes) {
			k, _ := f.find(req.KeyID)
			k.info.DeletionAt = time.Now().AddDate(0, 0, 7*req.Days)
		})},
		{"deletes as soon as it can", "labelled", "Deletion/Bounds", asked(driver.OpScheduleDeletion, func(*scheduleReq) *scheduleRes { return nil }, func(f *fake, req *scheduleReq) {
			if r := f.limits.DeletionDays; req.Days >= r.Min && req.Days <= r.Max {
				req.Days = r.Min
			}
		})},
		{"declares too many days", "labelled", "Deletion/Bounds", func(f *fake) { f.caps.DeletionDays.Max = 31 }},
		{"declares too few days", "labelled", "Deletion/OverLimitSent", func(f *fake) { f.caps.DeletionDays.Max = 20 }},
		{"does not say that a key must be disabled", "labelled", "Deletion/NeedsDisabled Deletion/Schedule", func(f *fake) { f.caps.DeletionNeedsDisabled = false }},
		{"says for nothing that a key must be disabled", "aliased", "Deletion/NeedsDisabled", func(f *fake) { f.caps.DeletionNeedsDisabled = true }},
		{"finds a scheduled deletion at fault", "labelled", "Deletion/Again", recoded(driver.OpScheduleDeletion, errs.Conflict, errs.InvalidArgument)},
		{"keeps the day of a scheduled deletion", "labelled", "Deletion/Again", forgiven(driver.OpScheduleDeletion, errs.Conflict, func(*fake, *scheduleReq) *scheduleRes { return new(scheduleRes) })},
		{"does not cancel", "labelled", "Deletion/Cancel", idle(driver.OpCancelDeletion, func(*driver.CancelDeletionRequest) *driver.CancelDeletionResponse { return nil })},
		{"cancels what is not scheduled", "labelled", "Deletion/CancelNone", forgiven(driver.OpCancelDeletion, errs.Conflict, func(*fake, *driver.CancelDeletionRequest) *driver.CancelDeletionResponse {
			return new(driver.CancelDeletionResponse)
		})},
		{"loses the material when it cancels", "aliased", "Deletion/Cancel", answered(driver.OpCancelDeletion, func(f *fake, req *driver.CancelDeletionRequest, _ *driver.CancelDeletionResponse) {
			k, _ := f.find(req.KeyID)
			k.versions = nil
			_ = f.renew(k, nil)
		})},
	}
}
