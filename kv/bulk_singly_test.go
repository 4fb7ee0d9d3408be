package kv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// untold answers a batch of deletes with errs.Unsupported for every key but the given one.
func untold(but string) func(context.Context, *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
	return func(_ context.Context, req *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
		res := &driver.DeleteBatchResponse{Errs: make([]error, len(req.Keys))}
		for i, key := range req.Keys {
			if key != but {
				res.Errs[i] = errs.Refuse(errs.Unsupported, "a batch does not tell")
			}
		}
		return res, nil
	}
}

// Keys of which a batch does not tell whether they are gone are deleted alone, those of it that it does tell of are not.
func TestDeleteManyDeletesAloneWhatNoBatchTells(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.delBatch = untold("b")
	f.remove = func(req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
		if req.Key == "c" {
			return nil, errs.Refuse(errs.Conflict, "locked")
		}
		return &driver.DeleteResponse{}, nil
	}
	words, err := outcomes(t, f.open(t).DeleteMany(t.Context(), slices.Values([]string{"a", "b", "c"})))
	expectWords(t, words, "a:succeeded b:succeeded c:failed:Conflict")
	if !errors.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "2 keys succeeded, 1 failed, 0 unknown") {
		t.Errorf("the call ended in %v", err)
	}
	calls := f.took()
	slices.Sort(calls)
	if got := strings.Join(calls, "|"); got != "delete a|delete batch a b c|delete c" {
		t.Errorf("sent %s", got)
	}
}

// A refusal of the whole batch is no reason to send each of its keys.
func TestDeleteManyRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.delBatch = func(context.Context, *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
		return nil, errs.Refuse(errs.Unsupported, "no such action")
	}
	words, _ := outcomes(t, f.open(t).DeleteMany(t.Context(), slices.Values([]string{"a", "b"})))
	expectWords(t, words, "a:failed:Unsupported b:failed:Unsupported")
	f.expect(t, "delete batch a b")
}

// What an earlier batch may have done stays part of the outcome.
func TestDeleteManyKeepsTheOutcomeOfTheBatch(t *testing.T) {
	t.Parallel()
	f := newFake()
	calls := 0
	f.delBatch = func(ctx context.Context, req *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
		if calls++; calls == 1 {
			return nil, &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary} // ambiguous
		}
		return untold("")(ctx, req)
	}
	f.remove = func(*driver.DeleteRequest) (*driver.DeleteResponse, error) {
		return nil, errs.Refuse(errs.Conflict, "locked")
	}
	words, _ := outcomes(t, f.open(t).DeleteMany(t.Context(), slices.Values([]string{"a"})))
	expectWords(t, words, "a:unknown:Conflict")
}

// Single requests that cannot succeed any more are not sent, and the input is not read on.
func TestDeleteManyStopsWhenHopeless(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.nsCaps.DeleteBatch.MaxItems = 1000
	f.delBatch = untold("")
	var sent atomic.Int64
	f.remove = func(*driver.DeleteRequest) (*driver.DeleteResponse, error) {
		sent.Add(1)
		return nil, errs.Refuse(errs.PermissionDenied, "no")
	}
	read := 0
	keys := func(yield func(string) bool) {
		for i := range 10_000 {
			read++
			if !yield(fmt.Sprint("k", i)) {
				return
			}
		}
	}
	results := 0
	for r, err := range f.open(t).DeleteMany(t.Context(), keys) {
		if err != nil {
			if !errors.Is(err, errs.PermissionDenied) || !strings.Contains(err.Error(), "not read to its end") {
				t.Errorf("ended in %v", err)
			}
			continue
		}
		results++
		e, ok := errors.AsType[*errs.Error](r.Err)
		if !ok || r.Status != kv.Failed || e.Code != errs.PermissionDenied || e.Outcome != errs.NotApplied || e.Resource != "flags/"+r.Key {
			t.Fatalf("%v: %#v", r, r.Err)
		}
	}
	if results != read || read > 3000 {
		t.Errorf("%d results of %d keys that were read", results, read)
	}
	if n := sent.Load(); n < 1 || n > 64 {
		t.Errorf("%d single requests", n)
	}
}

// Several single requests are under way at once, and no more than of two batches.
func TestDeleteManySinglesAtOnce(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.nsCaps.DeleteBatch.MaxItems = 100
	f.delBatch = untold("")
	var now, most atomic.Int64
	full := make(chan struct{})
	f.remove = func(*driver.DeleteRequest) (*driver.DeleteResponse, error) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n == 16 {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		<-full // sixteen have come
		return &driver.DeleteResponse{}, nil
	}
	var keys []string
	for i := range 100 {
		keys = append(keys, fmt.Sprint("k", i))
	}
	if _, err := outcomes(t, f.open(t).DeleteMany(t.Context(), slices.Values(keys))); err != nil {
		t.Error(err)
	}
	if most.Load() != 16 {
		t.Errorf("%d requests at once", most.Load())
	}
}

func TestDeleteManyPanicsInTheCaller(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.delBatch = untold("")
	f.remove = func(*driver.DeleteRequest) (*driver.DeleteResponse, error) { panic("boom") }
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "boom") || !strings.Contains(text, "bulk_singly_test.go") {
			t.Errorf("recovered %s", text)
		}
	}()
	for range f.open(t).DeleteMany(t.Context(), slices.Values([]string{"a", "b"})) {
	}
	t.Error("no panic")
}
