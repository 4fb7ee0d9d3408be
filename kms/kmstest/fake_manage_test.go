package kmstest

import (
	"context"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// base is what every service has.
type base struct{ *fake }

func (f base) Capabilities() driver.Capabilities { return f.caps }

func (f base) Operations() []policy.Operation {
	rows := operations(f.shape(f.fake))
	if f.rows != nil {
		rows = f.rows(rows)
	}
	return rows
}

func (f base) DescribeKey(ctx context.Context, req *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	return handle(ctx, f.fake, driver.OpDescribeKey, req, func(req *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
		if req.Alias != "" {
			if k := f.holder(req.Alias); k != nil {
				return &driver.DescribeKeyResponse{Key: k.info}, nil
			}
			return nil, refuse(errs.NotFound, "no such alias")
		}
		k, err := f.find(req.KeyID)
		if err != nil {
			return nil, err
		}
		return &driver.DescribeKeyResponse{Key: k.info}, nil
	})
}

func (f base) ListKeys(ctx context.Context, req *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
	return handle(ctx, f.fake, driver.OpListKeys, req, func(req *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
		var all []driver.KeyInfo
		for _, k := range f.keys {
			switch {
			case k.info.ServiceOwned && !req.ServiceOwned && f.limits.Details != driver.Native:
			case f.limits.Details == driver.Native:
				all = append(all, k.info)
			default:
				all = append(all, driver.KeyInfo{ID: k.info.ID})
			}
		}
		keys, cursor := page(all, req.Cursor, f.limits.MaxPage)
		return &driver.ListKeysResponse{Keys: keys, Cursor: cursor}, nil
	})
}

// turn enables or disables a key.
func (f *fake) turn(k *fakeKey, to driver.State) error {
	if k.info.State != driver.Enabled && k.info.State != driver.Disabled || !f.lax && k.info.State == to {
		return refuse(errs.Conflict, "the key is "+string(k.info.State))
	}
	k.info.State = to
	return nil
}

func (f base) EnableKey(ctx context.Context, req *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
	return onKey(ctx, f.fake, driver.OpEnableKey, req.KeyID, req, func(k *fakeKey, _ *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
		return &driver.EnableKeyResponse{}, f.turn(k, driver.Enabled)
	})
}

func (f base) DisableKey(ctx context.Context, req *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
	return onKey(ctx, f.fake, driver.OpDisableKey, req.KeyID, req, func(k *fakeKey, _ *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
		return &driver.DisableKeyResponse{}, f.turn(k, driver.Disabled)
	})
}

func (f base) ScheduleDeletion(ctx context.Context, req *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
	return onKey(ctx, f.fake, driver.OpScheduleDeletion, req.KeyID, req, func(k *fakeKey, req *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
		switch r := f.limits.DeletionDays; {
		case req.Days < r.Min || req.Days > r.Max:
			return nil, refuse(errs.InvalidArgument, "not so many days")
		case k.info.State == driver.PendingDeletion || f.limits.DeletionNeedsDisabled && k.info.State == driver.Enabled:
			return nil, refuse(errs.Conflict, "the key is "+string(k.info.State))
		}
		k.info.State, k.info.DeletionAt = driver.PendingDeletion, time.Now().AddDate(0, 0, req.Days).Truncate(time.Second)
		res := &driver.ScheduleDeletionResponse{}
		if f.tells {
			res.DeletionAt = k.info.DeletionAt
		}
		return res, nil
	})
}

func (f base) CancelDeletion(ctx context.Context, req *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
	return onKey(ctx, f.fake, driver.OpCancelDeletion, req.KeyID, req, func(k *fakeKey, _ *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
		if k.info.State != driver.PendingDeletion {
			return nil, refuse(errs.Conflict, "no deletion is scheduled")
		}
		k.info.State, k.info.DeletionAt = driver.Disabled, time.Time{}
		if f.revive {
			k.info.State = driver.Enabled
		}
		if k.versions == nil {
			k.info.State = driver.PendingImport
		}
		return &driver.CancelDeletionResponse{}, nil
	})
}

type creator struct{ *fake }

func (f creator) CreateKey(ctx context.Context, req *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	return handle(ctx, f.fake, driver.OpCreateKey, req, func(req *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
		if err := f.checkCreate(req); err != nil {
			return nil, err
		}
		k := &fakeKey{tags: map[string]string{}, info: driver.KeyInfo{
			ID: f.keyID(), Name: req.Name, Description: req.Description, Spec: req.Spec, Usage: req.Usage, State: driver.PendingImport, Origin: req.Origin,
			CreatedAt: time.Now().Truncate(time.Second),
		}}
		k.info.Resource = "key/" + k.info.ID
		for _, tag := range req.Tags {
			k.tags[tag.Key] = tag.Value
		}
		if req.Origin == driver.FromProvider {
			if err := f.renew(k, nil); err != nil {
				return nil, err
			}
			k.info.State = driver.Enabled
		}
		f.keys = append(f.keys, k)
		return &driver.CreateKeyResponse{Key: driver.KeyInfo{ID: k.info.ID}}, nil
	})
}

func (f *fake) checkCreate(req *driver.CreateKeyRequest) error {
	known := func(kind driver.KeyKind) bool { return kind.Spec == req.Spec && kind.Usage == req.Usage }
	for name := range req.Options {
		if name != "pool" {
			return refuse(errs.InvalidArgument, "no such option")
		}
	}
	switch {
	case !slices.ContainsFunc(f.limits.Keys, known):
		return refuse(errs.InvalidArgument, "no such kind of keys")
	case f.limits.Naming == driver.ByLabel && f.limits.Name.Check("name", req.Name) != nil:
		return refuse(errs.InvalidArgument, "bad name")
	case f.limits.Naming == driver.ByAlias && req.Name != "":
		return refuse(errs.InvalidArgument, "names are aliases")
	case f.holder(req.Name) != nil:
		return refuse(errs.AlreadyExists, "the name is taken")
	case req.Origin == driver.External && f.limits.Import == driver.None:
		return refuse(errs.InvalidArgument, "no import")
	case len(req.Tags) > f.limits.Tag.Max:
		return refuse(errs.InvalidArgument, "too many tags")
	}
	return f.checkDescription(req.Description)
}

func (f *fake) checkDescription(text string) error {
	if l := f.limits.MaxDescriptionBytes; l > 0 && len(text) > l {
		return refuse(errs.InvalidArgument, "the description is too long")
	}
	if l := f.limits.MaxDescriptionChars; l > 0 && utf8.RuneCountInString(text) > l {
		return refuse(errs.InvalidArgument, "the description is too long")
	}
	return nil
}

type renamer struct{ *fake }

func (f renamer) Rename(ctx context.Context, req *driver.RenameRequest) (*driver.RenameResponse, error) {
	return onKey(ctx, f.fake, driver.OpRename, req.KeyID, req, func(k *fakeKey, req *driver.RenameRequest) (*driver.RenameResponse, error) {
		if f.holder(req.NewName) != nil {
			return nil, refuse(errs.AlreadyExists, "the name is taken")
		}
		k.info.Name = req.NewName
		return &driver.RenameResponse{}, nil
	})
}

type describer struct{ *fake }

func (f describer) SetDescription(ctx context.Context, req *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	return onKey(ctx, f.fake, driver.OpSetDescription, req.KeyID, req, func(k *fakeKey, req *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
		if err := f.checkDescription(req.Description); err != nil {
			return nil, err
		}
		k.info.Description = req.Description
		return &driver.SetDescriptionResponse{}, nil
	})
}

type aliaser struct{ *fake }

func (f aliaser) ListAliases(ctx context.Context, req *driver.ListAliasesRequest) (*driver.ListAliasesResponse, error) {
	return onKey(ctx, f.fake, driver.OpListAliases, req.KeyID, req, func(k *fakeKey, req *driver.ListAliasesRequest) (*driver.ListAliasesResponse, error) {
		aliases, cursor := page(k.aliases, req.Cursor, 2)
		return &driver.ListAliasesResponse{Aliases: aliases, Cursor: cursor}, nil
	})
}

func (f aliaser) CreateAlias(ctx context.Context, req *driver.CreateAliasRequest) (*driver.CreateAliasResponse, error) {
	return onKey(ctx, f.fake, driver.OpCreateAlias, req.KeyID, req, func(k *fakeKey, req *driver.CreateAliasRequest) (*driver.CreateAliasResponse, error) {
		if f.limits.Name.Check("alias", req.Alias) != nil {
			return nil, refuse(errs.InvalidArgument, "bad alias")
		}
		if f.holder(req.Alias) != nil {
			return nil, refuse(errs.AlreadyExists, "the alias is taken")
		}
		k.aliases = append(k.aliases, req.Alias)
		return &driver.CreateAliasResponse{}, nil
	})
}

// DeleteAlias takes the alias from whatever key has it, as providers do whose request does not name the key.
func (f aliaser) DeleteAlias(ctx context.Context, req *driver.DeleteAliasRequest) (*driver.DeleteAliasResponse, error) {
	return onKey(ctx, f.fake, driver.OpDeleteAlias, req.KeyID, req, func(_ *fakeKey, req *driver.DeleteAliasRequest) (*driver.DeleteAliasResponse, error) {
		k := f.holder(req.Alias)
		if k == nil {
			return nil, refuse(errs.NotFound, "no such alias")
		}
		k.aliases = slices.DeleteFunc(k.aliases, func(alias string) bool { return alias == req.Alias })
		return &driver.DeleteAliasResponse{}, nil
	})
}

type tagger struct{ *fake }

func (f tagger) ListTags(ctx context.Context, req *driver.ListTagsRequest) (*driver.ListTagsResponse, error) {
	return onKey(ctx, f.fake, driver.OpListTags, req.KeyID, req, func(k *fakeKey, req *driver.ListTagsRequest) (*driver.ListTagsResponse, error) {
		var all []driver.Tag
		for _, key := range slices.Sorted(maps.Keys(k.tags)) {
			all = append(all, driver.Tag{Key: key, Value: k.tags[key]})
		}
		tags, cursor := page(all, req.Cursor, 2)
		return &driver.ListTagsResponse{Tags: tags, Cursor: cursor}, nil
	})
}

func (f tagger) SetTags(ctx context.Context, req *driver.SetTagsRequest) (*driver.SetTagsResponse, error) {
	return onKey(ctx, f.fake, driver.OpSetTags, req.KeyID, req, func(k *fakeKey, req *driver.SetTagsRequest) (*driver.SetTagsResponse, error) {
		now := maps.Clone(k.tags)
		for _, tag := range req.Tags {
			now[tag.Key] = tag.Value
		}
		if len(now) > f.limits.Tag.Max {
			return nil, refuse(errs.QuotaExceeded, "too many tags")
		}
		k.tags = now
		return &driver.SetTagsResponse{}, nil
	})
}

func (f tagger) RemoveTags(ctx context.Context, req *driver.RemoveTagsRequest) (*driver.RemoveTagsResponse, error) {
	return onKey(ctx, f.fake, driver.OpRemoveTags, req.KeyID, req, func(k *fakeKey, req *driver.RemoveTagsRequest) (*driver.RemoveTagsResponse, error) {
		for _, tag := range req.Tags {
			if value, there := k.tags[tag.Key]; !there || value != tag.Value {
				return nil, refuse(errs.NotFound, "no such tag")
			}
		}
		for _, tag := range req.Tags {
			delete(k.tags, tag.Key)
		}
		return &driver.RemoveTagsResponse{}, nil
	})
}
