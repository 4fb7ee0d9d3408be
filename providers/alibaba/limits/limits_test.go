package limits_test

import (
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

func TestKV(t *testing.T) {
	c := limits.KV()
	for _, fact := range []struct {
		page      string
		got, want any
	}{
		{"PutKv: longest key", c.Key.MaxBytes, 512},
		{"PutKv: space in keys", c.Key.Alphabet.Has(' '), false},
		{"PutKv: / in keys", c.Key.Alphabet.Has('/'), false},
		{"PutKvWithHighCapacity: \\ in keys", c.Key.Alphabet.Has('\\'), false},
		{"PutKv: other keys", c.Key.Check("key", "a:~*+é_-"), error(nil)},
		{"PutKv: largest value", c.MaxValueBytes, int64(2_000_000)},
		{"PutKv: empty value (unconfirmed)", c.EmptyValue, driver.None},
		{"GetKv: binary value (unconfirmed)", c.BinaryValue, driver.None},
		{"PutKv: ExpirationTtl", c.TTL, driver.Native},
		{"PutKv: shortest TTL (unconfirmed)", c.MinTTL, time.Second},
		{"PutKv: longest TTL", c.MaxTTL, time.Duration(0)},
		{"GetKvDetail: ExpirationTtl", c.Expiry, driver.Emulated},
		{"metadata", [3]any{c.Metadata, c.MaxMetadataBytes, c.ReadMetadata}, [3]any{driver.None, 0, driver.None}},
		{"no batch get", c.GetBatch, driver.Batch{}},
		{"BatchPutKv: 2 MB", c.PutBatch, driver.Batch{Support: driver.Native, MaxItems: 1000, MaxBytes: 2_000_000}},
		{"BatchDeleteKv: 10,000 keys", c.DeleteBatch, driver.Batch{Support: driver.Native, MaxItems: 10_000}},
		{"ListKvs: pages to 100, 50,000 keys, names only", c.List, driver.ListBounds{MinPage: 1, MaxPage: 100, MaxKeys: 50_000}},
		{"Get started with Edge KV: consistency", c.Consistency, 5 * time.Minute},
		{"encodings are the caller's", [2]any{c.Key.Encoding, c.ValueEncoding}, [2]any{driver.PlainKeys, driver.PlainValues}},
	} {
		if fact.got != fact.want {
			t.Errorf("%s: %v, want %v", fact.page, fact.got, fact.want)
		}
	}
}

func TestKVService(t *testing.T) {
	want := driver.ServiceCapabilities{
		Address:       driver.ByName,                               // GetKvNamespace
		Create:        driver.Native,                               // CreateKvNamespace
		Get:           driver.Native,                               // GetKvNamespace
		Delete:        driver.Native,                               // DeleteKvNamespace
		Description:   driver.Native,                               // CreateKvNamespace, immutable
		Usage:         driver.Native,                               // GetKvNamespace
		MaxNamespaces: 10,                                          // GetKvAccount
		Name:          driver.NameRule{Alphabet: driver.AnyText()}, // unconfirmed
	}
	got := limits.KVService()
	if err := got.Name.Check("name", "test_namespace"); err != nil { // the example of CreateKvNamespace
		t.Error(err)
	}
	if got.Name.MaxBytes != 0 || got.Name.MaxChars != 0 || got.Name.Inner != "" || got.Name.Denied != nil || got.Name.Alphabet != driver.AnyText() {
		t.Errorf("name rule is %+v, nothing of it is documented", got.Name)
	}
	if got, want := plain(got), plain(want); got != want {
		t.Errorf("KVService() = %+v, want %+v", got, want)
	}
}

// plain is everything but the name rule, comparable.
func plain(c driver.ServiceCapabilities) any {
	return [...]any{c.Address, c.Create, c.Get, c.Rename, c.Delete, c.Description, c.SetDescription, c.MaxDescriptionChars, c.Usage, c.MaxNamespaces}
}
