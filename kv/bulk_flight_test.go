package kv_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// How many batches are under way at once: two, but for small ones of deletes, which hold no values.
func TestBatchesAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		deletes bool
		size    int
		want    int64
	}{
		{true, 20, 32}, {true, 100, 10}, {true, 500, 2}, {true, 1000, 2}, {true, 10_000, 2}, {false, 20, 2}, {false, 1000, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int64
			visit := func() {
				n := now.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				time.Sleep(time.Second) // virtual: all that may come have come
				now.Add(-1)
			}
			f := newFake()
			f.nsCaps.DeleteBatch.MaxItems, f.nsCaps.PutBatch.MaxItems = c.size, c.size
			f.delBatch = func(context.Context, *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
				visit()
				return &driver.DeleteBatchResponse{}, nil
			}
			f.putBatch = func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
				visit()
				return &driver.PutBatchResponse{}, nil
			}
			var keys []string
			var writes []kv.Write
			for i := range max(1000, 3*c.size) {
				keys = append(keys, fmt.Sprint("k", i))
				writes = append(writes, kv.Write{Key: keys[i], Value: []byte("v")})
			}
			ns, calls := f.open(t), 0
			results := ns.PutMany(t.Context(), slices.Values(writes))
			if c.deletes {
				results = ns.DeleteMany(t.Context(), slices.Values(keys))
			}
			for _, err := range results {
				if err != nil {
					t.Fatal(err)
				}
				calls++
			}
			if calls != len(keys) || most.Load() != c.want {
				t.Errorf("%+v: %d results of %d keys, %d batches at once", c, calls, len(keys), most.Load())
			}
		})
	}
}
