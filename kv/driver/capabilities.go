package driver

import "time"

// Capabilities are what one open namespace can do, and its limits. They are data: package kv enforces them before
// any I/O, package kvtest proves them, and the local driver borrows them. The zero value of a field says "cannot" or,
// where its comment says so, "no limit".
type Capabilities struct {
	// Key says which keys are accepted.
	Key NameRule

	// ValueEncoding is how package kv spells values in the provider's store. Drivers leave it at [PlainValues].
	ValueEncoding ValueEncoding
	// MaxValueBytes is the size of the largest value.
	MaxValueBytes int64
	// EmptyValue says whether a value may have no bytes.
	EmptyValue Support
	// BinaryValue says whether a value may be other than valid UTF-8.
	BinaryValue Support

	// TTL says whether keys can expire.
	TTL Support
	// MinTTL is the shortest time to live, and how far ahead an absolute expiry must at least be.
	MinTTL time.Duration
	// MaxTTL is the longest time to live; 0 means no limit.
	MaxTTL time.Duration
	// Expiry says whether a key's expiry can be read back; Emulated means that it costs a request of its own.
	Expiry Support

	// Metadata says whether a JSON value can be kept with a key.
	Metadata Support
	// MaxMetadataBytes is the size of the largest metadata.
	MaxMetadataBytes int
	// ReadMetadata says whether metadata can be read back; Emulated means that it costs a request of its own.
	ReadMetadata Support

	// GetBatch, PutBatch and DeleteBatch say how many keys one request can take.
	GetBatch, PutBatch, DeleteBatch Batch
	// List bounds the listing of keys.
	List ListBounds
	// Consistency is how long a read may still show what was there before a write, as far as the provider says; 0
	// means that a read shows every write that was acknowledged before.
	Consistency time.Duration
}

// Batch bounds one request for several keys.
type Batch struct {
	// Support is None or Native.
	Support Support
	// MaxItems is how many keys one request takes: the vendor's limit, or less where less is known to work.
	MaxItems int
	// MaxBytes is how large one request may be in the vendor's encoding; 0 means no limit. It bounds writes only.
	MaxBytes int64
}

// ListBounds bound the listing of keys.
type ListBounds struct {
	// MinPage and MaxPage bound the keys of one page.
	MinPage, MaxPage int
	// MaxKeys is how many keys of one prefix can be reached; 0 means all. The page with the last key that can be
	// reached has a cursor only if there are more keys.
	MaxKeys int
	// Expiry and Metadata say whether a listing tells them.
	Expiry, Metadata Support
	// Sorted says that keys come in the order of their bytes.
	Sorted bool
}

// Address says how a service addresses its namespaces.
type Address uint8

const (
	// ByName: a namespace is addressed by its name.
	ByName Address = iota
	// ByID: a namespace is addressed by an id, which package kv looks up by the name once.
	ByID
)

// ServiceCapabilities are what one service can do with namespaces, and its limits.
type ServiceCapabilities struct {
	// Address says how namespaces are addressed.
	Address Address
	// Name says which names a namespace may have.
	Name NameRule
	// Create, Get, Rename and Delete say which operations there are. Get is Emulated where a namespace is looked up
	// in the listing.
	Create, Get, Rename, Delete Support
	// Description says whether a description can be given at creation, SetDescription whether it can be changed.
	Description, SetDescription Support
	// MaxDescriptionChars is the length of the longest description in characters; 0 means no limit.
	MaxDescriptionChars int
	// Usage says whether a namespace's usage can be told.
	Usage Support
	// MaxNamespaces is how many namespaces there may be; 0 means no known limit.
	MaxNamespaces int
}
