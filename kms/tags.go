package kms

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Tags returns all tags of the key. Where the provider has none it is errs.Unsupported. The requests are retried; the
// call may be repeated at will.
func (k *Key) Tags(ctx context.Context) (map[string]string, error) {
	s := k.service
	tags := map[string]string{}
	req := driver.ListTagsRequest{KeyID: k.id}
	guard := pipeline.CursorGuard{Most: mostOfKey}
	for {
		page, err := do(ctx, s, driver.OpListTags, &s.methods.listTags, k.label(), nil, &req)
		if err == nil {
			err = guard.Check(page.Cursor, len(page.Tags))
		}
		if err != nil {
			return nil, s.pipe.Complete(err, driver.OpListTags, k.label())
		}
		for _, tag := range page.Tags {
			tags[tag.Key] = tag.Value
		}
		if page.Cursor == "" {
			return tags, nil
		}
		req.Cursor = page.Cursor
	}
}

// SetTags adds tags to the key, or replaces the values of those that it has; others stay. No tags, more than
// Capabilities.Tag allows a key, and one that breaks its rules are errs.InvalidArgument before any I/O. The call is
// retried where the provider lets it be repeated.
func (k *Key) SetTags(ctx context.Context, tags map[string]string) error {
	sorted := sortedTags(tags)
	refusal := k.service.checkTags(sorted)
	if len(sorted) == 0 {
		refusal = errs.Refuse(errs.InvalidArgument, "no tag is given")
	}
	return k.service.setTags(ctx, k.id, k.label(), sorted, refusal)
}

func (s *Service) setTags(ctx context.Context, id, label string, tags []driver.Tag, refusal error) error {
	_, err := do(ctx, s, driver.OpSetTags, &s.methods.setTags, label, refusal, &driver.SetTagsRequest{KeyID: id, Tags: tags})
	return err
}

// RemoveTags removes the tags with those keys, whatever their values. A tag that the key does not have is success. The
// key's tags are listed first, since providers ask for the values as well. No key and an empty one are
// errs.InvalidArgument before any I/O. The requests are retried where the provider lets them be repeated.
func (k *Key) RemoveTags(ctx context.Context, keys ...string) error {
	s := k.service
	m := &s.methods.removeTags
	var refusal error
	if len(keys) == 0 {
		refusal = errs.Refuse(errs.InvalidArgument, "no tag key is given")
	}
	for _, key := range keys {
		if refusal == nil {
			refusal = checkReference("tag key", key)
		}
	}
	if refusal != nil || m.Send == nil {
		_, err := do(ctx, s, driver.OpRemoveTags, m, k.label(), refusal, &driver.RemoveTagsRequest{})
		return err
	}
	var last error
	for asked := 0; ; {
		have, err := k.Tags(ctx)
		switch {
		case err != nil && last == nil:
			return pipeline.AfterSteps(err, errs.NotApplied, "no tag was removed")
		case err != nil:
			return pipeline.AfterSteps(last, errs.NotApplied, "the tags that are left could not be listed: "+pipeline.TextOf(err))
		}
		maps.DeleteFunc(have, func(key, _ string) bool { return !slices.Contains(keys, key) })
		if len(have) == 0 {
			return nil
		}
		if last != nil && len(have) >= asked {
			return last
		}
		asked = len(have)
		_, err = do(ctx, s, driver.OpRemoveTags, m, k.label(), nil, &driver.RemoveTagsRequest{KeyID: k.id, Tags: sortedTags(have)})
		if err == nil || !errors.Is(err, errs.NotFound) {
			return err
		}
		last = err // somebody else has removed one of them; what of the others shows the listing
	}
}

// checkTags refuses tags that break the provider's rules.
func (s *Service) checkTags(tags []driver.Tag) error {
	rule := &s.caps.Tag
	if len(tags) > rule.Max {
		return errs.Refuse(errs.InvalidArgument, "%d tags are given, a key may have %d at most", len(tags), rule.Max)
	}
	for _, tag := range tags {
		if err := rule.Check(tag); err != nil {
			return err
		}
	}
	return nil
}

// sortedTags returns tags in the byte order of their keys.
func sortedTags(tags map[string]string) []driver.Tag {
	var sorted []driver.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		sorted = append(sorted, driver.Tag{Key: key, Value: tags[key]})
	}
	return sorted
}
