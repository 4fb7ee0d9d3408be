package local

import (
	"context"
	"maps"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

func (s *keys) rename(ctx context.Context, req *kmsdriver.RenameRequest) (*kmsdriver.RenameResponse, error) {
	if err := s.caps.Name.Check("key name", req.NewName); err != nil {
		return nil, err
	}
	id, name := req.KeyID, req.NewName
	return respond[kmsdriver.RenameResponse](s.changeKey(ctx, id, func(store *keyStore, k *keyRecord) error {
		if err := k.alive(id); err != nil || k.Name == name {
			return err
		}
		if err := store.take(labelBucket, name, id); err != nil {
			return err
		}
		if k.Name != "" {
			if err := store.drop(labelBucket, k.Name); err != nil {
				return err
			}
		}
		k.Name = name
		return nil
	}))
}

// alive returns errs.Conflict if a key is to be deleted.
func (k *keyRecord) alive(id string) error {
	if k.state() == kmsdriver.PendingDeletion {
		return errState(id, k)
	}
	return nil
}

// SetDescription replaces the description of a key.
func (s *keys) SetDescription(ctx context.Context, req *kmsdriver.SetDescriptionRequest) (*kmsdriver.SetDescriptionResponse, error) {
	if err := s.acceptsDescription(req.Description); err != nil {
		return nil, err
	}
	id, text := req.KeyID, req.Description
	return respond[kmsdriver.SetDescriptionResponse](s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		if err := k.alive(id); err != nil {
			return err
		}
		k.Description = text
		return nil
	}))
}

func (s *keys) listAliases(ctx context.Context, req *kmsdriver.ListAliasesRequest) (*kmsdriver.ListAliasesResponse, error) {
	res := &kmsdriver.ListAliasesResponse{}
	err := s.look(ctx, req.KeyID, func(_ *keyStore, k *keyRecord) (err error) {
		res.Aliases, res.Cursor, err = page(k.Aliases, req.KeyID, req.Cursor, s.caps.MaxPage)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// page returns the part of a sorted list that follows a cursor, and the next cursor. Cursors belong to one list.
func page(sorted []string, list, cursor string, size int) ([]string, string, error) {
	if cursor != "" {
		at, err := parseCursor(cursor, list+"/")
		if err != nil {
			return nil, "", err
		}
		i, found := slices.BinarySearch(sorted, at.after[len(list)+1:])
		if found {
			i++
		}
		sorted = sorted[i:]
	}
	if len(sorted) <= size {
		return slices.Clone(sorted), "", nil
	}
	return slices.Clone(sorted[:size]), place{0, list + "/" + sorted[size-1]}.cursor(list + "/"), nil
}

func (s *keys) createAlias(ctx context.Context, req *kmsdriver.CreateAliasRequest) (*kmsdriver.CreateAliasResponse, error) {
	if err := s.caps.Name.Check("alias", req.Alias); err != nil {
		return nil, err
	}
	id, alias := req.KeyID, req.Alias
	return respond[kmsdriver.CreateAliasResponse](s.changeKey(ctx, id, func(store *keyStore, k *keyRecord) error {
		if err := k.alive(id); err != nil {
			return err
		}
		if err := store.take(aliasBucket, alias, id); err != nil {
			return err
		}
		k.Aliases = append(slices.Clip(k.Aliases), alias)
		slices.Sort(k.Aliases)
		return nil
	}))
}

func (s *keys) deleteAlias(ctx context.Context, req *kmsdriver.DeleteAliasRequest) (*kmsdriver.DeleteAliasResponse, error) {
	id, alias := req.KeyID, req.Alias
	return respond[kmsdriver.DeleteAliasResponse](s.changeKey(ctx, id, func(store *keyStore, k *keyRecord) error {
		i, found := slices.BinarySearch(k.Aliases, alias)
		if !found {
			return errs.Refuse(errs.NotFound, "the key %q has no alias %q", id, alias)
		}
		k.Aliases = slices.Delete(slices.Clone(k.Aliases), i, i+1)
		return store.drop(aliasBucket, alias)
	}))
}

func (s *keys) listTags(ctx context.Context, req *kmsdriver.ListTagsRequest) (*kmsdriver.ListTagsResponse, error) {
	res := &kmsdriver.ListTagsResponse{}
	err := s.look(ctx, req.KeyID, func(_ *keyStore, k *keyRecord) error {
		names, next, err := page(sortedKeys(k.Tags), req.KeyID, req.Cursor, s.caps.MaxPage)
		res.Cursor, res.Tags = next, nil
		for _, name := range names {
			res.Tags = append(res.Tags, kmsdriver.Tag{Key: name, Value: k.Tags[name]})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (s *keys) setTags(ctx context.Context, req *kmsdriver.SetTagsRequest) (*kmsdriver.SetTagsResponse, error) {
	if err := s.acceptsTags(req.Tags); err != nil {
		return nil, err
	}
	id, tags := req.KeyID, slices.Clone(req.Tags)
	return respond[kmsdriver.SetTagsResponse](s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		if err := k.alive(id); err != nil {
			return err
		}
		all := map[string]string{}
		maps.Copy(all, k.Tags)
		for _, tag := range tags {
			all[tag.Key] = tag.Value
		}
		k.Tags = all
		return s.acceptsTagCount(len(all))
	}))
}

func (s *keys) removeTags(ctx context.Context, req *kmsdriver.RemoveTagsRequest) (*kmsdriver.RemoveTagsResponse, error) {
	id, tags := req.KeyID, slices.Clone(req.Tags)
	return respond[kmsdriver.RemoveTagsResponse](s.changeKey(ctx, id, func(_ *keyStore, k *keyRecord) error {
		if err := k.alive(id); err != nil {
			return err
		}
		for _, tag := range tags {
			delete(k.Tags, tag.Key)
		}
		return nil
	}))
}
