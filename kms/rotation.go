package kms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Rotation tells how the provider renews a key's material by itself.
type Rotation struct {
	Enabled bool
	// Days is the period; 0 where the provider does not tell it.
	Days int
	// Last and Next are when the material was and will be renewed; zero where the provider does not tell them.
	Last, Next time.Time
}

// Rotation tells how the key's material is renewed. Where the provider cannot renew it, it is errs.Unsupported. The call
// is retried; it may be repeated at will.
func (k *Key) Rotation(ctx context.Context) (Rotation, error) {
	s := k.service
	res, err := do(ctx, s, driver.OpGetRotation, &s.methods.getRotation, k.label(), nil, &driver.GetRotationRequest{KeyID: k.id})
	if err != nil {
		return Rotation{}, err
	}
	return Rotation(*res), nil
}

// EnableRotation has the key's material renewed every so many days, which Capabilities.RotationDays bounds
// (errs.InvalidArgument before any I/O). What was encrypted before stays readable. A key that is rotated so already is
// success; one that is rotated with another period gets the new one, or is errs.Conflict where the provider asks that
// rotation be switched off first.
//
// Where Capabilities.Rotation is Emulated the period takes a second request; if that fails, the error says that rotation
// is on with another period. A key pair, and a key whose material is imported, is errs.Unsupported. The call may be
// repeated at will; it is retried where the provider lets it be.
func (k *Key) EnableRotation(ctx context.Context, days int) error {
	return pipeline.Named(k.enableRotation(ctx, days), "kms.EnableRotation")
}

func (k *Key) enableRotation(ctx context.Context, days int) error {
	s := k.service
	var refusal error
	if bounds := s.caps.RotationDays; days < bounds.Min || days > bounds.Max {
		refusal = errs.Refuse(errs.InvalidArgument, "rotation every %d days, accepted are %d to %d", days, bounds.Min, bounds.Max)
	}
	if s.caps.Rotation != driver.Emulated {
		err := k.setRotation(ctx, &driver.SetRotationRequest{KeyID: k.id, Enabled: true, Days: days}, refusal)
		return k.unlessRotated(ctx, err, func(now Rotation) bool { return now.Enabled && now.Days == days })
	}
	err := k.setRotation(ctx, &driver.SetRotationRequest{KeyID: k.id, Enabled: true}, refusal)
	switchedOn := pipeline.OutcomeOf(err)
	err = k.unlessRotated(ctx, err, func(now Rotation) bool { return now.Enabled })
	if err != nil {
		return err
	}
	_, err = do(ctx, s, driver.OpSetRotationPeriod, &s.methods.setRotationPeriod, k.label(), nil, &driver.SetRotationPeriodRequest{KeyID: k.id, Days: days})
	if err != nil {
		return pipeline.AfterSteps(err, switchedOn, "rotation is on, but perhaps not with this period")
	}
	return nil
}

// DisableRotation ends the renewal of the key's material. A key that is not rotated is success. The call may be repeated
// at will; it is retried where the provider lets it be.
func (k *Key) DisableRotation(ctx context.Context) error {
	err := k.setRotation(ctx, &driver.SetRotationRequest{KeyID: k.id}, nil)
	return pipeline.Named(k.unlessRotated(ctx, err, func(now Rotation) bool { return !now.Enabled }), "kms.DisableRotation")
}

func (k *Key) setRotation(ctx context.Context, req *driver.SetRotationRequest, refusal error) error {
	s := k.service
	_, err := do(ctx, s, driver.OpSetRotation, &s.methods.setRotation, k.label(), refusal, req)
	return err
}

// unlessRotated returns nil for the errs.Conflict of a key that is rotated already as wanted.
func (k *Key) unlessRotated(ctx context.Context, err error, wanted func(Rotation) bool) error {
	if err == nil || !errors.Is(err, errs.Conflict) {
		return err
	}
	now, unread := k.Rotation(ctx)
	switch {
	case unread != nil:
		return pipeline.AfterSteps(err, errs.NotApplied, "how the key is rotated could not be read: "+pipeline.TextOf(unread))
	case wanted(now):
		return nil
	case now.Enabled && now.Days > 0:
		return pipeline.AfterSteps(err, errs.NotApplied, fmt.Sprintf("the key is rotated every %d days; switch that off first with DisableRotation", now.Days))
	case now.Enabled:
		return pipeline.AfterSteps(err, errs.NotApplied, "the key is rotated already; switch that off first with DisableRotation")
	}
	return pipeline.AfterSteps(err, errs.NotApplied, "the key is not rotated")
}

// RotateNow renews the key's material, perhaps some time after it has returned. What was encrypted before stays
// readable. It is not retried once the request may have arrived, unless the provider lets it be repeated.
func (k *Key) RotateNow(ctx context.Context) error {
	s := k.service
	defer func() { // even of a failed call, which may have done it
		s.versions.forget(k.id)
		s.versions.forget(k.knownID())
	}()
	_, err := do(ctx, s, driver.OpRotateNow, &s.methods.rotateNow, k.label(), nil, &driver.RotateNowRequest{KeyID: k.id})
	return err
}
