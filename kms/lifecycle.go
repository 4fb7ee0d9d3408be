package kms

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Enable lets a disabled key be used again. A key that is enabled already is success; where the provider refuses that,
// it costs a request more. A key in another state, such as one that waits for its deletion, is errs.Conflict. The call
// may be repeated at will; it is retried where the provider lets it be.
func (k *Key) Enable(ctx context.Context) error {
	s := k.service
	_, err := do(ctx, s, driver.OpEnableKey, &s.methods.enable, k.label(), nil, &driver.EnableKeyRequest{KeyID: k.id})
	return k.unlessAlready(ctx, err, Enabled)
}

// Disable stops the use of the key until [Key.Enable]: nothing can be encrypted, decrypted or signed with it. Otherwise
// it is like Enable.
func (k *Key) Disable(ctx context.Context) error {
	s := k.service
	_, err := do(ctx, s, driver.OpDisableKey, &s.methods.disable, k.label(), nil, &driver.DisableKeyRequest{KeyID: k.id})
	return k.unlessAlready(ctx, err, Disabled)
}

// unlessAlready returns nil for the errs.Conflict of a key that is in the wanted state already.
func (k *Key) unlessAlready(ctx context.Context, err error, want State) error {
	if err == nil || !errors.Is(err, errs.Conflict) {
		return err
	}
	info, unread := k.details(ctx)
	switch {
	case unread != nil:
		return pipeline.AfterSteps(err, errs.NotApplied, "the key's state could not be read: "+pipeline.TextOf(unread))
	case info.State == want:
		return nil
	}
	if strings.Contains(pipeline.TextOf(err), string(info.State)) {
		return err // says so already
	}
	return pipeline.AfterSteps(err, errs.NotApplied, "the key's state is "+string(info.State))
}

// day is how far a scheduled deletion may be from the day that was asked for: providers count days differently.
const day = 24 * time.Hour

// ScheduleDeletion has the key deleted in so many days, which Capabilities.DeletionDays bounds (errs.InvalidArgument
// before any I/O). Until then the key cannot be used, and [Key.CancelDeletion] takes the deletion back; afterwards what
// was encrypted with the key is lost. It returns the key as it is then, with DeletionAt.
//
// Where Capabilities.DeletionNeedsDisabled, a key that is enabled is disabled first; [OnlyIfDisabled] forbids that. If
// the deletion cannot be scheduled then, the error says that the key is disabled now, and its Outcome is Applied.
//
// A key whose deletion is scheduled already is success if that is for the same day, give or take one, so that the call
// may be repeated; else it is errs.Conflict: cancel the deletion first. The call is retried where the provider lets it
// be repeated. An error with Outcome Applied that says so means that the deletion is scheduled, but the key could not be
// described.
func (k *Key) ScheduleDeletion(ctx context.Context, days int, opts ...DeletionOption) (KeyInfo, error) {
	var o deletionOptions
	for _, set := range opts {
		if set != nil {
			set(&o)
		}
	}
	s := k.service
	var refusal error
	if bounds := s.caps.DeletionDays; days < bounds.Min || days > bounds.Max {
		refusal = errs.Refuse(errs.InvalidArgument, "deletion in %d days, accepted are %d to %d", days, bounds.Min, bounds.Max)
	}
	disabled := false
	if refusal == nil && (o.onlyIfDisabled || s.caps.DeletionNeedsDisabled) {
		var err error
		if disabled, err = k.disableFirst(ctx, &o); err != nil {
			return KeyInfo{}, err
		}
	}
	wanted := s.now().Add(time.Duration(days) * day)
	var info KeyInfo
	res, err := do(ctx, s, driver.OpScheduleDeletion, &s.methods.schedule, k.label(), refusal, &driver.ScheduleDeletionRequest{KeyID: k.id, Days: days})
	switch {
	case err == nil:
		if info, err = k.Describe(ctx); err != nil {
			return KeyInfo{}, pipeline.AfterSteps(err, errs.Applied, "the key's deletion is scheduled, but the key could not be described")
		}
		if info.DeletionAt.IsZero() {
			info.DeletionAt = res.DeletionAt
		}
		return info, nil
	case errors.Is(err, errs.Conflict):
		info, err = k.scheduledAlready(ctx, err, wanted)
	case pipeline.OutcomeOf(err) == errs.Ambiguous:
		err = pipeline.AfterSteps(err, errs.NotApplied, "describe the key to see whether its deletion is scheduled")
	}
	if err != nil && disabled {
		err = pipeline.AfterSteps(err, errs.Applied, "the key was enabled before, and is disabled now")
	}
	return info, err
}

// disableFirst disables an enabled key whose deletion is to be scheduled, and reports whether it did.
func (k *Key) disableFirst(ctx context.Context, o *deletionOptions) (bool, error) {
	info, err := k.details(ctx)
	if err != nil {
		return false, pipeline.AfterSteps(err, errs.NotApplied, "the key's deletion is not scheduled")
	}
	if info.State != Enabled {
		return false, nil
	}
	if o.onlyIfDisabled {
		refusal := errs.Refuse(errs.Conflict, "the key is enabled, and OnlyIfDisabled is given; disable it first")
		return false, k.service.pipe.Refused(ctx, driver.OpScheduleDeletion, k.label(), "", refusal)
	}
	if err := k.Disable(ctx); err != nil {
		return false, pipeline.AfterSteps(err, errs.NotApplied, "only a disabled key's deletion can be scheduled, and it is not scheduled")
	}
	return true, nil
}

// scheduledAlready looks into the refusal to schedule a deletion: one that is scheduled for the wanted day is success.
func (k *Key) scheduledAlready(ctx context.Context, refusal error, wanted time.Time) (KeyInfo, error) {
	info, err := k.details(ctx)
	if err != nil {
		return KeyInfo{}, pipeline.AfterSteps(refusal, errs.NotApplied, "the key's state could not be read: "+pipeline.TextOf(err))
	}
	if info.State != PendingDeletion {
		return KeyInfo{}, pipeline.AfterSteps(refusal, errs.NotApplied, "the key's state is "+string(info.State))
	}
	when := "for a day that the provider does not tell"
	if !info.DeletionAt.IsZero() {
		if info.DeletionAt.Sub(wanted).Abs() <= day {
			if info, err = k.withName(ctx, info); err != nil {
				return KeyInfo{}, pipeline.AfterSteps(err, pipeline.OutcomeOf(refusal), "the key's deletion is scheduled, but the key could not be described")
			}
			return info, nil
		}
		when = "for " + info.DeletionAt.UTC().Format(time.RFC3339)
	}
	return KeyInfo{}, pipeline.AfterSteps(refusal, errs.NotApplied, "the key's deletion is scheduled already, "+when+"; cancel it first with CancelDeletion")
}

// CancelDeletion takes a scheduled deletion back. It returns the key as it is then: some providers enable it, others
// leave it disabled. Where no deletion is scheduled it is errs.Conflict, unless the request had to be repeated and an
// earlier attempt may have cancelled it. The call is retried where the provider lets it be repeated. An error with Outcome Applied that says so means that
// the deletion is cancelled, but the key could not be described.
func (k *Key) CancelDeletion(ctx context.Context) (KeyInfo, error) {
	s := k.service
	_, err := do(ctx, s, driver.OpCancelDeletion, &s.methods.cancel, k.label(), nil, &driver.CancelDeletionRequest{KeyID: k.id})
	if err != nil && errors.Is(err, errs.Conflict) && pipeline.PerhapsOurs(err) {
		info, unread := k.details(ctx)
		switch {
		case unread != nil:
			return KeyInfo{}, pipeline.AfterSteps(err, errs.NotApplied, "the key's state could not be read: "+pipeline.TextOf(unread))
		case info.State != PendingDeletion:
			err = nil
		}
	}
	if err != nil {
		return KeyInfo{}, err
	}
	info, err := k.Describe(ctx)
	if err != nil {
		return KeyInfo{}, pipeline.AfterSteps(err, errs.Applied, "the key's deletion is cancelled, but the key could not be described")
	}
	return info, nil
}
