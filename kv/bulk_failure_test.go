package kv_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// TestBulkSendsAgainOnlyWhatFailed lets some keys of a batch fail for a while or for good.
func TestBulkSendsAgainOnlyWhatFailed(t *testing.T) {
	t.Parallel()
	f := newFake()
	busy := &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, Outcome: errs.NotApplied}
	broken := &errs.Error{Code: errs.PermissionDenied, Outcome: errs.NotApplied}
	calls := 0
	f.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
		calls++
		switch calls {
		case 1:
			return batchErrs(map[string]error{"b": busy, "c": broken})(ctx, req)
		case 2:
			return batchErrs(map[string]error{"b": busy})(ctx, req)
		}
		return &driver.PutBatchResponse{}, nil
	}
	words, err := outcomes(t, f.open(t).PutMany(t.Context(), writesOf("a b c")))
	expectWords(t, words, "a:succeeded b:succeeded c:failed:PermissionDenied")
	f.expect(t, "put batch a b c", "put batch b", "put batch b")
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code != errs.PermissionDenied || e.Outcome != errs.Ambiguous || !strings.Contains(e.Message, "2 keys succeeded, 1 failed, 0 unknown") {
		t.Errorf("the call ended in %v", err)
	}
	if busy.Retry != errs.Temporary || busy.Provider != "" {
		t.Errorf("the driver's error was changed: %#v", *busy)
	}
}

func TestBulkExhausted(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.putBatch = batchErrs(map[string]error{"b": &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary}})
	var result kv.Result
	for r := range f.open(t).PutMany(t.Context(), writesOf("a b")) {
		if r.Key == "b" {
			result = r
		}
	}
	f.expect(t, "put batch a b", "put batch b", "put batch b", "put batch b")
	e, ok := errors.AsType[*errs.Error](result.Err)
	if !ok || result.Status != kv.Unknown || e.Retry != errs.Exhausted || e.Attempts != 4 || e.Resource != "flags/b" || e.Op != driver.OpPutBatch || e.Provider != "fake" {
		t.Errorf("got %v %#v", result, e)
	}
}

// TestBulkWholeFailure lets a batch fail as a whole: every key of it has the same fate.
func TestBulkWholeFailure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status kv.Status
	}{
		{"known not to have happened", &errs.Error{Code: errs.TooLarge, Outcome: errs.NotApplied}, kv.Failed},
		{"nobody knows", &errs.Error{Code: errs.Internal}, kv.Unknown},
		{"an error without a type", errors.New("boom"), kv.Unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.putBatch = func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) { return nil, test.err }
			words, err := outcomes(t, f.open(t).PutMany(t.Context(), writesOf("a b")))
			code := errs.CodeOf(test.err)
			expectWords(t, words, fmt.Sprintf("a:%s:%s b:%s:%s", test.status, code, test.status, code))
			if !errors.Is(err, code) {
				t.Errorf("ended in %v", err)
			}
		})
	}
}

// TestBulkAmbiguityStays: once an attempt at a key may have been carried out, a later refusal of the key does
// not make that unsaid.
func TestBulkAmbiguityStays(t *testing.T) {
	t.Parallel()
	ambiguous := &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary}
	for name, first := range map[string]struct {
		whole error
		keys  map[string]error
	}{
		"of the request": {whole: ambiguous},
		"of the key":     {keys: map[string]error{"a": ambiguous}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			calls := 0
			f.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
				if calls++; calls > 1 {
					return batchErrs(map[string]error{"a": &errs.Error{Code: errs.Conflict, Outcome: errs.NotApplied}})(ctx, req)
				}
				if first.whole != nil {
					return nil, first.whole
				}
				return batchErrs(first.keys)(ctx, req)
			}
			words, _ := outcomes(t, f.open(t).PutMany(t.Context(), writesOf("a b")))
			expectWords(t, words, "a:unknown:Conflict b:succeeded")
		})
	}
}

// TestBulkRetryAfter: a pause that is too long to wait out is the caller's to take, so the keys stay temporary.
func TestBulkRetryAfter(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.putBatch = batchErrs(map[string]error{"a": &errs.Error{Code: errs.RateLimited, Retry: errs.Temporary, RetryAfter: time.Hour}})
	for r := range f.open(t).PutMany(t.Context(), writesOf("a")) {
		if e, ok := errors.AsType[*errs.Error](r.Err); ok && (e.Retry != errs.Temporary || e.RetryAfter != time.Hour) {
			t.Errorf("got %v, retry after %v", e.Retry, e.RetryAfter)
		}
	}
	f.expect(t, "put batch a")
}

// TestBulkCancelled: a context error stays reachable although keys had failed for another reason before.
func TestBulkCancelled(t *testing.T) {
	t.Parallel()
	f := newFake()
	ctx, cancel := context.WithCancel(t.Context())
	f.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
		defer cancel()
		return batchErrs(map[string]error{"a": &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary}})(ctx, req)
	}
	for r, err := range f.open(t).PutMany(ctx, writesOf("a")) {
		if failure := cmp.Or(err, r.Err); !errors.Is(failure, context.Canceled) {
			t.Errorf("got %v", failure)
		}
		if err == nil && r.Status != kv.Unknown {
			t.Errorf("the key is %s", r.Status)
		}
	}
}

func TestBulkCountsAnswers(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.putBatch = func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
		return &driver.PutBatchResponse{Errs: make([]error, 1)}, nil
	}
	words, err := outcomes(t, f.open(t).PutMany(t.Context(), writesOf("a b")))
	expectWords(t, words, "a:unknown:Corrupt b:unknown:Corrupt")
	if !errors.Is(err, errs.Corrupt) {
		t.Error(err)
	}
}

// TestBulkStopsWhenHopeless: no further input is read once no key can succeed any more, and only then.
func TestBulkStopsWhenHopeless(t *testing.T) {
	t.Parallel()
	for code, stops := range map[errs.Code]bool{
		errs.Unauthenticated: true, errs.PermissionDenied: true, errs.NamespaceNotFound: true,
		errs.DeadlineExceeded: false, errs.TooLarge: false, errs.Unavailable: false,
	} {
		f := newFake()
		f.delBatch = func(context.Context, *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
			return nil, errs.Refuse(code, "no")
		}
		const all = 300
		read := 0
		_, err := outcomes(t, f.open(t).DeleteMany(t.Context(), func(yield func(string) bool) {
			for ; read < all; read++ {
				if !yield(fmt.Sprint(read)) {
					return
				}
			}
		}))
		if !errors.Is(err, code) || (read < all) != stops || strings.Contains(err.Error(), "not read to its end") != stops {
			t.Errorf("%s: %d items read, ended in %v", code, read, err)
		}
	}
	f := newFake() // one key's refusal is not the request's
	f.putBatch = batchErrs(map[string]error{"a": errs.Refuse(errs.PermissionDenied, "no")})
	words, _ := outcomes(t, f.open(t).PutMany(t.Context(), writesOf("a b c d e f g h i j")))
	if len(words) != 10 {
		t.Errorf("stopped after %d keys because of one", len(words))
	}
}

// TestBulkPanic: what a driver panics with reaches the caller, who can recover; nothing is left behind.
func TestBulkPanic(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.putBatch = func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) { panic("boom") }
	defer func() {
		if text, _ := recover().(string); !strings.HasPrefix(text, "boom") {
			t.Errorf("recovered %q", text)
		}
	}()
	_, _ = outcomes(t, f.open(t).PutMany(t.Context(), writesOf("a b c d e f g")))
	t.Error("no panic")
}

// TestBulkNilErrors: a driver's nil *errs.Error is an error without anything known, and no crash.
func TestBulkNilErrors(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.putBatch = batchErrs(map[string]error{"a": (*errs.Error)(nil)})
	words, _ := outcomes(t, f.open(t).PutMany(t.Context(), writesOf("a b")))
	expectWords(t, words, "a:unknown:Unknown b:succeeded")
}
