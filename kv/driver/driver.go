package driver

import (
	"context"
	"encoding/json"
	"time"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Names of the operations of a [Namespace], as they appear in operation tables and errors.
const (
	OpGet         = "kv.Get"
	OpInspect     = "kv.Inspect"
	OpPut         = "kv.Put"
	OpDelete      = "kv.Delete"
	OpList        = "kv.Keys"
	OpGetBatch    = "kv.GetMany"
	OpPutBatch    = "kv.PutMany"
	OpDeleteBatch = "kv.DeleteMany"
)

// Namespace is one open namespace. All of its methods may be called at the same time by several goroutines.
type Namespace interface {
	// Capabilities tells what the namespace can do and what its limits are. It does no I/O and always returns the same.
	Capabilities() Capabilities
	// Operations is the operation table: a row for each implemented method, named by the Op constants.
	Operations() []policy.Operation

	// Get returns the value of a key. A missing or expired key is [errs.KeyNotFound] and a missing namespace
	// [errs.NamespaceNotFound], whatever the vendor says. It fills the parts of the response that this one request
	// brings, asked for or not.
	Get(context.Context, *GetRequest) (*GetResponse, error)
	// Put writes one key, replacing its value, expiry and metadata.
	Put(context.Context, *PutRequest) (*PutResponse, error)
	// Delete removes one key. An absent key is success, an absent namespace [errs.NamespaceNotFound].
	Delete(context.Context, *DeleteRequest) (*DeleteResponse, error)
	// List returns one page of keys. An empty page may have a cursor; the empty cursor ends the listing.
	List(context.Context, *ListRequest) (*ListResponse, error)
}

// Inspector is implemented where expiry or metadata cost a request of their own: by drivers that declare
// Capabilities.Expiry or Capabilities.ReadMetadata as Emulated.
type Inspector interface {
	// Inspect returns the expiry and metadata of a key, as far as the vendor tells them. A missing key is
	// [errs.KeyNotFound].
	Inspect(context.Context, *InspectRequest) (*InspectResponse, error)
}

// BatchGetter is implemented by drivers that declare Capabilities.GetBatch.
type BatchGetter interface {
	// GetBatch reads several different keys. The response has one result a key, in the order of the request. It tells
	// the expiry and metadata that are wanted, also where Capabilities call reading them Emulated.
	GetBatch(context.Context, *GetBatchRequest) (*GetBatchResponse, error)
}

// BatchPutter is implemented by drivers that declare Capabilities.PutBatch.
type BatchPutter interface {
	// PutBatch writes several different keys.
	PutBatch(context.Context, *PutBatchRequest) (*PutBatchResponse, error)
	// PutBatchBytes returns how much of Capabilities.PutBatch.MaxBytes one item takes in the vendor's encoding.
	PutBatchBytes(*PutRequest) int64
}

// BatchDeleter is implemented by drivers that declare Capabilities.DeleteBatch.
type BatchDeleter interface {
	// DeleteBatch removes several different keys. Absent keys are success. A key of which the vendor does not tell
	// whether it was absent or could not be deleted is [errs.Unsupported]: package kv then deletes it by Delete.
	DeleteBatch(context.Context, *DeleteBatchRequest) (*DeleteBatchResponse, error)
}

// GetRequest asks for one key.
type GetRequest struct {
	Key string
	// WantExpiry and WantMetadata tell that the caller asked for them; a driver whose vendor returns them only on
	// request, at no further request, asks for them.
	WantExpiry, WantMetadata bool
}

// GetResponse is a key's value and what came with it.
type GetResponse struct {
	Value []byte
	// Expiry is unknown where the request does not tell it.
	Expiry Expiry
	// Metadata is nil where there is none or where the request does not tell it.
	Metadata json.RawMessage
}

// InspectRequest asks for expiry and metadata of one key.
type InspectRequest struct {
	Key                      string
	WantExpiry, WantMetadata bool
}

// InspectResponse is the answer to an [InspectRequest].
type InspectResponse struct {
	Expiry   Expiry
	Metadata json.RawMessage
}

// PutRequest writes one key. At most one of TTL and ExpiresAt is set; with neither, the key does not expire.
type PutRequest struct {
	Key   string
	Value []byte
	// TTL is a whole number of seconds, counted from the arrival of the request; 0 means that it is not set.
	TTL time.Duration
	// ExpiresAt is a whole second; the zero time means that it is not set.
	ExpiresAt time.Time
	// Metadata is one JSON value; nil means none.
	Metadata json.RawMessage
}

// PutResponse is the answer to a [PutRequest].
type PutResponse struct{}

// DeleteRequest removes one key.
type DeleteRequest struct{ Key string }

// DeleteResponse is the answer to a [DeleteRequest].
type DeleteResponse struct{}

// ListRequest asks for one page of keys.
type ListRequest struct {
	// Prefix selects the keys that begin with it; the empty prefix selects all and must not be sent where the vendor
	// refuses an empty one.
	Prefix string
	// Cursor is empty for the first page and else what the previous page returned. One that no page can have returned
	// is [errs.InvalidArgument].
	Cursor string
	// PageSize is how many keys the page should have, within the bounds of Capabilities.List. A page may be shorter
	// without being the last.
	PageSize int
}

// ListResponse is one page of keys.
type ListResponse struct {
	Keys []KeyInfo
	// Cursor continues the listing; empty means that there is no more. It stays good when keys are written and deleted
	// meanwhile, the one at which it stands included.
	Cursor string
}

// KeyInfo is one key of a listing.
type KeyInfo struct {
	// Name is the key.
	Name string
	// Expiry is unknown where the provider does not list it.
	Expiry Expiry
	// Metadata is nil where there is none or where the provider does not list it.
	Metadata json.RawMessage
}

// GetBatchRequest asks for several different keys.
type GetBatchRequest struct {
	Keys                     []string
	WantExpiry, WantMetadata bool
}

// GetBatchResponse has Results[i] for Keys[i] of the request.
type GetBatchResponse struct{ Results []GetBatchResult }

// GetBatchResult is the answer for one key: a response or an error, [errs.KeyNotFound] for a missing one. A key that a
// batch cannot bring byte for byte is [errs.Unsupported]: package kv then reads it by Get.
type GetBatchResult struct {
	GetResponse
	Err error
}

// PutBatchRequest writes several different keys.
type PutBatchRequest struct{ Items []*PutRequest }

// PutBatchResponse has Errs[i] for Items[i] of the request, nil where it was written. Nil Errs means that all were.
type PutBatchResponse struct{ Errs []error }

// DeleteBatchRequest removes several different keys.
type DeleteBatchRequest struct{ Keys []string }

// DeleteBatchResponse has Errs[i] for Keys[i] of the request, nil where it is gone. Nil Errs means that all are.
type DeleteBatchResponse struct{ Errs []error }
