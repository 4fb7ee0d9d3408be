package local

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// watched is an engine whose transactions can be counted, held up, and made to fail.
// While one transaction is under way, what comes in gathers for the next.
func TestWritesShareTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, n := openWatched(t, nil)
		w.gate = make(chan struct{})
		var wg sync.WaitGroup
		start := func(from, to int) {
			for i := from; i < to; i++ {
				wg.Go(func() {
					if err := put(t.Context(), n, fmt.Sprint(i)); err != nil {
						t.Error(err)
					}
				})
			}
			synctest.Wait()
		}
		start(0, 1)
		start(1, 500)
		w.gate <- struct{}{}
		w.gate <- struct{}{}
		wg.Wait()
		if w.updates != 2 {
			t.Errorf("%d transactions for one and then 499 writes", w.updates)
		}
		start(0, 1)
		start(1, 2*maxGroup+2)
		close(w.gate)
		wg.Wait()
		if w.updates != 2+1+3 {
			t.Errorf("%d transactions, want 6", w.updates)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestNothingToCommit(t *testing.T) {
	_, w, n := openWatched(t, nil)
	committed := false
	w.fail = func() error { committed = true; return nil }
	if _, err := n.Delete(t.Context(), &kvdriver.DeleteRequest{Key: "none"}); err != nil || committed {
		t.Errorf("deleting an absent key: %v, committed %t", err, committed)
	}
	if err := put(t.Context(), n, "k"); err != nil || !committed {
		t.Errorf("put: %v, committed %t", err, committed)
	}
}

// A caller stops waiting when its context ends; what has not begun is withdrawn, what has is ambiguous.
func TestWaitForTheWriterEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, n := openWatched(t, nil)
		w.gate = make(chan struct{})
		ctx, cancel := context.WithCancelCause(t.Context())
		results := make(chan error, 2)
		go func() { results <- put(ctx, n, "begun") }()
		synctest.Wait()
		late, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		start := time.Now()
		go func() { results <- put(late, n, "queued") }()
		err := <-results
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.DeadlineExceeded || e.Outcome != errs.NotApplied || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("queued: %v after %v", err, time.Since(start))
		}
		cancel(errors.New("why"))
		err = <-results
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.Canceled || e.Outcome != errs.Ambiguous || !errors.Is(err, context.Canceled) {
			t.Errorf("begun: %v", err)
		}
		close(w.gate)
		synctest.Wait()
		for key, want := range map[string]bool{"begun": true, "queued": false} {
			if _, err := n.Get(t.Context(), &kvdriver.GetRequest{Key: key}); (err == nil) != want {
				t.Errorf("%s: %v", key, err)
			}
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What is stored is what the request held while the call lasted, though the write may end after the call.
func TestWritesOwnWhatTheyStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, w, n := openWatched(t, nil)
		w.gate = make(chan struct{})
		var value, metadata []byte
		calls := []func(context.Context) error{
			func(ctx context.Context) error {
				_, err := n.Put(ctx, &kvdriver.PutRequest{Key: "one", Value: value, Metadata: metadata})
				return err
			},
			func(ctx context.Context) error {
				_, err := n.(kvdriver.BatchPutter).PutBatch(ctx, &kvdriver.PutBatchRequest{Items: []*kvdriver.PutRequest{{Key: "many", Value: value, Metadata: metadata}}})
				return err
			},
		}
		for _, call := range calls {
			value, metadata = []byte("value"), []byte(`"meta"`)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if err := call(ctx); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			copy(value, "#####")
			copy(metadata, "######")
			w.gate <- struct{}{} // only now the transaction begins
			synctest.Wait()
		}
		w.gate = nil
		for _, key := range []string{"one", "many"} {
			if res, err := n.Get(t.Context(), &kvdriver.GetRequest{Key: key}); err != nil || string(res.Value) != "value" || string(res.Metadata) != `"meta"` {
				t.Errorf("%s: %+v, %v", key, res, err)
			}
		}
	})
}

// Writes to a namespace that the same transaction deletes go to it before, and to nowhere after.
func TestDeletedWithinATransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, n := openWatched(t, nil)
		service, err := a.KVService(KVOptions{Stale: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		w.gate = make(chan struct{})
		results := make([]error, 4)
		for i, call := range []func() error{
			func() error { return put(t.Context(), n, "alone") },
			func() error { return put(t.Context(), n, "before") },
			func() error {
				_, err := service.(kvdriver.NamespaceDeleter).DeleteNamespace(t.Context(), &kvdriver.DeleteNamespaceRequest{NamespaceRef: kvdriver.NamespaceRef{Name: "ns"}})
				return err
			},
			func() error { return put(t.Context(), n, "after") },
		} {
			go func() { results[i] = call() }()
			synctest.Wait()
		}
		close(w.gate)
		synctest.Wait()
		if results[0] != nil || results[1] != nil || results[2] != nil || !errors.Is(results[3], errs.NamespaceNotFound) || w.updates != 2 {
			t.Errorf("%v in %d transactions", results, w.updates)
		}
		if len(a.past.spaces) != 0 {
			t.Error("the past of a deleted namespace is remembered")
		}
		if err := a.engine.view(func(r reader) error {
			if key, _, left := r.bucket(usageBucket).seek("").next(); left {
				t.Errorf("usage of namespace %q is left", key)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

// Close waits for a transaction whose caller has gone, and for a read.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, w, n := openWatched(t, nil)
		w.gate = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { gone <- put(ctx, n, "k") }()
		synctest.Wait()
		cancel()
		<-gone
		closed := false
		go func() { _ = a.Close(); closed = true }()
		synctest.Wait()
		if closed {
			t.Error("Close did not wait")
		}
		if err := put(t.Context(), n, "late"); !errors.Is(err, errs.Closed) {
			t.Errorf("while closing: %v", err)
		}
		close(w.gate)
		synctest.Wait()
		if !closed {
			t.Error("Close did not return")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, w, n := openWatched(t, nil)
		w.reading = make(chan struct{})
		begun, read := false, error(nil)
		go func() {
			begun = true
			_, read = n.Get(t.Context(), &kvdriver.GetRequest{Key: "k"})
		}()
		synctest.Wait()
		ended := false
		w.engine = &ending{w.engine, &ended}
		go func() { _ = a.Close() }()
		for range 100 { // Close waits for a lock, which a bubble does not see
			runtime.Gosched()
		}
		if !begun || ended {
			t.Error("Close did not wait for a read")
		}
		close(w.reading)
		synctest.Wait()
		if !ended || !errors.Is(read, errs.KeyNotFound) {
			t.Errorf("Close did not return, or the read failed: %v", read)
		}
	})
}

// ending notes when an engine is closed.
// A write that fails half-way spoils no other of its transaction.
func TestOneBadWriteSpoilsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, w, n := openWatched(t, nil)
		w.badKey = "bad"
		w.gate = make(chan struct{})
		results := map[string]error{}
		var mu sync.Mutex
		for _, key := range []string{"first", "a", "bad", "b", ""} {
			go func() {
				err := put(context.Background(), n, key)
				mu.Lock()
				defer mu.Unlock()
				results[key] = err
			}()
			synctest.Wait()
		}
		close(w.gate)
		synctest.Wait()
		for key, err := range results {
			if bad := key == "bad" || key == ""; (err != nil) != bad {
				t.Errorf("%q: %v", key, err)
			}
			if _, err := n.Get(t.Context(), &kvdriver.GetRequest{Key: key}); (err == nil) == (key == "bad" || key == "") {
				t.Errorf("%q: reading gives %v", key, err)
			}
		}
	})
}

func TestFailedCommit(t *testing.T) {
	_, w, n := openWatched(t, nil)
	w.fail = func() error { return (&boltEngine{path: "p"}).failed(errors.New("no"), false) }
	err := put(t.Context(), n, "k")
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.Internal || e.Outcome != errs.NotApplied {
		t.Error(err)
	}
	w.fail = func() error { return (&boltEngine{path: "p"}).failed(errors.New("no"), true) }
	err = put(t.Context(), n, "k")
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Outcome != errs.Ambiguous || !strings.Contains(e.Message, "p cannot be written") {
		t.Error(err)
	}
	w.fail = nil
	if _, err := n.Get(t.Context(), &kvdriver.GetRequest{Key: "k"}); !errors.Is(err, errs.KeyNotFound) {
		t.Error(err)
	}
	// The same for an operation on namespaces, whose name must not be known either.
	w.fail = func() error { return errors.New("no") }
	s := &service{account: n.(interface{ owner() *Account }).owner(), caps: ownService()}
	if _, err := s.CreateNamespace(t.Context(), &kvdriver.CreateNamespaceRequest{Name: "new"}); err == nil {
		t.Error("created")
	}
	if _, err := s.account.names.find("new"); !errors.Is(err, errs.NamespaceNotFound) {
		t.Error("a namespace that was not committed is known")
	}
}

// The sweep of one transaction is bounded whatever number of namespaces it writes to.
// What a sweep reads does not grow with the number of keys.
// An entry of the index that has outlived its record, because that was damaged, does no harm to another.
// The history is as long as it must be.
// What cannot be decoded is an error that names it, wherever it is read; it can be overwritten and deleted.
// No test can see whether the disk has what a write has written, but bbolt syncs unless it is told not to.
