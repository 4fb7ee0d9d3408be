package local_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A million keys are listed, and deleted with their namespace, in the memory of a page.
func TestMillionKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const million, allowed = 1_000_000, 24 << 20
	s := &store{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "kv.db")}
	s.open()
	defer s.Close()
	service := s.service(local.KVOptions{})
	s.create(service, "ns")
	n := s.ns(local.KVOptions{})
	req := &driver.PutBatchRequest{Items: make([]*driver.PutRequest, 1000)}
	for i := range million {
		req.Items[i%1000] = &driver.PutRequest{Key: fmt.Sprintf("key%07d", i), Value: []byte("v")}
		if i%1000 == 999 {
			if _, err := n.Namespace.(driver.BatchPutter).PutBatch(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
	}
	base, peak, listed, last := heap(), uint64(0), 0, ""
	for info, err := range n.all("", 1000) {
		if err != nil {
			t.Fatal(err)
		}
		if info.Name <= last {
			t.Fatalf("%q after %q", info.Name, last)
		}
		last = info.Name
		if listed++; listed%100_000 == 0 {
			peak = max(peak, heap())
		}
	}
	if listed != million {
		t.Errorf("listed %d keys", listed)
	}
	if peak > base+allowed {
		t.Errorf("listing took %d MiB", (peak-base)>>20)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := drop(service, "ns"); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > allowed {
		t.Errorf("deleting the namespace allocated %d MiB", took>>20)
	}
}

// The ceilings are what the calls need today, and little more.
func TestAllocations(t *testing.T) {
	for path, ceiling := range map[string]float64{"": 6, filepath.Join(t.TempDir(), "kv.db"): 15} {
		s := &store{T: t, clock: newClock(), path: path}
		s.open()
		defer s.Close()
		s.create(s.service(local.KVOptions{}), "ns")
		n := s.ns(local.KVOptions{})
		n.put("key", "value")
		req := &driver.GetRequest{Key: "key"}
		got := testing.AllocsPerRun(1000, func() {
			if _, err := n.Get(context.Background(), req); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%q: a get allocates %v times", filepath.Base(path), got)
		if got > ceiling {
			t.Errorf("%q: a get allocates %v times, at most %v are wanted", path, got, ceiling)
		}
	}
}
