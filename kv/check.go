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
	if err := checkKey(caps, key); err != nil {
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

func checkTTL(caps *Capabilities, given time.Duration) (time.Duration, error) {
	refuse := func(format string, args ...any) (time.Duration, error) {
		return 0, errs.Refuse(errs.InvalidArgument, "TTL is "+given.String()+", "+format, args...)
	}
	ttl := given
	if part := ttl % time.Second; part > 0 && ttl <= maxDuration-time.Second {
		ttl += time.Second - part
	} else if part > 0 {
		return refuse("too long to be rounded up to a full second")
	}
	switch {
	case given <= 0:
		return refuse("say a positive one, or none for a key that does not expire")
	case given < time.Microsecond:
		return refuse("which is how a plain number is read; say 60*time.Second for a minute")
	case ttl < caps.MinTTL:
		return refuse("at least %v are accepted", caps.MinTTL)
	case caps.MaxTTL > 0 && ttl > caps.MaxTTL:
		return refuse("at most %v are accepted", caps.MaxTTL)
	}
	return ttl, nil
}

const maxDuration = time.Duration(1<<63 - 1)

func checkExpiresAt(caps *Capabilities, now, given time.Time) (time.Time, error) {
	refuse := func(format string, args ...any) (time.Time, error) {
		return given, errs.Refuse(errs.InvalidArgument, "expiry "+given.UTC().Format(time.RFC3339)+" "+format, args...)
	}
	at := given.Truncate(time.Second)
	if !at.Equal(given) {
		at = at.Add(time.Second)
	}
	ahead := at.Sub(now)
	switch {
	case given.Unix() <= 0 || !given.After(now):
		return refuse("is not in the future; it is %s", now.UTC().Format(time.RFC3339))
	case ahead < caps.MinTTL:
		return refuse("is %v ahead, at least %v are accepted", ahead, caps.MinTTL)
	case caps.MaxTTL > 0 && ahead > caps.MaxTTL:
		return refuse("is %v ahead, at most %v are accepted", ahead, caps.MaxTTL)
	}
	return at, nil
}

func checkMetadata(caps *Capabilities, metadata *PutOption) (json.RawMessage, error) {
	switch {
	case caps.Metadata == None:
		return nil, errs.Refuse(errs.Unsupported, "this provider keeps no metadata with a key")
	case metadata.err != nil:
		// The text of the error may hold the value.
		return nil, &errs.Error{Code: errs.InvalidArgument, Outcome: errs.NotApplied, Err: metadata.err, Message: "metadata cannot be encoded as JSON"}
	case len(metadata.metadata) > caps.MaxMetadataBytes:
		return nil, errs.Refuse(errs.TooLarge, "metadata has %d bytes, at most %d are accepted", len(metadata.metadata), caps.MaxMetadataBytes)
	case !utf8.Valid(metadata.metadata): // package json lets it pass, in strings
		return nil, errs.Refuse(errs.InvalidArgument, "metadata is not valid UTF-8")
	case !json.Valid(metadata.metadata):
		return nil, errs.Refuse(errs.InvalidArgument, "metadata is not one valid JSON value; for a Go value use MetadataOf")
	}
	return metadata.metadata, nil
}

// checkGet says whether a read of key that wants more than the value can be sent.
func checkGet(caps *Capabilities, key string, want GetOption) error {
	if err := checkWanted(caps, want); err != nil {
		return err
	}
	return checkKey(caps, key)
}

// checkKey says whether key keeps to the rule, and where only its characters do not, what would help.
func checkKey(caps *Capabilities, key string) error {
	err := caps.Key.Check("key", key)
	if err == nil || caps.Key.Encoding != PlainKeys {
		return err
	}
	encoded := caps.Key
	encoded.Encoding = UnderscoreHex
	if encoded.Check("key", key) != nil {
		return err
	}
	return errs.Refuse(errs.InvalidArgument, "%s; key_encoding: underscore-hex for the resource would allow it", err.(*errs.Error).Message)
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
	var prefix, pageSize int
	for _, o := range opts {
		switch o.kind {
		case listPrefix:
			prefix++
			req.Prefix = o.prefix
		case listPageSize:
			pageSize++
			req.PageSize = o.pageSize
		}
	}
	if prefix > 1 || pageSize > 1 {
		return req, errs.Refuse(errs.InvalidArgument, "prefix or page size is given twice")
	}
	if req.PageSize < caps.List.MinPage || req.PageSize > caps.List.MaxPage {
		return req, errs.Refuse(errs.InvalidArgument, "page size is %d, accepted are %d to %d", req.PageSize, caps.List.MinPage, caps.List.MaxPage)
	}
	return req, caps.Key.CheckPrefix("prefix", req.Prefix)
}

// batchLimit returns how large the requests of a bulk call are.
func batchLimit(limit driver.Batch, opts []BulkOption) (driver.Batch, error) {
	if len(opts) > 1 {
		return limit, errs.Refuse(errs.InvalidArgument, "batch size is given twice")
	}
	for _, o := range opts {
		if o.batchSize < 1 || limit.Support != None && o.batchSize > limit.MaxItems {
			return limit, errs.Refuse(errs.InvalidArgument, "batch size is %d, accepted are 1 to %d", o.batchSize, limit.MaxItems)
		}
		limit.MaxItems = o.batchSize
	}
	return limit, nil
}
