// Package limits holds what Tencent Cloud documents about the key-value namespaces of EdgeOne and the keys of KMS, as
// data. It imports nothing of the vendor, so that whoever only wants to imitate the limits does not link the vendor's
// SDK. Of namespaces:
//
//	key          1 to 512 bytes of UTF-8 (documented as characters; that they are bytes is unconfirmed)
//	value        1 to 1,000,000 bytes of text (documented as 1 MB; that it is decimal is unconfirmed)
//	TTL          from 60 s; expiry comes with the value
//	metadata     none
//	batches      get 20 keys, delete 20 keys, no put
//	listing      pages of up to 1,000 keys; the order is unconfirmed
//	consistency  60 s (unconfirmed: documented for a sibling product only)
//	namespaces   names of up to 50 letters, digits and single inner -, descriptions of up to 256 characters, no rename;
//	             how many a zone may have is unconfirmed
//	rates        20 requests a second of each action (that they are counted by account is unconfirmed)
//	verified     live: never
//
// Of keys:
//
//	kinds        AES_256 or SM4 by region, RSA_2048, EC_P256, SM2 (which regions make which pairs is unconfirmed)
//	names        1 to 60 letters, digits, - and _, first a letter or digit, not kms-; no aliases
//	description  1,024 bytes
//	tags         50, at creation only (documented for tags in general; that it holds for keys is unconfirmed)
//	plaintext    4,096 bytes; data keys of 1 to 1,024 bytes, always with their plaintext
//	context      1,024 characters of JSON
//	signing      messages of 4,096 bytes, or digests
//	deletion     7 to 30 days ahead, of disabled keys only
//	rotation     every 7 to 365 days, or at once
//	import       by RSA-OAEP with SHA-256
//	random       1,024 bytes
//	rates        100 requests a second of each action; symmetric encryption together 300, asymmetric decryption 200, random
//	             150, rotation at once 20 (that they are counted by account is unconfirmed)
//	verified     live: never
package limits

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// KV returns the capabilities of a namespace.
func KV() driver.Capabilities {
	return driver.Capabilities{
		// Page EdgeKVPut since 2026-06: 1 to 512 characters of UTF-8. That characters are bytes is unconfirmed.
		Key: driver.NameRule{MaxBytes: 512, Alphabet: driver.AnyText()},

		MaxValueBytes: 1_000_000,   // page EdgeKVPut: 1 MB; that it is decimal is unconfirmed
		EmptyValue:    driver.None, // page EdgeKVPut: not empty; page EdgeKVGet: an empty one means that the key is absent
		BinaryValue:   driver.None, // page EdgeKVPut: text only

		TTL:    driver.Native,    // page EdgeKVPut: ExpirationTTL and Expiration, in seconds
		MinTTL: 60 * time.Second, // page EdgeKVPut since 2026-06, for both forms
		Expiry: driver.Native,    // page EdgeKVGet: Expiration

		Metadata:     driver.None, // no page has any
		ReadMetadata: driver.None,

		GetBatch:    driver.Batch{Support: driver.Native, MaxItems: 20}, // page EdgeKVGet
		PutBatch:    driver.Batch{},                                     // page EdgeKVPut: one key
		DeleteBatch: driver.Batch{Support: driver.Native, MaxItems: 20}, // page EdgeKVDelete
		// Page EdgeKVList: Limit at most 1000, names only; its order is unconfirmed.
		List: driver.ListBounds{MinPage: 1, MaxPage: 1000},

		Consistency: 60 * time.Second, // unconfirmed: edges cache for about 60 s, says page 1145/78781
	}
}

// KVService returns the capabilities of a zone.
func KVService() driver.ServiceCapabilities {
	return driver.ServiceCapabilities{
		Address: driver.ByName, // page EdgeKVGet
		// Page CreateEdgeKVNamespace: 1 to 50 letters, digits and "-", which is never first, last or doubled.
		Name:                driver.NameRule{MaxChars: 50, Alphabet: driver.Chars("A-Za-z0-9-"), Inner: "-"},
		Create:              driver.Native, // page CreateEdgeKVNamespace
		Get:                 driver.Native, // page DescribeEdgeKVNamespaces: one request with the filter "namespace"
		Rename:              driver.None,   // page ModifyEdgeKVNamespace: the remark only
		Delete:              driver.Native, // page DeleteEdgeKVNamespace
		Description:         driver.Native, // page CreateEdgeKVNamespace: Remark
		SetDescription:      driver.Native, // page ModifyEdgeKVNamespace: Remark
		MaxDescriptionChars: 256,           // the same pages
		Usage:               driver.Native, // page DescribeEdgeKVNamespaces: CapacityUsed and Capacity
		MaxNamespaces:       0,             // unconfirmed: there is a limit, no page names it
	}
}
