package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// TestThrottlingPausesTheBudget: when the provider refuses one call for its rate, other calls of the same budget wait
// too instead of running into the same refusal.
func TestThrottlingPausesTheBudget(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   *errs.Error
		pause time.Duration
	}{
		{"throttled", &errs.Error{Code: errs.RateLimited, Retry: errs.Temporary, RetryAfter: 7 * time.Second}, 7 * time.Second},
		{"another failure", &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, RetryAfter: 7 * time.Second}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pool := new(ratelimit.Pool)
				pipe := newPipeline(t, policy.Policy{Limiters: pool, Retry: policy.Retry{MaxAttempts: 1}})
				op, err := pipe.Bind(policy.Operation{Name: "kv.Put", Idempotency: policy.Idempotent, Budgets: []ratelimit.Budget{
					{Action: "Put", Limits: []ratelimit.Limit{{N: 100, Per: time.Second}}},
				}})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if err := do(t.Context(), op, (&script{always: test.err}).send); err == nil {
					t.Fatal("no error")
				}
				if err := do(t.Context(), op, (&script{}).send); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(began); waited != test.pause {
					t.Errorf("the next call of the budget waited %v, want %v", waited, test.pause)
				}
			})
		})
	}
}

// TestPanicIsObserved: a span that was started is ended even when the driver panics.
func TestPanicIsObserved(t *testing.T) {
	var ended error
	op := open(t, policy.Policy{Hooks: policy.Hooks{End: func(_ context.Context, e *policy.Event) { ended = e.Err }}}, policy.Idempotent)
	func() {
		defer func() { _ = recover() }()
		_ = do(t.Context(), op, func(context.Context, *request) (*response, error) { panic("boom") })
	}()
	if errs.CodeOf(ended) != errs.Internal {
		t.Errorf("the End hook was told %v", ended)
	}
}
