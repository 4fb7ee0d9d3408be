package local_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// Each benchmark runs on this driver and on bbolt alone, with the same durability.

var benchValue = bytes.Repeat([]byte("v"), 200)

func benchKey(i int) string { return fmt.Sprintf("key%06d", i%10_000) }

func benchDriver(b *testing.B, path string, noSync bool) driver.Namespace {
	b.Helper()
	a, err := local.Open(local.Options{Path: path, NoSync: noSync})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close() })
	return newNamespace(a, "ns")
}

func benchBolt(b *testing.B, noSync bool) *bolt.DB {
	b.Helper()
	db, err := bolt.Open(filepath.Join(b.TempDir(), "kv.db"), 0o600, &bolt.Options{NoSync: noSync})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if err := db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("ns")); return err }); err != nil {
		b.Fatal(err)
	}
	return db
}

func benchFile(b *testing.B) string { return filepath.Join(b.TempDir(), "kv.db") }

func putOne(b *testing.B, n driver.Namespace, i int) {
	if _, err := n.Put(context.Background(), &driver.PutRequest{Key: benchKey(i), Value: benchValue}); err != nil {
		b.Error(err)
	}
}

func putMany(b *testing.B, n driver.Namespace, from int) {
	req := &driver.PutBatchRequest{Items: make([]*driver.PutRequest, 1000)}
	for i := range req.Items {
		req.Items[i] = &driver.PutRequest{Key: benchKey(from + i), Value: benchValue}
	}
	if _, err := n.(driver.BatchPutter).PutBatch(context.Background(), req); err != nil {
		b.Error(err)
	}
}

func boltPut(b *testing.B, db *bolt.DB, from, count int) {
	if err := db.Update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket([]byte("ns"))
		for i := range count {
			if err := bucket.Put([]byte(benchKey(from+i)), benchValue); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Error(err)
	}
}

func BenchmarkPut(b *testing.B) {
	b.Run("local", func(b *testing.B) {
		n := benchDriver(b, benchFile(b), false)
		for i := 0; b.Loop(); i++ {
			putOne(b, n, i)
		}
	})
	b.Run("bbolt", func(b *testing.B) {
		db := benchBolt(b, false)
		for i := 0; b.Loop(); i++ {
			boltPut(b, db, i, 1)
		}
	})
	b.Run("memory", func(b *testing.B) {
		n := benchDriver(b, "", false)
		for i := 0; b.Loop(); i++ {
			putOne(b, n, i)
		}
	})
}

// BenchmarkPutTogether has 32 callers, whose writes share syncs here and may in bbolt's Batch.
func BenchmarkPutTogether(b *testing.B) {
	b.Run("local", func(b *testing.B) {
		n := benchDriver(b, benchFile(b), false)
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				putOne(b, n, i)
			}
		})
	})
	b.Run("bbolt", func(b *testing.B) {
		db := benchBolt(b, false)
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if err := db.Batch(func(tx *bolt.Tx) error { return tx.Bucket([]byte("ns")).Put([]byte(benchKey(i)), benchValue) }); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkPutBatchOf1000(b *testing.B) {
	for name, noSync := range map[string]bool{"synced": false, "unsynced": true} {
		b.Run(name+"/local", func(b *testing.B) {
			n := benchDriver(b, benchFile(b), noSync)
			for i := 0; b.Loop(); i += 1000 {
				putMany(b, n, i)
			}
		})
		b.Run(name+"/bbolt", func(b *testing.B) {
			db := benchBolt(b, noSync)
			for i := 0; b.Loop(); i += 1000 {
				boltPut(b, db, i, 1000)
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	b.Run("local", func(b *testing.B) {
		n := benchDriver(b, benchFile(b), true)
		for i := range 10 {
			putMany(b, n, 1000*i)
		}
		for i := 0; b.Loop(); i++ {
			if _, err := n.Get(context.Background(), &driver.GetRequest{Key: benchKey(i * 7)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bbolt", func(b *testing.B) {
		db := benchBolt(b, true)
		for i := range 10 {
			boltPut(b, db, 1000*i, 1000)
		}
		for i := 0; b.Loop(); i++ {
			var value []byte
			if err := db.View(func(tx *bolt.Tx) error {
				value = bytes.Clone(tx.Bucket([]byte("ns")).Get([]byte(benchKey(i * 7))))
				return nil
			}); err != nil || value == nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("memory", func(b *testing.B) {
		n := benchDriver(b, "", false)
		for i := range 10 {
			putMany(b, n, 1000*i)
		}
		for i := 0; b.Loop(); i++ {
			if _, err := n.Get(context.Background(), &driver.GetRequest{Key: benchKey(i * 7)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSweep writes beside many keys that will expire later: the cost must not grow with their number.
func BenchmarkSweep(b *testing.B) {
	for _, keys := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			n := benchDriver(b, "", false)
			for from := 0; from < keys; from += 1000 {
				req := &driver.PutBatchRequest{}
				for i := range 1000 {
					req.Items = append(req.Items, &driver.PutRequest{Key: fmt.Sprint("expiring", from+i), TTL: 1 << 40})
				}
				if _, err := n.(driver.BatchPutter).PutBatch(context.Background(), req); err != nil {
					b.Fatal(err)
				}
			}
			for i := 0; b.Loop(); i++ {
				putOne(b, n, i)
			}
		})
	}
}
