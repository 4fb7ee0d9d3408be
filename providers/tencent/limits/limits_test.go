package limits_test

import (
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

func TestKV(t *testing.T) {
	c := limits.KV()
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"EdgeKVPut: longest key", c.Key.MaxBytes, 512},
		{"EdgeKVPut since 2026-06: any UTF-8", c.Key.Check("key", "a b/c\\~é世界"), error(nil)},
		{"EdgeKVPut: largest value", c.MaxValueBytes, int64(1_000_000)},
		{"EdgeKVPut: empty value", c.EmptyValue, driver.None},
		{"EdgeKVPut: string data only", c.BinaryValue, driver.None},
		{"EdgeKVPut: ExpirationTTL", c.TTL, driver.Native},
		{"EdgeKVPut since 2026-06: shortest TTL", c.MinTTL, time.Minute},
		{"EdgeKVPut: longest TTL", c.MaxTTL, time.Duration(0)},
		{"EdgeKVGet: Expiration", c.Expiry, driver.Native},
		{"metadata", [3]any{c.Metadata, c.MaxMetadataBytes, c.ReadMetadata}, [3]any{driver.None, 0, driver.None}},
		{"EdgeKVGet: 20 keys", c.GetBatch, driver.Batch{Support: driver.Native, MaxItems: 20}},
		{"EdgeKVPut: one key", c.PutBatch, driver.Batch{}},
		{"EdgeKVDelete: 20 keys", c.DeleteBatch, driver.Batch{Support: driver.Native, MaxItems: 20}},
		{"EdgeKVList: pages to 1000, names only", c.List, driver.ListBounds{MinPage: 1, MaxPage: 1000}},
		{"1145/78781: consistency (unconfirmed)", c.Consistency, time.Minute},
		{"encodings are the caller's", [2]any{c.Key.Encoding, c.ValueEncoding}, [2]any{driver.PlainKeys, driver.PlainValues}},
	} {
		if fact.got != fact.want {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
}

// The rule of page CreateEdgeKVNamespace.
func TestNamespaceNames(t *testing.T) {
	rule := limits.KVService().Name
	for name, good := range map[string]bool{
		"a": true, "ns-011": true, "A-b-9": true, strings.Repeat("n", 50): true,
		"": false, "-": false, "-a": false, "a-": false, "a--b": false, "a_b": false, "a.b": false, "é": false, "a b": false,
		strings.Repeat("n", 51): false,
	} {
		if err := rule.Check("name", name); (err == nil) != good {
			t.Errorf("%q: %v, want accepted %t", name, err, good)
		}
	}
}

func TestKVService(t *testing.T) {
	c := limits.KVService()
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"EdgeKVGet: by name", c.Address, driver.ByName},
		{"CreateEdgeKVNamespace", c.Create, driver.Native},
		{"DescribeEdgeKVNamespaces: filter", c.Get, driver.Native},
		{"ModifyEdgeKVNamespace: no rename", c.Rename, driver.None},
		{"DeleteEdgeKVNamespace", c.Delete, driver.Native},
		{"CreateEdgeKVNamespace: Remark", c.Description, driver.Native},
		{"ModifyEdgeKVNamespace: Remark", c.SetDescription, driver.Native},
		{"CreateEdgeKVNamespace: longest remark", c.MaxDescriptionChars, 256},
		{"DescribeEdgeKVNamespaces: CapacityUsed", c.Usage, driver.Native},
		{"number of namespaces (unconfirmed)", c.MaxNamespaces, 0},
	} {
		if fact.got != fact.want {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
}
