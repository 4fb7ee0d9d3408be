package local

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// This file is the server's part: it refuses what breaks the declared capabilities, whoever should have known better.

// accepted returns the record that a put at now stores, which shares memory with the request.
func (n *namespace) accepted(req *kvdriver.PutRequest, now time.Time) (record, error) {
	r := record{value: req.Value, metadata: req.Metadata}
	if err := n.caps.Key.Check("key", req.Key); err != nil {
		return r, err
	}
	if err := n.acceptsValue(req.Value); err != nil {
		return r, err
	}
	if err := n.acceptsMetadata(req.Metadata); err != nil {
		return r, err
	}
	switch {
	case req.TTL != 0:
		r.expires, r.expiry = true, now.Add(req.TTL)
	case !req.ExpiresAt.IsZero():
		r.expires, r.expiry = true, req.ExpiresAt
	default:
		return r, nil
	}
	return r, n.acceptsExpiry(req.TTL, r.expiry, now)
}

func (n *namespace) acceptsValue(value []byte) error {
	switch {
	case int64(len(value)) > n.caps.MaxValueBytes:
		return errs.Refuse(errs.TooLarge, "value has %d bytes, at most %d are accepted", len(value), n.caps.MaxValueBytes)
	case len(value) == 0 && n.caps.EmptyValue == kvdriver.None:
		return errs.Refuse(errs.InvalidArgument, "value is empty")
	case n.caps.BinaryValue == kvdriver.None && !utf8.Valid(value):
		return errs.Refuse(errs.InvalidArgument, "value is not valid UTF-8")
	}
	return nil
}

func (n *namespace) acceptsMetadata(metadata json.RawMessage) error {
	switch {
	case metadata == nil:
		return nil
	case n.caps.Metadata == kvdriver.None:
		return errs.Refuse(errs.Unsupported, "no metadata can be kept with a key")
	case len(metadata) > n.caps.MaxMetadataBytes:
		return errs.Refuse(errs.TooLarge, "metadata has %d bytes, at most %d are accepted", len(metadata), n.caps.MaxMetadataBytes)
	case !json.Valid(metadata):
		return errs.Refuse(errs.InvalidArgument, "metadata is not one valid JSON value")
	}
	return nil
}

func (n *namespace) acceptsExpiry(ttl time.Duration, at, now time.Time) error {
	text := at.UTC().Format(time.RFC3339)
	switch {
	case n.caps.TTL == kvdriver.None:
		return errs.Refuse(errs.Unsupported, "keys cannot expire")
	case ttl != 0 && ttl < n.caps.MinTTL:
		return errs.Refuse(errs.InvalidArgument, "TTL is %v, at least %v are accepted", ttl, n.caps.MinTTL)
	case !at.After(now):
		return errs.Refuse(errs.InvalidArgument, "expiry %s is not in the future", text)
	case at.Before(now.Add(n.caps.MinTTL)):
		return errs.Refuse(errs.InvalidArgument, "expiry %s is less than %v ahead", text, n.caps.MinTTL)
	case n.caps.MaxTTL > 0 && at.After(now.Add(n.caps.MaxTTL)):
		return errs.Refuse(errs.InvalidArgument, "expiry %s is more than %v ahead", text, n.caps.MaxTTL)
	case at.Unix() > maxInstant:
		return errs.Refuse(errs.InvalidArgument, "expiry %s is after the year 9999", text)
	}
	return nil
}

// acceptsBatch checks how many items and bytes a request for several keys has.
func acceptsBatch(limit kvdriver.Batch, items int, bytes int64) error {
	switch {
	case items > limit.MaxItems:
		return errs.Refuse(errs.TooLarge, "batch has %d keys, at most %d are accepted", items, limit.MaxItems)
	case limit.MaxBytes > 0 && bytes > limit.MaxBytes:
		return errs.Refuse(errs.TooLarge, "batch has %d bytes, at most %d are accepted", bytes, limit.MaxBytes)
	}
	return nil
}

func (n *namespace) acceptsKeys(keys []string) error {
	for _, key := range keys {
		if err := n.caps.Key.Check("key", key); err != nil {
			return err
		}
	}
	return nil
}

func (n *namespace) acceptsList(req *kvdriver.ListRequest) error {
	if bounds := n.caps.List; req.PageSize < bounds.MinPage || req.PageSize > bounds.MaxPage {
		return errs.Refuse(errs.InvalidArgument, "page size is %d, accepted are %d to %d", req.PageSize, bounds.MinPage, bounds.MaxPage)
	}
	return n.caps.Key.CheckPrefix("prefix", req.Prefix)
}

// acceptsDescription checks a description that is given where support says whether one can be.
func (s *service) acceptsDescription(support kvdriver.Support, text string) error {
	limit := s.caps.MaxDescriptionChars
	switch count := utf8.RuneCountInString(text); {
	case support == kvdriver.None && text != "":
		return errs.Refuse(errs.Unsupported, "namespaces have no description here")
	case !utf8.ValidString(text):
		return errs.Refuse(errs.InvalidArgument, "description is not valid UTF-8")
	case limit > 0 && count > limit:
		return errs.Refuse(errs.InvalidArgument, "description has %d characters, at most %d are accepted", count, limit)
	}
	return nil
}
