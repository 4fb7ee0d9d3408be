// Package limits holds what Cloudflare documents about Workers KV namespaces, as data. It imports nothing of the
// vendor, so that whoever only wants to imitate the limits does not link the vendor's SDK.
//
//	key          1 to 512 bytes of UTF-8, not . and ..
//	value        0 to 25 MiB of any bytes
//	TTL          from 60 s; expiry comes with the value and in listings
//	metadata     up to 1,024 bytes of JSON; read by a request of its own
//	batches      get 100 keys, put 1,000 keys in 100 MB, delete 1,000 keys (10,000 documented; 5,000 were seen to time
//	             out); bulk_batch changes both
//	listing      pages of 10 to 1,000 keys in the order of their bytes
//	consistency  60 s
//	namespaces   1,000 an account, addressed by id, names of up to 512 characters, no description
//	rates        1,200 requests in 5 minutes a user, 200 a second an address, 1 write a second to a key (unconfirmed
//	             outside of Workers)
//	verified     live: never
package limits

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// KV returns the capabilities of a namespace.
func KV() driver.Capabilities {
	return driver.Capabilities{
		// Page "Workers KV limits": 512 bytes; page "Write key-value pairs": not empty, "." or "..".
		Key: driver.NameRule{MaxBytes: 512, Alphabet: driver.AnyText(), Denied: []string{".", ".."}},

		MaxValueBytes: 25 << 20,      // page "Workers KV limits": 25 MiB
		EmptyValue:    driver.Native, // page "List keys" recommends one beside metadata
		BinaryValue:   driver.Native, // page "Write key-value pair with optional metadata": any bytes

		TTL:    driver.Native,    // page "Write key-value pairs": expiration_ttl and expiration, in seconds
		MinTTL: 60 * time.Second, // the same page, for both forms
		Expiry: driver.Native,    // page "Read key-value pair": the header expiration

		Metadata:         driver.Native,   // page "Write key-value pair with optional metadata"
		MaxMetadataBytes: 1024,            // page "Workers KV limits"
		ReadMetadata:     driver.Emulated, // page "Read the metadata for a key": a request of its own

		// Page "Get multiple key-value pairs": 100 keys, whose values must be text: a binary one cannot be read so.
		GetBatch: driver.Batch{Support: driver.Native, MaxItems: 100},
		// Page "Write multiple key-value pairs": 10,000 pairs in 100 MB. 1,000 is our choice: 5,000 were seen to time out.
		PutBatch: driver.Batch{Support: driver.Native, MaxItems: 1000, MaxBytes: 100_000_000},
		// Page "Delete multiple key-value pairs": 10,000 keys. 1,000 is our choice, as for writes.
		DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 1000},
		// Page "List a namespace's keys": limit 10 to 1000, with expiration and metadata; page "List keys": in the order of
		// their UTF-8 bytes.
		List: driver.ListBounds{MinPage: 10, MaxPage: 1000, Expiry: driver.Native, Metadata: driver.Native, Sorted: true},

		Consistency: 60 * time.Second, // page "How KV works": 60 s or more
	}
}

// KVService returns the capabilities of an account.
func KVService() driver.ServiceCapabilities {
	return driver.ServiceCapabilities{
		Address: driver.ByID, // page "Get a namespace": by its id, while people know its title
		// Page "Create a namespace": titles of at most 512 characters.
		Name:           driver.NameRule{MaxChars: 512, Alphabet: driver.AnyText()},
		Create:         driver.Native, // page "Create a namespace"
		Get:            driver.Native, // page "Get a namespace"
		Rename:         driver.Native, // page "Rename a namespace"
		Delete:         driver.Native, // page "Remove a namespace"
		Description:    driver.None,   // no page has any
		SetDescription: driver.None,
		Usage:          driver.None, // no page of this API tells it
		MaxNamespaces:  1000,        // page "Workers KV limits"
	}
}
