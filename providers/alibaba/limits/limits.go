// Package limits holds what Alibaba Cloud documents about the namespaces of ESA Edge KV, and about the workspaces of CMS
// 2.0 (see [Workspaces]), as data. It imports nothing of
// the vendor, so that whoever only wants to imitate the limits does not link the vendor's SDK.
//
//	key          1 to 512 bytes of UTF-8, without space, / and \
//	value        1 to 2,000,000 bytes of text (that an empty one is refused is unconfirmed); to 25,000,000 with
//	             high_capacity
//	TTL          from 1 s (unconfirmed: no minimum is documented); expiry is read by a request of its own
//	metadata     none
//	batches      put 2,000,000 bytes and 1,000 keys (the number is our choice: none is documented), delete 10,000
//	             keys, no get
//	listing      pages of up to 100 keys, the first 50,000 of a prefix; the order is unconfirmed
//	consistency  300 s
//	namespaces   10 an account, names of any characters and length (unconfirmed: no rule is documented), description
//	             at creation only, no rename
//	rates        none documented; found out by throttling
//	verified     live: never
package limits

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// KV returns the capabilities of a namespace.
func KV() driver.Capabilities {
	return driver.Capabilities{
		// Page PutKv: at most 512 bytes, without spaces and "/"; PutKvWithHighCapacity says the same of "\".
		Key: driver.NameRule{MaxBytes: 512, Alphabet: driver.AnyText().Without(` /\`)},

		MaxValueBytes: 2_000_000,   // page PutKv: 2 MB, counted as 2 × 1000 × 1000
		EmptyValue:    driver.None, // unconfirmed: page PutKv requires a value and does not say whether it may be empty
		BinaryValue:   driver.None, // page GetKv: what it returns for a value written with Base64 is unconfirmed

		TTL:    driver.Native,   // page PutKv: ExpirationTtl and Expiration, in seconds
		MinTTL: time.Second,     // unconfirmed: no page names a minimum
		Expiry: driver.Emulated, // page GetKvDetail: the only one that returns it

		Metadata:     driver.None, // no page has any
		ReadMetadata: driver.None,

		GetBatch:    driver.Batch{},                                                            // no such page
		PutBatch:    driver.Batch{Support: driver.Native, MaxItems: 1000, MaxBytes: 2_000_000}, // page BatchPutKv: 2 MB; the number of items is our choice, none is documented
		DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 10_000},                    // page BatchDeleteKv
		// Page ListKvs: PageSize at most 100, PageNumber × PageSize at most 50,000, names only; its order is unconfirmed.
		List: driver.ListBounds{MinPage: 1, MaxPage: 100, MaxKeys: 50_000},

		Consistency: 300 * time.Second, // page "Get started with Edge KV"
	}
}

// KVService returns the capabilities of an account.
func KVService() driver.ServiceCapabilities {
	return driver.ServiceCapabilities{
		Address: driver.ByName, // page GetKvNamespace
		// Unconfirmed: no page names the characters or the length of a namespace's name.
		Name:           driver.NameRule{Alphabet: driver.AnyText()},
		Create:         driver.Native, // page CreateKvNamespace
		Get:            driver.Native, // page GetKvNamespace
		Rename:         driver.None,   // no such page
		Delete:         driver.Native, // page DeleteKvNamespace
		Description:    driver.Native, // page CreateKvNamespace; its length is unconfirmed
		SetDescription: driver.None,   // no such page
		Usage:          driver.Native, // page GetKvNamespace: CapacityUsed and Capacity
		MaxNamespaces:  10,            // page GetKvAccount: NamespaceQuota
	}
}
