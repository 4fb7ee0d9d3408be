package pipeline_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// What is sent again after one failure, and what the caller is told if it is not.
func TestWhatIsRepeated(t *testing.T) {
	const (
		non, idem, read = policy.NonIdempotent, policy.Idempotent, policy.ReadOnly
		not, amb, app   = errs.NotApplied, errs.Ambiguous, errs.Applied
		perm, temp, exh = errs.Permanent, errs.Temporary, errs.Exhausted
	)
	for _, row := range []struct {
		class    policy.Idempotency
		outcome  errs.Outcome
		retry    errs.Retry
		repeated bool
		// told are what a caller learns when the second request fails like the first, or there is none.
		toldRetry   errs.Retry
		toldOutcome errs.Outcome
	}{
		{non, not, perm, false, perm, not},
		{non, not, temp, true, exh, not},
		{non, not, exh, false, exh, not},
		{non, amb, perm, false, perm, amb},
		{non, amb, temp, false, perm, amb},
		{non, amb, exh, false, exh, amb},
		{non, app, perm, false, perm, app},
		{non, app, temp, false, perm, app},
		{non, app, exh, false, exh, app},

		{idem, not, perm, false, perm, not},
		{idem, not, temp, true, exh, not},
		{idem, not, exh, false, exh, not},
		{idem, amb, perm, false, perm, amb},
		{idem, amb, temp, true, exh, amb},
		{idem, amb, exh, false, exh, amb},
		{idem, app, perm, false, perm, app},
		{idem, app, temp, true, exh, app},
		{idem, app, exh, false, exh, app},

		{read, not, perm, false, perm, not},
		{read, not, temp, true, exh, not},
		{read, not, exh, false, exh, not},
		{read, amb, perm, false, perm, not},
		{read, amb, temp, true, exh, not},
		{read, amb, exh, false, exh, not},
		{read, app, perm, false, perm, not},
		{read, app, temp, true, exh, not},
		{read, app, exh, false, exh, not},
	} {
		bubble(t, fmt.Sprintf("%v, %v, %v", row.class, row.outcome, row.retry), func(t *testing.T) {
			failure := &errs.Error{Code: errs.Unavailable, Retry: row.retry, Outcome: row.outcome}
			p := policy.Policy{Retry: policy.Retry{MaxAttempts: 2}}
			once := script{errs: repeat(failure, 1)}
			err := do(t.Context(), open(t, p, row.class), once.send)
			if repeated := once.count() == 2; repeated != row.repeated || (err == nil) != row.repeated {
				t.Fatalf("%d requests, %v", once.count(), err)
			}
			always := script{always: failure}
			e := detail(t, do(t.Context(), open(t, p, row.class), always.send))
			if e.Retry != row.toldRetry || e.Outcome != row.toldOutcome {
				t.Errorf("told %v and %v", e.Retry, e.Outcome)
			}
			if e.Attempts != always.count() {
				t.Errorf("told %d attempts of %d", e.Attempts, always.count())
			}
		})
	}
}

func TestExhausted(t *testing.T) {
	for attempts, want := range map[int]errs.Retry{1: errs.Temporary, 2: errs.Exhausted, 4: errs.Exhausted, 7: errs.Exhausted} {
		bubble(t, fmt.Sprint(attempts), func(t *testing.T) {
			driver := script{always: temporary(errs.NotApplied)}
			p := policy.Policy{Retry: policy.Retry{MaxAttempts: attempts}}
			e := detail(t, do(t.Context(), open(t, p, policy.Idempotent), driver.send))
			if driver.count() != attempts || e.Attempts != attempts || e.Retry != want || e.Code != errs.Unavailable {
				t.Errorf("%d requests: %#v", driver.count(), e)
			}
		})
	}
}

// TestNegativeMeansNone: no bound on repetitions, and no pause of the provider's waited out.
func TestNegativeMeansNone(t *testing.T) {
	bubble(t, "retry after", func(t *testing.T) {
		p := policy.Policy{Retry: policy.Retry{MaxRetryAfter: -1}}
		driver := script{errs: []error{temporary(errs.NotApplied), &errs.Error{Code: errs.RateLimited, Retry: errs.Temporary, RetryAfter: 1}}}
		e := detail(t, do(t.Context(), open(t, p, policy.Idempotent), driver.send))
		if driver.count() != 2 || e.Retry != errs.Temporary || e.Code != errs.RateLimited {
			t.Errorf("%d requests: %#v", driver.count(), e)
		}
	})
	bubble(t, "budget", func(t *testing.T) {
		p := policy.Policy{Retry: policy.Retry{Budget: -1, MaxAttempts: 500}}
		driver := script{always: temporary(errs.NotApplied)}
		_ = do(t.Context(), open(t, p, policy.Idempotent), driver.send)
		if driver.count() != 500 {
			t.Errorf("%d requests", driver.count())
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for name, tc := range map[string]struct {
		after, atLeast, atMost time.Duration // of the pause; atMost 0 means that there is none
	}{
		"longer than the back-off":  {7 * time.Second, 7 * time.Second, 7 * time.Second},
		"as long as is waited out":  {20 * time.Second, 20 * time.Second, 20 * time.Second},
		"longer than is waited out": {20*time.Second + 1, 0, 0},
		"shorter than the back-off": {time.Millisecond, 500 * time.Millisecond, 1500 * time.Millisecond},
	} {
		bubble(t, name, func(t *testing.T) {
			failure := temporary(errs.Ambiguous)
			failure.RetryAfter = tc.after
			driver := script{errs: repeat(failure, 1)}
			p := policy.Policy{Retry: policy.Retry{BaseDelay: time.Second, MaxRetryAfter: 20 * time.Second}}
			began := time.Now()
			err := do(t.Context(), open(t, p, policy.Idempotent), driver.send)
			if tc.atMost == 0 {
				e := detail(t, err)
				if driver.count() != 1 || time.Since(began) != 0 {
					t.Errorf("%d requests in %v", driver.count(), time.Since(began))
				}
				if e.Retry != errs.Temporary || e.RetryAfter != tc.after || e.Outcome != errs.Ambiguous {
					t.Errorf("told %v, %v, %v", e.Retry, e.RetryAfter, e.Outcome)
				}
				return
			}
			if err != nil || driver.count() != 2 {
				t.Fatalf("%d requests, %v", driver.count(), err)
			}
			if gap := driver.gaps()[0]; gap < tc.atLeast || gap > tc.atMost {
				t.Errorf("pause is %v", gap)
			}
		})
	}
}

func TestBackOffGrowsWithJitter(t *testing.T) {
	const base, longest, rounds = 100 * time.Millisecond, time.Second, 200
	means := []time.Duration{base, 2 * base, 4 * base, 8 * base, longest, longest, longest}
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Retry: policy.Retry{
			MaxAttempts: len(means) + 1, BaseDelay: base, MaxDelay: longest, Budget: rounds * len(means),
		}}, policy.Idempotent)
		least, most := make([]float64, len(means)), make([]float64, len(means))
		for i := range least {
			least[i] = math.Inf(1)
		}
		for range rounds {
			driver := script{always: temporary(errs.NotApplied)}
			_ = do(t.Context(), op, driver.send)
			if driver.count() != len(means)+1 {
				t.Fatalf("%d requests", driver.count())
			}
			for i, gap := range driver.gaps() {
				ratio := float64(gap) / float64(means[i])
				least[i], most[i] = min(least[i], ratio), max(most[i], ratio)
			}
		}
		for i := range means {
			if least[i] < 0.5 || most[i] > 1.500001 {
				t.Errorf("pause %d: from %.3f to %.3f of the mean, want half to one and a half", i, least[i], most[i])
			}
			if least[i] > 0.6 || most[i] < 1.4 { // 200 draws miss a tenth of the range once in 10⁸ runs
				t.Errorf("pause %d: only from %.3f to %.3f of the mean", i, least[i], most[i])
			}
		}
	})
}

// A pause that outlasts the deadline is not begun.
func TestDeadlineBeforeThePauseEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		deadline time.Duration
		requests int
	}{
		"before": {5*time.Second - 1, 1},
		"at":     {5 * time.Second, 1},
		"after":  {5*time.Second + 1, 2},
	} {
		bubble(t, name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tc.deadline)
			defer cancel()
			failure := temporary(errs.Ambiguous)
			failure.RetryAfter = 5 * time.Second
			driver := script{errs: repeat(failure, 1)}
			began := time.Now()
			err := do(ctx, open(t, policy.Policy{}, policy.Idempotent), driver.send)
			if driver.count() != tc.requests {
				t.Fatalf("%d requests, %v", driver.count(), err)
			}
			if tc.requests == 1 {
				if e := detail(t, err); e.Retry != errs.Exhausted || e.Code != errs.Unavailable || time.Since(began) != 0 {
					t.Errorf("after %v: %v, %v", time.Since(began), e.Retry, e)
				}
			}
		})
	}
}

// In a brown-out every call is sent once, and the budget bounds what comes on top.
func TestRetryBudgetBoundsABrownOut(t *testing.T) {
	const calls, budget = 300, 10
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Retry: policy.Retry{Budget: budget}}, policy.Idempotent)
		driver := script{always: temporary(errs.NotApplied)}
		var group sync.WaitGroup
		for range calls {
			group.Go(func() {
				if e := detail(t, do(t.Context(), op, driver.send)); e.Retry != errs.Exhausted {
					t.Errorf("told %v", e.Retry)
				}
			})
		}
		group.Wait()
		if driver.count() != calls+budget {
			t.Errorf("%d requests for %d calls, want %d", driver.count(), calls, calls+budget)
		}
	})
}

func TestSuccessRefundsTheBudget(t *testing.T) {
	for name, tc := range map[string]struct{ successes, want int }{
		"none":           {0, 0},
		"nine":           {9, 0},
		"ten":            {10, 1},
		"nineteen":       {19, 1},
		"twenty":         {20, 2},
		"not beyond all": {10_000, 5},
	} {
		bubble(t, name, func(t *testing.T) {
			op := open(t, policy.Policy{Retry: policy.Retry{Budget: 5, MaxAttempts: 6}}, policy.Idempotent)
			driver := script{always: temporary(errs.NotApplied)}
			if _ = do(t.Context(), op, driver.send); driver.count() != 6 {
				t.Fatalf("%d requests spend 5 repetitions", driver.count())
			}
			for range tc.successes {
				if err := do(t.Context(), op, (&script{}).send); err != nil {
					t.Fatal(err)
				}
			}
			left := script{always: temporary(errs.NotApplied)}
			_ = do(t.Context(), op, left.send)
			if got := left.count() - 1; got != tc.want {
				t.Errorf("%d repetitions after %d successes, want %d", got, tc.successes, tc.want)
			}
		})
	}
}

func TestHugeRetryBudgetIsNoDebt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Retry: policy.Retry{Budget: math.MaxInt}}, policy.Idempotent)
		driver := script{always: temporary(errs.NotApplied)}
		if _ = do(t.Context(), op, driver.send); driver.count() != policy.DefaultMaxAttempts {
			t.Errorf("%d requests", driver.count())
		}
	})
}

// A repetition that is not sent after all does not count against the budget.
func TestUnsentRepetitionIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := false
		limit := limiterSwitch(&refuse)
		op := open(t, policy.Policy{Limiters: limit, Retry: policy.Retry{Budget: 1}}, policy.Idempotent)
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			driver := script{always: temporary(errs.NotApplied)}
			paused := background(t, func() error { return do(ctx, op, driver.send) })
			cancel()
			if _, err := paused(); driver.count() != 1 || errs.CodeOf(err) != errs.Canceled {
				t.Fatalf("%d requests, %v", driver.count(), err)
			}
			_ = do(t.Context(), op, func(context.Context, *request) (*response, error) {
				refuse = true
				return nil, temporary(errs.NotApplied)
			})
			refuse = false
		}
		driver := script{errs: repeat(temporary(errs.NotApplied), 1)}
		if err := do(t.Context(), op, driver.send); err != nil || driver.count() != 2 {
			t.Errorf("%d requests, %v", driver.count(), err)
		}
	})
}

// What is given back does not lift the budget over what it was.
func TestBudgetIsNeverOverfull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Retry: policy.Retry{Budget: 1, MaxAttempts: 3}}, policy.Idempotent)
		succeed := func(n int) {
			for range n {
				if err := do(t.Context(), op, (&script{}).send); err != nil {
					t.Fatal(err)
				}
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		paused := background(t, func() error { return do(ctx, op, (&script{always: temporary(errs.NotApplied)}).send) })
		succeed(9)
		cancel()
		_, _ = paused()
		spend := func(want int) {
			driver := script{always: temporary(errs.NotApplied)}
			if _ = do(t.Context(), op, driver.send); driver.count() != 1+want {
				t.Errorf("%d requests, want %d", driver.count(), 1+want)
			}
		}
		spend(1)
		succeed(9)
		spend(0)
		succeed(1)
		spend(1)
	})
}
