package kv

import (
	"encoding/json"
	"fmt"
	"time"
)

// PutOption changes how a key is written: [TTL], [ExpiresAt], [Metadata], [MetadataOf].
type PutOption struct {
	kind     putOptionKind
	ttl      time.Duration
	at       time.Time
	metadata json.RawMessage
	err      error
}

type putOptionKind uint8

const (
	putTTL putOptionKind = iota + 1
	putExpiresAt
	putMetadata
)

// Format prints the kind of option only: metadata is data of the user's.
func (o PutOption) Format(f fmt.State, _ rune) {
	switch o.kind {
	case putTTL:
		fmt.Fprintf(f, "TTL(%v)", o.ttl)
	case putExpiresAt:
		fmt.Fprintf(f, "ExpiresAt(%s)", o.at.Format(time.RFC3339))
	case putMetadata:
		fmt.Fprintf(f, "Metadata(%d bytes)", len(o.metadata))
	}
}

// TTL makes the key expire d after the provider has received it. Parts of a second are rounded up. A TTL beats an
// absolute expiry: with both given, [ExpiresAt] is neither checked nor sent. d must be positive and at least the
// provider's minimum (60 s on Tencent EdgeOne and Cloudflare).
func TTL(d time.Duration) PutOption { return PutOption{kind: putTTL, ttl: d} }

// ExpiresAt makes the key expire at t, rounded up to a full second. t must be ahead by at least the provider's
// minimum TTL, by the clock of this machine.
func ExpiresAt(t time.Time) PutOption { return PutOption{kind: putExpiresAt, at: t} }

// Metadata keeps one JSON value with the key. It must be valid JSON and is stored as it is. Where the provider keeps
// no metadata, the call fails with errs.Unsupported.
func Metadata(value json.RawMessage) PutOption { return PutOption{kind: putMetadata, metadata: value} }

// MetadataOf keeps v, as [json.Marshal] encodes it, with the key. See [Metadata].
func MetadataOf(v any) PutOption {
	raw, err := json.Marshal(v)
	return PutOption{kind: putMetadata, metadata: raw, err: err}
}

// GetOption asks for more than the value: [WithExpiry], [WithMetadata].
type GetOption struct{ expiry, metadata bool }

// WithExpiry asks for the key's expiry. Where the provider tells it only in a request of its own
// (Capabilities.Expiry is Emulated), one more is sent; where it does not tell it, the call fails with
// errs.Unsupported.
func WithExpiry() GetOption { return GetOption{expiry: true} }

// WithMetadata asks for the key's metadata. Where the provider tells it only in a request of its own
// (Capabilities.ReadMetadata is Emulated), one more is sent; where it keeps none, the call fails with
// errs.Unsupported.
func WithMetadata() GetOption { return GetOption{metadata: true} }

func wanted(opts []GetOption) (want GetOption) {
	for _, o := range opts {
		want.expiry = want.expiry || o.expiry
		want.metadata = want.metadata || o.metadata
	}
	return want
}

// ListOption narrows a listing: [Prefix], [PageSize].
type ListOption struct {
	kind     listOptionKind
	prefix   string
	pageSize int
}

type listOptionKind uint8

const (
	listPrefix listOptionKind = iota + 1
	listPageSize
)

// Prefix lists only the keys that begin with prefix.
func Prefix(prefix string) ListOption { return ListOption{kind: listPrefix, prefix: prefix} }

// PageSize sets how many keys one request asks for. The default is the provider's maximum; a size out of its bounds
// fails with errs.InvalidArgument.
func PageSize(n int) ListOption { return ListOption{kind: listPageSize, pageSize: n} }

// BulkOption changes how many keys are written or deleted: [BatchSize].
type BulkOption struct{ batchSize int }

// BatchSize sets how many keys one request takes. The default is the provider's maximum; a size under 1 or over that
// maximum fails with errs.InvalidArgument. Providers without batches send single requests whatever the size.
func BatchSize(n int) BulkOption { return BulkOption{batchSize: n} }

// CreateOption describes a namespace to be made: [Description].
type CreateOption struct{ description string }

// Description keeps a note with the namespace. Where the provider keeps none, the call fails with errs.Unsupported.
func Description(text string) CreateOption { return CreateOption{description: text} }
