package local

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func TestSweepOfManyNamespaces(t *testing.T) {
	now := time.Now()
	a, w, _ := openWatched(t, func() time.Time { return now })
	service, err := a.KVService(KVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*openSpace
	for i := range 3 {
		name := fmt.Sprint("n", i)
		if _, err := service.(kvdriver.NamespaceCreator).CreateNamespace(t.Context(), &kvdriver.CreateNamespaceRequest{Name: name}); err != nil {
			t.Fatal(err)
		}
		n, err := service.OpenNamespace(kvdriver.NamespaceRef{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		for j := range maxSweep/2 + 10 {
			if _, err := n.Put(t.Context(), &kvdriver.PutRequest{Key: fmt.Sprint(j), TTL: time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
	}
	now = now.Add(time.Minute)
	w.reads = 0
	if err := a.transact(func(tx *transaction) error {
		for i := range 3 {
			at, err := a.names.find(fmt.Sprint("n", i))
			if err != nil {
				return err
			}
			all = append(all, tx.in(at))
			if err := all[i].put("k", (&record{}).encode(), &record{}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := maxSweep + 1; w.reads != want { // and the end of the first index
		t.Errorf("a transaction read %d entries, want %d", w.reads, want)
	}
}

func TestSweepDoesNotScan(t *testing.T) {
	now := time.Now()
	_, w, n := openWatched(t, func() time.Time { return now })
	for chunk := range 20 {
		req := &kvdriver.PutBatchRequest{}
		for i := range 1000 {
			ttl := time.Hour
			if chunk == 0 {
				ttl = time.Minute
			}
			req.Items = append(req.Items, &kvdriver.PutRequest{Key: fmt.Sprint(chunk, ".", i), TTL: ttl})
		}
		if _, err := n.(kvdriver.BatchPutter).PutBatch(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		after time.Duration
		reads int
	}{{0, 1}, {time.Minute, maxSweep}, {0, maxSweep}} {
		now = now.Add(step.after)
		w.reads = 0
		if err := put(t.Context(), n, "k"); err != nil {
			t.Fatal(err)
		}
		if w.reads != step.reads {
			t.Errorf("a put read %d entries, want %d", w.reads, step.reads)
		}
	}
}

func TestSweepChecksTheRecord(t *testing.T) {
	now := time.Now()
	a, _, n := openWatched(t, func() time.Time { return now })
	if _, err := n.Put(t.Context(), &kvdriver.PutRequest{Key: "k", TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
	at, err := a.names.find("ns")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.engine.update(func(w writer) error { return w.bucket(at.records).put("k", []byte("damaged")) }); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"k", "other"} {
		if err := put(t.Context(), n, key); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	if _, err := n.Get(t.Context(), &kvdriver.GetRequest{Key: "k"}); err != nil {
		t.Error(err)
	}
}

func TestHistoryIsPruned(t *testing.T) {
	now := time.Now()
	a, _, n := openWatched(t, func() time.Time { return now })
	if err := put(t.Context(), n, "k"); err != nil || len(a.past.log) != 0 {
		t.Errorf("%d writes are remembered for nobody: %v", len(a.past.log), err)
	}
	s, err := a.KVService(KVOptions{Stale: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := put(t.Context(), n, fmt.Sprint(i%7)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(10 * time.Second)
	}
	if got := len(a.past.log); got != 6 {
		t.Errorf("%d writes are remembered, want 6", got)
	}
	now = now.Add(time.Minute)
	stale, err := s.OpenNamespace(kvdriver.NamespaceRef{Name: "ns"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stale.Get(t.Context(), &kvdriver.GetRequest{Key: "1"}); err != nil {
		t.Error(err)
	}
	if len(a.past.log) != 0 || len(a.past.spaces) != 0 {
		t.Errorf("after a pause %d writes are remembered, in %d namespaces", len(a.past.log), len(a.past.spaces))
	}
}

func TestCorruptRecords(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "kv.db")} {
		a, err := Open(Options{Path: path, NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		s, _ := a.KVService(KVOptions{})
		if _, err := s.(kvdriver.NamespaceCreator).CreateNamespace(t.Context(), &kvdriver.CreateNamespaceRequest{Name: "ns"}); err != nil {
			t.Fatal(err)
		}
		n, _ := s.OpenNamespace(kvdriver.NamespaceRef{Name: "ns"})
		at, _ := a.names.find("ns")
		spoil := func(key, stored string) {
			if err := a.engine.update(func(w writer) error { return w.bucket(at.records).put(key, []byte(stored)) }); err != nil {
				t.Fatal(err)
			}
		}
		ctx := t.Context()
		for _, bad := range []string{"\x09\x00v", "\x01", "\x01\x01short"} {
			spoil("bad", bad)
			_, errGet := n.Get(ctx, &kvdriver.GetRequest{Key: "bad"})
			_, errList := n.List(ctx, &kvdriver.ListRequest{PageSize: 10})
			batch, err := n.(kvdriver.BatchGetter).GetBatch(ctx, &kvdriver.GetBatchRequest{Keys: []string{"bad", "good"}})
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{errGet, errList, batch.Results[0].Err} {
				if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.Corrupt || e.Outcome != errs.NotApplied ||
					!strings.Contains(e.Message, `"ns"`) || !strings.Contains(e.Message, `"bad"`) {
					t.Errorf("%q: %v", bad, err)
				}
			}
			if !errors.Is(batch.Results[1].Err, errs.KeyNotFound) {
				t.Error(batch.Results[1].Err)
			}
			if err := put(ctx, n, "bad"); err != nil {
				t.Error(err)
			}
			spoil("bad", bad)
			if _, err := n.Delete(ctx, &kvdriver.DeleteRequest{Key: "bad"}); err != nil {
				t.Error(err)
			}
		}
		if err := a.engine.update(func(w writer) error { return w.bucket(namespaceBucket).put("ns", []byte("bad")) }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ListNamespaces(ctx, &kvdriver.ListNamespacesRequest{}); !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "ns") {
			t.Error(err)
		}
		if _, err := s.(kvdriver.NamespaceGetter).GetNamespace(ctx, &kvdriver.GetNamespaceRequest{NamespaceRef: kvdriver.NamespaceRef{Name: "ns"}}); !errors.Is(err, errs.Corrupt) {
			t.Error(err)
		}
		if path != "" {
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(Options{Path: path}); !errors.Is(err, errs.Corrupt) {
				t.Error(err)
			}
		}
	}
}

func TestSyncUnlessToldNot(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		a, err := Open(Options{Path: filepath.Join(t.TempDir(), "kv.db"), NoSync: noSync})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if db := a.engine.(*boltEngine).db; db.NoSync != noSync || db.NoGrowSync || db.NoFreelistSync {
			t.Errorf("told %t: bbolt has NoSync %t, NoGrowSync %t, NoFreelistSync %t", noSync, db.NoSync, db.NoGrowSync, db.NoFreelistSync)
		}
	}
}
