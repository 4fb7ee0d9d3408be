package pipeline_test

import (
	"context"
	"sync"
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

// TestAdaptiveLimit has calls of one budget meet a provider that documents no rate, and serves 20 in any second.
func TestAdaptiveLimit(t *testing.T) {
	for name, rate := range map[string]policy.Rate{
		"of the driver": {},
		"of the policy": {Limits: []ratelimit.Limit{{Adaptive: true}}},
	} {
		bubble(t, name, func(t *testing.T) {
			const served, length = 20, 5 * time.Minute
			pipe := newPipeline(t, policy.Policy{Limiters: new(ratelimit.Pool), Rate: rate})
			budget := ratelimit.Budget{Action: "Put"}
			if len(rate.Limits) == 0 {
				budget.Limits = []ratelimit.Limit{{Adaptive: true}}
			}
			op, err := pipe.Bind(policy.Operation{Name: "kv.Put", Idempotency: policy.Idempotent, Budgets: []ratelimit.Budget{budget}})
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var times []time.Time
			throttled, failed := 0, 0
			send := func(context.Context, *request) (*response, error) {
				time.Sleep(10 * time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				if i := len(times) - served; i >= 0 && time.Since(times[i]) < time.Second {
					throttled++
					return nil, &errs.Error{Code: errs.RateLimited, Retry: errs.Temporary, Outcome: errs.NotApplied}
				}
				times = append(times, time.Now())
				return &response{}, nil
			}
			var callers sync.WaitGroup
			end := time.Now().Add(length)
			for range 100 { // more than run at once
				callers.Go(func() {
					for time.Now().Before(end) {
						if err := do(t.Context(), op, send); err != nil {
							mu.Lock()
							failed++
							mu.Unlock()
						}
					}
				})
			}
			callers.Wait()
			used := float64(len(times)) / (served * length.Seconds())
			t.Logf("%.1f %% used, %d of %d throttled, %d calls failed", 100*used, throttled, len(times)+throttled, failed)
			if used < 0.6 || throttled*20 > len(times) || failed > 0 {
				t.Errorf("%.1f %% of the rate is used, %d of %d requests were throttled, %d calls failed",
					100*used, throttled, len(times)+throttled, failed)
			}
		})
	}
}
