package ratelimit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func TestPoolKeys(t *testing.T) {
	budget := ratelimit.Budget{
		Endpoint: "kv.example.com", Principal: "account", Action: "Put", Limits: []ratelimit.Limit{perSecond},
	}
	with := func(change func(*ratelimit.Budget)) ratelimit.Budget {
		b := budget
		change(&b)
		return b
	}
	for name, tc := range map[string]struct {
		budget ratelimit.Budget
		same   bool
	}{
		"equal":           {budget, true},
		"endpoint's case": {with(func(b *ratelimit.Budget) { b.Endpoint = "KV.Example.com" }), true},
		"no limits":       {with(func(b *ratelimit.Budget) { b.Limits = nil }), true},
		"endpoint":        {with(func(b *ratelimit.Budget) { b.Endpoint = "kms.example.com" }), false},
		"principal":       {with(func(b *ratelimit.Budget) { b.Principal = "Account" }), false},
		"action":          {with(func(b *ratelimit.Budget) { b.Action = "" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			var pool ratelimit.Pool
			first, err := pool.Limiter(budget)
			if err != nil {
				t.Fatal(err)
			}
			second, err := pool.Limiter(tc.budget)
			if err != nil {
				t.Fatal(err)
			}
			if (first == second) != tc.same {
				t.Errorf("the same limiter: %t, want %t", first == second, tc.same)
			}
		})
	}
}

func TestPoolWithoutLimits(t *testing.T) {
	var pool ratelimit.Pool
	budget := ratelimit.Budget{Endpoint: "kv.example.com"}
	if l, err := pool.Limiter(budget); l != nil || err != nil {
		t.Errorf("an unknown budget without limits gives %v, %v", l, err)
	}
	budget.Limits = []ratelimit.Limit{perSecond, {N: 1, Per: -1}}
	if l, err := pool.Limiter(budget); l != nil || !errors.Is(err, errs.InvalidArgument) {
		t.Errorf("an invalid limit gives %v, %v", l, err)
	}
	budget.Limits = nil
	if l, err := pool.Limiter(budget); l != nil || err != nil {
		t.Errorf("after a refused budget the pool gives %v, %v", l, err)
	}
}

func TestDefaultPool(t *testing.T) {
	budget := ratelimit.Budget{Endpoint: "pool.test", Limits: []ratelimit.Limit{perSecond}}
	first, err := ratelimit.Default().Limiter(budget)
	if err != nil {
		t.Fatal(err)
	}
	var source ratelimit.Source = ratelimit.Default()
	if second, err := source.Limiter(budget); err != nil || second != first {
		t.Errorf("the default pool gives %v, %v the second time", second, err)
	}
}

// schedule returns when the next n requests are admitted, from now.
func schedule(t *testing.T, l ratelimit.Limiter, n int) []time.Duration {
	t.Helper()
	begin, times := time.Now(), make([]time.Duration, n)
	for i := range times {
		if err := l.Wait(t.Context(), ratelimit.Bulk); err != nil {
			t.Fatal(err)
		}
		times[i] = time.Since(begin)
	}
	return times
}

// TestStricterWins asks for one limiter with two lists of limits, in both orders.
func TestStricterWins(t *testing.T) {
	second := func(n int, margin time.Duration) ratelimit.Limit {
		return ratelimit.Limit{N: n, Per: time.Second, Margin: margin}
	}
	average := func(n int) ratelimit.Limit { return ratelimit.Limit{N: n, Per: time.Second, Average: true} }
	for name, tc := range map[string]struct {
		a, b     ratelimit.Limit
		fifth    time.Duration // when the fifth request is admitted
		eleventh time.Duration
	}{
		"smaller N":        {second(20, 0), second(4, 0), time.Second, 2 * time.Second},
		"larger margin":    {second(4, 0), second(4, 100), time.Second + 100, 2*time.Second + 200},
		"each in one":      {second(4, 0), second(20, 100), time.Second + 100, 2*time.Second + 200},
		"different window": {second(10, 0), ratelimit.Limit{N: 4, Per: 100 * time.Millisecond}, 100 * time.Millisecond, time.Second},
		"average":          {average(10), average(4), 250 * time.Millisecond, 1750 * time.Millisecond},
		"two kinds":        {average(4), second(10, 0), 250 * time.Millisecond, 1750 * time.Millisecond},
	} {
		check := func(t *testing.T, first, then ratelimit.Limit) {
			var pool ratelimit.Pool
			budget := ratelimit.Budget{Endpoint: "kv.example.com", Limits: []ratelimit.Limit{first}}
			l, err := pool.Limiter(budget)
			if err != nil {
				t.Fatal(err)
			}
			budget.Limits = []ratelimit.Limit{then, first}
			if _, err := pool.Limiter(budget); err != nil {
				t.Fatal(err)
			}
			times := schedule(t, l, 11)
			if times[4] != tc.fifth || times[10] != tc.eleventh {
				t.Errorf("admitted at %v, want %v and %v for the 5th and 11th", times, tc.fifth, tc.eleventh)
			}
		}
		bubble(t, name, func(t *testing.T) { check(t, tc.a, tc.b) })
		bubble(t, name+", other order", func(t *testing.T) { check(t, tc.b, tc.a) })
	}
}

// TestLimitAddedLater adds a limit after ten requests in the first second, and three more a second later.
func TestLimitAddedLater(t *testing.T) {
	minute := time.Minute
	for name, tc := range map[string]struct {
		added ratelimit.Limit
		next  []time.Duration // the next admissions, from the first request
	}{
		"same N": {ratelimit.Limit{N: 10, Per: minute}, []time.Duration{minute, minute, minute, minute, minute, minute, minute, minute + time.Second}},
		"full":   {ratelimit.Limit{N: 3, Per: minute}, []time.Duration{minute + time.Second, minute + time.Second, minute + time.Second, 2*minute + time.Second}},
		"free":   {ratelimit.Limit{N: 15, Per: minute}, []time.Duration{time.Second, time.Second, minute}},
		"average": { // thirteen of fifteen are spent, and one comes back every four seconds
			ratelimit.Limit{N: 15, Per: minute, Average: true}, []time.Duration{time.Second, time.Second, 4 * time.Second, 8 * time.Second},
		},
		"average in debt": {ratelimit.Limit{N: 12, Per: minute, Average: true}, []time.Duration{10 * time.Second, 15 * time.Second}},
	} {
		bubble(t, name, func(t *testing.T) {
			var pool ratelimit.Pool
			budget := ratelimit.Budget{Endpoint: "kv.example.com", Limits: []ratelimit.Limit{{N: 10, Per: time.Second}}}
			l, err := pool.Limiter(budget)
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			schedule(t, l, 13)
			budget.Limits = []ratelimit.Limit{tc.added}
			if _, err := pool.Limiter(budget); err != nil {
				t.Fatal(err)
			}
			offset := time.Since(begin)
			for i, at := range schedule(t, l, len(tc.next)) {
				if at += offset; (at - tc.next[i]).Abs() > time.Microsecond {
					t.Errorf("request %d after the limit was admitted at %v, want %v", i, at, tc.next[i])
				}
			}
		})
	}
}

// TestLimitAddedToQueue adds a limit while callers wait: those who are too late now are told at once.
func TestLimitAddedToQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool ratelimit.Pool
		budget := ratelimit.Budget{Endpoint: "kv.example.com", Limits: []ratelimit.Limit{everySecond}}
		l, err := pool.Limiter(budget)
		if err != nil {
			t.Fatal(err)
		}
		q := newLine(t, everySecond)
		q.limiter = l
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		q.join(t.Context(), "a", ratelimit.Interactive)
		q.join(short, "b", ratelimit.Interactive)
		q.join(t.Context(), "c", ratelimit.Interactive)
		budget.Limits = []ratelimit.Limit{{N: 1, Per: 10 * time.Second}}
		if _, err := pool.Limiter(budget); err != nil {
			t.Fatal(err)
		}
		q.expect("a", "c")
		q.expectAt("b", 0)
		q.expectAt("c", 10*time.Second)
		if e, ok := errors.AsType[*errs.Error](q.failure("b")); !ok || e.Code != errs.RateLimited || e.RetryAfter != 10*time.Second {
			t.Errorf("error is %v", q.failure("b"))
		}
	})
}
