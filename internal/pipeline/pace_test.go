package pipeline_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// paced binds an operation whose keys may be sent once a second; the value of a request is its key.
func paced(t *testing.T, p policy.Policy, budgets ...ratelimit.Budget) *pipeline.Operation {
	t.Helper()
	op, err := newPipeline(t, p).Bind(policy.Operation{
		Name: "kv.Put", Idempotency: policy.Idempotent, Budgets: budgets, KeyPace: ratelimit.Pace{Endpoint: "h", Scope: t.Name(), Every: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func put(ctx context.Context, op *pipeline.Operation, key string, send sender) error {
	_, err := pipeline.Do(ctx, pipeline.Call{Op: op, Resource: "flags", Key: key, KeysOf: func(req any) []string {
		return []string{req.(*request).value}
	}}, &request{value: key}, send)
	return err
}

// Each attempt waits for the turn of its key, and a wait for one key takes no place from calls with others.
func TestPace(t *testing.T) {
	bubble(t, "attempts", func(t *testing.T) {
		op := paced(t, policy.Policy{Limiters: new(ratelimit.Pool), Retry: policy.Retry{BaseDelay: 1, MaxDelay: 1}})
		s := &script{errs: repeat(temporary(errs.Ambiguous), 2)}
		if err := put(t.Context(), op, "a", s.send); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(s.gaps()); got != "[1s 1s]" {
			t.Errorf("gaps %s", got)
		}
	})
	bubble(t, "places", func(t *testing.T) {
		op := paced(t, policy.Policy{Limiters: new(ratelimit.Pool), Concurrency: 1})
		s := &script{}
		for range 3 {
			defer background(t, func() error { return put(t.Context(), op, "a", s.send) })()
		}
		began := time.Now()
		if err := put(t.Context(), op, "b", s.send); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
	// The key counts from when the request leaves, behind the wait for the rate limit, which is the last.
	bubble(t, "rate", func(t *testing.T) {
		op := paced(t, policy.Policy{Limiters: new(ratelimit.Pool)}, ratelimit.Budget{Limits: []ratelimit.Limit{{N: 1, Per: 700 * time.Millisecond}}})
		s := &script{}
		first := background(t, func() error { return put(t.Context(), op, "other", s.send) })
		second := background(t, func() error { return put(t.Context(), op, "a", s.send) })
		third := background(t, func() error { return put(t.Context(), op, "a", s.send) })
		fourth := background(t, func() error { return put(t.Context(), op, "b", s.send) })
		for _, result := range []func() (time.Time, error){first, second, third, fourth} {
			if _, err := result(); err != nil {
				t.Error(err)
			}
		}
		if got := fmt.Sprint(s.gaps()); got != "[700ms 700ms 700ms]" {
			t.Errorf("gaps %s", got) // other, a, b, a
		}
	})
}

// A refusal is the caller's at once, spends nothing and is not repeated; a limiter's refusal gives the turn back.
func TestPaceRefuses(t *testing.T) {
	bubble(t, "deadline", func(t *testing.T) {
		op := paced(t, policy.Policy{Limiters: new(ratelimit.Pool)})
		s := &script{}
		if err := put(t.Context(), op, "a", s.send); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
		defer cancel()
		began := time.Now()
		e := detail(t, put(ctx, op, "a", s.send))
		if e.Code != errs.RateLimited || e.Retry != errs.Temporary || e.Outcome != errs.NotApplied || e.RetryAfter != time.Second || e.Attempts != 0 || time.Since(began) != 0 || s.count() != 1 {
			t.Errorf("%#v after %v, %d sent", e, time.Since(began), s.count())
		}
	})
	bubble(t, "limiter", func(t *testing.T) {
		pool := new(ratelimit.Pool)
		op := paced(t, policy.Policy{Limiters: pool}, ratelimit.Budget{Limits: []ratelimit.Limit{{N: 1, Per: time.Minute}}})
		free := paced(t, policy.Policy{Limiters: pool})
		s := &script{}
		if err := put(t.Context(), op, "a", s.send); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		time.Sleep(time.Second)
		if e := detail(t, put(ctx, op, "a", s.send)); e.Code != errs.RateLimited {
			t.Error(e)
		}
		began := time.Now()
		if err := put(t.Context(), free, "a", s.send); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Who brings limiters of their own has the pace of this process, and no limits take it away.
func TestPaceWithOtherLimiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := limiter(func(context.Context, ratelimit.Priority) error { return nil })
		op := paced(t, policy.Policy{Limiters: own, Rate: policy.Rate{Unlimited: true}}, ratelimit.Budget{Action: "x"})
		s := &script{}
		for range 3 {
			if err := put(t.Context(), op, "a", s.send); err != nil {
				t.Error(err)
			}
		}
		if got := fmt.Sprint(s.gaps()); got != "[1s 1s]" {
			t.Errorf("gaps %s", got)
		}
	})
}

func TestImpossiblePace(t *testing.T) {
	pipe := newPipeline(t, policy.Policy{Limiters: new(ratelimit.Pool)})
	if _, err := pipe.Bind(policy.Operation{KeyPace: ratelimit.Pace{Scope: "ns"}}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Error(err)
	}
}
