package limits_test

import (
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/cloudflare/limits"
)

func TestKV(t *testing.T) {
	c := limits.KV()
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"Workers KV limits: longest key", c.Key.MaxBytes, 512},
		{"Write key-value pairs: .", c.Key.Check("key", ".") != nil, true},
		{"Write key-value pairs: ..", c.Key.Check("key", "..") != nil, true},
		{"Write key-value pairs: other keys", c.Key.Check("key", "../a b\\世界..."), error(nil)},
		{"Workers KV limits: largest value", c.MaxValueBytes, int64(26_214_400)},
		{"List keys: empty value", c.EmptyValue, driver.Native},
		{"Write key-value pair with optional metadata: any bytes", c.BinaryValue, driver.Native},
		{"Write key-value pairs: expiration_ttl", c.TTL, driver.Native},
		{"Write key-value pairs: shortest TTL", c.MinTTL, time.Minute},
		{"Write key-value pairs: longest TTL", c.MaxTTL, time.Duration(0)},
		{"Read key-value pair: header expiration", c.Expiry, driver.Native},
		{"Write key-value pair with optional metadata", c.Metadata, driver.Native},
		{"Workers KV limits: metadata", c.MaxMetadataBytes, 1024},
		{"Read the metadata for a key", c.ReadMetadata, driver.Emulated},
		{"Get multiple key-value pairs", c.GetBatch, driver.Batch{Support: driver.Native, MaxItems: 100}},
		{"Write multiple key-value pairs", c.PutBatch, driver.Batch{Support: driver.Native, MaxItems: 1000, MaxBytes: 100_000_000}},
		{"Delete multiple key-value pairs", c.DeleteBatch, driver.Batch{Support: driver.Native, MaxItems: 1000}},
		{"List a namespace's keys", c.List, driver.ListBounds{MinPage: 10, MaxPage: 1000, Expiry: driver.Native, Metadata: driver.Native, Sorted: true}},
		{"How KV works: consistency", c.Consistency, time.Minute},
		{"encodings are the caller's", [2]any{c.Key.Encoding, c.ValueEncoding}, [2]any{driver.PlainKeys, driver.PlainValues}},
	} {
		if fact.got != fact.want {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
}

func TestKVService(t *testing.T) {
	c := limits.KVService()
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"Get a namespace: by id", c.Address, driver.ByID},
		{"Create a namespace", c.Create, driver.Native},
		{"Create a namespace: longest title", c.Name.Check("title", strings.Repeat("世", 512)), error(nil)},
		{"Create a namespace: too long a title", c.Name.Check("title", strings.Repeat("a", 513)) != nil, true},
		{"Get a namespace", c.Get, driver.Native},
		{"Rename a namespace", c.Rename, driver.Native},
		{"Remove a namespace", c.Delete, driver.Native},
		{"no description", [3]any{c.Description, c.SetDescription, c.MaxDescriptionChars}, [3]any{driver.None, driver.None, 0}},
		{"no usage", c.Usage, driver.None},
		{"Workers KV limits: namespaces", c.MaxNamespaces, 1000},
	} {
		if fact.got != fact.want {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
}
