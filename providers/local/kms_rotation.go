package local

import (
	"context"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// GetRotation tells how a key is rotated.
func (s *keys) GetRotation(ctx context.Context, req *kmsdriver.GetRotationRequest) (*kmsdriver.GetRotationResponse, error) {
	res := &kmsdriver.GetRotationResponse{}
	err := s.look(ctx, req.KeyID, func(_ *keyStore, k *keyRecord) error {
		*res = kmsdriver.GetRotationResponse{Enabled: k.RotationDays > 0, Days: k.RotationDays, Next: k.rotates()}
		if n := k.newest(); n > 1 {
			res.Last = k.Versions[n-1].Created
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// defaultRotationDays is the period where the request has none (Huawei Cloud's page "Enabling Rotation for a Key").
const defaultRotationDays = 365

// SetRotation switches the rotation of a key.
func (s *keys) SetRotation(ctx context.Context, req *kmsdriver.SetRotationRequest) (*kmsdriver.SetRotationResponse, error) {
	days := 0
	if req.Enabled {
		days = req.Days
		if s.caps.Rotation == kmsdriver.Emulated {
			days = defaultRotationDays
		}
		if err := s.acceptsRotation(days); err != nil {
			return nil, err
		}
	}
	id, now := req.KeyID, plainTime(s.account.now())
	return respond[kmsdriver.SetRotationResponse](s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		if err := k.rotatable(id); err != nil {
			return err
		}
		if s.manners.rotateOnce && (days > 0) == (k.RotationDays > 0) {
			return errs.Refuse(errs.Conflict, "the rotation of the key %q is already what it should be", id)
		}
		k.setRotation(days, now)
		return nil
	}))
}

func (s *keys) acceptsRotation(days int) error {
	if r := s.caps.RotationDays; days < r.Min || days > r.Max {
		return errs.Refuse(errs.InvalidArgument, "rotation every %d days, accepted are %d to %d", days, r.Min, r.Max)
	}
	return nil
}

// setRotation sets the period, 0 for none. A new period counts from the last rotation.
func (k *keyRecord) setRotation(days int, now time.Time) {
	if k.RotationDays == 0 {
		k.RotationSince = now
	}
	if k.RotationDays = days; days == 0 {
		k.RotationSince = time.Time{}
	}
}

// rotatable refuses keys that are not rotated by themselves.
func (k *keyRecord) rotatable(id string) error {
	switch {
	case symmetricBytes(k.Spec) == 0:
		return errs.Refuse(errs.Unsupported, "the key %q is a key pair; only symmetric keys are rotated", id)
	case k.Origin == kmsdriver.External:
		return errs.Refuse(errs.Unsupported, "the material of the key %q is imported; it is not rotated", id)
	}
	return k.alive(id)
}

func (s *keys) setRotationPeriod(ctx context.Context, req *kmsdriver.SetRotationPeriodRequest) (*kmsdriver.SetRotationPeriodResponse, error) {
	if err := s.acceptsRotation(req.Days); err != nil {
		return nil, err
	}
	id, days, now := req.KeyID, req.Days, plainTime(s.account.now())
	return respond[kmsdriver.SetRotationPeriodResponse](s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		if err := k.rotatable(id); err != nil {
			return err
		}
		if k.RotationDays == 0 {
			return errs.Refuse(errs.Conflict, "the rotation of the key %q is off; switch it on first", id)
		}
		k.setRotation(days, now)
		return nil
	}))
}

// rotateNow gives a key a new version. Key pairs have several only where requests name them.
func (s *keys) rotateNow(ctx context.Context, req *kmsdriver.RotateNowRequest) (*kmsdriver.RotateNowResponse, error) {
	id := req.KeyID
	accepts := func(k *keyRecord) error {
		if symmetricBytes(k.Spec) == 0 && s.caps.KeyVersions != kmsdriver.None {
			return k.usable(id)
		}
		if err := k.rotatable(id); err != nil {
			return err
		}
		return k.usable(id)
	}
	var spec kmsdriver.Spec
	err := s.look(ctx, id, func(_ *keyStore, k *keyRecord) error {
		spec = k.Spec
		return accepts(k)
	})
	if err != nil {
		return nil, err
	}
	m, err := makeMaterial(ctx, spec) // beforehand: others need not wait
	if err != nil {
		return nil, err
	}
	err = s.changeKey(ctx, id, func(store *keyStore, k *keyRecord) error {
		if err := accepts(k); err != nil {
			return err
		}
		return store.addVersion(id, k, m, store.now)
	})
	if err != nil {
		return nil, err
	}
	m.destroy()
	return &kmsdriver.RotateNowResponse{}, nil
}

// listVersions returns one page of the versions of a key, newest first. None is told to be older than the one before it,
// whatever the clock has done between: callers take the one that was made last for the newest.
func (s *keys) listVersions(ctx context.Context, req *kmsdriver.ListVersionsRequest) (*kmsdriver.ListVersionsResponse, error) {
	var res *kmsdriver.ListVersionsResponse
	err := s.look(ctx, req.KeyID, func(_ *keyStore, k *keyRecord) error {
		res = &kmsdriver.ListVersionsResponse{}
		last := k.newest()
		if req.Cursor != "" {
			at, err := parseCursor(req.Cursor, req.KeyID+"/")
			if err != nil {
				return err
			}
			n, err := k.version(at.after[len(req.KeyID)+1:])
			if err != nil {
				return err
			}
			last = n - 1
		}
		first := max(1, last-s.caps.MaxPage+1)
		var created time.Time
		for n, v := range k.Versions[:last] {
			if v.Created.After(created) {
				created = v.Created
			}
			if n+1 >= first {
				res.Versions = append(res.Versions, kmsdriver.KeyVersion{ID: versionID(n + 1), CreatedAt: created})
			}
		}
		slices.Reverse(res.Versions)
		if first > 1 {
			res.Cursor = place{0, req.KeyID + "/" + versionID(first)}.cursor(req.KeyID + "/")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
