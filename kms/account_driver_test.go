package kms_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func (a *account) Capabilities() driver.Capabilities { return a.caps }
func (a *account) Operations() []policy.Operation    { return a.rows }

func (a *account) DescribeKey(ctx context.Context, req *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	if a.waits != nil {
		if err := a.waits(ctx, req.KeyID); err != nil {
			return nil, err
		}
	}
	if req.Alias != "" {
		return act(a, driver.OpDescribeKey, "alias "+req.Alias, func() (*driver.DescribeKeyResponse, error) {
			if k := a.holder(req.Alias); k != nil {
				return a.describe(k)
			}
			return nil, errs.Refuse(errs.NotFound, "no such alias")
		})
	}
	return change(a, driver.OpDescribeKey, req.KeyID, "", a.describe)
}

func (a *account) describe(k *stored) (*driver.DescribeKeyResponse, error) {
	info := k.info
	if !a.described {
		info.DeletionAt = time.Time{}
	}
	return &driver.DescribeKeyResponse{Key: info}, nil
}

func (a *account) ListKeys(_ context.Context, req *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
	return act(a, driver.OpListKeys, fmt.Sprintf("%q %q %v", req.Cursor, req.Name, req.ServiceOwned), func() (*driver.ListKeysResponse, error) {
		var all []driver.KeyInfo
		for _, k := range a.keys {
			if a.caps.Details == driver.Emulated {
				all = append(all, driver.KeyInfo{ID: k.info.ID})
			} else {
				all = append(all, k.info)
			}
		}
		keys, cursor := page(all, req.Cursor, a.pageSize)
		return &driver.ListKeysResponse{Keys: keys, Cursor: cursor}, nil
	})
}

func (a *account) EnableKey(_ context.Context, req *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
	return change(a, driver.OpEnableKey, req.KeyID, "", func(k *stored) (*driver.EnableKeyResponse, error) {
		return &driver.EnableKeyResponse{}, a.turn(k, driver.Enabled)
	})
}

func (a *account) DisableKey(_ context.Context, req *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
	return change(a, driver.OpDisableKey, req.KeyID, "", func(k *stored) (*driver.DisableKeyResponse, error) {
		return &driver.DisableKeyResponse{}, a.turn(k, driver.Disabled)
	})
}

func (a *account) turn(k *stored, to driver.State) error {
	if k.info.State != driver.Enabled && k.info.State != driver.Disabled || a.strict && k.info.State == to {
		return conflict("wrong state")
	}
	k.info.State = to
	return nil
}

func (a *account) ScheduleDeletion(_ context.Context, req *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
	return change(a, driver.OpScheduleDeletion, req.KeyID, fmt.Sprint(req.Days), func(k *stored) (*driver.ScheduleDeletionResponse, error) {
		if k.info.State == driver.PendingDeletion || a.caps.DeletionNeedsDisabled && k.info.State == driver.Enabled {
			return nil, conflict("wrong state")
		}
		k.info.State, k.info.DeletionAt = driver.PendingDeletion, today().AddDate(0, 0, req.Days)
		if !a.told {
			return &driver.ScheduleDeletionResponse{}, nil
		}
		return &driver.ScheduleDeletionResponse{DeletionAt: k.info.DeletionAt}, nil
	})
}

func (a *account) CancelDeletion(_ context.Context, req *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
	return change(a, driver.OpCancelDeletion, req.KeyID, "", func(k *stored) (*driver.CancelDeletionResponse, error) {
		if k.info.State != driver.PendingDeletion {
			return nil, conflict("no deletion is scheduled")
		}
		k.info.State, k.info.DeletionAt = driver.Disabled, time.Time{}
		return &driver.CancelDeletionResponse{}, nil
	})
}

type creator struct{ a *account }

func (c creator) CreateKey(_ context.Context, req *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	a := c.a
	detail := fmt.Sprintf("%q %s %s %s %q [%s] %v", req.Name, req.Spec, req.Usage, req.Origin, req.Description, tagList(req.Tags), req.Options)
	return act(a, driver.OpCreateKey, detail, func() (*driver.CreateKeyResponse, error) {
		if req.Name != "" && a.holder(req.Name) != nil {
			return nil, errs.Refuse(errs.AlreadyExists, "taken")
		}
		a.made++
		k := a.add(fmt.Sprint("new-", a.made), driver.Enabled)
		k.info.Name = req.Name
		for _, tag := range req.Tags {
			k.tags[tag.Key] = tag.Value
		}
		return &driver.CreateKeyResponse{Key: driver.KeyInfo{ID: k.info.ID}}, nil
	})
}

type renamer struct{ a *account }

func (r renamer) Rename(_ context.Context, req *driver.RenameRequest) (*driver.RenameResponse, error) {
	return change(r.a, driver.OpRename, req.KeyID, req.NewName, func(k *stored) (*driver.RenameResponse, error) {
		if r.a.holder(req.NewName) != nil {
			return nil, errs.Refuse(errs.AlreadyExists, "taken")
		}
		k.info.Name = req.NewName
		return &driver.RenameResponse{}, nil
	})
}

type describer struct{ a *account }

func (d describer) SetDescription(_ context.Context, req *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	return change(d.a, driver.OpSetDescription, req.KeyID, fmt.Sprintf("%q", req.Description), func(k *stored) (*driver.SetDescriptionResponse, error) {
		k.info.Description = req.Description
		return &driver.SetDescriptionResponse{}, nil
	})
}

type aliaser struct{ a *account }

func (l aliaser) ListAliases(_ context.Context, req *driver.ListAliasesRequest) (*driver.ListAliasesResponse, error) {
	return change(l.a, driver.OpListAliases, req.KeyID, req.Cursor, func(k *stored) (*driver.ListAliasesResponse, error) {
		aliases, cursor := page(k.aliases, req.Cursor, l.a.pageSize)
		return &driver.ListAliasesResponse{Aliases: aliases, Cursor: cursor}, nil
	})
}

func (l aliaser) CreateAlias(_ context.Context, req *driver.CreateAliasRequest) (*driver.CreateAliasResponse, error) {
	return change(l.a, driver.OpCreateAlias, req.KeyID, req.Alias, func(k *stored) (*driver.CreateAliasResponse, error) {
		if l.a.holder(req.Alias) != nil {
			return nil, errs.Refuse(errs.AlreadyExists, "taken")
		}
		k.aliases = append(k.aliases, req.Alias)
		return &driver.CreateAliasResponse{}, nil
	})
}

// DeleteAlias takes the alias away from whatever key has it, as a provider does whose request does not name the key.
func (l aliaser) DeleteAlias(_ context.Context, req *driver.DeleteAliasRequest) (*driver.DeleteAliasResponse, error) {
	return change(l.a, driver.OpDeleteAlias, req.KeyID, req.Alias, func(*stored) (*driver.DeleteAliasResponse, error) {
		k := l.a.holder(req.Alias)
		if k == nil {
			return nil, errs.Refuse(errs.NotFound, "no such alias")
		}
		k.aliases = slices.DeleteFunc(k.aliases, func(alias string) bool { return alias == req.Alias })
		return &driver.DeleteAliasResponse{}, nil
	})
}

type tagger struct{ a *account }

func (g tagger) ListTags(_ context.Context, req *driver.ListTagsRequest) (*driver.ListTagsResponse, error) {
	return change(g.a, driver.OpListTags, req.KeyID, req.Cursor, func(k *stored) (*driver.ListTagsResponse, error) {
		var all []driver.Tag
		for _, key := range slices.Sorted(maps.Keys(k.tags)) {
			all = append(all, driver.Tag{Key: key, Value: k.tags[key]})
		}
		tags, cursor := page(all, req.Cursor, g.a.pageSize)
		return &driver.ListTagsResponse{Tags: tags, Cursor: cursor}, nil
	})
}

func (g tagger) SetTags(_ context.Context, req *driver.SetTagsRequest) (*driver.SetTagsResponse, error) {
	return change(g.a, driver.OpSetTags, req.KeyID, tagList(req.Tags), func(k *stored) (*driver.SetTagsResponse, error) {
		for _, tag := range req.Tags {
			k.tags[tag.Key] = tag.Value
		}
		return &driver.SetTagsResponse{}, nil
	})
}

func (g tagger) RemoveTags(_ context.Context, req *driver.RemoveTagsRequest) (*driver.RemoveTagsResponse, error) {
	return change(g.a, driver.OpRemoveTags, req.KeyID, tagList(req.Tags), func(k *stored) (*driver.RemoveTagsResponse, error) {
		for _, tag := range req.Tags {
			if value, there := k.tags[tag.Key]; !there || value != tag.Value {
				return nil, errs.Refuse(errs.NotFound, "no such tag")
			}
		}
		for _, tag := range req.Tags {
			delete(k.tags, tag.Key)
		}
		return &driver.RemoveTagsResponse{}, nil
	})
}

type rotator struct{ a *account }

func (r rotator) GetRotation(_ context.Context, req *driver.GetRotationRequest) (*driver.GetRotationResponse, error) {
	return change(r.a, driver.OpGetRotation, req.KeyID, "", func(k *stored) (*driver.GetRotationResponse, error) {
		now := k.rotation
		return &now, nil
	})
}

func (r rotator) SetRotation(_ context.Context, req *driver.SetRotationRequest) (*driver.SetRotationResponse, error) {
	return change(r.a, driver.OpSetRotation, req.KeyID, fmt.Sprint(req.Enabled, req.Days), func(k *stored) (*driver.SetRotationResponse, error) {
		if k.info.State != driver.Enabled || r.a.strict && k.rotation.Enabled == req.Enabled {
			return nil, conflict("wrong state")
		}
		k.rotation.Enabled, k.rotation.Days = req.Enabled, req.Days
		if req.Enabled && req.Days == 0 {
			k.rotation.Days = 365
		}
		return &driver.SetRotationResponse{}, nil
	})
}

type periodSetter struct{ a *account }

func (p periodSetter) SetRotationPeriod(_ context.Context, req *driver.SetRotationPeriodRequest) (*driver.SetRotationPeriodResponse, error) {
	return change(p.a, driver.OpSetRotationPeriod, req.KeyID, fmt.Sprint(req.Days), func(k *stored) (*driver.SetRotationPeriodResponse, error) {
		k.rotation.Days = req.Days
		return &driver.SetRotationPeriodResponse{}, nil
	})
}

type rotatorNow struct{ a *account }

func (r rotatorNow) RotateNow(_ context.Context, req *driver.RotateNowRequest) (*driver.RotateNowResponse, error) {
	return change(r.a, driver.OpRotateNow, req.KeyID, "", func(k *stored) (*driver.RotateNowResponse, error) {
		k.rotation.Last = today()
		return &driver.RotateNowResponse{}, nil
	})
}
