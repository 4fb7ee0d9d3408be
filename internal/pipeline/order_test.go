package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// The permit is taken by a call that has its place, and directly before it sends: a permit never waits for a place.
func TestPermitIsTakenLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		limit := limiter(func(context.Context, ratelimit.Priority) error {
			log.add("asks")
			time.Sleep(time.Second)
			log.add(fmt.Sprint("permit at ", time.Now().Second()))
			return nil
		})
		op := open(t, policy.Policy{Limiters: limit, Concurrency: 1}, policy.Idempotent)
		send := func(context.Context, *request) (*response, error) {
			log.add(fmt.Sprint("sent at ", time.Now().Second()))
			time.Sleep(10 * time.Second)
			return &response{}, nil
		}
		var calls sync.WaitGroup
		for range 2 {
			calls.Go(func() {
				if err := do(t.Context(), op, send); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		log.expect(t, "asks") // the second waits for the place, not at the limiter
		calls.Wait()
		log.expect(t, "asks", "permit at 1", "sent at 1", "asks", "permit at 12", "sent at 12")
	})
}

func TestEveryAttemptPaysEveryBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		source := sourceFunc(func(b ratelimit.Budget) (ratelimit.Limiter, error) {
			return limiter(func(_ context.Context, p ratelimit.Priority) error {
				log.add(b.Action + " " + p.String())
				return nil
			}), nil
		})
		op := bind(t, newPipeline(t, policy.Policy{Limiters: source}), policy.Idempotent, 2)
		driver := script{errs: repeat(temporary(errs.NotApplied), 2)}
		call := pipeline.Call{Op: op, Resource: "flags", Priority: ratelimit.Bulk}
		_, err := pipeline.Do(t.Context(), call, &request{}, func(ctx context.Context, r *request) (*response, error) {
			log.add("send")
			return driver.send(ctx, r)
		})
		if err != nil {
			t.Fatal(err)
		}
		log.expect(t, "budget0 bulk", "budget1 bulk", "send", "budget0 bulk", "budget1 bulk", "send", "budget0 bulk", "budget1 bulk", "send")
	})
}

func TestPauseHoldsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Concurrency: 1, Retry: policy.Retry{BaseDelay: time.Minute}}, policy.Idempotent)
		failing := script{errs: repeat(temporary(errs.NotApplied), 1)}
		first := background(t, func() error { return do(t.Context(), op, failing.send) })
		began := time.Now()
		if err := do(t.Context(), op, (&script{}).send); err != nil || time.Since(began) != 0 {
			t.Errorf("a call beside one that pauses took %v: %v", time.Since(began), err)
		}
		if _, err := first(); err != nil || failing.count() != 2 {
			t.Errorf("%d requests, %v", failing.count(), err)
		}
	})
}

func TestConcurrencyIsNeverExceeded(t *testing.T) {
	const bound, callers = 3, 40
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Concurrency: bound, Retry: policy.Retry{BaseDelay: time.Millisecond}}, policy.Idempotent)
		var mu sync.Mutex
		busy, most, sent := 0, 0, 0
		send := func(context.Context, *request) (*response, error) {
			mu.Lock()
			busy++
			sent++
			most = max(most, busy)
			fail := sent%4 == 0
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			busy--
			mu.Unlock()
			if fail {
				return nil, temporary(errs.NotApplied)
			}
			return &response{}, nil
		}
		var calls sync.WaitGroup
		for range callers {
			calls.Go(func() { _ = do(t.Context(), op, send) })
		}
		calls.Wait()
		if most != bound {
			t.Errorf("%d ran at once, want %d", most, bound)
		}
		if sent <= callers {
			t.Errorf("%d requests: nothing was repeated", sent)
		}
	})
}

func TestResultAndRequestPassThrough(t *testing.T) {
	op := open(t, policy.Policy{}, policy.Idempotent)
	in, out := &request{"in"}, &response{"out"}
	got, err := pipeline.Do(t.Context(), pipeline.Call{Op: op}, in, func(_ context.Context, r *request) (*response, error) {
		if r != in {
			t.Error("the driver got another request")
		}
		return out, nil
	})
	if got != out || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

type sourceFunc func(ratelimit.Budget) (ratelimit.Limiter, error)

func (s sourceFunc) Limiter(b ratelimit.Budget) (ratelimit.Limiter, error) { return s(b) }

func TestBindAppliesTheRate(t *testing.T) {
	var asked []ratelimit.Budget
	source := sourceFunc(func(b ratelimit.Budget) (ratelimit.Limiter, error) {
		asked = append(asked, b)
		return nil, nil // nothing limits it
	})
	pipe := newPipeline(t, policy.Policy{Limiters: source, Rate: policy.Rate{Share: 0.5}})
	op, err := pipe.Bind(policy.Operation{Budgets: []ratelimit.Budget{
		{Endpoint: "e", Limits: []ratelimit.Limit{{N: 20, Per: time.Second}}}, {Endpoint: "f"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 || asked[0].Endpoint != "e" || asked[0].Limits[0].N != 10 || asked[1].Endpoint != "f" {
		t.Errorf("asked for %+v", asked)
	}
	if err := do(t.Context(), op, (&script{}).send); err != nil {
		t.Error(err)
	}
}

// TestLimitsWithoutBudgets: the limits of a user hold although the driver meters nothing.
func TestLimitsWithoutBudgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{Limiters: new(ratelimit.Pool), Rate: policy.Rate{Limits: []ratelimit.Limit{{N: 1, Per: time.Second}}}})
		began := time.Now()
		for _, name := range []string{"kv.Put", "kv.Get", "kv.Put"} {
			op, err := pipe.Bind(policy.Operation{Name: name, Idempotency: policy.Idempotent})
			if err != nil {
				t.Fatal(err)
			}
			if err := do(t.Context(), op, (&script{}).send); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("three requests at one a second took %v", took)
		}
	})
}

// TestUnlimitedAsksNobody: not even a limit that another client has given to the same pool counts.
func TestUnlimitedAsksNobody(t *testing.T) {
	pipe := newPipeline(t, policy.Policy{Rate: policy.Rate{Unlimited: true}, Limiters: sourceFunc(func(ratelimit.Budget) (ratelimit.Limiter, error) {
		t.Error("a limiter was asked for")
		return nil, nil
	})})
	if _, err := pipe.Bind(policy.Operation{Budgets: []ratelimit.Budget{{Limits: []ratelimit.Limit{{N: 1, Per: time.Hour}}}}}); err != nil {
		t.Error(err)
	}
}

// TestInteractiveOvertakesBulk: bulk calls that wait for the rate limit leave places to interactive ones, which then
// go first.
func TestInteractiveOvertakesBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{Concurrency: 8, Limiters: new(ratelimit.Pool)})
		op, err := pipe.Bind(policy.Operation{Name: "kv.Put", Idempotency: policy.Idempotent, Budgets: []ratelimit.Budget{
			{Limits: []ratelimit.Limit{{N: 1, Per: time.Second}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		call := func(p ratelimit.Priority) {
			if _, err := pipeline.Do(t.Context(), pipeline.Call{Op: op, Priority: p}, &request{}, (&script{}).send); err != nil {
				t.Error(err)
			}
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { call(ratelimit.Bulk) })
		}
		synctest.Wait()
		began := time.Now()
		call(ratelimit.Interactive)
		if waited := time.Since(began); waited > time.Second {
			t.Errorf("an interactive call waited %v behind bulk calls", waited)
		}
		wg.Wait()
	})
}

func TestBindFails(t *testing.T) {
	limits := []ratelimit.Limit{{N: 1, Per: time.Hour}}
	failing := sourceFunc(func(ratelimit.Budget) (ratelimit.Limiter, error) { return nil, errBoom })
	for name, tc := range map[string]struct {
		policy policy.Policy
		want   error
	}{
		"source": {policy.Policy{Limiters: failing}, errBoom},
		"share":  {policy.Policy{Rate: policy.Rate{Share: 1e-300}}, errs.InvalidArgument},
	} {
		pipe := newPipeline(t, tc.policy)
		if op, err := pipe.Bind(policy.Operation{Budgets: []ratelimit.Budget{{Limits: limits}}}); op != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, %v", name, op, err)
		}
	}
}

func TestNewRefusesAnImpossiblePolicy(t *testing.T) {
	if pipe, err := pipeline.New("edge", policy.Policy{Concurrency: -1}); pipe != nil || !errors.Is(err, errs.InvalidArgument) {
		t.Errorf("got %v, %v", pipe, err)
	}
}
