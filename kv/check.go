package kv

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// newPut turns a put's arguments into a request with plain key and value, or says which rule of caps they break.
func newPut(caps *Capabilities, now time.Time, key string, value []byte, opts []PutOption) (driver.PutRequest, error) {
	req := driver.PutRequest{Key: key, Value: value}
	if err := caps.Key.Check("key", key); err != nil {
		return req, err
	}
	if err := checkValue(caps, value); err != nil {
		return req, err
	}
	var ttl, at, metadata *PutOption
	for i := range opts {
		slot := &ttl
		switch opts[i].kind {
		case putTTL:
		case putExpiresAt:
			slot = &at
		case putMetadata:
			slot = &metadata
		default:
			continue // the zero PutOption says nothing
		}
		if *slot != nil {
			return req, errs.Refuse(errs.InvalidArgument, "the option %v is given twice", opts[i])
		}
		*slot = &opts[i]
	}
	if ttl != nil {
		at = nil // a TTL beats an absolute expiry, which is then neither checked nor sent
	}
	if (ttl != nil || at != nil) && caps.TTL == None {
		return req, errs.Refuse(errs.Unsupported, "keys cannot expire on this provider")
	}
	var err error
	switch {
	case ttl != nil:
		req.TTL, err = checkTTL(caps, ttl.ttl)
	case at != nil:
		req.ExpiresAt, err = checkExpiresAt(caps, now, at.at)
	}
	if err == nil && metadata != nil {
		req.Metadata, err = checkMetadata(caps, metadata)
	}
	return req, err
}

func checkValue(caps *Capabilities, value []byte) error {
	switch {
	case int64(len(value)) > caps.MaxValueBytes:
		return errs.Refuse(errs.TooLarge, "value has %d bytes, at most %d are accepted", len(value), caps.MaxValueBytes)
	case len(value) == 0 && caps.EmptyValue == None:
		return errs.Refuse(errs.InvalidArgument, "value is empty, which this provider cannot store")
	case caps.BinaryValue == None && !utf8.Valid(value):
		return errs.Refuse(errs.InvalidArgument,
			"value is not valid UTF-8 and this provider stores text only; encode it, or set value_encoding: base64 for the resource")
	}
	return nil
}

func checkTTL(caps *Capabilities, ttl time.Duration) (time.Duration, error) {
	if ttl <= 0 {
		return 0, errs.Refuse(errs.InvalidArgument, "TTL is %v; say a positive one, or none for a key that does not expire", ttl)
	}
	if ttl < caps.MinTTL {
		return 0, errs.Refuse(errs.InvalidArgument, "TTL is %v, at least %v are accepted", ttl, caps.MinTTL)
	}
	if part := ttl % time.Second; part > 0 && ttl <= maxDuration-time.Second {
		ttl += time.Second - part
	} else if part > 0 {
		return 0, errs.Refuse(errs.InvalidArgument, "TTL is %v, too long to be rounded up to a full second", ttl)
	}
	if caps.MaxTTL > 0 && ttl > caps.MaxTTL {
		return 0, errs.Refuse(errs.InvalidArgument, "TTL is %v, at most %v are accepted", ttl, caps.MaxTTL)
	}
	return ttl, nil
}

const maxDuration = time.Duration(1<<63 - 1)

func checkExpiresAt(caps *Capabilities, now, at time.Time) (time.Time, error) {
	refuse := func(format string, args ...any) (time.Time, error) {
		return at, errs.Refuse(errs.InvalidArgument, "expiry "+at.UTC().Format(time.RFC3339)+" "+format, args...)
	}
	ahead := at.Sub(now)
	switch {
	case at.Unix() <= 0 || ahead <= 0:
		return refuse("is not in the future; it is %s", now.UTC().Format(time.RFC3339))
	case ahead < caps.MinTTL:
		return refuse("is %v ahead, at least %v are accepted", ahead, caps.MinTTL)
	case caps.MaxTTL > 0 && ahead > caps.MaxTTL:
		return refuse("is %v ahead, at most %v are accepted", ahead, caps.MaxTTL)
	}
	if whole := at.Truncate(time.Second); !whole.Equal(at) {
		at = whole.Add(time.Second)
	}
	return at.Round(0), nil
}

func checkMetadata(caps *Capabilities, metadata *PutOption) (json.RawMessage, error) {
	switch {
	case caps.Metadata == None:
		return nil, errs.Refuse(errs.Unsupported, "this provider keeps no metadata with a key")
	case metadata.err != nil:
		return nil, errs.Refuse(errs.InvalidArgument, "metadata cannot be encoded as JSON: %w", metadata.err)
	case len(metadata.metadata) > caps.MaxMetadataBytes:
		return nil, errs.Refuse(errs.TooLarge, "metadata has %d bytes, at most %d are accepted", len(metadata.metadata), caps.MaxMetadataBytes)
	case !json.Valid(metadata.metadata):
		return nil, errs.Refuse(errs.InvalidArgument, "metadata is not one valid JSON value")
	}
	return metadata.metadata, nil
}

// checkGet says whether a read of key that wants more than the value can be sent.
func checkGet(caps *Capabilities, key string, want GetOption) error {
	if err := checkWanted(caps, want); err != nil {
		return err
	}
	return caps.Key.Check("key", key)
}

func checkWanted(caps *Capabilities, want GetOption) error {
	if want.expiry && caps.Expiry == None {
		return errs.Refuse(errs.Unsupported, "this provider does not tell a key's expiry")
	}
	if want.metadata && caps.ReadMetadata == None {
		return errs.Refuse(errs.Unsupported, "this provider does not tell a key's metadata")
	}
	return nil
}

// newList turns a listing's options into its first request with a plain prefix.
func newList(caps *Capabilities, opts []ListOption) (driver.ListRequest, error) {
	req := driver.ListRequest{PageSize: caps.List.MaxPage}
	for _, o := range opts {
		if o.prefix != "" {
			req.Prefix = o.prefix
		}
		if o.pageSize != 0 {
			req.PageSize = o.pageSize
		}
	}
	if req.PageSize < caps.List.MinPage || req.PageSize > caps.List.MaxPage {
		return req, errs.Refuse(errs.InvalidArgument, "page size is %d, accepted are %d to %d", req.PageSize, caps.List.MinPage, caps.List.MaxPage)
	}
	return req, caps.Key.CheckPrefix("prefix", req.Prefix)
}
