package local

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// keys is a service of keys. What only some providers have is in kms_facets.go.
type keys struct {
	account *Account
	caps    kmsdriver.Capabilities
	manners manners
}

// Capabilities tells what the service can do. It returns lists of its own each time.
func (s *keys) Capabilities() kmsdriver.Capabilities {
	c := s.caps
	c.Keys = slices.Clone(c.Keys)
	c.Wrapping = slices.Clone(c.Wrapping)
	return c
}

// CreateKey makes a key.
func (s *keys) CreateKey(ctx context.Context, req *kmsdriver.CreateKeyRequest) (*kmsdriver.CreateKeyResponse, error) {
	if err := s.acceptsCreate(req); err != nil {
		return nil, err
	}
	k := keyRecord{
		Name: req.Name, Description: req.Description, Spec: req.Spec, Usage: req.Usage, Origin: kmsdriver.FromProvider,
		Enabled: true, Created: plainTime(s.account.now()), Tags: map[string]string{},
	}
	for _, tag := range req.Tags {
		k.Tags[tag.Key] = tag.Value
	}
	var m *material
	if req.Origin == kmsdriver.External {
		k.Origin, k.Missing, k.Enabled = kmsdriver.External, true, false
	} else {
		if err := s.free(ctx, k.Name); err != nil {
			return nil, err
		}
		var err error
		if m, err = makeMaterial(ctx, k.Spec); err != nil { // beforehand: others need not wait
			return nil, err
		}
	}
	id := newID("key-")
	err := s.change(ctx, "", func(store *keyStore) error {
		made := k
		if err := store.create(); err != nil {
			return err
		}
		if k.Name != "" {
			if err := store.take(labelBucket, k.Name, id); err != nil {
				return err
			}
		}
		if m != nil {
			if err := store.addVersion(id, &made, m, k.Created); err != nil {
				return err
			}
		}
		return store.write(id, &made)
	})
	if err != nil {
		return nil, err
	}
	if m != nil {
		m.destroy()
	}
	return &kmsdriver.CreateKeyResponse{Key: s.info(id, &k)}, nil
}

// free refuses a name that is taken before material is made, which takes a while. Somebody may still be faster.
func (s *keys) free(ctx context.Context, name string) error {
	return s.view(ctx, "", func(store *keyStore) error {
		if name == "" {
			return nil
		}
		id, err := store.named(labelBucket, name)
		if err != nil || id == "" {
			return err
		}
		if _, err := store.key(id); errs.CodeOf(err) == errs.NotFound {
			return nil
		}
		return errTaken(name, id)
	})
}

func errTaken(name, id string) error {
	return errs.Refuse(errs.AlreadyExists, "the name %q belongs to the key %q", name, id)
}

// info describes a key as far as the provider that is imitated does.
func (s *keys) info(id string, k *keyRecord) kmsdriver.KeyInfo {
	info := k.info(id)
	if s.caps.Naming == kmsdriver.ByAlias {
		info.Name = ""
	}
	return info
}

// DescribeKey describes a key, by its id or by an alias of it.
func (s *keys) DescribeKey(ctx context.Context, req *kmsdriver.DescribeKeyRequest) (*kmsdriver.DescribeKeyResponse, error) {
	res := &kmsdriver.DescribeKeyResponse{}
	err := s.view(ctx, req.KeyID, func(store *keyStore) error {
		id := req.KeyID
		if id == "" && req.Alias != "" {
			var err error
			if id, err = store.named(aliasBucket, req.Alias); err != nil {
				return err
			}
			if id == "" {
				return errs.Refuse(errs.NotFound, "there is no key with the alias %q", req.Alias)
			}
		}
		k, err := store.key(id)
		if err != nil {
			return err
		}
		res.Key = s.info(id, &k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// ListKeys returns one page of keys, in the order of the bytes of their ids. There are none of services. With a name that
// is no alias the page has its key alone.
func (s *keys) ListKeys(ctx context.Context, req *kmsdriver.ListKeysRequest) (*kmsdriver.ListKeysResponse, error) {
	var at place
	if req.Cursor != "" {
		var err error
		if at, err = parseCursor(req.Cursor, ""); err != nil {
			return nil, err
		}
	}
	var res *kmsdriver.ListKeysResponse
	err := s.view(ctx, "", func(store *keyStore) error {
		res = &kmsdriver.ListKeysResponse{}
		if req.Name != "" && s.caps.Naming == kmsdriver.ByLabel {
			id, err := store.named(labelBucket, req.Name)
			if err != nil || id == "" {
				return err
			}
			return s.listed(store, res, id)
		}
		var err error
		scanned, last := 0, at.after
		eachUnder(store.bucket(keyBucket), "", at.after, func(id string, _ []byte) bool {
			if len(res.Keys) == s.caps.MaxPage || scanned == maxScan {
				res.Cursor = place{0, last}.cursor("")
				return false
			}
			if scanned++; scanned%checkEvery == 0 && ctx.Err() != nil {
				err = ended(ctx, errs.NotApplied)
				return false
			}
			last = id
			err = s.listed(store, res, id)
			return err == nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// listed adds a key to a page, unless it has ended.
func (s *keys) listed(store *keyStore, res *kmsdriver.ListKeysResponse, id string) error {
	k, err := store.key(id)
	switch {
	case errs.CodeOf(err) == errs.NotFound:
		return nil
	case err != nil:
		return err
	}
	info := s.info(id, &k)
	if s.caps.Details != kmsdriver.Native {
		info = kmsdriver.KeyInfo{ID: id}
	}
	res.Keys = append(res.Keys, info)
	return nil
}

// EnableKey lets a disabled key be used again.
func (s *keys) EnableKey(ctx context.Context, req *kmsdriver.EnableKeyRequest) (*kmsdriver.EnableKeyResponse, error) {
	return respond[kmsdriver.EnableKeyResponse](s.switchKey(ctx, req.KeyID, true))
}

// DisableKey stops the use of a key.
func (s *keys) DisableKey(ctx context.Context, req *kmsdriver.DisableKeyRequest) (*kmsdriver.DisableKeyResponse, error) {
	return respond[kmsdriver.DisableKeyResponse](s.switchKey(ctx, req.KeyID, false))
}

func (s *keys) switchKey(ctx context.Context, id string, on bool) error {
	return s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		state := k.state()
		if state != kmsdriver.Enabled && state != kmsdriver.Disabled || k.Enabled == on && s.manners.switchOnce {
			return errState(id, k)
		}
		k.Enabled = on
		return nil
	})
}

// errState refuses what is not in order in the key's state.
func errState(id string, k *keyRecord) error {
	return errs.Refuse(errs.Conflict, "the key %q is %s, in which state this is not possible", id, k.state())
}

// ScheduleDeletion sets the time at which a key is deleted.
func (s *keys) ScheduleDeletion(ctx context.Context, req *kmsdriver.ScheduleDeletionRequest) (*kmsdriver.ScheduleDeletionResponse, error) {
	if r := s.caps.DeletionDays; req.Days < r.Min || req.Days > r.Max {
		return nil, errs.Refuse(errs.InvalidArgument, "deletion in %d days, accepted are %d to %d", req.Days, r.Min, r.Max)
	}
	id, at := req.KeyID, plainTime(s.account.now()).Add(time.Duration(req.Days)*day)
	err := s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		state := k.state()
		if state == kmsdriver.PendingDeletion || s.caps.DeletionNeedsDisabled && state != kmsdriver.Disabled {
			return errState(id, k)
		}
		k.Deletion = at
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kmsdriver.ScheduleDeletionResponse{DeletionAt: at}, nil
}

// CancelDeletion takes a scheduled deletion back. The key is disabled then, unless the provider that is imitated enables it,
// or it waits for material.
func (s *keys) CancelDeletion(ctx context.Context, req *kmsdriver.CancelDeletionRequest) (*kmsdriver.CancelDeletionResponse, error) {
	id := req.KeyID
	return respond[kmsdriver.CancelDeletionResponse](s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		if k.Deletion.IsZero() {
			return errState(id, k)
		}
		k.Deletion, k.Enabled = time.Time{}, s.manners.cancelEnables
		return nil
	}))
}

// sortedKeys returns the keys of a map in the order of their bytes.
func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
