package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func TestWhatADriverReturns(t *testing.T) {
	known := &errs.Error{
		Code: errs.KeyNotFound, Outcome: errs.NotApplied, VendorCode: "NoSuchKey", HTTPStatus: 404, RequestID: "r-1",
		Message: "no key", Err: errBoom,
	}
	for name, tc := range map[string]struct {
		err     error
		code    errs.Code
		outcome errs.Outcome
		is      error
		vendor  string
		message string
	}{
		"nothing at all": {nil, errs.Internal, errs.Ambiguous, nil, "", "neither"},
		"plain":          {errBoom, errs.Unknown, errs.Ambiguous, errBoom, "", "boom"},
		"code":           {errs.Conflict, errs.Conflict, errs.Ambiguous, nil, "", ""},
		"cancelled":      {context.Canceled, errs.Canceled, errs.Ambiguous, context.Canceled, "", "canceled"},
		"deadline":       {context.DeadlineExceeded, errs.DeadlineExceeded, errs.Ambiguous, context.DeadlineExceeded, "", "deadline"},
		"error":          {known, errs.KeyNotFound, errs.NotApplied, errBoom, "NoSuchKey", "no key"},
		"wrapped":        {fmt.Errorf("step 2: %w", known), errs.KeyNotFound, errs.NotApplied, errBoom, "NoSuchKey", "step 2: "},
		"under a code":   {fmt.Errorf("%w: %w", errs.Conflict, known), errs.Conflict, errs.NotApplied, errBoom, "NoSuchKey", "no key"},
		"without code":   {&errs.Error{Err: errBoom}, errs.Unknown, errs.Ambiguous, errBoom, "", "boom"},
		"nil pointer":    {(*errs.Error)(nil), errs.Unknown, errs.Ambiguous, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := pipeline.Do(t.Context(), pipeline.Call{Op: open(t, policy.Policy{}, policy.Idempotent)}, &request{},
				func(context.Context, *request) (*response, error) { return nil, tc.err })
			e := detail(t, err)
			if res != nil || e.Code != tc.code || e.Outcome != tc.outcome || e.VendorCode != tc.vendor || e.Attempts != 1 {
				t.Errorf("got %v, %#v (%v)", res, e, e.Outcome)
			}
			if tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("%v is not reachable in %v", tc.is, err)
			}
			if !errors.Is(err, tc.code) || !strings.Contains(err.Error(), tc.message) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// A result beside an error is not handed on.
func TestResultWithAnError(t *testing.T) {
	res, err := pipeline.Do(t.Context(), pipeline.Call{Op: open(t, policy.Policy{}, policy.Idempotent)}, &request{},
		func(context.Context, *request) (*response, error) { return &response{}, errBoom })
	if res != nil || !errors.Is(err, errBoom) {
		t.Errorf("got %v, %v", res, err)
	}
}

func TestErrorNamesTheCall(t *testing.T) {
	wrong := &errs.Error{Code: errs.NotFound, Provider: "another", Op: "kv.Get", Resource: "else", Attempts: 9}
	op := open(t, policy.Policy{}, policy.Idempotent)
	for key, resource := range map[string]string{"": "flags", "k/1": "flags/k/1"} {
		for how, call := range map[string]pipeline.Call{
			"failed":  {Op: op, Resource: "flags", Key: key},
			"refused": {Op: op, Resource: "flags", Key: key, Refusal: wrong},
		} {
			_, err := pipeline.Do(t.Context(), call, &request{}, (&script{always: wrong}).send)
			e := detail(t, err)
			attempts := 1
			if how == "refused" {
				attempts = 0
			}
			if e.Provider != "edge" || e.Op != "kv.Put" || e.Resource != resource || e.Attempts != attempts {
				t.Errorf("%s: %q %q %q %d", how, e.Provider, e.Op, e.Resource, e.Attempts)
			}
		}
	}
}

// The error of a driver may be one object for all calls.
func TestDriversErrorIsNotChanged(t *testing.T) {
	for name, retry := range map[string]errs.Retry{"permanent": errs.Permanent, "temporary": errs.Temporary} {
		for _, class := range []policy.Idempotency{policy.NonIdempotent, policy.Idempotent, policy.ReadOnly} {
			bubble(t, fmt.Sprintf("%s, %v", name, class), func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				shared := &errs.Error{Code: errs.Canceled, Retry: retry, Message: "as it was"}
				before := *shared
				op := open(t, policy.Policy{}, class)
				first := do(ctx, op, (&script{always: shared}).send)
				second := do(ctx, op, func(context.Context, *request) (*response, error) {
					cancel()
					return nil, fmt.Errorf("wrapped: %w", shared)
				})
				if *shared != before {
					t.Errorf("became %+v", shared)
				}
				if first == error(shared) || second == error(shared) {
					t.Error("the caller holds the driver's object")
				}
			})
		}
	}
}

func TestRefusedCallIsNotSent(t *testing.T) {
	driver := script{}
	call := pipeline.Call{
		Op: newPipeline(t, policy.Policy{}).Unbound(policy.Operation{Name: "kv.Put"}), Resource: "flags",
		Refusal: errs.Refuse(errs.TooLarge, "the value: %w", errBoom),
	}
	_, err := pipeline.Do(t.Context(), call, &request{}, driver.send)
	e := detail(t, err)
	if driver.count() != 0 || e.Code != errs.TooLarge || e.Outcome != errs.NotApplied || e.Op != "kv.Put" || !errors.Is(err, errBoom) {
		t.Errorf("%d requests, %#v", driver.count(), e)
	}
	call.Refusal = errBoom
	_, err = pipeline.Do(t.Context(), call, &request{}, driver.send)
	if e := detail(t, err); e.Outcome != errs.NotApplied || e.Code != errs.Unknown || driver.count() != 0 {
		t.Errorf("%d requests, %#v is %v", driver.count(), e, e.Outcome)
	}
}

func TestPanicReleasesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{Concurrency: 1})
		op := bind(t, pipe, policy.Idempotent, 0)
		var kept context.Context
		func() {
			defer func() {
				if got := recover(); got != errBoom {
					t.Errorf("recovered %v", got)
				}
			}()
			_ = do(t.Context(), op, func(ctx context.Context, _ *request) (*response, error) {
				kept = ctx
				ctx.Done()
				panic(errBoom)
			})
		}()
		if kept.Err() == nil {
			t.Error("the context of the call goes on")
		}
		if err := do(t.Context(), op, (&script{}).send); err != nil {
			t.Error(err)
		}
		if !pipe.Close(t.Context()) { // blocks for ever if the call still counts
			t.Error("Close had to cancel")
		}
	})
}
